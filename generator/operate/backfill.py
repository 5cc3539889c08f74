"""The items of a table to a function, as if each had just been written: for a consumer that came after them.

A stream shows changes alone. Let the mapping run before this begins, so that no change in between is lost. A record of
a change may then reach the function before the record of the same item's backfill, which was read earlier, so a
function that must not be set back compares sequence numbers as integers: each of a backfill has 18 digits, and each of
a stream at least 21 (AWS, StreamRecord), so every change is newer than every backfill, and of two backfills the later.
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final, NamedTuple

from generator.arn import Arn
from generator.aws import Client, refusing
from generator.errors import UsageError
from generator.mapping.records import StreamRecord, as_event, from_event
from generator.operate import items
from generator.operate.invoking import Fate, Sender, batches
from generator.operate.journal import Journal
from generator.operate.redrive import Watch

PAGE: Final = 1000
"""Items that are read at once, and read again when a run is killed before all of them were sent."""

_PLACES: Final = 100_000
"""Numbers in a millisecond: a sequence number is the time at which a backfill began, and the place of an item."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table that is to be sent: about how many items and bytes it has, its keys, and its stream.

    DynamoDB counts items and bytes every six hours or so (AWS, DescribeTable).
    """

    name: str
    keys: Sequence[str]
    stream_arn: str
    view_type: str
    count: int
    size: int


def described(client: Client, name: str) -> Table:
    """Return what a table is.

    Raises:
        AwsError: there is no such table, or it cannot be described.
        UsageError: it has no stream.
    """
    with refusing(f"The table {name} cannot be described"):
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


class _Item(NamedTuple):
    record: StreamRecord


@dataclass
class Rate:
    """Lets so many items pass in a second, for all threads together; None is as many as come."""

    per_second: float | None
    sleep: Callable[[float], object] = time.sleep
    now: Callable[[], float] = time.monotonic
    _free_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self, number: int) -> None:
        """Wait until so many items may pass."""
        if self.per_second is None:
            return
        with self._lock:
            begins = max(self._free_at, self.now())
            self._free_at = begins + number / self.per_second
        self.sleep(max(0.0, begins - self.now()))


@dataclass(kw_only=True)
class Backfill:
    """One table to one function.

    Attributes:
        client: gives clients, which threads share.
        table: the table.
        function: the function's name or ARN.
        journal: how far each segment is, in this and in earlier runs.
        failed: takes what the function failed on, as a record with a document, which ``redrive replay --file`` reads.
        segments: how many parts of the table are read and sent at once, each with one invocation at a time.
        batch_size: items of an invocation at most.
        rate: how fast items are sent.
        watch: is told how far it is.
    """

    client: Client
    table: Table
    function: str
    journal: Journal
    failed: Callable[[Mapping[str, Any]], None]
    segments: int = 4
    batch_size: int = 100
    rate: Rate = field(default_factory=lambda: Rate(None))
    watch: Watch = lambda _what, _done, _of: None
    sent: int = 0
    failures: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Send every item that no earlier run has sent; ``sent`` and ``failures`` count items, those before included.

        An item is sent at least once: a page of a run that was killed is read and sent again.

        Raises:
            AwsError: the table cannot be read, or the function cannot be invoked; what is done is in the journal.
        """
        began, places = self._resumed()
        scanning, invoking = self.client("dynamodb"), self.client("lambda")
        with ThreadPoolExecutor(self.segments) as pool:
            try:
                running = [
                    pool.submit(self._segment, segment, place, began, scanning, invoking)
                    for segment, place in places.items()
                ]
                wait(running, return_when=FIRST_EXCEPTION)
            finally:
                # The others end after the page that they are at.
                self._stop.set()
        for each in running:
            each.result()

    def _resumed(self) -> tuple[int, dict[int, Any]]:
        """Return when the first run began, in milliseconds, and where each segment that is left goes on."""
        began = next((entry["began"] for entry in self.journal.entries if "began" in entry), None)
        if began is None:
            began = int(time.time() * 1000)
            self.journal.append({"began": began})
        places: dict[int, Any] = dict.fromkeys(range(self.segments))
        for entry in self.journal.entries:
            if "segment" in entry:
                self.sent += entry["sent"]
                self.failures += entry["failed"]
                if entry["next"] is None:
                    places.pop(entry["segment"], None)
                else:
                    places[entry["segment"]] = entry["next"]
        return began, places

    def _segment(self, segment: int, place: Any, began: int, scanning: Any, invoking: Any) -> None:  # noqa: ANN401
        """Read and send one part of the table, page by page."""
        sender = Sender(invoking, self.function, sleep=self._stop.wait)
        numbers = count(segment * (_PLACES // self.segments))
        for page, following in self._pages(segment, place, scanning):
            failed = 0
            records = (_Item(self._record(item, next(numbers), began)) for item in page)
            for batch in batches(records, self.batch_size):
                self.rate.spend(len(batch))
                for outcomes in sender.send([one.record for one in batch]):
                    failed += self._settle(outcomes, segment)
            with self._lock:
                self.journal.append({"segment": segment, "next": following, "sent": len(page), "failed": failed})
                self.sent += len(page)
                self.failures += failed
                self.watch("items", self.sent, max(self.table.count, self.sent))
            if self._stop.is_set():
                return

    def _settle(self, outcomes: Sequence[tuple[StreamRecord, Fate, str]], segment: int) -> int:
        """Keep what failed; return how much that is."""
        failures = [each for each in outcomes if each[1] is not Fate.REPLAYED]
        with self._lock:
            for record, fate, reason in failures:
                self.failed({**record.event, "document": self._document(record, f"{fate}: {reason}", segment)})
        return len(failures)

    def _pages(self, segment: int, place: Any, scanning: Any) -> Iterator[tuple[list[Any], Any]]:  # noqa: ANN401
        """Give pages of items, each with where the next one begins, or None."""
        arguments: dict[str, Any] = {
            "TableName": self.table.name,
            "Segment": segment,
            "TotalSegments": self.segments,
            "Limit": PAGE,
            # An older image than the newest would come after its change has gone through the stream.
            "ConsistentRead": True,
        }
        while True:
            if place is not None:
                arguments["ExclusiveStartKey"] = items.with_bytes(place)
            with refusing(f"The table {self.table.name} cannot be read"):
                page = scanning.scan(**arguments)
            key = page.get("LastEvaluatedKey")
            place = as_event({"key": key}, "")["key"] if key else None
            yield page["Items"], place
            if place is None:
                return

    def _record(self, item: Mapping[str, Any], number: int, began: int) -> StreamRecord:
        """Return an item as the record of its insertion; the same item has the same id in every run."""
        image = as_event({"item": item}, "")["item"]
        keys = {name: image[name] for name in self.table.keys}
        text = json.dumps(["backfill", self.table.stream_arn, keys, items.state(image)], sort_keys=True)
        change: dict[str, Any] = {
            "ApproximateCreationDateTime": began // 1000,
            "Keys": keys,
            "SequenceNumber": f"{began * _PLACES + number % _PLACES:018d}",
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

    def _document(self, record: StreamRecord, condition: str, segment: int) -> dict[str, Any]:
        """Return a document about an item that failed, in the shape of a mapping's."""
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
