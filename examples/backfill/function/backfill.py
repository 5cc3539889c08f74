# ruff: noqa: INP001 - the folder is the root of a package for Lambda
"""The two functions of the backfill's state machine: one unpacks a file of the export, one sends what was unpacked.

Items travel through S3 and not through the state machine: what passes between states ends at 256 KiB (AWS, "Step
Functions service quotas"), and an item may have 400 KB.
"""

import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config

LEFT_SECONDS = 30
"""Seconds before its timeout in which ``unpack`` begins no further part; the state machine calls it again."""

PART_BYTES = 5_000_000
"""Most bytes of a part; an invocation carries 6 MB at most (AWS, "Lambda quotas")."""

NAMED_CHARACTERS = 30_000
"""Room for the failing items that an error names; a cause ends at 32,768 characters (AWS, HistoryEvent)."""

Record = dict[str, Any]

# One attempt: a repetition by the SDK would send what is still being processed a second time
_PATIENT = Config(read_timeout=900, retries={"total_max_attempts": 1})


class ItemsFailedError(Exception):
    """The function failed with some items, each sent alone at the end."""


def unpack(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own type
    """Write the items of one data file of an export as parts: events of INSERT records, ready to be sent.

    Takes the file's ``key`` and the number of its first item to ``begin`` with. Returns the same with where to go on,
    and whether it is ``done``. Whatever is repeated is written the same again, under the same name.
    """
    s3, bucket, key = boto3.client("s3"), os.environ["BUCKET"], event["key"]
    folder, _, name = key.partition("/data/")
    summary = json.load(s3.get_object(Bucket=bucket, Key=f"{folder}/manifest-summary.json")["Body"])
    parts = f"parts/{folder.rpartition('/')[2]}/{name.partition('.')[0]}"
    begin = event["begin"]
    with gzip.open(s3.get_object(Bucket=bucket, Key=key)["Body"]) as lines:
        for first, records in _parts(
            lines, begin, f"{summary['exportArn']}/{name}", _milliseconds(summary["exportTime"])
        ):
            body = f'{{"Records":[{",".join(records)}]}}'.encode()
            s3.put_object(Bucket=bucket, Key=f"{parts}/{first:012d}.json", Body=body)
            begin = first + len(records)
            if context.get_remaining_time_in_millis() < LEFT_SECONDS * 1000:
                return {"key": key, "begin": begin, "done": False}
    return {"key": key, "begin": begin, "done": True}


def send(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Invoke the pipeline's function with one part, and return how many items it processed.

    What fails is halved until the failing items are alone, as the event source mapping does.

    Raises:
        ItemsFailedError: the function failed with some of them; the others are processed.
    """
    body = boto3.client("s3").get_object(Bucket=os.environ["BUCKET"], Key=event["key"])["Body"]
    records = json.load(body)["Records"]
    failed = list(_deliver(records, boto3.client("lambda", config=_PATIENT)))
    if failed:
        named = [json.dumps({"keys": record["dynamodb"]["Keys"], "error": error}) for record, error in failed]
        while len(", ".join(named)) > NAMED_CHARACTERS:
            named.pop()
        raise ItemsFailedError(f"{len(failed)} of {len(records)} items failed: [{', '.join(named)}]")
    return {"processed": len(records)}


def _parts(lines: gzip.GzipFile, begin: int, source: str, created: int) -> Iterator[tuple[int, list[str]]]:
    """Yield what a data file holds from one item on: the number of a part's first item, and its records as JSON."""
    most, first, size = int(os.environ["PART_ITEMS"]), begin, 0
    records: list[str] = []
    for number, line in enumerate(lines):
        if number < begin:
            continue
        record = json.dumps(
            _record(json.loads(line)["Item"], number, source, created, len(line)), separators=(",", ":")
        )
        if records and (len(records) == most or size + len(record) > PART_BYTES):
            yield first, records
            records, size, first = [], 0, number
        records.append(record)
        size += len(record)
    if records:
        yield first, records


def _record(item: dict[str, Any], number: int, source: str, created: int, size: int) -> Record:
    """Return an item as the record of a stream that tells of its insertion at the time of the export.

    Sequence numbers are the time of the export and a place, 18 digits long, where a stream's have 21 at least (AWS,
    StreamRecord): compared as integers, every change in a stream is newer than every export, and a later export newer
    than an earlier one. ``python -m generator backfill`` makes them in the same way.
    """
    keys = os.environ["KEYS"].split(",")
    return {
        "eventID": hashlib.sha256(f"{source}/{number}".encode()).hexdigest()[:32],
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": os.environ["AWS_REGION"],
        "dynamodb": {
            "ApproximateCreationDateTime": created // 1000,
            "Keys": {key: item[key] for key in keys},
            "NewImage": item,
            "SequenceNumber": f"{created * 100_000 + number:018d}",
            "SizeBytes": size,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": os.environ["STREAM_ARN"],
    }


def _deliver(records: list[Record], client: Any) -> Iterator[tuple[Record, str]]:  # noqa: ANN401 - boto3 makes its type
    """Send records, and yield those that fail alone, each with its error."""
    waiting = [records]
    while waiting:
        batch = waiting.pop()
        done, error = _invoke(batch, client)
        rest = batch[done:]
        if not rest:
            continue
        if done:
            # What is left is a batch of its own: its first record failed, and those behind it may never have begun
            waiting.append(rest)
        elif len(rest) == 1:
            yield rest[0], error
        else:
            half = len(rest) // 2
            waiting += [rest[half:], rest[:half]]


def _invoke(batch: list[Record], client: Any) -> tuple[int, str]:  # noqa: ANN401 - boto3 makes its type
    """Invoke the function with a batch; return how many of its first records are done, and what stopped the others."""
    payload = json.dumps({"Records": batch}, separators=(",", ":")).encode()
    answer = client.invoke(FunctionName=os.environ["FUNCTION"], Payload=payload)
    returned = json.load(answer["Payload"])
    if "FunctionError" in answer:
        return 0, f"{returned.get('errorType')}: {returned.get('errorMessage')}"[:200]
    failures = (returned or {}).get("batchItemFailures") or []
    if not failures:
        return len(batch), ""
    places = {record["dynamodb"]["SequenceNumber"]: place for place, record in enumerate(batch)}
    # An identifier that is not in the batch fails all of it, as with the mapping
    return min(places.get((failure or {}).get("itemIdentifier"), 0) for failure in failures), "reported by the function"


def _milliseconds(time: str) -> int:
    """Return a time of a manifest in milliseconds since the epoch."""
    return round(datetime.fromisoformat(time).timestamp() * 1000)
