"""Rules about what variables accept."""

from collections.abc import Iterator, Sequence
from typing import Final

from generator.compare.context import Context
from generator.compare.findings import Finding, finding
from generator.compare.reading.document import Place
from generator.compare.scenarios import REWRITTEN, SAME
from generator.compare.terms.render import render
from generator.compare.terms.term import FAILED, FALSE, OPERATOR, TRUE, Term, is_const, term, walk

_SHOWN: Final = 160
_REJECTED: Final = (FALSE, FAILED)
_Validation = tuple[Term, str, Place]


def changed_validations(context: Context) -> Iterator[Finding]:
    """Find what variables accept now and did not, and the other way round."""
    for name in sorted(context.old.validations.keys() & context.new.validations.keys()):
        gone, come = list(context.old.validations[name]), list(context.new.validations[name])
        for validation in list(gone):
            same = _same(context, validation, come)
            if same:
                gone.remove(validation)
                come.remove(same)
                if _is_rewritten(context, validation[0], same[0]):
                    shown = render(context.scenarios.simplify_new(same[0]), _SHOWN)
                    message = f"it is now {shown}; no inputs are known for which they differ"
                    yield finding(
                        "validation-rewritten", f"variable.{name}", message, "patch", old=validation[2], new=same[2]
                    )
                if same[1] != validation[1]:
                    yield finding(
                        "validation-message",
                        f"variable.{name}",
                        "a message has other words",
                        "patch",
                        old=validation[2],
                        new=same[2],
                    )
        if gone or come:
            yield _changed(context, name, gone, come)


def _same(context: Context, validation: _Validation, others: Sequence[_Validation]) -> _Validation | None:
    verdicts = [(other, context.scenarios.verdict(validation[0], other[0]).kind) for other in others]
    alike = [other for other, verdict in verdicts if verdict == SAME]
    # No inputs are tried that distinguish two regular expressions
    alike += [
        other for other, verdict in verdicts if verdict == REWRITTEN and _strings(validation[0]) == _strings(other[0])
    ]
    return next(iter(alike), None)


def _is_rewritten(context: Context, old: Term, new: Term) -> bool:
    return context.scenarios.verdict(old, new).kind != SAME


def _strings(condition: Term) -> set[str]:
    """Return the strings in a condition, such as patterns."""
    return {one.data for one in walk(condition) if is_const(one, str)}


def _changed(context: Context, name: str, gone: Sequence[_Validation], come: Sequence[_Validation]) -> Finding:
    before, after = (term(OPERATOR, "&&", TRUE, *(one for one, _, _ in ones)) for ones in (gone, come))
    tightened = loosened = False
    for _, was, now in context.scenarios.outcomes(before, after):
        tightened |= was is TRUE and now in _REJECTED
        loosened |= was in _REJECTED and now is TRUE
    shown = [
        render(context.scenarios.simplify_old(before), _SHOWN),
        render(context.scenarios.simplify_new(after), _SHOWN),
    ]
    subject = f"variable.{name}"
    old, new = (ones[0][2] if ones else None for ones in (gone, come))
    if not come:
        return finding(
            "validation-removed", subject, f"it no longer rejects what is not {shown[0]}", "patch", old=old, new=new
        )
    if not gone:
        return finding("validation-added", subject, f"it accepts only {shown[1]}", "major", old=old, new=new)
    message = f"it accepted {shown[0]} and accepts {shown[1]}"
    if loosened and not tightened:
        return finding("validation-loosened", subject, message, "patch", old=old, new=new)
    return finding(f"validation-{'tightened' if tightened else 'changed'}", subject, message, "major", old=old, new=new)
