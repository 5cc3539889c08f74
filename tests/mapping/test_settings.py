"""Are the settings of a mapping those of a plan and of the Lambda API?"""

import math
from typing import Any

import pytest

from generator.errors import UsageError
from generator.limits import STREAM_RETENTION
from generator.mapping.settings import Settings, from_lambda, from_plan

STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders"
PATTERN = '{"eventName": ["INSERT"]}'
PLANNED: dict[str, Any] = {
    "batch_size": 50,
    "maximum_batching_window_in_seconds": 5,
    "starting_position": "LATEST",
    "enabled": False,
    "bisect_batch_on_function_error": True,
    "maximum_record_age_in_seconds": 3600,
    "maximum_retry_attempts": 7,
    "parallelization_factor": 2,
    "tumbling_window_in_seconds": 0,
    "function_response_types": ["ReportBatchItemFailures"],
    "filter_criteria": [{"filter": [{"pattern": PATTERN}]}],
    "destination_config": [{"on_failure": [{"destination_arn": QUEUE}]}],
    "event_source_arn": STREAM,
}
DEPLOYED: dict[str, Any] = {
    "UUID": "5b3c",
    "BatchSize": 50,
    "MaximumBatchingWindowInSeconds": 5,
    "StartingPosition": "LATEST",
    "State": "Disabled",
    "BisectBatchOnFunctionError": True,
    "MaximumRecordAgeInSeconds": 3600,
    "MaximumRetryAttempts": 7,
    "ParallelizationFactor": 2,
    "TumblingWindowInSeconds": 0,
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
    "FilterCriteria": {"Filters": [{"Pattern": PATTERN}]},
    "DestinationConfig": {"OnFailure": {"Destination": QUEUE}},
    "EventSourceArn": STREAM,
}
EXPECTED = Settings(
    batch_size=50,
    maximum_batching_window_in_seconds=5,
    starting_position="LATEST",
    enabled=False,
    bisect_batch_on_function_error=True,
    maximum_record_age_in_seconds=3600,
    maximum_retry_attempts=7,
    parallelization_factor=2,
    report_batch_item_failures=True,
    filter_patterns=(PATTERN,),
    destination=True,
)
"""The settings in both."""


class TestSettings:
    def test_pauses_are_the_measured_ones_without_a_limit(self) -> None:
        assert (Settings().first_pause, Settings().longest_pause) == (0.2, math.inf)

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"first_pause": 0}, 'first_pause must be more than 0 seconds. Got "0".'),
            ({"longest_pause": math.nan}, 'longest_pause must be more than 0 seconds. Got "nan".'),
            (
                {"tumbling_window_in_seconds": 10, "parallelization_factor": 2},
                'parallelization_factor must be 1 with tumbling_window_in_seconds. Got "2".',
            ),
            (
                {"tumbling_window_in_seconds": 10, "filter_patterns": (PATTERN,)},
                "Set only one of tumbling_window_in_seconds and filter_patterns.",
            ),
            (
                {"filter_patterns": ("no JSON",)},
                'filter_patterns: the pattern no JSON: line 1, column 1: expected JSON, got "no JSON".',
            ),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
    )
    def test_invalid_values_are_an_error_of_one_line(self, values: dict[str, Any], message: str) -> None:
        with pytest.raises(UsageError) as error:
            Settings(**values)
        assert str(error.value) == message

    def test_tumbling_window_is_accepted_alone(self) -> None:
        assert Settings(tumbling_window_in_seconds=10).tumbling_window_in_seconds == 10


class TestAge:
    @pytest.mark.parametrize(("age", "limit"), [(60, 60), (86_400, 86_400), (604_800, 86_400), (-1, 86_400)])
    def test_age_limit_is_at_most_the_retention_of_the_stream(self, age: int, limit: int) -> None:
        assert Settings(maximum_record_age_in_seconds=age).age_limit == limit

    @pytest.mark.parametrize(("age", "discards"), [(60, True), (STREAM_RETENTION, True), (86_401, False), (-1, False)])
    def test_records_are_discarded_by_age_unless_they_expire_first(self, age: int, discards: bool) -> None:  # noqa: FBT001
        assert Settings(maximum_record_age_in_seconds=age).discards_by_age is discards


class TestFromPlan:
    def test_every_value_is_read(self) -> None:
        assert from_plan(PLANNED, {}) == EXPECTED

    def test_absent_values_are_the_defaults_of_aws(self) -> None:
        assert from_plan({}, {}) == Settings()

    @pytest.mark.parametrize(
        "block", [None, [], [{}], [{"on_failure": []}], [{"on_failure": [{"destination_arn": ""}]}]], ids=str
    )
    def test_without_an_arn_there_is_no_destination(self, block: Any) -> None:  # noqa: ANN401 - as plans have it
        assert not from_plan(PLANNED | {"destination_config": block}, {}).destination

    def test_destination_with_an_unknown_arn_is_one(self) -> None:
        values = PLANNED | {"destination_config": [{"on_failure": [{}]}]}
        unknown = {"destination_config": [{"on_failure": [{"destination_arn": True}]}]}
        assert from_plan(values, unknown).destination

    def test_other_event_sources_are_rejected(self) -> None:
        with pytest.raises(UsageError, match=f'^The event source "{QUEUE}" of the mapping is not a DynamoDB stream.$'):
            from_plan(PLANNED | {"event_source_arn": QUEUE}, {})


class TestFromLambda:
    def test_every_value_is_read(self) -> None:
        assert from_lambda(DEPLOYED) == EXPECTED

    def test_absent_values_are_the_defaults_of_aws(self) -> None:
        assert from_lambda({"EventSourceArn": STREAM}) == Settings()

    @pytest.mark.parametrize(
        ("state", "enabled"),
        [("Enabled", True), ("Creating", True), ("Updating", True), ("Disabling", False), ("Disabled", False)],
    )
    def test_enabled_follows_from_the_state(self, state: str, enabled: bool) -> None:  # noqa: FBT001 - a case
        assert from_lambda(DEPLOYED | {"State": state}).enabled is enabled

    @pytest.mark.parametrize("name", ["FunctionResponseTypes", "FilterCriteria", "DestinationConfig"])
    def test_null_means_absent(self, name: str) -> None:
        result = {key: value for key, value in DEPLOYED.items() if key != name}
        assert from_lambda(DEPLOYED | {name: None}) == from_lambda(result)

    def test_other_event_sources_are_rejected(self) -> None:
        with pytest.raises(UsageError, match="is not a DynamoDB stream"):
            from_lambda(DEPLOYED | {"EventSourceArn": QUEUE})
