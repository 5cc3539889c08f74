"""Expressions as terms: immutable, shared, and equal only if they are the same object.

A term knows nothing of layout, comments, parentheses, the order of keys or the names of locals and loop variables: what
a loop goes through stands in the term of its element. :mod:`build` makes terms of text, :mod:`simplify` brings them
into one form.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from weakref import WeakValueDictionary

CONST: Final = "const"  # data: the value
VARIABLE: Final = "variable"  # data: its name
REFERENCE: Final = "reference"  # data: an address, such as aws_sqs_queue.this, data.aws_region.current, module.vpc
INSTANCE: Final = "instance"  # data: an address; parts: the key of the instance
GET: Final = "get"  # parts: object, key
ELEMENT: Final = "element"  # data: how deep the loop is nested; parts: what the loop goes through
KEY: Final = "key"  # as ELEMENT
LIST: Final = "list"  # parts: items
OBJECT: Final = "object"  # parts: key, value, key, value ...; keys that are constants are sorted
LOOP: Final = "loop"  # data: depth, kind; parts: collection, key or NULL, value, condition
SPLAT: Final = "splat"  # data: depth; parts: collection, value
TEMPLATE: Final = "template"  # parts: texts as constants, and what is put between them
CALL: Final = "call"  # data: name
EXPANSION: Final = "expansion"  # parts: the list that is the rest of the arguments
OPERATOR: Final = "operator"  # data: the operator
IF: Final = "if"  # parts: condition, then, else
CONVERSION: Final = "conversion"  # data: the text of a type constraint; parts: what is converted to it
BLOCK: Final = "block"  # an OBJECT that is a nested block
FAILURE: Final = "failure"  # an expression that Terraform cannot evaluate
OPAQUE: Final = "opaque"  # data: the text of what cannot be read

COUNT_INDEX: Final = "count.index"

LARGEST: Final = 10_000
"""Size up to which a term is evaluated, looked into or brought into one form: values that double one another are soon
larger. The limit changed no verdict on the releases on which ``docs/releases.md`` reports."""

_CHARACTERS: Final = 16
"""Characters of a text that take about as long as a term of their own."""


class Term:
    """One node. Made by :func:`term` and its like only.

    ``size`` is of how many terms it would consist, about, if each part were there as often as it stands in it.
    ``variables`` are the names of the variables that it mentions, ``addresses`` those of resources, data sources and
    modules. ``bound`` is whether its value depends on the loops around it, and on those around its module.
    """

    __slots__ = ("__weakref__", "addresses", "bound", "data", "kind", "parts", "rank", "size", "variables")

    def __init__(self, kind: str, data: Any, parts: tuple["Term", ...]) -> None:  # noqa: ANN401 - a constant's value
        self.kind = kind
        self.data = data
        self.parts = parts
        # Gives terms an order that two versions of a module share
        self.rank = next(_RANKS)
        length = len(data) if isinstance(data, str) else 0
        self.size: int = 1 + length // _CHARACTERS + sum(part.size for part in parts)
        self.variables: frozenset[str] = _joined([part.variables for part in parts], data if kind == VARIABLE else None)
        address = data if kind in (REFERENCE, INSTANCE) else None
        self.addresses: frozenset[str] = _joined([part.addresses for part in parts], address)
        self.bound: bool = (
            kind in (ELEMENT, KEY)
            or (address is not None and (address == COUNT_INDEX or address.startswith("module.")))
            or any(part.bound for part in parts)
        )

    def __repr__(self) -> str:
        return f"<{self.kind} {self.data!r} {list(self.parts)!r}>"


def _joined(sets: Iterable[frozenset[str]], own: str | None) -> frozenset[str]:
    """Return a set of all names, which terms share if they can."""
    found = {one for one in sets if one}
    if own is None and len(found) <= 1:
        return next(iter(found), _NO_NAMES)
    return frozenset().union(*found, () if own is None else (own,))


_NO_NAMES: Final[frozenset[str]] = frozenset()

# Terms that nothing uses any more go; a comparison of many versions would otherwise keep those of all of them
_POOL: WeakValueDictionary[tuple[object, ...], Term] = WeakValueDictionary()
_RANKS: Final = itertools.count()


def term(kind: str, data: Any = None, *parts: Term) -> Term:  # noqa: ANN401
    """Return the one term of this kind with this data and these parts."""
    key = (kind, type(data), data, *parts)
    found = _POOL.get(key)
    if found is None:
        found = _POOL[key] = Term(kind, data, parts)
    return found


def const(value: Any) -> Term:  # noqa: ANN401 - str, bool, int, float or None
    """Return a constant; a whole number is an integer however it is written."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return term(CONST, value)


NULL: Final = const(None)
TRUE: Final = const(value=True)
FALSE: Final = const(value=False)
FAILED: Final = term(FAILURE)
EMPTY: Final = term(LIST)
TIMEOUTS: Final = const("timeouts")
"""The name of the block that decides how long Terraform waits, and nothing about what is deployed."""


def list_of(*items: Term) -> Term:
    """Return a list, set or tuple of the items."""
    return term(LIST, None, *items)


def object_of(entries: dict[Term, Term], *, block: bool = False) -> Term:
    """Return an object, or a nested block, of keys and values."""
    ordered = sorted(entries.items(), key=lambda entry: (entry[0].kind, str(entry[0].data)))
    return term(BLOCK if block else OBJECT, None, *(part for entry in ordered for part in entry))


def entries(of: Term) -> dict[Term, Term]:
    """Return the keys and values of an object."""
    return dict(zip(of.parts[::2], of.parts[1::2], strict=True))


def value_at(of: Term, key: Term) -> Term | None:
    """Return what stands at a key of an object, ``None`` if the object does not have the key."""
    keys = of.parts[::2]
    return of.parts[2 * keys.index(key) + 1] if key in keys else None


def call(name: str, *arguments: Term) -> Term:
    """Return the call of a function."""
    return term(CALL, name, *arguments)


def get(of: Term, *keys: str | int) -> Term:
    """Return what stands at a path within a value."""
    for key in keys:
        of = term(GET, None, of, const(key))
    return of


def is_const(of: Term, *kinds: type) -> bool:
    """Return whether a term is a constant, of one of the types if there are any."""
    return of.kind == CONST and (not kinds or type(of.data) in kinds)


def is_known(of: Term) -> bool:
    """Return whether a term is a value: a constant, or a list or an object of nothing else, that is not too large."""
    if of.kind == CONST:
        return True
    return of.kind in (LIST, OBJECT, BLOCK) and of.size <= LARGEST and all(is_known(part) for part in of.parts)


def is_opaque(of: Term) -> bool:
    """Return whether a part of a term could not be read."""
    return any(one.kind == OPAQUE for one in walk(of))


def value_of(of: Term) -> Any:  # noqa: ANN401
    """Return the value of a term that is known, as Python has it."""
    if of.kind == CONST:
        return of.data
    if of.kind == LIST:
        return [value_of(part) for part in of.parts]
    return {str(key.data): value_of(value) for key, value in entries(of).items()}


def of_value(value: Any) -> Term:  # noqa: ANN401
    """Return the term of a value, as Python has it."""
    if isinstance(value, dict):
        return object_of({const(str(key)): of_value(inner) for key, inner in value.items()})
    if isinstance(value, (list, tuple)):
        return list_of(*map(of_value, value))
    return const(value)


def substitute(of: Term, values: Mapping[Term, Term]) -> Term:
    """Return a term with some of its parts replaced."""
    if not values:
        return of
    done: dict[Term, Term] = dict(values)
    bound = all(one.bound for one in values)

    def replaced(one: Term) -> Term:
        found = one if bound and not one.bound else done.get(one)
        if found is None:
            found = term(one.kind, one.data, *map(replaced, one.parts)) if one.parts else one
            done[one] = found
        return found

    return replaced(of)


def walk(of: Term, mentioning: str | None = None) -> Iterator[Term]:
    """Yield a term and all of its parts, each once; only those that mention a variable, if one is named."""
    seen, waiting = {of}, [of]
    while waiting:
        one = waiting.pop()
        if mentioning is not None and mentioning not in one.variables:
            continue
        yield one
        for part in one.parts:
            if part not in seen:
                seen.add(part)
                waiting.append(part)
