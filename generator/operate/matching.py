"""Matches invocation records with the stream records that they are about, in the order in which to process them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from generator.mapping.records import SequenceNumber, StreamRecord, from_event
from generator.operate.messages import Events, InvocationRecord
from generator.operate.stream_reader import RangeRead, Shard, StreamReader

RecordFilter = Callable[[Mapping[str, Any]], bool]
"""Returns whether a record matches the filter criteria of the mapping."""

_CHANGED = "the destination no longer holds its records, or others"
_CHANGED_MAPPING = (
    "the mapping was changed since, perhaps its filter criteria; --same-filter uses the present ones, --no-filter none"
)
_INCOMPLETE = "the stream does not return all of its records; run the command again"
_UNKNOWN_FILTER = "--mapping adds the filter criteria"
_NO_RECORDS = "it is about the end of a tumbling window, which has no records"


class MessageMatch(NamedTuple):
    """An invocation record with its stream records.

    ``expired`` is how many of them no longer exist, and ``reason`` why the records are incomplete, or not known.
    """

    message: InvocationRecord
    records: Sequence[StreamRecord]
    expired: int = 0
    reason: str | None = None


def match_records(
    messages: Sequence[InvocationRecord], reader: StreamReader, matches: RecordFilter | None, filter_changed: float = 0
) -> Iterator[list[MessageMatch]]:
    """Yield invocation records that share a range of a shard, each with its stream records, in the order of the shards.

    Takes the filter criteria of the mapping, or None if the mapping is not known. A range can then hold records that
    may not have been in the batch, and its invocation record is skipped. So is one that Lambda sent before
    ``filter_changed``, because the filter criteria that decided about its batch are not known. Memory holds the records
    of one range and one page of the stream.

    Raises:
        AwsError: A stream cannot be read.
    """
    without_records = [MessageMatch(message, [], reason=_NO_RECORDS) for message in messages if message.first is None]
    if without_records:
        yield without_records
    parents: dict[Shard, str] = {}
    for stream_arn in sorted({message.stream_arn for message in messages if message.payload is None}):
        parents |= reader.parents(stream_arn)
    for group in group_by_range(messages, parents):
        yield _match_group(group, reader, matches, filter_changed)


def records_of(group: Iterable[MessageMatch]) -> list[tuple[StreamRecord, list[InvocationRecord]]]:
    """Return the records of a group in order, each once, with the invocation records that are about it."""
    # By item too: a backfill uses a sequence number again if it is resumed, or if a segment has many items.
    found: dict[tuple[SequenceNumber, str], tuple[StreamRecord, list[InvocationRecord]]] = {}
    for match in group:
        for record in match.records:
            found.setdefault((record.sequence, record.key), (record, []))[1].append(match.message)
    return [found[place] for place in sorted(found)]


def group_by_range(messages: Iterable[InvocationRecord], parents: Mapping[Shard, str]) -> list[list[InvocationRecord]]:
    """Return invocation records in the order of their records, and in one group where their ranges overlap.

    A shard comes after its parent. Without a known parent, the shard with the oldest record comes first: the records
    of a child are younger than those of its parent. Sequence numbers are compared as integers: they have 21 to 40
    digits. Invocation records without sequence numbers are left out.
    """
    ranges = [
        (message.first, message.last, message)
        for message in messages
        if message.first is not None and message.last is not None
    ]
    oldest: dict[Shard, Any] = {}
    for first, _, message in ranges:
        shard, age = _shard(message), (message.first_arrival, first)
        oldest[shard] = min(oldest.get(shard, age), age)
    ranges.sort(key=lambda each: (_shard(each[2]), each[0], each[1]))
    groups: dict[Shard, list[list[InvocationRecord]]] = {}
    for shard, within in groupby(ranges, lambda each: _shard(each[2])):
        end, groups[shard] = -1, []
        for first, last, message in within:
            if first > end:
                groups[shard].append([])
            groups[shard][-1].append(message)
            end = max(end, last)
    ordered = sorted(groups, key=lambda shard: (generation(shard, parents), oldest[shard]))
    return [group for shard in ordered for group in groups[shard]]


def _shard(message: InvocationRecord) -> Shard:
    return message.stream_arn, message.shard


def generation(shard: Shard, parents: Mapping[Shard, str]) -> int:
    """Return how many ancestors of a shard are known."""
    stream, name = shard
    generation = 0
    while (stream, name) in parents and generation < len(parents):
        name = parents[stream, name]
        generation += 1
    return generation


def _match_group(
    group: Sequence[InvocationRecord], reader: StreamReader, matches: RecordFilter | None, filter_changed: float
) -> list[MessageMatch]:
    in_stream = [message for message in group if message.payload is None]
    read = RangeRead([])
    if in_stream:
        first = min(message.first for message in in_stream if message.first is not None)
        last = max(message.last for message in in_stream if message.last is not None)
        read = reader.read(_shard(in_stream[0]), first, last)
    return [
        _match(message, read, matches, filter_changed)
        if message.payload is None
        else _with_payload(message, message.payload())
        for message in group
    ]


def _with_payload(message: InvocationRecord, events: Events | None) -> MessageMatch:
    if events is None:
        return MessageMatch(message, [], reason=_CHANGED)
    return MessageMatch(message, [from_event(event) for event in events])


def _match(
    message: InvocationRecord, read: RangeRead, matches: RecordFilter | None, filter_changed: float
) -> MessageMatch:
    """Return an invocation record with its records among those of its range.

    The first and the last record of the range were in the batch, and those in between that match the filter criteria.
    """
    first, last, size = message.first or 0, message.last or 0, message.size
    within = [record for record in read.records if first <= record.sequence <= last]
    starts, ends = bool(within) and within[0].sequence == first, bool(within) and within[-1].sequence == last
    remedy = _UNKNOWN_FILTER
    if matches is not None and message.sent <= filter_changed and (len(within) > size or not starts):
        matches, remedy = None, _CHANGED_MAPPING
    records = [record for record in within if matches is None or matches(record.event)]
    expired, reason = 0, None
    if read.refusal:
        reason = f"DynamoDB Streams rejected its range: {read.refusal}"
    elif not within and last < read.gone_before:
        expired, reason = size, read.gone_reason
    elif not ends:
        reason = _INCOMPLETE
    elif first < read.gone_before and (not starts or len(records) < size):
        expired, reason = max(1, size - len(records)), read.gone_reason
        if matches is None:
            reason = f"{reason}; which of the others it is about is not known: {remedy}"
    elif not starts:
        reason = _INCOMPLETE
    elif len(records) < size:
        reason = f"the filter criteria, which have changed since, match {len(records)} of its {size} records"
        reason += "; --no-filter uses none"
    elif len(records) > size and matches is None:
        reason = f"its range holds {len(records)} records, and it is about {size}: {remedy}"
    known = reason is None or (expired > 0 and matches is not None)
    return MessageMatch(message, records if known else [], expired, reason)
