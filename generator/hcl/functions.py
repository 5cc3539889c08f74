"""Terraform's functions, as far as the module calls them with values that can be known.

They take and return Python values. A call of a function that is not in :data:`FUNCTIONS` stays in the text.
"""

import itertools
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, Self

from generator.parsing import parse_json

_GROUP: Final = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")
"""A group in the new text of ``replace`` (Go, ``Regexp.Expand``)."""


class EvaluationError(Exception):
    """An expression has no value, because a part of it fails."""


class Set(tuple[Any, ...]):
    """A set of strings or numbers, in Terraform's order."""

    __slots__ = ()

    def __new__(cls, values: Sequence[Any]) -> Self:
        """Return a set of the values."""
        return super().__new__(cls, sorted(_distinct(values), key=str))


def _distinct(values: Sequence[Any]) -> list[Any]:
    return list({json.dumps(value): value for value in values}.values())


def _require(value: Any, kind: type | tuple[type, ...]) -> Any:  # noqa: ANN401 - a value of the kind
    if not isinstance(value, kind):
        raise EvaluationError(f"{value!r} does not have the type that a function takes")
    return value


def _converted(value: Any, kind: type | tuple[type, ...]) -> Any:  # noqa: ANN401
    """Return the value of a conversion as it is: those that the module converts have the type, or fail."""
    return value if value is None else _require(value, kind)


def _one(values: Sequence[Any]) -> Any:  # noqa: ANN401 - an element of any type
    if len(values) > 1:
        raise EvaluationError("one: more than one element")
    return values[0] if values else None


def _coalesce(*values: Any) -> Any:  # noqa: ANN401
    found = [value for value in values if value not in (None, "")]
    if not found:
        raise EvaluationError("coalesce: no argument has a value")
    return found[0]


@cache
def compiled(pattern: str) -> Any:  # noqa: ANN401 - google-re2 has no types
    """Return a regular expression as Terraform reads it (RE2): searching takes time in proportion to the text.

    Raises:
        ValueError: it is not a regular expression, or too large.
    """
    import re2  # noqa: PLC0415 - few modules have a pattern that is evaluated

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(error.args[0].decode()) from None


def _regex(pattern: str, text: str) -> Any:  # noqa: ANN401 - a string, a list of groups, or an object of named groups
    found = _regexall(pattern, text)
    if not found:
        raise EvaluationError("regex: no match")
    return found[0]


def _regexall(pattern: str, text: str) -> list[Any]:
    matches = compiled(_require(pattern, str)).finditer(_require(text, str))
    return [match.groupdict() or list(match.groups()) or match[0] for match in matches]


def _replace(text: Any, old: str, new: str) -> str:  # noqa: ANN401
    """Replace a text, or, between slashes, what a regular expression finds; then ``$1`` in the new text is a group."""
    if len(old) < len("//") or not old.startswith("/") or not old.endswith("/"):
        return str(text).replace(old, new)
    return str(compiled(old[1:-1]).sub(lambda match: _GROUP.sub(lambda name: _group(match, name), new), str(text)))


def _group(match: Any, name: re.Match[str]) -> str:  # noqa: ANN401 - google-re2 has no types
    if name[0] == "$$":
        return "$"
    group = name[1] or name[2]
    try:
        return match[int(group) if group.isdigit() else group] or ""
    except (IndexError, KeyError):
        return ""


def _flatten(values: Sequence[Any]) -> list[Any]:
    return [item for value in values for item in (_flatten(value) if isinstance(value, (list, tuple)) else [value])]


def _json(value: Any) -> str:  # noqa: ANN401
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _timeadd(moment: str, _duration: str) -> str:
    """Return the moment, since the module only asks whether it is one in the form of RFC 3339."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", _require(moment, str)):
        raise EvaluationError("timeadd: not a time")
    return moment


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "alltrue": all,
    "anytrue": any,
    "ceil": math.ceil,
    "coalesce": _coalesce,
    "compact": lambda values: [value for value in values if value not in (None, "")],
    "concat": lambda *lists: list(itertools.chain(*lists)),
    "contains": lambda values, value: value in values,
    "distinct": _distinct,
    "element": lambda values, index: values[index % len(values)],
    "endswith": lambda text, end: _require(text, str).endswith(end),
    "flatten": _flatten,
    "floor": math.floor,
    "join": lambda separator, values: separator.join(map(str, values)),
    "jsondecode": lambda text: parse_json(_require(text, str)),
    "jsonencode": _json,
    "keys": lambda value: sorted(_require(value, dict)),
    "length": len,
    "lookup": lambda values, key, default: values.get(key, default),
    "lower": lambda text: _require(text, str).lower(),
    "max": max,
    "merge": lambda *maps: {key: value for one in maps for key, value in (one or {}).items()},
    "one": _one,
    "regex": _regex,
    "regexall": _regexall,
    "replace": _replace,
    "setintersection": lambda first, *rest: Set([value for value in first if all(value in one for one in rest)]),
    "setsubtract": lambda first, second: Set([value for value in first if value not in second]),
    "slice": lambda values, start, end: values[start:end],
    "split": lambda separator, text: _require(text, str).split(separator),
    "startswith": lambda text, start: _require(text, str).startswith(start),
    "substr": lambda text, start, count: _require(text, str)[start : start + count],
    "timeadd": _timeadd,
    "tobool": lambda value: _converted(value, bool),
    "tolist": lambda value: list(_converted(value, (list, tuple)) or ()),
    "tonumber": lambda value: _converted(value, (int, float)),
    "toset": Set,
    "tostring": lambda value: _converted(value, (str, int, float)),
    "values": lambda value: [value[key] for key in sorted(_require(value, dict))],
}
