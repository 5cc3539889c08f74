"""Takes out of a module's files what the known values leave without a purpose."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from generator.hcl.bodies import Attribute, Block, align, read, write
from generator.hcl.folding import fold
from generator.hcl.functions import Fails
from generator.hcl.results import Environment, Known, Result, Unknown, pattern

_LOCAL: Final = re.compile(r"\b(?:local|data)\.[\w.]+")
_META: Final = ("count", "for_each")


def simplify(
    files: Mapping[str, str], environment: Environment, news: Iterable[str], roots: Iterable[str] = ()
) -> tuple[dict[str, str], Environment]:
    """Return the files of a module, by their paths, as they are when some references are known, and all that is known.

    ``news`` are the references of which more is known than when the files were written. ``roots`` are other texts of
    the module, which may refer to its locals: what they mention stays. A resource that is never created goes, with
    everything that refers to it; one that always is loses its ``count``, and references their index. A file of which
    nothing is left goes.

    Raises:
        HclError: a file is not written as the templates are.
    """
    module = _Files({path: read(text) for path, text in files.items()}, environment)
    return module.simplified(set(news), list(roots)), module.environment


class _Files:
    def __init__(self, bodies: Mapping[str, Block], environment: Environment) -> None:
        self.bodies = bodies
        self.environment = dict(environment)
        self.found: dict[str, Result] = {}

    def simplified(self, news: set[str], roots: list[str]) -> dict[str, str]:
        while news:
            self.found = {}
            affected = pattern(news)
            for body in self.bodies.values():
                self._body(body, affected)
            news = {name for name, result in self.found.items() if self.environment.get(name) != result}
            self.environment |= self.found
        self._forget(roots)
        return {path: write(body) for path, body in self.bodies.items() if body.items}

    # --- one round: every expression that mentions what is newly known ----------------------------------------------

    def _body(self, body: Block, affected: re.Pattern[str]) -> None:
        for item in list(body.items):
            if isinstance(item, Attribute):
                continue
            self._top(body, item, affected)

    def _top(self, body: Block, block: Block, affected: re.Pattern[str]) -> None:
        if block.type in ("resource", "data"):
            if not self._exists(block, affected):
                body.remove(block)
                return
            self._contents(block, affected, drops=True)
        elif block.type == "locals":
            self._locals(block, affected)
            if not block.items:
                body.remove(block)
        elif block.type == "output":
            self._contents(block, affected, drops=False)
            value = block.attribute("value")
            if value and value.text in ("null", "{}", "[]"):
                body.remove(block)
        elif block.type == "run":
            self._contents(block, affected, drops=False)
            for inner in list(block.blocks()):
                condition = inner.attribute("condition")
                if condition and condition.text in ("true", "false"):
                    block.remove(inner)
        else:
            self._contents(block, affected, drops=False)

    def _exists(self, block: Block, affected: re.Pattern[str]) -> bool:
        """Work out whether a resource is always, sometimes or never there; tell whether it can be."""
        for name in _META:
            attribute = block.attribute(name)
            if not attribute or not affected.search(attribute.text):
                continue
            result = self._folded(attribute)
            if result in (Known(0), Known([]), Known({})):
                self.found[block.address] = Known({} if name == "for_each" else [])
                return False
            if name == "count" and result == Known(1):
                self.found[block.address] = Unknown(block.address, safe=True, given=True, single=True)
                block.remove(attribute, comments=False)
                if block.items:
                    block.items[0].above = [line for line in block.items[0].above if line]
        return True

    def _contents(self, block: Block, affected: re.Pattern[str], *, drops: bool) -> None:
        """Work out every attribute and block within a block; ``drops`` takes away what is ``null``."""
        for item in list(block.items):
            if isinstance(item, Attribute):
                if not affected.search(item.text):
                    continue
                result = self._folded(item)
                if drops and result == Known(None) and item.name not in _META:
                    block.remove(item)
            elif item.type == "dynamic":
                self._dynamic(block, item, affected)
            else:
                self._contents(item, affected, drops=drops)

    def _dynamic(self, parent: Block, block: Block, affected: re.Pattern[str]) -> None:
        """Work out a dynamic block: never written, always written once, or as it is."""
        for_each = block.attribute("for_each")
        content = next(inner for inner in block.blocks() if inner.type == "content")
        assert for_each  # noqa: S101 - Terraform asks for it
        if affected.search(for_each.text):
            result = self._folded(for_each)
            if result in (Known([]), Known({})):
                parent.remove(block)
                return
            pairs = _only(result)
            if pairs:
                key, value = pairs
                self._unroll(parent, block, content, key, value)
                return
        self._contents(content, affected, drops=True)

    def _unroll(self, parent: Block, block: Block, content: Block, key: Result, value: Result) -> None:
        """Write a dynamic block that there is exactly once as the block itself."""
        name = block.labels[0]
        iterator = Unknown(name, safe=True, given=True, attributes={"key": key, "value": value})
        before, self.environment = self.environment, {**self.environment, name: iterator, f"{name}.value": value}
        if isinstance(value, Unknown):
            del self.environment[f"{name}.value"]
        plain = Block(name, (), content.items, block.above, content.below)
        self._contents(plain, pattern([name]), drops=True)
        self.environment = before
        parent.items[next(index for index, item in enumerate(parent.items) if item is block)] = plain

    def _locals(self, block: Block, affected: re.Pattern[str]) -> None:
        """Work out the locals, and note what is known of them: one that is known is put where it is used."""
        for item in block.items:
            if not isinstance(item, Attribute) or not affected.search(item.text):
                continue
            result = self._folded(item)
            name = f"local.{item.name}"
            if isinstance(result, Known):
                # A list or an object has its name for a reason
                if not (isinstance(result.value, (list, dict)) and result.value):
                    self.found[name] = result
            elif result and (result.among is not None or result.given):
                self.found[name] = Unknown(name, safe=True, given=result.given, among=result.among)

    def _folded(self, attribute: Attribute) -> Result | None:
        """Put into an attribute what its expression comes to."""
        try:
            result = fold(attribute.text, self.environment)
        except Fails:
            return None
        if result.text != attribute.text:
            attribute.text = align(result.text) if "\n" in result.text else result.text
        return result

    # --- afterwards ---------------------------------------------------------------------------------------------------

    def _forget(self, roots: list[str]) -> None:
        """Take away the locals and data sources that nothing refers to any more."""
        while True:
            texts = [*roots, *(text for body in self.bodies.values() for text in _texts(body))]
            used = {
                ".".join(name.split(".")[: 3 if name.startswith("data.") else 2])
                for text in texts
                for name in _LOCAL.findall(text)
            }
            forgotten = [self._forget_in(body, used) for body in self.bodies.values()]
            if not any(forgotten):
                return

    def _forget_in(self, body: Block, used: set[str]) -> bool:
        before = _count(body)
        for block in list(body.blocks()):
            if block.type == "locals":
                for item in list(block.items):
                    if isinstance(item, Attribute) and f"local.{item.name}" not in used:
                        block.remove(item)
                if not block.items:
                    body.remove(block)
            elif (block.type == "data" and block.address not in used) or self._moves_nothing(block):
                body.remove(block)
        return _count(body) < before

    def _moves_nothing(self, block: Block) -> bool:
        """Tell whether a ``moved`` block is about a resource that is never created."""
        target = block.attribute("to") if block.type == "moved" else None
        return target is not None and isinstance(self.environment.get(target.text.split("[")[0]), Known)


def _only(result: Result | None) -> tuple[Result, Result] | None:
    """Return the key and the value of a collection that has exactly one element."""
    if isinstance(result, Unknown) and result.items is not None and len(result.items) == 1:
        return Known(0), result.items[0]
    if isinstance(result, Known) and isinstance(result.value, (list, dict)) and len(result.value) == 1:
        if isinstance(result.value, dict):
            key, value = next(iter(result.value.items()))
            return Known(key), Known(value)
        return Known(0), Known(result.value[0])
    return None


def _texts(block: Block) -> Iterable[str]:
    for item in block.items:
        if isinstance(item, Attribute):
            yield item.text
        else:
            yield from _texts(item)


def _count(body: Block) -> int:
    return sum(1 + len(block.items) for block in body.blocks())
