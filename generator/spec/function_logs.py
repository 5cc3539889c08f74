"""Where the function logs: the format, and the log group."""

import functools

from generator.spec.examples import LOG_GROUP_ARN, OTHER_ROLE_ARN, in_other_region
from generator.spec.kinds import choice, flag, key, variable
from generator.spec.model import Effect, Variable
from generator.spec.rules import arn, custom_rule, no_effect, one_of
from generator.spec.text import Text, about
from generator.spec.types import NUMBER, STRING, Object

LOG_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
RETENTION_DAYS = (
    0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip

_sets = functools.partial(Effect, "aws_lambda_function.this[0]")
_log_group = functools.partial(Effect, "aws_cloudwatch_log_group.this[0]")


def _only_in_json(name: str, default: str, description: str, levels: tuple[str, ...], construct_prop: str) -> Variable:
    return choice(
        name=name,
        values=levels,
        default=default,
        example="DEBUG",
        description=Text(description, about("Applies to the log format `JSON` only.", "function_log_format")),
        effect=_sets(f"logging_config.0.{name.removeprefix('function_')}"),
        construct_prop=construct_prop,
        rules=(
            no_effect(
                f'var.function_log_format == "JSON" || self == "{default}"',
                "when function_log_format is Text",
                function_log_format="Text",
            ),
        ),
    )


FUNCTION_LOG_GROUP = variable(
    name="function_log_group",
    deletes=("log group",),
    type=Object({"arn": STRING}),
    default=None,
    description=(
        "Existing log group for the function; the module then creates no log group. The role may write to it, and the "
        "module changes nothing else of it."
    ),
    example={"arn": LOG_GROUP_ARN},
    accepted_values="the ARN of a log group",
    features=("existing_log_group",),
    effect=_sets("logging_config.0.log_group", default="/aws/lambda/orders", example="/shared/orders"),
    since="2.0.0",
    rules=(
        arn(
            "logs",
            "log-group:[a-zA-Z0-9_/.#-]{1,512}(:\\\\*)?",
            "the ARN of a log group (...:log-group:NAME)",
            "/shared/orders",
            in_other_region(LOG_GROUP_ARN),
            attribute="arn",
        ),
        custom_rule(
            'self == null ? true : try(split(":", self.arn)[4] == split(":", var.existing_role.arn)[4], true)',
            "The function_log_group.arn value must be of the account of existing_role. Got "
            "${jsonencode(try(var.function_log_group.arn, null))}.",
            {
                "function_log_group": {"arn": LOG_GROUP_ARN},
                "existing_role": {"arn": OTHER_ROLE_ARN, "name": "search"},
            },
        ),
    ),
)

LOG_GROUP = (
    variable(
        name="function_log_retention_in_days",
        type=NUMBER,
        default=365,
        description="Days to keep the logs. `0` keeps them forever.",
        example=30,
        effect=_log_group("retention_in_days"),
        construct_prop="lambdaFunctionProps.logRetention",
        rules=(one_of(*RETENTION_DAYS),),
    ),
    key(
        name="function_log_kms_key_arn",
        description="Customer managed key of the log group. Its key policy must allow CloudWatch Logs.",
        features=("customer_keys",),
        effect=_log_group("kms_key_id"),
    ),
    choice(
        name="function_log_group_class",
        replaces=("log group",),
        values=("STANDARD", "INFREQUENT_ACCESS"),
        description="Class of the log group. It can only be chosen when the log group is created.",
        effect=_log_group("log_group_class"),
    ),
    flag(
        name="function_log_skip_destroy",
        default=False,
        description=(
            "Set to `true` to keep the log group when Terraform destroys it: it is only removed from the state. Apply the "
            "argument before the change that destroys the log group."
        ),
        effect=_log_group("skip_destroy"),
        since="2.0.0",
    ),
    flag(
        name="function_log_deletion_protection_enabled",
        default=False,
        description="Set to `true` for deletion protection of the log group.",
        effect=_log_group("deletion_protection_enabled"),
        since_provider="6.25",
    ),
)

LOGS = (
    choice(
        name="function_log_format",
        values=("JSON", "Text"),
        description="Format of the function's logs.",
        effect=_sets("logging_config.0.log_format"),
        construct_prop="lambdaFunctionProps.loggingFormat",
    ),
    _only_in_json(
        "function_application_log_level",
        "INFO",
        "Lowest level of the function's own log entries to keep.",
        LOG_LEVELS,
        "lambdaFunctionProps.applicationLogLevelV2",
    ),
    _only_in_json(
        "function_system_log_level",
        "WARN",
        "Lowest level of Lambda's log entries about the function to keep.",
        ("DEBUG", "INFO", "WARN"),
        "lambdaFunctionProps.systemLogLevelV2",
    ),
    *LOG_GROUP,
)
