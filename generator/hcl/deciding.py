"""What operators and functions make of values of which only something is known."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from generator.hcl.expressions import ATOM, UNARY, Binary, Parentheses, Unary, parse
from generator.hcl.functions import Fails, Set
from generator.hcl.results import Known, Result, Unknown


def _same(left: object, right: object) -> bool:
    return left == right and isinstance(left, bool) == isinstance(right, bool)


_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": _same,
    "!=": lambda left, right: not _same(left, right),
    "&&": lambda left, right: left and right,
    "||": lambda left, right: left or right,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}


def operated(name: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - values of any type
    """Return what an operator makes of two values.

    Raises:
        Fails: it makes nothing of them.
    """
    try:
        return _OPERATORS[name](left, right)
    except (TypeError, ZeroDivisionError):
        raise Fails("no such operation") from None


def decided(name: str, left: Result, right: Result) -> Result | None:
    """Return what an operator makes of two sides of which at most one is known, if that decides."""
    if name in ("&&", "||"):
        for known, other in ((left, right), (right, left)):
            if isinstance(known, Known):
                return other if bool(known.value) == (name == "&&") else known
        return None
    if name not in ("==", "!="):
        return None
    for known, other in ((left, right), (right, left)):
        if not isinstance(known, Known) or not isinstance(other, Unknown):
            continue
        if (known.value is None and other.given) or (other.among is not None and known.value not in other.among):
            return Known(name == "!=")
        if isinstance(known.value, bool):
            return other if known.value == (name == "==") else negated(other)
    return None


def negated(of: Unknown) -> Result:
    """Return ``!of``, as a person would write it."""
    node = parse(of.text)
    while isinstance(node, Parentheses):
        of = replace(of, text=of.text[node.of.start : node.of.end], level=0)
        node = parse(of.text)
    if isinstance(node, Binary) and node.operator in ("==", "!="):
        other = "!=" if node.operator == "==" else "=="
        left, right = of.text[: node.left.end], of.text[node.right.start :]
        return replace(of, text=f"{left} {other} {right}")
    if isinstance(node, Unary) and node.operator == "!":
        return Unknown(of.text[1:].strip(), ATOM, safe=of.safe, given=True)
    inner = of.text if of.level >= UNARY else f"({of.text})"
    return Unknown(f"!{inner}", UNARY, safe=of.safe, given=True)


def called(name: str, arguments: Sequence[Result]) -> Result | None:  # noqa: PLR0911 - one case a line
    """Return what a function makes of arguments that are partly known, if that decides."""
    first = arguments[0]
    items = first.items if isinstance(first, Unknown) else None
    if name == "coalesce":
        left = [one for one in arguments if not (isinstance(one, Known) and one.value in (None, ""))]
        chosen = left and (isinstance(left[0], Known) or left[0].given or len(left) == 1)
        return left[0] if chosen else None
    if name in ("setsubtract", "setintersection") and isinstance(first, Known) and not first.value:
        return Known(Set([]))
    if items is None:
        return None
    if name == "one" and len(items) == 1:
        return items[0]
    if name == "length":
        return Known(len(items))
    if name in ("alltrue", "anytrue") and len(items) == 1:
        return items[0]
    if name == "element" and isinstance(arguments[1], Known):
        return items[int(arguments[1].value) % len(items)]
    return None


def pairs(collection: Result) -> list[tuple[Result, Result]] | None:
    """Return the keys and values that a loop goes through, if they are known one by one."""
    if isinstance(collection, Known):
        if isinstance(collection.value, Mapping):
            return [(Known(key), Known(collection.value[key])) for key in sorted(collection.value)]
        if isinstance(collection.value, (list, tuple)):
            return [(Known(index), Known(value)) for index, value in enumerate(collection.value)]
        raise Fails("nothing to go through")
    if collection.items is not None:
        return [(Known(index), item) for index, item in enumerate(collection.items)]
    if collection.attributes is not None:
        return [(Known(key), value) for key, value in sorted(collection.attributes.items())]
    return None


def possible(result: Result) -> frozenset[Any] | None:
    """Return the only values that a result can have, if they are known."""
    if isinstance(result, Unknown):
        return result.among
    return frozenset([result.value]) if isinstance(result.value, (str, bool, int, type(None))) else None


def union(*results: Result) -> frozenset[Any] | None:
    """Return the only values that one of several results can have, if they are known."""
    sets = [possible(result) for result in results]
    return None if any(one is None for one in sets) else frozenset().union(*(one for one in sets if one is not None))
