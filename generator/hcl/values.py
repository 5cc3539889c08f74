"""What is known of a node: its value, or some facts about it."""

from collections.abc import Mapping
from typing import Any, Final, Protocol, TypeVar

from generator.hcl import expressions as ex
from generator.hcl.functions import EvaluationError
from generator.spec.types import Object as ObjectType
from generator.spec.types import Optional, Type

N = TypeVar("N", bound=ex.Node)
_NEVER_NULL: Final = (ex.Template, ex.Unary, ex.Binary, ex.Tuple, ex.Object, ex.For, ex.Splat)
_MAY_BE_NULL: Final = ("one", "lookup", "try", "element", "jsondecode")
_NEVER_FAIL: Final = (ex.Root, ex.Template, ex.Unary, ex.Conditional, ex.Tuple, ex.Object, ex.Entry, ex.Parentheses)


class Environment(Protocol):
    """What is known of references such as ``var.x``, ``local.x``, ``var.x.attribute`` and ``aws_sqs_queue.this``."""

    def get(self, name: str, /) -> ex.Node | None:
        """Return what a reference stands for, or ``None`` if nothing is known of it."""


class Known(ex.Node):
    """A value. Its ``origin`` is the node that it was read from or computed from."""

    def __init__(self, value: Any, origin: ex.Node | None = None) -> None:  # noqa: ANN401 - a value of any type
        self.text, self.start, self.end = "", 0, 0
        self.value = value
        self.origin = origin


class Reference(ex.Node):
    """A reference of which something is known.

    ``type`` is the type of its value. ``nonnull`` is true if the value is never ``null``, and ``safe`` if its
    evaluation never fails. ``possible`` holds the only values that it can have. ``index`` is the index by which the
    text refers to a resource that exists exactly once, and by which the result does not.
    """

    def __init__(
        self,
        name: str,
        *,
        type: Type | None = None,  # noqa: A002 - as the variable has it
        nonnull: bool = False,
        safe: bool = True,
        possible: frozenset[Any] | None = None,
        index: str | int | None = None,
        origin: ex.Node | None = None,
    ) -> None:
        self.text, self.start, self.end = "", 0, 0
        self.name = name
        self.type = type
        self.nonnull = nonnull
        self.safe = safe
        self.possible = possible
        self.index = index
        self.origin = origin

    def once(self) -> "Reference":
        """Return the reference without the index."""
        return copied(self, index=None, origin=None)

    def attribute(self, name: str, origin: ex.Node | None = None) -> "Reference":
        """Return a reference to an attribute of the value.

        Raises:
            EvaluationError: the value is an object without such an attribute.
        """
        of = self.type.attributes.get(name) if isinstance(self.type, ObjectType) else None
        if isinstance(self.type, ObjectType) and of is None:
            raise EvaluationError(f"no attribute {name}")
        default = of.default if isinstance(of, Optional) else None
        return reference(
            f"{self.name}.{name}",
            type=of.type if isinstance(of, Optional) else of,
            nonnull=default is not None,
            safe=self.safe and self.nonnull and (of is not None or self.type is None),
            origin=origin,
        )


def known(value: Any, origin: ex.Node | None = None) -> Known:  # noqa: ANN401 - a value of any type
    """Return a value as a node."""
    return Known(value, origin)


def reference(name: str, **facts: Any) -> Reference:  # noqa: ANN401
    """Return a reference of which some facts are known."""
    return Reference(name, **facts)


def make(kind: type[N], *parts: Any) -> N:  # noqa: ANN401
    """Return a node that does not stand in a text."""
    return kind("", 0, 0, *parts)


def make_tuple(*items: ex.Node) -> ex.Node:
    """Return a tuple on one line."""
    return as_value(make(ex.Tuple, items, ((),) * len(items)))


def as_value(node: ex.Tuple | ex.Object) -> ex.Node:
    """Return a tuple or an object as a value if everything in it is known."""
    if isinstance(node, ex.Tuple):
        values = [item.value for item in node.items if isinstance(item, Known)]
        return known(values, node) if len(values) == len(node.items) else node
    known_entries = [one for one in node.entries if isinstance(one.value, Known) and isinstance(one.key, str)]
    value = {one.key: one.value.value for one in known_entries if isinstance(one.value, Known)}
    return known(value, node) if len(known_entries) == len(node.entries) else node


def written(node: ex.Node) -> ex.Node:
    """Return a list or an object as the nodes of its elements."""
    node = inner(node)
    if not isinstance(node, Known) or not isinstance(node.value, (list, dict)):
        return node
    if isinstance(node.origin, (ex.Tuple, ex.Object)):
        return node.origin
    if isinstance(node.value, list):
        return make(ex.Tuple, tuple(map(known, node.value)), ((),) * len(node.value))
    entries = tuple(make(ex.Entry, key, known(value)) for key, value in node.value.items())
    return make(ex.Object, entries, ((),) * len(entries))


def copied(node: N, **parts: Any) -> N:  # noqa: ANN401
    """Return a copy of a node with other parts."""
    copy: N = object.__new__(type(node))
    copy.__dict__ = vars(node) | parts
    return copy


def rebuilt(node: N, **parts: Any) -> N:  # noqa: ANN401
    """Return a node with other parts, ``changed`` if one of them is, or the node itself if all are the same."""
    changed, identical = node.changed, True
    for name, part in parts.items():
        before = getattr(node, name)
        if part is not before and part != before:
            identical = False
            changed = changed or not _same(before, part)
    if identical:
        return node
    return copied(node, **parts, origin=node.origin or node, changed=changed)


def _same(old: Any, new: Any) -> bool:  # noqa: ANN401
    if old is new:
        return True
    if isinstance(old, tuple) and isinstance(new, tuple):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, ex.Node) and isinstance(new, ex.Node):
        return new.origin is not None and not new.changed and _same(old, new.origin)
    return bool(old == new)


def inner(node: ex.Node) -> ex.Node:
    """Return a node without parentheses around it."""
    while isinstance(node, ex.Parentheses):
        node = node.of
    return node


def is_value(node: ex.Node | None, value: Any) -> bool:  # noqa: ANN401
    """Return whether a node is known to have a value; ``true`` is not the same as 1."""
    return isinstance(node, Known) and node.value == value and isinstance(node.value, bool) == isinstance(value, bool)


def nonnull(node: ex.Node) -> bool:
    """Return whether the value of a node is certainly not ``null``."""
    node = inner(node)
    if isinstance(node, Known):
        return node.value is not None
    if isinstance(node, ex.Conditional):
        return nonnull(node.yes) and nonnull(node.no)
    if isinstance(node, ex.Call):
        return node.name not in _MAY_BE_NULL
    return node.nonnull if isinstance(node, Reference) else isinstance(node, _NEVER_NULL)


def safe(node: ex.Node) -> bool:
    """Return whether the evaluation of a node certainly does not fail."""
    if isinstance(node, Reference):
        return node.safe
    if isinstance(node, ex.Call) and node.name == "try":
        return safe(node.arguments[-1])
    sure = (
        isinstance(node, _NEVER_FAIL)
        or (isinstance(node, ex.Binary) and node.operator in ("==", "!=", "&&", "||"))
        or (isinstance(node, ex.Call) and node.name == "jsonencode")
    )
    return isinstance(node, Known) or (sure and all(map(safe, ex.parts(node))))


def possible(*nodes: ex.Node) -> frozenset[Any] | None:
    """Return the only values that one of several nodes can have, or ``None`` if they are not known."""
    found: frozenset[Any] = frozenset()
    for node in map(inner, nodes):
        values = node.possible if isinstance(node, Reference) else None
        if isinstance(node, Known) and isinstance(node.value, (str, bool, int, type(None))):
            values = frozenset([node.value])
        elif isinstance(node, ex.Conditional):
            values = possible(node.yes, node.no)
        elif isinstance(node, ex.Call) and node.name == "try":
            values = possible(*node.arguments)
        if values is None:
            return None
        found |= values
    return found


def elements(node: ex.Node) -> list[tuple[ex.Node, ex.Node]] | None:
    """Return the keys and the values of a collection, or ``None`` if its elements are not known one by one.

    Raises:
        EvaluationError: the value is not a collection.
    """
    if isinstance(node, Known):
        if isinstance(node.value, Mapping):
            return [(known(key), known(value)) for key, value in node.value.items()]
        if isinstance(node.value, (list, tuple)):
            return [(known(index), known(value)) for index, value in enumerate(node.value)]
        raise EvaluationError("not a collection")
    if isinstance(node, ex.Tuple):
        return [(known(index), item) for index, item in enumerate(node.items)]
    if isinstance(node, ex.Object):
        return [(known(one.key) if isinstance(one.key, str) else one.key, one.value) for one in node.entries]
    if isinstance(node, Reference) and node.index is not None:
        return [(known(node.index), node.once())]
    return None


def item_of(node: ex.Node, key: Any) -> ex.Node | None:  # noqa: ANN401 - a string or a number
    """Return an element of a collection, or ``None`` if it is not known.

    Raises:
        EvaluationError: the collection has no such element.
    """
    if isinstance(node, Known):
        try:
            return known(node.value[key])
        except (LookupError, TypeError):
            raise EvaluationError(f"no element {key}") from None
    pairs = elements(node) if isinstance(node, (ex.Tuple, ex.Object)) else None
    if pairs is None or not all(isinstance(name, Known) for name, _ in pairs):
        return None
    for name, value in pairs:
        if is_value(name, key):
            return value
    raise EvaluationError(f"no element {key}")
