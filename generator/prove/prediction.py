"""Follows what happened with the mapping that ``simulate`` and ``demo`` run, and lists what differs.

Which records Lambda reads at the same time is a matter of chance, so this is observed. Everything that follows from it
is predicted: the records of each retry and its pause, splits, discarded records, and their invocation records.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from generator.mapping import responses
from generator.mapping.records import StreamRecord
from generator.mapping.settings import Settings
from generator.mapping.shard_processor import Discard, DiscardReason, Invoke, Reply, ShardProcessor, Wait
from generator.prove.observation import Attempt, Observation

TOLERANCE: Final = 0.25
"""Share by which an observed pause may differ from the predicted one."""

OVERHEAD: Final = 0.5
"""Seconds that Lambda may take for an invocation beyond the time that the function measures."""

_CLOCK_ERROR: Final = 0.05
"""Seconds by which the clocks of two instances of the function may differ."""


@dataclass(frozen=True, kw_only=True)
class Pause:
    """A pause before a retry, in seconds. ``attempt`` is the number of the attempt that follows it."""

    shard: str
    attempt: int
    predicted: float
    observed: float

    @property
    def as_predicted(self) -> bool:
        """Whether the difference is within the tolerance."""
        shortest = self.predicted * (1 - TOLERANCE) - _CLOCK_ERROR
        return shortest <= self.observed <= self.predicted * (1 + TOLERANCE) + OVERHEAD


@dataclass
class Comparison:
    """What was predicted and observed: pauses, outcomes by sequence number, and what differs, each as a sentence."""

    pauses: list[Pause] = field(default_factory=list)
    predicted: dict[str, str] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)


class _Clock:
    """The time of the observed invocations."""

    now = 0.0


class _Observed:
    """A source with the records of one shard, in the batches that Lambda was observed to read."""

    def __init__(self, records: Mapping[str, StreamRecord], attempts: Sequence[Attempt]) -> None:
        self._records = records
        self.attempts = attempts
        self.next = 0
        """Index of the attempt that comes next."""
        self._read: set[str] = set()

    @property
    def upcoming(self) -> Attempt | None:
        """The attempt that comes next."""
        return self.attempts[self.next] if self.next < len(self.attempts) else None

    @property
    def fresh(self) -> list[str]:
        """The records of the next attempt that no earlier one had."""
        return [number for number in self.upcoming.records if number not in self._read] if self.upcoming else []

    @property
    def ended(self) -> bool:
        # An attempt without a new record is not one that a mapping makes once everything is finished.
        return not self.fresh

    @property
    def next_record_time(self) -> float:
        return self.upcoming.began if self.upcoming else math.inf

    def read(self, max_records: int, max_bytes: int, now: float) -> Sequence[StreamRecord]:
        """Return these records."""
        del max_bytes, now
        fresh = self.fresh[:max_records]
        self._read.update(fresh)
        return [self._records[number] for number in fresh]


def compare(settings: Settings, failing: set[str], observed: Observation) -> Comparison:
    """Compare what happened with what a mapping with these settings does.

    Takes the sequence numbers of the records that fail always.
    """
    comparison = Comparison()
    shard_of = {str(record.sequence): name for name, records in observed.shards.items() for record in records}
    unknown = sorted({number for attempt in observed.attempts for number in attempt.records if number not in shard_of})
    if unknown:
        comparison.differences.append(f"Lambda sent records that the stream does not have: {', '.join(unknown)}.")
        return comparison
    for name, records in observed.shards.items():
        own = [attempt for attempt in observed.attempts if {shard_of[number] for number in attempt.records} == {name}]
        by_number = {str(record.sequence): record for record in records}
        _Shard(name, settings, failing, _Observed(by_number, own), comparison).follow(observed)
    mixed = [each for each in observed.attempts if len({shard_of[number] for number in each.records}) != 1]
    if mixed:
        comparison.differences.append(f"{len(mixed)} invocations had no records, or those of several shards.")
    _compare_outcomes(observed, comparison, shard_of)
    return comparison


class _Shard:
    """The processor of one shard, which is shown what happened, and says what it would have done."""

    def __init__(
        self, name: str, settings: Settings, failing: set[str], source: _Observed, comparison: Comparison
    ) -> None:
        self._name, self._settings, self._failing, self._source = name, settings, failing, source
        self._comparison = comparison
        self._clock = _Clock()
        self._pause = 0.0
        self._discards: list[Discard] = []

    def follow(self, observed: Observation) -> None:
        """Run the processor along the observed invocations, up to the first one that it would not have made."""
        steps = ShardProcessor(self._settings, self._source, self._clock).run()
        reply: Reply = None
        try:
            while True:
                action = steps.send(reply)
                reply = None
                if isinstance(action, Wait):
                    self._pause = 0.0 if action.idle else action.until - self._clock.now
                    self._clock.now = action.until
                elif isinstance(action, Invoke):
                    attempt = self._source.upcoming
                    if attempt is None or not self._is_predicted(action, attempt):
                        return
                    reply = self._invoke(action, attempt)
                else:
                    self._discards.append(action)
                    self._comparison.predicted |= {str(record.sequence): "discarded" for record in action.records}
        except StopIteration:
            pass
        if self._source.upcoming:
            numbers = ", ".join(self._source.upcoming.records)
            self._differs(f"the records {numbers} were sent again, although they were finished")
        self._compare_discards(observed)

    def _is_predicted(self, action: Invoke, attempt: Attempt) -> bool:
        numbers = [str(record.sequence) for record in action.records]
        if numbers == attempt.records:
            return True
        observed, predicted = ", ".join(attempt.records), ", ".join(numbers)
        self._differs(f"attempt {action.attempt} had the records {observed}; predicted were {predicted}")
        return False

    def _invoke(self, action: Invoke, attempt: Attempt) -> Reply:
        """Take over what was observed, and return the reply that the function must have given."""
        if action.attempt > 1:
            previous = self._source.attempts[self._source.next - 1]
            seconds = attempt.began - previous.ended
            pause = Pause(shard=self._name, attempt=action.attempt, predicted=self._pause, observed=seconds)
            self._comparison.pauses.append(pause)
            if not pause.as_predicted:
                self._differs(
                    f"the pause before attempt {action.attempt} was {seconds:.3g} s; predicted were {self._pause:.3g} s"
                )
        self._source.next += 1
        self._clock.now = attempt.ended
        bad = [str(record.sequence) for record in action.records if str(record.sequence) in self._failing][:1]
        if bad != attempt.failed:
            self._differs(f"the function reported {attempt.failed}; predicted was {bad}")
        self._comparison.predicted |= dict.fromkeys(attempt.processed, "processed")
        response = {"batchItemFailures": [{"itemIdentifier": number} for number in bad]}
        return responses.read(response, action, self._settings)

    def _compare_discards(self, observed: Observation) -> None:
        """Compare the invocation records of the shard with the predicted ones."""
        found = [each for each in observed.invocation_records if each["DDBStreamBatchInfo"]["shardId"] == self._name]
        expected = [self._expected(discard) for discard in self._discards if discard.reason != DiscardReason.TRIMMED]
        seen = [
            {
                "condition": each["requestContext"]["condition"],
                "approximateInvokeCount": each["requestContext"]["approximateInvokeCount"],
                **{name: each["DDBStreamBatchInfo"][name] for name in _BATCH},
            }
            for each in found
        ]
        for each in [one for one in expected if one not in seen]:
            self._differs(f"predicted was an invocation record with {_words(each)}")
        for each in [one for one in seen if one not in expected]:
            self._differs(f"the queue has an invocation record with {_words(each)}")

    @staticmethod
    def _expected(discard: Discard) -> dict[str, Any]:
        return {
            "condition": str(discard.reason),
            "approximateInvokeCount": discard.invocations,
            "batchSize": len(discard.records),
            "startSequenceNumber": str(discard.records[0].sequence),
            "endSequenceNumber": str(discard.records[-1].sequence),
        }

    def _differs(self, text: str) -> None:
        self._comparison.differences.append(f"{self._name}: {text}.")


_BATCH: Final = ("batchSize", "startSequenceNumber", "endSequenceNumber")


def _words(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def outcome(observed: Observation, number: str) -> str:
    """Return what was observed of a record: ``processed``, ``discarded``, both, or ``unfinished``."""
    parts = [
        name
        for name, numbers in (("processed", observed.processed), ("discarded", observed.discarded()))
        if number in numbers
    ]
    return " and ".join(parts) or "unfinished"


def _compare_outcomes(observed: Observation, comparison: Comparison, shard_of: Mapping[str, str]) -> None:
    for number, shard in shard_of.items():
        predicted, seen = comparison.predicted.get(number, "unfinished"), outcome(observed, number)
        if predicted != seen:
            comparison.differences.append(f"{shard}: the record {number} was {seen}; predicted was {predicted}.")
