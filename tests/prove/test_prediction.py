"""Does the comparison agree with what a mapping does, and find each kind of difference?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.mapping import responses
from generator.mapping.invocation_records import InvocationSource, invocation_record
from generator.mapping.records import SequenceNumber, StreamRecord
from generator.mapping.settings import Settings
from generator.mapping.shard_processor import Discard, Invoke, Observer, Reply
from generator.prove.observation import Attempt, Observation
from generator.prove.prediction import Comparison, compare, outcome
from generator.simulate.engine import Shard, SimulatedClock, simulate

STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
SETTINGS = Settings(
    maximum_retry_attempts=4,
    bisect_batch_on_function_error=True,
    report_batch_item_failures=True,
    destination=True,
)


def records(*numbers: int) -> list[StreamRecord]:
    """Return records that were written at once."""
    event: dict[str, Any] = {"dynamodb": {}}
    return [StreamRecord(SequenceNumber(str(1000 + number)), 0.0, 100, str(number), event) for number in numbers]


class _Lambda(Observer):
    """Keeps what a mapping does as the account shows it."""

    def __init__(self, observed: Observation) -> None:
        self._observed = observed

    def invoked(self, processor: str, invoke: Invoke, began: float, ended: float, reply: Reply) -> None:
        del processor
        index = getattr(reply, "checkpoint_index", None)
        numbers = [str(record.sequence) for record in invoke.records]
        self._observed.attempts.append(Attempt(began, ended, numbers, [] if index is None else [numbers[index]]))

    def discarded(self, processor: str, discard: Discard, at: float) -> None:
        source = InvocationSource(mapping_uuid="1", function_arn="2", stream_arn=STREAM, shard_id=processor)
        self._observed.invocation_records.append(invocation_record(discard, source, at, "3", None))


def observed(settings: Settings, shards: Sequence[Sequence[int]], failing: set[str]) -> Observation:
    """Return what a mapping with these settings does with the records of some shards."""
    found = Observation({f"shard {name}": records(*numbers) for name, numbers in enumerate(shards, 1) if numbers})

    def function(invoke: Invoke, clock: SimulatedClock) -> Reply:
        clock.now += 0.05
        bad = [{"itemIdentifier": str(each.sequence)} for each in invoke.records if str(each.sequence) in failing]
        return responses.read({"batchItemFailures": bad[:1]}, invoke, settings)

    simulate(
        [Shard(name=name, records=each, largest=100) for name, each in found.shards.items()],
        settings,
        function,
        observer=_Lambda(found),
    )
    found.attempts.sort()
    return found


@given(
    shards=st.lists(st.integers(0, 6), min_size=1, max_size=4),
    failing=st.sets(st.integers(0, 12)),
    batch_size=st.integers(1, 8),
    retries=st.integers(0, 6),
    bisect=st.booleans(),
)
def test_behavior_of_the_mapping_is_as_predicted(
    shards: list[int], failing: set[int], batch_size: int, retries: int, *, bisect: bool
) -> None:
    settings = replace(
        SETTINGS, batch_size=batch_size, maximum_retry_attempts=retries, bisect_batch_on_function_error=bisect
    )
    starts = [sum(shards[:index]) for index in range(len(shards))]
    numbers = [list(range(start, start + size)) for start, size in zip(starts, shards, strict=True)]
    names = {str(1000 + number) for number in failing}
    found = observed(settings, numbers, names)
    comparison = compare(settings, names, found)
    assert comparison.differences == []
    assert found.finished
    for shard in found.shards.values():
        for record in shard:
            number = str(record.sequence)
            assert outcome(found, number) == comparison.predicted[number]


ONE = [[1, 2, 3]]
FAILING = {"1002"}


def differences(found: Observation, settings: Settings = SETTINGS) -> str:
    """Return what differs."""
    return "\n".join(compare(settings, FAILING, found).differences)


@pytest.fixture
def found() -> Observation:
    """Return what the mapping does with three records, of which the middle one fails."""
    return observed(SETTINGS, ONE, FAILING)


def test_retries_have_the_predicted_pauses(found: Observation) -> None:
    comparison: Comparison = compare(SETTINGS, FAILING, found)
    assert [pause.predicted for pause in comparison.pauses] == pytest.approx([0.2, 0.4, 0.8, 1.6])
    assert all(pause.as_predicted for pause in comparison.pauses)


def test_pauses_with_a_limit_differ() -> None:
    settings = replace(SETTINGS, maximum_retry_attempts=10)
    found = observed(replace(settings, longest_pause=10.0), ONE, FAILING)
    said = differences(found, settings)
    assert "the pause before attempt 8 was 10 s; predicted were 12.8 s" not in said, "within the tolerance"
    assert "the pause before attempt 9 was 10 s; predicted were 25.6 s" in said


def test_fewer_and_more_retries_differ() -> None:
    fewer = observed(replace(SETTINGS, maximum_retry_attempts=2), ONE, FAILING)
    assert "attempt 4 had the records 1003; predicted were 1002" in differences(fewer)
    more = observed(replace(SETTINGS, maximum_retry_attempts=6), [[1, 2]], FAILING)
    assert "were sent again, although they were finished" in differences(more)


def test_whole_batch_that_is_sent_again_differs() -> None:
    found = observed(replace(SETTINGS, report_batch_item_failures=False), ONE, FAILING)
    # A mapping without partial batch responses takes the failure for a success.
    assert "1002" in differences(found)


def test_missing_invocation_record_differs(found: Observation) -> None:
    found.invocation_records.clear()
    said = differences(found)
    assert "predicted was an invocation record with condition RetryAttemptsExhausted" in said
    assert "the record 1002 was unfinished; predicted was discarded" in said
    assert not found.finished


def test_invocation_record_that_is_not_predicted_differs(found: Observation) -> None:
    found.invocation_records.append(
        {
            "requestContext": {"condition": "RecordAgeExceeded", "approximateInvokeCount": 1},
            "DDBStreamBatchInfo": {
                "shardId": "shard 1",
                "startSequenceNumber": "1001",
                "endSequenceNumber": "1001",
                "batchSize": 1,
            },
        }
    )
    said = differences(found)
    assert "the queue has an invocation record with condition RecordAgeExceeded" in said
    assert "the record 1001 was processed and discarded; predicted was processed" in said


def test_record_that_was_never_sent_differs(found: Observation) -> None:
    found.attempts = [each for each in found.attempts if each.records != ["1003"]]
    assert "the record 1003 was unfinished; predicted was unfinished" not in differences(found)
    assert not found.finished


def test_function_that_answers_otherwise_differs(found: Observation) -> None:
    found.attempts[0] = found.attempts[0]._replace(failed=[])
    assert "the function reported []; predicted was ['1002']" in differences(found)


def test_record_that_the_stream_does_not_have_differs(found: Observation) -> None:
    found.attempts.append(Attempt(99.0, 99.1, ["7"], []))
    assert "Lambda sent records that the stream does not have: 7." in differences(found)
