"""Fetching failed records back: how often the stream is read, what memory grows with, and how long it takes."""

import io
import json
import math
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measuring import Result, least, wall
from generator.limits import READ_RECORDS
from generator.mapping.records import SequenceNumber, as_event
from generator.operate import matching, replay
from generator.operate.destinations import Destination
from generator.operate.job import BATCH_SIZE, Job
from generator.operate.journal import Journal
from generator.operate.messages import InvocationRecord, as_json
from generator.operate.stream_reader import StreamReader

MANY = 10_000
FEW = 1_000
DOCUMENTS = 1_000
LISTED = 100_000

_STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
_FIRST = 10**22
_INVOCATION_SECONDS = 0.1
_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)


def measure(repeat: int) -> list[Result]:
    """Compare reads with the pages that the records are on, memory for many records with that for few, and times."""
    together, apart = _calls(_documents(MANY)), _calls(_documents(DOCUMENTS, apart=MANY // DOCUMENTS))
    pages = MANY / READ_RECORDS
    fetched, plain = least(repeat, _fetched, _plain)
    replayed, listed = _replayed(), _listed()
    return [
        Result(what="reads for 10,000 records of 1,000 documents / pages", measured=together, baseline=pages, limit=1),
        Result(what="reads for every tenth of them / pages", measured=apart, baseline=pages, limit=1),
        Result(
            what="memory for 10,000 records / for 1,000, MB", measured=_memory(MANY), baseline=_memory(FEW), limit=1.25
        ),
        Result(what="fetching 10,000 records / writing them as JSON", measured=fetched, baseline=plain, limit=3),
        Result(
            what=f"replaying 10,000 records / their invocations of {_INVOCATION_SECONDS:g} s each",
            measured=replayed,
            baseline=MANY / BATCH_SIZE * _INVOCATION_SECONDS,
            limit=1.3,
        ),
        Result(what="listing 100,000 invocation records / 10 s", measured=listed, baseline=10, limit=1),
    ]


class _Held(Destination):
    """A destination in memory."""

    name = location = "memory"

    def __init__(self, messages: Sequence[InvocationRecord]) -> None:
        self._messages = messages

    def read(self) -> Iterator[InvocationRecord]:
        """Yield the invocation records."""
        return iter(self._messages)

    def delete(self, records: Sequence[InvocationRecord]) -> dict[str, str]:  # noqa: ARG002 - nothing is kept
        """Let the caller believe that they are deleted."""
        return {}


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


class _Lambda:
    """A function that takes a while for each invocation."""

    def __init__(self) -> None:
        self.records = 0

    def invoke(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3 takes them
        self.records += len(json.loads(given["Payload"])["Records"])
        time.sleep(_INVOCATION_SECONDS)
        return {"Payload": io.BytesIO(b"null")}


class _Table:
    """A table whose items are as the records left them."""

    def describe_table(self, **_: str) -> dict[str, Any]:
        return {"Table": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}}

    def batch_get_item(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3 takes them
        ((name, asked),) = given["RequestItems"].items()
        numbers = [int(key["id"]["S"].partition("-")[2]) for key in asked["Keys"]]
        return {"Responses": {name: [_record(number)["dynamodb"]["NewImage"] for number in numbers]}}


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


def _replayed() -> float:
    """Replay records with a journal, and return the seconds that it took."""
    clients = {"dynamodbstreams": _Streams(), "lambda": _Lambda(), "dynamodb": _Table()}
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder, "journal"), {"destination": "memory"})
        job = Job(
            client=clients.__getitem__,
            destination=_Held(_documents(MANY)),
            reads_per_second=math.inf,
            journal=journal,
            deletes=True,
        )
        began = time.perf_counter()
        summary = replay.replay(job, journal, dry_run=False)
        seconds = time.perf_counter() - began
        journal.close()
    _check(summary.replayed, MANY)
    return seconds


def _listed() -> float:
    """Print a file with invocation records, and return the seconds that it took."""
    line = {**as_json(_documents(MANY)[0]), "id": ""}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "messages.jsonl")
        file.write_text("".join(json.dumps(line | {"id": f"message-{number}"}) + "\n" for number in range(LISTED)))
        return wall(sys.executable, "-m", "generator", "redrive", "list", "--file", str(file))


def _plain() -> float:
    began = time.perf_counter()
    for number in range(MANY):
        json.dumps(as_event(_record(number), _STREAM))
    return time.perf_counter() - began


def _check(found: int, wanted: int) -> None:
    """Exit where other than so many records were fetched, so that nothing is measured which did not happen."""
    if found != wanted:
        sys.exit(f"{found} records were fetched, not {wanted}.")
