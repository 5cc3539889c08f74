"""Filter criteria: which records an event source mapping sends to its function.

A pattern is an object with the names of a record. A leaf is an array of alternatives: values, or operators as in AWS,
"Filter rule syntax". Numbers of DynamoDB are strings in a record (``{"N": "5"}``): ``numeric`` never matches them. What
AWS does not document works as in Event Ruler, the matcher that AWS publishes: which patterns are malformed, and arrays
(see :func:`_matches`).

``wildcard`` and ``cidr`` of EventBridge are rejected, because Lambda does not document them.
"""

import difflib
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from generator.limits import MAX_PATTERN_LENGTH, MAX_PATTERNS
from generator.parsing import ParseError, parse_json
from generator.parsing import shown as quoted

_SHOWN_CHARACTERS: Final = 80
"""Characters of a value that a message shows."""

_MAX_COMBINATIONS: Final = 1000
"""Combinations of the alternatives of ``$or`` in a pattern, each of which is a rule (assumed: some quota)."""

Test = Callable[[Any], bool]
"""Returns whether a value of a record matches."""


class _Leaf(NamedTuple):
    """The alternatives for the values at a path of a record."""

    path: tuple[str, ...]
    tests: Sequence[Test]
    may_be_absent: bool


_Rule = tuple[_Leaf, ...]
_Leaves = list[tuple[_Leaf, int]]
"""Leaves of a rule, each with the position in its path that is reached."""

_COMPARISONS: Final = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Filter:
    """Filter criteria from patterns in JSON. A record matches if it matches one of them, or if there are none.

    Raises:
        ValueError: a pattern is malformed or too long, or there are too many; the message names the place.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        if len(patterns) > MAX_PATTERNS:
            raise ValueError(f"{len(patterns)} patterns are more than the quota of {MAX_PATTERNS}")
        self._rules = [rule for pattern in patterns for rule in _compile(pattern)]

    def matches(self, record: Mapping[str, Any]) -> bool:
        """Return whether a record, in the shape of an event, matches."""
        return not self._rules or any(_matches([(leaf, 0) for leaf in rule], record) for rule in self._rules)


def _matches(leaves: _Leaves, value: Any) -> bool:  # noqa: ANN401 - any value of a record
    """Return whether a value of a record matches all leaves of a rule, each from a position of its path on.

    Values in an array must be in the same element. Leaves are compared in the order of their paths: the first that
    exists in the array selects the element. Therefore, ``exists: false`` means that no element has a value, unless a
    leaf before has selected the element. Each value of the record is compared once for a rule, whatever the nesting.
    """
    if isinstance(value, list):
        for number, (leaf, position) in enumerate(leaves):
            elements = [element for element in value if _exists_in(element, leaf.path, position)]
            if elements:
                return any(_matches(leaves[number:], element) for element in elements)
            if not leaf.may_be_absent:
                return False
        return True
    inner: dict[str, _Leaves] = {}
    for leaf, position in leaves:
        name = leaf.path[position] if position < len(leaf.path) else None
        if name is None and not isinstance(value, dict):
            if not any(test(value) for test in leaf.tests):
                return False
        elif name is not None and isinstance(value, dict) and name in value:
            inner.setdefault(name, []).append((leaf, position + 1))
        elif not leaf.may_be_absent:
            return False
    return all(_matches(those, value[name]) for name, those in inner.items())


def _exists_in(value: Any, path: tuple[str, ...], position: int) -> bool:  # noqa: ANN401 - any value of a record
    """Return whether a value is at a path, from a position on, in any element of arrays. An object is not a value."""
    if isinstance(value, list):
        return any(_exists_in(element, path, position) for element in value)
    if isinstance(value, dict):
        return (
            position < len(path) and path[position] in value and _exists_in(value[path[position]], path, position + 1)
        )
    return position == len(path)


def _compile(text: str) -> list[_Rule]:
    shown = _shortened(" ".join(text.split()))
    if len(text) > MAX_PATTERN_LENGTH:
        raise ValueError(f"the pattern {shown} has {len(text)} characters; the quota is {MAX_PATTERN_LENGTH}")
    try:
        pattern = parse_json(text)
    except ParseError as error:
        raise ValueError(f"the pattern {shown}: {error}") from None
    if not isinstance(pattern, dict):
        raise ValueError(f"the pattern {shown} is not a JSON object")
    return [tuple(sorted(rule, key=lambda leaf: ".".join(leaf.path))) for rule in _rules(pattern, (), "")]


def _rules(pattern: Mapping[str, Any], path: tuple[str, ...], place: str) -> list[_Rule]:
    """Return the rules of an object of a pattern: one for each combination of alternatives of ``$or``."""
    if not pattern:
        raise ValueError(f"{place or 'the pattern'} is {{}}; it must have at least one member")
    rules: list[_Rule] = [()]
    for name, inner in pattern.items():
        inner_path, inner_place = (*path, name), f"{place}.{name}" if place else name
        if name == "$or":
            added = _alternatives(inner, path, inner_place)
        elif isinstance(inner, dict):
            added = _rules(inner, inner_path, inner_place)
        elif isinstance(inner, list) and inner:
            tests = [_alternative(each, inner_place) for each in inner]
            added = [(_Leaf(inner_path, tests, may_be_absent={"exists": False} in inner),)]
        else:
            raise ValueError(
                f"{inner_place} is {quoted(inner)}; it must be an object or an array of at least one value"
            )
        rules = [rule + more for rule in rules for more in added]
        if len(rules) > _MAX_COMBINATIONS:
            raise ValueError(f"{inner_place} makes more than {_MAX_COMBINATIONS} combinations of $or alternatives")
    return rules


def _alternatives(inner: Any, path: tuple[str, ...], place: str) -> list[_Rule]:  # noqa: ANN401 - any value
    minimum = 2
    if not isinstance(inner, list) or len(inner) < minimum or not all(isinstance(each, dict) for each in inner):
        raise ValueError(f"{place} is {quoted(inner)}; it must be an array of at least two objects")
    return [rule for index, each in enumerate(inner) for rule in _rules(each, path, f"{place}[{index}]")]


def _alternative(alternative: Any, place: str) -> Test:  # noqa: ANN401 - any value of a pattern
    if isinstance(alternative, list):
        raise ValueError(f"{place} contains the array {quoted(alternative)}; it must contain values and operators")
    if not isinstance(alternative, dict):
        return _equal(alternative)
    if len(alternative) != 1:
        raise ValueError(f"{place} contains {quoted(alternative)}; an operator is an object with one member")
    name, operand = next(iter(alternative.items()))
    if name not in _OPERATORS:
        close = difflib.get_close_matches(name, _OPERATORS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"the operators are {', '.join(_OPERATORS)}"
        raise ValueError(f'{place} has the unknown operator "{name}"; {hint}')
    return _OPERATORS[name](operand, f"{place}.{name}")


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."


def _equal(expected: Any) -> Test:  # noqa: ANN401 - a string, a number, a boolean or null
    # In Python, True equals 1. Lambda compares numbers as they are written: 300 is not 300.0.
    return lambda value: type(value) is type(expected) and value == expected


def _exists(operand: Any, place: str) -> Test:  # noqa: ANN401 - any value of a pattern
    if not isinstance(operand, bool):
        raise ValueError(f"{place} is {quoted(operand)}; it must be true or false")
    # Only values that exist are tested; see _Leaf.may_be_absent for the others.
    return lambda _value: operand


def _numeric(operand: Any, place: str) -> Test:  # noqa: ANN401 - any value of a pattern
    match operand:
        case [("=" | "<" | "<=" | ">" | ">=") as sign, limit] if _is_number(limit):
            compare = _COMPARISONS[sign]
            return lambda value: _is_number(value) and compare(value, limit)
        case [(">" | ">=") as above, low, ("<" | "<=") as below, high] if (
            _is_number(low) and _is_number(high) and low < high
        ):
            over, under = _COMPARISONS[above], _COMPARISONS[below]
            return lambda value: _is_number(value) and over(value, low) and under(value, high)
    raise ValueError(
        f'{place} is {quoted(operand)}; it must be one comparison with {", ".join(_COMPARISONS)}, such as ["<", 5], '
        'or a range from low to high, such as [">", 0, "<=", 5]'
    )


def _is_number(value: Any) -> bool:  # noqa: ANN401 - any value
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(accepts: Callable[[str, str], bool], operand: Any, place: str) -> Test:  # noqa: ANN401 - any value
    """Return a test that compares a string with the operand, or with the operand of ``equals-ignore-case``."""
    if isinstance(operand, dict) and list(operand) == ["equals-ignore-case"] and place.endswith("fix"):
        lower = _string(operand["equals-ignore-case"], f"{place}.equals-ignore-case").lower()
        return lambda value: isinstance(value, str) and accepts(value.lower(), lower)
    expected = _string(operand, place)
    return lambda value: isinstance(value, str) and accepts(value, expected)


def _equal_ignoring_case(value: str, expected: str) -> bool:
    return value.lower() == expected.lower()


def _string(operand: Any, place: str) -> str:  # noqa: ANN401 - any value of a pattern
    if not isinstance(operand, str):
        raise ValueError(f"{place} is {quoted(operand)}; it must be a string")
    return operand


def _anything_but(operand: Any, place: str) -> Test:  # noqa: ANN401 - any value of a pattern
    if isinstance(operand, dict):
        inner = next(iter(operand), None)
        if len(operand) != 1 or inner not in _NEGATABLE:
            raise ValueError(f"{place} is {quoted(operand)}; its operator must be one of {', '.join(_NEGATABLE)}")
        values = operand[inner] if isinstance(operand[inner], list) else [operand[inner]]
        if not values or ("" in values and inner != "equals-ignore-case"):
            raise ValueError(f"{place}.{inner} is {quoted(operand[inner])}; it must be a string that is not empty")
        tests = [_OPERATORS[inner](value, f"{place}.{inner}") for value in values]
    else:
        values = operand if isinstance(operand, list) else [operand]
        if values and all(isinstance(value, str) for value in values):
            tests = [_equal(value) for value in values]
        elif values and all(map(_is_number, values)):
            tests = [_numeric(["=", value], place) for value in values]
        else:
            raise ValueError(f"{place} is {quoted(operand)}; it must be only strings or only numbers")
    return lambda value: not any(test(value) for test in tests)


_NEGATABLE: Final = ("prefix", "suffix", "equals-ignore-case")

_OPERATORS: Final[Mapping[str, Callable[[Any, str], Test]]] = {
    "anything-but": _anything_but,
    "equals-ignore-case": partial(_text, _equal_ignoring_case),
    "exists": _exists,
    "numeric": _numeric,
    "prefix": partial(_text, str.startswith),
    "suffix": partial(_text, str.endswith),
}
