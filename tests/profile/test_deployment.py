"""Does the variant whose alias CodeDeploy moves plan every type of deployment, and reject what cannot be one?"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.render import render_variant
from generator.spec.deployment import DEPLOYMENT_STATEMENTS, FUNCTION_DEPLOYMENT, NOT_WITH_DEPLOYMENT, PREDEFINED
from generator.spec.examples import MANAGED_POLICY_ARN, ROLE_ARN, TOPIC_ARN
from tests.profile.variants import of
from tests.security.scanning import scan, split
from tests.support.planning import Instance, each, errors, instances, plan, refusals, write_root
from tests.support.validations import pattern_of, phase_of

ALIAS = {"function_alias": "live"}
WATCHED = {**ALIAS, "alarm_actions": [TOPIC_ARN]}


def deployed(**how: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the arguments of a pipeline with alarms that is deployed in some way."""
    return {**WATCHED, "function_deployment": how}


def _predefined(kind: str) -> dict[str, Any]:
    name, *numbers = kind.split("-")
    return deployed(type=name, **dict(zip(("percentage", "interval_minutes"), map(int, numbers), strict=False)))


CASES: Mapping[str, Mapping[str, Any]] = {
    "no_alias": {},
    "default": WATCHED,
    "without_alarms": ALIAS,
    "discarded": {**WATCHED, "event_source_metrics_enabled": True},
    "own_alarms": deployed(type="canary", rollback_on_alarms=["iterator_age", "stalled"]),
    "no_rollback": deployed(type="canary", rollback_on_alarms=[]),
    "service_role": deployed(type="all_at_once", role_arn=ROLE_ARN),
    "bounded": {**WATCHED, "role_path": "/pipelines/", "role_permissions_boundary_arn": MANAGED_POLICY_ARN},
    "canary": deployed(type="canary", percentage=25, interval_minutes=7),
    "linear": deployed(type="linear", percentage=50, interval_minutes=60),
    "n" * 128: deployed(type="linear", percentage=99, interval_minutes=2880),
    **{kind.replace("-", "_"): _predefined(kind) for kind in PREDEFINED},
}


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of the variant."""
    folder = tmp_path_factory.mktemp("variant") / "module"
    for name, content in render_variant(of({"lifecycle": {"function_deployment": True}})).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def planned(module: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("deployments")
    write_root(folder, each(CASES), module)
    return plan(folder)


@pytest.fixture(scope="module")
def cases(planned: dict[str, Any]) -> dict[str, Instance]:
    return instances(planned)


def _group(instance: Instance) -> Mapping[str, Any]:
    return instance["aws_codedeploy_deployment_group.this[0]"]


@pytest.mark.terraform
@pytest.mark.parametrize("kind", PREDEFINED)
def test_configuration_of_aws_is_used_if_one_fits(kind: str, cases: Mapping[str, Instance]) -> None:
    instance = cases[kind.replace("-", "_")]
    assert _group(instance)["deployment_config_name"] == PREDEFINED[kind]
    assert "aws_codedeploy_deployment_config.this[0]" not in instance


@pytest.mark.terraform
@pytest.mark.parametrize(
    ("case", "type_", "block", "values"),
    [
        ("canary", "TimeBasedCanary", "time_based_canary", {"percentage": 25, "interval": 7}),
        ("linear", "TimeBasedLinear", "time_based_linear", {"percentage": 50, "interval": 60}),
        ("n" * 128, "TimeBasedLinear", "time_based_linear", {"percentage": 99, "interval": 2880}),
    ],
)
def test_other_configuration_is_created(
    case: str, type_: str, block: str, values: dict[str, int], cases: Mapping[str, Instance]
) -> None:
    created = cases[case]["aws_codedeploy_deployment_config.this[0]"]
    (routing,) = created["traffic_routing_config"]
    assert created["compute_platform"] == "Lambda"
    assert routing["type"] == type_
    assert {name: routing[name] for name in ("time_based_canary", "time_based_linear") if routing[name]} == {
        block: [values]
    }
    assert _group(cases[case])["deployment_config_name"] == created["deployment_config_name"]
    assert len(created["deployment_config_name"]) <= 100


@pytest.mark.terraform
def test_default_is_a_canary_of_aws_that_the_alarm_of_errors_rolls_back(cases: Mapping[str, Instance]) -> None:
    group = _group(cases["default"])
    assert group["deployment_config_name"] == "CodeDeployDefault.LambdaCanary10Percent10Minutes"
    assert group["deployment_style"] == [{"deployment_option": "WITH_TRAFFIC_CONTROL", "deployment_type": "BLUE_GREEN"}]
    (alarms,) = group["alarm_configuration"]
    assert (alarms["enabled"], alarms["alarms"]) == (True, ["default-errors"])
    (rollback,) = group["auto_rollback_configuration"]
    assert rollback["enabled"]
    assert set(rollback["events"]) == {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_ALARM"}


@pytest.mark.terraform
@pytest.mark.parametrize(
    ("case", "alarms"),
    [
        ("discarded", {"discarded-discarded", "discarded-errors"}),
        ("own_alarms", {"own-alarms-iterator-age", "own-alarms-stalled"}),
    ],
)
def test_alarms_are_those_of_the_module(case: str, alarms: set[str], cases: Mapping[str, Instance]) -> None:
    (configuration,) = _group(cases[case])["alarm_configuration"]
    assert set(configuration["alarms"]) == alarms


@pytest.mark.terraform
@pytest.mark.parametrize("case", ["without_alarms", "no_rollback"])
def test_deployment_without_alarms_is_rolled_back_if_it_fails(case: str, cases: Mapping[str, Instance]) -> None:
    group = _group(cases[case])
    assert not group["alarm_configuration"]
    assert set(group["auto_rollback_configuration"][0]["events"]) == {
        "DEPLOYMENT_FAILURE",
        "DEPLOYMENT_STOP_ON_REQUEST",
    }


@pytest.mark.terraform
def test_deployment_that_nothing_watches_is_a_warning_unless_that_was_chosen(planned: dict[str, Any]) -> None:
    failed = [
        instance["address"]["module"]
        for check in planned["checks"]
        if check["address"]["to_display"].endswith("check.deployment_alarms")
        for instance in check["instances"]
        if instance["status"] == "fail"
    ]
    assert failed == ['module.case["without_alarms"]']


@pytest.mark.terraform
def test_alias_begins_at_the_first_version_without_a_deployment(cases: Mapping[str, Instance]) -> None:
    alias = cases["default"]["aws_lambda_alias.this[0]"]
    assert alias["name"] == "live"
    assert not alias["routing_config"]
    assert cases["default"]["aws_lambda_function.this[0]"]["publish"]


@pytest.mark.terraform
def test_pipeline_without_alias_has_nothing_of_codedeploy(cases: Mapping[str, Instance]) -> None:
    assert not [
        address for address in cases["no_alias"].resources if "codedeploy" in address or "deployment" in address
    ]


@pytest.mark.terraform
def test_existing_service_role_is_used(cases: Mapping[str, Instance]) -> None:
    assert _group(cases["service_role"])["service_role_arn"] == ROLE_ARN
    assert "aws_iam_role.deployment[0]" not in cases["service_role"]
    assert "aws_iam_role_policy.deployment[0]" not in cases["service_role"]


@pytest.mark.terraform
def test_service_role_has_the_path_and_the_boundary_of_the_other_role(cases: Mapping[str, Instance]) -> None:
    role = cases["bounded"]["aws_iam_role.deployment[0]"]
    assert (role["path"], role["permissions_boundary"]) == ("/pipelines/", MANAGED_POLICY_ARN)


@pytest.mark.terraform
def test_only_codedeploy_assumes_the_role_and_it_allows_what_the_specification_lists(
    cases: Mapping[str, Instance],
) -> None:
    role = cases["default"]["aws_iam_role.deployment[0]"]
    (trust,) = json.loads(role["assume_role_policy"])["Statement"]
    assert trust["Principal"] == {"Service": "codedeploy.amazonaws.com"}
    statements = json.loads(cases["default"]["aws_iam_role_policy.deployment[0]"]["policy"])["Statement"]
    assert [(one["Sid"], tuple(one["Action"])) for one in statements] == [
        (one.sid, one.actions) for one in DEPLOYMENT_STATEMENTS
    ]
    resources = {one["Sid"]: one["Resource"] for one in statements}
    assert resources == {
        "MoveAlias": ["arn:aws:lambda:eu-west-1:*:function:default"],
        "ReadProvisionedConcurrency": ["arn:aws:lambda:eu-west-1:*:function:default:*"],
        "ReadAlarms": ["arn:aws:cloudwatch:eu-west-1:*:alarm:default-*"],
    }


@pytest.mark.terraform
def test_names_fit_their_services(cases: Mapping[str, Instance]) -> None:
    instance = cases["n" * 128]
    assert len(instance["aws_codedeploy_app.this[0]"]["name"]) <= 100
    assert len(_group(instance)["deployment_group_name"]) <= 100
    assert len(instance["aws_iam_role.deployment[0]"]["name"]) <= 64


@pytest.mark.terraform
def test_nothing_of_a_deployment_fails_a_check_of_checkov(planned: dict[str, Any], tmp_path: Path) -> None:
    name = 'case["default"]'
    verdict = scan(split(planned, [name], tmp_path / "parts"))[name]
    parts = ("aws_codedeploy", "aws_iam_role.deployment", "aws_iam_role_policy.deployment")
    of_deployment = {
        (check, address) for check, address in verdict.passed | verdict.failed if any(part in address for part in parts)
    }
    assert len(of_deployment) > 3
    assert of_deployment <= verdict.passed


@pytest.fixture(scope="module")
def rejected(module: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the messages with which plans reject the invalid examples of the variable."""
    found: list[str] = []
    for phase in range(3):
        bad = {
            f"case{position}-{number}": arguments
            for position, one in enumerate(FUNCTION_DEPLOYMENT.validations)
            for number, arguments in enumerate(one.invalid_examples)
            if phase_of(FUNCTION_DEPLOYMENT.name, one) == phase
        }
        if bad:
            folder = tmp_path_factory.mktemp("rejected")
            (folder / "module").symlink_to(module)
            found += refusals({"group": bad}, folder)[FUNCTION_DEPLOYMENT.name]
    return found


@pytest.mark.terraform
@pytest.mark.parametrize("position", range(len(FUNCTION_DEPLOYMENT.validations)))
def test_bad_value_is_rejected_with_its_own_message(position: int, rejected: list[str]) -> None:
    validation = FUNCTION_DEPLOYMENT.validations[position]
    messages = [message for message in rejected if pattern_of(validation).match(message)]
    assert len(messages) >= len(validation.invalid_examples), rejected


@pytest.mark.terraform
def test_alarm_that_the_module_does_not_create_is_rejected(module: Path, tmp_path: Path) -> None:
    unwatched = {**deployed(type="canary", rollback_on_alarms=["errors"]), "alarm_actions": None}
    disabled = {
        **deployed(type="canary", rollback_on_alarms=["throttles"]),
        "alarms": {"throttles": {"enabled": False}},
    }
    write_root(tmp_path, each({"unwatched": unwatched, "disabled": disabled}), module)
    details = "\n".join(error["detail"] for error in errors(tmp_path))
    for name in ("errors", "throttles"):
        assert f"The module creates no alarm {name}, which is in function_deployment.rollback_on_alarms." in details


@pytest.mark.terraform
@pytest.mark.parametrize("name", NOT_WITH_DEPLOYMENT)
def test_argument_with_which_terraform_would_move_the_alias_is_rejected(
    name: str, module: Path, tmp_path: Path
) -> None:
    write_root(tmp_path, each({"moved": {**WATCHED, name: {"2": 0.1} if "routing" in name else "1"}}), module)
    details = "\n".join(error["detail"] for error in errors(tmp_path))
    assert f'No argument or block type is named "{name}".' in details
