"""The parser of HCL expressions."""

import math
import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from generator.hcl.directives import Sequence, folded, trimmed
from generator.hcl.expressions import (
    PRECEDENCES,
    Above,
    Attribute,
    Binary,
    Call,
    Conditional,
    Entry,
    Expansion,
    For,
    HclError,
    Index,
    Literal,
    Node,
    Object,
    Parentheses,
    Root,
    Splat,
    Template,
    Tuple,
    Unary,
    parts,
    unescaped,
)
from generator.parsing import MAX_DEPTH, MAX_DIGITS

_TOKEN: Final = re.compile(
    r"\s*+(?:(?:#|//)[^\n]*+\s*+|/\*(?s:.*?)\*/\s*+)*+(?:([^\W\d][\w-]*+(?:(?:\.|::)[^\W\d][\w-]*+)*+)"
    r"|(\d++(?:\.\d++)?(?:[eE][-+]?\d++)?)"
    r'|("[^"\\$%]*+")'
    r"|(<<-?[^\W\d][\w-]*[ \t]*\r?\n)|(=>|==|!=|<=|>=|&&|\|\||\.\.\.|[-+*/%<>!?:=.,()\[\]{}\"~]))?"
)
_END, _NAME, _NUMBER, _STRING, _HEREDOC, _OPERATOR = range(6)
"""Kinds of tokens. A name is a reference with its attributes, such as ``var.name``, or a single name. A string has no
escapes and no interpolations; where there may be some, the token is the first quote, an operator."""
_NAMED_INDEX: Final = re.compile(r'\["([^\W\d][\w-]*)"\]')
_INDEX: Final = re.compile(r"\d+")
_TEXT: Final = re.compile(r'(?:[^"\\$%]++|\\.|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*', re.DOTALL)
_LEVEL: Final = re.compile(r"[][({!?.*/%+<>=&|-]")
"""Every level of a tree has one of these characters."""
_SMALL: Final = 400
_TOO_DEEP: Final = f"more than {MAX_DEPTH} levels"
_WORDS: Final = {"true": True, "false": False, "null": None}


@cache
def parse(text: str, *, directives: bool = False) -> Node:
    """Return the tree of an expression.

    With ``directives``, those of templates (``%{ if }``, ``%{ for }``) and strip markers are read as the expressions
    that return the same text. The nodes of a template are then not at the place of their text.

    Raises:
        HclError: the text is not exactly one expression, or contains a template directive without ``directives``.
    """
    parser = _Parser(text)
    parser.directives = directives
    try:
        node = parser.expression()
    except RecursionError:
        raise HclError(_TOO_DEEP) from None
    # A tree of which Python can reach every node needs no check, and most are small
    if len(text) > _SMALL and len(_LEVEL.findall(text)) > _SMALL:
        _check_depth(node)
    if parser.kind != _END:
        raise HclError(f"the expression does not end before {text[parser.start :][:40]!r}")
    return node


def _check_depth(node: Node) -> None:
    level = [node]
    for _ in range(MAX_DEPTH):
        level = [inner for one in level for inner in parts(one)]
        if not level:
            return
    raise HclError(_TOO_DEEP)


class _Parser:
    """The current token is ``text[start:end]``, and the one before it ends at ``before``."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.directives = False
        self._go_on(0)

    def _go_on(self, position: int) -> None:
        """Read the tokens from a position on."""
        self.end = position
        self.tokens = _TOKEN.finditer(self.text, position)
        self._advance()

    def _advance(self) -> None:
        """Go to the next token. No token follows that of the end."""
        match = next(self.tokens)
        self.before = self.end
        self.end = end = match.end()
        self.kind = kind = match.lastindex or _END
        self.word = word = match[kind] if kind else ""
        self.start = end - len(word)
        if not kind and end < len(self.text):
            raise HclError(f"unexpected {self.text[end:][:40]!r}")

    def _above(self) -> Above:
        """Return the comments and blank lines between the last token and this one."""
        if self.start < self.before + len("\n\n"):
            return ()
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
        while PRECEDENCES.get(self.word, 0) >= lowest:
            operator = self.word
            self._advance()
            right = self._binary(PRECEDENCES[operator] + 1)
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
        while self.word in (".", "[") and self.start == self.before:
            node = self._postfix(node, start)
        return node

    def _postfix(self, node: Node, start: int) -> Node:
        if self.word == ".":
            return self._member(node, start)
        self._advance()
        if self.word != "*":
            key = self.expression()
            self._take("]")
            return Index(self.text, start, self.before, node, key)
        self._advance()
        self._take("]")
        return self._splat(node, start, full=True)

    def _member(self, node: Node, start: int) -> Node:
        """Read what follows a dot: names, or an index or a splat in the notation of Terraform 0.11."""
        if index := _INDEX.match(self.text, self.end):
            literal = Literal(self.text, index.start(), index.end(), int(index[0]))
            self._go_on(index.end())
            return Index(self.text, start, self.before, node, literal)
        self._advance()
        if self.word == "*":
            self._advance()
            return self._splat(node, start)
        if self.kind != _NAME:
            raise HclError(f"a name expected instead of {self.text[self.start :][:40]!r}")
        end, names = self.start - 1, self.word.split(".")
        self._advance()
        return self._attributes(node, names, start, end)

    def _splat(self, node: Node, start: int, *, full: bool = False) -> Node:
        """Read the names after a splat; after ``[*]``, also names that are written as ``["name"]``."""
        names: list[str] = []
        while self.start == self.before:
            named = _NAMED_INDEX.match(self.text, self.start) if full and self.word == "[" else None
            if named:
                self._go_on(named.end())
                names.append(named[1])
            elif self.word == "." and not _INDEX.match(self.text, self.end):
                self._advance()
                if self.kind != _NAME:
                    raise HclError(f"a name expected instead of {self.text[self.start :][:40]!r}")
                names += self.word.split(".")
                self._advance()
            else:
                break
        return Splat(self.text, start, self.before, node, tuple(names))

    def _primary(self) -> Node:
        start, kind, word = self.start, self.kind, self.word
        if kind == _NAME:
            return self._named()
        if word == '"':
            return self._template()
        if kind == _HEREDOC:
            return self._heredoc()
        if kind in (_NUMBER, _STRING):
            return self._literal()
        if word in ("(", "[", "{"):
            self._advance()
            return self._parentheses(start) if word == "(" else self._collection(start, "]" if word == "[" else "}")
        raise HclError(f"an expression expected instead of {self.text[start:][:40]!r}")

    def _literal(self) -> Node:
        start, kind, word = self.start, self.kind, self.word
        self._advance()
        if kind == _STRING:
            return Template(self.text, start, self.before, (word[1:-1],) if len(word) > len('""') else ())
        if len(word) > MAX_DIGITS or math.isinf(float(word)):
            raise HclError(f"{word[:40]} is too large")
        return Literal(self.text, start, self.before, int(word) if word.isdigit() else float(word))

    def _parentheses(self, start: int) -> Node:
        inside = self.expression()
        self._take(")")
        return Parentheses(self.text, start, self.before, inside)

    def _named(self) -> Node:
        start, word = self.start, self.word
        self._advance()
        if word in _WORDS:
            return Literal(self.text, start, self.before, _WORDS[word])
        if self.word == "(" and self.start == self.before:
            self._advance()
            arguments, above = [], []
            while self.word != ")":
                above.append(self._above())
                arguments.append(self._argument())
                if self.word != ")":
                    self._take(",")
            self._advance()
            return Call(self.text, start, self.before, word, tuple(arguments), tuple(above))
        name, *names = word.split(".")
        end = start + len(name)
        return self._attributes(Root(self.text, start, end, name), names, start, end)

    def _argument(self) -> Node:
        start, argument = self.start, self.expression()
        if self.word != "...":
            return argument
        self._advance()
        return Expansion(self.text, start, self.before, argument)

    def _sequence(self, position: int) -> tuple[Sequence, int]:
        """Return the interpolation or directive that starts at a position, and the position after its end."""
        directive = self.text[position] == "%"
        self._go_on(position + 2)
        before, word, names, node = self._stripped(), "", list[str](), None
        if directive:
            word = self._name()
            if word == "for":
                names.append(self._name())
                if self.word == ",":
                    self._advance()
                    names.append(self._name())
                self._take("in")
        if word not in ("else", "endif", "endfor"):
            node = self.expression()
        after = self._stripped()
        if self.word != "}":
            raise HclError(f"'}}' expected instead of {self.text[self.start :][:40]!r}")
        return Sequence(word, tuple(names), node, before, after), self.end

    def _stripped(self) -> bool:
        if not self.directives or self.word != "~":
            return False
        self._advance()
        return True

    def _template(self) -> Node:
        start = self.start
        items, position = self._items(self.end, _TEXT, len(self.text))
        if not self.text.startswith('"', position):
            raise HclError(f"unexpected {self.text[position:][:40]!r}")
        self._go_on(position + 1)
        parts = folded(trimmed(items, lines=False), lambda: (self.text, start, self.before))
        return Template(self.text, start, self.before, parts)

    def _items(self, position: int, pattern: re.Pattern[str], end: int) -> tuple[list[str | Sequence], int]:
        """Return the texts, interpolations and directives from a position on, and the position after them."""
        items: list[str | Sequence] = []
        while position < end:
            match = pattern.match(self.text, position, end)
            if match and match[0]:
                items.append(match[0])
                position = match.end()
            elif self.text.startswith(("${", "%{") if self.directives else "${", position):
                item, position = self._sequence(position)
                items.append(item)
            else:
                break
        return items, position

    def _heredoc(self) -> Node:
        """Read a heredoc as a template whose texts are escaped as between quotes."""
        from generator.hcl.heredocs import TEXT, as_quoted  # noqa: PLC0415 - the templates of the module have none

        start, flush, mark = self.start, self.word.startswith("<<-"), self.word.strip("<- \t\r\n")
        end = re.compile(rf"^[ \t]*{mark}[ \t]*\r?$", re.MULTILINE).search(self.text, self.end)
        if not end:
            raise HclError(f"the heredoc {mark} has no end")
        items, position = self._items(self.end, TEXT, end.start())
        if position < end.start():
            raise HclError(f"unexpected {self.text[position:][:40]!r}")
        self._go_on(end.end())
        escaped = as_quoted(trimmed(items, lines=True), flush=flush)
        return Template(self.text, start, self.before, folded(escaped, lambda: (self.text, start, self.before)))

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
            # The keys of the argument `providers` are references such as aws.east
            key = self.word
            self._advance()
        else:
            node = self._primary()
            plain = isinstance(node, Template) and all(isinstance(part, str) for part in node.parts)
            key = unescaped(node.source[1:-1]) if plain else node
        self._take(":" if self.word == ":" else "=")
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
        groups = self.word == "..."
        if groups:
            self._advance()
        condition = None
        if self.word == "if":
            self._advance()
            condition = self.expression()
        self._take(closing)
        return For(self.text, start, self.before, tuple(names), collection, key, value, condition, groups)
