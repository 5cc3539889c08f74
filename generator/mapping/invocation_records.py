"""The event that Lambda sends to a function, and the invocation record that it sends to an on-failure destination.

The fields are those that AWS was seen to send, and those of "Retain discarded records for a DynamoDB event source".
Times are in seconds since the epoch.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from generator.mapping.shard_processor import Discard, Window


@dataclass(frozen=True, kw_only=True)
class InvocationSource:
    """The mapping, the function, the stream and the shard of an invocation."""

    mapping_uuid: str
    function_arn: str
    stream_arn: str
    shard_id: str
    version: str = "$LATEST"


def invocation_record(
    discard: Discard,
    source: InvocationSource,
    sent: float,
    request_id: str,
    payload: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the invocation record of discarded records: the document for a queue or a topic.

    Takes the event as ``payload`` for the object in a bucket. The end of a tumbling window has no records.
    """
    document: dict[str, Any] = {
        "requestContext": {
            "requestId": request_id,
            "functionArn": source.function_arn,
            "condition": str(discard.reason),
            "approximateInvokeCount": discard.invocations,
        }
    }
    if discard.failure:
        document["responseContext"] = {
            "statusCode": 200,
            "executedVersion": source.version,
            "functionError": discard.failure.error,
        }
    document["version"] = "1.0"
    if payload is not None:
        document["payload"] = json.dumps(payload, separators=(",", ":"))
    batch: dict[str, Any] = {"shardId": source.shard_id}
    if discard.records:
        first, last = discard.records[0], discard.records[-1]
        batch |= {
            "startSequenceNumber": str(first.sequence),
            "endSequenceNumber": str(last.sequence),
            "approximateArrivalOfFirstRecord": _time(first.arrival),
            "approximateArrivalOfLastRecord": _time(last.arrival),
            "batchSize": len(discard.records),
        }
    document |= {
        "timestamp": _time(sent, "milliseconds"),
        "DDBStreamBatchInfo": batch | {"streamArn": source.stream_arn},
    }
    if discard.window:
        document["timeWindowInfo"] = _window(discard.window)
    return document


def invocation_event(
    records: Sequence[Mapping[str, Any]], window: Window | None, source: InvocationSource
) -> dict[str, Any]:
    """Return the event of an invocation; in a tumbling window it has the state and the bounds of the window."""
    event: dict[str, Any] = {"Records": list(records)}
    if window:
        event |= {
            **_window(window),
            "state": window.state,
            "shardId": source.shard_id,
            "eventSourceARN": source.stream_arn,
        }
    return event


def s3_key(source: InvocationSource, sent: float) -> str:
    """Return a new key for an invocation record in a bucket."""
    day = datetime.fromtimestamp(sent, UTC)
    prefix = f"aws/lambda/{source.mapping_uuid}/{source.shard_id}"
    return f"{prefix}/{day:%Y/%m/%d}/{day:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def _window(window: Window) -> dict[str, Any]:
    return {
        "window": {"start": _time(window.start), "end": _time(window.end)},
        "isFinalInvokeForWindow": window.final,
        "isWindowTerminatedEarly": window.early,
    }


def _time(seconds: float, precision: str = "seconds") -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=precision).replace("+00:00", "Z")
