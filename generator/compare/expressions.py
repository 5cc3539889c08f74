"""One form for expressions that say the same: without comments, layout, needless parentheses and the order of keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from generator.hcl.expressions import (
    Attribute,
    Binary,
    Call,
    Conditional,
    For,
    HclError,
    Index,
    Literal,
    Node,
    Object,
    Parentheses,
    Root,
    Splat,
    Template,
    Tuple,
    Unary,
)
from generator.hcl.parser import parse
from generator.spec.types import quoted

_DEFINED: Final = re.compile(r"(?<![\w.-])(?:local\.\w+|terraform_data\.\w+\.input)\b")
_REFERENCE: Final = re.compile(
    r"(?<![\w.-])(?:data\.)?(?:var|local|module|path|[a-z][a-z0-9]*_\w+)\.\w+(?:\[[^]]*\])?(?:\.\w+)*"
)
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][\w-]*")
_DEEPEST: Final = 12


@dataclass(frozen=True)
class Expander:
    """Puts definitions in the places of the references to them, so that names do not count.

    ``definitions`` are those of ``local.NAME`` and of ``terraform_data.NAME.input``, which stores a value in the state.
    """

    definitions: Mapping[str, str]

    def expand(self, text: str, depth: int = 0) -> str:
        """Return an expression in its one form, without references that are defined."""
        if depth < _DEEPEST:
            text = _DEFINED.sub(lambda match: self._definition(match, depth), text)
        return canonical(text)

    def _definition(self, match: re.Match[str], depth: int) -> str:
        definition = self.definitions.get(match[0])
        return match[0] if definition is None else f"({self.expand(definition, depth + 1)})"


@cache
def tree(text: str) -> Node | None:
    """Return the tree of an expression, ``None`` for one that holds what the parser does not know."""
    try:
        return parse(text)
    except HclError:
        return None


@cache
def canonical(text: str) -> str:
    """Return an expression in its one form."""
    node = tree(text)
    return " ".join(text.split()) if node is None else _bare(node, text)


def references(text: str) -> frozenset[str]:
    """Return what an expression refers to, whatever index or splat stands between."""
    plain = re.sub(r"\[(?:\*|\d+)\]", "", text)
    return frozenset(_REFERENCE.findall(plain))


def _written(node: Node, text: str) -> str:  # noqa: C901, PLR0911, PLR0912 - one case a kind of node
    def of(part: Node) -> str:
        return _written(part, text)

    match node:
        case Parentheses():
            inner = node.of
            atom = isinstance(inner, (Binary, Conditional, Unary))
            return f"({of(inner)})" if atom else of(inner)
        case Literal() | Root():
            return text[node.start : node.end]
        case Template():
            parts = [part if isinstance(part, str) else f"${{{_bare(part, text)}}}" for part in node.parts]
            if len(node.parts) == 1 and not isinstance(node.parts[0], str):
                return of(node.parts[0])
            return f'"{"".join(parts)}"'
        case Attribute():
            return f"{of(node.of)}.{node.name}"
        case Index():
            return f"{of(node.of)}[{of(node.key)}]"
        case Splat():
            return f"{of(node.of)}[*]{''.join(f'.{name}' for name in node.names)}"
        case Call():
            return f"{node.name}({', '.join(_bare(one, text) for one in node.arguments)})"
        case Unary():
            return f"{node.operator}{of(node.of)}"
        case Binary():
            return f"{_side(node.left, node.level, text)} {node.operator} {_side(node.right, node.level + 1, text)}"
        case Conditional():
            return f"{_bare(node.condition, text)} ? {_bare(node.yes, text)} : {_bare(node.no, text)}"
        case Tuple():
            return f"[{', '.join(_bare(item, text) for item in node.items)}]"
        case Object():
            entries = [
                f"{_key(entry.key) if isinstance(entry.key, str) else of(entry.key)} = {_bare(entry.value, text)}"
                for entry in node.entries
            ]
            return f"{{{', '.join(sorted(entries))}}}"
        case For():
            names = ", ".join(node.names)
            key = f"{_bare(node.key, text)} => " if node.key else ""
            condition = f" if {_bare(node.condition, text)}" if node.condition else ""
            inside = f"for {names} in {_bare(node.collection, text)} : {key}{_bare(node.value, text)}{condition}"
            return f"{{{inside}}}" if node.key else f"[{inside}]"
        case _:
            return text[node.start : node.end]


def _key(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) else quoted(name)


def _bare(node: Node, text: str) -> str:
    """Return a part that stands alone, where parentheses around it say nothing."""
    while isinstance(node, Parentheses):
        node = node.of
    return _written(node, text)


def _side(node: Node, level: int, text: str) -> str:
    """Return a side of an operator, in parentheses only where they decide something."""
    while isinstance(node, Parentheses):
        node = node.of
    loose = isinstance(node, Conditional) or (isinstance(node, Binary) and node.level < level)
    return f"({_written(node, text)})" if loose else _written(node, text)
