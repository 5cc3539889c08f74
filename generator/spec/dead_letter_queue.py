"""Where the failed records are reported: a queue of the module's own, or a destination that exists."""

from generator.spec.function import QUEUE_ARN
from generator.spec.model import Component, Output, Variable
from generator.spec.role import CONDITIONS, effect_rule
from generator.spec.rules import KEY_ARN, between, elsewhere, key_arn, matches, rule, unless_null
from generator.spec.types import BOOL, NUMBER, STRING, List, Map, Object, Optional

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
        "Whether the module creates a queue for what failed. `false` without `on_failure_destination` drops failed "
        "records without a trace."
    ),
    example=False,
    prop="deploySqsDlqQueue",
)

ON_FAILURE_DESTINATION = Variable(
    name="on_failure_destination",
    type=Object({"type": STRING, "arn": STRING, "kms_key_arn": Optional(STRING)}),
    default=None,
    description=(
        "Existing destination for what failed, instead of a queue of the module's own: a standard queue (`sqs`) or topic "
        "(`sns`) or a bucket (`s3`, which also keeps the records themselves), and its customer-managed key."
    ),
    example={"type": "sqs", "arn": QUEUE_ARN},
    prop="dynamoEventSourceProps.onFailure",
    validations=(
        rule(
            unless_null(
                "on_failure_destination",
                'contains(["sqs", "sns", "s3"], var.on_failure_destination.type)',
                nullable=True,
            ),
            'on_failure_destination.type must be one of sqs, sns, s3, not ${try(var.on_failure_destination.type, "null")}.',
            {"on_failure_destination": {"type": "lambda", "arn": QUEUE_ARN}},
        ),
        rule(
            unless_null(
                "on_failure_destination",
                'can(regex("^arn:aws[a-z-]*:${var.on_failure_destination.type}:(${local.region})?:[0-9]*:[^:/]+$", '
                "var.on_failure_destination.arn))",
                nullable=True,
            ),
            'on_failure_destination.arn must be the ARN of what type says, ${try(var.on_failure_destination.type, "null")}: '
            "a queue or a topic in ${local.region}, or a bucket without a path; "
            "not ${jsonencode(try(var.on_failure_destination.arn, null))}.",
            {"on_failure_destination": {"type": "sns", "arn": QUEUE_ARN}},
            {"on_failure_destination": {"type": "s3", "arn": "arn:aws:s3:::failed/prefix"}},
            {"on_failure_destination": {"type": "sqs", "arn": "failed"}},
            {"on_failure_destination": {"type": "sqs", "arn": elsewhere(QUEUE_ARN)}},
        ),
        rule(
            '!endswith(try(var.on_failure_destination.arn, ""), ".fifo")',
            "on_failure_destination.arn must be a standard queue or topic: a mapping takes no FIFO destination such as "
            "${jsonencode(try(var.on_failure_destination.arn, null))}.",
            {"on_failure_destination": {"type": "sqs", "arn": f"{QUEUE_ARN}.fifo"}},
            {"on_failure_destination": {"type": "sns", "arn": f"{QUEUE_ARN.replace(':sqs:', ':sns:')}.fifo"}},
        ),
        key_arn(
            "on_failure_destination",
            path=".kms_key_arn",
            given={"on_failure_destination": {"type": "sqs", "arn": QUEUE_ARN}},
        ),
    ),
)
