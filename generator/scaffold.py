"""Starts a pipeline: a root module with the module in it, a function with its test, and a README."""

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jinja2

from generator import package
from generator.errors import OutputFolderError, UsageError
from generator.hcl.results import Known
from generator.profile.consequences import refusal
from generator.render import aligned, render_variant
from generator.spec.function import FUNCTION_ARN
from generator.spec.types import literal
from generator.variant import Variant

_STARTER: Final = Path(__file__).parent / "starter"
_FUNCTIONS: Final = Path(__file__).parent.parent / "lambda_src"
_IGNORED: Final = ".terraform/\n*.tfstate*\ntfplan\n__pycache__/\n"
_DEFAULT_REGION: Final = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class _Language:
    """A language of functions: where the one to start from lies, its handler, and its test."""

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
        command="node --test tests/",
    ),
}


def new(
    folder: Path,
    *,
    name: str | None = None,
    runtime: str = "python3.13",
    existing_table: str | None = None,
    existing_function: str | None = None,
    role_name: str | None = None,
    region: str | None = None,
    provider: int = 5,
) -> list[Path]:
    """Write a root module that is ready for ``terraform plan`` into a new or empty folder, and return its files.

    ``name`` is by default the folder's, ``region`` that of an existing resource, of ``AWS_REGION``, or us-east-1. An
    existing table is given by the ARN of its stream, an existing function by its ARN and the name of its role. The
    module itself lies within, so that nothing has to be published or fetched.

    Raises:
        UsageError: an argument is none that the module would accept.
        OutputFolderError: the folder holds something, or cannot be written. Nothing is left of it then.
    """
    variant = Variant(provider=provider)
    region = region or _region(existing_table or existing_function)
    name = name or re.sub(r"[^a-z0-9_-]+", "-", folder.resolve().name.lower()).strip("-")
    language = _language(runtime)
    if (existing_function is None) != (role_name is None):
        raise UsageError("--existing-function needs --role-name, the name of the function's role, and only with it")
    given: dict[str, Any] = {"name": name}
    if existing_table:
        given["existing_table"] = {"stream_arn": existing_table}
    if existing_function:
        given["existing_function"] = {"arn": existing_function, "role_name": role_name}
    else:
        given |= {
            "function_filename": "function.zip",
            "function_handler": language.handler,
            "function_runtime": runtime,
        }
    _check(variant, given, region)
    context = {
        "module": variant.module,
        "provider": provider,
        "region": region,
        "name": name,
        "label": "pipeline",
        "arguments": {
            key: '"${path.module}/function.zip"' if key == "function_filename" else literal(value)
            for key, value in given.items()
        },
        "table": not existing_table,
        "table_name": existing_table.split("/")[1] if existing_table else name,
        "function": not existing_function,
        "function_name": (existing_function or FUNCTION_ARN).split(":")[6],
        "handler_file": language.file,
        "test_command": language.command,
    }
    try:
        return _place(folder, lambda unfinished: _write(unfinished, variant, context, language))
    except OSError as error:
        raise OutputFolderError(f"{folder}: {error.filename or ''}: {error.strerror}") from None


def _region(arn: str | None) -> str:
    parts = (arn or "").split(":")
    environment = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return (parts[3] if len(parts) > 4 else "") or environment or _DEFAULT_REGION  # noqa: PLR2004 - an ARN's region


def _language(runtime: str) -> _Language:
    for prefix, language in _LANGUAGES.items():
        if runtime.startswith(prefix):
            return language
    raise UsageError(f"--runtime must be one of Python's or Node.js's, such as python3.13 or nodejs22.x, not {runtime}")


def _check(variant: Variant, given: Mapping[str, Any], region: str) -> None:
    """Refuse what the module would refuse at plan."""
    variables = {variable.name: variable for variable in variant.module.variables(variant.provider)}
    for name, value in given.items():
        if name != "function_filename" and (says := refusal(variables[name], value, {"local.region": Known(region)})):
            raise UsageError(says)


def _place(folder: Path, write: Any) -> list[Path]:  # noqa: ANN401 - a function that writes into a folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = ", ".join(sorted(path.name for path in folder.iterdir())[:3]) if folder.is_dir() else "it is a file"
        raise OutputFolderError(f"{folder} is not empty ({what}); name a new or empty folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        write(unfinished)
        unfinished.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _write(folder: Path, variant: Variant, context: Mapping[str, Any], language: _Language) -> None:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_STARTER),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - HCL and Markdown
    )
    environment.filters["aligned"] = aligned
    written = {"main.tf": "main.tf", "README.md": "README.md"}
    if context["function"]:
        written[f"tests/{language.test}"] = language.test
    files = {
        path: environment.get_template(f"{template}.jinja").render(context).encode()
        for path, template in written.items()
    }
    files[".gitignore"] = _IGNORED.encode()
    files |= {f"modules/{variant.module.name}/{path}": content for path, content in render_variant(variant).items()}
    if context["function"]:
        files |= {f"function/{path.name}": path.read_bytes() for path in _sources(language)}
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    if context["function"]:
        package.package(folder / "function", folder / "function.zip")


def _sources(language: _Language) -> list[Path]:
    found = sorted(path for path in (_FUNCTIONS / language.source).glob("*") if path.suffix in (".py", ".mjs"))
    if not found:
        raise UsageError(f"{_FUNCTIONS} holds no functions; run it from a checkout of the project")
    return found
