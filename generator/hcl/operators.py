"""What operators and functions make of operands of which only something is known."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from generator.hcl import expressions as ex
from generator.hcl.functions import FUNCTIONS, EvaluationError, Set
from generator.hcl.printer import is_broken
from generator.hcl.values import (
    Known,
    as_value,
    elements,
    inner,
    is_value,
    known,
    make,
    nonnull,
    possible,
    rebuilt,
    written,
)


def _equal(left: object, right: object) -> bool:
    return left == right and isinstance(left, bool) == isinstance(right, bool)


_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
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


def operate(name: str, left: ex.Node, right: ex.Node) -> ex.Node | None:
    """Return the result of a binary operator, or ``None`` if what is known of its operands does not decide it.

    Raises:
        EvaluationError: the operator does not take such operands.
    """
    left, right = inner(left), inner(right)
    if isinstance(left, Known) and isinstance(right, Known):
        try:
            return known(_OPERATORS[name](left.value, right.value))
        except (TypeError, ZeroDivisionError):
            raise EvaluationError(f"{name} does not take such operands") from None
    for side, other in ((left, right), (right, left)):
        if not isinstance(side, Known):
            continue
        if name in ("&&", "||"):
            return other if bool(side.value) == (name == "&&") else side
        if name in ("==", "!="):
            values = possible(other)
            if (side.value is None and nonnull(other)) or (values is not None and side.value not in values):
                return known(name == "!=")
            if isinstance(side.value, bool):
                return other if side.value == (name == "==") else negate(other)
    return None


def negate(node: ex.Node) -> ex.Node:
    """Return ``!node`` in its shortest form."""
    node = inner(node)
    if isinstance(node, Known):
        return known(not node.value)
    if isinstance(node, ex.Binary) and node.operator in ("==", "!="):
        return rebuilt(node, operator="!=" if node.operator == "==" else "==")
    return inner(node.of) if isinstance(node, ex.Unary) and node.operator == "!" else make(ex.Unary, "!", node)


def call(node: ex.Call, arguments: Sequence[ex.Node]) -> ex.Node:  # noqa: PLR0911 - one case a function
    """Return what is left of a call if something is known of its arguments.

    Raises:
        EvaluationError: the function does not take such arguments.
    """
    if node.name in ("concat", "merge"):
        return _joined(node, arguments)
    if node.name in FUNCTIONS and all(isinstance(one, Known) for one in arguments):
        try:
            return known(FUNCTIONS[node.name](*(one.value for one in arguments if isinstance(one, Known))))
        except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as error:
            raise EvaluationError(f"{node.name}: {error}") from None
    first = inner(arguments[0]) if arguments else node
    if node.name == "coalesce":
        arguments = [one for one in arguments if not is_value(one, None) and not is_value(one, "")]
        if arguments and (nonnull(arguments[0]) or len(arguments) == 1):
            return arguments[0]
    elif node.name in ("setsubtract", "setintersection") and isinstance(first, Known) and not first.value:
        return known(Set([]))
    elif isinstance(first, (ex.Tuple, ex.Object)):
        values = [value for _, value in elements(first) or ()]
        if node.name == "length":
            return known(len(values))
        if node.name in ("one", "alltrue", "anytrue") and len(values) == 1:
            return values[0]
    return rebuilt(node, arguments=tuple(arguments), above=node.above[: len(arguments)])


def _joined(node: ex.Call, arguments: Sequence[ex.Node]) -> ex.Node:
    """Return a call of ``concat`` or ``merge`` without empty arguments, and with literals in a row as one."""
    left: list[ex.Node] = []
    above: list[ex.Above] = []
    for argument, lines in zip(arguments, node.above, strict=True):
        if isinstance(argument, Known) and not argument.value:
            continue
        joined = _join(written(left[-1]), lines, written(argument)) if left else None
        if joined:
            left[-1] = joined
        else:
            left.append(argument)
            above.append(lines)
    if not left:
        return known([] if node.name == "concat" else {})
    return left[0] if len(left) == 1 else rebuilt(node, arguments=tuple(left), above=tuple(above))


def _join(first: ex.Node, lines: ex.Above, second: ex.Node) -> ex.Node | None:
    """Return two tuples or two objects as one, or ``None`` if that is not possible; ``lines`` stand between them."""
    if isinstance(first, ex.Tuple) and isinstance(second, ex.Tuple):
        parts: dict[str, Any] = {"items": first.items + second.items}
    elif isinstance(first, ex.Object) and isinstance(second, ex.Object):
        parts = {"entries": first.entries + second.entries}
        keys = [entry.key for entry in parts["entries"]]
        if not all(isinstance(key, str) for key in keys) or len(set(keys)) < len(keys):
            return None
    else:
        return None
    above = (*first.above, lines + second.above[0], *second.above[1:])
    return as_value(rebuilt(first if is_broken(first) else second, **parts, above=above))
