"""Does a variant read as if a person had written it: no trace of what it leaves out?"""

import re
from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from generator.render import render
from generator.spec import MODULE
from generator.spec.features import FEATURES
from tests.profile.seams import seams
from tests.profile.variants import ALONE, FIXED, PROFILES, RANDOM, REQUIRED, SETTINGS, built, profile

SLOW = [*FIXED, *REQUIRED, *SETTINGS, *RANDOM]
ALL = [*ALONE, *PROFILES, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)]
WORDS = {
    "existing_table": r"existing table",
    "existing_function": r"existing function",
    "provisioned_capacity": r"capacity units|table_read_capacity",
    "warm_throughput": r"warm",
    "replicas": r"replica|global table",
    "time_to_live": r"\bTTL\b|time to live",
    "resource_policy": r"resource-based policy of the table",
    "import": r"\bimport",
    "restore": r"to restore the table from",
    "contributor_insights": r"contributor",
    "kinesis_destination": r"kinesis",
    "image_packages": r"\bcontainer|\bimage\b(?!s)",
    "layers": r"\blayers?\b",
    "code_signing": r"code signing",
    "vpc": r"\bvpc|AttachToVpc|subnet|security group",
    "file_system": r"file.system|\bEFS\b",
    "async_dead_letters": r"async",
    "tracing": r"x-ray|traces|tracing",
    "versions": r"\bthe alias\b|without version|published version",
    "snap_start": r"snap.?start",
    "provisioned_concurrency": r"provisioned concurrency",
    "durable_functions": r"durabl",
    "reserved_concurrency": r"reserved concurrency",
    "permissions_boundary": r"boundary",
    "more_permissions": r"managed policies|IAM policy statements",
    "filters": r"filter pattern",
    "tumbling_windows": r"tumbling",
    "event_source_metrics": r"EventCount\b",
    "event_source_tags": r"TagResource",
    "dead_letter_queue": r"dead.letter queue|-dlq",
    "alarms": r"\balarms?\b",
    "dashboard": r"dashboard",
}
"""Words, as regular expressions, by which a reader knows a feature that a variant omits. Case does not matter."""


def prose(files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what a person reads: the README, comments, descriptions, messages and names of tests."""
    for path, text in files.items():
        # Policies for checkov are about plans of any module
        if not path.startswith("policies/"):
            yield from ((path, line) for line in _prose(text, whole=path == "README.md"))


@cache
def _prose(text: str, *, whole: bool) -> tuple[str, ...]:
    """Return the lines of a file that a person reads. The first line names the profile."""
    lines = text.splitlines()[1:]
    if whole:
        return tuple(lines)
    found = (re.fullmatch(r' *(?:#|"?(?:description|error_message|title)"? *[=:]|run) (.*)', line) for line in lines)
    # A message shows the value of an expression, not the expression
    return tuple(re.sub(r'\$\{jsonencode\(([^{}"]|"[^"]*")*\)\}', "...", match[1]) for match in found if match)


@cache
def complete(provider: str) -> dict[str, str]:
    """Return the files of the complete module."""
    return {path: content.decode() for path, content in render(provider).items()}


@pytest.mark.parametrize("name", ALL)
def test_variant_has_no_seams_and_names_no_variable_that_callers_cannot_set(name: str) -> None:
    made, files = built(name)
    outputs = set(re.findall(r'^output "(\w+)"', files["outputs.tf"], re.MULTILINE))
    # A value that the profile gives may be the reason for something
    reasons = {one for one, changes in profile(name).changes.items() if "fixed" in changes}
    absent = {one for one in made.fixed if "_" in one} - outputs - reasons
    found = [
        (path, word, text)
        for path, text in prose(files)
        for word in re.findall(r"(?<![\w.])[a-z]\w*", text)
        if word in absent
    ]
    assert [*seams(files), *found] == []


@pytest.mark.parametrize("feature", [feature.name for feature in FEATURES if feature.name in WORDS])
def test_variant_does_not_mention_the_feature_that_it_omits(feature: str) -> None:
    _, files = built(f"without_{feature}")
    word = re.compile(WORDS[feature], re.IGNORECASE)
    assert [(path, text) for path, text in prose(files) if word.search(text)] == []


@pytest.mark.parametrize("feature", WORDS)
def test_words_of_a_feature_are_those_of_the_complete_module(feature: str) -> None:
    files = complete("6" if feature in ("durable_functions", "warm_throughput") else "5")
    word = re.compile(WORDS[feature], re.IGNORECASE)
    assert any(word.search(text) for _, text in prose(files))


@pytest.mark.slow
def test_every_variable_is_fixed_by_a_variant() -> None:
    for variable in MODULE.variables("5"):
        assert variable.name in built(f"fixing_{variable.name}")[0].fixed
