"""Prints what a comparison found: a table for readers, JSON for programs."""

import json
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from generator.compare.comparing import Comparison
from generator.compare.findings import BUMPS, Finding, largest
from generator.compare.policy import Policy
from generator.compare.reading.document import Place
from generator.console import console, count

_COLORS = {"breaking": "red", "security": "magenta", "feature": "green", "fix": "dim"}


def as_json(comparison: Comparison) -> str:
    """Return a comparison as JSON: the bump that the findings need, and each finding with its places."""
    findings = [_record(finding) for finding in comparison.findings]
    document = {"bump": largest(comparison.findings), "modules": comparison.modules, "findings": findings}
    return json.dumps(document, indent=2, ensure_ascii=False)


def _record(finding: Finding) -> dict[str, Any]:
    record: dict[str, Any] = {
        "rule": finding.rule,
        "severity": finding.severity,
        "bump": finding.bump,
        "subject": finding.subject,
        "message": finding.message,
        "module": finding.module or None,
        "policy": finding.policy or None,
        "suggestion": finding.suggestion or None,
    }
    return record | {"old": _place(finding.old), "new": _place(finding.new)}


def _place(place: Place | None) -> dict[str, Any] | None:
    return {"file": place.file, "line": place.line} if place else None


def visible(findings: Sequence[Finding], least: str) -> list[Finding]:
    """Return the findings that need at least a bump, and, whatever it is, all findings about security."""
    return [one for one in findings if one.security or BUMPS.index(one.bump) >= BUMPS.index(least)]


def show(comparison: Comparison, policy: Policy, *, shown: str = "patch") -> None:
    """Print the findings that need at least a bump, and, whatever it is, all findings about security."""
    out = console()
    findings = comparison.findings
    listed = visible(findings, shown)
    if listed:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("bump", "rule", "what", "change"):
            table.add_column(column, overflow="fold", no_wrap=column in ("bump", "rule"))
        for one in listed:
            by_policy = f" (policy: {one.policy})" if one.policy else ""
            rule = f"[{_COLORS[one.severity]}]{one.rule}[/]"
            table.add_row(one.bump, rule, _escaped(one.address), _escaped(f"{one.message}{by_policy}"))
        out.print(table)
    for note in comparison.notes:
        out.print(note)
    out.print(summary(findings, policy))


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")


def summary(findings: Sequence[Finding], policy: Policy) -> str:
    """Return the number of differences, and the bump that they need."""
    if not findings:
        return "No differences."
    bump = largest(findings)
    part = policy.version_bump(bump)
    initial = f" ({part} in versions 0.y.z)" if part != bump else ""
    return f"{count(len(findings), 'difference')}; the smallest bump that allows them is {bump}{initial}."
