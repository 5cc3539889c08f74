"""Does the module leave alone what its earlier versions deployed?"""

import json
from typing import Any

import pytest

from generator.terraform import Terraform
from tests.support.planning import write_root
from tests.upgrade.record import EMPTY_ZIP, HERE

pytestmark = pytest.mark.terraform

VERSIONS = sorted(path.stem for path in HERE.glob("*.json"))


@pytest.fixture(scope="module", params=VERSIONS)
def changes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the present module would do to what a version has deployed."""
    recorded = json.loads((HERE / f"{request.param}.json").read_text())
    folder = tmp_path_factory.mktemp("upgrade")
    write_root(folder, recorded["root"])
    for package in folder.glob("*.zip"):
        package.write_bytes(EMPTY_ZIP)
    (folder / "terraform.tfstate").write_text(json.dumps(recorded["state"]))
    runner = Terraform(folder)
    runner.init()
    runner.run("plan", "-input=false", "-refresh=false", "-out=tfplan")
    plan = json.loads(runner.run("show", "-json", "tfplan"))
    return {change["address"]: change["change"]["actions"] for change in plan["resource_changes"]}


def test_there_is_a_version_to_upgrade_from() -> None:
    assert "1.0.0" in VERSIONS


def test_nothing_is_replaced_or_deleted(changes: dict[str, Any]) -> None:
    assert {address: done for address, done in changes.items() if "delete" in done} == {}


def test_every_resource_is_found_where_it_was(changes: dict[str, Any]) -> None:
    assert {address: done for address, done in changes.items() if "create" in done} == {}
    assert len(changes) > 30
