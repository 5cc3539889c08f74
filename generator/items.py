"""Items and stream records in a file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from generator.errors import UsageError

_SCALARS: Final = {"S": str, "N": str, "B": str, "BOOL": bool, "NULL": bool}
_SETS: Final = {"SS": "S", "NS": "N", "BS": "B"}
_TYPES: Final = (*_SCALARS, *_SETS, "M", "L")


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
    except ValueError as error:
        raise UsageError(f'"{file}" is neither a JSON array nor JSON Lines: {error}.') from error
    if not found:
        raise UsageError(f'"{file}" has no items.')
    for number, item in enumerate(found, 1):
        if isinstance(item, dict) and isinstance(item.get("dynamodb"), dict):
            continue
        problem = (
            next(filter(None, (_problem(name, value) for name, value in item.items())), None)
            if isinstance(item, dict) and item
            else f"{json.dumps(item)[:80]} is not an object with attributes"
        )
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
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error
    return found


def _problem(path: str, value: Any) -> str | None:  # noqa: ANN401 - any value in the file
    """Return why the value of an attribute is not DynamoDB JSON, or None."""
    if not (isinstance(value, dict) and len(value) == 1 and set(value) <= set(_TYPES)):
        return f"{path} is {json.dumps(value)[:80]}, and not one of {', '.join(_TYPES)} with a value"
    kind, content = next(iter(value.items()))
    nested: Sequence[tuple[str, Any]] | None = None
    if kind == "M" and isinstance(content, dict):
        nested = [(f"{path}.{name}", inner) for name, inner in content.items()]
    elif kind == "L" and isinstance(content, list):
        nested = [(f"{path}[{index}]", inner) for index, inner in enumerate(content)]
    if nested is not None:
        return next(filter(None, (_problem(*inner) for inner in nested)), None)
    return None if _fits(kind, content) else f"{path} is {json.dumps(value)[:80]}, which does not fit its type {kind}"


def _fits(kind: str, content: Any) -> bool:  # noqa: ANN401 - as above
    """Return whether the content of a scalar or a set fits its type."""
    if kind in _SETS:
        return isinstance(content, list) and bool(content) and all(_fits(_SETS[kind], each) for each in content)
    if not isinstance(content, _SCALARS.get(kind, ())) or (kind == "NULL" and not content):
        return False
    return kind != "N" or _is_number(str(content))


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < float("inf")
    except ValueError:
        return False
