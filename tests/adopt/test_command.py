"""What the command writes, and how it ends if it cannot, with answers of AWS that were recorded."""

import base64
import hashlib
import io
import json
import urllib.request
from http.client import IncompleteRead, RemoteDisconnected
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from generator import aws
from generator.cli import cli
from generator.errors import AwsError, OutputFolderError, UsageError
from tests.adopt import recorded
from tests.adopt.recorded import UUID, Change

PACKAGE = b"the package"
CALL = """\
module "orders" {
  source = "./modules/ddb_stream_lambda"

  name              = "orders"
  function_filename = "${path.module}/orders.zip"
  function_handler  = "handler.handler"
  function_runtime  = "python3.13"
  dead_letter_queue_policy_statements = {
    QueueOwnerOnlyAccess = { actions = ["sqs:SendMessage"], principals = { AWS = ["arn:aws:iam::123456789012:root"] } }
  }
}
"""


def run(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *words: str,
    change: Change | None = None,
    download: io.BytesIO | None = None,
) -> Result:
    """Run the command against the recorded answers, with a package that has the hash of the function."""

    def with_package(answers: dict[str, Any]) -> None:
        digest = base64.b64encode(hashlib.sha256(PACKAGE).digest()).decode()
        answers["lambda.get_function"]["Configuration"]["CodeSha256"] = digest
        if change:
            change(answers)

    client = recorded.answers(with_package).client
    monkeypatch.setattr(aws, "connect", lambda *_arguments: client)
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_arguments, **_options: download or io.BytesIO(PACKAGE))
    return CliRunner().invoke(cli, ["adopt", "-o", str(folder), *words])


def test_root_module_has_the_call_the_imports_the_package_and_the_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(tmp_path / "new", monkeypatch, "--mapping", UUID).exit_code == 0
    written = {path.name for path in (tmp_path / "new").iterdir()}
    assert written == {"orders.tf", "orders_imports.tf", "orders.zip", "versions.tf", "modules"}
    assert (tmp_path / "new" / "orders.tf").read_text() == CALL
    assert (tmp_path / "new" / "orders.zip").read_bytes() == PACKAGE
    imports = (tmp_path / "new" / "orders_imports.tf").read_text()
    assert 'import {\n  to = module.orders.aws_dynamodb_table.this[0]\n  id = "orders"\n}\n' in imports
    assert (tmp_path / "new" / "modules" / "ddb_stream_lambda" / "table.tf").is_file()


def test_second_pipeline_shares_the_module_the_provider_and_what_the_first_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(tmp_path, monkeypatch, "--mapping", UUID).exit_code == 0
    versions = (tmp_path / "versions.tf").stat().st_mtime_ns
    other = UUID.replace("1", "9")
    ran = run(tmp_path, monkeypatch, "--mapping", other, "--name", "more", "--json")
    assert (tmp_path / "more.tf").is_file()
    assert (tmp_path / "versions.tf").stat().st_mtime_ns == versions
    report = json.loads(ran.output)
    assert set(report["not_taken_over"].values()) == {"module.orders takes it over"}
    assert {"existing_table", "existing_function", "on_failure_destination"} <= set(report["arguments"])
    assert report["imports"] == {"aws_lambda_event_source_mapping.this": other}


def test_mapping_is_not_taken_over_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(tmp_path, monkeypatch, "--mapping", UUID).exit_code == 0
    ran = run(tmp_path, monkeypatch, "--mapping", UUID, "--name", "more")
    assert isinstance(ran.exception, UsageError)
    assert str(ran.exception) == f"--mapping: module.orders takes the mapping over already, in {tmp_path}."
    assert not (tmp_path / "more.tf").exists()


def test_existing_file_is_kept_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "orders.tf").write_text("mine")
    ran = run(tmp_path, monkeypatch, "--mapping", UUID)
    assert isinstance(ran.exception, OutputFolderError)
    assert [path.name for path in tmp_path.iterdir()] == ["orders.tf"]
    assert (tmp_path / "orders.tf").read_text() == "mine"


def test_nothing_is_left_if_a_file_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "modules").write_text("a file")
    ran = run(tmp_path, monkeypatch, "--mapping", UUID)
    assert isinstance(ran.exception, OutputFolderError)
    assert [path.name for path in tmp_path.iterdir()] == ["modules"]


def test_copy_of_the_module_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(tmp_path, monkeypatch, "--mapping", UUID).exit_code == 0
    missing = tmp_path / "modules" / "ddb_stream_lambda" / "table.tf"
    for path in (missing, *tmp_path.glob("orders*")):
        path.unlink()
    assert run(tmp_path, monkeypatch, "--mapping", UUID).exit_code == 0
    assert missing.is_file()


def test_other_copy_of_the_module_is_an_error_unless_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(tmp_path, monkeypatch, "--mapping", UUID).exit_code == 0
    more = ("--mapping", UUID.replace("1", "9"), "--name", "more", "--provider", "6")
    ran = run(tmp_path, monkeypatch, *more)
    assert isinstance(ran.exception, OutputFolderError)
    assert "this copy of the module is another one" in str(ran.exception)
    assert not (tmp_path / "more.tf").exists()
    assert run(tmp_path, monkeypatch, *more, "--source", "./modules/ddb_stream_lambda").exit_code == 0


@pytest.mark.parametrize("error", [IncompleteRead(b"a", 9), RemoteDisconnected("closed"), TimeoutError("timed out")])
def test_interrupted_download_is_an_error_of_one_line(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise error

    ran = run(tmp_path / "new", monkeypatch, "--mapping", UUID, download=Broken())
    assert isinstance(ran.exception, AwsError)
    assert "The package of orders cannot be downloaded: " in str(ran.exception)
    assert not (tmp_path / "new").exists()


def test_package_that_is_not_the_deployed_one_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(answers: dict[str, Any]) -> None:
        answers["lambda.get_function"]["Configuration"]["CodeSha256"] = "another"

    ran = run(tmp_path, monkeypatch, "--mapping", UUID, change=change)
    assert isinstance(ran.exception, AwsError)
    assert list(tmp_path.iterdir()) == []


def test_image_needs_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:1"

    def change(answers: dict[str, Any]) -> None:
        function = answers["lambda.get_function"]
        function["Code"] = {"ImageUri": image, "RepositoryType": "ECR"}
        function["Configuration"]["PackageType"] = "Image"
        function["Configuration"]["ImageConfigResponse"] = {"ImageConfig": {"Command": ["app.handler"]}}
        del function["Configuration"]["Handler"], function["Configuration"]["Runtime"]

    ran = run(tmp_path, monkeypatch, "--mapping", UUID, "--json", change=change)
    arguments = json.loads(ran.output)["arguments"]
    assert arguments["function_image_uri"] == image
    assert arguments["function_image_config"] == {"command": ["app.handler"]}
    assert "function_filename" not in arguments


def test_report_names_the_old_policy_and_the_command_that_removes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = run(tmp_path, monkeypatch, "--mapping", UUID).output
    assert "aws iam delete-role-policy --role-name orders-eu-west-1 --policy-name inline" in output


def _stack(answers: dict[str, Any]) -> None:
    physical = {
        "Table": ("AWS::DynamoDB::Table", "orders"),
        "Function": ("AWS::Lambda::Function", "orders"),
        "Role": ("AWS::IAM::Role", "orders-eu-west-1"),
        "Queue": ("AWS::SQS::Queue", recorded.URL),
        "Mapping": ("AWS::Lambda::EventSourceMapping", UUID),
        "Policy": ("AWS::IAM::Policy", "stack-Policy-1"),
        "Api": ("AWS::ApiGateway::RestApi", "orders"),
    }
    answers["cloudformation.list_stack_resources"] = {
        "StackResourceSummaries": [
            {"LogicalResourceId": logical, "ResourceType": kind, "PhysicalResourceId": name}
            for logical, (kind, name) in physical.items()
        ]
    }
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "Role"}]}}
    answers["cloudformation.get_template"] = {"TemplateBody": {"Resources": {"Policy": policy}}}


def test_stack_is_left_in_an_order_that_begins_with_retaining_its_resources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run(tmp_path, monkeypatch, "--stack", "shop", "--json", change=_stack)
    report = json.loads(ran.output)
    assert report["arguments"]["name"] == "shop"
    assert report["steps"][0].endswith("the stack: Function, Mapping, Policy, Queue, Role, Table")
    assert report["steps"][-1] == "Remove these resources from the template, or delete the stack shop"


def test_table_outside_the_stack_stays_a_resource_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(answers: dict[str, Any]) -> None:
        _stack(answers)
        del answers["cloudformation.list_stack_resources"]["StackResourceSummaries"][0]

    report = json.loads(run(tmp_path, monkeypatch, "--stack", "shop", "--json", change=change).output)
    assert report["arguments"]["existing_table"] == {"stream_arn": recorded.STREAM}
    assert report["not_taken_over"]["aws_dynamodb_table.this[0]"] == "the stack shop does not contain it"


def test_resources_that_are_not_in_the_stack_any_more_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(answers: dict[str, Any]) -> None:
        _stack(answers)
        found = answers["cloudformation.list_stack_resources"]["StackResourceSummaries"]
        found[0]["ResourceStatus"] = "DELETE_SKIPPED"
        found[3]["ResourceStatus"] = "DELETE_COMPLETE"
        found += [
            {"LogicalResourceId": "Failed", "ResourceType": "AWS::Lambda::EventSourceMapping"},
            {**found[4], "LogicalResourceId": "Old", "ResourceStatus": "DELETE_COMPLETE"},
        ]

    arn = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/11111111-2222-3333-4444-555555555555"
    report = json.loads(run(tmp_path, monkeypatch, "--stack", arn, "--json", change=change).output)
    assert report["module"] == "shop"
    assert set(report["not_taken_over"].values()) == {"the stack shop does not contain it"}


@pytest.mark.parametrize("function", ["orders", "orders:live", f"{recorded.FUNCTION}:live"])
@pytest.mark.parametrize("table", ["orders", recorded.TABLE])
def test_pipeline_is_found_by_its_table_and_function(
    table: str, function: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(answers: dict[str, Any]) -> None:
        mapping = answers["lambda.get_event_source_mapping"]
        mapping["FunctionArn"] += ":live"
        mappings = [mapping, {**mapping, "FunctionArn": f"{recorded.FUNCTION}-2:live"}]
        answers["lambda.list_event_source_mappings"] = {"EventSourceMappings": mappings}
        answers["lambda.get_alias"] = {"Name": "live", "FunctionVersion": "1"}

    ran = run(tmp_path, monkeypatch, "--table", table, "--function", function, "--json", change=change)
    assert json.loads(ran.output)["imports"]["aws_lambda_event_source_mapping.this"] == UUID


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--mapping: this option, --table"),
        (("--table", "orders"), "--table: this option needs --function, too"),
        (("--function", "orders"), "--function: this option needs --table, too"),
        (("--stack", "a", "--state", "b"), "--state: conflicts with --stack"),
        (("--table", "a", "--function", "b", "--mapping", "c"), "--mapping: conflicts with --table"),
        (("--state", "a", "--region", "eu-west-1"), "--region: this option has no effect with --state"),
        (("--table", "orders", "--function", "orders"), "--table: no event source mapping invokes orders"),
        (("--mapping", UUID, "--name", "x"), "The name value must be"),
        (("--mapping", "orders"), '--mapping: "orders" is not a UUID'),
        (("--stack", "a", "--mapping", f"{UUID}0"), f'--mapping: "{UUID}0" is not a UUID'),
    ],
)
def test_options_that_name_no_pipeline_are_an_error(
    words: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run(tmp_path / "new", monkeypatch, *words)
    assert isinstance(ran.exception, UsageError)
    assert str(ran.exception).startswith(message)
    assert not (tmp_path / "new").exists()


def test_alarms_with_the_names_of_the_module_are_imported_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:alerts"
    alarm = {
        "ActionsEnabled": True,
        "AlarmActions": [topic],
        "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders-errors",
        "EvaluationPeriods": 1,
        "Namespace": "AWS/Lambda",
        "Period": 300,
        "Threshold": 7.0,
        "TreatMissingData": "notBreaching",
    }
    named = [
        {**alarm, "AlarmName": "orders-errors", "MetricName": "Errors"},
        {**alarm, "AlarmName": "orders-throttles", "MetricName": "Duration"},
        {**alarm, "AlarmName": "orders-of-others", "MetricName": "Errors"},
    ]

    def change(answers: dict[str, Any]) -> None:
        answers["cloudwatch.describe_alarms"] = {"MetricAlarms": named}

    report = json.loads(run(tmp_path, monkeypatch, "--mapping", UUID, "--json", change=change).output)
    imported = {address: origin for address, origin in report["imports"].items() if "alarm" in address}
    assert imported == {'aws_cloudwatch_metric_alarm.this["errors"]': "orders-errors"}
    arguments = {name: value for name, value in report["arguments"].items() if name.startswith("alarm")}
    without = ("iterator_age", "throttles", "dead_letters", "failed_deliveries")
    assert arguments == {
        "alarm_actions": [topic],
        "alarm_errors_threshold": 7,
        "alarm_stalled_minutes": 0,
        "alarms": {name: {"enabled": False} for name in without},
    }
