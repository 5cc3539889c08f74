"""Alarms and a dashboard over what can go wrong between the stream and the function."""

from generator.spec.model import Component, Output, Variable
from generator.spec.rules import ACCOUNT, REGION, arn_regex, between, rule
from generator.spec.types import BOOL, NUMBER, STRING, List

TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"


def _actions(name: str, description: str) -> Variable:
    return Variable(
        name=name,
        type=List(STRING),
        default=[],
        description=description,
        example=[TOPIC_ARN],
        accepted="at most 5 ARNs",
        validations=(
            rule(
                f"length(var.{name}) <= 5 && alltrue([for arn in var.{name} : "
                f"can(regex({arn_regex('[a-z0-9-]+', '.+')}, arn))])",
                f"{name} must be at most 5 ARNs in ${{local.region}}, for instance of SNS topics, not ${{jsonencode(var.{name})}}.",
                {name: ["alerts"]},
                {name: [f"{TOPIC_ARN}{n}" for n in range(6)]},
            ),
        ),
    )


def _threshold(name: str, description: str, *, default: int, example: int, high: int, unit: str) -> Variable:
    return Variable(
        name=name,
        type=NUMBER,
        default=default,
        description=description,
        example=example,
        example_with={"alarm_actions": [TOPIC_ARN]},
        accepted=f"1 to {high}",
        validations=(between(name, 1, high, unit=unit),),
    )


ALARMS = Component(
    name="alarm",
    title="Alarms and dashboard",
    variables=(
        _actions(
            "alarm_actions",
            "What an alarm sets off, for instance SNS topics. Alarms are created when an action is given.",
        ),
        _actions("alarm_ok_actions", "What the end of an alarm sets off."),
        _threshold(
            "alarm_iterator_age_threshold_seconds",
            "Age of the newest processed record from which the function has fallen behind; records are lost at 86400.",
            default=3600,
            example=600,
            high=86400,
            unit="seconds",
        ),
        _threshold(
            "alarm_errors_threshold",
            "Failed invocations in 5 minutes.",
            default=1,
            example=10,
            high=1000000,
            unit="invocations",
        ),
        _threshold(
            "alarm_throttles_threshold",
            "Throttled invocations in 5 minutes.",
            default=1,
            example=10,
            high=1000000,
            unit="invocations",
        ),
        _threshold(
            "alarm_dead_letters_threshold",
            "Messages in the queue to which failures are reported.",
            default=1,
            example=10,
            high=1000000,
            unit="messages",
        ),
        _threshold(
            "alarm_failed_deliveries_threshold",
            "Failure reports in 5 minutes that the destination refused. They are not sent again.",
            default=1,
            example=10,
            high=1000000,
            unit="reports",
        ),
        Variable(
            name="alarm_stalled_minutes",
            type=NUMBER,
            default=15,
            description=(
                "Minutes for which the table is written and the function is not invoked, from which on the pipeline stands "
                "still, in steps of 5; 0 is no alarm. With filter patterns, the alarm needs `event_source_metrics_enabled`."
            ),
            example=60,
            example_with={"alarm_actions": [TOPIC_ARN]},
            accepted="0, or 5 to 1440",
            since="1.1.0",
            validations=(between("alarm_stalled_minutes", 5, 1440, also=0, unit="minutes"),),
        ),
        Variable(
            name="dashboard_enabled",
            type=BOOL,
            default=False,
            description="Whether the pipeline has a CloudWatch dashboard.",
            example=True,
        ),
    ),
    outputs=(
        Output(
            name="alarm_arns",
            description="ARNs of the alarms by what they watch, without `stalled`.",
            value="{ for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.arn }",
        ),
        Output(
            name="alarm_stalled_arn",
            description="ARN of the alarm `stalled`; `null` without it.",
            value="one(aws_cloudwatch_metric_alarm.stalled[*].arn)",
        ),
        Output(
            name="dashboard_arn",
            description="ARN of the dashboard; `null` without one.",
            value="one(aws_cloudwatch_dashboard.this[*].dashboard_arn)",
        ),
    ),
)
