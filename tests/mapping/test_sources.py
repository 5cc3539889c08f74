"""Do the sources return their records in order, within the limits, and when they have arrived?"""

import math
from collections.abc import Sequence
from typing import Any, overload

import pytest

from generator.limits import READ_BYTES, READ_RECORDS
from generator.mapping.sources import (
    MAX_BUFFERED_RECORDS,
    FilteredSource,
    KeyPartitions,
    RecordList,
    partition_by_key,
    partition_number,
)
from tests.mapping.simulating import Record

ARRIVING = [Record(1, 0.0), Record(2, 1.0), Record(3, 1.0), Record(4, 5.0)]
KEYS = {partition_number(key, 2): key for key in "abcdef"}
"""A key of each of 2 partitions."""


def numbers(records: Sequence[Record]) -> list[int]:
    return [record.sequence for record in records]


def key_of(record: Record) -> str:
    return record.key


class TestRecordList:
    def test_gives_what_has_arrived(self) -> None:
        source = RecordList(ARRIVING)
        assert numbers(source.read(10, READ_BYTES, 1.0)) == [1, 2, 3]
        assert numbers(source.read(10, READ_BYTES, 4.9)) == []
        assert numbers(source.read(10, READ_BYTES, 5.0)) == [4]

    def test_gives_at_most_the_limit_and_goes_on_behind_it(self) -> None:
        source = RecordList(ARRIVING)
        assert [numbers(source.read(3, READ_BYTES, 9.0)) for _ in range(3)] == [[1, 2, 3], [4], []]

    def test_gives_at_most_the_bytes_and_goes_on_behind_them(self) -> None:
        source = RecordList([Record(1, size=600), Record(2, size=400), Record(3, size=1)])
        assert [numbers(source.read(9, 1000, 0.0)) for _ in range(2)] == [[1, 2], [3]]

    def test_next_is_the_arrival_of_the_first_that_was_not_given(self) -> None:
        source = RecordList(ARRIVING)
        source.read(3, READ_BYTES, 9.0)
        assert source.next_record_time == 5.0
        source.read(1, READ_BYTES, 9.0)
        assert source.next_record_time == math.inf

    def test_passes_over_what_arrived_before(self) -> None:
        assert numbers(RecordList(ARRIVING, start=1.0).read(9, READ_BYTES, 9.0)) == [2, 3, 4]

    @pytest.mark.parametrize("closed", [False, True])
    def test_ends_behind_its_last_record_where_it_is_closed(self, closed: bool) -> None:  # noqa: FBT001 - a case
        source = RecordList(ARRIVING, closed=closed)
        source.read(3, READ_BYTES, 9.0)
        assert not source.ended
        source.read(1, READ_BYTES, 9.0)
        assert source.ended is closed

    def test_never_holds_records_that_are_made_when_they_are_read(self) -> None:
        made = _Made(1_000_000)
        source = RecordList(made, largest=1000)
        assert len(source.read(100, READ_BYTES, 0.0)) == 100
        # A search for where to begin looks at a few.
        assert made.items_read < 200


class TestFilteredSource:
    def test_gives_what_matches_and_counts_what_does_not(self) -> None:
        source = FilteredSource(RecordList(ARRIVING), lambda record: record.sequence % 2 == 0)
        assert numbers(source.read(9, READ_BYTES, 9.0)) == [2, 4]
        assert source.filtered_out == 2

    def test_count_is_that_of_all_reads(self) -> None:
        source = FilteredSource(RecordList(ARRIVING), lambda record: record.sequence == 3)
        assert numbers(source.read(1, READ_BYTES, 1.0)) == [3]
        assert source.filtered_out == 2
        assert numbers(source.read(9, READ_BYTES, 9.0)) == []
        assert source.filtered_out == 3

    def test_reads_on_until_the_limit_is_reached(self) -> None:
        source = FilteredSource(
            RecordList([Record(number) for number in range(50)]), lambda record: record.sequence % 10 == 0
        )
        assert numbers(source.read(3, READ_BYTES, 0.0)) == [0, 10, 20]

    def test_gives_at_most_the_limit_however_often_it_reads(self) -> None:
        source = FilteredSource(
            RecordList([Record(number) for number in range(10)]), lambda record: record.sequence >= 2
        )
        assert [numbers(source.read(3, READ_BYTES, 0.0)) for _ in range(3)] == [[2, 3, 4], [5, 6, 7], [8, 9]]

    def test_what_it_drops_takes_no_room(self) -> None:
        large = [Record(number, size=600) for number in range(6)]
        source = FilteredSource(RecordList(large), lambda record: record.sequence >= 5)
        assert numbers(source.read(9, 1000, 0.0)) == [5]

    def test_gives_at_most_the_bytes(self) -> None:
        source = FilteredSource(RecordList([Record(number, size=400) for number in range(6)]), lambda _: True)
        assert [numbers(source.read(9, 1000, 0.0)) for _ in range(3)] == [[0, 1], [2, 3], [4, 5]]

    def test_next_and_end_are_its_sources(self) -> None:
        source = FilteredSource(RecordList(ARRIVING, closed=True), lambda _: False)
        assert (source.next_record_time, source.ended) == (0.0, False)
        source.read(9, READ_BYTES, 9.0)
        assert (source.next_record_time, source.ended) == (math.inf, True)


class TestKeyPartitions:
    def test_records_of_one_item_are_in_one_partition_in_order(self) -> None:
        mixed = [Record(number, key=key) for number, key in enumerate("abcdefabcdef", 1)]
        shard = KeyPartitions(RecordList(mixed), 3, key_of)
        given = [partition.read(99, READ_BYTES, 0.0) for partition in shard.partitions]
        assert sorted(number for records in given for number in numbers(records)) == list(range(1, 13))
        assert all(numbers(records) == sorted(numbers(records)) for records in given)
        assert all(not {key_of(each) for each in one} & {key_of(each) for each in given[0]} for one in given[1:])

    def test_partition_returns_at_most_the_records_and_the_bytes(self) -> None:
        shard = KeyPartitions(RecordList([Record(number, size=400) for number in range(9)]), 1, key_of)
        assert numbers(shard.partitions[0].read(4, 1000, 0.0)) == [0, 1]
        assert numbers(shard.partitions[0].read(4, READ_BYTES, 0.0)) == [2, 3, 4, 5]

    def test_partition_returns_a_record_of_exactly_the_bytes(self) -> None:
        shard = KeyPartitions(RecordList([Record(1, size=600), Record(2, size=400), Record(3)]), 1, key_of)
        assert numbers(shard.partitions[0].read(4, 1000, 0.0)) == [1, 2]

    def test_partition_is_due_when_its_shard_is(self) -> None:
        first, second = KeyPartitions(RecordList(ARRIVING), 2, key_of).partitions
        assert (first.next_record_time, second.next_record_time) == (0.0, 0.0)

    def test_partition_does_not_return_records_of_the_future(self) -> None:
        later = [Record(1, 10.0, key=KEYS[0]), Record(2, 10.0, key=KEYS[1])]
        first, second = KeyPartitions(RecordList(later), 2, key_of).partitions
        assert numbers(first.read(9, READ_BYTES, 20.0)) == [1]
        assert numbers(second.read(9, READ_BYTES, 5.0)) == []
        assert second.next_record_time == 10.0

    def test_buffer_of_a_partition_is_limited(self) -> None:
        blocked = [Record(number, key=KEYS[0]) for number in range(5 * MAX_BUFFERED_RECORDS)]
        first, second = KeyPartitions(RecordList(blocked, largest=1000), 2, key_of).partitions
        assert numbers(second.read(9, READ_BYTES, 0.0)) == []
        assert MAX_BUFFERED_RECORDS <= len(first.buffered) < MAX_BUFFERED_RECORDS + READ_RECORDS

    def test_partition_polls_again_when_another_one_is_blocked(self) -> None:
        blocked = [Record(number, key=KEYS[0]) for number in range(MAX_BUFFERED_RECORDS)]
        first, second = KeyPartitions(
            RecordList([*blocked, Record(MAX_BUFFERED_RECORDS, key=KEYS[1])], largest=1000), 2, key_of
        ).partitions
        assert numbers(second.read(9, READ_BYTES, 7.0)) == []
        assert 7.0 < second.next_record_time <= 8.0
        first.read(READ_RECORDS, 2 * READ_BYTES, 7.0)
        assert numbers(second.read(9, READ_BYTES, 8.0)) == [MAX_BUFFERED_RECORDS]

    def test_partition_ends_with_its_source_and_its_buffer(self) -> None:
        first, second = KeyPartitions(RecordList([Record(1, key=KEYS[0])], closed=True), 2, key_of).partitions
        second.read(9, READ_BYTES, 0.0)
        assert (first.ended, second.ended) == (False, True)
        first.read(9, READ_BYTES, 0.0)
        assert first.ended

    def test_partition_of_an_item_is_the_same_in_every_process(self) -> None:
        assert [partition_number(key, 10) for key in ("a", "b", "c")] == [7, 1, 5]


class TestPartitionByKey:
    def test_one_partition_is_the_source_itself(self) -> None:
        source = RecordList(ARRIVING)
        assert partition_by_key("shard", source, 1, key_of) == {"shard": source}

    def test_partitions_have_numbered_names(self) -> None:
        assert list(partition_by_key("shard", RecordList(ARRIVING), 3, key_of)) == ["shard/1", "shard/2", "shard/3"]


class _Made(Sequence[Record]):
    """Records that are made when they are asked for, and how many were."""

    def __init__(self, length: int) -> None:
        self.items_read = 0
        self._length = length

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> list[Record]: ...
    def __getitem__(self, place: Any) -> Any:
        places = range(*place.indices(self._length)) if isinstance(place, slice) else [place]
        self.items_read += len(places)
        made = [Record(number) for number in places]
        return made if isinstance(place, slice) else made[0]
