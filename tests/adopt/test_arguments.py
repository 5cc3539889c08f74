"""Is the effect of each variable reversed, with values as the provider reads them?"""

from typing import Any

import pytest

from generator.adopt.arguments import CHOSEN, IN_STATES_ONLY, NOT_DERIVED, RULES, derive, derived_name
from generator.adopt.resources import ALIAS, FUNCTION, MAPPING, QUEUE, TABLE, Deployed, Resource
from generator.spec import MODULE
from generator.spec.examples import REGION
from generator.spec.model import SAME, Variable
from generator.spec.types import Object
from tests.adopt.recorded import FUNCTION as FUNCTION_ARN
from tests.adopt.recorded import STREAM

REVERSED = [
    variable
    for variable in MODULE.variables("6.69")
    if variable.name not in RULES.keys() | NOT_DERIVED.keys() | CHOSEN and variable.effect
]


def deployed(address: str = MAPPING, **values: Any) -> Deployed:  # noqa: ANN401 - as the provider reads them
    """Return a pipeline with one resource besides its mapping."""
    settings = {"event_source_arn": STREAM, "function_name": FUNCTION_ARN, "unset": []}
    found = Deployed(mapping=Resource({**settings, **(values if address == MAPPING else {})}, "one"))
    if address != MAPPING:
        found.resources[address] = Resource(values, "one")
    return found


def nested(path: str, value: Any) -> Any:  # noqa: ANN401 - as the provider reads it
    """Return values in which only a value at a path is set."""
    for step in reversed(path.split(".")):
        value = [value] if step.isdecimal() else {step: value}
    return value


def shown(variable: Variable, *, example: bool) -> dict[str, Any]:
    """Return what the provider reads of a resource with the example or the default of a variable."""
    effect = variable.effect
    assert effect
    planned, own = (effect.example, variable.example) if example else (effect.default, variable.default)
    path = effect.path
    if isinstance(variable.type, Object) and planned is not SAME:
        # The block has the attributes of the object
        path, planned = path.rpartition(".")[0], SAME
    return dict(nested(path, own if planned is SAME else planned))


def test_every_variable_is_reversed_or_has_a_rule_or_a_reason() -> None:
    named = {*RULES, *NOT_DERIVED, *CHOSEN, *(variable.name for variable in REVERSED)}
    assert {variable.name for variable in MODULE.variables()} == named
    assert named >= set(IN_STATES_ONLY)


@pytest.mark.parametrize("variable", REVERSED, ids=lambda variable: variable.name)
def test_example_gives_the_argument_back(variable: Variable) -> None:
    assert variable.effect
    found = deployed(variable.effect.resource, **shown(variable, example=True))
    assert derive(found, "orders", "6.69")[variable.name] == variable.example


@pytest.mark.parametrize("variable", REVERSED, ids=lambda variable: variable.name)
def test_default_gives_no_argument(variable: Variable) -> None:
    assert variable.effect
    found = deployed(variable.effect.resource, **shown(variable, example=False))
    assert variable.name not in derive(found, "orders", "6.69")


def test_derived_name_is_replaced_once() -> None:
    assert derived_name("orders-eu-west-1", f"x-{REGION}", "us-east-1") == f"x-{REGION}-us-east-1"


@pytest.mark.parametrize(
    ("found", "name", "value"),
    [
        (deployed(ALIAS, name="live", function_version="1", follows=False), "function_alias_version", "1"),
        (deployed(ALIAS, name="live", function_version="1", follows=True), "function_alias_version", None),
        (deployed(FUNCTION, publish=True), "function_publish", True),
        (deployed(FUNCTION, kms_key_arn="a"), "function_kms_key_arn", None),
        (
            deployed(FUNCTION, s3_bucket="a", s3_key="b", source_code_hash="c"),
            "function_s3",
            {"bucket": "a", "key": "b"},
        ),
        (deployed(FUNCTION, s3_bucket="a", s3_key="b", source_code_hash="c"), "function_source_code_hash", "c"),
        (deployed(FUNCTION, filename="a", source_code_hash="c"), "function_source_code_hash", None),
        (
            deployed(
                FUNCTION,
                runtime="nodejs22.x",
                environment=[{"variables": {"AWS_NODEJS_CONNECTION_REUSE_ENABLED": "1"}}],
            ),
            "function_environment",
            None,
        ),
        (
            deployed(QUEUE, kms_master_key_id="a", kms_data_key_reuse_period_seconds=60),
            "dead_letter_queue_kms_data_key_reuse_period_seconds",
            60,
        ),
        (
            deployed(QUEUE, kms_data_key_reuse_period_seconds=60),
            "dead_letter_queue_kms_data_key_reuse_period_seconds",
            None,
        ),
        (deployed(TABLE, ttl=[{"attribute_name": "at", "enabled": False}]), "table_ttl_enabled", False),
        (
            deployed(TABLE, point_in_time_recovery=[{"enabled": False, "recovery_period_in_days": 0}]),
            "table_point_in_time_recovery_days",
            None,
        ),
        (
            deployed('aws_cloudwatch_metric_alarm.this["errors"]', alarm_actions=[], threshold=3),
            "alarms_enabled",
            True,
        ),
        (
            deployed('aws_cloudwatch_metric_alarm.this["errors"]', alarm_actions=["a"], threshold=3),
            "alarms_enabled",
            None,
        ),
        (
            deployed('aws_cloudwatch_metric_alarm.this["errors"]', insufficient_data_actions=["a"]),
            "alarm_insufficient_data_actions",
            ["a"],
        ),
        (
            deployed('aws_cloudwatch_metric_alarm.this["errors"]', alarm_actions=["a"], period=60),
            "alarms",
            {"iterator_age": {"enabled": False}, "errors": {"period": 60}, "throttles": {"enabled": False}},
        ),
    ],
)
def test_rule(found: Deployed, name: str, value: Any) -> None:  # noqa: ANN401 - of the variable's type
    assert derive(found, "orders", "5").get(name) == value
