"""Descriptions and messages that are made of sentences which know what they are about.

A variant of the module leaves out the sentences about variables that its callers cannot set.
"""

from collections.abc import Container
from typing import NamedTuple, Self


class Part(NamedTuple):
    """A sentence that does not hold in every variant.

    It is left out where one of the variables in ``about`` cannot be set, and, with ``of_null``, where the value that
    the text describes is never ``null``.
    """

    text: str
    about: tuple[str, ...] = ()
    of_null: bool = False

    def left(self, absent: Container[str], *, never_null: bool) -> "Part | None":
        """Return the part, or ``None`` where it is left out."""
        gone = (self.of_null and never_null) or any(name in absent for name in self.about)
        return None if gone else self

    def __str__(self) -> str:
        return self.text


class Listing(NamedTuple):
    """A sentence with ``{}`` in the place of a list of variables.

    The list has the variables that can be set; where fewer than two are left, so is the sentence. ``mark`` is put on
    both sides of each name, and ``word`` before the last one.
    """

    text: str
    names: tuple[str, ...]
    mark: str = ""
    word: str = "and"

    def left(self, absent: Container[str], *, never_null: bool) -> "Listing | None":  # noqa: ARG002 - as a part has it
        """Return the sentence with the names that are left, or ``None`` where it is left out."""
        names = tuple(name for name in self.names if name not in absent)
        return self._replace(names=names) if len(names) > 1 else None

    def __str__(self) -> str:
        return self.text.format(listed([f"{self.mark}{name}{self.mark}" for name in self.names], self.word))


class Text(str):
    """A string that remembers its parts: sentences that always hold, and ones that do not (see :class:`Part`)."""

    __slots__ = ("parts",)
    parts: tuple[str | Part | Listing, ...]

    def __new__(cls, *parts: str | Part | Listing) -> Self:
        """Return the text of the parts, with a space between two."""
        text = super().__new__(cls, " ".join(map(str, parts)))
        text.parts = parts
        return text

    def without(self, absent: Container[str], *, never_null: bool = False) -> "Text":
        """Return the text for a variant in which the variables ``absent`` cannot be set."""
        left = (part if isinstance(part, str) else part.left(absent, never_null=never_null) for part in self.parts)
        return Text(*(part for part in left if part is not None))


def without(text: str, absent: Container[str], *, never_null: bool = False) -> str:
    """Return a text as :meth:`Text.without` does; a plain string always holds as a whole."""
    return text.without(absent, never_null=never_null) if isinstance(text, Text) else text


def about(text: str, *variables: str) -> Part:
    """Return a sentence with the variables that it is about."""
    return Part(text, variables)


def null(text: str, *about: str) -> Part:
    """Return a sentence that says what ``null`` means, by the variables that it is about."""
    return Part(text, about, of_null=True)


def listed(words: list[str], word: str) -> str:
    """Return words as a list in a sentence.

    >>> listed(["a", "b", "c"], "or")
    'a, b, or c'
    """
    if len(words) < 3:  # noqa: PLR2004 - two need no comma
        return f" {word} ".join(words)
    return f"{', '.join(words[:-1])}, {word} {words[-1]}"
