"""Sources of records for shard processors: a list, a filter over a source, and the partitions of a source by item key.

The source that reads a stream is in :mod:`generator.streams`.
"""

import math
import zlib
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final

from generator.limits import READ_BYTES, READ_RECORDS
from generator.mapping.shard_processor import Source

MAX_BUFFERED_RECORDS: Final = 10_000
"""Buffered records of a blocked partition at which it blocks the other partitions of the shard (assumed)."""

_POLL_BLOCKED_SECONDS: Final = 1.0
"""Pause of a partition that waits for a blocked one."""

_arrival = attrgetter("arrival")


class RecordList:
    """Records that are known in advance, in the order of their arrival, which may be in the future.

    Args:
        records: any sequence; one that makes its records when it is sliced is never in memory as a whole.
        largest: upper bound of the size of a record in bytes, which avoids adding up the sizes.
        closed: whether the shard ends with the last record.
        start: arrival time of the first record to return.
    """

    def __init__(
        self,
        records: Sequence[Any],
        *,
        largest: int | None = None,
        closed: bool = False,
        start: float = -math.inf,
    ) -> None:
        self._records = records
        self._largest = max((record.size for record in records), default=0) if largest is None else largest
        self._closed = closed
        self._next = bisect_left(records, start, key=_arrival)

    @property
    def ended(self) -> bool:
        """Whether the shard is closed and all records were read."""
        return self._closed and self._next >= len(self._records)

    @property
    def next_record_time(self) -> float:
        """The arrival of the next record."""
        return _arrival(self._records[self._next]) if self._next < len(self._records) else math.inf

    def read(self, max_records: int, max_bytes: int, now: float) -> Sequence[Any]:
        """Return the next records that have arrived by now."""
        end = min(self._next + max_records, len(self._records))
        if end > self._next and self._records[end - 1].arrival > now:
            # Without a slice of all records that have not arrived, which may be made only then
            end = bisect_right(self._records, now, self._next, end, key=_arrival)
        batch = self._records[self._next : end]
        if self._largest * max_records > max_bytes:
            batch = batch[: _count_within(batch, max_bytes)]
        self._next += len(batch)
        return batch


class FilteredSource:
    """The records of a source that match; ``filtered_out`` counts the others."""

    def __init__(self, source: Source, matches: Callable[[Any], bool]) -> None:
        self.filtered_out = 0
        self._source = source
        self._matches = matches

    @property
    def ended(self) -> bool:
        """Whether the source has ended."""
        return self._source.ended

    @property
    def next_record_time(self) -> float:
        """When to read the source next."""
        return self._source.next_record_time

    def read(self, max_records: int, max_bytes: int, now: float) -> Sequence[Any]:
        """Return the next records that match and have arrived by now."""
        batch: list[Any] = []
        while len(batch) < max_records:
            records = self._source.read(max_records - len(batch), max_bytes, now)
            if not records:
                break
            matching = [record for record in records if self._matches(record)]
            self.filtered_out += len(records) - len(matching)
            max_bytes -= sum(record.size for record in matching)
            batch += matching
        return batch


class KeyPartitions:
    """A source divided by item key: all records of an item are in the same partition, which is a source.

    Lambda processes as many partitions of a shard at the same time as the parallelization factor says.
    """

    def __init__(self, source: Source, count: int, key: Callable[[Any], str]) -> None:
        self.partitions: list[Partition] = [Partition(self) for _ in range(count)]
        self.source = source
        self._key = key

    def fill(self, now: float) -> bool:
        """Read the source once into the partitions; return whether it returned records."""
        if any(len(partition.buffered) >= MAX_BUFFERED_RECORDS for partition in self.partitions):
            return False
        records = self.source.read(READ_RECORDS, READ_BYTES, now)
        for record in records:
            self.partitions[partition_number(self._key(record), len(self.partitions))].buffered.append(record)
        return bool(records)


class Partition:
    """The records of one partition, as a source."""

    def __init__(self, shard: KeyPartitions) -> None:
        self.buffered: deque[Any] = deque()
        self._shard = shard
        self._last_read = -math.inf

    @property
    def ended(self) -> bool:
        """Whether the shard has ended and all records of the partition were read."""
        return self._shard.source.ended and not self.buffered

    @property
    def next_record_time(self) -> float:
        """The arrival of the next record, or the time of the next poll."""
        if self.buffered:
            return float(self.buffered[0].arrival)
        next_record_time = self._shard.source.next_record_time
        if next_record_time > self._last_read:
            return next_record_time
        # It had arrived at the last read: another partition is blocked, and its buffer is full.
        return self._last_read + _POLL_BLOCKED_SECONDS

    def read(self, max_records: int, max_bytes: int, now: float) -> Sequence[Any]:
        """Return the next records of the partition that have arrived by now."""
        while len(self.buffered) < max_records and self._shard.fill(now):
            pass
        self._last_read = now
        batch: list[Any] = []
        while self.buffered and len(batch) < max_records and self.buffered[0].arrival <= now:
            max_bytes -= self.buffered[0].size
            if max_bytes < 0:
                break
            batch.append(self.buffered.popleft())
        return batch


def partition_by_key(name: str, source: Source, count: int, key: Callable[[Any], str]) -> dict[str, Source]:
    """Return the sources of a shard by name: the shard's own source, or its partitions if there are several."""
    if count == 1:
        return {name: source}
    return {f"{name}/{number}": part for number, part in enumerate(KeyPartitions(source, count, key).partitions, 1)}


def partition_number(key: str, count: int) -> int:
    """Return the partition, from 0 on, of the item with this key."""
    return zlib.crc32(key.encode()) % count


def _count_within(records: Sequence[Any], max_bytes: int) -> int:
    """Return how many records from the first on fit into a number of bytes."""
    for index, record in enumerate(records):
        max_bytes -= record.size
        if max_bytes < 0:
            return index
    return len(records)
