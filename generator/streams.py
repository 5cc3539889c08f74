"""Reads a DynamoDB stream through its API."""

import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from generator.mapping.records import SequenceNumber, StreamRecord, as_event, from_event
from generator.mapping.shard_processor import POLL_SECONDS, READ_BYTES, READ_RECORDS, Clock


@dataclass
class Position:
    """Where to begin in a shard: an iterator type of GetShardIterator, and the number that it needs."""

    kind: str
    sequence: str | None = None


def list_shards(client: Any, stream_arn: str) -> list[dict[str, Any]]:  # noqa: ANN401 - boto3 makes its clients' types
    """Return the shards of a stream, as DescribeStream gives them."""
    found: list[dict[str, Any]] = []
    arguments: dict[str, Any] = {"StreamArn": stream_arn}
    while True:
        described = client.describe_stream(**arguments)["StreamDescription"]
        found += described["Shards"]
        if "LastEvaluatedShardId" not in described:
            return found
        arguments["ExclusiveStartShardId"] = described["LastEvaluatedShardId"]


def shard_iterator(client: Any, stream_arn: str, shard_id: str, position: Position) -> str:  # noqa: ANN401 - as above
    """Return an iterator at a position of a shard (GetShardIterator)."""
    arguments = {"StreamArn": stream_arn, "ShardId": shard_id, "ShardIteratorType": position.kind}
    if position.sequence is not None:
        arguments["SequenceNumber"] = position.sequence
    iterator: str = client.get_shard_iterator(**arguments)["ShardIterator"]
    return iterator


def read_page(client: Any, stream_arn: str, iterator: str) -> tuple[list[StreamRecord], str | None]:  # noqa: ANN401 - as above
    """Return one page of a shard and the iterator of the next page; None at the end of a closed shard (GetRecords)."""
    page = client.get_records(ShardIterator=iterator, Limit=READ_RECORDS)
    return [from_event(as_event(each, stream_arn)) for each in page["Records"]], page.get("NextShardIterator")


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
                self._iterator = shard_iterator(self.client, self.stream_arn, self.shard, self.position)
            records, self._iterator = read_page(self.client, self.stream_arn, self._iterator)
            self._closed = self._iterator is None
            if not records:
                self._looked = time.monotonic()
                continue
            # A larger one would fit into no batch: its images may have 400 KB each, and JSON makes them longer.
            self._waiting.extend(record._replace(size=min(record.size, READ_BYTES)) for record in records)
            self.count += len(records)
            self.last = records[-1].sequence
