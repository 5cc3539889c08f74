"""What a drill found, as JSON and as a table for a terminal; ``page`` makes it a page."""

import dataclasses
import itertools
import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from generator.console import duration
from generator.mapping.settings import Settings
from generator.simulate.simulation_run import Fate, GivenUp, Invocation, Report, Scenario

_ROWS = 40
"""Rows of the table before it is cut; --json has everything."""

_PARTS = 8
"""Ranges of record numbers before they are only counted."""


def as_json(report: Report) -> dict[str, Any]:
    """Return everything a drill found as a document that JSON can hold.

    Times are seconds since the first write, records are their numbers from 1 on, and what has no end is ``null``:

    ========================================  =========================================================================
    ``settings``, ``scenario``                what was asked: the mapping's settings, and what happened to it
    ``records``                               how many were written, each of which is counted once in the next five
    ``processed``                             how many the function processed
    ``parked``, ``lost``                      how many were given up: with a document at the destination, and without
    ``filtered``, ``unread``                  how many the filter dropped, and how many the mapping never read
    ``retries``, ``sent_again``               invocations that repeated one, and records that they and halves repeated
    ``blocked_seconds``                       by lane (a shard, or one of its groups), how long failures held it up
    ``seconds``                               when everything was finished
    ``invocations``                           the records of each invocation, in order
    ``timeline``                              of each invocation, in the same order: ``lane``, ``began``, ``ended``,
                                              ``request`` (the same for all attempts at one batch), ``attempt`` (from
                                              1) and ``outcome`` (:class:`~.simulation_run.Invocation`)
    ``on_failure``                            what was given up, with the names of the on-failure document, ``at``
                                              which time, and the document's ``fate`` (:class:`~.drill.Fate`)
    ``iterator_age``                          pairs of a time and the age that Lambda would have measured at it
    ========================================  =========================================================================
    """
    return {
        "settings": _plain(report.settings),
        "scenario": _plain(report.scenario, leave_out="events") | {"records": report.scenario.count},
        "records": report.scenario.count,
        "processed": report.processed,
        "parked": report.lost(Fate.PARKED),
        "lost": report.lost(Fate.REFUSED, Fate.NOWHERE),
        "filtered": report.filtered,
        "unread": report.unread,
        "retries": report.retries,
        "sent_again": report.sent_again,
        "blocked_seconds": dict(report.blocked),
        "seconds": report.ended,
        "invocations": [list(one.records) for one in report.invocations],
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
                "records": list(one.records),
                "at": one.at,
                "fate": str(one.fate),
            }
            for one in report.given_up
        ],
        "iterator_age": [list(point) for point in report.iterator_age],
    }


def _plain(values: Settings | Scenario, leave_out: str = "") -> dict[str, Any]:
    """Return the fields of settings or a scenario as JSON can hold them."""
    told = {field.name: getattr(values, field.name) for field in dataclasses.fields(values) if field.name != leave_out}
    told = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in told.items()}
    return {name: None if value in (math.inf, -math.inf) else value for name, value in told.items()}


def as_text(report: Report) -> Group:
    """Return a summary and a timeline for a terminal."""
    became = Table(title="What became of the records", title_justify="left", show_header=False)
    for name, value in summary(report):
        became.add_row(name, value)
    timeline = Table(title="What happened", title_justify="left")
    for heading in ("When", "Where", "Records", "What"):
        timeline.add_column(heading, overflow="fold")
    found = rows(report)
    for row in found[:_ROWS]:
        timeline.add_row(*map(escape, row))
    if len(found) > _ROWS:
        timeline.add_row("...", "", "", f"{len(found) - _ROWS} more rows; --json has everything")
    return Group(became, timeline)


def summary(report: Report) -> list[tuple[str, str]]:
    """Return what became of the records, each line as a name and a value; what did not happen is left out."""
    counts = [
        ("parked: given up, with a document at the destination", report.lost(Fate.PARKED)),
        ("lost: given up, and nobody is told", report.lost(Fate.NOWHERE)),
        ("lost: given up, and the destination refused the document", report.lost(Fate.REFUSED)),
        ("dropped by the filter", report.filtered),
        (f"never read: {_unread(report.settings)}", report.unread),
    ]
    return [
        ("records written", f"{report.scenario.count:,}"),
        ("processed", f"{report.processed:,}"),
        *((name, f"{count:,}") for name, count in counts if count),
        ("invocations", f"{len(report.invocations):,}, of which {report.retries:,} repeat one that failed"),
        ("records sent to the function again", f"{report.sent_again:,}"),
        ("longest time that failures held up a shard", duration(max(report.blocked.values(), default=0.0))),
        ("highest iterator age", duration(max((age for _, age in report.iterator_age), default=0.0))),
        ("all finished after", duration(report.ended)),
    ]


def _unread(settings: Settings) -> str:
    if not settings.enabled:
        return "the mapping is disabled"
    return f"written before the mapping began, which starts at {settings.starting_position}"


class Row(NamedTuple):
    """One line of the timeline: when, in which lane, to which records, and what happened."""

    when: str
    lane: str
    records: str
    what: str


def rows(report: Report) -> list[Row]:
    """Return the timeline: attempts at the same records, and runs of successes in one lane, as one row each."""
    happened: list[Invocation | GivenUp] = [*report.invocations, *report.given_up]
    happened.sort(key=lambda one: (one.lane, _when(one)))
    found = []
    for (lane, _), group in itertools.groupby(happened, key=_alike):
        same = list(group)
        first, last = _when(same[0]), _when(same[-1])
        when = duration(first) if len(same) == 1 else f"{duration(first)} to {duration(last)}"
        records = ranges(number for one in same for number in one.records)
        found.append((first, Row(when, lane, records or "none", _what(same[0], len(same)))))
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def _when(one: Invocation | GivenUp) -> float:
    return one.at if isinstance(one, GivenUp) else one.ended


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


def ranges(numbers: Iterable[int]) -> str:
    """Return numbers in short, such as ``1-4, 7``, and those that would be long as ``20 of 3-99``."""
    ordered = sorted(set(numbers))
    parts = []
    for _, group in itertools.groupby(enumerate(ordered), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        parts.append(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}")
    if len(parts) > _PARTS:
        return f"{len(ordered)} of {ordered[0]}-{ordered[-1]}"
    return ", ".join(parts)
