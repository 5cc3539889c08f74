"""Where the failed records are reported: a queue of the module's own, or a destination that exists."""

from generator.spec.function import QUEUE_ARN
from generator.spec.model import Component, Output, Variable
from generator.spec.role import CONDITIONS, effect_rule
from generator.spec.rules import KEY_ARN, between, elsewhere, key_arn, matches, rule, unless_null
from generator.spec.types import BOOL, NUMBER, STRING, List, Map, Object, Optional, literal

_STATEMENT = {"actions": ["sqs:ReceiveMessage"], "principals": {"AWS": ["arn:aws:iam::210987654321:root"]}}

DEAD_LETTER_QUEUE = Component(
    name="dead_letter_queue",
    title="Dead-letter queue",
    variables=(
        Variable(
            name="dead_letter_queue_name",
            type=STRING,
            default=None,
            description="Name of the queue; `null` is `name` and `-dlq`, cut to 80 characters.",
            example="orders-failed",
            accepted="1 to 80 letters, digits, `-` and `_`",
            prop="sqsDlqQueueProps.queueName",
            validations=(
                matches(
                    "dead_letter_queue_name",
                    "^[a-zA-Z0-9_-]{1,80}$",
                    "1 to 80 letters, digits, hyphens and underscores (a mapping takes no FIFO queue)",
                    bad=("orders.fifo", "q" * 81),
                    nullable=True,
                ),
            ),
        ),
        Variable(
            name="dead_letter_queue_message_retention_seconds",
            type=NUMBER,
            default=1209600,
            description="Seconds for which a message is kept: never less than the 24 hours of the stream.",
            example=604800,
            accepted="86400 to 1209600",
            prop="sqsDlqQueueProps.retentionPeriod",
            validations=(between("dead_letter_queue_message_retention_seconds", 86400, 1209600, unit="seconds"),),
        ),
        Variable(
            name="dead_letter_queue_visibility_timeout_seconds",
            type=NUMBER,
            default=30,
            description="Seconds for which a message that somebody received is hidden from others.",
            example=120,
            accepted="0 to 43200",
            prop="sqsDlqQueueProps.visibilityTimeout",
            validations=(between("dead_letter_queue_visibility_timeout_seconds", 0, 43200, unit="seconds"),),
        ),
        Variable(
            name="dead_letter_queue_kms_key_arn",
            type=STRING,
            default=None,
            description="Customer-managed key of the queue; `null` encrypts with a key that SQS owns.",
            example=KEY_ARN,
            accepted="the ARN of a key, not of an alias",
            prop="sqsDlqQueueProps.encryptionMasterKey",
            validations=(key_arn("dead_letter_queue_kms_key_arn"),),
        ),
        Variable(
            name="dead_letter_queue_kms_data_key_reuse_period_seconds",
            type=NUMBER,
            default=300,
            description="Seconds for which SQS reuses a data key of `dead_letter_queue_kms_key_arn`.",
            example=600,
            example_with={"dead_letter_queue_kms_key_arn": KEY_ARN},
            accepted="60 to 86400",
            prop="sqsDlqQueueProps.dataKeyReuse",
            validations=(
                between(
                    "dead_letter_queue_kms_data_key_reuse_period_seconds",
                    60,
                    86400,
                    unit="seconds",
                    given={"dead_letter_queue_kms_key_arn": KEY_ARN},
                ),
                rule(
                    "var.dead_letter_queue_kms_data_key_reuse_period_seconds == 300 || var.dead_letter_queue_kms_key_arn != null",
                    "dead_letter_queue_kms_data_key_reuse_period_seconds has no effect without dead_letter_queue_kms_key_arn; "
                    "give a key or remove the period, ${var.dead_letter_queue_kms_data_key_reuse_period_seconds}.",
                    {"dead_letter_queue_kms_data_key_reuse_period_seconds": 600},
                ),
            ),
        ),
        Variable(
            name="dead_letter_queue_policy_statements",
            type=Map(
                Object(
                    {
                        "effect": Optional(STRING, "Allow"),
                        "actions": List(STRING),
                        "principals": Map(List(STRING)),
                        "conditions": CONDITIONS,
                    }
                )
            ),
            default={},
            description=(
                "Further statements of the queue's policy, by statement id, with principals by kind (`AWS`, `Service`). "
                "The policy always refuses what does not come over TLS."
            ),
            example={"Operators": _STATEMENT},
            validations=(
                effect_rule("dead_letter_queue_policy_statements", {"Operators": {**_STATEMENT, "actions": []}}),
                rule(
                    "alltrue([for id, statement in var.dead_letter_queue_policy_statements : "
                    'can(regex("^[a-zA-Z0-9]+$", id)) && id != "DenyInsecureTransport" '
                    "&& length(statement.principals) > 0])",
                    "dead_letter_queue_policy_statements must be keyed by ids of letters and digits other than "
                    "DenyInsecureTransport, each with principals; the ids are "
                    '${join(", ", keys(var.dead_letter_queue_policy_statements))}.',
                    {"dead_letter_queue_policy_statements": {"Operators": {**_STATEMENT, "principals": {}}}},
                    {"dead_letter_queue_policy_statements": {"DenyInsecureTransport": _STATEMENT}},
                ),
            ),
        ),
    ),
    outputs=(
        Output(
            name="dead_letter_queue_name",
            description="Name of the dead-letter queue; `null` without one.",
            value="one(aws_sqs_queue.dead_letter[*].name)",
        ),
        Output(
            name="dead_letter_queue_arn",
            description="ARN of the dead-letter queue; `null` without one.",
            value="one(aws_sqs_queue.dead_letter[*].arn)",
        ),
        Output(
            name="dead_letter_queue_url",
            description="URL of the dead-letter queue; `null` without one.",
            value="one(aws_sqs_queue.dead_letter[*].url)",
        ),
        Output(
            name="on_failure_destination_arn",
            description="ARN to which failed records are reported; `null` where they are dropped.",
            value="local.on_failure_arn",
        ),
    ),
)

DEAD_LETTER_QUEUE_ENABLED = Variable(
    name="dead_letter_queue_enabled",
    type=BOOL,
    default=True,
    description=(
        "Whether the module creates a queue for what failed. Without it and without another destination, failed records "
        "are dropped without a trace."
    ),
    example=False,
    prop="deploySqsDlqQueue",
)

DESTINATIONS = {"sqs": "a queue that exists", "sns": "a topic", "s3": "a bucket"}
"""Kinds of failure destinations, as ``on_failure_destination.type`` names them."""

_NOUNS = {
    "sqs": "a standard queue (`sqs`)",
    "sns": "a standard topic (`sns`)",
    "s3": "a bucket (`s3`, which also keeps the records themselves)",
}
_ARNS = {"sqs": QUEUE_ARN, "sns": QUEUE_ARN.replace(":sqs:", ":sns:"), "s3": "arn:aws:s3:::failed"}
_ELSEWHERE = {"sqs": elsewhere(QUEUE_ARN), "sns": elsewhere(_ARNS["sns"]), "s3": "arn:aws:s3:::failed/prefix"}


def on_failure_destination(*kinds: str) -> Variable:
    """Return the variable for a destination of one of these kinds (keys of :data:`DESTINATIONS`)."""
    name = "on_failure_destination"
    example = {"type": kinds[0], "arn": _ARNS[kinds[0]]}
    services = [kind for kind in kinds if kind != "s3"]
    places = [" or ".join({"sqs": "a queue", "sns": "a topic"}[kind] for kind in services) + " in ${local.region}"]
    places = [*(places if services else ()), *(["a bucket without a path"] if "s3" in kinds else ())]
    fifo = rule(
        f'!endswith(try(var.{name}.arn, ""), ".fifo")',
        f"{name}.arn must be a standard queue or topic: a mapping takes no FIFO destination such as "
        f"${{jsonencode(try(var.{name}.arn, null))}}.",
        *({name: {"type": kind, "arn": f"{_ARNS[kind]}.fifo"}} for kind in services or kinds),
    )
    return Variable(
        name=name,
        type=Object({"type": STRING, "arn": STRING, "kms_key_arn": Optional(STRING)}),
        default=None,
        description=(
            "Existing destination for what failed, instead of a queue of the module's own: "
            f"{_listed([_NOUNS[kind] for kind in kinds])}, and its customer-managed key."
        ),
        example=example,
        prop="dynamoEventSourceProps.onFailure",
        validations=(
            rule(
                unless_null(name, f"contains({literal(kinds)}, var.{name}.type)", nullable=True),
                f'{name}.type must be one of {", ".join(kinds)}, not ${{try(var.{name}.type, "null")}}.',
                {name: {"type": "lambda", "arn": QUEUE_ARN}},
            ),
            rule(
                unless_null(
                    name,
                    f'can(regex("^arn:aws[a-z-]*:${{var.{name}.type}}:(${{local.region}})?:[0-9]*:[^:/]+$", '
                    f"var.{name}.arn))",
                    nullable=True,
                ),
                f'{name}.arn must be the ARN of what type says, ${{try(var.{name}.type, "null")}}: '
                f"{', or '.join(places)}; not ${{jsonencode(try(var.{name}.arn, null))}}.",
                {name: {"type": "sns" if kinds[0] == "sqs" else kinds[0], "arn": QUEUE_ARN}},
                {name: {"type": kinds[0], "arn": "failed"}},
                *({name: {"type": kind, "arn": _ELSEWHERE[kind]}} for kind in kinds),
            ),
            *((fifo,) if services else ()),
            key_arn(name, path=".kms_key_arn", given={name: example}),
        ),
    )


def _listed(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


ON_FAILURE_DESTINATION = on_failure_destination(*DESTINATIONS)
