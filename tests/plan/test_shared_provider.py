"""Does a shared provider answer as one that Terraform starts?"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import shared_provider
from tests.support.planning import PROVIDER, run

pytestmark = pytest.mark.terraform

REGIONS = ("eu-west-1", "us-east-1", "eu-north-1")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root module with a configuration of the provider for each region."""
    folder = tmp_path_factory.mktemp("root")
    content: dict[str, Any] = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "provider": {"aws": [{**PROVIDER["aws"], "alias": region, "region": region} for region in REGIONS]},
        "data": {"aws_region": {region: {"provider": f"aws.{region}"} for region in REGIONS}},
        "output": {region: {"value": f"${{data.aws_region.{region}.name}}"} for region in REGIONS},
    }
    (folder / "main.tf.json").write_text(json.dumps(content))
    run(folder, "init", "-input=false")
    return folder


def regions(root: Path) -> dict[str, str]:
    """Plan, and return the outputs."""
    run(root, "plan", "-input=false", "-out=tfplan")
    planned = json.loads(run(root, "show", "-json", "tfplan").stdout)
    return {name: output["value"] for name, output in planned["planned_values"]["outputs"].items()}


def test_each_configuration_has_a_process_of_its_own(root: Path) -> None:
    assert regions(root) == {region: region for region in REGIONS}


def test_later_commands_start_no_process(root: Path) -> None:
    regions(root)
    before = shared_provider.processes()
    assert regions(root) == {region: region for region in REGIONS}
    assert shared_provider.processes() == before


def test_only_types_that_the_project_names_have_schemas(root: Path) -> None:
    (found,) = json.loads(run(root, "providers", "schema", "-json").stdout)["provider_schemas"].values()
    assert {"aws_dynamodb_table", "aws_lambda_event_source_mapping"} <= found["resource_schemas"].keys()
    assert "aws_region" in found["data_source_schemas"]
    assert len(found["resource_schemas"]) < 200


def test_error_of_the_provider_arrives(root: Path, tmp_path: Path) -> None:
    content = json.loads((root / "main.tf.json").read_text())
    content["resource"] = {"aws_sqs_queue": {"one": {"provider": "aws.us-east-1", "delay_seconds": 901}}}
    (tmp_path / "main.tf.json").write_text(json.dumps(content))
    run(tmp_path, "init", "-input=false")
    said = run(tmp_path, "validate", "-no-color", check=False)
    assert "expected delay_seconds to be in the range (0 - 900), got 901" in " ".join(
        said.stderr.replace("│", "").split()
    )
