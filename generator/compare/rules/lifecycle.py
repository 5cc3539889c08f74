"""Rules about how Terraform treats resources: lifecycle, conditions, provider configurations, order, provisioners."""

import re
from collections.abc import Iterator

from generator.compare.context import Context
from generator.compare.findings import Finding, finding
from generator.compare.reading.configuration import Resource
from generator.compare.reading.document import Place
from generator.compare.rules.conditions import matched
from generator.compare.scenarios import REWRITTEN, SAME
from generator.compare.terms.plain import blocks_in_order
from generator.compare.terms.render import render
from generator.compare.terms.term import FAILED, FALSE, NULL, TRUE, Term, entries

_SHOWN = 160
_FLAGS = {
    "prevent_destroy": (
        ("prevent-destroy-added", "Terraform rejects a plan that destroys or replaces it", "major"),
        ("prevent-destroy-removed", "Terraform no longer rejects a plan that destroys or replaces it", "major"),
    ),
    "create_before_destroy": (
        ("create-before-destroy-added", "a replacement is created before the old resource is destroyed", "minor"),
        ("create-before-destroy-removed", "the old resource is destroyed before a replacement is created", "minor"),
    ),
}


def changed_lifecycles(context: Context) -> Iterator[Finding]:
    """Find what changed of the way in which Terraform treats resources that both versions have."""
    for address in sorted(context.old.resources.keys() & context.new.resources.keys()):
        old, new = context.old.resources[address], context.new.resources[address]
        yield from _lifecycle(old, new)
        yield from _conditions(context, old, new)
        yield from _dependencies(context, old, new)
        was, now = (one.beside.get(address, NULL) for one in (context.old, context.new))
        repetitions = (old.repetition, new.repetition)
        verdict = context.scenarios.verdict(was, now, exists=repetitions)
        if verdict.kind not in (SAME, REWRITTEN):
            message = "its provisioners have another content; they run when it is created"
            yield _finding("provisioner-changed", old, new, message, "minor")
        elif blocks_in_order(verdict.old) != blocks_in_order(verdict.new):
            message = "its provisioners run in another order when it is created"
            yield _finding("provisioner-changed", old, new, message, "minor")


def _lifecycle(old: Resource, new: Resource) -> Iterator[Finding]:
    for name, rules in _FLAGS.items():
        was, now = (one.lifecycle(name) == "true" for one in (old, new))
        if was != now:
            rule, message, bump = rules[0] if now else rules[1]
            yield _finding(rule, old, new, message, bump)
    was_ignored, is_ignored = (_names(one.lifecycle("ignore_changes")) for one in (old, new))
    gone = set() if "all" in is_ignored else was_ignored - is_ignored
    come = set() if "all" in was_ignored else is_ignored - was_ignored
    if gone:
        set_here = {name for name in gone if name == "all" or re.split(r"[.\[]", name)[0] in _arguments(new)}
        message = f"{', '.join(sorted(gone))}: Terraform reverts what was changed elsewhere"
        if not set_here:
            message = f"{', '.join(sorted(gone))}: the configuration does not set it, so that nothing was ignored"
        yield _finding("ignore-changes-removed", old, new, message, "major" if set_here else "patch")
    if come:
        message = f"{', '.join(sorted(come))}: Terraform no longer updates it"
        yield _finding("ignore-changes-added", old, new, message, "minor")
    if old.provider.split() != new.provider.split():
        message = f"provider configuration was {_or_default(old.provider)} and is {_or_default(new.provider)}"
        # Another provider for the same type, such as google-beta, works on the same objects
        other = (
            all(one.provider and "{" not in one.provider for one in (old, new))
            or "." not in f"{old.provider}{new.provider}"
        )
        same = other and old.provider.partition(".")[2] == new.provider.partition(".")[2]
        yield _finding("provider-configuration-changed", old, new, message, "minor" if same else "major")


def _arguments(resource: Resource) -> set[str]:
    """Return the names of the arguments and nested blocks of a resource."""
    return {str(key.data) for key in entries(resource.body)}


def _or_default(provider: str) -> str:
    return " ".join(provider.split()) or "the default"


def _names(text: str) -> set[str]:
    return set(re.findall(r"[\w.\[\]\"-]+", text.strip("[] \n")))


def _conditions(context: Context, old: Resource, new: Resource) -> Iterator[Finding]:
    for kind in ("precondition", "postcondition"):
        gone, come = list(old.conditions[kind]), list(new.conditions[kind])
        for was, now, _ in matched(context, gone, come):
            if was[1] != now[1]:
                yield _finding(f"{kind}-message", old, new, "a message has other words", "patch", now[2])
        for condition, _, place in come:
            shown = render(context.scenarios.simplify_new(condition), _SHOWN)
            bump, policy = _cost(context, new, condition)
            message = f"Terraform rejects what is not {shown}"
            yield _finding(f"{kind}-added", old, new, message, bump, place, policy=policy)
        for condition, _, place in gone:
            shown = render(context.scenarios.simplify_old(condition), _SHOWN)
            message = f"it no longer requires {shown}"
            yield finding(f"{kind}-removed", old.address, message, "patch", old=place)


def _cost(context: Context, resource: Resource, condition: Term) -> tuple[str, str]:
    """Return the bump that a new condition needs, and the policy that decides: default inputs break it or meet it."""
    outcomes = context.scenarios.outcomes(TRUE, condition, resource.repetition)
    broken = any(not causes and now in (FALSE, FAILED) for causes, _, now in outcomes)
    return ("major", "") if broken else (context.policy.bug_fix, "bug-fix")


def _dependencies(context: Context, old: Resource, new: Resource) -> Iterator[Finding]:
    was, now = old.depends_on.addresses, new.depends_on.addresses
    if was != now:
        changes = [f"{'waits' if one in now else 'no longer waits'} for {one}" for one in sorted(was ^ now)]
        yield _finding("depends-on-changed", old, new, f"it {', '.join(changes)}", "patch")
    if context.scenarios.verdict(old.triggers, new.triggers).kind != SAME:
        come = new.triggers.addresses - old.triggers.addresses
        message = f"it is replaced when {render(new.triggers, _SHOWN)} changes"
        bump = "minor" if come or new.triggers.parts else "patch"
        yield _finding("replace-triggered-by-changed", old, new, message, bump)


def _finding(  # noqa: PLR0917 - each is a part of the finding
    rule: str, old: Resource, new: Resource, message: str, bump: str, place: Place | None = None, *, policy: str = ""
) -> Finding:
    return finding(rule, old.address, message, bump, old=old, new=place or new, policy=policy)
