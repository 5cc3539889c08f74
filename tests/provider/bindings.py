"""Reads a provider's schema out of its published CDK bindings, whose JavaScript is generated from that schema.

A class stands for each resource, data source and block. A getter for each member has its type; a member with an
``…Input`` getter can be set, and one with a ``reset…`` method need not be. Whether a list of objects is a block, and of
which nesting, is in the function that writes the class as HCL.

The bindings do not have: which values are accepted, limits of blocks other than one, defaults, sensitive and
deprecated arguments, what a change replaces. Bindings before provider 6.28 do not have either which optional arguments
are computed if they are not set.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from tests.provider.schema import Attribute, Block, Schema

_CLASS = re.compile(r"^class (\w+) extends cdkt[fn]\.(\w+) \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
_COMPUTED = re.compile(r"// (\w+) - computed: (\w+), optional: \w+, required: \w+\n +(?:this\.)?(?:get |_)")
_GETTER = re.compile(r"get (\w+)\(\) \{\n +return (cdkt[fn]\.Fn\.tolist\()?this\.get(\w+)Attribute\('(\w+)'\)")
_NESTED = re.compile(r" (?:this\.)?_(\w+) = new (\w+)\(this, \"(\w+)\"(?:, \w+)?\)")
_WRITER = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
_NESTING = re.compile(r"^ +(\w+): \{\n +value: .*\n +isBlock: true,\n +type: \"(\w+)\",", re.MULTILINE)

_TYPES: Final = {
    "Boolean": "bool",
    "BooleanMap": "map(bool)",
    "List": "list(string)",
    "Number": "number",
    "NumberList": "list(number)",
    "NumberMap": "map(number)",
    "String": "string",
    "StringMap": "map(string)",
}
_NESTINGS: Final = {"list": "list", "set": "set", "struct": "single"}


class BindingsError(Exception):
    """The bindings are not what this module reads."""


def read(script: str, newer: Schema | None = None) -> Schema:
    """Return the schema of the resource or data source that the ``index.js`` of its bindings describes.

    Takes what a newer version has, which decides what these bindings do not have: whether an optional argument is
    computed as well.

    Raises:
        BindingsError: A member has a type that is not known here, or the file describes more than one resource.
    """
    classes = {name: (base, body) for name, base, body in _CLASS.findall(script)}
    roots = [name for name, (base, _) in classes.items() if base in ("TerraformResource", "TerraformDataSource")]
    if len(roots) != 1:
        raise BindingsError(f"expected one resource, got {roots}")
    nestings = {name[0].upper() + name[1:]: dict(_NESTING.findall(body)) for name, body in _WRITER.findall(script)}
    nestings[roots[0]] = dict(_NESTING.findall(classes[roots[0]][1]))
    reader = _Reader({name: body for name, (_, body) in classes.items()}, nestings)
    return reader.schema(roots[0], roots[0], newer or {})


class _Reader:
    def __init__(self, classes: Mapping[str, str], nestings: Mapping[str, Mapping[str, str]]) -> None:
        self._classes = classes
        self._nestings = nestings

    def schema(self, class_: str, struct: str, newer: Schema) -> Schema:
        """Return the members of a class; ``struct`` is the name of the values that it takes."""
        body = self._classes[class_]
        return dict(self._members(body, self._nestings.get(struct, {}), newer))

    def _members(
        self, body: str, nestings: Mapping[str, str], newer: Schema
    ) -> Iterator[tuple[str, Attribute | Block]]:
        computed = {name: value == "true" for name, value in _COMPUTED.findall(body)}
        for member, is_set, type_, name in _GETTER.findall(body):
            if type_ not in _TYPES:
                raise BindingsError(f"{name}: unknown type {type_}")
            hcl = _TYPES[type_].replace("list", "set") if is_set else _TYPES[type_]
            yield name, _attribute(body, member, hcl, computed.get(name), newer.get(name))
        for member, class_, name in _NESTED.findall(body):
            many = class_.endswith("List")
            struct = class_.removesuffix("List" if many else "OutputReference")
            known = newer.get(name)
            inner = self.schema(f"{struct}OutputReference", struct, known.members if isinstance(known, Block) else {})
            if name in nestings:
                yield name, Block(_NESTINGS[nestings[name]], inner, int(_is_required(body, member)), 0 if many else 1)
            else:
                hcl = f"list({_object(inner)})" if many else _object(inner)
                yield name, _attribute(body, member, hcl, computed.get(name), known)


def _attribute(
    body: str,
    member: str,
    type_: str,
    computed: bool | None,  # noqa: FBT001
    newer: Attribute | Block | None,
) -> Attribute:
    settable, required = f"get {member}Input()" in body, _is_required(body, member)
    if computed is None:
        computed = not settable or (not required and isinstance(newer, Attribute) and newer.computed)
    return Attribute(type_, required=required, optional=settable and not required, computed=computed)


def _is_required(body: str, member: str) -> bool:
    return f"get {member}Input()" in body and f"reset{member[0].upper()}{member[1:]}()" not in body


def _object(schema: Schema) -> str:
    attributes = (
        f"{name}={member.type if isinstance(member, Attribute) else f'list({_object(member.members)})'}"
        for name, member in sorted(schema.items())
    )
    return f"object({','.join(attributes)})"
