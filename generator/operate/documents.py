"""What a failure destination holds: documents about records that a mapping has given up."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from generator.mapping.records import SequenceNumber
from generator.mapping.settings import STREAM_RETENTION

Records = Sequence[Mapping[str, Any]]

_SHOWN = 60


class NotADocumentError(ValueError):
    """A text is no document of a mapping on a DynamoDB stream; the message says what it lacks."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document: where the records are, and why they were given up.

    Attributes:
        id: what names it where it lies: a message's id, an object's key, a line of a file.
        first: the number of its first record; None for the end of a tumbling window, which has no records.
        last: the number of its last record.
        size: how many records were in the batch. Between the first and the last there may be more, which the mapping's
            filter had excluded or which were in another batch of the shard.
        arrived: when the first record was written, in seconds since the epoch.
        arrived_last: when the last record was written.
        written: when the document was, in seconds since the epoch.
        windowed: whether its records were in a tumbling window.
        records: gives the records themselves, where the destination keeps them (S3, and a file of fetched records).
    """

    id: str
    stream_arn: str
    shard: str
    first: SequenceNumber | None
    last: SequenceNumber | None
    size: int
    arrived: float
    arrived_last: float
    written: float
    function_arn: str
    condition: str
    invocations: int
    request_id: str
    arrival_is_known: bool = True
    windowed: bool = False
    records: Callable[[], Records] | None = field(default=None, repr=False, compare=False)

    @property
    def readable_until(self) -> float:
        """When the stream forgets the first record; the records of a payload never are."""
        return self.arrived + STREAM_RETENTION

    @property
    def parked(self) -> str | None:
        """Why its records cannot be told, if they cannot."""
        return "it is about the end of a tumbling window, and names no records" if self.first is None else None


def parse(text: str, identifier: str) -> Document:
    """Return the document that a text holds: as a queue, a topic behind a queue, or a bucket keeps it.

    Raises:
        NotADocumentError: the text is something else, or was cut off.
    """
    try:
        said = json.loads(text)
    except ValueError as error:
        raise NotADocumentError(f"it is not JSON: {error}") from error
    if isinstance(said, dict) and said.get("Type") == "Notification" and isinstance(said.get("Message"), str):
        # A topic without raw delivery puts its own envelope around what was published.
        return parse(said["Message"], identifier)
    return from_json(said, identifier)


def from_json(said: Any, identifier: str) -> Document:  # noqa: ANN401 - whatever a destination holds
    """Return the document that parsed JSON holds.

    Raises:
        NotADocumentError: it is something else.
    """
    if not isinstance(said, dict):
        raise NotADocumentError(f"it is {json.dumps(said)[:_SHOWN]}, not an object")
    place, context = said.get("DDBStreamBatchInfo"), said.get("requestContext")
    if not isinstance(place, dict) or not isinstance(context, dict):
        raise NotADocumentError("it has no DDBStreamBatchInfo and requestContext of a DynamoDB stream")
    written = _time(said, "timestamp")
    if written is None:
        raise NotADocumentError("its timestamp is missing")
    first, last = _number(place, "startSequenceNumber"), _number(place, "endSequenceNumber")
    if (first is None) != (last is None) or (first is not None and last is not None and last < first):
        raise NotADocumentError(f"its sequence numbers go from {first} to {last}")
    size = place.get("batchSize", 0)
    if not isinstance(size, int) or size < 0 or (first is not None and size == 0):
        raise NotADocumentError(f"its batchSize is {json.dumps(size)[:_SHOWN]}")
    arrived = _time(place, "approximateArrivalOfFirstRecord")
    arrived_last = _time(place, "approximateArrivalOfLastRecord")
    stream_arn = _text(place, "streamArn")
    if ":dynamodb:" not in stream_arn or "/stream/" not in stream_arn:
        raise NotADocumentError(f"its streamArn is {stream_arn[:_SHOWN]}, not a DynamoDB stream")
    invocations = context.get("approximateInvokeCount", 0)
    return Document(
        id=identifier,
        stream_arn=stream_arn,
        shard=_text(place, "shardId"),
        first=first,
        last=last,
        size=size,
        arrived=written if arrived is None else arrived,
        arrived_last=arrived_last or arrived or written,
        written=written,
        function_arn=_text(context, "functionArn"),
        condition=_text(context, "condition"),
        invocations=invocations if isinstance(invocations, int) else 0,
        request_id=str(context.get("requestId", "")),
        arrival_is_known=arrived is not None,
        windowed="timeWindowInfo" in said,
        records=_payload(said["payload"]) if "payload" in said else None,
    )


def of_record(said: Mapping[str, Any], place: str, load: Callable[[], Mapping[str, Any]]) -> Document:
    """Return the document of one record that ``fetch`` wrote, as what holds this record alone.

    Takes the record with its document, the place where it stands, and what gives it again.

    Raises:
        NotADocumentError: the record has no keys or no sequence number, or its document is missing or lacks something.
    """
    number = _record(said)
    document = said.get("document")
    if not isinstance(document, dict):
        raise NotADocumentError("its record comes without its document")
    batch = from_json(document, str(document.get("id", place)))
    return replace(batch, first=number, last=number, size=1, records=lambda: [without_document(load())])


def without_document(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as ``fetch`` wrote it in the shape that a function gets."""
    return {name: value for name, value in said.items() if name != "document"}


def as_json(document: Document) -> dict[str, Any]:
    """Return a document in the shape that a queue holds, with its id and without its records."""
    place: dict[str, Any] = {"shardId": document.shard}
    if document.first is not None:
        place |= {
            "startSequenceNumber": str(document.first),
            "endSequenceNumber": str(document.last),
            "approximateArrivalOfFirstRecord": _said(document.arrived),
            "approximateArrivalOfLastRecord": _said(document.arrived_last),
            "batchSize": document.size,
        }
    return {
        "id": document.id,
        "requestContext": {
            "requestId": document.request_id,
            "functionArn": document.function_arn,
            "condition": document.condition,
            "approximateInvokeCount": document.invocations,
        },
        "version": "1.0",
        "timestamp": _said(document.written),
        "DDBStreamBatchInfo": place | {"streamArn": document.stream_arn},
    }


def _payload(text: Any) -> Callable[[], Records]:  # noqa: ANN401 - as above
    """Return what gives the records of the event that a bucket keeps as a text."""
    try:
        event = json.loads(text) if isinstance(text, str) else text
    except ValueError as error:
        raise NotADocumentError(f"its payload is not JSON: {error}") from error
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list):
        raise NotADocumentError("its payload has no Records")
    for record in records:
        _record(record)
    return lambda: records


def _record(said: Any) -> SequenceNumber:  # noqa: ANN401 - as above
    """Hold a record to what is needed of it, and return its number."""
    change = _object(said, "dynamodb")
    _object(change, "Keys")
    number = _number(change, "SequenceNumber")
    if number is None or not isinstance(said.get("eventName"), str):
        raise NotADocumentError("a record has no SequenceNumber or no eventName")
    return number


def _object(said: Any, name: str) -> Mapping[str, Any]:  # noqa: ANN401 - as above
    inner = said.get(name) if isinstance(said, dict) else None
    if not isinstance(inner, dict):
        raise NotADocumentError(f"a record has no {name}")
    return inner


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise NotADocumentError(f"its {name} is missing")
    return value


def _number(said: Mapping[str, Any], name: str) -> SequenceNumber | None:
    value = said.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value.isascii() or not value.isdigit():
        raise NotADocumentError(f"its {name} is {json.dumps(value)[:_SHOWN]}, not a number in a text")
    return SequenceNumber(value)


def _time(said: Mapping[str, Any], name: str) -> float | None:
    value = said.get(name)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise NotADocumentError(f"its {name} is {json.dumps(value)[:_SHOWN]}, not a time") from error
    if at.tzinfo is None:
        raise NotADocumentError(f"its {name} is {value}, which has no time zone")
    return at.timestamp()


def _said(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
