"""Replay by time: all records of a stream that were written since a time, without any invocation record.

The selection is read from all shards, parents before their children, filtered as the mapping does it, and written to
disk before the first record is sent: a record is superseded only if the table differs from the last record of its item
in the whole selection. From there on it is a replay like that of invocation records.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Subnormal
from functools import partial
from pathlib import Path
from typing import Any, Final

from generator.arn import Arn
from generator.aws import Client
from generator.errors import AwsError, UsageError
from generator.items import NUMBER
from generator.limits import STREAM_RETENTION
from generator.mapping.records import StreamRecord
from generator.operate import items, matching
from generator.operate.destinations import Destination
from generator.operate.job import Job
from generator.operate.journal import Journal
from generator.operate.messages import InvocationRecord, as_json, utc_time
from generator.operate.pending import PendingRecord, RecordBuffer
from generator.operate.references import MappingRef, enabled_mappings
from generator.operate.replay import Delivery, ItemId, item_id, senders, superseded_check
from generator.operate.sender import Rate
from generator.operate.tracker import MessageTracker, Summary
from generator.parsing import parse_json, read_text, reported, shown

_NUMBERS: Final = Context(prec=38, Emin=-130, Emax=125, traps=[Inexact, InvalidOperation, Overflow, Subnormal])
"""The numbers of DynamoDB (AWS, "Naming rules and data types")."""

_UNITS: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_DURATION: Final = re.compile(rf"(\d+(?:\.\d+)?)\s*({'|'.join(_UNITS)})", re.ASCII)
_FORMS: Final = 'Use a time with a zone, such as "2026-11-25T14:00:00Z", or a duration before now, such as "2h"'


class Stream(Destination):
    """The stream as a destination: it has no messages, and nothing is deleted from it."""

    def __init__(self, stream_arn: str) -> None:
        self.name = Arn.parse(stream_arn).name
        self.location = stream_arn


@dataclass(kw_only=True)
class Selection:
    """Which records to take: of which stream, for which function, from which time to which.

    Times are in seconds since the epoch. ``keys`` restricts the selection to some items, by their keys as in
    :class:`~generator.mapping.records.StreamRecord`. ``gaps`` gets the shards of which records expired meanwhile.
    """

    stream_arn: str
    function: str
    since: float = 0.0
    until: float = 0.0
    keys: frozenset[str] | None = None
    gaps: set[str] = field(default_factory=set)

    def records(self, job: Job) -> Iterator[tuple[str, StreamRecord]]:
        """Yield the ID of the shard and the record of each record, in order for each item.

        Raises:
            AwsError: The stream cannot be read.
            UsageError: The stream does not exist, or ``keys`` are not keys of its table.
        """
        shards = job.reader.shards(self.stream_arn)
        if not shards:
            raise UsageError(f'The stream "{self.stream_arn}" does not exist, or has no shards.')
        matches = job.record_filter or (lambda _event: True)
        # DynamoDB rounds the time of a record down to a second.
        since = int(self.since)
        for shard in sorted(shards, key=lambda each: (matching.generation(each, shards), each)):
            name = shard[1]
            for record in job.reader.read_from(shard, since, self.until, partial(self.gaps.add, name)):
                if self.keys is not None:
                    self._check_keys(record)
                    if record.key not in self.keys:
                        continue
                if matches(record.event):
                    yield name, record
            job.keep_alive()

    def _check_keys(self, record: StreamRecord) -> None:
        names = set(json.loads(record.key))
        for key in self.keys or ():
            if set(json.loads(key)) != names:
                raise UsageError(
                    f"--key: {key} is not a key of {Arn.parse(self.stream_arn).name}. Its attributes are "
                    f"{', '.join(sorted(names))}."
                )


def fetch(job: Job, selection: Selection, write: Callable[[Mapping[str, Any]], None]) -> Summary:
    """Write each selected record in the shape of an event, with an invocation record about it that ``replay`` reads.

    Raises:
        AwsError: The stream cannot be read.
    """
    summary = Summary()
    seen: set[str] = set()
    for shard, record in selection.records(job):
        write({**record.event, "document": as_json(_invocation_record(selection, shard, record))})
        _count(summary, record)
        summary.fetched += 1
        seen.add(record.key)
        job.progress("records", summary.fetched, None)
    summary.items = len(seen)
    _finish(job, selection, summary)
    return summary


def replay(
    job: Job,
    journal: Journal,
    selection: Selection,
    *,
    dry_run: bool,
    include_superseded: bool = False,
    rate: float | None = None,
) -> Summary:
    """Invoke the function with the selected records. A dry run counts those that would be sent as replayed.

    Takes the journal of what is processed, and the maximum number of records in a second.

    Raises:
        AwsError: The stream or the table cannot be read, or the function cannot be invoked.
    """
    summary = Summary()
    tracker = MessageTracker(job.destination, journal, summary, dry_run=dry_run)
    delivery = Delivery(job, tracker, dry_run, Rate(rate))
    last_states: dict[ItemId, str | None] = {}
    sources: dict[str, int] = {}
    with RecordBuffer() as buffer:
        for shard, record in selection.records(job):
            if shard not in sources:
                sources[shard] = tracker.register_source(shard)
            _count(summary, record)
            parts = tracker.add_parts(str(record.sequence), [sources[shard]])
            if parts:
                pending = PendingRecord(record, selection.function, selection.stream_arn, shard, parts)
                buffer.append(pending)
                last_states[item_id(pending)] = items.state_after(record.event)
            job.progress("records", summary.fetched, None)
        for sender, table, batch in senders(job, buffer):
            check = superseded_check(table, batch[0], {} if include_superseded else last_states)
            delivery.send(sender, batch, check)
            job.progress("replayed", summary.replayed, buffer.count)
    summary.items = len(delivery.delivered)
    _finish(job, selection, summary)
    return summary


def warnings(client: Client, mapping: MappingRef | None, stream_arn: str) -> list[str]:
    """Return what an operator must know before records are sent while mappings read the same stream."""
    try:
        enabled = enabled_mappings(client, stream_arn)
    except AwsError as error:
        if not (mapping and mapping.enabled):
            return [f"Warning: cannot check which mappings read this stream: {error} Disable them during the replay."]
        enabled = [mapping.uuid]
    if not enabled:
        return []
    one = f"the mapping {', '.join(enabled)} reads this stream and is enabled"
    other = "a change after the last check of an item can reach the function before an older record of this replay"
    return [
        f"Warning: {one}. More than two readers of a shard throttle each other: lower --reads-per-second.",
        f"Warning: {other}. Disable the mapping until the replay has ended, or limit the replay with --rate.",
    ]


def parse_window(since: str, until: str | None, now: float) -> tuple[float, float]:
    """Return the start and the end of a selection, in seconds since the epoch.

    Raises:
        UsageError: A time cannot be read, is in the future, or is out of the 24 hours of a stream.
    """
    start, end = _parse_time("--since", since, now), now if until is None else _parse_time("--until", until, now)
    oldest = now - STREAM_RETENTION
    for option, text, value in (("--since", since, start), ("--until", until, end)):
        if value > now:
            raise UsageError(f'{option}: "{text}" is in the future. Now it is {utc_time(now)}.')
        if value < oldest:
            raise UsageError(
                f'{option}: "{text}" is {utc_time(value)}, and a stream holds the last 24 hours. '
                f"Use {utc_time(oldest)} or later. For older items, run backfill."
            )
    if end <= start:
        raise UsageError(f'--until: "{until}" is {utc_time(end)}, which is not after --since, {utc_time(start)}.')
    return start, end


def parse_keys(options: Sequence[str], file: Path | None) -> frozenset[str] | None:
    """Return keys of items as in stream records. None for all items.

    Takes keys as JSON objects, and a file with one on each line. Values are plain, or typed as in DynamoDB JSON.

    Raises:
        UsageError: The file cannot be read, or a key is not a key.
    """
    texts = [("--key", text) for text in options]
    if file is not None:
        with reported(UsageError, f'--keys: "{file}"'):
            lines = read_text(file).split("\n")
        texts += [(f"--keys: line {number}", line) for number, line in enumerate(lines, 1) if line.strip()]
        if not texts:
            raise UsageError(f'--keys: "{file}" holds no keys.')
    return frozenset(_parse_key(place, text) for place, text in texts) if texts else None


def _parse_key(place: str, text: str) -> str:
    try:
        key = parse_json(text, number=Decimal)
        if not isinstance(key, dict) or not key:
            raise ValueError("not an object")  # noqa: TRY301 - as for what is not JSON
        return json.dumps({name: _typed(value) for name, value in key.items()}, sort_keys=True)
    except (ValueError, ArithmeticError):
        raise UsageError(f'{place}: "{text[:60]}" is not a key. Use a JSON object, such as {{"id": "a"}}.') from None


def _typed(value: Any) -> dict[str, str]:  # noqa: ANN401 - whatever the user wrote
    match value:
        case str():
            return {"S": value}
        case Decimal():
            return {"N": _number(value)}
        case {"N": str() as number} if len(value) == 1 and NUMBER.fullmatch(number):
            return {"N": _number(Decimal(number))}
        case {"S": str() as text} if len(value) == 1:
            return {"S": text}
        case {"B": str() as text} if len(value) == 1:
            return {"B": text}
    raise ValueError("not a value of a key")


def _number(value: Decimal) -> str:
    """Return a number as DynamoDB writes it.

    Raises:
        ArithmeticError: it is not a number of DynamoDB.
    """
    return f"{value.normalize(_NUMBERS):f}"


def _parse_time(option: str, text: str, now: float) -> float:
    if duration := _DURATION.fullmatch(text.strip()):
        seconds = now - float(duration[1]) * _UNITS[duration[2]]
    else:
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            raise UsageError(f"{option}: {shown(text)} is not a time. {_FORMS}.") from None
        if value.tzinfo is None:
            raise UsageError(f"{option}: {shown(text)} has no time zone. {_FORMS}.")
        seconds = value.timestamp()
    try:
        utc_time(seconds)
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"{option}: {shown(text)} is not in the years 1 to 9999. {_FORMS}.") from None
    return seconds


def _invocation_record(selection: Selection, shard: str, record: StreamRecord) -> InvocationRecord:
    return InvocationRecord(
        id=shard,
        stream_arn=selection.stream_arn,
        shard=shard,
        first=record.sequence,
        last=record.sequence,
        size=1,
        first_arrival=record.arrival,
        last_arrival=record.arrival,
        sent=time.time(),
        function_arn=selection.function,
        condition="SelectedByTime",
        invocations=0,
        request_id="",
    )


def _count(summary: Summary, record: StreamRecord) -> None:
    summary.first = record.arrival if summary.first is None else min(summary.first, record.arrival)
    summary.last = record.arrival if summary.last is None else max(summary.last, record.arrival)


def _finish(job: Job, selection: Selection, summary: Summary) -> None:
    if not job.reader.reads_timestamps:
        note = "does not start to read at a time, so each shard was read from its oldest record"
        summary.notes.append(("DynamoDB Streams", f"this SDK or endpoint {note}"))
    summary.notes += [
        (shard, "records expired while they were read; run backfill for them") for shard in sorted(selection.gaps)
    ]
    summary.incomplete_shards = len(selection.gaps)
