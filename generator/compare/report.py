"""Shows what a comparison found: a table for people, JSON for programs."""

import json
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from generator.compare.findings import BUMPS, Finding, largest
from generator.console import console, count

_COLOURS = {"breaking": "red", "security": "magenta", "feature": "green", "fix": "dim"}


def as_json(findings: Sequence[Finding]) -> str:
    """Return the findings as JSON: the bump that they need, and each with its rule, subject, message and severity."""
    listed: list[dict[str, Any]] = [
        {
            "rule": finding.rule,
            "severity": finding.severity,
            "bump": finding.bump,
            "subject": finding.subject,
            "message": finding.message,
        }
        for finding in findings
    ]
    return json.dumps({"bump": largest(findings), "findings": listed}, indent=2, ensure_ascii=False)


def show(findings: Sequence[Finding], *, shown: str = "patch") -> None:
    """Print the findings that need at least a bump, and, whatever it is, every permission that grows."""
    out = console()
    enough = [one for one in findings if one.security or BUMPS.index(one.bump) >= BUMPS.index(shown)]
    if enough:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("bump", "rule", "what", "change"):
            table.add_column(column, overflow="fold", no_wrap=column in ("bump", "rule"))
        for one in enough:
            table.add_row(
                one.bump, f"[{_COLOURS[one.severity]}]{one.rule}[/]", one.subject, one.message.replace("[", "\\[")
            )
        out.print(table)
    out.print(
        f"{count(len(findings), 'difference')}; the smallest bump that allows them is {largest(findings)}."
        if findings
        else "No differences."
    )
