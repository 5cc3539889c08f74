"""Rules about permissions: what a role, a policy or a trust allows now and did not before. They are always shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from generator.compare.expressions import canonical, tree
from generator.compare.findings import Finding
from generator.compare.reading import Body, Described
from generator.hcl.expressions import Node, Object, Parentheses, Template, Tuple

_KEYS: Final = {
    "action": "actions", "actions": "actions", "notaction": "actions",
    "resource": "resources", "resources": "resources",
    "principal": "principals", "principals": "principals", "effect": "effect",
    "condition": "conditions", "conditions": "conditions", "granted": "granted",
}  # fmt: skip


@dataclass(frozen=True)
class Grant:
    """One action that is allowed: on what, to whom, under which conditions."""

    place: str
    action: str
    resources: str
    principals: str
    conditions: str


def permissions(old: Described, new: Described) -> Iterator[Finding]:
    """Find what is allowed now and was not, and what no longer is."""
    was, now = set(_grants(old)), set(_grants(new))
    gone, come = was - now, now - was
    for grant in sorted(come, key=lambda one: (one.place, one.action, one.resources)):
        before = next((one for one in gone if (one.place, one.action) == (grant.place, grant.action)), None)
        if before:
            gone.discard(before)
            yield _changed(before, grant)
        else:
            whom = f" to {grant.principals}" if grant.principals else ""
            message = f"{grant.action} is allowed on {grant.resources or 'what it is attached to'}{whom}"
            yield _finding("permission-added", grant, message, "minor", security=True)
    for grant in sorted(gone, key=lambda one: (one.place, one.action, one.resources)):
        if any((one.place, one.action) == (grant.place, grant.action) for one in come):
            continue
        message = f"{grant.action} is no longer allowed on {grant.resources or 'what it is attached to'}"
        yield _finding("permission-removed", grant, message, "minor", security=False)


def _changed(old: Grant, new: Grant) -> Finding:
    if old.principals != new.principals:
        message = f"{new.action} was allowed to {old.principals} and is to {new.principals}"
        return _finding("principal-changed", new, message, "minor", security=True)
    if old.resources != new.resources:
        message = f"{new.action} was allowed on {old.resources} and is on {new.resources}"
        return _finding("permission-widened", new, message, "minor", security=True)
    was, now = (grant.conditions or "no condition" for grant in (old, new))
    message = f"{new.action} was allowed under {was} and is under {now}"
    return _finding("permission-condition-changed", new, message, "minor", security=True)


def _finding(rule: str, grant: Grant, message: str, bump: str, *, security: bool) -> Finding:
    return Finding(rule=rule, subject=grant.place, message=message, bump=bump, security=security)


def _grants(described: Described) -> Iterator[Grant]:
    """Yield what is allowed by the statements in locals, in resources and in policy documents."""
    for text in described.locals.values():
        yield from _statements("locals", text, described)
    for address, body in described.resources.items():
        for text in body.values():
            yield from _statements(address, text, described)
    for address, body in described.data.items():
        if address.startswith("data.aws_iam_policy_document."):
            yield from _documents(address, body, described)


def _statements(place: str, text: str, described: Described) -> Iterator[Grant]:
    node = tree(text)
    for one in _objects(node) if node and "ction" in text else ():
        parts = {
            _KEYS[entry.key.lower()]: entry.value
            for entry in one.entries
            if isinstance(entry.key, str) and entry.key.lower() in _KEYS
        }
        if "actions" in parts and len(parts) > 1:
            texts = {name: described.expander.expand(text[part.start : part.end]) for name, part in parts.items()}
            actions = [text[item.start : item.end] for item in _list(parts["actions"])]
            yield from _granted(place, texts, actions)


def _documents(address: str, body: Body, described: Described) -> Iterator[Grant]:
    numbers = {path.split(".")[0] for path in body if path.startswith("statement")}
    for statement in sorted(numbers):
        texts = {
            _KEYS[name]: described.expander.expand(body[f"{statement}.{name}"])
            for name in ("actions", "resources", "effect")
            if f"{statement}.{name}" in body
        }
        for kind in ("principals", "condition"):
            inside = sorted(
                f"{path} = {text}"
                for path, text in body.items()
                if path.startswith(f"{statement}.{kind}") and text != "block"
            )
            if inside:
                texts[_KEYS[kind]] = ", ".join(inside)
        node = tree(texts.get("actions", "[]"))
        actions = (
            [texts["actions"][item.start : item.end] for item in _list(node)] if node and "actions" in texts else []
        )
        yield from _granted(address, texts, actions)


def _granted(place: str, texts: dict[str, str], actions: list[str]) -> Iterator[Grant]:
    if texts.get("effect", '"Allow"') == '"Deny"' or texts.get("granted") == "false":
        return
    conditions = texts.get("conditions", "")
    for action in actions:
        yield Grant(
            place=place,
            action=canonical(action).strip('"'),
            resources=texts.get("resources", ""),
            principals=texts.get("principals", ""),
            conditions="" if conditions in ("null", "{}", "[]") else conditions,
        )


def _objects(node: Node) -> Iterator[Object]:
    if isinstance(node, Object):
        yield node
    for name in node.__dataclass_fields__:
        part = getattr(node, name)
        for one in part if isinstance(part, tuple) else (part,):
            if isinstance(one, Node):
                yield from _objects(one)


def _list(node: Node) -> list[Node]:
    while isinstance(node, Parentheses):
        node = node.of
    if isinstance(node, Tuple):
        return list(node.items)
    return [node] if isinstance(node, Template) else []
