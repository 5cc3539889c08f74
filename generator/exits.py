"""How the program ends: an error is one line on standard error and an exit code, whatever happens."""

import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

import click

from generator.errors import one_line


def discard_output() -> None:
    """Write to nowhere what is still buffered for standard output: the interpreter would fail to write it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def unexpected(error: Exception, *, debug: bool) -> NoReturn:
    """Exit with a line about a defect, which names a file with the traceback; raise it instead if ``debug``."""
    if debug:
        raise error
    import tempfile  # noqa: PLC0415 - most runs have no defect
    import traceback  # noqa: PLC0415

    text = one_line(f"{type(error).__name__}: {error}")[:200].removesuffix(".")
    try:
        with tempfile.NamedTemporaryFile("w", prefix="ddb-stream-lambda-", suffix=".log", delete=False) as file:
            traceback.print_exception(error, file=file)
    except OSError:
        fail(f"Defect of this program: {text}. Report it with the output of --debug", 1)
    fail(f"Defect of this program: {text}. Report it with {file.name}", 1)


def terminate(_signal: int, _frame: object) -> NoReturn:
    """Leave every ``with`` block, as Ctrl-C does: emulators stop, and messages become visible again."""
    # A second one would interrupt the first one's cleaning up.
    if signal.getsignal(signal.SIGTERM) is terminate:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    fail("Terminated.", 143)


def fail(text: str, code: int) -> NoReturn:
    """Print each line of a text as an error, and exit with a code."""
    # Without standard error, the code alone remains
    with suppress(OSError):
        for line in text.split("\n"):
            click.echo(f"Error: {line}{'' if line.endswith(('.', '?')) else '.'}", err=True)
    sys.exit(code)


def usage(error: click.ClickException) -> str:
    """Return an error of click in this project's form: the option as typed, the problem, the next step."""
    message = error.message.replace("'", '"')
    if isinstance(error, click.NoSuchOption):
        import difflib  # noqa: PLC0415 - few commands are wrong

        close = difflib.get_close_matches(error.option_name, error.possibilities or [], n=1)
        return f"{error.option_name}: no such option.{f' Did you mean {close[0]}?' if close else ''}"
    if isinstance(error, click.BadOptionUsage):
        return f"{error.option_name}: this option {message.partition(' ')[2].partition(' ')[2]}"
    if isinstance(error, click.BadParameter) and error.param is not None:
        is_option = isinstance(error.param, click.Option)
        name = max(error.param.opts, key=len) if is_option else error.param.human_readable_name
        if isinstance(error, click.MissingParameter):
            message = f"this {error.param.param_type_name} is required."
        return f"{name}: {message}"
    return error.format_message().replace("'", '"')
