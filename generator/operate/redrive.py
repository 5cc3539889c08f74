"""Gets failed records back: looks at documents, fetches their records, replays them, or tells the items' current state.

A record that was parked yesterday may be overtaken: its item has been written since, the function has seen that newer
change, and the old image would set it back. So ``replay`` reads the items just before each invocation. The records of
an item are replayed, in order, where the last of them says what the item is now; otherwise all of them stay where they
are, are counted as parked, and ``reconcile`` (or ``--even-if-overtaken``) is the way on. A stream without new images
says nothing to compare, and its functions read the table themselves. What is written between that reading and the
invocation cannot be seen by anybody: a mapping delivers at least once, and a function must bear the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from generator.aws import Client
from generator.mapping.records import StreamRecord
from generator.operate import fetching, items
from generator.operate.destinations import Destination, Foreign
from generator.operate.documents import Document, as_json
from generator.operate.fetching import Matches, Verdict
from generator.operate.invoking import Fate, Outcome, Sender, batches
from generator.operate.items import Items
from generator.operate.journal import Journal
from generator.operate.ledger import Ledger, Settled, Summary
from generator.operate.reading import StreamReader
from generator.operate.reconcile import History, current
from generator.operate.spool import Spool, Staged
from generator.operate.targets import Target

BATCH_SIZE: Final = 100
"""Records in an invocation where the mapping is not known: what AWS takes where nothing is said."""

Watch = Callable[[str, int, int | None], None]
"""Is told what is being done, how much of it is done, and how much there is, where that is known."""

_WINDOWED = "its records were in a tumbling window, whose state is not known"
_OVERTAKEN = "its item has changed since; reconcile tells the function what it is now"


@dataclass(kw_only=True)
class Source:
    """What is to be redriven, and how.

    Attributes:
        client: gives clients.
        destination: where the documents lie.
        reader: reads the streams that they name.
        target: the mapping, where it is known; documents of others are parked.
        function: a function to be invoked instead of the mapping's, or of the one that a document names.
        filtered: whether the mapping's filter decides which records of a range were in the batch.
        watch: is told how far it is.
    """

    client: Client
    destination: Destination
    reader: StreamReader
    target: Target | None = None
    function: str | None = None
    filtered: bool = True
    watch: Watch = lambda _what, _done, _of: None
    documents: list[Document] = field(default_factory=list)
    foreign: list[Foreign] = field(default_factory=list)

    def look(self) -> None:
        """Read every document of the destination.

        Raises:
            AwsError: the destination cannot be read.
        """
        for found in self.destination.read():
            if isinstance(found, Document):
                self.documents.append(found)
            else:
                self.foreign.append(found)
            self.watch("documents", len(self.documents), None)

    @property
    def matches(self) -> Matches | None:
        """What tells whether a record was in a batch; None where nobody can."""
        if not self.filtered:
            return lambda _record: True
        return self.target.filter.matches if self.target else None

    @property
    def batch_size(self) -> int:
        """How many records an invocation has at most."""
        return self.target.batch_size if self.target else BATCH_SIZE

    def function_of(self, document: Document) -> str:
        """Return the function to be invoked with a document's records."""
        found = self.function or (self.target.function_arn if self.target else document.function_arn)
        return found.removesuffix(":$LATEST")

    def not_ours(self, document: Document) -> str | None:
        """Return why a document is not of the mapping, if it is of another."""
        if self.target is None or self.target.stream_arn == document.stream_arn:
            return None
        return (
            f"it is about {document.stream_arn}, and the mapping {self.target.mapping} reads another stream; "
            "without --mapping, the function that it names is invoked"
        )


def fetch(source: Source, write: Callable[[Mapping[str, Any]], None]) -> Summary:
    """Read the records of all documents back, and write each once: in the shape of an event, with its document.

    Takes what was looked at, and what writes a record.

    Raises:
        AwsError: a stream cannot be read.
    """
    summary = Summary(documents=len(source.documents), foreign=source.foreign)
    for fetched in fetching.fetch(source.documents, source.reader, source.matches):
        for verdict in fetched.verdicts:
            if verdict.reason:
                summary.lost += verdict.lost
                summary.parked += 0 if verdict.lost else max(verdict.document.size, verdict.found, 1)
                summary.notes.append((verdict.document.id, verdict.reason))
        for record, documents in fetched.records:
            write({**record.event, "document": as_json(documents[0])})
            summary.fetched += 1
        source.watch("records", summary.fetched, None)
    return summary


def replay(source: Source, journal: Journal, *, rehearsal: bool, even_if_overtaken: bool = False) -> Summary:
    """Invoke the function with the records of all documents, and delete each document whose records all succeeded.

    Takes what was looked at, and the journal of what is done. A rehearsal invokes nothing and deletes nothing; what it
    counts as replayed is what would be sent.

    Raises:
        AwsError: a stream or the table cannot be read, the function cannot be invoked, a document not be deleted.
    """
    summary = Summary(documents=len(source.documents), foreign=source.foreign)
    ledger = Ledger(source.destination, journal, summary, rehearsal=rehearsal)
    with Spool() as spool:
        last = _stage(source, ledger, spool)
        ledger.close_settled()
        for sender, there, batch in _batches(source, spool):
            overtaken: set[str] = set()
            if not even_if_overtaken:
                said = {one.record.key: last[one.stream_arn, one.record.key] for one in batch}
                now = there.now(key for key, state in said.items() if state)
                overtaken = {key for key, image in now.items() if items.state(image) != said[key]}
            passed = [one for one in batch if one.record.key in overtaken]
            ledger.settle([Settled(one.record, one.numbers, Fate.OVERTAKEN, _OVERTAKEN) for one in passed])
            wanted = [(one.record, [one]) for one in batch if one.record.key not in overtaken]
            _send(sender, ledger, wanted, rehearsal=rehearsal)
            source.destination.renew()
            source.watch("replayed", summary.replayed, spool.count)
    return summary


def reconcile(source: Source, journal: Journal, *, rehearsal: bool) -> Summary:
    """Tell the function what the items of all records are now, whatever the records say of them.

    An item that exists comes with its current image, and one that is gone as REMOVE: nothing old overwrites anything
    newer, and the states in between are lost, which the summary says by item. A document in a queue names no keys:
    where the stream has forgotten its records, nothing but the table as a whole can be sent (``backfill``).

    Raises:
        AwsError: as for :func:`replay`.
    """
    summary = Summary(documents=len(source.documents), foreign=source.foreign)
    ledger = Ledger(source.destination, journal, summary, rehearsal=rehearsal)
    history = History()
    with Spool() as spool:
        _stage(source, ledger, spool)
        ledger.close_settled()
        for sender, there, batch in _batches(source, spool):
            now = there.now(one.record.key for one in batch)
            by_key: dict[str, list[Staged]] = {}
            for one in batch:
                by_key.setdefault(one.record.key, []).append(one)
            made: list[tuple[StreamRecord, Sequence[Staged]]] = []
            for key, ones in by_key.items():
                history.note([one.record for one in ones], now[key])
                record = current(ones[-1].record, now[key])
                if source.target and source.filtered and not source.target.filter.matches(record.event):
                    ledger.settle([Settled(one.record, one.numbers, Fate.FILTERED) for one in ones])
                else:
                    made.append((record, ones))
            _send(sender, ledger, made, rehearsal=rehearsal)
            source.destination.renew()
            source.watch("reconciled", summary.replayed, spool.count)
    summary.notes += history.notes()
    return summary


def _stage(source: Source, ledger: Ledger, spool: Spool) -> dict[tuple[str, str], str | None]:
    """Read all records into the spool; return what the last one of each item, of each stream, says that it became."""
    last: dict[tuple[str, str], str | None] = {}
    own: dict[str, list[Document]] = {}
    for document in source.documents:
        parked = source.not_ours(document) or (_WINDOWED if document.windowed and not document.parked else None)
        if parked:
            ledger.open(Verdict(document, 0, reason=parked))
        else:
            own.setdefault(source.function_of(document), []).append(document)
    for function, documents in own.items():
        for fetched in fetching.fetch(documents, source.reader, source.matches):
            for verdict in fetched.verdicts:
                ledger.open(verdict)
            for record, named in fetched.records:
                stream_arn = named[0].stream_arn
                last[stream_arn, record.key] = items.state_after(record.event)
                numbers = ledger.take(str(record.sequence), named)
                if numbers:
                    spool.append(Staged(record, function, stream_arn, numbers))
            source.destination.renew()
            source.watch("records", spool.count, None)
    return last


def _batches(source: Source, spool: Iterable[Staged]) -> Iterator[tuple[Sender, Items, Sequence[Staged]]]:
    """Give the staged records in batches, each with what sends it and what knows its items."""
    senders: dict[tuple[str, str], Sender] = {}
    for (function, stream_arn), ones in groupby(spool, lambda one: (one.function, one.stream_arn)):
        sender = senders.setdefault((function, stream_arn), Sender(source.client("lambda"), function))
        there = Items(source.client("dynamodb"), stream_arn)
        for batch in batches(ones, source.batch_size):
            yield sender, there, batch


def _send(
    sender: Sender, ledger: Ledger, wanted: Sequence[tuple[StreamRecord, Sequence[Staged]]], *, rehearsal: bool
) -> None:
    """Send records, each of which settles others; in a rehearsal, do as if all had succeeded."""
    settles = {id(record): ones for record, ones in wanted}
    sending = [Outcome(record, Fate.REPLAYED) for record, _ in wanted]
    for outcomes in [sending] if rehearsal else sender.send([record for record, _ in wanted]):
        ledger.settle(
            [
                Settled(one.record, one.numbers, fate, why)
                for record, fate, why in outcomes
                for one in settles[id(record)]
            ]
        )
