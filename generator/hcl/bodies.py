"""Reads and writes HCL files as bodies of blocks and attributes, with their comments and blank lines.

It reads files that ``terraform fmt`` would leave as they are: an attribute of several lines begins with a line that
ends in an opening bracket, and ends with a line of the same indent.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from generator.hcl.expressions import HclError

_ATTRIBUTE: Final = re.compile(r'( *)([A-Za-z_][\w-]*|"[^"]*"|\([^()]*\)) += (.*)')
_BLOCK: Final = re.compile(r'( *)([a-z0-9_]+)((?: "[^"]*")*) \{')
_EMPTY_BLOCK: Final = re.compile(r'( *)([a-z0-9_]+)((?: "[^"]*")*) \{\}')
_OPENING: Final = ("[", "{", "(")


@dataclass
class Attribute:
    """``name = text``, with the blank lines and comments above it."""

    name: str
    text: str
    above: list[str] = field(default_factory=list)


@dataclass
class Block:
    """A block with its type, its labels and what is in it."""

    type: str
    labels: tuple[str, ...]
    items: "list[Attribute | Block]" = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """How a resource or data source is referred to."""
        return ".".join((("data",) if self.type == "data" else ()) + self.labels)

    def attribute(self, name: str) -> Attribute | None:
        """Return the attribute of this name, if there is one."""
        return next((item for item in self.items if isinstance(item, Attribute) and item.name == name), None)

    def blocks(self) -> "Iterator[Block]":
        """Yield the blocks directly within this one."""
        return (item for item in self.items if isinstance(item, Block))

    def remove(self, item: "Attribute | Block", *, comments: bool = True) -> None:
        """Take something away, with the comments above it; what follows keeps the blank line that was there."""
        at = next(index for index, other in enumerate(self.items) if other is item)
        del self.items[at]
        kept = item.above if not comments else [line for line in item.above[:1] if not line]
        following = self.items[at].above if at < len(self.items) else self.below
        if kept and not (kept == [""] and following[:1] == [""]):
            following[:0] = kept


def read(text: str) -> Block:
    """Return the body of a file as a block without a type.

    Raises:
        HclError: a line is neither an attribute nor the beginning or the end of a block.
    """
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    body = Block("", ())
    end = _read(lines, 0, body)
    if end < len(lines):
        raise HclError(f"line {end + 1}: unexpected {lines[end]!r}")
    return body


def _read(lines: list[str], at: int, body: Block) -> int:
    above: list[str] = []
    while at < len(lines):
        line = lines[at]
        stripped = line.strip()
        if stripped == "}":
            break
        if not stripped or stripped.startswith("#"):
            above.append(line.strip())
            at += 1
            continue
        if match := _ATTRIBUTE.fullmatch(line):
            end = _end_of(lines, at, match[1]) if line.endswith(_OPENING) else at
            body.items.append(Attribute(match[2], "\n".join([match[3], *lines[at + 1 : end + 1]]), above))
            at = end + 1
        elif match := _EMPTY_BLOCK.fullmatch(line):
            body.items.append(Block(match[2], tuple(re.findall(r'"([^"]*)"', match[3])), above=above))
            at += 1
        elif match := _BLOCK.fullmatch(line):
            block = Block(match[2], tuple(re.findall(r'"([^"]*)"', match[3])), above=above)
            at = _read(lines, at + 1, block)
            if at >= len(lines):
                raise HclError(f"the block {match[2]} has no end")
            body.items.append(block)
            at += 1
        else:
            raise HclError(f"line {at + 1}: unexpected {line!r}")
        above = []
    body.below = above
    return at


def _end_of(lines: list[str], at: int, indent: str) -> int:
    for end in range(at + 1, len(lines)):
        line = lines[end]
        if line.startswith((f"{indent}]", f"{indent}}}", f"{indent})")) and not line.endswith(_OPENING):
            return end
    raise HclError(f"line {at + 1}: the value has no end")


def write(body: Block) -> str:
    """Return the text of a file, as ``terraform fmt`` would leave it."""
    return "\n".join(_lines(body, "")).strip("\n") + "\n" if body.items else ""


def _lines(body: Block, indent: str) -> Iterator[str]:
    aligned: list[tuple[str, str]] = []
    blank = True
    for item in body.items:
        above = item.above
        several = isinstance(item, Block) or "\n" in item.text
        if above or several:
            yield from _aligned(aligned, indent)
            aligned = []
        for line in above:
            if line or not blank:
                yield f"{indent}{line}" if line else ""
            blank = not line
        blank = False
        if isinstance(item, Attribute):
            if several:
                yield from f"{indent}{item.name} = {item.text}".split("\n")
            else:
                aligned.append((item.name, item.text))
        elif not item.items and not item.below:
            yield f"{_header(item, indent)}{{}}"
        else:
            yield f"{_header(item, indent)}{{"
            yield from _lines(item, indent + "  ")
            yield f"{indent}}}"
    yield from _aligned(aligned, indent)
    yield from (f"{indent}{line}" for line in body.below if line)


def _header(block: Block, indent: str) -> str:
    return f"{indent}{block.type} {''.join(f'{chr(34)}{label}{chr(34)} ' for label in block.labels)}"


def _aligned(attributes: list[tuple[str, str]], indent: str) -> Iterator[str]:
    width = max((len(name) for name, _ in attributes), default=0)
    return (f"{indent}{name:<{width}} = {text}" for name, text in attributes)


def align(text: str) -> str:
    """Return an expression of several lines with the equals signs of neighbors in one column."""
    lines = text.split("\n")
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and (match := _ATTRIBUTE.fullmatch(lines[end])) and _alone(lines[end]):
            if end > start and match[1] != _indent(lines[start]):
                break
            end += 1
        if end > start:
            parts = [_ATTRIBUTE.fullmatch(line) for line in lines[start:end]]
            width = max(len(part[2]) for part in parts if part)
            lines[start:end] = [f"{part[1]}{part[2]:<{width}} = {part[3]}" for part in parts if part]
        start = max(end, start + 1)
    return "\n".join(lines)


def _alone(line: str) -> bool:
    return not line.endswith(_OPENING)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))]
