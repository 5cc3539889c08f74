"""Is an empty value an error for every option and argument, rather than the working directory or a default?"""

from collections.abc import Iterator

import click
import pytest

from generator import cli

FLAGS = (click.types.BoolParamType, click.types.IntParamType, click.types.FloatParamType, click.Choice)
"""Types of which no value is empty: click rejects the text."""


def commands(command: click.Command, *names: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield the commands and the groups, with their names."""
    yield names, command
    if not isinstance(command, click.Group):
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child
        yield from commands(child, *names, name)


def words(parameter: click.Parameter, value: str) -> list[str]:
    return [value] if isinstance(parameter, click.Argument) else [max(parameter.opts, key=len), value]


def cases() -> Iterator[tuple[str, list[str], str]]:
    """Yield a name, a command line with one empty value, and its parameter, for each parameter of each command."""
    for names, command in commands(cli.cli):
        for parameter in command.params:
            if getattr(parameter, "is_flag", False) or isinstance(parameter.type, FLAGS):
                continue
            line = list(names)
            for other in command.params:
                if other is parameter:
                    line += words(parameter, "")
                elif other.required:
                    line += words(other, "x")
            name = (
                max(parameter.opts, key=len)
                if isinstance(parameter, click.Option)
                else parameter.make_metavar(click.Context(command))
            )
            name = name.strip("[]")
            yield " ".join([*names, name]), line, name


def test_empty_value_is_an_error_that_names_the_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    others = []
    for case, line, name in cases():
        with pytest.raises(SystemExit) as ended:
            cli.main(line)
        answer = capsys.readouterr()
        is_line = answer.err.startswith(f"Error: {name}: ") and answer.err.count("\n") == 1
        says_so = "is empty" in answer.err or '""' in answer.err
        if (ended.value.code, answer.out, is_line, says_so) != (3, "", True, True):
            others.append((case, ended.value.code, *answer))
    assert others == []


def test_cases_are_those_of_all_commands() -> None:
    found = {case for case, _, _ in cases()}
    assert {
        "diff OLD",
        "release --out",
        "diff --policy",
        "diff --path",
        "redrive fetch --out",
        "backfill --failed",
        "demo ROOT",
    } <= found
