"""Do the sources give a lane its records in order, within the limits, and when they have arrived?"""

import math
from collections.abc import Sequence
from typing import Any, overload

import pytest

from generator.mapping.shard_processor import READ_BYTES, READ_RECORDS
from generator.mapping.sources import HELD_BACK, Backlog, Filtered, Groups, group_of, shared_out
from tests.mapping.simulating import Record

ARRIVING = [Record(1, 0.0), Record(2, 1.0), Record(3, 1.0), Record(4, 5.0)]
KEYS = {group_of(key, 2): key for key in "abcdef"}
"""A key of each of two groups."""


def numbers(records: Sequence[Record]) -> list[int]:
    return [record.sequence for record in records]


def key_of(record: Record) -> str:
    return record.key


class TestBacklog:
    def test_gives_what_has_arrived(self) -> None:
        source = Backlog(ARRIVING)
        assert numbers(source.read(10, READ_BYTES, 1.0)) == [1, 2, 3]
        assert numbers(source.read(10, READ_BYTES, 4.9)) == []
        assert numbers(source.read(10, READ_BYTES, 5.0)) == [4]

    def test_gives_at_most_the_limit_and_goes_on_behind_it(self) -> None:
        source = Backlog(ARRIVING)
        assert [numbers(source.read(3, READ_BYTES, 9.0)) for _ in range(3)] == [[1, 2, 3], [4], []]

    def test_gives_at_most_the_bytes_and_goes_on_behind_them(self) -> None:
        source = Backlog([Record(1, size=600), Record(2, size=400), Record(3, size=1)])
        assert [numbers(source.read(9, 1000, 0.0)) for _ in range(2)] == [[1, 2], [3]]

    def test_next_is_the_arrival_of_the_first_that_was_not_given(self) -> None:
        source = Backlog(ARRIVING)
        source.read(3, READ_BYTES, 9.0)
        assert source.next_at == 5.0
        source.read(1, READ_BYTES, 9.0)
        assert source.next_at == math.inf

    def test_passes_over_what_arrived_before(self) -> None:
        assert numbers(Backlog(ARRIVING, since=1.0).read(9, READ_BYTES, 9.0)) == [2, 3, 4]

    @pytest.mark.parametrize("closed", [False, True])
    def test_ends_behind_its_last_record_where_it_is_closed(self, closed: bool) -> None:  # noqa: FBT001 - a case
        source = Backlog(ARRIVING, closed=closed)
        source.read(3, READ_BYTES, 9.0)
        assert not source.ended
        source.read(1, READ_BYTES, 9.0)
        assert source.ended is closed

    def test_never_holds_records_that_are_made_when_they_are_read(self) -> None:
        made = _Made(1_000_000)
        source = Backlog(made, largest=1000)
        assert len(source.read(100, READ_BYTES, 0.0)) == 100
        # A search for where to begin looks at a few.
        assert made.count < 200


class TestFiltered:
    def test_gives_what_matches_and_counts_what_does_not(self) -> None:
        source = Filtered(Backlog(ARRIVING), lambda record: record.sequence % 2 == 0)
        assert numbers(source.read(9, READ_BYTES, 9.0)) == [2, 4]
        assert source.dropped == 2

    def test_reads_on_until_the_limit_is_reached(self) -> None:
        source = Filtered(Backlog([Record(number) for number in range(50)]), lambda record: record.sequence % 10 == 0)
        assert numbers(source.read(3, READ_BYTES, 0.0)) == [0, 10, 20]

    def test_gives_at_most_the_limit_however_often_it_reads(self) -> None:
        source = Filtered(Backlog([Record(number) for number in range(10)]), lambda record: record.sequence >= 2)
        assert [numbers(source.read(3, READ_BYTES, 0.0)) for _ in range(3)] == [[2, 3, 4], [5, 6, 7], [8, 9]]

    def test_what_it_drops_takes_no_room(self) -> None:
        large = [Record(number, size=600) for number in range(6)]
        source = Filtered(Backlog(large), lambda record: record.sequence >= 5)
        assert numbers(source.read(9, 1000, 0.0)) == [5]

    def test_gives_at_most_the_bytes(self) -> None:
        source = Filtered(Backlog([Record(number, size=400) for number in range(6)]), lambda _: True)
        assert [numbers(source.read(9, 1000, 0.0)) for _ in range(3)] == [[0, 1], [2, 3], [4, 5]]

    def test_next_and_end_are_its_sources(self) -> None:
        source = Filtered(Backlog(ARRIVING, closed=True), lambda _: False)
        assert (source.next_at, source.ended) == (0.0, False)
        source.read(9, READ_BYTES, 9.0)
        assert (source.next_at, source.ended) == (math.inf, True)


class TestGroups:
    def test_records_of_one_item_go_to_one_lane_in_order(self) -> None:
        mixed = [Record(number, key=key) for number, key in enumerate("abcdefabcdef", 1)]
        groups = Groups(Backlog(mixed), 3, key_of)
        given = [lane.read(99, READ_BYTES, 0.0) for lane in groups.lanes]
        assert sorted(number for records in given for number in numbers(records)) == list(range(1, 13))
        assert all(numbers(records) == sorted(numbers(records)) for records in given)
        assert all(not {key_of(each) for each in one} & {key_of(each) for each in given[0]} for one in given[1:])

    def test_lane_gives_at_most_the_limit_and_the_bytes(self) -> None:
        groups = Groups(Backlog([Record(number, size=400) for number in range(9)]), 1, key_of)
        assert numbers(groups.lanes[0].read(4, 1000, 0.0)) == [0, 1]
        assert numbers(groups.lanes[0].read(4, READ_BYTES, 0.0)) == [2, 3, 4, 5]

    def test_lane_does_not_give_what_has_not_arrived_by_its_own_clock(self) -> None:
        later = [Record(1, 10.0, key=KEYS[0]), Record(2, 10.0, key=KEYS[1])]
        first, second = Groups(Backlog(later), 2, key_of).lanes
        assert numbers(first.read(9, READ_BYTES, 20.0)) == [1]
        assert numbers(second.read(9, READ_BYTES, 5.0)) == []
        assert second.next_at == 10.0

    def test_what_is_held_back_has_a_bound(self) -> None:
        blocked = [Record(number, key=KEYS[0]) for number in range(5 * HELD_BACK)]
        first, second = Groups(Backlog(blocked, largest=1000), 2, key_of).lanes
        assert numbers(second.read(9, READ_BYTES, 0.0)) == []
        assert HELD_BACK <= len(first.waiting) < HELD_BACK + READ_RECORDS

    def test_lane_that_is_held_back_looks_again_soon(self) -> None:
        blocked = [Record(number, key=KEYS[0]) for number in range(HELD_BACK)]
        first, second = Groups(Backlog([*blocked, Record(HELD_BACK, key=KEYS[1])], largest=1000), 2, key_of).lanes
        assert numbers(second.read(9, READ_BYTES, 7.0)) == []
        assert 7.0 < second.next_at <= 8.0
        first.read(READ_RECORDS, 2 * READ_BYTES, 7.0)
        assert numbers(second.read(9, READ_BYTES, 8.0)) == [HELD_BACK]

    def test_lane_ends_with_the_source_and_when_nothing_of_it_waits(self) -> None:
        first, second = Groups(Backlog([Record(1, key=KEYS[0])], closed=True), 2, key_of).lanes
        second.read(9, READ_BYTES, 0.0)
        assert (first.ended, second.ended) == (False, True)
        first.read(9, READ_BYTES, 0.0)
        assert first.ended

    def test_group_of_an_item_is_the_same_in_every_process(self) -> None:
        assert [group_of(key, 10) for key in ("a", "b", "c")] == [7, 1, 5]


class TestSharedOut:
    def test_one_lane_is_the_source_itself(self) -> None:
        source = Backlog(ARRIVING)
        assert shared_out("shard", source, 1, key_of) == [("shard", source)]

    def test_several_lanes_have_names_of_their_own(self) -> None:
        assert [name for name, _ in shared_out("shard", Backlog(ARRIVING), 3, key_of)] == [
            "shard/1",
            "shard/2",
            "shard/3",
        ]


class _Made(Sequence[Record]):
    """Records that are made when they are asked for, and how many were."""

    def __init__(self, length: int) -> None:
        self.count = 0
        self._length = length

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> list[Record]: ...
    def __getitem__(self, place: Any) -> Any:
        places = range(*place.indices(self._length)) if isinstance(place, slice) else [place]
        self.count += len(places)
        made = [Record(number) for number in places]
        return made if isinstance(place, slice) else made[0]
