"""Records back from a stream: each range once, through empty pages, and no faster than a third reader should."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from generator import streams
from generator.arn import Arn
from generator.aws import code_of, refusing
from generator.errors import AwsError
from generator.mapping.records import SequenceNumber, StreamRecord, as_event, from_event
from generator.mapping.shard_processor import READ_RECORDS
from generator.operate.ranges import Shard

READS_PER_SECOND: Final = 2.0
"""Reads of a shard in a second, unless somebody says otherwise.

A shard is meant for two readers (AWS, "Reading and processing a stream"), and this is one more than the mappings:
Lambda reads four times a second.
"""

MOST_EMPTY_PAGES: Final = 30
"""Empty pages in a row after which an open shard is taken to have nothing more.

Pages may be empty while there is more (AWS, GetRecords), and an open shard never says that its end was reached.
"""

_LONGEST_PAUSE: Final = 30.0
_MOST_PAUSES: Final = 10
_TOO_FAST: Final = {"LimitExceededException", "ProvisionedThroughputExceededException", "ThrottlingException"}


class Found(NamedTuple):
    """The records that a stream holds of a range, and why it does not hold all of it, if that is known."""

    records: list[StreamRecord]
    lost: str | None = None


@dataclass
class _Cursor:
    """Where a shard is being read: what was read and not handed out, and where it goes on."""

    shard: Shard
    waiting: deque[StreamRecord]
    iterator: str | None
    last: SequenceNumber | None = None


class StreamReader:
    """Reads ranges of streams.

    Takes a client of DynamoDB Streams, and how often a shard may be read in a second.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - boto3 makes its clients' types
        *,
        per_second: float = READS_PER_SECOND,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._interval = 1 / per_second
        self._sleep = sleep
        self._now = now
        self._cursor: _Cursor | None = None
        self._next_read = -1e9

    def parents(self, stream_arn: str) -> dict[Shard, str]:
        """Return the parent of each shard that has one; nothing for a stream that is gone.

        Raises:
            AwsError: the stream cannot be described, or is in another region, where nothing would seem to be left.
        """
        region = Arn.parse(stream_arn).region
        if region != self._client.meta.region_name:
            raise AwsError(
                f"The stream {stream_arn} is in {region}, not in {self._client.meta.region_name}: give --region."
            )
        with refusing(f"The stream {stream_arn} cannot be described"):
            try:
                found = streams.list_shards(self._client, stream_arn)
            except self._client.exceptions.ResourceNotFoundException:
                return {}
        return {
            (stream_arn, str(shard["ShardId"])): str(shard["ParentShardId"])
            for shard in found
            if shard.get("ParentShardId")
        }

    def read(self, shard: Shard, first: SequenceNumber, last: SequenceNumber) -> Found:
        """Return the records of a shard from one number to another; ranges of a shard are to be read in order.

        Raises:
            AwsError: the stream cannot be read, for another reason than that it, the shard or the records are gone.
        """
        with refusing(f"Shard {shard[1]} of {shard[0]} cannot be read"):
            cursor, lost = self._cursor, None
            if not (cursor and cursor.shard == shard and cursor.waiting and cursor.waiting[-1].sequence >= first):
                cursor, lost = self._begin(shard, first)
            if cursor is None:
                return Found([], lost)
            self._cursor = cursor
            return Found(self._collect(cursor, first, last), lost)

    def _begin(self, shard: Shard, first: SequenceNumber) -> tuple[_Cursor | None, str | None]:
        """Return a cursor at a record, or at the oldest that is left, and what is lost by that."""
        self._cursor = None
        errors = self._client.exceptions
        try:
            return _Cursor(shard, deque(), self._iterator(shard, "AT_SEQUENCE_NUMBER", first)), None
        except errors.TrimmedDataAccessException:
            return _Cursor(shard, deque(), self._iterator(shard, "TRIM_HORIZON")), "the stream has forgotten it"
        except errors.ResourceNotFoundException:
            return None, "the stream or its shard is gone"

    def _iterator(self, shard: Shard, kind: str, sequence: SequenceNumber | None = None) -> str:
        arguments = {"StreamArn": shard[0], "ShardId": shard[1], "ShardIteratorType": kind}
        if sequence is not None:
            arguments["SequenceNumber"] = str(sequence)
        got: str = self._patiently(self._client.get_shard_iterator, **arguments)["ShardIterator"]
        return got

    def _collect(self, cursor: _Cursor, first: SequenceNumber, last: SequenceNumber) -> list[StreamRecord]:
        found: list[StreamRecord] = []
        empty = 0
        while True:
            while cursor.waiting and cursor.waiting[0].sequence <= last:
                record = cursor.waiting.popleft()
                if record.sequence >= first:
                    found.append(record)
            reached = cursor.waiting or (cursor.last is not None and cursor.last >= last)
            if reached or cursor.iterator is None or empty > MOST_EMPTY_PAGES:
                return found
            empty = 0 if self._page(cursor) else empty + 1

    def _page(self, cursor: _Cursor) -> bool:
        """Read one page; return whether it held anything."""
        self._sleep(max(0.0, self._next_read - self._now()))
        self._next_read = self._now() + self._interval
        try:
            page = self._patiently(self._client.get_records, ShardIterator=cursor.iterator, Limit=READ_RECORDS)
        except self._client.exceptions.ExpiredIteratorException:
            # It lives for 15 minutes, and the function may have taken them.
            kind = "AFTER_SEQUENCE_NUMBER" if cursor.last is not None else "TRIM_HORIZON"
            cursor.iterator = self._iterator(cursor.shard, kind, cursor.last)
            return False
        cursor.iterator = page.get("NextShardIterator")
        cursor.waiting.extend(from_event(as_event(each, cursor.shard[0])) for each in page["Records"])
        if cursor.waiting:
            cursor.last = cursor.waiting[-1].sequence
        return bool(page["Records"])

    def _patiently(self, call: Callable[..., dict[str, Any]], **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        """Call, and again after a pause that doubles, as long as AWS says that it was too often."""
        pause = 1.0
        for _ in range(_MOST_PAUSES):
            try:
                return call(**arguments)
            except Exception as error:
                if code_of(error) not in _TOO_FAST:
                    raise
            self._sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        raise AwsError("The stream is read too often, by others than this command: try again later.")
