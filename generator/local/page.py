"""What a drill found as one self-contained page of HTML, with a timeline that a person can read."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from generator.local.drill import Fate, GivenUp, Invocation, Report
from generator.local.report import duration, ranges, rows, summary

_WIDTH: Final = 1000
_LANE: Final = 34
_AGES: Final = 140
_POINTS: Final = 400
"""Points of the iterator age's line at most; of each stretch of time, the highest is kept."""

_TICKS: Final = 200
"""Attempts that are drawn one by one at most in each lane."""

_LINEAR_UP_TO: Final = 120.0
"""Seconds up to which the axis is linear: pauses that double need a logarithmic one for anything longer."""


class Bar(NamedTuple):
    """A stretch of one lane: from where to where, which kind, and what it says when pointed at."""

    x: float
    width: float
    kind: str
    title: str


@dataclass(frozen=True)
class _Lane:
    name: str
    y: float
    bars: Sequence[Bar]
    ticks: Sequence[Bar]
    ends: Sequence[Bar]


class _Axis:
    """Maps seconds to a place: linear for a short drill, logarithmic for a long one."""

    def __init__(self, longest: float, length: float) -> None:
        self._longest = max(longest, 1.0)
        self._length = length
        self.logarithmic = self._longest > _LINEAR_UP_TO

    def __call__(self, seconds: float) -> float:
        if self.logarithmic:
            return round(self._length * math.log1p(10 * seconds) / math.log1p(10 * self._longest), 1)
        return round(self._length * seconds / self._longest, 1)

    def ticks(self) -> list[tuple[float, str]]:
        """Return round times and where they are."""
        if self.logarithmic:
            times = [0, 1, 10, 60, 600, 3600, 6 * 3600, 86_400]
            return [(self(time), duration(time)) for time in times if time <= self._longest]
        step = next(step for step in (0.2, 0.5, 1, 2, 5, 10, 20, 30) if self._longest / step <= 8)  # noqa: PLR2004
        return [(self(step * n), duration(step * n)) for n in range(int(self._longest / step) + 1)]


def as_html(report: Report) -> str:
    """Return the page: it needs nothing beside itself, and no network."""
    axis = _Axis(report.ended, _WIDTH)
    names = sorted({one.lane for one in report.invocations} | {one.lane for one in report.given_up})
    lanes = [_lane(report, name, place * _LANE, axis) for place, name in enumerate(names)]
    ages = _ages(report)
    heights = _Axis(max((age for _, age in ages), default=1.0), _AGES)
    environment = Environment(
        loader=PackageLoader("generator.local", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html.jinja").render(
        summary=summary(report),
        settings=_settings(report),
        axis=axis,
        heights=heights,
        lanes=lanes,
        width=_WIDTH,
        lane_height=_LANE,
        age_height=_AGES,
        line=" ".join(f"{axis(at)},{round(_AGES - heights(age), 1)}" for at, age in ages),
        rows=rows(report),
    )


def _lane(report: Report, name: str, y: float, axis: _Axis) -> _Lane:
    own = [one for one in report.invocations if one.lane == name]
    moments = sorted([*(one.began for one in own), *(one.at for one in report.given_up if one.lane == name)])
    bars: list[Bar] = []
    failed: list[Invocation] = []
    for outcome, group in itertools.groupby(own, key=lambda one: one.outcome):
        same = list(group)
        first, last = same[0], same[-1]
        ended = last.ended
        if outcome != "processed":
            failed += same
            # Until something else happens, the lane is blocked.
            ended = next((moment for moment in moments if moment >= ended), ended)
        records = ranges(number for one in same for number in one.records)
        title = f"{outcome}, {len(same)} of them: records {records}, {duration(first.began)} to {duration(ended)}"
        bar = Bar(axis(first.began), _width(axis, first.began, ended), outcome, title)
        if bars and bar.x - bars[-1].x < 1:
            # Both are in one pixel, where a failure is what should be seen.
            kept = bar if bars[-1].kind == "processed" else bars[-1]
            bar = kept._replace(x=bars.pop().x, width=bar.width)
        bars.append(bar)
    step = max(1, -(-len(failed) // _TICKS))
    ticks = [
        Bar(axis(one.ended), 0, one.outcome, f"attempt {one.attempt}: {one.outcome}, after {duration(one.ended)}")
        for one in failed[::step]
    ]
    ends = [_end(one, axis) for one in _few(report.given_up) if one.lane == name]
    return _Lane(name, y, bars, ticks, ends)


def _few(given_up: Sequence[GivenUp]) -> Iterator[GivenUp]:
    return itertools.islice(given_up, 0, None, max(1, -(-len(given_up) // _TICKS)))


def _end(one: GivenUp, axis: _Axis) -> Bar:
    kind = "parked" if one.fate is Fate.PARKED else "lost"
    title = f"{one.condition} after {duration(one.at)}: records {ranges(one.records)} {kind}"
    return Bar(axis(one.at), 0, kind, title)


def _width(axis: _Axis, began: float, ended: float) -> float:
    # What is too short to be seen is still there.
    return max(round(axis(ended) - axis(began), 1), 1.5)


def _ages(report: Report) -> list[tuple[float, float]]:
    """Return the iterator's age over time, thinned out."""
    ages = report.iterator_age
    step = max(1, -(-len(ages) // _POINTS))
    return [max(ages[at : at + step], key=lambda point: point[1]) for at in range(0, len(ages), step)]


def _settings(report: Report) -> list[tuple[str, str]]:
    settings = report.settings
    return [
        ("batch size", f"{settings.batch_size}"),
        ("batching window", duration(settings.maximum_batching_window_in_seconds)),
        ("retries", "without end" if settings.maximum_retry_attempts < 0 else f"{settings.maximum_retry_attempts}"),
        ("record age", duration(settings.age_limit)),
        ("halves failing batches", "yes" if settings.bisect_batch_on_function_error else "no"),
        ("partial responses", "yes" if settings.report_batch_item_failures else "no"),
        ("parallelization", f"{settings.parallelization_factor}"),
        ("tumbling window", duration(settings.tumbling_window_in_seconds)),
        ("failure destination", "yes" if settings.destination else "none"),
    ]
