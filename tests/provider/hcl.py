"""Reads rendered HCL, and holds the arguments and blocks of its resources against a provider's schema."""

from collections.abc import Iterable, Iterator, Mapping

from generator.compare.reading.document import Block as Written
from generator.compare.reading.document import read
from tests.provider.schema import Attribute, Block, Schema

# Terraform's own, in every resource
_META = {"count", "for_each", "depends_on", "lifecycle", "provider"}

Parsed = Mapping[str, list[Written]]
"""The blocks of each file, by its path."""


def parse(files: Mapping[str, bytes]) -> dict[str, list[Written]]:
    """Return the blocks of the HCL files, by path."""
    return {path: read(path, content.decode()) for path, content in files.items() if path.endswith(".tf")}


def resources(parsed: Parsed) -> Iterator[tuple[str, str, Written]]:
    """Yield the type, the name and the block of each resource of the provider (not of Terraform's own)."""
    for blocks in parsed.values():
        for block in blocks:
            if block.type == "resource" and not block.labels[0].startswith("terraform_"):
                kind, name = block.labels
                yield kind, name, block


def data_sources(parsed: Parsed) -> set[str]:
    """Return the types of the data sources."""
    return {block.labels[0] for blocks in parsed.values() for block in blocks if block.type == "data"}


def misfits(parsed: Parsed, schemas: Mapping[str, Schema]) -> list[str]:
    """Return what the schema does not know, does not let a configuration set, or misses, in every resource."""
    return [
        f"{kind}.{name}: {misfit}"
        for kind, name, block in resources(parsed)
        for misfit in ([f"{kind} is no resource"] if kind not in schemas else _misfits(block, schemas[kind], _META))
    ]


def _misfits(body: Written, schema: Schema, meta: set[str], path: str = "") -> Iterator[str]:
    for name in body.arguments.keys() - meta:
        known = schema.get(name)
        if not isinstance(known, Attribute):
            yield f"{path}{name} is no argument"
        elif not known.settable:
            yield f"{path}{name} cannot be set"
    blocks = [(name, inner) for name, inner in _blocks(body) if name not in meta]
    for name, inner in blocks:
        known = schema.get(name)
        if isinstance(known, Block):
            yield from _misfits(inner, known.members, set(), f"{path}{name}.")
        else:
            yield f"{path}{name} is no block"
    given = body.arguments.keys() | {name for name, _ in blocks}
    for name, known in schema.items():
        if known.required and name not in given:
            yield f"{path}{name} is missing"


def _blocks(body: Written) -> Iterator[tuple[str, Written]]:
    """Yield the name and the content of each block in a body: of a dynamic block, what it writes."""
    for block in body.blocks:
        if block.type == "dynamic":
            yield from ((block.labels[0], content) for content in block.of_type("content"))
        else:
            yield block.type, block


def leaves(blocks: Iterable[Written], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the text of every argument with its path, which has the type and the labels of each block around it."""
    for block in blocks:
        inner = ".".join(filter(None, [path, block.type, *block.labels]))
        yield from ((f"{inner}.{name}", argument.text) for name, argument in block.arguments.items())
        yield from leaves(block.blocks, inner)
