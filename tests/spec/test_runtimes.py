"""``generator.spec.runtimes``: the table is that of AWS, and what ships uses runtimes that last."""

import json
import re
from datetime import date, timedelta
from functools import cache
from typing import Final

import botocore.session
import pytest
from botocore.model import ServiceModel

from generator.spec import MODULE
from generator.spec.function import RUNTIME
from generator.spec.model import Variable
from generator.spec.runtimes import AS_OF, BLOCKED, DEPRECATED, RUNTIMES, newest, unknown_to
from tests.support.planning import TOP

TABLE: Final = {one.name: one for one in RUNTIMES}

NOT_MANAGED: Final = {"custom"}
"""Runtimes of the model that are not managed by AWS."""

SHORT_LIVED: Final = {"nodejs22.x"}
"""Runtimes that ship although they end soon: the newest of Node.js that provider 5.100 accepts. It ends 2027-04-30."""


@cache
def service_model(service: str) -> ServiceModel:
    """Return what boto3 knows of an API."""
    return botocore.session.get_session().get_service_model(service)


def test_table_has_every_runtime_of_the_api() -> None:
    shape = service_model("lambda").shape_for("Runtime")
    assert set(shape.enum) - NOT_MANAGED == set(TABLE)


@pytest.mark.slow  # The linter is in the environment of moto
def test_dates_are_those_of_the_linter_of_aws() -> None:
    (file,) = TOP.glob(".venvs/moto/lib/python3*/site-packages/cfnlint/data/AdditionalSpecs/LmbdRuntimeLifecycle.json")
    expected = json.loads(file.read_text())
    found = {one.name: (one.deprecated, one.blocked) for one in RUNTIMES if one.name in expected}
    assert found == {name: (expected[name]["deprecated"], expected[name]["create-block"]) for name in found}
    assert {one.name for one in RUNTIMES if one.deprecated} == set(found)


def test_module_accepts_every_runtime_that_is_not_blocked() -> None:
    accepted = {name for name in TABLE if re.search(RUNTIME, name)} - set(BLOCKED)
    assert accepted == {one.name for one in RUNTIMES if not one.is_blocked}


def test_deprecated_runtimes_are_those_of_the_past() -> None:
    assert {"python3.10", "dotnet8", "nodejs20.x"} <= set(DEPRECATED)
    assert {"python3.11", "nodejs22.x", "nodejs14.x"}.isdisjoint(DEPRECATED)
    assert {"nodejs14.x", "java8", "go1.x"} <= set(BLOCKED)


@pytest.mark.parametrize(
    ("provider", "python", "nodejs"),
    [("5", "python3.13", "nodejs22.x"), ("6.19", "python3.13", "nodejs24.x"), ("6", "python3.14", "nodejs24.x")],
)
def test_newest_is_one_that_the_provider_accepts(provider: str, python: str, nodejs: str) -> None:
    assert (newest("python", provider), newest("nodejs", provider)) == (python, nodejs)
    assert {python, nodejs}.isdisjoint(unknown_to(provider))


def test_what_ships_uses_runtimes_that_last_six_months() -> None:
    folders = ("README.md", "docs", "examples", "generator/starter", "lambda_src", "module")
    files = [file for name in folders for file in ([TOP / name] if (TOP / name).is_file() else (TOP / name).rglob("*"))]
    texts = [file.read_text() for file in files if file.suffix in {".md", ".tf", ".toml", ".jinja"}]
    used = {name for text in texts for name in re.findall(r'runtime\s*=\s*"([a-z]+[\w.]+)"', text)}
    assert {"python3.13", "nodejs22.x"} <= used
    limit = (date.fromisoformat(AS_OF) + timedelta(days=183)).isoformat()
    assert {name for name in used if TABLE[name].deprecated and TABLE[name].deprecated < limit} == SHORT_LIVED


def test_date_of_the_table_is_not_before_the_last_release() -> None:
    released = re.findall(r"^## \[[\d.]+\] - (\S+)$", (TOP / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert max(released) <= AS_OF


BOUNDS: Final = {
    "function_memory_size": ("lambda", "MemorySize"),
    "function_timeout": ("lambda", "Timeout"),
    "function_ephemeral_storage_size": ("lambda", "EphemeralStorageSize"),
    "event_source_batch_size": ("lambda", "BatchSize"),
    "event_source_maximum_batching_window_in_seconds": ("lambda", "MaximumBatchingWindowInSeconds"),
    "event_source_maximum_record_age_in_seconds": ("lambda", "MaximumRecordAgeInSeconds"),
    "event_source_maximum_retry_attempts": ("lambda", "MaximumRetryAttemptsEventSourceMapping"),
    "event_source_parallelization_factor": ("lambda", "ParallelizationFactor"),
    "event_source_tumbling_window_in_seconds": ("lambda", "TumblingWindowInSeconds"),
    "table_point_in_time_recovery_days": ("dynamodb", "RecoveryPeriodInDays"),
    "alarm_warm_up_minutes": ("cloudwatch", "WarmUpPeriodDurationInMinutes"),
}
"""The shapes of the API that have the bounds of a variable."""

STRICTER: Final = {
    # 32,768 MB, and 5,400 seconds, only with a capacity provider, which the module does not offer
    "function_memory_size": (128, 10240),
    "function_timeout": (1, 1800),
    # 32,768 MB only with an accelerator, which the provider does not have
    "function_ephemeral_storage_size": (512, 10240),
    # Lambda keeps at least one minute; -1 is accepted besides
    "event_source_maximum_record_age_in_seconds": (60, 604800),
}
"""Bounds other than those of the model, with the reason."""


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds_are_those_of_the_api(name: str) -> None:
    service, shape = BOUNDS[name]
    limits = service_model(service).shape_for(shape).metadata
    (variable,) = [one for one in MODULE.variables("6") if one.name == name]
    schema = next(one.schema for one in variable.validations if one.schema)
    bounds = schema.get("anyOf", [None, schema])[1]
    assert (bounds["minimum"], bounds["maximum"]) == STRICTER.get(name, (limits["min"], limits["max"]))
    assert limits["min"] <= bounds["minimum"]
    assert bounds["maximum"] <= limits["max"]


QUEUE_BOUNDS: Final = {
    # At least the 24 hours of the stream
    "dead_letter_queue_message_retention_seconds": ("MessageRetentionPeriod", 86400),
    "dead_letter_queue_visibility_timeout_seconds": ("VisibilityTimeout", 0),
    "dead_letter_queue_receive_wait_time_seconds": ("ReceiveMessageWaitTimeSeconds", 0),
    "dead_letter_queue_kms_data_key_reuse_period_seconds": ("KmsDataKeyReusePeriodSeconds", 60),
}
"""Attributes of a queue, whose bounds are in the text of the model alone, with the minimum of the module."""


@pytest.mark.parametrize("name", QUEUE_BOUNDS)
def test_bounds_of_the_queue_are_those_of_the_text(name: str) -> None:
    attribute, minimum = QUEUE_BOUNDS[name]
    shape = service_model("sqs").operation_model("CreateQueue").input_shape
    text = re.search(rf"<code>{attribute}</code> \S .*?</li>", shape.members["Attributes"].documentation, re.DOTALL)
    assert text
    numbers = re.search(r"(?:from|between) ([\d,]+)[^.]*? (?:to|and) ([\d,]+)", text[0])
    assert numbers
    least, most = (int(number.replace(",", "")) for number in numbers.groups())
    (variable,) = [one for one in MODULE.variables("6") if one.name == name]
    schema = next(one.schema for one in variable.validations if one.schema)
    assert (schema["minimum"], schema["maximum"]) == (minimum, most)
    assert least <= minimum


def test_log_retention_is_that_of_the_text() -> None:
    shape = service_model("logs").shape_for("Days")
    listed = re.search(r"Possible values are: ([^.]*)", shape.documentation)
    assert listed
    (variable,) = [one for one in MODULE.variables("6") if one.name == "function_log_retention_in_days"]
    # 0 keeps the log for ever
    assert _choices(variable) == {frozenset(["0", *re.findall(r"\d+", listed[1])])}


CHOICES: Final = {
    "function_architecture": ("lambda", "Architecture"),
    "function_log_format": ("lambda", "LogFormat"),
    "function_application_log_level": ("lambda", "ApplicationLogLevel"),
    "function_system_log_level": ("lambda", "SystemLogLevel"),
    "function_tracing_mode": ("lambda", "TracingMode"),
    "function_log_group_class": ("logs", "LogGroupClass"),
    "event_source_starting_position": ("lambda", "EventSourcePosition"),
    "table_class": ("dynamodb", "TableClass"),
    "table_stream_view_type": ("dynamodb", "StreamViewType"),
    "table_billing_mode": ("dynamodb", "BillingMode"),
    "table_contributor_insights_mode": ("dynamodb", "ContributorInsightsMode"),
    "table_partition_key": ("dynamodb", "ScalarAttributeType"),
    "table_sort_key": ("dynamodb", "ScalarAttributeType"),
    "table_attributes": ("dynamodb", "ScalarAttributeType"),
    "table_global_secondary_indexes": ("dynamodb", "ProjectionType"),
    "table_local_secondary_indexes": ("dynamodb", "ProjectionType"),
    "table_replicas": ("dynamodb", "MultiRegionConsistency"),
    "table_import": ("dynamodb", "InputFormat", "InputCompressionType"),
    "table_kinesis_destination": ("dynamodb", "ApproximateCreationDateTimePrecision"),
}
"""The shapes of the API that have the values of a variable, or of an attribute of it."""

LEFT_OUT: Final = {
    # A mapping rejects it for a DynamoDB stream
    "event_source_starting_position": {"AT_TIMESTAMP"},
    # DELIVERY is for logs that a delivery takes to S3 or Firehose, which the module does not create; for ESSENTIALS, of
    # 2026, no provider is known that accepts it
    "function_log_group_class": {"DELIVERY", "ESSENTIALS"},
}
"""Values of the model that a variable does not take, with the reason."""

OF_THE_MODULE: Final = {
    # Without X-Ray permissions
    "function_tracing_mode": {"Disabled"},
}
"""Values of a variable that the model does not have, with the reason."""

NOT_COMPARED: Final = {
    "function_runtime": "the tests above",
    "function_async_dead_letter_target": "the module's own types of a target",
    "on_failure_destination": "the module's own types of a destination",
    "role_policy_statements": "the language of IAM policies",
    "dead_letter_queue_policy_statements": "the language of IAM policies",
    "table_read_capacity": "the model has no maximum",
    "table_write_capacity": "the model has no maximum",
    "function_reserved_concurrent_executions": "the model has no maximum; -1 is Terraform's word for none",
    "function_provisioned_concurrent_executions": "the model has no maximum",
    **dict.fromkeys(
        (
            "alarms",
            "alarm_iterator_age_threshold_seconds",
            "alarm_errors_threshold",
            "alarm_throttles_threshold",
            "alarm_dead_letters_threshold",
            "alarm_failed_deliveries_threshold",
            "alarm_stalled_minutes",
        ),
        "the module's own alarms",
    ),
}
"""Variables with bounds or choices that the API's model does not have, with the reason."""


def _choices(variable: Variable) -> set[frozenset[str]]:
    """Return the lists of texts that the validations of a variable accept, in a schema or in a condition."""
    schemas = [one.schema["enum"] for one in variable.validations if "enum" in one.schema]
    conditions = " ".join(one.condition for one in variable.validations if not one.schema)
    written = [json.loads(text) for text in re.findall(r'contains\((\["[^]]*"\])', conditions)]
    return {frozenset(map(str, values)) for values in [*schemas, *written]}


@pytest.mark.parametrize("name", CHOICES)
def test_choices_are_those_of_the_api(name: str) -> None:
    service, *shapes = CHOICES[name]
    model = service_model(service)
    (variable,) = [one for one in MODULE.variables("6") if one.name == name]
    changed = LEFT_OUT.get(name, set()) ^ OF_THE_MODULE.get(name, set())
    assert _choices(variable) == {frozenset(set(model.shape_for(shape).enum) ^ changed) for shape in shapes}


def test_every_bound_and_choice_is_compared_with_the_api_or_has_a_reason_not_to_be() -> None:
    bounded = {
        one.name for one in MODULE.variables("6") if any('"minimum"' in json.dumps(v.schema) for v in one.validations)
    }
    chosen = {one.name for one in MODULE.variables("6") if _choices(one)}
    compared = BOUNDS.keys() | CHOICES.keys() | QUEUE_BOUNDS.keys() | {"function_log_retention_in_days"}
    assert (bounded | chosen) - compared == NOT_COMPARED.keys()
