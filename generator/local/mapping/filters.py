"""Which records a mapping passes on: the filter patterns of Lambda, which are those of EventBridge.

A pattern is an object with the same names as the record. A leaf is an array of alternatives: a value, or an operator as
Lambda documents it ("Filter rule syntax"). Where the record holds an array, one matching element is enough. Numbers of
DynamoDB are strings in a record (``{"N": "5"}``), so ``numeric`` never matches them.
"""

import difflib
import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

MOST_PATTERNS: Final = 10
LONGEST_PATTERN: Final = 4096
"""What AWS accepts at most: 5 patterns without a raised quota, and so many characters in each."""

Test = Callable[[Any], bool]
"""Tells whether a value of a record matches; :data:`_ABSENT` stands for one that is not there."""

_ABSENT: Final = object()
_COMPARISONS: Final = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_RANGE: Final = 4
"""Members of a numeric operator with two comparisons."""


class Filter:
    """What some patterns let through: records that match one of them, or all records where there is no pattern.

    Takes the patterns as JSON texts.

    Raises:
        ValueError: a pattern is malformed, too long, or one too many; the text names the place in it.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        if len(patterns) > MOST_PATTERNS:
            raise ValueError(f"there are {len(patterns)} patterns; at most {MOST_PATTERNS} are accepted")
        self._tests = [_compile(pattern) for pattern in patterns]

    def matches(self, record: Mapping[str, Any]) -> bool:
        """Tell whether a record, in the shape of an event's, is passed on."""
        return not self._tests or any(test(record) for test in self._tests)


def _compile(text: str) -> Test:
    if len(text) > LONGEST_PATTERN:
        raise ValueError(
            f"the pattern {text[:40]}... has {len(text)} characters; at most {LONGEST_PATTERN} are accepted"
        )
    try:
        pattern = json.loads(text)
    except ValueError as error:
        raise ValueError(f"the pattern {text[:80]} is not JSON: {error}") from error
    if not isinstance(pattern, dict):
        raise ValueError(f"the pattern {text[:80]} is not a JSON object")
    return _object(pattern, "")


def _object(pattern: Mapping[str, Any], path: str) -> Test:
    """Return a test that holds where every member of a pattern matches."""
    tests: list[tuple[str, Test]] = []
    alternatives: list[Test] = []
    for name, inner in pattern.items():
        place = f"{path}.{name}".lstrip(".")
        if name == "$or":
            alternatives = _alternatives(inner, place)
        elif isinstance(inner, dict):
            tests.append((name, _nested(_object(inner, place))))
        elif isinstance(inner, list) and inner:
            tests.append((name, _leaf(inner, place)))
        else:
            raise ValueError(f"{place} is {json.dumps(inner)}; it must be an object or an array of at least one value")

    def test(value: Any) -> bool:  # noqa: ANN401 - whatever a record holds
        members = value if isinstance(value, dict) else {}
        matches = all(inner(members.get(name, _ABSENT)) for name, inner in tests)
        return matches and (not alternatives or any(inner(members) for inner in alternatives))

    return test


def _alternatives(inner: Any, place: str) -> list[Test]:  # noqa: ANN401 - whatever a pattern holds
    fewest = 2
    if not isinstance(inner, list) or len(inner) < fewest or not all(isinstance(each, dict) and each for each in inner):
        raise ValueError(f"{place} is {json.dumps(inner)}; it must be an array of at least two objects")
    return [_object(each, f"{place}[{number}]") for number, each in enumerate(inner)]


def _nested(test: Test) -> Test:
    """Return a test of an object, or of an array of which one element must match."""
    return lambda value: any(map(test, value)) if isinstance(value, list) else test(value)


def _leaf(alternatives: Sequence[Any], place: str) -> Test:
    tests = [_alternative(each, place) for each in alternatives]

    def test(value: Any) -> bool:  # noqa: ANN401 - whatever a record holds
        values = value if isinstance(value, list) and value else [value]
        return any(alternative(each) for each in values for alternative in tests)

    return test


def _alternative(said: Any, place: str) -> Test:  # noqa: ANN401 - whatever a pattern holds
    if isinstance(said, list):
        raise ValueError(f"{place} holds the array {json.dumps(said)}; alternatives are values and operators")
    if not isinstance(said, dict):
        return _equal(said)
    if len(said) != 1:
        raise ValueError(f"{place} holds {json.dumps(said)}; an operator is an object with one member")
    name, operand = next(iter(said.items()))
    if name not in _OPERATORS:
        close = difflib.get_close_matches(name, _OPERATORS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"accepted are {', '.join(_OPERATORS)}"
        raise ValueError(f"{place} has no operator {name}; {hint}")
    return _OPERATORS[name](operand, f"{place}.{name}")


def _equal(expected: Any) -> Test:  # noqa: ANN401 - a string, a number, a boolean or null
    # True is 1 for Python, and not for JSON.
    return lambda value: value == expected and isinstance(value, bool) is isinstance(expected, bool)


def _exists(operand: Any, place: str) -> Test:  # noqa: ANN401 - whatever a pattern holds
    if not isinstance(operand, bool):
        raise ValueError(f"{place} is {json.dumps(operand)}; it must be true or false")
    # It is about leaves: an object does not count as a value.
    return lambda value: (value is not _ABSENT and not isinstance(value, dict)) is operand


def _numeric(operand: Any, place: str) -> Test:  # noqa: ANN401 - whatever a pattern holds
    pairs = list(zip(operand[::2], operand[1::2], strict=False)) if isinstance(operand, list) else []
    if (
        not pairs
        or len(operand) not in (2, _RANGE)
        or not all(isinstance(sign, str) and sign in _COMPARISONS and _is_number(limit) for sign, limit in pairs)
    ):
        raise ValueError(
            f'{place} is {json.dumps(operand)}; it must be one or two comparisons such as [">", 0, "<=", 5], '
            f"with {', '.join(_COMPARISONS)}"
        )
    comparisons = [(_COMPARISONS[sign], limit) for sign, limit in pairs]
    return lambda value: _is_number(value) and all(compare(value, limit) for compare, limit in comparisons)


def _is_number(value: Any) -> bool:  # noqa: ANN401 - whatever there is
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(accepts: Callable[[str, str], bool]) -> Callable[[Any, str], Test]:
    """Return the operator that compares a text with its operand, or with ``equals-ignore-case`` of one."""

    def operate(operand: Any, place: str) -> Test:  # noqa: ANN401 - whatever a pattern holds
        if isinstance(operand, dict) and list(operand) == ["equals-ignore-case"] and place.endswith("fix"):
            expected = _string(operand["equals-ignore-case"], f"{place}.equals-ignore-case").casefold()
            return lambda value: isinstance(value, str) and accepts(value.casefold(), expected)
        given = _string(operand, place)
        return lambda value: isinstance(value, str) and accepts(value, given)

    return operate


def _string(operand: Any, place: str) -> str:  # noqa: ANN401 - whatever a pattern holds
    if not isinstance(operand, str):
        raise ValueError(f"{place} is {json.dumps(operand)}; it must be a string")
    return operand


def _anything_but(operand: Any, place: str) -> Test:  # noqa: ANN401 - whatever a pattern holds
    if isinstance(operand, dict):
        inner = next(iter(operand), None)
        if len(operand) != 1 or inner not in _NEGATABLE:
            raise ValueError(f"{place} is {json.dumps(operand)}; of operators it takes {', '.join(_NEGATABLE)}")
        given = operand[inner] if isinstance(operand[inner], list) else [operand[inner]]
        tests = [_OPERATORS[inner](each, f"{place}.{inner}") for each in given]
    else:
        values = operand if isinstance(operand, list) else [operand]
        if not values or not all(isinstance(each, str) or _is_number(each) for each in values):
            raise ValueError(f"{place} is {json.dumps(operand)}; it must be strings or numbers")
        tests = [_equal(each) for each in values]
    return lambda value: value is not _ABSENT and not isinstance(value, dict) and not any(test(value) for test in tests)


_NEGATABLE: Final = ("prefix", "suffix", "equals-ignore-case")

_OPERATORS: Final[Mapping[str, Callable[[Any, str], Test]]] = {
    "anything-but": _anything_but,
    "equals-ignore-case": _text(lambda value, expected: value.casefold() == expected.casefold()),
    "exists": _exists,
    "numeric": _numeric,
    "prefix": _text(str.startswith),
    "suffix": _text(str.endswith),
}
