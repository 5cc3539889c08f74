"""Does the module keep its word: is the bump that is announced as large as what changed since the last release needs?"""

import functools
import re
from pathlib import Path

import pytest

from generator import __version__
from generator.compare.findings import BUMPS, Finding, largest
from tests.compare.versions import findings, texts
from tests.support.planning import MODULE, TOP

RELEASED = sorted(
    (Path(__file__).parent / "released").iterdir(), key=lambda path: [int(part) for part in path.name.split(".")]
)


@functools.cache
def since_the_release() -> list[Finding]:
    """Return what changed in the module since the last release."""
    return findings(texts(RELEASED[-1]), texts(MODULE))


def announced(version: str, released: str, changelog: str) -> str:
    """Return the bump that a version number announces, or, before it is raised, the changelog.

    While the version is still the released one, ``[Unreleased]`` announces ``major`` where an entry is marked as
    **Breaking**, ``minor`` where something is added, and ``patch`` otherwise.
    """
    if version != released:
        pairs = zip(BUMPS[::-1], version.split("."), released.split("."), strict=True)
        return next(bump for bump, one, other in pairs if one != other)
    unreleased = re.search(r"^## \[Unreleased\]\n(.*?)(?=^## \[)", changelog, re.MULTILINE | re.DOTALL)
    text = unreleased[1] if unreleased else ""
    return "major" if "**Breaking**" in text else "minor" if "### Added" in text else "patch"


def test_announced_bump_is_large_enough() -> None:
    found = since_the_release()
    bump = announced(__version__, RELEASED[-1].name, (TOP / "CHANGELOG.md").read_text())
    needed = largest(found)
    causes = [one for one in found if one.bump == needed]
    assert BUMPS.index(needed) <= BUMPS.index(bump), f"CHANGELOG announces {bump}, and {needed} is needed for {causes}"


def test_changelog_names_what_changes_for_callers() -> None:
    unreleased = re.split(r"^## ", (TOP / "CHANGELOG.md").read_text(), flags=re.MULTILINE)[1]
    found = since_the_release()
    changed = {
        one.subject.partition(".")[2]: one.message
        for one in found
        if one.subject.startswith(("variable.", "output."))
        and one.bump != "patch"
        # A new option is rejected beside an existing table, function or role: that is no news about these.
        and not one.rule.startswith("validation-")
    }
    assert changed
    assert not {name: change for name, change in changed.items() if f"`{name}`" not in unreleased}


def unannounced(found: list[Finding]) -> list[str]:
    """Return the variables and outputs that a version has no longer, and that the one before had not deprecated."""
    return [
        one.subject
        for one in found
        if one.rule.endswith(("-removed", "-renamed"))
        and one.subject.startswith(("variable.", "output."))
        and one.message.endswith("it was not deprecated before")
    ]


def test_what_is_removed_was_deprecated_in_the_release_before() -> None:
    assert unannounced(since_the_release()) == []


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
    assert announced(version, "1.0.0", f"## [Unreleased]\n{text}\n## [1.0.0] - 2026-01-01\n### Added\n") == bump


def test_release_that_a_changelog_names_is_recorded() -> None:
    changelog = (TOP / "CHANGELOG.md").read_text()
    assert set(re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)) == {path.name for path in RELEASED}


# Its condition is about an attribute that the release did not have
NOT_OF_CALLERS = {"function_vpc"}


@pytest.mark.slow
def test_every_breaking_change_of_a_variable_is_in_the_upgrading_guide() -> None:
    guide = (TOP / "docs/upgrading.md").read_text().partition("## Change a deployed pipeline")[0]
    subjects = {
        one.subject for one in since_the_release() if one.bump == "major" and one.subject.startswith("variable.")
    }
    changed = {subject.removeprefix("variable.").split(".")[0].split("[")[0] for subject in subjects}
    assert changed > NOT_OF_CALLERS
    assert {name for name in changed - NOT_OF_CALLERS if f"`{name}" not in guide} == set()
