"""Rules about the arguments and nested blocks of resources, data sources and called modules."""

import itertools
from collections.abc import Iterator
from typing import Final

from generator.compare.context import Context
from generator.compare.findings import Finding, finding, merged
from generator.compare.reading.configuration import Resource, places
from generator.compare.reading.document import Place
from generator.compare.rules.differences import Difference, differences
from generator.compare.rules.replacement import (
    ARGUMENTS_AWS_KEEPS,
    ORDERED_BLOCKS,
    POLICIES_AS_JSON,
    RECREATED_TOGETHER,
    REPLACES_ANOTHER,
    forces_new,
)
from generator.compare.rules.statements import same_document
from generator.compare.scenarios import ABSENT, PARTITION, REWRITTEN, SAME, SOME, UNKNOWN, Verdict
from generator.compare.terms.plain import blocks_in_order
from generator.compare.terms.render import render
from generator.compare.terms.term import FALSE, NULL, TIMEOUTS, Term, const, entries, is_opaque, object_of, walk

_SHOWN: Final = 160
_MOST: Final = 200
"""Most differences of an argument that are listed; if there are more, the argument is one difference."""


def changed_arguments(context: Context) -> Iterator[Finding]:
    """Find what changed within resources that both versions have."""
    for address in sorted(context.old.resources.keys() & context.new.resources.keys()):
        old, new = context.old.resources[address], context.new.resources[address]
        if address not in context.old.children or address not in context.new.children:
            message = "these are written in another way; no inputs are known for which their values differ"
            yield from merged(_resource(context, old, new), "argument-rewritten", address, message)


def _resource(context: Context, old: Resource, new: Resource) -> Iterator[Finding]:
    if new.repetition.term is not None and context.scenarios.simplify_new(new.repetition.term) in ABSENT:
        return
    before, after = ({str(key.data): value for key, value in entries(one.body).items()} for one in (old, new))
    for name in sorted(before.keys() | after.keys()):
        was, now = (_alone(name, body.get(name)) for body in (before, after))
        # The documentation of arguments that replace a resource calls false and 0 the defaults
        unset = (FALSE, const(0)) if forces_new(old.type, name) else ()
        verdict = context.scenarios.verdict(was, now, exists=(old.repetition, new.repetition), unset=unset)
        if verdict.kind != SAME:
            yield from _argument(context, old, new, name, verdict)
        elif (old.type, name) in ORDERED_BLOCKS and blocks_in_order(verdict.old) != blocks_in_order(verdict.new):
            message = "its blocks are in another order, which counts; what is deployed is updated in place"
            yield finding("argument-changed", f"{old.address}.{name}", message, "minor", old=old, new=new)


def _alone(name: str, value: Term | None) -> Term:
    """Return a block with one argument, or none: what is null is as what is not written."""
    return object_of({const(name): value} if value is not None else {}, block=True)


def _argument(context: Context, old: Resource, new: Resource, name: str, verdict: Verdict) -> Iterator[Finding]:
    found = list(itertools.islice(differences(verdict.old, verdict.new), _MOST + 1))
    for difference in found if 0 < len(found) <= _MOST else [((name,), verdict.old, verdict.new)]:
        yield _difference(context, old, new, name, verdict, difference)


def _difference(  # noqa: PLR0917 - each is a part of the finding
    context: Context, old: Resource, new: Resource, name: str, verdict: Verdict, difference: Difference
) -> Finding:
    path, was, now = difference
    change = _change(was, now)
    rule, effect, bump = _effect(old, name, difference)
    policy = ""
    if any(one is not None and is_opaque(one) for one in (was, now)):
        rule, bump, message = "not-understood", "minor", f"not understood: {change}; {effect}"
    elif verdict.fails:
        rule, bump, message = "evaluation-fails", "major", f"{change}, which Terraform cannot evaluate"
    elif verdict.kind == PARTITION:
        rule, bump = "argument-rewritten", "patch"
        message = f"{change}; the value is the same in the partition aws"
    elif verdict.kind == REWRITTEN:
        rule, bump = "argument-rewritten", "patch"
        message = f"{change}; no inputs are known for which they differ"
    elif (old.type, name) in POLICIES_AS_JSON and same_document(was, now):
        rule, bump, message = "argument-rewritten", "patch", f"{change}; the policy is the same"
    elif verdict.kind == UNKNOWN:
        policy = "unknown-value" if bump == "major" else ""
        bump = context.policy.unknown_value if bump == "major" else bump
        message = f"{change}, which may be the same value; {effect}"
    elif verdict.kind == SOME:
        # A resource that is replaced loses its data, also if only some callers lose it
        if bump == "major" and rule != "may-replace":
            policy, bump = "bug-fix", context.policy.bug_fix
        message = f"{change}, for callers that set {' and '.join(verdict.variables)}; {effect}"
    else:
        message = f"{change}; {effect}"
    return finding(
        rule,
        f"{old.address}.{'.'.join(path)}",
        message,
        bump,
        policy=policy,
        old=_place(old, path),
        new=_place(new, path),
    )


def _change(was: Term | None, now: Term | None) -> str:
    if was is None and now is not None:
        return f"it is new: {render(now, _SHOWN)}"
    if was is not None and now is None:
        return f"it was {render(was, _SHOWN)} and is gone"
    return f"it was {render(was or NULL, _SHOWN)} and is {render(now or NULL, _SHOWN)}"


def _effect(resource: Resource, name: str, difference: Difference) -> tuple[str, str, str]:  # noqa: PLR0911 - one case a line
    """Return the rule, what the change does to what is deployed, and the bump."""
    if resource.mode in ("data", "ephemeral"):
        return "data-changed", "it reads something else", "minor"
    if resource.mode == "module":
        return "module-changed", "what the module creates may change", "minor"
    kind = resource.type
    path, was, now = difference
    if name == TIMEOUTS.data:
        return "argument-changed", "it decides only how long Terraform waits", "patch"
    replaced = forces_new(kind, name)
    if replaced:
        return "may-replace", "if its value changes, Terraform replaces the resource", "major"
    if (kind, name) in REPLACES_ANOTHER and was not in (None, NULL, FALSE, const("")):
        return "may-replace", f"if its value changes, {REPLACES_ANOTHER[kind, name]}", "major"
    if now is None and kind in ARGUMENTS_AWS_KEEPS:
        return "argument-left-behind", "AWS keeps the old value, and no plan shows it", "major"
    argument, blocks = RECREATED_TOGETHER.get((kind, name), ("", ""))
    if argument and (argument in path or (was and now and _mentions(was, argument) != _mentions(now, argument))):
        effect = f"the provider recreates all {blocks} if any changes in the same plan: apply this change alone"
        return "argument-changed", effect, "minor"
    rule = "argument-added" if was is None else "argument-removed" if now is None else "argument-changed"
    if replaced is False:
        return rule, "what is deployed is updated in place", "minor"
    return rule, "it may replace the resource, which is not known for this type", "minor"


def _mentions(of: Term, argument: str) -> bool:
    return const(argument) in walk(of)


def _place(resource: Resource, path: tuple[str, ...]) -> Place:
    """Return where an argument stands, or the nearest block around it."""
    found = dict(places(resource.block))
    for end in range(len(path), 0, -1):
        if path[:end] in found:
            return found[path[:end]]
    return resource.block.place
