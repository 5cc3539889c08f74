"""Type constraints of variables: read, converted to, and compared."""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from generator.compare.terms.build import Unbound, build
from generator.compare.terms.render import render
from generator.compare.terms.term import CONST, LARGEST, LIST, NULL, OBJECT, Term, const, entries, list_of, object_of
from generator.hcl.expressions import Call, HclError, Node, Object, Parentheses, Root, Template, Tuple
from generator.hcl.parser import parse

Path = tuple[str, ...]
"""The way into a type: names of attributes, and :data:`ELEMENTS`."""

ELEMENTS: Final = "[*]"
_COLLECTIONS: Final = ("list", "set", "map")


@dataclass(frozen=True)
class Attribute:
    """An attribute of an object type; ``default`` is ``None`` if it is ``null``."""

    type: "Type"
    optional: bool = False
    default: Term | None = None


@dataclass(frozen=True)
class Type:
    """A type constraint: ``of`` is the type of a collection's elements, ``items`` those of a tuple."""

    kind: str
    of: "Type | None" = None
    attributes: dict[str, Attribute] = field(default_factory=dict)
    items: tuple["Type", ...] = ()

    def __str__(self) -> str:
        if self.kind == "object":
            inside = (
                f"{name} = {f'optional({one.type}{_default(one)})' if one.optional else one.type}"
                for name, one in sorted(self.attributes.items())
            )
            return f"object({{{', '.join(inside)}}})"
        if self.kind == "tuple":
            return f"tuple([{', '.join(map(str, self.items))}])"
        return f"{self.kind}({self.of})" if self.of else self.kind


def _default(attribute: Attribute) -> str:
    return "" if attribute.default is None else f", {render(attribute.default)}"


ANY: Final = Type("any")
STRING: Final = Type("string")
NUMBER: Final = Type("number")
BOOL: Final = Type("bool")


@cache
def read(text: str) -> Type:
    """Return the type that a text stands for; ``any`` if it cannot be read.

    Terraform 0.11 wrote types between quotes, and ``list`` and ``map`` without those of their elements.
    """
    try:
        return _read(parse(text), text)
    except HclError:
        return ANY


def _read(node: Node, text: str) -> Type:  # noqa: PLR0911 - one case a line
    match node:
        case Parentheses():
            return _read(node.of, text)
        case Root() if node.name in _COLLECTIONS:
            return Type(node.name, ANY)
        case Root():
            return Type(node.name)
        case Template() if len(node.parts) == 1 and isinstance(node.parts[0], str):
            return read(node.parts[0])
        case Call() if node.name in _COLLECTIONS and node.arguments:
            return Type(node.name, _read(node.arguments[0], text))
        case Call() if node.name == "object" and node.arguments and isinstance(node.arguments[0], Object):
            named = {str(entry.key): _attribute(entry.value, text) for entry in node.arguments[0].entries}
            return Type("object", attributes=named)
        case Call() if node.name == "tuple" and node.arguments and isinstance(node.arguments[0], Tuple):
            return Type("tuple", items=tuple(_read(item, text) for item in node.arguments[0].items))
        case _:
            return ANY


def _attribute(node: Node, text: str) -> Attribute:
    if isinstance(node, Call) and node.name == "optional" and node.arguments:
        default = node.arguments[1] if len(node.arguments) > 1 else None
        value = NULL if default is None else build(text[default.start : default.end], Unbound())
        kind = _read(node.arguments[0], text)
        return Attribute(kind, optional=True, default=None if value is NULL else convert(value, kind))
    return Attribute(_read(node, text))


def convert(of: Term, to: Type) -> Term:
    """Return a value as a variable of a type has it: strings as numbers, missing attributes as their defaults.

    What is too large to look into is returned as it is.
    """
    if of.size > LARGEST:
        return of
    if of.kind == CONST:
        return _scalar(of, to)
    if of.kind == LIST and to.kind in ("list", "set") and to.of:
        items = [convert(item, to.of) for item in of.parts]
        return list_of(*(dict.fromkeys(items) if to.kind == "set" else items))
    if of.kind == OBJECT and to.kind == "map" and to.of:
        return object_of({key: convert(value, to.of) for key, value in entries(of).items()})
    if of.kind == OBJECT and to.kind == "object":
        given = {str(key.data): value for key, value in entries(of).items()}
        return object_of(
            {
                const(name): convert(given[name], one.type)
                if name in given and not (given[name] is NULL and one.default is not None)
                else one.default or NULL
                for name, one in to.attributes.items()
            }
        )
    return of


def _scalar(of: Term, to: Type) -> Term:
    value = of.data
    if to.kind == "string" and isinstance(value, (bool, int, float)):
        return const(str(value).lower() if isinstance(value, bool) else str(value))
    if to.kind == "bool" and value in ("true", "false", "1", "0", 1, 0) and value is not True and value is not False:
        return const(value in ("true", "1", 1))
    if to.kind == "number" and isinstance(value, str):
        try:
            return const(float(value) if "." in value or "e" in value.lower() else int(value))
        except ValueError:
            return of
    return of


def element(of: Type | None) -> Type | None:
    """Return the type of a collection's elements."""
    return of.of if of and of.kind in _COLLECTIONS else None


def attribute(of: Type | None, name: str) -> Type | None:
    """Return the type of an attribute of an object, or of a map's elements."""
    if of is None:
        return None
    if of.kind == "object" and name in of.attributes:
        return of.attributes[name].type
    return element(of) if of.kind == "map" else None


def with_default(of: Type, path: Path, other: Type) -> Type:
    """Return a type with the default of the attribute at a path as it is in another type."""
    if not path:
        return of
    if of.of and other.of:
        return replace(of, of=with_default(of.of, path[1:], other.of))
    was, now = of.attributes.get(path[0]), other.attributes.get(path[0])
    if was is None or now is None:
        return of
    inner = with_default(was.type, path[1:], now.type)
    changed = replace(was, type=inner) if path[1:] else replace(was, default=now.default)
    return replace(of, attributes={**of.attributes, path[0]: changed})


# --- comparison -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A difference of two types at a path: ``narrowed`` rejects what was accepted, ``widened`` accepts more.

    ``changed`` accepts other values, ``default`` gives another one to an attribute that is not set.
    """

    effect: str
    path: Path
    message: str
    old: Type
    new: Type

    @property
    def place(self) -> str:
        """The path as text."""
        return ".".join(self.path).replace(f".{ELEMENTS}", ELEMENTS)


def changes(old: Type, new: Type, path: Path = ()) -> list[Change]:
    """Return how a type differs from another, attribute by attribute."""
    if old == new:
        return []
    if old.kind == new.kind == "object":
        return _object_changes(old, new, path)
    if old.kind == new.kind and old.of and new.of:
        return changes(old.of, new.of, (*path, ELEMENTS))
    effect = _effect(old, new)
    return [Change(effect, path, f"type was {_brief(old)} and is {_brief(new)}", old, new)] if effect else []


def _effect(old: Type, new: Type) -> str:
    kinds = (old.kind, new.kind)
    if new.kind == "any" or kinds in {("number", "string"), ("bool", "string")}:
        return "widened"
    if old.kind == "any":
        return "narrowed"
    if kinds in {("string", "number"), ("string", "bool"), ("list", "set")}:
        return "narrowed"
    if kinds == ("object", "map") or (kinds == ("map", "object") and not _required(new)):
        elements = new.of if new.kind == "map" else old.of
        others = old.attributes if old.kind == "object" else new.attributes
        same = elements == ANY or all(one.type == elements for one in others.values())
        return "widened" if same and new.kind == "map" else "changed"
    if kinds in {("set", "list"), ("tuple", "list")}:
        return "changed" if old.kind == "set" else "widened"
    return "changed"


def is_plain(of: Type) -> bool:
    """Return whether a type is a string, a number or a boolean, or a collection of these."""
    return of.kind in ("string", "number", "bool") or (of.of is not None and is_plain(of.of))


def _required(of: Type) -> bool:
    return any(not one.optional for one in of.attributes.values())


def _object_changes(old: Type, new: Type, path: Path) -> list[Change]:
    found: list[Change] = []
    for name in sorted(old.attributes.keys() | new.attributes.keys()):
        was, now = old.attributes.get(name), new.attributes.get(name)
        inner = (*path, name)
        if was is None and now is not None:
            kind = "optional" if now.optional else "required"
            found.append(
                Change(
                    "widened" if now.optional else "narrowed",
                    inner,
                    f"{kind} attribute {_brief(now.type)} is new",
                    ANY,
                    now.type,
                )
            )
        elif was is not None and now is None:
            message = "attribute is removed; Terraform ignores it if callers set it"
            found.append(Change("narrowed", inner, message, was.type, ANY))
        elif was is not None and now is not None:
            found += _attribute_changes(was, now, inner)
    return found


def _attribute_changes(old: Attribute, new: Attribute, path: Path) -> list[Change]:
    found = changes(old.type, new.type, path)
    if old.optional and not new.optional:
        found.append(Change("narrowed", path, "attribute is now required", old.type, new.type))
    elif new.optional and not old.optional:
        found.append(Change("widened", path, "attribute is now optional", old.type, new.type))
    elif old.default != new.default:
        shown = [render(one.default or NULL) for one in (old, new)]
        found.append(Change("default", path, f"default was {shown[0]} and is {shown[1]}", old.type, new.type))
    return found


def _brief(of: Type) -> str:
    text = str(of)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


_LONGEST: Final = 80
