"""Rules about what callers see: variables, outputs, versions of Terraform and of providers."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Final

from generator.compare.expressions import references, tree
from generator.compare.findings import Finding
from generator.compare.reading import Body, Described, Variable
from generator.hcl.expressions import Binary, Call, Conditional, Literal, Node, Object, Parentheses, Template, Tuple

_SIMILAR: Final = 0.6
"""How alike the descriptions of two variables are if one is taken for the other's new name."""


def variables(old: Described, new: Described) -> Iterator[Finding]:
    """Find what changed of the variables."""
    renamed = _renamed_variables(old, new)
    for name in sorted(old.variables.keys() - new.variables.keys()):
        if name in renamed:
            yield _finding(
                "variable-renamed", name, f"it is now called {renamed[name]}; callers must write the new name", "major"
            )
        else:
            yield _finding("variable-removed", name, "callers that give it get an error; remove the argument", "major")
    for name in sorted(new.variables.keys() - old.variables.keys() - set(renamed.values())):
        if new.variables[name].default is None:
            yield _finding("new-required-variable", name, "callers must give it", "major")
        else:
            yield _finding("new-optional-variable", name, f"its default is {new.variables[name].default}", "minor")
    pairs = {name: name for name in old.variables.keys() & new.variables.keys()} | renamed
    for before, after in sorted(pairs.items()):
        yield from _variable(after, old.variables[before], new.variables[after], old, new)


def _renamed_variables(old: Described, new: Described) -> dict[str, str]:
    """Guess which removed variables have a new name: the type, the default and most of the description are the same."""
    found: dict[str, str] = {}
    for name in sorted(old.variables.keys() - new.variables.keys()):
        gone = old.variables[name]
        for other in sorted(new.variables.keys() - old.variables.keys() - set(found.values())):
            here = new.variables[other]
            alike = SequenceMatcher(None, gone.description, here.description).ratio()
            if (gone.type, gone.default) == (here.type, here.default) and alike >= _SIMILAR:
                found[name] = other
                break
    return found


def _variable(name: str, old: Variable, new: Variable, before: Described, after: Described) -> Iterator[Finding]:
    if old.default is not None and new.default is None:
        yield _finding(
            "variable-required", name, f"it has no default any more ({old.default}); callers must give it", "major"
        )
    elif old.default is None and new.default is not None:
        yield _finding("variable-optional", name, f"it now has a default, {new.default}", "minor")
    elif old.default != new.default:
        message = f"its default was {old.default} and is {new.default}; give the old one to keep what is deployed"
        yield _finding("default-changed", name, message, "major")
    if old.type != new.type:
        yield _type_finding(name, old.type, new.type)
    if old.nullable and not new.nullable:
        yield _finding("nullable-removed", name, "null is not a value any more, and means the default", "major")
    elif new.nullable and not old.nullable:
        yield _finding("nullable-added", name, "null is now a value of its own", "minor")
    if old.ephemeral != new.ephemeral:
        yield _finding(
            "ephemeral-changed", name, f"ephemeral was {_yes(old.ephemeral)} and is {_yes(new.ephemeral)}", "major"
        )
    if old.sensitive != new.sensitive:
        yield _finding(
            "sensitive-changed", name, f"sensitive was {_yes(old.sensitive)} and is {_yes(new.sensitive)}", "minor"
        )
    if old.description != new.description:
        yield _finding("description-changed", name, "its description has other words", "patch")
    yield from _validations(name, old, new, before, after)


def _yes(value: bool) -> str:  # noqa: FBT001 - a flag of HCL
    return str(value).lower()


def _finding(rule: str, name: str, message: str, bump: str) -> Finding:
    return Finding(rule=rule, subject=f"variable.{name}", message=message, bump=bump)


# --- types ------------------------------------------------------------------------------------------------------------


def _type_finding(name: str, old: str, new: str) -> Finding:
    change = _type_change(tree(old), tree(new), old, new)
    words = {"narrowed": "major", "changed": "major", "widened": "minor"}
    return _finding(f"type-{change}", name, f"its type was {old} and is {new}", words[change])


def _type_change(old: Node | None, new: Node | None, before: str, after: str) -> str:  # noqa: PLR0911 - one case a line
    """Return whether a type was ``narrowed`` (refuses what it took), ``widened`` or ``changed``."""
    if old is None or new is None:
        return "changed"
    texts = before[old.start : old.end], after[new.start : new.end]
    if texts[0] == texts[1]:
        return "widened"
    if texts[1] == "any" or texts in {("number", "string"), ("bool", "string")}:
        return "widened"
    if texts[0] == "any" or texts in {("string", "number"), ("string", "bool")}:
        return "narrowed"
    if isinstance(old, Call) and isinstance(new, Call):
        if old.name != new.name:
            kinds = (old.name, new.name)
            return {("set", "list"): "changed", ("list", "set"): "narrowed"}.get(kinds, "changed")
        if old.name == "object":
            return _object_change(old.arguments[0], new.arguments[0], before, after)
        return _type_change(old.arguments[0], new.arguments[0], before, after)
    return "changed"


def _object_change(old: Node, new: Node, before: str, after: str) -> str:
    assert isinstance(old, Object)  # noqa: S101 - what Terraform takes
    assert isinstance(new, Object)  # noqa: S101
    was = {str(entry.key): entry.value for entry in old.entries}
    now = {str(entry.key): entry.value for entry in new.entries}
    changes = set()
    if was.keys() - now.keys():
        changes.add("narrowed")
    for key in now.keys() - was.keys():
        changes.add("widened" if _optional(now[key]) else "narrowed")
    for key in was.keys() & now.keys():
        one, other = was[key], now[key]
        if _optional(one) != _optional(other):
            changes.add("narrowed" if _optional(one) else "widened")
        inner_one, inner_other = _inner(one), _inner(other)
        if before[inner_one.start : inner_one.end] != after[inner_other.start : inner_other.end]:
            changes.add(_type_change(inner_one, inner_other, before, after))
        elif _default(one, before) != _default(other, after):
            changes.add("changed")
    return next((change for change in ("narrowed", "changed") if change in changes), "widened")


def _optional(node: Node) -> bool:
    return isinstance(node, Call) and node.name == "optional"


def _inner(node: Node) -> Node:
    return node.arguments[0] if isinstance(node, Call) and node.name == "optional" else node


def _default(node: Node, text: str) -> str:
    arguments = node.arguments[1:] if isinstance(node, Call) and node.name == "optional" else ()
    return ", ".join(text[one.start : one.end] for one in arguments)


# --- validations ------------------------------------------------------------------------------------------------------


def _validations(name: str, old: Variable, new: Variable, before: Described, after: Described) -> Iterator[Finding]:
    gone, come = list(old.validations), list(new.validations)
    for one in list(gone):
        same = next((other for other in come if other[0] == one[0]), None) or next(
            (other for other in come if before.expander.expand(one[0]) == after.expander.expand(other[0])), None
        )
        if same:
            gone.remove(one)
            come.remove(same)
            if same[1] != one[1]:
                yield _finding("validation-message", name, "a message has other words", "patch")
    for one in list(gone):
        for other in list(come):
            change = _condition_change(one[0], other[0], name)
            if change:
                gone.remove(one)
                come.remove(other)
                bump = "minor" if change == "loosened" else "major"
                yield _finding(f"validation-{change}", name, f"it accepted {one[0]} and accepts {other[0]}", bump)
                break
    for one, other in zip(gone, come, strict=False):
        yield _finding("validation-changed", name, f"it accepted {one[0]} and accepts {other[0]}", "major")
    for other in come[len(gone) :]:
        yield _finding("validation-added", name, f"it accepts only {other[0]}", "major")
    for one in gone[len(come) :]:
        yield _finding("validation-removed", name, f"it no longer refuses what is not {one[0]}", "minor")


def _condition_change(old: str, new: str, name: str) -> str | None:
    """Return whether one condition accepts more or less than another, if both are ranges, lengths or choices."""
    one, other = _limits(tree(old), old, name), _limits(tree(new), new, name)
    if not one or not other or one.keys() != other.keys() or one == other:
        return None
    changes = set()
    for key, was in one.items():
        now = other[key]
        if isinstance(was, frozenset) and isinstance(now, frozenset):
            changes |= {"tightened"} if was - now else set()
            changes |= {"loosened"} if now - was else set()
        elif isinstance(was, float) and isinstance(now, float) and was != now:
            tighter = now < was if key.endswith(("<", "<=")) else now > was
            changes.add("tightened" if tighter else "loosened")
    return "tightened" if "tightened" in changes else "loosened" if changes else None


def _limits(node: Node | None, text: str, name: str) -> dict[str, float | frozenset[str] | str] | None:
    """Return what a condition of comparisons and choices, joined by ``&&``, says of what it compares."""
    while isinstance(node, Parentheses):
        node = node.of
    if isinstance(node, Conditional):
        inner = _limits(node.no, text, name)
        return None if inner is None else {text[node.condition.start : node.condition.end]: "", **inner}
    if isinstance(node, Binary) and node.operator == "&&":
        left, right = _limits(node.left, text, name), _limits(node.right, text, name)
        return None if left is None or right is None else {**left, **right}
    if isinstance(node, Binary) and node.operator in ("<", "<=", ">", ">=", "=="):
        value = _number(node.right, text)
        subject = text[node.left.start : node.left.end]
        if value is not None and node.operator != "==":
            return {f"{subject} {node.operator}": value}
        return {text[node.start : node.end]: ""}
    if isinstance(node, Call) and node.name == "contains" and isinstance(node.arguments[0], Tuple):
        items = [text[item.start : item.end] for item in node.arguments[0].items]
        if all(isinstance(item, (Template, Literal)) for item in node.arguments[0].items):
            subject = text[node.arguments[1].start : node.arguments[1].end]
            return {f"{subject} in": frozenset(items)}
    return None


def _number(node: Node, text: str) -> float | None:
    try:
        return float(text[node.start : node.end])
    except ValueError:
        return None


# --- outputs and versions ---------------------------------------------------------------------------------------------


def outputs(old: Described, new: Described) -> Iterator[Finding]:
    """Find what changed of the outputs."""
    removed, added = old.outputs.keys() - new.outputs.keys(), new.outputs.keys() - old.outputs.keys()
    renamed: dict[str, str] = {}
    for name in sorted(removed):
        value = old.expander.expand(old.outputs[name].get("value", ""))
        for other in sorted(added - set(renamed.values())):
            if new.expander.expand(new.outputs[other].get("value", "")) == value:
                renamed[name] = other
                break
    for name in sorted(removed):
        if name in renamed:
            yield _output("output-renamed", name, f"it is now called {renamed[name]}", "major")
        else:
            yield _output("output-removed", name, "callers that use it get an error", "major")
    for name in sorted(added - set(renamed.values())):
        yield _output("output-added", name, "it is new", "minor")
    for name in sorted(old.outputs.keys() & new.outputs.keys()):
        yield from _output_changes(name, old.outputs[name], new.outputs[name], old, new)


def _output_changes(name: str, old: Body, new: Body, before: Described, after: Described) -> Iterator[Finding]:
    was, now = before.expander.expand(old.get("value", "")), after.expander.expand(new.get("value", ""))
    if was != now:
        if references(was) == references(now):
            yield _output("output-rewritten", name, "it is written in another way, of the same values", "patch")
        else:
            yield _output("output-changed", name, f"its value was {was} and is {now}", "major")
    hidden = old.get("sensitive") == "true", new.get("sensitive") == "true"
    if hidden == (False, True):
        yield _output(
            "output-sensitive", name, "it is sensitive; outputs of callers that show it must be, too", "major"
        )
    elif hidden == (True, False):
        yield _output("output-not-sensitive", name, "it is shown in plans from now on", "minor")
    if old.get("description") != new.get("description"):
        yield _output("description-changed", name, "its description has other words", "patch")


def _output(rule: str, name: str, message: str, bump: str) -> Finding:
    return Finding(rule=rule, subject=f"output.{name}", message=message, bump=bump)


def versions(old: Described, new: Described) -> Iterator[Finding]:
    """Find what changed of the versions of Terraform and of the providers that the module takes."""
    yield from _constraint("terraform", old.terraform or "", new.terraform or "", "terraform")
    for name in sorted(old.providers.keys() | new.providers.keys()):
        subject = f"provider.{name}"
        if name not in new.providers:
            yield Finding(rule="provider-removed", subject=subject, message="it is no longer needed", bump="minor")
        elif name not in old.providers:
            message = "callers need it, and perhaps its configuration"
            yield Finding(rule="provider-added", subject=subject, message=message, bump="major")
        else:
            yield from _constraint(subject, old.providers[name], new.providers[name], "provider")


def _constraint(subject: str, old: str, new: str, kind: str) -> Iterator[Finding]:
    was, now = _bounds(old), _bounds(new)
    for end, name in ((0, "floor"), (1, "ceiling")):
        one, other = was[end], now[end]
        if one == other:
            continue
        higher = (
            one is None or (other is not None and other > one)
            if end == 0
            else one is not None and (other is None or other > one)
        )
        tighter = higher if end == 0 else not higher
        verb = "raised" if higher else "lowered"
        message = f"it was {old or 'any version'} and is {new or 'any version'}"
        yield Finding(
            rule=f"{kind}-{name}-{verb}", subject=subject, message=message, bump="major" if tighter else "minor"
        )


def _bounds(constraint: str) -> tuple[tuple[int, ...] | None, tuple[int, ...] | None]:
    """Return the lowest version that a constraint takes and the lowest above it that it does not."""
    low: tuple[int, ...] | None = None
    high: tuple[int, ...] | None = None
    for operator, version in re.findall(r"(>=|<=|~>|!=|[<>=]?)\s*(\d+(?:\.\d+)*)", constraint):
        parts = tuple(int(part) for part in version.split("."))
        full = (*parts, 0, 0)[:3]
        if operator in (">=", ">", "~>", "=", ""):
            low = full if low is None else max(low, full)
        if operator == "<":
            high = full if high is None else min(high, full)
        elif operator == "~>":
            top = (*parts[:-2], parts[-2] + 1) if len(parts) > 1 else (parts[0] + 1,)
            high = (*top, 0, 0)[:3]
        elif operator in ("<=", "=", ""):
            high = (*full[:2], full[2] + 1)
    return low, high
