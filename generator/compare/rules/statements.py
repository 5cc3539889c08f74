"""Finds the statements of IAM policies: in policy documents, in objects, and in JSON."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from generator.compare.reading.configuration import Configuration
from generator.compare.terms.plain import plain
from generator.compare.terms.render import render
from generator.compare.terms.simplify import Simplifier
from generator.compare.terms.term import (
    BLOCK,
    CALL,
    CONST,
    IF,
    LIST,
    LOOP,
    NULL,
    OBJECT,
    OPAQUE,
    SPLAT,
    TEMPLATE,
    Term,
    const,
    entries,
    is_const,
    of_value,
    substitute,
    term,
    walk,
)
from generator.parsing import ParseError, parse_json

_KEYS: Final = {
    "action": "actions", "actions": "actions", "notaction": "not_actions", "notactions": "not_actions",
    "resource": "resources", "resources": "resources", "notresource": "not_resources", "notresources": "not_resources",
    "principal": "principals", "principals": "principals", "notprincipal": "not_principals",
    "notprincipals": "not_principals", "effect": "effect", "condition": "conditions", "conditions": "conditions",
    "sid": "sid",
}  # fmt: skip
_JOINING: Final = ("concat", "blocks", "compact", "flatten", "distinct", "toset", "tolist", "try", "coalesce",
                   "coalescelist", "sort", "setunion")  # fmt: skip
"""Functions that return items of their arguments."""

_NOTHING: Final = ("null", "[]", "{}", '""')
ACTION: Final = re.compile(r"\*|[a-z][a-z0-9-]*:[A-Za-z*?][A-Za-z0-9*?]*")
_QUOTE: Final = re.compile(r'(?<!\\)(?:\\\\)*"')
_COMMAS: Final = re.compile(r'("(?:[^"\\]|\\.)*")|([\[{])[\s,]*|,[\s,]*([\]}])|(,)[\s,]*')
"""A string, the begin or end of a list with the commas next to it, or the commas between two items."""

_POLICY: Final = re.compile(r"""\bStatement["']?\s*[:=]""")
_IAM: Final = re.compile(r"(?<![\w:/.-])[a-z][a-z0-9-]*:[A-Z*][A-Za-z0-9*]*(?![\w:/-])")


@dataclass(frozen=True)
class Statement:
    """One statement; each set holds texts of expressions, strings without their quotes."""

    place: str
    allows: bool
    actions: frozenset[str]
    all_but: bool
    """Whether ``actions`` are those that it is not about (``NotAction``)."""
    resources: frozenset[str]
    all_resources_but: bool
    principals: frozenset[str]
    conditions: frozenset[str]


def statements(configuration: Configuration, simplify: Simplifier) -> Iterator[Statement]:
    """Yield the statements in the resources and data sources of a module, and in what it gives other modules.

    Documents that callers can replace stand in the defaults of variables.
    """
    for address, body in _places(configuration, simplify).items():
        seen: set[Term] = set()
        for of in _decoded(body):
            for one in walk(of):
                if one.kind in (OBJECT, BLOCK) and one not in seen:
                    seen.add(one)
                    yield from _statements(address, one)


def _places(configuration: Configuration, simplify: Simplifier) -> dict[str, Term]:
    places = {
        address: simplify(resource.body)
        for address, resource in sorted(configuration.resources.items())
        if address not in configuration.children
    }
    return places | {f"variable.{name}": default for name, default in configuration.defaults.items()}


def unread(configuration: Configuration, simplify: Simplifier) -> Iterator[tuple[str, Term]]:
    """Yield the texts that look like a policy and that cannot be read, with the places where they stand."""
    for address, body in _places(configuration, simplify).items():
        known: set[Term] = set()
        for one in walk(body):
            text = one.kind in (TEMPLATE, OPAQUE) or is_const(one, str)
            if not text or one in known or not any(_POLICY.search(str(part.data)) for part in walk(one)):
                continue
            known.update(walk(one))
            if one.kind == OPAQUE or not any(_document(pieces) for pieces in _alternatives(one)):
                yield address, one


def same_document(old: Term | None, new: Term | None) -> bool:
    """Return whether two terms are the same JSON document, however each is written."""
    documents = [_object(of) if of is not None else None for of in (old, new)]
    return None not in documents and len({plain(one) for one in documents if one is not None}) == 1


def _object(of: Term) -> Term | None:
    if of.kind == CALL and of.data == "jsonencode":
        return of.parts[0]
    texts_of = _alternatives(of) if of.kind == TEMPLATE or is_const(of, str) else []
    return _document(texts_of[0]) if len(texts_of) == 1 else None


def _decoded(of: Term) -> Iterator[Term]:
    """Yield a term, and what the JSON documents in it hold."""
    yield of
    for one in walk(of):
        if one.kind == TEMPLATE or (is_const(one, str) and "Statement" in one.data):
            for pieces in _alternatives(one):
                document = _document(pieces)
                if document is not None:
                    yield document


def _alternatives(of: Term) -> list[list[Term]]:
    """Return the texts that a template can be, each as its parts, so that every branch is in one of them.

    Only branches that are texts between the values of JSON are apart. A loop is passed once.
    """
    found: list[list[Term]] = [[]]
    quoted = False
    for part in of.parts if of.kind == TEMPLATE else (of,):
        several = [] if quoted else _branches(part)
        texts_of_part = [one for branch in several for one in _alternatives(branch)] or [[part]]
        count = max(len(found), len(texts_of_part))
        if count > 1:
            found, texts_of_part = (_padded(one, count) for one in (found, texts_of_part))
        found = [[*text, *more] for text, more in zip(found, texts_of_part, strict=True)]
        if is_const(part, str):
            quoted ^= len(_QUOTE.findall(part.data)) % 2 == 1
    return found


def _branches(of: Term) -> tuple[Term, ...]:
    """Return the texts of which a term is one, none if they may be values."""
    if of.kind == IF and any(is_const(one, str) or one.kind in (TEMPLATE, IF) for one in of.parts[1:]):
        return of.parts[1:]
    joins = of.kind == CALL and of.data == "join" and len(of.parts) == len(("separator", "list"))
    if joins and of.parts[1].kind == LOOP and is_const(of.parts[0], str):
        value = of.parts[1].parts[2]
        return (value,) if is_const(value, str) or value.kind in (TEMPLATE, IF) else ()
    return ()


def _padded(texts_of_part: list[list[Term]], count: int) -> list[list[Term]]:
    return [texts_of_part[min(number, len(texts_of_part) - 1)] for number in range(count)]


def _document(parts: Iterable[Term]) -> Term | None:
    """Return the object that a text of JSON describes, with what is put into the text in its place."""
    parts = list(parts)
    inside = {f"@{number}@": part for number, part in enumerate(parts) if not is_const(part, str)}
    text = "".join(part.data if is_const(part, str) else f"@{number}@" for number, part in enumerate(parts))
    if '"Statement"' not in text:
        return None
    # What stands outside of quotes may be any value, and the commas around a branch or a loop may be too many
    text = re.sub(r"(?<=[:\[,\s])@(\d+)@(?=[\s,\]}])", r'"@\1@"', text)
    text = _COMMAS.sub(lambda match: match[match.lastindex or 0], text)
    try:
        document = parse_json(text)
    except ParseError:
        return None
    found = of_value(document)
    return substitute(found, {one: _filled(one.data, inside) for one in walk(found) if is_const(one, str)})


def _filled(text: str, inside: Mapping[str, Term]) -> Term:
    parts = [inside.get(piece, const(piece)) for piece in re.split(r"(@\d+@)", text) if piece]
    return const(text) if not parts else parts[0] if len(parts) == 1 else term(TEMPLATE, None, *parts)


def _statements(place: str, of: Term) -> Iterator[Statement]:
    """Yield the statement that an object is, for each effect that it may have."""
    parts = {
        _KEYS[key.data.replace("_", "").lower()]: value
        for key, value in entries(of).items()
        if is_const(key, str) and key.data.replace("_", "").lower() in _KEYS
    }
    actions = parts.get("actions", parts.get("not_actions"))
    about = {"resources", "not_resources", "principals", "not_principals", "effect"} & parts.keys()
    if actions is None or not about:
        return
    named = texts(actions)
    if not any(ACTION.fullmatch(one) or "(" in one or "." in one for one in named):
        return
    effects = texts(parts.get("effect", const("Allow")))
    statement = Statement(
        place=place,
        allows=effects != {"Deny"},
        actions=named,
        all_but="actions" not in parts,
        resources=texts(parts.get("resources", parts.get("not_resources", NULL))),
        all_resources_but="resources" not in parts and "not_resources" in parts,
        principals=_principals(parts.get("principals", NULL)) | _principals(parts.get("not_principals", NULL), "not "),
        conditions=_conditions(parts.get("conditions", NULL)),
    )
    yield statement
    if {"Allow", "Deny"} <= effects:
        yield replace(statement, allows=False)


def texts(of: Term) -> frozenset[str]:
    """Return the items of a list, whatever it is put together of; strings without their quotes."""
    found: set[str] = set()
    for one in _leaves(of, _items):
        if not (is_const(one) and one.data in (None, "")):
            text = render(plain(one))
            found.add(text[1:-1] if text[:1] == '"' else text)
    return frozenset(found)


def _leaves(of: Term, within: Callable[[Term], Iterable[Term] | None]) -> Iterator[Term]:
    """Yield what a term is put together of, each once; ``within`` returns the parts to look into, if there are any."""
    waiting, seen = [of], set[Term]()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        parts = within(one)
        if parts is None:
            yield one
        else:
            waiting += parts


def _items(of: Term) -> Iterable[Term] | None:
    """Return the parts of which a list may be put together."""
    if of.kind == LIST or (of.kind == CALL and of.data in _JOINING):
        return of.parts
    if of.kind == IF:
        return of.parts[1:]
    return (of.parts[2],) if of.kind == LOOP and of.parts[2].kind in (CONST, LIST) else None


def _principals(of: Term, prefix: str = "") -> frozenset[str]:
    """Return whom a statement is about, with the kind of each."""
    found: set[str] = set()
    for one in _objects(of):
        named = {str(key.data): value for key, value in entries(one).items()}
        if "identifiers" in named:
            kinds = sorted(texts(named.get("type", NULL)))
            found |= {f"{prefix}{' '.join([*kinds, text])}" for text in texts(named["identifiers"])}
        else:
            found |= {f"{prefix}{kind} {text}" for kind, value in named.items() for text in texts(value)}
    if not found:
        found = {f"{prefix}{text}" for text in texts(of)}
    return frozenset(found)


def _objects(of: Term) -> Iterator[Term]:
    """Yield the objects or blocks that a term is, or that are its items."""
    yield from (one for one in _leaves(of, _blocks) if one.kind in (OBJECT, BLOCK))


def _blocks(of: Term) -> Iterable[Term] | None:
    """Return the parts of which a list of objects or blocks may be put together."""
    if of.kind in (LIST, IF) or (of.kind == CALL and of.data in ("blocks", "concat", "merge", "compact")):
        return of.parts
    return (of.parts[2 if of.kind == LOOP else 1],) if of.kind in (LOOP, SPLAT) else None


def _conditions(of: Term) -> frozenset[str]:
    found = {render(plain(one)) for one in _objects(of)} or texts(of)
    return frozenset(one for one in found if one not in _NOTHING)


def mentioned_actions(configuration: Configuration, simplify: Simplifier) -> dict[str, str]:
    """Return every text that looks like an IAM action, and the address of a resource or variable that holds it."""
    found: dict[str, str] = {}
    terms = [(address, simplify(resource.body)) for address, resource in configuration.resources.items()]
    terms += [(f"variable.{name}", default) for name, default in configuration.defaults.items()]
    terms += [(f"output.{name}", simplify(value)) for name, value in configuration.outputs.items()]
    for place, of in terms:
        for one in walk(of):
            if is_const(one, str):
                for action in _IAM.findall(one.data):
                    found.setdefault(action, place)
    return found
