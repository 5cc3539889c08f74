"""Compares terms of two versions of a module for callers with default inputs, and for callers with other inputs.

A caller of the old version does not set the variables that only the new one has, so that these have their defaults. If
the terms differ then, both are evaluated with the default inputs, and with other inputs that the terms distinguish.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from generator.compare import inputs
from generator.compare.reading.configuration import Configuration
from generator.compare.terms import types
from generator.compare.terms.known import iterated
from generator.compare.terms.plain import Done, adds_fallback, plain
from generator.compare.terms.simplify import Simplifier
from generator.compare.terms.term import (
    BLOCK,
    ELEMENT,
    EMPTY,
    FAILED,
    GET,
    KEY,
    LIST,
    NULL,
    REFERENCE,
    VARIABLE,
    Term,
    const,
    get,
    is_const,
    object_of,
    substitute,
    term,
)
from generator.compare.terms.types import ANY, Type
from generator.compare.terms.world import COUNT, Repetition

SAME: Final = "same"
PARTITION: Final = "partition"  # the same in the partition aws, and another value in others
REWRITTEN: Final = "rewritten"  # written in another way; no inputs are known for which it differs
UNKNOWN: Final = "unknown"  # comes from a data source or a called module that the other version does not ask
SOME: Final = "some"  # differs for callers that set some variables
UNTRIED: Final = "untried"  # differs, and no inputs are known for which either could be evaluated
ALL: Final = "all"  # differs for every caller, or for those who change nothing

ABSENT: Final = (const(0), EMPTY, object_of({}), FAILED)
"""What a ``count`` or a ``for_each`` is if there is no instance."""

_READ: Final = re.compile(r"(?:^|\.)(?:data\.\w+\.\w+|module\.\w+)$")
_MADE_UP: Final = ("random", "time", "tls", "null", "terraform_data")
"""Types of resources whose attributes are new values, so that nothing that was there before is the same."""

_FEW: Final = 8
"""Most instances of a resource that are compared one by one."""

STANDARD_PARTITION: Final = {
    get(term(REFERENCE, "data.aws_partition"), "partition"): const("aws"),
    get(term(REFERENCE, "data.aws_partition"), "dns_suffix"): const("amazonaws.com"),
}
"""What AWS's standard partition has where a module asks for its own."""


@dataclass(frozen=True)
class Verdict:
    """How two terms differ, for whom, and what they are for callers that change nothing.

    ``fails`` is whether the new one cannot be evaluated for callers that change nothing.
    """

    kind: str
    old: Term
    new: Term
    variables: tuple[str, ...] = ()
    fails: bool = False


class Scenarios:
    """Two versions, and what the inputs of their callers can be."""

    def __init__(self, old: Configuration, new: Configuration) -> None:
        self.old, self.new = old, new
        self.shared = old.module.variables.keys() & new.module.variables.keys()
        new.world.fresh = self._fresh
        self._apart = (
            {term(VARIABLE, name): default for name, default in old.defaults.items() if name not in self.shared},
            {term(VARIABLE, name): default for name, default in new.defaults.items() if name not in self.shared},
        )
        self.apart = self._apart[1]
        self.simplify_old = Simplifier(old.world, self._apart[0])
        self.simplify_new = Simplifier(new.world, self._apart[1])
        self._resolving = tuple(
            Simplifier(configuration.world, apart, resolves=True)
            for configuration, apart in zip((old, new), self._apart, strict=True)
        )
        self._standard = tuple(
            Simplifier(configuration.world, {**apart, **STANDARD_PARTITION}, resolves=True)
            for configuration, apart in zip((old, new), self._apart, strict=True)
        )
        self._plains: dict[tuple[Term, ...], Done] = {}
        self._substituted: dict[tuple[object, ...], Term] = {}
        self._conversions: dict[tuple[int, str, Term], Term] = {}
        self._samples: dict[frozenset[tuple[str, Term]], tuple[Simplifier, Simplifier]] = {}

    # --- what callers of the old version cannot have set --------------------------------------------------------------

    @cached_property
    def _words(self) -> frozenset[str]:
        """Every name and every piece of text in the old version."""
        texts = [text for module in (self.old.module, *self.old.children.values()) for text in module.texts.values()]
        return frozenset(word for text in texts for word in re.findall(r"[\w-]+", text))

    def _fresh(self, of: Term, key: str) -> Term | None:
        path = _path(of)
        if path is None or path[0] not in self.shared:
            return None
        before, after = (_type_at(world.types.get(path[0]), path[1]) for world in (self.old.world, self.new.world))
        known = key in before.attributes if before.kind == "object" else before.kind != "any" or key in self._words
        if known:
            return None
        if after.kind == "object":
            attribute = after.attributes.get(key)
            return (attribute.default or NULL) if attribute and attribute.optional else None
        return FAILED if after.kind == "any" else None

    # --- comparison ---------------------------------------------------------------------------------------------------

    def verdict(
        self,
        old: Term,
        new: Term,
        *,
        exists: Sequence[Repetition | None] = (None, None),
        unset: Sequence[Term] = (),
        whom: bool = True,
    ) -> Verdict:
        """Return how two terms differ, and, if ``whom``, for whom if it is not for all.

        ``exists`` holds the repetitions of the resources that they belong to: inputs for which there is no instance of
        either do not count. ``unset`` are values of arguments that are as if they were not set.
        """
        before, after = self.simplify_old(old), self.simplify_new(new)
        kind = self.alike(old, new, unset)
        return (
            Verdict(kind, before, after) if kind else self._sampled(old, new, before, after, exists, unset, whom=whom)
        )

    def alike(self, old: Term, new: Term, unset: Sequence[Term] = ()) -> str:
        """Return how two terms are alike without trying inputs: same, rewritten, or in one partition; empty if not."""
        for simplifiers, kind in (
            ((self.simplify_old, self.simplify_new), SAME),
            (self._resolving, SAME),
            (self._standard, PARTITION),
        ):
            was, now = self._plain(simplifiers[0](old), unset), self._plain(simplifiers[1](new), unset)
            if was is now:
                return kind
            if kind == SAME and adds_fallback(was, now):
                return REWRITTEN
        return ""

    def _plain(self, of: Term, unset: Sequence[Term]) -> Term:
        """Return a term as a provider or a caller sees it."""
        return plain(of, unset, self._plains.setdefault(tuple(unset), {}))

    def _by_instance(
        self, terms: tuple[Term, Term], simplifiers: tuple[Simplifier, Simplifier], exists: Sequence[Repetition | None]
    ) -> Iterator[tuple[Term, Term]]:
        """Yield what two terms are in each instance that both resources have; once, if the instances are not known."""
        old, new = (_instances(simplify, one) for simplify, one in zip(simplifiers, exists, strict=True))
        if old is None or new is None:
            yield simplifiers[0](terms[0]), simplifiers[1](terms[1])
            return
        for key in list(old.keys() & new.keys())[:_FEW]:
            yield (
                simplifiers[0](self._in_instance(terms[0], old[key])),
                simplifiers[1](self._in_instance(terms[1], new[key])),
            )

    def _in_instance(self, of: Term, known: dict[Term, Term]) -> Term:
        """Return a term with what is known in an instance; callers with the same instances share what comes of it."""
        key = (of, *known.items())
        if key not in self._substituted:
            self._substituted[key] = substitute(of, known)
        return self._substituted[key]

    def _is_unknown(self, before: Term, after: Term) -> bool:
        """Return whether one of two values is read where the other is not: it is not known whether they are the same.

        What is read comes from a data source, a called module, or, in the place of an input, from a resource.
        """
        if {NULL, const("")} & {before, after, *before.parts[1:], *after.parts[1:]}:
            return False
        if {before, after} & {object_of({}, block=True)}:
            return False
        was, now = (of.addresses for of in (before, after))
        if any(one.split(".")[-2].startswith(_MADE_UP) for one in was ^ now if "." in one):
            return False
        children = self.old.world.children | self.new.world.children
        read = [{one for one in ones if _READ.search(one) and one not in children} for ones in (was, now)]
        return read[0] != read[1] or (was != now and not (was and now))

    def _sampled(  # noqa: PLR0917 - each is a part of the finding
        self,
        old: Term,
        new: Term,
        before: Term,
        after: Term,
        exists: Sequence[Repetition | None],
        unset: Sequence[Term],
        *,
        whom: bool,
    ) -> Verdict:
        guards = [one.term if one and one.term is not None else None for one in exists]
        simplifiers = (self.simplify_old, self.simplify_new)
        guarded = [simplify(guard) for simplify, guard in zip(simplifiers, guards, strict=True) if guard is not None]
        resolved = self._resolving[0](old), self._resolving[1](new)
        terms = self._with_repetitions([before, after, *resolved, *guarded])
        names = sorted({name for one in terms for name in one.variables} & self.shared)
        differing: list[tuple[str, ...]] = []
        failing: list[tuple[str, ...]] = []
        tried, unknown = 0, True
        for causes, (simplify_old, simplify_new) in self.callers(names, terms):
            if _absent(simplify_old, guards[0]) or _absent(simplify_new, guards[1]):
                continue
            pairs = [
                (self._plain(was, unset), self._plain(now, unset))
                for was, now in self._by_instance((old, new), (simplify_old, simplify_new), exists)
                # Terraform rejects these inputs in the old version, so that nothing is deployed with them
                if not _fails(was)
            ]
            tried += bool(pairs)
            changed = [(was, now) for was, now in pairs if was is not now]
            if changed:
                differing.append(causes)
                failing += [causes] if any(_fails(now) for _, now in changed) else []
                unknown = unknown and all(self._is_unknown(was, now) for was, now in changed)
                if not causes:
                    break
            if not whom and 0 < len(differing) < tried:
                break
        if tried and not differing:
            return Verdict(REWRITTEN, before, after)
        if not tried:
            return Verdict(UNKNOWN if self._is_unknown(before, after) else UNTRIED, before, after)
        if () in differing or len(differing) == tried:
            # With another default, callers that change nothing have other inputs in the new version
            same = all(self.old.defaults.get(name) is self.new.defaults.get(name) for name in names)
            fails = same and () in failing
            return Verdict(UNKNOWN if unknown else ALL, before, after, fails=fails)
        return Verdict(SOME, before, after, fewest(differing))

    def outcomes(
        self, old: Term, new: Term, exists: Repetition | None = None
    ) -> Iterator[tuple[tuple[str, ...], Term, Term]]:
        """Yield what two terms are for callers with some inputs, and which of these are not the defaults.

        ``exists`` is the repetition of the resource of the new version that they belong to: inputs for which there is
        no instance of it do not count.
        """
        terms = self._with_repetitions([self._resolving[0](old), self._resolving[1](new)])
        names = sorted({name for one in terms for name in one.variables} & self.shared)
        for causes, (simplify_old, simplify_new) in self.callers(names, terms):
            if exists is None or not _absent(simplify_new, exists.term):
                yield causes, simplify_old(old), simplify_new(new)

    def _with_repetitions(self, terms: Sequence[Term]) -> list[Term]:
        """Return terms with the repetitions of the resources that they refer to."""
        found = dict.fromkeys(terms)
        for configuration, simplify in ((self.old, self.simplify_old), (self.new, self.simplify_new)):
            for address in {one for of in terms for one in of.addresses}:
                repetition = configuration.world.repetitions.get(address)
                if repetition is not None and repetition.term is not None:
                    found[simplify(repetition.term)] = None
        return list(found)

    def callers(
        self, names: Sequence[str], terms: Sequence[Term]
    ) -> Iterator[tuple[tuple[str, ...], tuple[Simplifier, Simplifier]]]:
        """Yield what simplifies both versions for callers with some inputs, and which of these are not the defaults."""
        for combination in inputs.combinations(self.old, names, terms):
            causes = tuple(name for name, (number, _) in combination.items() if number)
            yield causes, self.given({name: value for name, (_, value) in combination.items()})

    def by_default(self) -> tuple[Simplifier, Simplifier]:
        """Return what simplifies both versions for callers that set no variable that has a default in the old one."""
        return self.given({name: value for name, value in self.old.defaults.items() if name in self.shared})

    def given(self, values: Mapping[str, Term]) -> tuple[Simplifier, Simplifier]:
        """Return what simplifies both versions for callers with some inputs."""
        key = frozenset(values.items())
        if key not in self._samples:
            old, new = (self._caller(index, values) for index in (0, 1))
            self._samples[key] = old, new
        return self._samples[key]

    def _caller(self, index: int, values: Mapping[str, Term]) -> Simplifier:
        """Return what simplifies one version; callers with other inputs share what does not depend on these."""
        world = (self.old, self.new)[index].world
        known = {term(VARIABLE, name): self._converted(index, name, value) for name, value in values.items()}
        whole = frozenset(values)
        others: dict[frozenset[str], Simplifier | None] = {whole: None}

        def share(of: Term) -> Simplifier | None:
            names = world.inputs(of) & whole
            if names not in others:
                fewer = {name: values[name] for name in names}
                others[names] = self.given(fewer)[index] if fewer else self._resolving[index]
            return others[names]

        return Simplifier(world, {**self._apart[index], **known}, resolves=True, share=share)

    def _converted(self, index: int, name: str, value: Term) -> Term:
        """Return a value as a variable of the old or the new version has it."""
        key = (index, name, value)
        if key not in self._conversions:
            self._conversions[key] = types.convert(value, (self.old, self.new)[index].types.get(name, ANY))
        return self._conversions[key]


def fewest(causes: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the variables that callers set in the simplest of some cases."""
    least = min(map(len, causes), default=0)
    return tuple(sorted({name for one in causes if len(one) == least for name in one}))


def _path(of: Term) -> tuple[str, list[str | None]] | None:
    """Return the variable that a term is a part of, and the way there; ``None`` in it is any element."""
    keys: list[str | None] = []
    while of.kind in (GET, ELEMENT):
        keys.append(str(of.parts[1].data) if of.kind == GET and is_const(of.parts[1], str) else None)
        of = of.parts[0]
    return (of.data, keys[::-1]) if of.kind == VARIABLE else None


def _type_at(kind: Type | None, path: Sequence[str | None]) -> Type:
    """Return the type at a path within a type, ``any`` if it is not known."""
    for key in path:
        if kind is None or kind.kind == "any":
            return ANY
        kind = kind.of if key is None or kind.kind != "object" else types.attribute(kind, key)
    return kind or ANY


def _instances(simplify: Simplifier, repetition: Repetition | None) -> dict[Term, dict[Term, Term]] | None:
    """Return what is known in each instance of a resource by its key, ``None`` if the instances are not known."""
    if repetition is None or repetition.term is None:
        return {const(0): {}}
    known = simplify(repetition.term)
    if repetition.mode == COUNT:
        if not is_const(known, int):
            return None
        return {const(index): {term(REFERENCE, "count.index"): const(index)} for index in range(min(known.data, _FEW))}
    rounds = iterated(known)
    if rounds is None or not all(is_const(value if known.kind == LIST else key) for key, value in rounds):
        return None
    names = [term(kind, repetition.depth, repetition.term) for kind in (KEY, ELEMENT)]
    keyed = [(value if known.kind == LIST else key, value) for key, value in rounds]
    return {key: dict(zip(names, (key, value), strict=True)) for key, value in keyed}


def _fails(of: Term) -> bool:
    """Return whether Terraform cannot evaluate a value, or an argument in a block."""
    # Nested blocks are lists of blocks; any other list with a part that fails is one that fails
    nested = [one for part in of.parts if part.kind == LIST for one in part.parts if one.kind == BLOCK]
    return of is FAILED or (of.kind == BLOCK and (FAILED in of.parts or any(map(_fails, nested))))


def _absent(simplify: Simplifier, guard: Term | None) -> bool:
    """Return whether a resource has no instance."""
    return guard is not None and simplify(guard) in ABSENT
