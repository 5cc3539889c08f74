"""HCL expressions as trees: the kinds of nodes.

Every node holds the text that it was read from, and its position in that text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, dataclass_transform

PRECEDENCES: Final = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
}  # fmt: skip
UNARY: Final = 7
ATOM: Final = 8
"""Precedences of nodes that are not binary operators; that of a conditional expression is 0."""

Above = tuple[str, ...]
"""The comments and blank lines above an item of a collection, one string for each line."""


class HclError(ValueError):
    """The text is not an expression, or it uses a template directive (``%{ if }``) where these are not read."""


@dataclass_transform(eq_default=False, field_specifiers=(field,))
@dataclass(eq=False, repr=False, match_args=False)
class Node:
    """A part of an expression: ``text[start:end]``, unless it is ``changed``.

    A node that is made from another one has it as its ``origin``, and has line breaks where that one has them.
    """

    text: str
    start: int
    end: int
    origin: "Node | None" = field(default=None, kw_only=True)
    changed: bool = field(default=False, kw_only=True)

    def __init_subclass__(cls) -> None:
        dataclass(eq=False, repr=False, match_args=False)(cls)

    @property
    def source(self) -> str:
        """The text of the node as it was read."""
        return self.text[self.start : self.end]


class Literal(Node):
    """A number, ``true``, ``false`` or ``null``."""

    value: float | bool | None


class Template(Node):
    """A string: literal text, as it is written, and interpolated expressions."""

    parts: tuple["str | Node", ...]


class Root(Node):
    """The first name of a reference."""

    name: str


class Attribute(Node):
    """``of.name``."""

    of: Node
    name: str


class Index(Node):
    """``of[key]``."""

    of: Node
    key: Node


class Splat(Node):
    """``of[*].names``."""

    of: Node
    names: tuple[str, ...]


class Expansion(Node):
    """``of...``, the last argument of a call."""

    of: Node


class Call(Node):
    """``name(arguments)``."""

    name: str
    arguments: tuple[Node, ...]
    above: tuple[Above, ...]


class Unary(Node):
    """``!of`` or ``-of``."""

    operator: str
    of: Node


class Binary(Node):
    """``left operator right``."""

    operator: str
    left: Node
    right: Node

    @property
    def level(self) -> int:
        """The precedence of the operator."""
        return PRECEDENCES[self.operator]


class Conditional(Node):
    """``condition ? yes : no``."""

    condition: Node
    yes: Node
    no: Node


class Tuple(Node):
    """``[items]``."""

    items: tuple[Node, ...]
    above: tuple[Above, ...]


class Entry(Node):
    """``key = value`` of an object; the key is a name or an expression."""

    key: "str | Node"
    value: Node


class Object(Node):
    """``{ entries }``."""

    entries: tuple[Entry, ...]
    above: tuple[Above, ...]


class For(Node):
    """``[for names in collection : value if condition]``, or with braces and a key; ``value...`` groups by key."""

    names: tuple[str, ...]
    collection: Node
    key: Node | None
    value: Node
    condition: Node | None
    groups: bool


class Parentheses(Node):
    """``(of)``."""

    of: Node


def parts(node: Node) -> Iterator[Node]:
    """Yield the nodes directly within a node."""
    for name, value in vars(node).items():
        if name != "origin":
            yield from (one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, Node))


def unescaped(text: str) -> str:
    """Return the value of a string without interpolations from the text between its quotes."""
    if "\\" in text:
        escapes = {"n": "\n", "r": "\r", "t": "\t"}
        text = re.sub(
            r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))",
            lambda m: escapes.get(m[3], m[3]) if m[3] else _character(int(m[1] or m[2], 16)),
            text,
        )
    return text.replace("$${", "${").replace("%%{", "%{")


def _character(number: int) -> str:
    # As Go converts what is not a character, such as half of a surrogate pair
    return chr(number) if number in range(0xD800) or number in range(0xE000, 0x110000) else "\ufffd"
