"""Starts a pipeline: a root module with the module in it, a function with its test, and a README."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jinja2

from generator import package
from generator.arn import Arn
from generator.errors import OutputFolderError, UsageError
from generator.files import UNFINISHED
from generator.hcl.results import Known
from generator.profile.consequences import refusal
from generator.render import aligned, render_variant
from generator.spec.types import literal
from generator.variant import Variant

_STARTER: Final = Path(__file__).parent / "starter"
_FUNCTIONS: Final = Path(__file__).parent.parent / "lambda_src"
_IGNORED: Final = ".terraform/\n*.tfstate*\ntfplan\n__pycache__/\n.pytest_cache/\n"
_RUNTIME: Final = "python3.13"
_DEFAULT_REGION: Final = "us-east-1"
_REGION: Final = r"[a-z]+(-[a-z]+)+-[0-9]+"


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
        # It finds the test by its name: whether it takes a folder differs between versions of Node.js.
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
    provider: int = 5,
) -> list[Path]:
    """Write a root module that is ready for ``terraform plan`` into a new or empty folder, and return its files.

    ``name`` is by default the folder's, ``region`` that of an existing resource, of ``AWS_REGION``, or us-east-1. An
    existing table is given by the ARN of its stream, an existing function by its ARN and the name of its role. The
    module itself lies within, so that nothing has to be published or fetched, unless ``source`` says where it is.

    Raises:
        UsageError: an argument is none that the module would accept, or has no effect beside another.
        OutputFolderError: the folder holds something, or cannot be written. Nothing is left in it then.
    """
    variant = Variant(provider=provider)
    region = _region(region, existing_table or existing_function)
    if (existing_function is None) != (role_name is None):
        raise UsageError("--existing-function needs --role-name, the name of the function's role, and only with it")
    if existing_function is not None and runtime is not None:
        raise UsageError(f"--runtime {runtime} has no effect with --existing-function: no function is written")
    language = None if existing_function is not None else _language(runtime or _RUNTIME)
    given: dict[str, Any] = {"name": _name(folder) if name is None else name}
    if existing_table is not None:
        given["existing_table"] = {"stream_arn": existing_table}
    if existing_function is not None:
        given["existing_function"] = {"arn": existing_function, "role_name": role_name}
    if language:
        given |= {
            "function_filename": "function.zip",
            "function_handler": language.handler,
            "function_runtime": runtime or _RUNTIME,
        }
    _check(variant, given, region)
    inside = f"./modules/{variant.module.name}"
    context = {
        "module": variant.module,
        "provider": provider,
        "region": region,
        "name": given["name"],
        "label": "pipeline",
        "source": source or inside,
        "inside": source is None,
        "arguments": {
            key: '"${path.module}/function.zip"' if key == "function_filename" else literal(value)
            for key, value in given.items()
        },
        "table_name": Arn.parse(existing_table).name if existing_table else None,
        "function_name": Arn.parse(existing_function).name if existing_function else None,
        "language": language,
    }
    try:
        return _place(folder, lambda unfinished: _write(unfinished, variant, context, language))
    except OSError as error:
        raise OutputFolderError(f"{folder}: {error.filename or ''}: {error.strerror}") from None


def _name(folder: Path) -> str:
    """Return the folder's name, without what the name of a pipeline cannot have."""
    return re.sub(r"[^a-z0-9_-]+", "-", folder.resolve().name.lower()).strip("-")


def _region(given: str | None, arn: str | None) -> str:
    """Return the region that is given, or that follows from an ARN or the environment."""
    named = re.match(f"arn:[^:]*:[^:]*:({_REGION}):", arn or "")
    region = given if given is not None else named and named[1]
    if region is None:
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _DEFAULT_REGION
    if not re.fullmatch(_REGION, region):
        raise UsageError(f'the region must be one of AWS such as eu-west-1, not "{region}"; give it with --region')
    return region


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


def _place(folder: Path, write: Callable[[Path], None]) -> list[Path]:
    """Let ``write`` fill a folder that is new or empty, wholly or not at all, and return its files."""
    present = folder.exists()
    if present and (not folder.is_dir() or any(folder.iterdir())):
        what = ", ".join(sorted(path.name for path in folder.iterdir())[:3]) if folder.is_dir() else "it is a file"
        raise OutputFolderError(f"{folder} is not empty ({what}); name a new or empty folder")
    # A folder that is there stays the same one: a shell may stand in it, and it may be another file system.
    place = folder if present else folder.parent
    place.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=place, prefix=UNFINISHED))
    moved: list[Path] = []
    try:
        write(unfinished)
        if present:
            for path in sorted(unfinished.iterdir()):
                moved.append(folder / path.name)
                path.rename(moved[-1])
            unfinished.rmdir()
        else:
            unfinished.chmod(0o755)
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
    written = {"main.tf": "main.tf", "README.md": "README.md"}
    if language:
        written[f"tests/{language.test}"] = language.test
    files = {
        path: environment.get_template(f"{template}.jinja").render(context).encode()
        for path, template in written.items()
    }
    files[".gitignore"] = _IGNORED.encode()
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
    found = sorted(path for path in (_FUNCTIONS / language.source).glob("*") if path.suffix in (".py", ".mjs"))
    if not found:
        raise UsageError(f"{_FUNCTIONS} holds no functions; run it from a checkout of the project")
    return found
