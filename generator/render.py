"""Renders the module: specification and templates in, files out, all in memory."""

import contextlib
import functools
import os
import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2

from generator import filter_rules
from generator.errors import TemplateError, printable
from generator.literals import quoted
from generator.resources import CHECKOUT, cache_directory
from generator.schema import indented, inputs_schema
from generator.spec import MODULE, deployment, runtimes
from generator.spec.model import Module, Output, Variable
from generator.spec.object_keys import ignores_keys
from generator.spec.provider import has
from generator.spec.text import listed, without
from generator.spec.types import Checked, compact, literal
from generator.usage import Usage
from generator.variant import Variant
from generator.wrapping import wrapped

TEMPLATES = Path(__file__).parent / "templates"
SCHEMA = "inputs.schema.json"
GENERATED = "python -m generator build"
_HEADER = re.compile(rf'by "{GENERATED}( --profile [^"]+)?"; do not edit')
_COMMENT_END = re.compile(r"-(!?)>")
_RESOURCE = re.compile(r'(resource(?<![^\n]resource)|data(?<![^\n]data)) "(\w+)" "(\w+)"')
_VARIABLES = "variables.tf"
"""The template that becomes a file for each component: ``variables.tf`` and ``variables_COMPONENT.tf``."""
_OVERRIDE = "override_during"
"""The argument of a block of a test that OpenTofu does not know."""
_DERIVED = ("variables", "versions.")
"""How the names of files begin that say what the specification says: that of a variant is worked out before."""


def header(source: str, profile: str = "") -> str:
    """Return the words by which a generated file is known, naming what it was generated from."""
    # The name of a file could end the comment or the quotation marks around it
    name = printable(profile).replace('"', r"\u0022")
    option = f" --profile {name}" if profile else ""
    return f'Generated from generator/{source} by "{GENERATED}{option}"; do not edit.'


def is_generated(content: bytes) -> bool:
    """Return whether the generator wrote this content: its header is one of the first lines."""
    return any(
        _HEADER.search(line.replace(b'\\"', b'"').decode(errors="replace")) for line in content.split(b"\n", 3)[:3]
    )


class _Environment(jinja2.Environment):
    """Keeps the blank lines after a line statement, which Jinja takes for part of the statement."""

    def preprocess(self, source: str, name: str | None = None, filename: str | None = None) -> str:  # noqa: ARG002
        """Put something that renders to nothing on the blank line, so that no line gets another number."""
        return re.sub(r"^([ \t]*#%.*\n)(?=[ \t]*\n)", r'\1{{ "" }}', source, flags=re.MULTILINE)


def render(provider: str = "5", module: Module = MODULE, templates: Path = TEMPLATES) -> dict[str, bytes]:
    """Return the files of the module for one target, by their path within it.

    Raises:
        TemplateError: a template is malformed or uses an undefined name.
    """
    return render_variant(Variant(module=module, provider=provider), templates)


def render_variant(variant: Variant, templates: Path = TEMPLATES) -> dict[str, bytes]:
    """Return the files of a variant of the module, by their path within it.

    What the variant leaves without a purpose is taken out of the HCL; a file of which nothing is left is none.

    Raises:
        TemplateError: a template is malformed or uses an undefined name.
    """
    environment = _environment(templates)
    context = _context(variant)
    # Other templates include a part; it is not a file of its own
    names = [
        path.relative_to(templates).as_posix()
        for path in sorted(templates.rglob("*"))
        if path.is_file() and path.suffix != ".part"
    ]
    texts = {name: _render(environment, name, context) for name in names if not name.endswith((".md", _VARIABLES))}
    for component in context["components"] if _VARIABLES in names else ():
        name = _VARIABLES if component.name == "general" else f"variables_{component.name}.tf"
        texts[name] = _render(environment, _VARIABLES, {**context, "component": component})
    if variant.changed_references or variant.profile:
        texts = _simplified(texts, variant)
        context["outputs"] = _left(context["outputs"], texts["outputs.tf"], variant.fixed)
        texts["outputs.tf"] = _render(environment, "outputs.tf", context)
        context["statements"] = [one for one in context["statements"] if quoted(one.sid) in texts["role.tf"]]
    context["resources"] = sorted(
        block for name, text in texts.items() if name.endswith(".tf") for block in _RESOURCE.findall(text)
    )
    context["types"] = {type_name for kind, type_name, _ in context["resources"] if kind == "resource"}
    texts |= {_of_tofu(name): _without_override(text) for name, text in texts.items() if _OVERRIDE in text}
    texts |= {name: _render(environment, name, context) for name in names if name.endswith(".md")}
    files = {name: _with_header(name, text, variant) for name, text in sorted(texts.items()) if text.strip()}
    schema = {"$comment": header("schema.py", variant.profile), **inputs_schema(variant.module, variant.provider)}
    files[SCHEMA] = indented(schema)
    return files


def _of_tofu(name: str) -> str:
    """Return the name of the test that OpenTofu reads instead of another one."""
    return name.replace(".tftest.hcl", ".tofutest.hcl")


def _without_override(text: str) -> str:
    """Return a test as OpenTofu runs it: it always overrides, and does not know the argument."""
    text = re.sub(rf"^ *#.*\n *{_OVERRIDE} += plan\n+", "", text, flags=re.MULTILINE)
    return text.replace("terraform init && terraform test", "tofu init && tofu test")


def _left(outputs: Iterable[Output], text: str, absent: Container[str]) -> list[Output]:
    """Return the outputs that are left in the text, as they are there; what is always there is never ``null``."""
    from generator.hcl.document import read  # noqa: PLC0415 - the complete module does without

    attributes = {block.labels[0]: block.attribute("value") for block in read(text).blocks()}
    values = {name: attribute.text for name, attribute in attributes.items() if attribute}
    left = []
    for output in outputs:
        if output.name in values:
            value = values[output.name]
            never_null = value != output.value and not re.search(r"\bone\(|\bnull\b", value)
            description = without(output.description, absent, never_null=never_null)
            deprecated = without(output.deprecated, absent)
            left.append(replace(output, value=value, description=description, deprecated=deprecated))
    return left


def _simplified(texts: Mapping[str, str], variant: Variant) -> dict[str, str]:
    """Return the rendered files without what has no purpose when the variant's fixed variables are known."""
    from generator.hcl.expressions import HclError  # noqa: PLC0415 - the whole module does without
    from generator.hcl.simplifier import simplify  # noqa: PLC0415

    try:
        derived = {name: text for name, text in texts.items() if name.startswith(_DERIVED) or name.endswith(".yaml")}
        files = {name: text for name, text in texts.items() if name not in derived}
        return derived | simplify(files, variant.known, variant.changed_references, derived.values())
    except HclError as error:
        raise TemplateError(f"a template is not formatted as the others are: {error}") from error


@functools.cache
def _environment(templates: Path) -> jinja2.Environment:
    environment = _Environment(
        loader=jinja2.FileSystemLoader(templates),
        line_statement_prefix="#%",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        auto_reload=False,
        bytecode_cache=_bytecode_cache(),
        optimized=False,
    )
    filters: dict[str, Callable[..., Any]] = {
        "aligned": aligned,
        "cell": _cell,
        "compact": compact,
        "literal": literal,
        "quoted": quoted,
        "type_cell": _type_cell,
        "wrapped": wrapped,
    }
    environment.filters.update(filters)
    return environment


def _bytecode_cache() -> jinja2.BytecodeCache | None:
    """Return a cache of compiled templates: in a checkout where Python keeps its own, else in the user's cache."""
    folder = Path(__file__).parent / "__pycache__" if CHECKOUT else cache_directory("templates")
    if not CHECKOUT:
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return jinja2.FileSystemBytecodeCache(str(folder)) if os.access(folder, os.W_OK) else None


def _context(variant: Variant) -> dict[str, Any]:
    module, provider = variant.module, variant.provider
    variables = {variable.name for variable in variant.variables}
    return {
        "module": module,
        "provider": provider,
        "has": functools.partial(has, provider),
        "runtimes": runtimes,
        "offered": variables | variant.fixed.keys(),
        "components": variant.components,
        "variables": variables,
        "filter_rules": filter_rules.RULES,
        "filter_levels": filter_rules.LEVELS,
        "filter_range": filter_rules.RANGE,
        "absent_images": {view: quoted(paths) for view, paths in filter_rules.ABSENT_IMAGES.items()},
        "checked": _names(one for one in variant.variables if isinstance(one.type, Checked)),
        "unchecked": _names(one for one in variant.variables if ignores_keys(one.type)),
        "statements": [one for one in module.statements if has(provider, one.since_provider)],
        "deployment": deployment,
        "outputs": sorted(module.outputs(), key=lambda output: output.name),
        "options": [options for options in variant.options if options.expressions(provider)],
        "variant": variant,
        "lifecycle": variant.lifecycle,
        "usage": Usage(variant),
    }


def _names(variables: Iterable[Variable]) -> str:
    """Return the names of variables as a list in a sentence."""
    return listed([f"`{variable.name}`" for variable in variables], "and")


def _render(environment: jinja2.Environment, name: str, context: Mapping[str, Any]) -> str:
    try:
        return environment.get_template(name).render(context)
    except jinja2.TemplateSyntaxError as error:
        message = f"template {error.name}, line {error.lineno}: {error.message}"
    except jinja2.TemplateNotFound as error:
        message = f"template {name}: it includes {error.name}, which does not exist"
    except jinja2.UndefinedError as error:
        message = f"template {name}: {error.message}; a template may use what the specification defines"
    except UnicodeDecodeError as error:
        message = f"template {name}: not UTF-8 ({error.reason})"
    except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        # What a filter or an expression makes of a value that it cannot take
        message = f"template {name}: {error}"
    raise TemplateError(message)


def _with_header(name: str, text: str, variant: Variant) -> bytes:
    template = _VARIABLES if name.startswith("variables") else name.replace(".tofutest.hcl", ".tftest.hcl")
    words = [header(f"templates/{template}", variant.profile), *variant.licence.splitlines()]
    if name.endswith(".md"):
        head = "\n".join(f"<!-- {line} -->" for line in (_COMMENT_END.sub(r"-\1&gt;", word) for word in words))
    else:
        head = "\n".join(f"# {line}".rstrip() for line in words)
    return f"{head}\n\n{text.strip()}\n".encode()


def aligned(values: Mapping[str, str]) -> Iterable[str]:
    """Return the lines ``name = expression`` with their equals signs in one column, as ``terraform fmt`` has them."""
    width = max(map(len, values))
    return [f"{name:<{width}} = {expression}" for name, expression in values.items()]


def _cell(text: str) -> str:
    """Return text for a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def _type_cell(expression: str) -> str:
    """Return a type expression for a cell of a Markdown table, as terraform-docs writes it."""
    lines = expression.splitlines()
    return f"`{expression}`" if len(lines) == 1 else f"<pre>{'<br/>'.join(lines)}</pre>"
