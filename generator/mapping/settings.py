"""The settings of an event source mapping, from a Terraform plan or from the Lambda API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from generator.errors import UsageError
from generator.limits import STREAM_RETENTION
from generator.mapping.filters import Filter
from generator.parsing import expect, objects


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one mapping, named as in Terraform; the defaults are those of AWS.

    The defaults come from the API reference of CreateEventSourceMapping (2026-11), except the pauses before a retry, in
    seconds. AWS does not document these. The first one and the doubling up to the eighth attempt were measured. That
    the doubling never ends is an assumption; ``longest_pause`` replaces it.

    Attributes:
        destination: whether the mapping has an on-failure destination.
        first_pause: pause before the first retry.
        longest_pause: pause from which on the pauses no longer double.

    Raises:
        UsageError: two settings conflict, a pause is not positive, or a filter pattern is malformed.
    """

    enabled: bool = True
    batch_size: int = 100
    maximum_batching_window_in_seconds: int = 0
    starting_position: str = "TRIM_HORIZON"
    bisect_batch_on_function_error: bool = False
    maximum_record_age_in_seconds: int = -1
    maximum_retry_attempts: int = -1
    parallelization_factor: int = 1
    tumbling_window_in_seconds: int = 0
    report_batch_item_failures: bool = False
    filter_patterns: Sequence[str] = ()
    destination: bool = False
    first_pause: float = 0.2
    longest_pause: float = float("inf")

    def __post_init__(self) -> None:
        if self.tumbling_window_in_seconds and self.filter_patterns:
            raise UsageError("Set only one of tumbling_window_in_seconds and filter_patterns.")
        if self.tumbling_window_in_seconds and self.parallelization_factor != 1:
            factor = self.parallelization_factor
            raise UsageError(f'parallelization_factor must be 1 with tumbling_window_in_seconds. Got "{factor}".')
        for name in ("first_pause", "longest_pause"):
            if not getattr(self, name) > 0:
                raise UsageError(f'{name} must be more than 0 seconds. Got "{getattr(self, name):g}".')
        self.filter()  # A malformed pattern is an error of these settings, and not of the first record.

    def filter(self) -> Filter:
        """Return the compiled filter patterns."""
        try:
            return Filter(self.filter_patterns)
        except ValueError as error:
            raise UsageError(f"filter_patterns: {error}.") from error

    @property
    def age_limit(self) -> float:
        """The age in seconds at which Lambda discards a record, or at which the record expires in the stream."""
        limit = self.maximum_record_age_in_seconds
        return STREAM_RETENTION if limit < 0 else min(limit, STREAM_RETENTION)

    @property
    def discards_by_age(self) -> bool:
        """Whether Lambda discards a record by its age before, or when, the record expires in the stream.

        With ``-1``, AWS documents that Lambda never discards old records. That it sends no invocation record if such a
        record expires, and that an age above the stream's retention works like ``-1``, is assumed.
        """
        return 0 <= self.maximum_record_age_in_seconds <= STREAM_RETENTION


_TYPES: Final[Mapping[Any, str]] = {bool: "boolean", int: "integer", str: "string"}
_NAMES: Final = [field.name for field in fields(Settings)][:9]
"""The settings that Terraform and the Lambda API name in the same way, except for upper case."""

_STRING: Final = {"type": ["string", "null"]}


def _blocks(**properties: Any) -> Mapping[str, Any]:  # noqa: ANN401 - schemas
    return {"type": ["array", "null"], "items": {"type": "object", "properties": properties}}


_PLANNED: Final = {
    "type": "object",
    "properties": {
        **{field.name: {"type": [_TYPES[field.type], "null"]} for field in fields(Settings)[:9]},
        "event_source_arn": _STRING,
        "function_response_types": {"type": ["array", "null"]},
        "filter_criteria": _blocks(filter=_blocks(pattern=_STRING)),
        "destination_config": _blocks(on_failure=_blocks(destination_arn=_STRING)),
    },
}
"""The schema of what :func:`from_plan` reads."""


def from_plan(values: Mapping[str, Any], unknown: Mapping[str, Any]) -> Settings:
    """Return the settings of a planned ``aws_lambda_event_source_mapping``.

    Takes the ``after`` and ``after_unknown`` of its change in a plan in Terraform's JSON form. A destination with an
    unknown ARN is one that the same plan creates.

    Raises:
        ParseError: a value does not have the type that Terraform gives it.
        UsageError: the event source is not a DynamoDB stream, or see :class:`Settings`.
    """
    expect(values, _PLANNED)
    on_failure = block(values, "destination_config", "on_failure")
    unknown_on_failure = block(unknown, "destination_config", "on_failure")
    return _settings(
        {name: values.get(name) for name in _NAMES},
        event_source=values.get("event_source_arn"),
        response_types=values.get("function_response_types"),
        patterns=[
            criterion.get("pattern")
            for criteria in values.get("filter_criteria") or []
            for criterion in criteria.get("filter") or []
        ],
        destination=on_failure.get("destination_arn") or unknown_on_failure.get("destination_arn"),
    )


def from_lambda(mapping: Mapping[str, Any]) -> Settings:
    """Return the settings of a deployed mapping, as GetEventSourceMapping of Lambda returns it.

    Raises:
        UsageError: the event source is not a DynamoDB stream, or see :class:`Settings`.
    """
    return _settings(
        {name: mapping.get(name.title().replace("_", "")) for name in _NAMES}
        | {"enabled": mapping.get("State") not in {"Disabled", "Disabling"}},
        event_source=mapping.get("EventSourceArn"),
        response_types=mapping.get("FunctionResponseTypes"),
        patterns=[criterion.get("Pattern") for criterion in (mapping.get("FilterCriteria") or {}).get("Filters") or []],
        destination=on_failure_destination(mapping),
    )


def on_failure_destination(mapping: Mapping[str, Any]) -> str | None:
    """Return the ARN of the on-failure destination of a deployed mapping, or None."""
    return ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination") or None


def _settings(
    values: Mapping[str, Any],
    *,
    event_source: str | None,
    response_types: Sequence[str] | None,
    patterns: Sequence[Any],
    destination: object,
) -> Settings:
    if event_source and ":dynamodb:" not in event_source:
        raise UsageError(f'The event source "{event_source}" of the mapping is not a DynamoDB stream.')
    return Settings(
        **{name: value for name, value in values.items() if value is not None},
        report_batch_item_failures="ReportBatchItemFailures" in (response_types or []),
        filter_patterns=tuple(str(pattern) for pattern in patterns),
        destination=bool(destination),
    )


def block(values: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return a nested block, or an empty one if it is absent."""
    for name in names:
        values = next(iter(objects(values.get(name))), {})
    return values
