"""Streams, tables, functions and destinations in memory, as boto3's clients answer for them; every call is counted."""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from generator.mapping.records import SequenceNumber
from generator.operate.destinations import Destination
from generator.operate.messages import InvocationRecord, UnrecognizedMessage

STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
NOW = 1_800_000_000


def refusal(code: str, message: str = "as the test wants") -> ClientError:
    """Return an error with which AWS answers."""
    return _ERRORS.get(code, ClientError)({"Error": {"Code": code, "Message": message}}, "Operation")


_ERRORS = {
    name: type(name, (ClientError,), {})
    for name in ("TrimmedDataAccessException", "ResourceNotFoundException", "ExpiredIteratorException")
}


def change(
    number: int, key: str = "a", *, event: str = "INSERT", image: Mapping[str, Any] | None = None, at: float = NOW
) -> dict[str, Any]:
    """Return a record as GetRecords gives it, through boto3."""
    new = {"id": {"S": key}, "n": {"N": str(number)}} if image is None else image
    return {
        "eventID": f"{number:032x}",
        "eventName": event,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": {
            "ApproximateCreationDateTime": datetime.fromtimestamp(int(at), UTC),
            "Keys": {"id": {"S": key}},
            **({} if event == "REMOVE" else {"NewImage": new}),
            "SequenceNumber": str(number),
            "SizeBytes": 10,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


@dataclass
class FakeStreams:
    """DynamoDB Streams: shards with their records, in pages of which some are empty.

    ``horizon`` is the first number that is not forgotten, ``page`` how many records a page has, ``closed`` are the
    shards that have ended, and ``failures`` are errors that the next calls answer with.
    """

    shards: dict[str, list[dict[str, Any]]]
    horizon: int = 0
    page: int = 1000
    empty: int = 0
    reads_timestamps: bool = True
    closed: set[str] = field(default_factory=set)
    parents: dict[str, str] = field(default_factory=dict)
    failures: list[ClientError] = field(default_factory=list)
    failures_later: dict[int, ClientError] = field(default_factory=dict)
    on_failure: Callable[[], None] = lambda: None
    calls: Counter[str] = field(default_factory=Counter)
    given: Counter[str] = field(default_factory=Counter)
    meta: Any = field(default_factory=lambda: SimpleNamespace(region_name="eu-west-1"))
    exceptions: Any = field(default_factory=lambda: SimpleNamespace(**_ERRORS))

    def describe_stream(self, *, StreamArn: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        self.calls["DescribeStream"] += 1
        if StreamArn != STREAM:
            raise refusal("ResourceNotFoundException")
        parents = {name: {"ParentShardId": parent} for name, parent in self.parents.items()}
        return {"StreamDescription": {"Shards": [{"ShardId": name} | parents.get(name, {}) for name in self.shards]}}

    def get_shard_iterator(self, **given: Any) -> dict[str, str]:  # noqa: ANN401
        self.calls["GetShardIterator"] += 1
        self._fail()
        if given["ShardIteratorType"] == "AT_TIMESTAMP":
            if not self.reads_timestamps:
                raise refusal("ValidationException", "Invalid ShardIteratorType: AT_TIMESTAMP")
            times = [
                (each["dynamodb"]["ApproximateCreationDateTime"].timestamp(), int(each["dynamodb"]["SequenceNumber"]))
                for each in self.shards[given["ShardId"]]
            ]
            first = next((number for at, number in times if at >= given["Timestamp"]), 10**9)
            return {"ShardIterator": json.dumps([given["ShardId"], first, self.empty])}
        shard, kind, number = given["ShardId"], given["ShardIteratorType"], int(given.get("SequenceNumber", 0))
        if given["StreamArn"] != STREAM or shard not in self.shards:
            raise refusal("ResourceNotFoundException")
        if kind == "TRIM_HORIZON":
            number = self.horizon
        elif number < self.horizon:
            raise refusal("TrimmedDataAccessException")
        first = number + 1 if kind == "AFTER_SEQUENCE_NUMBER" else number
        return {"ShardIterator": json.dumps([shard, first, self.empty])}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803
        self.calls["GetRecords"] += 1
        self._fail()
        if self.calls["GetRecords"] in self.failures_later:
            self.on_failure()
            raise self.failures_later.pop(self.calls["GetRecords"])
        shard, first, empty = json.loads(ShardIterator)
        if empty:
            return {"Records": [], "NextShardIterator": json.dumps([shard, first, empty - 1])}
        left = [each for each in self.shards[shard] if int(each["dynamodb"]["SequenceNumber"]) >= first]
        page = left[: min(Limit, self.page)]
        self.given.update(each["dynamodb"]["SequenceNumber"] for each in page)
        if shard in self.closed and len(page) == len(left):
            return {"Records": page}
        following = int(page[-1]["dynamodb"]["SequenceNumber"]) + 1 if page else first
        return {"Records": page, "NextShardIterator": json.dumps([shard, following, self.empty])}

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


@dataclass
class FakeTable:
    """DynamoDB with one table: its items by their ids."""

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    refused: set[str] = field(default_factory=set)
    unprocessed: int = 0
    keys_per_call: int = 100

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        self.calls["BatchGetItem"] += 1
        ((name, request),) = RequestItems.items()
        assert request["ConsistentRead"]
        wanted = [key["id"]["S"] for key in request["Keys"]]
        if self.refused & set(wanted):
            raise refusal("ValidationException", "The provided key element does not match the schema")
        if self.unprocessed:
            self.unprocessed -= 1
            return {"Responses": {}, "UnprocessedKeys": RequestItems}
        now, later = wanted[: self.keys_per_call], wanted[self.keys_per_call :]
        left = {name: {"Keys": [{"id": {"S": each}} for each in later], "ConsistentRead": True}} if later else {}
        return {"Responses": {name: [self.items[each] for each in now if each in self.items]}, "UnprocessedKeys": left}


class FakeLambda:
    """A function: is given the records of each invocation, and answers, raises an error's text, or is refused."""

    def __init__(self, behaves: Callable[[list[dict[str, Any]]], Any] = lambda _records: None) -> None:
        self.batches: list[list[dict[str, Any]]] = []
        self.events: list[dict[str, Any]] = []
        self.functions: list[str] = []
        self._behaves = behaves

    @property
    def numbers(self) -> list[list[int]]:
        """The sequence numbers of each invocation."""
        return [[int(record["dynamodb"]["SequenceNumber"]) for record in batch] for batch in self.batches]

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.functions.append(FunctionName)
        self.events.append(json.loads(Payload))
        records = self.events[-1]["Records"]
        self.batches.append(records)
        answer = self._behaves(records)
        if isinstance(answer, ClientError):
            raise answer
        if isinstance(answer, str):
            return {"Payload": io.BytesIO(json.dumps({"errorMessage": answer}).encode()), "FunctionError": "Unhandled"}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


@dataclass
class Kept(Destination):
    """A destination in memory, which notes what is deleted of it."""

    documents: list[InvocationRecord | UnrecognizedMessage]
    deleted: list[str] = field(default_factory=list)
    name: str = "kept"
    location: str = "memory"

    def read(self) -> Iterator[InvocationRecord | UnrecognizedMessage]:
        return iter(self.documents)

    def delete(self, records: Sequence[InvocationRecord]) -> dict[str, str]:
        self.deleted += [record.id for record in records]
        return {}


def document(first: int, last: int | None = None, **changed: Any) -> InvocationRecord:  # noqa: ANN401
    """Return an invocation record about records from a number to another, as many as there are numbers."""
    last = first if last is None else last
    given: dict[str, Any] = {
        "id": f"document-{first}-{last}",
        "stream_arn": STREAM,
        "shard": "shard-1",
        "first": SequenceNumber(str(first)),
        "last": SequenceNumber(str(last)),
        "size": last - first + 1,
        "first_arrival": float(NOW),
        "last_arrival": float(NOW),
        "sent": float(NOW),
        "function_arn": FUNCTION,
        "condition": "RetryAttemptsExhausted",
        "invocations": 1,
        "request_id": "request",
    }
    return InvocationRecord(**{**given, **changed})


def reports(*numbers: int) -> Callable[[Iterable[dict[str, Any]]], Any]:
    """Return what reports these records as failed, whenever they come."""

    def behaves(records: Iterable[dict[str, Any]]) -> dict[str, Any]:
        came = [record["dynamodb"]["SequenceNumber"] for record in records]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in came if int(each) in numbers]}

    return behaves
