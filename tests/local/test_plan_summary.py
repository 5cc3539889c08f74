"""Does the table show what a plan would create, and nothing else?"""

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
    """Return the one row of the table that begins with a name."""
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
        ("aws_dynamodb_table.this", "DynamoDB table | key id, on demand, stream of NEW_IMAGE"),
        ("aws_lambda_function.this", "Lambda function | python3.13, 128 MB, timeout 3 s"),
        (
            "aws_lambda_event_source_mapping.this",
            (
                "event source mapping | "
                "batches of 100, 500 retries, records up to 1 d, failing batches are halved, partial responses, "
                "failures go to a destination created here"
            ),
        ),
        ("aws_sqs_queue.this", "SQS queue | dlq, keeps messages 4 d"),
        ("aws_iam_role_policy.this", "permissions | text known after apply"),
        ("aws_cloudwatch_log_group.this", "log group | /aws/lambda/f, kept 365 days"),
        ("aws_cloudwatch_metric_alarm.x", "alarm | age, IteratorAge"),
    ],
)
def test_a_resource_is_shown_with_its_telling_settings(name: str, expected: str) -> None:
    assert row(name) == f"{name} | {expected}"


def test_a_resource_of_an_unknown_type_is_shown_by_name_and_index() -> None:
    assert row("aws_sns_topic.people[0]") == "aws_sns_topic.people[0] | sns topic | people"


def test_resources_stand_under_their_module() -> None:
    lines = shown(plan_summary.render(RECORDED)).splitlines()
    heading = next(number for number, line in enumerate(lines) if line.startswith("│ module.m "))
    assert "aws_cloudwatch_log_group.this" in lines[heading + 1]
    assert not any("module.m." in line for line in lines)


def test_only_what_would_be_created_is_counted_and_shown() -> None:
    text = shown(plan_summary.render(RECORDED))
    assert "9 resources would be created" in text
    assert "aws_s3_bucket" not in text
    assert "data.aws_region" not in text


def test_a_plan_without_resources_is_said_to_be_one() -> None:
    assert "0 resources would be created" in shown(plan_summary.render({"format_version": "1.2"}))


def test_values_unknown_before_apply_are_left_out() -> None:
    assert row("aws_sqs_queue.x", plan_of("aws_sqs_queue")) == "aws_sqs_queue.x | SQS queue | "


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (
            {"maximum_retry_attempts": -1, "maximum_record_age_in_seconds": -1},
            "retries without end, records of any age",
        ),
        ({"maximum_record_age_in_seconds": 90}, "records up to 1 min 30 s"),
        ({"destination_config": [{"on_failure": [{"destination_arn": "arn:aws:sqs:r:1:q"}]}]}, "failures go to q"),
    ],
)
def test_a_mapping_says_how_failures_end(after: dict[str, object], expected: str) -> None:
    text = row("aws_lambda_event_source_mapping.x", plan_of("aws_lambda_event_source_mapping", batch_size=10, **after))
    assert text.endswith(f"| batches of 10, {expected}")


def test_a_destination_switched_off_is_not_shown() -> None:
    after = {"batch_size": 10, "destination_config": [{"on_failure": [{"destination_arn": ""}]}]}
    text = row("aws_lambda_event_source_mapping.x", plan_of("aws_lambda_event_source_mapping", **after))
    assert text.endswith("| batches of 10")
