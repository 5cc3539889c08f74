"""Gets the records of invocation records back, and sends them, or the current states of their items, to the function.

A record that was discarded yesterday may be superseded: its item has been written since, the function has processed
the newer change, and the old image would set the item back. So ``replay`` reads the items just before each invocation.
It sends all records of an item, in order, if the last of them holds the current state of the item. Otherwise it sends
none of them, and ``reconcile`` (or ``--include-superseded``) is the way to continue. Records without new images cannot
be compared; functions of such streams read the table themselves. A change between the read and the invocation cannot
be seen: a mapping delivers at least once, and its function must be idempotent anyway.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from generator.aws import Client
from generator.operate import items, matching
from generator.operate.destinations import Destination
from generator.operate.items import Items
from generator.operate.journal import Journal
from generator.operate.matching import MessageMatch, RecordFilter
from generator.operate.messages import InvocationRecord, UnrecognizedMessage, as_json
from generator.operate.pending import PendingRecord, RecordBuffer, RecordOutcome, Status
from generator.operate.reconcile import SkippedStates, current_state_record
from generator.operate.references import MappingRef
from generator.operate.sender import Sender, batches
from generator.operate.stream_reader import StreamReader
from generator.operate.tracker import MessageTracker, Summary

BATCH_SIZE: Final = 100
"""Records in an invocation if the mapping is not known: the default of Lambda."""

Progress = Callable[[str, int, int | None], None]
"""Receives what is counted, how many are done, and how many there are, or None if that is not known."""

_WINDOWED = "its records belonged to a tumbling window, whose state is not known"
_SUPERSEDED = "its item has changed since; reconcile sends its current state"


@dataclass(kw_only=True)
class Job:
    """What to replay, and how.

    Attributes:
        client: Returns clients.
        destination: Where the invocation records are.
        reader: Reads their streams.
        mapping: The mapping, if it is known. Invocation records of other mappings are skipped.
        function: A function to invoke instead of the mapping's, or of the one in an invocation record.
        filtered: Whether the filter criteria of the mapping decide which records of a range were in the batch.
        progress: Receives the progress.
    """

    client: Client
    destination: Destination
    reader: StreamReader
    mapping: MappingRef | None = None
    function: str | None = None
    filtered: bool = True
    progress: Progress = lambda _what, _done, _total: None
    messages: list[InvocationRecord] = field(default_factory=list)
    unrecognized: list[UnrecognizedMessage] = field(default_factory=list)

    def load_messages(self) -> None:
        """Read everything at the destination.

        Raises:
            AwsError: The destination cannot be read.
        """
        for found in self.destination.read():
            if isinstance(found, InvocationRecord):
                self.messages.append(found)
            else:
                self.unrecognized.append(found)
            self.progress("messages", len(self.messages), None)

    @property
    def record_filter(self) -> RecordFilter | None:
        """The filter of the records that were in a batch. None if it is not known."""
        if not self.filtered:
            return lambda _record: True
        return self.mapping.filter.matches if self.mapping else None

    @property
    def batch_size(self) -> int:
        """Maximum number of records in an invocation."""
        return self.mapping.batch_size if self.mapping else BATCH_SIZE

    def function_of(self, message: InvocationRecord) -> str:
        """Return the function to invoke with the records of an invocation record."""
        function = self.function or (self.mapping.function_arn if self.mapping else message.function_arn)
        return function.removesuffix(":$LATEST")

    def skip_reason(self, message: InvocationRecord) -> str | None:
        """Return why an invocation record is skipped before its records are read."""
        if self.mapping and self.mapping.stream_arn != message.stream_arn:
            return (
                f"it is about {message.stream_arn}, and the mapping {self.mapping.uuid} reads another stream; "
                "without --mapping, the function that it names is invoked"
            )
        return _WINDOWED if message.windowed and message.first is not None else None


def fetch(job: Job, write: Callable[[Mapping[str, Any]], None]) -> Summary:
    """Read the records of all invocation records, and write each once: as in an event, with its invocation record.

    Takes the loaded messages, and a function that writes a record.

    Raises:
        AwsError: A stream cannot be read.
    """
    summary = Summary(messages=len(job.messages), unrecognized=job.unrecognized)
    for group in matching.match_records(job.messages, job.reader, job.record_filter):
        for match in group:
            if match.reason:
                summary.add_unmatched(match, match.reason)
        for record, messages in matching.records_of(group):
            write({**record.event, "document": as_json(messages[0])})
            summary.fetched += 1
        job.progress("records", summary.fetched, None)
    return summary


def replay(job: Job, journal: Journal, *, dry_run: bool, include_superseded: bool = False) -> Summary:
    """Invoke the function with all records, and delete each invocation record all of whose records are processed.

    Takes the loaded messages, and the journal of what is processed. A dry run invokes and deletes nothing, and counts
    the records that would be sent as replayed.

    Raises:
        AwsError: A stream or the table cannot be read, the function cannot be invoked, or a message cannot be deleted.
    """
    summary = Summary(messages=len(job.messages), unrecognized=job.unrecognized)
    tracker = MessageTracker(job.destination, journal, summary, dry_run=dry_run)
    with RecordBuffer() as buffer:
        last_states = _fill(job, tracker, buffer)
        tracker.delete_processed()
        for sender, table, batch in _batches(job, buffer):
            superseded: set[str] = set()
            if not include_superseded:
                expected = {one.record.key: last_states[one.stream_arn, one.record.key] for one in batch}
                current = table.read(key for key, state in expected.items() if state)
                superseded = {key for key, image in current.items() if items.state(image) != expected[key]}
            tracker.record_outcomes(
                [RecordOutcome(one, Status.SUPERSEDED, _SUPERSEDED) for one in batch if one.record.key in superseded]
            )
            _send(sender, tracker, [one for one in batch if one.record.key not in superseded], dry_run=dry_run)
            job.destination.renew()
            job.progress("replayed", summary.replayed, buffer.count)
    return summary


def reconcile(job: Job, journal: Journal, *, dry_run: bool) -> Summary:
    """Send the current state of the item of each record to the function.

    An item that exists is sent with its current image, and another one as REMOVE. So nothing old overwrites anything
    newer. States in between are lost, and the summary names them by item. An invocation record in a queue has no keys:
    if its records have expired, only the table as a whole can be sent (``backfill``).

    Raises:
        AwsError: As for :func:`replay`.
    """
    summary = Summary(messages=len(job.messages), unrecognized=job.unrecognized)
    tracker = MessageTracker(job.destination, journal, summary, dry_run=dry_run)
    skipped = SkippedStates()
    with RecordBuffer() as buffer:
        _fill(job, tracker, buffer)
        tracker.delete_processed()
        for sender, table, batch in _batches(job, buffer):
            by_key: dict[str, list[PendingRecord]] = {}
            for one in batch:
                by_key.setdefault(one.record.key, []).append(one)
            current = table.read(by_key)
            to_send: list[PendingRecord] = []
            for key, ones in by_key.items():
                skipped.add([one.record for one in ones], current[key])
                record = current_state_record(ones[-1].record, current[key])
                pending = ones[-1]._replace(record=record, parts=[part for one in ones for part in one.parts])
                if job.mapping and job.filtered and not job.mapping.filter.matches(record.event):
                    tracker.record_outcomes([RecordOutcome(pending, Status.FILTERED)])
                else:
                    to_send.append(pending)
            _send(sender, tracker, to_send, dry_run=dry_run)
            job.destination.renew()
            job.progress("reconciled", summary.replayed, buffer.count)
    summary.notes += skipped.notes()
    return summary


def _fill(job: Job, tracker: MessageTracker, buffer: RecordBuffer) -> dict[tuple[str, str], str | None]:
    """Read all records into the buffer. Return the state after the last record of each item, by stream and key."""
    last_states: dict[tuple[str, str], str | None] = {}
    by_function: dict[str, list[InvocationRecord]] = {}
    for message in job.messages:
        reason = job.skip_reason(message)
        if reason:
            tracker.register(MessageMatch(message, []), skip_reason=reason)
        else:
            by_function.setdefault(job.function_of(message), []).append(message)
    for function, own in by_function.items():
        for group in matching.match_records(own, job.reader, job.record_filter):
            for match in group:
                tracker.register(match)
            for record, messages in matching.records_of(group):
                stream_arn = messages[0].stream_arn
                last_states[stream_arn, record.key] = items.state_after(record.event)
                parts = tracker.add_record(str(record.sequence), messages)
                if parts:
                    buffer.append(PendingRecord(record, function, stream_arn, parts))
            job.destination.renew()
            job.progress("records", buffer.count, None)
    return last_states


def _batches(job: Job, buffer: Iterable[PendingRecord]) -> Iterator[tuple[Sender, Items, list[PendingRecord]]]:
    """Yield pending records in batches, each with the sender of its function and the items of its table."""
    senders: dict[tuple[str, str], Sender] = {}
    for (function, stream_arn), ones in groupby(buffer, lambda one: (one.function, one.stream_arn)):
        sender = senders.setdefault((function, stream_arn), Sender(job.client("lambda"), function))
        table = Items(job.client("dynamodb"), stream_arn)
        for batch in batches(ones, job.batch_size):
            yield sender, table, batch


def _send(sender: Sender, tracker: MessageTracker, batch: Sequence[PendingRecord], *, dry_run: bool) -> None:
    """Send records and record their outcomes. In a dry run, record success."""
    success = [[RecordOutcome(one, Status.REPLAYED) for one in batch]]
    for outcomes in success if dry_run else sender.send(batch):
        tracker.record_outcomes(outcomes)
