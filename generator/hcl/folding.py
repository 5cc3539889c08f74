"""Works out what the known values decide of an expression, and leaves the rest of its text as it is written."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from generator.hcl.deciding import called, decided, negated, operated, pairs, possible, union
from generator.hcl.expressions import (
    ATOM,
    UNARY,
    Attribute,
    Binary,
    Call,
    Conditional,
    Entry,
    For,
    Index,
    Literal,
    Node,
    Object,
    Parentheses,
    Root,
    Splat,
    Template,
    Tuple,
    Unary,
    parse,
    unescaped,
)
from generator.hcl.functions import FUNCTIONS, Fails, Set
from generator.hcl.results import Environment, Known, Result, Unknown
from generator.hcl.splicing import Splicing, indent_at
from generator.spec.types import literal

SWITCHES: Final = ("granted", "exists", "shown")
"""Attributes by which entries of lists in the templates say whether they count: where one is false, the entry goes."""


def fold(text: str, environment: Environment) -> Result:
    """Return what an expression is when some of its references are known.

    Raises:
        HclError: the text is no expression.
        Fails: it is known to have no value.
    """
    folder, node = _Folder(text, environment), parse(text)
    result = folder.fold(node)
    moved = folder.moved(node, result)
    if moved == result.text:
        return result
    return replace(result, written=moved) if isinstance(result, Known) else replace(result, text=moved)


def fold_message(text: str, environment: Environment) -> str:
    """Return the inside of a string with the values in it that are known; what fails stays as it is written."""
    folder = _Folder(f'"{text}"', environment)
    node = parse(folder.text)
    assert isinstance(node, Template)  # noqa: S101 - the quotes make it one
    return folder.template_text(node, keep_failures=True)[1:-1]


@dataclass
class _Folder(Splicing):
    environment: Environment

    def fold(self, node: Node) -> Result:
        return getattr(self, f"_{type(node).__name__.lower()}")(node)  # type: ignore[no-any-return]

    def _within(self, names: Mapping[str, Result]) -> "_Folder":
        return replace(self, environment={**self.environment, **names})

    # --- values and references ----------------------------------------------------------------------------------------

    def _literal(self, node: Literal) -> Result:
        return Known(node.value)

    def _template(self, node: Template) -> Result:
        results = [part if isinstance(part, str) else self.fold(part) for part in node.parts]
        known = [result for result in results if not isinstance(result, Unknown)]
        if len(known) == len(results):
            return Known("".join(unescaped(one) if isinstance(one, str) else _shown(one.value) for one in known))
        safe = all(isinstance(one, (str, Known)) or one.safe for one in results)
        return self.made(node, self.template_text(node), safe=safe, given=True)

    def template_text(self, node: Template, *, keep_failures: bool = False) -> str:
        """Return the text of a string, with the values that are known."""
        text, position = [], node.start
        for part in node.parts:
            if isinstance(part, str):
                continue
            try:
                result = self.fold(part)
            except Fails:
                if not keep_failures:
                    raise
                result = Known(None)
            before = self.text[position : part.start]
            if isinstance(result, Known) and not isinstance(result.value, (list, dict, Set)):
                shown = "null" if keep_failures and result.value is None else _shown(result.value)
                text += [before[: before.rindex("${")], literal(shown)[1:-1]]
                position = self.text.index("}", part.end) + 1
            else:
                text += [before, self.moved(part, result)]
                position = part.end
        return "".join([*text, self.text[position : node.end]])

    def _root(self, node: Root) -> Result:
        return self.environment.get(node.name, Unknown(node.name))

    def _attribute(self, node: Attribute) -> Result:
        if known := self.environment.get(self.source(node)):
            return known
        of = self.fold(node.of)
        if isinstance(of, Known):
            if not isinstance(of.value, Mapping) or node.name not in of.value:
                raise Fails(f"no attribute {node.name}")
            return Known(of.value[node.name])
        if of.attributes is not None and node.name in of.attributes:
            return of.attributes[node.name]
        text = f"{self.put(node.of, of, ATOM)}.{node.name}"
        return Unknown(text, safe=of.safe and of.given)

    def _index(self, node: Index) -> Result:
        of, key = self.fold(node.of), self.fold(node.key)
        if isinstance(of, Unknown) and of.single and key == Known(0):
            return replace(of, single=False)
        if isinstance(key, Known) and isinstance(of, Known):
            try:
                return Known(of.value[key.value])
            except (LookupError, TypeError):
                raise Fails("no such element") from None
        if isinstance(key, Known) and isinstance(of, Unknown) and of.items is not None and isinstance(key.value, int):
            return of.items[key.value]
        return self.made(node, self.spliced(node, [(node.of, of, ATOM), (node.key, key, 0)]))

    def _splat(self, node: Splat) -> Result:
        of = self.fold(node.of)
        suffix = "".join(f".{name}" for name in node.names)
        if isinstance(of, Known):
            values = of.value if isinstance(of.value, (list, tuple)) else [] if of.value is None else [of.value]
            return Known([_attribute_of(value, node.names) for value in values])
        if of.single:
            element: Result = Unknown(f"{of.text}{suffix}", safe=True)
            return Unknown(f"[{element.text}]", safe=True, given=True, items=(element,))
        if of.given and of.items is None and _is_object(of):
            element = Unknown(f"{self.put(node.of, of, ATOM)}{suffix}", safe=of.safe and len(node.names) <= 1)
            return Unknown(f"[{element.text}]", safe=element.safe, given=True, items=(element,))
        return Unknown(f"{self.put(node.of, of, ATOM)}[*]{suffix}", safe=of.safe, given=True)

    def _parentheses(self, node: Parentheses) -> Result:
        of = self.fold(node.of)
        if isinstance(of, Known):
            return of
        if of.text == self.source(node.of):
            return replace(of, text=self.source(node), level=ATOM, indent=indent_at(self.text, node.start))
        if "\n" in of.text and of.level < ATOM:
            text = self.spliced(node, [(node.of, of, 0)])
            return replace(of, text=text, level=ATOM, indent=indent_at(self.text, node.start))
        return replace(of, text=of.text)

    # --- operators ----------------------------------------------------------------------------------------------------

    def _unary(self, node: Unary) -> Result:
        of = self.fold(node.of)
        if isinstance(of, Known):
            return Known(not of.value if node.operator == "!" else -of.value)
        if node.operator == "!" and of.text != self.source(node.of):
            return negated(of)
        return replace(of, text=f"{node.operator}{self.put(node.of, of, UNARY)}", level=UNARY, among=None, given=True)

    def _binary(self, node: Binary) -> Result:
        left, right = self.fold(node.left), self._right(node)
        if isinstance(left, Known) and isinstance(right, Known):
            return Known(operated(node.operator, left.value, right.value))
        found = decided(node.operator, left, right)
        if found is not None:
            return found
        text = self.spliced(node, [(node.left, left, node.level), (node.right, right, node.level + 1)])
        safe = all(isinstance(side, Known) or side.safe for side in (left, right))
        return self.made(node, text, level=node.level, safe=safe, given=True)

    def _right(self, node: Binary) -> Result:
        """Return the right side; that of a logical operator may fail where the left one decides."""
        try:
            return self.fold(node.right)
        except Fails:
            left = self.fold(node.left)
            if (node.operator, left) in (("||", Known(value=True)), ("&&", Known(value=False))):
                return Known(None)
            raise

    def _conditional(self, node: Conditional) -> Result:
        condition = self.fold(node.condition)
        if isinstance(condition, Known):
            return self._chosen(node.yes if condition.value else node.no)
        # What one branch makes of a value may fail where the other is chosen
        yes, no = self.branch(node.yes), self.branch(node.no)
        if isinstance(yes, Known) and yes == no:
            return yes
        if (
            isinstance(yes, Known)
            and isinstance(no, Known)
            and isinstance(yes.value, bool)
            and isinstance(no.value, bool)
        ):
            return condition if yes.value else negated(condition)
        text = self.spliced(node, [(node.condition, condition, 1), (node.yes, yes, 0), (node.no, no, 0)])
        given = all(side.value is not None if isinstance(side, Known) else side.given for side in (yes, no))
        safe = all(isinstance(side, Known) or side.safe for side in (condition, yes, no))
        return self.made(node, text, level=0, safe=safe, given=given, among=union(yes, no))

    def _chosen(self, node: Node) -> Result:
        return self.fold(node)

    def branch(self, node: Node) -> Result:
        try:
            return self.fold(node)
        except Fails:
            return self.made(node, self.source(node), level=0)

    # --- collections --------------------------------------------------------------------------------------------------

    def _tuple(self, node: Tuple) -> Result:
        return self._items(node, lambda _index, _item: True)

    def _items(self, node: Tuple, keeps: Callable[[Result, Result], bool]) -> Result:
        results = [self.fold(item) for item in node.items]
        kept = [
            (item, result)
            for index, (item, result) in enumerate(zip(node.items, results, strict=True))
            if not _switched_off(result) and not _never_there(item, result) and keeps(Known(index), result)
        ]
        if len(kept) < len(results) and "\n" not in self.source(node):
            text = "[" + ", ".join(self.put(item, result, 0) for item, result in kept) + "]"
        else:
            gone = [item for item in node.items if all(item is not other for other, _ in kept)]
            text = self.without(node, gone, [(item, result, 0) for item, result in kept])
        if all(isinstance(result, Known) for _, result in kept):
            return self._known(node, [result.value for _, result in kept if isinstance(result, Known)], text)
        safe = all(isinstance(result, Known) or result.safe for _, result in kept)
        return self.made(node, text, safe=safe, given=True, items=tuple(result for _, result in kept))

    def _known(self, node: Node, value: list[Any] | dict[str, Any], text: str) -> Known:
        """Return a collection that is known, on as many lines as it is written."""
        written = text if "\n" in text and value else ""
        return Known(value, written, indent_at(self.text, node.start))

    def _object(self, node: Object) -> Result:
        return self._entries(node, lambda _key, _value: True)

    def _entries(self, node: Object, keeps: Callable[[Result, Result], bool]) -> Result:
        kept: list[tuple[Entry, Result, Result]] = []
        for entry in node.entries:
            key = Known(entry.key) if isinstance(entry.key, str) else self.fold(entry.key)
            value = self.fold(entry.value)
            if not _switched_off(value) and keeps(key, value):
                kept.append((entry, key, value))
        gone = [entry for entry in node.entries if all(entry is not other for other, _, _ in kept)]
        if gone and "\n" not in self.source(node):
            text = "{ " + ", ".join(self.entry_text(entry, value) for entry, _, value in kept) + " }"
        else:
            text = self.without(node, gone, [(entry.value, value, 0) for entry, _, value in kept])
        attributes = {key.value: value for _, key, value in kept if isinstance(key, Known)}
        if len(attributes) == len(kept) and all(isinstance(value, Known) for value in attributes.values()):
            values = {key: value.value for key, value in attributes.items() if isinstance(value, Known)}
            return self._known(node, values, text)
        safe = all(isinstance(value, Known) or value.safe for _, _, value in kept)
        return self.made(node, text, safe=safe, given=True, attributes=attributes)

    def _for(self, node: For) -> Result:
        collection = self._collection(node)
        rounds = pairs(collection)
        if rounds is not None:
            results = [self._iteration(node, key, value) for key, value in rounds]
            if all(result is not None for result in results):
                return self._unrolled(node, [result for result in results if result])
        parts: list[tuple[Node, Result, int]] = [(node.collection, collection, 0)]
        shadows = {name: Unknown(name) for name in node.names}
        inner = self._within(shadows)
        parts += [(part, inner.branch(part), 0) for part in (node.key, node.value, node.condition) if part]
        return self.made(node, self.spliced(node, parts), given=True)

    def _collection(self, node: For) -> Result:
        """Return what a loop goes through, without what its condition is known to leave out."""

        def keeps(key: Result, value: Result) -> bool:
            return node.condition is None or self._bound(node, key, value).decision(node.condition) is not False

        inner = node.collection
        if isinstance(inner, Tuple):
            return self._items(inner, keeps)
        if isinstance(inner, Object):
            return self._entries(inner, keeps)
        result = self.fold(inner)
        if isinstance(result, Unknown) and result.single:
            element = replace(result, single=False)
            return Unknown(f"[{result.text}]", safe=True, given=True, items=(element,))
        return result

    def _bound(self, node: For, key: Result, value: Result) -> "_Folder":
        return self._within(dict(zip(node.names, (key, value) if len(node.names) > 1 else (value,), strict=True)))

    def decision(self, condition: Node) -> bool | None:
        try:
            result = self.fold(condition)
        except Fails:
            return None
        return bool(result.value) if isinstance(result, Known) else None

    def _iteration(self, node: For, key: Result, value: Result) -> list[tuple[Result, Result]] | None:
        """Return what one round of a loop adds, or ``None`` where that is not known."""
        folder = self._bound(node, key, value)
        if node.condition:
            decision = folder.decision(node.condition)
            if decision is None:
                return None
            if not decision:
                return []
        return [(folder.fold(node.key) if node.key else Known(None), folder.fold(node.value))]

    def _unrolled(self, node: For, results: Sequence[Sequence[tuple[Result, Result]]]) -> Result:
        added = [pair for result in results for pair in result]
        if all(isinstance(key, Known) and isinstance(value, Known) for key, value in added):
            values = [value.value for _, value in added if isinstance(value, Known)]
            if node.key is None:
                return Known(values)
            return Known(dict(zip([key.value for key, _ in added if isinstance(key, Known)], values, strict=True)))
        if node.key is None and len(added) == 1 and "\n" not in added[0][1].text:
            value = added[0][1]
            return Unknown(f"[{value.text}]", given=True, items=(value,))
        shadows = {name: Unknown(name) for name in node.names}
        inner = self._within(shadows)
        parts = [(node.collection, self._collection(node), 0)]
        parts += [(part, inner.branch(part), 0) for part in (node.key, node.value, node.condition) if part]
        return self.made(node, self.spliced(node, parts), given=True)

    # --- calls --------------------------------------------------------------------------------------------------------

    def _call(self, node: Call) -> Result:
        if node.name in ("try", "can"):
            return self._attempt(node)
        arguments = [self.fold(argument) for argument in node.arguments]
        if node.name in FUNCTIONS and all(isinstance(argument, Known) for argument in arguments):
            try:
                value = FUNCTIONS[node.name](*(argument.value for argument in arguments))  # type: ignore[union-attr]
            except (TypeError, ValueError, LookupError) as error:
                raise Fails(str(error)) from None
            return Known(value)
        found = called(node.name, arguments)
        if found is not None:
            return found
        given = list(zip(node.arguments, arguments, strict=True))
        if node.name in _NEUTRAL and len(given) > 1:
            left = [(part, result) for part, result in given if result != Known(_NEUTRAL[node.name])]
            if len(left) == 1 and node.name != "coalesce":
                return left[0][1]
            if len(left) < len(given):
                return self.made(node, self._called_with(node, left), given=True)
        text = self.spliced(node, [(part, result, 0) for part, result in given])
        safe = node.name == "jsonencode" and all(isinstance(one, Known) or one.safe for one in arguments)
        return self.made(node, text, safe=safe, given=node.name not in ("one", "lookup"))

    def _called_with(self, node: Call, pairs: Sequence[tuple[Node, Result]]) -> str:
        """Return the text of a call without the arguments that are left out."""
        if "\n" not in self.source(node):
            return f"{node.name}({', '.join(self.put(part, result, 0) for part, result in pairs)})"
        kept = {id(part) for part, _ in pairs}
        gone = [part for part in node.arguments if id(part) not in kept]
        return self.without(node, gone, [(part, result, 0) for part, result in pairs])

    def _attempt(self, node: Call) -> Result:
        """Return what ``try`` or ``can`` makes of arguments of which some are known to fail or not to."""
        tried: list[tuple[Node, Result]] = []
        for argument in node.arguments:
            try:
                result = self.fold(argument)
            except Fails:
                continue
            tried.append((argument, result))
            if isinstance(result, Known) or result.safe:
                break
        if node.name == "can":
            if not tried:
                return Known(value=False)
            first = tried[0][1]
            if isinstance(first, Known) or first.safe:
                return Known(value=True)
            return self.made(node, self._called_with(node, tried), safe=True, given=True)
        if not tried:
            raise Fails("nothing left to try")
        last = tried[-1][1]
        if len(tried) == 1 and (isinstance(last, Known) or last.safe or len(node.arguments) > 1):
            return last
        among = None
        for _, result in tried:
            among = possible(result) if among is None else (among | (possible(result) or frozenset()))
        among = None if any(possible(result) is None for _, result in tried) else among
        text = self._called_with(node, tried)
        return self.made(node, text, safe=isinstance(last, Known) or last.safe, among=among)


_NEUTRAL: Final[Mapping[str, Any]] = {"concat": [], "merge": {}, "coalesce": None}
"""Arguments that add nothing to what these functions return."""


def _switched_off(result: Result) -> bool:
    for switch in SWITCHES:
        if isinstance(result, Known):
            if isinstance(result.value, Mapping) and result.value.get(switch) is False:
                return True
        elif result.attributes and result.attributes.get(switch) == Known(value=False):
            return True
    return False


def _never_there(item: Node, result: Result) -> bool:
    """Tell whether an element is, as in ``depends_on``, a resource that is never created."""
    resource = isinstance(item, Attribute) and isinstance(item.of, Root) and "_" in item.of.name
    return resource and isinstance(result, Known)


def _is_object(of: Unknown) -> bool:
    return bool(re.fullmatch(r"var\.\w+", of.text))


def _attribute_of(value: Any, names: Sequence[str]) -> Any:  # noqa: ANN401
    for name in names:
        if not isinstance(value, Mapping) or name not in value:
            raise Fails(f"no attribute {name}")
        value = value[name]
    return value


def _shown(value: Any) -> str:  # noqa: ANN401
    """Return a value as a template shows it."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, (list, dict, Set)):
        raise Fails("a template shows strings, numbers and booleans")
    return literal(value)
