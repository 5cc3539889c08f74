"""Tracks every record and invocation record: none of the latter is deleted before all its records are processed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from generator.operate.destinations import Destination
from generator.operate.journal import Journal
from generator.operate.matching import MessageMatch
from generator.operate.messages import InvocationRecord, UnrecognizedMessage
from generator.operate.pending import RecordOutcome, Status

_PROCESSED: Final = {Status.REPLAYED, Status.FILTERED}


@dataclass
class Summary:
    """The result of a run, in records unless stated otherwise.

    Attributes:
        messages: Number of invocation records.
        fetched: Records that were read.
        replayed: Records that the function processed; in a dry run, records that would be sent.
        failed: Records that the function failed on.
        blocked: Records that were not sent because an earlier record of their item failed.
        superseded: Records that were not sent because their item has changed since.
        filtered: Records that were not sent because the mapping filters out the current state of their item.
        expired: Records that no longer exist in the stream.
        skipped: Records that were not sent for another reason, which is in ``notes``.
        processed_before: Records that an earlier run processed.
        deleted: Invocation records that were deleted, because all their records are processed.
        unrecognized: Messages at the destination that are not invocation records.
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
    unrecognized: list[UnrecognizedMessage] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def left(self) -> dict[str, int]:
        """What this run could not process, by status."""
        counts = {name: getattr(self, name) for name in ("failed", "blocked", "superseded", "expired", "skipped")}
        counts["unrecognized"] = len(self.unrecognized)
        return {name: count for name, count in counts.items() if count}

    def add_unmatched(self, match: MessageMatch, reason: str) -> None:
        """Count an invocation record of which records have expired, or which is skipped."""
        self.expired += match.expired
        if not match.expired:
            self.skipped += max(match.message.size, len(match.records), 1)
        text = f"{match.expired} of {match.message.size} records expired: {reason}" if match.expired else reason
        self.notes.append((match.message.id, text))


@dataclass
class _MessageState:
    """One invocation record: how many of its records have no outcome, and whether to keep it."""

    message: InvocationRecord
    open: int = 0
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

    def register(self, match: MessageMatch, *, skip_reason: str | None = None) -> None:
        """Add an invocation record. It is kept if its records are incomplete, or for a ``skip_reason``."""
        self._numbers[id(match.message)] = len(self._states)
        reason = skip_reason or match.reason
        self._states.append(_MessageState(match.message, kept=reason is not None))
        if reason:
            self._summary.add_unmatched(match, reason)

    def add_record(self, sequence: str, messages: Iterable[InvocationRecord]) -> list[tuple[int, str]]:
        """Add a record. Return for which invocation records, by number, it is still to be processed."""
        self._summary.fetched += 1
        numbers = [self._numbers[id(message)] for message in messages]
        pending = [number for number in numbers if (self._states[number].message.id, sequence) not in self._processed]
        for number in pending:
            self._states[number].open += 1
        self._summary.processed_before += not pending
        return [(number, sequence) for number in pending]

    def record_outcomes(self, outcomes: Sequence[RecordOutcome]) -> None:
        """Record outcomes. Those of processed records are in the journal before a message is deleted."""
        processed = [one for one in outcomes if one.status in _PROCESSED]
        self._journal.append(
            *(
                {"done": [self._states[number].message.id, sequence]}
                for one in processed
                for number, sequence in one.pending.parts
            )
        )
        for one in outcomes:
            count = len({sequence for _, sequence in one.pending.parts})
            setattr(self._summary, one.status.value, getattr(self._summary, one.status.value) + count)
            for number, sequence in one.pending.parts:
                state = self._states[number]
                state.open -= 1
                state.kept = state.kept or one.status not in _PROCESSED
                if one.reason:
                    self._summary.notes.append((state.message.id, f"{sequence} {one.status}: {one.reason}"))
                self._delete_if_processed(state)

    def delete_processed(self) -> None:
        """Delete the invocation records all of whose records an earlier run processed."""
        for state in self._states:
            self._delete_if_processed(state)

    def _delete_if_processed(self, state: _MessageState) -> None:
        if state.open or state.kept or self._dry_run:
            return
        self._destination.delete(state.message)
        state.kept = True
        self._summary.deleted += 1
