"""Reads what happened in the account: the log of the function, the stream, and the queue."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from generator import streams
from generator.aws import Client, aws_errors
from generator.errors import AwsError
from generator.mapping.records import StreamRecord
from generator.parsing import ParseError, expect, parse_json, reported
from generator.prove import recorder

READ_SECONDS: Final = 60.0
"""Seconds in which the stream must return the records that were written."""

_EMPTY_PAUSE: Final = 1.0
_LINE: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["requestId", "repaired", "began", "ended", "records", "failed"],
    "properties": {
        "requestId": {"type": "string"},
        "repaired": {"type": "boolean"},
        "began": {"type": "number"},
        "ended": {"type": "number"},
        "records": {"type": "array", "items": {"type": "string"}},
        "failed": {"type": "array", "items": {"type": "string"}},
    },
}


class Attempt(NamedTuple):
    """An invocation as the function logged it: times in seconds since the epoch, and sequence numbers."""

    began: float
    ended: float
    records: list[str]
    failed: list[str]
    request: str = ""

    @property
    def processed(self) -> list[str]:
        """The sequence numbers of the records that this invocation processed: those before the first failing one."""
        positions = [self.records.index(number) for number in self.failed if number in self.records]
        return self.records[: min(positions, default=len(self.records))]


@dataclass
class Observation:
    """What happened to the records of a run.

    Attributes:
        shards: the records in the stream, by shard, in order.
        attempts: the invocations, in order of time, without those of a replay.
        invocation_records: the invocation records in the queue.
    """

    shards: Mapping[str, list[StreamRecord]]
    attempts: list[Attempt] = field(default_factory=list)
    invocation_records: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def processed(self) -> set[str]:
        """The sequence numbers of the processed records."""
        return {number for attempt in self.attempts for number in attempt.processed}

    def discarded(self) -> set[str]:
        """Return the sequence numbers that invocation records name."""
        found = set()
        for each in self.invocation_records:
            batch = each["DDBStreamBatchInfo"]
            first, last = int(batch["startSequenceNumber"]), int(batch["endSequenceNumber"])
            records = self.shards.get(batch["shardId"], [])
            found |= {str(record.sequence) for record in records if first <= record.sequence <= last}
        return found

    @property
    def finished(self) -> bool:
        """Whether each record is processed or discarded."""
        everything = {str(record.sequence) for records in self.shards.values() for record in records}
        return everything <= self.processed | self.discarded()


def attempts(client: Client, log_group: str) -> list[Attempt]:
    """Return the invocations that the function has logged before it was repaired, in order.

    Raises:
        AwsError: the log cannot be read.
    """
    found: dict[tuple[str, float], Attempt] = {}
    arguments: dict[str, Any] = {"logGroupName": log_group}
    with aws_errors(f"Cannot read the log group {log_group}"):
        while True:
            page = client("logs").filter_log_events(**arguments)
            for event in page["events"]:
                line = _line(event["message"])
                if line and not line["repaired"]:
                    attempt = Attempt(line["began"], line["ended"], line["records"], line["failed"], line["requestId"])
                    found[attempt.request, attempt.began] = attempt
            if not page.get("nextToken"):
                return sorted(found.values())
            arguments["nextToken"] = page["nextToken"]


def _line(message: str) -> Mapping[str, Any] | None:
    """Return a line of the recorder; None for any other line."""
    if recorder.MESSAGE not in message:
        return None
    try:
        line: Mapping[str, Any] = expect(parse_json(message), _LINE)
    except ParseError:
        return None
    return line


def stream_records(
    client: Client, stream_arn: str, number: int, pause: Callable[[float], object] = time.sleep
) -> dict[str, list[StreamRecord]]:
    """Return the records of a stream by shard, as soon as it has so many.

    Raises:
        AwsError: the stream cannot be read, or has fewer records after :data:`READ_SECONDS`.
    """
    found: dict[str, list[StreamRecord]] = {}
    iterators: dict[str, str | None] = {}
    reader = client("dynamodbstreams")
    deadline = time.monotonic() + READ_SECONDS
    with aws_errors(f"Cannot read the stream {stream_arn}"):
        while sum(map(len, found.values())) < number:
            if time.monotonic() > deadline:
                raise AwsError(f"The stream {stream_arn} has fewer than {number} records after {READ_SECONDS:g} s.")
            for shard in streams.list_shards(reader, stream_arn):
                name = str(shard["ShardId"])
                if name not in iterators:
                    start = streams.Position("TRIM_HORIZON")
                    iterators[name] = streams.shard_iterator(reader, stream_arn, name, start)
                if iterator := iterators[name]:
                    records, iterators[name] = streams.read_page(reader, stream_arn, iterator)
                    found.setdefault(name, []).extend(records)
            pause(_EMPTY_PAUSE)
    return {name: records for name, records in found.items() if records}


def invocation_records(client: Client, queue: str) -> list[Mapping[str, Any]]:
    """Return the invocation records in a queue, which stay visible.

    Raises:
        AwsError: the queue cannot be read, or a message is something else.
    """
    found: dict[str, Mapping[str, Any]] = {}
    with aws_errors(f"Cannot read the queue {queue}"), reported(AwsError, f"A message in {queue}"):
        url = client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
        page = client("sqs").receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=1
        )
        for message in page.get("Messages", []):
            found[message["MessageId"]] = parse_json(message["Body"])
    return list(found.values())
