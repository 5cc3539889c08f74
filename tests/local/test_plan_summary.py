"""Does the table have the resources that a plan creates, and no others?"""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from generator.local import plan_summary

RECORDED = json.loads((Path(__file__).parent / "plan.json").read_text())


def shown(table: Table) -> str:
    console = Console(width=250, highlight=False)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def row(name: str, plan: dict[str, Any] = RECORDED) -> str:
    """Return the row of the table that starts with a name."""
    (line,) = [line for line in shown(plan_summary.render(plan)).splitlines() if line.startswith(f"│ {name} ")]
    return " | ".join(cell.strip() for cell in line.strip("│").split("│"))


def plan_of(resource_type: str, **after: object) -> dict[str, Any]:
    change = {"actions": ["create"], "after": after}
    return {
        "resource_changes": [
            {"address": f"{resource_type}.x", "mode": "managed", "type": resource_type, "change": change}
        ]
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "aws_dynamodb_table.this",
            "name = t, hash_key = id, billing_mode = PAY_PER_REQUEST, stream_view_type = NEW_IMAGE",
        ),
        ("aws_lambda_function.this", "function_name = f, runtime = python3.13, memory_size = 128, timeout = 3"),
        (
            "aws_lambda_event_source_mapping.this",
            (
                "batch_size = 100, maximum_retry_attempts = 500, maximum_record_age_in_seconds = 86400, "
                "bisect_batch_on_function_error = true, function_response_types = [ReportBatchItemFailures]"
            ),
        ),
        ("aws_sqs_queue.this", "name = dlq, message_retention_seconds = 345600"),
        ("aws_cloudwatch_log_group.this", "name = /aws/lambda/f, retention_in_days = 365"),
        ("aws_cloudwatch_metric_alarm.x", "alarm_name = age, metric_name = IteratorAge"),
        ("aws_sns_topic.people[0]", "name = people"),
    ],
)
def test_row_has_the_most_important_arguments(name: str, expected: str) -> None:
    assert row(name) == f"{name} | {expected}"


def test_resources_are_below_their_module() -> None:
    lines = shown(plan_summary.render(RECORDED)).splitlines()
    heading = next(number for number, line in enumerate(lines) if line.startswith("│ module.m "))
    assert "aws_cloudwatch_log_group.this" in lines[heading + 1]
    assert not any("module.m." in line for line in lines)


def test_only_created_resources_are_shown() -> None:
    text = shown(plan_summary.render(RECORDED))
    assert "9 resources to create" in text
    assert "aws_s3_bucket" not in text
    assert "data.aws_region" not in text


def test_plan_without_resources_is_an_empty_table() -> None:
    assert "0 resources to create" in shown(plan_summary.render({"format_version": "1.2"}))


def test_values_unknown_before_apply_are_left_out() -> None:
    assert row("aws_sqs_queue.x", plan_of("aws_sqs_queue", name=None)) == "aws_sqs_queue.x | "
