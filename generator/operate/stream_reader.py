"""Reads ranges of a stream: each page once, through empty pages, and slower than the mappings that also read it."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from generator import streams
from generator.aws import Client, Pause, aws_errors, error_code, sleep, with_backoff
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

_GONE: Final = "ResourceNotFoundException"
_TRIMMED: Final = "TrimmedDataAccessException"
_INVALID: Final = {"ValidationException", "ParamValidationError"}
_THROTTLED: Final = {
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
}
_EXPIRED: Final = "the stream no longer holds them"
_EXHAUSTED: Final = "The stream is throttled: other readers read it too often. Try again later."


class RangeRead(NamedTuple):
    """The records that a stream returned for a range of a shard.

    All records before ``gone_before`` no longer exist: the stream itself said so, and ``gone_reason`` is how. If not
    ``complete``, the stream returned no more for the moment, or rejected the range for ``refusal``.
    """

    records: list[StreamRecord]
    gone_before: int = 0
    gone_reason: str = ""
    complete: bool = True
    refusal: str = ""


@dataclass
class _Cursor:
    """A position in a shard: the records that were read and not returned, and the iterator of the next page.

    Records up to ``passed`` are no longer in the buffer, and those before ``gone_before`` no longer in the stream.
    """

    shard: Shard
    position: Position
    iterator: str | None
    passed: int = -1
    buffer: deque[StreamRecord] = field(default_factory=deque)
    last: SequenceNumber | None = None
    gone_before: int = 0
    at_horizon: bool = False

    def has(self, shard: Shard, first: int) -> bool:
        """Return whether the record ``first`` and all after it can be read from here, with no page in between."""
        return bool(self.shard == shard and first > self.passed and self.buffer and self.buffer[-1].sequence >= first)


class StreamReader:
    """Reads ranges of streams. Takes a function that returns clients and the maximum number of reads in a second."""

    def __init__(self, client: Client, *, per_second: float = READS_PER_SECOND, pause: Pause = sleep) -> None:
        self._clients = client
        self._interval = 1 / per_second
        self._pause = pause
        self._cursor: _Cursor | None = None
        self._next_read = -1e9
        self.reads_timestamps = True

    @property
    def _client(self) -> Any:  # noqa: ANN401 - boto3 makes its clients' types
        # Where the destination holds the records, there may be neither a region nor credentials.
        return self._clients("dynamodbstreams")

    def parents(self, stream_arn: str) -> dict[Shard, str]:
        """Return the parent of each shard that has one. Empty for a stream that does not exist.

        Raises:
            AwsError: The stream cannot be described.
        """
        return {shard: parent for shard, parent in self.shards(stream_arn).items() if parent}

    def shards(self, stream_arn: str) -> dict[Shard, str]:
        """Return the shards of a stream with their parents, or an empty text. Empty for a stream that does not exist.

        Raises:
            AwsError: The stream cannot be described.
        """
        with aws_errors(f"The stream {stream_arn} cannot be described"):
            try:
                shards = with_backoff(
                    lambda: streams.list_shards(self._client, stream_arn), _THROTTLED, _EXHAUSTED, pause=self._pause
                )
            except Exception as error:
                if _code(error) == _GONE or _code(error) in _INVALID:
                    return {}
                raise
        return {(stream_arn, str(shard["ShardId"])): str(shard.get("ParentShardId") or "") for shard in shards}

    def read(self, shard: Shard, first: SequenceNumber, last: SequenceNumber) -> RangeRead:
        """Return the records of a shard from ``first`` to ``last``. In order, ranges on one page need one read.

        Raises:
            AwsError: The stream cannot be read, although it, the shard and the records exist.
        """
        with aws_errors(f"Shard {shard[1]} of {shard[0]} cannot be read"):
            try:
                if self._cursor is None or not self._cursor.has(shard, first):
                    self._cursor = None
                    self._cursor = self._begin(shard, first)
                return self._collect(self._cursor, first, last)
            except Exception as error:
                if _code(error) == _GONE:
                    return RangeRead([], last + 1, "the stream or the shard no longer exists")
                if _code(error) in _INVALID:
                    return RangeRead([], complete=False, refusal=" ".join(str(error).split()))
                raise

    def read_from(self, shard: Shard, since: float, until: float, on_gap: Callable[[], None]) -> Iterator[StreamRecord]:
        """Yield the records of a shard that were written from one time to another, in seconds since the epoch.

        DynamoDB rounds the time of a record down to a second. ``on_gap`` is called if records expire meanwhile. Sets
        ``reads_timestamps`` to False if the SDK or the endpoint does not start at a time: every record is read then.

        Raises:
            AwsError: The stream cannot be read.
        """
        with aws_errors(f"Shard {shard[1]} of {shard[0]} cannot be read"):
            cursor = self._begin_at(shard, since)
        empty = 0
        while cursor is not None and cursor.iterator is not None and empty <= MAX_EMPTY_PAGES:
            with aws_errors(f"Shard {shard[1]} of {shard[0]} cannot be read"):
                gone_before = cursor.gone_before
                empty = 0 if self._read_page(cursor, cursor.iterator) else empty + 1
                if cursor.gone_before > gone_before:
                    on_gap()
            records = list(cursor.buffer)
            cursor.buffer.clear()
            yield from (record for record in records if since <= record.arrival <= until)
            if records and all(record.arrival > until for record in records):
                return

    def _begin_at(self, shard: Shard, since: float) -> _Cursor | None:
        """Return a cursor at a time, or at the oldest record. None for a shard that no longer exists."""
        try:
            if self.reads_timestamps:
                try:
                    position = Position("AT_TIMESTAMP", timestamp=since)
                    return _Cursor(shard, position, self._iterator(shard, position))
                except Exception as error:
                    if _code(error) not in _INVALID:
                        raise
                    self.reads_timestamps = False
            position = Position("TRIM_HORIZON")
            return _Cursor(shard, position, self._iterator(shard, position))
        except Exception as error:
            if _code(error) != _GONE:
                raise
            return None

    def _begin(self, shard: Shard, first: SequenceNumber) -> _Cursor:
        """Return a cursor at a record, or at the oldest record of the shard if the other one no longer exists."""
        position = Position("AT_SEQUENCE_NUMBER", str(first))
        cursor = _Cursor(shard, position, self._iterator(shard, position), first - 1)
        if cursor.iterator is None:
            self._go_to_horizon(cursor, first + 1)
        return cursor

    def _go_to_horizon(self, cursor: _Cursor, gone_before: int) -> None:
        cursor.position = Position("TRIM_HORIZON")
        cursor.iterator = self._iterator(cursor.shard, cursor.position)
        cursor.gone_before = max(gone_before, cursor.gone_before)
        cursor.at_horizon = True

    def _iterator(self, shard: Shard, position: Position) -> str | None:
        """Return an iterator, or None for a record that no longer exists."""

        def get() -> str | None:
            try:
                return streams.shard_iterator(self._client, *shard, position)
            except Exception as error:
                if _code(error) != _TRIMMED:
                    raise
                return None

        return with_backoff(get, _THROTTLED, _EXHAUSTED, pause=self._pause)

    def _collect(self, cursor: _Cursor, first: SequenceNumber, last: SequenceNumber) -> RangeRead:
        records: list[StreamRecord] = []
        empty = 0
        while True:
            while cursor.buffer and cursor.buffer[0].sequence <= last:
                record = cursor.buffer.popleft()
                if record.sequence >= first:
                    records.append(record)
            complete = bool(cursor.buffer) or (cursor.last is not None and cursor.last >= last)
            if complete or cursor.iterator is None or empty > MAX_EMPTY_PAGES:
                break
            empty = 0 if self._read_page(cursor, cursor.iterator) else empty + 1
        cursor.passed = last
        if cursor.gone_before <= first and (not records or records[0].sequence > first):
            # An emulator may start at the oldest record without a word.
            cursor.gone_before = self._oldest(cursor.shard)
        elif not records and not complete and not self._exists(cursor.shard, last):
            return RangeRead([], last + 1, _EXPIRED)
        return RangeRead(records, cursor.gone_before, _EXPIRED, complete or cursor.iterator is None)

    def _exists(self, shard: Shard, sequence: SequenceNumber) -> bool:
        """Return whether the stream does not say that a record no longer exists."""
        return self._iterator(shard, Position("AT_SEQUENCE_NUMBER", str(sequence))) is not None

    def _oldest(self, shard: Shard) -> int:
        """Return the sequence number of the oldest record on the first page of a shard, or 0 if it is empty."""
        cursor = _Cursor(shard, Position("TRIM_HORIZON"), self._iterator(shard, Position("TRIM_HORIZON")))
        if cursor.iterator is not None:
            self._read_page(cursor, cursor.iterator)
        return cursor.buffer[0].sequence if cursor.buffer else 0

    def _read_page(self, cursor: _Cursor, iterator: str) -> bool:
        """Read one page, and return whether it holds any record."""
        self._pause(max(0.0, self._next_read - time.monotonic()), "")
        self._next_read = time.monotonic() + self._interval
        try:
            records, cursor.iterator = with_backoff(
                lambda: streams.read_page(self._client, cursor.shard[0], iterator),
                _THROTTLED,
                _EXHAUSTED,
                pause=self._pause,
            )
        except Exception as error:
            if _code(error) == "ExpiredIteratorException":
                # An iterator is valid for 15 minutes, and the function may have taken them.
                cursor.iterator = self._iterator(cursor.shard, cursor.position)
            elif _code(error) == _TRIMMED:
                cursor.iterator = None
            else:
                raise
            if cursor.iterator is None:
                # The next record has expired since the iterator was made.
                self._go_to_horizon(cursor, (cursor.passed if cursor.last is None else cursor.last) + 2)
            return False
        if records and cursor.at_horizon:
            # The shard begins with this record.
            cursor.gone_before = max(cursor.gone_before, records[0].sequence)
            cursor.at_horizon = False
        cursor.buffer.extend(records)
        if records:
            cursor.last = records[-1].sequence
            cursor.position = Position("AFTER_SEQUENCE_NUMBER", str(cursor.last))
        return bool(records)


def _code(error: Exception) -> str:
    return error_code(error) or type(error).__name__
