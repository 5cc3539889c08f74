"""Alarms and a dashboard over what can go wrong between the stream and the function."""

from generator.spec.examples import OTHER_ACCOUNT, OTHER_STREAM_ARN, TOPIC_ARN
from generator.spec.kinds import flag, variable, whole_number
from generator.spec.model import Component, Effect, Output, Variable
from generator.spec.rules import custom_rule, each, must_be
from generator.spec.text import Text, about, null
from generator.spec.types import STRING, List

# The ARN of a response plan of Incident Manager has no Region
_RESPONSE_PLAN = "ssm-incidents::[0-9]{12}:response-plan/.+"
_NOTIFIED = f'"^arn:aws[a-z-]*:([a-z0-9-]+:${{local.region}}:[0-9]{{12}}:.+|{_RESPONSE_PLAN})$"'
_ACTION = {"alarm_actions": [TOPIC_ARN]}
_FEATURE = ("alarms",)
_IN_5_MINUTES = "in 5 minutes at which the `{}` alarm enters ALARM."


def _actions(name: str, description: str) -> Variable:
    argument = name.removeprefix("alarm_") if "ok" in name else name
    return variable(
        name=name,
        type=List(STRING),
        default=[],
        description=description,
        example=[TOPIC_ARN],
        accepted_values="at most 5 ARNs",
        features=_FEATURE,
        effect=Effect('aws_cloudwatch_metric_alarm.this["errors"]', argument, default=None),
        rules=(
            must_be(
                "length(self) <= 5", "a list of at most 5", [f"{TOPIC_ARN}{n}" for n in range(6)], got="length(self)"
            ),
            each(
                "arn in self",
                f"can(regex({_NOTIFIED}, arn))",
                "a list of ARNs in ${local.region}, for example of SNS topics",
                ["alerts"],
            ),
        ),
    )


def _threshold(alarm: str, description: str, unit: str) -> Variable:
    return whole_number(
        name=f"alarm_{alarm}_threshold",
        default=1,
        bounds=(1, 1000000),
        unit=unit,
        description=description.format(alarm),
        example_with=_ACTION,
        features=_FEATURE,
        effect=Effect(f'aws_cloudwatch_metric_alarm.this["{alarm}"]', "threshold", default=None),
    )


ALARMS = Component(
    name="alarms",
    title="Monitoring",
    variables=(
        _actions(
            "alarm_actions",
            "ARNs to notify when an alarm enters ALARM, for example of SNS topics. The module creates the alarms if an "
            "action is set.",
        ),
        _actions("alarm_ok_actions", "ARNs to notify when an alarm returns to OK."),
        whole_number(
            name="alarm_iterator_age_threshold_seconds",
            default=3600,
            bounds=(1, 86400),
            unit="seconds",
            description="Iterator age, in seconds, at which the `iterator_age` alarm enters ALARM. Records expire at 86,400.",
            example=600,
            example_with=_ACTION,
            features=_FEATURE,
            effect=Effect('aws_cloudwatch_metric_alarm.this["iterator_age"]', "threshold", None, 600000),
        ),
        _threshold("errors", f"Failed invocations {_IN_5_MINUTES}", "invocations"),
        _threshold("throttles", f"Throttled invocations {_IN_5_MINUTES}", "invocations"),
        _threshold(
            "dead_letters", "Messages in the on-failure queue at which the `{}` alarm enters ALARM.", "messages"
        ),
        _threshold(
            "failed_deliveries", f"Failed deliveries to the on-failure destination {_IN_5_MINUTES}", "deliveries"
        ),
        whole_number(
            name="alarm_stalled_minutes",
            default=15,
            bounds=(5, 1440),
            also=0,
            unit="minutes",
            description=Text(
                "Minutes of table writes without invocations at which the `stalled` alarm enters ALARM (rounded up to "
                "a multiple of 5). `0` turns the alarm off.",
                about(
                    "With filter patterns, the alarm requires `event_source_metrics_enabled`.",
                    *("event_source_filter_patterns", "event_source_metrics_enabled"),
                ),
            ),
            example=60,
            example_with=_ACTION,
            features=_FEATURE,
            effect=Effect("aws_cloudwatch_metric_alarm.stalled[0]", "evaluation_periods", None, 12),
            since="2.0.0",
        ),
        flag(
            name="alarm_cross_account_observability",
            default=False,
            description=(
                "Set to `true` if this account sees the metrics of the account in `existing_table.account_id` (CloudWatch "
                "cross-account observability). Without them, the module does not create the alarm `stalled`."
            ),
            example_with={
                **_ACTION,
                "existing_table": {"stream_arn": OTHER_STREAM_ARN, "account_id": OTHER_ACCOUNT},
            },
            features=("alarms", "existing_table"),
            effect=Effect("aws_cloudwatch_metric_alarm.stalled[0]", "alarm_name", None, "orders-stalled"),
            since="2.0.0",
            rules=(
                custom_rule(
                    "!self || try(var.existing_table.account_id, null) != null",
                    "Set existing_table.account_id, or remove alarm_cross_account_observability: it has no effect without.",
                    {"alarm_cross_account_observability": True},
                ),
            ),
        ),
        whole_number(
            name="alarm_warm_up_minutes",
            default=None,
            bounds=(1, 2880),
            unit="minutes",
            description=Text(
                "Minutes after its creation in which an alarm without data stays in INSUFFICIENT_DATA instead of OK.",
                null("`null` evaluates alarms immediately."),
            ),
            example=30,
            example_with=_ACTION,
            features=_FEATURE,
            effect=Effect(
                'aws_cloudwatch_metric_alarm.this["errors"]',
                "warm_up_configuration.0.warm_up_period_duration_in_minutes",
                default=None,
            ),
            since="2.0.0",
            since_provider="6.64",
        ),
        flag(
            name="dashboard_enabled",
            default=False,
            description="Set to `true` to create a CloudWatch dashboard.",
            features=("dashboard",),
            effect=Effect("aws_cloudwatch_dashboard.this[0]", "dashboard_name", None, "orders-eu-west-1"),
        ),
    ),
    outputs=(
        Output(
            "alarm_arns",
            "ARNs of the alarms by name, except `stalled`.",
            "{ for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.arn }",
        ),
        Output(
            "alarm_names",
            "Names of the alarms.",
            "concat(values(aws_cloudwatch_metric_alarm.this)[*].alarm_name, "
            "aws_cloudwatch_metric_alarm.stalled[*].alarm_name)",
        ),
        Output(
            "alarm_stalled_arn",
            Text("ARN of the alarm `stalled`.", null("`null` without it.")),
            "one(aws_cloudwatch_metric_alarm.stalled[*].arn)",
        ),
        Output(
            "dashboard_arn",
            Text("ARN of the dashboard.", null("`null` without one.")),
            "one(aws_cloudwatch_dashboard.this[*].dashboard_arn)",
        ),
    ),
)
