"""Rules about the modules that a module calls, and about data sources."""

import re
from collections.abc import Iterator
from typing import Final

from generator.compare.context import Context
from generator.compare.findings import Finding, finding
from generator.compare.reading.configuration import Resource
from generator.compare.rules import constraints

_GIT: Final = re.compile(
    r"(?:git::)?(?:https?://|ssh://)?(?:[\w.-]+@)?(?P<host>[\w.-]+)[/:](?P<path>[\w./~-]+?)(?:\.git)?$"
)
_REGISTRY: Final = re.compile(
    r"(?:[\w.-]+\.[a-z]+/)?(?P<owner>[\w-]+)/(?P<name>[\w-]+)/(?P<system>[\w-]+)(?P<rest>//.*)?"
)


def changed_modules(context: Context) -> Iterator[Finding]:
    """Find which called modules and data sources are added, removed, or of another version."""
    old, new = context.old, context.new
    for address in sorted(new.resources.keys() - old.resources.keys()):
        resource = new.resources[address]
        if resource.mode == "module":
            yield finding("module-added", address, "what it holds is created", "minor", new=resource)
        elif resource.mode in ("data", "ephemeral"):
            yield finding(
                "data-added",
                address,
                "Terraform reads it at every plan, and may need a permission",
                "minor",
                new=resource,
            )
    for address in sorted(old.resources.keys() - new.resources.keys()):
        resource = old.resources[address]
        if resource.mode == "module" and address not in old.children:
            yield finding("module-removed", address, "what it holds is destroyed", "major", old=resource)
        elif resource.mode in ("data", "ephemeral"):
            yield finding("data-removed", address, "Terraform no longer reads it", "patch", old=resource)
    for address in sorted(old.resources.keys() & new.resources.keys()):
        if new.resources[address].mode == "module":
            yield from _pin(context, old.resources[address], new.resources[address])


def _pin(context: Context, old: Resource, new: Resource) -> Iterator[Finding]:
    local = old.address in context.old.children, new.address in context.new.children
    if all(local):
        return
    before, after = (one.block.text("source").strip('"') for one in (old, new))
    versions = [_version(one) for one in (old, new)]
    if identity(before) != identity(after):
        message = f"source was {before} and is {after}"
        yield finding("module-source-changed", new.address, message, "major", old=old, new=new)
    elif versions[0] != versions[1]:
        within = _compatible(*versions)
        message = f"version was {versions[0] or 'any'} and is {versions[1] or 'any'}"
        bump = context.policy.module_pin if within else "major"
        yield finding(
            "module-pin-changed", new.address, message, bump, old=old, new=new, policy="module-pin" if within else ""
        )
    elif before != after:
        message = f"source was {before} and is {after}, which is the same module"
        yield finding("module-pin-changed", new.address, message, "patch", old=old, new=new)


def _version(resource: Resource) -> str:
    """Return the version of a called module: its constraint, or the revision in its source."""
    source = resource.block.text("source").strip('"')
    revision = re.search(r"[?&]ref=([^&]+)", source)
    return resource.block.text("version").strip('"') or (revision[1] if revision else "")


def _compatible(old: str, new: str) -> bool:
    """Return whether two versions are of one major version; before 1.0 every version counts as one."""
    numbers = [re.search(r"(?<![\d.])v?(\d+)(?:\.\d+)+", text) for text in (old, new)]
    floors = [constraints.read(one[0].lstrip("v")).low if one else None for one in numbers]
    return None in floors or floors[0][0] == floors[1][0]  # type: ignore[index]


def identity(source: str) -> str:
    """Return what names a module, however its source is written: owner, name and path within it.

    ``git::https://github.com/o/terraform-aws-x.git?ref=1`` and ``o/x/aws`` are the same.
    """
    plain = source.split("?", maxsplit=1)[0].strip()
    if match := _REGISTRY.fullmatch(plain):
        return f"{match['owner']}/terraform-{match['system']}-{match['name']}{match['rest'] or ''}".lower()
    base, _, inside = re.sub(r"^(\w+::)?(\w+://)?", "", plain).partition("//")
    match = _GIT.fullmatch(base)
    if not match:
        return plain
    parts = match["path"].split("/")
    return f"{'/'.join(parts[-2:])}{f'//{inside}' if inside else ''}".lower()
