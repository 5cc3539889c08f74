"""Removes from the files of a module what has no purpose if some references are known."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from generator.hcl.document import Attribute, Block, read, write
from generator.hcl.evaluator import evaluate_partially
from generator.hcl.expressions import For, Node, Object, Root, Tuple
from generator.hcl.functions import EvaluationError
from generator.hcl.parser import parse
from generator.hcl.printer import render
from generator.hcl.values import (
    Environment,
    Known,
    Reference,
    elements,
    is_value,
    known,
    nonnull,
    possible,
    rebuilt,
    reference,
)

_REFERENCE: Final = re.compile(r"[a-z](?<![\w.-].)(?:(?<=d)ata\.[a-z]\w*+|\w*+)\.\w++")
_LOCAL: Final = re.compile(r"(local(?<![\w.-]local)\.\w++)(?:\.(\w++))?")
_DATA: Final = re.compile(r"(data(?<![\w.-]data)\.\w++\.\w++)(?:\.(\w++))?")
"""They begin with literal text, for which Python looks several times as fast as for an alternative."""
_TYPED: Final = ("resource", "data")
_MOCKS: Final = "mock_provider"
_META: Final = ("count", "for_each")
_REMOVABLE: Final = ("null", "{}", "[]")


def simplify(
    files: Mapping[str, str], environment: Environment, changed: Iterable[str], others: Iterable[str] = ()
) -> dict[str, str]:
    """Return the files of a module, by their paths, as they are if some references are known.

    A resource that is never created is removed, and every reference to it is worked out. A resource that is always
    created once loses its ``count``. Blocks that are never written, arguments that are ``null``, locals and data
    sources without a reference to them, and files without content are removed.

    Args:
        files: The ``.tf`` and ``.tftest.hcl`` files.
        environment: What is known of references.
        changed: The references of which more is known than when the files were written.
        others: The texts of files that stay as they are. They may refer to locals.

    Raises:
        HclError: a file is not formatted as ``terraform fmt`` formats it, or it cannot be parsed.
    """
    module = _Module({path: read(text) for path, text in files.items()}, environment, set(changed))
    for body in module.bodies.values():
        for block in list(body.blocks()):
            module.simplify(body, block)
    module.remove_unused(list(others))
    return {path: write(body) for path, body in module.bodies.items() if body.items}


class _Module:
    """The blocks of a module. As an environment, it works out locals and resources when they are referred to."""

    def __init__(self, bodies: Mapping[str, Block], environment: Environment, changed: set[str]) -> None:
        self.bodies = bodies
        self.environment = environment
        self.changed = changed
        blocks = [block for body in bodies.values() for block in body.blocks()]
        attributes = [one for block in blocks if block.type == "locals" for one in block.attributes()]
        self.locals = {f"local.{attribute.name}": attribute for attribute in attributes}
        self.resources = {block.address: block for block in blocks if block.type in _TYPED}
        self.found: dict[str, Node | None] = {}
        self.each: dict[str, tuple[Node, Node]] = {}
        self.iterators: dict[str, Node] = {}

    def get(self, name: str) -> Node | None:
        """Return what is known of a reference."""
        if name in self.iterators:
            return self.iterators[name]
        if name not in self.found:
            self.found[name] = None
            if name in self.locals:
                self.found[name] = self._local(name, self.evaluate(self.locals[name]))
            elif name in self.resources:
                self.found[name] = self._resource(self.resources[name])
            else:
                self.found[name] = self.environment.get(name)
                return self.found[name]
            if self.found[name]:
                self.changed.add(name)
        return self.found[name]

    def evaluate(self, attribute: Attribute) -> Node | None:
        """Work out the value of an attribute, and return it if it refers to something of which more is known."""
        if not self._is_affected(attribute.text):
            return None
        try:
            result = evaluate_partially(attribute.text, self)
        except EvaluationError:
            return None
        text = render(result)
        if text != attribute.text:
            attribute.text = text
        return result

    def _is_affected(self, text: str) -> bool:
        for name in _REFERENCE.findall(text) if "." in text else ():
            self.get(name)
            if name in self.changed or name in self.iterators:
                return True
        return False

    def _local(self, name: str, value: Node | None) -> Node | None:
        """Return what stands for a local: its value, unless that is a collection, which has a name for a reason."""
        if isinstance(value, Known) and not (isinstance(value.value, (list, dict)) and value.value):
            return known(value.value)
        if value is None or not (nonnull(value) or possible(value)):
            return None
        return reference(name, nonnull=nonnull(value), possible=possible(value))

    def _resource(self, block: Block) -> Node | None:
        """Return what stands for a resource that is known to exist never, or exactly once."""
        attribute = next((one for one in map(block.attribute, _META) if one), None)
        value = attribute and self.evaluate(attribute)
        if not attribute or not value:
            return None
        pairs = elements(value) if attribute.name == "for_each" and isinstance(value, (Known, Object)) else None
        if is_value(value, 0) or pairs == []:
            return known([] if attribute.name == "count" else {})
        key, item = pairs[0] if pairs and len(pairs) == 1 else (known(0), known(None))
        if not isinstance(key, Known) or not (is_value(value, 1) or (pairs and len(pairs) == 1)):
            return None
        block.remove(attribute, comments=False)
        if block.items:
            block.items[0].above = [line for line in block.items[0].above if line]
        self.each[block.address] = key, item
        return reference(block.address, nonnull=True, index=key.value)

    # --- blocks -------------------------------------------------------------------------------------------------------

    def simplify(self, body: Block, block: Block) -> None:
        """Work out everything in a top-level block, and remove the block if it has no purpose."""
        if block.type in _TYPED:
            found = self.get(block.address)
            if isinstance(found, Known):
                body.remove(block)
                return
        if block.type == "locals":
            for attribute in block.attributes():
                self.get(f"local.{attribute.name}")
        elif block.type == "moved":
            self._moved(body, block)
        else:
            key, item = self.each.get(block.address, (None, None))
            self.iterators = {"each.key": key, "each.value": item} if key and item else {}
            self._content(block, removes_null=block.type in _TYPED)
            self.iterators = {}
        value = block.attribute("value") if block.type == "output" else None
        if (value and value.text in _REMOVABLE) or (block.type == "check" and not block.items):
            body.remove(block)

    def _moved(self, body: Block, block: Block) -> None:
        """Remove a ``moved`` block without its resource, or the index of a resource that exists once."""
        to = block.attribute("to")
        found = self.get(to.text.partition("[")[0]) if to else None
        if isinstance(found, Known):
            body.remove(block)
        elif to and isinstance(found, Reference):
            to.text = found.name

    def _content(self, block: Block, *, removes_null: bool) -> None:
        for item in list(block.items):
            if isinstance(item, Attribute):
                self._attribute(block, item, removes_null=removes_null)
            elif item.type == "dynamic":
                self._dynamic(block, item)
            else:
                self._content(item, removes_null=removes_null)
                condition = item.attribute("condition")
                if (condition and condition.text in ("true", "false")) or (item.type == "lifecycle" and not item.items):
                    block.remove(item)

    def _attribute(self, block: Block, attribute: Attribute, *, removes_null: bool) -> None:
        if attribute.name == "depends_on":
            items = parse(attribute.text)
            names = [item.source for item in items.items] if isinstance(items, Tuple) else []
            kept = [name for name in names if not isinstance(self.get(name), Known)]
            if not kept:
                block.remove(attribute)
            elif len(kept) < len(names):
                attribute.text = f"[{', '.join(kept)}]"
        elif is_value(self.evaluate(attribute), None) and removes_null:
            block.remove(attribute)

    def _dynamic(self, parent: Block, block: Block) -> None:
        """Remove a dynamic block that is never written, and write one that is always written once as a block."""
        for_each, name = block.attribute("for_each"), block.labels[0]
        content = next(one for one in block.blocks() if one.type == "content")
        value = for_each and self.evaluate(for_each)
        pairs = elements(value) if isinstance(value, (Known, Tuple, Object)) else None
        if pairs == []:
            parent.remove(block)
        elif pairs and len(pairs) == 1:
            outer = self.iterators
            self.iterators = {**outer, f"{name}.key": pairs[0][0], f"{name}.value": pairs[0][1]}
            plain = Block(name, (), content.items, block.above, content.below)
            self._content(plain, removes_null=True)
            self.iterators = outer
            parent.items[next(number for number, one in enumerate(parent.items) if one is block)] = plain
        else:
            self._content(content, removes_null=True)

    # --- what nothing refers to ---------------------------------------------------------------------------------------

    def remove_unused(self, others: Iterable[str]) -> None:
        """Remove locals, their attributes, and data sources to which nothing refers, and mocks of what is removed."""
        used = self._used(others)
        for body in self.bodies.values():
            for block in list(body.blocks()):
                for item in list(block.attributes()) if block.type == "locals" else ():
                    names = used.get(f"local.{item.name}")
                    if names is None:
                        block.remove(item)
                    elif item.text.startswith("{") and "" not in names:
                        item.text = _only(item.text, names)
                if (block.type == "data" and block.address not in used) or (block.type == "locals" and not block.items):
                    body.remove(block)

        types = {block.labels[0] for body in self.bodies.values() for block in body.blocks() if block.type in _TYPED}
        for provider in (block for body in self.bodies.values() for block in body.blocks() if block.type == _MOCKS):
            for mock in list(provider.blocks()):
                if mock.labels[0] not in types:
                    provider.remove(mock)

    def _used(self, others: Iterable[str]) -> dict[str, set[str]]:
        """Return the references that count, with the attributes to which they refer; ``""`` is the whole value."""
        waiting = [*others]
        for body in self.bodies.values():
            for block in body.blocks():
                if block.type not in ("locals", "data"):
                    waiting += [one.text for one in block.all_attributes()]
        used: dict[str, set[str]] = {}
        while waiting:
            text = waiting.pop()
            for name, attribute in _LOCAL.findall(text) + _DATA.findall(text):
                if name not in used:
                    used[name] = set()
                    if name in self.locals:
                        waiting.append(self.locals[name].text)
                    elif name.startswith("data.") and name in self.resources:
                        waiting += [one.text for one in self.resources[name].all_attributes()]
                used[name].add(attribute)
        return used


def _only(text: str, names: set[str]) -> str:
    """Return an object with some of its attributes. A loop makes each attribute from the one with the same name."""
    node = parse(text)
    source = node.collection if isinstance(node, For) else node
    loops = isinstance(node, For) and isinstance(node.key, Root) and node.key.name == node.names[0]
    if not isinstance(source, Object) or not (loops or source is node):
        return text
    pairs = [(entry, above) for entry, above in zip(source.entries, source.above, strict=True) if entry.key in names]
    if len(pairs) == len(source.entries):
        return text
    left = rebuilt(source, entries=tuple(entry for entry, _ in pairs), above=tuple(above for _, above in pairs))
    return render(evaluate_partially(render(left if source is node else rebuilt(node, collection=left)), {}))
