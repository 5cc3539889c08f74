"""Inputs that callers of a module may have: the defaults, and values that its expressions distinguish."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from generator.compare.reading.configuration import Configuration
from generator.compare.terms import types
from generator.compare.terms.simplify import Simplifier
from generator.compare.terms.term import (
    CALL,
    CONST,
    ELEMENT,
    EMPTY,
    FAILED,
    FALSE,
    GET,
    LIST,
    NULL,
    OBJECT,
    OPERATOR,
    REFERENCE,
    TRUE,
    VARIABLE,
    Term,
    const,
    is_const,
    list_of,
    object_of,
    term,
    walk,
)
from generator.compare.terms.types import ANY, Type

_MOST: Final = 64
"""Most combinations of inputs that are tried."""

_TEXT_FUNCTIONS: Final = frozenset(
    "lower upper title replace trim trimprefix trimsuffix trimspace chomp substr split startswith endswith "  # noqa: SIM905
    "strcontains urlencode indent strrev".split()
)
_LONGEST: Final = 256
"""Characters of a text below which functions may cut it."""

_ORDERING: Final = frozenset("sort distinct reverse toset slice element index join".split())  # noqa: SIM905
"""Functions whose results depend on the order of a list, or on items that are equal."""
_ROUNDING: Final = frozenset({"floor", "ceil", "abs", "signum"})
_LIMITING: Final = frozenset({"min", "max"})
_FEW: Final = 4
"""Most texts or numbers of the terms that are tried for a variable."""

_SCALARS: Final = {bool: types.BOOL, str: types.STRING, int: types.NUMBER, float: types.NUMBER}
NUMBER: Final = 7
"""A number that few modules have as a default."""


Inputs = dict[str, tuple[int, Term]]
"""A value for each of some variables, with its number among those that are tried; that of the default is 0."""


def combinations(configuration: Configuration, names: Sequence[str], terms: Sequence[Term]) -> Iterator[Inputs]:
    """Yield inputs for some variables, the defaults first.

    A variable without a default has the first value that fits its type. If there are too many combinations, these are
    all of two values of the variables with the fewest, and those in which one or two variables differ from the base.
    """
    values = {name: list(enumerate(candidates(configuration, name, terms))) for name in names}
    if math.prod(map(len, values.values())) <= _MOST:
        yield from _products(values)
        return
    fewest = sorted(names, key=lambda name: len(values[name]))[: _MOST.bit_length() - 1]
    switched = {name: listed[: 2 if name in fewest else 1] for name, listed in values.items()}
    seen: set[tuple[int, ...]] = set()
    for given in itertools.chain(_products(switched), _changes(values)):
        numbers = tuple(number for number, _ in given.values())
        if numbers not in seen:
            seen.add(numbers)
            yield given


def _products(values: Mapping[str, Sequence[tuple[int, Term]]]) -> Iterator[Inputs]:
    for chosen in itertools.product(*values.values()):
        yield dict(zip(values, chosen, strict=True))


def _changes(values: Mapping[str, Sequence[tuple[int, Term]]]) -> Iterator[Inputs]:
    base = {name: listed[0] for name, listed in values.items()}
    changes = [(name, one) for name, listed in values.items() for one in listed[1:]]
    for name, one in changes[:_MOST]:
        yield {**base, name: one}
    for (name, one), (other, another) in itertools.islice(itertools.combinations(changes, 2), _MOST * 2):
        if name != other:
            yield {**base, name: one, other: another}


def candidates(configuration: Configuration, name: str, terms: Sequence[Term]) -> list[Term]:
    """Return values that a caller may give a variable, its default first."""
    kind = configuration.types.get(name, ANY)
    default = configuration.defaults.get(name)
    if kind == ANY and default is not None and default.kind == CONST:
        kind = _SCALARS.get(type(default.data), ANY)
    found: dict[Term, None] = {} if default is None else {default: None}
    if kind.kind == "bool":
        found |= {FALSE: None, TRUE: None}
    elif kind.kind == "any":
        found |= dict.fromkeys(_untyped(name, default, terms))
    else:
        conditions = [condition for condition, _, _ in configuration.validations.get(name, ())]
        found |= dict.fromkeys(_compared(name, [*terms, *conditions]))
        found[sample(name, kind)] = None
        found[sample(name, kind, least=True)] = None
        text = _distinguished(name, terms)
        if text:
            value = sample(name, kind, text=text)
            if not _is_rejected(configuration, name, value):
                found[value] = None
        found |= {one: None for one in _varied(name, kind, terms) if not _is_rejected(configuration, name, one)}
        if kind.kind == "map":
            # Which of two maps wins matters for the keys that both have
            found[object_of({key: sample(name, kind.of or ANY) for key in _merged_keys(name, terms)})] = None
        if kind.kind in ("list", "set", "map"):
            found[EMPTY if kind.kind != "map" else object_of({})] = None
    if default is None and name in configuration.world.nullable and _null_matters(name, terms):
        found[NULL] = None
    return list(found)


def sample(
    name: str,
    kind: Type,
    *,
    least: bool = False,
    paths: frozenset[types.Path] = frozenset(),
    text: str | None = None,
    flag: bool = True,
) -> Term:
    """Return a value of a type, with some text in the place of each text and each key of a map.

    ``least`` sets no attribute that is optional, except those on the way to some paths. Booleans are ``flag``.
    """
    inside = partial(sample, least=least, text=text, flag=flag)
    if kind.kind in ("list", "set", "map"):
        item = inside(name, kind.of or ANY, paths=_below(paths, types.ELEMENTS))
        return object_of({const(text or "sample"): item}) if kind.kind == "map" else list_of(item)
    if kind.kind == "object":
        inner = {key: _below(paths, key) for key in kind.attributes}
        return object_of(
            {
                const(key): inside(key, one.type, paths=inner[key])
                for key, one in kind.attributes.items()
                if not (least and one.optional) or inner[key]
            }
        )
    if kind.kind == "tuple":
        return list_of(*(inside(name, one) for one in kind.items))
    written = f"sample-{name}" if text is None else text
    values = {"string": const(written), "number": const(NUMBER), "bool": const(flag)}
    return values.get(kind.kind) or _opaque(name)


def _varied(name: str, kind: Type, terms: Sequence[Term]) -> Iterator[Term]:
    """Yield values that differ from a sample in what the terms read within the variable, or in their order or sign."""
    found = [one for of in terms for one in walk(of, name) if one.kind == CALL]
    calls = {one.data for one in found}
    if kind.kind == "number":
        limits = [
            part.data for one in found if one.data in _LIMITING for part in one.parts if is_const(part, int, float)
        ]
        yield from (const(number + step) for number in limits[:_FEW] for step in (1, -1))
        if calls & _ROUNDING:
            yield const(-NUMBER - 0.5)
        return
    if kind.kind in ("list", "set", "map", "object", "tuple"):
        if _has_flag(kind):
            yield sample(name, kind, flag=False)
        texts = [*_compared_within(name, terms), *([""] if "compact" in calls else [])]
        yield from (sample(name, kind, text=text) for text in texts)
    if kind.kind == "list" and (calls & _ORDERING or _is_indexed(name, terms)):
        items = [sample(name, kind.of or ANY, text=text) for text in ("sample-b", "sample-a", "sample-b", "sample-c")]
        yield list_of(*items)


def _has_flag(kind: Type) -> bool:
    inner = [*(one.type for one in kind.attributes.values()), *kind.items, *([kind.of] if kind.of else [])]
    return kind.kind == "bool" or any(map(_has_flag, inner))


def _compared_within(name: str, terms: Sequence[Term]) -> list[str]:
    """Return the texts with which the terms compare something within a variable."""
    found: dict[str, None] = {}
    for one in (one for of in terms for one in walk(of, name)):
        if one.kind == OPERATOR and any(part.kind in (GET, ELEMENT) and name in part.variables for part in one.parts):
            found |= dict.fromkeys(part.data for part in one.parts if is_const(part, str))
    return list(found)[:_FEW]


def _is_indexed(name: str, terms: Sequence[Term]) -> bool:
    """Return whether the terms read single items of a variable by their numbers."""
    variable = term(VARIABLE, name)
    return any(
        one.kind == GET and one.parts[0] is variable and not is_const(one.parts[1], str)
        for of in terms
        for one in walk(of, name)
    )


def _distinguished(name: str, terms: Sequence[Term]) -> str:
    """Return a text that functions of texts change, of those through which a variable passes; empty if none does.

    It has capital letters, spaces and marks, what the functions look for, and more characters than they leave.
    """
    calls = {one for of in terms for one in walk(of, name) if one.kind == CALL and one.data in _TEXT_FUNCTIONS}
    if not calls:
        return ""
    texts = dict.fromkeys(("trimprefix", "trimsuffix", ""), "")
    length = 0
    for one in sorted(calls, key=lambda one: one.rank):
        for part in one.parts:
            if is_const(part, str) and not (one.data == "replace" and len(part.data) > 1 and part.data[0] == "/"):
                kind = one.data if one.data in texts else ""
                texts[kind] += "" if part.data in texts[kind] else part.data
            elif is_const(part, int) and 0 < part.data < _LONGEST:
                length = max(length, part.data)
    middle = f"Sample {name}_1.a{texts['']}"
    filling = "x" * max(0, length + 1 - len(middle))
    return f"{texts['trimprefix']}{middle}{filling}{texts['trimsuffix']}"


def _is_rejected(configuration: Configuration, name: str, value: Term) -> bool:
    """Return whether a validation of a variable rejects a value."""
    simplify = Simplifier(configuration.world, {term(VARIABLE, name): value})
    return any(simplify(condition) in (FALSE, FAILED) for condition, _, _ in configuration.validations.get(name, ()))


def _below(paths: frozenset[types.Path], step: str) -> frozenset[types.Path]:
    """Return the rest of the paths that go through a step and do not end there."""
    return frozenset(path[1:] for path in paths if path[:1] == (step,) and path[1:])


def _opaque(name: str) -> Term:
    return term(REFERENCE, f"sample.{name}")


def _untyped(name: str, default: Term | None, terms: Sequence[Term]) -> list[Term]:
    """Return values of a variable without a type: with the attributes that are read of it, and without."""
    read = read_keys(name, terms)
    filled = {const(key): _opaque(f"{name}.{key}") for key in sorted(read)}
    inner = [object_of(filled), object_of({})] if filled else [_opaque(name)]
    if default is not None and default.kind == LIST:
        return [list_of(one) for one in inner]
    if default is not None and default.kind == OBJECT and not read_keys(name, terms, elements=False):
        return [object_of({const("sample"): one}) for one in inner]
    return inner


def read_keys(name: str, terms: Sequence[Term], *, elements: bool = True) -> set[str]:
    """Return the attributes that are read of a variable, and, of a collection, of its ``elements``."""
    found: set[str] = set()
    for one in {one for of in terms for one in walk(of, name)}:
        if one.kind == GET and is_const(one.parts[1], str):
            inner = one.parts[0]
            while (
                elements and inner.kind in (ELEMENT, GET) and not (inner.kind == GET and is_const(inner.parts[1], str))
            ):
                inner = inner.parts[0]
            if inner.kind == VARIABLE and inner.data == name:
                found.add(one.parts[1].data)
    return found


def _compared(name: str, terms: Sequence[Term]) -> list[Term]:
    """Return the constants that a variable is compared with."""
    variable = term(VARIABLE, name)
    found: dict[Term, None] = {}
    for one in (one for of in terms for one in walk(of, name)):
        if one.kind == OPERATOR and variable in one.parts:
            found |= dict.fromkeys(part for part in one.parts if is_const(part, str))
            numbers = [part.data for part in one.parts if is_const(part, int, float)]
            found |= dict.fromkeys(const(number + step) for number in numbers for step in (0, 1, -1))
        elif one.kind == CALL and one.data == "contains" and one.parts[-1] is variable and one.parts[0].kind == LIST:
            found |= dict.fromkeys(part for part in one.parts[0].parts if part.kind == CONST)
    return list(found)


def _merged_keys(name: str, terms: Sequence[Term]) -> set[Term]:
    """Return the constant keys of objects that a variable is merged with."""
    variable = term(VARIABLE, name)
    calls = (one for of in terms for one in walk(of, name) if one.kind == CALL and one.data == "merge")
    objects = (part for one in calls if variable in one.parts for part in one.parts if part.kind == OBJECT)
    return {key for one in objects for key in one.parts[::2] if is_const(key, str)}


def _null_matters(name: str, terms: Sequence[Term]) -> bool:
    variable = term(VARIABLE, name)
    return any(one.kind == OPERATOR and set(one.parts) == {variable, NULL} for of in terms for one in walk(of, name))
