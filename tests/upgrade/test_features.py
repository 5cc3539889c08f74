"""Does the module leave alone what 1.0.0 deploys with every argument?

Version 1.0.0 is planned with the example of each variable. What it plans becomes a state, with the recorded values
of what AWS computes, and the present module plans against it.
"""

import json
import shutil
from collections.abc import Mapping
from typing import Any

import pytest

from generator.spec import MODULE
from generator.spec.model import FIRST_VERSION
from tests.support import shared_provider
from tests.support.planning import TOP, each, plan, write_root
from tests.upgrade.record import HERE

pytestmark = pytest.mark.terraform

RELEASED = TOP / "tests" / "compare" / "released" / FIRST_VERSION
CASES = {
    variable.name: {**variable.example_with, "name": "default", variable.name: variable.example}
    for variable in MODULE.variables("5")
    if variable.since == FIRST_VERSION and variable.name != "name"
}
ADDED = {"terraform_data.region", "aws_iam_role_policy.transition[0]"}
SCHEMA_VERSIONS = {"aws_lambda_provisioned_concurrency_config": 1}


def _recorded() -> dict[str, dict[str, Any]]:
    """Return, by type and name, the first recorded instance of each resource."""
    found: dict[str, dict[str, Any]] = {}
    for resource in json.loads((HERE / "1.0.0.json").read_text())["state"]["resources"]:
        found.setdefault(f"{resource['type']}.{resource['name']}", resource)
    return found


def _state(planned: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state that an apply of a plan leaves behind."""
    recorded, resources = _recorded(), []
    for change in planned["resource_changes"]:
        if change["mode"] != "managed":
            continue
        one = recorded.get(f"{change['type']}.{change['name']}", {"instances": [{"attributes": {"id": "none"}}]})
        before = one["instances"][0]
        after = {name: value for name, value in change["change"]["after"].items() if value is not None}
        unknown = change["change"]["after_unknown"]
        computed = {name: before["attributes"].get(name) for name in unknown}
        values = {**computed, **after}
        if change["type"] == "aws_iam_role":
            values["id"] = values["name"]
        if "resource_arn" in values:
            values["resource_arn"] = recorded["aws_dynamodb_table.this"]["instances"][0]["attributes"]["arn"]
        version = before.get("schema_version", SCHEMA_VERSIONS.get(change["type"], 0))
        index = {"index_key": change["index"]} if "index" in change else {}
        resources.append(
            {
                "module": change["module_address"],
                "mode": "managed",
                "type": change["type"],
                "name": change["name"],
                "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
                "instances": [{**index, "schema_version": version, "attributes": values}],
            }
        )
    return {"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "features", "resources": resources}


@pytest.fixture(scope="module")
def changes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[str]]]:
    """Return, by variable, the actions of the upgrade by the addresses within the module."""
    folder = tmp_path_factory.mktemp("features")
    (folder / "module").symlink_to(RELEASED)
    write_root(folder, each(CASES))
    state = _state(plan(folder))
    (folder / "module").unlink()
    # Terraform has stored where the link led
    shutil.rmtree(folder / ".terraform" / "modules")
    write_root(folder, each(CASES))
    (folder / "terraform.tfstate").write_text(json.dumps(state))
    runner = shared_provider.runner(folder)
    runner.init()
    runner.run("plan", "-input=false", "-refresh=false", "-out=upgrade")
    found: dict[str, dict[str, list[str]]] = {name: {} for name in CASES}
    for change in json.loads(runner.run("show", "-json", "upgrade"))["resource_changes"]:
        name, address = change["address"].removeprefix('module.case["').split('"].', 1)
        found[name][address] = change["change"]["actions"]
    return found


@pytest.mark.parametrize("name", CASES)
def test_upgrade_deletes_nothing_and_creates_what_is_documented(
    name: str, changes: Mapping[str, Mapping[str, list[str]]]
) -> None:
    assert {address: done for address, done in changes[name].items() if "delete" in done} == {}
    created = {address for address, done in changes[name].items() if done == ["create"]}
    assert created - {"aws_cloudwatch_metric_alarm.stalled[0]"} == ADDED
