"""Sends the items of a table to a function, as if each had just been written: for a consumer that is newer than them.

A stream holds only changes. Enable the mapping before the backfill, so that no change in between is missed. The record
of a change can then reach the function before the backfill's record of the same item, which was read earlier. A
function that must not set an item back compares sequence numbers as integers: those of a backfill have 18 digits and
those of a stream at least 21 (AWS, StreamRecord). So every change is newer than every backfill, and a later backfill
is newer than an earlier one.
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

from generator.arn import Arn
from generator.aws import Client, aws_errors
from generator.errors import UnfinishedError, UsageError
from generator.files import check_replaceable
from generator.mapping.records import StreamRecord, as_event, from_event
from generator.operate import items
from generator.operate.job import Progress
from generator.operate.journal import AppendOnlyFile, Journal
from generator.operate.pending import PendingRecord, RecordOutcome, Status
from generator.operate.sender import Rate, Sender, batches
from generator.parsing import ParseError, parse_json

PAGE: Final = 1000
"""Items in a page. A run that is killed before it has sent a whole page reads and sends the page again."""

_BEGINNING: Final = b'{"eventID":"'
"""Beginning of each line in a file of failed items."""

_NUMBERS_PER_MS: Final = 100_000
"""Sequence numbers in a millisecond: a number is the start of the backfill, and the position of an item."""


class _StoppedError(Exception):
    """Another thread failed, or the run is interrupted."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table: its approximate number of items and bytes, its key attributes, and its stream.

    DynamoDB updates the numbers about every six hours (AWS, DescribeTable).
    """

    name: str
    keys: Sequence[str]
    stream_arn: str
    view_type: str
    count: int
    size: int


def describe_table(client: Client, name: str) -> Table:
    """Return a table.

    Raises:
        AwsError: The table does not exist, or cannot be described.
        UsageError: It has no stream.
    """
    with aws_errors(f"The table {name} cannot be described"):
        found = client("dynamodb").describe_table(TableName=name)["Table"]
    specification = found.get("StreamSpecification") or {}
    if not specification.get("StreamEnabled"):
        raise UsageError(f"The table {name} has no stream: what changes while its items are sent would be lost.")
    return Table(
        name=found["TableName"],
        keys=[key["AttributeName"] for key in found["KeySchema"]],
        stream_arn=found["LatestStreamArn"],
        view_type=specification["StreamViewType"],
        count=found.get("ItemCount", 0),
        size=found.get("TableSizeBytes", 0),
    )


def check_function(client: Client, function: str, stream_arn: str) -> None:
    """Invoke a function with no records of a stream, so that it can check its target before it receives any.

    A function that checks nothing has no records to process, and succeeds.

    Raises:
        AwsError: The function cannot be invoked.
        UnfinishedError: The function failed.
    """
    reason = Sender(client("lambda"), function).check(stream_arn)
    if reason:
        raise UnfinishedError(
            f"Nothing was sent: the function {function} failed when it was invoked without records, as a check: "
            f"{reason.rstrip('.')}. Repair the cause, or pass --no-check to send the items without the check."
        )


class FailedItems:
    """The file of the failed items. The first one creates it.

    It can have lines of an earlier run. ``incomplete`` is whether a killed run left an incomplete last line, which the
    first item replaces: the next run sends the page of that item again. Any other last line is kept.

    Raises:
        UsageError: The file cannot be read or written, or ends with an incomplete line that no backfill wrote.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._opened: AppendOnlyFile | None = None
        try:
            check_replaceable(file)
            last = file.read_bytes().rpartition(b"\n")[2] if file.exists() else b""
        except OSError as error:
            raise UsageError(f'--failed: cannot use "{file}": {error.strerror}.') from error
        try:
            self.incomplete = False
            if last:
                parse_json(last)
        except ParseError:
            self.incomplete = True
        if self.incomplete and last[: len(_BEGINNING)] != _BEGINNING[: len(last)]:
            raise UsageError(
                f'--failed: "{file}" ends with an incomplete line that is not of a failed item. Name another file.'
            )

    def add(self, entry: Mapping[str, Any]) -> None:
        """Add an item. It is on disk when this returns."""
        if self._opened is None:
            self._opened = AppendOnlyFile(self._file, complete=not self.incomplete)
        self._opened.append(entry)

    def close(self) -> None:
        """Close the file."""
        if self._opened is not None:
            self._opened.close()


@dataclass(kw_only=True)
class Backfill:
    """Sends one table to one function.

    Attributes:
        client: Returns clients, which threads share.
        table: The table.
        function: Name or ARN of the function.
        journal: Progress of each segment, in this and in earlier runs.
        failed: Receives a record that failed, with an invocation record, as ``redrive replay --file`` reads it.
        segments: Number of parts of the table that are read and sent concurrently, with one invocation each.
        batch_size: Maximum number of items in an invocation.
        rate: Limits the rate of the items.
        progress: Receives the progress.
    """

    client: Client
    table: Table
    function: str
    journal: Journal
    failed: Callable[[Mapping[str, Any]], None]
    segments: int = 4
    batch_size: int = 100
    rate: Rate = field(default_factory=lambda: Rate(None))
    progress: Progress = lambda _what, _done, _total: None
    sent: int = 0
    failures: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Send every item that no earlier run has sent. ``sent`` and ``failures`` include items of earlier runs.

        An item is sent at least once: a page of a run that was killed is sent again.

        Raises:
            AwsError: The table cannot be read, or the function cannot be invoked. The journal holds the progress.
        """
        began, start_keys = self._resumed()
        scanning, invoking = self.client("dynamodb"), self.client("lambda")
        with ThreadPoolExecutor(self.segments) as pool:
            try:
                running = [
                    pool.submit(self._segment, segment, start_key, began, scanning, invoking)
                    for segment, start_key in start_keys.items()
                ]
                wait(running, return_when=FIRST_EXCEPTION)
            finally:
                # The other threads end after their current invocation, and the next run sends their page again.
                self._stop.set()
        for each in running:
            with suppress(_StoppedError):
                each.result()

    def _resumed(self) -> tuple[int, dict[int, Any]]:
        """Return the start of the first run in milliseconds, and the start key of each segment that is left."""
        began = next((entry["began"] for entry in self.journal.entries if "began" in entry), None)
        if began is None:
            began = int(time.time() * 1000)
            self.journal.append({"began": began})
        start_keys: dict[int, Any] = dict.fromkeys(range(self.segments))
        for entry in self.journal.entries:
            if "segment" in entry:
                self.sent += entry["sent"]
                self.failures += entry["failed"]
                if entry["next"] is None:
                    start_keys.pop(entry["segment"], None)
                else:
                    start_keys[entry["segment"]] = entry["next"]
        return began, start_keys

    def _segment(self, segment: int, start_key: Any, began: int, scanning: Any, invoking: Any) -> None:  # noqa: ANN401
        """Read and send one segment of the table, page by page."""
        sender = Sender(invoking, self.function, pause=self._pause)
        numbers = count(segment * (_NUMBERS_PER_MS // self.segments))
        for page, following in self._pages(segment, start_key, scanning):
            failed = 0
            records = (
                PendingRecord(self._record(item, next(numbers), began), self.function, self.table.stream_arn)
                for item in page
            )
            for batch in batches(records, self.batch_size):
                self._pause(self.rate.reserve(len(batch)), "")
                for outcomes in sender.send(batch):
                    failed += self._write_failed(outcomes, segment)
            with self._lock:
                self.journal.append({"segment": segment, "next": following, "sent": len(page), "failed": failed})
                self.sent += len(page)
                self.failures += failed
                self.progress("items", self.sent, max(self.table.count, self.sent))

    def _pause(self, seconds: float, _reason: str) -> None:
        if self._stop.wait(seconds):
            raise _StoppedError

    def _write_failed(self, outcomes: Sequence[RecordOutcome], segment: int) -> int:
        """Write the failed records, and return how many they are."""
        with self._lock:
            self.journal.heartbeat()
        failures = [one for one in outcomes if one.status is not Status.REPLAYED]
        with self._lock:
            for one in failures:
                record = one.pending.record
                document = self._invocation_record(record, f"{one.status}: {one.reason}", segment)
                self.failed({**record.event, "document": document})
        return len(failures)

    def _pages(self, segment: int, start_key: Any, scanning: Any) -> Iterator[tuple[list[Any], Any]]:  # noqa: ANN401
        """Yield pages of items, each with the start key of the next page, or None."""
        arguments: dict[str, Any] = {
            "TableName": self.table.name,
            "Segment": segment,
            "TotalSegments": self.segments,
            "Limit": PAGE,
            # An image that is not the newest would come after its change has passed through the stream.
            "ConsistentRead": True,
        }
        while True:
            if start_key is not None:
                arguments["ExclusiveStartKey"] = items.with_bytes(start_key)
            with aws_errors(f"The table {self.table.name} cannot be read"):
                page = scanning.scan(**arguments)
            key = page.get("LastEvaluatedKey")
            start_key = as_event({"key": key}, "")["key"] if key else None
            yield page["Items"], start_key
            if start_key is None:
                return

    def _record(self, item: Mapping[str, Any], number: int, began: int) -> StreamRecord:
        """Return an item as the record of its insertion, with an ID that is the same in every run."""
        image = as_event({"item": item}, "")["item"]
        keys = {name: image[name] for name in self.table.keys}
        text = json.dumps(["backfill", self.table.stream_arn, keys, items.state(image)], sort_keys=True)
        change: dict[str, Any] = {
            "ApproximateCreationDateTime": began // 1000,
            "Keys": keys,
            "SequenceNumber": f"{began * _NUMBERS_PER_MS + number % _NUMBERS_PER_MS:018d}",
            "SizeBytes": len(json.dumps(image)),
            "StreamViewType": self.table.view_type,
        }
        if self.table.view_type in {"NEW_IMAGE", "NEW_AND_OLD_IMAGES"}:
            change["NewImage"] = image
        return from_event(
            {
                "eventID": hashlib.sha256(text.encode()).hexdigest()[:32],
                "eventName": "INSERT",
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": Arn.parse(self.table.stream_arn).region,
                "dynamodb": change,
                "eventSourceARN": self.table.stream_arn,
            }
        )

    def _invocation_record(self, record: StreamRecord, condition: str, segment: int) -> dict[str, Any]:
        """Return an invocation record about an item that failed."""
        number = str(record.sequence)
        return {
            "id": f"backfill-{record.event['eventID']}",
            "requestContext": {
                "requestId": "",
                "functionArn": self.function,
                "condition": condition,
                "approximateInvokeCount": 1,
            },
            "version": "1.0",
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "DDBStreamBatchInfo": {
                "shardId": f"backfill-{segment}",
                "startSequenceNumber": number,
                "endSequenceNumber": number,
                "batchSize": 1,
                "streamArn": self.table.stream_arn,
            },
        }
