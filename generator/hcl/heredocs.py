"""The texts of a heredoc, escaped as between quotes."""

import re
from typing import Final, TypeVar

TEXT: Final = re.compile(r"(?:[^$%]++|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*", re.DOTALL)
"""The text between two interpolations."""

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_Part = TypeVar("_Part")


def as_quoted(parts: list[str | _Part], *, flush: bool) -> list[str | _Part]:
    """Return the parts of a heredoc, texts and interpolations, with the texts escaped as between quotes.

    ``flush`` removes the indent that all lines have, as ``<<-`` does.
    """
    flushed = _flushed(parts) if flush else parts
    return [_escaped(part) if isinstance(part, str) else part for part in flushed if part != ""]


def _escaped(text: str) -> str:
    return re.sub(r'[\\"\n\r\t]', lambda match: _ESCAPES[match[0]], text)


def _flushed(parts: list[str | _Part]) -> list[str | _Part]:
    # An interpolation ends the indent of its line as a letter does
    whole = "".join(part if isinstance(part, str) else "x" for part in parts)
    indents = [len(line) - len(line.lstrip(" \t")) for line in whole.split("\n") if line.strip()]
    pattern = re.compile(rf"^[ \t]{{0,{min(indents, default=0)}}}", re.MULTILINE)
    flushed, begins = list[str | _Part](), True
    for part in parts:
        if isinstance(part, str):
            first, newline, rest = part.partition("\n")
            head = pattern.sub("", first, count=1) if begins else first
            flushed.append(f"{head}{newline}{pattern.sub('', rest) if newline else ''}")
        else:
            flushed.append(part)
        begins = isinstance(part, str) and part.endswith("\n")
    return flushed
