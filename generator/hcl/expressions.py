"""HCL expressions as trees: the kinds of nodes.

Every node holds the text that it was read from, and its position in that text.
"""

import re
from collections.abc import Iterator
from typing import Final

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


class Node:
    """A part of an expression: ``text[start:end]``, unless it is ``changed``.

    A node that is made from another one has it as its ``origin``, and has line breaks where that one has them. Nodes
    are not dataclasses, because it takes a fortieth of a build to define so many.
    """

    origin: "Node | None" = None
    changed: bool = False

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.start, self.end = text, start, end

    @property
    def source(self) -> str:
        """The text of the node as it was read."""
        return self.text[self.start : self.end]


class Literal(Node):
    """A number, ``true``, ``false`` or ``null``."""

    def __init__(self, text: str, start: int, end: int, value: float | bool | None) -> None:  # noqa: FBT001 - of HCL
        self.text, self.start, self.end = text, start, end
        self.value = value


class Template(Node):
    """A string: literal text, as it is written, and interpolated expressions."""

    def __init__(self, text: str, start: int, end: int, parts: tuple["str | Node", ...]) -> None:
        self.text, self.start, self.end = text, start, end
        self.parts = parts


class Root(Node):
    """The first name of a reference."""

    def __init__(self, text: str, start: int, end: int, name: str) -> None:
        self.text, self.start, self.end = text, start, end
        self.name = name


class Attribute(Node):
    """``of.name``."""

    def __init__(self, text: str, start: int, end: int, of: Node, name: str) -> None:
        self.text, self.start, self.end = text, start, end
        self.of = of
        self.name = name


class Index(Node):
    """``of[key]``."""

    def __init__(self, text: str, start: int, end: int, of: Node, key: Node) -> None:
        self.text, self.start, self.end = text, start, end
        self.of = of
        self.key = key


class Splat(Node):
    """``of[*].names``."""

    def __init__(self, text: str, start: int, end: int, of: Node, names: tuple[str, ...]) -> None:
        self.text, self.start, self.end = text, start, end
        self.of = of
        self.names = names


class Expansion(Node):
    """``of...``, the last argument of a call."""

    def __init__(self, text: str, start: int, end: int, of: Node) -> None:
        self.text, self.start, self.end = text, start, end
        self.of = of


class Call(Node):
    """``name(arguments)``."""

    def __init__(  # noqa: PLR0917 - in the order of the text
        self, text: str, start: int, end: int, name: str, arguments: tuple[Node, ...], above: tuple[Above, ...]
    ) -> None:
        self.text, self.start, self.end = text, start, end
        self.name = name
        self.arguments = arguments
        self.above = above


class Unary(Node):
    """``!of`` or ``-of``."""

    def __init__(self, text: str, start: int, end: int, operator: str, of: Node) -> None:
        self.text, self.start, self.end = text, start, end
        self.operator = operator
        self.of = of


class Binary(Node):
    """``left operator right``."""

    def __init__(self, text: str, start: int, end: int, operator: str, left: Node, right: Node) -> None:  # noqa: PLR0917 - as in the text
        self.text, self.start, self.end = text, start, end
        self.operator = operator
        self.left = left
        self.right = right

    @property
    def level(self) -> int:
        """The precedence of the operator."""
        return PRECEDENCES[self.operator]


class Conditional(Node):
    """``condition ? yes : no``."""

    def __init__(self, text: str, start: int, end: int, condition: Node, yes: Node, no: Node) -> None:  # noqa: PLR0917 - as in the text
        self.text, self.start, self.end = text, start, end
        self.condition = condition
        self.yes = yes
        self.no = no


class Tuple(Node):
    """``[items]``."""

    def __init__(self, text: str, start: int, end: int, items: tuple[Node, ...], above: tuple[Above, ...]) -> None:
        self.text, self.start, self.end = text, start, end
        self.items = items
        self.above = above


class Entry(Node):
    """``key = value`` of an object; the key is a name or an expression."""

    def __init__(self, text: str, start: int, end: int, key: "str | Node", value: Node) -> None:
        self.text, self.start, self.end = text, start, end
        self.key = key
        self.value = value


class Object(Node):
    """``{ entries }``."""

    def __init__(self, text: str, start: int, end: int, entries: tuple[Entry, ...], above: tuple[Above, ...]) -> None:
        self.text, self.start, self.end = text, start, end
        self.entries = entries
        self.above = above


class For(Node):
    """``[for names in collection : value if condition]``, or with braces and a key; ``value...`` groups by key."""

    def __init__(  # noqa: PLR0917 - in the order of the text
        self,
        text: str,
        start: int,
        end: int,
        names: tuple[str, ...],
        collection: Node,
        key: Node | None,
        value: Node,
        condition: Node | None,
        groups: bool,  # noqa: FBT001 - whether `...` is there
    ) -> None:
        self.text, self.start, self.end = text, start, end
        self.names = names
        self.collection = collection
        self.key = key
        self.value = value
        self.condition = condition
        self.groups = groups


class Parentheses(Node):
    """``(of)``."""

    def __init__(self, text: str, start: int, end: int, of: Node) -> None:
        self.text, self.start, self.end = text, start, end
        self.of = of


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
