"""One simulation: a mapping, the records that it reads, a function that fails, and a report of what happens."""

import json
import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

from generator import items
from generator.errors import UsageError
from generator.limits import MAX_FUNCTION_SECONDS, READ_BYTES
from generator.mapping import responses
from generator.mapping.settings import Settings
from generator.mapping.shard_processor import Discard, DiscardReason, Failure, Invoke, Observer, Reply, State
from generator.mapping.sources import partition_number
from generator.parsing import shown
from generator.simulate.engine import Function, Shard, SimulatedClock, simulate

MAX_RECORDS: Final = 1_000_000
MAX_INVOCATIONS: Final = 250_000
MAX_SENT_RECORDS: Final = 10_000_000
"""Limits of a simulation: its report keeps every invocation with its records in memory."""

PAUSE_LIMIT: Final = 60
"""Seconds of the longest pause that the reports compare with; emulators of AWS use this limit, without evidence."""

_DAY: Final = 86_400


class FailureMode(StrEnum):
    """How a record fails."""

    RAISE = "raise"
    REPORT = "report"
    TIMEOUT = "timeout"
    THROTTLE = "throttle"


class DeliveryStatus(StrEnum):
    """What happened to the invocation record of discarded records. The values are part of the JSON output."""

    DELIVERED = "parked"
    FAILED = "refused"
    """The delivery to the destination failed. Lambda does not repeat it."""
    NOT_SENT = "nowhere"
    """The mapping has no destination, or the records expired in the stream first."""


class SimulatedRecord(NamedTuple):
    """A record: its number (from 1), its time, its size in bytes, the key of its item, and its event if it has one."""

    sequence: int
    arrival: float
    size: int
    key: str
    event: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What happens to a mapping. Durations are in seconds, and times are seconds after the first record was written.

    Attributes:
        records: number of records, unless ``events`` gives them as items or stream records.
        keys: number of items that the records belong to; 0 for one item each. Items are distributed among ``shards``.
        rate: records written each second.
        size: size of a record in an event, in bytes.
        failing: numbers of the failing records, which fail until ``failure_duration`` is over.
        invocation_seconds: duration of an invocation.
        timeout: timeout of the function, at most :data:`~generator.limits.MAX_FUNCTION_SECONDS`.
        mapping_start: when the mapping starts to read.
        destination_fails: whether the delivery to the on-failure destination fails.

    Raises:
        UsageError: a value is out of range, or a failing record does not exist.
    """

    records: int = 100
    events: Sequence[Mapping[str, Any]] = ()
    keys: int = 0
    rate: float = math.inf
    size: int = 1024
    shards: int = 1
    failing: frozenset[int] = frozenset()
    failure_mode: FailureMode = FailureMode.RAISE
    failure_duration: float = math.inf
    invocation_seconds: float = 0.1
    timeout: float = 30.0
    mapping_start: float = 0.0
    destination_fails: bool = False

    def __post_init__(self) -> None:
        limits: tuple[tuple[str, float, float, float], ...] = (
            ("records", self.count, 1, MAX_RECORDS),
            ("keys", self.keys, 0, MAX_RECORDS),
            ("size", self.size, 1, READ_BYTES),
            ("shards", self.shards, 1, 1000),
            ("rate", self.rate, 0.001, math.inf),
            ("failure-duration", self.failure_duration, 0, math.inf),
            ("invocation-seconds", self.invocation_seconds, 0, _DAY),
            ("timeout", self.timeout, 0.001, MAX_FUNCTION_SECONDS),
            ("mapping-start", self.mapping_start, 0, 7 * _DAY),
        )
        for name, value, low, high in limits:
            if not low <= value <= high:
                accepted = f"{low} or more" if math.isinf(high) else f"{low} to {high}"
                given = shown(value) if isinstance(value, int) else f"{value:.12g}"
                raise UsageError(f'--{name}: "{given}" is out of range. Use {accepted}.')
        missing = [number for number in sorted(self.failing) if not 1 <= number <= self.count]
        if missing:
            raise UsageError(f"--fail: record {missing[0]} does not exist. Use numbers from 1 to {self.count}.")

    @property
    def count(self) -> int:
        """The number of records."""
        return len(self.events) or self.records

    def record(self, number: int) -> SimulatedRecord:
        """Return a record by its number."""
        arrival = 0.0 if math.isinf(self.rate) else (number - 1) / self.rate
        if self.events:
            event = items.stream_record(self.events[number - 1], number, arrival)
            key = json.dumps(event["dynamodb"].get("Keys"), sort_keys=True)
            return SimulatedRecord(number, arrival, min(len(json.dumps(event)), READ_BYTES), key, event)
        return SimulatedRecord(number, arrival, self.size, str(number % self.keys if self.keys else number))

    def by_shard(self) -> list[Shard]:
        """Return the records as shards."""
        largest = None if self.events else self.size
        if self.shards == 1:
            return [Shard(name="shard 1", records=Records(self), largest=largest)]
        shards = [array("I") for _ in range(self.shards)]
        for record in Records(self):
            shards[partition_number(f"shard of {record.key}", self.shards)].append(record.sequence)
        return [
            Shard(name=f"shard {number}", records=Records(self, numbers), largest=largest)
            for number, numbers in enumerate(shards, 1)
        ]


class Records(Sequence[SimulatedRecord]):
    """The records of a scenario, or those with some numbers. They are made when they are read."""

    def __init__(self, scenario: Scenario, numbers: Sequence[int] | None = None) -> None:
        self._scenario = scenario
        self._numbers = range(1, scenario.count + 1) if numbers is None else numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401 - a record, or for a slice a list of them
        if isinstance(index, slice):
            return [self._scenario.record(number) for number in self._numbers[index]]
        return self._scenario.record(self._numbers[index])


class Invocation(NamedTuple):
    """An invocation by one processor: when it began and ended, and the numbers of its records.

    ``outcome`` is ``processed``, ``error``, ``timeout``, ``reported`` or ``throttled``; ``processed`` is the number of
    processed records, and ``age`` the age of the last record at the end.
    """

    processor: str
    began: float
    ended: float
    records: Sequence[int]
    request: int
    attempt: int
    outcome: str
    processed: int
    age: float


class DiscardedRecords(NamedTuple):
    """Records that a processor discarded: when, why, after how many invocations, and what was delivered."""

    processor: str
    at: float
    reason: DiscardReason
    invocations: int
    error: str | None
    records: Sequence[int]
    delivery: DeliveryStatus


@dataclass
class Report:
    """What happened in a simulation. Times are seconds after the first record was written.

    ``blocked`` is how long failures blocked each processor in all, and ``filtered`` the number of records that the
    filter criteria excluded.
    """

    settings: Settings
    scenario: Scenario
    invocations: list[Invocation] = field(default_factory=list)
    discarded: list[DiscardedRecords] = field(default_factory=list)
    filtered: int = 0
    blocked: dict[str, float] = field(default_factory=dict)

    @property
    def processed(self) -> int:
        """The number of processed records."""
        return sum(invocation.processed for invocation in self.invocations)

    @property
    def retries(self) -> int:
        """The number of invocations that repeated a failed one with the same records."""
        return sum(1 for invocation in self.invocations if invocation.attempt > 1)

    @property
    def sent_again(self) -> int:
        """The number of times that a record was sent to the function after its first time."""
        sent = [invocation for invocation in self.invocations if invocation.outcome != "throttled"]
        return sum(len(each.records) for each in sent) - len({number for each in sent for number in each.records})

    def discarded_count(self, *deliveries: DeliveryStatus) -> int:
        """Return the number of discarded records with one of these delivery statuses."""
        return sum(len(each.records) for each in self.discarded if each.delivery in deliveries)

    @property
    def unread(self) -> int:
        """The number of records that a disabled mapping, or one that starts at ``LATEST``, did not read."""
        return self.scenario.count - self.processed - self.discarded_count(*DeliveryStatus) - self.filtered

    @property
    def ended(self) -> float:
        """When the last record was finished."""
        return max([*(each.ended for each in self.invocations), *(each.at for each in self.discarded)], default=0.0)

    @property
    def iterator_age(self) -> list[tuple[float, float]]:
        """Pairs of a time and the value of Lambda's metric ``IteratorAge``: the age of the last record of a batch."""
        return sorted((invocation.ended, invocation.age) for invocation in self.invocations if invocation.records)


def run(settings: Settings, scenario: Scenario) -> Report:
    """Simulate a mapping that processes the records of a scenario, and return the report.

    Raises:
        UsageError: the simulation makes more invocations than a report can hold.
    """
    report = Report(settings, scenario)
    reporter = _Reporter(report)
    report.filtered = simulate(
        scenario.by_shard(),
        settings,
        _function(settings, scenario),
        observer=reporter,
        start=scenario.mapping_start,
        event=_event,
    )
    reporter.end()
    return report


def _event(record: SimulatedRecord) -> Mapping[str, Any]:
    """Return the record for the filter patterns; a record that is only a number has nothing but a key."""
    return record.event or items.stream_record({"id": {"S": record.key}}, record.sequence, record.arrival)


def _function(settings: Settings, scenario: Scenario) -> Function:
    """Return the model of the function."""
    failing, mode = scenario.failing, scenario.failure_mode
    seconds, timeout = scenario.invocation_seconds, scenario.timeout

    def function(invoke: Invoke, clock: SimulatedClock) -> Reply:
        bad = [record for record in invoke.records if record.sequence in failing] if failing else []
        if bad and clock.now < scenario.failure_duration:
            if mode is FailureMode.THROTTLE:
                return responses.THROTTLED
            clock.now += timeout if mode is FailureMode.TIMEOUT else min(seconds, timeout)
            if mode is not FailureMode.REPORT:
                return Failure("Unhandled")
            reported = [{"itemIdentifier": str(record.sequence)} for record in bad]
            return responses.read({"batchItemFailures": reported, "state": {}}, invoke, settings)
        if seconds > timeout:
            clock.now += timeout
            return Failure("Unhandled")
        clock.now += seconds
        return State({}) if invoke.window else None

    return function


def _numbers(records: Sequence[SimulatedRecord]) -> Sequence[int]:
    """Return the numbers of records; consecutive ones as a range, which takes the same memory for any number."""
    if records and records[-1].sequence - records[0].sequence + 1 == len(records):
        return range(records[0].sequence, records[-1].sequence + 1)
    return array("I", (record.sequence for record in records))


class _Reporter(Observer):
    """Writes the report while the processors run."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._newest: dict[str, int] = {}
        self._failing_since: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._sent = 0

    def invoked(self, processor: str, invoke: Invoke, began: float, ended: float, reply: Reply) -> None:
        scenario = self.report.scenario
        numbers = _numbers(invoke.records)
        self._check_limits(len(numbers))
        if numbers and numbers[0] > self._newest.get(processor, 0):
            # The first record was never sent before: the failures that blocked the processor are over.
            self._unblock(processor)
        self._newest[processor] = max(self._newest.get(processor, 0), numbers[-1] if numbers else 0)
        outcome, processed = "processed", len(numbers)
        if isinstance(reply, Failure):
            self._failing_since.setdefault(processor, ended)
            processed = reply.checkpoint_index
            outcome = "error" if reply.error else "throttled" if reply.throttled else "reported"
            times_out = scenario.failure_mode is FailureMode.TIMEOUT or scenario.invocation_seconds > scenario.timeout
            if reply.error and times_out:
                outcome = "timeout"
        self._last[processor] = ended
        age = ended - invoke.records[-1].arrival if numbers else 0.0
        self.report.invocations.append(
            Invocation(processor, began, ended, numbers, invoke.request, invoke.attempt, outcome, processed, age)
        )

    def discarded(self, processor: str, discard: Discard, at: float) -> None:
        self._last[processor] = at
        delivery = DeliveryStatus.FAILED if self.report.scenario.destination_fails else DeliveryStatus.DELIVERED
        if not self.report.settings.destination or discard.reason is DiscardReason.TRIMMED:
            delivery = DeliveryStatus.NOT_SENT
        reason, error = discard.reason, discard.failure.error if discard.failure else None
        discarded = (processor, at, reason, discard.invocations, error, _numbers(discard.records), delivery)
        self.report.discarded.append(DiscardedRecords(*discarded))

    def end(self) -> None:
        for processor in list(self._failing_since):
            self._unblock(processor)

    def _check_limits(self, records: int) -> None:
        self._sent += records
        if len(self.report.invocations) < MAX_INVOCATIONS and self._sent <= MAX_SENT_RECORDS:
            return
        sent = f"{MAX_SENT_RECORDS:,} records sent to the function, with repetitions"
        limit = sent if self._sent > MAX_SENT_RECORDS else f"{MAX_INVOCATIONS:,} invocations"
        advice = "Use fewer records, larger batches, fewer retries, or longer pauses."
        raise UsageError(f"The simulation exceeds its limit of {limit}. {advice}")

    def _unblock(self, processor: str) -> None:
        if processor in self._failing_since:
            duration = self._last[processor] - self._failing_since.pop(processor)
            self.report.blocked[processor] = self.report.blocked.get(processor, 0.0) + duration
