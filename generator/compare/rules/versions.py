"""Rules about the versions of Terraform and of providers that a module takes."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from generator.compare.context import Context
from generator.compare.findings import BUMPS, Finding, finding
from generator.compare.reading.configuration import Configuration
from generator.compare.reading.document import Place
from generator.compare.reading.module import ParsedModule
from generator.compare.rules import constraints
from generator.compare.rules.constraints import Range
from generator.compare.rules.replacement import PROVIDER_VERSIONS
from generator.compare.terms.build import Unbound, build
from generator.compare.terms.render import render
from generator.compare.terms.term import CONST, GET, INSTANCE, LIST, OBJECT, REFERENCE, entries, is_const, walk

UTILITIES: Final = frozenset(
    f"hashicorp/{name}"
    for name in (
        "archive",
        "cloudinit",
        "external",
        "http",
        "local",
        "null",
        "random",
        "template",
        "time",
        "tls",
    )
)
"""Providers that need no configuration and no credentials."""


_Maker = Callable[..., Finding]


class Requirement:
    """A provider that a module requires: the constraint on its versions, and its aliases."""

    def __init__(self, constraint: str = "", aliases: frozenset[str] = frozenset(), place: Place | None = None) -> None:
        self.constraint = constraint
        self.aliases = aliases
        self.place = place


def requirements(configuration: Configuration) -> dict[str, Requirement]:
    """Return the providers that a module requires, by source; those that its resources imply, too.

    What its local child modules require holds for callers as well.
    """
    found: dict[str, Requirement] = {}
    named: set[str] = set()
    _required(configuration.module, found, named)
    for child in configuration.children.values():
        inherited: dict[str, Requirement] = {}
        _required(child, inherited, named)
        for source, one in inherited.items():
            before = found.get(source)
            if before is None:
                found[source] = Requirement(one.constraint, place=one.place)
            else:
                both = dict.fromkeys(re.split(r",\s*", f"{before.constraint}, {one.constraint}".strip(", ")))
                found[source] = Requirement(", ".join(filter(None, both)), before.aliases, before.place)
    for resource in configuration.resources.values():
        implied = resource.type.split("_")[0]
        if resource.mode != "module" and implied not in named and resource.type != "terraform_data":
            found.setdefault(source_of(implied), Requirement())
    return found


def _required(module: ParsedModule, found: dict[str, Requirement], named: set[str]) -> None:
    """Add the providers that the ``required_providers`` blocks of one module name."""
    for settings in module.settings:
        for block in settings.of_type("required_providers"):
            for name, argument in block.arguments.items():
                wanted = build(argument.text, Unbound())
                named.add(name)
                if wanted.kind == CONST:
                    found[source_of(name)] = Requirement(str(wanted.data), place=argument.place)
                elif wanted.kind == OBJECT:
                    parts = {str(key.data): value for key, value in entries(wanted).items()}
                    aliases = parts.get("configuration_aliases")
                    texts = {render(one) for one in aliases.parts} if aliases and aliases.kind == LIST else set()
                    source = str(parts["source"].data) if "source" in parts else name
                    constraint = str(parts["version"].data) if "version" in parts else ""
                    found[source_of(source)] = Requirement(constraint, frozenset(texts), argument.place)


def source_of(text: str) -> str:
    """Return the address of a provider as people write it: ``aws`` is ``hashicorp/aws``."""
    plain = text.lower().removeprefix("registry.terraform.io/").removeprefix("registry.opentofu.org/")
    return plain if "/" in plain else f"hashicorp/{plain}"


def changed_versions(context: Context) -> Iterator[Finding]:
    """Find what changed of the versions that a module takes."""
    old, new = (_terraform(configuration) for configuration in (context.old, context.new))
    yield from _constraint(context, "terraform", old, new)
    before, after = requirements(context.old), requirements(context.new)
    for source in sorted(before.keys() | after.keys()):
        subject = f"provider.{source}"
        if source not in after:
            place = before[source].place
            yield finding("provider-removed", subject, "it is no longer needed", "minor", old=place)
        elif source not in before:
            utility = source in UTILITIES
            message = "Terraform installs it" if utility else "callers need it, and perhaps its configuration"
            bump = "minor" if utility else "major"
            yield finding("provider-added", subject, message, bump, new=after[source])
        else:
            yield from _constraint(context, subject, before[source], after[source])
            yield from _aliases(subject, before[source], after[source])
            yield from _implied(context, source, after[source])


def _terraform(configuration: Configuration) -> Requirement:
    constraints_: list[str] = []
    place: Place | None = None
    for module in (configuration.module, *configuration.children.values()):
        for settings in module.settings:
            text = settings.text("required_version").strip('"')
            if text and text not in constraints_:
                constraints_.append(text)
                place = place or settings.arguments["required_version"].place
    return Requirement(", ".join(constraints_), place=place)


def _aliases(subject: str, old: Requirement, new: Requirement) -> Iterator[Finding]:
    for alias in sorted(new.aliases - old.aliases):
        message = f"callers must pass the provider configuration {alias}"
        yield finding("provider-alias-added", subject, message, "major", old=old, new=new)
    for alias in sorted(old.aliases - new.aliases):
        message = f"callers that pass the provider configuration {alias} get an error"
        yield finding("provider-alias-removed", subject, message, "major", old=old, new=new)


def _constraint(context: Context, subject: str, old: Requirement, new: Requirement) -> Iterator[Finding]:
    was, now = constraints.read(old.constraint), constraints.read(new.constraint)
    if was == now:
        return
    kind = subject.split(".", maxsplit=1)[0]
    message = f"it was {old.constraint or 'any version'} and is {new.constraint or 'any version'}"

    def found(rule: str, bump: str, policy: str = "") -> Finding:
        return finding(
            f"{kind}-{rule}",
            subject,
            message,
            bump,
            policy=policy,
            old=old,
            new=new,
        )

    yield from _floor(context, subject, was, now, found)
    yield from _ceiling(context, was, now, found)
    if now.excluded - was.excluded:
        yield found("version-excluded", context.policy.ceiling, "ceiling")
    elif was.excluded - now.excluded and (was.low, was.high) == (now.low, now.high):
        yield found("version-allowed", "minor")


def _floor(context: Context, subject: str, was: Range, now: Range, found: _Maker) -> Iterator[Finding]:
    if was.low == now.low:
        return
    if now.low is None or (was.low is not None and now.low < was.low):
        yield found("floor-lowered", "minor")
        return
    kind, _, source = subject.partition(".")
    setting = "terraform_floor" if kind == "terraform" else "provider_floor"
    if was.low:
        within = constraints.major(was.low) == constraints.major(now.low)
    else:
        # Callers of a module that names no version may use any major version of a provider that they configure
        within = kind == "terraform" or source in UTILITIES or now.low[0] <= 1
    if within:
        yield found("floor-raised", getattr(context.policy, setting), setting.replace("_", "-"))
    else:
        yield found("floor-raised", "major")


def _ceiling(context: Context, was: Range, now: Range, found: _Maker) -> Iterator[Finding]:
    if was.high == now.high:
        return
    if now.high is None or (was.high is not None and now.high > was.high):
        yield found("ceiling-raised", "minor")
    elif was.high is not None and constraints.last_major(now.high) < constraints.last_major(was.high):
        yield found("ceiling-lowered", "major")
    else:
        yield found("ceiling-lowered", context.policy.ceiling, "ceiling")


def _implied(context: Context, source: str, new: Requirement) -> Iterator[Finding]:
    """Find attributes that only newer versions of a provider have than the module asks for."""
    low = constraints.read(new.constraint).low or (0, 0, 0)
    used, before = _attributes(context.new), _attributes(context.old)
    for (kind, attribute), (provider, since) in PROVIDER_VERSIONS.items():
        if provider == source and since > low and (kind, attribute) in used - before:
            within = constraints.major(since) == constraints.major(low)
            wanted = new.constraint or "any version"
            message = f"{attribute} of {kind} needs {source} {constraints.shown(since)}, and the constraint is {wanted}"
            yield finding(
                "provider-floor-implied",
                f"provider.{source}",
                message,
                max(context.policy.provider_floor, "minor", key=BUMPS.index) if within else "major",
                policy="provider-floor" if within else "",
                new=new,
            )


def _attributes(configuration: Configuration) -> set[tuple[str, str]]:
    """Return the attributes of resources and data sources that a module refers to, with their types."""
    found: set[tuple[str, str]] = set()
    terms = [*configuration.outputs.values(), *(resource.body for resource in configuration.resources.values())]
    for of in terms:
        for one in walk(of):
            if one.kind == GET and is_const(one.parts[1], str):
                inner = one.parts[0]
                while inner.kind == GET:
                    inner = inner.parts[0]
                if inner.kind in (REFERENCE, INSTANCE):
                    data = inner.data.split("data.")
                    kind = f"data.{data[-1].split('.')[0]}" if len(data) > 1 else inner.data.split(".")[0]
                    found.add((kind, one.parts[1].data))
    return found
