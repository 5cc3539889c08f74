"""The mapping does what native AWS was seen to do.

The cases are in native-cases.json, which says where they come from.
"""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from generator.errors import UsageError
from generator.mapping import invocation_records, responses
from generator.mapping.settings import Settings, from_lambda
from generator.mapping.shard_processor import Discard, DiscardReason, Failure, Invoke, Reply, Window
from generator.simulate.engine import SimulatedClock
from generator.simulate.module_settings import check, module_settings
from tests.mapping.simulating import Function, Record, Watched, succeeds, watch

NATIVE = json.loads((Path(__file__).parent / "native-cases.json").read_text())
FOUR = [Record(number) for number in (1, 2, 3, 4)]
SOURCE = invocation_records.InvocationSource(
    mapping_uuid="5b3c", function_arn="arn:function", stream_arn="arn:stream", shard_id="shardId-1", version="1"
)


def _settings(case: str) -> Settings:
    said = NATIVE["default_settings"] | NATIVE["cases"][case]["settings"]
    filters = said.pop("FilterCriteria", None)
    if filters:
        # The data has a short form of the pattern
        pattern = {"dynamodb": {"NewImage": {"keep": {"BOOL": [True]}}}}
        said["FilterCriteria"] = {"Filters": [{"Pattern": json.dumps(pattern)}]}
    destination = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:failed"}}
    return from_lambda({**said, "DestinationConfig": destination})


def _reports(settings: Settings, bad: int) -> Function:
    """Return a function that reports a record and processes everything else."""

    def function(invoke: Invoke, _clock: SimulatedClock) -> Reply:
        reported = [str(record.sequence) for record in invoke.records if record.sequence == bad]
        answer = {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in reported]}
        return responses.read(answer, invoke, settings)

    return function


def _raises(invoke: Invoke, clock: SimulatedClock) -> Reply:
    clock.now += 0.02
    return Failure("Unhandled") if any(record.sequence == 2 for record in invoke.records) else None


def _events(kept: list[bool]) -> list[Record]:
    events = [{"dynamodb": {"NewImage": {"keep": {"BOOL": keep}}}} for keep in kept]
    return [Record(number, event=event) for number, event in enumerate(events, 1)]


def _records(*arrivals: float) -> list[Record]:
    return [Record(number, arrival) for number, arrival in enumerate(arrivals, 1)]


SCENES: dict[str, dict[str, Any]] = {
    "raise_retry": {"records": FOUR, "function": _raises},
    "maximum_age": {"records": [Record(1)], "start": 70},
    "batch_size": {"records": [Record(number) for number in (1, 2, 3, 4, 5)]},
    "filter": {"records": _events([False, True, False, True])},
    # It was watched until the first record of the second window had been processed
    "tumbling": {"records": _records(1.0, 2.0, 3.0, 4.0, 12.0), "end": 15},
    # A mapping that is new begins to read more than 70 s after it says that it is enabled
    "latest": {"records": [Record(0, 0.0), Record(1, 70.0), Record(2, 160.0)], "start": 150},
}
"""What happened in the cases that are not about a function which reports record 2 of four."""


def _run(case: str) -> Watched:
    settings = _settings(case)
    return watch(settings, **SCENES.get(case, {"records": FOUR, "function": _reports(settings, 2)}))


@pytest.mark.parametrize("case", NATIVE["cases"])
def test_invocations_are_those_of_aws(case: str) -> None:
    assert _run(case).invocations == NATIVE["cases"][case]["invocations"]


@pytest.mark.parametrize("case", [case for case, seen in NATIVE["cases"].items() if seen.get("on_failure")])
def test_document_is_that_of_aws(case: str) -> None:
    seen = NATIVE["cases"][case]["on_failure"]
    _, discard, at = _run(case).discards[0]
    document = invocation_records.invocation_record(discard, SOURCE, at, "request")
    assert list(document) == list(seen)
    assert [list(part) for part in document.values() if isinstance(part, dict)] == [
        list(part) for part in seen.values() if isinstance(part, dict)
    ]
    for name in ("condition", "approximateInvokeCount"):
        assert document["requestContext"][name] == seen["requestContext"][name]
    assert document.get("responseContext") == seen.get("responseContext")
    assert document["DDBStreamBatchInfo"]["batchSize"] == seen["DDBStreamBatchInfo"]["batchSize"]


@pytest.mark.parametrize("case", [case for case, seen in NATIVE["cases"].items() if not seen.get("on_failure")])
def test_nothing_is_discarded_if_aws_discarded_nothing(case: str) -> None:
    assert _run(case).discarded_batches == []


def test_two_retries_take_as_long_as_on_aws() -> None:
    seen = NATIVE["cases"]["raise_retry"]["handler_times"]
    times = _run("raise_retry").times
    assert times[-1] - times[0] == pytest.approx(seen[-1] - seen[0], abs=0.05)


def test_attempts_at_one_batch_share_a_request() -> None:
    assert len(set(_run("raise_retry").requests)) == 1


def test_last_record_is_sent_when_its_window_is_over() -> None:
    times = _run("batch_size").times
    assert times[2] - times[1] == pytest.approx(4.992, abs=0.05)


def test_final_invocation_ends_its_window_and_the_next_begins_without_state() -> None:
    watched = _run("tumbling")
    windows = [invoke.window for _, invoke, _, _ in watched.invokes]
    assert [window.final for window in windows if window] == [False, False, False, False, True, False]
    assert windows[-1] == Window(10, 20, {})


def test_invocation_record_of_a_final_invocation_has_the_window_and_no_records() -> None:
    seen = NATIVE["tumbling_final_failure"]
    settings = _settings("tumbling")

    def fails_at_the_end(invoke: Invoke, clock: SimulatedClock) -> Reply:
        final = invoke.window is not None and invoke.window.final
        return Failure("Unhandled") if final else succeeds(invoke, clock)

    _, discard, at = watch(settings, [Record(1, 1.0)], fails_at_the_end).discards[0]
    document = invocation_records.invocation_record(discard, SOURCE, at, "request")
    assert list(document["DDBStreamBatchInfo"]) == list(seen["DDBStreamBatchInfo"])
    assert document["timeWindowInfo"] == seen["timeWindowInfo"] | {
        "window": {"start": "1970-01-01T00:00:00Z", "end": "1970-01-01T00:00:10Z"}
    }


def test_bucket_gets_the_event_as_text_within_the_document() -> None:
    discard = Discard([Record(1), Record(2)], DiscardReason.RETRIES, 2, 1, Failure("Unhandled"))
    event = invocation_records.invocation_event([{"eventID": "1"}], None, SOURCE)
    stored = invocation_records.invocation_record(discard, SOURCE, 1_789_651_658.25, "request", event)
    assert list(stored) == NATIVE["s3"]["key_order"]
    assert json.loads(stored["payload"]) == event


def test_key_in_the_bucket_is_laid_out_as_on_aws() -> None:
    key = invocation_records.s3_key(SOURCE, 1_789_651_658.25)
    day = "2026/09/17/2026-09-17T13.27.38-"
    assert key.startswith(f"aws/lambda/5b3c/shardId-1/{day}")
    assert len(key.split("/")) == len(NATIVE["s3"]["key"].split("/"))


def _admissions() -> list[Any]:
    """Return the settings that AWS accepted or rejected for the mapping of a stream."""
    meant = {
        "StartingPosition=AT_TIMESTAMP (+timestamp)": {"starting_position": "AT_TIMESTAMP"},
        "StartingPosition=BOGUS": {"starting_position": "BOGUS"},
        "BatchSize=10001": {"batch_size": 10001},
        "ParallelizationFactor=11": {"parallelization_factor": 11},
        "MaximumRecordAgeInSeconds=0": {"maximum_record_age_in_seconds": 0},
        "MaximumRecordAgeInSeconds=59": {"maximum_record_age_in_seconds": 59},
        "MaximumRetryAttempts=-2": {"maximum_retry_attempts": -2},
        "MaximumBatchingWindowInSeconds=301": {"maximum_batching_window_in_seconds": 301},
        "TumblingWindowInSeconds=901": {"tumbling_window_in_seconds": 901},
        "FilterCriteria pattern not-json": {"filter_patterns": ["not-json"]},
        "ParallelizationFactor>1 with tumbling": {"parallelization_factor": 2, "tumbling_window_in_seconds": 10},
        "non-empty FilterCriteria with tumbling": {
            "filter_patterns": ['{"eventName": ["INSERT"]}'],
            "tumbling_window_in_seconds": 10,
        },
        "BatchSize=101, window 0": {"batch_size": 101},
        "BatchSize 10000 + window 1 + PF 10 + age 604800 + retry 10000 + RBIF + bisect": {
            "batch_size": 10000,
            "maximum_batching_window_in_seconds": 1,
            "parallelization_factor": 10,
            "maximum_record_age_in_seconds": 604800,
            "maximum_retry_attempts": 10000,
            "report_batch_item_failures": True,
            "bisect_batch_on_function_error": True,
        },
    }
    seen = {case["input"]: case["code"] for case in NATIVE["admission"]}
    return [pytest.param(said, seen[name].startswith("Success"), id=name) for name, said in meant.items()]


@pytest.mark.parametrize(("values", "accepted"), _admissions())
def test_settings_are_rejected_if_aws_rejects_them(values: dict[str, Any], accepted: bool) -> None:  # noqa: FBT001
    with nullcontext() if accepted else pytest.raises(UsageError):
        for name, value in values.items():
            check(name, value, name)
        assert module_settings(**values)
