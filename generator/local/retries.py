"""The table of the README that says what a number of retries does to a shard with one poison record."""

import functools
from typing import Final

from generator.local import drill
from generator.local.drill import Fate, Report, Scenario
from generator.local.mapping.settings import Settings
from generator.local.report import duration

RETRIES: Final = (500, 10, 5, 0)

SCENARIO: Final = Scenario(records=1200, rate=10, failing=frozenset([600]))
"""Ten records a second for two minutes, and the poison one in the middle."""


def table() -> str:
    """Return the table in Markdown, from a drill of each number of retries with the module's defaults otherwise."""
    lines = ["| retries | attempts | its shard waits | processed late | given up |", "|---|---|---|---|---|"]
    lines += [f"| {retries} | {' | '.join(_cells(_report(retries)))} |" for retries in RETRIES]
    return "\n".join(lines)


@functools.cache
def _report(retries: int) -> Report:
    return drill.run(Settings(maximum_retry_attempts=retries), SCENARIO)


def _cells(report: Report) -> list[str]:
    late = [
        (record, one.ended - SCENARIO.written(record).arrival)
        for one in report.invocations
        if one.outcome == "processed"
        for record in one.records
    ]
    late = [(record, by) for record, by in late if by > 1]
    return [
        f"{sum(1 for one in report.invocations if set(one.records) == SCENARIO.failing)}",
        duration(max(report.blocked.values())),
        f"{len(late)} records, by up to {duration(max(by for _, by in late))}" if late else "none",
        f"{report.lost(*Fate)} record",
    ]
