"""Takes out of descriptions and messages what a variant does not have."""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Final

_NAME: Final = r"`?[a-z][a-z0-9_]*`?"
_LIST: Final = re.compile(
    rf"(?P<one>[Oo]ne of )?(?P<names>{_NAME}(?:, {_NAME})*(?:,? (?P<word>and|or) {_NAME}|, {_NAME}))"
)
_SENTENCE: Final = re.compile(r"(?<=[.;]) (?=\S)")


def without(text: str, absent: AbstractSet[str], names: AbstractSet[str]) -> str:
    """Return a text that mentions none of the absent variables.

    Of a list of variables (all in ``names``) those that are left stay; any other clause or sentence that mentions an
    absent one goes. A text of which nothing would be left stays as it is.
    """
    if not _mentioned(text, absent):
        return text
    text = _LIST.sub(lambda match: _shortened(match, absent, names), text)
    kept = [part for part in _SENTENCE.split(text) if not _mentioned(part, absent)]
    if not kept:
        return text
    joined = " ".join(kept)
    joined = joined[:-1] + "." if joined.endswith(";") else joined
    return joined[0].upper() + joined[1:] if kept[0] != _SENTENCE.split(text)[0] else joined


def _mentioned(text: str, absent: Iterable[str]) -> bool:
    return not {word for word in re.findall(r"(?<![\w.$])[a-z][a-z0-9_]*", text) if "_" in word}.isdisjoint(absent)


def _shortened(match: re.Match[str], absent: AbstractSet[str], names: AbstractSet[str]) -> str:
    listed = re.split(r", | and | or |, and |, or ", match["names"])
    bare = [name.strip("`") for name in listed]
    if not set(bare) <= names or absent.isdisjoint(bare):
        return match[0]
    left = [name for name, plain in zip(listed, bare, strict=True) if plain not in absent]
    if not left or (match["one"] and len(left) == 1):
        return match[0]
    word = f" {match['word']} " if match["word"] else ", "
    return (match["one"] or "") + word.join([", ".join(left[:-1]), left[-1]] if left[1:] else left)
