"""Are invocation records matched in the order of their records, and those that overlap together?"""

from dataclasses import replace

from generator.operate.matching import group_by_range
from tests.operate.fakes import STREAM, document


def test_ranges_that_overlap_are_one() -> None:
    found = group_by_range([document(5, 9), document(1, 6), document(11)], {})
    assert [[(each.first, each.last) for each in group] for group in found] == [[(1, 6), (5, 9)], [(11, 11)]]


def test_ranges_that_only_touch_stay_apart() -> None:
    assert len(group_by_range([document(1, 4), document(5, 9)], {})) == 2


def test_range_within_another_does_not_end_it() -> None:
    found = group_by_range([document(1, 9), document(2, 3), document(8, 12)], {})
    assert [[(each.first, each.last) for each in group] for group in found] == [[(1, 9), (2, 3), (8, 12)]]


def test_order_is_that_of_the_numbers_as_integers() -> None:
    found = group_by_range([document(100), document(99), document(1000)], {})
    assert [group[0].first for group in found] == [99, 100, 1000]


def test_shards_do_not_mix() -> None:
    found = group_by_range([document(1, 9), document(2, 5, shard="shard-2")], {})
    assert [group[0].shard for group in found] == ["shard-1", "shard-2"]


def test_shard_comes_after_its_parent() -> None:
    parents = {(STREAM, "a"): "b", (STREAM, "b"): "c"}
    found = group_by_range([document(1, shard="a"), document(3, shard="b"), document(2, shard="c")], parents)
    assert [group[0].shard for group in found] == ["c", "b", "a"]


def test_shard_with_older_records_comes_first_where_no_parent_is_known() -> None:
    found = group_by_range([document(1, shard="a", first_arrival=20.0), document(2, shard="b", first_arrival=10.0)], {})
    assert [group[0].shard for group in found] == ["b", "a"]


def test_document_without_numbers_has_no_range() -> None:
    assert group_by_range([replace(document(1), first=None, last=None)], {}) == []
