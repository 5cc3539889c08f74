"""The chart of a simulation: axes that show both seconds and days, and marks that are few enough to read."""

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from generator.console import duration
from generator.simulate.report import DELIVERIES, OUTCOMES, ended, ranges
from generator.simulate.simulation_run import DeliveryStatus, DiscardedRecords, Invocation, Report

WIDTH: Final = 1000.0
HEIGHT: Final = 120.0
"""Lengths of the axes of time and of the iterator age."""

MAX_MARKS: Final = 1500
MAX_ROWS: Final = 12
"""Limits of the chart: above these, marks that are close together are merged, and processors share the last row."""

_LINEAR_SECONDS: Final = 120.0
"""Longest time on a linear axis. Pauses that double need a logarithmic one for more."""

_FINEST: Final = 0.1
"""Seconds around its middle that are linear on a logarithmic axis."""

_STEPS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200)
_DECADES: Final = (1, 10, 60, 600, 3600, 21_600)
_DAY: Final = 86_400
_LABEL_WIDTH: Final = 46.0
_LABEL_HEIGHT: Final = 18.0

KINDS: Final = {
    "processed": "processed",
    "pause": "shard blocked until the next retry",
    **OUTCOMES,
    "delivered": DELIVERIES[DeliveryStatus.DELIVERED],
    "lost": "discarded, without an invocation record at the destination",
}
"""The kinds of marks, and what they mean."""

_SPANS: Final = ("processed", "pause")
"""Kinds of marks that have a duration. The others are drawn at their end, in front of these."""


class Tick(NamedTuple):
    """A label of an axis, and its position."""

    place: float
    label: str


class Mark(NamedTuple):
    """A mark of a row: its kind, position and width, the number of events that it stands for, and its tooltip.

    Marks of :data:`_SPANS` start at their position, and the other marks end there.
    """

    kind: str
    place: float
    width: float
    times: int
    title: str


class Row(NamedTuple):
    """The marks of one processor, or of the processors that share a row."""

    name: str
    marks: Sequence[Mark]


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The chart; ``ages`` are the points of the iterator age, counted from the bottom."""

    time: "Axis"
    age: "Axis"
    rows: Sequence[Row]
    ages: Sequence[tuple[float, float]]


class Axis:
    """Maps seconds from ``first`` to ``last`` to positions from 0 to ``length``.

    The axis is linear, or logarithmic on both sides of the time ``around``. Its labels are ``apart`` at least.
    """

    def __init__(self, first: float, last: float, length: float, apart: float, around: float | None = None) -> None:
        self.around = around
        self._apart = apart
        self._first = first
        self._last = max(last, first + _FINEST)
        self._length = length

    def place(self, seconds: float) -> float:
        """Return the position of a time."""
        first, last = self._scaled(self._first), self._scaled(self._last)
        return round(self._length * (self._scaled(seconds) - first) / (last - first), 1)

    @property
    def ticks(self) -> list[Tick]:
        """Round times, since zero or relative to the time that the axis is around."""
        if self.around is None:
            longest = self._last - self._first
            steps = itertools.chain(_STEPS, (_DAY * 2**n for n in itertools.count()))
            step = next(step for step in steps if self._length * step / longest >= self._apart * 2)
            numbers = range(math.ceil(self._first / step), int(self._last / step) + 1)
            return [Tick(self.place(step * number), duration(step * number)) for number in numbers]
        ticks: list[Tick] = []
        after = [*_DECADES, *(_DAY * 2**n for n in range(12))]
        for offset in [0.0, *after, *(-seconds for seconds in after)]:
            place = self.place(self.around + offset)
            inside = self._first <= self.around + offset <= self._last
            if inside and all(abs(place - tick.place) >= self._apart for tick in ticks):
                ticks.append(Tick(place, f"{'−' if offset < 0 else ''}{duration(abs(offset))}"))  # noqa: RUF001 - a minus
        return sorted(ticks)

    def _scaled(self, seconds: float) -> float:
        if self.around is None:
            return seconds
        return math.copysign(math.log1p(abs(seconds - self.around) / _FINEST), seconds - self.around)


class _Piece(NamedTuple):
    """One event, or several merged events of the same kind; ``records`` are empty if they differ."""

    kind: str
    began: float
    ended: float
    times: int
    records: Sequence[int]
    lowest: int
    highest: int


def timeline(report: Report) -> Timeline:
    """Return the chart of a report, with at most :data:`MAX_MARKS` marks.

    The axis of time is logarithmic around the first failure if the simulation takes long.
    """
    failures = [invocation.ended for invocation in report.invocations if invocation.outcome != "processed"]
    failures += [discarded.at for discarded in report.discarded]
    first = min(failures, default=None)
    long = first is not None and report.ended > _LINEAR_SECONDS
    time = Axis(0.0, report.ended, WIDTH, _LABEL_WIDTH, first if long else None)
    oldest = max((age for _, age in report.iterator_age), default=0.0)
    age = Axis(0.0, oldest, HEIGHT, _LABEL_HEIGHT, 0.0 if oldest > _LINEAR_SECONDS else None)
    rows = _rows(_pieces_by_processor(report), time)
    return Timeline(time=time, age=age, rows=rows, ages=_ages(report.iterator_age, time, age))


def _pieces_by_processor(report: Report) -> dict[str, list[_Piece]]:
    """Return the events of each processor, in order."""
    events: dict[str, list[Invocation | DiscardedRecords]] = {}
    happened: list[Invocation | DiscardedRecords] = [*report.invocations, *report.discarded]
    for event in happened:
        events.setdefault(event.processor, []).append(event)
    names = sorted(events, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
    return {name: list(_pieces(sorted(events[name], key=ended))) for name in names}


def _pieces(events: Iterable[Invocation | DiscardedRecords]) -> Iterator[_Piece]:
    """Yield the events of a processor and, after each failure, the pause until the next event."""
    failed: Invocation | None = None
    for event in events:
        began = event.at if isinstance(event, DiscardedRecords) else event.began
        if failed and began > failed.ended:
            yield _piece("pause", failed.ended, began, failed.records)
        if isinstance(event, DiscardedRecords):
            failed = None
            kind = "delivered" if event.delivery is DeliveryStatus.DELIVERED else "lost"
            yield _piece(kind, began, began, event.records)
        else:
            failed = event if event.outcome != "processed" else None
            yield _piece(event.outcome, began, event.ended, event.records)


def _piece(kind: str, began: float, end: float, records: Sequence[int]) -> _Piece:
    return _Piece(kind, began, end, 1, records, *((records[0], records[-1]) if records else (0, 0)))


def _rows(processors: dict[str, list[_Piece]], time: Axis) -> list[Row]:
    """Return the rows of the chart. Marks are merged at the shortest distance that makes them few enough."""
    rows = processors
    if len(processors) > MAX_ROWS:
        own = sorted(processors, key=lambda name: _failed(processors[name]), reverse=True)[: MAX_ROWS - 1]
        others = [pieces for name, pieces in processors.items() if name not in own]
        rows = {name: pieces for name, pieces in processors.items() if name in own}
        rows[f"{len(others)} others"] = sorted(itertools.chain(*others), key=lambda piece: piece.ended)
    for distance in (1.0 * 2**n for n in itertools.count()):
        merged = [Row(name, _marks(pieces, time, distance)) for name, pieces in rows.items()]
        if sum(len(row.marks) for row in merged) <= MAX_MARKS or distance > WIDTH:
            break
    return merged


def _failed(pieces: Iterable[_Piece]) -> tuple[float, int]:
    """Return for how long failures blocked a processor, and their number."""
    failures = [piece for piece in pieces if piece.kind != "processed"]
    return sum(piece.ended - piece.began for piece in failures), len(failures)


def _marks(pieces: Iterable[_Piece], time: Axis, distance: float) -> list[Mark]:
    """Return the marks of a row; a piece is merged with the one of its kind before, if it is closer than the distance.

    Successes are merged as long as they follow each other. The distance of other pieces is that of their beginnings.
    """
    merging: dict[str, _Piece] = {}
    marks: list[Mark] = []
    for piece in pieces:
        last = merging.get(piece.kind)
        before = (last.ended if piece.kind == "processed" else last.began) if last else 0.0
        if last and time.place(piece.began) - time.place(before) < distance:
            merging[piece.kind] = last._replace(
                ended=max(last.ended, piece.ended),
                times=last.times + 1,
                records=piece.records if piece.records == last.records else (),
                lowest=min(last.lowest, piece.lowest),
                highest=max(last.highest, piece.highest),
            )
            continue
        if last:
            marks.append(_mark(last, time))
        merging[piece.kind] = piece
    marks += [_mark(piece, time) for piece in merging.values()]
    return sorted(marks, key=lambda mark: (mark.kind not in _SPANS, mark.place))


def _mark(piece: _Piece, time: Axis) -> Mark:
    """Return the mark of a piece; one with a duration is wide enough to be visible."""
    began, end = time.place(piece.began), time.place(piece.ended)
    span = piece.kind in _SPANS
    width = max(round(end - began, 1), 1.5 if span else 0.0)
    noun = "record" if piece.lowest == piece.highest else "records"
    which = ranges(piece.records) or f"between {piece.lowest} and {piece.highest}"
    what = f"{noun} {which}" if piece.highest else "no records"
    first, last = duration(piece.began), duration(piece.ended)
    when = last if first == last else f"{first} to {last}"
    times = f" ({piece.times:,} times)" if piece.times > 1 else ""
    return Mark(piece.kind, began if span else end, width, piece.times, f"{when}: {what}: {KINDS[piece.kind]}{times}")


def _ages(ages: Sequence[tuple[float, float]], time: Axis, age: Axis) -> list[tuple[float, float]]:
    """Return the points of the iterator age: the highest one of each 2 positions."""
    points = ((time.place(at), age.place(old)) for at, old in ages)
    return [
        max(group, key=lambda point: point[1]) for _, group in itertools.groupby(points, lambda point: point[0] // 2)
    ]
