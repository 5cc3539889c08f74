"""Events of a DynamoDB stream: their records, the values in them, the answer to Lambda, and the log.

Every Python function here has this same file, since each folder is packaged, and copied, by itself; a test holds the
copies identical. It runs on Python 3.10 and later and needs the standard library alone.
"""

import json
import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

MOST_DIGITS = 38
"""Significant digits that a number of DynamoDB can have (AWS, naming rules and data types)."""

LONGEST_TIMEOUT = 900
"""Seconds that Lambda lets a function run at most (AWS, Lambda quotas)."""

# Refuses digits that it would have to round away.
_parsed = Context(prec=MOST_DIGITS, traps=[Inexact, InvalidOperation]).create_decimal


class StreamError(ValueError):
    """An event, a record or a value that cannot be processed; the text says why and quotes nothing of an item."""


def records_of(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the records of an event, which must be changes of a DynamoDB table.

    Raises:
        StreamError: The event comes from somewhere else.

    """
    # The last invocation of a tumbling window has a state and no records.
    records: list[dict[str, Any]] | None = event.get("Records")
    if records is None and "window" in event:
        return []
    if records is None:
        raise StreamError("the event has no Records: it does not come from a DynamoDB stream")
    # Lambda puts records of one source into an event, so the first tells.
    for record in records[:1]:
        if record.get("eventSource") != "aws:dynamodb":
            service = record.get("eventSource") or record.get("EventSource") or "an unnamed source"
            raise StreamError(f"the event has records of {service}: only those of aws:dynamodb can be processed")
    return records


def response(event: dict[str, Any], *failed: str | None) -> dict[str, Any]:
    """Answer Lambda: the records before the lowest of these sequence numbers are done, the others are to come again."""
    failures = [{"itemIdentifier": sequence_number} for sequence_number in failed]
    # A tumbling window ends without its state if an invocation does not hand it on.
    state = {"state": event.get("state") or {}} if "window" in event else {}
    return {**state, "batchItemFailures": failures}


def time_left(context: object) -> float:
    """Return the seconds until Lambda stops the invocation; where it is not Lambda, as if it had just begun."""
    clock = getattr(context, "get_remaining_time_in_millis", None)
    return LONGEST_TIMEOUT if clock is None else clock() / 1000


def image_of(record: dict[str, Any], image: str) -> dict[str, Any]:
    """Give the ``NewImage`` or ``OldImage`` of a record, still in DynamoDB's notation.

    Raises:
        StreamError: The stream's view type leaves it out.

    """
    change = record.get("dynamodb") or {}
    if image not in change:
        view, needed = change.get("StreamViewType"), {"NewImage": "NEW_IMAGE", "OldImage": "OLD_IMAGE"}[image]
        raise StreamError(f"the record has no {image}: the stream's view type is {view}, not {needed} or both images")
    found: dict[str, Any] = change[image]
    return found


def keys(record: dict[str, Any]) -> dict[str, Any]:
    """Decode the key attributes of a record's item."""
    return decode((record.get("dynamodb") or {}).get("Keys") or {})


def new_image(record: dict[str, Any]) -> dict[str, Any] | None:
    """Decode the item after the change, or return None if it was removed.

    Raises:
        StreamError: The stream's view type leaves it out, or it holds what is not of DynamoDB.

    """
    return None if record.get("eventName") == "REMOVE" else decode(image_of(record, "NewImage"))


def old_image(record: dict[str, Any]) -> dict[str, Any] | None:
    """Decode the item before the change, or return None if there was none.

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
    """Make a function that turns an image, attribute values by name, into something else.

    Binary values stay base64 as the event has them, sets become sorted arrays, and no number is rounded. The function
    raises a StreamError where a value cannot be turned.
    """

    def attributes(image: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever the arguments make
        # Here and in ``values`` is where the time goes. Unpacking refuses a value that has not exactly one type.
        turned = {}
        try:
            for name, value in image.items():
                (kind,) = value
                turned[name] = kinds[kind](value[kind])
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise _refusal(error, kinds) from None
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


def _refusal(error: Exception, kinds: Iterable[str]) -> StreamError:
    """Say what is wrong with an attribute, without quoting it."""
    if isinstance(error, StreamError):
        return error
    if isinstance(error, KeyError):
        return StreamError(f"an attribute has the type {error}, which is none of {', '.join(kinds)}")
    if isinstance(error, Inexact):
        return StreamError(f"a number has more than {MOST_DIGITS} digits, the most that DynamoDB has")
    return StreamError("an attribute is not as DynamoDB writes it: its value does not fit its type")


decode: Callable[[dict[str, Any]], dict[str, Any]] = decoder(
    string=str.__str__,  # refuses what is not a string
    integer=int,
    decimal=lambda number: number,
    true=True,
    false=False,
    null=None,
    array=lambda values: values,
    mapping=lambda attributes: attributes,
)
"""Turn an image into Python's values: str, int, Decimal, bool, None, list and dict."""


def log(level: str, message: str, **fields: object) -> None:
    """Write one JSON line; Lambda filters it by its level, and knows its time."""
    now = datetime.now(timezone.utc)  # noqa: UP017 - Python 3.10, which Lambda still runs, has no datetime.UTC
    timestamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {"timestamp": timestamp, "level": level, "message": message, **fields}
    sys.stdout.write(json.dumps(line, default=str) + "\n")


def identity(record: dict[str, Any]) -> dict[str, Any]:
    """Tell a record by its keys and its place in the stream, without its content: fields for ``log``."""
    change = record.get("dynamodb") or {}
    return {
        "eventName": record.get("eventName"),
        "keys": change.get("Keys"),
        "sequenceNumber": change.get("SequenceNumber"),
    }
