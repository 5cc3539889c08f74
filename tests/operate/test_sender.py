"""Does the function get records in order, in batches that it can take, and is a failure never taken for success?"""

import io
import json
import time
from typing import Any

import pytest

from generator.errors import AwsError
from generator.limits import INVOCATION_BYTES
from generator.mapping.records import as_event, from_event
from generator.operate.pending import PendingRecord, Status
from generator.operate.sender import Rate, Sender, batches
from tests.operate.fakes import FUNCTION, STREAM, FakeLambda, change, refusal, reports


def pending(number: int, key: str = "a", text: str = "") -> PendingRecord:
    event = as_event(change(number, key, image={"id": {"S": "a"}, "x": {"S": text}}), STREAM)
    return PendingRecord(from_event(event), FUNCTION, STREAM)


def records(*numbers: int, key: str | None = None, size: int = 0) -> list[PendingRecord]:
    return [pending(each, key or str(each), "x" * size) for each in numbers]


def send(function: FakeLambda, batch: list[PendingRecord], pauses: list[float] | None = None) -> dict[int, Status]:
    waited = [] if pauses is None else pauses
    sender = Sender(function, FUNCTION, pause=lambda seconds, _reason: waited.append(seconds))
    return {int(one.pending.record.sequence): one.status for outcomes in sender.send(batch) for one in outcomes}


def test_batch_that_succeeds_is_sent_once() -> None:
    function = FakeLambda()
    assert set(send(function, records(1, 2, 3)).values()) == {Status.REPLAYED}
    assert function.numbers == [[1, 2, 3]]


@pytest.mark.parametrize(
    "behaves", [reports(3), lambda batch: "bad" if any(one["eventID"].endswith("3") for one in batch) else None]
)
def test_record_that_fails_is_isolated(behaves: Any) -> None:  # noqa: ANN401
    function = FakeLambda(behaves)
    found = send(function, records(1, 2, 3, 4, 5))
    assert found == {1: Status.REPLAYED, 2: Status.REPLAYED, 3: Status.FAILED, 4: Status.REPLAYED, 5: Status.REPLAYED}
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
    assert set(send(FakeLambda(lambda _records: answer), records(1, 2)).values()) == {Status.FAILED}


def test_later_records_of_an_item_wait_for_an_earlier_one() -> None:
    function = FakeLambda(lambda batch: "bad" if any(one["eventID"].endswith("1") for one in batch) else None)
    mixed = [*records(1, 2, key="a"), *records(3, key="b"), *records(4, key="a")]
    assert send(function, mixed) == {1: Status.FAILED, 2: Status.BLOCKED, 3: Status.REPLAYED, 4: Status.BLOCKED}
    assert [3] in function.numbers


def test_records_of_an_item_wait_in_later_batches_too() -> None:
    sender = Sender(FakeLambda(reports(1)), FUNCTION)
    list(sender.send(records(1, key="a")))
    ((outcome,),) = sender.send(records(2, key="a"))
    assert outcome.status is Status.BLOCKED


def test_throttled_invocation_is_tried_again_after_a_pause() -> None:
    refusals = [refusal("TooManyRequestsException"), refusal("TooManyRequestsException")]
    pauses: list[float] = []
    function = FakeLambda(lambda _records: refusals.pop() if refusals else None)
    assert send(function, records(1), pauses) == {1: Status.REPLAYED}
    assert 0.25 <= pauses[0] <= 0.5 <= pauses[1] <= 1


def test_throttling_without_end_is_an_error() -> None:
    function = FakeLambda(lambda _records: refusal("TooManyRequestsException"))
    with pytest.raises(AwsError, match="stays throttled"):
        send(function, records(1))
    assert len(function.batches) == 10


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "AccessDeniedException", "ExpiredTokenException"])
def test_refusal_ends_everything(code: str) -> None:
    with pytest.raises(AwsError, match=f"orders cannot be invoked: {code}"):
        send(FakeLambda(lambda _records: refusal(code)), records(1, 2))


def test_record_over_the_limit_is_not_sent() -> None:
    function = FakeLambda()
    assert send(function, records(1, size=INVOCATION_BYTES)) == {1: Status.FAILED}
    assert function.batches == []


def test_text_is_sent_in_utf_8() -> None:
    assert send(FakeLambda(), [pending(1, text="ü" * (INVOCATION_BYTES // 3))]) == {1: Status.REPLAYED}


def test_batch_that_lambda_finds_too_large_is_halved() -> None:
    function = FakeLambda(lambda batch: refusal("RequestTooLargeException") if len(batch) > 1 else None)
    assert send(function, records(1, 2)) == {1: Status.REPLAYED, 2: Status.REPLAYED}


def test_batches_have_at_most_so_many_records() -> None:
    assert [len(batch) for batch in batches(records(*range(1, 8)), 3)] == [3, 3, 1]


def test_batches_stay_below_the_limit_in_bytes() -> None:
    found = list(batches(records(*range(1, 8), size=INVOCATION_BYTES // 3), 100))
    assert [len(batch) for batch in found] == [2, 2, 2, 1]
    for batch in found:
        event = {"Records": [one.record.event for one in batch]}
        assert len(json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()) <= INVOCATION_BYTES


def test_batch_counts_what_text_takes_in_utf_8() -> None:
    made = [pending(each, text="ü" * 1_500_000) for each in (1, 2, 3)]
    assert [len(batch) for batch in batches(made, 100)] == [2, 1]


def test_rate_is_that_of_all_who_reserve(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    rate = Rate(10)
    assert [rate.reserve(20) for _ in range(3)] == [0, 2, 4]
    clock[0] = 200
    assert rate.reserve(20) == 0
    assert Rate(None).reserve(10**9) == 0


@pytest.mark.parametrize("answer", [b"no JSON", b"[" * 60_000, b"\xff"])
def test_answer_that_is_not_json_fails_the_record(answer: bytes) -> None:
    function = FakeLambda()
    function.invoke = lambda **_: {"Payload": io.BytesIO(answer)}  # type: ignore[method-assign]
    (outcomes,) = Sender(function, FUNCTION).send(records(1))
    assert (outcomes[0].status, outcomes[0].reason) == (
        Status.FAILED,
        "the function returned something that is not JSON",
    )


def test_event_that_lambda_does_not_take_fails_alone() -> None:
    def behaves(batch: list[Any]) -> Any:  # noqa: ANN401
        return refusal("InvalidRequestContentException") if any(one["eventID"].endswith("2") for one in batch) else None

    assert send(FakeLambda(behaves), records(1, 2, 3)) == {1: Status.REPLAYED, 2: Status.FAILED, 3: Status.REPLAYED}


def test_records_are_checked_before_each_invocation() -> None:
    checked: list[list[int]] = []

    def check(part: Any) -> Any:  # noqa: ANN401
        checked.append([int(one.record.sequence) for one in part])
        return {}

    list(Sender(FakeLambda(reports(2)), FUNCTION).send(records(1, 2, 3), check))
    assert checked == [[1, 2, 3], [2, 3], [2], [3]]
