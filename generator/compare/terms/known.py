"""What can be said of a term without its value: its type, whether it can be null, whether it can fail."""

from collections.abc import Callable, Mapping
from typing import Final

from generator.compare.terms import types
from generator.compare.terms.term import (
    CALL,
    ELEMENT,
    EMPTY,
    GET,
    IF,
    INSTANCE,
    KEY,
    LARGEST,
    LIST,
    LOOP,
    NULL,
    OBJECT,
    REFERENCE,
    TEMPLATE,
    VARIABLE,
    Term,
    const,
    entries,
    is_const,
    object_of,
    term,
)
from generator.compare.terms.types import ANY, BOOL, NUMBER, STRING, Type
from generator.compare.terms.world import COUNT, FOR_EACH, SINGLE, World

_TYPED: Final[tuple[tuple[str, Type], ...]] = (
    (("tostring join format replace lower upper title trim trimprefix trimsuffix trimspace substr jsonencode "
     "yamlencode base64encode md5 sha1 sha256 basename dirname abspath formatdate timestamp uuid cidrsubnet cidrhost "
     "file templatefile filebase64 filebase64sha256 filemd5 chomp urlencode textencodebase64"), STRING),
    ("length tonumber min max sum ceil abs parseint index", NUMBER),
    ("floor", NUMBER),
    ("can contains alltrue anytrue startswith endswith tobool strcontains", BOOL),
    (("concat compact flatten distinct sort split keys values range slice reverse tolist chunklist formatlist "
     "setproduct"), Type("list", ANY)),
    ("toset setunion setintersection setsubtract", Type("set", ANY)),
    ("merge zipmap tomap", Type("map", ANY)),
)  # fmt: skip
_RETURNS: Final[Mapping[str, Type]] = {name: kind for names, kind in _TYPED for name in names.split()}
"""The types that functions return."""

NEVER_NULL: Final = _RETURNS.keys() - {"tostring", "tonumber", "tobool", "toset"}
"""Functions that return a value or fail."""

TAKES_NULL: Final = frozenset((
    "coalesce", "try", "can", "merge", "jsonencode", "yamlencode", "format", "lookup", "type", "contains", "compact",
    "tostring", "tonumber", "tobool", "tolist", "toset", "tomap", "sensitive", "nonsensitive", "issensitive",
    "templatefile",
))  # fmt: skip
"""Functions that do not fail with an argument that is null."""

_SAFE: Final = frozenset(
    "jsonencode merge concat compact toset tolist length can keys values join distinct flatten".split()  # noqa: SIM905
)
"""Functions that do not fail with arguments of their types."""


def type_of(of: Term, world: World) -> Type | None:  # noqa: C901, PLR0911, PLR0912 - one case a kind of term
    """Return the type of a term, ``None`` if it is not known, or if the term is too large to look into."""
    if of.size > LARGEST:
        return None
    match of.kind:
        case "const":
            return {str: STRING, bool: BOOL, int: NUMBER, float: NUMBER}.get(type(of.data))
        case "variable":
            return world.types.get(of.data)
        case "template":
            return STRING
        case "list":
            kinds = [type_of(item, world) for item in of.parts]
            same = bool(kinds) and all(kind == kinds[0] for kind in kinds)
            return Type("list", (kinds[0] if same else None) or ANY)
        case "object" | "block":
            attributes = {str(key.data): type_of(value, world) or ANY for key, value in entries(of).items()}
            return Type("object", attributes={name: types.Attribute(one) for name, one in attributes.items()})
        case "loop":
            return Type("list" if of.data[1] == "list" else "map", type_of(of.parts[2], world) or ANY)
        case "splat":
            return Type("list", type_of(of.parts[1], world) or ANY)
        case "operator":
            return NUMBER if of.data in ("+", "-", "*", "/", "%") else BOOL
        case "element":
            return types.element(type_of(of.parts[0], world))
        case "key":
            kind = type_of(of.parts[0], world)
            return STRING if kind and kind.kind in ("map", "object", "set") else None
        case "get":
            kind = type_of(of.parts[0], world)
            if kind and kind.kind in ("list", "map", "set") and not is_const(of.parts[1], str):
                return kind.of
            return types.attribute(kind, of.parts[1].data) if is_const(of.parts[1], str) else None
        case "if":
            yes, no = (type_of(part, world) for part in of.parts[1:])
            return yes if yes == no or no is None else no if yes is None else None
        case "call":
            return _returned(of, world)
        case _:
            return None


def _returned(of: Term, world: World) -> Type | None:
    if of.data in ("try", "coalesce"):
        kinds = [type_of(part, world) for part in of.parts if not is_const(part, type(None))]
        return kinds[0] if kinds and all(kind == kinds[0] or kind is None for kind in kinds) else None
    return _RETURNS.get(of.data)


def nullable(of: Term, world: World) -> bool:  # noqa: PLR0911 - one case a line
    """Return whether a term may be null; a term of which nothing is known may."""
    match of.kind:
        case "const":
            return of.data is None
        case "template" | "list" | "object" | "block" | "loop" | "splat" | "operator" | "instance" | "key":
            return False
        case "variable":
            return of.data in world.nullable
        case "reference":
            return not of.data.startswith("sample.")
        case "get":
            return not identifies(of)
        case "if" if of.size <= LARGEST:
            return any(nullable(part, world) for part in of.parts[1:])
        case "call":
            if of.data == "try":
                return of.size > LARGEST or any(nullable(part, world) for part in of.parts)
            return of.data not in NEVER_NULL and of.data != "coalesce"
        case _:
            return True


def identifies(of: Term) -> bool:
    """Return whether a term is the identifier of a resource, which every resource has."""
    return (
        of.kind == GET
        and of.parts[0].kind == INSTANCE
        and is_const(of.parts[1], str)
        and of.parts[1].data in ("id", "arn")
    )


def failing(of: Term, world: World, repetition: Callable[[str], Term]) -> bool:
    """Return whether evaluating a term may fail, for some callers at least; one that is too large may."""

    def fails(one: Term) -> bool:  # noqa: PLR0911 - one case a kind of term
        match one.kind:
            case "const" | "variable" | "reference" | "element" | "key":
                return False
            case "instance":
                return _missing(one, world, repetition)
            case "get":
                return fails(one.parts[0]) or not _declared(one, world)
            case "list" | "object" | "block" | "template" | "operator" | "if" | "loop" | "splat" | "expansion":
                return any(map(fails, one.parts))
            case "call":
                if one.data in ("try", "can"):
                    return one.data == "try" and fails(one.parts[-1])
                return one.data not in _SAFE or any(map(fails, one.parts))
            case _:
                return True

    return of.size > LARGEST or fails(of)


def _missing(of: Term, world: World, repetition: Callable[[str], Term]) -> bool:
    """Return whether an instance may not exist."""
    resource = world.repetitions.get(of.data)
    if resource is None or resource.mode == SINGLE:
        return False
    known, key = repetition(of.data), of.parts[0]
    if resource.mode == COUNT:
        return not (is_const(known, int) and is_const(key, int) and key.data < known.data)
    if resource.mode == FOR_EACH and key.kind == KEY:
        return key.parts[0] is not source(known)
    return not (known.kind == OBJECT and key in entries(known))


def _declared(of: Term, world: World) -> bool:
    """Return whether what stands at a key is there because the type says so."""
    inner, key = of.parts
    if inner.kind in (INSTANCE, REFERENCE) or (inner.kind == ELEMENT and inner.parts[0].kind == REFERENCE):
        return True
    if inner.kind == VARIABLE and inner.data in world.nullable:
        return False
    kind = type_of(inner, world)
    declared = kind is not None and kind.kind == "object" and is_const(key, str) and key.data in kind.attributes
    # An optional attribute without a default may be null, and what is within it missing
    return declared and (inner.kind in (VARIABLE, ELEMENT) or not _optional(inner, world))


def _optional(of: Term, world: World) -> bool:
    if of.kind != GET or not is_const(of.parts[1], str):
        return True
    kind = type_of(of.parts[0], world)
    attribute = kind.attributes.get(of.parts[1].data) if kind else None
    return attribute is None or (attribute.optional and attribute.default is None)


def path_of(of: Term) -> str | None:
    """Return a path from the module, in which ``path.module`` and ``path.root`` may stand; ``None`` if it is not known.

    The reference to such a directory holds its path from the module (see ``Scope.reference``).
    """
    if is_const(of):
        return str(of.data)
    if of.kind == REFERENCE and of.data.startswith("path.") and of.parts:
        return path_of(of.parts[0])
    if of.kind == CALL and of.data in ("abspath", "pathexpand") and len(of.parts) == 1:
        return path_of(of.parts[0])
    if of.kind == TEMPLATE and of.size <= LARGEST:
        parts = [path_of(part) for part in of.parts]
        return None if None in parts else "".join(part for part in parts if part is not None)
    return None


def content_of(of: Term, world: World) -> bytes | None:
    """Return the content of a file by the term of its path, ``None`` if it is not known or there is no such file."""
    path = path_of(of)
    return None if path is None else world.read(path)


def iterated(of: Term) -> list[tuple[Term, Term]] | None:
    """Return the keys and values that a loop over a term goes through, if they are known."""
    if of.kind == LIST:
        return [(const(index), item) for index, item in enumerate(of.parts)]
    if of.kind == OBJECT and all(is_const(key) for key in entries(of)):
        return list(entries(of).items())
    return None


def source(collection: Term) -> Term:
    """Return where the elements of a collection come from: what is filtered, or made a set, has the same ones."""
    empty = (NULL, EMPTY, object_of({}))
    while True:
        parts = collection.parts
        if collection.kind == IF and parts[2] in empty:
            collection = parts[1]
        elif collection.kind == IF and parts[1] in empty:
            collection = parts[2]
        elif collection.kind == CALL and collection.data in ("toset", "tolist", "distinct", "sort"):
            collection = parts[0]
        elif (
            collection.kind == CALL and collection.data in ("try", "coalesce") and parts[-1] in empty and len(parts) > 1
        ):
            collection = parts[0] if len(parts) == 2 else term(CALL, collection.data, *parts[:-1])  # noqa: PLR2004
        elif collection.kind == LOOP and _filters(collection):
            collection = parts[0]
        else:
            return collection


def _filters(of: Term) -> bool:
    """Return whether a loop only leaves elements out."""
    inner = source(of.parts[0])
    key, value = of.parts[1:3]
    same = value.kind == ELEMENT and value.parts[0] is inner
    return same and (of.data[1] == "list" or (key.kind == KEY and key.parts[0] is inner))
