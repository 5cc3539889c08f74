"""HCL expressions as trees: the kinds of nodes, and the parser.

Every node holds the text that it was read from, and its position in that text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Final, dataclass_transform

_TOKEN: Final = re.compile(
    r"(?:\s+|#[^\n]*)*(?:([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)|(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)"
    r"|(=>|==|!=|<=|>=|&&|\|\||\.\.\.|[-+*/%<>!?:=.,()\[\]{}\"]))?"
)
_END, _NAME, _NUMBER, _OPERATOR = 0, 1, 2, 3
"""Kinds of tokens. A name is a reference with its attributes, such as ``var.name``, or a single name."""
_TEXT: Final = re.compile(r'(?:[^"\\$%]|\\.|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*', re.DOTALL)
_WORDS: Final = {"true": True, "false": False, "null": None}
_BINARY: Final = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
}  # fmt: skip
UNARY: Final = 7
ATOM: Final = 8
"""Precedences of nodes that are not binary operators; that of a conditional expression is 0."""

Above = tuple[str, ...]
"""The comments and blank lines above an item of a collection, one string for each line."""


class HclError(ValueError):
    """The text is not an expression, or it uses syntax that the templates of the module do not use."""


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
        return _BINARY[self.operator]


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
    """``[for names in collection : value if condition]``, or with braces and a key."""

    names: tuple[str, ...]
    collection: Node
    key: Node | None
    value: Node
    condition: Node | None


class Parentheses(Node):
    """``(of)``."""

    of: Node


@cache
def parse(text: str) -> Node:
    """Return the tree of an expression.

    Raises:
        HclError: the text is not exactly one expression, or contains a heredoc or a template directive.
    """
    parser = _Parser(text)
    node = parser.expression()
    if parser.kind != _END:
        raise HclError(f"the expression does not end before {text[parser.start :][:40]!r}")
    return node


def unescaped(text: str) -> str:
    """Return the value of a string without interpolations from the text between its quotes."""
    if "\\" in text:
        escapes = {"n": "\n", "r": "\r", "t": "\t"}
        text = re.sub(
            r"\\u([0-9a-fA-F]{4})|\\(.)", lambda m: chr(int(m[1], 16)) if m[1] else escapes.get(m[2], m[2]), text
        )
    return text.replace("$${", "${").replace("%%{", "%{")


class _Parser:
    """The current token is ``text[start:end]``, and the one before it ends at ``before``.

    ``joined`` is true if the token follows the one before it without a space.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.kind = _END
        self.word = ""
        self.start = self.end = self.before = 0
        self.joined = True
        self._advance()

    def _advance(self) -> None:
        self.before = self.end
        match = _TOKEN.match(self.text, self.end)
        assert match  # noqa: S101 - it matches nothing at least
        self.kind = kind = match.lastindex or _END
        self.start, self.end = match.span(kind) if kind else (match.end(), match.end())
        self.word = match[kind] if kind else ""
        self.joined = self.start == self.before
        if kind == _END and self.end < len(self.text):
            raise HclError(f"unexpected {self.text[self.end :][:40]!r}")

    def _above(self) -> Above:
        """Return the comments and blank lines between the last token and this one."""
        between = self.text[self.before : self.start]
        return tuple(line.strip() for line in between.split("\n")[1:-1]) if between.count("\n") > 1 else ()

    def _take(self, word: str) -> None:
        if self.word != word:
            raise HclError(f"{word!r} expected instead of {self.text[self.start :][:40]!r}")
        self._advance()

    def _name(self) -> str:
        if self.kind != _NAME or "." in self.word:
            raise HclError(f"a name expected instead of {self.text[self.start :][:40]!r}")
        name = self.word
        self._advance()
        return name

    def _attributes(self, node: Node, names: Iterable[str], start: int, end: int) -> Node:
        for name in names:
            end += len(name) + 1
            node = Attribute(self.text, start, end, node, name)
        return node

    def expression(self) -> Node:
        start = self.start
        condition = self._binary(1)
        if self.word != "?":
            return condition
        self._advance()
        yes = self.expression()
        self._take(":")
        no = self.expression()
        return Conditional(self.text, start, self.before, condition, yes, no)

    def _binary(self, lowest: int) -> Node:
        start = self.start
        left = self._unary()
        while self.kind == _OPERATOR and _BINARY.get(self.word, 0) >= lowest:
            operator = self.word
            self._advance()
            right = self._binary(_BINARY[operator] + 1)
            left = Binary(self.text, start, self.before, operator, left, right)
        return left

    def _unary(self) -> Node:
        start = self.start
        if self.word in ("!", "-"):
            operator = self.word
            self._advance()
            of = self._unary()
            return Unary(self.text, start, self.before, operator, of)
        node = self._primary()
        while self.joined and self.word in (".", "["):
            node = self._postfix(node, start)
        return node

    def _postfix(self, node: Node, start: int) -> Node:
        if self.word == ".":
            self._advance()
            end, names = self.start - 1, self.word.split(".")
            self._advance()
            return self._attributes(node, names, start, end)
        self._advance()
        if self.word != "*":
            key = self.expression()
            self._take("]")
            return Index(self.text, start, self.before, node, key)
        self._advance()
        self._take("]")
        names = []
        if self.word == "." and self.joined:
            self._advance()
            names = self.word.split(".")
            self._advance()
        return Splat(self.text, start, self.before, node, tuple(names))

    def _primary(self) -> Node:
        start, kind, word = self.start, self.kind, self.word
        if kind == _NAME:
            return self._named()
        if word == '"':
            return self._template()
        self._advance()
        if kind == _NUMBER:
            return Literal(self.text, start, self.before, int(word) if word.isdigit() else float(word))
        if word == "(":
            inside = self.expression()
            self._take(")")
            return Parentheses(self.text, start, self.before, inside)
        if word in ("[", "{"):
            return self._collection(start, "]" if word == "[" else "}")
        raise HclError(f"an expression expected instead of {self.text[start:][:40]!r}")

    def _named(self) -> Node:
        start, word = self.start, self.word
        self._advance()
        if word in _WORDS:
            return Literal(self.text, start, self.before, _WORDS[word])
        if self.word == "(" and self.joined:
            self._advance()
            arguments, above = [], []
            while self.word != ")":
                above.append(self._above())
                arguments.append(self.expression())
                if self.word != ")":
                    self._take(",")
            self._advance()
            return Call(self.text, start, self.before, word, tuple(arguments), tuple(above))
        name, *names = word.split(".")
        end = start + len(name)
        return self._attributes(Root(self.text, start, end, name), names, start, end)

    def _template(self) -> Node:
        start, position = self.start, self.end
        parts: list[str | Node] = []
        while True:
            match = _TEXT.match(self.text, position)
            if match and match[0]:
                parts.append(match[0])
                position = match.end()
            if self.text.startswith("${", position):
                self.end = position + 2
                self._advance()
                parts.append(self.expression())
                if self.word != "}":
                    raise HclError(f"'}}' expected instead of {self.text[self.start :][:40]!r}")
                position = self.end
            elif self.text.startswith('"', position):
                self.end = position + 1
                self._advance()
                return Template(self.text, start, self.before, tuple(parts))
            else:
                raise HclError(f"unexpected {self.text[position:][:40]!r}")

    def _collection(self, start: int, closing: str) -> Node:
        if self.word == "for":
            return self._for(start, closing)
        items: list[Node] = []
        above = []
        while self.word != closing:
            above.append(self._above())
            items.append(self.expression() if closing == "]" else self._entry())
            if self.word == ",":
                self._advance()
        self._advance()
        if closing == "]":
            return Tuple(self.text, start, self.before, tuple(items), tuple(above))
        entries = tuple(item for item in items if isinstance(item, Entry))
        return Object(self.text, start, self.before, entries, tuple(above))

    def _entry(self) -> Entry:
        start = self.start
        key: str | Node
        if self.kind == _NAME:
            key = self._name()
        else:
            node = self._primary()
            plain = isinstance(node, Template) and all(isinstance(part, str) for part in node.parts)
            key = unescaped(node.source[1:-1]) if plain else node
        self._take("=")
        value = self.expression()
        return Entry(self.text, start, self.before, key, value)

    def _for(self, start: int, closing: str) -> Node:
        self._advance()
        names = [self._name()]
        if self.word == ",":
            self._advance()
            names.append(self._name())
        self._take("in")
        collection = self.expression()
        self._take(":")
        key, value = None, self.expression()
        if closing == "}":
            self._take("=>")
            key, value = value, self.expression()
        condition = None
        if self.word == "if":
            self._advance()
            condition = self.expression()
        self._take(closing)
        return For(self.text, start, self.before, tuple(names), collection, key, value, condition)
