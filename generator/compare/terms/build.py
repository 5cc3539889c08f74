"""Makes terms of the text of expressions."""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Protocol

from generator.compare.terms.term import (
    ELEMENT,
    EXPANSION,
    GET,
    IF,
    KEY,
    LOOP,
    NULL,
    OPAQUE,
    OPERATOR,
    REFERENCE,
    SPLAT,
    TEMPLATE,
    TRUE,
    VARIABLE,
    Term,
    call,
    const,
    get,
    is_const,
    list_of,
    object_of,
    term,
)
from generator.hcl.expressions import (
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
    unescaped,
)
from generator.hcl.parser import parse

_REFERENCE: Final = re.compile(r"(?<![\w.-])(?:data\.)?[a-z]\w*\.[\w.-]+")
_TYPE: Final = re.compile(r"[a-z][a-z0-9]*_\w+|terraform_data")
_WITHIN_TEMPLATE: Final = 1_000
"""Depth of the loops of a template, below which loops of a module are not nested."""
_ROOTS: Final = frozenset({"path", "terraform", "count", "self", "ephemeral"})


class Scope(Protocol):
    """What the names in a module stand for."""

    def local(self, name: str) -> Term:
        """Return what a local stands for."""

    def variable(self, name: str) -> Term:
        """Return what a variable stands for."""

    def reference(self, address: str) -> Term:
        """Return what the address of a resource, a data source or a called module stands for."""


class Unbound:
    """The scope of an expression that stands outside of a module: names stand for themselves."""

    def local(self, name: str) -> Term:
        """Return a reference."""
        return term(REFERENCE, f"local.{name}")

    def variable(self, name: str) -> Term:
        """Return a variable."""
        return term(VARIABLE, name)

    def reference(self, address: str) -> Term:
        """Return a reference."""
        return term(REFERENCE, address)


@dataclass(frozen=True)
class Loops:
    """The names that the loops around an expression bind, and how many there are."""

    names: Mapping[str, Term] = field(default_factory=dict)
    depth: int = 0

    def bind(self, collection: Term, *, value: str = "", key: str = "", both: str = "") -> "Loops":
        """Return the loops with one more within them.

        ``both`` is the name of an object with ``key`` and ``value``, such as ``each`` or the iterator of a ``dynamic``
        block.
        """
        element, index = term(ELEMENT, self.depth, collection), term(KEY, self.depth, collection)
        names = dict(self.names)
        if both:
            names[both] = object_of({const("key"): index, const("value"): element})
        if value:
            names[value] = element
        if key:
            names[key] = index
        return Loops(names, self.depth + 1)


def build(text: str, scope: Scope, loops: Loops | None = None) -> Term:
    """Return the term of an expression; one that cannot be read is opaque, and mentions what it refers to."""
    try:
        node = _parsed(text)
    except HclError:
        plain = " ".join(text.split())
        return term(OPAQUE, plain, *(_mention(name, scope) for name in sorted(set(_REFERENCE.findall(plain)))))
    return _Builder(scope, loops or Loops()).of(node)


_parsed: Final = partial(parse, directives=True)


def build_template(text: str, values: Mapping[str, Term]) -> Term | None:
    """Return the term of a template with the values of its names, ``None`` if it cannot be read.

    A template is as the text of a heredoc, which always ends with a line break.
    """
    ending = "" if text.endswith("\n") else "\n"
    mark = next(mark for number in itertools.count() if (mark := f"END{number}") not in text)
    try:
        node = _parsed(f"<<{mark}\n{text}{ending}{mark}\n")
    except HclError:
        return None
    # The loops of a template are not those around the values
    found = _Builder(Unbound(), Loops(values, _WITHIN_TEMPLATE)).of(node)
    if not ending:
        return found
    *parts, last = found.parts if found.kind == TEMPLATE else (found,)
    shortened = [*parts, const(last.data[:-1])]
    return term(TEMPLATE, None, *shortened) if parts else shortened[0]


def _mention(name: str, scope: Scope) -> Term:
    first, second, *_ = name.split(".")
    if first == "var":
        return scope.variable(second)
    if first == "local":
        return scope.local(second)
    return scope.reference(".".join(name.split(".")[: 3 if first == "data" else 2]))


@dataclass
class _Builder:
    scope: Scope
    loops: Loops

    def of(self, node: Node) -> Term:  # noqa: C901, PLR0911, PLR0912 - one case a kind of node
        match node:
            case Parentheses() as inner:
                return self.of(inner.of)
            case Literal():
                return const(node.value)
            case Root() | Attribute() | Index():
                return self._path(node)
            case Template():
                return self._template(node)
            case Splat():
                return self._splat(self.of(node.of), node.names)
            case Call():
                arguments = [self.of(argument) for argument in node.arguments]
                return call(node.name, *arguments)
            case Expansion():
                return term(EXPANSION, None, self.of(node.of))
            case Unary():
                return self._unary(node)
            case Binary():
                return term(OPERATOR, node.operator, self.of(node.left), self.of(node.right))
            case Conditional():
                return term(IF, None, self.of(node.condition), self.of(node.yes), self.of(node.no))
            case Tuple():
                return list_of(*(self.of(item) for item in node.items))
            case Object():
                return object_of({self._key(entry): self.of(entry.value) for entry in node.entries})
            case For():
                return self._loop(node)
            case _:
                raise HclError(f"unexpected {type(node).__name__}")

    def _unary(self, node: Unary) -> Term:
        of = self.of(node.of)
        if node.operator == "-":
            return const(-of.data) if is_const(of, int, float) else term(OPERATOR, "-", const(0), of)
        return term(OPERATOR, "!", of)

    def _template(self, node: Template) -> Term:
        parts = [const(unescaped(part)) if isinstance(part, str) else self.of(part) for part in node.parts]
        if not parts:
            return const("")
        if len(parts) == 1 and (isinstance(node.parts[0], str) or not is_const(parts[0])):
            return parts[0]
        return term(TEMPLATE, None, *parts)

    def _key(self, entry: Entry) -> Term:
        return const(entry.key) if isinstance(entry.key, str) else self.of(entry.key)

    def _splat(self, of: Term, names: tuple[str, ...]) -> Term:
        depth = self.loops.depth
        return term(SPLAT, depth, of, get(term(ELEMENT, depth, of), *names))

    def _loop(self, node: For) -> Term:
        collection = self.of(node.collection)
        names = node.names
        bound = self.loops.bind(collection, value=names[-1], key=names[0] if len(names) > 1 else "")
        inner = replace(self, loops=bound)
        key = inner.of(node.key) if node.key else NULL
        kind = "groups" if node.groups else "object" if node.key else "list"
        value, condition = inner.of(node.value), inner.of(node.condition) if node.condition else TRUE
        return term(LOOP, (self.loops.depth, kind), collection, key, value, condition)

    # --- references ---------------------------------------------------------------------------------------------------

    def _path(self, node: Node) -> Term:  # noqa: PLR0911 - one case a line
        """Return what a reference stands for, with the attributes and indexes after it."""
        keys: list[Term] = []
        while isinstance(node, (Attribute, Index)):
            keys.append(const(node.name) if isinstance(node, Attribute) else self.of(node.key))
            node = node.of
        keys.reverse()
        if not isinstance(node, Root):
            return self._within(self.of(node), keys)
        if node.name in self.loops.names:
            return self._within(self.loops.names[node.name], keys)
        named = [str(key.data) for key in keys if is_const(key, str)]
        first, second = node.name, named[0] if named else ""
        if first == "var" and second:
            return self._within(self.scope.variable(second), keys[1:])
        if first == "local" and second:
            return self._within(self.scope.local(second), keys[1:])
        if first == "data" and len(named) > 1:
            return self._within(self.scope.reference(f"data.{named[0]}.{named[1]}"), keys[2:])
        if first == "ephemeral" and len(named) > 1:
            return self._within(self.scope.reference(f"ephemeral.{named[0]}.{named[1]}"), keys[2:])
        if second and (first == "module" or _TYPE.fullmatch(first)):
            return self._within(self.scope.reference(f"{first}.{second}"), keys[1:])
        if second and first in _ROOTS:
            return self._within(self.scope.reference(f"{first}.{second}"), keys[1:])
        return self._within(term(REFERENCE, first), keys)

    def _within(self, of: Term, keys: list[Term]) -> Term:
        for key in keys:
            of = term(GET, None, of, key)
        return of
