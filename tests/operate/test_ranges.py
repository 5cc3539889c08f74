"""Are documents read in the order of their records, and those that overlap together?"""

from dataclasses import replace

from generator.operate.ranges import of_documents
from tests.operate.fakes import STREAM, document


def test_ranges_that_overlap_are_one() -> None:
    found = of_documents([document(5, 9), document(1, 6), document(11)], {})
    assert [(each.first, each.last, len(each.documents)) for each in found] == [(1, 9, 2), (11, 11, 1)]


def test_ranges_that_only_touch_stay_apart() -> None:
    found = of_documents([document(1, 4), document(5, 9)], {})
    assert [(each.first, each.last) for each in found] == [(1, 4), (5, 9)]


def test_range_within_another_does_not_end_it() -> None:
    found = of_documents([document(1, 9), document(2, 3), document(8, 12)], {})
    assert [(each.first, each.last) for each in found] == [(1, 12)]


def test_order_is_that_of_the_numbers_as_integers() -> None:
    found = of_documents([document(100), document(99), document(1000)], {})
    assert [each.first for each in found] == [99, 100, 1000]


def test_shards_do_not_mix() -> None:
    found = of_documents([document(1, 9), document(2, 5, shard="shard-2")], {})
    assert [each.shard for each in found] == ["shard-1", "shard-2"]


def test_shard_comes_after_its_parent() -> None:
    parents = {(STREAM, "a"): "b", (STREAM, "b"): "c"}
    found = of_documents([document(1, shard="a"), document(3, shard="b"), document(2, shard="c")], parents)
    assert [each.shard for each in found] == ["c", "b", "a"]


def test_shard_with_older_records_comes_first_where_no_parent_is_known() -> None:
    found = of_documents([document(1, shard="a", arrived=20.0), document(2, shard="b", arrived=10.0)], {})
    assert [each.shard for each in found] == ["b", "a"]


def test_document_without_numbers_has_no_range() -> None:
    assert of_documents([replace(document(1), first=None, last=None)], {}) == []
