"""Alarms and a dashboard over what can go wrong between the stream and the function."""

from typing import Any

from generator.spec.examples import OTHER_ACCOUNT, OTHER_STREAM_ARN, TOPIC_ARN
from generator.spec.kinds import flag, string, variable, whole_number
from generator.spec.model import Component, Effect, Output, Variable
from generator.spec.rules import custom_rule, each, must_be
from generator.spec.text import Text, about, listed, null
from generator.spec.types import BOOL, NUMBER, STRING, Checked, List, Map, Object, Optional, literal

# The ARN of a response plan of Incident Manager has no Region
_RESPONSE_PLAN = "ssm-incidents::[0-9]{12}:response-plan/.+"
_NOTIFIED = f'"^arn:aws[a-z-]*:([a-z0-9-]+:${{local.region}}:[0-9]{{12}}:.+|{_RESPONSE_PLAN})$"'
_ACTION = {"alarm_actions": [TOPIC_ARN]}
_FEATURE = ("alarms",)
_IN_5_MINUTES = "in 5 minutes at which the `{}` alarm enters ALARM."


_HEALED = 2
"""Failures in 5 minutes for which no alarm is due: a retry, or a split and a retry, heals them (tests/operations/)."""
ALARM_NAMES = (
    *("iterator_age", "errors", "throttles", "dead_letters", "dead_letters_of_destination"),
    *("failed_deliveries", "discarded", "stalled"),
)
_PERIODS = "coalesce(try(alarm.evaluation_periods, null), 1)"
_PERIOD = "coalesce(try(alarm.period, null), 300)"


def _actions(name: str, description: str, **entry: Any) -> Variable:
    argument = name if name == "alarm_actions" else name.removeprefix("alarm_")
    return variable(
        **entry,
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


def _threshold(alarm: str, description: str, unit: str, default: int = 1) -> Variable:
    return whole_number(
        name=f"alarm_{alarm}_threshold",
        default=default,
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
        _actions(
            "alarm_insufficient_data_actions",
            "ARNs to notify when an alarm enters INSUFFICIENT_DATA.",
            since="2.0.0",
        ),
        variable(
            name="alarms_enabled",
            type=BOOL,
            default=None,
            description=Text(
                "Set to `true` or `false` to create alarms or none.",
                null("By default, the module creates them if an action is set."),
                "Required if Terraform does not know the number of actions at plan: it then reports an invalid `for_each` or "
                "`count` argument.",
            ),
            example=True,
            features=_FEATURE,
            effect=Effect('aws_cloudwatch_metric_alarm.this["errors"]', "threshold", None, 3),
            since="2.0.0",
        ),
        variable(
            name="alarms",
            type=Checked(
                Map(
                    Object(
                        {
                            "enabled": Optional(BOOL, True),
                            "threshold": Optional(NUMBER),
                            "evaluation_periods": Optional(NUMBER),
                            "datapoints_to_alarm": Optional(NUMBER),
                            "period": Optional(NUMBER),
                            "actions": Optional(List(STRING)),
                            "treat_missing_data": Optional(STRING),
                        }
                    )
                )
            ),
            default={},
            description=Text(
                f"Settings by the name of an alarm: {listed([f'`{name}`' for name in ALARM_NAMES], 'or')}. `threshold` (of "
                "`iterator_age` in seconds) takes precedence over the variable of the alarm, `actions` over `alarm_actions`; "
                "`period` is in seconds, 300 by default.",
            ),
            example={"errors": {"threshold": 5, "evaluation_periods": 3, "datapoints_to_alarm": 2}},
            example_with=_ACTION,
            features=_FEATURE,
            effect=Effect('aws_cloudwatch_metric_alarm.this["errors"]', "threshold", None, 5),
            since="2.0.0",
            rules=(
                each(
                    "name in keys(self)",
                    f"contains({literal(ALARM_NAMES)}, name)",
                    f"keyed by {listed([*ALARM_NAMES], 'or')}",
                    {"error": {"threshold": 5}},
                ),
                each(
                    "name, alarm in self",
                    "alltrue([for number in [try(alarm.threshold, null), try(alarm.evaluation_periods, null), "
                    "try(alarm.datapoints_to_alarm, null), try(alarm.period, null)] : try(number >= 1, true)]) && "
                    "alltrue([for number in [try(alarm.evaluation_periods, null), try(alarm.datapoints_to_alarm, null), "
                    "try(alarm.period, null)] : try(number % 1 == 0, true)]) && "
                    "coalesce(try(alarm.datapoints_to_alarm, null), 1) <= coalesce(try(alarm.evaluation_periods, null), "
                    'name == "stalled" ? ceil(max(var.alarm_stalled_minutes, 5) / 5) : 1)',
                    "alarms with numbers from 1, whole numbers except for threshold, and at most evaluation_periods as "
                    "datapoints_to_alarm",
                    {"errors": {"threshold": 0}},
                    {"errors": {"evaluation_periods": 0}},
                    {"errors": {"evaluation_periods": 1.5}},
                    {"errors": {"datapoints_to_alarm": 2}},
                    {"stalled": {"datapoints_to_alarm": 4}},
                ),
                # CloudWatch API, "PutMetricAlarm"; metrics of AWS have a resolution of 1 minute
                each(
                    "name, alarm in self",
                    f"{_PERIOD} % 60 == 0 && {_PERIOD} * {_PERIODS} <= ({_PERIOD} < 3600 ? 86400 : 604800)",
                    "alarms with a period that is a multiple of 60, and with periods of at most 1 day together, or 7 days if a "
                    "period is 1 hour or longer",
                    {"errors": {"period": 90}},
                    {"errors": {"period": 60, "evaluation_periods": 1441}},
                ),
                each(
                    "name, alarm in self",
                    "try(alarm.treat_missing_data, null) == null ? true : "
                    'contains(["missing", "ignore", "breaching", "notBreaching"], alarm.treat_missing_data)',
                    "alarms with treat_missing_data missing, ignore, breaching, or notBreaching",
                    {"errors": {"treat_missing_data": "ok"}},
                ),
                each(
                    "name, alarm in self",
                    f"length(try(alarm.actions[*], [])) <= 5 && alltrue([for arn in try(alarm.actions[*], []) : "
                    f"can(regex({_NOTIFIED}, arn))])",
                    "alarms with at most 5 actions, which are ARNs in ${local.region}",
                    {"errors": {"actions": ["alerts"]}},
                ),
                must_be(
                    "try(self.stalled.threshold, null) == null && try(self.stalled.period, null) == null",
                    "without threshold and period of stalled, which have no effect",
                    {"stalled": {"threshold": 2}},
                    got="jsonencode(try(self.stalled, null))",
                ),
            ),
        ),
        flag(
            name="alarm_actions_enabled",
            default=True,
            description="Set to `false` to notify nobody, for example during maintenance. The alarms keep their states.",
            example_with=_ACTION,
            features=_FEATURE,
            effect=Effect('aws_cloudwatch_metric_alarm.this["errors"]', "actions_enabled", None, False),
            since="2.0.0",
        ),
        string(
            name="alarm_runbook_url",
            pattern="^https?://[^\\s]{1,400}$",
            accepted="a URL of at most 400 characters that begins with https:// or http://",
            bad=("wiki/orders", "https://wiki example"),
            description="URL of a runbook for the descriptions of the alarms.",
            example="https://wiki.example.com/orders",
            example_with=_ACTION,
            features=_FEATURE,
            effect=Effect(
                "aws_cloudwatch_metric_alarm.stalled[0]",
                "alarm_description",
                None,
                "orders is written, and its stream does not reach orders; a record is lost when it is 24 hours old. Runbook: "
                "https://wiki.example.com/orders",
            ),
            since="2.0.0",
        ),
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
        _threshold("errors", f"Failed invocations {_IN_5_MINUTES}", "invocations", _HEALED + 1),
        _threshold("throttles", f"Throttled invocations {_IN_5_MINUTES}", "invocations", _HEALED + 1),
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
            # With patterns alone, there is no alarm
            example_with={**_ACTION, "event_source_filter_patterns": []},
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
