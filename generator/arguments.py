"""Types of arguments of the command line, whose values are checked before a command starts, and shared options."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

_DURATION = re.compile(r"([0-9]{1,6})([mh])")
_SECONDS = {"m": 60, "h": 3600}


class Command(click.Command):
    """A command that rejects empty values: a script passes them for variables that are not set."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments. An empty text has another meaning to each library, and to most of them none."""
        rest = super().parse_args(ctx, args)
        for param in self.params:
            value = ctx.params.get(param.name or "")
            if "" in (value if isinstance(value, tuple) else (value,)):
                raise click.BadParameter("the value is empty. Set it, or leave it out.", ctx, param)
        return rest


class Group(Command, click.Group):
    """A group of such commands."""

    command_class = Command


class PathType(click.ParamType):  # type: ignore[type-arg] # generic in newer versions of click only
    """A path: a name that the system can look up. The file does not need to exist."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # noqa: ANN401
        """Return the path. An empty one is an error, because Python takes it for the working directory."""
        text = os.fspath(value)
        if not text:
            self.fail("the path is empty. Name a file or a directory.", param, ctx)
        try:
            Path(text).lstat()
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            pass
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            shown = f"{text[:60]}{'...' if text[60:] else ''}"
            self.fail(f'"{shown}" is not a path: {reason}.', param, ctx)
        return Path(text)


class DurationType(click.ParamType):  # type: ignore[type-arg] # as above
    """A duration in whole minutes or hours, such as 30m or 2h; its value is in seconds.

    Takes the shortest and the longest accepted duration, in seconds.
    """

    name = "duration"

    def __init__(self, shortest: int, longest: int) -> None:
        self._range = shortest, longest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401
        """Return the seconds."""
        found = _DURATION.fullmatch(str(value))
        seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
        if not self._range[0] <= seconds <= self._range[1]:
            shortest, longest = self._range
            self.fail(f'"{value}" is not a duration from {shortest // 60}m to {longest // 3600}h.', param, ctx)
        return seconds


PATH = PathType()
STANDARD_STREAM = Path("-")
"""What a path means to options that take standard input or output as well."""

Function = TypeVar("Function", bound=Callable[..., Any])

AWS_OPTIONS: Final = (
    click.option("--profile", help="Profile of the AWS configuration. [AWS_PROFILE]"),
    click.option("--region", help="Region. [AWS_REGION, or the profile's]"),
    click.option("--endpoint-url", metavar="URL", help="Endpoint of AWS. [AWS_ENDPOINT_URL]"),
)
"""The options of a command that calls AWS, as the arguments of :func:`generator.aws.connect`."""

STATE_OPTION: Final = click.option(
    "--state", type=PATH, metavar="FILE|-", help="State of Terraform, or output of terraform output -json."
)


def with_options(*options: Callable[[Function], Function]) -> Callable[[Function], Function]:
    """Return a decorator that adds options to a command, in their order."""

    def decorate(command: Function) -> Function:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
