"""The records of documents: in order, each once, and what is known of each document."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from generator.mapping.records import SequenceNumber, StreamRecord, from_event
from generator.operate import ranges
from generator.operate.documents import Document
from generator.operate.ranges import Range
from generator.operate.reading import Found, StreamReader

Matches = Callable[[Mapping[str, Any]], bool]
"""Tells whether the mapping's filter patterns let a record through."""


class Verdict(NamedTuple):
    """What is known of a document: how many records it is about, how many are lost, and why something is amiss."""

    document: Document
    found: int
    lost: int = 0
    reason: str | None = None

    @property
    def parked(self) -> bool:
        """Whether it is left alone, although nothing of it is lost."""
        return self.reason is not None and not self.lost


@dataclass(frozen=True)
class Fetched:
    """The records of one range, each with its documents, and the verdicts on all documents within it."""

    records: Sequence[tuple[StreamRecord, Sequence[Document]]]
    verdicts: Sequence[Verdict]


def fetch(documents: Iterable[Document], reader: StreamReader, matches: Matches | None) -> Iterator[Fetched]:
    """Give the records of documents: in the order of their shards, each record once, however many documents name it.

    Takes the filter of the mapping, or None where the mapping is not known. A range can then hold records of which
    nobody knows whether they were in the batch; its document is parked. What the destination kept itself is taken as
    it is. At no time is more in memory than the records of one range, and one page of the stream.

    Raises:
        AwsError: a stream cannot be read.
    """
    documents = list(documents)
    nameless = [Verdict(document, 0, reason=document.parked) for document in documents if document.parked]
    if nameless:
        yield Fetched([], nameless)
    parents: dict[ranges.Shard, str] = {}
    for stream_arn in sorted({document.stream_arn for document in documents if document.records is None}):
        parents |= reader.parents(stream_arn)
    for each in ranges.of_documents(documents, parents):
        yield _of_range(each, reader, matches)


def _of_range(read: Range, reader: StreamReader, matches: Matches | None) -> Fetched:
    # By item too: a backfill gives a number again when a segment has many items, or when it goes on after a stop.
    named: dict[tuple[SequenceNumber, str], tuple[StreamRecord, list[Document]]] = {}
    verdicts: list[Verdict] = []
    in_stream = [document for document in read.documents if document.records is None]
    found = _from_stream(read, in_stream, reader) if in_stream else Found([])
    for document in read.documents:
        if document.records is not None:
            records = [from_event(record) for record in document.records()]
            verdict = Verdict(document, len(records))
        else:
            records, verdict = _judged(document, found, matches)
        verdicts.append(verdict)
        if not verdict.parked:
            for record in records:
                named.setdefault((record.sequence, record.key), (record, []))[1].append(document)
    return Fetched([named[place] for place in sorted(named)], verdicts)


def _from_stream(read: Range, documents: Sequence[Document], reader: StreamReader) -> Found:
    firsts = [document.first for document in documents if document.first is not None]
    lasts = [document.last for document in documents if document.last is not None]
    return reader.read((read.stream_arn, read.shard), min(firsts), max(lasts))


def _judged(document: Document, found: Found, matches: Matches | None) -> tuple[list[StreamRecord], Verdict]:
    """Return the records of a document among those of its range, and whether they are what it is about."""
    first, last, size = document.first or 0, document.last or 0, document.size
    within = [record for record in found.records if first <= record.sequence <= last]
    records = [record for record in within if matches is None or matches(record.event)]
    whole = bool(within) and within[0].sequence == first and within[-1].sequence == last
    if len(records) < size and not whole:
        reason = found.lost or "the stream does not give all of it"
        return records, Verdict(document, len(records), size - len(records), reason)
    if len(records) < size:
        reason = f"the filter patterns let {len(records)} of its {size} records through: they have changed since"
        return records, Verdict(document, len(records), reason=reason)
    if len(records) > size and matches is None:
        reason = f"its range holds {len(records)} records and it is about {size}: --mapping tells which"
        return records, Verdict(document, len(records), reason=reason)
    return records, Verdict(document, len(records))
