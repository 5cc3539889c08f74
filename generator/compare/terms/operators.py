"""One form for operators, conditional expressions and templates."""

import itertools
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from generator.compare.terms.known import TAKES_NULL, identifies, nullable, type_of
from generator.compare.terms.term import (
    CALL,
    CONST,
    EMPTY,
    FAILED,
    FALSE,
    IF,
    LARGEST,
    LIST,
    NULL,
    OBJECT,
    OPERATOR,
    TEMPLATE,
    TRUE,
    Term,
    const,
    is_const,
    is_known,
    term,
    value_of,
    walk,
)
from generator.compare.terms.world import Simplify

_ARITHMETIC: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "%": operator.mod,
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
_MOST_PARTS: Final = 1_000
"""Parts of a template into which those of the templates in it are put; templates of modules have some dozens."""

_MIRRORED: Final = {">": "<", ">=": "<="}


def number(of: Term) -> float | None:
    """Return the number that a constant is, or that its text is."""
    if is_const(of, int, float):
        return float(of.data)
    if is_const(of, str):
        try:
            return float(of.data)
        except ValueError:
            return None
    return None


def simplified(simplify: Simplify, of: Term) -> Term:
    """Return an operation in its one form."""
    if of.data in ("&&", "||"):
        return _logical(simplify, of.data, of.parts)
    parts = simplify.all(of.parts)
    if FAILED in parts:
        return FAILED
    if of.data == "!":
        return negated(simplify, parts[0])
    if of.data == "==":
        return equal(simplify, *parts)
    if of.data == "!=":
        return negated(simplify, equal(simplify, *parts))
    return _arithmetic(simplify, of.data, *parts)


def _arithmetic(simplify: Simplify, name: str, left: Term, right: Term) -> Term:  # noqa: C901, PLR0911 - one case a line
    one, other = number(left), number(right)
    if one is not None and other is not None:
        try:
            return const(_ARITHMETIC[name](one, other))
        except (ArithmeticError, ValueError):
            return FAILED
    if NULL in (left, right):
        return FAILED
    for side, other_side in ((left, right), (right, left)):
        if side.kind == IF and is_const(other_side) and all(number(branch) is not None for branch in side.parts[1:]):
            branches = [
                _arithmetic(simplify, name, *((branch, other_side) if side is left else (other_side, branch)))
                for branch in side.parts[1:]
            ]
            return conditional(simplify, side.parts[0], *branches)
    if name == "*" and const(0) in (left, right):
        return const(0)
    if (name == "*" and left is const(1)) or (name == "+" and left is const(0)):
        return right
    if (name == "*" and right is const(1)) or (name == "+" and right is const(0)):
        return left
    if name in ("+", "*"):
        left, right = sorted((left, right), key=lambda part: part.rank)
    if name in _MIRRORED:
        name, left, right = _MIRRORED[name], right, left
    return term(OPERATOR, name, left, right)


def _truth(of: Term) -> Term:
    """Return a condition with the text of a boolean as the boolean."""
    return {"true": TRUE, "false": FALSE}.get(of.data, of) if is_const(of, str) else of


def _logical(simplify: Simplify, name: str, parts: Iterable[Term]) -> Term:
    deciding, neutral = (FALSE, TRUE) if name == "&&" else (TRUE, FALSE)
    left: dict[Term, None] = {}
    failed = False
    for part in parts:
        condition = _truth(simplify(part))
        if condition is FAILED or condition is NULL:
            failed = True
            continue
        if condition is deciding:
            # Terraform evaluates the right side only if the left one does not decide
            return FAILED if failed else deciding
        same = condition.kind == OPERATOR and condition.data == name
        for one in condition.parts if same else (condition,):
            if one is not neutral:
                left[one] = None
    if failed:
        return FAILED
    if any(negated(simplify, one) in left for one in left):
        return deciding
    ordered = sorted(left, key=lambda one: one.rank)
    return neutral if not ordered else ordered[0] if len(ordered) == 1 else term(OPERATOR, name, *ordered)


def negated(simplify: Simplify, of: Term) -> Term:
    """Return the opposite of a condition."""
    of = _truth(of)
    if is_const(of, bool):
        return const(not of.data)
    if of is NULL:
        return FAILED
    if of.kind == OPERATOR and of.data == "!":
        return of.parts[0]
    if of.kind == OPERATOR and of.data in ("<", "<="):
        return term(OPERATOR, "<=" if of.data == "<" else "<", of.parts[1], of.parts[0])
    if of.kind == OPERATOR and of.data in ("&&", "||"):
        return _logical(simplify, "||" if of.data == "&&" else "&&", [negated(simplify, part) for part in of.parts])
    return term(OPERATOR, "!", of)


def equal(simplify: Simplify, left: Term, right: Term) -> Term:  # noqa: C901, PLR0911 - one case a line
    """Return whether two terms are equal, as far as that can be said."""
    if left is right:
        return TRUE
    if is_known(left) and is_known(right):
        return const(_same(value_of(left), value_of(right)))
    if left.kind == CONST:
        left, right = right, left
    world = simplify.world
    if (right is NULL and not nullable(left, world)) or {left.kind, right.kind} in ({LIST, OBJECT}, {LIST, CONST}):
        return FALSE
    if right is const("") and _never_empty(left):
        return FALSE
    if right.kind == CONST and left.kind == IF:
        branches = [equal(simplify, branch, right) for branch in left.parts[1:]]
        if all(is_const(branch) for branch in branches):
            return conditional(simplify, left.parts[0], *branches)
    if right.kind == CONST and left.kind == CALL and left.data == "length" and right.data == 0:
        return term(OPERATOR, "==", left, right)
    kind = type_of(left, world)
    if is_const(right, bool) and kind and kind.kind == "bool" and not nullable(left, world):
        return left if right.data else negated(simplify, left)
    if right.kind != CONST and left.rank > right.rank:
        left, right = right, left
    return term(OPERATOR, "==", left, right)


def _never_empty(of: Term) -> bool:
    """Return whether a text is never empty: a template with a text in it, or the identifier of a resource."""
    return identifies(of) or (of.kind == TEMPLATE and any(is_const(part, str) and part.data for part in of.parts))


def _same(left: object, right: object) -> bool:
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def conditional(simplify: Simplify, condition: Term, yes: Term, no: Term) -> Term:  # noqa: C901, PLR0911 - one case a line
    """Return what a conditional expression is, of parts in their one form."""
    condition = _truth(condition)
    if is_const(condition, bool):
        return yes if condition.data else no
    if yes is no:
        return yes
    if condition.kind == OPERATOR and condition.data == "!":
        condition, yes, no = condition.parts[0], no, yes
    yes, no = _assuming(simplify, condition, TRUE, yes), _assuming(simplify, condition, FALSE, no)
    if yes is no:
        return yes
    if (yes, no) == (TRUE, FALSE):
        return condition
    if yes is NULL and no.kind == CALL and no.data not in TAKES_NULL and _or_null(condition) in no.parts:
        return term(CALL, "try", no, NULL)
    if (yes, no) == (FALSE, TRUE):
        return negated(simplify, condition)
    if yes is TRUE and _is_bool(simplify, no):
        return _logical(simplify, "||", (condition, no))
    if no is FALSE and _is_bool(simplify, yes):
        return _logical(simplify, "&&", (condition, yes))
    if yes.kind == IF and yes.parts[2] is no:
        return conditional(simplify, _logical(simplify, "&&", (condition, yes.parts[0])), yes.parts[1], no)
    if no.kind == IF and no.parts[1] is yes:
        return conditional(simplify, _logical(simplify, "||", (condition, no.parts[0])), yes, no.parts[2])
    return term(IF, None, condition, yes, no)


def _or_null(condition: Term) -> Term | None:
    """Return what a condition asks for being null or failing, as in ``try(var.x.y, null) == null``."""
    tried = condition.parts[0] if condition.kind == OPERATOR and condition.data == "==" else condition
    if tried is condition or condition.parts[1] is not NULL or tried.kind != CALL or tried.data != "try":
        return None
    return tried.parts[0] if tried.parts[1:] == (NULL,) else None


def _is_bool(simplify: Simplify, of: Term) -> bool:
    kind = type_of(of, simplify.world)
    return kind is not None and kind.kind == "bool"


def _assuming(simplify: Simplify, condition: Term, value: Term, of: Term) -> Term:
    """Return a branch with what is known in it: that the condition holds, or does not."""
    known = {condition: value}
    if condition.kind == OPERATOR and condition.data == ("&&" if value is TRUE else "||"):
        known = dict.fromkeys(condition.parts, value)
    if value is TRUE and condition.kind == OPERATOR and condition.data == "==" and condition.parts[1].kind == CONST:
        known = {condition.parts[0]: condition.parts[1]}
    if not any(one in known for one in walk(of)):
        return of
    return simplify.knowing(known)(of)


def joined(of: Iterable[Term], kind: str, join: Callable[[Iterable[Term]], Term]) -> list[Term]:
    """Return terms with one in the place of each run of terms of a kind."""
    found: list[Term] = []
    for one_kind, run in itertools.groupby(of, lambda one: one.kind):
        ones = list(run)
        found += [join(ones)] if one_kind == kind else ones
    return found


def template(parts: Iterable[Term]) -> Term:
    """Return a template of parts in their one form, or as it is written if it is too large."""
    written = term(TEMPLATE, None, *parts)
    if written.size > LARGEST:
        return written
    if any(part in (FAILED, NULL, EMPTY) or part.kind in (LIST, OBJECT) for part in written.parts):
        return FAILED
    pieces = [one for part in written.parts for one in (part.parts if part.kind == TEMPLATE else (part,))]
    if len(pieces) > _MOST_PARTS:
        return written
    flat = joined(pieces, CONST, lambda run: const("".join(map(_text, run))))
    flat = [one for one in flat if one is not const("")]
    return const("") if not flat else flat[0] if len(flat) == 1 else term(TEMPLATE, None, *flat)


def _text(of: Term) -> str:
    """Return a constant as a template shows it."""
    return str(of.data).lower() if isinstance(of.data, bool) else str(of.data)
