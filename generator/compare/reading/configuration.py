"""A module version as terms: its resources, with those of its local child modules, and what callers see of it."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from generator.compare.reading.document import Block, Place
from generator.compare.reading.module import ParsedModule, is_module_file, parse_module
from generator.compare.terms import types
from generator.compare.terms.build import Loops, Unbound, build
from generator.compare.terms.term import (
    CONVERSION,
    IF,
    LOOP,
    NULL,
    OPERATOR,
    REFERENCE,
    TRUE,
    VARIABLE,
    Term,
    call,
    const,
    list_of,
    object_of,
    term,
)
from generator.compare.terms.types import ANY, Type
from generator.compare.terms.world import COUNT, FOR_EACH, SINGLE, Repetition, World
from generator.errors import ModuleError
from generator.parsing import decode, reported

META: Final = frozenset({"count", "for_each", "provider", "depends_on"})
_CALL_META: Final = META | {"source", "version", "providers"}
_BESIDE: Final = ("provisioner", "connection")
_APART: Final = frozenset({"lifecycle", *_BESIDE})
"""Blocks within resources that are not sent to the provider."""

_DEEPEST: Final = 10
"""Levels of local child modules that are read."""


class Tree(Protocol):
    """The files that a module version lies among."""

    def names(self, directory: str) -> list[str]:
        """Return the names of the files directly in a directory."""

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, ``None`` if it does not exist."""

    def below(self, directory: str) -> Iterable[str]:
        """Return the paths of the files in a directory, and in those within it, from that directory."""


@dataclass
class Resource:
    """A resource or a data source, or a called module that is not local."""

    address: str
    block: Block
    body: Term
    repetition: Repetition
    conditions: dict[str, list[tuple[Term, str, Place]]]
    """Preconditions and postconditions: the condition, and its message."""
    depends_on: Term
    triggers: Term
    provider: str = ""

    @property
    def type(self) -> str:
        """The type of the resource; ``module`` for a called module."""
        return self.block.type if self.block.type == "module" else self.block.labels[0]

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.block.place

    @property
    def mode(self) -> str:
        """``resource``, ``data``, ``ephemeral`` or ``module``."""
        return self.block.type

    def lifecycle(self, name: str) -> str:
        """Return the text of an argument of the lifecycle block."""
        return next((block.text(name) for block in self.block.of_type("lifecycle")), "")


@dataclass
class Configuration:
    """A module version. Addresses in local child modules begin with that of the module."""

    tree: Tree
    module: ParsedModule
    world: World = field(default_factory=World)
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: dict[str, Term] = field(default_factory=dict)
    defaults: dict[str, Term] = field(default_factory=dict)
    validations: dict[str, list[tuple[Term, str, Place]]] = field(default_factory=dict)
    """The conditions of the variables, each with its message."""
    children: dict[str, ParsedModule] = field(default_factory=dict)
    moved: list[tuple[str, str, Place]] = field(default_factory=list)
    removed: dict[str, tuple[bool, Place]] = field(default_factory=dict)
    """Addresses of ``removed`` blocks, and whether Terraform destroys what was there."""
    beside: dict[str, Term] = field(default_factory=dict)
    """What is not sent to a provider as a resource: provisioners by the addresses of their resources, preconditions of
    outputs, provider configurations, checks and import blocks by addresses such as ``provider.aws``."""

    def read(self, path: str) -> bytes | None:
        """Return the content of a file by its path from the module, ``None`` if there is no such file."""
        if not path or "\0" in path or path.startswith("/"):
            return None
        return self.tree.read(posixpath.normpath(posixpath.join(self.module.directory, path)))

    def below(self, directory: str) -> list[str]:
        """Return the paths, from the module, of the files below a directory, which is not that of the module."""
        inside = posixpath.normpath(posixpath.join(self.module.directory, directory))
        if inside in (".", posixpath.normpath(self.module.directory)) or inside.startswith(("/", "..")):
            return []
        return [posixpath.normpath(posixpath.join(directory, path)) for path in self.tree.below(inside)]

    @property
    def types(self) -> dict[str, Type]:
        """The types of the variables."""
        return self.world.types


def load(tree: Tree, directory: str = "", *, tofu: bool = False) -> Configuration:
    """Read a module and the local modules that it calls.

    Raises:
        ModuleError: a file cannot be read, or there is no module.
    """
    module = _parsed(tree, directory, tofu=tofu)
    if not module.texts:
        raise ModuleError(f"{directory or 'the root'}: there is no HCL (*.tf, *.tf.json) in it")
    configuration = Configuration(tree, module)
    configuration.world.read = configuration.read
    for name, block in module.variables.items():
        configuration.world.types[name] = types.read(block.text("type", "any"))
        if block.text("nullable", "true") != "false":
            configuration.world.nullable.add(name)
        if "default" in block.arguments:
            default = build(block.text("default"), Unbound())
            configuration.defaults[name] = types.convert(default, configuration.world.types[name])
    scope = _Scope(configuration, module, "", {}, Loops(), tofu)
    for name, block in module.variables.items():
        configuration.validations[name] = [
            (build(one.text("condition", "null"), scope), one.text("error_message"), one.place)
            for one in block.of_type("validation")
        ]
    for name, output in module.outputs.items():
        configuration.outputs[name] = build(output.text("value", "null"), scope)
        scope.add_beside(f"output.{name}", output, ("precondition",))
    scope.read_resources(0)
    return configuration


def _parsed(tree: Tree, directory: str, *, tofu: bool) -> ParsedModule:
    texts: dict[str, str] = {}
    for name in tree.names(directory):
        if is_module_file(name):
            path = posixpath.join(directory, name)
            with reported(ModuleError, path):
                texts[name] = decode(tree.read(path) or b"")
    return parse_module(texts, directory, tofu=tofu)


@dataclass
class _Scope:
    """What the names in one module of the tree stand for; ``prefix`` is its address, with a dot."""

    configuration: Configuration
    module: ParsedModule
    prefix: str
    inputs: Mapping[str, Term]
    loops: Loops
    tofu: bool
    _locals: dict[str, Term] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def local(self, name: str) -> Term:
        if name in self._locals:
            return self._locals[name]
        argument = self.module.locals.get(name)
        if argument is None or name in self._open:
            return term(REFERENCE, f"{self.prefix}local.{name}")
        self._open.add(name)
        found = self._locals[name] = build(argument.text, self)
        self._open.discard(name)
        return found

    def variable(self, name: str) -> Term:
        if not self.prefix:
            return term(VARIABLE, name)
        block = self.module.variables.get(name)
        if block is None:
            return term(REFERENCE, f"{self.prefix}var.{name}")
        constraint = block.text("type", "any")
        kind = types.read(constraint)
        default = block.arguments.get("default")
        default_term = types.convert(build(default.text, Unbound()), kind) if default else NULL
        given = self.inputs.get(name)
        if given is None:
            return default_term if default else term(REFERENCE, f"{self.prefix}var.{name}")
        given = types.convert(given, kind) if types.is_plain(kind) else term(CONVERSION, constraint, given)
        if default and block.text("nullable") == "false":
            return term(IF, None, term(OPERATOR, "==", given, NULL), default_term, given)
        return given

    def reference(self, address: str) -> Term:
        if address in ("path.module", "path.root"):
            root = self.configuration.module.directory
            directory = root if address == "path.root" else self.module.directory
            return term(REFERENCE, address, const(posixpath.relpath(directory or ".", root or ".")))
        if address.startswith(("path.", "terraform.", "count.", "each.", "self.")):
            return term(REFERENCE, address)
        return term(REFERENCE, f"{self.prefix}{address}")

    # --- resources ----------------------------------------------------------------------------------------------------

    def read_resources(self, depth: int) -> None:
        """Add the resources of this module, and of the local modules that it calls, to the configuration."""
        for name, block in self.module.resources.items():
            self._add(f"{self.prefix}{name}", block, META)
        for name, block in self.module.calls.items():
            address = f"{self.prefix}module.{name}"
            source = block.text("source").strip('"')
            directory = posixpath.normpath(posixpath.join(self.module.directory, source))
            if source.startswith((".", "..")) and depth < _DEEPEST:
                directory = "" if directory == "." else directory
                child = _parsed(self.configuration.tree, directory, tofu=self.tofu)
                if child.texts:
                    self._add_child(address, block, child, depth)
                    continue
            self._add(address, block, _CALL_META)
        self._add_beside()
        self._add_moves()

    def add_beside(self, address: str, block: Block, kinds: tuple[str, ...], loops: Loops | None = None) -> None:
        """Add the nested blocks of some kinds of a resource or an output."""
        inner = [one for kind in kinds for one in block.of_type(kind)]
        if inner:
            body = self._body(Block("", (), block.place, blocks=inner), loops or self.loops)
            self.configuration.beside[address] = body

    def _add_beside(self) -> None:
        """Add provider configurations, checks and import blocks."""
        blocks = {f"provider.{name}": block for name, block in self.module.providers.items()}
        blocks |= {f"check.{name}": block for name, block in self.module.checks.items()}
        blocks |= {f"import.{block.text('to')}": block for block in self.module.imports}
        for name, block in blocks.items():
            _, loops = self._repetition(block)
            self.configuration.beside[f"{self.prefix}{name}"] = self._body(block, loops, frozenset({"to", "version"}))

    def _add(self, address: str, block: Block, meta: frozenset[str]) -> Resource:
        repetition, loops = self._repetition(block)
        body = self._body(block, loops, meta | _APART)
        configuration = self.configuration
        resource = Resource(
            address,
            block,
            body,
            repetition,
            {
                kind: [
                    (build(one.text("condition", "null"), self, loops), one.text("error_message"), one.place)
                    for lifecycle in block.of_type("lifecycle")
                    for one in lifecycle.of_type(kind)
                ]
                for kind in ("precondition", "postcondition")
            },
            build(block.text("depends_on", "[]"), self),
            build(_lifecycle(block, "replace_triggered_by"), self, loops),
            block.text("provider") or block.text("providers"),
        )
        configuration.resources[address] = resource
        self.add_beside(address, block, _BESIDE, loops)
        configuration.world.repetitions[address] = repetition
        named = zip(body.parts[::2], body.parts[1::2], strict=True)
        configuration.world.arguments[address] = {str(key.data): value for key, value in named}
        if block.type == "data" and not body.parts:
            configuration.world.bare.add(address)
        return resource

    def _add_child(self, address: str, block: Block, child: ParsedModule, depth: int) -> None:
        _, loops = self._repetition(block)
        self._add(address, block, _CALL_META)
        inputs = {
            name: build(argument.text, self, loops)
            for name, argument in block.arguments.items()
            if name not in _CALL_META
        }
        configuration = self.configuration
        configuration.children[address] = child
        configuration.world.children.add(address)
        scope = _Scope(configuration, child, f"{address}.", inputs, loops, self.tofu)
        scope.read_resources(depth + 1)
        configuration.world.arguments[address] = {
            name: build(output.text("value", "null"), scope) for name, output in child.outputs.items()
        }

    def _repetition(self, block: Block) -> tuple[Repetition, Loops]:
        if "for_each" in block.arguments:
            collection = build(block.text("for_each"), self, self.loops)
            return Repetition(FOR_EACH, collection, self.loops.depth), self.loops.bind(collection, both="each")
        if "count" in block.arguments:
            return Repetition(COUNT, build(block.text("count"), self, self.loops)), self.loops
        return Repetition(SINGLE), self.loops

    def _body(self, block: Block, loops: Loops, without: frozenset[str] = frozenset()) -> Term:
        """Return a block as an object: arguments by their names, nested blocks as lists by theirs."""
        named = {
            const(name): build(argument.text, self, loops)
            for name, argument in block.arguments.items()
            if name not in without
        }
        nested: dict[str, list[Term]] = {}
        for inner in block.blocks:
            if inner.type == "dynamic" and inner.labels:
                nested.setdefault(inner.labels[0], []).append(self._dynamic(inner, loops))
            elif inner.type not in without:
                labeled = {const("type"): const(" ".join(inner.labels))} if inner.labels else {}
                body = self._body(inner, loops)
                if labeled:
                    body = object_of(
                        {**dict(zip(body.parts[::2], body.parts[1::2], strict=True)), **labeled}, block=True
                    )
                nested.setdefault(inner.type, []).append(list_of(body))
        for name, lists in nested.items():
            named[const(name)] = call("blocks", *lists)
        return object_of(named, block=True)

    def _dynamic(self, block: Block, loops: Loops) -> Term:
        collection = build(block.text("for_each", "[]"), self, loops)
        iterator = block.text("iterator", block.labels[0]).strip('"')
        inner = loops.bind(collection, both=iterator)
        content = next(iter(block.of_type("content")), Block("content", (), block.place))
        return term(LOOP, (loops.depth, "list"), collection, NULL, self._body(content, inner), TRUE)

    # --- moved and removed --------------------------------------------------------------------------------------------

    def _add_moves(self) -> None:
        for block in self.module.moved:
            old, new = (self._address(block.text(name)) for name in ("from", "to"))
            self.configuration.moved.append((old, new, block.place))
        for block in self.module.removed:
            destroys = _lifecycle(block, "destroy") != "false"
            self.configuration.removed[without_keys(self._address(block.text("from")))] = (destroys, block.place)

    def _address(self, text: str) -> str:
        return f"{self.prefix}{''.join(text.split())}"


def _lifecycle(block: Block, name: str) -> str:
    return next((one.text(name) for one in block.of_type("lifecycle") if one.text(name)), "[]")


def without_keys(address: str) -> str:
    """Return an address without the keys of instances."""
    return re.sub(r"\[[^]]*\]", "", address)


def places(block: Block) -> Iterator[tuple[tuple[str, ...], Place]]:
    """Yield the places of a block's arguments and nested blocks by their paths."""
    for name, argument in block.arguments.items():
        yield (name,), argument.place
    for inner in block.blocks:
        name = inner.labels[0] if inner.type == "dynamic" and inner.labels else inner.type
        yield (name,), inner.place
        content = inner.of_type("content") if inner.type == "dynamic" else [inner]
        for one in content:
            yield from (((name, *path), place) for path, place in places(one))


__all__ = ["ANY", "META", "Configuration", "Resource", "Tree", "load", "places", "without_keys"]
