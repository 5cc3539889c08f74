"""Stream records: as DynamoDB Streams returns them, and in the shape of an event."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Self


class SequenceNumber(int):
    """A sequence number, compared as a number and written as it was read: an emulator may lead it with zeros."""

    _text: str

    def __new__(cls, text: str) -> Self:
        """Return the number that a text holds."""
        number = super().__new__(cls, text)
        number._text = text
        return number

    def __str__(self) -> str:
        """Return the text."""
        return self._text


class StreamRecord(NamedTuple):
    """A record as it was read: its number, when it was written, its bytes in an event, its item's key, its event."""

    sequence: SequenceNumber
    arrival: float
    size: int
    key: str
    event: Mapping[str, Any]


def from_event(event: Mapping[str, Any]) -> StreamRecord:
    """Return a record of an event with what is needed of it: see :class:`StreamRecord`."""
    change = event["dynamodb"]
    return StreamRecord(
        sequence=SequenceNumber(str(change["SequenceNumber"])),
        arrival=float(change.get("ApproximateCreationDateTime", 0)),
        size=len(json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()),
        key=json.dumps(change.get("Keys"), sort_keys=True),
        event=event,
    )


def as_event(read: Mapping[str, Any], stream_arn: str) -> dict[str, Any]:
    """Return a record that GetRecords gave, through boto3, in the shape that a function gets.

    Binary values become base64 and times seconds since the epoch, and the record says which stream it is of.
    """
    event: dict[str, Any] = {name: _plain(value) for name, value in read.items()}
    identity = event.pop("userIdentity", None)
    if identity:
        # The API and the event spell its members differently (AWS, "Time to Live" and "Using Lambda with DynamoDB").
        event["userIdentity"] = {name[:1].lower() + name[1:]: value for name, value in identity.items()}
    event["eventSourceARN"] = stream_arn
    return event


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a record holds
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        seconds = value.timestamp()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return value
