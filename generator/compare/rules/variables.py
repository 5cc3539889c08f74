"""Rules about variables: which there are, their types, defaults and flags."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from generator.compare.context import Context
from generator.compare.findings import Finding, finding, merged
from generator.compare.inputs import read_keys, sample
from generator.compare.reading.document import Block
from generator.compare.scenarios import ALL, REWRITTEN, SAME, SOME, UNKNOWN, UNTRIED
from generator.compare.terms import types
from generator.compare.terms.plain import plain
from generator.compare.terms.render import render
from generator.compare.terms.term import (
    EMPTY,
    FAILED,
    FALSE,
    NULL,
    OBJECT,
    VARIABLE,
    Term,
    const,
    entries,
    object_of,
    substitute,
    term,
)
from generator.compare.terms.types import ANY, BOOL, NUMBER, STRING, Change

_SHOWN = 120
_DEPRECATED = re.compile(r'(?:"|<<-?\w+\s+)deprecated[:.]?\s*(.*?)"?\s*$', re.IGNORECASE | re.DOTALL)
"""A description that begins with its deprecation."""
_WHOLE = ((), (types.ELEMENTS,))
_ZEROS = (const(0), const(""), FALSE, EMPTY, object_of({}))
"""Values of an argument that most providers take for one that is not set."""
KNOWN = frozenset({"type", "default", "description", "nullable", "sensitive", "ephemeral", "deprecated"})
"""The arguments of a variable that the rules are about."""


def changed_variables(context: Context) -> Iterator[Finding]:
    """Find what changed of the variables."""
    yield from merged(_changed(context), "description-changed", "variable", "these descriptions have other words")


def _changed(context: Context) -> Iterator[Finding]:
    old, new = context.old.module.variables, context.new.module.variables
    names = context.renamed_variables
    for name in sorted(old.keys() - new.keys()):
        suggestion = _deprecated(name, old[name], "Deprecated: it has no effect.")
        message = f"callers that set it get an error; {announcement(old[name])}"
        yield finding("variable-removed", f"variable.{name}", message, "major", old=old[name], suggestion=suggestion)
    for name, other in sorted(names.items()):
        yield _renamed(context, name, other)
    for name in sorted(new.keys() - old.keys()):
        if name in context.new.defaults:
            shown = render(context.new.defaults[name], _SHOWN)
            yield finding("new-optional-variable", f"variable.{name}", f"default is {shown}", "minor", new=new[name])
        else:
            yield finding("new-required-variable", f"variable.{name}", "callers must set it", "major", new=new[name])
    for name in sorted(old.keys() & new.keys()):
        yield from _variable(context, name)


def _renamed(context: Context, name: str, other: str) -> Finding:
    old, new = context.old.module.variables[name], context.new.module.variables[name]
    return finding(
        "variable-renamed",
        f"variable.{name}",
        f"name is now {other}; {announcement(old)}",
        "major",
        old=old,
        new=new,
        suggestion=_deprecated(name, old, f"Deprecated: use `{other}`."),
    )


def _deprecated(name: str, block: Block, description: str) -> str:
    """Return a variable that accepts what callers set, for a version between the old and the new one."""
    kind = " ".join(block.text("type", "any").split())
    lines = (f"type        = {kind}", "default     = null", f'description = "{description}"')
    return "\n".join([f'variable "{name}" {{', *(f"  {line}" for line in lines), "}"])


def _variable(context: Context, name: str) -> Iterator[Finding]:
    old, new = context.old.module.variables[name], context.new.module.variables[name]
    before, after = context.old.defaults.get(name), context.new.defaults.get(name)
    if before is not None and after is None:
        message = f"it has no default any more (it was {render(before, _SHOWN)})"
        yield finding("variable-required", f"variable.{name}", message, "major", old=old, new=new)
    elif before is None and after is not None:
        yield finding(
            "variable-optional", f"variable.{name}", f"default is {render(after, _SHOWN)}", "minor", old=old, new=new
        )
    changes = types.changes(context.old.types[name], context.new.types[name])
    defaults = [change.path for change in changes if change.effect == "default"]
    # With the same text, the default differs by the defaults of its attributes, which are findings of their own
    rewritten = not defaults or old.text("default").split() != new.text("default").split()
    if rewritten and before is not None and after is not None and plain(before) is not plain(after):
        yield from _default(context, name, before, after)
    # If all new defaults together have no effect, none of them has one
    harmless = len(defaults) > 1 and _is_default_harmless(context, name, defaults)
    for change in changes:
        yield _type(context, name, change, harmless=harmless)
    yield from _flags(context, name, old, new)


def _is_default_harmless(context: Context, name: str, paths: Sequence[types.Path]) -> bool:
    """Return whether new defaults of attributes have the same effect as the old ones."""
    before = after = context.new.types[name]
    for path in paths:
        before = types.with_default(before, path, context.old.types[name])
    least = sample(name, context.old.types[name], least=True, paths=frozenset(paths))
    return _effect(context, name, types.convert(least, before), types.convert(least, after)) in (SAME, REWRITTEN)


def _type(context: Context, name: str, change: Change, *, harmless: bool) -> Finding:
    old, new = context.old.module.variables[name], context.new.module.variables[name]
    message = f"{change.place}: {change.message}" if change.path else change.message
    rule, bump = f"type-{change.effect}", "minor" if change.effect == "widened" else "major"
    if change.effect == "default":
        rule = "type-default-changed"
        if harmless or _is_default_harmless(context, name, [change.path]):
            message, bump = f"{message}; both have the same effect", "patch"
    elif change.effect == "narrowed" and change.old == ANY and types.is_plain(change.new) and change.path in _WHOLE:
        # What cannot be converted to these types could not be used as one of them before
        message, bump = f"{message}; Terraform converts what fits", "minor"
    elif change.effect == "narrowed" and _converts(context, name, change):
        message, bump = f"{message}; Terraform converts values like the default", "minor"
    elif change.effect == "changed" and _declares(context, name, change):
        message, bump = f"{message}; it has every attribute that the module reads", "minor"
    return finding(rule, f"variable.{name}", message, bump, old=old, new=new)


def _converts(context: Context, name: str, change: Change) -> bool:
    """Return whether a string is now a number or a boolean, as its default already was."""
    default = context.old.defaults.get(name)
    if change.old != STRING or change.new not in (NUMBER, BOOL) or change.path or default is None:
        return False
    return default is not NULL and default.data != "" and types.convert(default, change.new).data is not default.data


def _declares(context: Context, name: str, change: Change) -> bool:
    """Return whether a map has become an object with all attributes that the old version reads of it."""
    if change.old.kind != "map" or change.new.kind != "object" or change.old.of is None:
        return False
    terms = [resource.body for resource in context.old.resources.values()]
    terms += [resource.repetition.term for resource in context.old.resources.values() if resource.repetition.term]
    read = read_keys(name, [*map(context.scenarios.simplify_old, [*terms, *context.old.outputs.values()])])
    plain_types = all(types.is_plain(one.type) for one in change.new.attributes.values())
    return plain_types and bool(read) and read <= change.new.attributes.keys()


def _default(context: Context, name: str, before: Term, after: Term) -> Iterator[Finding]:
    old, new = context.old.module.variables[name], context.new.module.variables[name]
    kind = context.new.types[name]
    effect = _effect(context, name, types.convert(before, kind), types.convert(after, kind))
    if effect in (SAME, REWRITTEN):
        message = f"default was {render(before, _SHOWN)} and is {render(after, _SHOWN)}; both have the same effect"
        yield finding("default-rewritten", f"variable.{name}", message, "patch", old=old, new=new)
        return
    policy = (
        "bug-fix" if effect in (SOME, UNTRIED) or ({before, after} & {NULL} and {before, after} & set(_ZEROS)) else ""
    )
    bump = context.policy.bug_fix if policy else "major"
    whom = "; it has an effect for callers that set other variables" if effect in (SOME, UNTRIED) else ""
    if before.kind == after.kind == OBJECT:
        gone, come = entries(before), entries(after)
        added = [key for key in come if key not in gone]
        if added and all(come.get(key) is value for key, value in gone.items()):
            keys = ", ".join(f"{render(key).strip(chr(34))} = {render(come[key], _SHOWN)}" for key in added)
            yield finding(
                "default-extended", f"variable.{name}", f"default has more keys: {keys}", "minor", old=old, new=new
            )
            return
        changed = [key for key in gone if come.get(key) is not gone[key]]
        if 0 < len(changed) < len(gone):
            keys = ", ".join(render(key).strip('"') for key in changed)
            message = f"default has other values at {keys}{whom}"
            yield finding("default-changed", f"variable.{name}", message, bump, old=old, new=new, policy=policy)
            return
    message = f"default was {render(before, _SHOWN)} and is {render(after, _SHOWN)}{whom}"
    yield finding("default-changed", f"variable.{name}", message, bump, old=old, new=new, policy=policy)


def _effect(context: Context, name: str, before: Term, after: Term) -> str:
    """Return the verdict about two values of a variable's type in the new version, for resources that exist."""
    key = (name, before, after)
    if key not in context.effects:
        context.effects[key] = _verdict(context, name, before, after)
    return context.effects[key]


def _verdict(context: Context, name: str, before: Term, after: Term) -> str:
    values = [{term(VARIABLE, name): value} for value in (before, after)]
    simplifiers = [context.scenarios.simplify_new.knowing(value) for value in values]
    found = set()
    for of, repetition in context.dependents(name):
        was, now = (simplify(of) for simplify in simplifiers)
        if plain(was) is plain(now):
            continue
        pairs = [substitute(of, value) for value in values]
        repetitions = [
            replace(repetition, term=substitute(repetition.term, value))
            if repetition and repetition.term
            else repetition
            for value in values
        ]
        found.add(context.new_scenarios.verdict(pairs[0], pairs[1], exists=repetitions, whom=False).kind)
        if ALL in found:
            break
    return next((kind for kind in (ALL, UNKNOWN, SOME, UNTRIED, REWRITTEN) if kind in found), SAME)


def _flags(context: Context, name: str, old: Block, new: Block) -> Iterator[Finding]:
    was, now = (block.text("nullable", "true") != "false" for block in (old, new))
    if was and not now:
        yield from _not_nullable(context, name)
    elif now and not was:
        yield finding("nullable-added", f"variable.{name}", "null is now a value of its own", "minor", old=old, new=new)
    if _flag(old, "ephemeral") != _flag(new, "ephemeral"):
        message = f"ephemeral was {_flag(old, 'ephemeral')} and is {_flag(new, 'ephemeral')}"
        yield finding("ephemeral-changed", f"variable.{name}", message, "major", old=old, new=new)
    if _flag(old, "sensitive") != _flag(new, "sensitive"):
        message = f"sensitive was {_flag(old, 'sensitive')} and is {_flag(new, 'sensitive')}"
        yield finding("sensitive-changed", f"variable.{name}", message, "minor", old=old, new=new)
    yield from described(f"variable.{name}", old, new)


def _not_nullable(context: Context, name: str) -> Iterator[Finding]:
    """Find whether callers that give null, which now means the default, get something else."""
    old, new = context.old.module.variables[name], context.new.module.variables[name]
    default = context.new.defaults.get(name)
    # Terraform rejects the default null of a variable that is not nullable
    same = default not in (None, NULL) and all(
        plain(was) is plain(now) or FAILED in (was, *was.parts)
        for before, after in _with_null(context, name, default)
        for _, was, now in context.scenarios.outcomes(before, after)
    )
    if same and default is not None:
        message = f"null now means the default, {render(default, _SHOWN)}, which has the same effect or fixes an error"
        yield finding("nullable-removed", f"variable.{name}", message, "patch", old=old, new=new)
    else:
        yield finding(
            "nullable-removed",
            f"variable.{name}",
            "null is not a value any more, and means the default",
            "major",
            old=old,
            new=new,
        )


def _with_null(context: Context, name: str, default: Term) -> Iterator[tuple[Term, Term]]:
    """Yield what depends on a variable, with null in the old version and with its default in the new one."""
    null, given = {term(VARIABLE, name): NULL}, {term(VARIABLE, name): default}
    for output, value in context.old.outputs.items():
        if output in context.new.outputs and name in value.variables:
            yield substitute(value, null), substitute(context.new.outputs[output], given)
    for address, resource in context.old.resources.items():
        other = context.new.resources.get(address)
        for key, value in entries(resource.body).items() if other else ():
            if other and name in value.variables:
                parts = ({key: value}, {key: entries(other.body).get(key, NULL)})
                old, new = (object_of(part, block=True) for part in parts)
                yield substitute(old, null), substitute(new, given)


def described(subject: str, old: Block, new: Block) -> Iterator[Finding]:
    """Find that a description has other words, or that something is deprecated."""
    before, after = deprecation(old), deprecation(new)
    if after and not before:
        yield finding("deprecated", subject, after, "minor", old=old, new=new)
    elif before and not after:
        yield finding("not-deprecated", subject, "it is not deprecated any more", "patch", old=old, new=new)
    elif old.text("description") != new.text("description"):
        yield finding("description-changed", subject, "description has other words", "patch", old=old, new=new)


def deprecation(block: Block) -> str:
    """Return what a variable or an output says about its deprecation; empty if it is not deprecated.

    Modules that run on older versions than Terraform 1.15 say it in the description.
    """
    text = block.text("deprecated") or block.text("description")
    said = text.strip('"') if block.text("deprecated") else (_DEPRECATED.match(text) or ("", ""))[1]
    return " ".join(said.split())


def announcement(old: Block) -> str:
    """Return a clause about whether a version has announced the removal of a variable or an output."""
    return "it was deprecated before" if deprecation(old) else "it was not deprecated before"


def _flag(block: Block, name: str) -> str:
    return block.text(name, "false")
