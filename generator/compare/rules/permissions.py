"""Rules about permissions: what a policy or a trust allows now and did not before. They are always shown."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from generator.compare.context import Context
from generator.compare.findings import Finding, Placed, finding
from generator.compare.reading.configuration import Configuration
from generator.compare.rules.statements import Statement, mentioned_actions, statements, texts, unread
from generator.compare.scenarios import STANDARD_PARTITION
from generator.compare.terms.simplify import Simplifier
from generator.compare.terms.term import NULL, entries

if TYPE_CHECKING:
    from generator.compare.reading.document import Place

SAME: Final = "same"
WIDENED: Final = "widened"
NARROWED: Final = "narrowed"
CHANGED: Final = "changed"

_POLICY_ARGUMENTS: Final = ("policy_arn", "managed_policy_arns", "policy_arns", "permissions_boundary")
_ROLE_TYPES: Final = (
    "azurerm_role_assignment",
    "google_project_iam",
    "google_service_account_iam",
    "google_storage_bucket_iam",
)
_SHOWN: Final = 120


def changed_permissions(context: Context) -> Iterator[Finding]:
    """Find what is allowed now and was not, and what no longer is."""
    old = _expanded(statements(context.old, Simplifier(context.old.world, STANDARD_PARTITION)))
    new = _expanded(statements(context.new, Simplifier(context.new.world, STANDARD_PARTITION)))
    effective = _expanded(
        statements(context.new, Simplifier(context.new.world, {**context.scenarios.apart, **STANDARD_PARTITION}))
    )
    gone, come = old - new, new - old
    moved = {_placeless(one) for one in gone} & {_placeless(one) for one in come}
    gone = {one for one in gone if _placeless(one) not in moved}
    come = {one for one in come if _placeless(one) not in moved}
    yield from _compared(context, (old, new), (gone, come), effective)
    yield from _attached(context)
    yield from _unread(context)
    yield from _mentioned(context, " ".join(action for one in gone | come for action in one.actions))


def _includes(one: Statement, other: Statement) -> bool:
    """Return whether a statement covers everything that another one of the same place covers."""
    apart = (one.place, one.allows, one.all_but, one.all_resources_but)
    if apart != (other.place, other.allows, False, False) or other.all_but or other.all_resources_but:
        return False
    pairs = ((one.actions, other.actions), (one.resources, other.resources), (one.principals, other.principals))
    return all(_cover(*pair) for pair in pairs) and one.conditions <= other.conditions


def _placeless(statement: Statement) -> Statement:
    return replace(statement, place="")


def _expanded(found: Iterable[Statement]) -> set[Statement]:
    """Return statements of one action each, except those about all actions but some."""
    expanded: set[Statement] = set()
    for one in found:
        if one.all_but:
            expanded.add(one)
        else:
            expanded |= {replace(one, actions=frozenset({action})) for action in one.actions}
    return expanded


def _key(statement: Statement) -> tuple[str, bool, bool, str]:
    action = "" if statement.all_but else next(iter(statement.actions))
    return statement.place, statement.allows, statement.all_but, action


def _compared(
    context: Context,
    versions: tuple[set[Statement], set[Statement]],
    changes: tuple[set[Statement], set[Statement]],
    effective: set[Statement],
) -> Iterator[Finding]:
    """Find what is gone or has come of two versions, without what other statements of a version cover all the same."""
    (old, new), (gone, come) = versions, changes
    before: dict[tuple[str, bool, bool, str], list[Statement]] = defaultdict(list)
    for one in sorted(gone, key=_order):
        before[_key(one)].append(one)
    for one in sorted(come, key=_order):
        others = before[_key(one)]
        if not others:
            if not any(_includes(other, one) for other in old):
                yield _added(context, one, asked=one not in effective)
            continue
        best = max(others, key=partial(_likeness, one))
        others.remove(best)
        yield from _changed(context, best, one)
    for left in before.values():
        for one in left:
            if not any(_includes(other, one) for other in new):
                yield _removed(context, one)


def _order(statement: Statement) -> tuple[object, ...]:
    return (
        statement.place,
        sorted(statement.actions),
        sorted(statement.resources),
        sorted(statement.principals),
        sorted(statement.conditions),
    )


def _likeness(one: Statement, other: Statement) -> int:
    return (
        (one.resources == other.resources)
        + (one.principals == other.principals)
        + (one.conditions == other.conditions)
        + len(one.resources & other.resources)
    )


def _described(statement: Statement) -> str:
    actions = ", ".join(sorted(statement.actions))
    return f"every action but {actions}" if statement.all_but else actions


def _where(statement: Statement) -> str:
    resources = _brief(statement.resources) or "what it is attached to"
    where = f"all resources but {resources}" if statement.all_resources_but else resources
    whom = f" to {_brief(statement.principals)}" if statement.principals else ""
    under = f" under {_brief(statement.conditions)}" if statement.conditions else ""
    return f"{where}{whom}{under}"


def _brief(items: Iterable[str]) -> str:
    text = ", ".join(sorted(items))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _added(context: Context, statement: Statement, *, asked: bool) -> Finding:
    condition = ", for callers that ask for it" if asked else ""
    if statement.allows:
        message = f"{_described(statement)} is allowed on {_where(statement)}{condition}"
        return _finding(context, "permission-added", statement, message, security=True)
    return _finding(
        context, "deny-added", statement, f"{_described(statement)} is denied on {_where(statement)}{condition}"
    )


def _removed(context: Context, statement: Statement) -> Finding:
    if statement.allows:
        message = f"{_described(statement)} is no longer allowed on {_where(statement)}"
        return _finding(context, "permission-removed", statement, message)
    message = f"{_described(statement)} is no longer denied on {_where(statement)}"
    return _finding(context, "deny-removed", statement, message, security=True)


def _changed(context: Context, old: Statement, new: Statement) -> Iterator[Finding]:
    verb = "allowed" if new.allows else "denied"
    if old.principals != new.principals:
        direction = _direction(old.principals, new.principals)
        was, now = (_brief(one.principals) or "nobody named" for one in (old, new))
        message = f"{_described(new)} was {verb} to {was} and is to {now}"
        yield _directed(context, "principal", new, message, direction)
    if old.all_but and old.actions != new.actions:
        direction = _reversed(_direction(old.actions, new.actions))
        message = f"every action but {_brief(old.actions)} was {verb}, and now every action but {_brief(new.actions)}"
        yield _directed(context, "permission", new, message, direction)
    if (old.resources, old.all_resources_but) != (new.resources, new.all_resources_but):
        direction = _direction(old.resources, new.resources)
        if old.all_resources_but != new.all_resources_but:
            direction = WIDENED if new.all_resources_but else NARROWED
        elif new.all_resources_but:
            direction = _reversed(direction)
        message = f"{_described(new)} was {verb} on {_brief(old.resources)} and is on {_brief(new.resources)}"
        yield _directed(context, "permission", new, message, direction)
    if old.conditions != new.conditions:
        direction = CHANGED
        if new.conditions < old.conditions:
            direction = WIDENED
        elif new.conditions > old.conditions:
            direction = NARROWED
        was, now = (_brief(one.conditions) or "no condition" for one in (old, new))
        message = f"{_described(new)} was {verb} under {was} and is under {now}"
        yield _directed(context, "permission-condition", new, message, direction)


def _direction(old: frozenset[str], new: frozenset[str]) -> str:
    """Return whether a set of patterns covers more or less than another."""
    more, less = _cover(new, old), _cover(old, new)
    if more == less:
        return SAME if more else CHANGED
    return WIDENED if more else NARROWED


def _cover(patterns: frozenset[str], others: frozenset[str]) -> bool:
    """Return whether a set of patterns covers everything that another one covers."""
    return all(any(_covers(one, other) for one in patterns) for other in others)


def _covers(pattern: str, other: str) -> bool:
    """Return whether everything that one pattern matches is matched by another."""
    if pattern in (other, "*", "* *", "AWS *"):
        return True
    return pattern.endswith("*") and other.startswith(pattern[:-1]) and "(" not in pattern


def _reversed(direction: str) -> str:
    return {WIDENED: NARROWED, NARROWED: WIDENED}.get(direction, direction)


def _directed(context: Context, what: str, statement: Statement, message: str, direction: str) -> Finding:
    if not statement.allows:
        direction = _reversed(direction)
    return _finding(
        context,
        f"{what}-{direction if direction != SAME else CHANGED}",
        statement,
        message,
        security=direction != NARROWED,
    )


def _finding(context: Context, rule: str, statement: Statement, message: str, *, security: bool = False) -> Finding:
    old, new = (_place(configuration, statement.place) for configuration in (context.old, context.new))
    return finding(
        rule,
        statement.place,
        message,
        "minor",
        security=security,
        old=old,
        new=new,
    )


def _place(configuration: Configuration, address: str) -> Placed | None:
    """Return where a statement stands: in a resource, or in the default of a variable."""
    name = address.removeprefix("variable.")
    return configuration.module.variables.get(name) if name != address else configuration.resources.get(address)


# --- attachments and what else grants access --------------------------------------------------------------------------


def _attached(context: Context) -> Iterator[Finding]:
    """Find managed policies that are attached, and roles that are assigned, now and were not before."""
    old, new = ({(address, kind, text) for address, kind, text in _attachments(context, index)} for index in (0, 1))
    known = {(kind, text) for _, kind, text in old}
    for address, kind, text in sorted(new - old):
        if (kind, text) in known and address not in context.old.resources:
            continue
        place: Place = context.new.resources[address].block.place
        message = f"{text} is attached" if kind == "policy" else f"{text} is assigned"
        if kind == "boundary":
            message = f"the permissions boundary is {text}"
        yield finding(f"{kind}-attached", address, message, "minor", security=True, new=place)
    for address, kind, text in sorted(old - new):
        if (
            kind == "boundary"
            and address in context.new.resources
            and not any(one[:2] == (address, kind) for one in new)
        ):
            place = context.old.resources[address].block.place
            message = f"the permissions boundary {text} is gone"
            yield finding("boundary-removed", address, message, "minor", security=True, old=place)


def _attachments(context: Context, index: int) -> Iterator[tuple[str, str, str]]:
    configuration = (context.old, context.new)[index]
    simplify = Simplifier(configuration.world, STANDARD_PARTITION)
    for address, resource in configuration.resources.items():
        named = {str(key.data): value for key, value in entries(simplify(resource.body)).items()}
        for name in _POLICY_ARGUMENTS:
            for text in texts(named.get(name, NULL)):
                if text.startswith("arn:") or (name == "permissions_boundary" and text != "null"):
                    yield address, "boundary" if name == "permissions_boundary" else "policy", text
        if resource.type.startswith(_ROLE_TYPES):
            for name in ("role", "role_definition_name", "role_definition_id"):
                yield from ((address, "role", text) for text in texts(named.get(name, NULL)))


def _mentioned(context: Context, told: str) -> Iterator[Finding]:
    """Find names of IAM actions that no statement above explains: a policy may be put together in any way."""
    old, new = (
        mentioned_actions(configuration, Simplifier(configuration.world))
        for configuration in (context.old, context.new)
    )
    for action in sorted(new.keys() - old.keys()):
        if action not in told:
            place = new[action]
            resource = context.new.resources.get(place)
            message = f"{action} is named for the first time, in a form that is not understood"
            yield finding(
                "permission-added",
                place,
                message,
                "minor",
                security=True,
                new=resource,
            )


def _unread(context: Context) -> Iterator[Finding]:
    """Find policies that are others and that cannot be read, so that they may allow anything."""
    old, new = (unread(configuration, Simplifier(configuration.world)) for configuration in (context.old, context.new))
    known = {text for _, text in old}
    for place in dict.fromkeys(place for place, text in new if text not in known):
        message = "it has a policy that is new or another one, in a form that is not understood"
        was, now = (_place(configuration, place) for configuration in (context.old, context.new))
        yield finding("policy-not-understood", place, message, "minor", security=True, old=was, new=now)
