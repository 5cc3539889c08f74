"""Items and stream records in a file."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from generator.errors import UsageError
from generator.parsing import parse_json, parse_json_lines, read_text, reported, shown

NUMBER: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", re.ASCII)
"""A number as text. DynamoDB takes magnitudes up to 10^126 (AWS, "Naming rules and data types")."""

_TYPES: Final = ("S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS")


def read(file: Path) -> list[dict[str, Any]]:
    """Return the items in DynamoDB JSON, or the stream records, of a file with a JSON array or with JSON Lines.

    Raises:
        UsageError: the file cannot be read, is not JSON, is empty, or has something else.
    """
    with reported(UsageError, f'"{file}"', "Use a JSON array or JSON Lines."):
        text = read_text(file)
        found = parse_json(text) if text.lstrip().startswith("[") else list(parse_json_lines(text))
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


def _item_problem(item: Any) -> str | None:  # noqa: ANN401 - any value in the file
    """Return why a value is not an item in DynamoDB JSON, or None."""
    if not isinstance(item, dict) or not item:
        return f"{shown(item)} is not an object with attributes"
    return next(filter(None, (_problem(name, value) for name, value in item.items())), None)


def _problem(path: str, value: Any) -> str | None:  # noqa: ANN401 - as above
    """Return why the value of an attribute is not DynamoDB JSON, or None."""
    if not (isinstance(value, dict) and len(value) == 1 and set(value) <= set(_TYPES)):
        return f"{path} is {shown(value)}, and not one of {', '.join(_TYPES)} with a value"
    match value:
        case {"M": dict(members)}:
            inner = [_problem(f"{path}.{name}", member) for name, member in members.items()]
        case {"L": list(elements)}:
            inner = [_problem(f"{path}[{index}]", element) for index, element in enumerate(elements)]
        case {"SS": [_, *_] as elements} | {"NS": [_, *_] as elements} | {"BS": [_, *_] as elements}:
            inner = [_problem(path, {next(iter(value))[0]: element}) for element in elements]
        case {"S": str()} | {"B": str()} | {"BOOL": bool()} | {"NULL": True}:
            return None
        case {"N": str(number)} if NUMBER.fullmatch(number):
            return None
        case {**types}:
            return f"{path} is {shown(value)}, which does not fit its type {next(iter(types))}"
    return next(filter(None, inner), None)
