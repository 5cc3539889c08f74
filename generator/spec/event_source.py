"""The event source mapping: how the stream invokes the function, and what happens when it fails.

Ranges and refusals are those of the Lambda API (CreateEventSourceMapping) for DynamoDB streams.
"""

from generator.spec.model import Component, Output, Variable
from generator.spec.rules import KEY_ARN, between, key_arn, one_of, rule
from generator.spec.types import BOOL, NUMBER, STRING, List, Map

PATTERN = '{"eventName": ["INSERT"]}'

EVENT_SOURCE = Component(
    name="event_source",
    title="Event source mapping",
    variables=(
        Variable(
            name="event_source_enabled",
            type=BOOL,
            default=True,
            description="Whether the stream invokes the function. A stream keeps records for 24 hours meanwhile.",
            example=False,
            prop="dynamoEventSourceProps.enabled",
        ),
        Variable(
            name="event_source_batch_size",
            type=NUMBER,
            default=100,
            description="Most records in one invocation; a read returns at most 1,000, an invocation carries at most 6 MB.",
            example=500,
            accepted="1 to 10000",
            prop="dynamoEventSourceProps.batchSize",
            validations=(between("event_source_batch_size", 1, 10000),),
        ),
        Variable(
            name="event_source_maximum_batching_window_in_seconds",
            type=NUMBER,
            default=0,
            description="Seconds to wait for a batch to fill.",
            example=5,
            accepted="0 to 300",
            prop="dynamoEventSourceProps.maxBatchingWindow",
            validations=(between("event_source_maximum_batching_window_in_seconds", 0, 300, unit="seconds"),),
        ),
        Variable(
            name="event_source_starting_position",
            type=STRING,
            default="TRIM_HORIZON",
            description=(
                "Where a new mapping begins: with the oldest record of the stream, or with `LATEST`, which can skip "
                "what is written around its creation. It cannot be changed later."
            ),
            example="LATEST",
            accepted="`TRIM_HORIZON` or `LATEST`",
            prop="dynamoEventSourceProps.startingPosition",
            validations=(one_of("event_source_starting_position", "TRIM_HORIZON", "LATEST"),),
        ),
        Variable(
            name="event_source_bisect_batch_on_function_error",
            type=BOOL,
            default=True,
            description="Whether a failing batch is halved until the failing record is alone.",
            example=False,
            prop="dynamoEventSourceProps.bisectBatchOnError",
        ),
        Variable(
            name="event_source_maximum_record_age_in_seconds",
            type=NUMBER,
            default=86400,
            description=(
                "Age at which a record goes to the failure destination unprocessed; `-1` is the stream's end of 24 "
                "hours, and more than 86400 has no effect."
            ),
            example=3600,
            accepted="-1, or 60 to 604800",
            prop="dynamoEventSourceProps.maxRecordAge",
            validations=(between("event_source_maximum_record_age_in_seconds", 60, 604800, also=-1, unit="seconds"),),
        ),
        Variable(
            name="event_source_maximum_retry_attempts",
            type=NUMBER,
            default=500,
            description=(
                "Retries before a record goes to the failure destination; `-1` retries until it is too old. The pauses "
                "double, so 500 are in practice the record's age: see the README."
            ),
            example=5,
            accepted="-1 to 10000",
            prop="dynamoEventSourceProps.retryAttempts",
            validations=(between("event_source_maximum_retry_attempts", -1, 10000),),
        ),
        Variable(
            name="event_source_parallelization_factor",
            type=NUMBER,
            default=1,
            description="Batches of one shard that are processed at once; the order of each item is kept.",
            example=4,
            accepted="1 to 10",
            prop="dynamoEventSourceProps.parallelizationFactor",
            validations=(between("event_source_parallelization_factor", 1, 10),),
        ),
        Variable(
            name="event_source_tumbling_window_in_seconds",
            type=NUMBER,
            default=0,
            description="Length of the windows over which the function aggregates; `0` is none.",
            example=60,
            accepted="0 to 900",
            prop="dynamoEventSourceProps.tumblingWindow",
            validations=(
                between("event_source_tumbling_window_in_seconds", 0, 900, unit="seconds"),
                rule(
                    "var.event_source_tumbling_window_in_seconds == 0 || length(var.event_source_filter_patterns) == 0",
                    "event_source_tumbling_window_in_seconds is refused with event_source_filter_patterns; "
                    "set it to 0, not ${var.event_source_tumbling_window_in_seconds}, or remove the patterns.",
                    {"event_source_tumbling_window_in_seconds": 60, "event_source_filter_patterns": [PATTERN]},
                ),
                rule(
                    "var.event_source_tumbling_window_in_seconds == 0 || var.event_source_parallelization_factor == 1",
                    "event_source_tumbling_window_in_seconds needs event_source_parallelization_factor 1, "
                    "not ${var.event_source_parallelization_factor}.",
                    {"event_source_tumbling_window_in_seconds": 60, "event_source_parallelization_factor": 2},
                ),
            ),
        ),
        Variable(
            name="event_source_report_batch_item_failures",
            type=BOOL,
            default=True,
            description=(
                "Whether the function may report which records failed. A function that reports nothing is not "
                "affected; one that does loses those records silently while this is off."
            ),
            example=False,
            prop="dynamoEventSourceProps.reportBatchItemFailures",
        ),
        Variable(
            name="event_source_filter_patterns",
            type=List(STRING),
            default=[],
            description=(
                "Patterns (JSON) of which a record must match one to be processed. AWS allows 5, and 10 on request."
            ),
            example=[PATTERN],
            accepted="at most 10 JSON objects of at most 4096 characters",
            prop="dynamoEventSourceProps.filters",
            validations=(
                rule(
                    "length(var.event_source_filter_patterns) <= 10",
                    "event_source_filter_patterns must be at most 10, not ${length(var.event_source_filter_patterns)}.",
                    {"event_source_filter_patterns": [f'{{"eventName": ["{n}"]}}' for n in range(11)]},
                ),
                rule(
                    "alltrue([for pattern in var.event_source_filter_patterns : "
                    "can(keys(jsondecode(pattern))) && length(pattern) <= 4096])",
                    "event_source_filter_patterns must be JSON objects of at most 4096 characters, such as "
                    'jsonencode({ eventName = [\\"INSERT\\"] }), not ${join(", ", var.event_source_filter_patterns)}.',
                    {"event_source_filter_patterns": ["eventName = INSERT"]},
                    {"event_source_filter_patterns": ['["INSERT"]']},
                    {"event_source_filter_patterns": ['{"eventName": ["' + "x" * 4096 + '"]}']},
                ),
                rule(
                    "length(distinct(var.event_source_filter_patterns)) == length(var.event_source_filter_patterns)",
                    "event_source_filter_patterns must differ from each other; "
                    '${join(", ", var.event_source_filter_patterns)} repeats one.',
                    {"event_source_filter_patterns": [PATTERN, PATTERN]},
                ),
            ),
        ),
        Variable(
            name="event_source_filter_kms_key_arn",
            type=STRING,
            default=None,
            description="Customer-managed key of the filter patterns; its policy must allow Lambda to decrypt.",
            example=KEY_ARN,
            example_with={"event_source_filter_patterns": [PATTERN]},
            accepted="the ARN of a key, not of an alias",
            prop="dynamoEventSourceProps.filterEncryption",
            validations=(
                key_arn("event_source_filter_kms_key_arn", given={"event_source_filter_patterns": [PATTERN]}),
                rule(
                    "var.event_source_filter_kms_key_arn == null || length(var.event_source_filter_patterns) > 0",
                    "event_source_filter_kms_key_arn has no effect without event_source_filter_patterns; "
                    "give patterns or remove the key.",
                    {"event_source_filter_kms_key_arn": KEY_ARN},
                ),
            ),
        ),
        Variable(
            name="event_source_metrics_enabled",
            type=BOOL,
            default=False,
            description="Whether the mapping has metrics of its own (`EventCount`), at the price of custom metrics.",
            example=True,
            prop="dynamoEventSourceProps.metricsConfig",
        ),
        Variable(
            name="event_source_tags",
            type=Map(STRING),
            default={},
            description=(
                "Tags of the mapping. They need `lambda:TagResource` to deploy and are not offered in every "
                "partition; `tags` therefore leaves the mapping out."
            ),
            example={"team": "orders"},
        ),
    ),
    outputs=(
        Output(
            name="event_source_mapping_uuid",
            description="Id of the event source mapping.",
            value="aws_lambda_event_source_mapping.this.uuid",
        ),
        Output(
            name="event_source_mapping_arn",
            description="ARN of the event source mapping.",
            value="aws_lambda_event_source_mapping.this.arn",
        ),
    ),
)
