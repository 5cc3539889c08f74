"""Plans, or applies against a mocked provider, many instances of the module in one call of Terraform.

Terraform takes half a second for each call, and a tenth for one more instance.
"""

import base64
import hashlib
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tftest

from generator import terraform
from generator.spec.examples import ACCOUNT, REGION
from tests.support import shared_provider

TOP = Path(__file__).parents[2]
MODULE = TOP / "module"
PACKAGE = "function.zip"
PACKAGE_CONTENT = b"not read by a plan"
PACKAGE_HASH = base64.b64encode(hashlib.sha256(PACKAGE_CONTENT).digest()).decode()

PROVIDER = {
    "aws": {
        "region": REGION,
        "access_key": "test",
        "secret_key": "test",
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        "skip_requesting_account_id": True,
    }
}
FUNCTION = {
    "function_filename": "${path.module}/" + PACKAGE,
    "function_handler": "handler.handler",
    "function_runtime": "python3.13",
}

# What a mocked provider answers instead of random strings: the shapes of AWS's own values
MOCKS = f"""
mock_provider "aws" {{
  mock_data "aws_partition" {{
    defaults = {{ partition = "aws", dns_suffix = "amazonaws.com" }}
  }}
  mock_data "aws_region" {{
    defaults = {{ id = "{REGION}", name = "{REGION}" }}
  }}
  mock_resource "aws_dynamodb_table" {{
    defaults = {{
      arn        = "arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/new"
      stream_arn = "arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/new/stream/2026-01-01T00:00:00.000"
    }}
  }}
  mock_resource "aws_lambda_function" {{
    defaults = {{ arn = "arn:aws:lambda:{REGION}:{ACCOUNT}:function:new" }}
  }}
  mock_resource "aws_lambda_alias" {{
    defaults = {{ arn = "arn:aws:lambda:{REGION}:{ACCOUNT}:function:new:live" }}
  }}
  mock_resource "aws_sqs_queue" {{
    defaults = {{
      arn = "arn:aws:sqs:{REGION}:{ACCOUNT}:new-dlq"
      url = "https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/new-dlq"
    }}
  }}
  mock_resource "aws_iam_role" {{
    defaults = {{ arn = "arn:aws:iam::{ACCOUNT}:role/new" }}
  }}
  mock_resource "aws_cloudwatch_log_group" {{
    defaults = {{ arn = "arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/new" }}
  }}
}}

run "all" {{
  command = apply
}}
"""

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Instance:
    """One instance of the module, planned or applied: its resources by their address within it."""

    resources: Mapping[str, Mapping[str, Any]]
    unknown: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)

    def __contains__(self, address: str) -> bool:
        return address in self.resources

    def __getitem__(self, address: str) -> Mapping[str, Any]:
        return self.resources[address]

    def get(self, address: str, path: str = "") -> Any:  # noqa: ANN401
        """Return a resource's value at a dotted path, ``None`` where there is none."""
        value: Any = self.resources.get(address)
        for step in filter(None, path.split(".")):
            if value is None or (isinstance(value, list) and int(step) >= len(value)):
                return None
            value = value[int(step)] if isinstance(value, list) else value.get(step)
        return value

    def types(self) -> set[str]:
        """Return the types of the resources that there are."""
        return {address.split(".")[0] for address in self.resources}

    def statements(self) -> dict[str, dict[str, Any]]:
        """Return the statements that the role needs by their ids; the outputs must be known."""
        document = json.loads(self.outputs["role_policy"])
        return {statement["Sid"]: statement for statement in document["Statement"]}


def arguments(case: str, given: Arguments) -> dict[str, Any]:
    """Return the arguments of one case: those that every case needs, overridden; ``None`` leaves one out."""
    merged = {"name": case.replace("_", "-"), **FUNCTION, **given}
    return {name: value for name, value in merged.items() if value is not None}


def each(cases: Mapping[str, Arguments], source: str = "./module", block: str = "case") -> dict[str, Any]:
    """Return the parts of a root module with one instance a case, as one block with ``for_each``.

    Terraform's graph then holds the module once: a block for each case would cost four times as much.
    """
    given = {case: arguments(case, case_arguments) for case, case_arguments in cases.items()}
    names = sorted({name for case_arguments in given.values() for name in case_arguments})
    return {
        "locals": {f"{block}_arguments": given},
        "module": {
            block: {
                "source": source,
                "for_each": f"${{local.{block}_arguments}}",
                **{name: f"${{try(each.value.{name}, null)}}" for name in names},
            }
        },
    }


def blocks(cases: Mapping[str, Arguments], source: str = "./module") -> dict[str, Any]:
    """Return the parts of a root module with one block a case, where a message must name its block."""
    return {"module": {case: {"source": source, **arguments(case, given)} for case, given in cases.items()}}


def write_root(folder: Path, root: Mapping[str, Any], module: Path = MODULE, *, offline: bool = True) -> None:
    """Write a root module, the module that it calls and the package that its functions name into a folder."""
    root = {**root, "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}}}
    if offline:
        root["provider"] = PROVIDER
    (folder / "main.tf.json").write_text(json.dumps(root, indent=1))
    for package in (PACKAGE, "other.zip"):
        (folder / package).write_bytes(PACKAGE_CONTENT)
    # A source within the root is read in place; an absolute path would be copied once for every block
    if not (folder / "module").exists():
        (folder / "module").symlink_to(module)


def run(
    folder: Path, *words: str, check: bool = True, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Terraform in a folder and return what it said."""
    done = subprocess.run(
        [terraform.binary(), *words],
        cwd=folder,
        env=environment or shared_provider.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, (done.stdout + done.stderr)[:3000]
    return done


def plan(folder: Path, **options: Any) -> dict[str, Any]:  # noqa: ANN401
    """Initialize and plan the root module in a folder through tftest and return the plan as JSON."""
    test = tftest.TerraformTest(str(folder), binary=str(options.pop("binary", terraform.binary())))
    test.env = options.pop("environment", None) or shared_provider.environment()
    test.execute_command("init", "-input=false", "-no-color")
    test.execute_command("plan", "-input=false", "-no-color", "-out=tfplan")
    return dict(json.loads(test.execute_command("show", "-no-color", "-json", "tfplan").out))


def plan_instances(cases: Mapping[str, Arguments], folder: Path) -> dict[str, Instance]:
    """Plan one instance of the module a case, all at once, with the real provider."""
    write_root(folder, each(cases))
    return instances(plan(folder))


def instances(planned: Mapping[str, Any]) -> dict[str, Instance]:
    """Return the module instances of a plan by the key of their case, or by the name of their block."""
    unknown = {
        change["address"]: change["change"].get("after_unknown", {}) for change in planned.get("resource_changes", [])
    }
    return {
        _key(child["address"]): _instance(child, unknown)
        for child in planned["planned_values"]["root_module"].get("child_modules", [])
    }


def _key(address: str) -> str:
    return address.removeprefix("module.").removeprefix("case[").removesuffix("]").strip('"')


def _instance(child: Mapping[str, Any], unknown: Mapping[str, Any]) -> Instance:
    prefix = child["address"] + "."
    managed = [resource for resource in child.get("resources", []) if resource["mode"] == "managed"]
    return Instance(
        resources={resource["address"].removeprefix(prefix): resource.get("values", {}) for resource in managed},
        unknown={
            resource["address"].removeprefix(prefix): unknown.get(resource["address"], {}) for resource in managed
        },
    )


def apply_mocked(cases: Mapping[str, Arguments], folder: Path) -> tuple[dict[str, Any], dict[str, Instance]]:
    """Apply one instance of the module a case against a mocked provider: every policy and ARN is then known.

    Returns the values of the state in the form of a plan's ``planned_values``, and the instances with their outputs.
    """
    write_root(folder, {**each(cases), "output": {"instances": {"value": "${module.case}"}}}, offline=False)
    (folder / "all.tftest.hcl").write_text(MOCKS)
    run(folder, "init", "-input=false", "-no-color")
    said = run(folder, "test", "-json", "-verbose", check=False).stdout
    messages = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    states = [message["test_state"] for message in messages if message["type"] == "test_state"]
    assert states, said[-3000:]
    # OpenTofu nests it as the output of show does
    state = states[0].get("values", states[0])
    outputs = state["outputs"]["instances"]["value"]
    found = {
        key: replace(instance, outputs=outputs[key]) for key, instance in instances({"planned_values": state}).items()
    }
    return {"root_module": state["root_module"]}, found


def refusals(
    groups: Mapping[str, Mapping[str, Arguments]], folder: Path, environment: Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    """Plan every case of every group, all at once, and return the messages that rejected them by variable.

    A group is one block with an instance a case: what fails in one instance keeps Terraform from checking, in all
    instances of its block, the validations that refer to it.
    """
    root: dict[str, Any] = {"locals": {}, "module": {}}
    for group, cases in groups.items():
        part = each(cases, block=group)
        root["locals"] |= part["locals"]
        root["module"] |= part["module"]
    write_root(folder, root)
    found: dict[str, list[str]] = {}
    for error in errors(folder, environment):
        found.setdefault(_validated(error["detail"], folder), []).append(error["detail"])
    return found


def _validated(detail: str, folder: Path) -> str:
    """Return the variable whose validation a message is of, by the place that Terraform names; empty if it is none."""
    place = re.search(r"checked by the validation rule at (\S+\.tf):(\d+)", detail)
    if not place:
        return ""
    lines = (folder / place[1]).read_text().splitlines()[: int(place[2])]
    names: list[str] = re.findall(r'^variable "(\w+)"', "\n".join(lines), re.MULTILINE)
    return names[-1]


def errors(folder: Path, environment: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Initialize and plan the root module in a folder and return the errors as Terraform describes them."""
    run(folder, "init", "-input=false", "-no-color", environment=environment)
    said = run(folder, "plan", "-json", "-input=false", check=False, environment=environment).stdout
    diagnostics = [message.get("diagnostic") for message in map(json.loads, said.splitlines())]
    return [diagnostic for diagnostic in diagnostics if diagnostic and diagnostic["severity"] == "error"]
