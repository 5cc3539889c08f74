"""Reads a DynamoDB stream through its API."""

import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from generator.limits import POLL_SECONDS, READ_BYTES, READ_RECORDS
from generator.mapping.records import SequenceNumber, StreamRecord, as_event, from_event
from generator.mapping.shard_processor import Clock


@dataclass
class Position:
    """A position in a shard: an iterator type of GetShardIterator, and the sequence number or the time that it needs.

    The time is in seconds since the epoch.
    """

    kind: str
    sequence: str | None = None
    timestamp: float | None = None


def list_shards(client: Any, stream_arn: str) -> list[dict[str, Any]]:  # noqa: ANN401 - boto3 has no static types
    """Return the shards of a stream, as DescribeStream returns them."""
    shards: list[dict[str, Any]] = []
    arguments: dict[str, Any] = {"StreamArn": stream_arn}
    while True:
        page = client.describe_stream(**arguments)["StreamDescription"]
        shards += page["Shards"]
        if "LastEvaluatedShardId" not in page:
            return shards
        arguments["ExclusiveStartShardId"] = page["LastEvaluatedShardId"]


def shard_iterator(client: Any, stream_arn: str, shard_id: str, position: Position) -> str:  # noqa: ANN401 - as above
    """Return an iterator at a position of a shard (GetShardIterator)."""
    arguments: dict[str, Any] = {"StreamArn": stream_arn, "ShardId": shard_id, "ShardIteratorType": position.kind}
    if position.sequence is not None:
        arguments["SequenceNumber"] = position.sequence
    if position.timestamp is not None:
        arguments["Timestamp"] = position.timestamp
    iterator: str = client.get_shard_iterator(**arguments)["ShardIterator"]
    return iterator


def read_page(
    client: Any,  # noqa: ANN401 - as above
    stream_arn: str,
    iterator: str,
) -> tuple[list[StreamRecord], str | None]:
    """Return one page of a shard, and the iterator of the next page or None at the end of the shard (GetRecords)."""
    page = client.get_records(ShardIterator=iterator, Limit=READ_RECORDS)
    return [from_event(as_event(record, stream_arn)) for record in page["Records"]], page.get("NextShardIterator")


@dataclass
class ShardSource:
    """The records of one shard, as a source of a shard processor.

    Attributes:
        position: where to start reading.
        last: the sequence number of the last record that was read from the API.
        records_read: the number of these records.
        buffered: those of them that :meth:`read` has not returned.
    """

    client: Any
    stream_arn: str
    shard_id: str
    position: Position
    clock: Clock
    last: SequenceNumber | None = None
    records_read: int = 0
    buffered: deque[StreamRecord] = field(default_factory=deque)
    _iterator: str | None = None
    _closed: bool = False
    _empty_since: float = -math.inf

    @property
    def ended(self) -> bool:
        """Whether the shard is closed and :meth:`read` has returned all its records."""
        return self._closed and not self.buffered

    @property
    def next_record_time(self) -> float:
        """When to read next: now if a record is available, or the time of the next poll.

        This polls the shard, because a processor that waits for its batching window asks before it reads.
        """
        self._fill(1)
        if self.buffered:
            # The clock of the stream may be ahead of this one.
            return min(self.buffered[0].arrival, self.clock.now)
        return math.inf if self._closed else self.clock.now + POLL_SECONDS

    def read(self, max_records: int, max_bytes: int, now: float) -> Sequence[StreamRecord]:
        """Return the next records of the shard."""
        del now  # All records of a stream have arrived.
        self._fill(max_records)
        batch: list[StreamRecord] = []
        while self.buffered and len(batch) < max_records and self.buffered[0].size <= max_bytes:
            max_bytes -= self.buffered[0].size
            batch.append(self.buffered.popleft())
        return batch

    def _fill(self, wanted: int) -> None:
        """Read pages until enough records are buffered, or the shard has no more for now."""
        while not self._closed and len(self.buffered) < wanted:
            if time.monotonic() < self._empty_since + POLL_SECONDS:
                return
            if self._iterator is None:
                self._iterator = shard_iterator(self.client, self.stream_arn, self.shard_id, self.position)
            records, self._iterator = read_page(self.client, self.stream_arn, self._iterator)
            self._closed = self._iterator is None
            if not records:
                self._empty_since = time.monotonic()
                continue
            # A larger record would fit into no batch: its images have up to 400 KB each, and more in JSON.
            self.buffered.extend(record._replace(size=min(record.size, READ_BYTES)) for record in records)
            self.records_read += len(records)
            self.last = records[-1].sequence
