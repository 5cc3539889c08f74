"""Partial evaluation: works out what the known references decide of an expression, and leaves the rest as it is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from generator.hcl import expressions as ex
from generator.hcl.expressions import Node
from generator.hcl.functions import EvaluationError, Set
from generator.hcl.operators import call, negate, operate
from generator.hcl.parser import parse
from generator.hcl.printer import is_broken, render
from generator.hcl.values import (
    Environment,
    Known,
    Reference,
    as_value,
    copied,
    elements,
    inner,
    is_value,
    item_of,
    known,
    make,
    make_tuple,
    rebuilt,
    safe,
    written,
)
from generator.literals import quoted
from generator.spec.types import List

_TRUE: Final = known(value=True)
_NO_NAMES: Final[Mapping[str, Node | None]] = {}


def evaluate_partially(text: str, environment: Environment) -> Node:
    """Return an expression in which everything is worked out that known references decide.

    Raises:
        HclError: the text is not an expression.
        EvaluationError: the expression has no value.
    """
    return _Evaluator(environment).evaluate(parse(text))


def evaluate_message(text: str, environment: Environment) -> str:
    """Return the text between the quotes of a string, with known values in the place of their expressions.

    ``null`` stands for an interpolation that fails or is ``null``.
    """
    node, evaluator = parse(f'"{text}"'), _Evaluator(environment)
    assert isinstance(node, ex.Template)  # noqa: S101 - the quotes make it one
    parts = [part if isinstance(part, str) else evaluator.attempt(part) or known(None) for part in node.parts]
    shown = [known("null") if isinstance(part, Known) and part.value is None else part for part in parts]
    return render(rebuilt(node, parts=_interpolated(shown)))[1:-1]


class _Evaluator:
    """Evaluates the kinds of nodes. ``names`` are the names of the loops around them, with the known elements."""

    def __init__(self, environment: Environment, names: Mapping[str, Node | None] = _NO_NAMES) -> None:
        self.environment = environment
        self.names = names

    def evaluate(self, node: Node) -> Node:
        """Return what is left of a node.

        Raises:
            EvaluationError: the node has no value.
        """
        return _METHODS[type(node)](self, node)

    def attempt(self, node: Node) -> Node | None:
        """Return what is left of a node, or ``None`` if it has no value."""
        try:
            return self.evaluate(node)
        except EvaluationError:
            return None

    def either(self, node: Node) -> Node:
        """Return what is left of a node that Terraform may not evaluate: one that fails stays as it is."""
        return self.attempt(node) or node

    def _within(self, names: Sequence[str], *values: Node) -> "_Evaluator":
        """Return an evaluator for the inside of a loop; without values, its elements are not known."""
        bound = dict(zip(names, values[-len(names) :], strict=True)) if values else dict.fromkeys(names)
        return _Evaluator(self.environment, {**self.names, **bound})

    # --- values and references ----------------------------------------------------------------------------------------

    def _known(self, node: Known) -> Node:
        return node

    _reference = _known

    def _literal(self, node: ex.Literal) -> Node:
        return known(node.value, node)

    def _template(self, node: ex.Template) -> Node:
        if len(node.parts) == 1 and isinstance(node.parts[0], str):
            return known(ex.unescaped(node.parts[0]), node)
        results = [part if isinstance(part, str) else self.evaluate(part) for part in node.parts]
        if all(isinstance(part, (str, Known)) for part in results):
            value = "".join(ex.unescaped(part) if isinstance(part, str) else _shown(part) for part in results)
            return known(value, node if all(isinstance(part, str) for part in results) else None)
        return rebuilt(node, parts=_interpolated(results))

    def _root(self, node: ex.Root) -> Node:
        return self._look_up(node.name, node) or node

    def _look_up(self, name: str, node: Node) -> Node | None:
        found = self.names[name] if name in self.names else self.environment.get(name)
        return copied(found, origin=node) if isinstance(found, Reference) and found.name == name else found

    def _attribute(self, node: ex.Attribute) -> Node:
        name = _path(node)
        if name and (found := self._look_up(name, node)):
            return found
        of = inner(self.evaluate(node.of))
        if isinstance(of, Reference) and of.index is None:
            return of.attribute(node.name, node if of.origin is node.of else None)
        return item_of(of, node.name) or rebuilt(node, of=of)

    def _index(self, node: ex.Index) -> Node:
        of, key = inner(self.evaluate(node.of)), self.evaluate(node.key)
        if isinstance(of, Reference) and of.index is not None:
            return of.once()
        return (isinstance(key, Known) and item_of(of, key.value)) or rebuilt(node, of=of, key=key)

    def _splat(self, node: ex.Splat) -> Node:
        of = inner(self.evaluate(node.of))
        if isinstance(of, Known) and not isinstance(of.value, (list, tuple)):
            of = make_tuple() if of.value is None else make_tuple(of)
        elif isinstance(of, Reference) and of.index is None and of.nonnull and of.type:
            if not isinstance(of.type, List):
                of = make_tuple(of)
            elif not node.names:
                return of
        items = None if isinstance(of, ex.Object) else elements(of)
        if items is None:
            return rebuilt(node, of=of)
        return make_tuple(*(self._attributes(item, node.names) for _, item in items))

    def _attributes(self, node: Node, names: Sequence[str]) -> Node:
        for name in names:
            node = self._attribute(make(ex.Attribute, node, name))
        return node

    def _parentheses(self, node: ex.Parentheses) -> Node:
        of = self.evaluate(node.of)
        left = rebuilt(node, of=of)
        broken = isinstance(of, (ex.Conditional, ex.Binary)) and is_broken(of)
        return left if broken or not left.changed else of

    # --- operators ----------------------------------------------------------------------------------------------------

    def _unary(self, node: ex.Unary) -> Node:
        of = self.evaluate(node.of)
        left = rebuilt(node, of=of)
        if isinstance(of, Known):
            return known(-of.value if node.operator == "-" else not of.value, left)
        return left if node.operator == "-" or not left.changed else negate(of)

    def _binary(self, node: ex.Binary) -> Node:
        left = self.evaluate(node.left)
        if node.operator in ("&&", "||") and is_value(left, node.operator == "||"):
            return left
        right = self.evaluate(node.right)
        return operate(node.operator, left, right) or rebuilt(node, left=left, right=right)

    def _conditional(self, node: ex.Conditional) -> Node:
        condition = self.evaluate(node.condition)
        if isinstance(condition, Known):
            return self.evaluate(inner(node.yes if condition.value else node.no))
        yes, no = self.either(node.yes), self.either(node.no)
        if isinstance(yes, Known) and isinstance(no, Known):
            if is_value(yes, no.value):
                return yes
            if isinstance(yes.value, bool) and isinstance(no.value, bool):
                return inner(condition) if yes.value else negate(condition)
        return rebuilt(node, condition=condition, yes=yes, no=no)

    # --- collections --------------------------------------------------------------------------------------------------

    def _tuple(self, node: ex.Tuple) -> Node:
        return as_value(rebuilt(node, items=tuple(map(self.evaluate, node.items))))

    def _object(self, node: ex.Object) -> Node:
        return as_value(rebuilt(node, entries=tuple(map(self._entry, node.entries))))

    def _entry(self, node: ex.Entry) -> ex.Entry:
        key = node.key if isinstance(node.key, str) else inner(self.evaluate(node.key))
        return rebuilt(node, key=key.value if isinstance(key, Known) else key, value=self.evaluate(node.value))

    def _for(self, node: ex.For) -> Node:
        collection = inner(self.evaluate(node.collection))
        pairs = elements(collection)
        inside = self._within(node.names)
        condition = node.condition and inside.either(node.condition)
        if pairs is not None and not node.groups:
            rounds = [self._within(node.names, *pair) for pair in pairs]
            conditions = [one.attempt(node.condition) if node.condition else _TRUE for one in rounds]
            kept = [number for number, one in enumerate(conditions) if not is_value(one, value=False)]
            if len(kept) < len(pairs):
                collection = _selected(collection, kept)
            decided = all(is_value(conditions[number], value=True) for number in kept)
            # Terraform goes through an object in the order of its keys
            keys = [key.value for key, _ in pairs if isinstance(key, Known)]
            order = sorted(kept, key=keys.__getitem__) if len(keys) == len(pairs) else kept
            result = _unrolled(node, [rounds[number] for number in order]) if decided or len(kept) == 1 else None
            if result:
                empty = known([] if node.key is None else {})
                return result if decided else make(ex.Conditional, conditions[kept[0]], result, empty)
            if decided and _is_identity(node) and isinstance(written(collection), ex.Object if node.key else ex.Tuple):
                return collection
            condition = None if decided else condition
        key = node.key and inside.either(node.key)
        return rebuilt(node, collection=collection, key=key, value=inside.either(node.value), condition=condition)

    # --- calls --------------------------------------------------------------------------------------------------------

    def _expansion(self, node: ex.Expansion) -> Node:
        return rebuilt(node, of=self.evaluate(node.of))

    def _call(self, node: ex.Call) -> Node:
        if any(isinstance(argument, ex.Expansion) for argument in node.arguments):
            return rebuilt(node, arguments=tuple(map(self.either, node.arguments)))
        if node.name not in ("try", "can"):
            return call(node, [self.evaluate(argument) for argument in node.arguments])
        left: list[Node] = []
        for argument in node.arguments:
            if result := self.attempt(argument):
                left.append(result)
                if safe(result):
                    break
        if node.name == "can" and (not left or safe(left[0])):
            return known(value=bool(left))
        if not left:
            raise EvaluationError("no argument of try has a value")
        if node.name == "try" and len(left) == 1 and (safe(left[0]) or len(node.arguments) > 1):
            return left[0]
        return rebuilt(node, arguments=tuple(left), above=node.above[: len(left)])


_METHODS: Final[Mapping[type[Node], Callable[[_Evaluator, Any], Node]]] = {
    kind: getattr(_Evaluator, f"_{kind.__name__.lower()}") for kind in Node.__subclasses__()
}
"""The method that evaluates each kind of nodes."""


def _path(node: Node) -> str | None:
    """Return the name of a reference with its attributes, or what is not a name for another node."""
    if node.text and not node.changed:
        return node.source
    of = _path(node.of) if isinstance(node, ex.Attribute) else None
    return f"{of}.{node.name}" if of and isinstance(node, ex.Attribute) else None


def _unrolled(node: ex.For, rounds: Sequence[_Evaluator]) -> Node | None:
    """Return the elements that a loop makes, one by one, or ``None`` if there are several and they are not known."""
    values = []
    for one in rounds:
        values.append(one.evaluate(node.value))
        if len(rounds) > 1 and not isinstance(values[-1], Known):
            return None
    if node.key is None:
        return make_tuple(*values)
    keys = [one.evaluate(node.key) for one in rounds]
    names = [key.value if isinstance(key, Known) else key for key in keys]
    entries = tuple(make(ex.Entry, name, value) for name, value in zip(names, values, strict=True))
    return as_value(make(ex.Object, entries, ((),) * len(entries)))


def _is_identity(node: ex.For) -> bool:
    """Return whether a loop returns its elements as they are."""
    return [part.name for part in (node.key, node.value) if isinstance(part, ex.Root)] == list(node.names)


def _selected(collection: Node, kept: Sequence[int]) -> Node:
    """Return a collection with some of its elements."""
    shape = written(collection)
    if not isinstance(shape, (ex.Tuple, ex.Object)):
        return collection
    names = ("items" if isinstance(shape, ex.Tuple) else "entries", "above")
    return as_value(rebuilt(shape, **{name: tuple(getattr(shape, name)[number] for number in kept) for name in names}))


def _interpolated(parts: Sequence[str | Node]) -> tuple[str | Node, ...]:
    """Return the parts of a string with the known ones as text."""
    return tuple(quoted(_shown(part))[1:-1] if isinstance(part, Known) else part for part in parts)


def _shown(node: Node) -> str:
    """Return a value as a string shows it."""
    value = node.value if isinstance(node, Known) else None
    if value is None or isinstance(value, (list, dict, Set)):
        raise EvaluationError("a string can only show strings, numbers and booleans")
    return value if isinstance(value, str) else render(known(value))
