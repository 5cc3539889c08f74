"""Terms as a provider or a caller sees them, and terms that differ only in what they do about errors."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from generator.compare.terms.term import (
    BLOCK,
    CALL,
    CONST,
    EMPTY,
    LIST,
    NULL,
    OBJECT,
    OPERATOR,
    TIMEOUTS,
    Term,
    const,
    entries,
    list_of,
    object_of,
    term,
)

_UNSET: Final = (NULL, const(""), EMPTY, object_of({}))
"""Values of an argument that providers take for one that is not set."""


_TYPED: Final = frozenset({"contains", "index", "jsonencode", "yamlencode"})
"""Functions for which a number is not as its text."""

_NO_TIMEOUTS: Final = list_of(object_of({}, block=True))


Done = dict[tuple[Term, bool], Term]
"""Terms as a provider sees them, by themselves and by whether types matter where they stand."""


def plain(of: Term, unset: Iterable[Term] = (), done: Done | None = None) -> Term:
    """Return a term as a provider or a caller sees it.

    Numbers and booleans are as their texts, except where their types decide: in a comparison, and in JSON. Attributes
    that are null, and arguments that are empty or one of ``unset``, are as if they were not there. Nested blocks are in
    no order. ``done`` keeps what is found for further calls with the same ``unset``.
    """
    done = {} if done is None else done
    empty = (*_UNSET, *unset)

    def one_of(one: Term, *, typed: bool = False) -> Term:
        found = done.get((one, typed))
        if found is None:
            within = typed or _is_typed(one)
            found = done[one, typed] = _plain(one, partial(one_of, typed=within), empty, typed=typed)
        return found

    return one_of(of)


def _is_typed(of: Term) -> bool:
    """Return whether what a term returns depends on the types of the values within it."""
    return (of.kind == OPERATOR and of.data == "==") or (of.kind == CALL and of.data in _TYPED)


def _plain(of: Term, inner: Callable[[Term], Term], empty: tuple[Term, ...], *, typed: bool) -> Term:
    if of.kind == CONST:
        if typed:
            return of
        if isinstance(of.data, bool):
            return const(str(of.data).lower())
        return const(str(of.data)) if isinstance(of.data, (int, float)) else of
    if of.kind in (OBJECT, BLOCK):
        unset = empty if of.kind == BLOCK else (NULL,)
        named = {inner(key): inner(value) for key, value in entries(of).items() if value not in unset}
        if named.get(TIMEOUTS) is _NO_TIMEOUTS:
            del named[TIMEOUTS]
        return object_of(named, block=of.kind == BLOCK)
    parts = [inner(part) for part in of.parts]
    if of.kind == LIST and parts and all(part.kind == BLOCK for part in parts):
        parts.sort(key=lambda part: part.rank)
    return term(of.kind, of.data, *parts) if of.parts else of


def blocks_in_order(of: Term) -> list[Term]:
    """Return the nested blocks of an object in their order, for those of which it counts."""
    return [plain(block) for one in of.parts if one.kind == LIST for block in one.parts]


def adds_fallback(old: Term, new: Term) -> bool:
    """Return whether a term is another one with values for the case that something cannot be evaluated."""
    done: dict[tuple[Term, Term], bool] = {}

    def adds(one: Term, other: Term) -> bool:
        if one is other:
            return True
        if (one, other) not in done:
            done[one, other] = False
            tries = other.kind == CALL and other.data == "try"
            alike = (one.kind, one.data) == (other.kind, other.data) and bool(one.parts)
            complete = len(one.parts) <= len(other.parts) if tries else len(one.parts) == len(other.parts)
            done[one, other] = (tries and adds(one, other.parts[0])) or (
                alike and complete and all(map(adds, one.parts, other.parts))
            )
        return done[one, other]

    return adds(old, new)
