"""What became of every record and document: nothing is deleted before everything in it has succeeded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from generator.mapping.records import StreamRecord
from generator.operate.destinations import Destination, Foreign
from generator.operate.documents import Document
from generator.operate.fetching import Verdict
from generator.operate.invoking import Fate
from generator.operate.journal import Journal

_DONE: Final = {Fate.REPLAYED, Fate.FILTERED}


@dataclass
class Summary:
    """What came of a run, in records unless it says otherwise.

    Attributes:
        documents: documents that were found.
        fetched: records that were read back.
        replayed: those that the function processed; in a rehearsal, those that would be sent to it.
        failed: those that it did not.
        parked: those that were not sent, for a reason that is in ``notes``.
        filtered: those that the mapping's filter would not let through as their items are now.
        lost: those that no longer exist anywhere.
        before: those that an earlier run had done.
        deleted: documents that were deleted, everything in them having succeeded.
        foreign: things at the destination that are no documents.
        notes: what is to be said of documents, records or items, each once.
    """

    documents: int = 0
    fetched: int = 0
    replayed: int = 0
    failed: int = 0
    parked: int = 0
    filtered: int = 0
    lost: int = 0
    before: int = 0
    deleted: int = 0
    foreign: list[Foreign] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def unfinished(self) -> bool:
        """Whether anything is left that this run could not do."""
        return bool(self.failed or self.parked or self.lost or self.foreign)


@dataclass
class _Account:
    """One document: how many of its records are not settled, and whether it must stay."""

    document: Document
    open: int = 0
    stays: bool = False


class Settled(NamedTuple):
    """What became of a record, and the numbers of the documents for which it was taken."""

    record: StreamRecord
    numbers: Sequence[int]
    fate: Fate
    reason: str = ""


class Ledger:
    """Settles records one by one, and deletes a document with its last one.

    Takes the destination, the journal, and the summary in which everything is counted. In a rehearsal nothing is
    deleted.
    """

    def __init__(
        self, destination: Destination, journal: Journal, summary: Summary, *, rehearsal: bool = False
    ) -> None:
        self._destination = destination
        self._journal = journal
        self._summary = summary
        self._rehearsal = rehearsal
        self._accounts: list[_Account] = []
        self._numbers: dict[int, int] = {}
        self._done = {tuple(entry["done"]) for entry in journal.entries if "done" in entry}

    def open(self, verdict: Verdict, *, parked: str | None = None) -> None:
        """Take a document with what is known of it; ``parked`` is a reason of the run's own to leave it alone."""
        document = verdict.document
        self._numbers[id(document)] = len(self._accounts)
        reason = parked or verdict.reason
        self._accounts.append(_Account(document, stays=reason is not None))
        if reason:
            self._summary.lost += verdict.lost
            if not verdict.lost:
                self._summary.parked += max(document.size, verdict.found, 1)
            self.note(document.id, f"{verdict.lost} of {document.size} lost: {reason}" if verdict.lost else reason)

    def take(self, sequence: str, documents: Iterable[Document]) -> list[int]:
        """Take a record; return the numbers of the documents for which it is still to be done."""
        self._summary.fetched += 1
        numbers = [self._numbers[id(document)] for document in documents]
        wanted = [number for number in numbers if (self._accounts[number].document.id, sequence) not in self._done]
        for number in wanted:
            self._accounts[number].open += 1
        self._summary.before += not wanted
        return wanted

    def settle(self, settled: Sequence[Settled]) -> None:
        """Settle records: those that are done are in the journal before anything is deleted."""
        done = [one for one in settled if one.fate in _DONE]
        self._journal.append(
            *(
                {"done": [self._accounts[number].document.id, str(one.record.sequence)]}
                for one in done
                for number in one.numbers
            )
        )
        for one in settled:
            self._count(one.fate)
            for number in one.numbers:
                account = self._accounts[number]
                account.open -= 1
                account.stays = account.stays or one.fate not in _DONE
                if one.reason:
                    self.note(account.document.id, f"{one.record.sequence} {one.fate}: {one.reason}")
                self._close(account)

    def _count(self, fate: Fate) -> None:
        if fate is Fate.REPLAYED:
            self._summary.replayed += 1
        elif fate is Fate.FAILED:
            self._summary.failed += 1
        elif fate is Fate.FILTERED:
            self._summary.filtered += 1
        else:
            self._summary.parked += 1

    def close_settled(self) -> None:
        """Delete the documents of which an earlier run had done everything."""
        for account in self._accounts:
            self._close(account)

    def note(self, about: str, text: str) -> None:
        """Say something of a document, a record or an item."""
        self._summary.notes.append((about, text))

    def _close(self, account: _Account) -> None:
        if account.open or account.stays or self._rehearsal:
            return
        self._destination.delete(account.document)
        account.stays = True
        self._summary.deleted += 1
