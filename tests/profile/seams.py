"""What a reader of a variant would stumble over: traces of the complete module that the variant is made from."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from generator.hcl.document import Attribute, Block, read
from generator.hcl.expressions import (
    Binary,
    Call,
    Conditional,
    For,
    Literal,
    Node,
    Object,
    Parentheses,
    Splat,
    Template,
    Tuple,
    Unary,
)
from generator.hcl.parser import parse

_REFERENCE = re.compile(r"(?<![\w.-])((?:data\.)?[a-z]\w*\.\w+)(?:\.(\w+))?")


def seams(files: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the HCL of a module, one sentence for each seam."""
    blocks = [(path, block) for path, text in files.items() if path.endswith(".tf") for block in _read(text).blocks()]
    references = frozenset().union(
        *(_references(text) for path, text in files.items() if path.endswith((".tf", ".hcl")))
    )
    declared = {f"var.{block.labels[0]}" for _, block in blocks if block.type == "variable"}
    declared |= {f"local.{one.name}" for _, block in blocks if block.type == "locals" for one in block.attributes()}
    declared |= {block.address for _, block in blocks if block.type in ("resource", "data")}
    counted = {block.address for _, block in blocks if block.attribute("count") or block.attribute("for_each")}
    found = []
    for path, block in blocks:
        here = (*_unused(block, references), *_undeclared(block, declared, counted), *_block(block))
        found += [f"{path}: {one}" for one in here]
    for path, text in files.items():
        if path.endswith((".tf", ".hcl")) and ("\n\n\n" in text or re.search(r"\{\n\n|\n\n *\}", text)):
            found.append(f"{path}: blank lines without a purpose")
    return found


# Most files and expressions are the same in many variants
_read = cache(read)


@cache
def _references(text: str) -> frozenset[str]:
    """Return what a file refers to; what it refers to as a whole ends in a dot as well."""
    pairs = _REFERENCE.findall(re.sub(r"^\s*#.*", "", text, flags=re.MULTILINE))
    return frozenset(name for one, inner in pairs for name in ((one, f"{one}.{inner}") if inner else (one, f"{one}.")))


@cache
def _expression(text: str) -> tuple[str, ...]:
    """Return the seams of an expression."""
    return tuple(_node(parse(text)))


def _unused(block: Block, references: frozenset[str]) -> Iterator[str]:
    """Yield the locals, their attributes and the data sources to which nothing refers."""
    if block.type == "data" and block.address not in references:
        yield f"{block.address} is not used"
    for attribute in block.attributes() if block.type == "locals" else ():
        name = f"local.{attribute.name}"
        if name not in references:
            yield f"{name} is not used"
        node = parse(attribute.text)
        node = node.collection if isinstance(node, For) else node
        for entry in node.entries if isinstance(node, Object) and f"{name}." not in references else ():
            if f"{name}.{entry.key}" not in references:
                yield f"{name}.{entry.key} is not used"


def _undeclared(block: Block, declared: set[str], counted: set[str]) -> Iterator[str]:
    """Yield the references to what does not exist, and the indexes of what exists once."""
    for attribute in block.all_attributes():
        for name, _ in _REFERENCE.findall(attribute.text):
            if name.startswith(("var.", "local.", "data.", "aws_")) and name not in declared and block.type != "moved":
                yield f"{attribute.name} refers to {name}, which does not exist"
        for name in re.findall(r"(?<![\w.])(aws_\w+\.\w+)\[", attribute.text):
            if name not in counted and attribute.name != "from":
                yield f"{attribute.name} refers to {name} with an index"


def _block(block: Block) -> Iterator[str]:
    """Yield the seams within a block."""
    for item in block.items:
        if isinstance(item, Block):
            yield from _block(item)
            continue
        # A default that is null, and the provider's constraint, are meant to be what they are
        if item.text == "null" and item.name != "default":
            yield f"{item.name} is null"
        if item.name in ("count", "for_each") and (item.name, item.text) != ("count", "0") and _size(item) in (0, 1):
            yield f"{item.name} of {block.type} {' '.join(block.labels)} is constant: {item.text}"
        if item.name == "condition" and item.text in ("true", "false"):
            yield f"a condition that is {item.text}"
        if block.type not in ("variable", "provider_meta") or item.name == "condition":
            # A message shows a value of the profile as it is
            shown = " is null" if item.name == "error_message" else "\n"
            yield from (f"{item.name}: {seam}" for seam in _expression(item.text) if not seam.endswith(shown))


def _size(attribute: Attribute) -> int | None:
    node = parse(attribute.text)
    if isinstance(node, Literal):
        return int(node.value or 0)
    return len(node.items if isinstance(node, Tuple) else node.entries) if isinstance(node, (Tuple, Object)) else None


def _node(node: Node) -> Iterator[str]:  # noqa: C901, PLR0912 - one case a kind of node
    """Yield the seams of an expression."""
    match node:
        case For():
            size = len(node.collection.items) if isinstance(node.collection, Tuple) else None
            size = len(node.collection.entries) if isinstance(node.collection, Object) else size
            if size in (0, 1):
                yield f"a loop over {size} element: {node.source}"
            if node.condition and _constant(node.condition):
                yield f"a condition that is constant: {node.source}"
        case Conditional():
            if _constant(node.condition):
                yield f"a condition that is constant: {node.source}"
            if node.yes.source == node.no.source:
                yield f"two branches that are the same: {node.source}"
        case Binary():
            if _constant(node.left) and _constant(node.right):
                yield f"a constant expression: {node.source}"
            if node.operator in ("&&", "||") and (_constant(node.left) or _constant(node.right)):
                yield f"an operand without effect: {node.source}"
        case Unary():
            if node.operator == "!" and _constant(node.of):
                yield f"a constant expression: {node.source}"
        case Splat():
            if isinstance(node.of, (Tuple, Object, Literal)):
                yield f"a constant splat: {node.source}"
        case Call():
            if node.name in ("concat", "merge", "coalesce", "try") and len(node.arguments) < 2:
                yield f"{node.name} of one argument: {node.source}"
            if node.name in ("concat", "merge", "one", "length", "flatten", "compact"):
                kinds = [type(one) for one in node.arguments]
                named = [
                    all(isinstance(one.key, str) for one in getattr(part, "entries", ())) for part in node.arguments
                ]
                for number in range(1, len(kinds)):
                    alike = kinds[number - 1] is kinds[number] and kinds[number] in (Tuple, Object)
                    if alike and named[number - 1] and named[number]:
                        yield f"two literals in a row: {node.source}"
            if node.name in ("one", "length", "can", "alltrue", "anytrue") and _constant(node.arguments[0]):
                yield f"a constant expression: {node.source}"
            for argument in node.arguments:
                empty = isinstance(argument, (Tuple, Object)) and argument.source in ("[]", "{}")
                if node.name in ("concat", "merge") and empty:
                    yield f"an empty argument: {node.source}"
        case Object():
            for entry in node.entries:
                if entry.value.source == "null":
                    yield f"{entry.key} is null"
        case Parentheses():
            if not isinstance(node.of, (Binary, Conditional)):
                yield f"parentheses around nothing: {node.source}"
        case Template():
            if any(isinstance(part, Node) and _constant(part) for part in node.parts):
                yield f"a constant in a string: {node.source}"
    for name, value in vars(node).items():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Node) and name not in ("key", "origin"):
                yield from _node(part)


def _constant(node: Node) -> bool:
    plain = isinstance(node, Template) and all(isinstance(part, str) for part in node.parts)
    items = isinstance(node, Tuple) and all(map(_constant, node.items))
    return isinstance(node, Literal) or plain or items
