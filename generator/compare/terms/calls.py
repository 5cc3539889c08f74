"""One form for calls of functions: what they return if that can be said, and one name for what is said in two ways."""

import itertools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from generator.compare.terms import files, operators
from generator.compare.terms.known import TAKES_NULL, nullable, type_of
from generator.compare.terms.term import (
    CALL,
    CONST,
    EMPTY,
    EXPANSION,
    FAILED,
    FALSE,
    GET,
    IF,
    LARGEST,
    LIST,
    LOOP,
    NULL,
    OBJECT,
    OPERATOR,
    REFERENCE,
    SPLAT,
    TEMPLATE,
    TRUE,
    Term,
    call,
    const,
    entries,
    is_const,
    is_known,
    list_of,
    object_of,
    of_value,
    term,
    value_of,
)
from generator.compare.terms.world import Simplify
from generator.hcl.functions import FUNCTIONS, EvaluationError

_SAME: Final = frozenset({"tolist", "tomap", "sensitive", "nonsensitive", "ephemeralasnull"})
"""Functions that return their argument as another type, or marked."""

_VERB: Final = re.compile(r"%(%|[sdvq]|\[)")

_MAX_RANGE: Final = 1024
"""Maximum number of values that Terraform's function range makes (go-cty, RangeFunc)."""


def _range(values: range) -> list[int]:
    if len(values) > _MAX_RANGE:
        raise EvaluationError("range: too many values")
    return list(values)


_MORE: Final[Mapping[str, Callable[..., Any]]] = {
    "abs": abs,
    "chomp": lambda text: text.rstrip("\r\n"),
    "max": max,
    "min": min,
    "range": lambda *limits: _range(range(*limits)),
    "reverse": lambda values: values[::-1],
    "sort": sorted,
    "strcontains": lambda text, part: part in text,
    "substr": lambda text, start, length: text[start:] if length < 0 else text[start : start + length],
    "sum": sum,
    "title": lambda text: re.sub(r"\b[a-z]", lambda match: match[0].upper(), text),
    "trim": lambda text, characters: text.strip(characters),
    "trimprefix": lambda text, prefix: text.removeprefix(prefix),
    "trimspace": lambda text: text.strip(),
    "trimsuffix": lambda text, suffix: text.removesuffix(suffix),
    "upper": lambda text: text.upper(),
}
"""Functions that the evaluator of the project's own templates does without."""

_CALLABLE: Final = {**FUNCTIONS, **_MORE}
_UNSURE: Final = frozenset({"join", "toset", "timeadd", "jsonencode", "regex", "contains", "lookup"})
"""Functions with rules of their own below, or that Python does not evaluate in every case as Terraform does."""


_MULTIPLYING: Final = frozenset({"join", "replace"})
"""Functions whose result can be as large as the product of their arguments."""


def simplified(simplify: Simplify, of: Term) -> Term:  # noqa: PLR0911 - one case a line
    """Return a call in its one form."""
    name = of.data
    if name == "try":
        return _try(simplify, of.parts)
    if name == "can":
        inner = simplify(of.parts[0]) if of.parts else FAILED
        return FALSE if inner is FAILED else TRUE if simplify.cannot_fail(inner) else call("can", inner)
    arguments = _expanded(simplify.all(of.parts))
    if FAILED in arguments or (name not in TAKES_NULL and NULL in arguments and "::" not in name):
        return FAILED
    sizes = [argument.size for argument in arguments]
    if sum(sizes) > LARGEST or (name in _MULTIPLYING and math.prod(sizes) > LARGEST):
        return call(name, *arguments)
    rule = _RULES.get(name)
    if rule:
        try:
            found = rule(simplify, arguments)
        except (ValueError, IndexError):
            # Too few or too many arguments, which Terraform rejects
            return call(name, *arguments)
        if found is not None:
            return found
    elif name in _SAME and len(arguments) == 1:
        return arguments[0]
    if name in _CALLABLE and name not in _UNSURE and all(map(is_known, arguments)):
        return _evaluated(name, arguments) or call(name, *arguments)
    return call(name, *arguments)


def _expanded(arguments: Sequence[Term]) -> list[Term]:
    """Return arguments with a list that is known in the place of ``list...``."""
    found: list[Term] = []
    for argument in arguments:
        if argument.kind == EXPANSION and argument.parts[0].kind == LIST:
            found += argument.parts[0].parts
        else:
            found.append(argument)
    return found


def _evaluated(name: str, arguments: Sequence[Term]) -> Term | None:
    try:
        return of_value(_CALLABLE[name](*map(value_of, arguments)))
    except EvaluationError:
        return FAILED
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError):
        # The arguments are not of the types that the function has here; Terraform may convert them
        return None


def _try(simplify: Simplify, parts: Sequence[Term]) -> Term:
    tried: dict[Term, None] = {}
    for part in parts:
        value = simplify(part)
        for one in value.parts if value.kind == CALL and value.data == "try" else (value,):
            if one is not FAILED:
                tried[one] = None
        if value is not FAILED and simplify.cannot_fail(value):
            break
    if not tried:
        return FAILED
    return next(iter(tried)) if len(tried) == 1 else call("try", *tried)


def get_of_call(simplify: Simplify, of: Term, key: Term) -> Term | None:
    """Return what stands at a key of what a call returns, if that can be said."""
    if of.data == "concat" and key is const(0) and of.parts[-1].kind == LIST and len(of.parts) == 2:  # noqa: PLR2004
        first = simplify.get(of.parts[0], key)
        return _try(simplify, (first, of.parts[-1].parts[0])) if _zero_or_one(of.parts[0]) else None
    if of.data == "merge" and is_const(key):
        for part in reversed(of.parts):
            if part.kind != OBJECT or not all(is_const(one) for one in entries(part)):
                return None
            if key in entries(part):
                return entries(part)[key]
        return FAILED
    return None


def _zero_or_one(of: Term) -> bool:
    """Return whether a list has, by what people write, at most one element: that of a resource with ``count``."""
    return of.kind in (LOOP, SPLAT) and of.parts[0].kind == REFERENCE


# --- functions with rules of their own --------------------------------------------------------------------------------


def _coalesce(simplify: Simplify, arguments: list[Term]) -> Term | None:
    left: dict[Term, None] = {}
    for argument in arguments:
        for one in argument.parts if argument.kind == CALL and argument.data == "coalesce" else (argument,):
            if one not in (NULL, const("")):
                left[one] = None
        if is_const(argument) and argument not in (NULL, const("")):
            break
        if argument.kind not in (CONST, EXPANSION) and not nullable(argument, simplify.world) and _filled(argument):
            break
    if not left:
        return FAILED
    return next(iter(left)) if len(left) == 1 else call("coalesce", *left)


def _filled(of: Term) -> bool:
    """Return whether a value is never an empty string."""
    return of.kind not in ("variable", GET, CALL, IF) and not (of.kind == TEMPLATE and not any(map(is_const, of.parts)))


def _coalescelist(simplify: Simplify, arguments: list[Term]) -> Term | None:
    """Return the first list that is not empty, as people write it without the function."""
    first, *rest = [argument for argument in arguments if argument is not EMPTY] or [EMPTY]
    if not rest or first.kind == LIST:
        return first
    length = _length(simplify, [first]) or call("length", first)
    filled = simplify(term(OPERATOR, "<", const(0), length))
    return operators.conditional(simplify, filled, first, _coalescelist(simplify, rest) or EMPTY)


def _put_together(
    name: str, arguments: Iterable[Term], kind: str, nothing: tuple[Term, ...], join: Callable[[Iterable[Term]], Term]
) -> Term:
    """Return the call of a function that puts terms of a kind together, with those that are known in one."""
    given = (one for of in arguments for one in (of.parts if of.kind == CALL and of.data == name else (of,)))
    flat = operators.joined((one for one in given if one not in nothing), kind, join)
    if not flat:
        return join(())
    return flat[0] if len(flat) == 1 and flat[0].kind != EXPANSION else call(name, *flat)


def _concat(_simplify: Simplify, arguments: list[Term]) -> Term | None:
    def join(lists: Iterable[Term]) -> Term:
        return list_of(*itertools.chain.from_iterable(one.parts for one in lists))

    return _put_together("concat", arguments, LIST, (EMPTY,), join)


def _blocks(simplify: Simplify, arguments: list[Term]) -> Term | None:
    """Return the nested blocks of one name, as a list; if there are none, it is as if nothing was written."""
    found = _concat(simplify, arguments)
    return NULL if found is EMPTY else found


def _merge(_simplify: Simplify, arguments: list[Term]) -> Term | None:
    def join(objects: Iterable[Term]) -> Term:
        return object_of({key: value for one in objects for key, value in entries(one).items()})

    return _put_together("merge", arguments, OBJECT, (NULL, object_of({})), join)


def _flatten(simplify: Simplify, arguments: list[Term]) -> Term | None:
    (of,) = arguments
    if of.kind == CALL and of.data == "concat":
        return _concat(simplify, [_flatten(simplify, [part]) or call("flatten", part) for part in of.parts])
    if of.kind != LIST:
        return None
    if all(item.kind in (CONST, TEMPLATE, OBJECT) for item in of.parts):
        return of
    parts: list[Term] = []
    for item in of.parts:
        kind = None if item.kind == LIST else type_of(item, simplify.world)
        if item.kind == LIST:
            parts.append(_flatten(simplify, [item]) or call("flatten", item))
        elif item.kind in (CONST, TEMPLATE, OBJECT) or (kind and kind.kind in ("string", "number", "bool", "object")):
            parts.append(list_of(item))
        elif kind and kind.of and kind.of.kind in ("string", "number", "bool", "object"):
            parts.append(item)
        else:
            return None
    return _concat(simplify, parts)


def _compact(simplify: Simplify, arguments: list[Term]) -> Term | None:
    (of,) = arguments
    if of.kind != LIST:
        return None
    left = [item for item in of.parts if item not in (NULL, const(""))]
    if all(is_const(item) or (not nullable(item, simplify.world) and _filled(item)) for item in left):
        return list_of(*left)
    return call("compact", list_of(*left))


def _toset(_simplify: Simplify, arguments: list[Term]) -> Term | None:
    (of,) = arguments
    if of.kind == LIST:
        items = list(dict.fromkeys(of.parts))
        known = all(is_const(item, str) for item in items)
        return list_of(*(sorted(items, key=lambda item: str(item.data)) if known else items))
    if of is NULL or (of.kind == CALL and of.data == "toset"):
        return of
    if of.kind == CALL and of.data in ("distinct", "tolist", "sort"):
        return call("toset", *of.parts)
    return None


def _lookup(simplify: Simplify, arguments: list[Term]) -> Term | None:
    if len(arguments) not in (2, 3):
        return None
    found = simplify.get(arguments[0], arguments[1])
    return _try(simplify, (found, *arguments[2:]))


def _element(simplify: Simplify, arguments: list[Term]) -> Term | None:
    of, key = arguments
    if of.kind == LIST and of.parts and is_const(key, int):
        index: int = key.data
        return of.parts[index % len(of.parts)]
    return FAILED if of is EMPTY else simplify.get(of, key) if key is const(0) else None


def _one(simplify: Simplify, arguments: list[Term]) -> Term | None:
    (of,) = arguments
    if of.kind == LIST:
        return NULL if not of.parts else of.parts[0] if len(of.parts) == 1 else FAILED
    return _try(simplify, (simplify.get(of, const(0)), NULL)) if _zero_or_one(of) else None


def _join(simplify: Simplify, arguments: list[Term]) -> Term | None:
    if len(arguments) != 2:  # noqa: PLR2004 - a separator and a list
        return None
    separator, of = arguments
    if of.kind == LIST and is_const(separator, str):
        parts = [part for item in of.parts for part in (separator, item)][1:]
        return operators.template(parts)
    if separator is const("") and _zero_or_one(of):
        return _try(simplify, (simplify.get(of, const(0)), const("")))
    return None


def _length(simplify: Simplify, arguments: list[Term]) -> Term | None:
    (of,) = arguments
    if of.kind == LIST:
        return const(len(of.parts))
    if of.kind == OBJECT and all(is_const(key) for key in entries(of)):
        return const(len(entries(of)))
    if is_const(of, str):
        return const(len(of.data))
    if of.kind == LOOP and of.data[1] == "list" and of.parts[3] is TRUE:
        return _length(simplify, [of.parts[0]]) or call("length", of.parts[0])
    if of.kind == REFERENCE and of.data in simplify.world.repetitions:
        return simplify.repetition(of.data)
    return None


def _contains(_simplify: Simplify, arguments: list[Term]) -> Term | None:
    of, item = arguments
    if of.kind != LIST:
        return None
    if item in of.parts:
        return TRUE
    return FALSE if is_const(item) and all(is_const(one) for one in of.parts) else None


def _keys(simplify: Simplify, arguments: list[Term]) -> Term | None:
    """Return the keys of a map, and the elements of a set, which a ``for_each`` has as keys."""
    (of,) = arguments
    if of.kind == LIST:
        return _toset(simplify, arguments)
    return list_of(*entries(of)) if of.kind == OBJECT and all(is_const(key) for key in entries(of)) else None


def _values(_simplify: Simplify, arguments: list[Term]) -> Term | None:
    (of,) = arguments
    return list_of(*entries(of).values()) if of.kind == OBJECT and all(map(is_const, entries(of))) else None


def _zipmap(_simplify: Simplify, arguments: list[Term]) -> Term | None:
    keys, values = arguments
    same = keys.kind == values.kind == LIST and len(keys.parts) == len(values.parts)
    return object_of(dict(zip(keys.parts, values.parts, strict=True))) if same else None


def _format(_simplify: Simplify, arguments: list[Term]) -> Term | None:
    pattern, *values = arguments
    if not is_const(pattern, str):
        return None
    parts, position, waiting = list[Term](), 0, list(values)
    for match in _VERB.finditer(pattern.data):
        parts.append(const(pattern.data[position : match.start()]))
        position = match.end()
        if match[1] == "%":
            parts.append(const("%"))
        elif match[1] in "sdv" and waiting and waiting[0].kind not in (LIST, OBJECT) and waiting[0] is not NULL:
            parts.append(waiting.pop(0))
        else:
            return None
    rest = pattern.data[position:]
    return None if waiting or "%" in rest else operators.template([*parts, const(rest)])


def _jsondecode(_simplify: Simplify, arguments: list[Term]) -> Term | None:
    (of,) = arguments
    return of.parts[0] if of.kind == CALL and of.data == "jsonencode" else None


def _tostring(simplify: Simplify, arguments: list[Term]) -> Term | None:
    (of,) = arguments
    if of.kind == CONST and of is not NULL:
        return operators.template([of])
    kind = type_of(of, simplify.world)
    return of if of is NULL or (kind and kind.kind == "string") else None


def _tonumber(_simplify: Simplify, arguments: list[Term]) -> Term | None:
    (of,) = arguments
    value = operators.number(of)
    return of if of is NULL else const(value) if value is not None else None


def _tobool(_simplify: Simplify, arguments: list[Term]) -> Term | None:
    (of,) = arguments
    return {const("true"): TRUE, const("false"): FALSE, TRUE: TRUE, FALSE: FALSE, NULL: NULL}.get(of)


def _regex(_simplify: Simplify, arguments: list[Term]) -> Term | None:
    return _evaluated("regex", arguments) if all(is_const(one, str) for one in arguments) else None


def _map(_simplify: Simplify, arguments: list[Term]) -> Term | None:
    return None if len(arguments) % 2 else object_of(dict(zip(arguments[::2], arguments[1::2], strict=True)))


_RULES: Final[Mapping[str, Callable[[Simplify, list[Term]], Term | None]]] = {
    "blocks": _blocks, "coalesce": _coalesce, "coalescelist": _coalescelist, "compact": _compact, "concat": _concat,
    "contains": _contains, "element": _element, "flatten": _flatten, "format": _format, "join": _join,
    "jsondecode": _jsondecode, "keys": _keys, "length": _length, "lookup": _lookup, "map": _map,
    "list": lambda _simplify, items: list_of(*items), "merge": _merge, "one": _one, "regex": _regex,
    "tobool": _tobool, "tonumber": _tonumber, "toset": _toset, "tostring": _tostring, "values": _values,
    "zipmap": _zipmap, **files.RULES,
}  # fmt: skip
