"""Does the function get records in order, in batches that it can take, and is a failure never taken for success?"""

import json
from typing import Any

import pytest

from generator.errors import AwsError
from generator.mapping.records import StreamRecord, as_event, from_event
from generator.mapping.shard_processor import INVOCATION_BYTES
from generator.operate.invoking import Fate, Sender, batches
from generator.operate.spool import Staged
from tests.operate.fakes import FUNCTION, STREAM, FakeLambda, change, refusal, reports


def records(*numbers: int, key: str | None = None, size: int = 0) -> list[StreamRecord]:
    made = [
        as_event(change(each, key or str(each), image={"id": {"S": "a"}, "x": {"S": "x" * size}}), STREAM)
        for each in numbers
    ]
    return [from_event(event) for event in made]


def send(function: FakeLambda, batch: list[StreamRecord], pauses: list[float] | None = None) -> dict[int, Fate]:
    sender = Sender(function, FUNCTION, sleep=(pauses if pauses is not None else []).append)
    return {int(one.record.sequence): one.fate for outcomes in sender.send(batch) for one in outcomes}


def test_batch_that_succeeds_is_sent_once() -> None:
    function = FakeLambda()
    assert set(send(function, records(1, 2, 3)).values()) == {Fate.REPLAYED}
    assert function.numbers == [[1, 2, 3]]


@pytest.mark.parametrize(
    "behaves", [reports(3), lambda batch: "bad" if any(one["eventID"].endswith("3") for one in batch) else None]
)
def test_record_that_fails_is_isolated(behaves: Any) -> None:  # noqa: ANN401
    function = FakeLambda(behaves)
    found = send(function, records(1, 2, 3, 4, 5))
    assert found == {1: Fate.REPLAYED, 2: Fate.REPLAYED, 3: Fate.FAILED, 4: Fate.REPLAYED, 5: Fate.REPLAYED}
    assert function.numbers.count([3]) == 1


def test_what_came_before_a_reported_record_is_not_sent_again() -> None:
    function = FakeLambda(reports(3))
    send(function, records(1, 2, 3))
    assert function.numbers == [[1, 2, 3], [3]]


@pytest.mark.parametrize(
    "answer",
    [{"batchItemFailures": [{"itemIdentifier": ""}]}, {"batchItemFailures": [{}]}, {"batchItemFailures": "all"}],
)
def test_report_that_makes_no_sense_fails_everything(answer: dict[str, Any]) -> None:
    assert set(send(FakeLambda(lambda _records: answer), records(1, 2)).values()) == {Fate.FAILED}


def test_later_records_of_an_item_wait_for_an_earlier_one() -> None:
    function = FakeLambda(lambda batch: "bad" if any(one["eventID"].endswith("1") for one in batch) else None)
    mixed = [*records(1, 2, key="a"), *records(3, key="b"), *records(4, key="a")]
    assert send(function, mixed) == {1: Fate.FAILED, 2: Fate.HELD, 3: Fate.REPLAYED, 4: Fate.HELD}
    assert [3] in function.numbers


def test_records_of_an_item_wait_in_later_batches_too() -> None:
    sender = Sender(FakeLambda(reports(1)), FUNCTION)
    list(sender.send(records(1, key="a")))
    ((outcome,),) = sender.send(records(2, key="a"))
    assert outcome.fate is Fate.HELD


def test_throttled_invocation_is_tried_again_after_a_pause() -> None:
    refusals = [refusal("TooManyRequestsException"), refusal("TooManyRequestsException")]
    pauses: list[float] = []
    function = FakeLambda(lambda _records: refusals.pop() if refusals else None)
    assert send(function, records(1), pauses) == {1: Fate.REPLAYED}
    assert pauses == [0.5, 1]


def test_throttling_without_end_is_an_error() -> None:
    with pytest.raises(AwsError, match="stays throttled"):
        send(FakeLambda(lambda _records: refusal("TooManyRequestsException")), records(1))


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "ExpiredTokenException"])
def test_refusal_ends_everything(code: str) -> None:
    with pytest.raises(AwsError, match=f"orders cannot be invoked: {code}"):
        send(FakeLambda(lambda _records: refusal(code)), records(1, 2))


def test_record_over_the_limit_is_not_sent() -> None:
    function = FakeLambda()
    assert send(function, records(1, size=INVOCATION_BYTES)) == {1: Fate.TOO_LARGE}
    assert function.batches == []


def test_text_is_sent_in_utf_8() -> None:
    made = from_event(as_event(change(1, image={"x": {"S": "ü" * (INVOCATION_BYTES // 3)}}), STREAM))
    assert send(FakeLambda(), [made]) == {1: Fate.REPLAYED}


def test_batch_that_lambda_finds_too_large_is_halved() -> None:
    function = FakeLambda(lambda batch: refusal("RequestTooLargeException") if len(batch) > 1 else None)
    assert send(function, records(1, 2)) == {1: Fate.REPLAYED, 2: Fate.REPLAYED}


def staged(made: list[StreamRecord]) -> list[Staged]:
    return [Staged(record, FUNCTION, STREAM, [0]) for record in made]


def test_batches_have_at_most_so_many_records() -> None:
    assert [len(batch) for batch in batches(staged(records(*range(1, 8))), 3)] == [3, 3, 1]


def test_batches_stay_below_the_limit_in_bytes() -> None:
    found = list(batches(staged(records(*range(1, 8), size=INVOCATION_BYTES // 3)), 100))
    assert [len(batch) for batch in found] == [2, 2, 2, 1]
    for batch in found:
        event = {"Records": [one.record.event for one in batch]}
        assert len(json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()) <= INVOCATION_BYTES


def test_batch_counts_what_text_takes_in_utf_8() -> None:
    made = [from_event(as_event(change(each, image={"x": {"S": "ü" * 1_500_000}}), STREAM)) for each in (1, 2, 3)]
    assert [len(batch) for batch in batches(staged(made), 100)] == [2, 1]
