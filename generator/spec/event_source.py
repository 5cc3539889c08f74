"""The event source mapping: how Lambda reads the stream and invokes the function, and what happens on failure.

Ranges and rejected combinations are those of the Lambda API (CreateEventSourceMapping) for DynamoDB streams.
"""

import functools

from generator.spec.examples import PATTERN
from generator.spec.kinds import PROPAGATION, choice, flag, key, timeouts, variable, whole_number
from generator.spec.model import Component, Effect, Output
from generator.spec.rules import custom_rule, each, must_be, no_effect, tag_rules
from generator.spec.types import STRING, List, Map

_MAPPING = "aws_lambda_event_source_mapping.this"
_sets = functools.partial(Effect, _MAPPING)

EVENT_SOURCE = Component(
    name="event_source",
    title="Event source mapping",
    variables=(
        flag(
            name="event_source_enabled",
            default=True,
            description="Set to `false` to pause processing. Records expire 24 hours after they are written, also then.",
            effect=_sets("enabled"),
            construct_prop="dynamoEventSourceProps.enabled",
        ),
        whole_number(
            name="event_source_batch_size",
            default=100,
            bounds=(1, 10000),
            description="Maximum number of records in a batch. A read returns up to 1,000, an invocation takes 6 MB.",
            effect=_sets("batch_size"),
            construct_prop="dynamoEventSourceProps.batchSize",
        ),
        whole_number(
            name="event_source_maximum_batching_window_in_seconds",
            default=0,
            bounds=(0, 300),
            unit="seconds",
            description="Batching window: the time to wait for a full batch, in seconds.",
            effect=_sets("maximum_batching_window_in_seconds"),
            construct_prop="dynamoEventSourceProps.maxBatchingWindow",
        ),
        choice(
            name="event_source_starting_position",
            replaces=("event source mapping",),
            values=("TRIM_HORIZON", "LATEST"),
            description=(
                "Position at which a new mapping starts reading: `TRIM_HORIZON` is the oldest record; `LATEST` can "
                "miss records written while AWS creates the mapping. Changing it replaces the mapping."
            ),
            effect=_sets("starting_position"),
            construct_prop="dynamoEventSourceProps.startingPosition",
        ),
        timeouts(
            "event_source",
            Effect(_MAPPING, "timeouts.update", default=None, example="120m"),
            "`use_for_propagation` uses them also while permissions reach Lambda.",
            propagation=True,
            since_provider=PROPAGATION,
        ),
        flag(
            name="event_source_bisect_batch_on_function_error",
            default=True,
            description=(
                "Splits a failed batch in two and retries each part, to isolate a failing record. An invocation "
                "record can nevertheless cover more than one record."
            ),
            effect=_sets("bisect_batch_on_function_error"),
            construct_prop="dynamoEventSourceProps.bisectBatchOnError",
        ),
        whole_number(
            name="event_source_maximum_record_age_in_seconds",
            default=86400,
            bounds=(60, 604800),
            also=-1,
            unit="seconds",
            description=(
                "Maximum age of a record, in seconds. Lambda discards older records and sends an invocation record to "
                "the on-failure destination. At 86,400 (24 hours), the records themselves have then expired in the "
                "stream; 43,200 leaves 12 hours to read them again. `-1` or more than 86,400 retries until a record "
                "expires: AWS does not document whether Lambda then sends an invocation record."
            ),
            effect=_sets("maximum_record_age_in_seconds"),
            construct_prop="dynamoEventSourceProps.maxRecordAge",
        ),
        whole_number(
            name="event_source_maximum_retry_attempts",
            default=500,
            bounds=(-1, 10000),
            description=(
                "Maximum number of retries; `-1` retries until the maximum record age. Lambda backs off between "
                "retries (exponentially, as far as measured), so 500 probably means the same."
            ),
            effect=_sets("maximum_retry_attempts"),
            construct_prop="dynamoEventSourceProps.retryAttempts",
        ),
        whole_number(
            name="event_source_parallelization_factor",
            default=1,
            bounds=(1, 10),
            description="Concurrent batches per shard. The records of an item are processed in order.",
            effect=_sets("parallelization_factor"),
            construct_prop="dynamoEventSourceProps.parallelizationFactor",
        ),
        whole_number(
            name="event_source_tumbling_window_in_seconds",
            default=0,
            bounds=(0, 900),
            unit="seconds",
            description="Length of a tumbling window, in seconds. `0` turns windows off.",
            features=("tumbling_windows",),
            effect=_sets("tumbling_window_in_seconds"),
            construct_prop="dynamoEventSourceProps.tumblingWindow",
            rules=(
                custom_rule(
                    "self == 0 || length(var.event_source_filter_patterns) == 0",
                    "Set only one of event_source_tumbling_window_in_seconds and event_source_filter_patterns.",
                    {"event_source_tumbling_window_in_seconds": 60, "event_source_filter_patterns": [PATTERN]},
                ),
                custom_rule(
                    "self == 0 || var.event_source_parallelization_factor == 1",
                    "The event_source_parallelization_factor value must be 1 when "
                    "event_source_tumbling_window_in_seconds is set. Got ${var.event_source_parallelization_factor}.",
                    {"event_source_tumbling_window_in_seconds": 60, "event_source_parallelization_factor": 2},
                ),
            ),
        ),
        flag(
            name="event_source_report_batch_item_failures",
            default=True,
            description=(
                "Partial batch responses (`ReportBatchItemFailures`). If `false`, Lambda ignores the failures that "
                "the function reports."
            ),
            effect=_sets("function_response_types", ["ReportBatchItemFailures"], None),
            construct_prop="dynamoEventSourceProps.reportBatchItemFailures",
        ),
        variable(
            name="event_source_filter_patterns",
            type=List(STRING),
            default=[],
            description=(
                "Filter patterns (JSON). Lambda processes a record that matches at least one. AWS allows 5 by default. A plan "
                "rejects patterns with names, types, or operators that match no record, in the first 8 levels of a pattern."
            ),
            example=[PATTERN],
            accepted_values="at most 10 JSON objects of at most 4,096 characters",
            features=("filters",),
            effect=_sets("filter_criteria.0.filter.0.pattern", None, PATTERN),
            construct_prop="dynamoEventSourceProps.filters",
            rules=(
                must_be(
                    "length(self) <= 10",
                    "a list of at most 10",
                    [f'{{"eventName": ["{n}"]}}' for n in range(11)],
                    got="length(self)",
                ),
                each(
                    "pattern in self",
                    "can(keys(jsondecode(pattern))) && try(length(pattern) <= 4096, false)",
                    'a list of JSON objects such as jsonencode({ eventName = [\\"INSERT\\"] }), at most 4096 characters each',
                    ["eventName = INSERT"],
                    ['["INSERT"]'],
                    ['{"eventName": ["' + "x" * 4096 + '"]}'],
                ),
                each(
                    "pattern in self",
                    "length([for other in self : other if other == pattern]) == 1",
                    "a list without duplicates",
                    [PATTERN, PATTERN],
                ),
            ),
        ),
        key(
            name="event_source_filter_kms_key_arn",
            description="Customer managed key of the filter patterns. Its key policy must allow Lambda to decrypt.",
            example_with={"event_source_filter_patterns": [PATTERN]},
            features=("customer_keys", "filters"),
            effect=_sets("kms_key_arn"),
            construct_prop="dynamoEventSourceProps.filterEncryption",
            rules=(
                no_effect(
                    "self == null || length(var.event_source_filter_patterns) > 0",
                    "without event_source_filter_patterns",
                ),
            ),
        ),
        flag(
            name="event_source_metrics_enabled",
            default=False,
            description="Set to `true` for metrics of the mapping (`EventCount`), charged as custom metrics.",
            features=("event_source_metrics",),
            effect=_sets("metrics_config.0.metrics", None, ["EventCount"]),
            construct_prop="dynamoEventSourceProps.metricsConfig",
        ),
        variable(
            name="event_source_tags",
            type=Map(STRING),
            default={},
            description=(
                "Tags for the event source mapping only. They require `lambda:TagResource`, and some partitions do "
                "not support them. The `default_tags` of the provider are added to them, also if this is empty."
            ),
            example={"team": "orders"},
            features=("event_source_tags",),
            effect=_sets("tags", default=None),
            rules=tag_rules(),
        ),
    ),
    outputs=(
        Output("event_source_mapping_uuid", "UUID of the event source mapping.", f"{_MAPPING}.uuid"),
        Output("event_source_mapping_arn", "ARN of the event source mapping.", f"{_MAPPING}.arn"),
    ),
)
