"""Does a pipeline whose alias CodeDeploy moves work from its first apply to its last, with deploy between them?

The example is applied to an emulator. CodeDeploy is a server of the tests, which moves the alias of the emulator.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from generator import cli, deploy, package, terraform
from generator.aws import connect
from generator.errors import DeploymentError
from generator.local import emulator
from generator.local.emulator import LocalAws
from generator.spec.examples import ROLE_ARN
from generator.terraform import Terraform
from tests.local import resources
from tests.support import shared_provider
from tests.support.codedeploy import CodeDeploy, InLambda, appspec, serving
from tests.support.examples import build_variants
from tests.support.planning import TOP

pytestmark = [pytest.mark.emulator, pytest.mark.terraform]

_PLAIN = """
module "ddb_stream_lambda" {
  source = "../../module"

  name                         = "orders"
  function_filename            = "${path.module}/../../dist/stream_handler.zip"
  function_handler             = "handler.handler"
  function_runtime             = "python3.13"
  function_alias               = "live"
  event_source_metrics_enabled = true
  alarms_enabled               = true

  function_environment = {
    RELEASE = var.release
  }
}
"""
"""The example with a plain alias of the complete module."""


@dataclass
class Pipeline:
    """The root module of the example, the emulator and the service; what each step of the journey saw."""

    aws: LocalAws
    service: CodeDeploy
    folder: Path
    runner: Terraform
    seen: dict[str, Any] = field(default_factory=dict)

    def plan(self, *arguments: str) -> dict[str, list[str]]:
        """Plan, and return the actions by address in the module, without what stays as it is; outputs, too.

        The emulator returns half of an alarm (``differences.py``).
        """
        file = self.folder / "tfplan"
        self.runner.run("plan", "-no-color", "-input=false", f"-out={file}", *arguments)
        plan = self.runner.show(str(file))
        found = {
            change["address"].partition("ddb_stream_lambda.")[2]: change["change"]["actions"]
            for change in plan["resource_changes"]
            if change["change"]["actions"] not in (["no-op"], ["read"])
        }
        outputs = plan.get("output_changes", {}).items()
        found |= {f"output.{name}": change["actions"] for name, change in outputs if change["actions"] != ["no-op"]}
        return {name: actions for name, actions in found.items() if not name.startswith("aws_cloudwatch_metric_alarm")}

    def apply(self, *arguments: str) -> dict[str, list[str]]:
        """Plan and apply, and return the actions."""
        actions = self.plan(*arguments)
        self.runner.run("apply", "-no-color", "-input=false", str(self.folder / "tfplan"))
        return actions

    def alias(self) -> tuple[str, dict[str, float]]:
        return InLambda(self.aws.client("lambda")).read("orders", "live")

    def deploy(self, *more: str) -> int:
        """Call the command, and return its exit code."""
        with pytest.raises(SystemExit) as ended:
            cli.main(["deploy", "--state", str(self.folder / "terraform.tfstate"), *more])
        return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    project = tmp_path_factory.mktemp("project")
    (project / "module").symlink_to(TOP / "module")
    build_variants(project)
    folder = project / "examples/safe_deployment"
    shutil.copytree(TOP / "examples/safe_deployment", folder, ignore=shutil.ignore_patterns(".terraform*", "*tfstate*"))
    package.package(TOP / "lambda_src/stream_handler", project / "dist/stream_handler.zip")
    terraform.local(folder)
    with emulator.running("ministack") as aws:
        service = CodeDeploy(InLambda(aws.client("lambda")))
        with serving(service) as url, pytest.MonkeyPatch.context() as patch:
            variables = aws.variables(os.environ) | {"AWS_ENDPOINT_URL_CODEDEPLOY": url}
            for name, value in variables.items():
                patch.setenv(name, value)
            patch.setattr(deploy, "_POLL_SECONDS", 0)
            runner = Terraform(folder, variables=shared_provider.environment(variables | _terraform_only(), folder))
            yield Pipeline(aws, service, folder, runner)


def _terraform_only() -> dict[str, str]:
    return {name: value for name, value in terraform.environment().items() if name.startswith("TF_")}


@pytest.fixture(scope="module")
def journey(pipeline: Pipeline) -> Pipeline:
    """Take the pipeline from a plain alias over deployments to a plain alias, and keep what each step saw."""
    seen, service = pipeline.seen, pipeline.service
    example = (pipeline.folder / "main.tf").read_text()

    outputs = pipeline.folder / "outputs.tf"
    output = outputs.read_text()
    outputs.unlink()
    (pipeline.folder / "main.tf").write_text(_PLAIN)
    pipeline.runner.init()
    pipeline.apply()

    (pipeline.folder / "main.tf").write_text(example)
    outputs.write_text(output)
    pipeline.runner.init()
    seen["on"] = pipeline.apply()
    seen["after on"] = pipeline.plan()
    seen["first deploy"] = (pipeline.deploy(), [name for name, _ in service.requests if name == "CreateDeployment"])

    seen["release 2"] = pipeline.apply("-var=release=2")
    seen["before"] = pipeline.alias()
    # The first step of the deployment, and plans while it waits
    wanted = deploy.in_state(pipeline.folder / "terraform.tfstate")
    seen["wanted"] = wanted
    deployer = deploy.Deployer(connect(), wanted)
    deployer.start()
    service.call("GetDeployment", {"deploymentId": deployer.id})
    seen["in progress"] = pipeline.alias()
    seen["plan in progress"] = pipeline.plan("-var=release=2")
    example = example.replace("  event_source_metrics", "  event_source_batch_size      = 50\n  event_source_metrics")
    (pipeline.folder / "main.tf").write_text(example)
    seen["apply in progress"] = pipeline.apply("-var=release=2")
    seen["still in progress"] = pipeline.alias()
    seen["deploy 2"] = pipeline.deploy()
    seen["after"] = pipeline.alias()
    seen["plan after"] = pipeline.plan("-var=release=2")

    seen["release 3"] = pipeline.apply("-var=release=3")
    service.alarming = {"3"}
    seen["deploy 3"] = pipeline.deploy()
    seen["rolled back"] = pipeline.alias()

    (pipeline.folder / "main.tf").write_text(example.replace("= 20", "= 25"))
    seen["configuration"] = pipeline.apply("-var=release=3")
    seen["configurations"] = list(service.configurations)

    outputs.unlink()
    (pipeline.folder / "main.tf").write_text(_PLAIN)
    pipeline.runner.init()
    seen["off"] = pipeline.apply("-var=release=3")
    seen["after off"] = pipeline.alias()
    return pipeline


def test_option_replaces_nothing_of_a_pipeline_with_a_plain_alias(journey: Pipeline) -> None:
    assert journey.seen["on"] == {
        "aws_codedeploy_app.this": ["create"],
        "aws_codedeploy_deployment_config.this[0]": ["create"],
        "aws_codedeploy_deployment_group.this": ["create"],
        "aws_iam_role.deployment[0]": ["create"],
        "aws_iam_role_policy.deployment[0]": ["create"],
        "output.function_deployment": ["create"],
    }
    assert journey.seen["after on"] == {}


def test_first_version_needs_no_deployment(journey: Pipeline) -> None:
    assert journey.seen["first deploy"] == (0, [])


def test_apply_publishes_a_version_and_leaves_the_alias(journey: Pipeline) -> None:
    assert journey.seen["release 2"] == {
        "aws_lambda_function.this": ["update"],
        "output.function_deployment": ["update"],
    }
    assert journey.seen["before"] == ("1", {})
    wanted = journey.seen["wanted"]
    assert (wanted.application, wanted.function, wanted.alias, wanted.version) == ("orders", "orders", "live", "2")


def test_plan_and_apply_change_nothing_of_a_deployment_in_progress(journey: Pipeline) -> None:
    assert journey.seen["in progress"] == ("1", {"2": 0.2})
    assert journey.seen["plan in progress"] == {}
    assert journey.seen["apply in progress"] == {"aws_lambda_event_source_mapping.this": ["update"]}
    assert journey.seen["still in progress"] == ("1", {"2": 0.2})


def test_deploy_ends_with_the_new_version(journey: Pipeline) -> None:
    assert journey.seen["deploy 2"] == 0
    assert journey.seen["after"] == ("2", {})
    # Its AppSpec has the new current version
    assert journey.seen["plan after"] == {"output.function_deployment": ["update"]}


def test_alarm_moves_the_alias_back(journey: Pipeline) -> None:
    assert journey.seen["deploy 3"] == DeploymentError.exit_code
    assert journey.seen["rolled back"] == ("2", {})


def test_other_values_replace_the_configuration_alone(journey: Pipeline) -> None:
    assert journey.seen["configuration"] == {
        "aws_codedeploy_deployment_config.this[0]": ["create", "delete"],
        "aws_codedeploy_deployment_group.this": ["update"],
    }
    assert journey.seen["configurations"] == ["orders-linear-25-10"]


def test_without_the_option_terraform_moves_the_alias_and_deletes_what_is_of_codedeploy(journey: Pipeline) -> None:
    assert journey.seen["off"] == {
        "aws_codedeploy_app.this": ["delete"],
        "aws_codedeploy_deployment_config.this[0]": ["delete"],
        "aws_codedeploy_deployment_group.this": ["delete"],
        "aws_iam_role.deployment[0]": ["delete"],
        "aws_iam_role_policy.deployment[0]": ["delete"],
        "aws_lambda_alias.this[0]": ["update"],
        "aws_lambda_event_source_mapping.this": ["update"],
        "output.function_deployment": ["delete"],
    }
    assert journey.seen["after off"] == ("3", {})
    assert not journey.service.applications
    assert not journey.service.configurations


@pytest.fixture
def command(tmp_path: Path) -> Iterator[tuple[list[str], dict[str, str], CodeDeploy]]:
    """Return the command that deploys the second version of a function, its environment, and the service."""
    with emulator.running("ministack") as aws:
        client = aws.client("lambda")
        name = resources.function(aws, "def handler(event, context):\n    pass\n")
        versions = []
        for text in ("one", "two"):
            client.update_function_configuration(FunctionName=name, Description=text)
            versions.append(client.publish_version(FunctionName=name)["Version"])
        client.create_alias(FunctionName=name, Name="live", FunctionVersion=versions[0])
        service = CodeDeploy(InLambda(client), paused=True)
        service.call("CreateApplication", {"applicationName": "orders", "computePlatform": "Lambda"})
        names = {"applicationName": "orders", "deploymentGroupName": "orders", "serviceRoleArn": ROLE_ARN}
        service.call("CreateDeploymentGroup", {**names, "deploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce"})
        output = {**names, "deployment_group": "orders", "application": "orders"}
        output["appspec"] = appspec(name, "live", *versions)
        file = tmp_path / "outputs.json"
        file.write_text(json.dumps({"function_deployment": {"value": output}}))
        with serving(service) as url:
            variables = aws.variables(os.environ) | {"AWS_ENDPOINT_URL_CODEDEPLOY": url}
            yield [sys.executable, "-u", "-m", "generator", "deploy", "--state", str(file)], variables, service


@pytest.mark.parametrize(
    ("number", "more", "code", "expected"),
    [
        (signal.SIGINT, [], 130, "Deployment d-000000001 goes on."),
        (signal.SIGTERM, [], 143, "Deployment d-000000001 goes on."),
        (
            signal.SIGINT,
            ["--stop-on-interrupt"],
            130,
            "Stopped deployment d-000000001; CodeDeploy moves the alias back.",
        ),
    ],
)
def test_signal_ends_the_command_and_stops_the_deployment_only_on_request(
    number: signal.Signals,
    more: list[str],
    code: int,
    expected: str,
    command: tuple[list[str], dict[str, str], CodeDeploy],
) -> None:
    words, variables, service = command
    with subprocess.Popen(
        [*words, *more], cwd=TOP, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        started = [process.stdout.readline() for _ in range(2)]
        process.send_signal(number)
        _, printed = process.communicate(timeout=60)
    assert started[0].startswith("Deployment d-000000001: live of ")
    assert process.returncode == code
    assert expected in printed
    assert service.deployments["d-000000001"]["status"] == ("Stopped" if more else "Created")
