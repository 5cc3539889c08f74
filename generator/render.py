"""Renders the module: specification and templates in, files out, all in memory."""

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2
from jinja2.ext import Extension

from generator.errors import TemplateError
from generator.schema import inputs_schema
from generator.spec import MODULE, OPTIONS
from generator.spec.model import Component, Module
from generator.spec.types import literal, quoted

TEMPLATES = Path(__file__).parent / "templates"
SCHEMA = "inputs.schema.json"
GENERATED = 'by "python -m generator build"; do not edit'


def header(source: str) -> str:
    """Return the words by which a generated file is known, naming what it was generated from."""
    return f"Generated from generator/{source} {GENERATED}."


def is_generated(content: bytes) -> bool:
    """Tell whether the generator wrote this content: its header stands in one of the first lines."""
    return any(GENERATED.encode() in line.replace(b'\\"', b'"') for line in content.splitlines()[:3])


class BlankLines(Extension):
    """Keeps the blank lines after a line statement, which Jinja takes for part of the statement."""

    _LINE_STATEMENT = re.compile(r"^([ \t]*#%.*\n)(?=[ \t]*\n)", re.MULTILINE)

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002 - Jinja's
        """Put something that renders to nothing on the blank line, so that no line gets another number."""
        return self._LINE_STATEMENT.sub(r'\1{{ "" }}', source)


def render(provider: int = 5, module: Module = MODULE, templates: Path = TEMPLATES) -> dict[str, bytes]:
    """Return the files of the module for one provider major, by their path within it.

    Raises ``TemplateError`` for a template that is malformed or uses an undefined name.
    """
    environment = _environment(templates)
    context = _context(module, provider)
    files = {}
    for path in sorted(templates.rglob("*")):
        # A part is included by templates and is no file of its own
        if path.is_file() and path.suffix != ".part":
            name = path.relative_to(templates).as_posix()
            files[name] = _with_header(name, _render(environment, name, context))
    schema = {"$comment": header("schema.py"), **inputs_schema(module, provider)}
    files[SCHEMA] = (json.dumps(schema, indent=2, ensure_ascii=False) + "\n").encode()
    return files


def _environment(templates: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        line_statement_prefix="#%",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - the output is HCL and Markdown, not HTML
        auto_reload=False,
        bytecode_cache=_bytecode_cache(),
        extensions=[BlankLines],
        optimized=False,
    )
    filters: dict[str, Callable[..., Any]] = {
        "aligned": aligned,
        "cell": _cell,
        "compact": _compact,
        "literal": literal,
        "quoted": quoted,
    }
    environment.filters.update(filters)
    return environment


def _bytecode_cache() -> jinja2.BytecodeCache | None:
    """Return a cache of compiled templates where Python keeps its own, if it does so for this package."""
    folder = Path(__file__).parent / "__pycache__"
    return jinja2.FileSystemBytecodeCache(str(folder)) if os.access(folder, os.W_OK) else None


def _context(module: Module, provider: int) -> dict[str, Any]:
    return {
        "module": module,
        "provider": provider,
        "components": [_offered(component, provider) for component in module.components],
        "outputs": sorted(module.outputs(), key=lambda output: output.name),
        "options": OPTIONS,
    }


def _offered(component: Component, provider: int) -> Component:
    return replace(
        component, variables=tuple(variable for variable in component.variables if variable.offered_by(provider))
    )


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


def _with_header(name: str, text: str) -> bytes:
    words = header(f"templates/{name}")
    line = f"<!-- {words} -->" if name.endswith(".md") else f"# {words}"
    return f"{line}\n\n{text.rstrip()}\n".encode()


def aligned(values: Mapping[str, str]) -> Iterable[str]:
    """Return the lines ``name = expression`` with their equals signs in one column, as ``terraform fmt`` has them."""
    width = max(map(len, values))
    return [f"{name:<{width}} = {expression}" for name, expression in values.items()]


def _cell(text: str) -> str:
    """Return text for a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def _compact(expression: str) -> str:
    """Return an HCL type expression on one line."""
    lines = expression.replace("\n", ", ").split()
    return " ".join(lines).replace("({, ", "({ ").replace(", })", " })")
