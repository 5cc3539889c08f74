"""Puts new text for parts of an expression into the text that stays as it is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from generator.hcl.expressions import Entry, Node, Root
from generator.hcl.results import Known, Result, Unknown


@dataclass
class Splicing:
    """The text of one expression, whose nodes say where their parts stand in it."""

    text: str

    def source(self, node: Node) -> str:
        """Return a part as it is written."""
        return self.text[node.start : node.end]

    def put(self, node: Node, result: Result, lowest: int) -> str:
        """Return the text of a part, in parentheses where what surrounds it binds more closely."""
        if isinstance(result, Known) and not _refers(node):
            return self.source(node)
        text = self.moved(node, result)
        if result.level >= lowest or text == self.source(node):
            return text
        return f"({text})"

    def moved(self, node: Node, result: Result) -> str:
        """Return the text of what stands for a node, with the indent of the line on which that begins."""
        shift = indent_at(self.text, node.start) - result.indent
        if "\n" not in result.text or not shift:
            return result.text
        first, *rest = result.text.split("\n")
        return "\n".join([first, *(_shifted(line, shift) for line in rest)])

    def made(self, node: Node, text: str, **known: Any) -> Unknown:  # noqa: ANN401 - what is known of it
        """Return what stays of a part, where it stood."""
        return Unknown(text, indent=indent_at(self.text, node.start), **known)

    def spliced(self, node: Node, parts: Sequence[tuple[Node, Result, int]]) -> str:
        """Return the node's text with that of its parts replaced; each part names how closely it must bind."""
        text, position = [], node.start
        for part, result, lowest in parts:
            text += [self.text[position : part.start], self.put(part, result, lowest)]
            position = part.end
        return "".join([*text, self.text[position : node.end]])

    def entry_text(self, entry: Entry, value: Result) -> str:
        """Return the text of an entry with another value."""
        return f"{self.text[entry.start : entry.value.start]}{self.put(entry.value, value, 0)}"

    def without(self, node: Node, gone: Sequence[Node], parts: Sequence[tuple[Node, Result, int]]) -> str:
        """Return the text of a collection with its parts replaced, and without the lines of what is gone."""
        changes = [(part.start, part.end, self.put(part, result, lowest)) for part, result, lowest in parts]
        changes += [(*_lines_of(self.text, item), "") for item in gone]
        text, position = [], node.start
        for start, end, new in sorted(changes):
            text += [self.text[position:start], new]
            position = end
        return "".join([*text, self.text[position : node.end]])


def _refers(node: Node) -> bool:
    """Tell whether an expression refers to anything."""
    if isinstance(node, Root):
        return True
    for name in node.__dataclass_fields__:
        part = getattr(node, name)
        for one in part if isinstance(part, tuple) else (part,):
            if isinstance(one, Node) and _refers(one):
                return True
    return False


def indent_at(text: str, position: int) -> int:
    """Return the indent of a line; an expression's first line has that of the last one, with which it ends."""
    start = text.rfind("\n", 0, position) + 1
    line = text[start:] if start else text[text.rfind("\n") + 1 :]
    return len(line) - len(line.lstrip(" ")) if start or "\n" in text else 0


def _shifted(line: str, by: int) -> str:
    if by >= 0:
        return " " * by + line if line else line
    return line[min(-by, len(line) - len(line.lstrip(" "))) :]


def _lines_of(text: str, node: Node) -> tuple[int, int]:
    """Return where the lines of an element begin and end, with the comments above it."""
    start = text.rfind("\n", 0, node.start) + 1
    while start > 1:
        previous = text.rfind("\n", 0, start - 1) + 1
        if not text[previous:start].lstrip().startswith("#"):
            break
        start = previous
    end = text.find("\n", node.end)
    return start, len(text) if end < 0 else end + 1
