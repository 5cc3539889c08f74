"""Invocation records: what Lambda sends to an on-failure destination about stream records that it discarded."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from generator.mapping.records import SequenceNumber
from generator.mapping.settings import STREAM_RETENTION

Events = Sequence[Mapping[str, Any]]
"""Stream records in the shape of an event."""

_MAX_QUOTED: Final = 60
"""Characters of a foreign value that a message repeats."""


class UnrecognizedError(ValueError):
    """A text is not an invocation record of a mapping on a DynamoDB stream. The message says what is missing."""


@dataclass(frozen=True)
class UnrecognizedMessage:
    """A message, object or line that is not an invocation record. Nothing changes it."""

    id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class InvocationRecord:
    """One invocation record.

    Attributes:
        id: ID of the message, key of the object, or number of the line that holds it.
        first: Sequence number of the first record. None at the end of a tumbling window, which has no records.
        last: Sequence number of the last record.
        size: Number of records in the batch. Between the first and the last there can be more: records that the
            mapping filtered out, and records of other batches of the shard.
        first_arrival: Time at which the first record was written, in seconds since the epoch.
        last_arrival: Time at which the last record was written.
        sent: Time at which Lambda sent the invocation record.
        arrival_is_known: Whether ``first_arrival`` is stated. If not, it is ``sent``.
        windowed: Whether the records belonged to a tumbling window.
        payload: Returns the records, if the destination holds them (a bucket, or a file of fetched records).
    """

    id: str
    stream_arn: str
    shard: str
    first: SequenceNumber | None
    last: SequenceNumber | None
    size: int
    first_arrival: float
    last_arrival: float
    sent: float
    function_arn: str
    condition: str
    invocations: int
    request_id: str
    arrival_is_known: bool = True
    windowed: bool = False
    payload: Callable[[], Events] | None = field(default=None, repr=False, compare=False)

    @property
    def readable_until(self) -> float:
        """Time at which the first record expires in the stream, in seconds since the epoch."""
        return self.first_arrival + STREAM_RETENTION


def parse(text: str, identifier: str) -> InvocationRecord:
    """Return the invocation record in a text: as a queue, a topic in front of a queue, or a bucket holds it.

    Raises:
        UnrecognizedError: The text is something else, or incomplete.
    """
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UnrecognizedError(f"it is not JSON: {error}") from error
    if isinstance(value, dict) and value.get("Type") == "Notification" and isinstance(value.get("Message"), str):
        # SNS without raw message delivery puts its own envelope around the message.
        return parse(value["Message"], identifier)
    return from_json(value, identifier)


def from_json(value: Any, identifier: str) -> InvocationRecord:  # noqa: ANN401 - whatever a destination holds
    """Return the invocation record in parsed JSON.

    Raises:
        UnrecognizedError: It is something else, or incomplete.
    """
    if not isinstance(value, dict):
        raise UnrecognizedError(f"it is {_quote(value)}, not an object")
    batch, context = value.get("DDBStreamBatchInfo"), value.get("requestContext")
    if not isinstance(batch, dict) or not isinstance(context, dict):
        raise UnrecognizedError("it has no DDBStreamBatchInfo and requestContext of a DynamoDB stream")
    sent = _time(value, "timestamp")
    if sent is None:
        raise UnrecognizedError("its timestamp is missing")
    first, last = _number(batch, "startSequenceNumber"), _number(batch, "endSequenceNumber")
    if (first is None) != (last is None) or (first is not None and last is not None and last < first):
        raise UnrecognizedError(f"its sequence numbers go from {first} to {last}")
    size = batch.get("batchSize", 0)
    if not isinstance(size, int) or size < 0 or (first is not None and size == 0):
        raise UnrecognizedError(f"its batchSize is {_quote(size)}")
    first_arrival = _time(batch, "approximateArrivalOfFirstRecord")
    last_arrival = _time(batch, "approximateArrivalOfLastRecord")
    stream_arn = _text(batch, "streamArn")
    if ":dynamodb:" not in stream_arn or "/stream/" not in stream_arn:
        raise UnrecognizedError(f"its streamArn is {_quote(stream_arn)}, not a DynamoDB stream")
    invocations = context.get("approximateInvokeCount", 0)
    return InvocationRecord(
        id=identifier,
        stream_arn=stream_arn,
        shard=_text(batch, "shardId"),
        first=first,
        last=last,
        size=size,
        first_arrival=sent if first_arrival is None else first_arrival,
        last_arrival=last_arrival or first_arrival or sent,
        sent=sent,
        function_arn=_text(context, "functionArn"),
        condition=_text(context, "condition"),
        invocations=invocations if isinstance(invocations, int) else 0,
        request_id=str(context.get("requestId", "")),
        arrival_is_known=first_arrival is not None,
        windowed="timeWindowInfo" in value,
        payload=_payload(value["payload"]) if "payload" in value else None,
    )


def from_fetched(value: Mapping[str, Any], line: str, load: Callable[[], Mapping[str, Any]]) -> InvocationRecord:
    """Return the invocation record of one record that ``fetch`` wrote, as if it were about this record alone.

    Takes the record with its invocation record, the line that it is in, and a function that reads the line again.

    Raises:
        UnrecognizedError: The record or its invocation record is incomplete.
    """
    number = _check_event(value)
    document = value.get("document")
    if not isinstance(document, dict):
        raise UnrecognizedError("the record has no invocation record (document)")
    batch = from_json(document, str(document.get("id", line)))
    return replace(batch, first=number, last=number, size=1, payload=lambda: [without_document(load())])


def without_document(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record that ``fetch`` wrote in the shape of an event."""
    return {name: inner for name, inner in value.items() if name != "document"}


def as_json(message: InvocationRecord) -> dict[str, Any]:
    """Return an invocation record as a queue holds it, with its ID and without its payload."""
    batch: dict[str, Any] = {"shardId": message.shard}
    if message.first is not None:
        batch |= {
            "startSequenceNumber": str(message.first),
            "endSequenceNumber": str(message.last),
            "approximateArrivalOfFirstRecord": _iso(message.first_arrival),
            "approximateArrivalOfLastRecord": _iso(message.last_arrival),
            "batchSize": message.size,
        }
    return {
        "id": message.id,
        "requestContext": {
            "requestId": message.request_id,
            "functionArn": message.function_arn,
            "condition": message.condition,
            "approximateInvokeCount": message.invocations,
        },
        "version": "1.0",
        "timestamp": _iso(message.sent),
        "DDBStreamBatchInfo": batch | {"streamArn": message.stream_arn},
    }


def _payload(value: Any) -> Callable[[], Events]:  # noqa: ANN401 - as above
    """Return a function that returns the records of the event that a bucket holds as a JSON text."""
    try:
        event = json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise UnrecognizedError(f"its payload is not JSON: {error}") from error
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list):
        raise UnrecognizedError("its payload has no Records")
    for record in records:
        _check_event(record)
    return lambda: records


def _check_event(value: Any) -> SequenceNumber:  # noqa: ANN401 - as above
    """Check that a record has what is needed of it, and return its sequence number."""
    change = _object(value, "dynamodb")
    _object(change, "Keys")
    number = _number(change, "SequenceNumber")
    if number is None or not isinstance(value.get("eventName"), str):
        raise UnrecognizedError("a record has no SequenceNumber or no eventName")
    return number


def _object(value: Any, name: str) -> Mapping[str, Any]:  # noqa: ANN401 - as above
    inner = value.get(name) if isinstance(value, dict) else None
    if not isinstance(inner, dict):
        raise UnrecognizedError(f"a record has no {name}")
    return inner


def _text(value: Mapping[str, Any], name: str) -> str:
    inner = value.get(name)
    if not isinstance(inner, str) or not inner:
        raise UnrecognizedError(f"its {name} is missing")
    return inner


def _number(value: Mapping[str, Any], name: str) -> SequenceNumber | None:
    inner = value.get(name)
    if inner is None:
        return None
    if not isinstance(inner, str) or not inner.isascii() or not inner.isdigit():
        raise UnrecognizedError(f"its {name} is {_quote(inner)}, not a number in a text")
    return SequenceNumber(inner)


def _time(value: Mapping[str, Any], name: str) -> float | None:
    inner = value.get(name)
    if inner is None:
        return None
    try:
        time = datetime.fromisoformat(inner)
    except (TypeError, ValueError) as error:
        raise UnrecognizedError(f"its {name} is {_quote(inner)}, not a time") from error
    if time.tzinfo is None:
        raise UnrecognizedError(f"its {name} is {_quote(inner)}, which has no time zone")
    return time.timestamp()


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _quote(value: Any) -> str:  # noqa: ANN401 - as above
    return json.dumps(value)[:_MAX_QUOTED]
