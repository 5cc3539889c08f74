"""Does the event poller start shards, continue from checkpoints and deliver invocation records as Lambda does?"""

import io
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from generator.errors import LocalAwsError
from generator.local import event_poller
from generator.local.clocks import FastForwardClock
from generator.local.event_poller import EventPoller
from generator.mapping.shard_processor import Discard, Failure, Invoke, Observer, Reply

STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
MAPPING = {
    "UUID": "5b3c",
    "EventSourceArn": STREAM,
    "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:orders",
    "StartingPosition": "TRIM_HORIZON",
    "State": "Enabled",
    "MaximumRetryAttempts": 0,
}


def record(number: int) -> dict[str, Any]:
    change = {"SequenceNumber": str(number), "ApproximateCreationDateTime": datetime.now(UTC)}
    return {"eventID": str(number), "eventName": "INSERT", "dynamodb": change | {"Keys": {"id": {"S": str(number)}}}}


class TooManyRequestsError(Exception):
    pass


class Aws:
    """The APIs that the poller calls: shards with numbered records, a function, and destinations."""

    class exceptions:  # noqa: N801 - as botocore names it
        TooManyRequestsException = TooManyRequestsError

    meta = None

    def __init__(self, shards: dict[str, list[int]], parents: dict[str, str] | None = None, **mapping: Any) -> None:  # noqa: ANN401
        self.shards = shards
        self.parents = parents or {}
        self.closed: set[str] = set(self.parents.values())
        self.invoked: list[list[int]] = []
        self.failing: set[int] = set()
        self.throttled: set[int] = set()
        self.sent: list[dict[str, Any]] = []
        self.mapping = MAPPING | mapping

    def client(self, _service: str) -> "Aws":
        return self

    def get_event_source_mapping(self, **_: str) -> dict[str, Any]:
        return self.mapping

    def describe_stream(self, **_: str) -> dict[str, Any]:
        shards = [
            {"ShardId": name} | ({"ParentShardId": self.parents[name]} if name in self.parents else {})
            for name in self.shards
        ]
        return {"StreamDescription": {"Shards": shards}}

    def get_shard_iterator(self, *, ShardId: str, ShardIteratorType: str, **given: str) -> dict[str, str]:  # noqa: N803
        numbers = self.shards[ShardId]
        index = {"TRIM_HORIZON": 0, "LATEST": len(numbers)}.get(ShardIteratorType)
        if index is None:
            index = numbers.index(int(given["SequenceNumber"])) + (ShardIteratorType == "AFTER_SEQUENCE_NUMBER")
        return {"ShardIterator": f"{ShardId}:{index}"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803
        name, _, index = ShardIterator.partition(":")
        numbers = self.shards[name][int(index) :][:Limit]
        page: dict[str, Any] = {"Records": [record(number) for number in numbers]}
        if name not in self.closed or numbers:
            page["NextShardIterator"] = f"{name}:{int(index) + len(numbers)}"
        return page

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        del FunctionName
        numbers = [int(each["dynamodb"]["SequenceNumber"]) for each in json.loads(Payload)["Records"]]
        if self.throttled & set(numbers):
            self.throttled.clear()
            raise TooManyRequestsError
        self.invoked.append(numbers)
        if self.failing & set(numbers):
            return {
                "Payload": io.BytesIO(b'{"errorMessage": "no"}'),
                "FunctionError": "Unhandled",
                "ExecutedVersion": "7",
            }
        return {"Payload": io.BytesIO(b"null"), "ExecutedVersion": "7"}

    def send_message(self, **given: Any) -> None:  # noqa: ANN401
        self.sent.append(given)

    publish = put_object = send_message

    def poller(self, **options: Any) -> EventPoller:  # noqa: ANN401
        return EventPoller(self.client, "5b3c", clock=FastForwardClock(), **options)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_poller, "_SHARD_POLL_SECONDS", 0.05)


def soon(change: Callable[[], None], done: Callable[[], bool]) -> Callable[[], bool]:
    """Return a ``done`` that makes a change when the poller has run for a while."""
    calls = itertools.count()

    def changing() -> bool:
        if next(calls) == 4:
            change()
        return done()

    return changing


class TestStartingPosition:
    def test_latest_skips_the_records_of_all_shards_that_exist_at_the_start(self) -> None:
        aws = Aws({"one": [1], "two": [2]}, StartingPosition="LATEST")
        aws.poller().run(soon(lambda: aws.shards["two"].append(3), lambda: len(aws.invoked) > 0), within=20)
        assert aws.invoked == [[3]]

    def test_latest_skips_the_records_of_a_child_that_exists_at_the_start(self) -> None:
        aws = Aws({"child": [2], "parent": [1]}, {"child": "parent"}, StartingPosition="LATEST")
        aws.poller().run(soon(lambda: aws.shards["child"].append(3), lambda: len(aws.invoked) > 0), within=20)
        assert aws.invoked == [[3]]

    @pytest.mark.parametrize("parents", [{}, {"later": "one"}])
    def test_shard_that_appears_later_is_read_from_its_start_with_latest(self, parents: dict[str, str]) -> None:
        aws = Aws({"one": [1]}, StartingPosition="LATEST")

        def split() -> None:
            aws.parents, aws.closed = parents, set(parents.values())
            aws.shards["later"] = [2, 3]

        aws.poller().run(soon(split, lambda: len(aws.invoked) > 0), within=20)
        assert aws.invoked == [[2, 3]]

    def test_shard_without_its_parent_in_the_stream_is_read_at_once(self) -> None:
        aws = Aws({"child": [1]}, {"child": "trimmed"})
        poller = aws.poller()
        poller.run(lambda: poller.finished == 1, within=20)
        assert aws.invoked == [[1]]

    def test_child_is_read_after_its_parent(self) -> None:
        aws = Aws({"child": [2], "parent": [1]}, {"child": "parent"})
        poller = aws.poller()
        poller.run(lambda: poller.finished == 2, within=20)
        assert aws.invoked == [[1], [2]]

    def test_disabled_mapping_reads_nothing(self) -> None:
        aws = Aws({"one": [1]}, State="Disabled")
        calls = itertools.count()
        aws.poller().run(lambda: next(calls) > 4, within=20)
        assert aws.invoked == []


class TestCheckpoints:
    def test_next_poller_continues_after_the_last_record(self, tmp_path: Path) -> None:
        aws = Aws({"one": [1]})
        first = aws.poller(checkpoints=tmp_path / "file")
        first.run(lambda: first.finished == 1, within=20)
        aws.shards["one"].append(2)
        second = aws.poller(checkpoints=tmp_path / "file")
        second.run(lambda: second.finished == 1, within=20)
        assert aws.invoked == [[1], [2]]

    def test_next_poller_reads_a_shard_without_a_checkpoint_from_its_start_with_latest(self, tmp_path: Path) -> None:
        aws = Aws({"one": []}, StartingPosition="LATEST")
        first = aws.poller(checkpoints=tmp_path / "file")
        first.run(soon(lambda: aws.shards["one"].append(1), lambda: first.finished == 1), within=20)
        aws.shards["two"] = [2]
        second = aws.poller(checkpoints=tmp_path / "file")
        second.run(lambda: second.finished == 1, within=20)
        assert aws.invoked == [[1], [2]]


class Recorded(Observer):
    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.discards: list[Discard] = []
        self.errors: list[str | None] = []

    def invoked(self, processor: str, invoke: Invoke, began: float, ended: float, reply: Reply) -> None:
        del processor, invoke, began, ended
        self.replies.append(reply)

    def discarded(self, processor: str, discard: Discard, at: float) -> None:
        del processor, at
        self.discards.append(discard)

    def delivered(self, processor: str, invocation_record: dict[str, Any], error: str | None) -> None:
        del processor, invocation_record
        self.errors.append(error)


def destination(service: str) -> dict[str, Any]:
    arn = {"s3": "arn:aws:s3:::failed"}.get(service, f"arn:aws:{service}:eu-west-1:123456789012:failed")
    return {"DestinationConfig": {"OnFailure": {"Destination": arn}}}


class TestDelivery:
    @pytest.mark.parametrize("service", ["sqs", "sns", "s3"])
    def test_invocation_record_is_sent_to_the_destination(self, service: str) -> None:
        aws = Aws({"one": [1]}, **destination(service))
        aws.failing = {1}
        poller = aws.poller()
        poller.run(lambda: poller.finished == 1, within=20)
        (sent,) = aws.sent
        body = {"sqs": "MessageBody", "sns": "Message", "s3": "Body"}[service]
        place = {
            "sqs": ("QueueUrl", "https://sqs.eu-west-1.amazonaws.com/123456789012/failed"),
            "sns": ("TopicArn", "arn:aws:sns:eu-west-1:123456789012:failed"),
            "s3": ("Bucket", "failed"),
        }[service]
        assert sent[place[0]] == place[1]
        document = json.loads(sent[body])
        assert document["responseContext"] == {"statusCode": 200, "executedVersion": "7", "functionError": "Unhandled"}
        assert ("payload" in document) is (service == "s3")
        assert document["DDBStreamBatchInfo"]["shardId"] == "one"

    def test_other_destinations_are_an_error(self) -> None:
        aws = Aws({"one": [1]}, **destination("kinesis"))
        aws.failing = {1}
        recorded = Recorded()
        poller = aws.poller(observer=recorded)
        poller.run(lambda: poller.finished == 1, within=20)
        (error,) = recorded.errors
        assert "is not an SQS queue, an SNS topic, or an S3 bucket" in str(error)

    def test_nothing_is_sent_without_a_destination(self) -> None:
        aws = Aws({"one": [1]})
        aws.failing = {1}
        recorded = Recorded()
        poller = aws.poller(observer=recorded)
        poller.run(lambda: poller.finished == 1, within=20)
        assert (len(recorded.discards), aws.sent) == (1, [])

    def test_throttled_invocation_is_repeated(self) -> None:
        aws = Aws({"one": [1]})
        aws.throttled = {1}
        poller = aws.poller()
        poller.run(lambda: poller.finished == 1, within=20)
        assert aws.invoked == [[1]]


class TestErrors:
    def test_error_of_a_search_for_shards_has_one_line(self) -> None:
        aws = Aws({"one": [1]})
        aws.describe_stream = lambda **_: 1 / 0  # type: ignore[method-assign,assignment]
        with pytest.raises(LocalAwsError, match="A call to AWS failed: division by zero"):
            aws.poller().run(lambda: False, within=20)

    def test_error_of_a_worker_has_one_line(self) -> None:
        aws = Aws({"one": [1]})
        aws.invoke = lambda **_: 1 / 0  # type: ignore[method-assign,assignment]
        with pytest.raises(LocalAwsError, match="A call to AWS failed: division by zero"):
            aws.poller().run(lambda: False, within=20)

    def test_missing_mapping_is_an_error(self) -> None:
        aws = Aws({})
        aws.get_event_source_mapping = lambda **_: 1 / 0  # type: ignore[method-assign,assignment]
        with pytest.raises(LocalAwsError, match="A call to AWS failed"):
            aws.poller()

    def test_time_limit_is_an_error(self) -> None:
        with pytest.raises(LocalAwsError, match=r"^The mapping 5b3c did not finish within 0.1 seconds\.$"):
            Aws({}).poller().run(lambda: False, within=0.1)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "line 1, column 2: expected JSON, got the end"),
        (b"[]", r"the document must be an object, not \[\]"),
        (b'{"s1": {"sequence": "1"}}', 's1: "kind" is required'),
        (b'{"s1": {"kind": "LATEST", "x": 1}}', 's1: unknown key "x"'),
        (b"\xff\xfe{\0}\0", "expected UTF-8, got UTF-16"),
    ],
)
def test_malformed_checkpoints_are_named(tmp_path: Path, content: bytes, problem: str) -> None:
    file = tmp_path / "checkpoints.json"
    file.write_bytes(content)
    with pytest.raises(LocalAwsError, match=rf"checkpoints.json: {problem}.* Delete it to start"):
        Aws({"s1": [1]}).poller(checkpoints=file)


@pytest.mark.parametrize("payload", [b"{", b"[" * 100_000, b"\xff", b'{"a": NaN}'])
def test_response_that_is_not_json_fails_the_batch(payload: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = Aws({"one": [1]})
    monkeypatch.setattr(aws, "invoke", lambda **_: {"Payload": io.BytesIO(payload), "ExecutedVersion": "7"})
    recorded = Recorded()
    poller = aws.poller(observer=recorded)
    poller.run(lambda: len(recorded.discards) > 0, within=20)
    reply = recorded.replies[0]
    assert isinstance(reply, Failure)
    assert reply.reason is not None
    assert reply.reason.startswith("The response of the function: ")
