"""Does deploy move the alias, follow the deployment and its rollback, and say in one line what happened?"""

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from generator import cli, deploy
from generator.errors import AwsError, DeploymentError, UsageError
from tests.support.codedeploy import CodeDeploy, Memory, appspec, serving

ALIAS = ("orders", "live")
GROUP = {
    "applicationName": "orders",
    "deploymentGroupName": "orders",
    "serviceRoleArn": "arn:aws:iam::123456789012:role/orders-deploy",
    "alarmConfiguration": {"enabled": True, "alarms": [{"name": "orders-errors"}]},
}
FUNCTION = {"function_name": "orders", "version": "2", "arn": "arn:aws:lambda:eu-west-1:123456789012:function:orders"}
VALUES = {
    "aws_codedeploy_deployment_group": {"app_name": "orders", "deployment_group_name": "orders"},
    "aws_lambda_alias": {"function_name": "orders", "name": "live", "function_version": "1"},
    "aws_lambda_function": FUNCTION,
}


def state(*modules: str, **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a state with a pipeline in each module; in those after the first, the names begin with the module."""
    resources: list[dict[str, Any]] = [
        {"module": f"module.{module}", "type": type_, "instances": [{"attributes": _of(values, module, number)}]}
        for number, module in enumerate(modules or ("orders",))
        for type_, values in VALUES.items()
    ]
    for resource in resources:
        resource["instances"][0]["attributes"].update(changed.get(resource["type"], {}))
    return {"version": 4, "resources": resources}


def _of(values: dict[str, str], module: str, number: int) -> dict[str, str]:
    names = ("app_name", "deployment_group_name", "function_name") if number else ()
    return {name: module if name in names else value for name, value in values.items()}


OUTPUT = {"application": "orders", "deployment_group": "orders", "appspec": appspec("orders", "live", "1", "2")}


@dataclass
class Stage:
    """A service, the URL at which it answers, and a state that describes a deployment to version 2."""

    service: CodeDeploy
    aliases: Memory
    url: str
    state: Path

    def deploy(self, *more: str) -> int:
        """Call the command, and return its exit code."""
        with pytest.raises(SystemExit) as ended:
            cli.main(["deploy", "--state", str(self.state), "--region", "eu-west-1", *more])
        return int(ended.value.code or 0)

    def operations(self) -> list[str]:
        return [name for name, _ in self.service.requests if name.startswith(("Create", "Stop"))][2:]


class _Lambda:
    """The client of Lambda for an alias in memory."""

    def __init__(self, aliases: Memory) -> None:
        self.aliases = aliases
        self.failures: list[str] = []

    def get_alias(self, FunctionName: str, Name: str) -> dict[str, Any]:  # noqa: N803
        if self.failures:
            raise ClientError({"Error": {"Code": self.failures.pop(0), "Message": "as the test wants"}}, "GetAlias")
        version, weights = self.aliases.read(FunctionName, Name)
        return {"FunctionVersion": version, "RoutingConfig": {"AdditionalVersionWeights": weights}}


@cache
def session() -> boto3.session.Session:
    """Return a session, which reads the description of a service once for all of its clients."""
    return boto3.session.Session("test", "test", region_name="eu-west-1")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    aliases = Memory({ALIAS: ("1", {})})
    service = CodeDeploy(aliases)
    service.call("CreateApplication", {"applicationName": "orders", "computePlatform": "Lambda"})
    canary = "CodeDeployDefault.LambdaCanary10Percent10Minutes"
    service.call("CreateDeploymentGroup", {**GROUP, "deploymentConfigName": canary})
    file = tmp_path / "terraform.tfstate"
    file.write_text(json.dumps(state()))
    monkeypatch.setattr(deploy, "_POLL_SECONDS", 0)
    with serving(service) as url:
        clients = {"codedeploy": session().client("codedeploy", endpoint_url=url), "lambda": _Lambda(aliases)}
        monkeypatch.setattr(deploy, "connect", lambda *_: clients.__getitem__)
        yield Stage(service, aliases, url, file)


def test_canary_is_followed_to_its_end(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert stage.deploy() == 0
    printed = capsys.readouterr()
    lines = [line.partition("  ")[2] or line for line in printed.out.splitlines()]
    assert lines[:-1] == [
        "Deployment d-000000001: live of orders from version 1 to 2.",
        "InProgress: version 2 gets 10 % of the invocations.",
        "Succeeded: version 2 gets 100 % of the invocations.",
    ]
    assert lines[-1].startswith("The alias live of orders points to version 2, after ")
    assert not printed.err
    assert stage.aliases.aliases[ALIAS] == ("2", {})


def test_linear_deployment_prints_each_step(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    routing = {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 40, "linearInterval": 5}}
    config = {"deploymentConfigName": "slow", "computePlatform": "Lambda", "trafficRoutingConfig": routing}
    stage.service.call("CreateDeploymentConfig", config)
    group = {"applicationName": "orders", "currentDeploymentGroupName": "orders", "deploymentConfigName": "slow"}
    stage.service.call("UpdateDeploymentGroup", group)
    assert stage.deploy() == 0
    shares = [line.split(" gets ")[1].split()[0] for line in capsys.readouterr().out.splitlines() if " gets " in line]
    assert shares == ["40", "80", "100"]


def test_appspec_names_the_versions_and_the_alias(stage: Stage) -> None:
    stage.deploy()
    (request,) = (request for name, request in stage.service.requests if name == "CreateDeployment")
    assert json.loads(request["revision"]["appSpecContent"]["content"]) == {
        "version": "0.0",
        "Resources": [
            {
                "orders": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {"Name": "orders", "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"},
                }
            }
        ],
    }


def test_nothing_is_deployed_if_the_alias_points_to_the_version(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.aliases.aliases[ALIAS] = ("2", {})
    assert stage.deploy() == 0
    assert capsys.readouterr().out == "Nothing to deploy: the alias live points to version 2.\n"
    assert not stage.operations()


def test_older_version_is_deployed_if_it_is_named(stage: Stage) -> None:
    stage.aliases.aliases[ALIAS] = ("2", {})
    assert stage.deploy("--version", "1") == 0
    assert stage.aliases.aliases[ALIAS] == ("1", {})


@pytest.mark.parametrize("late", [0, 2])
def test_alarm_rolls_the_deployment_back(stage: Stage, late: int, capsys: pytest.CaptureFixture[str]) -> None:
    stage.service.alarming, stage.service.late_rollback = {"2"}, late
    assert stage.deploy() == DeploymentError.exit_code == 16
    printed = capsys.readouterr()
    assert "Rolling back with deployment d-000000002.\n" in printed.out
    assert printed.err == (
        "Error: Deployment d-000000001 was stopped (ALARM_ACTIVE: One or more alarms have been activated). "
        "The alias live of orders points to version 1, and sends none to version 2.\n"
    )
    assert stage.aliases.aliases[ALIAS] == ("1", {})


def test_version_that_still_gets_invocations_is_reported(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.service.alarming, stage.service.late_rollback = {"2"}, 1_000
    assert stage.deploy() == 16
    assert "The alias live of orders still sends 10 % of the invocations to version 2." in capsys.readouterr().err


def test_alarms_are_ignored_on_request(stage: Stage) -> None:
    stage.service.alarming = {"2"}
    assert stage.deploy("--ignore-alarms") == 0
    assert stage.aliases.aliases[ALIAS] == ("2", {})


def test_failed_deployment_without_a_shift_needs_no_rollback(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = stage.aliases.read
    answers: Iterator[tuple[str, dict[str, float]]] = iter([("1", {})])
    # Somebody moves the alias between the creation and the first step
    monkeypatch.setattr(stage.aliases, "read", lambda *names: next(answers, ("9", dict(read(*names)[1]))))
    assert stage.deploy() == 16
    assert "failed (INVALID_LAMBDA_CONFIGURATION: live points to version 9)" in capsys.readouterr().err


def _begin(stage: Stage, version: str = "2") -> str:
    """Begin a deployment, and take its first step."""
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": appspec(*ALIAS, "1", version)}}
    names = {"applicationName": "orders", "deploymentGroupName": "orders"}
    identifier = str(stage.service.call("CreateDeployment", {**names, "revision": revision})["deploymentId"])
    stage.service.call("GetDeployment", {"deploymentId": identifier})
    return identifier


def test_same_deployment_in_progress_is_followed(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    identifier = _begin(stage)
    assert stage.deploy() == 0
    assert capsys.readouterr().out.startswith(f"Deployment {identifier} to version 2 is in progress.\n")
    assert stage.operations() == ["CreateDeployment"]


def test_other_deployment_in_progress_is_an_error(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.service.paused = True
    identifier = _begin(stage, "3")
    assert stage.deploy() == 16
    assert capsys.readouterr().err == (
        f"Error: Deployment {identifier} to version 3 is in progress. Wait until it ends, or stop it with aws deploy "
        f"stop-deployment --deployment-id {identifier} --auto-rollback-enabled.\n"
    )


def test_rollback_in_progress_is_an_error(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    identifier = _begin(stage)
    stage.service.call("StopDeployment", {"deploymentId": identifier, "autoRollbackEnabled": True})
    stage.service.paused = True
    assert stage.deploy() == DeploymentError.exit_code
    assert capsys.readouterr().err == (
        "Error: Deployment d-000000002, a rollback to version 1, is in progress. Wait until it ends.\n"
    )


def test_weights_that_no_deployment_set_are_an_error(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.aliases.aliases[ALIAS] = ("1", {"2": 0.25})
    assert stage.deploy() == 16
    printed = capsys.readouterr().err
    assert "The alias live of orders sends 25 % to version 2, and no deployment is in progress." in printed
    assert not stage.operations()


def _interrupt(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let an error or a signal end the wait for the deployment."""

    def interrupted(*_: object) -> None:
        raise error

    monkeypatch.setattr(deploy.Deployer, "_until_end", interrupted)


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143)])
def test_interruption_says_that_the_deployment_goes_on(
    stage: Stage, error: BaseException, code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _interrupt(monkeypatch, error)
    assert stage.deploy() == code
    assert capsys.readouterr().err.startswith(
        "Deployment d-000000001 goes on. Run the same command again to follow it, or stop it with "
        "aws deploy stop-deployment --deployment-id d-000000001 --auto-rollback-enabled.\n"
    )
    assert stage.operations() == ["CreateDeployment"]


def test_interruption_stops_the_deployment_on_request(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _interrupt(monkeypatch, KeyboardInterrupt())
    assert stage.deploy("--stop-on-interrupt") == 130
    assert "Stopped deployment d-000000001; CodeDeploy moves the alias back." in capsys.readouterr().err
    (request,) = (request for name, request in stage.service.requests if name == "StopDeployment")
    assert request == {"deploymentId": "d-000000001", "autoRollbackEnabled": True}


def test_signal_before_the_start_says_how_to_find_out(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy.Deployer, "alias", lambda _: signal.raise_signal(signal.SIGINT))
    assert stage.deploy() == 130
    assert "If a deployment was started, the same command follows it.\n" in capsys.readouterr().err


def test_missing_group_is_an_error_of_aws(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.service.groups.clear()
    assert stage.deploy() == AwsError.exit_code
    assert capsys.readouterr().err == (
        "Error: The deployments of orders cannot be listed: DeploymentGroupDoesNotExistException: No Deployment Group "
        "found for name: orders.\n"
    )


def test_error_while_a_deployment_is_followed_says_that_it_goes_on(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _interrupt(monkeypatch, AwsError("The deployment d-000000001 cannot be read: ExpiredToken: expired."))
    assert stage.deploy() == AwsError.exit_code
    printed = capsys.readouterr().err
    assert (
        "ExpiredToken: expired. Deployment d-000000001 goes on. Run the same command again to follow it.\n" in printed
    )


def test_throttled_read_of_the_alias_is_repeated(tmp_path: Path) -> None:
    client = _Lambda(Memory({ALIAS: ("1", {"2": 0.1})}))
    client.failures = ["TooManyRequestsException", "ServiceException"]
    pauses: list[str] = []
    file = tmp_path / "state"
    file.write_text(json.dumps(state()))
    deployer = deploy.Deployer(lambda _: client, deploy.in_state(file), lambda _, reason: pauses.append(reason))
    assert deployer.alias() == deploy.Alias("1", {"2": 10})
    assert pauses == ["TooManyRequestsException", "ServiceException"]


# --- the state --------------------------------------------------------------------------------------------------------

SHOWN = {
    "values": {
        "root_module": {
            "child_modules": [
                {
                    "address": "module.orders",
                    "resources": [{"type": type_, "values": values} for type_, values in VALUES.items()],
                }
            ]
        }
    }
}
EXPECTED = deploy.Deployment(application="orders", group="orders", function="orders", alias="live", version="2")


def _in(document: object, tmp_path: Path, application: str | None = None) -> deploy.Deployment:
    file = tmp_path / "document.json"
    file.write_text(json.dumps(document))
    return deploy.in_state(file, application)


@pytest.mark.parametrize("document", [state(), SHOWN], ids=["state", "show"])
def test_state_has_the_names_and_the_region(document: object, tmp_path: Path) -> None:
    found = _in(document, tmp_path)
    assert found == deploy.Deployment(**{**vars(EXPECTED), "region": "eu-west-1"})


@pytest.mark.parametrize(
    "document",
    [
        {"function_deployment": {"sensitive": False, "type": "x", "value": OUTPUT}},
        {"deployment": {"value": OUTPUT}},
        {"orders": {"value": {"function_deployment": OUTPUT, "function_name": "orders"}}},
        {"pipelines": {"value": [{"function_deployment": None}, {"function_deployment": OUTPUT}]}},
    ],
    ids=["output", "other-name", "module", "list"],
)
def test_outputs_have_the_names(document: object, tmp_path: Path) -> None:
    assert _in(document, tmp_path) == EXPECTED


def test_one_of_several_is_named(tmp_path: Path) -> None:
    document = state("orders", "parcels")
    assert _in(document, tmp_path, "parcels").function == "parcels"
    with pytest.raises(UsageError, match=r"has several deployments. Set --application to one of orders, parcels.$"):
        _in(document, tmp_path)
    with pytest.raises(UsageError, match=r'--application: "sales" is not in the state. It has orders, parcels.$'):
        _in(document, tmp_path, "sales")


def test_one_of_several_regions_is_named(tmp_path: Path) -> None:
    document = state("europe", "america")
    for resource in document["resources"]:
        resource["instances"][0]["attributes"] = dict(VALUES[resource["type"]])
        if resource["module"] == "module.america" and resource["type"] == "aws_lambda_function":
            resource["instances"][0]["attributes"]["arn"] = FUNCTION["arn"].replace("eu-west-1", "us-east-1")
    file = tmp_path / "state.json"
    file.write_text(json.dumps(document))
    assert deploy.in_state(file, region="us-east-1").region == "us-east-1"
    with pytest.raises(UsageError, match=r"several deployments. Set --region to one of eu-west-1, us-east-1.$"):
        deploy.in_state(file)
    with pytest.raises(UsageError, match=r'--region: no deployment in the state is in "x". It has .* eu-west-1, us-'):
        deploy.in_state(file, region="x")


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"version": 4, "resources": []},
        state(aws_lambda_function={"version": None}),
        state(aws_lambda_alias={"function_name": "other"}),
        {"function_deployment": {"value": None}},
        {"function_deployment": {"value": {**OUTPUT, "appspec": "{}"}}},
        {"function_deployment": {"value": {**OUTPUT, "appspec": '{"Resources": [[]]}'}}},
        {"function_deployment": {"value": {**OUTPUT, "application": 1}}},
    ],
)
def test_document_without_a_deployment_is_an_error(document: object, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no deployment: .* and function_alias.$"):
        _in(document, tmp_path)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["deploy"], "Error: --state: this option is required. "),
        (["deploy", "--state", "missing"], 'Error: --state: "missing": '),
        (["deploy", "--state", "state.json", "--version", "latest"], 'Error: --version: the version "latest" is not a'),
    ],
)
def test_wrong_options_are_one_line(
    options: list[str],
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("state.json").write_text(json.dumps(state()))
    with pytest.raises(SystemExit) as ended:
        cli.main(options)
    assert ended.value.code == UsageError.exit_code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(expected)


def test_version_that_is_not_published_is_an_error(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.state.write_text(json.dumps(state(aws_lambda_function={"version": "$LATEST"})))
    assert stage.deploy() == UsageError.exit_code
    assert 'the version "$LATEST" is not a number, as those of published versions are.' in capsys.readouterr().err
