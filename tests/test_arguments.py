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


def cases() -> Iterator[pytest.ParameterSet]:
    """Yield a command line with one empty value, for each option and argument of each command."""
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
            yield pytest.param(line, name, id=" ".join([*names, name]))


@pytest.mark.parametrize(("line", "name"), list(cases()))
def test_empty_value_is_an_error_that_names_the_parameter(
    line: list[str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(line)
    answer = capsys.readouterr()
    assert (ended.value.code, answer.out) == (3, "")
    assert answer.err.startswith(f"Error: {name}: ")
    assert "is empty" in answer.err or 'got ""' in answer.err or '""' in answer.err
    assert answer.err.count("\n") == 1


def test_cases_are_those_of_all_commands() -> None:
    found = {str(case.id) for case in cases()}
    assert {
        "diff OLD",
        "release --out",
        "diff --policy",
        "diff --path",
        "redrive fetch --out",
        "backfill --failed",
        "demo ROOT",
    } <= found
