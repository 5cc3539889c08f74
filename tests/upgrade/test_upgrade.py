"""Does the module leave alone what its earlier versions deployed, and what it deployed itself?"""

import json
from pathlib import Path
from typing import Any

import pytest

from generator.render import render_variant
from generator.terraform import Terraform
from tests.profile.variants import of
from tests.support import shared_provider
from tests.support.planning import MODULE, TOP, write_root
from tests.upgrade.record import EMPTY_ZIP, HERE

pytestmark = pytest.mark.terraform

VERSIONS = sorted(path.stem for path in HERE.glob("*.json"))

# Resources that an upgrade creates, by the version before it, with their addresses in the module
ADDED: dict[str, set[str]] = {
    "1.0.0": {"terraform_data.region", "aws_iam_role_policy.transition[0]"},
    "2.0.0": set(),
}


def _deployed(version: str, folder: Path, module: Path = MODULE) -> tuple[dict[str, Any], Terraform]:
    """Write the root module and the state of a version with the present module, and return the root module."""
    recorded = json.loads((HERE / f"{version}.json").read_text())
    write_root(folder, recorded["root"], module)
    for package in folder.glob("*.zip"):
        package.write_bytes(EMPTY_ZIP)
    (folder / "terraform.tfstate").write_text(json.dumps(recorded["state"]))
    runner = shared_provider.runner(folder)
    runner.init()
    return recorded["root"], runner


def _planned(runner: Terraform) -> dict[str, list[str]]:
    """Return the actions of a plan, by the addresses of resources and of data sources that are read late."""
    runner.run("plan", "-input=false", "-refresh=false", "-out=tfplan")
    plan = json.loads(runner.run("show", "-json", "tfplan"))
    return {change["address"]: change["change"]["actions"] for change in plan["resource_changes"]}


@pytest.fixture(scope="module", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Return a version to upgrade from."""
    return str(request.param)


@pytest.fixture(scope="module")
def changes(version: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Return what the present module would do to what a version has deployed."""
    _, runner = _deployed(version, tmp_path_factory.mktemp("upgrade"))
    return _planned(runner)


@pytest.fixture(scope="module")
def behind(version: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Return what an upgraded module would do when a resource changes on which its module block depends."""
    folder = tmp_path_factory.mktemp("behind")
    root, runner = _deployed(version, folder)
    root["resource"] = {"terraform_data": {"other": {"input": 1}}}
    root["module"]["case"]["depends_on"] = ["terraform_data.other"]
    write_root(folder, root)
    # Terraform rejects targets that leave out a resource with a new address
    state = json.loads((folder / "terraform.tfstate").read_text())
    for resource in state["resources"]:
        if (resource["type"], resource["name"]) == ("aws_iam_role_policy", "this"):
            resource["instances"] = [{**one, "index_key": 0} for one in resource["instances"]]
    (folder / "terraform.tfstate").write_text(json.dumps(state))
    # Without AWS, only what Terraform itself stores can be created
    stored = [f"-target={address}" for address in _planned(runner) if "terraform_data." in address]
    runner.run("apply", "-input=false", "-refresh=false", "-auto-approve", *stored)
    root["resource"]["terraform_data"]["other"]["input"] = 2
    write_root(folder, root)
    return _planned(runner)


def test_every_release_is_recorded() -> None:
    assert set(VERSIONS) == {path.name for path in (TOP / "tests/compare/released").iterdir()} == set(ADDED)


def test_nothing_is_replaced_or_deleted(changes: dict[str, list[str]]) -> None:
    assert {address: done for address, done in changes.items() if "delete" in done} == {}


def test_every_resource_is_found_where_it_was(version: str, changes: dict[str, list[str]]) -> None:
    created = {address.split("].", 1)[1] for address, done in changes.items() if "create" in done}
    assert created == ADDED[version]
    assert len(changes) > 30


def test_change_behind_depends_on_replaces_nothing(version: str, behind: dict[str, list[str]]) -> None:
    assert behind["terraform_data.other"] == ["update"]
    assert any("data.aws_region.current" in address for address in behind)
    assert {address: done for address, done in behind.items() if "delete" in done} == {}
    created = {address.split("].", 1)[1] for address, done in behind.items() if "create" in done}
    assert created == ADDED[version] - {"terraform_data.region"}


def test_alias_that_codedeploy_moves_from_now_on_stays(version: str, tmp_path: Path) -> None:
    for name, content in render_variant(of({"lifecycle": {"function_deployment": True}})).items():
        file = tmp_path / "variant" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (tmp_path / "root").mkdir()
    _, runner = _deployed(version, tmp_path / "root", tmp_path / "variant")
    done = _planned(runner)
    assert {address: actions for address, actions in done.items() if "delete" in actions} == {}
    assert done['module.case["many"].aws_lambda_alias.this[0]'] == ["no-op"]
    created = {address.split("].", 1)[1] for address, actions in done.items() if "create" in actions}
    assert created == ADDED[version] | {
        "aws_codedeploy_app.this[0]",
        "aws_codedeploy_deployment_group.this[0]",
        "aws_iam_role.deployment[0]",
        "aws_iam_role_policy.deployment[0]",
    }
