"""Fetching failed records back: how often the stream is read, what memory grows with, and how long it takes."""

import json
import math
import sys
import time
import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from benchmarks.measuring import Result, least
from generator.mapping.records import SequenceNumber, as_event
from generator.mapping.shard_processor import READ_RECORDS
from generator.operate import matching, replay
from generator.operate.destinations import Destination
from generator.operate.job import Job
from generator.operate.messages import InvocationRecord
from generator.operate.stream_reader import StreamReader

MANY = 10_000
FEW = 1_000
DOCUMENTS = 1_000

_STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
_FIRST = 10**22
_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)


def measure(repeat: int) -> list[Result]:
    """Compare reads with the pages that the records are on, memory for many records with that for few, and times."""
    together, apart = _calls(_documents(MANY)), _calls(_documents(DOCUMENTS, apart=MANY // DOCUMENTS))
    pages = MANY / READ_RECORDS
    fetched, plain = least(repeat, _fetched, _plain)
    return [
        Result(what="reads for 10,000 records of 1,000 documents / pages", measured=together, baseline=pages, limit=1),
        Result(what="reads for every tenth of them / pages", measured=apart, baseline=pages, limit=1),
        Result(
            what="memory for 10,000 records / for 1,000, MB", measured=_memory(MANY), baseline=_memory(FEW), limit=1.25
        ),
        Result(what="fetching 10,000 records / writing them as JSON", measured=fetched, baseline=plain, limit=3),
    ]


class _Held(Destination):
    """A destination in memory."""

    name = location = "memory"

    def __init__(self, messages: Sequence[InvocationRecord]) -> None:
        self._messages = messages

    def read(self) -> Iterator[InvocationRecord]:
        """Yield the invocation records."""
        return iter(self._messages)


class _Streams:
    """A shard whose records are made when they are read; reads are counted."""

    class meta:  # noqa: N801 - as boto3 names it
        """Where the stream is."""

        region_name = "eu-west-1"

    class exceptions:  # noqa: N801 - as boto3 names it
        """What the reader looks for, and never comes."""

        ExpiredIteratorException = ResourceNotFoundException = TrimmedDataAccessException = KeyError

    def __init__(self) -> None:
        self.reads = 0

    def describe_stream(self, **_: str) -> dict[str, Any]:
        return {"StreamDescription": {"Shards": [{"ShardId": "shard"}]}}

    def get_shard_iterator(self, **given: str) -> dict[str, str]:
        return {"ShardIterator": str(int(given["SequenceNumber"]) - _FIRST)}

    def get_records(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3 takes them
        self.reads += 1
        first = int(given["ShardIterator"])
        last = min(first + int(given["Limit"]), MANY)
        return {"Records": [_record(number) for number in range(first, last)], "NextShardIterator": str(last)}


def _record(number: int) -> dict[str, Any]:
    return {
        "eventID": f"{number:032x}",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": {
            "ApproximateCreationDateTime": _WRITTEN,
            "Keys": {"id": {"S": f"order-{number}"}},
            "NewImage": {"id": {"S": f"order-{number}"}, "note": {"S": "x" * 500}, "hash": {"B": b"0123456789abcdef"}},
            "SequenceNumber": str(_FIRST + number),
            "SizeBytes": 600,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


def _documents(records: int, *, apart: int = 1) -> list[InvocationRecord]:
    """Return documents about so many records in all, which lie side by side or ``apart`` from each other."""
    size = records // DOCUMENTS
    return [
        InvocationRecord(
            id=f"document-{number}",
            stream_arn=_STREAM,
            shard="shard",
            first=SequenceNumber(str(_FIRST + number * size * apart)),
            last=SequenceNumber(str(_FIRST + number * size * apart + size - 1)),
            size=size,
            first_arrival=_WRITTEN.timestamp(),
            last_arrival=_WRITTEN.timestamp(),
            sent=_WRITTEN.timestamp(),
            function_arn="arn:aws:lambda:eu-west-1:123456789012:function:orders",
            condition="RetryAttemptsExhausted",
            invocations=1,
            request_id="request",
        )
        for number in range(DOCUMENTS)
    ]


def _reader(streams: _Streams) -> StreamReader:
    return StreamReader(lambda _service: streams, per_second=math.inf)


def _matched(documents: list[InvocationRecord], reader: StreamReader) -> int:
    """Return how many records are read for invocation records; they are not kept."""
    return sum(len(matching.records_of(group)) for group in matching.match_records(documents, reader, None))


def _calls(documents: list[InvocationRecord]) -> float:
    """Return how often the stream is read for the records of documents."""
    streams = _Streams()
    found = _matched(documents, _reader(streams))
    _check(found, sum(document.size for document in documents))
    return streams.reads


def _memory(records: int) -> float:
    """Return the most that fetching needs at once, in MB; what is fetched is let go."""
    documents = _documents(records)
    tracemalloc.start()
    found = _matched(documents, _reader(_Streams()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    _check(found, records)
    return peak / 1e6


def _fetched() -> float:
    written: list[int] = []

    def write(record: Mapping[str, Any]) -> None:
        written.append(len(json.dumps(record)))

    streams = _Streams()
    job = Job(client=lambda _service: streams, destination=_Held(_documents(MANY)), reads_per_second=math.inf)
    began = time.perf_counter()
    replay.fetch(job, write)
    seconds = time.perf_counter() - began
    _check(len(written), MANY)
    return seconds


def _plain() -> float:
    began = time.perf_counter()
    for number in range(MANY):
        json.dumps(as_event(_record(number), _STREAM))
    return time.perf_counter() - began


def _check(found: int, wanted: int) -> None:
    """Exit where other than so many records were fetched, so that nothing is measured which did not happen."""
    if found != wanted:
        sys.exit(f"{found} records were fetched, not {wanted}.")
