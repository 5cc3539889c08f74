"""Writes a comparison for readers, for programs, for code review, and for a changelog."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import click

from generator import __version__
from generator.compare.advice import Advice, advice
from generator.compare.baseline import key_of
from generator.compare.comparing import Comparison
from generator.compare.findings import BUMPS, Finding, largest
from generator.compare.policy import Policy
from generator.compare.reading.document import Place
from generator.compare.reading.sources import Version
from generator.console import count

_COLORS: Final = {"breaking": "red", "security": "magenta", "feature": "green", "fix": "bright_black"}
_GITHUB: Final = {"breaking": "error", "security": "warning", "feature": "notice", "fix": "notice"}
_SARIF: Final = {"breaking": "error", "security": "warning", "feature": "note", "fix": "note"}


@dataclass(frozen=True)
class Report:
    """A comparison, the policy that it followed, and the smallest bump whose findings are listed.

    ``versions`` are the versions that were compared; without them, paths are those within the versions.
    """

    comparison: Comparison
    policy: Policy
    shown: str = "patch"
    versions: tuple[Version, Version] | None = None

    @property
    def findings(self) -> list[Finding]:
        """The listed findings: of at least the bump that is shown, and, whatever their bump, all about security."""
        least = BUMPS.index(self.shown)
        return [one for one in self.comparison.findings if one.security or BUMPS.index(one.bump) >= least]

    def path(self, place: Place, *, old: bool = False) -> str:
        """Return the path of a file as the repository has it, in which a code review shows lines."""
        return self.versions[0 if old else 1].repository_path(place.file) if self.versions else place.file

    @property
    def summary(self) -> str:
        """The number of differences, and the bump that they need."""
        findings = self.comparison.findings
        if not findings:
            return "No differences."
        bump = largest(findings)
        part = self.policy.version_bump(bump)
        initial = f" ({part} in versions 0.y.z)" if part != bump else ""
        return f"{count(len(findings), 'difference')}; the smallest bump that allows them is {bump}{initial}."


def _explained(finding: Finding) -> list[str]:
    """Return why a finding concerns callers, and what they do."""
    labeled = (("Why", finding.advice.why), ("Callers", finding.advice.callers))
    return [f"{label}: {text}" for label, text in labeled if text and finding.bump != "patch"]


def _details(finding: Finding) -> list[str]:
    """Return the lines about a finding after the one with its message."""
    places = (("old", finding.old), ("new", finding.new))
    lines = ", ".join(f"{place} in the {name} version" for name, place in places if place)
    suggestion = ["To avoid it, add:", *(f"  {line}" for line in finding.suggestion.splitlines())]
    return [
        *_explained(finding),
        *([f"Lines: {lines}"] if lines else []),
        *(suggestion if finding.suggestion else []),
    ]


def _message(finding: Finding) -> str:
    return f"{finding.message} (policy: {finding.policy})" if finding.policy else finding.message


def as_text(report: Report) -> str:
    """Return the findings for a terminal, each on lines of its own."""
    lines: list[str] = []
    for one in report.findings:
        rule = click.style(f"{one.bump:<6} {one.rule}", fg=_COLORS[one.severity])
        lines += [f"{rule}  {click.style(one.address, bold=True)}", f"       {_message(one)}"]
        lines += [f"       {line}" for line in _details(one)]
    return "\n".join([*lines, *report.comparison.notes, report.summary])


def as_json(report: Report) -> str:
    """Return all findings as JSON, and the bump that they need."""
    comparison = report.comparison
    document = {
        "bump": largest(comparison.findings),
        "modules": comparison.modules,
        "notes": comparison.notes,
        "findings": [_record(finding) for finding in comparison.findings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _record(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "bump": finding.bump,
        "subject": finding.subject,
        "message": finding.message,
        "why": finding.advice.why or None,
        "callers": finding.advice.callers or None,
        "module": finding.module or None,
        "policy": finding.policy or None,
        "suggestion": finding.suggestion or None,
        "old": _place(finding.old),
        "new": _place(finding.new),
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    return {"file": place.file, "line": place.line} if place else None


def as_markdown(report: Report) -> str:
    """Return the findings as a Markdown table, and below it the HCL that avoids some of them."""
    lines = [report.summary, *report.comparison.notes]
    if report.findings:
        lines += ["", "| Bump | Rule | What | Change | Old | New |", "|---|---|---|---|---|---|"]
    for one in report.findings:
        change = "<br>".join(map(_cell, [_message(one), *_explained(one)]))
        cells = (one.bump, f"`{one.rule}`", f"`{_cell(one.address)}`", change, str(one.old or ""), str(one.new or ""))
        lines.append(f"| {' | '.join(cells)} |")
    for one in report.findings:
        if one.suggestion:
            lines += ["", f"To avoid `{one.rule}` of `{one.address}`, add:", "", "```hcl", one.suggestion, "```"]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def as_github(report: Report) -> str:
    """Return the findings as workflow commands of GitHub Actions, which shows them at the lines of a pull request.

    A finding without a line in the new version has none, because a pull request shows only the new version.
    Source: GitHub, "Workflow commands for GitHub Actions".
    """
    notes = (f"::notice title=diff::{_data(note)}" for note in report.comparison.notes)
    return "\n".join([*(_annotation(report, one) for one in report.findings), *notes])


def _annotation(report: Report, finding: Finding) -> str:
    title = _property(f"{finding.bump}: {finding.rule}")
    place = f"file={_property(report.path(finding.new))},line={finding.new.line}," if finding.new else ""
    return f"::{_GITHUB[finding.severity]} {place}title={title}::{_data(_whole(finding))}"


def _whole(finding: Finding) -> str:
    """Return everything about a finding."""
    return "\n".join([f"{finding.address}: {_message(finding)}", *_details(finding)])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(report: Report) -> str:
    """Return the findings as SARIF 2.1.0 (OASIS), which code scanning reads.

    Code scanning shows only results with a location: what is gone has the line that it had in the old version.
    """
    rules = [_rule(rule, advice(rule)) for rule in sorted({one.rule for one in report.findings})]
    driver = {"name": "generator diff", "version": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "results": [_result(report, one) for one in report.findings]}
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False)


def _rule(name: str, about: Advice) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": name}
    if about.why:
        rule |= {"shortDescription": {"text": about.why}, "help": {"text": about.callers or about.why}}
    return rule


def _result(report: Report, finding: Finding) -> dict[str, Any]:
    place = finding.new or finding.old
    path = report.path(place, old=finding.new is None) if place else ""
    return {
        "ruleId": finding.rule,
        "level": _SARIF[finding.severity],
        "message": {"text": _whole(finding)},
        "locations": [{"physicalLocation": _location(path, place.line)}] if place else [],
        "partialFingerprints": {"finding/v1": hashlib.sha256("\n".join(key_of(finding)).encode()).hexdigest()},
        "properties": {"bump": finding.bump},
    }


def _location(path: str, line: int) -> dict[str, Any]:
    return {"artifactLocation": {"uri": path}, "region": {"startLine": line}}


# --- changelog --------------------------------------------------------------------------------------------------------

_SECTIONS: Final = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
"""The sections of https://keepachangelog.com, version 1.1.0."""

_UNMENTIONED: Final = ("-rewritten", "-message", "description-changed", "resource-moved")
"""Ends of rules whose findings change nothing for callers."""


def as_changelog(report: Report) -> str:
    """Return a section of a changelog to edit, in the form of "Keep a Changelog", with breaking changes first."""
    sections: dict[str, list[Finding]] = {name: [] for name in _SECTIONS}
    for one in report.findings:
        if not one.rule.endswith(_UNMENTIONED):
            sections[_section(one)].append(one)
    lines = ["## [Unreleased]"]
    for name, findings in sections.items():
        if findings:
            lines += ["", f"### {name}", "", *(line for one in findings for line in _entry(one))]
    return "\n".join(lines)


def _section(finding: Finding) -> str:
    if finding.security:
        return "Security"
    if finding.rule == "deprecated":
        return "Deprecated"
    if finding.rule.endswith("-removed") and finding.bump == "major":
        return "Removed"
    if finding.rule.endswith("-added") or finding.rule == "new-optional-variable":
        return "Added"
    return "Fixed" if finding.bump == "patch" else "Changed"


def _entry(finding: Finding) -> Iterator[str]:
    breaking = "**Breaking**: " if finding.bump == "major" else ""
    callers = f" {finding.advice.callers}" if finding.bump == "major" and finding.advice.callers else ""
    yield f"- {breaking}`{finding.address}`: {finding.message}.{callers}"
    if finding.bump == "major" and finding.suggestion:
        yield from ("", "  ```hcl", *(f"  {line}" for line in finding.suggestion.splitlines()), "  ```", "")


FORMATS: Final[Mapping[str, Callable[[Report], str]]] = {
    "text": as_text,
    "json": as_json,
    "markdown": as_markdown,
    "github": as_github,
    "sarif": as_sarif,
    "changelog": as_changelog,
}
"""What writes a report in each format."""
