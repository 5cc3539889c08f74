"""Deployments by CodeDeploy: only in variants, since Terraform must then ignore the version of the alias."""

from generator.spec.alarms import ALARM_NAMES
from generator.spec.kinds import variable
from generator.spec.model import Effect, Output, Statement
from generator.spec.rules import Rule, arn, attribute_is, must_be, requires
from generator.spec.text import Text, listed, null
from generator.spec.types import NUMBER, STRING, Checked, List, Object, Optional, literal

LONGEST_MINUTES = 2880
"""Minutes between the first and the last shift (CodeDeploy user guide, "CodeDeploy quotas": 48 hours)."""

PERCENTAGE, INTERVAL_MINUTES = 10, 10
"""The defaults: two periods of the module's alarms, and a deployment configuration that AWS has."""

PREDEFINED = {
    "all_at_once": "CodeDeployDefault.LambdaAllAtOnce",
    **{f"canary-10-{n}": f"CodeDeployDefault.LambdaCanary10Percent{n}Minutes" for n in (5, 10, 15, 30)},
    "linear-10-1": "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
    **{f"linear-10-{n}": f"CodeDeployDefault.LambdaLinear10PercentEvery{n}Minutes" for n in (2, 3, 10)},
}
"""The deployment configurations of AWS for Lambda, by type, percentage and minutes (CodeDeploy user guide)."""

ROLLBACK_ALARMS = ("errors", "discarded")
"""The alarms that roll a deployment back by default: they are about the function, and return to OK by themselves.

``dead_letters`` stays in ALARM as long as a message is in the queue, and would stop the deployment of a correction.
"""

NOT_WITH_DEPLOYMENT = ("function_alias_version", "function_alias_routing")
"""The variables with which Terraform would move the alias."""


def _whole(attribute: str, low: int, high: int, unit: str) -> Rule:
    """Accept ``null`` or a whole number for an attribute."""
    value = f"self.{attribute}"
    return must_be(
        f"(try({value}, null) == null || try({value} >= {low} && {value} <= {high} && floor({value}) == {value}, false))",
        f"a whole number from {low} to {high} ({unit})",
        *(low - 1, high + 1, low + 0.5),
        attribute=attribute,
    )


_DEFAULT_ALARMS = listed([f"`{name}`" for name in ROLLBACK_ALARMS], "and")
_LINEAR = {"type": "linear", "percentage": 25, "interval_minutes": 15}

FUNCTION_DEPLOYMENT = variable(
    name="function_deployment",
    type=Checked(
        Object(
            {
                "type": STRING,
                "percentage": Optional(NUMBER),
                "interval_minutes": Optional(NUMBER),
                "rollback_on_alarms": Optional(List(STRING)),
                "role_arn": Optional(STRING),
            }
        )
    ),
    default=None,
    description=Text(
        "How CodeDeploy moves the alias to a new version: `canary` (first `percentage`, the rest after "
        "`interval_minutes`), `linear` (`percentage` every `interval_minutes`), or `all_at_once`.",
        null(f"Defaults to a canary of {PERCENTAGE} percent for {INTERVAL_MINUTES} minutes."),
        f"An alarm in `rollback_on_alarms` moves it back ({_DEFAULT_ALARMS} by default).",
        "`role_arn` is a service role to use instead of one that the module creates.",
    ),
    example=_LINEAR,
    example_with={"function_alias": "live"},
    effect=Effect(
        "aws_codedeploy_deployment_group.this[0]", "deployment_config_name", default=None, example="orders-linear-25-15"
    ),
    since="2.0.0",
    rules=(
        requires("function_alias"),
        attribute_is("type", "canary", "linear", "all_at_once"),
        _whole("percentage", 1, 99, "percent"),
        _whole("interval_minutes", 1, LONGEST_MINUTES, "minutes"),
        must_be(
            'try(self.type, "") != "linear" || try((ceil(100 / coalesce(try(self.percentage, null), '
            f"{PERCENTAGE})) - 1) * coalesce(try(self.interval_minutes, null), {INTERVAL_MINUTES}) <= {LONGEST_MINUTES}, true)",
            f"a linear deployment of at most {LONGEST_MINUTES} minutes, which CodeDeploy accepts",
            {"type": "linear", "percentage": 1, "interval_minutes": 60},
        ),
        must_be(
            'try(self.type, "") != "all_at_once" || '
            "(try(self.percentage, null) == null && try(self.interval_minutes, null) == null)",
            "without percentage and interval_minutes if its type is all_at_once",
            {"type": "all_at_once", "percentage": 10},
            {"type": "all_at_once", "interval_minutes": 10},
        ),
        must_be(
            f"length(setsubtract(try(self.rollback_on_alarms[*], []), {literal(ALARM_NAMES)})) == 0",
            f"names of the module's alarms ({listed([*ALARM_NAMES], 'and')})",
            ["error"],
            attribute="rollback_on_alarms",
        ),
        arn("iam", "role/.+", "the ARN of a role", "deployer", attribute="role_arn", regional=False),
    ),
)

_FUNCTION = "arn:${local.partition}:lambda:${local.region}:*:function:${local.function_name}"

DEPLOYMENT_STATEMENTS = (
    # AWSCodeDeployRoleForLambdaLimited allows this on all resources, and also to read revisions from S3 and to invoke
    # hooks, neither of which these deployments have. Resource types: service authorization reference of the services.
    Statement(
        sid="MoveAlias",
        actions=("lambda:GetAlias", "lambda:UpdateAlias"),
        resource=f'"{_FUNCTION}"',
        scope="the function",
    ),
    Statement(
        sid="ReadProvisionedConcurrency",
        actions=("lambda:GetProvisionedConcurrencyConfig",),
        resource=f'"{_FUNCTION}:*"',
        scope="the aliases and versions of the function",
    ),
    Statement(
        sid="ReadAlarms",
        actions=("cloudwatch:DescribeAlarms",),
        resource='"arn:${local.partition}:cloudwatch:${local.region}:*:alarm:${local.names.alarm}-*"',
        scope="the alarms of the pipeline",
    ),
)
"""What CodeDeploy may do, for the policy of its service role."""

DEPLOYMENT_OUTPUTS = (
    Output(
        "function_deployment",
        Text(
            "Application and deployment group of CodeDeploy, and the AppSpec (JSON) that moves the alias to the newest "
            "version: what `ddb-stream-lambda deploy` starts.",
            null("`null` without an alias."),
        ),
        "var.function_alias == null ? null : { application = aws_codedeploy_app.this[0].name, deployment_group = "
        "aws_codedeploy_deployment_group.this[0].deployment_group_name, appspec = local.appspec }",
    ),
)
