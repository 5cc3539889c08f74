"""Are records read back from a stream completely, once, and gently?"""

import time

import pytest

from generator.errors import AwsError
from generator.mapping.records import SequenceNumber
from generator.operate.stream_reader import MAX_EMPTY_PAGES, RangeRead, StreamReader
from tests.operate.fakes import STREAM, FakeStreams, change, refusal


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if seconds:
            self.pauses.append(seconds)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    passing = Clock()
    monkeypatch.setattr(time, "sleep", passing.sleep)
    monkeypatch.setattr(time, "monotonic", lambda: passing.now)
    return passing


def reader(streams: FakeStreams, per_second: float = 2) -> StreamReader:
    return StreamReader(lambda _service: streams, per_second=per_second)


def read(reading: StreamReader, first: int, last: int, shard: str = "shard-1") -> RangeRead:
    return reading.read((STREAM, shard), SequenceNumber(str(first)), SequenceNumber(str(last)))


def numbers(found: RangeRead) -> list[int]:
    return [int(record.sequence) for record in found.records]


def test_gives_the_records_of_a_range_and_no_others() -> None:
    streams = FakeStreams({"shard-1": [change(number) for number in range(1, 100)]})
    assert numbers(read(reader(streams), 10, 12)) == [10, 11, 12]


def test_numbers_are_compared_as_integers() -> None:
    streams = FakeStreams({"shard-1": [change(number) for number in (8, 9, 10, 11, 100)]})
    assert numbers(read(reader(streams), 9, 11)) == [9, 10, 11]


def test_goes_on_through_empty_pages() -> None:
    streams = FakeStreams({"shard-1": [change(number) for number in range(1, 10)]}, page=2, empty=MAX_EMPTY_PAGES)
    assert numbers(read(reader(streams), 3, 7)) == [3, 4, 5, 6, 7]


def test_open_shard_that_gives_nothing_more_is_left() -> None:
    streams = FakeStreams({"shard-1": [change(1)]})
    assert numbers(read(reader(streams), 1, 5)) == [1]
    assert streams.calls["GetRecords"] <= MAX_EMPTY_PAGES + 3


def test_closed_shard_is_read_to_its_end() -> None:
    streams = FakeStreams({"shard-1": [change(1), change(2)]}, closed={"shard-1"})
    assert numbers(read(reader(streams), 1, 5)) == [1, 2]
    assert streams.calls["GetRecords"] == 1


def test_what_is_left_of_a_range_is_read_from_the_oldest_record_on() -> None:
    streams = FakeStreams({"shard-1": [change(number) for number in range(5, 10)]}, horizon=5)
    found = read(reader(streams), 3, 6)
    assert numbers(found) == [5, 6]
    assert (found.gone_before, found.gone_reason) == (5, "the stream no longer holds them")


@pytest.mark.parametrize("gone", ["shard-2", "shard-1"])
def test_shard_that_is_gone_has_lost_its_records(gone: str) -> None:
    streams = FakeStreams({} if gone == "shard-1" else {"shard-1": []})
    assert read(reader(streams), 1, 2, gone) == RangeRead([], 3, "the stream or the shard no longer exists")


def test_ranges_on_one_page_are_read_with_one_call() -> None:
    streams = FakeStreams({"shard-1": [change(number) for number in range(1, 100)]})
    reading = reader(streams)
    assert [numbers(read(reading, first, first + 1)) for first in (3, 40, 90)] == [[3, 4], [40, 41], [90, 91]]
    assert streams.calls == {"GetShardIterator": 1, "GetRecords": 1}


def test_what_lies_between_ranges_is_not_read() -> None:
    streams = FakeStreams({"shard-1": [change(number) for number in range(1, 100)]}, page=10)
    reading = reader(streams)
    read(reading, 1, 2)
    read(reading, 90, 91)
    assert streams.calls["GetRecords"] == 2
    assert "50" not in streams.given


def test_shard_is_read_no_more_often_than_it_may_be(clock: Clock) -> None:
    streams = FakeStreams({"shard-1": [change(number) for number in range(1, 9)]}, page=2)
    read(reader(streams, per_second=4), 1, 8)
    assert streams.calls["GetRecords"] == 4
    assert clock.now == pytest.approx(0.75)


def test_throttled_reads_are_repeated_after_pauses(clock: Clock) -> None:
    streams = FakeStreams({"shard-1": [change(1)]}, failures=[refusal("LimitExceededException")] * 3)
    assert numbers(read(reader(streams), 1, 1)) == [1]
    assert all(longest / 2 <= pause <= longest for pause, longest in zip(clock.pauses, (0.5, 1, 2), strict=False))
    assert len(clock.pauses) >= 3


def test_waiting_for_a_busy_stream_has_an_end() -> None:
    streams = FakeStreams({"shard-1": [change(1)]}, failures=[refusal("ProvisionedThroughputExceededException")] * 99)
    with pytest.raises(AwsError, match="other readers read it too often"):
        read(reader(streams), 1, 1)


def test_expired_iterator_is_renewed_where_it_was() -> None:
    streams = FakeStreams({"shard-1": [change(number) for number in range(1, 9)]}, page=2)
    reading = reader(streams)
    assert numbers(read(reading, 1, 3)) == [1, 2, 3]
    streams.failures = [refusal("ExpiredIteratorException")]
    assert numbers(read(reading, 4, 7)) == [4, 5, 6, 7]
    assert max(streams.given.values()) == 1


def test_earlier_range_is_read_again_and_not_taken_for_gone() -> None:
    streams = FakeStreams({"shard-1": [change(number) for number in range(1, 100)]})
    reading = reader(streams)
    read(reading, 3, 40)
    assert numbers(read(reading, 3, 5)) == [3, 4, 5]


def test_range_that_overlaps_the_last_one_is_read_whole() -> None:
    streams = FakeStreams({"shard-1": [change(number) for number in range(1, 100)]})
    reading = reader(streams)
    read(reading, 3, 40)
    assert numbers(read(reading, 38, 42)) == [38, 39, 40, 41, 42]


def test_idle_shard_that_has_lost_everything_says_so_itself() -> None:
    streams = FakeStreams({"shard-1": []}, horizon=50)
    assert read(reader(streams), 3, 6) == RangeRead([], 7, "the stream no longer holds them")


def test_idle_shard_that_does_not_say_so_has_lost_nothing() -> None:
    found = read(reader(FakeStreams({"shard-1": []})), 3, 6)
    assert (found.gone_before, found.complete) == (0, False)


def test_records_that_expire_while_they_are_read_are_gone() -> None:
    streams = FakeStreams({"shard-1": [change(number) for number in range(1, 10)]}, page=2)
    streams.failures_later = {2: refusal("TrimmedDataAccessException")}
    streams.on_failure = lambda: setattr(streams, "horizon", 6)
    found = read(reader(streams), 1, 9)
    assert numbers(found) == [1, 2, 6, 7, 8, 9]
    assert found.gone_before == 6


def test_emulator_that_starts_at_the_oldest_record_without_a_word_has_lost_the_first() -> None:
    streams = FakeStreams({"shard-1": [change(number) for number in range(5, 10)]})
    found = read(reader(streams), 3, 6)
    assert (numbers(found), found.gone_before) == ([5, 6], 5)


@pytest.mark.parametrize("code", ["ValidationException", "ParamValidationError"])
def test_range_that_the_stream_refuses_is_left_alone(code: str) -> None:
    streams = FakeStreams({"shard-1": [change(1)]}, failures=[refusal(code, "no shard of mine")])
    found = read(reader(streams), 1, 1)
    assert (found.records, found.complete) == ([], False)
    assert "no shard of mine" in found.refusal


def test_parents_are_those_of_the_stream() -> None:
    streams = FakeStreams({"a": [], "b": []}, parents={"b": "a"})
    assert reader(streams).parents(STREAM) == {(STREAM, "b"): "a"}
    assert reader(streams).parents(STREAM.replace("orders", "gone")) == {}


def test_refusal_is_one_line_that_names_the_shard() -> None:
    streams = FakeStreams({"shard-1": []}, failures=[refusal("AccessDeniedException", "not you")])
    with pytest.raises(AwsError, match=r"^Shard shard-1 of arn:.* cannot be read: AccessDeniedException: not you\.$"):
        read(reader(streams), 1, 1)
