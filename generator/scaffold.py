"""Starts a pipeline (a root module with the module in it, a function with its test, and a README), or a profile."""

import json
import os
import re
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import jinja2

from generator import __version__, package
from generator.archives import zip_of
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
ANSWERS: Final = ".ddb-stream-lambda/answers.json"
"""What ``new`` was asked for, and the version that wrote the directory."""

WRITTEN: Final = ".ddb-stream-lambda/written.zip"
"""The files as ``new`` wrote them, with which an update finds what was changed since."""

PACKAGE: Final = "function.zip"
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


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a pipeline is started with: what was asked for, and the choices of ``new`` for what was not.

    An existing table is named by the ARN of its stream, an existing function by its ARN and the name of its role.
    ``source`` is where Terraform finds the module, ``None`` if the directory contains a copy of it.
    """

    name: str
    region: str
    runtime: str | None
    existing_table: str | None = None
    existing_function: str | None = None
    role_name: str | None = None
    source: str | None = None
    provider: str = "5"


def new(folder: Path, *, name: str | None = None, region: str | None = None, **given: Any) -> list[Path]:  # noqa: ANN401
    """Write a root module that is ready for ``terraform plan`` into a new or empty directory, and return its files.

    Takes :class:`Answers`. ``name`` is by default that of the directory, ``region`` that of an existing resource, of
    ``AWS_REGION``, or us-east-1, and ``runtime`` the newest of Python that the provider knows.

    Raises:
        UsageError: The module would reject an argument, or an argument conflicts with another one.
        OutputFolderError: The directory is not empty, or cannot be written. Nothing is left in it then.
    """
    given = {key: value for key, value in given.items() if value is not None}
    region = _region(region, given.get("existing_table") or given.get("existing_function"))
    runtime = None if "existing_function" in given else newest("python", given.get("provider", "5"))
    name = _name(folder) if name is None else name
    answers = Answers(**{"name": name, "region": region, "runtime": runtime, **given})
    files = files_of(answers)
    try:
        return _fill(folder, lambda unfinished: _write(unfinished, {**files, **record(answers, files)}))
    except OSError as error:
        raise OutputFolderError(f"{error.filename or folder}: {error.strerror}.") from None


def files_of(answers: Answers) -> dict[str, bytes]:
    """Return the files of a pipeline by their paths, except for the package of the function.

    Raises:
        UsageError: The module would reject an answer, or an answer conflicts with another one.
    """
    source, region, table, function = answers.source, answers.region, answers.existing_table, answers.existing_function
    if source is not None and not (source.strip() and source.isprintable()):
        raise UsageError(f'--source: "{source}" is not a source of a module. Name its path or address.')
    if (function is None) != (answers.role_name is None):
        raise UsageError("--existing-function: set --role-name, the name of its role, with it and only with it.")
    if not re.fullmatch(_REGION, region):
        raise UsageError(f'--region: "{region}" is not an AWS Region such as eu-west-1.')
    if function is not None and answers.runtime is not None:
        raise UsageError("--runtime: this option has no effect when --existing-function is set. Remove it.")
    variant = Variant(provider=answers.provider)
    language = None if answers.runtime is None else _language(answers.runtime)
    arguments: dict[str, Any] = {"name": answers.name}
    if table is not None:
        arguments["existing_table"] = {"stream_arn": table}
    if function is not None:
        arguments["existing_function"] = {"arn": function, "role_name": answers.role_name}
    if language:
        arguments["function_handler"] = language.handler
        arguments["function_runtime"] = answers.runtime
    _check(variant, arguments, region)
    written = {key: literal(value) for key, value in arguments.items()}
    if language:
        written["function_filename"] = f'"${{path.module}}/{PACKAGE}"'
    context = {
        "module": variant.module,
        "program": PROGRAM,
        "provider_constraint": variant.provider_constraint,
        "region": region,
        "name": answers.name,
        "label": "pipeline",
        "source": source or f"./{copy_of(variant)}",
        "inside": source is None,
        "arguments": written,
        "table_name": Arn.parse(table).name if table else None,
        "function_name": Arn.parse(function).name if function else None,
        "language": language,
    }
    files = _rendered(context, language)
    if source is None:
        files |= {f"{copy_of(variant)}/{path}": text for path, text in render_variant(variant).items()}
    return files


def copy_of(variant: Variant) -> str:
    """Return the directory of the copy of a module in a pipeline."""
    return f"modules/{variant.module.name}"


def record(answers: Answers, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files from which an update knows how a pipeline was written, and by which version."""
    text = json.dumps({"version": __version__, "answers": asdict(answers)}, indent=2)
    return {ANSWERS: f"{text}\n".encode(), WRITTEN: zip_of(files)}


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
    if region is not None:
        return region
    named = re.match(f"arn:[^:]*:[^:]*:({_REGION}):", arn or "")
    variables = (os.environ.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION"))
    return named[1] if named else next(filter(None, variables), "us-east-1")


def _language(runtime: str) -> _Language:
    for prefix, language in _LANGUAGES.items():
        if runtime.startswith(prefix):
            return language
    raise UsageError(f'--runtime: "{runtime}" is not a runtime of Python or Node.js, such as python3.13 or nodejs22.x.')


def _check(variant: Variant, arguments: Mapping[str, Any], region: str) -> None:
    """Reject what the module would reject at plan."""
    variables = {variable.name: variable for variable in variant.variables}
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


def _rendered(context: Mapping[str, Any], language: _Language | None) -> dict[str, bytes]:
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
    if language:
        files |= {f"function/{path.name}": path.read_bytes() for path in _sources(language)}
    return files


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    if (folder / "function").is_dir():
        package.package(folder / "function", folder / PACKAGE)


def _sources(language: _Language) -> list[Path]:
    directory = RESOURCES / "lambda_src" / language.source
    return sorted(path for path in directory.glob("*") if path.suffix in (".py", ".mjs"))
