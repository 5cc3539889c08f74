"""Which records a mapping passes on: the filter patterns of Lambda, which are those of EventBridge.

A pattern is an object with the same names as the record. A leaf is an array of alternatives: a value, or an operator as
Lambda documents it ("Filter rule syntax"). Numbers of DynamoDB are strings in a record (``{"N": "5"}``), so ``numeric``
never matches them. What the documentation leaves open is as in Event Ruler, which AWS publishes: what it refuses, that
arrays of the record are opened at any depth and one matching element is enough, and that an empty array is no value.

``wildcard`` and ``cidr`` are EventBridge's; Lambda does not list them, and they are refused.
"""

import difflib
import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

MOST_PATTERNS: Final = 10
LONGEST_PATTERN: Final = 4096
"""What AWS accepts at most: 5 patterns without a raised quota, and so many characters in each."""
_DEEPEST: Final = 100
"""Levels of a pattern. DynamoDB nests values 32 levels deep, with two names each: a deeper pattern matches nothing."""
_SHOWN: Final = 80
"""Characters of a value that a message repeats."""

Test = Callable[[Any], bool]
"""Tells whether a value of a record matches; :data:`_ABSENT` stands for one that is not there."""

_ABSENT: Final = object()
_ABSENCE: Final = {"exists": False}
_COMPARISONS: Final = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


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
    shown = " ".join(text.split())[:_SHOWN]
    if len(text) > LONGEST_PATTERN:
        raise ValueError(f"the pattern {shown}... has {len(text)} characters; at most {LONGEST_PATTERN} are accepted")
    try:
        pattern = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError(f"the pattern {shown}... has more than {_DEEPEST} levels") from None
    except ValueError as error:
        raise ValueError(f"the pattern {shown} is not JSON: {error}") from error
    if not isinstance(pattern, dict):
        raise ValueError(f"the pattern {shown} is not a JSON object")
    return _object(pattern, "", 1)


def _no_constant(name: str) -> None:
    # Python reads these three, and JSON has none of them.
    raise ValueError(f"{name} is no JSON value")


def _object(pattern: Mapping[str, Any], path: str, level: int) -> Test:
    """Return a test that holds where every member of a pattern matches."""
    if not pattern:
        raise ValueError(f"{path or 'the pattern'} is {{}}; it must have at least one member")
    if level > _DEEPEST:
        raise ValueError(f"{path[:_SHOWN]}... has more than {_DEEPEST} levels")
    tests: list[tuple[str, Test]] = []
    alternatives: list[Test] = []
    for name, inner in pattern.items():
        place = f"{path}.{name}" if path else name
        if name == "$or":
            alternatives = _alternatives(inner, place, level + 1)
        elif isinstance(inner, dict):
            tests.append((name, _nested(inner, place, level + 1)))
        elif isinstance(inner, list) and inner:
            tests.append((name, _leaf(inner, place)))
        else:
            raise ValueError(f"{place} is {_shown(inner)}; it must be an object or an array of at least one value")

    def test(value: Any) -> bool:  # noqa: ANN401 - whatever a record holds
        members = value if isinstance(value, dict) else {}
        matches = all(inner(members.get(name, _ABSENT)) for name, inner in tests)
        return matches and (not alternatives or any(inner(members) for inner in alternatives))

    return test


def _alternatives(inner: Any, place: str, level: int) -> list[Test]:  # noqa: ANN401 - whatever a pattern holds
    fewest = 2
    if not isinstance(inner, list) or len(inner) < fewest or not all(isinstance(each, dict) for each in inner):
        raise ValueError(f"{place} is {_shown(inner)}; it must be an array of at least two objects")
    return [_object(each, f"{place}[{number}]", level) for number, each in enumerate(inner)]


def _nested(pattern: Mapping[str, Any], place: str, level: int) -> Test:
    """Return a test of an object, or of the objects of an array."""
    test = _object(pattern, place, level)
    # One element with a value is enough to say that it exists, so none may have it where it must not exist.
    enough = all if _is_absence(pattern) else any

    def nested(value: Any) -> bool:  # noqa: ANN401 - whatever a record holds
        return enough(map(test, _objects(value) or [{}])) if isinstance(value, list) else test(value)

    return nested


def _is_absence(pattern: Any) -> bool:  # noqa: ANN401 - whatever a pattern holds
    """Tell whether a pattern says of some names that they must not exist, and nothing else."""
    return all(map(_is_absence, pattern.values())) if isinstance(pattern, dict) else pattern == [_ABSENCE]


def _objects(array: Sequence[Any]) -> list[Any]:
    """Return the objects in an array and in the arrays that it holds."""
    opened = (_objects(each) if isinstance(each, list) else [each] for each in array)
    return [each for inner in opened for each in inner if isinstance(each, dict)]


def _values(value: Any) -> list[Any]:  # noqa: ANN401 - whatever a record holds
    """Return what counts as a value: neither an object nor an array, but what arrays at any depth hold."""
    if isinstance(value, list):
        return [inner for each in value for inner in _values(each)]
    return [] if value is _ABSENT or isinstance(value, dict) else [value]


def _leaf(alternatives: Sequence[Any], place: str) -> Test:
    tests = [_alternative(each, place) for each in alternatives]
    may_be_absent = _ABSENCE in alternatives

    def test(value: Any) -> bool:  # noqa: ANN401 - whatever a record holds
        values = _values(value)
        if not values:
            return may_be_absent
        return any(alternative(each) for each in values for alternative in tests)

    return test


def _alternative(said: Any, place: str) -> Test:  # noqa: ANN401 - whatever a pattern holds
    if isinstance(said, list):
        raise ValueError(f"{place} holds the array {_shown(said)}; alternatives are values and operators")
    if not isinstance(said, dict):
        return _equal(said)
    if len(said) != 1:
        raise ValueError(f"{place} holds {_shown(said)}; an operator is an object with one member")
    name, operand = next(iter(said.items()))
    if name not in _OPERATORS:
        close = difflib.get_close_matches(name, _OPERATORS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"accepted are {', '.join(_OPERATORS)}"
        raise ValueError(f"{place} has no operator {name}; {hint}")
    return _OPERATORS[name](operand, f"{place}.{name}")


def _shown(value: Any) -> str:  # noqa: ANN401 - whatever a pattern holds
    try:
        text = json.dumps(value)
    except RecursionError:
        return "nested too deeply to show"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _equal(expected: Any) -> Test:  # noqa: ANN401 - a string, a number, a boolean or null
    # True is 1 for Python, and not for JSON. Lambda compares numbers as they are written: 300 is not 300.0.
    return lambda value: type(value) is type(expected) and value == expected


def _exists(operand: Any, place: str) -> Test:  # noqa: ANN401 - whatever a pattern holds
    if not isinstance(operand, bool):
        raise ValueError(f"{place} is {_shown(operand)}; it must be true or false")
    # A value that is asked exists; the leaf knows of those that do not.
    return lambda _value: operand


def _numeric(operand: Any, place: str) -> Test:  # noqa: ANN401 - whatever a pattern holds
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
        f'{place} is {_shown(operand)}; it must be one comparison with {", ".join(_COMPARISONS)}, such as ["<", 5], '
        'or a range from low to high, such as [">", 0, "<=", 5]'
    )


def _is_number(value: Any) -> bool:  # noqa: ANN401 - whatever there is
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(accepts: Callable[[str, str], bool]) -> Callable[[Any, str], Test]:
    """Return the operator that compares a text with its operand, or with ``equals-ignore-case`` of one."""

    def operate(operand: Any, place: str) -> Test:  # noqa: ANN401 - whatever a pattern holds
        if isinstance(operand, dict) and list(operand) == ["equals-ignore-case"] and place.endswith("fix"):
            expected = _string(operand["equals-ignore-case"], f"{place}.equals-ignore-case").lower()
            return lambda value: isinstance(value, str) and accepts(value.lower(), expected)
        given = _string(operand, place)
        return lambda value: isinstance(value, str) and accepts(value, given)

    return operate


def _string(operand: Any, place: str) -> str:  # noqa: ANN401 - whatever a pattern holds
    if not isinstance(operand, str):
        raise ValueError(f"{place} is {_shown(operand)}; it must be a string")
    return operand


def _anything_but(operand: Any, place: str) -> Test:  # noqa: ANN401 - whatever a pattern holds
    if isinstance(operand, dict):
        inner = next(iter(operand), None)
        if len(operand) != 1 or inner not in _NEGATABLE:
            raise ValueError(f"{place} is {_shown(operand)}; of operators it takes one of {', '.join(_NEGATABLE)}")
        given = operand[inner] if isinstance(operand[inner], list) else [operand[inner]]
        if not given or ("" in given and inner != "equals-ignore-case"):
            raise ValueError(f"{place}.{inner} is {_shown(operand[inner])}; it must be a string that is not empty")
        tests = [_OPERATORS[inner](each, f"{place}.{inner}") for each in given]
    else:
        values = operand if isinstance(operand, list) else [operand]
        if values and all(isinstance(each, str) for each in values):
            tests = [_equal(each) for each in values]
        elif values and all(map(_is_number, values)):
            tests = [_numeric(["=", each], place) for each in values]
        else:
            raise ValueError(f"{place} is {_shown(operand)}; it must be strings alone or numbers alone")
    return lambda value: not any(test(value) for test in tests)


_NEGATABLE: Final = ("prefix", "suffix", "equals-ignore-case")

_OPERATORS: Final[Mapping[str, Callable[[Any, str], Test]]] = {
    "anything-but": _anything_but,
    "equals-ignore-case": _text(lambda value, expected: value.lower() == expected.lower()),
    "exists": _exists,
    "numeric": _numeric,
    "prefix": _text(str.startswith),
    "suffix": _text(str.endswith),
}
