"""The types that a variable can have, and what each looks like as HCL, as JSON Schema and in a table.

The algebra is Terraform's own: ``string``, ``number``, ``bool``, ``list``, ``map`` and ``object`` with
``optional`` attributes.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from generator.literals import quoted
from generator.spec.provider import OLDEST, has

type_names = {"string": str, "number": (int, float), "bool": bool}

# An object that begins with for would be a for expression
_IDENTIFIER = re.compile(r"(?!for\b)[A-Za-z_][A-Za-z0-9_-]*")

_CONSTANTS = {None: "null", True: "true", False: "false"}


class Type:
    """What every type can say of itself."""

    def hcl(self, indent: int = 0) -> str:
        """Return the type expression; ``indent`` is the column at which its line begins."""
        raise NotImplementedError

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the values that the type takes."""
        raise NotImplementedError

    def accepts(self, value: object) -> bool:
        """Return whether a value has this type, by Terraform's rules without its conversions."""
        raise NotImplementedError

    def complete(self, value: Any) -> Any:
        """Return the value as the module sees it: optional attributes that were left out have their defaults."""
        return None if value is None else self._complete(value)

    def _complete(self, value: Any) -> Any:
        return value

    def for_provider(self, provider: str) -> "Type":  # noqa: ARG002 - only an object has attributes
        """Return the type as a build for one target has it."""
        return self

    def versions(self) -> Iterator[str]:
        """Yield the versions of the AWS provider that attributes need."""
        return iter(())

    @property
    def documented(self) -> "Type":
        """The type as readers see it."""
        return self


@dataclass(frozen=True)
class Primitive(Type):
    """``string``, ``number`` or ``bool``."""

    name: str

    def hcl(self, indent: int = 0) -> str:  # noqa: ARG002 - a primitive stands on one line
        return self.name

    def json_schema(self) -> dict[str, Any]:
        return {"type": {"bool": "boolean"}.get(self.name, self.name)}

    def accepts(self, value: object) -> bool:
        if isinstance(value, bool):
            return self.name == "bool"
        return isinstance(value, type_names[self.name])  # type: ignore[arg-type]


STRING = Primitive("string")
NUMBER = Primitive("number")
BOOL = Primitive("bool")


@dataclass(frozen=True)
class List(Type):
    """``list(of)``."""

    of: Type

    def hcl(self, indent: int = 0) -> str:
        return f"list({self.of.hcl(indent)})"

    def json_schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.of.json_schema()}

    def accepts(self, value: object) -> bool:
        return isinstance(value, (list, tuple)) and all(self.of.accepts(item) for item in value)

    def _complete(self, value: Any) -> Any:
        return [self.of.complete(item) for item in value]

    def for_provider(self, provider: str) -> Type:
        return List(self.of.for_provider(provider))

    def versions(self) -> Iterator[str]:
        return self.of.versions()


@dataclass(frozen=True)
class Map(Type):
    """``map(of)``, keyed by strings."""

    of: Type

    def hcl(self, indent: int = 0) -> str:
        return f"map({self.of.hcl(indent)})"

    def json_schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.of.json_schema()}

    def accepts(self, value: object) -> bool:
        return isinstance(value, Mapping) and all(
            isinstance(key, str) and self.of.accepts(item) for key, item in value.items()
        )

    def _complete(self, value: Any) -> Any:
        return {key: self.of.complete(item) for key, item in value.items()}

    def for_provider(self, provider: str) -> Type:
        return Map(self.of.for_provider(provider))

    def versions(self) -> Iterator[str]:
        return self.of.versions()


@dataclass(frozen=True)
class Optional:
    """An attribute of an object that may be left out, and what it then is.

    ``since`` is the version of the AWS provider that first had what it sets: a build for an older one does not have the
    attribute, or requires it if it is ``required_before``.
    """

    type: Type
    default: Any = None
    since: str = OLDEST
    required_before: bool = False

    def __post_init__(self) -> None:
        if self.default is not None and not self.type.accepts(self.default):
            message = f"the default {self.default!r} of an attribute is not a {self.type.hcl()}"
            raise ValueError(message)


@dataclass(frozen=True)
class Object(Type):
    """``object({...})``. Attributes are types, or ``Optional`` where they may be left out."""

    attributes: Mapping[str, Type | Optional] = field(default_factory=dict)

    def hcl(self, indent: int = 0) -> str:
        if not self.attributes:
            return "object({})"
        width = max(map(len, self.attributes))
        inner = " " * (indent + 2)
        lines = []
        for name, attribute in self.attributes.items():
            if isinstance(attribute, Optional):
                default = "" if attribute.default is None else f", {literal(attribute.default)}"
                text = f"optional({attribute.type.hcl(indent + 2)}{default})"
            else:
                text = attribute.hcl(indent + 2)
            # terraform fmt aligns only neighbors that stand on one line each
            pad = "" if "\n" in text else " " * (_run_width(self.attributes, name, width) - len(name))
            lines.append(f"{inner}{name}{pad} = {text}")
        return "\n".join(["object({", *lines, " " * indent + "})"])

    def json_schema(self) -> dict[str, Any]:
        properties = {}
        for name, attribute in self.attributes.items():
            if isinstance(attribute, Optional):
                schema = nullable(attribute.type.json_schema())
                if attribute.default is not None:
                    schema["default"] = attribute.default
                properties[name] = schema
            else:
                properties[name] = attribute.json_schema()
        return {
            "type": "object",
            "properties": properties,
            "required": [name for name, attribute in self.attributes.items() if isinstance(attribute, Type)],
            "additionalProperties": False,
        }

    def accepts(self, value: object) -> bool:
        if not isinstance(value, Mapping) or not set(value) <= set(self.attributes):
            return False
        for name, attribute in self.attributes.items():
            if isinstance(attribute, Optional):
                if value.get(name) is not None and not attribute.type.accepts(value[name]):
                    return False
            elif name not in value or not attribute.accepts(value[name]):
                return False
        return True

    def _complete(self, value: Any) -> Any:
        completed = {}
        for name, attribute in self.attributes.items():
            if isinstance(attribute, Optional):
                given = value.get(name)
                given = attribute.default if given is None else given
                completed[name] = attribute.type.complete(given)
            else:
                completed[name] = attribute.complete(value[name])
        return completed

    def for_provider(self, provider: str) -> Type:
        attributes: dict[str, Type | Optional] = {}
        for name, attribute in self.attributes.items():
            if not isinstance(attribute, Optional):
                attributes[name] = attribute.for_provider(provider)
            elif has(provider, attribute.since):
                kind = attribute.type.for_provider(provider)
                attributes[name] = attribute if kind is attribute.type else replace(attribute, type=kind)
            elif attribute.required_before:
                attributes[name] = attribute.type.for_provider(provider)
        return self if attributes == self.attributes else Object(attributes)

    def versions(self) -> Iterator[str]:
        for attribute in self.attributes.values():
            if isinstance(attribute, Optional):
                yield attribute.since
                yield from attribute.type.versions()
            else:
                yield from attribute.versions()


@dataclass(frozen=True)
class Checked(Type):
    """A type of objects whose keys the module checks by itself: in HCL it is ``any``.

    Terraform removes unknown keys from an object of a declared type, so that a misspelled optional key has no effect.
    :mod:`generator.spec.object_keys` makes the validations that take the place of the declared type.
    """

    of: Type

    def hcl(self, indent: int = 0) -> str:  # noqa: ARG002 - one word
        return "any"

    def json_schema(self) -> dict[str, Any]:
        return self.of.json_schema()

    def accepts(self, value: object) -> bool:
        return self.of.accepts(value)

    def for_provider(self, provider: str) -> Type:
        return Checked(self.of.for_provider(provider))

    def versions(self) -> Iterator[str]:
        return self.of.versions()

    @property
    def documented(self) -> Type:
        return self.of


def _run_width(attributes: Mapping[str, Type | Optional], name: str, widest: int) -> int:
    """Return the width to which ``terraform fmt`` aligns one attribute: that of its run of one-line neighbors."""
    runs: list[list[str]] = [[]]
    for other, attribute in attributes.items():
        inner = attribute.type if isinstance(attribute, Optional) else attribute
        if "\n" in inner.hcl():
            runs.append([])
        else:
            runs[-1].append(other)
    return next((max(map(len, run)) for run in runs if name in run), widest)


def compact(expression: str) -> str:
    """Return a type expression on one line."""
    lines = expression.replace("\n", ", ").split()
    return " ".join(lines).replace("({, ", "({ ").replace(", })", " })")


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that takes ``null`` as well."""
    kind = schema["type"]
    return {**schema, "type": [*kind, "null"] if isinstance(kind, list) else [kind, "null"]}


def literal(value: object, indent: int = 0) -> str:
    """Return a value as HCL, as ``terraform fmt`` would leave it, on one line where it is short.

    >>> literal({"name": "id", "type": "S"})
    '{ name = "id", type = "S" }'
    """
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool):
        return _CONSTANTS[value]
    if isinstance(value, (int, float)):
        return json.dumps(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(literal(item, indent) for item in value) + "]"
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        pairs = (f"{_key(key)} = {literal(item, indent)}" for key, item in value.items())
        return "{ " + ", ".join(pairs) + " }"
    message = f"no HCL literal for a value of type {type(value).__name__}"
    raise TypeError(message)


def _key(key: str) -> str:
    return key if _IDENTIFIER.fullmatch(key) else quoted(key)
