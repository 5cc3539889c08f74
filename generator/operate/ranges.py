"""Documents whose records are read together: where ranges of a shard overlap, they are one, and read once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from generator.mapping.records import SequenceNumber
from generator.operate.documents import Document

Shard = tuple[str, str]
"""A stream's ARN and a shard's id."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """A part of a shard, from the first to the last record, and the documents that lie within it."""

    stream_arn: str
    shard: str
    first: SequenceNumber
    last: SequenceNumber
    documents: Sequence[Document]


def of_documents(documents: Iterable[Document], parents: Mapping[Shard, str]) -> list[Range]:
    """Return the ranges that documents name, in the order in which their records are to be processed.

    Within a shard, that is the order of the numbers. A shard comes after its parent, whose id ``parents`` tells where
    it is known; otherwise the shard with the oldest record comes first, and a child's are younger than its parent's.
    Numbers are compared as integers: they have 21 to 40 digits. Documents without numbers are left out.
    """
    placed = [document for document in documents if document.first is not None]
    oldest: dict[Shard, Any] = {}
    for document in placed:
        shard = (document.stream_arn, document.shard)
        oldest[shard] = min(oldest.get(shard, (document.arrived, document.first)), (document.arrived, document.first))
    placed.sort(key=lambda document: (document.stream_arn, document.shard, document.first, document.last))
    shards = {shard: _merged(list(group)) for shard, group in groupby(placed, lambda one: (one.stream_arn, one.shard))}
    ordered = sorted(shards, key=lambda shard: (_generation(shard, parents), oldest[shard]))
    return [each for shard in ordered for each in shards[shard]]


def _merged(documents: Sequence[Document]) -> list[Range]:
    """Return the documents of one shard, in order, as ranges that do not overlap."""
    groups: list[list[Document]] = []
    last = -1
    for document in documents:
        if groups and document.first is not None and document.first <= last:
            groups[-1].append(document)
        else:
            groups.append([document])
        last = max(last, document.last or -1)
    return [_range(group) for group in groups]


def _range(documents: Sequence[Document]) -> Range:
    lasts = [document.last for document in documents if document.last is not None]
    first = documents[0].first
    if first is None:
        raise ValueError("a document without numbers has no range")
    return Range(
        stream_arn=documents[0].stream_arn,
        shard=documents[0].shard,
        first=first,
        last=max(lasts),
        documents=documents,
    )


def _generation(shard: Shard, parents: Mapping[Shard, str]) -> int:
    """Return how many ancestors of a shard are known."""
    stream, name = shard
    generation = 0
    while (stream, name) in parents and generation < len(parents):
        name = parents[stream, name]
        generation += 1
    return generation
