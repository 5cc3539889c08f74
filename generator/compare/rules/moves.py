"""Rules about ``moved`` blocks, and what they do to the addresses and instances of resources."""

from collections.abc import Iterator
from typing import Final

from generator.compare.context import Context
from generator.compare.findings import Finding, finding
from generator.compare.reading.configuration import Configuration, Resource, without_keys
from generator.compare.terms.known import iterated
from generator.compare.terms.render import render
from generator.compare.terms.simplify import MANY, Simplifier
from generator.compare.terms.term import LIST, is_const
from generator.compare.terms.world import COUNT, SINGLE

_ALSO_FROM: Final = {("null_resource", "terraform_data")}
"""Types between which Terraform itself moves (documentation of ``terraform_data``)."""


def moved(old: Configuration, new: Configuration) -> dict[str, str]:
    """Return the new addresses of resources that ``moved`` blocks name, whatever instance they name.

    A block that names a module moves everything in it. One that leads to an address that does not exist moves nothing.
    """
    steps = {without_keys(before): without_keys(after) for before, after, _ in new.moved}
    found: dict[str, str] = {}
    for address in old.resources:
        if address in new.resources:
            continue
        target = _followed(address, steps)
        if target != address and target in new.resources and target not in found.values():
            found[address] = target
    return found


def _followed(address: str, steps: dict[str, str]) -> str:
    """Return where an address leads, one step after the other."""
    for _ in range(len(steps) + 1):
        prefix = next((one for one in steps if address == one or address.startswith(f"{one}.")), None)
        if prefix is None or steps[prefix] == prefix:
            break
        address = f"{steps[prefix]}{address[len(prefix) :]}"
    return address


def changed_moves(context: Context) -> Iterator[Finding]:
    """Find blocks that Terraform rejects, that are gone, or that move nothing."""
    simplify_old, simplify_new = context.scenarios.by_default()
    before = set(_problems(context.old, simplify_old, {}))
    for subject, message in dict.fromkeys(_problems(context.new, simplify_new, context.addresses)):
        if (subject, message) not in before:
            places = (place for one, other, place in context.new.moved if subject in (one, other))
            yield finding("moved-invalid", subject, message, "major", new=next(places, None))
    kept = {(old, new) for old, new, _ in context.new.moved}
    for old, new, place in context.old.moved:
        if (old, new) not in kept and new in context.new.resources and old not in context.new.resources:
            message = (
                f"the moved block is gone: for callers that skip a version, Terraform destroys {old} and creates {new}"
            )
            yield finding("moved-removed", new, message, "minor", old=place)
    # A block may lead to where another one begins
    known = {old for old, _, _ in (*context.old.moved, *context.new.moved)}
    targets = {*context.new.resources, *context.addresses.values()}
    for old, new, place in context.new.moved:
        target = without_keys(new)
        exists = any(one == target or one.startswith(f"{target}.") for one in targets)
        if not exists and new not in known and old not in {before for before, _, _ in context.old.moved}:
            yield finding("moved-target-missing", old, f"moved to {new}, which does not exist", "minor", new=place)


def _problems(
    configuration: Configuration, simplify: Simplifier, addresses: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the addresses that Terraform rejects in ``moved`` blocks, and why (Terraform, "Refactoring").

    ``addresses`` holds the addresses of resources in the version itself by those that the configuration has.
    """
    resources = {addresses.get(address, address): one for address, one in configuration.resources.items()}
    moves = list(dict.fromkeys((before, after) for before, after, _ in configuration.moved))
    steps = dict(moves)
    for before, after in moves:
        bare, target = without_keys(before), resources.get(without_keys(after))
        if before == after:
            yield before, "Terraform rejects the moved block: it leads to where it begins"
        elif sum(one == before for one, _ in moves) > 1:
            yield before, "Terraform rejects the moved blocks: several begin at this address"
        elif sum(other == after for _, other in moves) > 1:
            yield after, "Terraform rejects the moved blocks: several lead to this address"
        elif _is_cycle(before, steps):
            yield before, "Terraform rejects the moved blocks: they lead back to where they begin"
        elif bare in resources and _exists(resources[bare], before, simplify, moves_within=bare == without_keys(after)):
            yield before, f"Terraform rejects the moved block: {before} still exists, so that nothing can move from it"
        elif target is not None and not _same_type(bare, target):
            message = f"Terraform rejects the moved block to {after} unless the provider moves between these types"
            yield before, message


def _is_cycle(address: str, steps: dict[str, str]) -> bool:
    seen = {address}
    while (after := steps.get(address)) is not None and after not in seen:
        address = after
        seen.add(address)
    return after is not None


def _exists(resource: Resource, address: str, simplify: Simplifier, *, moves_within: bool) -> bool:
    """Return whether an address is that of a resource, or of an instance of it that exists with the default inputs."""
    if "[" not in address:
        return not moves_within or resource.repetition.mode == SINGLE
    return address[len(without_keys(address)) :] in (_keys(resource, simplify) or ())


def _same_type(address: str, target: Resource) -> bool:
    if target.mode != "resource":
        return True
    kind = address.split(".")[-2]
    return kind == target.type or (kind, target.type) in _ALSO_FROM


# --- instances --------------------------------------------------------------------------------------------------------


def instances(context: Context, old: Resource, new: Resource) -> tuple[list[str], list[str]] | None:
    """Return the instances that Terraform destroys with the default inputs although blocks move others, and creates.

    ``None`` if no block names an instance of the resource, or if it is not known which there are.
    """
    other = context.addresses.get(old.address, old.address)
    moves = {one: target for one, target, _ in context.new.moved if without_keys(one) == old.address}
    if not any("[" in f"{one}{target}" for one, target in moves.items()):
        return None
    simplify_old, simplify_new = context.scenarios.by_default()
    before, after = _keys(old, simplify_old), _keys(new, simplify_new)
    if before is None or after is None:
        return None
    whole = {one for one, target, _ in context.new.moved if "[" not in f"{one}{target}"}
    base = other if any(f"{old.address}.".startswith(f"{one}.") for one in whole) else old.address
    targets = {f"{old.address}{key}": moves.get(f"{old.address}{key}") for key in before}
    for address, named in targets.items():
        key = address[len(old.address) :]
        # Terraform itself moves between a resource and its only instance
        own = {"": "[0]", "[0]": ""}.get(key, key) if key not in after else key
        targets[address] = named or f"{base}{own}"
    exist = {f"{other}{key}" for key in after}
    destroyed = [address for address, target in targets.items() if target not in exist]
    return destroyed, sorted(exist - set(targets.values()))


def _keys(resource: Resource, simplify: Simplifier) -> list[str] | None:
    """Return the keys of the instances of a resource as they stand in addresses; ``None`` if they are not known."""
    repetition = resource.repetition
    if repetition.mode == SINGLE or repetition.term is None:
        return [""]
    known = simplify(repetition.term)
    if repetition.mode == COUNT:
        return [f"[{index}]" for index in range(min(known.data, MANY))] if is_const(known, int) else None
    rounds = iterated(known)
    keys = None if rounds is None else [value if known.kind == LIST else key for key, value in rounds]
    return [f"[{render(key)}]" for key in keys] if keys is not None and all(map(is_const, keys)) else None
