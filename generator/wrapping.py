"""Breaks HCL expressions into lines, as a person would and as ``terraform fmt`` leaves them."""

import functools
import re
from collections.abc import Iterator
from typing import Final

WIDTH: Final = 120
"""Columns of a line."""

_OPERATORS: Final = ((" ? ", " : "), (" || ",), (" && ",))
"""What an expression is broken at, loosest binding first; at a comparison only where brackets do not help."""
_COMPARISON: Final = ((" == ",),)

_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
_MARK: Final = re.compile(r'[\\"()\[\]{}]')


def wrapped(expression: str, indent: int, column: int) -> str:
    """Return an expression on lines of at most :data:`WIDTH` columns, as far as it can be broken.

    ``indent`` is the column at which its line begins, and ``column`` the one at which the expression itself does.
    """
    if column + len(expression) <= WIDTH:
        return expression
    operands = _operands(expression)
    if len(operands) == 1:
        text = _bracketed(expression, indent)
        if "\n" in text:
            return text
        operands = _operands(expression, _COMPARISON)
    return f"(\n{_lines(operands, indent + 2)}\n{' ' * indent})" if len(operands) > 1 else expression


def _operands(expression: str, precedence: tuple[tuple[str, ...], ...] = _OPERATORS) -> list[str]:
    """Return the operands of the operators that bind loosest, all but the first with their operator before them."""
    split = (list(_split(expression, operators)) for operators in precedence)
    return next((parts for parts in split if len(parts) > 1), [expression])


def _lines(operands: list[str], indent: int) -> str:
    """Return the operands of an expression, one a line, for a place where brackets let it have several lines."""
    lines = []
    for operand in operands:
        operator = next((one for one in ("? ", ": ", "|| ", "&& ", "== ") if operand.startswith(one)), "")
        text = wrapped(operand.removeprefix(operator), indent, indent + len(operator))
        lines.append(f"{' ' * indent}{operator}{text}")
    return "\n".join(lines)


def _bracketed(expression: str, indent: int) -> str:
    """Return an expression with lines of their own for what is in its first brackets."""
    brackets = _brackets(expression)
    if brackets is None:
        return expression
    opening, closing = brackets
    before, inside, after = expression[: opening + 1], expression[opening + 1 : closing], expression[closing:]
    inner, end = indent + 2, f"\n{' ' * indent}{after}"
    if inside.startswith("[") and _brackets(inside) == (0, len(inside) - 1):
        before, inside, end = f"{before}[", inside[1:-1], f"\n{' ' * indent}]{after}"
    if inside.startswith("for "):
        head, body = inside.split(" : ", 1)
        return f"{before}\n{' ' * inner}{head} :\n{_lines(_operands(body), inner)}{end}"
    items = list(_split(inside, (", ",)))
    if before == "(":
        return f"{before}\n{_lines(_operands(inside), inner)}{end}"
    if len(items) == 1:
        return f"{before}{_bracketed(inside, indent)}{after}"
    return f"{before}\n{_listed(items, inner, filled=before.endswith('['))}{end}"


def _listed(items: list[str], indent: int, *, filled: bool) -> str:
    """Return the items of a list, as many a line as there is room for, or the arguments of a call, one a line."""
    lines = [""]
    for item in items:
        text = f"{wrapped(item, indent, indent)},"
        if lines[-1] and (not filled or indent + len(lines[-1]) + 1 + len(text) > WIDTH):
            lines.append("")
        lines[-1] = f"{lines[-1]} {text}".lstrip()
    return "\n".join(" " * indent + line for line in lines)


def _brackets(expression: str) -> tuple[int, int] | None:
    """Return the places of the first brackets of an expression that are not in a string."""
    opening = None
    for place, depth in _depths(expression):
        if opening is None and depth == 1 and expression[place] in _CLOSING:
            opening = place
        elif opening is not None and depth == 0:
            return opening, place
    return None


def _split(expression: str, separators: tuple[str, ...]) -> Iterator[str]:
    """Yield the parts of an expression between separators outside of brackets; an operator stays before its operand."""
    start, number = 0, 0
    for begin, end in _outside(expression) if separators[0] in expression else ():
        place = begin
        while (place := expression.find(separator := separators[number % len(separators)], place, end)) >= 0:
            yield expression[start:place]
            start = place = place + (len(separator) if separator == ", " else 1)
            number += 1
    yield expression[start:]


@functools.cache
def _outside(expression: str) -> list[tuple[int, int]]:
    """Return the begin and end of each part of an expression that is neither in brackets nor in a string."""
    parts = []
    begin, outside = 0, True
    for place, depth in _depths(expression):
        if outside:
            parts.append((begin, place))
        begin, outside = place + 1, depth == 0
    return [*parts, (begin, len(expression))] if outside else parts


def _depths(expression: str) -> Iterator[tuple[int, int]]:
    """Yield the place of each bracket and quote with how many brackets and strings are then open."""
    stack: list[str] = []
    escaped = -1
    for mark in _MARK.finditer(expression):
        place, character = mark.start(), mark[0]
        in_string = stack[-1:] == ['"']
        if place == escaped:
            continue
        if in_string and character == "\\":
            escaped = place + 1
        elif stack and character == stack[-1]:
            stack.pop()
            yield place, len(stack)
        elif character == '"' or (not in_string and character in _CLOSING):
            stack.append(_CLOSING.get(character, character))
            yield place, len(stack)
        elif in_string and character == "{" and expression[place - 1] == "$" and expression[place - 2] != "$":
            stack.append("}")
            yield place, len(stack)
