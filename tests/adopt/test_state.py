"""Does a plan move the resources of a state into the module, without recreating anything?"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from generator import literals, terraform
from generator.adopt import state, writing
from generator.adopt.choices import choose
from generator.cli import cli
from generator.errors import UsageError
from generator.local import emulator
from generator.terraform import Terraform
from tests.adopt.pipelines import package
from tests.adopt.recorded import TRUST
from tests.adopt.test_adopt import COMPUTED, changed
from tests.support import shared_provider

ROOTS = Path(__file__).parent / "roots"
NAMES = sorted(path.name for path in ROOTS.iterdir())
VERSIONS = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "eu-west-1"
}
"""


@dataclass
class Moved:
    """A report, and the changes of the plans before and after its apply by their addresses."""

    report: Mapping[str, Any]
    first: Mapping[str, Mapping[str, Any]]
    second: Mapping[str, Mapping[str, Any]]

    def within(self) -> dict[str, Mapping[str, Any]]:
        """Return the changes in the first plan by their addresses within the module."""
        prefix = f"module.{self.report['module']}."
        return {
            address.removeprefix(prefix): change for address, change in self.first.items() if address.startswith(prefix)
        }


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Moved]]:
    found = {}
    with emulator.running("ministack") as aws:
        for name in NAMES:
            folder = tmp_path_factory.mktemp(name)
            shutil.copytree(ROOTS / name, folder, dirs_exist_ok=True)
            (folder / "function.zip").write_bytes(package())
            terraform.local(folder)
            runner = shared_provider.runner(folder, aws)
            runner.init()
            runner.apply()
            # What the report asks for: the configuration of the resources is gone
            (folder / "main.tf").write_text(VERSIONS)
            given = ["adopt", "--state", str(folder / "terraform.tfstate"), "-o", str(folder), "--json"]
            ran = CliRunner().invoke(cli, given, catch_exceptions=False)
            assert ran.exit_code == 0, ran.output
            runner.init()
            first = _changes(runner)
            runner.apply()
            found[name] = Moved(json.loads(ran.output), first, _changes(runner))
        yield found


def _changes(runner: Terraform) -> dict[str, Mapping[str, Any]]:
    changes = runner.plan().get("resource_changes", [])
    return {
        each["address"]: {**each["change"], "previous": each.get("previous_address")}
        for each in changes
        if each["mode"] == "managed"
    }


@pytest.mark.emulator
@pytest.mark.terraform
@pytest.mark.parametrize("root", NAMES)
def test_plan_moves_what_exists_and_recreates_nothing(root: str, moved: Mapping[str, Moved]) -> None:
    one = moved[root]
    previous = {address: change["previous"] for address, change in one.within().items() if change["previous"]}
    assert previous == one.report["moves"]
    created = {address for address, change in one.within().items() if change["actions"] == ["create"]}
    assert created == set(one.report["creates"])
    actions = {tuple(change["actions"]) for change in one.first.values()}
    assert actions <= {("no-op",), ("update",), ("create",), ("forget",)}


@pytest.mark.emulator
@pytest.mark.terraform
@pytest.mark.parametrize("root", NAMES)
def test_plan_changes_what_is_announced_and_nothing_else(root: str, moved: Mapping[str, Moved]) -> None:
    announced: dict[str, set[str]] = {}
    for each in moved[root].report["changes"]:
        announced.setdefault(each["address"], set()).update(each["attributes"])
    found = {
        address: changed(change) - COMPUTED
        for address, change in moved[root].within().items()
        if change["actions"] == ["update"]
    }
    assert found == {address: attributes - COMPUTED for address, attributes in announced.items()}


@pytest.mark.emulator
@pytest.mark.terraform
@pytest.mark.parametrize("root", NAMES)
def test_second_plan_is_empty(root: str, moved: Mapping[str, Moved]) -> None:
    assert {tuple(change["actions"]) for change in moved[root].second.values()} == {("no-op",)}


# --- files ------------------------------------------------------------------------------------------------------------

STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:orders"


def _resource(kind: str, label: str, /, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - as in a state
    return {"mode": "managed", "type": kind, "name": label, "instances": [{"attributes": values}]}


def _mapping(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - as in a state
    given = {"uuid": "one", "event_source_arn": STREAM, "function_arn": FUNCTION, **values}
    return _resource("aws_lambda_event_source_mapping", given["uuid"], **given)


@pytest.mark.parametrize(
    ("resources", "uuid", "message"),
    [
        pytest.param([], None, "no aws_lambda_event_source_mapping", id="none"),
        pytest.param([_mapping(event_source_arn="arn:aws:kinesis:::x")], None, "no aws_lambda", id="another-source"),
        pytest.param([_mapping(), _mapping(uuid="two")], None, "--mapping: name one .*: one, two", id="several"),
        pytest.param([_mapping()], "two", "--mapping: name one", id="unknown"),
        pytest.param([_mapping(function_arn="orders")], None, "no ARNs of the stream and the function", id="no-arn"),
        pytest.param([_mapping()], None, "not its function orders", id="no-function"),
    ],
)
def test_state_without_one_whole_pipeline_is_rejected(
    resources: list[Any], uuid: str | None, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "terraform.tfstate"
    file.write_text(json.dumps({"version": 4, "resources": resources}))
    with pytest.raises(UsageError, match=message):
        state.read(file, uuid)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"resources": {"a": 1}}', '{"values": []}', '{"resources": [{"mode": 1}]}']
)
def test_file_that_is_not_a_state_is_rejected(text: str, tmp_path: Path) -> None:
    file = tmp_path / "terraform.tfstate"
    file.write_text(text)
    with pytest.raises(UsageError, match="--state"):
        state.read(file, None)


def test_policies_that_are_arguments_are_kept(tmp_path: Path) -> None:
    role = "arn:aws:iam::123456789012:role/orders"
    statement = {"Sid": "Mine", "Effect": "Allow", "Action": "sqs:*", "Principal": "*", "Resource": "*"}
    queue = "arn:aws:sqs:eu-west-1:123456789012:failed"
    resources = [
        _mapping(destination_config=[{"on_failure": [{"destination_arn": queue}]}]),
        _resource("aws_lambda_function", "a", function_name="orders", role=role),
        _resource(
            "aws_iam_role",
            "a",
            name="orders",
            arn=role,
            assume_role_policy=json.dumps(TRUST),
            inline_policy=[{"name": "inline", "policy": "{}"}],
        ),
        _resource("aws_sqs_queue", "a", arn=queue, name="failed", policy=json.dumps({"Statement": [statement]})),
    ]
    file = tmp_path / "terraform.tfstate"
    file.write_text(json.dumps({"version": 4, "resources": resources}))
    deployed = state.read(file, None)
    assert list(deployed.policies) == ["inline"]
    arguments = choose(deployed, "5").arguments
    assert arguments["dead_letter_queue_policy_statements"] == {
        "Mine": {"actions": ["sqs:*"], "principals": {"AWS": ["*"]}}
    }


def test_what_others_in_the_state_use_stays_a_resource_of_others(tmp_path: Path) -> None:
    role, queue = "arn:aws:iam::123456789012:role/orders", "arn:aws:sqs:eu-west-1:123456789012:failed"
    failures = [{"on_failure": [{"destination_arn": queue}]}]
    resources = [
        _mapping(destination_config=failures),
        _mapping(uuid="two", destination_config=failures),
        _resource("aws_lambda_function", "a", function_name="orders", role=role),
        _resource("aws_lambda_function", "b", function_name="others", role=role),
        _resource("aws_iam_role", "a", name="orders", arn=role, assume_role_policy=json.dumps(TRUST)),
        _resource("aws_sqs_queue", "a", arn=queue, name="failed"),
    ]
    file = tmp_path / "terraform.tfstate"
    file.write_text(json.dumps({"version": 4, "resources": resources}))
    left = choose(state.read(file, "one"), "5").left
    assert left["aws_iam_role.this[0]"] == "aws_lambda_function.b uses it, too"
    assert left["aws_sqs_queue.dead_letter[0]"] == "aws_lambda_event_source_mapping.two uses it, too"


QUEUE = "arn:aws:sqs:eu-west-1:123456789012:failed"
Form = Callable[[list[dict[str, Any]]], dict[str, Any]]


def _pipeline() -> list[dict[str, Any]]:
    return [
        _mapping(destination_config=[{"on_failure": [{"destination_arn": QUEUE}]}]),
        _resource("aws_lambda_function", "a", function_name="orders", role="arn:aws:iam::123456789012:role/orders"),
        _resource("aws_sqs_queue", "a", arn=QUEUE, name="failed"),
    ]


def _written(resources: list[dict[str, Any]]) -> dict[str, Any]:
    return {"version": 4, "resources": resources}


def _shown(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a state as terraform show -json does."""
    found = []
    for each in resources:
        for instance in each["instances"]:
            one = {**each, "address": f"{each['type']}.{each['name']}", "values": instance["attributes"]}
            if "deposed" in instance:
                one["deposed_key"] = instance["deposed"]
            if instance.get("status") == "tainted":
                one["tainted"] = True
            found.append(one)
    return {"format_version": "1.0", "values": {"root_module": {"resources": found}}}


@pytest.mark.parametrize("form", [_written, _shown])
@pytest.mark.parametrize("part", range(3))
def test_tainted_resource_is_an_error(part: int, form: Form, tmp_path: Path) -> None:
    resources = _pipeline()
    resources[part]["instances"][0]["status"] = "tainted"
    file = tmp_path / "state.json"
    file.write_text(json.dumps(form(resources)))
    address = f"{resources[part]['type']}.{resources[part]['name']}"
    with pytest.raises(UsageError, match=f"{address} as tainted, and a plan replaces it. Run terraform untaint"):
        state.read(file, None)


@pytest.mark.parametrize("form", [_written, _shown])
def test_deposed_instance_is_not_part_of_the_pipeline(form: Form, tmp_path: Path) -> None:
    resources = _pipeline()
    for each in resources:
        current = each["instances"][0]["attributes"]
        each["instances"].append({"deposed": "00000001", "attributes": {**current, "old": True}, "status": "tainted"})
    file = tmp_path / "state.json"
    file.write_text(json.dumps(form(resources)))
    deployed = state.read(file, None)
    assert not any(resource.values.get("old") for resource in deployed.resources.values())


@pytest.mark.parametrize("key", ["a", "a]b", 'a"]b', "module.x.", "${a}", "\U0001f600"])
def test_key_of_an_instance_has_any_characters(key: str, tmp_path: Path) -> None:
    resources = _pipeline()
    for each in resources:
        each["instances"][0]["index_key"] = key
    module = f"module.shop[{literals.quoted(key)}]"
    inside = {**_resource("aws_lambda_permission", "b"), "module": module}
    resources[1]["module"] = module
    inside["instances"][0]["index_key"] = key
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"version": 4, "resources": [*resources, inside]}))
    deployed = state.read(file, None)
    assert deployed.mapping.origin == f"aws_lambda_event_source_mapping.one[{literals.quoted(key)}]"
    assert deployed.siblings == [f"{module}.aws_lambda_permission.b[{literals.quoted(key)}]"]
    assert "from = module.shop.aws_lambda_permission.b\n" in writing.removals(deployed.siblings)


@pytest.mark.parametrize(
    ("addresses", "configuration", "notes"),
    [
        (['provider["registry.terraform.io/hashicorp/aws"]'] * 3, "", 0),
        (['provider["registry.terraform.io/hashicorp/aws"].west'] * 3, "aws.west", 0),
        (['module.a.provider["registry.terraform.io/hashicorp/aws"]'] * 3, "", 1),
        (['provider["x/y/aws"]', 'provider["x/y/aws"].west', 'provider["x/y/aws"].west'], "", 1),
    ],
)
def test_module_gets_the_provider_configuration_of_the_resources(
    addresses: list[str], configuration: str, notes: int, tmp_path: Path
) -> None:
    resources = [{**each, "provider": address} for each, address in zip(_pipeline(), addresses, strict=True)]
    file = tmp_path / "state.json"
    file.write_text(json.dumps(_written(resources)))
    deployed = state.read(file, None)
    assert len(deployed.notes) == notes
    line = f"providers = {{ aws = {configuration} }}"
    assert (line in writing.call(choose(deployed, "5"), "./module")) == bool(configuration)


@pytest.mark.parametrize("inner", ["module.first", 'module.first.module.mapping["a"]'])
def test_parts_in_the_module_of_another_pipeline_stay_there(inner: str, tmp_path: Path) -> None:
    table = {"name": "orders", "arn": STREAM.partition("/stream")[0], "stream_arn": STREAM, "stream_enabled": True}
    other = {**_mapping(uuid="other", function_arn=f"{FUNCTION}-other"), "module": inner}
    resources = [*_pipeline(), other, {**_resource("aws_dynamodb_table", "t", **table), "module": "module.first"}]
    file = tmp_path / "state.json"
    file.write_text(json.dumps(_written(resources)))
    deployed = state.read(file, "one")
    assert deployed.siblings == []
    choices = choose(deployed, "5")
    reason = f"it is in the module of {inner}.aws_lambda_event_source_mapping.other"
    assert choices.left["aws_dynamodb_table.this[0]"] == reason
    assert choices.arguments["existing_table"] == {"stream_arn": STREAM}
