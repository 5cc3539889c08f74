"""What a module version consists of, from the texts of its files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from generator.compare.reading import document, json_document
from generator.compare.reading.document import Argument, Block
from generator.errors import ModuleError

_ENDINGS: Final = (".tf", ".tf.json")
_TOFU: Final = (".tofu", ".tofu.json")
ENDINGS: Final = _ENDINGS + _TOFU
"""How the names of a module's files end. Terraform reads the first two, OpenTofu all of them."""


@dataclass
class ParsedModule:
    """A module: its blocks by what they declare, with override files merged."""

    directory: str
    variables: dict[str, Block] = field(default_factory=dict)
    outputs: dict[str, Block] = field(default_factory=dict)
    resources: dict[str, Block] = field(default_factory=dict)
    """Resources, data sources and ephemeral resources, by address."""
    calls: dict[str, Block] = field(default_factory=dict)
    locals: dict[str, Argument] = field(default_factory=dict)
    moved: list[Block] = field(default_factory=list)
    removed: list[Block] = field(default_factory=list)
    imports: list[Block] = field(default_factory=list)
    checks: dict[str, Block] = field(default_factory=dict)
    providers: dict[str, Block] = field(default_factory=dict)
    """Provider configurations, by name and alias."""
    settings: list[Block] = field(default_factory=list)
    """The ``terraform`` blocks."""
    others: list[Block] = field(default_factory=list)
    """Blocks of types that are not known here."""
    texts: dict[str, str] = field(default_factory=dict)


def is_module_file(name: str) -> bool:
    """Return whether Terraform or OpenTofu reads a file of this name."""
    return name.endswith(ENDINGS) and not name.startswith((".", "#")) and not name.endswith("~")


def parse_module(files: Mapping[str, str], directory: str = "", *, tofu: bool = False) -> ParsedModule:
    """Return a module from the texts of the files in its directory, by their names.

    ``tofu`` reads it as OpenTofu does: ``name.tofu`` instead of ``name.tf``. Override files are merged into the others.

    Raises:
        ModuleError: a file cannot be read; the message names the file and, if it is known, the line.
    """
    names = sorted(name for name in files if name.endswith(_ENDINGS + (_TOFU if tofu else ())))
    if tofu:
        replaced = {name.replace(".tofu", ".tf") for name in names if name.endswith(_TOFU)}
        names = [name for name in names if name not in replaced]
    module = ParsedModule(directory, texts={name: files[name] for name in names})
    overrides: list[Block] = []
    for name in names:
        path = f"{directory}/{name}" if directory else name
        blocks = _blocks(path, files[name])
        if _is_override(name):
            overrides += blocks
        else:
            for block in blocks:
                _add(module, block)
    for block in overrides:
        _add(module, block, overrides=True)
    return module


@cache
def _blocks(path: str, text: str) -> list[Block]:
    """Return the blocks of a file; most files of two versions are the same."""
    return json_document.read(path, text) if path.endswith(".json") else document.read(path, text)


def _is_override(name: str) -> bool:
    stem = name.split(".", maxsplit=1)[0]
    return stem == "override" or stem.endswith("_override")


def _labels(block: Block, count: int) -> tuple[str, ...]:
    if len(block.labels) != count:
        expected = f"{count} label{'s' if count > 1 else ''}"
        got = " ".join(f'"{label}"' for label in block.labels) or "none"
        raise ModuleError(f"{block.place.file}, line {block.place.line}: {block.type} needs {expected}, got {got}")
    return block.labels


def address(block: Block) -> str:
    """Return the address of a resource, a data source or an ephemeral resource."""
    prefix = "" if block.type == "resource" else f"{block.type}."
    return f"{prefix}{'.'.join(_labels(block, 2))}"


_KINDS: Final = {
    "variable": "variables", "output": "outputs", "module": "calls", "check": "checks", "provider": "providers",
    "resource": "resources", "data": "resources", "ephemeral": "resources", "moved": "moved", "removed": "removed",
    "import": "imports", "terraform": "settings",
}  # fmt: skip
"""The attributes of a module that hold the blocks of each type."""


def _name(block: Block) -> str:
    """Return the name of a block among those of its type; with its alias, if it is a provider configuration."""
    if block.type in ("resource", "data", "ephemeral"):
        return address(block)
    alias = block.text("alias").strip('"') if block.type == "provider" else ""
    return ".".join([*_labels(block, 1), *([alias] if alias else [])])


def _add(module: ParsedModule, block: Block, *, overrides: bool = False) -> None:
    """Add a block to a module, or merge one of an override file into the one that it is about."""
    if block.type == "locals":
        module.locals |= block.arguments
        return
    blocks: dict[str, Block] | list[Block] = getattr(module, _KINDS.get(block.type, "others"))
    if isinstance(blocks, dict):
        name = _name(block)
        blocks[name] = blocks[name].merged(block) if overrides and name in blocks else block
    elif block.type == "terraform" and overrides and blocks:
        blocks[-1] = blocks[-1].merged(block)
    else:
        blocks.append(block)
