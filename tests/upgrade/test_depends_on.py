"""What does a change elsewhere do to a deployed pipeline whose module block depends on it?

Terraform then reads the data sources of the module late, and does not know what hangs on them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.terraform import Terraform
from tests.support import shared_provider
from tests.support.planning import PROVIDER, write_root
from tests.upgrade.record import EMPTY_ZIP, HERE

pytestmark = pytest.mark.terraform

FORMS = {"for_each": "", "provider alias": "aliased_", "inside another module": "outer.module."}
"""What stands before the names of the module blocks ``case`` and ``unknown``."""

KNOWN, UNKNOWN = "many", "to_sns"
"""The instances that these blocks deploy: ``unknown`` has a topic with an ARN that the plan does not know."""


def _deployed(folder: Path) -> dict[str, Any]:
    """Write the state that 1.0.0 has left behind in every form; return the root module."""
    recorded = json.loads((HERE / "1.0.0.json").read_text())
    root: dict[str, Any] = recorded["root"]
    resources = []
    for resource in recorded["state"]["resources"]:
        for form in FORMS.values():
            provider = resource["provider"] + (".other" if form == "aliased_" else "")
            text = json.dumps({**resource, "provider": provider})
            if resource["module"] == f'module.case["{KNOWN}"]':
                resources.append(json.loads(text.replace("module.case", f"module.{form}case")))
            elif resource["module"] == f'module.case["{UNKNOWN}"]':
                text = text.replace(json.dumps(resource["module"])[1:-1], f"module.{form}unknown")
                resources.append(json.loads(text.replace("module.case", f"module.{form}unknown")))
    topic_arn = root["locals"]["case_arguments"][UNKNOWN]["on_failure_destination"]["arn"]
    instances = {resource["module"] for resource in resources}
    resources += [_stored("region", "eu-west-1", {"module": module}) for module in sorted(instances)]
    resources.append(_stored("other", topic_arn, {}))
    (folder / "terraform.tfstate").write_text(json.dumps({**recorded["state"], "resources": resources}))
    given = root["locals"]["case_arguments"].pop(UNKNOWN)
    root["locals"]["case_arguments"] = {KNOWN: root["locals"]["case_arguments"][KNOWN]}
    topic = given["on_failure_destination"]
    data = {"other": {"input": topic["arn"]}}
    topic["arn"] = "${terraform_data.other.output}"
    blocks = {"case": root["module"]["case"], "unknown": {"source": "./module", **given}}
    behind, alias = {"depends_on": ["terraform_data.other"]}, {"providers": {"aws": "aws.other"}}
    outer = json.loads(json.dumps({"locals": root["locals"], "module": blocks}).replace("./module", "../module"))
    outer["module"]["unknown"]["on_failure_destination"]["arn"] = "${var.topic}"
    (folder / "outer").mkdir()
    (folder / "outer" / "main.tf.json").write_text(json.dumps({**outer, "variable": {"topic": {"type": "string"}}}))
    return {
        **root,
        "resource": {"terraform_data": data},
        "provider": {"aws": [PROVIDER["aws"], {**PROVIDER["aws"], "alias": "other"}]},
        "module": {
            **{name: {**block, **behind} for name, block in blocks.items()},
            **{f"aliased_{name}": {**block, **behind, **alias} for name, block in blocks.items()},
            "outer": {"source": "./outer", "topic": topic["arn"], **behind},
        },
    }


def _stored(name: str, value: str, place: Mapping[str, str]) -> dict[str, Any]:
    """Return a ``terraform_data`` as a state has it."""
    dynamic = {"value": value, "type": "string"}
    attributes = {"id": name, "input": dynamic, "output": dynamic, "triggers_replace": None}
    return {
        **place,
        "mode": "managed",
        "type": "terraform_data",
        "name": name,
        "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}],
    }


Plan = dict[str, tuple[str, ...]]


def _planned(runner: Terraform) -> Plan:
    """Plan without AWS; return the actions and the attributes that become unknown, by address."""
    runner.run("plan", "-input=false", "-refresh=false", "-out=tfplan")
    plan = json.loads(runner.run("show", "-json", "tfplan"))
    return {
        change["address"]: (
            *change["change"]["actions"],
            *(name for name, part in change["change"]["after_unknown"].items() if "true" in json.dumps(part)),
        )
        for change in plan["resource_changes"]
    }


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Plan]:
    """Return the actions by address of two plans: without and with a change of what everything depends on."""
    folder = tmp_path_factory.mktemp("depends_on")
    root = _deployed(folder)
    _write(folder, root)
    runner = shared_provider.runner(folder)
    runner.init()
    unchanged = _planned(runner)
    root["resource"]["terraform_data"]["other"]["triggers_replace"] = "changed"
    _write(folder, root)
    return unchanged, _planned(runner)


def _write(folder: Path, root: Mapping[str, Any]) -> None:
    write_root(folder, root, offline=False)
    for directory in (folder, folder / "outer"):
        for package in folder.glob("*.zip"):
            (directory / package.name).write_bytes(EMPTY_ZIP)


def _changed(form: str, block: str, plans: tuple[Plan, Plan]) -> Plan:
    """Return what is planned because of the change, by the addresses within an instance."""
    prefixes = tuple(f"module.{FORMS[form]}{block}{end}" for end in "[.")
    later = {address: actions for address, actions in plans[1].items() if address.startswith(prefixes)}
    assert len(later) > 5
    return {
        address.partition(block)[2].partition(".")[2]: actions
        for address, actions in later.items()
        if actions != plans[0].get(address)
    }


@pytest.mark.parametrize("form", FORMS)
def test_known_arguments_change_nothing_but_the_dashboard(form: str, plans: tuple[Plan, Plan]) -> None:
    changed = _changed(form, "case", plans)
    read = {address for address, planned in changed.items() if planned[0] == "read"}
    assert read == {"data.aws_region.current", "data.aws_partition.current"}
    # Its graphs name the Region
    assert {address: changed[address] for address in changed.keys() - read} == {
        "aws_cloudwatch_dashboard.this[0]": ("update", "dashboard_body")
    }


@pytest.mark.parametrize("form", FORMS)
def test_unknown_arn_updates_what_uses_it(form: str, plans: tuple[Plan, Plan]) -> None:
    changed = _changed(form, "unknown", plans)
    actions = {address: planned[:2] for address, planned in changed.items() if planned[0] != "read"}
    assert actions == {
        "aws_iam_role_policy.this[0]": ("update", "policy"),
        "aws_iam_role_policy.transition[0]": ("create", "id"),
        "aws_lambda_event_source_mapping.this": ("update", "destination_config"),
    }
