"""Invocation records: what Lambda sends to an on-failure destination about stream records that it discarded.

Everything in a queue, bucket or file passes :func:`parse` or :func:`parse_line`. Whatever the bytes are, they return an
invocation record that can be read, sent and printed, or an :class:`UnrecognizedMessage`.
"""

import base64
import json
import re
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar

from generator.arn import Arn
from generator.limits import MAX_BATCH_SIZE, STREAM_RETENTION
from generator.mapping.records import SequenceNumber
from generator.parsing import ParseError, parse_json, shown, text_or

Events = Sequence[Mapping[str, Any]]
"""Stream records in the shape of an event."""

_MAX_DIGITS: Final = 40
"""Maximum length of a sequence number (AWS, StreamRecord)."""

Parsed = TypeVar("Parsed")
_HOUR: Final = 3600
_YEARS: Final = range(2000, 2100)

_FUNCTION: Final = re.compile(
    r"(arn:aws[\w-]*:lambda:)?([a-z]{2}[a-z0-9-]+-\d:)?(\d{12}:)?(function:)?[\w-]+(:(\$LATEST|[\w-]+))?", re.ASCII
)
"""What Invoke accepts (AWS, FunctionName). Lambda states an ARN, and ``backfill`` what it was given."""


class UnrecognizedError(ValueError):
    """A text is not an invocation record of a mapping on a DynamoDB stream. The message says what is wrong."""


@dataclass(frozen=True)
class UnrecognizedMessage:
    """A message, object or line that is not an invocation record. Nothing changes it."""

    id: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
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
        payload: Returns the records, if the destination holds them (a bucket, or a file of fetched records). It returns
            None if the destination no longer holds them.
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
    payload: Callable[[], Events | None] | None = field(default=None, repr=False, compare=False)

    @property
    def readable_until(self) -> float:
        """Time at which the first record expires in the stream, in seconds since the epoch."""
        return self.first_arrival + STREAM_RETENTION

    @property
    def sent_late(self) -> bool:
        """Whether Lambda sent it when less than an hour was left to read its records from the stream."""
        return self.arrival_is_known and self.payload is None and self.sent > self.readable_until - _HOUR


def parse(text: str, identifier: str) -> InvocationRecord | UnrecognizedMessage:
    """Return the invocation record in a text: as a queue, a topic in front of a queue, or a bucket holds it."""
    # The ID is that by which the message can be deleted, whatever its text says.
    return _guard(lambda: replace(_from_json(_load(text), identifier), id=identifier), identifier)


def parse_line(text: str, line: str, load: Callable[[], str]) -> list[InvocationRecord | UnrecognizedMessage]:
    """Return the invocation records in a text of a file.

    That is an invocation record, an SQS message or an SNS envelope with one, a record that ``fetch`` wrote, which is
    returned as an invocation record about this record alone, or an array of any of these, also as the AWS CLI prints
    messages. Takes a name for the line, and a function that reads the text again.
    """
    content = _guard(lambda: _load(text), line)
    if isinstance(content, UnrecognizedMessage):
        return [content]
    if isinstance(content, dict) and isinstance(content.get("Messages"), list):
        content = content["Messages"]
    if not isinstance(content, list):
        return [_guard(partial(_from_line, content, text, line, load), line)]
    found = []
    for index, value in enumerate(content, 1):
        part, place = json.dumps(value), f"{line}, {index}"
        found.append(_guard(partial(_from_line, value, part, place, partial(str, part)), place))
    return found


def _from_line(value: Any, text: str, line: str, load: Callable[[], str]) -> InvocationRecord:  # noqa: ANN401 - any JSON
    if not isinstance(value, dict) or "dynamodb" not in value:
        return _from_json(value, line)
    number = _check_event(value)
    document = value.get("document")
    if not isinstance(document, dict):
        raise UnrecognizedError("the record has no invocation record (document)")
    batch = _from_json(document, line)
    if batch.first is None or batch.last is None or not batch.first <= number <= batch.last:
        raise UnrecognizedError(f"record {number} is not in the range of its invocation record")

    checksum = zlib.crc32(text.encode())

    def read() -> Events | None:
        again = load()
        return [without_document(json.loads(again))] if zlib.crc32(again.encode()) == checksum else None

    return replace(batch, first=number, last=number, size=1, payload=read)


def read_payload(text: str, message: InvocationRecord) -> Events | None:
    """Return the records in a text that was parsed before. None if it is no longer the same invocation record."""
    again = parse(text, message.id)
    if isinstance(again, UnrecognizedMessage) or again.payload is None or again != message:
        return None
    return again.payload()


def without_document(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record that ``fetch`` wrote in the shape of an event."""
    return {name: inner for name, inner in value.items() if name != "document"}


def utc_time(seconds: float, precision: str = "seconds") -> str:
    """Return a time in seconds since the epoch in ISO 8601, such as ``2026-11-26T08:00:00Z``."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def as_json(message: InvocationRecord) -> dict[str, Any]:
    """Return an invocation record as a queue holds it, with its ID and without its payload."""
    batch: dict[str, Any] = {"shardId": message.shard}
    if message.first is not None:
        batch |= {
            "startSequenceNumber": str(message.first),
            "endSequenceNumber": str(message.last),
            "approximateArrivalOfFirstRecord": utc_time(message.first_arrival, "milliseconds"),
            "approximateArrivalOfLastRecord": utc_time(message.last_arrival, "milliseconds"),
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
        "timestamp": utc_time(message.sent, "milliseconds"),
        "DDBStreamBatchInfo": batch | {"streamArn": message.stream_arn},
    }


def _guard(parsed: Callable[[], Parsed], identifier: str) -> Parsed | UnrecognizedMessage:
    """Return what a function returns, or an unrecognized message: the one place where foreign bytes are let in."""
    try:
        return parsed()
    except UnrecognizedError as error:
        return UnrecognizedMessage(identifier, str(error))


def _load(text: str) -> Any:  # noqa: ANN401 - whatever a destination holds
    """Return parsed JSON that can be written as JSON in UTF-8 again."""
    try:
        return parse_json(text)
    except ParseError as error:
        raise UnrecognizedError(f"it is not an invocation record: {error}") from None


def _from_json(value: Any, identifier: str, envelopes: int = 2) -> InvocationRecord:  # noqa: ANN401 - as above
    if not isinstance(value, dict):
        raise UnrecognizedError(f"it is {shown(value)}, not an object")
    for body, name in (("Body", "MessageId"), ("body", "messageId"), ("Message", "")):
        # An SQS message as the CLI or an event holds it, or SNS without raw message delivery
        if envelopes and isinstance(value.get(body), str):
            return _from_json(_load(value[body]), text_or(value.get(name), identifier), envelopes - 1)
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
    if type(size) is not int or not (first is not None) <= size <= MAX_BATCH_SIZE:
        raise UnrecognizedError(f"its batchSize is {shown(size)}")
    first_arrival = _time(batch, "approximateArrivalOfFirstRecord")
    last_arrival = _time(batch, "approximateArrivalOfLastRecord")
    invocations = context.get("approximateInvokeCount", 0)
    message = InvocationRecord(
        id=text_or(value.get("id"), identifier),
        stream_arn=_stream_arn(batch),
        shard=_text(batch, "shardId"),
        first=first,
        last=last,
        size=size,
        first_arrival=sent if first_arrival is None else first_arrival,
        last_arrival=last_arrival or first_arrival or sent,
        sent=sent,
        function_arn=_function(context),
        condition=_text(context, "condition"),
        invocations=invocations if type(invocations) is int else 0,
        request_id=text_or(context.get("requestId"), ""),
        arrival_is_known=first_arrival is not None,
        windowed="timeWindowInfo" in value,
    )
    if "payload" not in value:
        return message
    records = _payload(value["payload"], message)
    return replace(message, payload=lambda: records)


def _payload(value: Any, message: InvocationRecord) -> Events:  # noqa: ANN401 - as above
    """Return the records of the event in a payload, which are those that the invocation record states."""
    event = _load(value) if isinstance(value, str) else value
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list):
        raise UnrecognizedError("its payload has no Records")
    numbers = [_check_event(record) for record in records]
    if numbers != sorted(set(numbers)) or [*numbers[:1], *numbers[-1:]] != [message.first, message.last]:
        raise UnrecognizedError(
            f"its payload has records {', '.join(map(str, [*numbers[:1], *numbers[-1:]])) or 'of no number'}, "
            f"and it states {message.first} to {message.last}"
        )
    if len(numbers) != message.size:
        raise UnrecognizedError(f"its payload has {len(numbers)} records, and it states {message.size}")
    for record in records:
        if record.get("eventSourceARN", message.stream_arn) != message.stream_arn:
            raise UnrecognizedError(f"its payload has a record of {shown(record['eventSourceARN'])}")
    return records


def _check_event(value: Any) -> SequenceNumber:  # noqa: ANN401 - as above
    """Check that a record has what is needed of it, and return its sequence number."""
    change = _object(value, "dynamodb")
    for name, typed in _object(change, "Keys").items():
        if not isinstance(typed, dict) or len(typed) != 1 or not _is_key(*next(iter(typed.items()))):
            raise UnrecognizedError(f"a record has the key {shown({name: typed})}")
    if any(not isinstance(change.get(name, {}), dict) for name in ("NewImage", "OldImage")):
        raise UnrecognizedError("a record has an image that is not an object")
    if not isinstance(change.get("ApproximateCreationDateTime", 0), int | float):
        raise UnrecognizedError("a record has an ApproximateCreationDateTime that is not a number")
    number = _number(change, "SequenceNumber")
    if number is None or str(value.get("eventName")) not in {"INSERT", "MODIFY", "REMOVE"}:
        raise UnrecognizedError("a record has no SequenceNumber or no eventName")
    return number


def _is_key(kind: str, content: Any) -> bool:  # noqa: ANN401 - as above
    """Return whether a key attribute is a text, a number or bytes, as an event holds them."""
    if not isinstance(content, str) or not content:
        return False
    if kind == "B":
        try:
            return bool(base64.b64decode(content, validate=True))
        except ValueError:
            return False
    return kind == "S" or (kind == "N" and re.fullmatch(r"-?[\d.]+([eE][+-]?\d+)?", content, re.ASCII) is not None)


def _object(value: Any, name: str) -> Mapping[str, Any]:  # noqa: ANN401 - as above
    inner = value.get(name) if isinstance(value, dict) else None
    if not isinstance(inner, dict) or not inner:
        raise UnrecognizedError(f"a record has no {name}")
    return inner


def _stream_arn(value: Mapping[str, Any]) -> str:
    text = _text(value, "streamArn")
    try:
        arn = Arn.parse(text)
    except ValueError:
        arn = None
    if arn is None or arn.service != "dynamodb" or not re.fullmatch(r"table/[\w.-]+/stream/[\w:.-]+", arn.resource):
        raise UnrecognizedError(f"its streamArn is {shown(text)}, not a DynamoDB stream")
    return text


def _function(value: Mapping[str, Any]) -> str:
    text = _text(value, "functionArn")
    if not _FUNCTION.fullmatch(text):
        raise UnrecognizedError(f"its functionArn is {shown(text)}, not a function")
    return text


def _text(value: Mapping[str, Any], name: str) -> str:
    inner = value.get(name)
    if not isinstance(inner, str) or not inner:
        raise UnrecognizedError(f"its {name} is missing")
    # Thousands of invocation records have the same few.
    return sys.intern(inner)


def _number(value: Mapping[str, Any], name: str) -> SequenceNumber | None:
    inner = value.get(name)
    if inner is None:
        return None
    if not isinstance(inner, str) or not inner.isascii() or not inner.isdigit() or len(inner) > _MAX_DIGITS:
        raise UnrecognizedError(f"its {name} is {shown(inner)}, not a number in a text")
    return SequenceNumber(inner)


def _time(value: Mapping[str, Any], name: str) -> float | None:
    inner = value.get(name)
    if inner is None:
        return None
    try:
        time = datetime.fromisoformat(inner)
    except (TypeError, ValueError) as error:
        raise UnrecognizedError(f"its {name} is {shown(inner)}, not a time") from error
    if time.tzinfo is None:
        raise UnrecognizedError(f"its {name} is {shown(inner)}, which has no time zone")
    if time.year not in _YEARS:
        raise UnrecognizedError(f"its {name} is {shown(inner)}, not a time of a stream")
    return time.timestamp()
