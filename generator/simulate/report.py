"""The report of a simulation as JSON and as text for a terminal; :mod:`~generator.simulate.page` makes it a page."""

import dataclasses
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from generator.console import count, duration
from generator.errors import UsageError
from generator.mapping.settings import Settings
from generator.mapping.shard_processor import DiscardReason
from generator.simulate.simulation_run import (
    PAUSE_LIMIT,
    DeliveryStatus,
    DiscardedRecords,
    Invocation,
    Report,
    Scenario,
    run,
)

_MAX_ROWS = 40
"""Rows of the timeline; --json has all of them."""

_MAX_RANGES = 8
"""Ranges of record numbers that are listed, and not only counted."""

_MEASURED_ATTEMPTS = 8
"""Attempts at one batch of which the pauses were measured on AWS."""

_JSON_NAMES = {
    "failure_mode": "how",
    "failure_duration": "lasts",
    "invocation_seconds": "seconds",
    "mapping_start": "starts",
    "destination_fails": "refuses",
}
"""Members of ``scenario`` in the JSON output that have kept an older name."""


OUTCOMES = {"error": "failed", "timeout": "timed out", "reported": "reported a failure", "throttled": "throttled"}
DELIVERIES = {
    DeliveryStatus.DELIVERED: "discarded, with an invocation record at the destination",
    DeliveryStatus.FAILED: "discarded, delivery to the destination failed",
    DeliveryStatus.NOT_SENT: "discarded without an invocation record",
}


def as_json(report: Report) -> dict[str, Any]:
    """Return everything in a report as a JSON document.

    Times are seconds after the first record was written, records are their numbers from 1 on, and ``null`` means
    unlimited:

    =============================  ====================================================================================
    ``settings``, ``scenario``     the settings of the mapping, and what happened to it
    ``records``                    number of records; each is in exactly one of the next five
    ``processed``                  number of processed records
    ``parked``                     number of discarded records with an invocation record at the destination
    ``lost``                       number of discarded records without one
    ``filtered``, ``unread``       number of records that the filter criteria excluded, and that were not read
    ``retries``, ``sent_again``    invocations that repeated one, and records that were sent again
    ``blocked_seconds``            how long failures blocked each processor (a shard, or one of its partitions)
    ``seconds``                    when everything was finished
    ``invocations``                the records of each invocation, in order
    ``timeline``                   each invocation, in the same order: ``lane`` (the processor), ``began``, ``ended``,
                                   ``request`` (the same for all attempts at one batch), ``attempt`` (from 1) and
                                   ``outcome`` (see :class:`~generator.simulate.simulation_run.Invocation`)
    ``on_failure``                 discarded records: fields of the invocation record, ``at`` and ``fate`` (see
                                   :class:`~generator.simulate.simulation_run.DeliveryStatus`)
    ``iterator_age``               pairs of a time and the value of the metric
    ``assumptions``                sentences about the behavior that this simulation assumes
    =============================  ====================================================================================
    """
    return {
        "settings": _json_values(report.settings),
        "scenario": _json_values(report.scenario, exclude="events") | {"records": report.scenario.count},
        "records": report.scenario.count,
        "processed": report.processed,
        "parked": report.discarded_count(DeliveryStatus.DELIVERED),
        "lost": report.discarded_count(DeliveryStatus.FAILED, DeliveryStatus.NOT_SENT),
        "filtered": report.filtered,
        "unread": report.unread,
        "retries": report.retries,
        "sent_again": report.sent_again,
        "blocked_seconds": dict(report.blocked),
        "seconds": report.ended,
        "invocations": [list(invocation.records) for invocation in report.invocations],
        "timeline": [
            {"lane": invocation.processor}
            | {name: getattr(invocation, name) for name in ("began", "ended", "request", "attempt", "outcome")}
            for invocation in report.invocations
        ],
        "on_failure": [
            {
                "condition": str(discarded.reason),
                "approximateInvokeCount": discarded.invocations,
                "functionError": discarded.error,
                "batchSize": len(discarded.records),
                "records": list(discarded.records),
                "at": discarded.at,
                "fate": str(discarded.delivery),
            }
            for discarded in report.discarded
        ],
        "iterator_age": [list(point) for point in report.iterator_age],
        "assumptions": assumptions(report),
    }


def _json_values(values: Settings | Scenario, exclude: str = "") -> dict[str, Any]:
    """Return the fields of settings or of a scenario with JSON values."""
    names = [field.name for field in dataclasses.fields(values) if field.name != exclude]
    found = {_JSON_NAMES.get(name, name): getattr(values, name) for name in names}
    found = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in found.items()}
    return {name: None if value in (math.inf, -math.inf) else value for name, value in found.items()}


def as_text(report: Report) -> Group:
    """Return a summary and a timeline for a terminal."""
    outcome = Table(title="Outcome", title_justify="left", show_header=False)
    for name, value in summary(report):
        outcome.add_row(name, value)
    timeline = Table(title="Timeline", title_justify="left")
    for heading in HEADINGS:
        timeline.add_column(heading, overflow="fold")
    found = rows(report)
    for row in found[:_MAX_ROWS]:
        timeline.add_row(*map(escape, row))
    if len(found) > _MAX_ROWS:
        timeline.add_row("...", "", "", f"{len(found) - _MAX_ROWS} more rows; --json prints all of them")
    return Group(outcome, timeline, *map(escape, assumptions(report)))


def assumptions(report: Report) -> list[str]:
    """Return what the simulation assumed about Lambda, if the result depends on it."""
    found = []
    if any(invocation.attempt > _MEASURED_ATTEMPTS for invocation in report.invocations):
        found.append(
            f"Assumed: the pauses between retries keep doubling. AWS does not document them; up to attempt "
            f"{_MEASURED_ATTEMPTS}, they were measured. Set --longest-pause to simulate a limit."
        )
        found += _with_limit(report)
    if any(discarded.reason is DiscardReason.TRIMMED for discarded in report.discarded):
        found.append(
            "Assumed: Lambda sends no invocation record for records that expire in the stream, because the maximum "
            "record age is -1 or more than 86,400 seconds. AWS does not document it."
        )
    return found


def _with_limit(report: Report) -> list[str]:
    """Return what a limit of the pauses would change, in a list of one sentence; none if the settings have a limit."""
    if not math.isinf(report.settings.longest_pause):
        return []
    try:
        limited = run(dataclasses.replace(report.settings, longest_pause=PAUSE_LIMIT), report.scenario)
    except UsageError:
        return [f"With a limit of {PAUSE_LIMIT} seconds, there would be more invocations than a simulation can make."]
    outcomes = [
        {
            "retries": f"{one.retries:,}",
            "blocked for": duration(max(one.blocked.values(), default=0.0)),
            "discarded records": f"{one.discarded_count(*DeliveryStatus):,}",
        }
        for one in (limited, report)
    ]
    changes = [
        f"{name} {new} instead of {old}"
        for (name, new), old in zip(outcomes[0].items(), outcomes[1].values(), strict=True)
        if new != old
    ]
    return [f"If Lambda limited the pauses to {PAUSE_LIMIT} seconds: {', '.join(changes)}."] if changes else []


def summary(report: Report) -> list[tuple[str, str]]:
    """Return the outcome as names and values; counts of 0 are left out."""
    settings = report.settings
    unread = f"written before the mapping started, which reads from {settings.starting_position}"
    counts = [
        *((text, report.discarded_count(delivery)) for delivery, text in DELIVERIES.items()),
        ("excluded by the filter criteria", report.filtered),
        (f"not read: {unread if settings.enabled else 'the mapping is disabled'}", report.unread),
    ]
    return [
        ("records written", f"{report.scenario.count:,}"),
        ("processed", f"{report.processed:,}"),
        *((name, f"{number:,}") for name, number in counts if number),
        ("invocations", f"{len(report.invocations):,}, of which {report.retries:,} retries"),
        ("records sent to the function again", f"{report.sent_again:,}"),
        ("longest time that failures blocked a shard", duration(max(report.blocked.values(), default=0.0))),
        ("highest iterator age", duration(max((age for _, age in report.iterator_age), default=0.0))),
        ("finished after", duration(report.ended)),
    ]


HEADINGS = ("Time", "Shard", "Records", "Event")


class Row(NamedTuple):
    """One row of the timeline, in text."""

    time: str
    shard: str
    records: str
    event: str


def rows(report: Report) -> list[Row]:
    """Return the timeline: attempts at the same records, and successes of one processor in a row, are one row."""
    events: list[Invocation | DiscardedRecords] = [*report.invocations, *report.discarded]
    events.sort(key=lambda event: (event.processor, ended(event)))
    found = []
    for (processor, _), group in itertools.groupby(events, key=_kind):
        same = list(group)
        first, last = ended(same[0]), ended(same[-1])
        time = duration(first) if len(same) == 1 else f"{duration(first)} to {duration(last)}"
        records = ranges(number for event in same for number in event.records)
        found.append((first, Row(time, processor, records or "none", _event_text(same[0], len(same)))))
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def ended(event: Invocation | DiscardedRecords) -> float:
    """Return when an invocation ended, or when records were discarded."""
    return event.at if isinstance(event, DiscardedRecords) else event.ended


def _kind(event: Invocation | DiscardedRecords) -> tuple[str, Any]:
    if isinstance(event, DiscardedRecords):
        return event.processor, (event.reason, event.delivery, tuple(event.records))
    return event.processor, "processed" if event.outcome == "processed" else (event.request, event.outcome)


def _event_text(event: Invocation | DiscardedRecords, times: int) -> str:
    if isinstance(event, DiscardedRecords):
        return f"{event.reason} after {count(event.invocations, 'invocation')}: {DELIVERIES[event.delivery]}"
    if event.outcome == "processed":
        return "processed" if times == 1 else f"processed in {times:,} invocations"
    processed = f", {event.processed} processed" if event.processed else ""
    return OUTCOMES[event.outcome] + ("" if times == 1 else f" {times:,} times") + processed


def ranges(numbers: Iterable[int]) -> str:
    """Return numbers as a short text, such as ``1-4, 7``, or ``20 of 3-99`` for many ranges."""
    ordered = sorted(set(numbers))
    runs: list[Sequence[int]] = []
    for _, group in itertools.groupby(enumerate(ordered), key=lambda pair: pair[1] - pair[0]):
        runs.append([number for _, number in group])
    if len(runs) > _MAX_RANGES:
        return f"{len(ordered)} of {ordered[0]}-{ordered[-1]}"
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
