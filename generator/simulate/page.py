"""The report of a simulation as one self-contained page of HTML with a chart."""

import dataclasses
import math
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from generator.console import duration
from generator.mapping.settings import Settings
from generator.simulate.module_settings import module_settings
from generator.simulate.report import HEADINGS, assumptions, ranges, rows, summary
from generator.simulate.simulation_run import DeliveryStatus, Report, Scenario
from generator.simulate.timeline import HEIGHT, KINDS, WIDTH, timeline

_MAX_ROWS: Final = 300
"""Rows of the table; --json has all of them."""


def as_html(report: Report) -> str:
    """Return the page. It loads nothing from the network."""
    environment = Environment(
        loader=PackageLoader("generator.simulate", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = duration
    chart, found = timeline(report), rows(report)
    used = {mark.kind for row in chart.rows for mark in row.marks}
    return environment.get_template("page.html.jinja").render(
        headline=_headline(report),
        assumptions=assumptions(report),
        summary=summary(report),
        tables={
            "Scenario": _table(
                dataclasses.replace(report.scenario, records=report.scenario.count), Scenario(), "default"
            ),
            "Settings of the mapping": _table(report.settings, module_settings(), "module default"),
        },
        chart=chart,
        width=WIDTH,
        height=HEIGHT,
        kinds={kind: text for kind, text in KINDS.items() if kind in used},
        partitioned=report.settings.parallelization_factor > 1,
        headings=HEADINGS,
        rows=found[:_MAX_ROWS],
        more=len(found) - _MAX_ROWS,
    )


def _headline(report: Report) -> str:
    """Return the outcome in one sentence."""
    delivered = report.discarded_count(DeliveryStatus.DELIVERED)
    lost = report.discarded_count(DeliveryStatus.FAILED, DeliveryStatus.NOT_SENT)
    parts = [f"{report.processed:,} of {report.scenario.count:,} records processed"]
    parts += [f"{delivered:,} discarded with an invocation record"] if delivered else []
    parts += [f"{lost:,} discarded without one at the destination"] if lost else []
    outcome = ", ".join(parts)
    if not report.blocked:
        return f"{outcome}. Nothing failed."
    processor, longest = max(report.blocked.items(), key=lambda pair: pair[1])
    return f"{outcome}. Failures blocked {processor} for {duration(longest)}."


def _table(values: Settings | Scenario, defaults: Settings | Scenario, default: str) -> list[tuple[str, str, str]]:
    """Return the names of fields, their values, and the other value that is the default, with a word for it."""
    names = [field.name for field in dataclasses.fields(values) if field.name != "events"]
    found = [(name, _text(getattr(values, name)), _text(getattr(defaults, name))) for name in names]
    return [
        (name.replace("_", " "), value, "" if value == other else f"{default}: {other}") for name, value, other in found
    ]


def _text(value: object) -> str:
    """Return the value of a setting as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and math.isinf(value):
        return "unlimited"
    if isinstance(value, frozenset):
        return ranges(value) or "none"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list | tuple) else str(value)
