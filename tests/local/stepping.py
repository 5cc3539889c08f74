"""Applies one configuration after the other to an AWS emulator, and keeps what each apply did."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator import terraform
from generator.local.emulator import LocalAws
from generator.terraform import Terraform
from generator.terraform.program import call
from tests.local.held import held
from tests.local.recording import Request
from tests.support.planning import Arguments, each, write_root

PACKAGES = ("function.zip", "other.zip", "third.zip")

Changes = dict[str, dict[str, tuple[Any, Any]]]


@dataclass
class Step:
    """What an apply did, and what was there afterwards.

    ``actions`` are the action of each changed resource by its address within the module, by pipeline. ``next_plan``
    are the attributes, before and after, that the plan of the same configuration would then change. ``held`` is what
    AWS returns about each pipeline.
    """

    actions: Mapping[str, Mapping[str, str]]
    next_plan: Mapping[str, Changes]
    held: Mapping[str, dict[str, Any]]
    requests: list[Request] = field(default_factory=list)


class Root:
    """A root module whose instances change from step to step. Takes the emulator, a directory, what is recorded."""

    def __init__(self, aws: LocalAws, folder: Path, recorded: list[Request]) -> None:
        self.aws = aws
        self.folder = folder
        self.recorded = recorded
        self.runner = Terraform(folder, variables=aws.variables(terraform.environment()))

    def step(self, cases: Mapping[str, Arguments]) -> Step:
        """Apply these arguments by pipeline."""
        first = not (self.folder / "main.tf.json").exists()
        root = {**each(cases), "output": {"pipelines": {"value": "${module.case}"}}}
        write_root(self.folder, root, offline=False)
        for package in PACKAGES:
            with zipfile.ZipFile(self.folder / package, "w") as archive:
                archive.writestr(zipfile.ZipInfo("handler.py"), f"# {package}")
        if first:
            terraform.local(self.folder)
            self.runner.init()
        begin = len(self.recorded)
        words = ("-json", "-input=false", "-auto-approve")
        _, output, _ = call(self.runner.program, self.folder, self.runner.variables, "apply", *words)
        messages = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        errors = [message["diagnostic"] for message in messages if message.get("@level") == "error"]
        assert not errors, "\n".join(f"{each.get('address')}: {each['summary']} {each['detail']}" for each in errors)
        actions: dict[str, dict[str, str]] = {case: {} for case in cases}
        for message in messages:
            if message["type"] == "planned_change":
                pipeline, address = _split(message["change"]["resource"]["addr"])
                actions[pipeline][address] = message["change"]["action"]
        requests = self.recorded[begin:]
        state = json.loads((self.folder / "terraform.tfstate").read_text())
        outputs = state["outputs"]["pipelines"]["value"]
        return Step(
            actions,
            self.next_plan(cases),
            {case: held(self.aws, outputs[case]) for case in cases},
            requests,
        )

    def next_plan(self, cases: Mapping[str, Arguments]) -> dict[str, Changes]:
        changes: dict[str, Changes] = {case: {} for case in cases}
        for change in self.runner.plan()["resource_changes"]:
            if change["change"]["actions"] not in (["no-op"], ["read"]):
                pipeline, address = _split(change["address"])
                changes[pipeline][address] = _differences(change["change"])
        return changes


def _split(address: str) -> tuple[str, str]:
    pipeline, _, rest = address.removeprefix('module.case["').partition('"].')
    return pipeline, rest


def _differences(change: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    before, after = change["before"] or {}, change["after"] or {}
    names = {*before, *after, *(change.get("after_unknown") or {})}
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def substituted(cases: Mapping[str, Arguments], names: Mapping[str, str]) -> dict[str, Arguments]:
    """Return arguments in which ``names`` are replaced."""
    text = json.dumps(cases)
    for name, other in names.items():
        text = text.replace(name, other)
    return dict(json.loads(text))
