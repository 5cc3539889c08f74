"""What an event source mapping is told: its settings, with the ranges that the module's specification states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from generator.errors import UsageError
from generator.mapping.filters import Filter
from generator.spec.event_source import EVENT_SOURCE

STREAM_RETENTION: Final = 86_400
"""Seconds for which a stream keeps a record (AWS, "Change data capture for DynamoDB Streams")."""

_VARIABLES: Final = {variable.name.removeprefix("event_source_"): variable for variable in EVENT_SOURCE.variables}


def _default(name: str) -> Any:  # noqa: ANN401 - each variable has its own type
    return field(default=_VARIABLES[name].default)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one mapping; the defaults are the module's.

    Names and ranges are those of the module's variables ``event_source_*``. ``destination`` tells whether there is a
    failure destination. ``first_pause`` is the wait in seconds before the first retry and doubles with each one;
    ``longest_pause`` ends the doubling. AWS documents neither: the first was measured, and no end of the doubling
    was seen within the ten retries that were watched, so none is assumed.

    Raises:
        UsageError: a value is outside its range, two values exclude each other, or a filter pattern is malformed.
    """

    enabled: bool = _default("enabled")
    batch_size: int = _default("batch_size")
    maximum_batching_window_in_seconds: int = _default("maximum_batching_window_in_seconds")
    starting_position: str = _default("starting_position")
    bisect_batch_on_function_error: bool = _default("bisect_batch_on_function_error")
    maximum_record_age_in_seconds: int = _default("maximum_record_age_in_seconds")
    maximum_retry_attempts: int = _default("maximum_retry_attempts")
    parallelization_factor: int = _default("parallelization_factor")
    tumbling_window_in_seconds: int = _default("tumbling_window_in_seconds")
    report_batch_item_failures: bool = _default("report_batch_item_failures")
    filter_patterns: Sequence[str] = ()
    destination: bool = True
    first_pause: float = 0.2
    longest_pause: float = float("inf")

    def __post_init__(self) -> None:
        for setting in fields(self):
            if setting.name in _VARIABLES:
                _check(setting.name, getattr(self, setting.name))
        if self.tumbling_window_in_seconds and self.filter_patterns:
            raise UsageError("tumbling_window_in_seconds is refused with filter_patterns: leave one of them out.")
        if self.tumbling_window_in_seconds and self.parallelization_factor != 1:
            raise UsageError(
                f"tumbling_window_in_seconds needs parallelization_factor 1, not {self.parallelization_factor}."
            )
        for name in ("first_pause", "longest_pause"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} must be more than 0 seconds, not {getattr(self, name)}.")
        # Compiled here so that a malformed pattern is refused where it is given.
        self.filter()

    def filter(self) -> Filter:
        """Return what the filter patterns let through."""
        try:
            return Filter(self.filter_patterns)
        except ValueError as error:
            raise UsageError(f"filter_patterns: {error}") from error

    @property
    def age_limit(self) -> float:
        """The age in seconds at which a record is given up: by this mapping, or because the stream forgets it."""
        given = self.maximum_record_age_in_seconds
        return STREAM_RETENTION if given < 0 else min(given, STREAM_RETENTION)

    @property
    def gives_up_by_age(self) -> bool:
        """Whether this mapping gives a record up before, or when, the stream forgets it."""
        return 0 <= self.maximum_record_age_in_seconds <= STREAM_RETENTION


def from_planned(values: Mapping[str, Any], unknown: Mapping[str, Any]) -> Settings:
    """Return the settings of a planned ``aws_lambda_event_source_mapping``.

    Takes the ``after`` and ``after_unknown`` of its change in a plan in Terraform's JSON form. A destination whose ARN
    is not known yet is one that the same plan creates.

    Raises:
        UsageError: the values are not those of a mapping on a DynamoDB stream.
    """
    on_failure = _block(values, "destination_config", "on_failure")
    unknown_on_failure = _block(unknown, "destination_config", "on_failure")
    return _from_aws(
        {
            "batch_size": values.get("batch_size"),
            "maximum_batching_window_in_seconds": values.get("maximum_batching_window_in_seconds"),
            "starting_position": values.get("starting_position"),
            "enabled": values.get("enabled"),
            "bisect_batch_on_function_error": values.get("bisect_batch_on_function_error"),
            "maximum_record_age_in_seconds": values.get("maximum_record_age_in_seconds"),
            "maximum_retry_attempts": values.get("maximum_retry_attempts"),
            "parallelization_factor": values.get("parallelization_factor"),
            "tumbling_window_in_seconds": values.get("tumbling_window_in_seconds"),
        },
        source=values.get("event_source_arn"),
        response_types=values.get("function_response_types"),
        patterns=[
            each.get("pattern")
            for criteria in values.get("filter_criteria") or []
            for each in criteria.get("filter") or []
        ],
        destination=bool(on_failure.get("destination_arn") or unknown_on_failure.get("destination_arn")),
    )


def from_lambda(mapping: Mapping[str, Any]) -> Settings:
    """Return the settings of a deployed mapping, as Lambda's ``GetEventSourceMapping`` tells them.

    Raises:
        UsageError: the values are not those of a mapping on a DynamoDB stream.
    """
    return _from_aws(
        {
            "batch_size": mapping.get("BatchSize"),
            "maximum_batching_window_in_seconds": mapping.get("MaximumBatchingWindowInSeconds"),
            "starting_position": mapping.get("StartingPosition"),
            "enabled": mapping.get("State") not in {"Disabled", "Disabling"},
            "bisect_batch_on_function_error": mapping.get("BisectBatchOnFunctionError"),
            "maximum_record_age_in_seconds": mapping.get("MaximumRecordAgeInSeconds"),
            "maximum_retry_attempts": mapping.get("MaximumRetryAttempts"),
            "parallelization_factor": mapping.get("ParallelizationFactor"),
            "tumbling_window_in_seconds": mapping.get("TumblingWindowInSeconds"),
        },
        source=mapping.get("EventSourceArn"),
        response_types=mapping.get("FunctionResponseTypes"),
        patterns=[each.get("Pattern") for each in (mapping.get("FilterCriteria") or {}).get("Filters") or []],
        destination=bool(((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")),
    )


_OF_AWS: Final = {
    "batch_size": 100,
    "maximum_batching_window_in_seconds": 0,
    "starting_position": "TRIM_HORIZON",
    "enabled": True,
    "bisect_batch_on_function_error": False,
    "maximum_record_age_in_seconds": -1,
    "maximum_retry_attempts": -1,
    "parallelization_factor": 1,
    "tumbling_window_in_seconds": 0,
}
"""What AWS takes for what is not said; the module says everything, and other mappings may not."""


def _from_aws(
    said: Mapping[str, Any],
    *,
    source: str | None,
    response_types: Sequence[str] | None,
    patterns: Sequence[Any],
    destination: bool,
) -> Settings:
    if source and ":dynamodb:" not in source:
        raise UsageError(f"The mapping reads {source}; it must read the stream of a DynamoDB table.")
    given = {name: value for name, value in said.items() if value is not None}
    return Settings(
        **{**_OF_AWS, **given},
        report_batch_item_failures="ReportBatchItemFailures" in (response_types or []),
        filter_patterns=tuple(str(pattern) for pattern in patterns),
        destination=destination,
    )


def _block(values: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return a nested block, or an empty one where it is absent."""
    for name in names:
        blocks = values.get(name)
        values = blocks[0] if isinstance(blocks, list) and blocks else {}
    return values


def _check(name: str, value: Any) -> None:  # noqa: ANN401 - as the variables' own types
    """Hold a value against what the specification of its variable says."""
    variable = _VARIABLES[name]
    for schema in (validation.schema for validation in variable.validations if validation.schema):
        if "enum" in schema and value not in schema["enum"]:
            raise UsageError(f"{name} is {value!r}; it must be {' or '.join(schema['enum'])}.")
        alternatives = schema.get("anyOf", [schema])
        ranges = [(each["minimum"], each["maximum"]) for each in alternatives if "minimum" in each]
        also = {each["const"] for each in alternatives if "const" in each}
        whole = isinstance(value, int) and not isinstance(value, bool)
        if ranges and not (whole and (value in also or any(low <= value <= high for low, high in ranges))):
            accepted = " or ".join([*map(str, sorted(also)), *(f"{low} to {high}" for low, high in ranges)])
            raise UsageError(f"{name} is {value!r}; it must be a whole number: {accepted}.")
    if isinstance(variable.default, bool) and not isinstance(value, bool):
        raise UsageError(f"{name} is {value!r}; it must be true or false.")
