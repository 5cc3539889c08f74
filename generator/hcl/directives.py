"""Template directives such as ``%{ if }`` and ``%{ for }``, as the expressions that return the same text."""

import re
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from generator.hcl.expressions import Call, Conditional, For, HclError, Node, Template

Part = str | Node
"""A text, as it is written, or an expression."""


class Sequence(NamedTuple):
    """An interpolation or a directive: ``word`` is empty, ``if``, ``else``, ``endif``, ``for`` or ``endfor``.

    ``before`` and ``after`` say whether it removes the space on this side of it (``~``).
    """

    word: str
    names: tuple[str, ...]
    of: Node | None
    before: bool
    after: bool


_PIECE: Final = re.compile(r"\\.|.", re.DOTALL)
_SPACE: Final = frozenset({" ", "\t", "\r", "\n", r"\t", r"\r", r"\n"})


def trimmed(items: Iterable[str | Sequence], *, lines: bool) -> list[str | Sequence]:
    """Return the items of a template without the space that strip markers remove.

    In a heredoc (``lines``), that is what remains of the line only, as measured with Terraform 1.11.4.
    """
    found: list[str | Sequence] = []
    for item in items:
        last = found[-1] if found else None
        if isinstance(item, str):
            after = isinstance(last, Sequence) and last.after
            found.append(_trimmed(item, lines=lines, at_end=False) if after else item)
        else:
            if item.before and isinstance(last, str):
                found[-1] = _trimmed(last, lines=lines, at_end=True)
            found.append(item)
    return found


def _trimmed(text: str, *, lines: bool, at_end: bool) -> str:
    pieces = deque(text if lines else _PIECE.findall(text))
    before = ""
    while pieces and pieces[-1 if at_end else 0] in _SPACE:
        if lines and "\n" in ((before and pieces[-1]) if at_end else before):
            break
        before = pieces.pop() if at_end else pieces.popleft()
    return "".join(pieces)


def folded(items: Iterable[str | Sequence], whole: Callable[[], tuple[str, int, int]]) -> tuple[Part, ...]:
    """Return the parts of a template, with a conditional for each ``if`` and a joined loop for each ``for``.

    ``whole`` returns the text and the position that the new nodes have.

    Raises:
        HclError: a directive has no end, or one ends that has not begun.
    """
    waiting = list(items)[::-1]

    def until(*ends: str) -> tuple[tuple[Part, ...], str]:
        parts: list[Part] = []
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                parts += [item] if item else []
            elif item.word in ends:
                return tuple(parts), item.word
            elif not item.word and item.of:
                parts.append(item.of)
            else:
                parts.append(directive(item))
        if ends:
            raise HclError(f"the directive has no {ends[-1]}")
        return tuple(parts), ""

    def directive(item: Sequence) -> Node:
        text, start, end = whole()
        if item.word == "if" and item.of:
            yes, word = until("else", "endif")
            no = until("endif")[0] if word == "else" else ()
            branches = (Template(text, start, end, parts) for parts in (yes, no))
            return Conditional(text, start, end, item.of, *branches)
        if item.word == "for" and item.of:
            value = Template(text, start, end, until("endfor")[0])
            loop = For(text, start, end, item.names, item.of, None, value, None, groups=False)
            return Call(text, start, end, "join", (Template(text, start, end, ()), loop), ((), ()))
        raise HclError(f"unexpected directive {item.word}")

    return until()[0]
