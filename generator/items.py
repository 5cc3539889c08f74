"""Items and stream records in a file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from generator.errors import UsageError

_TYPES: Final = ("S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS")


def read(file: Path) -> list[dict[str, Any]]:
    """Return the items in DynamoDB JSON, or the stream records, of a file with a JSON array or with JSON Lines.

    Raises:
        UsageError: the file cannot be read, is not JSON, is empty, or has something else.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise UsageError(f'Cannot read "{file}": {reason}.') from error
    try:
        found = json.loads(text) if text.lstrip().startswith("[") else _lines(text)
    except RecursionError:
        raise UsageError(f'"{file}" is nested too deeply.') from None
    except ValueError as error:
        raise UsageError(f'"{file}" is neither a JSON array nor JSON Lines: {error}.') from error
    if not found:
        raise UsageError(f'"{file}" has no items.')
    for number, item in enumerate(found, 1):
        problem = None if isinstance(item, dict) and isinstance(item.get("dynamodb"), dict) else _item_problem(item)
        if problem:
            example = '{"id": {"S": "a"}}'
            raise UsageError(f'"{file}": item {number} is not DynamoDB JSON, such as {example}: {problem}.')
    return list(found)


def stream_record(item: Mapping[str, Any], sequence: int, arrival: float, keys: Sequence[str] = ()) -> dict[str, Any]:
    """Return the stream record, as in an event, of the insertion of an item. A stream record is returned as it is.

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
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error
    return found


def _item_problem(item: Any) -> str | None:  # noqa: ANN401 - any value in the file
    """Return why a value is not an item in DynamoDB JSON, or None."""
    if not isinstance(item, dict) or not item:
        return f"{json.dumps(item)[:80]} is not an object with attributes"
    return next(filter(None, (_problem(name, value) for name, value in item.items())), None)


def _problem(path: str, value: Any) -> str | None:  # noqa: ANN401 - as above
    """Return why the value of an attribute is not DynamoDB JSON, or None."""
    if not (isinstance(value, dict) and len(value) == 1 and set(value) <= set(_TYPES)):
        return f"{path} is {json.dumps(value)[:80]}, and not one of {', '.join(_TYPES)} with a value"
    match value:
        case {"M": dict(members)}:
            inner = [_problem(f"{path}.{name}", member) for name, member in members.items()]
        case {"L": list(elements)}:
            inner = [_problem(f"{path}[{index}]", element) for index, element in enumerate(elements)]
        case {"SS": [_, *_] as elements} | {"NS": [_, *_] as elements} | {"BS": [_, *_] as elements}:
            inner = [_problem(path, {next(iter(value))[0]: element}) for element in elements]
        case {"S": str()} | {"B": str()} | {"BOOL": bool()} | {"NULL": True}:
            return None
        case {"N": str(number)} if _is_number(number):
            return None
        case {**types}:
            return f"{path} is {json.dumps(value)[:80]}, which does not fit its type {next(iter(types))}"
    return next(filter(None, inner), None)


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < float("inf")
    except ValueError:
        return False
