"""A provider's arguments as data: the types of a resource's attributes and blocks, and their form in JSON.

An attribute is one line, such as ``"handler": "string optional"``, so that a difference between two lists can be read.
A block is an object of its members, with its nesting and its limits.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

FLAGS: Final = ("required", "optional", "computed")


@dataclass(frozen=True)
class Attribute:
    """An attribute: its Terraform type, such as ``list(string)``, and who sets it."""

    type: str
    required: bool = False
    optional: bool = False
    computed: bool = False

    @property
    def settable(self) -> bool:
        """Return whether a configuration may set it."""
        return self.required or self.optional

    def to_json(self) -> str:
        """Return the type and the flags that are set."""
        return " ".join([self.type, *(flag for flag in FLAGS if getattr(self, flag))])

    @classmethod
    def from_json(cls, text: str) -> "Attribute":
        """Read what :meth:`to_json` wrote."""
        type_, *flags = text.split(" ")
        return cls(type_, **dict.fromkeys(flags, True))


@dataclass(frozen=True)
class Block:
    """A nested block: ``nesting`` is list, set or single; ``maximum`` is 0 where the number is not limited."""

    nesting: str
    members: "Schema"
    minimum: int = 0
    maximum: int = 0

    @property
    def required(self) -> bool:
        """Return whether a configuration must have it."""
        return self.minimum > 0

    def to_json(self) -> dict[str, Any]:
        """Return the block with its members."""
        return {
            "nesting": self.nesting,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "block": schema_to_json(self.members),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Block":
        """Read what :meth:`to_json` wrote."""
        return cls(document["nesting"], schema_from_json(document["block"]), document["minimum"], document["maximum"])


Schema = Mapping[str, Attribute | Block]
"""The attributes and blocks of a resource, of a data source or of a block, by name."""


def schema_to_json(schema: Schema) -> dict[str, Any]:
    """Return a schema as JSON, sorted by name."""
    return {name: schema[name].to_json() for name in sorted(schema)}


def schema_from_json(document: Mapping[str, Any]) -> dict[str, Attribute | Block]:
    """Read what :func:`schema_to_json` wrote."""
    return {
        name: Attribute.from_json(member) if isinstance(member, str) else Block.from_json(member)
        for name, member in document.items()
    }


def paths(schema: Schema, prefix: str = "") -> Iterator[tuple[str, Attribute | Block]]:
    """Yield every attribute and block with its dotted path, each block before its members."""
    for name, member in sorted(schema.items()):
        yield f"{prefix}{name}", member
        if isinstance(member, Block):
            yield from paths(member.members, f"{prefix}{name}.")
