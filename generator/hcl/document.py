"""HCL files as blocks and attributes, with their comments and blank lines.

The reader takes files that are formatted as ``terraform fmt`` formats them: a value of several lines begins on a line
that ends in an opening bracket, and ends on a line with the same indent. That is enough for the module's templates, and
it takes a twentieth of the time of python-hcl2.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from generator.hcl.expressions import HclError
from generator.hcl.printer import ATTRIBUTE, OPENING

_BLOCK: Final = re.compile(r'( *)([a-z0-9_]+)((?: "[^"]*")*) \{(\})?')


@dataclass(eq=False, repr=False, match_args=False)
class Attribute:
    """``name = text``, with the comments and blank lines above it. The text is indented as at the top level."""

    name: str
    text: str
    above: list[str] = field(default_factory=list)


@dataclass(eq=False, repr=False, match_args=False)
class Block:
    """A block with its type, its labels and its content. A file is a block without a type."""

    type: str
    labels: tuple[str, ...]
    items: "list[Attribute | Block]" = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The name of a resource or a data source in references."""
        return ".".join((("data",) if self.type == "data" else ()) + self.labels)

    def attributes(self) -> Iterator[Attribute]:
        """Yield the attributes directly within the block."""
        return (item for item in self.items if isinstance(item, Attribute))

    def attribute(self, name: str) -> Attribute | None:
        """Return the attribute with a name, or ``None`` if the block does not have it."""
        return next((item for item in self.attributes() if item.name == name), None)

    def blocks(self) -> "Iterator[Block]":
        """Yield the blocks directly within the block."""
        return (item for item in self.items if isinstance(item, Block))

    def all_attributes(self) -> Iterator[Attribute]:
        """Yield the attributes within the block and within all its blocks."""
        for item in self.items:
            if isinstance(item, Attribute):
                yield item
            else:
                yield from item.all_attributes()

    def remove(self, item: "Attribute | Block", *, comments: bool = True) -> None:
        """Remove an item with the comments above it. The next item keeps the blank line above the removed one."""
        index = next(number for number, other in enumerate(self.items) if other is item)
        del self.items[index]
        kept = item.above if not comments else [line for line in item.above[:1] if not line]
        following = self.items[index].above if index < len(self.items) else self.below
        if kept and not (kept == [""] and following[:1] == [""]):
            following[:0] = kept


def read(text: str) -> Block:
    """Return a file.

    Raises:
        HclError: a line is neither an attribute nor the beginning or the end of a block.
    """
    lines = text.removesuffix("\n").split("\n")
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
            above.append(stripped)
            at += 1
            continue
        if match := ATTRIBUTE.fullmatch(line):
            indent, name, text = match.groups()
            if line.endswith(OPENING):
                end = _end_of(lines, at, indent)
                text = "\n".join([text, *(one.removeprefix(indent) for one in lines[at + 1 : end + 1])])
                at = end
            body.items.append(Attribute(name, text, above))
        elif match := _BLOCK.fullmatch(line):
            block = Block(match[2], tuple(match[3].split('"')[1::2]), above=above)
            body.items.append(block)
            if not match[4]:
                at = _read(lines, at + 1, block)
                if at >= len(lines):
                    raise HclError(f"the block {match[2]} has no end")
        else:
            raise HclError(f"line {at + 1}: unexpected {line!r}")
        at += 1
        above = []
    body.below = above
    return at


def _end_of(lines: list[str], at: int, indent: str) -> int:
    closing = tuple(f"{indent}{bracket}" for bracket in "]})")
    for end in range(at + 1, len(lines)):
        if lines[end].startswith(closing) and not lines[end].endswith(OPENING):
            return end
    raise HclError(f"line {at + 1}: the value has no end")


def write(body: Block) -> str:
    """Return the text of a file, formatted as ``terraform fmt`` formats it."""
    lines: list[str] = []
    _write(body, "", lines)
    return "\n".join(lines).strip("\n") + "\n" if body.items else ""


def _write(body: Block, indent: str, lines: list[str]) -> None:
    run: list[Attribute] = []
    blank = True
    for item in body.items:
        several = isinstance(item, Block) or "\n" in item.text
        if item.above or several:
            lines += _aligned(run, indent)
            run = []
        for line in item.above:
            if line or not blank:
                lines.append(f"{indent}{line}" if line else "")
            blank = not line
        blank = False
        if isinstance(item, Block):
            labels = "".join(f'"{label}" ' for label in item.labels)
            if item.items or item.below:
                lines.append(f"{indent}{item.type} {labels}{{")
                _write(item, indent + "  ", lines)
                lines.append(f"{indent}}}")
            else:
                lines.append(f"{indent}{item.type} {labels}{{}}")
        elif several:
            lines += [f"{indent}{line}" if line else "" for line in f"{item.name} = {item.text}".split("\n")]
        else:
            run.append(item)
    lines += _aligned(run, indent)
    lines += [f"{indent}{line}" for line in body.below if line]


def _aligned(run: list[Attribute], indent: str) -> list[str]:
    """Return neighboring attributes of one line each with their equals signs in one column."""
    width = max((len(one.name) for one in run), default=0)
    return [f"{indent}{one.name:<{width}} = {one.text}" for one in run]
