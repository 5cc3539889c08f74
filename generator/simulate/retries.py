"""The table of the README that says what a number of retries does to a shard with one poison record."""

import math
from dataclasses import replace
from typing import Final

from generator.console import duration
from generator.mapping.settings import Settings
from generator.simulate import simulation_run
from generator.simulate.simulation_run import Fate, Report, Scenario

RETRIES: Final = (500, 10, 5, 0)

STEADY: Final = Scenario(records=1200, rate=10, failing=frozenset([600]))
"""Ten records a second for two minutes, and the poison one in the middle."""

AT_ONCE: Final = replace(STEADY, rate=math.inf)
"""The same, all written in one moment."""

_LATE: Final = 1.0
"""Seconds from which on a record counts as late."""


def table() -> str:
    """Return the table in Markdown, from drills with each number of retries and the module's defaults otherwise."""
    lines = [
        "| retries | attempts | its shard waits | processed late | given up with it | given up, had all come at once |",
        "|---|---|---|---|---|---|",
    ]
    lines += [f"| {retries} | {' | '.join(_cells(Settings(maximum_retry_attempts=retries)))} |" for retries in RETRIES]
    return "\n".join(lines)


def _cells(settings: Settings) -> list[str]:
    report = simulation_run.run(settings, STEADY)
    late = [
        (record, one.ended - STEADY.written(record).arrival)
        for one in report.invocations
        if one.outcome == "processed"
        for record in one.records
    ]
    late = [(record, by) for record, by in late if by > _LATE]
    return [
        f"{sum(1 for one in report.invocations if set(one.records) == STEADY.failing)}",
        duration(max(report.blocked.values())),
        f"{len(late)} records, by up to {duration(max(by for _, by in late))}" if late else "none",
        _besides(report),
        _besides(simulation_run.run(settings, AT_ONCE)),
    ]


def _besides(report: Report) -> str:
    """Return how many records were given up beside the one that is poison."""
    others = report.lost(*Fate) - 1
    return f"{others} records" if others else "none"
