"""Reads ranges of a stream: each page once, through empty pages, and slower than the mappings that also read it."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from generator import streams
from generator.arn import Arn
from generator.aws import aws_errors, with_backoff
from generator.errors import AwsError
from generator.mapping.records import SequenceNumber, StreamRecord
from generator.streams import Position

Shard = tuple[str, str]
"""ARN of a stream and ID of a shard."""

READS_PER_SECOND: Final = 2.0
"""Reads of a shard in a second by default.

AWS recommends at most two readers of a shard ("Reading and processing a stream"), and this one is in addition to the
mappings, each of which reads four times a second.
"""

MAX_EMPTY_PAGES: Final = 30
"""Consecutive empty pages after which an open shard has no more records.

A page can be empty although there are more records (AWS, GetRecords), and an open shard has no end.
"""

_THROTTLED: Final = {"LimitExceededException", "ProvisionedThroughputExceededException", "ThrottlingException"}
_EXHAUSTED: Final = "The stream is throttled: other readers read it too often. Try again later."


class RangeRead(NamedTuple):
    """The records in a range of a shard, and why the first of them are missing, if they have expired."""

    records: list[StreamRecord]
    expired: str | None = None


@dataclass
class _Cursor:
    """A position in a shard: the records that were read and not returned, and the iterator of the next page."""

    shard: Shard
    iterator: str | None
    buffer: deque[StreamRecord] = field(default_factory=deque)
    last: SequenceNumber | None = None


class StreamReader:
    """Reads ranges of streams. Takes a client of DynamoDB Streams and the maximum number of reads in a second."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - boto3 makes its clients' types
        *,
        per_second: float = READS_PER_SECOND,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._client = client
        self._interval = 1 / per_second
        self._pause = pause or time.sleep
        self._cursor: _Cursor | None = None
        self._next_read = -1e9

    def parents(self, stream_arn: str) -> dict[Shard, str]:
        """Return the parent of each shard that has one. Empty for a stream that no longer exists.

        Raises:
            AwsError: The stream cannot be described, or is in another region, where it would seem not to exist.
        """
        region = Arn.parse(stream_arn).region
        if region != self._client.meta.region_name:
            raise AwsError(
                f"The stream {stream_arn} is in {region}, not in {self._client.meta.region_name}: give --region."
            )
        with aws_errors(f"The stream {stream_arn} cannot be described"):
            try:
                shards = streams.list_shards(self._client, stream_arn)
            except self._client.exceptions.ResourceNotFoundException:
                return {}
        return {
            (stream_arn, str(shard["ShardId"])): str(shard["ParentShardId"])
            for shard in shards
            if shard.get("ParentShardId")
        }

    def read(self, shard: Shard, first: SequenceNumber, last: SequenceNumber) -> RangeRead:
        """Return the records of a shard from ``first`` to ``last``. Read the ranges of a shard in order.

        Raises:
            AwsError: The stream cannot be read, although it, the shard and the records exist.
        """
        with aws_errors(f"Shard {shard[1]} of {shard[0]} cannot be read"):
            cursor, expired = self._cursor, None
            if not (cursor and cursor.shard == shard and cursor.buffer and cursor.buffer[-1].sequence >= first):
                cursor, expired = self._begin(shard, first)
            if cursor is None:
                return RangeRead([], expired)
            self._cursor = cursor
            return RangeRead(self._collect(cursor, first, last), expired)

    def _begin(self, shard: Shard, first: SequenceNumber) -> tuple[_Cursor | None, str | None]:
        """Return a cursor at a record, or at the oldest record of the shard and why it is not at the other one."""
        self._cursor = None
        errors = self._client.exceptions
        try:
            return _Cursor(shard, self._iterator(shard, Position("AT_SEQUENCE_NUMBER", str(first)))), None
        except errors.TrimmedDataAccessException:
            return _Cursor(shard, self._iterator(shard, Position("TRIM_HORIZON"))), "the stream no longer holds them"
        except errors.ResourceNotFoundException:
            return None, "the stream or the shard no longer exists"

    def _iterator(self, shard: Shard, position: Position) -> str:
        return with_backoff(
            lambda: streams.shard_iterator(self._client, *shard, position), _THROTTLED, _EXHAUSTED, pause=self._pause
        )

    def _collect(self, cursor: _Cursor, first: SequenceNumber, last: SequenceNumber) -> list[StreamRecord]:
        records: list[StreamRecord] = []
        empty = 0
        while True:
            while cursor.buffer and cursor.buffer[0].sequence <= last:
                record = cursor.buffer.popleft()
                if record.sequence >= first:
                    records.append(record)
            reached = cursor.buffer or (cursor.last is not None and cursor.last >= last)
            if reached or cursor.iterator is None or empty > MAX_EMPTY_PAGES:
                return records
            empty = 0 if self._read_page(cursor, cursor.iterator) else empty + 1

    def _read_page(self, cursor: _Cursor, iterator: str) -> bool:
        """Read one page, and return whether it holds any record."""
        self._pause(max(0.0, self._next_read - time.monotonic()))
        self._next_read = time.monotonic() + self._interval
        try:
            records, cursor.iterator = with_backoff(
                lambda: streams.read_page(self._client, cursor.shard[0], iterator),
                _THROTTLED,
                _EXHAUSTED,
                pause=self._pause,
            )
        except self._client.exceptions.ExpiredIteratorException:
            # An iterator is valid for 15 minutes, and the function may have taken them.
            resumed = cursor.last is not None
            position = Position("AFTER_SEQUENCE_NUMBER", str(cursor.last)) if resumed else Position("TRIM_HORIZON")
            cursor.iterator = self._iterator(cursor.shard, position)
            return False
        cursor.buffer.extend(records)
        if records:
            cursor.last = records[-1].sequence
        return bool(records)
