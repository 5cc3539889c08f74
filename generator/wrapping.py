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

_CLOSING: Final = {"(": ")", "[": "]", "{": "}", '"': '"', "${": "}"}
_MARK: Final = re.compile(r'\\.|\$\$\{|\$\{|["()\[\]{}]')
"""What begins or ends a part of an expression, and escapes, which do not."""


@functools.cache
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
    parts = _parts(expression)
    return next((part for part in parts if expression[part[0]] != '"' and part[1] < len(expression)), None)


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


def _outside(expression: str) -> Iterator[tuple[int, int]]:
    """Yield the begin and end of each part of an expression that is neither in brackets nor in a string."""
    begin = 0
    for opening, closing in _parts(expression):
        yield begin, opening
        begin = closing + 1
    yield begin, len(expression)


@functools.cache
def _parts(expression: str) -> list[tuple[int, int]]:
    """Return the first and the last place of each part in brackets or quotation marks that is in no other one.

    The last place of a part that does not end is the end of the expression.
    """
    parts = []
    begin, awaited = 0, [""]
    for mark in _MARK.finditer(expression):
        found = mark[0]
        if found == awaited[-1]:
            awaited.pop()
            if not awaited[-1]:
                parts.append((begin, mark.start()))
        elif found == "${" if awaited[-1] == '"' else found in _CLOSING:
            if not awaited[-1]:
                begin = mark.start()
            awaited.append(_CLOSING[found])
    return parts if not awaited[-1] else [*parts, (begin, len(expression))]
