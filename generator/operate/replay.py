"""Gets the records of invocation records back, and sends them, or the current states of their items, to the function.

A record that was discarded yesterday may be superseded: its item has been written since, the function has processed
the newer change, and the old image would set the item back. So ``replay`` reads the items just before each invocation.
It sends all records of an item, in order, if the last of them holds the current state of the item. Otherwise it sends
none of them, and ``reconcile`` (or ``--include-superseded``) is the way to continue. Records without new images cannot
be compared; functions of such streams read the table themselves. A change between the read and the invocation cannot
be seen: a mapping delivers at least once, and its function must be idempotent anyway.

Everything is decided for each function by itself: what another function has been sent says nothing about this one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from generator.errors import AwsError
from generator.operate import items, matching
from generator.operate.items import Items
from generator.operate.job import Job, Portion
from generator.operate.journal import Journal
from generator.operate.matching import MessageMatch
from generator.operate.messages import as_json
from generator.operate.pending import PendingRecord, RecordBuffer, RecordOutcome, Status
from generator.operate.reconcile import SkippedStates, current_state_record
from generator.operate.sender import Check, Rate, Sender, batches
from generator.operate.tracker import MessageTracker, Summary

_SUPERSEDED: Final = "its item has changed since"
_OVERTAKEN: Final = "a newer record of its item was sent before"
_REJECTED_KEY: Final = "the table rejects its key"

ItemId = tuple[str, str, str]
"""An item as a function sees it: the function, the ARN of the stream, and the key."""


def fetch(job: Job, write: Callable[[Mapping[str, Any]], None]) -> Summary:
    """Read the records of all invocation records, and write each once for each function, with its invocation record.

    Takes a function that writes a record in the shape of an event.

    Raises:
        AwsError: The destination or a stream cannot be read.
    """
    summary = Summary()
    for portion in job.portions():
        _start(job, portion, summary)
        for message, reason in portion.skipped:
            summary.add_unmatched(MessageMatch(message, []), reason)
        for own in portion.own.values():
            for group in matching.match_records(own, job.reader, job.record_filter, job.filter_changed):
                for match in group:
                    if match.reason:
                        summary.add_unmatched(match, match.reason)
                for record, messages in matching.records_of(group):
                    write({**record.event, "document": as_json(messages[0])})
                    summary.fetched += 1
                job.keep_alive()
                job.progress("records", summary.fetched, None)
    summary.unread = job.unread
    return summary


def replay(
    job: Job, journal: Journal, *, dry_run: bool, include_superseded: bool = False, rate: float | None = None
) -> Summary:
    """Invoke the function with all records, and delete each invocation record all of whose records are processed.

    Takes the journal of what is processed, and the maximum number of records in a second. A dry run invokes and
    deletes nothing, and counts the records that would be sent as replayed.

    Raises:
        AwsError: A stream or the table cannot be read, the function cannot be invoked, or a message cannot be deleted.
    """
    summary = Summary()
    tracker = MessageTracker(job.destination, journal, summary, dry_run=dry_run)
    delivery = Delivery(job, tracker, dry_run, Rate(rate))
    for portion in job.portions():
        _start(job, portion, summary)
        with RecordBuffer() as buffer:
            last_states = _fill(job, portion, tracker, buffer, delivery.delivered)
            states = {} if include_superseded else last_states
            for sender, table, batch in senders(job, buffer):
                check = superseded_check(table, batch[0], states)
                delivery.send(sender, batch, check)
                job.progress("replayed", summary.replayed, buffer.count)
    summary.items, summary.unread = len(delivery.delivered), job.unread
    return summary


def reconcile(job: Job, journal: Journal, *, dry_run: bool) -> Summary:
    """Send the current state of the item of each record to the function.

    An item that exists is sent with its current image, and another one as REMOVE. So nothing old overwrites anything
    newer. States in between are lost, and the summary names them by item. An invocation record in a queue has no keys:
    if its records have expired, only the table as a whole can be sent (``backfill``).

    Raises:
        AwsError: As for :func:`replay`.
    """
    summary = Summary()
    tracker = MessageTracker(job.destination, journal, summary, dry_run=dry_run)
    skipped = SkippedStates()
    delivery = Delivery(job, tracker, dry_run)
    for portion in job.portions():
        _start(job, portion, summary)
        with RecordBuffer() as buffer:
            _fill(job, portion, tracker, buffer, delivery.delivered, overtaken=Status.PROCESSED_BEFORE)
            for sender, table, batch in senders(job, buffer):
                to_send = _current_states(job, tracker, skipped, table, batch)
                states = {item_id(one): items.state_after(one.record.event) for one in to_send}
                check = superseded_check(table, batch[0], states)
                delivery.send(sender, to_send, check)
                job.progress("reconciled", summary.replayed, buffer.count)
    summary.items, summary.unread = len(delivery.delivered), job.unread
    summary.notes += skipped.notes()
    return summary


def item_id(pending: PendingRecord) -> ItemId:
    """Return the item of a record."""
    return pending.function, pending.stream_arn, pending.record.key


def senders(job: Job, buffer: Iterable[PendingRecord]) -> Iterator[tuple[Sender, Items, list[PendingRecord]]]:
    """Yield pending records in batches of one shard, as a mapping makes them.

    Each comes with the sender of its function and the items of its table.
    """
    for (function, stream_arn, _), ones in groupby(buffer, lambda one: (one.function, one.stream_arn, one.shard)):
        table = Items(job.client, stream_arn, pause=job.pause)
        for batch in batches(ones, job.batch_size):
            yield job.sender(function, stream_arn), table, batch


def superseded_check(table: Items, one: PendingRecord, states: Mapping[ItemId, str | None]) -> Check:
    """Return a function that finds the items whose current state differs from the one after their last record.

    Takes any of the records, and the states after the last record of each item. An item without a state is not read.
    """

    def check(part: Sequence[PendingRecord]) -> dict[str, tuple[Status, str]]:
        ids = {each.record.key: (one.function, one.stream_arn, each.record.key) for each in part}
        expected = {key: state for key, identifier in ids.items() if (state := states.get(identifier))}
        current = table.read(expected)
        return {
            key: (Status.SUPERSEDED, _SUPERSEDED) if key in current else (Status.SKIPPED, _REJECTED_KEY)
            for key, state in expected.items()
            if key not in current or items.state(current[key]) != state
        }

    return check


@dataclass
class Delivery:
    """Sends batches and records the outcomes. A dry run only finds the records that would not be sent.

    ``delivered`` has the sequence number of the last record of each item that the function processed.
    """

    job: Job
    tracker: MessageTracker
    dry_run: bool
    rate: Rate = field(default_factory=Rate)
    delivered: dict[ItemId, int] = field(default_factory=dict)

    def send(self, sender: Sender, batch: Sequence[PendingRecord], check: Check) -> None:
        """Send a batch.

        Raises:
            AwsError: The function cannot be invoked, and it is not just that of a single invocation record.
        """
        left = {id(one): one for one in batch}
        if not self.dry_run:
            self.job.pause(self.rate.reserve(len(batch)), "")
        try:
            for outcomes in [_predict(batch, check)] if self.dry_run else sender.send(batch, check):
                self.tracker.record_outcomes(outcomes)
                for outcome in outcomes:
                    del left[id(outcome.pending)]
                    if outcome.status is Status.REPLAYED:
                        self.delivered[item_id(outcome.pending)] = outcome.pending.record.sequence
                self.job.keep_alive()
        except AwsError as error:
            if self.job.target or error.code != "ResourceNotFoundException":
                raise
            self.tracker.record_outcomes([RecordOutcome(one, Status.SKIPPED, str(error)) for one in left.values()])


def _predict(batch: Sequence[PendingRecord], check: Check) -> list[RecordOutcome]:
    withheld = check(batch)
    return [RecordOutcome(one, *withheld.get(one.record.key, (Status.REPLAYED, ""))) for one in batch]


def _start(job: Job, portion: Portion, summary: Summary) -> None:
    summary.messages += sum(map(len, portion.own.values())) + len(portion.skipped) + portion.others.total()
    for owner, number in portion.others.items():
        summary.others[owner] = summary.others.get(owner, 0) + number
    summary.unrecognized += portion.unrecognized
    summary.in_flight = job.in_flight


def _fill(
    job: Job,
    portion: Portion,
    tracker: MessageTracker,
    buffer: RecordBuffer,
    delivered: Mapping[ItemId, int],
    *,
    overtaken: Status = Status.SUPERSEDED,
) -> dict[ItemId, str | None]:
    """Read all records into the buffer. Return the state after the last record of each item that is to be sent.

    Takes the last record of each item that earlier portions delivered, and what becomes of a record before it.
    """
    last_states: dict[ItemId, str | None] = {}
    tracker.begin_portion()
    for message, reason in portion.skipped:
        tracker.register(MessageMatch(message, []), skip_reason=reason)
    for function, own in portion.own.items():
        for group in matching.match_records(own, job.reader, job.record_filter, job.filter_changed):
            for match in group:
                tracker.register(match, kept=not job.may_delete(match.message))
            for record, messages in matching.records_of(group):
                parts = tracker.add_record(str(record.sequence), messages)
                pending = PendingRecord(record, function, messages[0].stream_arn, messages[0].shard, parts)
                last = delivered.get(item_id(pending), 0)
                if parts and record.sequence <= last:
                    status = overtaken if record.sequence < last else Status.PROCESSED_BEFORE
                    tracker.record_outcomes([RecordOutcome(pending, status, _OVERTAKEN)])
                elif parts:
                    buffer.append(pending)
                    last_states[item_id(pending)] = items.state_after(record.event)
            job.keep_alive()
            job.progress("records", buffer.count, None)
    tracker.delete_processed()
    return last_states


def _current_states(
    job: Job, tracker: MessageTracker, skipped: SkippedStates, table: Items, batch: Sequence[PendingRecord]
) -> list[PendingRecord]:
    """Return records with the current states of the items of a batch, and record why others are not sent."""
    by_key: dict[str, list[PendingRecord]] = {}
    for one in batch:
        by_key.setdefault(one.record.key, []).append(one)
    current = table.read(by_key)
    to_send: list[PendingRecord] = []
    for key, ones in by_key.items():
        if key not in current:
            tracker.record_outcomes([RecordOutcome(one, Status.SKIPPED, _REJECTED_KEY) for one in ones])
            continue
        skipped.add([one.record for one in ones], current[key])
        record = current_state_record(ones[-1].record, current[key])
        pending = ones[-1]._replace(record=record, parts=[part for one in ones for part in one.parts])
        if job.mapping and job.filtered and not job.mapping.filter.matches(record.event):
            tracker.record_outcomes([RecordOutcome(pending, Status.FILTERED)])
        else:
            to_send.append(pending)
    return to_send
