"""Where Lambda sends the invocation records of discarded records: the module's queue, or an existing destination."""

import functools
from typing import Any

from generator.spec.examples import KEY_ARN, QUEUE_ARN, in_other_region
from generator.spec.kinds import flag, string, variable, whole_number
from generator.spec.model import UNKNOWN, Component, Effect, Output, Variable
from generator.spec.role import CONDITIONS, statement_rules
from generator.spec.rules import BUCKET_NAME, custom_rule, each, key_arn, must_be, no_effect
from generator.spec.text import Text, about, listed, null
from generator.spec.types import STRING, Checked, List, Map, Object, Optional, literal

_STATEMENT = {"actions": ["sqs:ReceiveMessage"], "principals": {"AWS": ["arn:aws:iam::210987654321:root"]}}
_FEATURE = ("dead_letter_queue",)
_sets = functools.partial(Effect, "aws_sqs_queue.dead_letter[0]")


def _output(attribute: str, description: str) -> Output:
    text = Text(f"{description} of the dead-letter queue.", null("`null` if the module does not create it."))
    return Output(f"dead_letter_queue_{attribute}", text, f"one(aws_sqs_queue.dead_letter[*].{attribute})")


DEAD_LETTER_QUEUE = Component(
    name="dead_letter_queue",
    title="On-failure destination",
    variables=(
        string(
            name="dead_letter_queue_name",
            replaces=("dead-letter queue",),
            pattern="^[a-zA-Z0-9_-]{1,80}$",
            accepted="1 to 80 letters, digits, hyphens, and underscores (not a FIFO queue)",
            bad=("orders.fifo", "q" * 81),
            description=Text("Name of the queue.", null("Defaults to `name` with `-dlq`, cut to 80.", "name")),
            example="orders-failed",
            features=_FEATURE,
            effect=_sets("name", default="orders-dlq"),
            construct_prop="sqsDlqQueueProps.queueName",
        ),
        whole_number(
            name="dead_letter_queue_message_retention_seconds",
            default=1209600,
            bounds=(86400, 1209600),
            unit="seconds",
            description="Message retention period, in seconds: at least the 24 hours of the stream.",
            features=_FEATURE,
            effect=_sets("message_retention_seconds"),
            construct_prop="sqsDlqQueueProps.retentionPeriod",
        ),
        whole_number(
            name="dead_letter_queue_visibility_timeout_seconds",
            default=30,
            bounds=(0, 43200),
            unit="seconds",
            description="Visibility timeout of a received message, in seconds.",
            features=_FEATURE,
            effect=_sets("visibility_timeout_seconds"),
            construct_prop="sqsDlqQueueProps.visibilityTimeout",
        ),
        whole_number(
            name="dead_letter_queue_receive_wait_time_seconds",
            default=0,
            bounds=(0, 20),
            unit="seconds",
            description="Time for which a receive request waits for a message, in seconds. `0` turns long polling off.",
            features=_FEATURE,
            effect=_sets("receive_wait_time_seconds"),
            construct_prop="sqsDlqQueueProps.receiveMessageWaitTime",
            since="2.0.0",
        ),
        variable(
            name="dead_letter_queue_kms_key_arn",
            type=STRING,
            default=None,
            description=Text(
                "Customer managed key of the queue, or `alias/aws/sqs` for the AWS managed key.",
                null("Defaults to a key that SQS owns (SSE-SQS)."),
            ),
            example=KEY_ARN,
            features=("customer_keys", *_FEATURE),
            effect=_sets("kms_master_key_id"),
            construct_prop="sqsDlqQueueProps.encryptionMasterKey",
            rules=(key_arn(also="alias/aws/sqs"),),
        ),
        whole_number(
            name="dead_letter_queue_kms_data_key_reuse_period_seconds",
            default=300,
            bounds=(60, 86400),
            unit="seconds",
            description="Time for which SQS reuses a data key of the customer managed key, in seconds.",
            example_with={"dead_letter_queue_kms_key_arn": KEY_ARN},
            features=("customer_keys", *_FEATURE),
            # The provider shows what is not sent as 0
            effect=_sets("kms_data_key_reuse_period_seconds", default=0),
            construct_prop="sqsDlqQueueProps.dataKeyReuse",
            rules=(
                no_effect(
                    "self == 300 || var.dead_letter_queue_kms_key_arn != null", "without dead_letter_queue_kms_key_arn"
                ),
            ),
        ),
        variable(
            name="dead_letter_queue_policy_statements",
            type=Checked(
                Map(
                    Object(
                        {
                            "effect": Optional(STRING, "Allow"),
                            "actions": List(STRING),
                            "principals": Map(List(STRING)),
                            "conditions": CONDITIONS,
                        }
                    )
                )
            ),
            default={},
            description=(
                "Additional statements of the queue policy, keyed by statement ID, with principals by type (`AWS`, "
                "`Service`). The policy always denies requests without TLS."
            ),
            example={"Operators": _STATEMENT},
            features=("queue_policy", *_FEATURE),
            effect=Effect("aws_sqs_queue_policy.dead_letter[0]", "policy", UNKNOWN, UNKNOWN),
            rules=(
                *statement_rules(_STATEMENT, {"actions": []}),
                each(
                    "id, statement in self",
                    'can(regex("^[a-zA-Z0-9]+$", id)) && id != "DenyInsecureTransport" && try(length(statement.principals) > 0, false)',
                    "keyed by letters and digits (not DenyInsecureTransport), with principals in each statement",
                    {"Operators": {**_STATEMENT, "principals": {}}},
                    {"DenyInsecureTransport": _STATEMENT},
                ),
                # SQS developer guide, "Quotas related to policies"
                each(
                    "id, statement in self",
                    'try(alltrue([for action in statement.actions : can(regex("^([*]|(sqs|SQS):[a-zA-Z0-9*?]+)$", action))]) '
                    "&& length(statement.actions) <= 7 && alltrue([for kind, names in statement.principals : "
                    'contains(["AWS", "Service", "Federated", "CanonicalUser"], kind) && '
                    "length(names) > 0 && alltrue([for name in names : name != null])]), false)",
                    "a map of statements with at most 7 actions of SQS, and with principals of type AWS, Service, Federated, or "
                    "CanonicalUser",
                    {"Operators": {**_STATEMENT, "actions": ["s3:GetObject"]}},
                    {"Operators": {**_STATEMENT, "actions": [f"sqs:Get{letter}" for letter in "abcdefgh"]}},
                    {"Operators": {**_STATEMENT, "principals": {"Aws": ["210987654321"]}}},
                    {"Operators": {**_STATEMENT, "principals": {"AWS": []}}},
                    {"Operators": {**_STATEMENT, "principals": {"AWS": [None]}}},
                ),
            ),
        ),
    ),
    outputs=(
        *(_output(*words) for words in (("name", "Name"), ("arn", "ARN"), ("url", "URL"))),
        Output(
            "on_failure_destination_arn",
            Text("ARN of the on-failure destination.", null("`null` without one.")),
            "local.on_failure_arn",
        ),
    ),
)

DEAD_LETTER_QUEUE_ENABLED = flag(
    name="dead_letter_queue_enabled",
    deletes=("dead-letter queue",),
    default=True,
    description=(
        "Set to `false` to not create the dead-letter queue. Without an on-failure destination, Lambda discards failed "
        "records without notification."
    ),
    effect=_sets("name", default="orders-dlq", example=None),
    construct_prop="deploySqsDlqQueue",
)

DEAD_LETTER_QUEUE_KEPT = flag(
    name="dead_letter_queue_kept",
    default=False,
    description=(
        "Set to `true` to keep the dead-letter queue, with its messages, while `on_failure_destination` is set. "
        "Otherwise the queue is deleted with the messages in it."
    ),
    example_with={"on_failure_destination": {"type": "sqs", "arn": QUEUE_ARN}},
    features=("dead_letter_queue", "on_failure_destination"),
    effect=_sets("name", default="orders-dlq", example="orders-dlq"),
    since="2.0.0",
    rules=(
        no_effect(
            "!self || var.dead_letter_queue_enabled",
            "when dead_letter_queue_enabled is false",
            dead_letter_queue_enabled=False,
        ),
    ),
)

DESTINATIONS = {"sqs": "an existing queue", "sns": "a topic", "s3": "a bucket"}
"""Kinds of on-failure destinations, as ``on_failure_destination.type`` names them."""

_NOUNS = {
    "sqs": "a standard queue (`sqs`)",
    "sns": "a standard topic (`sns`)",
    "s3": "a bucket (`s3`, which also receives the records themselves)",
}
_ARNS = {"sqs": QUEUE_ARN, "sns": QUEUE_ARN.replace(":sqs:", ":sns:"), "s3": "arn:aws:s3:::failed"}
_BAD_ARNS = (
    {**{kind: in_other_region(_ARNS[kind]) for kind in ("sqs", "sns")}, "s3": "arn:aws:s3:::failed/prefix"},
    {**{kind: f"arn:aws:{kind}:::failed" for kind in ("sqs", "sns")}, "s3": "arn:aws:s3:eu-west-1::failed"},
    {kind: f"{arn} " for kind, arn in _ARNS.items()},
)


def on_failure_destination(*kinds: str) -> Variable:
    """Return the variable for a destination of one of these kinds (keys of :data:`DESTINATIONS`)."""
    name = "on_failure_destination"
    shown = f"${{jsonencode(try(var.{name}.arn, null))}}"
    services = [kind for kind in kinds if kind != "s3"]
    places = [f"{listed([{'sqs': 'a queue', 'sns': 'a topic'}[kind] for kind in services], 'or')} in ${{local.region}}"]
    places = [*(places if services else ()), *(["a bucket (no path)"] if "s3" in kinds else ())]

    def rejected(**destinations: str) -> list[dict[str, Any]]:
        return [{name: {"type": kind, "arn": arn}} for kind, arn in destinations.items()]

    fifo = custom_rule(
        '!can(regex("[.]fifo$", self.arn))',
        f"The {name}.arn value must be of a standard queue or topic, not FIFO. Got {shown}.",
        *rejected(**{kind: f"{_ARNS[kind]}.fifo" for kind in services}),
    )
    return variable(
        name=name,
        deletes=("dead-letter queue",),
        type=Checked(Object({"type": STRING, "arn": STRING, "kms_key_arn": Optional(STRING)})),
        default=None,
        description=Text(
            f"Existing on-failure destination: {listed([_NOUNS[kind] for kind in kinds], 'or')}. Set `kms_key_arn` if "
            "a customer managed key encrypts it.",
            about("The module then creates no dead-letter queue.", "dead_letter_queue_enabled"),
        ),
        example={"type": kinds[0], "arn": _ARNS[kinds[0]]},
        features=("on_failure_destination",),
        effect=Effect(
            "aws_lambda_event_source_mapping.this",
            "destination_config.0.on_failure.0.destination_arn",
            UNKNOWN,
            _ARNS[kinds[0]],
        ),
        construct_prop="dynamoEventSourceProps.onFailure",
        rules=(
            must_be(
                f"try(contains({literal(kinds)}, self.type), false)", listed([*kinds], "or"), "fifo", attribute="type"
            ),
            custom_rule(
                "self == null ? true : "
                f'can(regex(self.type == "s3" ? "^arn:aws[a-z-]*:s3:::{BUCKET_NAME}$" : '
                '"^arn:aws[a-z-]*:${self.type}:${local.region}:[0-9]{12}:[a-zA-Z0-9_.-]+$", self.arn))',
                f"The {name}.arn value must be the ARN of {listed(places, 'or')}, as type says. Got {shown}.",
                *rejected(**{"sns" if kinds[0] == "sqs" else kinds[0]: QUEUE_ARN}),
                *rejected(**{kinds[0]: "failed"}),
                *(one for bad in _BAD_ARNS for one in rejected(**{kind: bad[kind] for kind in kinds if kind in bad})),
            ),
            *((fifo,) if services else ()),
            key_arn("kms_key_arn"),
        ),
    )


ON_FAILURE_DESTINATION = on_failure_destination(*DESTINATIONS)
