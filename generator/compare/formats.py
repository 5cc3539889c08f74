"""Writes a comparison in the formats of code review: Markdown, GitHub annotations, and SARIF."""

import json
from collections.abc import Sequence
from typing import Any, Final

from generator import __version__
from generator.compare.comparing import Comparison
from generator.compare.findings import Finding
from generator.compare.policy import Policy
from generator.compare.report import summary

_GITHUB: Final = {"breaking": "error", "security": "warning", "feature": "notice", "fix": "notice"}
_SARIF: Final = {"breaking": "error", "security": "warning", "feature": "note", "fix": "note"}


def as_markdown(comparison: Comparison, findings: Sequence[Finding], policy: Policy) -> str:
    """Return the findings as a Markdown table, with the line in the new version, or in the old one."""
    lines = [summary(comparison.findings, policy), *comparison.notes]
    if findings:
        lines += ["", "| Bump | Rule | What | Change | Line |", "|---|---|---|---|---|"]
    for one in findings:
        cells = (one.bump, f"`{one.rule}`", f"`{one.address}`", one.message, str(one.new or one.old or ""))
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def as_github(findings: Sequence[Finding]) -> str:
    """Return the findings as workflow commands of GitHub Actions, which shows them at the lines of a pull request.

    A finding without a line in the new version has none, because a pull request shows only the new version.
    Source: GitHub, "Workflow commands for GitHub Actions".
    """
    return "\n".join(map(_annotation, findings))


def _annotation(finding: Finding) -> str:
    title = _property(f"{finding.bump}: {finding.rule}")
    place = f"file={_property(finding.new.file)},line={finding.new.line}," if finding.new else ""
    return f"::{_GITHUB[finding.severity]} {place}title={title}::{_data(f'{finding.address}: {finding.message}')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(findings: Sequence[Finding]) -> str:
    """Return the findings as SARIF 2.1.0 (OASIS), which code scanning reads."""
    rules = [{"id": rule} for rule in sorted({one.rule for one in findings})]
    driver = {"name": "generator diff", "version": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "results": [_result(one) for one in findings]}
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False)


def _result(finding: Finding) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _SARIF[finding.severity],
        "message": {"text": f"{finding.address}: {finding.message}"},
        "properties": {"bump": finding.bump},
    }
    if finding.new:
        region = {"startLine": finding.new.line}
        location = {"artifactLocation": {"uri": finding.new.file}, "region": region}
        result["locations"] = [{"physicalLocation": location}]
    return result
