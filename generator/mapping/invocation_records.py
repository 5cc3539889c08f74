"""The event that a function gets, and the document that a failure destination gets."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from generator.mapping.shard_processor import Discard, Window


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Whose records they are: the mapping's id, its function's ARN, the stream's, and the shard."""

    mapping: str
    function_arn: str
    stream_arn: str
    shard: str
    version: str = "$LATEST"


def event(records: Sequence[Mapping[str, Any]], window: Window | None, origin: Origin) -> dict[str, Any]:
    """Return the event of an invocation.

    Takes the records as they stand in an event. Within a tumbling window, the event also tells its state and bounds.
    """
    said: dict[str, Any] = {"Records": list(records)}
    if window:
        said |= {
            "window": _bounds(window),
            "state": window.state,
            "shardId": origin.shard,
            "eventSourceARN": origin.stream_arn,
            "isFinalInvokeForWindow": window.final,
            "isWindowTerminatedEarly": window.early,
        }
    return said


def on_failure(discard: Discard, origin: Origin, at: float, request_id: str) -> dict[str, Any]:
    """Return the document about records that were given up, as a queue or a topic gets it.

    Takes the time in seconds since the epoch. Without records, at the end of a tumbling window, it tells the window.
    """
    document: dict[str, Any] = {
        "requestContext": {
            "requestId": request_id,
            "functionArn": origin.function_arn,
            "condition": str(discard.condition),
            "approximateInvokeCount": discard.invocations,
        }
    }
    if discard.failure:
        document["responseContext"] = {
            "statusCode": 200,
            "executedVersion": origin.version,
            "functionError": discard.failure.error,
        }
    document |= {
        "version": "1.0",
        "timestamp": _time(at, "milliseconds"),
        "DDBStreamBatchInfo": _range(discard, origin),
    }
    if discard.window:
        document["timeWindowInfo"] = {
            "window": _bounds(discard.window),
            "isFinalInvokeForWindow": discard.window.final,
            "isWindowTerminatedEarly": discard.window.early,
        }
    return document


def with_payload(document: Mapping[str, Any], payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document as a bucket gets it: with the event that failed, as JSON in a string."""
    told: dict[str, Any] = {}
    for name, value in document.items():
        if name == "timestamp":
            told["payload"] = json.dumps(payload, separators=(",", ":"))
        told[name] = value
    return told


def s3_key(origin: Origin, at: float) -> str:
    """Return a new key for the document in a bucket."""
    day = datetime.fromtimestamp(at, UTC)
    return f"aws/lambda/{origin.mapping}/{origin.shard}/{day:%Y/%m/%d}/{day:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def _range(discard: Discard, origin: Origin) -> dict[str, Any]:
    records = discard.records
    if not records:
        return {"shardId": origin.shard, "streamArn": origin.stream_arn}
    return {
        "shardId": origin.shard,
        "startSequenceNumber": str(records[0].sequence),
        "endSequenceNumber": str(records[-1].sequence),
        "approximateArrivalOfFirstRecord": _time(records[0].arrival, "seconds"),
        "approximateArrivalOfLastRecord": _time(records[-1].arrival, "seconds"),
        "batchSize": len(records),
        "streamArn": origin.stream_arn,
    }


def _bounds(window: Window) -> dict[str, str]:
    return {"start": _time(window.start, "seconds"), "end": _time(window.end, "seconds")}


def _time(seconds: float, precision: str) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=precision).replace("+00:00", "Z")
