"""Brings terms into one form, with the values of some of their parts known."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from generator.compare.terms import calls, operators, types
from generator.compare.terms.known import failing, iterated, source, type_of
from generator.compare.terms.term import (
    BLOCK,
    CONST,
    COUNT_INDEX,
    ELEMENT,
    EMPTY,
    FAILED,
    FALSE,
    GET,
    INSTANCE,
    KEY,
    LIST,
    LOOP,
    NULL,
    OBJECT,
    REFERENCE,
    SPLAT,
    TEMPLATE,
    TRUE,
    Term,
    const,
    entries,
    get,
    is_const,
    list_of,
    object_of,
    substitute,
    term,
    value_at,
    walk,
)
from generator.compare.terms.world import COUNT, FOR_EACH, SINGLE, World

MANY: Final = 64
"""Most instances of a resource, and most rounds of a loop, that are looked at one by one."""

_ALIKE: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_region": {"name": "region", "id": "region"},
    "aws_partition": {"id": "partition"},
    "aws_caller_identity": {"id": "account_id"},
}
"""Attributes of data sources that have the same value; data sources of these types are all the same."""


class Simplifier:
    """Simplifies the terms of one module, given the values of some.

    ``resolves`` puts the arguments of resources where their attributes are referred to.
    """

    def __init__(
        self,
        world: World,
        values: Mapping[Term, Term] | None = None,
        *,
        resolves: bool = False,
        share: Callable[[Term], "Simplifier | None"] | None = None,
    ) -> None:
        """Take the world of the module, and ``share``, which returns the simplifier that does the same with a term."""
        self.world = world
        self.values = dict(values or {})
        self.resolves = resolves
        self._share = share
        self.markers = 0
        self._done: dict[Term, Term] = {}
        self._open: set[Term] = set()

    def __call__(self, of: Term) -> Term:
        """Return a term in its one form."""
        if of.kind == CONST:
            return of
        found = self._done.get(of)
        if found is None:
            found = self.values.get(of)
            other = self._share(of) if found is None and self._share else None
            if other:
                found = other(of)
            elif found is None:
                rule = getattr(self, f"_{of.kind}", None)
                found = rule(of) if rule else of
            self._done[of] = found
            self._done[found] = found
        return found

    def knowing(self, values: Mapping[Term, Term]) -> "Simplifier":
        """Return a simplifier that knows more."""
        # A term that depends on no loop has the same value within each round of one
        loops = all(one.kind in (ELEMENT, KEY) or one is _INDEX for one in values)
        share = (lambda of: None if of.bound else self) if loops else None
        inner = Simplifier(self.world, {**self.values, **values}, resolves=self.resolves, share=share)
        inner.markers = self.markers
        inner._open = self._open
        return inner

    def all(self, of: Iterable[Term]) -> list[Term]:
        """Return terms in their one form."""
        return [self(one) for one in of]

    # --- references ---------------------------------------------------------------------------------------------------

    def _reference(self, of: Term) -> Term:
        known = self.instances(of)
        return of if known is None else known

    def instances(self, of: Term) -> Term | None:
        """Return what the address of a resource stands for, if it is known how many instances there are."""
        repetition = self.world.repetitions.get(of.data)
        if repetition is None:
            return None
        if repetition.mode == SINGLE or repetition.term is None:
            return term(INSTANCE, of.data, const(0))
        known = self.repetition(of.data)
        if repetition.mode == COUNT and is_const(known, int) and known.data <= MANY:
            return list_of(*(term(INSTANCE, of.data, const(index)) for index in range(known.data)))
        if repetition.mode == FOR_EACH and known in (EMPTY, _NONE):
            return _NONE
        return None

    def repetition(self, address: str) -> Term:
        """Return the ``count`` or ``for_each`` of a resource; 1 if it has neither."""
        repetition = self.world.repetitions.get(address)
        if repetition is None or repetition.term is None:
            return const(1)
        # The count of a resource may depend on another resource, but never on itself
        if repetition.term in self._open:
            return repetition.term
        self._open.add(repetition.term)
        try:
            return self(repetition.term)
        finally:
            self._open.discard(repetition.term)

    def _instance(self, of: Term) -> Term:
        return term(INSTANCE, of.data, *self.all(of.parts))

    def _get(self, of: Term) -> Term:
        inner, key = self(of.parts[0]), self(of.parts[1])
        if inner.kind == BLOCK and value_at(inner, key) is None:
            # What is not set in a block is chosen by the provider
            return term(GET, None, of.parts[0], key)
        return FAILED if FAILED in (inner, key) else self.get(inner, key)

    def get(self, of: Term, key: Term) -> Term:  # noqa: C901, PLR0911, PLR0912 - one case a kind of value
        """Return what stands at a key of a value; both are in their one form."""
        match of.kind:
            case "object" | "block":
                found = value_at(of, key)
                if found is not None:
                    return found
                if of.kind == OBJECT and is_const(key) and all(map(is_const, of.parts[::2])):
                    return FAILED
            case "list":
                index = operators.number(key)
                if index is not None:
                    return of.parts[int(index)] if 0 <= index < len(of.parts) else FAILED
            case "const" | "failure":
                return FAILED
            case "reference":
                return self._get_instance(of, key)
            case "instance" if is_const(key, str):
                return self._get_attribute(of, key)
            case "if":
                condition, yes, no = of.parts
                if {yes.kind, no.kind} & {OBJECT, LIST, CONST}:
                    return operators.conditional(self, condition, self.get(yes, key), self.get(no, key))
            case "splat" | "loop" if is_const(key, int):
                if of.kind == SPLAT or (of.data[1] == "list" and of.parts[3] is TRUE and of.parts[0].kind != OBJECT):
                    return self._get_round(of, key)
            case "call":
                found = calls.get_of_call(self, of, key)
                if found is not None:
                    return found
            case _:
                pass
        if is_const(key, str):
            fresh = self.world.fresh(of, key.data)
            if fresh is not None:
                return fresh
        return term(GET, None, of, key)

    def _get_instance(self, of: Term, key: Term) -> Term:
        repetition = self.world.repetitions.get(of.data)
        if repetition is None:
            return term(GET, None, of, key)
        if repetition.mode == SINGLE:
            return self.get(term(INSTANCE, of.data, const(0)), key)
        known = self.repetition(of.data)
        if repetition.mode == FOR_EACH and known.kind == OBJECT and is_const(key):
            return term(INSTANCE, of.data, key) if key in entries(known) else FAILED
        return term(INSTANCE, of.data, key)

    def _get_attribute(self, of: Term, key: Term) -> Term:
        address, name = of.data, key.data
        kind = address.split("data.")[-1].split(".")[0] if "data." in address else ""
        if kind in _ALIKE and address in self.world.bare:
            alike = get(term(REFERENCE, f"data.{kind}"), _ALIKE[kind].get(name, name))
            return self.values.get(alike, alike)
        argument = self.world.arguments.get(address, {}).get(name)
        if argument is None or not (self.resolves or address in self.world.children):
            return term(GET, None, of, key)
        marked = term(GET, None, of, key)
        if marked in self._open:
            return marked
        self._open.add(marked)
        try:
            value = self.knowing(self._bound(of))(argument)
        finally:
            self._open.discard(marked)
        # What is null in the configuration is chosen by the provider
        return marked if value is NULL and address not in self.world.children else value

    def _bound(self, of: Term) -> dict[Term, Term]:
        """Return what ``each`` and ``count`` are in an instance."""
        repetition = self.world.repetitions[of.data]
        if repetition.mode == COUNT:
            return {_INDEX: of.parts[0]}
        if repetition.mode == FOR_EACH and repetition.term is not None:
            collection = self.repetition(of.data)
            key = of.parts[0]
            if key.kind == KEY and key.parts[0] is source(collection):
                element = term(ELEMENT, key.data, key.parts[0])
            else:
                element = self.get(collection, key)
            depth = repetition.depth
            return {term(KEY, depth, repetition.term): key, term(ELEMENT, depth, repetition.term): element}
        return {}

    # --- collections --------------------------------------------------------------------------------------------------

    def _list(self, of: Term) -> Term:
        items = self.all(of.parts)
        return FAILED if FAILED in items else list_of(*items)

    def _object(self, of: Term) -> Term:
        named = {self(key): self(value) for key, value in entries(of).items()}
        return FAILED if FAILED in named or FAILED in named.values() else object_of(named)

    def _block(self, of: Term) -> Term:
        """Simplify a block: an argument that is null is as one that is not written."""
        named = {key: self(value) for key, value in entries(of).items()}
        return object_of({key: value for key, value in named.items() if value is not NULL}, block=True)

    def _loop(self, of: Term) -> Term:
        depth, kind = of.data
        collection = self(of.parts[0])
        if collection in (FAILED, NULL):
            return FAILED
        rounds = iterated(collection)
        if rounds is not None and len(rounds) <= MANY:
            found = self._rounds(of, rounds)
            if found is not None:
                return found
            if collection.kind == OBJECT:
                collection = self._without_rejected(of, collection)
        deep, (key, value, condition) = self._inside(depth, of.parts[0], collection, of.parts[1:])
        if condition is FALSE:
            return _NONE if kind != "list" else EMPTY
        element, index = term(ELEMENT, deep, source(collection)), term(KEY, deep, source(collection))
        if condition is TRUE and (
            (kind == "object" and key is index and value is element)
            or (
                kind == "list"
                and value is element
                and collection.kind != REFERENCE
                and _is_list(collection, self.world)
            )
        ):
            return collection
        return term(LOOP, (deep, kind), collection, key, value, condition)

    def _without_rejected(self, of: Term, collection: Term) -> Term:
        """Return the object of a loop without the constants that its condition leaves out."""
        depth, before = of.data[0], of.parts[0]
        kept = {}
        for key, value in entries(collection).items():
            bound = {term(ELEMENT, depth, before): value, term(KEY, depth, before): key}
            if not is_const(value) or self.knowing(bound)(of.parts[3]) is not FALSE:
                kept[key] = value
        return object_of(kept) if len(kept) < len(collection.parts) // 2 else collection

    def _element(self, of: Term) -> Term:
        """Simplify an element: the only one is known; without elements, nothing is evaluated."""
        if isinstance(of.data, str):
            return of
        collection = source(self(of.parts[0]))
        rounds = iterated(collection)
        if collection is FAILED or (rounds is not None and not rounds):
            return FAILED
        if rounds and len(rounds) == 1 and (of.kind == ELEMENT or collection.kind == OBJECT):
            return rounds[0][of.kind == ELEMENT]
        return term(of.kind, of.data, collection)

    _key = _element

    def _inside(
        self,
        depth: Any,  # noqa: ANN401 - the data of a term
        before: Term,
        collection: Term,
        parts: Iterable[Term],
    ) -> tuple[int, list[Term]]:
        """Simplify the inside of a loop; return how deep it is nested in loops over the same collection, and the parts.

        The element is marked until the least depth is known that no loop within this one has.
        """
        self.markers += 1
        collection = source(collection)
        marked = [term(kind, f"@{self.markers}", collection) for kind in (ELEMENT, KEY)]
        inner = self.knowing(dict(zip((term(ELEMENT, depth, before), term(KEY, depth, before)), marked, strict=True)))
        found = [inner(part) for part in parts]
        used = {
            one.data
            for part in found
            for one in walk(part)
            if one.kind in (ELEMENT, KEY) and one.parts[0] is collection and isinstance(one.data, int)
        }
        deep = next(number for number in itertools.count() if number not in used)
        named = {one: term(one.kind, deep, collection) for one in marked}
        return deep, [substitute(part, named) for part in found]

    def _rounds(self, of: Term, rounds: list[tuple[Term, Term]]) -> Term | None:  # noqa: PLR0911 - one case a line
        """Return what a loop over known elements makes, if that can be said."""
        depth, kind = of.data
        made: list[tuple[Term, Term]] = []
        for index, element in rounds:
            bound = {term(ELEMENT, depth, of.parts[0]): element, term(KEY, depth, of.parts[0]): index}
            inner = self.knowing(bound)
            condition = inner(of.parts[3])
            if condition is FAILED:
                return FAILED
            if condition is FALSE:
                continue
            if condition is not TRUE:
                return None
            key, value = inner(of.parts[1]), inner(of.parts[2])
            if FAILED in (key, value):
                return FAILED
            made.append((key, value))
        if kind == "list":
            return list_of(*(value for _, value in made))
        if not all(is_const(key) for key, _ in made):
            return None
        if kind == "object":
            return object_of({const(str(key.data)): value for key, value in made})
        keys = dict.fromkeys(key for key, _ in made)
        return object_of({key: list_of(*(value for one, value in made if one is key)) for key in keys})

    def _splat(self, of: Term) -> Term:
        depth, before = of.data, of.parts[0]
        collection = self(before)
        if collection is FAILED:
            return FAILED
        if collection is NULL:
            return EMPTY
        kind = type_of(collection, self.world)
        if collection.kind in (LIST, LOOP, SPLAT, REFERENCE) or (kind and kind.kind in ("list", "set", "tuple")):
            return self._loop(term(LOOP, (depth, "list"), before, NULL, of.parts[1], TRUE))
        if collection.kind in (CONST, OBJECT, INSTANCE, TEMPLATE) or (kind and kind.kind != "any"):
            inner = self.knowing({term(ELEMENT, depth, before): collection})
            once = list_of(inner(of.parts[1]))
            if collection.kind in (CONST, OBJECT, INSTANCE, TEMPLATE):
                return FAILED if FAILED in once.parts else once
            return operators.conditional(self, operators.equal(self, collection, NULL), EMPTY, once)
        deep, (value,) = self._inside(depth, before, collection, of.parts[1:])
        return term(SPLAT, deep, collection, value)

    def _get_round(self, of: Term, key: Term) -> Term:
        """Return the element of a list that a loop or a splat makes."""
        depth = of.data if of.kind == SPLAT else of.data[0]
        collection, value = of.parts[0], of.parts[1] if of.kind == SPLAT else of.parts[2]
        element = self.get(collection, key)
        if element is FAILED:
            return FAILED
        return self.knowing({term(ELEMENT, depth, collection): element, term(KEY, depth, collection): key})(value)

    # --- the rest -----------------------------------------------------------------------------------------------------

    def _template(self, of: Term) -> Term:
        return operators.template(self.all(of.parts))

    def _call(self, of: Term) -> Term:
        return calls.simplified(self, of)

    def _operator(self, of: Term) -> Term:
        return operators.simplified(self, of)

    def _if(self, of: Term) -> Term:
        condition = self(of.parts[0])
        if condition is FAILED:
            return FAILED
        if is_const(condition):
            return self(of.parts[1] if condition.data in (True, "true") else of.parts[2])
        return operators.conditional(self, condition, self(of.parts[1]), self(of.parts[2]))

    def _conversion(self, of: Term) -> Term:
        """Simplify what a child module is given: a value is converted to the type of the variable."""
        inner = self(of.parts[0])
        return types.convert(inner, types.read(of.data))

    def _expansion(self, of: Term) -> Term:
        inner = self(of.parts[0])
        return FAILED if inner is FAILED else term(of.kind, None, inner)

    def cannot_fail(self, of: Term) -> bool:
        """Return whether Terraform can evaluate a term whatever the caller gives."""
        return not failing(of, self.world, self.repetition)


def _is_list(of: Term, world: World) -> bool:
    kind = type_of(of, world)
    return of.kind in (LIST, LOOP, SPLAT) or bool(kind and kind.kind == "list")


_NONE: Final = object_of({})
_INDEX: Final = term(REFERENCE, COUNT_INDEX)
