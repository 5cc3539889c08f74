"""Calls of functions that read a file of the module."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

from generator.compare.terms.build import build_template
from generator.compare.terms.known import content_of
from generator.compare.terms.term import OBJECT, Term, call, const, entries, is_const
from generator.compare.terms.world import Simplify

FILE_FUNCTIONS: Final = ("file", "filebase64", "filebase64sha256", "filebase64sha512", "filemd5", "filesha1",
                         "filesha256", "filesha512", "templatefile")  # fmt: skip


def _file(simplify: Simplify, arguments: list[Term]) -> Term | None:
    """Return the text of a file."""
    text = _text(simplify, arguments[0])
    return None if text is None else const(text)


def _text(simplify: Simplify, path: Term) -> str | None:
    content = content_of(path, simplify.world)
    try:
        return None if content is None else content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _templatefile(simplify: Simplify, arguments: list[Term]) -> Term | None:
    """Return what a template makes of its variables, or the call with its text if it cannot be read."""
    path, given = arguments
    text = _text(simplify, path)
    if text is None:
        return None
    if given.kind == OBJECT and all(is_const(key, str) for key in entries(given)):
        found = build_template(text, {str(key.data): value for key, value in entries(given).items()})
        if found is not None:
            return simplify(found)
    return call("templatefile", const(text), given)


def _checksum(name: str) -> Callable[[Simplify, list[Term]], Term | None]:
    """Return a rule for a function of a file: the call, with what the file holds in the place of its path."""

    def rule(simplify: Simplify, arguments: list[Term]) -> Term | None:
        content = content_of(arguments[0], simplify.world)
        if content is None:
            return None
        return call(name, const(hashlib.sha256(content).hexdigest()), *arguments[1:])

    return rule


RULES: Final[Mapping[str, Callable[[Simplify, list[Term]], Term | None]]] = {
    **{name: _checksum(name) for name in FILE_FUNCTIONS}, "file": _file, "templatefile": _templatefile,
}  # fmt: skip
"""What each function returns; ``None`` if it is not known."""
