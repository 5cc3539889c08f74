"""The project's prose uses the terms of AWS, HashiCorp and the field, each concept by one name."""

import re
from collections.abc import Mapping

import pytest

from tests.language.prose import Prose, all_prose

TERMS: Mapping[str, str] = {
    # What Lambda does with records
    r"g[ia]ven? up|gives up|giving up": "discard",
    r"halv(?:e|es|ed|ing)\b": "split the batch in two",
    r"poison(?! pill)\w*": "failing record",
    r"shards? (?:waits?|goes on)": "blocks the shard",
    r"(?<!on-)failure destinations?": "on-failure destination",
    r"partial responses?": "partial batch response",
    r"(?<!event\s)pollers?\b": "event poller",
    r"lets? through": "matches",
    r"forg[eo]t\w*": "expires",
    r"lanes?\b": "concurrent batches per shard",
    # What an operator does
    r"parked": "skipped",
    r"overtaken": "superseded",
    r"rehears\w+": "dry run",
    r"goes off|go off": "enters ALARM",
    # Terraform and the provider
    r"refus(?:e|es|ed|al|ing)\b": "rejects, validation error",
    r"floors?\b": "minimum version",
    r"on-demand billing|paid for": "on-demand mode",
    r"customer-managed": "customer managed",
    # The tools
    r"local AWS": "emulator",
    r"drills?\b": "simulate",
    r"folders?\b": "directory",
    # Metaphors, and what software does not do
    r"hous(?:e|es)\b": "(no metaphor)",
    r"fates?\b": "outcome",
    r"ledgers?\b": "(no metaphor)",
    r"spools?\b": "buffer",
    r"mend(?:s|ed|ing)?\b": "fix, correct",
    r"tells?\b|told\b": "prints, returns, reports",
    r"grows? old": "reaches the age limit",
    # Other wording
    r"beside\b": "with, next to",
    r"whoever": "(name the reader)",
    r"(?<!there\s)is no (?!longer\b|more\b)": "is not a",
    r"there is none|is not there": "does not exist, is not set",
}
"""Words that must not appear, and what to write instead."""

_TERMS = {
    re.compile(r"\b(?:" + pattern.replace(" ", r"\s+") + ")", re.IGNORECASE): term for pattern, term in TERMS.items()
}


_ANY_TERM = re.compile("|".join(pattern.pattern for pattern in _TERMS), re.IGNORECASE)


def findings(prose: Prose) -> list[str]:
    """Return the words of a piece of text that must not appear, with their places."""
    found: list[str] = []
    if not _ANY_TERM.search(prose.text):
        return found
    for pattern, term in _TERMS.items():
        for match in pattern.finditer(prose.text):
            line = prose.line + prose.text.count("\n", 0, match.start())
            found.append(f'{prose.path}:{line}: "{match[0].strip()}" should be: {term}')
    return found


def test_prose_uses_the_terms_of_the_field() -> None:
    found = [line for prose in all_prose() for line in findings(prose)]
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The record is given up.", ["given up"]),
        ("Failure destination", ["Failure destination"]),
        ("on-failure destination", []),
        ("A *poison pill* and a poison record", ["poison"]),
        ("It is no longer a queue, it is no\nqueue.", ["is no"]),
        ("no such\n\nfolder", ["folder"]),
    ],
)
def test_words_are_found_across_cases_and_lines(text: str, words: list[str]) -> None:
    assert [found.split('"')[1] for found in findings(Prose("a.md", 1, text))] == words


def test_code_is_interface_and_everything_else_is_read() -> None:
    texts = {(prose.path, word) for prose in all_prose() for word in prose.text.split()}
    assert ("README.md", "Terraform") in texts
    assert ("README.md", "--profile") not in texts
    assert ("module/variables.tf", "nullable") not in texts
    paths = {path for path, _ in texts}
    assert {"CHANGELOG.md", "docs/runbook/index.md", "module/README.md", "generator/cli.py"} <= paths
