"""Writes terms as HCL, for people."""

from typing import Final

from generator.compare.terms.term import CONST, IF, OPERATOR, Term, entries
from generator.literals import quoted

_LEVELS: Final = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, "<=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}
_PATIENCE: Final = 2_000
"""Most parts of a term that are written; what is shared within a term is written each time."""
_LINE: Final = 80
"""Characters of a text that count as one part."""


def render(of: Term, longest: int = 0) -> str:
    """Return the text of a term, at most so many characters if ``longest`` is not 0."""
    text = _Writer().written(of)
    return text if not longest or len(text) <= longest else f"{text[: longest - 1]}…"


def literal(value: object) -> str:
    """Return a constant as HCL."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    return quoted(value) if isinstance(value, str) else str(value)


class _Writer:
    def __init__(self) -> None:
        self.left = _PATIENCE

    def written(self, of: Term) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a kind of term
        self.left -= 1
        if self.left < 0:
            return "…"
        parts = of.parts
        match of.kind:
            case "const":
                return f'"{self._text(of)}"' if isinstance(of.data, str) else literal(of.data)
            case "variable":
                return f"var.{of.data}"
            case "instance":
                key = parts[0]
                return str(of.data) if key.kind == CONST and key.data == 0 else f"{of.data}[{self.written(key)}]"
            case "get":
                return f"{self._atom(parts[0])}{self._member(parts[1])}"
            case "element":
                return "each.value"
            case "key":
                return "each.key"
            case "list":
                return f"[{self._joined(parts)}]"
            case "object" | "block":
                inside = (f"{self._key(key)} = {self.written(value)}" for key, value in entries(of).items())
                return f"{{{', '.join(inside)}}}"
            case "loop":
                return self._loop(of)
            case "splat":
                return f"[for each in {self.written(parts[0])} : {self.written(parts[1])}]"
            case "template":
                inner = (self._text(one) if one.kind == CONST else f"${{{self.written(one)}}}" for one in parts)
                return f'"{"".join(inner)}"'
            case "call":
                return f"{of.data}({self._joined(parts)})"
            case "conversion":
                return self.written(parts[0])
            case "expansion":
                return f"{self.written(parts[0])}..."
            case "operator":
                return self._operation(of)
            case "if":
                return f"{self._atom(parts[0])} ? {self._atom(parts[1])} : {self._atom(parts[2])}"
            case "failure":
                return "(cannot be evaluated)"
            case _:
                return str(of.data)

    def _joined(self, parts: tuple[Term, ...]) -> str:
        return ", ".join(map(self.written, parts))

    def _member(self, key: Term) -> str:
        plain = key.kind == CONST and isinstance(key.data, str) and key.data.replace("_", "").replace("-", "").isalnum()
        return f".{key.data}" if plain else f"[{self.written(key)}]"

    def _text(self, of: Term) -> str:
        """Return a constant as it stands within quotation marks; long ones use up the patience, too."""
        text = "…" if self.left < 0 else quoted(str(of.data))[1:-1]
        self.left -= len(text) // _LINE
        return text

    def _key(self, of: Term) -> str:
        if of.kind != CONST:
            return f"({self.written(of)})"
        plain = isinstance(of.data, str) and of.data.replace("_", "").isalnum()
        return str(of.data) if plain else self.written(of)

    def _atom(self, of: Term) -> str:
        loose = of.kind == IF or (of.kind == OPERATOR and of.data != "!")
        return f"({self.written(of)})" if loose else self.written(of)

    def _operation(self, of: Term) -> str:
        if of.data == "!":
            inner = of.parts[0]
            if inner.kind == OPERATOR and inner.data == "==":
                return " != ".join(map(self._atom, inner.parts))
            return f"!{self._atom(inner)}"
        return f" {of.data} ".join(self._side(part, _LEVELS.get(of.data, 0)) for part in of.parts)

    def _side(self, of: Term, level: int) -> str:
        operation = of.kind == OPERATOR and of.data != "!"
        loose = of.kind == IF or (operation and _LEVELS.get(of.data, 0) <= level)
        return f"({self.written(of)})" if loose else self.written(of)

    def _loop(self, of: Term) -> str:
        collection, key, value, condition = of.parts
        kind = of.data[1]
        shown = self.written(value)
        if kind != "list":
            shown = f"{self.written(key)} => {shown}{'...' if kind == 'groups' else ''}"
        filtered = "" if condition.kind == CONST else f" if {self.written(condition)}"
        inside = f"for each in {self.written(collection)} : {shown}{filtered}"
        return f"[{inside}]" if kind == "list" else f"{{{inside}}}"
