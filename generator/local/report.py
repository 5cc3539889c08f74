"""What a drill found, as JSON, as a table for a terminal, and as one self-contained page of HTML."""

import dataclasses
import itertools
import math
from collections.abc import Sequence
from typing import Any

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from generator.local.drill import Fate, GivenUp, Invocation, Report

_ROWS = 40
"""Rows of the table before it is cut; --json has everything."""


def as_json(report: Report) -> dict[str, Any]:
    """Return everything a drill found as a document that JSON can hold; times are seconds since the first write."""
    settings = dataclasses.asdict(report.settings)
    settings["longest_pause"] = None if math.isinf(report.settings.longest_pause) else report.settings.longest_pause
    return {
        "settings": settings,
        "records": report.scenario.count,
        "processed": report.processed,
        "parked": report.lost(Fate.PARKED),
        "lost": report.lost(Fate.REFUSED, Fate.NOWHERE),
        "filtered": report.filtered,
        "retries": report.retries,
        "sent_again": report.sent_again,
        "blocked_seconds": dict(report.blocked),
        "seconds": report.ended,
        "invocations": [one.records for one in report.invocations],
        "timeline": [
            {
                "lane": one.lane,
                "began": one.began,
                "ended": one.ended,
                "request": one.request,
                "attempt": one.attempt,
                "outcome": one.outcome,
            }
            for one in report.invocations
        ],
        "on_failure": [
            {
                "condition": str(one.condition),
                "approximateInvokeCount": one.invocations,
                "functionError": one.error,
                "batchSize": len(one.records),
                "records": one.records,
                "at": one.at,
                "fate": str(one.fate),
            }
            for one in report.given_up
        ],
        "iterator_age": [list(point) for point in report.iterator_age],
    }


def as_text(report: Report) -> Group:
    """Return a summary and a timeline for a terminal."""
    summary = Table(title="What became of the records", title_justify="left", show_header=False)
    for name, value in _summary(report):
        summary.add_row(name, value)
    timeline = Table(title="What happened", title_justify="left")
    for heading in ("When", "Where", "Records", "What"):
        timeline.add_column(heading, overflow="fold")
    rows = _rows(report)
    for row in rows[:_ROWS]:
        timeline.add_row(*map(escape, row))
    if len(rows) > _ROWS:
        timeline.add_row("...", "", "", f"{len(rows) - _ROWS} more rows; --json has everything")
    return Group(summary, timeline)


def _summary(report: Report) -> list[tuple[str, str]]:
    rows = [
        ("written", f"{report.scenario.count:,}"),
        ("processed", f"{report.processed:,}"),
        ("parked in the failure destination", f"{report.lost(Fate.PARKED):,}"),
        ("lost without a trace", f"{report.lost(Fate.NOWHERE):,}"),
        ("lost: the destination refused", f"{report.lost(Fate.REFUSED):,}"),
        ("dropped by the filter", f"{report.filtered:,}"),
        ("invocations", f"{len(report.invocations):,}, {report.retries:,} of them retries"),
        ("sent to the function more than once", f"{report.sent_again:,} times"),
        ("longest block of a shard", duration(max(report.blocked.values(), default=0.0))),
        ("highest iterator age", duration(max((age for _, age in report.iterator_age), default=0.0))),
        ("all finished after", duration(report.ended)),
    ]
    always = {"written", "processed", "invocations", "longest block of a shard", "all finished after"}
    return [(name, value) for name, value in rows if name in always or not value.startswith("0")]


def _rows(report: Report) -> list[tuple[str, str, str, str]]:
    """Return the timeline: what was repeated, and runs of successes, as one row each."""
    happened = sorted([*report.invocations, *report.given_up], key=_when)
    rows = []
    for (lane, _), group in itertools.groupby(happened, key=_alike):
        same = list(group)
        first, last = same[0], same[-1]
        numbers = [number for one in same for number in one.records] if _succeeded(first) else first.records
        when = duration(_when(first)) if len(same) == 1 else f"{duration(_when(first))} to {duration(_when(last))}"
        rows.append((when, lane, ranges(numbers) or "none", _what(first, len(same))))
    return rows


def _when(one: Invocation | GivenUp) -> float:
    return one.at if isinstance(one, GivenUp) else one.ended


def _succeeded(one: Invocation | GivenUp) -> bool:
    return isinstance(one, Invocation) and one.outcome == "processed"


def _alike(one: Invocation | GivenUp) -> tuple[str, Any]:
    if isinstance(one, GivenUp):
        return one.lane, (one.condition, one.fate, tuple(one.records))
    return one.lane, "processed" if one.outcome == "processed" else (one.request, one.outcome)


_OUTCOMES = {"error": "failed", "timeout": "timed out", "reported": "reported a failure", "throttled": "throttled"}
_FATES = {
    Fate.PARKED: "sent to the failure destination",
    Fate.REFUSED: "refused by the failure destination: lost",
    Fate.NOWHERE: "lost: nobody is told",
}


def _what(one: Invocation | GivenUp, times: int) -> str:
    if isinstance(one, GivenUp):
        return f"{one.condition} after {_count(one.invocations, 'invocation')}: {_FATES[one.fate]}"
    if one.outcome == "processed":
        return "processed" if times == 1 else f"processed in {times:,} invocations"
    done = f", {one.done} done" if one.done else ""
    return _OUTCOMES[one.outcome] + ("" if times == 1 else f" {times:,} times") + done


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def ranges(numbers: Sequence[int]) -> str:
    """Return numbers in short, such as ``1-4, 7``."""
    ordered = sorted(set(numbers))
    parts = []
    for _, group in itertools.groupby(enumerate(ordered), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        parts.append(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Return a length of time as a person says it: the two largest units that matter."""
    if seconds < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{seconds:.3g} s"
    units = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    whole = round(seconds)
    parts = []
    for unit, length in units:
        if whole >= length:
            parts.append(f"{whole // length} {unit}")
            whole %= length
    return " ".join(parts[:2])
