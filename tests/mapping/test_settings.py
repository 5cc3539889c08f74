"""Are a mapping's settings those of the module, of a plan and of AWS, and is what AWS refuses refused?"""

import math
from typing import Any

import pytest

from generator.errors import UsageError
from generator.mapping.settings import STREAM_RETENTION, Settings, from_lambda, from_planned
from generator.spec.event_source import EVENT_SOURCE

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
SAID = Settings(
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
"""What both tell."""

OF_AWS = Settings(
    batch_size=100,
    bisect_batch_on_function_error=False,
    maximum_record_age_in_seconds=-1,
    maximum_retry_attempts=-1,
    report_batch_item_failures=False,
    destination=False,
)
"""What AWS takes for what is not said."""


class TestSettings:
    def test_every_default_is_the_modules(self) -> None:
        defaults = {
            variable.name.removeprefix("event_source_"): variable.default for variable in EVENT_SOURCE.variables
        }
        told = {name: value for name, value in vars(Settings()).items() if name in defaults}
        assert told | {"filter_patterns": []} == {name: defaults[name] for name in told}
        assert len(told) == 11

    def test_pauses_are_those_that_were_measured_and_have_no_end(self) -> None:
        assert (Settings().first_pause, Settings().longest_pause) == (0.2, math.inf)

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ({"batch_size": 0}, "batch_size is 0; it must be a whole number: 1 to 10000."),
            ({"batch_size": 10001}, "batch_size is 10001; it must be a whole number: 1 to 10000."),
            ({"batch_size": 1.5}, "batch_size is 1.5; it must be a whole number: 1 to 10000."),
            ({"batch_size": True}, "batch_size is True; it must be a whole number: 1 to 10000."),
            ({"batch_size": None}, "batch_size is None; it must be a whole number: 1 to 10000."),
            (
                {"maximum_batching_window_in_seconds": 301},
                "maximum_batching_window_in_seconds is 301; it must be a whole number: 0 to 300.",
            ),
            ({"parallelization_factor": 0}, "parallelization_factor is 0; it must be a whole number: 1 to 10."),
            (
                {"maximum_record_age_in_seconds": 59},
                "maximum_record_age_in_seconds is 59; it must be a whole number: -1 or 60 to 604800.",
            ),
            (
                {"maximum_retry_attempts": -2},
                "maximum_retry_attempts is -2; it must be a whole number: -1 to 10000.",
            ),
            (
                {"tumbling_window_in_seconds": 901},
                "tumbling_window_in_seconds is 901; it must be a whole number: 0 to 900.",
            ),
            (
                {"starting_position": "AT_TIMESTAMP"},
                "starting_position is 'AT_TIMESTAMP'; it must be TRIM_HORIZON or LATEST.",
            ),
            ({"enabled": "yes"}, "enabled is 'yes'; it must be true or false."),
            ({"first_pause": 0}, "first_pause must be more than 0 seconds, not 0."),
            ({"longest_pause": math.nan}, "longest_pause must be more than 0 seconds, not nan."),
            (
                {"tumbling_window_in_seconds": 10, "parallelization_factor": 2},
                "tumbling_window_in_seconds needs parallelization_factor 1, not 2.",
            ),
            (
                {"tumbling_window_in_seconds": 10, "filter_patterns": (PATTERN,)},
                "tumbling_window_in_seconds is refused with filter_patterns: leave one of them out.",
            ),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
    )
    def test_bad_value_is_refused_in_one_line(self, said: dict[str, Any], message: str) -> None:
        with pytest.raises(UsageError) as refused:
            Settings(**said)
        assert str(refused.value) == message

    def test_bad_pattern_is_refused_where_it_is_given(self) -> None:
        with pytest.raises(UsageError, match="filter_patterns: the pattern no JSON is not JSON"):
            Settings(filter_patterns=("no JSON",))

    @pytest.mark.parametrize("value", [1, 10_000])
    def test_ends_of_a_range_are_accepted(self, value: int) -> None:
        assert Settings(batch_size=value).batch_size == value


class TestAge:
    @pytest.mark.parametrize(("said", "limit"), [(60, 60), (86_400, 86_400), (604_800, 86_400), (-1, 86_400)])
    def test_no_record_is_older_than_the_stream_keeps_it(self, said: int, limit: int) -> None:
        assert Settings(maximum_record_age_in_seconds=said).age_limit == limit

    @pytest.mark.parametrize(("said", "gives_up"), [(60, True), (STREAM_RETENTION, True), (86_401, False), (-1, False)])
    def test_mapping_gives_up_what_the_stream_would_not_forget_first(self, said: int, gives_up: bool) -> None:  # noqa: FBT001
        assert Settings(maximum_record_age_in_seconds=said).gives_up_by_age is gives_up


class TestPlanned:
    def test_every_value_is_read(self) -> None:
        assert from_planned(PLANNED, {}) == SAID

    def test_what_is_not_said_is_aws_default(self) -> None:
        assert from_planned({}, {}) == OF_AWS

    @pytest.mark.parametrize(
        "block", [None, [], [{}], [{"on_failure": []}], [{"on_failure": [{"destination_arn": ""}]}]], ids=str
    )
    def test_without_an_arn_there_is_no_destination(self, block: Any) -> None:  # noqa: ANN401 - as plans have it
        assert not from_planned(PLANNED | {"destination_config": block}, {}).destination

    def test_destination_whose_arn_is_not_known_yet_is_one(self) -> None:
        values = PLANNED | {"destination_config": [{"on_failure": [{}]}]}
        unknown = {"destination_config": [{"on_failure": [{"destination_arn": True}]}]}
        assert from_planned(values, unknown).destination

    def test_other_sources_are_refused(self) -> None:
        with pytest.raises(UsageError, match=f"^The mapping reads {QUEUE}; it must read the stream of"):
            from_planned(PLANNED | {"event_source_arn": QUEUE}, {})


class TestDeployed:
    def test_every_value_is_read(self) -> None:
        assert from_lambda(DEPLOYED) == SAID

    def test_what_is_not_said_is_aws_default(self) -> None:
        assert from_lambda({"EventSourceArn": STREAM}) == OF_AWS

    @pytest.mark.parametrize(
        ("state", "enabled"),
        [("Enabled", True), ("Creating", True), ("Updating", True), ("Disabling", False), ("Disabled", False)],
    )
    def test_state_tells_whether_it_is_enabled(self, state: str, enabled: bool) -> None:  # noqa: FBT001 - a case
        assert from_lambda(DEPLOYED | {"State": state}).enabled is enabled

    @pytest.mark.parametrize("name", ["FunctionResponseTypes", "FilterCriteria", "DestinationConfig"])
    def test_null_is_as_good_as_absent(self, name: str) -> None:
        told = {key: value for key, value in DEPLOYED.items() if key != name}
        assert from_lambda(DEPLOYED | {name: None}) == from_lambda(told)

    def test_other_sources_are_refused(self) -> None:
        with pytest.raises(UsageError, match="it must read the stream of a DynamoDB table"):
            from_lambda(DEPLOYED | {"EventSourceArn": QUEUE})
