"""Pipelines on the local AWS, made through its API, with a function that can be broken and repaired."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.local.clocks import FastForwardClock
from generator.local.emulator import ACCOUNT, LocalAws
from generator.local.event_poller import EventPoller
from tests.local import resources

CODE = """
import json, os, time
def handler(event, context):
    if not event["Records"]:  # the check before a backfill
        return
    table = event["Records"][0]["eventSourceARN"].split("/")[1]
    notes = os.path.join(os.environ["NOTES"], table)
    with open(notes + ".seen", "a") as seen:
        for record in event["Records"]:
            seen.write(json.dumps(record) + "\\n")
    while os.path.exists(notes + ".waits") and "slow" in json.dumps(event):
        time.sleep(0.01)
    broken = os.path.exists(notes + ".broken")
    bad = [one for one in event["Records"] if broken and "poison" in one["dynamodb"].get("NewImage", {})]
    return {"batchItemFailures": [{"itemIdentifier": one["dynamodb"]["SequenceNumber"]} for one in bad]}
"""
"""Notes every record that it gets, by table; while it is broken, reports those whose item has the attribute ``poison``.

While somebody wants it to, it waits where an item has the attribute ``slow``.
"""


def function(aws: LocalAws, folder: Path) -> str:
    """Create the function of all pipelines, which keeps its notes in a folder; return its name."""
    return resources.function(aws, CODE, Environment={"Variables": {"NOTES": str(folder)}})


@dataclass(frozen=True)
class Pipeline:
    """A table, its stream, a function that is broken at first, and a queue or a bucket for what fails."""

    aws: LocalAws
    folder: Path
    function: str
    table: str
    stream: str
    mapping: str
    queue: str
    bucket: str

    @classmethod
    def make(cls, aws: LocalAws, folder: Path, made: str, *, to: str = "sqs", batch_size: int = 100) -> "Pipeline":
        """Make a pipeline with a function; what fails goes to a queue (``sqs``) or a bucket (``s3``) at once."""
        table, stream = resources.table(aws)
        queue = aws.client("sqs").create_queue(QueueName=resources.name())["QueueUrl"]
        bucket = resources.name()
        place = {"LocationConstraint": aws.region}
        aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
        queue_arn = f"arn:aws:sqs:{aws.region}:{ACCOUNT}:{queue.rpartition('/')[2]}"
        mapping = aws.client("lambda").create_event_source_mapping(
            EventSourceArn=stream,
            FunctionName=made,
            StartingPosition="TRIM_HORIZON",
            BatchSize=batch_size,
            MaximumRetryAttempts=0,
            BisectBatchOnFunctionError=True,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            DestinationConfig={"OnFailure": {"Destination": queue_arn if to == "sqs" else f"arn:aws:s3:::{bucket}"}},
        )["UUID"]
        pipeline = cls(aws, folder, made, table, stream, mapping, queue, bucket)
        pipeline.damage()
        return pipeline

    def put(self, items: Iterable[dict[str, Any]]) -> None:
        """Write items, in order."""
        client = self.aws.client("dynamodb")
        written = list(items)
        for start in range(0, len(written), 25):
            puts = [{"PutRequest": {"Item": item}} for item in written[start : start + 25]]
            assert not client.batch_write_item(RequestItems={self.table: puts})["UnprocessedItems"]

    def remove(self, identifier: str) -> None:
        """Delete an item."""
        self.aws.client("dynamodb").delete_item(TableName=self.table, Key={"id": {"S": identifier}})

    def process(self, count: int) -> None:
        """Let the mapping process so many more records, and park what fails."""
        checkpoints = self.folder / f"{self.table}.checkpoints"
        poller = EventPoller(self.aws.client, self.mapping, clock=FastForwardClock(), checkpoints=checkpoints)
        poller.run(lambda: poller.finished >= count, within=60)

    def park(self, *items: dict[str, Any]) -> None:
        """Write items, let the broken function fail on those that are poison, and repair it."""
        self.damage()
        self.put(items)
        self.process(len(items))
        self.repair()

    def damage(self) -> None:
        """Break the function."""
        self._notes("broken").touch()

    def repair(self) -> None:
        """Repair the function, and forget what it has seen."""
        self._notes("broken").unlink(missing_ok=True)
        self._notes("seen").unlink(missing_ok=True)

    def wait(self) -> None:
        """Let the function wait where an item is slow, until :meth:`go_on`."""
        self._notes("waits").touch()

    def go_on(self) -> None:
        """Let the function end what it is at."""
        self._notes("waits").unlink()

    def _notes(self, kind: str) -> Path:
        return self.folder / f"{self.table}.{kind}"

    @property
    def seen(self) -> list[dict[str, Any]]:
        """The records that the function has got, in order."""
        notes = self._notes("seen")
        return [json.loads(line) for line in notes.read_text().splitlines()] if notes.exists() else []

    @property
    def ids(self) -> list[str]:
        """The ids of the items of the records that the function has got."""
        return [record["dynamodb"]["Keys"]["id"]["S"] for record in self.seen]

    @property
    def waiting(self) -> int:
        """How many messages the queue has, whether somebody holds them or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.aws.client("sqs").get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)["Attributes"]
        return sum(int(told[each]) for each in names)

    def send(self, bodies: Sequence[str]) -> None:
        """Put messages into the queue."""
        for body in bodies:
            self.aws.client("sqs").send_message(QueueUrl=self.queue, MessageBody=body)

    def empty(self) -> None:
        """Delete every message of the queue."""
        self.aws.client("sqs").purge_queue(QueueUrl=self.queue)

    def turn_off(self) -> None:
        """Turn the stream off; what it has can no longer be read by who does not know its ARN."""
        off = {"StreamEnabled": False}
        self.aws.client("dynamodb").update_table(TableName=self.table, StreamSpecification=off)

    def forgotten(self) -> str:
        """Return a document about two records that were written before all that the stream has."""
        place = {
            "shardId": self._shard,
            "startSequenceNumber": "100000000000000000001",
            "endSequenceNumber": "100000000000000000002",
            "approximateArrivalOfFirstRecord": "2026-01-01T00:00:00Z",
            "approximateArrivalOfLastRecord": "2026-01-01T00:00:00Z",
            "batchSize": 2,
            "streamArn": self.stream,
        }
        context = {
            "requestId": "a",
            "functionArn": self.function_arn,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        }
        document = {"requestContext": context, "version": "1.0", "timestamp": "2026-01-01T00:00:00.000Z"}
        return json.dumps(document | {"DDBStreamBatchInfo": place})

    @property
    def _shard(self) -> str:
        described = self.aws.client("dynamodbstreams").describe_stream(StreamArn=self.stream)["StreamDescription"]
        return str(described["Shards"][0]["ShardId"])

    @property
    def function_arn(self) -> str:
        """The ARN of the function."""
        return f"arn:aws:lambda:{self.aws.region}:{ACCOUNT}:function:{self.function}"


def item(identifier: str, *, poison: bool = False, **attributes: str) -> dict[str, Any]:
    """Return an item, which the broken function fails on if it is poison."""
    return {
        "id": {"S": identifier},
        **({"poison": {"BOOL": True}} if poison else {}),
        **{each: {"S": value} for each, value in attributes.items()},
    }
