"""Does the report contain what happened, and neither an account nor an ARN?"""

import io
import json

import pytest
from rich.console import Console

from generator.prove.prediction import compare
from generator.prove.report import Report
from tests.prove.test_prediction import FAILING, ONE, SETTINGS, observed


@pytest.fixture
def report() -> Report:
    """Return the report of a run that was as predicted."""
    seen = observed(SETTINGS, ONE, FAILING)
    return Report(
        "2026-11-27T00:00:00+00:00", "eu-west-1", "AWS", SETTINGS, seen, compare(SETTINGS, FAILING, seen), FAILING
    )


def text(report: Report) -> str:
    """Return what a reader sees."""
    output = io.StringIO()
    report.print(Console(file=output, width=120))
    return output.getvalue()


def test_run_that_is_as_predicted_says_so(report: Report) -> None:
    report.redriven = 1
    assert report.result == "as predicted"
    printed = text(report)
    assert printed.rstrip().endswith("Result: as predicted.")
    assert "The replay processed 1 record and emptied the queue." in printed
    assert "--observe 30m measures longer ones" in printed


def test_difference_of_the_replay_counts(report: Report) -> None:
    report.redrive_problem = "1 of 1 records failed."
    assert report.result == "different"
    assert "Differs: The replay did not process the discarded records: 1 of 1 records failed." in text(report)


def test_run_that_did_not_end_is_incomplete(report: Report) -> None:
    report.observation.invocation_records.clear()
    assert report.result == "incomplete"


def test_json_has_records_attempts_pauses_and_no_account(report: Report) -> None:
    written = json.dumps(report.as_json())
    assert "123456789012" not in written
    assert "arn:" not in written
    read = json.loads(written)
    assert [(each["observed"], each["attempts"], each["fails"]) for each in read["records"]] == [
        ("processed", 1, False),
        ("discarded", 7, True),
        ("processed", 3, False),
    ]
    assert len(read["attempts"]) == len(report.observation.attempts)
    assert all(pause["as_predicted"] for pause in read["pauses"])
    assert [each["condition"] for each in read["invocation_records"]] == ["RetryAttemptsExhausted"]
    assert read["settings"]["maximum_retry_attempts"] == SETTINGS.maximum_retry_attempts
