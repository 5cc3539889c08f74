"""Tests of the formats: for readers, for programs, for code review, and for a changelog."""

import json
import re
from pathlib import Path

import pytest

from generator.compare.advice import advice
from generator.compare.comparing import compare
from generator.compare.formats import FORMATS, Report
from generator.compare.policy import Policy
from generator.compare.reading.sources import find
from tests.compare.indirect import INDIRECT
from tests.compare.pairs import PAIRS
from tests.compare.test_comparing import CHANGES
from tests.compare.versions import compared, findings

OLD = 'variable "a" {\n default = "x"\n}\noutput "o" {\n value = var.a\n}\noutput "gone" {\n value = 1\n}'
NEW = '\nvariable "a" {\n default = "y|%"\n}\noutput "o" {\n value = var.a\n}'
REPORT = Report(compared(OLD, NEW), Policy())
QUEUE = 'resource "aws_sqs_queue" "{}" {{\n name = "q"\n}}'
MOVED = Report(compared(QUEUE.format("a"), QUEUE.format("b")), Policy())
WHY = "Why: Callers that do not set the variable get the new default."
CALLERS = "Callers: Set the argument to its old default to keep the value."


def written(layout: str, report: Report = REPORT) -> str:
    return FORMATS[layout](report)


def test_text_has_reason_action_and_lines() -> None:
    lines = [line.strip() for line in written("text").split("\n")]
    start = next(number for number, line in enumerate(lines) if "default-changed" in line)
    assert lines[start + 1 : start + 5] == [
        'default was "x" and is "y|%"',
        WHY,
        CALLERS,
        "Lines: main.tf:1 in the old version, main.tf:2 in the new version",
    ]
    assert lines[-1] == "2 differences; the smallest bump that allows them is major."


@pytest.mark.parametrize("layout", FORMATS)
def test_every_format_has_the_moved_block(layout: str) -> None:
    text = written(layout, MOVED).replace("%0A", "\n").replace("\\n", "\n")
    assert re.search(r"moved \{\s+from = aws_sqs_queue.a\s+to   = aws_sqs_queue.b\s+\}", text)


@pytest.mark.parametrize("layout", ["text", "json", "markdown", "github", "sarif"])
def test_every_format_has_reason_action_and_lines(layout: str) -> None:
    text = written(layout)
    assert WHY.removeprefix("Why: ") in text
    assert CALLERS.removeprefix("Callers: ") in text
    if layout == "json":
        (found,) = [one for one in json.loads(text)["findings"] if one["rule"] == "default-changed"]
        assert (found["old"], found["new"]) == ({"file": "main.tf", "line": 1}, {"file": "main.tf", "line": 2})
    else:
        assert "main.tf:1" in text
        assert "main.tf:2" in text


@pytest.mark.parametrize(
    ("old", "new", "suggestion"),
    [
        ('variable "a" {\n type = list(string)\n}', "", 'variable "a" {\n  type        = list(string)\n  default     = null\n'),
        (QUEUE.format("a"), "", "removed {\n  from = aws_sqs_queue.a\n  lifecycle {\n    destroy = false\n"),
        ('output "a" {\n value = path.module\n}', 'output "b" {\n value = path.module\n}', 'output "a" {\n  description = "Dep'),
    ],
)  # fmt: skip
def test_what_is_gone_comes_with_what_keeps_it_for_callers(old: str, new: str, suggestion: str) -> None:
    found = findings(f"{old}\nlocals {{}}", f"{new}\nlocals {{}}")
    assert [one.suggestion.startswith(suggestion) for one in found if one.bump == "major"] == [True]


def test_patch_has_no_advice() -> None:
    text = written("text", Report(compared('output "a" {\n value = 1\n}', 'output "a" {\n value = 0 + 1\n}'), Policy()))
    assert "output-rewritten" in text
    assert "Why" not in text


def test_markdown_escapes_cells() -> None:
    lines = written("markdown").split("\n")
    change = f'default was "x" and is "y\\|%"<br>{WHY}<br>{CALLERS}'
    assert lines[0] == "2 differences; the smallest bump that allows them is major."
    assert f"| major | `default-changed` | `variable.a` | {change} | main.tf:1 | main.tf:2 |" in lines


def test_github_escapes_and_names_the_new_line() -> None:
    lines = written("github").split("\n")
    change = 'variable.a: default was "x" and is "y|%25"%0A'
    assert any(
        line.startswith(f"::error file=main.tf,line=2,title=major%3A default-changed::{change}") for line in lines
    )
    assert [line.partition("::output.gone")[0] for line in lines if "gone" in line] == [
        "::error title=major%3A output-removed"
    ]


@pytest.mark.parametrize("layout", ["github", "sarif"])
def test_code_review_has_paths_of_the_repository(layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("before", OLD), ("after", NEW)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    versions = find("before"), find("after")
    text = written(layout, Report(compare(*versions), Policy(), versions=versions))
    places = re.findall(r'file=([^,]+),line|"uri": "([^"]+)"', text)
    assert ["".join(one) for one in places] == (
        ["after/main.tf"] if layout == "github" else ["before/main.tf", "after/main.tf"]
    )


def test_sarif_has_a_result_with_a_line_for_each_finding() -> None:
    run = json.loads(written("sarif"))["runs"][0]
    places = [one["physicalLocation"] for result in run["results"] for one in result["locations"]]
    assert [one["region"]["startLine"] for one in places] == [7, 2]
    assert {one["ruleId"] for one in run["results"]} == {one["id"] for one in run["tool"]["driver"]["rules"]}
    assert len({one["partialFingerprints"]["finding/v1"] for one in run["results"]}) == 2


def test_changelog_sorts_findings_into_sections() -> None:
    new = 'variable "b" {\n default = 1\n}\n' + NEW
    text = written("changelog", Report(compared(OLD, new), Policy()))
    assert text.split("\n") == [
        "## [Unreleased]",
        "",
        "### Added",
        "",
        "- `variable.b`: default is 1.",
        "",
        "### Changed",
        "",
        f'- **Breaking**: `variable.a`: default was "x" and is "y|%". {CALLERS.removeprefix("Callers: ")}',
        "",
        "### Removed",
        "",
        "- **Breaking**: `output.gone`: callers that use it get an error; it was not deprecated before. Change the expressions that refer to it.",
    ]


def test_changelog_has_no_entry_for_what_changes_nothing() -> None:
    report = Report(compared('output "a" {\n value = 1\n}', 'output "a" {\n value = 0 + 1\n}'), Policy())
    assert written("changelog", report) == "## [Unreleased]"


def test_every_rule_with_a_cost_has_an_entry() -> None:
    found = {
        one
        for old, new, _ in (PAIRS | CHANGES | INDIRECT).values()
        for one in findings(old, new)
        if one.bump != "patch"
    }
    sources = Path(__file__).parents[2].joinpath("generator/compare").rglob("*.py")
    named = {
        rule for path in sources for rule in re.findall(r'"([a-z]+(?:-[a-z]+)*-(?:removed|renamed))"', path.read_text())
    }
    assert len(found) > 20
    assert not {rule for rule in {one.rule for one in found} | named if not advice(rule).why}
