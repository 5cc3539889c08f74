"""The chart of a drill: an axis that shows seconds beside days, and few enough marks to be read."""

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from generator.console import duration
from generator.simulate.report import ranges
from generator.simulate.simulation_run import Fate, GivenUp, Invocation, Report

WIDTH: Final = 1000.0
HEIGHT: Final = 120.0
"""Lengths of the axes of time and of the iterator's age."""

MOST_MARKS: Final = 1500
MOST_LANES: Final = 12
"""Beyond these, marks that are close together become one, and the lanes with the least trouble share a row."""

_LINEAR_UP_TO: Final = 120.0
"""Seconds that a linear axis shows well; pauses that double need a logarithmic one for anything longer."""

_FINEST: Final = 0.1
"""Seconds around its middle that a logarithmic axis shows as a linear one does."""

_STEPS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200)
_DECADES: Final = (1, 10, 60, 600, 3600, 21_600)
_DAY: Final = 86_400
_BESIDE: Final = 46.0
_ABOVE: Final = 18.0
"""How far apart two labels must be: side by side, and one above the other."""

_SPANS: Final = ("processed", "pause")
"""Kinds of marks that last; the others are moments."""

_WORDS: Final = {
    "processed": "processed",
    "pause": "waiting for the next retry",
    "error": "failed",
    "timeout": "timed out",
    "reported": "reported a failure",
    "throttled": "throttled",
    "parked": "parked: given up, with a document at the destination",
    "lost": "lost: given up, and nobody is told",
}
KINDS: Final = tuple(_WORDS)


class Tick(NamedTuple):
    """A label of an axis, and its place."""

    place: float
    label: str


class Mark(NamedTuple):
    """Something in a row: its kind (one of :data:`KINDS`), its place and width, how many it stands for, what it says.

    ``processed`` and ``pause`` begin at their place, and an attempt that failed ends there.
    """

    kind: str
    place: float
    width: float
    times: int
    title: str


class Row(NamedTuple):
    """A lane, or the lanes that share a row."""

    name: str
    marks: Sequence[Mark]


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Everything that the chart shows; ``ages`` are the points of the iterator's age, counted from the bottom."""

    time: "Axis"
    age: "Axis"
    rows: Sequence[Row]
    ages: Sequence[tuple[float, float]]
    first_failure: float | None


class Axis:
    """Maps seconds from ``first`` to ``last`` to places from 0 to ``length``.

    It is linear or, with ``around``, logarithmic on both sides of that moment. Its labels are ``apart`` at least.
    """

    def __init__(self, first: float, last: float, length: float, apart: float, around: float | None = None) -> None:
        self.around = around
        self._apart = apart
        self._first = first
        self._last = max(last, first + _FINEST)
        self._length = length

    def place(self, seconds: float) -> float:
        """Return where a moment is."""
        first, last = self._scaled(self._first), self._scaled(self._last)
        return round(self._length * (self._scaled(seconds) - first) / (last - first), 1)

    @property
    def ticks(self) -> list[Tick]:
        """Round times: since zero, or before and after the moment that the axis is around."""
        if self.around is None:
            most = self._last - self._first
            steps = itertools.chain(_STEPS, (_DAY * 2**n for n in itertools.count()))
            step = next(step for step in steps if self._length * step / most >= self._apart * 2)
            first = math.ceil(self._first / step)
            times = [step * n for n in range(first, int(self._last / step) + 1)]
            return [Tick(self.place(time), duration(time)) for time in times]
        return self._decades(self.around)

    def _decades(self, around: float) -> list[Tick]:
        ticks: list[Tick] = []
        after = [*_DECADES, *(_DAY * 2**n for n in range(12))]
        for offset in [0.0, *after, *(-one for one in after)]:
            if self._first <= around + offset <= self._last:
                place = self.place(around + offset)
                if all(abs(place - tick.place) >= self._apart for tick in ticks):
                    ticks.append(Tick(place, f"{'−' if offset < 0 else ''}{duration(abs(offset))}"))  # noqa: RUF001 - a minus
        return sorted(ticks)

    def _scaled(self, seconds: float) -> float:
        if self.around is None:
            return seconds
        return math.copysign(math.log1p(abs(seconds - self.around) / _FINEST), seconds - self.around)


class _Piece(NamedTuple):
    """What a mark is made of: one or several alike events."""

    kind: str
    began: float
    ended: float
    times: int
    records: Sequence[int]
    lowest: int
    highest: int


def timeline(report: Report) -> Timeline:
    """Return the chart of a report, with at most :data:`MOST_MARKS` marks in its rows.

    The axis of time is logarithmic around the first failure where anything happened long after or before it.
    """
    failures = [one.ended for one in report.invocations if one.outcome != "processed"]
    failures += [one.at for one in report.given_up]
    first = min(failures, default=None)
    long = first is not None and report.ended > _LINEAR_UP_TO
    axis = Axis(0.0, report.ended, WIDTH, _BESIDE, first if long else None)
    oldest = max((age for _, age in report.iterator_age), default=0.0)
    age = Axis(0.0, oldest, HEIGHT, _ABOVE, 0.0 if oldest > _LINEAR_UP_TO else None)
    return Timeline(
        time=axis,
        age=age,
        rows=_rows(_lanes(report), axis),
        ages=_ages(report.iterator_age, axis, age),
        first_failure=first,
    )


def _lanes(report: Report) -> dict[str, list[_Piece]]:
    """Return what happened in each lane, in order."""
    events: dict[str, list[Invocation | GivenUp]] = {}
    happened: list[Invocation | GivenUp] = [*report.invocations, *report.given_up]
    for one in happened:
        events.setdefault(one.lane, []).append(one)
    names = sorted(events, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
    return {name: list(_pieces(sorted(events[name], key=_when))) for name in names}


def _when(one: Invocation | GivenUp) -> float:
    return one.at if isinstance(one, GivenUp) else one.ended


def _pieces(events: Iterable[Invocation | GivenUp]) -> Iterator[_Piece]:
    """Yield the events of a lane and, after each failure, the pause until the next of them."""
    failed: Invocation | None = None
    for one in events:
        began = one.at if isinstance(one, GivenUp) else one.began
        if failed and began > failed.ended:
            yield _piece("pause", failed.ended, began, failed.records)
        if isinstance(one, GivenUp):
            failed = None
            yield _piece("parked" if one.fate is Fate.PARKED else "lost", began, began, one.records)
        else:
            failed = one if one.outcome != "processed" else None
            yield _piece(one.outcome, began, one.ended, one.records)


def _piece(kind: str, began: float, ended: float, records: Sequence[int]) -> _Piece:
    return _Piece(kind, began, ended, 1, records, *((records[0], records[-1]) if records else (0, 0)))


def _rows(lanes: dict[str, list[_Piece]], axis: Axis) -> list[Row]:
    """Return a row for each lane, with marks that stand for so much that there are not too many of them."""
    if len(lanes) > MOST_LANES:
        kept = sorted(lanes, key=lambda name: _trouble(lanes[name]), reverse=True)[: MOST_LANES - 1]
        rest = [pieces for name, pieces in lanes.items() if name not in kept]
        shown = {name: pieces for name, pieces in lanes.items() if name in kept}
        shown[f"{len(rest)} others"] = sorted(itertools.chain(*rest), key=lambda piece: piece.ended)
    else:
        shown = lanes
    for near in (1.0 * 2**n for n in itertools.count()):
        rows = [Row(name, _marks(pieces, axis, near)) for name, pieces in shown.items()]
        if sum(len(row.marks) for row in rows) <= MOST_MARKS or near > WIDTH:
            break
    return rows


def _trouble(pieces: Iterable[_Piece]) -> tuple[float, int]:
    """Return for how long a lane waited, and how often anything failed in it."""
    bad = [piece for piece in pieces if piece.kind != "processed"]
    return sum(piece.ended - piece.began for piece in bad), len(bad)


def _marks(pieces: Iterable[_Piece], axis: Axis, near: float) -> list[Mark]:
    """Return marks of a lane, each of which stands for all of its kind that would be nearer to it than so much.

    Successes are one as long as they follow each other; of anything else it matters when each began.
    """
    open_: dict[str, _Piece] = {}
    marks: list[Mark] = []
    for piece in pieces:
        last = open_.get(piece.kind)
        since = (last.ended if piece.kind == "processed" else last.began) if last else 0.0
        if last and axis.place(piece.began) - axis.place(since) < near:
            open_[piece.kind] = last._replace(
                ended=max(last.ended, piece.ended),
                times=last.times + 1,
                records=piece.records if piece.records == last.records else (),
                lowest=min(last.lowest, piece.lowest),
                highest=max(last.highest, piece.highest),
            )
            continue
        if last:
            marks.append(_mark(last, axis))
        open_[piece.kind] = piece
    return sorted([*marks, *(_mark(piece, axis) for piece in open_.values())], key=_layer)


def _layer(mark: Mark) -> tuple[bool, float]:
    """Return what marks are drawn by: moments in front of what lasts."""
    return mark.kind not in _SPANS, mark.place


def _mark(piece: _Piece, axis: Axis) -> Mark:
    """Return one mark: a span from its beginning on, a moment at its end; a span that is too short is drawn longer."""
    began, ended = axis.place(piece.began), axis.place(piece.ended)
    lasts = piece.kind in _SPANS
    place, width = began if lasts else ended, max(round(ended - began, 1), 1.5 if lasts else 0.0)
    times = f" {piece.times:,} times" if piece.times > 1 else ""
    between = f"between {piece.lowest} and {piece.highest}"
    noun = "record" if piece.lowest == piece.highest else "records"
    which = f"{noun} {ranges(piece.records) or between}" if piece.highest else "no records"
    until = duration(piece.ended)
    when = until if duration(piece.began) == until else f"{duration(piece.began)} to {until}"
    return Mark(piece.kind, place, width, piece.times, f"{when}: {which} {_WORDS[piece.kind]}{times}")


def _ages(ages: Sequence[tuple[float, float]], time: Axis, age: Axis) -> list[tuple[float, float]]:
    """Return the places of the iterator's age over time: of all within two places, the highest."""
    points = ((time.place(at), age.place(old)) for at, old in ages)
    return [
        max(group, key=lambda point: point[1]) for _, group in itertools.groupby(points, lambda point: point[0] // 2)
    ]
