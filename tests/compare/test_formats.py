"""Tests of the formats for code review."""

import json

from generator.compare.formats import as_github, as_markdown, as_sarif
from generator.compare.policy import Policy
from tests.compare.versions import compared

OLD = 'variable "a" {\n default = "x"\n}\noutput "o" {\n value = var.a\n}\noutput "gone" {\n value = 1\n}'
NEW = '\nvariable "a" {\n default = "y|%"\n}\noutput "o" {\n value = var.a\n}'
RESULT = compared(OLD, NEW)


def test_as_markdown_escapes_cells() -> None:
    lines = as_markdown(RESULT, RESULT.findings, Policy()).split("\n")
    assert lines[0] == "2 differences; the smallest bump that allows them is major."
    assert '| major | `default-changed` | `variable.a` | default was "x" and is "y\\|%" | main.tf:2 |' in lines


def test_as_github_escapes_and_names_the_new_line() -> None:
    lines = as_github(RESULT.findings).split("\n")
    change = 'variable.a: default was "x" and is "y|%25"'
    assert f"::error file=main.tf,line=2,title=major%3A default-changed::{change}" in lines
    assert [line.partition("::output.gone")[0] for line in lines if "gone" in line] == [
        "::error title=major%3A output-removed"
    ]


def test_as_sarif_has_a_result_for_each_finding() -> None:
    run = json.loads(as_sarif(RESULT.findings))["runs"][0]
    lines = [
        [place["physicalLocation"]["region"]["startLine"] for place in one.get("locations", ())]
        for one in run["results"]
    ]
    assert sorted(lines) == [[], [2]]
    assert {one["ruleId"] for one in run["results"]} == {one["id"] for one in run["tool"]["driver"]["rules"]}
