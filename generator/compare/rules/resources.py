"""Rules about which resources there are, and how many instances of each."""

from collections.abc import Iterator
from typing import Final

from generator.compare.context import Context
from generator.compare.findings import Finding, finding
from generator.compare.reading.configuration import Resource, without_keys
from generator.compare.rules.addresses import similar_resources
from generator.compare.rules.moves import instances
from generator.compare.scenarios import SAME, fewest
from generator.compare.terms.render import render
from generator.compare.terms.term import (
    EMPTY,
    FAILED,
    LIST,
    NULL,
    OBJECT,
    Term,
    const,
    is_const,
    term,
)
from generator.compare.terms.world import COUNT, FOR_EACH, SINGLE

_SHOWN: Final = 120


def changed_resources(context: Context) -> Iterator[Finding]:
    """Find what changed of the resources themselves: those that are added, removed, moved or repeated otherwise."""
    old, new = context.old.resources, context.new.resources
    for address, other in sorted(context.addresses.items()):
        if address in old:
            yield finding(
                "resource-moved", address, f"address is now {other}, as a moved block says", "patch", new=new[address]
            )
    unmoved = similar_resources(context.old, context.new)
    for address in sorted(old.keys() - new.keys()):
        if old[address].mode == "resource":
            yield _gone(context, address, unmoved.get(address))
    for address in sorted(new.keys() - old.keys() - set(unmoved.values())):
        if new[address].mode == "resource":
            yield finding("resource-added", address, _created(context, new[address]), "minor", new=new[address])
    for address in sorted(old.keys() & new.keys()):
        if old[address].mode != "data":
            yield from _instances(context, old[address], new[address])


def _created(context: Context, resource: Resource) -> str:
    """Return for whom a new resource is created."""
    count = context.scenarios.simplify_new(resource.repetition.term) if resource.repetition.term else const(1)
    return "it is created" if count not in _NONE else "it is created for callers that ask for it"


def _gone(context: Context, address: str, other: str | None) -> Finding:
    old = context.old.resources[address]
    if other:
        message = f"address is now {other} without a moved block: Terraform destroys it and creates it again"
        suggestion = f"moved {{\n  from = {address}\n  to   = {other}\n}}"
        new = context.new.resources[other]
        return finding(
            "resource-address-changed",
            address,
            message,
            "major",
            old=old,
            new=new,
            suggestion=suggestion,
        )
    forgotten = next((name for name in _prefixes(address) if name in context.new.removed), None)
    if forgotten and not context.new.removed[forgotten][0]:
        return finding(
            "resource-forgotten",
            address,
            "Terraform removes it from the state and does not destroy it",
            "minor",
            old=old,
        )
    kept = f"removed {{\n  from = {address}\n  lifecycle {{\n    destroy = false\n  }}\n}}"
    return finding("resource-removed", address, "it is destroyed", "major", old=old, suggestion=kept)


def _prefixes(address: str) -> Iterator[str]:
    parts = address.split(".")
    yield from (".".join(parts[:end]) for end in range(len(parts), 1, -1))


# --- instances --------------------------------------------------------------------------------------------------------


def _instances(context: Context, old: Resource, new: Resource) -> Iterator[Finding]:
    modes = old.repetition.mode, new.repetition.mode
    address = old.address
    if modes == (SINGLE, SINGLE):
        return
    named = instances(context, old, new)
    if named is not None:
        yield from _moved(old, new, *named)
    elif FOR_EACH not in modes:
        yield from _counts(context, old, new)
    elif modes == (FOR_EACH, FOR_EACH):
        yield from _keys(context, old, new)
    else:
        moved = any(without_keys(one) == address for move in context.new.moved for one in move[:2])
        shown = {COUNT: "count", FOR_EACH: "for_each", SINGLE: "neither count nor for_each"}
        message = f"it had {shown[modes[0]]} and has {shown[modes[1]]}: its instances have other keys"
        rule, bump = ("instances-moved", "patch") if moved else ("instance-keys-changed", "major")
        yield finding(rule, address, message, bump, old=old, new=new)


def _moved(old: Resource, new: Resource, destroyed: list[str], created: list[str]) -> Iterator[Finding]:
    """Yield what happens to instances of which moved blocks name some."""
    if destroyed:
        message = f"Terraform destroys {', '.join(destroyed)}: no moved block says which instance it is now"
        suggestion = "\n".join(
            f"moved {{\n  from = {one}\n  to   = {other}\n}}" for one, other in zip(destroyed, created, strict=False)
        )
        yield finding("instances-destroyed", old.address, message, "major", old=old, new=new, suggestion=suggestion)
    elif created:
        message = f"Terraform creates {', '.join(created)}"
        yield finding("instances-added", old.address, message, "minor", old=old, new=new)
    else:
        message = "its instances have other keys, as moved blocks say"
        yield finding("instances-moved", old.address, message, "patch", old=old, new=new)


def _counts(context: Context, old: Resource, new: Resource) -> Iterator[Finding]:
    before, after = (one.repetition.term or const(1) for one in (old, new))
    verdict = context.scenarios.verdict(before, after)
    if old.repetition.mode != new.repetition.mode:
        has = "count is new" if new.repetition.mode == COUNT else "count is gone"
        if verdict.kind == SAME:
            yield finding("count-changed", old.address, f"{has}: Terraform moves it itself", "patch", old=old, new=new)
            return
    if verdict.kind == SAME:
        return
    outcomes = [
        (causes, was.data, now.data)
        for causes, was, now in context.scenarios.outcomes(before, after)
        if is_const(was, int) and is_const(now, int)
    ]
    existing = [one for one in outcomes if one[1]]
    fewer = [causes for causes, was, now in existing if now < was]
    more = [causes for causes, was, now in outcomes if now > was]
    shown = f"count was {render(verdict.old, _SHOWN)} and is {render(verdict.new, _SHOWN)}"
    yield from _judged(context, (old, new), shown, (fewer, more), len(existing), decided=bool(outcomes))


def _keys(context: Context, old: Resource, new: Resource) -> Iterator[Finding]:
    before, after = (one.repetition.keys or EMPTY for one in (old, new))
    verdict = context.scenarios.verdict(before, after)
    if verdict.kind == SAME:
        return
    listed = [(causes, _listed(was), _listed(now)) for causes, was, now in context.scenarios.outcomes(before, after)]
    outcomes = [(causes, set(was.parts), set(now.parts)) for causes, was, now in listed if was and now]
    existing = [one for one in outcomes if one[1]]
    fewer = [causes for causes, was, now in existing if was - now]
    more = [causes for causes, was, now in outcomes if now - was]
    shown = f"keys of for_each were {render(verdict.old, _SHOWN)} and are {render(verdict.new, _SHOWN)}"
    yield from _judged(context, (old, new), shown, (fewer, more), len(existing), decided=bool(outcomes))


def _listed(of: Term) -> Term | None:
    """Return a list of keys as a list, ``None`` if it is not known."""
    if of in (FAILED, NULL):
        return EMPTY
    return of if of.kind == LIST and all(is_const(part) for part in of.parts) else None


def _judged(
    context: Context,
    resources: tuple[Resource, Resource],
    shown: str,
    causes: tuple[list[tuple[str, ...]], list[tuple[str, ...]]],
    existing: int,
    *,
    decided: bool,
) -> Iterator[Finding]:
    """Yield what fewer or more instances mean, for whom."""
    old, new = resources
    (fewer, more), address = causes, old.address
    kind = "module" if old.mode == "module" else "resource"
    if fewer and (() in fewer or len(fewer) == existing):
        message = f"{shown}: Terraform destroys instances"
        yield finding("instances-destroyed", address, message, "major", old=old, new=new)
    elif fewer:
        message = f"{shown}: Terraform destroys instances for callers that set {' and '.join(fewest(fewer))}"
        yield finding(
            "instances-destroyed", address, message, context.policy.bug_fix, old=old, new=new, policy="bug-fix"
        )
    elif more:
        whom = "" if () in more else f" for callers that set {' and '.join(fewest(more))}"
        yield finding(
            "instances-added", address, f"{shown}: Terraform creates instances{whom}", "minor", old=old, new=new
        )
    elif not decided:
        message = f"{shown}: Terraform may create or destroy instances"
        yield finding("instances-changed", address, message, "minor", old=old, new=new)
    else:
        message = f"{shown}; no inputs are known for which they differ"
        yield finding(f"{kind}-rewritten", address, message, "patch", old=old, new=new)


_NONE: Final = (const(0), EMPTY, term(OBJECT))
