"""The event that Lambda sends to a function, and the invocation record that it sends to an on-failure destination.

The fields are those that AWS was seen to send, and those of "Retain discarded records for a DynamoDB event source".
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from generator.mapping.shard_processor import Discard, Window


@dataclass(frozen=True, kw_only=True)
class InvocationSource:
    """The mapping, the function, the stream and the shard of an invocation."""

    mapping_uuid: str
    function_arn: str
    stream_arn: str
    shard_id: str
    version: str = "$LATEST"


class RecordRange(NamedTuple):
    """The records of an invocation record: sequence numbers, arrival times in seconds since the epoch, and number."""

    first: int
    last: int
    first_arrival: float
    last_arrival: float
    size: int


@dataclass(frozen=True, kw_only=True)
class InvocationRecord:
    """The metadata of discarded records.

    Attributes:
        invocations: how often the function was invoked (``approximateInvokeCount``).
        sent_at: in seconds since the epoch.
        records: None for the end of a tumbling window, which has no records.
        executed_version: the version of the function that failed; None if the function did not fail.
        function_error: the type of its error; None if it reported failed records.
        window: the tumbling window, as in the JSON.
    """

    request_id: str
    function_arn: str
    condition: str
    invocations: int
    sent_at: float
    stream_arn: str
    shard_id: str
    records: RecordRange | None
    executed_version: str | None = None
    function_error: str | None = None
    window: Mapping[str, Any] | None = None

    def as_json(self, payload: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the document for a queue or a topic; with the event as ``payload``, the object for a bucket."""
        document: dict[str, Any] = {
            "requestContext": {
                "requestId": self.request_id,
                "functionArn": self.function_arn,
                "condition": self.condition,
                "approximateInvokeCount": self.invocations,
            }
        }
        if self.executed_version is not None:
            document["responseContext"] = {
                "statusCode": 200,
                "executedVersion": self.executed_version,
                "functionError": self.function_error,
            }
        document["version"] = "1.0"
        if payload is not None:
            document["payload"] = json.dumps(payload, separators=(",", ":"))
        document["timestamp"] = _time(self.sent_at, "milliseconds")
        batch: dict[str, Any] = {"shardId": self.shard_id}
        if self.records:
            batch |= {
                "startSequenceNumber": str(self.records.first),
                "endSequenceNumber": str(self.records.last),
                "approximateArrivalOfFirstRecord": _time(self.records.first_arrival, "seconds"),
                "approximateArrivalOfLastRecord": _time(self.records.last_arrival, "seconds"),
                "batchSize": self.records.size,
            }
        document["DDBStreamBatchInfo"] = batch | {"streamArn": self.stream_arn}
        if self.window:
            document["timeWindowInfo"] = dict(self.window)
        return document


def from_discard(discard: Discard, source: InvocationSource, sent_at: float, request_id: str) -> InvocationRecord:
    """Return the invocation record of discarded records."""
    records = discard.records
    batch = None
    if records:
        first, last = records[0], records[-1]
        batch = RecordRange(first.sequence, last.sequence, first.arrival, last.arrival, len(records))
    return InvocationRecord(
        request_id=request_id,
        function_arn=source.function_arn,
        condition=str(discard.reason),
        invocations=discard.invocations,
        sent_at=sent_at,
        stream_arn=source.stream_arn,
        shard_id=source.shard_id,
        records=batch,
        executed_version=source.version if discard.failure else None,
        function_error=discard.failure.error if discard.failure else None,
        window=_window(discard.window) if discard.window else None,
    )


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


def s3_key(source: InvocationSource, sent_at: float) -> str:
    """Return a new key for an invocation record in a bucket."""
    day = datetime.fromtimestamp(sent_at, UTC)
    prefix = f"aws/lambda/{source.mapping_uuid}/{source.shard_id}"
    return f"{prefix}/{day:%Y/%m/%d}/{day:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def _window(window: Window) -> dict[str, Any]:
    return {
        "window": {"start": _time(window.start, "seconds"), "end": _time(window.end, "seconds")},
        "isFinalInvokeForWindow": window.final,
        "isWindowTerminatedEarly": window.early,
    }


def _time(seconds: float, precision: str) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=precision).replace("+00:00", "Z")
