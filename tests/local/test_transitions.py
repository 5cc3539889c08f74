"""Does a change of a deployed table reach AWS, and is the next plan empty?"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from generator import terraform
from generator.local import emulator
from generator.terraform import Terraform
from tests.support.planning import PACKAGE, each, write_root
from tests.upgrade.record import EMPTY_ZIP

pytestmark = [pytest.mark.terraform, pytest.mark.slow]

STEPS: dict[str, dict[str, Any]] = {
    "set": {
        "table_ttl_attribute": "expires",
        "table_point_in_time_recovery_days": 7,
        "table_on_demand_throughput": {"max_read_request_units": 1000, "max_write_request_units": 500},
    },
    "off": {
        "table_ttl_attribute": "expires",
        "table_ttl_enabled": False,
        "table_on_demand_throughput": {},
    },
    "on again": {"table_ttl_attribute": "expires", "table_on_demand_throughput": {"max_write_request_units": 5}},
}
NO_MAXIMUM = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, dict[str, Any]]]:
    """Return what AWS has of the table after each step, with the actions of the plan that follows."""
    folder = tmp_path_factory.mktemp("transitions")
    with emulator.running("ministack") as aws:
        yield {name: _apply(aws, folder, given) for name, given in STEPS.items()}


def _apply(aws: emulator.LocalAws, folder: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    write_root(folder, each({"orders": given}), offline=False)
    (folder / PACKAGE).write_bytes(EMPTY_ZIP)
    terraform.local(folder)
    runner = Terraform(folder, variables=aws.variables(terraform.environment()))
    runner.init()
    runner.run("plan", "-input=false", "-out=tfplan")
    planned = json.loads(runner.run("show", "-json", "tfplan"))
    runner.apply()
    client = aws.client("dynamodb")
    backups = client.describe_continuous_backups(TableName="orders")["ContinuousBackupsDescription"]
    return {
        "actions": {tuple(change["change"]["actions"]) for change in planned["resource_changes"]},
        "ttl": client.describe_time_to_live(TableName="orders")["TimeToLiveDescription"]["TimeToLiveStatus"],
        "days": backups["PointInTimeRecoveryDescription"].get("RecoveryPeriodInDays"),
        "maximum": client.describe_table(TableName="orders")["Table"].get("OnDemandThroughput", NO_MAXIMUM),
        "next": [
            change["address"]
            for change in runner.plan()["resource_changes"]
            if change["change"]["actions"] not in (["no-op"], ["read"])
        ],
    }


def test_nothing_is_replaced(steps: Mapping[str, dict[str, Any]]) -> None:
    assert not any("delete" in actions for step in steps.values() for actions in step["actions"])


@pytest.mark.parametrize("name", STEPS)
def test_next_plan_is_empty(name: str, steps: Mapping[str, dict[str, Any]]) -> None:
    assert steps[name]["next"] == []


def test_ttl_is_turned_off_and_on_again(steps: Mapping[str, dict[str, Any]]) -> None:
    assert [step["ttl"] for step in steps.values()] == ["ENABLED", "DISABLED", "ENABLED"]


def test_recovery_period_returns_to_its_default(steps: Mapping[str, dict[str, Any]]) -> None:
    assert [step["days"] for step in steps.values()] == [7, 35, 35]


def test_maximum_throughput_is_removed(steps: Mapping[str, dict[str, Any]]) -> None:
    assert [step["maximum"] for step in steps.values()] == [
        {"MaxReadRequestUnits": 1000, "MaxWriteRequestUnits": 500},
        NO_MAXIMUM,
        {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 5},
    ]
