"""Reads one HCL expression into a tree whose nodes know where in the text they stand."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

_TOKEN: Final = re.compile(
    r"(?P<space>(?:\s+|#[^\n]*)+)|(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<operator>=>|==|!=|<=|>=|&&|\|\||\.\.\.|[-+*/%<>!?:=.,()\[\]{}\"])"
)
_TEXT: Final = re.compile(r'(?:[^"\\$%]|\\.|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*', re.DOTALL)
_WORDS: Final = {"true": True, "false": False, "null": None}
_BINARY: Final = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
}  # fmt: skip
UNARY: Final = 7
ATOM: Final = 8
"""How closely operators bind; a conditional expression binds with 0."""


class HclError(ValueError):
    """The text is no expression, or holds something that the module's templates do not use."""


@dataclass(eq=False)
class Node:
    """A part of an expression: the text from ``start`` to ``end``."""

    start: int
    end: int


@dataclass(eq=False)
class Literal(Node):
    """A number, ``true``, ``false`` or ``null``."""

    value: float | bool | None


@dataclass(eq=False)
class Template(Node):
    """A string: pieces of text, as they are written, and interpolated expressions."""

    parts: tuple["str | Node", ...]


@dataclass(eq=False)
class Root(Node):
    """The name that a reference begins with."""

    name: str


@dataclass(eq=False)
class Attribute(Node):
    """``of.name``."""

    of: Node
    name: str


@dataclass(eq=False)
class Index(Node):
    """``of[key]``."""

    of: Node
    key: Node


@dataclass(eq=False)
class Splat(Node):
    """``of[*].names``."""

    of: Node
    names: tuple[str, ...]


@dataclass(eq=False)
class Call(Node):
    """``name(arguments)``."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(eq=False)
class Unary(Node):
    """``!of`` or ``-of``."""

    operator: str
    of: Node


@dataclass(eq=False)
class Binary(Node):
    """``left operator right``."""

    operator: str
    left: Node
    right: Node

    @property
    def level(self) -> int:
        """How closely the operator binds."""
        return _BINARY[self.operator]


@dataclass(eq=False)
class Conditional(Node):
    """``condition ? yes : no``."""

    condition: Node
    yes: Node
    no: Node


@dataclass(eq=False)
class Tuple(Node):
    """``[items]``."""

    items: tuple[Node, ...]


@dataclass(eq=False)
class Entry(Node):
    """``key = value`` of an object; the key is a name or an expression."""

    key: "str | Node"
    value: Node


@dataclass(eq=False)
class Object(Node):
    """``{ entries }``."""

    entries: tuple[Entry, ...]


@dataclass(eq=False)
class For(Node):
    """``[for names in collection : value if condition]``, or with braces and a key."""

    names: tuple[str, ...]
    collection: Node
    key: Node | None
    value: Node
    condition: Node | None


@dataclass(eq=False)
class Parentheses(Node):
    """``(of)``."""

    of: Node


@cache
def parse(text: str) -> Node:
    """Return the tree of an expression.

    Raises:
        HclError: the text is not one expression, or holds a heredoc or a template directive.
    """
    parser = _Parser(text)
    node = parser.expression()
    if parser.kind != "end":
        raise HclError(f"not the end of an expression: {text[parser.start :][:40]!r}")
    return node


def unescaped(text: str) -> str:
    """Return what stands between the quotes of a string without interpolations, its escapes resolved."""
    escapes = {"n": "\n", "r": "\r", "t": "\t"}
    text = re.sub(r"\\u([0-9a-fA-F]{4})|\\(.)", lambda m: chr(int(m[1], 16)) if m[1] else escapes.get(m[2], m[2]), text)
    return text.replace("$${", "${").replace("%%{", "%{")


class _Parser:
    """The current token is ``text[start:end]``; ``joined`` tells whether no space stands before it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.kind = ""
        self.word = ""
        self.start = self.end = self.before = 0
        self.joined = True
        self._advance()

    def _advance(self) -> None:
        self.before = position = self.end
        match = _TOKEN.match(self.text, position)
        self.joined = not (match and match.lastgroup == "space")
        if match and match.lastgroup == "space":
            position = match.end()
            match = _TOKEN.match(self.text, position)
        self.start = position
        if not match:
            if position < len(self.text):
                raise HclError(f"unexpected {self.text[position:][:40]!r}")
            self.kind, self.word, self.end = "end", "", position
            return
        self.kind, self.word, self.end = match.lastgroup or "", match[0], match.end()

    def _take(self, word: str) -> None:
        if self.word != word or self.kind == "end":
            raise HclError(f"{word!r} expected at {self.text[self.start :][:40]!r}")
        self._advance()

    def _name(self) -> str:
        if self.kind != "name":
            raise HclError(f"a name expected at {self.text[self.start :][:40]!r}")
        name = self.word
        self._advance()
        return name

    def expression(self) -> Node:
        start = self.start
        condition = self._binary(1)
        if self.word != "?":
            return condition
        self._advance()
        yes = self.expression()
        self._take(":")
        no = self.expression()
        return Conditional(start, self.before, condition, yes, no)

    def _binary(self, lowest: int) -> Node:
        start = self.start
        left = self._unary()
        while self.kind == "operator" and _BINARY.get(self.word, 0) >= lowest:
            operator = self.word
            self._advance()
            right = self._binary(_BINARY[operator] + 1)
            left = Binary(start, self.before, operator, left, right)
        return left

    def _unary(self) -> Node:
        start = self.start
        if self.kind == "operator" and self.word in "!-":
            operator = self.word
            self._advance()
            of = self._unary()
            return Unary(start, self.before, operator, of)
        return self._postfix(self._primary(), start)

    def _postfix(self, node: Node, start: int) -> Node:
        while self.kind == "operator" and self.joined and self.word in ".[":
            if self.word == ".":
                self._advance()
                name = self._name()
                node = Attribute(start, self.before, node, name)
                continue
            self._advance()
            if self.word == "*":
                self._advance()
                self._take("]")
                names = []
                while self.word == "." and self.joined:
                    self._advance()
                    names.append(self._name())
                node = Splat(start, self.before, node, tuple(names))
                continue
            key = self.expression()
            self._take("]")
            node = Index(start, self.before, node, key)
        return node

    def _primary(self) -> Node:
        start, kind, word = self.start, self.kind, self.word
        if kind == "number":
            self._advance()
            return Literal(start, self.before, int(word) if word.isdigit() else float(word))
        if kind == "name":
            return self._named()
        if word == '"':
            return self._template()
        if word == "(":
            self._advance()
            inner = self.expression()
            self._take(")")
            return Parentheses(start, self.before, inner)
        if word in ("[", "{") and kind == "operator":
            return self._collection(word)
        raise HclError(f"an expression expected at {self.text[start:][:40]!r}")

    def _named(self) -> Node:
        start, name = self.start, self.word
        self._advance()
        if name in _WORDS:
            return Literal(start, self.before, _WORDS[name])
        if self.word == "(" and self.joined:
            self._advance()
            arguments = []
            while self.word != ")":
                arguments.append(self.expression())
                if self.word != ")":
                    self._take(",")
            self._advance()
            return Call(start, self.before, name, tuple(arguments))
        return Root(start, self.before, name)

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
                    raise HclError(f"'}}' expected at {self.text[self.start :][:40]!r}")
                position = self.end
            elif self.text.startswith('"', position):
                self.end = position + 1
                self._advance()
                return Template(start, self.before, tuple(parts))
            else:
                raise HclError(f"unexpected {self.text[position:][:40]!r}")

    def _collection(self, opening: str) -> Node:
        start, closing = self.start, "]" if opening == "[" else "}"
        self._advance()
        if self.word == "for" and self.kind == "name":
            return self._for(start, closing)
        items: list[Node] = []
        while self.word != closing:
            items.append(self.expression() if closing == "]" else self._entry())
            if self.word == ",":
                self._advance()
        self._advance()
        if closing == "]":
            return Tuple(start, self.before, tuple(items))
        return Object(start, self.before, tuple(item for item in items if isinstance(item, Entry)))

    def _entry(self) -> Entry:
        start = self.start
        key: str | Node
        if self.kind == "name":
            key = self._name()
        else:
            node = self._primary()
            plain = isinstance(node, Template) and all(isinstance(part, str) for part in node.parts)
            key = unescaped(self.text[node.start + 1 : node.end - 1]) if plain else node
        self._take("=")
        value = self.expression()
        return Entry(start, self.before, key, value)

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
        if self.word == "if" and self.kind == "name":
            self._advance()
            condition = self.expression()
        self._take(closing)
        return For(start, self.before, tuple(names), collection, key, value, condition)
