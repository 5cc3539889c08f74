"""Which conditions of two versions, such as validations and preconditions, are the same."""

from collections.abc import Iterator

from generator.compare.context import Context
from generator.compare.reading.document import Place
from generator.compare.scenarios import REWRITTEN, SAME
from generator.compare.terms.term import Term, is_const, walk

Condition = tuple[Term, str, Place]
"""A condition, its message, and where it stands."""


def matched(
    context: Context, gone: list[Condition], come: list[Condition]
) -> Iterator[tuple[Condition, Condition, str]]:
    """Take the conditions that have the same effect out of both lists; yield them with how they differ.

    Inputs are tried only for those that are left when all others have been taken out.
    """
    for kind in (SAME, REWRITTEN):
        for one in list(gone):
            same = next((other for other in come if _is(kind, context, one[0], other[0])), None)
            if same:
                gone.remove(one)
                come.remove(same)
                yield one, same, kind


def _is(kind: str, context: Context, old: Term, new: Term) -> bool:
    if kind == SAME:
        return context.scenarios.alike(old, new) == SAME
    # No inputs are tried that distinguish two regular expressions
    return _strings(old) == _strings(new) and context.scenarios.verdict(old, new).kind == REWRITTEN


def _strings(condition: Term) -> set[str]:
    """Return the strings in a condition, such as patterns."""
    return {one.data for one in walk(condition) if is_const(one, str)}
