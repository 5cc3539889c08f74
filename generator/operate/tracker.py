"""Tracks every record and invocation record: none of the latter is deleted before all its records are processed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from generator.operate.destinations import Destination, InFlight
from generator.operate.journal import Journal
from generator.operate.matching import MessageMatch
from generator.operate.messages import InvocationRecord, UnrecognizedMessage
from generator.operate.pending import RecordOutcome, Status

_PROCESSED: Final = {Status.REPLAYED, Status.FILTERED, Status.PROCESSED_BEFORE}
_LEFT: Final = ("failed", "blocked", "superseded", "expired", "skipped", "undeleted", "incomplete_shards")


@dataclass
class Summary:
    """The result of a run, in records unless stated otherwise.

    Attributes:
        messages: Number of invocation records, those of other functions included.
        fetched: Records that were read.
        replayed: Records that the function processed; in a dry run, records that would be sent.
        failed: Records that the function failed on.
        blocked: Records that were not sent because an earlier record of their item failed.
        superseded: Records that were not sent because their item has changed since.
        filtered: Records that were not sent because the mapping filters out the current state of their item.
        expired: Records that no longer exist in the stream.
        skipped: Records that were not sent for another reason, which is in ``notes``.
        processed_before: Records that an earlier run processed, or this one for another invocation record.
        deleted: Invocation records that were deleted, because all their records are processed.
        undeleted: Invocation records whose records are processed, and that could not be deleted.
        kept: Invocation records whose records another function than their own processed, and that stay for this reason.
        unrecognized: Messages at the destination that are not invocation records.
        others: Number of invocation records that belong to other functions, by their names.
        in_flight: Messages that other consumers have hidden.
        unread: About how many messages were not read, because no more can be in flight.
        items: Number of items of the replayed records.
        incomplete_shards: Shards of which records expired while they were read, in a replay by time.
        first: Time at which the first selected record was written, in seconds since the epoch, in a replay by time.
        last: Time at which the last one was written.
        late: Invocation records of which records had expired when Lambda sent them, or nearly so.
        notes: Remarks on single invocation records, records or items.
    """

    messages: int = 0
    fetched: int = 0
    replayed: int = 0
    failed: int = 0
    blocked: int = 0
    superseded: int = 0
    filtered: int = 0
    expired: int = 0
    skipped: int = 0
    processed_before: int = 0
    deleted: int = 0
    undeleted: int = 0
    kept: int = 0
    unrecognized: list[UnrecognizedMessage] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)
    in_flight: InFlight | None = None
    unread: int = 0
    items: int = 0
    late: int = 0
    notes: list[tuple[str, str]] = field(default_factory=list)

    incomplete_shards: int = 0
    first: float | None = None
    last: float | None = None

    @property
    def left(self) -> dict[str, int]:
        """What this run could not process, by status."""
        counts = {name: getattr(self, name) for name in _LEFT}
        counts |= {"unrecognized": len(self.unrecognized), "in flight": self.in_flight.number if self.in_flight else 0}
        counts["unread"] = self.unread
        return {name: number for name, number in counts.items() if number}

    def add_unmatched(self, match: MessageMatch, reason: str) -> None:
        """Count an invocation record of which records have expired, or which is skipped."""
        self.expired += match.expired
        self.late += match.expired > 0 and match.message.sent_late
        self.skipped += max(0 if match.expired else 1, match.message.size - match.expired - len(match.records))
        text = f"{match.expired} of {match.message.size} records expired: {reason}" if match.expired else reason
        self.notes.append((match.message.id, text))


@dataclass
class _MessageState:
    """One invocation record or other source: how many of its records have no outcome, and whether it stays anyway."""

    id: str
    message: InvocationRecord | None = None
    open: int = 0
    stays: bool = False
    kept: bool = False


class MessageTracker:
    """Records outcomes, and deletes an invocation record with the last one.

    Takes the destination, the journal, and the summary to count in. A dry run deletes nothing.
    """

    def __init__(self, destination: Destination, journal: Journal, summary: Summary, *, dry_run: bool = False) -> None:
        self._destination = destination
        self._journal = journal
        self._summary = summary
        self._dry_run = dry_run
        self._states: list[_MessageState] = []
        self._numbers: dict[int, int] = {}
        self._processed = {tuple(entry["done"]) for entry in journal.entries if "done" in entry}

    def begin_portion(self) -> None:
        """Remove the invocation records so far: all have an outcome."""
        self._states, self._numbers = [], {}

    def register(self, match: MessageMatch, *, skip_reason: str | None = None, kept: bool = False) -> None:
        """Add an invocation record.

        It stays if its records are incomplete or for a ``skip_reason``, and if ``kept``, even if all are processed.
        """
        self._numbers[id(match.message)] = len(self._states)
        reason = skip_reason or match.reason
        self._states.append(_MessageState(match.message.id, match.message, stays=reason is not None, kept=kept))
        if reason:
            self._summary.add_unmatched(match, reason)

    def register_source(self, name: str) -> int:
        """Add something whose records are tracked, and which is never deleted, such as a shard. Return its number."""
        self._states.append(_MessageState(name, stays=True))
        return len(self._states) - 1

    def add_record(self, sequence: str, messages: Iterable[InvocationRecord]) -> list[tuple[int, str]]:
        """Add a record. Return for which invocation records, by number, it is still to be processed."""
        return self.add_parts(sequence, [self._numbers[id(message)] for message in messages])

    def add_parts(self, sequence: str, numbers: Iterable[int]) -> list[tuple[int, str]]:
        """Add a record of invocation records or other sources, by their numbers. See :meth:`add_record`."""
        self._summary.fetched += 1
        pending = [number for number in numbers if (self._states[number].id, sequence) not in self._processed]
        for number in pending:
            self._states[number].open += 1
        self._summary.processed_before += not pending
        return [(number, sequence) for number in pending]

    def record_outcomes(self, outcomes: Sequence[RecordOutcome]) -> None:
        """Record outcomes. Those of processed records are in the journal before a message is deleted."""
        processed: list[Any] = []
        finished: list[_MessageState] = []
        for one in outcomes:
            count = len({sequence for _, sequence in one.pending.parts})
            setattr(self._summary, one.status.value, getattr(self._summary, one.status.value) + count)
            for number, sequence in one.pending.parts:
                state = self._states[number]
                state.open -= 1
                if one.status in _PROCESSED:
                    processed.append({"done": [state.id, sequence]})
                else:
                    state.stays = True
                    self._summary.notes.append((state.id, f"{sequence} {one.status}: {one.reason}"))
                if not state.open:
                    finished.append(state)
        self._journal.append(*processed)
        self._delete(finished)

    def delete_processed(self) -> None:
        """Delete the invocation records all of whose records an earlier run processed."""
        self._delete([state for state in self._states if not state.open])

    def _delete(self, finished: Sequence[_MessageState]) -> None:
        processed = [state for state in finished if not state.stays and not self._dry_run]
        for state in processed:
            state.stays = True
            self._summary.kept += state.kept
        to_delete = [state.message for state in processed if state.message and not state.kept]
        if not to_delete:
            return
        failed = self._destination.delete(to_delete)
        self._summary.deleted += len(to_delete) - len(failed)
        self._summary.undeleted += len(failed)
        self._summary.notes += [
            (identifier, f"processed, but not deleted: {why}") for identifier, why in failed.items()
        ]
