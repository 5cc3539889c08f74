"""Renders what a plan creates as a table."""

from collections.abc import Mapping
from typing import Any, Final

from rich.markup import escape
from rich.table import Table

from generator.console import count

_ATTRIBUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "aws_cloudwatch_log_group": ("name", "retention_in_days"),
    "aws_cloudwatch_metric_alarm": ("alarm_name", "metric_name"),
    "aws_dynamodb_table": ("name", "hash_key", "range_key", "billing_mode", "stream_view_type"),
    "aws_lambda_event_source_mapping": (
        "batch_size",
        "maximum_retry_attempts",
        "maximum_record_age_in_seconds",
        "bisect_batch_on_function_error",
        "function_response_types",
    ),
    "aws_lambda_function": ("function_name", "runtime", "memory_size", "timeout"),
    "aws_sqs_queue": ("name", "message_retention_seconds"),
}
"""The attributes to show, by resource type; ``name`` for the other types."""


def render(plan: Mapping[str, Any]) -> Table:
    """Return a table with a row for each resource that a plan creates, by module.

    Takes the plan in Terraform's JSON form. Attributes that are unknown before apply are left out.
    """
    created = [
        change
        for change in plan.get("resource_changes", [])
        if change["mode"] == "managed" and "create" in change["change"]["actions"]
    ]
    table = Table(title=f"{count(len(created), 'resource')} to create", title_justify="left")
    table.add_column("Resource", overflow="fold")
    table.add_column("Settings", overflow="fold")
    for module in dict.fromkeys(change.get("module_address", "") for change in created):
        if module:
            table.add_section()
            table.add_row(f"[bold]{escape(module)}[/bold]")
        for change in created:
            if change.get("module_address", "") == module:
                values = change["change"]["after"]
                names = _ATTRIBUTES.get(change["type"], ("name",))
                settings = [f"{name} = {_text(values[name])}" for name in names if values.get(name) is not None]
                table.add_row(escape(change["address"].removeprefix(f"{module}.")), escape(", ".join(settings)))
    return table


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "[" + ", ".join(map(str, value)) + "]" if isinstance(value, list) else str(value)
