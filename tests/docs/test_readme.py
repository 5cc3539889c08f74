"""What the documentation tells a reader to type does what it says."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from generator import errors
from generator.cli import cli
from tests.support.planning import TOP

README = (TOP / "README.md").read_text()
# The other pages, whose commands need a deployed pipeline, are tested by tests/operations
PAGES = [TOP / "README.md", *(TOP / "docs" / f"{name}.md" for name in ("commands", "releases", "variants"))]
COMMANDS = [
    line
    for page in PAGES
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
    for line in block.splitlines()
]
# These run with the tests, or are what runs them: that they exist is enough
RUN_ELSEWHERE = ["make quick", "make lint", "make test"]
# tests/tooling/test_installed.py installs what these would
INSTALLING = [command for command in COMMANDS if command.startswith(("pipx ", "uvx "))]
# These need failed records: tests/local/test_examples.py runs those of docs/runbook/replay.md
NEED_FAILURES = [command for command in COMMANDS if command.startswith("python -m generator redrive ")]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project, with the environments that this test runs in."""
    folder = tmp_path_factory.mktemp("docs") / "checkout"
    shutil.copytree(
        TOP,
        folder,
        ignore=shutil.ignore_patterns(".git", ".venv", ".venvs", ".*_cache", "__pycache__", ".terraform*", "dist"),
    )
    for environments in (".venv", ".venvs"):
        (folder / environments).symlink_to(TOP / environments)
    return folder


def _run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable if word == "python" else word for word in shlex.split(command)]
    return subprocess.run(
        words,
        cwd=folder,
        # What make tells its children of itself is not for this one
        env={name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.terraform
@pytest.mark.parametrize(
    "command", [command for command in COMMANDS if command not in {*RUN_ELSEWHERE, *INSTALLING, *NEED_FAILURES}]
)
def test_command_of_the_readme_works(command: str, checkout: Path) -> None:
    done = _run(command, checkout)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", RUN_ELSEWHERE)
def test_make_target_of_the_readme_exists(command: str) -> None:
    assert command in (TOP / "CONTRIBUTING.md").read_text()
    assert _run(f"make --dry-run {command.split()[1]}", TOP).returncode == 0


def test_three_commands_are_those_of_the_operations() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (TOP / "docs/runbook/replay.md").read_text(), re.DOTALL)
    assert "".join(blocks[:3]).splitlines() == NEED_FAILURES


def test_every_command_line_command_is_described() -> None:
    described = set(re.findall(r"`python -m generator (\w+)", (TOP / "docs/commands.md").read_text()))
    names = cli.list_commands(click.Context(cli))
    assert described == {name for name in names if not cli.commands[name].hidden}


@pytest.mark.slow
def test_reference_has_a_section_for_every_command(tmp_path: Path) -> None:
    words = [str(TOP / ".venvs/docs/bin/mkdocs"), "build", "--quiet", "--site-dir", str(tmp_path)]
    subprocess.run(words, cwd=TOP, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, check=True)
    sections = re.findall(r'<h2 id="([\w-]+)"', (tmp_path / "reference/options.html").read_text())
    assert sorted(sections) == sorted(_sections(cli, []))


def _sections(command: click.Command, names: list[str]) -> list[str]:
    """Return the anchors of a command that does something, and of those below it."""
    group = command if isinstance(command, click.Group) else None
    own = ["-".join(names)] if not group or group.invoke_without_command else []
    below = group.list_commands(click.Context(group)) if group else []
    commands = [(name, group.commands[name]) for name in below if group and not group.commands[name].hidden]
    return own + [anchor for name, one in commands for anchor in _sections(one, [*names, name])]


def test_exit_codes_are_those_of_the_errors() -> None:
    codes = {errors.GeneratorError.exit_code, *(kind.exit_code for kind in errors.GeneratorError.__subclasses__())}
    table = (TOP / "docs/commands.md").read_text().partition("| code | meaning |")[2]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == {0, *codes, 130, 143}


def test_links_lead_somewhere() -> None:
    links = [(page, link) for page in PAGES for link in re.findall(r"\]\(([^)#]+)\)", page.read_text())]
    assert [link for page, link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_every_example_is_listed() -> None:
    examples = {path.parent.name for path in (TOP / "examples").glob("*/README.md")}
    assert set(re.findall(r"\(examples/(\w+)\)", README)) == examples


def test_every_page_is_in_the_navigation() -> None:
    nav = re.findall(r"[\w/.-]+\.md", (TOP / "mkdocs.yml").read_text().partition("\nnav:")[2])
    pages = {path.relative_to(TOP / "docs").as_posix() for path in (TOP / "docs").glob("**/*.md")}
    assert pages - set(nav) == set()
    assert len(nav) == len(set(nav))
