"""Reads rendered HCL, and holds the arguments and blocks of its resources against a provider's schema."""

from collections.abc import Iterator, Mapping
from typing import Any

import hcl2

from tests.provider.schema import Attribute, Block, Schema

# Terraform's own, in every resource
_META = {"count", "for_each", "depends_on", "lifecycle", "provider"}


def parse(files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the parsed content of the HCL files, by path."""
    return {path: hcl2.loads(content.decode()) for path, content in files.items() if path.endswith(".tf")}


def resources(parsed: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the type, the name and the body of each resource of the provider (not of Terraform's own)."""
    for content in parsed.values():
        for labeled in content.get("resource", []):
            for kind, named in labeled.items():
                for name, body in named.items() if not kind.strip('"').startswith("terraform_") else ():
                    yield kind.strip('"'), name.strip('"'), body


def data_sources(parsed: Mapping[str, Any]) -> set[str]:
    """Return the types of the data sources."""
    return {kind.strip('"') for content in parsed.values() for labeled in content.get("data", []) for kind in labeled}


def misfits(parsed: Mapping[str, Any], schemas: Mapping[str, Schema]) -> list[str]:
    """Return what the schema does not know, does not let a configuration set, or misses, in every resource."""
    return [
        f"{kind}.{name}: {misfit}"
        for kind, name, body in resources(parsed)
        for misfit in ([f"{kind} is no resource"] if kind not in schemas else _misfits(body, schemas[kind], _META))
    ]


def _misfits(body: Mapping[str, Any], schema: Schema, meta: set[str], path: str = "") -> Iterator[str]:
    arguments, blocks = _taken_apart(body)
    for name in arguments.keys() - meta:
        known = schema.get(name)
        if not isinstance(known, Attribute):
            yield f"{path}{name} is no argument"
        elif not known.settable:
            yield f"{path}{name} cannot be set"
    for name, bodies in blocks.items():
        if name in meta:
            continue
        known = schema.get(name)
        if not isinstance(known, Block):
            yield f"{path}{name} is no block"
            continue
        for inner in bodies:
            yield from _misfits(inner, known.members, set(), f"{path}{name}.")
    for name, known in schema.items():
        if known.required and name not in arguments.keys() | blocks.keys():
            yield f"{path}{name} is missing"


def _taken_apart(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[Mapping[str, Any]]]]:
    """Return the arguments of a body, and its blocks by name with what a dynamic block contains in place of it."""
    arguments: dict[str, Any] = {}
    blocks: dict[str, list[Mapping[str, Any]]] = {}
    for name, value in body.items():
        if name == "dynamic":
            for labeled in value:
                for label, dynamic in labeled.items():
                    blocks.setdefault(label.strip('"'), []).extend(dynamic["content"])
        elif isinstance(value, list) and any(isinstance(item, dict) and item.get("__is_block__") for item in value):
            blocks.setdefault(name, []).extend(value)
        elif not name.startswith("__"):
            arguments[name] = value
    return arguments, blocks


def leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every value in parsed HCL with its path; what has a label is found by it, wherever it stands."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.startswith("__"):
                continue
            label = key.strip('"')
            yield from leaves(inner, f"{path}.{label}" if path else label)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, str(value)
