"""Items and stream records that a user gives in a file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from generator.errors import UsageError

_TYPES: Final = {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"}


def read(file: Path) -> list[dict[str, Any]]:
    """Return what a file holds: items in DynamoDB JSON, or stream records, in a JSON array or one a line.

    Raises:
        UsageError: the file cannot be read, is not JSON, holds nothing, or holds something else.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise UsageError(f"{file} cannot be read: {reason}.") from error
    try:
        found = json.loads(text) if text.lstrip().startswith("[") else _lines(text)
    except ValueError as error:
        raise UsageError(f"{file} is neither a JSON array nor JSON Lines: {error}.") from error
    if not found:
        raise UsageError(f"{file} holds no items.")
    for number, item in enumerate(found, 1):
        problem = None if isinstance(item, dict) and isinstance(item.get("dynamodb"), dict) else _problem(item)
        if problem:
            raise UsageError(f"{file}: item {number} is not DynamoDB JSON, as in {{'id': {{'S': 'a'}}}}: {problem}.")
    return list(found)


def stream_record(item: Mapping[str, Any], sequence: int, arrival: float, keys: Sequence[str] = ()) -> dict[str, Any]:
    """Return an item as the stream record of its insertion, in the shape of an event; a stream record as it is.

    Takes the names of the key attributes, by default the first attribute.
    """
    if "dynamodb" in item and "S" not in item["dynamodb"]:
        return dict(item)
    names = list(keys) or list(item)[:1]
    return {
        "eventID": f"{sequence:032x}",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": arrival,
            "Keys": {name: item[name] for name in names if name in item},
            "NewImage": dict(item),
            "SequenceNumber": str(sequence),
            "SizeBytes": len(json.dumps(item)),
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


def _lines(text: str) -> list[Any]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error
    return found


def _problem(item: Any) -> str | None:  # noqa: ANN401 - whatever the file holds
    """Return what keeps a value from being an item in DynamoDB JSON, or None."""
    if not isinstance(item, dict) or not item:
        return f"{json.dumps(item)[:80]} is not an object of attributes"
    return next((said for name, value in item.items() if (said := _wrong(name, value))), None)


def _wrong(path: str, value: Any) -> str | None:  # noqa: ANN401 - as above
    if not (isinstance(value, dict) and len(value) == 1 and set(value) <= _TYPES):
        return f"{path} is {json.dumps(value)[:80]}, not one of {', '.join(sorted(_TYPES))} with a value"
    kind, content = next(iter(value.items()))
    if kind == "M" and isinstance(content, dict):
        return next((said for name, inner in content.items() if (said := _wrong(f"{path}.{name}", inner))), None)
    if kind == "L" and isinstance(content, list):
        inners = enumerate(content)
        return next((said for place, inner in inners if (said := _wrong(f"{path}[{place}]", inner))), None)
    return None if _fits(kind, content) else f"{path} is {json.dumps(value)[:80]}, which does not fit its type {kind}"


def _fits(kind: str, content: Any) -> bool:  # noqa: ANN401 - as above
    """Tell whether the content of a value that holds no others is one of its type."""
    if kind in {"BOOL", "NULL"}:
        return isinstance(content, bool) and (content or kind == "BOOL")
    if kind in {"SS", "NS", "BS"}:
        return isinstance(content, list) and bool(content) and all(_fits(kind[0], one) for one in content)
    return kind in {"S", "N", "B"} and isinstance(content, str) and (kind != "N" or _is_number(content))


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < float("inf")
    except ValueError:
        return False
