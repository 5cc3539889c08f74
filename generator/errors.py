"""The errors that a user can meet. Each kind has the exit code of the command that reports it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, Final

_LONG: Final = re.compile(r"\S{1000,}")
_SHOWN: Final = 200
"""How many characters of a word that is longer than 1,000 characters a message shows."""


def printable(text: str) -> str:
    r"""Return text with its control characters, line ends and undecodable bytes written as ``\uXXXX``."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)


def one_line(text: str) -> str:
    """Return text as one line for a terminal, without its longest words.

    Values in messages are those of others: a line end would begin another message, and a terminal would carry out the
    control characters.
    """
    return _LONG.sub(lambda word: f"{word[0][:_SHOWN]}...", printable(" ".join(text.split())))


class GeneratorError(Exception):
    """An error that a user can correct.

    Takes the lines of its text, which is almost always one. A line has full sentences: what it is about (an option as
    typed, or a file), the problem with the value in double quotes, and what is accepted or to be done. The command line
    prints each after ``Error:``.
    """

    exit_code: ClassVar = 1

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(map(one_line, lines)))

    def __init_subclass__(cls, *, exit_code: int) -> None:
        cls.exit_code = exit_code


class DriftError(GeneratorError, exit_code=2):
    """``build --check`` found files that differ from the specification."""


class UsageError(GeneratorError, exit_code=3):
    """An option, argument or file on the command line is missing, unknown or invalid, or an extra is missing."""


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Turn a missing Python package in the ``with`` block into an error that names the extra which installs it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(
            f"The Python package {error.name} is not installed. "
            f'Install the extra "{name}": pip install "ddb-stream-lambda[{name}]".'
        ) from None


class OutputFolderError(GeneratorError, exit_code=4):
    """The output directory contains files of others, or cannot be written."""


class TemplateError(GeneratorError, exit_code=5):
    """A template is malformed or uses an undefined name."""


class PackageError(GeneratorError, exit_code=6):
    """The source directory, the requirements or the archive of a package cannot be used."""


class TerraformError(GeneratorError, exit_code=7):
    """Terraform or its AWS provider is missing or too old, or rejected the configuration."""


class LocalAwsError(GeneratorError, exit_code=8):
    """The AWS emulator did not start, or rejected a request."""


class ProfileError(GeneratorError, exit_code=9):
    """A profile cannot be read, contradicts itself, or uses an unknown name. Its text has a line for each problem."""


class ModuleError(GeneratorError, exit_code=10):
    """A module to compare cannot be found or read."""


class BumpError(GeneratorError, exit_code=11):
    """A change requires a larger version bump than the one that was announced."""


class ReleaseError(GeneratorError, exit_code=12):
    """A release cannot be made, because its changelog or its files are in the way, or failed its verification."""


class AwsError(GeneratorError, exit_code=13):
    """AWS rejected a request, or cannot be reached. ``code`` is that of the answer, if there was one."""

    code = ""


class UnfinishedError(GeneratorError, exit_code=14):
    """Some records were not processed: they failed, were skipped, or expired."""


class ConflictError(GeneratorError, exit_code=15):
    """An update has changed lines that were changed in the directory, too."""


class DeploymentError(GeneratorError, exit_code=16):
    """A deployment of a function failed, was stopped, or cannot begin because of another one."""


class ProofError(GeneratorError, exit_code=17):
    """``demo --on aws`` observed something else than was predicted, or left something in the account."""
