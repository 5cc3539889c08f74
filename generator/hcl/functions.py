"""Terraform's functions, as far as the module calls them with values that can be known.

Each takes and returns Python values: sets are frozen sets of JSON-able values in a :class:`Set`, so that they are not
taken for lists. A function that cannot be worked out here is not in the table, and its call stays in the text.
"""

import itertools
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Self


class Fails(Exception):  # noqa: N818 - what Terraform says of an expression that has no value
    """The expression has no value; ``try`` and ``can`` ask for it."""


class Set(tuple[Any, ...]):
    """A set of strings or numbers, in Terraform's order."""

    __slots__ = ()

    def __new__(cls, values: Sequence[Any]) -> Self:
        """Return a set of the values, each once."""
        return super().__new__(cls, sorted({json.dumps(value): value for value in values}.values(), key=str))


def _one(values: Sequence[Any]) -> Any:  # noqa: ANN401 - an element of any type
    if len(values) > 1:
        raise Fails("more than one")
    return values[0] if values else None


def _coalesce(*values: Any) -> Any:  # noqa: ANN401
    for value in values:
        if value is not None and value != "":
            return value
    raise Fails("no value")


def _regex(pattern: str, text: str) -> Any:  # noqa: ANN401 - a string, or a list of groups
    match = re.search(pattern.replace("\\z", "\\Z"), _text(text))
    if not match:
        raise Fails("no match")
    return list(match.groups()) if match.re.groups else match[0]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Fails("no string")
    return value


def _flatten(values: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        found += _flatten(value) if isinstance(value, (list, tuple)) else [value]
    return found


def _keys(value: Any) -> list[str]:  # noqa: ANN401
    if not isinstance(value, Mapping):
        raise Fails("no object")
    return sorted(value)


def _element(values: Sequence[Any], index: int) -> Any:  # noqa: ANN401
    if not values:
        raise Fails("empty")
    return values[index % len(values)]


def _length(value: Any) -> int:  # noqa: ANN401
    if value is None or isinstance(value, (bool, int, float)):
        raise Fails("no length")
    return len(value)


def _json(value: Any) -> str:  # noqa: ANN401
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _from_json(text: str) -> Any:  # noqa: ANN401
    try:
        return json.loads(_text(text))
    except ValueError:
        raise Fails("no JSON") from None


def _timeadd(moment: str, _duration: str) -> str:
    try:
        parsed = datetime.fromisoformat(_text(moment))
    except ValueError:
        raise Fails("no time") from None
    if parsed.tzinfo is None or "T" not in moment:
        raise Fails("no time")
    return moment


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "alltrue": all,
    "anytrue": any,
    "coalesce": _coalesce,
    "compact": lambda values: [value for value in values if value not in (None, "")],
    "concat": lambda *lists: list(itertools.chain(*lists)),
    "contains": lambda values, value: value in values,
    "distinct": lambda values: list({json.dumps(value): value for value in values}.values()),
    "element": _element,
    "endswith": lambda text, end: _text(text).endswith(end),
    "flatten": _flatten,
    "floor": math.floor,
    "join": lambda separator, values: separator.join(map(str, values)),
    "jsondecode": _from_json,
    "jsonencode": _json,
    "keys": _keys,
    "length": _length,
    "lookup": lambda values, key, default: values.get(key, default),
    "lower": lambda text: _text(text).lower(),
    "merge": lambda *maps: {key: value for one in maps for key, value in (one or {}).items()},
    "one": _one,
    "regex": _regex,
    "replace": lambda text, old, new: _text(text).replace(old, new),
    "setintersection": lambda first, *rest: Set([v for v in first if all(v in other for other in rest)]),
    "setsubtract": lambda first, second: Set([value for value in first if value not in second]),
    "slice": lambda values, start, end: values[start:end],
    "split": lambda separator, text: _text(text).split(separator),
    "startswith": lambda text, start: _text(text).startswith(start),
    "timeadd": _timeadd,
    "tolist": list,
    "toset": Set,
    "values": lambda value: [value[key] for key in _keys(value)],
}
