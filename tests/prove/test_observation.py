"""Is what the account shows read as it is, page by page, and nothing else?"""

import json
from typing import Any

import pytest

from generator.errors import AwsError
from generator.mapping.records import SequenceNumber, StreamRecord
from generator.prove import observation, recorder
from generator.prove.observation import Attempt, Observation, attempts, invocation_records, stream_records

STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"


def line(request: str, began: float, *, repaired: bool = False, **more: object) -> dict[str, str]:
    """Return an event of the log."""
    fields = {"requestId": request, "repaired": repaired, "began": began, "ended": began + 1, "records": ["1"]}
    return {
        "message": json.dumps({"level": "INFO", "message": recorder.MESSAGE, "failed": [], **fields, **more}) + "\n"
    }


class Logs:
    """The log group in pages."""

    def __init__(self, *pages: list[dict[str, str]]) -> None:
        self._pages = pages

    def __call__(self, _service: str) -> "Logs":
        return self

    def filter_log_events(self, nextToken: str = "0", **_: str) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
        number = int(nextToken)
        following = {"nextToken": str(number + 1)} if number + 1 < len(self._pages) else {}
        return {"events": self._pages[number], **following}


def test_attempts_of_all_pages_are_in_order_and_each_once() -> None:
    logs = Logs([line("b", 2.0)], [], [line("a", 1.0), line("a", 3.0), line("b", 2.0)])
    assert [(each.request, each.began) for each in attempts(logs, "group")] == [("a", 1.0), ("b", 2.0), ("a", 3.0)]


def test_other_lines_and_those_of_the_repaired_function_are_left_out() -> None:
    others = ["REPORT RequestId: 1\n", "{", json.dumps({"message": "Record processed"}), recorder.MESSAGE, "{}\n"]
    damaged = line("x", 1.0, records=5)
    logs = Logs([{"message": text} for text in others] + [damaged, line("r", 9.0, repaired=True), line("a", 1.0)])
    assert [each.request for each in attempts(logs, "group")] == ["a"]


@pytest.mark.parametrize(
    ("failed", "processed"), [([], ["1", "2", "3"]), (["2"], ["1"]), (["3", "2"], ["1"]), (["1"], [])]
)
def test_records_before_the_first_failing_one_are_processed(failed: list[str], processed: list[str]) -> None:
    assert Attempt(0.0, 1.0, ["1", "2", "3"], failed).processed == processed


class Streams:
    """A stream with two shards, whose first reads are empty."""

    def __init__(self) -> None:
        self._reads = 0

    def __call__(self, _service: str) -> "Streams":
        return self

    def describe_stream(self, **_: str) -> dict[str, Any]:
        return {"StreamDescription": {"Shards": [{"ShardId": "one"}, {"ShardId": "two"}]}}

    def get_shard_iterator(self, ShardId: str, **_: str) -> dict[str, str]:  # noqa: N803 - as above
        return {"ShardIterator": ShardId}

    def get_records(self, ShardIterator: str, **_: object) -> dict[str, Any]:  # noqa: N803 - as above
        self._reads += 1
        number = {4: "7", 5: "8"}.get(self._reads)
        record = {"eventID": "1", "dynamodb": {"SequenceNumber": number, "Keys": {"id": {"S": str(number)}}}}
        return {"Records": [record] if number else [], "NextShardIterator": ShardIterator}


def test_stream_is_read_until_it_has_every_record() -> None:
    pauses: list[float] = []
    found = stream_records(Streams(), STREAM, 2, pauses.append)
    assert {shard: [str(record.sequence) for record in records] for shard, records in found.items()} == {
        "two": ["7"],
        "one": ["8"],
    }
    assert len(pauses) == 3


def test_stream_with_fewer_records_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observation, "READ_SECONDS", -1.0)
    with pytest.raises(AwsError, match="has fewer than 2 records"):
        stream_records(Streams(), STREAM, 2, lambda _: None)


class Queue:
    """A queue with some messages."""

    def __init__(self, *bodies: str) -> None:
        self._bodies = bodies

    def __call__(self, _service: str) -> "Queue":
        return self

    def get_queue_url(self, **_: str) -> dict[str, str]:
        return {"QueueUrl": "url"}

    def receive_message(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3 has it
        assert arguments["VisibilityTimeout"] == 0, "redrive must find the messages"
        return {"Messages": [{"MessageId": str(n), "Body": body} for n, body in enumerate(self._bodies)]}


def test_messages_are_read_and_others_than_json_are_an_error() -> None:
    assert invocation_records(Queue('{"a": 1}'), "queue") == [{"a": 1}]
    assert invocation_records(Queue(), "queue") == []
    with pytest.raises(AwsError, match="A message in queue"):
        invocation_records(Queue("{"), "queue")


def test_record_is_finished_when_it_is_processed_or_in_an_invocation_record() -> None:
    shard = [StreamRecord(SequenceNumber(text), 0.0, 1, text, {}) for text in ("7", "8", "9")]
    seen = Observation({"one": shard})
    seen.attempts = [Attempt(0.0, 1.0, ["7", "8", "9"], ["8"])]
    assert not seen.finished
    batch = {"shardId": "one", "startSequenceNumber": "8", "endSequenceNumber": "9"}
    seen.invocation_records = [{"DDBStreamBatchInfo": batch}]
    assert seen.discarded() == {"8", "9"}
    assert seen.finished
