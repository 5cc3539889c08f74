"""Rules about outputs."""

from collections.abc import Iterator, Mapping
from typing import Final

from generator.compare.context import Context
from generator.compare.findings import Finding, finding, merged
from generator.compare.reading.document import Block
from generator.compare.rules.variables import announcement, described
from generator.compare.scenarios import ALL, PARTITION, SAME, SOME, UNKNOWN, UNTRIED, Verdict
from generator.compare.terms.known import type_of
from generator.compare.terms.plain import plain
from generator.compare.terms.render import render
from generator.compare.terms.term import (
    EMPTY,
    NULL,
    OBJECT,
    Term,
    const,
    entries,
    is_const,
    is_opaque,
    object_of,
)

_SHOWN: Final = 160
_NOTHING: Final = (NULL, EMPTY, const(""), object_of({}))
KNOWN: Final = frozenset({"value", "description", "sensitive", "ephemeral", "deprecated", "depends_on"})
"""The arguments of an output that the rules are about."""


def changed_outputs(context: Context) -> Iterator[Finding]:
    """Find what changed of the outputs."""
    yield from merged(_changed(context), "description-changed", "output", "these descriptions have other words")


def _changed(context: Context) -> Iterator[Finding]:
    old, new = context.old.module.outputs, context.new.module.outputs
    renamed = _renamed(context)
    for name in sorted(old.keys() - new.keys()):
        if name in renamed:
            other = renamed[name]
            yield finding(
                "output-renamed",
                f"output.{name}",
                f"name is now {other}; {announcement(old[name])}",
                "major",
                old=old[name],
                new=new[other],
                suggestion=f'output "{name}" {{\n  description = "Deprecated: use `{other}`."\n'
                f"  value       = {' '.join(new[other].text('value').split())}\n}}",
            )
        else:
            message = f"callers that use it get an error; {announcement(old[name])}"
            yield finding("output-removed", f"output.{name}", message, "major", old=old[name])
    for name in sorted(new.keys() - old.keys() - set(renamed.values())):
        yield finding("output-added", f"output.{name}", "it is new", "minor", new=new[name])
    for name in sorted(old.keys() & new.keys()):
        yield from _output(context, name, old[name], new[name])


def _renamed(context: Context) -> dict[str, str]:
    old, new = context.old.outputs, context.new.outputs
    values: Mapping[Term, str] = {
        plain(context.scenarios.simplify_new(new[name])): name for name in sorted(new.keys() - old.keys())
    }
    found = {
        name: values.get(plain(context.scenarios.simplify_old(old[name]))) for name in sorted(old.keys() - new.keys())
    }
    return {name: other for name, other in found.items() if other and old[name].addresses}


def _output(context: Context, name: str, old: Block, new: Block) -> Iterator[Finding]:
    yield from _value(context, name, old, new)
    hidden = old.text("sensitive", "false") != "false", new.text("sensitive", "false") != "false"
    if hidden == (False, True):
        message = "it is sensitive; outputs of callers that show it must be, too"
        yield finding("output-sensitive", f"output.{name}", message, "major", old=old, new=new)
    elif hidden == (True, False):
        yield finding("output-not-sensitive", f"output.{name}", "plans show it from now on", "minor", old=old, new=new)
    if old.text("ephemeral", "false") != new.text("ephemeral", "false"):
        message = f"ephemeral was {old.text('ephemeral', 'false')} and is {new.text('ephemeral', 'false')}"
        yield finding("output-ephemeral", f"output.{name}", message, "major", old=old, new=new)
    yield from _preconditions(context, name, old, new)
    if " ".join(old.text("depends_on").split()) != " ".join(new.text("depends_on").split()):
        yield finding("depends-on-changed", f"output.{name}", "it waits for other resources", "patch", old=old, new=new)
    yield from described(f"output.{name}", old, new)


def _preconditions(context: Context, name: str, old: Block, new: Block) -> Iterator[Finding]:
    was, now = (
        [" ".join(one.text("condition").split()) for one in block.of_type("precondition")] for block in (old, new)
    )
    for condition in now:
        if condition not in was:
            message = f"Terraform rejects what is not {condition}"
            policy = context.policy.bug_fix
            yield finding("precondition-added", f"output.{name}", message, policy, old=old, new=new, policy="bug-fix")
    for condition in was:
        if condition not in now:
            yield finding(
                "precondition-removed",
                f"output.{name}",
                f"it no longer requires {condition}",
                "patch",
                old=old,
                new=new,
            )


def _value(context: Context, name: str, old: Block, new: Block) -> Iterator[Finding]:
    written = context.old.outputs[name], context.new.outputs[name]
    verdict = context.scenarios.verdict(*written)
    shown = f"value was {render(verdict.old, _SHOWN)} and is {render(verdict.new, _SHOWN)}"
    # A set and a list of the same elements are one value above; callers use them in different ways
    kinds = [type_of(of, one.world) for of, one in zip(written, (context.old, context.new), strict=True)]
    named = [one.kind for one in kinds if one and one.kind in ("set", "list", "tuple")]
    if len(named) == len(kinds) and (named[0] == "set") != (named[1] == "set"):
        message = f"it was a {named[0]} and is a {named[1]}: {shown}"
        yield finding("output-type-changed", f"output.{name}", message, "major", old=old, new=new)
        return
    if verdict.kind == SAME:
        if context.old.outputs[name] is not context.new.outputs[name]:
            message = "value is written in another way, and is the same"
            yield finding("output-rewritten", f"output.{name}", message, "patch", old=old, new=new)
        return
    if any(map(is_opaque, (verdict.old, verdict.new))):
        yield finding("not-understood", f"output.{name}", f"not understood: {shown}", "minor", old=old, new=new)
        return
    if verdict.kind == PARTITION:
        message = "value is the same in the partition aws, and follows the partition in others"
        yield finding("output-rewritten", f"output.{name}", message, "patch", old=old, new=new)
    elif verdict.kind in (SOME, ALL, UNKNOWN, UNTRIED):
        yield from _another(context, name, verdict, shown, old, new)
    else:
        message = f"{shown}; no inputs are known for which they differ"
        yield finding("output-rewritten", f"output.{name}", message, "patch", old=old, new=new)


def _another(context: Context, name: str, verdict: Verdict, shown: str, old: Block, new: Block) -> Iterator[Finding]:  # noqa: PLR0917 - each is a part of the finding
    kinds = type_of(verdict.old, context.old.world), type_of(verdict.new, context.new.world)
    was, now = _by_default(context, name)
    if (
        kinds[0]
        and kinds[1]
        and "any" not in (kinds[0].kind, kinds[1].kind)
        and _shape(kinds[0].kind) != _shape(kinds[1].kind)
    ):
        message = f"it was a {kinds[0].kind} and is a {kinds[1].kind}: {shown}"
        yield finding("output-type-changed", f"output.{name}", message, "major", old=old, new=new)
    elif verdict.kind == SOME:
        message = f"{shown}, for callers that set {' and '.join(verdict.variables)}"
        policy = context.policy.bug_fix
        yield finding("output-changed", f"output.{name}", message, policy, old=old, new=new, policy="bug-fix")
    elif verdict.kind == UNKNOWN:
        message = f"{shown}, which may be the same value"
        policy = context.policy.unknown_value
        yield finding("output-changed", f"output.{name}", message, policy, old=old, new=new, policy="unknown-value")
    elif was in _NOTHING and now not in _NOTHING and not is_const(now):
        message = f"it was {render(was)} with the default inputs and now has a value: {render(now, _SHOWN)}"
        yield finding("output-set", f"output.{name}", message, "minor", old=old, new=new)
    elif _extended(verdict.old, verdict.new):
        added = ", ".join(render(key).strip('"') for key in entries(verdict.new) if key not in entries(verdict.old))
        yield finding(
            "output-extended", f"output.{name}", f"it has more attributes: {added}", "minor", old=old, new=new
        )
    else:
        yield finding("output-changed", f"output.{name}", shown, "major", old=old, new=new)


def _shape(kind: str) -> str:
    """Return one name for types that callers use alike."""
    return {"set": "list", "tuple": "list", "object": "map", "number": "string", "bool": "string"}.get(kind, kind)


def _by_default(context: Context, name: str) -> tuple[Term, Term]:
    old, new = context.scenarios.by_default()
    return old(context.old.outputs[name]), new(context.new.outputs[name])


def _extended(old: Term, new: Term) -> bool:
    if not old.kind == new.kind == OBJECT:
        return False
    before, after = entries(plain(old)), entries(plain(new))
    return all(after.get(key) is value for key, value in before.items())
