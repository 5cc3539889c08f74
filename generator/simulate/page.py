"""The report of a simulation as one self-contained page of HTML with a chart."""

import dataclasses
import math
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from generator.console import count, duration
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
        settings=_settings(report.settings),
        scenario=_scenario(report.scenario),
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


def _settings(settings: Settings) -> list[tuple[str, str, str]]:
    """Return each setting, its value, and the module's default if that differs."""
    defaults = module_settings()
    names = [field.name for field in dataclasses.fields(settings)]
    found = [(name, _text(getattr(settings, name)), _text(getattr(defaults, name))) for name in names]
    return [(name.replace("_", " "), value, "" if value == default else default) for name, value, default in found]


def _scenario(scenario: Scenario) -> list[tuple[str, str]]:
    lasting = math.isinf(scenario.failure_duration)
    lines = [
        ("records", f"{scenario.count:,} in {count(scenario.shards, 'shard')}"),
        ("written", "all at the same time" if math.isinf(scenario.rate) else f"{scenario.rate:g} each second"),
        ("items", f"{scenario.keys:,}" if scenario.keys else "one for each record"),
        ("failing records", ranges(scenario.failing) or "none"),
        ("failure", str(scenario.failure_mode)),
        ("failure duration", "until the end" if lasting else duration(scenario.failure_duration)),
        ("duration of an invocation", duration(scenario.invocation_seconds)),
        ("timeout of the function", duration(scenario.timeout)),
        ("start of the mapping after", duration(scenario.mapping_start)),
        ("delivery to the destination", "fails" if scenario.destination_fails else "succeeds"),
    ]
    excluded = set() if scenario.failing else {"failure", "failure duration"}
    return [(name, value) for name, value in lines if name not in excluded]


def _text(value: object) -> str:
    """Return the value of a setting as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and math.isinf(value):
        return "unlimited"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list | tuple) else str(value)
