"""What was written, what a plan will do, and what comes next: as text, or as JSON."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.adopt import writing
from generator.adopt.changes import Change, changes, created
from generator.adopt.choices import Choices
from generator.adopt.resources import FUNCTION, MAPPING, Deployed
from generator.console import count


@dataclass(kw_only=True)
class Report:
    """The report of one pipeline. ``verb`` is what happens to its resources: they are imported, or moved.

    Attributes:
        files: the files that were written, without those of the module.
        origins: the import IDs or the addresses in the state, by the addresses within the module.
        creates: why a plan creates a resource, by its address within the module.
        changes: what a plan changes in place.
        left: why a resource is not taken over, by its address within the module.
        stays: sentences about what stays as it is.
        steps: what to do next, in this order.
    """

    verb: str
    module: str
    arguments: dict[str, Any]
    files: Sequence[Path] = ()
    origins: dict[str, str] = field(default_factory=dict)
    creates: dict[str, str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    stays: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return {
            "module": self.module,
            "arguments": self.arguments,
            "files": [str(path) for path in self.files],
            self.verb: self.origins,
            "creates": self.creates,
            "changes": [
                {"address": each.address, "attributes": list(each.attributes), "reason": each.reason}
                for each in self.changes
            ],
            "not_taken_over": self.left,
            "stays": self.stays,
            "steps": self.steps,
        }

    def lines(self) -> Iterator[str]:
        """Yield the report as text."""
        for path in self.files:
            yield f"written  {path}"
        yield f"module.{self.module} has {count(len(self.arguments), 'argument')}. A plan"
        yield from _block(f"{self.verb} without recreating them:", self.origins)
        yield from _block("creates:", self.creates)
        yield from _block(
            "changes in place:",
            {f"{each.address} ({', '.join(each.attributes)})": each.reason for each in self.changes},
        )
        yield from _block("Not taken over:", self.left)
        yield from _listed("Stays as it is:", self.stays)
        yield from _listed("Next:", [f"{number}. {step}" for number, step in enumerate(self.steps, start=1)])


def _block(title: str, entries: dict[str, str]) -> Iterator[str]:
    yield from _listed(title, [f"{address}: {text}" for address, text in entries.items()])


def _listed(title: str, entries: list[str]) -> Iterator[str]:
    if entries:
        yield title
    for entry in entries:
        yield f"  {entry}"


def report(deployed: Deployed, choices: Choices, verb: str) -> Report:
    """Return the report of a pipeline, without its files and steps."""
    resources = {MAPPING: deployed.mapping, **choices.resources}
    return Report(
        verb=verb,
        module=writing.label(choices.name),
        arguments={"name": choices.name, **choices.arguments},
        origins={address: resource.origin for address, resource in sorted(resources.items())},
        creates=created(choices),
        changes=list(changes(deployed, choices)),
        left=choices.left,
        stays=[*deployed.notes, *_policies(deployed, choices)],
    )


def _policies(deployed: Deployed, choices: Choices) -> Iterator[str]:
    role = deployed.role_name
    for name in old_policies(deployed, choices):
        names = f"--role-name {shlex.quote(role)} --policy-name {shlex.quote(name)}"
        yield (
            f"The inline policy {name} of the role, with its permissions. When nothing needs them any more: "
            f"aws iam delete-role-policy {names}"
        )


def old_policies(deployed: Deployed, choices: Choices) -> list[str]:
    """Return the names of the inline policies of the role that are not those of the module."""
    own = {resource.values.get("name") for address, resource in choices.resources.items() if "_role_policy." in address}
    return [name for name in deployed.policies if name not in own] if FUNCTION not in choices.left else []
