"""Do the pages for operators show commands that exist, as they are, and lead where they say?

Its HCL is planned by ``tests/examples``, its ``removed`` block by ``tests/local/test_examples.py``.
"""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import click
import pytest
from botocore import xform_name
from botocore.model import ServiceModel

from generator import cli
from tests.support.planning import TOP

DOCUMENTS = [
    "examples/backfill/README.md",
    *sorted(path.relative_to(TOP).as_posix() for path in (TOP / "docs").glob("**/*.md")),
]
GLOBAL = {"--query", "--output", "--max-items"}
"""Options of every command of the AWS CLI, or of every one that gives pages."""

TERRAFORM = {"apply", "destroy", "init", "plan", "show", "state"}
OTHERS = {"cd", "checkov", "export", "make", "pipx", "terraform", "uvx"}
"""What the pages call besides the AWS CLI and this project's commands."""


def _commands(document: str) -> list[list[str]]:
    """Return the commands of a document in words; what a variable is set to is a command of its own."""
    text = (TOP / document).read_text()
    blocks = re.findall(r"^ *```sh\n(.*?)```", text, re.DOTALL | re.MULTILINE)
    lines = [
        re.sub(r"^\w+=\$\((.*)\)$|^\.venv/bin/(?=python )", r"\1", line.strip())
        for block in blocks
        for line in block.splitlines()
    ]
    lines = [re.sub("^ddb-stream-lambda ", "python -m generator ", line).partition(" > ")[0] for line in lines]
    return [shlex.split(line) for line in lines if line]


COMMANDS = {" ".join(words): words for document in DOCUMENTS for words in _commands(document)}


def _of(*program: str) -> list[str]:
    return [command for command, words in COMMANDS.items() if tuple(words[: len(program)]) == program]


OURS = [command for command in _of("python", "-m", "generator") if not command.endswith("--version")]
AWS = [command for command in _of("aws") if not command.startswith("aws logs tail")]
"""The commands that call one operation of an API; ``aws logs tail`` calls several."""


def test_every_command_is_checked() -> None:
    others = {command for command in COMMANDS if not command.startswith(("python -m generator ", "aws "))}
    assert {COMMANDS[command][0] for command in others} <= OTHERS
    assert {COMMANDS[command][1] for command in _of("terraform")} <= TERRAFORM


def _context(command: click.Command, words: list[str], parent: click.Context | None = None) -> click.Context:
    """Parse the words of a command line, down to the command that they name, and run nothing."""
    alone = isinstance(command, click.Group) and command.invoke_without_command and words[0].startswith("-")
    if isinstance(command, click.Group) and not alone:
        # With the settings, since a command keeps the help option of the first context that it gets
        context = click.Context(command, parent=parent, **command.context_settings)
        found = command.get_command(context, words[0])
        assert found, f"{words[0]} is no command of {command.name}"
        return _context(found, words[1:], context)
    return command.make_context(command.name, list(words), parent=parent)


@pytest.mark.parametrize("command", OURS)
def test_command_of_ours_has_these_options(command: str) -> None:
    assert _context(cli.cli, COMMANDS[command][3:])


@pytest.fixture
def simulated(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Any]:
    """Return a function that runs a simulation and returns its result."""
    monkeypatch.chdir(tmp_path)

    def run(command: str) -> Any:  # noqa: ANN401 - as JSON is
        with pytest.raises(SystemExit) as ended:
            cli.main([*COMMANDS[command][3:], "--json"])
        assert ended.value.code == 0
        return json.loads(capsys.readouterr().out)

    return run


@pytest.mark.parametrize("command", _of("python", "-m", "generator", "simulate"))
def test_simulation_runs(command: str, simulated: Callable[[str], Any]) -> None:
    assert simulated(command)["processed"] > 0


def test_age_grows_in_the_first_simulation_about_scaling_only(simulated: Callable[[str], Any]) -> None:
    scaling = [
        command for command in _of("python", "-m", "generator", "simulate") if "--invocation-seconds 2" in command
    ]
    ages = [max(age for _, age in simulated(command)["iterator_age"]) for command in scaling]
    assert [age > 60 for age in ages] == [True, False, False]
    assert max(ages[1:]) < 5


@pytest.fixture(scope="module")
def service() -> Callable[[str], ServiceModel]:
    model: Callable[[str], ServiceModel] = botocore.session.get_session().get_service_model
    return model


@pytest.mark.parametrize("command", AWS)
def test_command_of_aws_has_these_parameters(command: str, service: Callable[[str], ServiceModel]) -> None:
    _, name, operation, *words = COMMANDS[command]
    model = service(name)
    operations = {xform_name(each, "-"): each for each in model.operation_names}
    shape = model.operation_model(operations[operation]).input_shape
    members = {xform_name(member, "-"): member for member in shape.members}
    given = {word for word in words if word.startswith("--")} - GLOBAL
    # A boolean is an option without a value, which has another name for false
    named = {members[word[2:] if word[2:] in members else word.removeprefix("--no-")] for word in given}
    denied = {word.removeprefix("--no-") for word in given if word.startswith("--no-")}
    assert {shape.members[members[option]].type_name for option in denied} <= {"boolean"}
    assert set(shape.required_members) <= named


@pytest.mark.parametrize("command", [command for command in AWS if "--query" in COMMANDS[command]])
def test_query_asks_for_what_is_answered(command: str, service: Callable[[str], ServiceModel]) -> None:
    _, name, operation, *words = COMMANDS[command]
    model = service(name)
    operations = {xform_name(each, "-"): each for each in model.operation_names}
    answer = model.operation_model(operations[operation]).output_shape
    asked = re.findall(r"(?<![.\w])[A-Z]\w+", words[words.index("--query") + 1])
    assert asked
    assert set(asked) <= set(answer.members)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    text = (TOP / document).read_text()
    for link in re.findall(r"\]\(([^)]+)\)", text.replace("\n", " ")):
        path, _, anchor = link.replace(" ", "").partition("#")
        target = (TOP / document).parent / path if path else TOP / document
        if re.match(r"\w+:", link):
            continue
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


def _anchors(document: Path) -> set[str]:
    """Return the anchors that a Markdown page has for its headings."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
