"""Stream records: as the API of DynamoDB Streams returns them, and as a function receives them."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Self


class SequenceNumber(int):
    """A sequence number. It compares as a number and is written as it was read: emulators add leading zeros."""

    _text: str

    def __new__(cls, text: str) -> Self:
        """Return the number in a text."""
        number = super().__new__(cls, text)
        number._text = text
        return number

    def __str__(self) -> str:
        """Return the text."""
        return self._text


class StreamRecord(NamedTuple):
    """A stream record.

    Attributes:
        sequence: its sequence number.
        arrival: when it was written, in seconds since the epoch.
        size: its size in an event, in bytes of UTF-8.
        key: the key of its item, as JSON.
        event: the record as a function receives it.
    """

    sequence: SequenceNumber
    arrival: float
    size: int
    key: str
    event: Mapping[str, Any]


def from_event(event: Mapping[str, Any]) -> StreamRecord:
    """Return the stream record of an event's record."""
    change = event["dynamodb"]
    return StreamRecord(
        sequence=SequenceNumber(str(change["SequenceNumber"])),
        arrival=float(change.get("ApproximateCreationDateTime", 0)),
        size=len(json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()),
        key=json.dumps(change.get("Keys"), sort_keys=True),
        event=event,
    )


def as_event(read: Mapping[str, Any], stream_arn: str) -> dict[str, Any]:
    """Return a record of GetRecords, from boto3, as a function receives it.

    Binary values become base64, times become seconds since the epoch, and the record gets the ARN of its stream.
    """
    event: dict[str, Any] = {name: _json_value(value) for name, value in read.items()}
    identity = event.pop("userIdentity", None)
    if identity:
        # The API and the event spell its members differently (AWS, "Time to Live" and "Using Lambda with DynamoDB").
        event["userIdentity"] = {name[:1].lower() + name[1:]: value for name, value in identity.items()}
    event["eventSourceARN"] = stream_arn
    return event


def _json_value(value: Any) -> Any:  # noqa: ANN401 - any value of a record
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        seconds = value.timestamp()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, Mapping):
        return {name: _json_value(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_json_value(inner) for inner in value]
    return value
