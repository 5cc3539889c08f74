"""Reads a DynamoDB stream through its API, as a lane's source and in the shape of an event."""

import base64
import json
import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self

from generator.local.mapping.lane import POLL_SECONDS, READ_BYTES, READ_RECORDS, Clock


class SequenceNumber(int):
    """A sequence number, compared as a number and written as it was read: an emulator may lead it with zeros."""

    _text: str

    def __new__(cls, text: str) -> Self:
        """Return the number that a text holds."""
        number = super().__new__(cls, text)
        number._text = text
        return number

    def __str__(self) -> str:
        """Return the text."""
        return self._text


class StreamRecord(NamedTuple):
    """A record as it was read: its number, when it was written, its bytes in an event, its item's key, its event."""

    sequence: SequenceNumber
    arrival: float
    size: int
    key: str
    event: Mapping[str, Any]


def record(read: Mapping[str, Any], stream_arn: str) -> StreamRecord:
    """Return a record that GetRecords gave, through boto3, as one of an event."""
    event = as_event(read, stream_arn)
    change = event["dynamodb"]
    return StreamRecord(
        sequence=SequenceNumber(change["SequenceNumber"]),
        arrival=float(change["ApproximateCreationDateTime"]),
        size=min(len(json.dumps(event, separators=(",", ":"))), READ_BYTES),
        key=json.dumps(change.get("Keys"), sort_keys=True),
        event=event,
    )


def as_event(read: Mapping[str, Any], stream_arn: str) -> dict[str, Any]:
    """Return a record that GetRecords gave, through boto3, in the shape that a function gets.

    Binary values become base64 and times seconds since the epoch, and the record says which stream it is of.
    """
    event: dict[str, Any] = {name: _plain(value) for name, value in read.items()}
    identity = event.pop("userIdentity", None)
    if identity:
        # The API and the event spell its members differently (AWS, "Time to Live" and "Using Lambda with DynamoDB").
        event["userIdentity"] = {name[:1].lower() + name[1:]: value for name, value in identity.items()}
    event["eventSourceARN"] = stream_arn
    return event


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a record holds
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        seconds = value.timestamp()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return value


@dataclass
class Position:
    """Where to begin in a shard: an iterator type of GetShardIterator, and the number that it needs."""

    kind: str
    sequence: str | None = None


def shards(client: Any, stream_arn: str) -> list[dict[str, Any]]:  # noqa: ANN401 - boto3 makes its clients' types
    """Return the shards of a stream, as DescribeStream gives them."""
    found: list[dict[str, Any]] = []
    arguments: dict[str, Any] = {"StreamArn": stream_arn}
    while True:
        described = client.describe_stream(**arguments)["StreamDescription"]
        found += described["Shards"]
        if "LastEvaluatedShardId" not in described:
            return found
        arguments["ExclusiveStartShardId"] = described["LastEvaluatedShardId"]


@dataclass
class ShardSource:
    """The records of one shard, as a lane's source; ``count`` were read, the last of them numbered ``last``."""

    client: Any
    stream_arn: str
    shard: str
    position: Position
    clock: Clock
    last: SequenceNumber | None = None
    count: int = 0
    _iterator: str | None = None
    _closed: bool = False
    _looked: float = -math.inf
    _waiting: deque[StreamRecord] = field(default_factory=deque)

    @property
    def ended(self) -> bool:
        """Whether the shard is closed and everything of it was handed out."""
        return self._closed and not self._waiting

    @property
    def next_at(self) -> float:
        """When it is worth reading: now, if something waits, or the time of the next look at the shard.

        It looks at the shard, no more often than a read does: a lane that waits for its window asks before it reads.
        """
        self._fill(1)
        if self._waiting:
            # The stream's clock may be ahead of ours.
            return min(self._waiting[0].arrival, self.clock.now)
        return math.inf if self._closed else self.clock.now + POLL_SECONDS

    @property
    def waiting(self) -> Sequence[StreamRecord]:
        """What was read and not handed out."""
        return self._waiting

    def read(self, limit: int, room: int, now: float) -> Sequence[StreamRecord]:
        """Return what the shard holds: at most ``limit`` records, of at most ``room`` bytes together."""
        del now  # what the stream gives has been written
        self._fill(limit)
        batch: list[StreamRecord] = []
        while self._waiting and len(batch) < limit and self._waiting[0].size <= room:
            room -= self._waiting[0].size
            batch.append(self._waiting.popleft())
        return batch

    def _fill(self, wanted: int) -> None:
        """Read until so many records wait, or the shard has nothing more at present."""
        while not self._closed and len(self._waiting) < wanted:
            if time.monotonic() < self._looked + POLL_SECONDS:
                return
            if self._iterator is None:
                self._iterator = self._begin()
            read = self.client.get_records(ShardIterator=self._iterator, Limit=READ_RECORDS)
            self._iterator = read.get("NextShardIterator")
            self._closed = self._iterator is None
            records = [record(each, self.stream_arn) for each in read["Records"]]
            if not records:
                self._looked = time.monotonic()
                continue
            self._waiting.extend(records)
            self.count += len(records)
            self.last = records[-1].sequence

    def _begin(self) -> str:
        arguments = {"StreamArn": self.stream_arn, "ShardId": self.shard, "ShardIteratorType": self.position.kind}
        if self.position.sequence is not None:
            arguments["SequenceNumber"] = self.position.sequence
        iterator: str = self.client.get_shard_iterator(**arguments)["ShardIterator"]
        return iterator
