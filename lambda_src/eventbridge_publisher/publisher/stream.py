"""Events of a DynamoDB stream: their records, the values in them, the response to Lambda, and the log.

Every Python function has the same copy of this file, because each directory is packaged by itself; a test keeps the
copies identical. It runs on Python 3.10 and later and needs only the standard library.
"""

import json
import math
import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

MOST_DIGITS = 38
"""Significant digits that a number of DynamoDB can have (AWS, naming rules and data types)."""

# Raises for digits that it would have to round away.
_parsed = Context(prec=MOST_DIGITS, traps=[Inexact, InvalidOperation]).create_decimal


class StreamError(ValueError):
    """An event, a record or a value that cannot be processed. The text never quotes item data."""


def records_of(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records of an event, which must be changes of a DynamoDB table.

    Raises:
        StreamError: The event is not an event of a DynamoDB stream.

    """
    # The last invocation of a tumbling window has a state and no records.
    records: list[dict[str, Any]] | None = event.get("Records")
    if records is None and "window" in event:
        return []
    if records is None:
        raise StreamError("The event has no Records: it is not an event of a DynamoDB stream")
    # All records of an event have the same source, so the first one is enough.
    for record in records[:1]:
        if record.get("eventSource") != "aws:dynamodb":
            service = record.get("eventSource") or record.get("EventSource") or "an unnamed source"
            raise StreamError(f"The event has records of {service}: only records of aws:dynamodb can be processed")
    return records


def response(event: dict[str, Any], *failed: str | None) -> dict[str, Any]:
    """Return a partial batch response: Lambda sends the records from the lowest of these sequence numbers on again."""
    failures = [{"itemIdentifier": sequence_number} for sequence_number in failed]
    # A tumbling window loses its state if an invocation does not return it.
    state = {"state": event.get("state") or {}} if "window" in event else {}
    return {**state, "batchItemFailures": failures}


def time_left(context: object) -> float:
    """Return the seconds until Lambda stops the invocation; outside of Lambda, infinity."""
    clock = getattr(context, "get_remaining_time_in_millis", None)
    return math.inf if clock is None else clock() / 1000


def image_of(record: dict[str, Any], image: str) -> dict[str, Any]:
    """Return the ``NewImage`` or ``OldImage`` of a record, in DynamoDB JSON.

    Raises:
        StreamError: The stream view type excludes the image.

    """
    change = record.get("dynamodb") or {}
    if image not in change:
        view, needed = change.get("StreamViewType"), {"NewImage": "NEW_IMAGE", "OldImage": "OLD_IMAGE"}[image]
        raise StreamError(
            f"The record has no {image}: the stream view type is {view}, not {needed} or NEW_AND_OLD_IMAGES"
        )
    found: dict[str, Any] = change[image]
    return found


def keys(record: dict[str, Any]) -> dict[str, Any]:
    """Decode the key attributes of a record's item."""
    return decode((record.get("dynamodb") or {}).get("Keys") or {})


def new_image(record: dict[str, Any]) -> dict[str, Any] | None:
    """Decode the item after the change, or return None if it was removed.

    Raises:
        StreamError: The stream view type excludes the image, or it contains an invalid value.

    """
    return None if record.get("eventName") == "REMOVE" else decode(image_of(record, "NewImage"))


def old_image(record: dict[str, Any]) -> dict[str, Any] | None:
    """Decode the item before the change, or return None if the item was inserted.

    Raises:
        StreamError: As above.

    """
    return None if record.get("eventName") == "INSERT" else decode(image_of(record, "OldImage"))


def decoder(
    *,
    string: Callable[[str], Any],
    integer: Callable[[str], Any],
    decimal: Callable[[Decimal], Any],
    true: object,
    false: object,
    null: object,
    array: Callable[[list[Any]], Any],
    mapping: Callable[[dict[str, Any]], Any],
) -> Callable[[dict[str, Any]], Any]:
    """Return a function that converts an image (attribute values by name).

    Binary values stay base64 as in the event, sets become sorted arrays, and no number is rounded. The function
    raises a StreamError if a value cannot be converted.
    """

    def attributes(image: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever the arguments make
        # Most of the time is spent here and in ``values``. Unpacking raises for a value without exactly one type.
        turned = {}
        try:
            for name, value in image.items():
                (kind,) = value
                turned[name] = kinds[kind](value[kind])
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise _invalid_value(error, kinds) from None
        return mapping(turned)

    def values(tagged: list[Any]) -> Any:  # noqa: ANN401 - as above
        turned = []
        for value in tagged:
            (kind,) = value
            turned.append(kinds[kind](value[kind]))
        return array(turned)

    def number(text: str) -> Any:  # noqa: ANN401 - as above
        if len(text) <= MOST_DIGITS and text.isdecimal():
            return integer(text)
        exact = _exact(text)
        return integer(text) if text[1:].isdecimal() else decimal(exact)

    def strings(texts: list[str]) -> Any:  # noqa: ANN401 - as above
        return array([string(text) for text in sorted(texts)])

    def numbers(texts: list[str]) -> Any:  # noqa: ANN401 - as above
        return array([number(text) for text in sorted(texts, key=_exact)])

    kinds: dict[str, Callable[[Any], Any]] = {
        "S": string,
        "N": number,
        "B": string,
        "BOOL": lambda content: (false, true)[content],
        "NULL": lambda _: null,
        "M": attributes,
        "L": values,
        "SS": strings,
        "NS": numbers,
        "BS": strings,
    }
    return attributes


def _exact(text: str) -> Decimal:
    number = _parsed(text)
    if not number.is_finite():
        raise ValueError
    return number


def _invalid_value(error: Exception, kinds: Iterable[str]) -> StreamError:
    """Return an error that describes what is wrong with an attribute, without quoting it."""
    if isinstance(error, StreamError):
        return error
    if isinstance(error, KeyError):
        return StreamError(f"An attribute has the type {error}, which is not one of {', '.join(kinds)}")
    if isinstance(error, Inexact):
        return StreamError(f"A number has more than {MOST_DIGITS} digits, the maximum of DynamoDB")
    return StreamError("An attribute has an invalid DynamoDB value: the value does not match its type descriptor")


decode: Callable[[dict[str, Any]], dict[str, Any]] = decoder(
    string=str.__str__,  # raises for what is not a string
    integer=int,
    decimal=lambda number: number,
    true=True,
    false=False,
    null=None,
    array=lambda values: values,
    mapping=lambda attributes: attributes,
)
"""Convert an image to Python values: str, int, Decimal, bool, None, list and dict."""


def log(level: str, message: str, **fields: object) -> None:
    """Write one JSON line. Lambda filters it by ``level``."""
    now = datetime.now(timezone.utc)  # noqa: UP017 - Python 3.10, which Lambda still runs, has no datetime.UTC
    timestamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {"timestamp": timestamp, "level": level, "message": message, **fields}
    sys.stdout.write(json.dumps(line, default=str) + "\n")


def identity(record: dict[str, Any]) -> dict[str, Any]:
    """Return log fields that identify a record: its keys and its sequence number, without other item data."""
    change = record.get("dynamodb") or {}
    return {
        "eventName": record.get("eventName"),
        "keys": change.get("Keys"),
        "sequenceNumber": change.get("SequenceNumber"),
    }
