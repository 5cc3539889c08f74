"""Rules about what variables accept."""

from collections.abc import Iterator, Sequence
from typing import Final

from generator.compare.context import Context
from generator.compare.findings import Finding, finding, merged
from generator.compare.rules.conditions import Condition, matched
from generator.compare.rules.patterns import is_widened
from generator.compare.scenarios import REWRITTEN
from generator.compare.terms.render import render
from generator.compare.terms.term import FAILED, FALSE, OPERATOR, TRUE, term

_SHOWN: Final = 160
_REJECTED: Final = (FALSE, FAILED)


def changed_validations(context: Context) -> Iterator[Finding]:
    """Find what variables accept now and did not, and the other way round."""
    yield from merged(_validations(context), "validation-message", "variable", "these messages have other words")


def _validations(context: Context) -> Iterator[Finding]:
    for name in sorted(context.old.validations.keys() & context.new.validations.keys()):
        gone, come = list(context.old.validations[name]), list(context.new.validations[name])
        for was, now, kind in matched(context, gone, come):
            subject = f"variable.{name}"
            if kind == REWRITTEN:
                shown = render(context.scenarios.simplify_new(now[0]), _SHOWN)
                message = f"it is now {shown}; no inputs are known for which they differ"
                yield finding("validation-rewritten", subject, message, "patch", old=was[2], new=now[2])
            if was[1] != now[1]:
                message = "a message has other words"
                yield finding("validation-message", subject, message, "patch", old=was[2], new=now[2])
        if gone or come:
            yield _changed(context, name, gone, come)


def _changed(context: Context, name: str, gone: Sequence[Condition], come: Sequence[Condition]) -> Finding:
    before, after = (term(OPERATOR, "&&", TRUE, *(one for one, _, _ in ones)) for ones in (gone, come))
    was, now = context.scenarios.simplify_old(before), context.scenarios.simplify_new(after)
    shown = [render(one, _SHOWN) for one in (was, now)]
    subject = f"variable.{name}"
    old, new = (ones[0][2] if ones else None for ones in (gone, come))
    if not come:
        return finding(
            "validation-removed", subject, f"it no longer rejects what is not {shown[0]}", "patch", old=old, new=new
        )
    if not gone:
        return finding("validation-added", subject, f"it accepts only {shown[1]}", "major", old=old, new=new)
    message = f"it accepted {shown[0]} and accepts {shown[1]}"
    loosened = is_widened(was, now)
    for _, accepted, accepts in context.scenarios.outcomes(before, after):
        if accepted is TRUE and accepts in _REJECTED:
            return finding("validation-tightened", subject, message, "major", old=old, new=new)
        loosened |= accepted in _REJECTED and accepts is TRUE
    rule, bump = ("loosened", "patch") if loosened else ("changed", "major")
    return finding(f"validation-{rule}", subject, message, bump, old=old, new=new)
