"""Reads the JSON syntax of HCL into the same blocks as the native one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from generator.compare.reading.document import Argument, Block, Place
from generator.errors import ModuleError
from generator.parsing import expect, parse_json, reported

_LABELS: Final = {"resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1, "module": 1, "provider": 1,
                  "check": 1, "dynamic": 1, "backend": 1, "provider_meta": 1, "provisioner": 1}  # fmt: skip
"""How many labels the blocks of a type have; others have none."""

_BLOCKS: Final = frozenset(
    {
        *_LABELS,
        "lifecycle",
        "precondition",
        "postcondition",
        "validation",
        "required_providers",
        "content",
        "connection",
        "assert",
        "cloud",
        "timeouts",
    }
)
"""Nested objects that are blocks in every block. Others are taken for arguments, arrays of objects for blocks."""

_BARE: Final = frozenset(
    {"depends_on", "provider", "providers", "ignore_changes", "replace_triggered_by", "from", "to"}
)
"""Arguments whose strings are references, not templates."""


def read(file: str, text: str) -> list[Block]:
    """Return the blocks of a file.

    Raises:
        ModuleError: the text is not a JSON object.
    """
    with reported(ModuleError, file):
        document = expect(parse_json(text), {"type": "object"})
    reader = _Reader(file, text)
    return [block for kind, value in document.items() for block in reader.blocks(kind, value)]


@dataclass
class _Reader:
    """Goes through the document in its order, and finds the line of each key by searching on from the last one."""

    file: str
    source: str
    position: int = 0

    def _place(self, key: str) -> Place:
        found = self.source.find(json.dumps(key, ensure_ascii=False), self.position)
        self.position = max(found, self.position)
        return Place(self.file, self.source.count("\n", 0, self.position) + 1)

    def blocks(self, kind: str, value: Any) -> Iterator[Block]:  # noqa: ANN401 - whatever the file holds
        place = self._place(kind)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                yield from self._labelled(kind, (), item, _LABELS.get(kind, 0), place)

    def _labelled(
        self, kind: str, labels: tuple[str, ...], value: dict[str, Any], depth: int, place: Place
    ) -> Iterator[Block]:
        if not depth:
            yield self._block(kind, labels, value, place)
            return
        for label, inner in value.items():
            inner_place = self._place(label)
            for item in inner if isinstance(inner, list) else [inner]:
                if isinstance(item, dict):
                    yield from self._labelled(kind, (*labels, label), item, depth - 1, inner_place)

    def _block(self, kind: str, labels: tuple[str, ...], value: dict[str, Any], place: Place) -> Block:
        block = Block(kind, labels, place)
        for key, inner in value.items():
            if key == "//":
                continue
            objects = isinstance(inner, list) and bool(inner) and all(isinstance(item, dict) for item in inner)
            nested = kind not in ("locals", "variable", "output", "module", "required_providers")
            if (objects and nested) or (key in _BLOCKS and isinstance(inner, (dict, list))):
                block.blocks.extend(self.blocks(key, inner))
            else:
                place = self._place(key)
                bare = key in _BARE or (kind, key) == ("variable", "type")
                block.arguments[key] = Argument(_expression(inner, bare=bare), place)
        return block


def _expression(value: Any, *, bare: bool = False) -> str:  # noqa: ANN401
    """Return the expression that a value of the JSON syntax stands for."""
    if isinstance(value, dict):
        entries = (f"{json.dumps(key)} = {_expression(inner, bare=bare)}" for key, inner in value.items())
        return "{" + ", ".join(entries) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_expression(inner, bare=bare) for inner in value) + "]"
    return value if bare and isinstance(value, str) else json.dumps(value, ensure_ascii=False)
