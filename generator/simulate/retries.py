"""The table about retries in the README and in the runbook."""

import math
from dataclasses import replace
from typing import Final

from generator.console import duration
from generator.simulate import simulation_run
from generator.simulate.module_settings import module_settings
from generator.simulate.simulation_run import PAUSE_LIMIT, DeliveryStatus, Report, Scenario

RETRIES: Final = (500, 10, 5, 0)

STEADY: Final = Scenario(records=1200, rate=10, failing=frozenset([600]))
"""10 records each second for 2 minutes; the record in the middle fails."""

AT_ONCE: Final = replace(STEADY, rate=math.inf)
"""The same records, all written at the same time."""

_LATE_SECONDS: Final = 1.0
"""Time after which a processed record counts as late."""


def table() -> str:
    """Return the table in Markdown, with its assumption, from simulations with the module's default settings."""
    columns = ["Retries", "Attempts", "Shard blocked", "Processed late", "Other records discarded"]
    columns += ["Other records discarded (all written at the same time)"]
    rows = [columns, ["---"] * len(columns), *([f"{retries}", *_cells(retries)] for retries in RETRIES)]
    limited = simulation_run.run(module_settings(longest_pause=PAUSE_LIMIT), STEADY)
    note = f"""
Simulated with {STEADY.rate:g} records a second for {STEADY.records / STEADY.rate / 60:g} minutes, of which the middle \
one fails. Late means more than {_LATE_SECONDS:g} second
after the record was written. Assumes that the pauses keep doubling, which was measured for the first 8 attempts only.
If Lambda limited the pauses to {PAUSE_LIMIT} seconds, {RETRIES[0]} retries would block the shard for \
{duration(max(limited.blocked.values()))}."""
    return "\n".join([*(f"| {' | '.join(row)} |" for row in rows), note])


def _cells(retries: int) -> list[str]:
    settings = module_settings(maximum_retry_attempts=retries)
    report = simulation_run.run(settings, STEADY)
    delays = [
        invocation.ended - STEADY.record(record).arrival
        for invocation in report.invocations
        if invocation.outcome == "processed"
        for record in invocation.records
    ]
    late = [delay for delay in delays if delay > _LATE_SECONDS]
    return [
        f"{sum(1 for invocation in report.invocations if set(invocation.records) == STEADY.failing)}",
        duration(max(report.blocked.values())),
        f"{len(late)} records, by up to {duration(max(late))}" if late else "none",
        _others_discarded(report),
        _others_discarded(simulation_run.run(settings, AT_ONCE)),
    ]


def _others_discarded(report: Report) -> str:
    """Return the number of discarded records, except the failing one."""
    others = report.discarded_count(*DeliveryStatus) - 1
    return f"{others} records" if others else "none"
