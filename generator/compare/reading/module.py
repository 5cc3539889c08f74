"""What a module version consists of, from the texts of its files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from generator.compare.reading import document, json_document
from generator.compare.reading.document import Argument, Block, Place
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
        _override(module, block)
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


def _add(module: ParsedModule, block: Block) -> None:  # noqa: C901 - one case a type of block
    match block.type:
        case "variable":
            module.variables[_labels(block, 1)[0]] = block
        case "output":
            module.outputs[_labels(block, 1)[0]] = block
        case "resource" | "data" | "ephemeral":
            module.resources[address(block)] = block
        case "module":
            module.calls[_labels(block, 1)[0]] = block
        case "locals":
            module.locals |= block.arguments
        case "moved":
            module.moved.append(block)
        case "removed":
            module.removed.append(block)
        case "import":
            module.imports.append(block)
        case "check":
            module.checks[_labels(block, 1)[0]] = block
        case "provider":
            module.providers[_provider(block)] = block
        case "terraform":
            module.settings.append(block)
        case _:
            module.others.append(block)


def _provider(block: Block) -> str:
    alias = block.text("alias").strip('"')
    return ".".join([*_labels(block, 1), *([alias] if alias else [])])


def _override(module: ParsedModule, block: Block) -> None:
    """Merge a block of an override file into the one that it is about."""
    match block.type:
        case "variable" | "output" | "module" | "check" | "resource" | "data" | "ephemeral" | "provider":
            kinds: dict[str, dict[str, Block]] = {
                "variable": module.variables,
                "output": module.outputs,
                "module": module.calls,
                "check": module.checks,
                "provider": module.providers,
            }
            blocks = kinds.get(block.type, module.resources)
            if block.type in kinds:
                name = _provider(block) if block.type == "provider" else _labels(block, 1)[0]
            else:
                name = address(block)
            blocks[name] = blocks[name].merged(block) if name in blocks else block
        case "terraform" if module.settings:
            module.settings[-1] = module.settings[-1].merged(block)
        case _:
            _add(module, block)


def declared_blocks(module: ParsedModule) -> Iterable[tuple[str, Block]]:
    """Yield every block with the subject that a finding about it has."""
    for name, block in module.variables.items():
        yield f"variable.{name}", block
    for name, block in module.outputs.items():
        yield f"output.{name}", block
    yield from module.resources.items()
    for name, block in module.calls.items():
        yield f"module.{name}", block
    for name, block in module.checks.items():
        yield f"check.{name}", block
    for name, block in module.providers.items():
        yield f"provider.{name}", block


__all__ = ["ENDINGS", "ParsedModule", "Place", "address", "declared_blocks", "is_module_file", "parse_module"]
