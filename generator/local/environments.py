"""The Python environments of the emulators: those of ``make setup`` in a checkout, else one in the user's cache."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock
from rich.console import Console

from generator import __version__
from generator.errors import LocalAwsError
from generator.resources import CHECKOUT, RESOURCES, cache_directory


def directory(name: str) -> Path:
    """Return the directory of an emulator's environment. Each version of this program and of Python has its own."""
    if CHECKOUT:
        return CHECKOUT / ".venvs" / name
    digest = hashlib.sha256(f"{__version__} {sys.version} {sys.base_prefix}".encode()).hexdigest()
    return cache_directory("emulators") / f"{name}-{digest[:12]}"


def interpreter(name: str) -> Path:
    """Return the interpreter of an emulator's environment.

    Raises:
        LocalAwsError: the environment is missing.
    """
    python = directory(name) / "bin" / "python"
    if not python.exists():
        raise LocalAwsError(f'The environment of the emulator {name} is missing: "{python}". Run make setup.')
    return python


def install(name: str, console: Console) -> None:
    """Create the environment of an emulator in the user's cache, unless it exists or this is a checkout.

    pip downloads the packages with the settings of the user, and checks their hashes. An installation that was
    interrupted starts again. Another process that needs the same environment waits.

    Raises:
        LocalAwsError: the environment cannot be created.
    """
    if CHECKOUT:
        return
    environment = directory(name)
    finished = environment / ".installed"
    try:
        environment.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{environment}.lock"):
            if finished.exists() and (environment / "bin" / "python").exists():
                return
            shutil.rmtree(environment, ignore_errors=True)
            try:
                _create(name, environment, console)
                finished.touch()
            except BaseException:
                shutil.rmtree(environment, ignore_errors=True)
                raise
    except OSError as error:
        raise LocalAwsError(f"{error.filename or environment}: {error.strerror}.") from None


def _create(name: str, environment: Path, console: Console) -> None:
    requirements = RESOURCES / "requirements" / f"{name}.txt"
    total = sum("==" in line for line in requirements.read_text(encoding="utf-8").splitlines())
    text = f"Installing the emulator {name} in {environment}, once"
    console.print(f"{text} ({total} packages) ...")
    with console.status(text) as status:
        for _ in _lines(sys.executable, "-I", "-m", "venv", str(environment)):
            pass
        python = str(environment / "bin" / "python")
        options = ("--disable-pip-version-check", "--no-input", "--require-hashes", "--no-deps")
        done = 0
        for line in _lines(python, "-I", "-m", "pip", "install", *options, "-r", str(requirements)):
            done += line.startswith("Collecting ")
            status.update(f"{text} ({done}/{total} packages)")


def _lines(*command: str) -> Iterator[str]:
    """Yield the lines that a command prints.

    Raises:
        LocalAwsError: the command fails. The message has its first error, or else its last line.
    """
    printed = []
    with subprocess.Popen(  # noqa: S603 - no shell, and no input of a user
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        try:
            for line in process.stdout or ():
                printed.append(line.strip())
                yield line
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        errors = [line for line in printed if line.lower().startswith("error")]
        reason = next(iter(errors or list(filter(None, printed))[-1:]), "it printed no reason").rstrip(".")
        raise LocalAwsError(f"Cannot install the emulator ({' '.join(command[:4])}): {reason}.")
