"""Where two terms differ, as far within them as they are alike."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from generator.compare.terms.plain import plain
from generator.compare.terms.term import BLOCK, CALL, IF, LIST, LOOP, OBJECT, Term, entries

Difference = tuple[tuple[str, ...], Term | None, Term | None]
"""The names on the way there, and what stands there in each version; ``None`` is nothing."""

_OBJECTS: Final = (OBJECT, BLOCK)
_LIKE: Final = 0.3


def differences(old: Term, new: Term, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Yield the differences of two terms that are known to differ.

    There may be very many of them if parts of the terms stand in several places.
    """
    if plain(old) is plain(new):
        return
    inner = _within(old, new, path)
    first = next(inner, None)
    if first is None:
        yield path, old, new
    else:
        yield first
        yield from inner


def _within(old: Term, new: Term, path: tuple[str, ...]) -> Iterator[Difference]:
    if old.kind in _OBJECTS and new.kind in _OBJECTS:
        yield from _entries(old, new, path)
    elif old.kind == new.kind == LOOP:
        if old.data == new.data and all(old.parts[index] is new.parts[index] for index in (0, 1, 3)):
            yield from differences(old.parts[2], new.parts[2], path)
    elif _blocks(old) and _blocks(new):
        yield from _items(_parts(old), _parts(new), path)
    elif old.kind == new.kind == IF and old.parts[0] is new.parts[0]:
        for one, other in zip(old.parts[1:], new.parts[1:], strict=True):
            yield from differences(one, other, path)
    elif old.kind == new.kind == CALL and old.data == new.data == "merge" and len(old.parts) == len(new.parts):
        for one, other in zip(old.parts, new.parts, strict=True):
            yield from differences(one, other, path)


def _entries(old: Term, new: Term, path: tuple[str, ...]) -> Iterator[Difference]:
    was, now = ({str(key.data): value for key, value in entries(of).items()} for of in (old, new))
    for name in sorted(was.keys() | now.keys()):
        one, other = was.get(name), now.get(name)
        if one is not None and other is not None:
            yield from differences(one, other, (*path, name))
        else:
            yield (*path, name), one, other


def _blocks(of: Term) -> bool:
    """Return whether a term is one or several nested blocks, or a list of objects."""
    return bool(_parts(of)) and all(_is_block(part) for part in _parts(of))


def _is_block(of: Term) -> bool:
    return of.kind in _OBJECTS or (of.kind == LOOP and of.parts[2].kind in _OBJECTS)


def _parts(of: Term) -> list[Term]:
    if of.kind == CALL and of.data in ("concat", "blocks"):
        # A call within the call is one that is too large for one form
        return [one for part in of.parts for one in ([part] if part.kind == CALL else _parts(part))]
    return list(of.parts) if of.kind == LIST else [of] if of.kind == LOOP else []


def _items(old: Sequence[Term], new: Sequence[Term], path: tuple[str, ...]) -> Iterator[Difference]:
    """Yield the differences of blocks, matched by what is in them."""
    left, come = list(old), list(new)
    for one in old:
        same = next((other for other in come if plain(other) is plain(one)), None)
        if same is not None:
            left.remove(one)
            come.remove(same)
    for one in list(left):
        best = max(come, key=partial(likeness, one), default=None)
        if best is not None and (likeness(one, best) >= _LIKE or len(left) == len(come) == 1):
            left.remove(one)
            come.remove(best)
            yield from differences(one, best, path)
    for one in left:
        yield path, one, None
    for other in come:
        yield path, None, other


def likeness(one: Term, other: Term) -> float:
    """Return which part of the arguments of two blocks are the same."""
    first, second = (set(entries(_content(of)).items()) for of in (one, other))
    return len(first & second) / max(len(first | second), 1)


def _content(of: Term) -> Term:
    return of.parts[2] if of.kind == LOOP else of
