"""Output for people: a console that does not fold what a program reads, and numbers with their units."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from generator.errors import one_line

if TYPE_CHECKING:
    from rich.console import Console

PROGRAM: Final = "ddb-stream-lambda" if Path(sys.argv[0]).stem == "ddb-stream-lambda" else "python -m generator"
"""What a user types to run this program: an installation has a command, a checkout does without."""

WIDTH: Final = 160
"""Columns of a console that is not a terminal, such as a file, a pipe, or the log of a CI job."""

_MINUTE: Final = 60
_UNITS: Final = (("d", 86_400), ("h", 3600), ("min", _MINUTE), ("s", 1))


def console(*, stderr: bool = False) -> "Console":
    """Return a console for standard output or standard error, :data:`WIDTH` columns wide if it is not a terminal."""
    # Loads for a tenth of a second, and most commands print plain lines.
    from rich.console import Console  # noqa: PLC0415

    terminal = Console(highlight=False, stderr=stderr)
    return terminal if terminal.is_terminal else Console(highlight=False, stderr=stderr, width=WIDTH)


def duration(seconds: float) -> str:
    """Return a duration in its two largest units, such as ``0.25 s`` or ``1 d 3 h``."""
    if seconds < _MINUTE:
        return f"{seconds:.3g} s"
    parts = []
    rest = round(seconds)
    for unit, length in _UNITS:
        number, rest = divmod(rest, length)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2])


def count(number: int, noun: str) -> str:
    """Return a number with a noun that takes an ``s`` in the plural, such as ``1 item`` or ``1,200 items``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def warn(text: str) -> None:
    """Print a warning on standard error, as one line."""
    import click  # noqa: PLC0415 - the command line has loaded it

    click.echo(f"Warning: {one_line(text)}", err=True)
