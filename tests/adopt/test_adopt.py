"""Does a plan take over what others deployed, without recreating anything, and change only what was announced?"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from generator import terraform
from generator.cli import cli
from generator.local import emulator
from generator.local.emulator import LocalAws
from tests.adopt import pipelines
from tests.support import shared_provider

NAMES = (
    "as_the_module",
    "by_hand",
    "existing_parts",
    "sam",
    *sorted(path.stem for path in pipelines.TEMPLATES.glob("*.json")),
)
COMPUTED = {"arn", "id", "last_modified", "version", "qualified_arn", "qualified_invoke_arn", "publish"}


@dataclass
class Adopted:
    """The reports by pipeline, the changes of the first plan, those of the second, and the deployed code before."""

    reports: Mapping[str, Mapping[str, Any]]
    first: list[Mapping[str, Any]]
    second: list[Mapping[str, Any]]
    folder: Path

    def changes(self, pipeline: str) -> dict[str, Mapping[str, Any]]:
        """Return the changes of the resources of a pipeline by their addresses within the module."""
        prefix = f"module.{self.reports[pipeline]['module']}."
        return {
            each["address"].removeprefix(prefix): each["change"]
            for each in self.first
            if each["address"].startswith(prefix) and each["mode"] == "managed"
        }


def deploy(aws: LocalAws) -> dict[str, dict[str, str]]:
    """Deploy all pipelines, and return the options that name them."""
    bucket = pipelines.bootstrap(aws)
    existing = pipelines.table(aws, "existing-table")
    return {
        "as_the_module": pipelines.as_the_module(aws, "orders"),
        "by_hand": pipelines.by_hand(aws),
        "existing_parts": pipelines.existing_parts(aws),
        "sam": pipelines.as_sam(aws, bucket),
        **{
            path.stem: pipelines.of_construct(aws, path, bucket, existing)
            for path in sorted(pipelines.TEMPLATES.glob("*.json"))
        },
    }


def adopt(aws: LocalAws, folder: Path, options: Mapping[str, str]) -> dict[str, Any]:
    """Run the command, and return its report."""
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    variables = {name: None for name in os.environ if name.startswith("AWS_")} | aws.variables({})
    ran = CliRunner().invoke(cli, ["adopt", *words, "-o", str(folder), "--json"], env=variables, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return dict(json.loads(ran.output))


@pytest.fixture(scope="module")
def adopted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adopted]:
    folder = tmp_path_factory.mktemp("adopted")
    with emulator.running("ministack") as aws:
        options = deploy(aws)
        options["existing_parts"].pop("mapping")
        reports = {name: adopt(aws, folder, given) for name, given in options.items()}
        terraform.local(folder)
        runner = shared_provider.runner(folder, aws)
        runner.init()
        first = runner.plan()["resource_changes"]
        runner.apply()
        yield Adopted(reports, first, runner.plan()["resource_changes"], folder)


pytestmark = [pytest.mark.emulator, pytest.mark.terraform]


@pytest.mark.parametrize("pipeline", NAMES)
def test_plan_imports_what_exists_and_recreates_nothing(pipeline: str, adopted: Adopted) -> None:
    changes = adopted.changes(pipeline)
    report = adopted.reports[pipeline]
    imported = {address: change["importing"]["id"] for address, change in changes.items() if "importing" in change}
    assert imported == report["imports"]
    created = {address for address, change in changes.items() if change["actions"] == ["create"]}
    assert created == set(report["creates"])
    others = {address: change["actions"] for address, change in changes.items() if address not in created}
    assert {tuple(actions) for actions in others.values()} <= {("no-op",), ("update",)}, others


@pytest.mark.parametrize("pipeline", NAMES)
def test_plan_changes_what_is_announced_and_nothing_else(pipeline: str, adopted: Adopted) -> None:
    announced: dict[str, set[str]] = {}
    for each in adopted.reports[pipeline]["changes"]:
        announced.setdefault(each["address"], set()).update(each["attributes"])
    found = {
        address: changed(change) - COMPUTED
        for address, change in adopted.changes(pipeline).items()
        if change["actions"] == ["update"]
    }
    assert found == {address: attributes - COMPUTED for address, attributes in announced.items()}


def changed(change: Mapping[str, Any]) -> set[str]:
    """Return the attributes that a change sets to another value, or to one that is not known."""
    before, after, unknown = change["before"], change["after"], change["after_unknown"]
    return {
        name for name in {*before, *after, *unknown} if before.get(name) != after.get(name) or unknown.get(name) is True
    }


def test_second_plan_is_empty(adopted: Adopted) -> None:
    actions = {each["address"]: each["change"]["actions"] for each in adopted.second if each["mode"] == "managed"}
    assert {address: each for address, each in actions.items() if each != ["no-op"]} == {}
