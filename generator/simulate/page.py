"""What a drill found as one self-contained page of HTML, with a timeline that a person can read."""

import dataclasses
import math
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from generator.console import duration
from generator.mapping.settings import Settings
from generator.simulate.report import ranges, rows, summary
from generator.simulate.simulation_run import Fate, Report, Scenario
from generator.simulate.timeline import HEIGHT, KINDS, WIDTH, timeline

_ROWS: Final = 300
"""Rows of the table before it is cut; --json has everything."""


def as_html(report: Report) -> str:
    """Return the page: it needs nothing beside itself, and no network."""
    environment = Environment(
        loader=PackageLoader("generator.simulate", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = duration
    chart, found = timeline(report), rows(report)
    return environment.get_template("page.html.jinja").render(
        headline=_headline(report),
        summary=summary(report),
        settings=_settings(report.settings),
        scenario=_scenario(report.scenario),
        chart=chart,
        width=WIDTH,
        height=HEIGHT,
        kinds=[kind for kind in KINDS if any(mark.kind == kind for row in chart.rows for mark in row.marks)],
        grouped=report.settings.parallelization_factor > 1,
        rows=found[:_ROWS],
        more=len(found) - _ROWS,
    )


def _headline(report: Report) -> str:
    """Return the one sentence that somebody in a hurry reads."""
    parked, lost = report.lost(Fate.PARKED), report.lost(Fate.REFUSED, Fate.NOWHERE)
    ends = [f"{report.processed:,} of {report.scenario.count:,} records were processed"]
    ends += [f"{parked:,} parked at the failure destination"] if parked else []
    ends += [f"{lost:,} lost"] if lost else []
    said = ", ".join(ends)
    if not report.blocked:
        return f"{said}; nothing failed."
    lane, longest = max(report.blocked.items(), key=lambda pair: pair[1])
    return f"{said}; failures held up {lane} for {duration(longest)}."


def _settings(settings: Settings) -> list[tuple[str, str, str]]:
    """Return each setting, its value, and the module's default where it is another."""
    defaults = Settings()
    told = [
        (field.name, _said(getattr(settings, field.name)), _said(getattr(defaults, field.name)))
        for field in dataclasses.fields(settings)
    ]
    return [(name.replace("_", " "), value, "" if value == default else default) for name, value, default in told]


def _scenario(scenario: Scenario) -> list[tuple[str, str]]:
    lines = [
        ("records", f"{scenario.count:,} in {_said(scenario.shards)} shard{'s' if scenario.shards > 1 else ''}"),
        ("written", "all at once" if math.isinf(scenario.rate) else f"{scenario.rate:g} a second"),
        ("of items", f"{scenario.keys:,}" if scenario.keys else "each record of its own"),
        ("records that fail", ranges(scenario.failing) or "none"),
        ("how they fail", scenario.how),
        ("how long they fail", "for ever" if math.isinf(scenario.lasts) else f"until {duration(scenario.lasts)}"),
        ("an invocation takes", duration(scenario.seconds)),
        ("the function's timeout", duration(scenario.timeout)),
        ("the mapping begins after", duration(scenario.starts)),
        ("the failure destination", "refuses" if scenario.refuses else "takes what it is sent"),
    ]
    relevant = {"how they fail", "how long they fail"} if not scenario.failing else set()
    return [(name, value) for name, value in lines if name not in relevant]


def _said(value: object) -> str:
    """Return a setting's value as a person writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and math.isinf(value):
        return "none"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list | tuple) else str(value)
