"""Does each version keep its word: is its bump as large as what changed since the release before needs?

Each recorded release is compared with the one before, and the module with the newest one.
"""

import functools
import itertools
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from generator import __version__
from generator.compare.findings import BUMPS, Finding, largest
from generator.spec import MODULE as SPECIFICATION
from tests.compare.versions import findings, texts
from tests.support.planning import MODULE, TOP

RELEASED = sorted(
    (Path(__file__).parent / "released").iterdir(), key=lambda path: [int(part) for part in path.name.split(".")]
)
STEPS = [*itertools.pairwise(RELEASED), (RELEASED[-1], MODULE)]
CHANGELOG = (TOP / "CHANGELOG.md").read_text()

each_step = pytest.mark.parametrize(
    ("old", "new"),
    # What two releases changed stays as it is
    [
        pytest.param(old, new, id=f"{old.name}-{new.name}", marks=pytest.mark.slow if new != MODULE else ())
        for old, new in STEPS
    ],
)


@functools.cache
def between(old: Path, new: Path) -> list[Finding]:
    """Return what changed between two versions."""
    return findings(texts(old), texts(new))


def version_of(new: Path) -> str:
    """Return the version of a recorded release or of the module."""
    return __version__ if new == MODULE else new.name


def section(new: Path, changelog: str = CHANGELOG) -> str:
    """Return what the changelog says of a release, or of the module: the newest section."""
    title = r"\S+" if new == MODULE else re.escape(f"[{new.name}]")
    match = re.search(rf"^## {title}.*?\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    assert match, f"CHANGELOG.md has no section of {new.name}"
    return match[1]


def announced(version: str, released: str, text: str) -> str:
    """Return the bump that a version number announces, or, before it is raised, the changelog.

    While the version is still the released one, ``[Unreleased]`` announces ``major`` where an entry is marked as
    **Breaking**, ``minor`` where something is added, and ``patch`` otherwise.
    """
    if version != released:
        pairs = zip(BUMPS[::-1], version.split("."), released.split("."), strict=True)
        return next(bump for bump, one, other in pairs if one != other)
    return "major" if "**Breaking**" in text else "minor" if "### Added" in text else "patch"


@each_step
def test_announced_bump_is_large_enough(old: Path, new: Path) -> None:
    found = between(old, new)
    bump = announced(version_of(new), old.name, section(new))
    needed = largest(found)
    causes = [one for one in found if one.bump == needed]
    assert BUMPS.index(needed) <= BUMPS.index(bump), f"CHANGELOG announces {bump}, and {needed} is needed for {causes}"


def unnamed(found: Iterable[Finding], text: str) -> dict[str, str]:
    """Return the variables and outputs that change for callers and that a text does not name, with what changes."""
    changed = {
        one.subject.partition(".")[2]: one.message
        for one in found
        if one.subject.startswith(("variable.", "output."))
        and one.bump != "patch"
        # A new option is rejected beside an existing table, function or role: that is no news about these.
        and not one.rule.startswith("validation-")
    }
    return {name: change for name, change in changed.items() if f"`{name}`" not in text}


@each_step
def test_changelog_names_what_changes_for_callers(old: Path, new: Path) -> None:
    assert unnamed(between(old, new), section(new)) == {}


def test_new_variable_needs_a_line_in_the_changelog_and_a_minor_version() -> None:
    after = texts(MODULE) | {"new.tf": 'variable "new" {\n  type    = string\n  default = null\n}\n'}
    found = findings(texts(MODULE), after)
    assert largest(found) == "minor"
    assert list(unnamed(found, "- `newer`, and new without its code font")) == ["new"]
    assert unnamed(found, "- `new` sets it.") == {}


def test_since_is_the_first_release_with_the_variable() -> None:
    first: dict[str, str] = {}
    for folder in RELEASED:
        for name in re.findall(r'^variable "(\w+)"', "".join(texts(folder).values()), re.MULTILINE):
            first.setdefault(name, folder.name)
    of_5 = {one.name: one.since for one in SPECIFICATION.variables("5")}
    assert {name: since for name, since in of_5.items() if name in first and since != first[name]} == {}
    assert {name: since for name, since in of_5.items() if name not in first and since in first.values()} == {}


def unannounced(found: list[Finding]) -> list[str]:
    """Return the variables and outputs that a version has no longer, and that the one before had not deprecated."""
    return [
        one.subject
        for one in found
        if one.rule.endswith(("-removed", "-renamed"))
        and one.subject.startswith(("variable.", "output."))
        and one.message.endswith("it was not deprecated before")
    ]


@each_step
def test_what_is_removed_was_deprecated_in_the_release_before(old: Path, new: Path) -> None:
    assert unannounced(between(old, new)) == []


@pytest.mark.parametrize("kind", ["variable", "output"])
@pytest.mark.parametrize("other", ["", "other"], ids=["removed", "renamed"])
def test_removal_says_whether_it_was_announced(kind: str, other: str) -> None:
    value = {"variable": "default = 4711", "output": "value = aws_sqs_queue.q.arn"}[kind]
    user = {"variable": "delay_seconds = var.{}", "output": ""}[kind]

    def module(name: str, *lines: str) -> dict[str, str]:
        body = "\n  ".join([value, *lines])
        text = f'{kind} "{name}" {{\n  {body}\n}}\n' if name else ""
        queue = f'resource "aws_sqs_queue" "q" {{\n  name = "q"\n  {user.format(name) if name else ""}\n}}\n'
        return {"main.tf": text + queue}

    after = module(other)
    for line in ('description = "A."', ""):
        assert unannounced(findings(module("old", line), after)) == [f"{kind}.old"]
    for line in ('description = "Deprecated: use other."', 'deprecated = "Use other."'):
        assert unannounced(findings(module("old", line), after)) == []


@pytest.mark.parametrize(
    ("version", "text", "bump"),
    [
        ("2.0.0", "", "major"),
        ("1.1.0", "", "minor"),
        ("1.0.1", "", "patch"),
        ("1.0.0", "### Added\n- more\n", "minor"),
        ("1.0.0", "### Changed\n- **Breaking**: less\n### Added\n", "major"),
        ("1.0.0", "### Fixed\n- it\n", "patch"),
    ],
)
def test_bump_is_announced_by_the_version_or_by_the_changelog(version: str, text: str, bump: str) -> None:
    changelog = f"## [Unreleased]\n{text}\n## [1.0.0] - 2026-01-01\n### Added\n- **Breaking**\n"
    assert announced(version, "1.0.0", section(MODULE, changelog)) == bump


def test_release_that_a_changelog_names_is_recorded() -> None:
    assert set(re.findall(r"^## \[(\d+\.\d+\.\d+)\]", CHANGELOG, re.MULTILINE)) == {path.name for path in RELEASED}


# Its condition is about an attribute that the release before did not have
NOT_OF_CALLERS = {"1.0.0": {"function_vpc"}}


@pytest.mark.slow
@each_step
def test_every_breaking_change_of_a_variable_is_in_the_upgrading_guide(old: Path, new: Path) -> None:
    guide = (TOP / "docs/upgrading.md").read_text()
    text = guide.partition(f"## From {old.name.rpartition('.')[0]} to ")[2].partition("\n## ")[0]
    subjects = {one.subject for one in between(old, new) if one.bump == "major" and one.subject.startswith("variable.")}
    changed = {subject.removeprefix("variable.").split(".")[0].split("[")[0] for subject in subjects}
    excluded = NOT_OF_CALLERS.get(old.name, set())
    assert excluded <= changed
    assert {name for name in changed - excluded if f"`{name}" not in text} == set()
