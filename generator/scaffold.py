"""Starts a pipeline (a root module with the module in it, a function with its test, and a README), or a profile."""

import os
import re
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jinja2

from generator import package
from generator.arn import Arn
from generator.console import PROGRAM
from generator.errors import OutputFolderError, UsageError, printable
from generator.files import UNFINISHED, replace_file, resolved
from generator.hcl.values import known
from generator.profile.document import newest_version
from generator.profile.validation_resolver import validation_error
from generator.render import aligned, render_variant
from generator.resources import RESOURCES
from generator.spec import MODULE
from generator.spec.runtimes import newest
from generator.spec.types import literal
from generator.variant import Variant

_STARTER: Final = Path(__file__).parent / "starter"
_GITIGNORE: Final = ".terraform/\n*.tfstate*\ntfplan\n__pycache__/\n.pytest_cache/\n"
_PROFILE: Final = """\
# Variant of {module}. Build it: {program} build --profile {file} --out DIRECTORY

name = "{name}"
version = "0.1.0"

# Version of the complete module that this profile is written for. build lists the variables added since.
written_for = "{version}"

# Features and variables that the variant does not have. With expose, list instead the variables that callers can set.
omit = []
"""
_REGION: Final = r"[a-z]+(-[a-z]+)+-[0-9]+"
_OPTIONS: Final = {"function_runtime": "--runtime"}
"""Options for variables whose name is not that of the option."""


@dataclass(frozen=True, kw_only=True)
class _Language:
    """A language of functions: the directory to copy, the file to edit, the handler, the test and its command."""

    source: str
    file: str
    handler: str
    test: str
    command: str


_LANGUAGES: Final[Mapping[str, _Language]] = {
    "python": _Language(
        source="stream_handler",
        file="handler.py",
        handler="handler.handler",
        test="test_function.py",
        command="python -m pytest tests",
    ),
    "nodejs": _Language(
        source="stream_handler_node",
        file="index.mjs",
        handler="index.handler",
        test="function.test.mjs",
        # It finds the test by its name: whether it accepts a directory differs between versions of Node.js.
        command="node --test",
    ),
}


def new(
    folder: Path,
    *,
    name: str | None = None,
    runtime: str | None = None,
    existing_table: str | None = None,
    existing_function: str | None = None,
    role_name: str | None = None,
    region: str | None = None,
    source: str | None = None,
    provider: str = "5",
) -> list[Path]:
    """Write a root module that is ready for ``terraform plan`` into a new or empty directory, and return its files.

    ``name`` is by default that of the directory, ``region`` that of an existing resource, of ``AWS_REGION``, or
    us-east-1. An existing table is named by the ARN of its stream, an existing function by its ARN and the name of its
    role. The root module contains a copy of the module, unless ``source`` names another one.

    Raises:
        UsageError: The module would reject an argument, or an argument conflicts with another one.
        OutputFolderError: The directory is not empty, or cannot be written. Nothing is left in it then.
    """
    if source is not None and not (source.strip() and source.isprintable()):
        raise UsageError(f'--source: "{source}" is not a source of a module. Name its path or address.')
    variant = Variant(provider=provider)
    region = _region(region, existing_table or existing_function)
    if (existing_function is None) != (role_name is None):
        raise UsageError("--existing-function: set --role-name, the name of its role, with it and only with it.")
    if existing_function is not None and runtime is not None:
        raise UsageError("--runtime: this option has no effect when --existing-function is set. Remove it.")
    runtime = runtime or newest("python", provider)
    language = None if existing_function is not None else _language(runtime)
    arguments: dict[str, Any] = {"name": _name(folder) if name is None else name}
    if existing_table is not None:
        arguments["existing_table"] = {"stream_arn": existing_table}
    if existing_function is not None:
        arguments["existing_function"] = {"arn": existing_function, "role_name": role_name}
    if language:
        arguments["function_handler"] = language.handler
        arguments["function_runtime"] = runtime
    _check(variant, arguments, region)
    written = {key: literal(value) for key, value in arguments.items()}
    if language:
        written["function_filename"] = '"${path.module}/function.zip"'
    copy = f"./modules/{variant.module.name}"
    context = {
        "module": variant.module,
        "program": PROGRAM,
        "provider_constraint": variant.provider_constraint,
        "region": region,
        "name": arguments["name"],
        "label": "pipeline",
        "source": source or copy,
        "inside": source is None,
        "arguments": written,
        "table_name": Arn.parse(existing_table).name if existing_table else None,
        "function_name": Arn.parse(existing_function).name if existing_function else None,
        "language": language,
    }
    try:
        return _fill(folder, lambda unfinished: _write(unfinished, variant, context, language))
    except OSError as error:
        raise OutputFolderError(f"{error.filename or folder}: {error.strerror}.") from None


def new_profile(path: Path) -> None:
    """Write a profile to start from, which omits nothing, to a new file.

    Raises:
        OutputFolderError: The file exists, or cannot be written.
    """
    if path.exists():
        raise OutputFolderError(f"{path}: the file exists. Name a new one.")
    name = re.sub(r"[^a-z0-9_]+", "_", path.stem.lower()).lstrip("_0123456789") or MODULE.name
    text = _PROFILE.format(
        module=MODULE.name,
        program=PROGRAM,
        file=printable(shlex.quote(path.name)),
        name=name,
        version=newest_version(),
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text)
    except OSError as error:
        raise OutputFolderError(f"{path}: {error.strerror}.") from None


def _name(folder: Path) -> str:
    """Return the directory's name, without characters that the name of a pipeline cannot have."""
    try:
        name = resolved(folder).name
    except OSError as error:
        raise OutputFolderError(f"{folder}: {error.strerror}, which is the working directory.") from None
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-")


def _region(region: str | None, arn: str | None) -> str:
    """Return the Region that is given, that of an ARN, or that of the environment."""
    if region is None:
        named = re.match(f"arn:[^:]*:[^:]*:({_REGION}):", arn or "")
        variables = (os.environ.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION"))
        region = named[1] if named else next(filter(None, variables), "us-east-1")
    if not re.fullmatch(_REGION, region):
        raise UsageError(f'--region: "{region}" is not an AWS Region such as eu-west-1.')
    return region


def _language(runtime: str) -> _Language:
    for prefix, language in _LANGUAGES.items():
        if runtime.startswith(prefix):
            return language
    raise UsageError(f'--runtime: "{runtime}" is not a runtime of Python or Node.js, such as python3.13 or nodejs22.x.')


def _check(variant: Variant, arguments: Mapping[str, Any], region: str) -> None:
    """Reject what the module would reject at plan."""
    variables = {variable.name: variable for variable in variant.module.variables(variant.provider)}
    for name, value in arguments.items():
        if message := validation_error(variables[name], value, {"local.region": known(region)}):
            raise UsageError(f"{_OPTIONS.get(name) or '--' + name.replace('_', '-')}: {message}")


def _fill(folder: Path, write: Callable[[Path], None]) -> list[Path]:
    """Let ``write`` fill a new or empty directory, wholly or not at all, and return its files."""
    present = folder.exists()
    if present and not folder.is_dir():
        raise OutputFolderError(f"{folder}: not a directory. Name a new or empty one.")
    if present and (names := sorted(path.name for path in folder.iterdir())):
        raise OutputFolderError(f"{folder}: not empty ({', '.join(names[:3])}). Name a new or empty directory.")
    # An existing directory stays: it may be the working directory of a shell, or another file system.
    place = folder if present else folder.parent
    place.mkdir(parents=True, exist_ok=True)
    # Not tempfile: only the owner could read its directories, whatever the umask is.
    unfinished = place / f"{UNFINISHED}{os.urandom(8).hex()}"
    unfinished.mkdir()
    moved: list[Path] = []
    try:
        write(unfinished)
        if present:
            for path in sorted(unfinished.iterdir()):
                moved.append(folder / path.name)
                path.rename(moved[-1])
            unfinished.rmdir()
        else:
            unfinished.rename(folder)
    except BaseException:
        for path in (unfinished, *moved):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        raise
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _write(folder: Path, variant: Variant, context: Mapping[str, Any], language: _Language | None) -> None:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_STARTER),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - HCL and Markdown
    )
    environment.filters |= {"aligned": aligned, "literal": literal}
    templates = {"main.tf": "main.tf", "README.md": "README.md"}
    if language:
        templates[f"tests/{language.test}"] = language.test
    files = {
        path: environment.get_template(f"{template}.jinja").render(context).encode()
        for path, template in templates.items()
    }
    files[".gitignore"] = _GITIGNORE.encode()
    if context["inside"]:
        files |= {f"modules/{variant.module.name}/{path}": text for path, text in render_variant(variant).items()}
    if language:
        files |= {f"function/{path.name}": path.read_bytes() for path in _sources(language)}
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    if language:
        package.package(folder / "function", folder / "function.zip")


def _sources(language: _Language) -> list[Path]:
    directory = RESOURCES / "lambda_src" / language.source
    return sorted(path for path in directory.glob("*") if path.suffix in (".py", ".mjs"))
