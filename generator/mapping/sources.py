"""Where a lane's records come from: a backlog that is known, and what filters and groups of item keys make of a source.

The source that reads a real stream is in ``poller``.
"""

import math
import zlib
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final

from generator.mapping.shard_processor import READ_BYTES, READ_RECORDS, Record, Source

HELD_BACK: Final = 10_000
"""Records of a blocked group that may wait before the shard's other groups wait too (assumed: some bound)."""

_ANOTHER_LOOK: Final = 1.0
"""Seconds after which a group that is held back looks again."""

_arrival = attrgetter("arrival")


class Backlog:
    """Records that are known beforehand, in the order of their arrival; they may lie in the future.

    Takes any sequence; one that makes its records when it is sliced is never in memory as a whole. ``largest`` is an
    upper bound of their sizes in bytes, which saves asking each. ``closed`` tells that the shard ends with them.
    What arrived before ``since`` is passed over.
    """

    def __init__(
        self,
        records: Sequence[Any],
        *,
        largest: int | None = None,
        closed: bool = False,
        since: float = -math.inf,
    ) -> None:
        self._records = records
        self._largest = max((record.size for record in records), default=0) if largest is None else largest
        self._closed = closed
        self._at = bisect_left(records, since, key=_arrival)

    @property
    def ended(self) -> bool:
        """Whether the shard is closed and everything of it was read."""
        return self._closed and self._at >= len(self._records)

    @property
    def next_at(self) -> float:
        """When the next record arrives."""
        return _arrival(self._records[self._at]) if self._at < len(self._records) else math.inf

    def read(self, limit: int, room: int, now: float) -> Sequence[Any]:
        """Return what has arrived by now: at most ``limit`` records, of at most ``room`` bytes together."""
        at = self._at
        batch = self._records[at : at + limit]
        if batch and batch[-1].arrival > now:
            batch = batch[: bisect_right(batch, now, key=_arrival)]
        if self._largest * limit > room:
            batch = batch[: _fitting(batch, room)]
        self._at = at + len(batch)
        return batch


class Filtered:
    """The records of a source that a filter lets through; ``dropped`` is how many it did not."""

    def __init__(self, source: Source, matches: Callable[[Any], bool]) -> None:
        self.dropped = 0
        self._source = source
        self._matches = matches

    @property
    def ended(self) -> bool:
        """Whether the source has ended."""
        return self._source.ended

    @property
    def next_at(self) -> float:
        """When it is worth reading the source."""
        return self._source.next_at

    def read(self, limit: int, room: int, now: float) -> Sequence[Any]:
        """Return the records that match among those that have arrived by now."""
        kept: list[Any] = []
        while len(kept) < limit:
            records = self._source.read(limit - len(kept), room, now)
            if not records:
                break
            matching = [record for record in records if self._matches(record)]
            self.dropped += len(records) - len(matching)
            room -= sum(record.size for record in matching)
            kept += matching
        return kept


class Groups:
    """One source shared out among the lanes of a parallelization factor: all records of an item go to the same one.

    Takes the source, the number of lanes, and what gives a record's item key.
    """

    def __init__(self, source: Source, count: int, key: Callable[[Any], str]) -> None:
        self.lanes = [_Group(self, number) for number in range(count)]
        self.source = source
        self._key = key

    def pull(self, now: float) -> bool:
        """Share out what has arrived by now; return whether that was anything."""
        if any(len(lane.waiting) >= HELD_BACK for lane in self.lanes):
            return False
        records = self.source.read(READ_RECORDS, READ_BYTES, now)
        for record in records:
            self.lanes[group_of(self._key(record), len(self.lanes))].waiting.append(record)
        return bool(records)


class _Group:
    """The records of one group, as a source."""

    def __init__(self, groups: Groups, number: int) -> None:
        self.number = number
        self.waiting: deque[Any] = deque()
        self._groups = groups
        self._looked = -math.inf

    @property
    def ended(self) -> bool:
        return self._groups.source.ended and not self.waiting

    @property
    def next_at(self) -> float:
        if self.waiting:
            return float(self.waiting[0].arrival)
        next_at = self._groups.source.next_at
        # What had arrived at the last look is held back by another group.
        return next_at if next_at > self._looked else self._looked + _ANOTHER_LOOK

    def read(self, limit: int, room: int, now: float) -> Sequence[Any]:
        while len(self.waiting) < limit and self._groups.pull(now):
            pass
        self._looked = now
        batch: list[Record] = []
        while self.waiting and len(batch) < limit and self.waiting[0].arrival <= now:
            room -= self.waiting[0].size
            if room < 0:
                break
            batch.append(self.waiting.popleft())
        return batch


def shared_out(name: str, source: Source, count: int, key: Callable[[Any], str]) -> list[tuple[str, Source]]:
    """Return a shard's source as those of its lanes, each with its name: one, or as many as are processed at once."""
    if count == 1:
        return [(name, source)]
    return [(f"{name}/{number}", lane) for number, lane in enumerate(Groups(source, count, key).lanes, 1)]


def group_of(key: str, count: int) -> int:
    """Return the number of the group, of so many, that an item's key belongs to."""
    return zlib.crc32(key.encode()) % count


def _fitting(records: Sequence[Any], room: int) -> int:
    """Return how many records from the first on have no more than ``room`` bytes together."""
    for place, record in enumerate(records):
        room -= record.size
        if room < 0:
            return place
    return len(records)
