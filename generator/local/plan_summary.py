"""Shows what a plan would create, as a table."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from generator.console import count, duration

Values = Mapping[str, Any]
"""The attributes of a planned resource that are known before it exists."""


def render(plan: Mapping[str, Any]) -> Table:
    """Return the table of what a plan would create: one row a resource, one section a module.

    Takes the plan in Terraform's JSON form.
    """
    created = [
        change
        for change in plan.get("resource_changes", [])
        if change["mode"] == "managed" and "create" in change["change"]["actions"]
    ]
    table = Table(title=f"{count(len(created), 'resource')} would be created", title_justify="left")
    table.add_column("Resource", overflow="fold")
    table.add_column("Is")
    table.add_column("Settings", overflow="fold")
    modules = dict.fromkeys(change.get("module_address", "") for change in created)
    for module in modules:
        if module:
            table.add_section()
            table.add_row(f"[bold]{escape(module)}[/bold]")
        for change in created:
            if change.get("module_address", "") == module:
                address = change["address"].removeprefix(f"{module}.")
                kind, settings = _summarise(change["type"], change["change"]["after"])
                table.add_row(escape(address), kind, escape(", ".join(settings)))
    return table


def _summarise(resource_type: str, values: Values) -> tuple[str, list[str]]:
    """Return what a resource is, in words, and its telling settings."""
    kind, telling = _KINDS.get(resource_type, (resource_type.partition("_")[2].replace("_", " "), _name))
    return kind, telling(values)


def _name(values: Values) -> list[str]:
    named = (values.get(attribute) for attribute in ("name", "function_name", "bucket", "description"))
    return [str(value) for value in named if value][:1]


def _first(values: Values, *blocks: str) -> Values:
    """Return a nested block, or an empty one where it is absent or unknown."""
    for block in blocks:
        values = (values.get(block) or [{}])[0] or {}
    return values


def _table(values: Values) -> list[str]:
    keys = " + ".join(str(values[key]) for key in ("hash_key", "range_key") if values.get(key))
    settings = [f"key {keys}"] if keys else []
    if values.get("billing_mode"):
        settings.append("on demand" if values["billing_mode"] == "PAY_PER_REQUEST" else "provisioned capacity")
    if values.get("stream_enabled"):
        settings.append(f"stream of {values.get('stream_view_type')}")
    if values.get("deletion_protection_enabled"):
        settings.append("protected from deletion")
    return settings


def _function(values: Values) -> list[str]:
    code = values.get("runtime") or values.get("package_type")
    return [str(code), f"{values.get('memory_size')} MB", f"timeout {values.get('timeout')} s"]


def _mapping(values: Values) -> list[str]:
    settings = [f"batches of {values.get('batch_size')}"]
    retries = values.get("maximum_retry_attempts")
    if retries is not None:
        settings.append("retries without end" if retries == -1 else f"{retries} retries")
    age = values.get("maximum_record_age_in_seconds")
    if age is not None:
        settings.append("records of any age" if age == -1 else f"records up to {duration(age)}")
    if values.get("bisect_batch_on_function_error"):
        settings.append("failing batches are halved")
    if "ReportBatchItemFailures" in (values.get("function_response_types") or []):
        settings.append("partial responses")
    if values.get("destination_config"):
        # An unknown ARN is absent, and an empty one switches the destination off.
        arn = _first(values, "destination_config", "on_failure").get("destination_arn")
        if arn is None:
            settings.append("failures go to a destination created here")
        elif arn:
            settings.append(f"failures go to {arn.rpartition(':')[2]}")
    return settings


def _queue(values: Values) -> list[str]:
    seconds = values.get("message_retention_seconds")
    return [*_name(values), f"keeps messages {duration(seconds)}"] if seconds else _name(values)


def _log_group(values: Values) -> list[str]:
    days = values.get("retention_in_days")
    return [*_name(values), f"kept {days} days" if days else "kept for ever"]


def _alarm(values: Values) -> list[str]:
    return [str(values[key]) for key in ("alarm_name", "metric_name") if values.get(key)]


def _policy(values: Values) -> list[str]:
    return _name(values) if values.get("policy") else [*_name(values), "text known after apply"]


_KINDS: dict[str, tuple[str, Callable[[Values], list[str]]]] = {
    "aws_cloudwatch_log_group": ("log group", _log_group),
    "aws_cloudwatch_metric_alarm": ("alarm", _alarm),
    "aws_dynamodb_table": ("DynamoDB table", _table),
    "aws_iam_role": ("IAM role", _name),
    "aws_iam_role_policy": ("permissions", _policy),
    "aws_lambda_event_source_mapping": ("event source mapping", _mapping),
    "aws_lambda_function": ("Lambda function", _function),
    "aws_sqs_queue": ("SQS queue", _queue),
    "aws_sqs_queue_policy": ("queue policy", _policy),
}
