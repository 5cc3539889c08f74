"""Applies one configuration after the other to an AWS emulator, and keeps what each apply did."""

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator import terraform
from generator.local.emulator import LocalAws
from generator.terraform.program import call
from tests.local.held import held
from tests.local.recording import Request
from tests.local.replaying import Account, Need, owners
from tests.support import shared_provider
from tests.support.planning import Arguments, each, write_root

PACKAGES = ("function.zip", "other.zip", "third.zip")

Changes = dict[str, dict[str, tuple[Any, Any]]]


@dataclass
class Step:
    """What an apply did, and what was there afterwards.

    ``actions`` are the action of each changed resource by its address within the module, by pipeline. ``next_plan``
    are the attributes, before and after, that the plan of the same configuration would then change. ``held`` is what
    AWS returns about each pipeline. ``gaps`` is what was used by a pipeline while the role did not allow it or while it
    did not exist, and ``left`` what is used like this in the end. ``needed`` are the IDs of the statements of the role
    that were needed until then.
    """

    actions: Mapping[str, Mapping[str, str]]
    next_plan: Mapping[str, Changes]
    held: Mapping[str, dict[str, Any]]
    requests: list[Request]
    gaps: Mapping[str, set[str]]
    left: Mapping[str, set[str]]
    needed: set[str]


class Root:
    """A root module whose instances change from step to step. Takes the emulator, a directory, what is recorded."""

    def __init__(self, aws: LocalAws, folder: Path, recorded: list[Request]) -> None:
        self.aws = aws
        self.folder = folder
        self.recorded = recorded
        self.account = Account()
        self.account.gaps(recorded)
        self.owners: dict[str, str] = {}
        self.runner = shared_provider.runner(folder, aws)

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
        found = {case: held(self.aws, outputs[case]) for case in cases}
        # What a step deletes belongs to the pipeline that had it before
        self.owners |= owners(found)
        gaps, left = (self._by_owner(needs) for needs in (self.account.gaps(requests), self.account.missing()))
        return Step(actions, self.next_plan(cases), found, requests, gaps, left, set(self.account.needed))

    def _by_owner(self, needs: Iterable[Need]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for user, need in needs:
            found[self.owners[user]].add(need)
        return found

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
