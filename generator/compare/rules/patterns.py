"""Whether a regular expression accepts what another one does: texts that match the old one are tried with the new one.

The texts have both ends of each range, each branch, and the least and most repetitions, one variation at a time.
"""

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any, Final

from generator.compare.terms.term import CALL, CONST, OPERATOR, TEMPLATE, Term, is_const
from generator.hcl.functions import compiled

# The module that the standard library itself parses patterns with: no other one is guaranteed to agree with it
_PARSER: Final = import_module("re._parser")

_PROBES: Final = "aZ0_-/:.@ "
"""Characters that stand for those that a class leaves out."""

_MOST_REPEATED: Final = 300
_FOREIGN: Final = re.compile(r"\(\?[^:]|\\[pPQCzA]|\[\[:")
"""What RE2, which Terraform uses, reads in another way than Python."""


def is_widened(old: Term, new: Term) -> bool:
    """Return whether two conditions differ in patterns only, and the new patterns accept what the old ones do."""
    pairs = _patterns(old, new)
    return bool(pairs) and all(_accepts(was, now) for was, now in pairs or ())


def _patterns(old: Term, new: Term) -> list[tuple[str, str]] | None:
    """Return the patterns that differ, in pairs; ``None`` if anything else differs, or a pattern must not match."""
    if old is new:
        return []
    if (old.kind, old.data, len(old.parts)) != (new.kind, new.data, len(new.parts)) or old.data == "!":
        return None
    before, after = list(old.parts), list(new.parts)
    if old.kind == CALL and old.data in ("regex", "regexall") and before[1] is after[1]:
        was, now = map(_text, (before[0], after[0]))
        return None if was is None or now is None else [(was, now)]
    if old.kind == OPERATOR and old.data in ("&&", "||"):
        before, after = (
            [part for part in one if part not in other] for one, other in ((before, after), (after, before))
        )
    found: list[tuple[str, str]] = []
    for one, other in zip(before, after, strict=False):
        inner = _patterns(one, other)
        if inner is None:
            return None
        found += inner
    return found if old.parts else None


def _text(of: Term) -> str | None:
    """Return a pattern; what is put into it stands for a word."""
    if is_const(of, str):
        return str(of.data)
    if of.kind != TEMPLATE:
        return None
    return "".join(str(part.data) if part.kind == CONST else "word" for part in of.parts)


def _accepts(old: str, new: str) -> bool:
    if _FOREIGN.search(old + new):
        return False
    try:
        # RE2 takes time in proportion to a text, and limits repetitions within others, by which texts would grow
        before, after = compiled(old), compiled(new)
        texts = _varied(_PARSER.parse(old))
        # A pattern without an anchor matches within a text, too
        texts += [f" {texts[0]}", f"{texts[0]} "]
        tried = [text for text in texts if before.search(text)]
    except (re.error, ValueError, _UnknownError, RecursionError):
        return False
    return bool(tried) and all(after.search(text) for text in tried)


class _UnknownError(Exception):
    """A part of a pattern for which no texts are known."""


def _varied(nodes: Iterable[tuple[Any, Any]]) -> list[str]:
    """Return texts for a sequence: one with the first text of each node, and others that differ in one of them."""
    choices = [list(dict.fromkeys(_texts(str(kind), value))) for kind, value in nodes]
    base = [texts[0] for texts in choices]
    varied = ("".join([*base[:at], text, *base[at + 1 :]]) for at, texts in enumerate(choices) for text in texts[1:])
    return ["".join(base), *varied]


def _texts(kind: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - what the parser of the standard library returns
    match kind:
        case "LITERAL":
            yield chr(value)
        case "ANY":
            yield from _PROBES
        case "NOT_LITERAL":
            yield from (one for one in _PROBES if one != chr(value))
        case "IN":
            yield from _members(value)
        case "AT":
            yield ""
        case "SUBPATTERN":
            yield from _varied(value[-1])
        case "BRANCH":
            for branch in value[1]:
                yield from _varied(branch)
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inner = value
            texts = _varied(inner)
            yield texts[0] * least
            yield from (text + texts[0] * (least - 1) for text in texts) if int(most) else ()
            yield texts[0] * min(int(most), max(least + 1, _MOST_REPEATED))
        case _:
            raise _UnknownError(kind)


def _members(items: list[tuple[Any, Any]]) -> Iterator[str]:
    """Yield characters of a class: those that it names and the ends of its ranges, or probes that it leaves out."""
    pattern = re.compile("".join(_written(str(kind), value) for kind, value in items).join("[]"))
    ends = (
        chr(end)
        for kind, value in items
        if str(kind) in ("LITERAL", "RANGE")
        for end in (value if isinstance(value, tuple) else (value,))
    )
    yield from (one for one in (*ends, *_PROBES) if pattern.fullmatch(one))


def _written(kind: str, value: Any) -> str:  # noqa: ANN401 - as above
    match kind:
        case "NEGATE":
            return "^"
        case "LITERAL":
            return re.escape(chr(value))
        case "RANGE":
            return "-".join(re.escape(chr(end)) for end in value)
        case _:
            names = {"CATEGORY_DIGIT": r"\d", "CATEGORY_WORD": r"\w", "CATEGORY_SPACE": r"\s"}
            names |= {name.replace("_", "_NOT_", 1): text.upper() for name, text in names.items()}
            if str(value) not in names:
                raise _UnknownError(kind)
            return names[str(value)]
