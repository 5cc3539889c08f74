"""Writes nodes as text, with their line breaks and formatted as ``terraform fmt`` formats them."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from generator.hcl import expressions as ex
from generator.hcl.functions import Set
from generator.hcl.values import Known, Reference
from generator.spec.types import literal

ATTRIBUTE: Final = re.compile(r'( *)([A-Za-z_][\w-]*|"[^"]*"|\([^()]*\)) += (.*)')
OPENING: Final = ("[", "{", "(")
_STRING: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"|#.*')
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][\w-]*")


def render(node: ex.Node) -> str:
    """Return the text of an expression."""
    text = _text(node)
    return layout(text) if "\n" in text else text


def is_broken(node: ex.Node) -> bool:
    """Return whether a node is on several lines, apart from its parts."""
    shape = node.origin or node
    if isinstance(shape, ex.Conditional):
        return "\n" in shape.text[shape.condition.end : shape.yes.start]
    if isinstance(shape, ex.Binary):
        return "\n" in shape.text[shape.left.end : shape.right.start]
    return shape.text[: max(shape.end - 1, 0)].rstrip(" ").endswith("\n")


def _text(node: ex.Node) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a kind of node
    if node.text and not node.changed:
        return node.source
    space = "\n" if is_broken(node) else " "
    match node:
        case Known():
            if node.origin:
                return _text(node.origin)
            return f"toset({literal(list(node.value))})" if isinstance(node.value, Set) else literal(node.value)
        case Reference():
            return node.name
        case ex.Template():
            return f'"{"".join(part if isinstance(part, str) else f"${{{_text(part)}}}" for part in node.parts)}"'
        case ex.Attribute():
            return f"{_operand(node.of, ex.ATOM)}.{node.name}"
        case ex.Index():
            return f"{_operand(node.of, ex.ATOM)}[{_text(node.key)}]"
        case ex.Splat():
            return f"{_operand(node.of, ex.ATOM)}[*]{''.join(f'.{name}' for name in node.names)}"
        case ex.Unary():
            return f"{node.operator}{_operand(node.of, ex.UNARY)}"
        case ex.Binary():
            left, right = _operand(node.left, node.level), _operand(node.right, node.level + 1)
            return f"{left}{space}{node.operator} {right}"
        case ex.Conditional():
            return f"{_operand(node.condition, 1)}{space}? {_text(node.yes)}{space}: {_text(node.no)}"
        case ex.Parentheses():
            return f"(\n{_text(node.of)}\n)" if is_broken(node) else f"({_text(node.of)})"
        case ex.Expansion():
            return f"{_text(node.of)}..."
        case ex.Call():
            return f"{node.name}({_listed(node, node.arguments, node.above)})"
        case ex.Tuple():
            return f"[{_listed(node, node.items, node.above)}]"
        case ex.Entry():
            key = f"({_text(node.key)})" if isinstance(node.key, ex.Node) else node.key
            key = key if isinstance(node.key, ex.Node) or _IDENTIFIER.fullmatch(key) else literal(key)
            return f"{key} = {_text(node.value)}"
        case ex.Object():
            if is_broken(node):
                return f"{{\n{_lines(node.entries, node.above, '')}}}"
            return f"{{ {', '.join(map(_text, node.entries))} }}" if node.entries else "{}"
        case ex.For():
            return _loop(node)
    raise TypeError(type(node).__name__)


def _operand(node: ex.Node, lowest: int) -> str:
    """Return an operand, in parentheses if its operator does not bind closely enough."""
    level = node.level if isinstance(node, ex.Binary) else ex.UNARY if isinstance(node, ex.Unary) else ex.ATOM
    return f"({_text(node)})" if isinstance(node, ex.Conditional) or level < lowest else _text(node)


def _listed(node: ex.Node, items: Sequence[ex.Node], above: Sequence[ex.Above]) -> str:
    """Return the inside of a tuple or a call. A comma follows the last item if one does where the node comes from."""
    if not is_broken(node) or not items:
        line = ", ".join(map(_text, items))
        joined = isinstance(node, ex.Tuple) and len(items) > 1 and "\n" in line
        return f"\n{_lines(items, above, ',')}" if joined else line
    shape, lines = node.origin or node, _lines(items, above, ",")
    return f"\n{lines}" if shape.text[: shape.end - 1].rstrip().endswith(",") else f"\n{lines[:-2]}\n"


def _lines(items: Iterable[ex.Node], above: Iterable[ex.Above], end: str) -> str:
    lines = ("\n".join([*comments, f"{_text(item)}{end}\n"]) for item, comments in zip(items, above, strict=True))
    return "".join(lines)


def _loop(node: ex.For) -> str:
    shape = node.origin if isinstance(node.origin, ex.For) else node
    opening, closing = "{}" if node.key else "[]"
    edge = "\n" if is_broken(node) else " " if node.key else ""
    first = shape.key or shape.value
    space = "\n" if "\n" in shape.text[shape.collection.end : first.start] else " "
    key = f"{_text(node.key)} => " if node.key else ""
    condition = f" if {_text(node.condition)}" if node.condition else ""
    groups = "..." if node.groups else ""
    head = f"for {', '.join(node.names)} in {_text(node.collection)} :"
    return f"{opening}{edge}{head}{space}{key}{_text(node.value)}{groups}{condition}{edge}{closing}"


def layout(text: str) -> str:
    """Return an expression of several lines with the indents and the columns of ``terraform fmt``.

    A line is indented by two spaces for each line above it that opens more brackets than are closed since.
    """
    lines, opened = list[str](), list[int]()
    for line in text.split("\n"):
        bare = _STRING.sub("", line)
        change = sum(map(bare.count, "[({")) - sum(map(bare.count, "])}"))
        closed = -change
        while closed > 0 and opened:
            closed -= opened.pop()
        if closed < 0 and change < 0:
            opened.append(-closed)
        lines.append("  " * len(opened) + line.strip() if line.strip() else "")
        if change > 0:
            opened.append(change)
    return "\n".join(aligned(lines))


def aligned(lines: Sequence[str]) -> list[str]:
    """Return lines with the equals signs of neighboring attributes of one line in one column."""
    found, run = list[str](), list[re.Match[str]]()
    for line in [*lines, ""]:
        match = None if line.endswith(OPENING) else ATTRIBUTE.fullmatch(line)
        if run and (not match or match[1] != run[0][1]):
            width = max(len(one[2]) for one in run)
            found += [f"{one[1]}{one[2]:<{width}} = {one[3]}" for one in run]
            run = []
        if match:
            run.append(match)
        else:
            found.append(line)
    return found[:-1]
