"""A drill: what would these settings of a mapping do to this failure? Answered in simulated time."""

import json
import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple, overload

from generator.errors import UsageError
from generator.mapping import responses
from generator.mapping.settings import Settings
from generator.mapping.shard_processor import READ_BYTES, Condition, Discard, Failure, Invoke, Reply, State
from generator.mapping.sources import group_of
from generator.simulate import items
from generator.simulate.engine import Function, Shard, SimulatedClock, simulate

MOST_RECORDS: Final = 1_000_000
MOST_INVOCATIONS: Final = 250_000
MOST_SENT: Final = 10_000_000
"""Records of a drill, its invocations, and the records of all of them together: a report holds every one in memory."""

_DAY: Final = 86_400


class How(StrEnum):
    """How a record fails."""

    RAISE = "raise"
    REPORT = "report"
    TIMEOUT = "timeout"
    THROTTLE = "throttle"


class Fate(StrEnum):
    """What becomes of the document about records that were given up."""

    PARKED = "parked"
    """It is at the failure destination."""
    REFUSED = "refused"
    """The destination refuses it: nothing is sent again."""
    NOWHERE = "nowhere"
    """There is no destination, or the stream had forgotten the records: nobody is told."""


class Written(NamedTuple):
    """A record of the drill: its number (from 1), when it was written, its bytes, its item's key."""

    sequence: int
    arrival: float
    size: int
    key: str
    event: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What happens in a drill.

    ``records`` are written at time 0, or ``rate`` of them a second; each has ``size`` bytes in an event and belongs to
    one of ``keys`` items (by default its own). ``events`` gives them as stream records instead. They are shared out
    among ``shards`` by their items. ``failing`` are the numbers of those that fail, ``lasts`` seconds long; an
    invocation takes ``seconds``, or ``timeout`` when it times out, which is 900 at most (AWS, "Lambda quotas"). The
    mapping begins to read at ``starts``. The failure destination ``refuses`` what it is sent, or takes it.

    Raises:
        UsageError: a value is outside its range, or a failing record is not one of the records.
    """

    records: int = 100
    events: Sequence[Mapping[str, Any]] = ()
    keys: int = 0
    rate: float = math.inf
    size: int = 1024
    shards: int = 1
    failing: frozenset[int] = frozenset()
    how: How = How.RAISE
    lasts: float = math.inf
    seconds: float = 0.1
    timeout: float = 30.0
    starts: float = 0.0
    refuses: bool = False

    def __post_init__(self) -> None:
        checks: tuple[tuple[str, float, float, float], ...] = (
            ("records", self.count, 1, MOST_RECORDS),
            ("keys", self.keys, 0, MOST_RECORDS),
            ("size", self.size, 1, READ_BYTES),
            ("shards", self.shards, 1, 1000),
            ("rate", self.rate, 0.001, math.inf),
            ("lasts", self.lasts, 0, math.inf),
            ("seconds", self.seconds, 0, _DAY),
            ("timeout", self.timeout, 0.001, 900),
            ("starts", self.starts, 0, 7 * _DAY),
        )
        for name, value, least, most in checks:
            if not least <= value <= most:
                accepted = f"{least} or more" if math.isinf(most) else f"{least} to {most}"
                raise UsageError(f"{name} is {value:.12g}; it must be {accepted}.")
        absent = [number for number in sorted(self.failing) if not 1 <= number <= self.count]
        if absent:
            raise UsageError(f"fail names record {absent[0]}; the records are 1 to {self.count}.")

    @property
    def count(self) -> int:
        """How many records are written."""
        return len(self.events) or self.records

    def written(self, number: int) -> Written:
        """Return a record by its number."""
        arrival = 0.0 if math.isinf(self.rate) else (number - 1) / self.rate
        if self.events:
            event = items.stream_record(self.events[number - 1], number, arrival)
            key = json.dumps(event["dynamodb"].get("Keys"), sort_keys=True)
            return Written(number, arrival, min(len(json.dumps(event)), READ_BYTES), key, event)
        return Written(number, arrival, self.size, str(number % self.keys if self.keys else number))

    def by_shard(self) -> list[Shard]:
        """Return the records as shards."""
        largest = None if self.events else self.size
        if self.shards == 1:
            return [Shard(name="shard 1", records=Records(self), largest=largest)]
        shards = [array("I") for _ in range(self.shards)]
        for record in Records(self):
            shards[group_of(f"shard of {record.key}", self.shards)].append(record.sequence)
        return [
            Shard(name=f"shard {place}", records=Records(self, numbers), largest=largest)
            for place, numbers in enumerate(shards, 1)
        ]


class Records(Sequence[Written]):
    """The records of a scenario, or those with some numbers, made when they are asked for."""

    def __init__(self, scenario: Scenario, numbers: Sequence[int] | None = None) -> None:
        self._scenario = scenario
        self._numbers = range(1, scenario.count + 1) if numbers is None else numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> Written: ...
    @overload
    def __getitem__(self, place: slice) -> list[Written]: ...
    def __getitem__(self, place: int | slice) -> Written | list[Written]:
        if isinstance(place, slice):
            return [self._scenario.written(number) for number in self._numbers[place]]
        return self._scenario.written(self._numbers[place])


class Invocation(NamedTuple):
    """An invocation: its lane, when it began and ended (seconds since the first write), the numbers of its records.

    ``outcome`` is ``processed``, ``error``, ``timeout``, ``reported`` or ``throttled``; ``done`` is how many records it
    brought to their end.
    """

    lane: str
    began: float
    ended: float
    records: Sequence[int]
    request: int
    attempt: int
    outcome: str
    done: int
    age: float


class GivenUp(NamedTuple):
    """Records that were given up, when and why, after how many invocations, and what became of the document."""

    lane: str
    at: float
    condition: Condition
    invocations: int
    error: str | None
    records: Sequence[int]
    fate: Fate


@dataclass
class Report:
    """What happened in a drill; times are seconds since the first write."""

    settings: Settings
    scenario: Scenario
    invocations: list[Invocation] = field(default_factory=list)
    given_up: list[GivenUp] = field(default_factory=list)
    filtered: int = 0
    blocked: dict[str, float] = field(default_factory=dict)

    @property
    def processed(self) -> int:
        """How many records were processed."""
        return sum(invocation.done for invocation in self.invocations)

    @property
    def retries(self) -> int:
        """How many invocations repeated one that failed, with the same records."""
        return sum(1 for invocation in self.invocations if invocation.attempt > 1)

    @property
    def sent_again(self) -> int:
        """How many times a record reached the function after its first time."""
        reached = [one for one in self.invocations if one.outcome != "throttled"]
        return sum(len(one.records) for one in reached) - len({number for one in reached for number in one.records})

    def lost(self, *fates: Fate) -> int:
        """Return how many records were given up with one of these fates."""
        return sum(len(one.records) for one in self.given_up if one.fate in fates)

    @property
    def unread(self) -> int:
        """How many records the mapping never read: it is disabled, or they were written before it began."""
        return self.scenario.count - self.processed - self.lost(*Fate) - self.filtered

    @property
    def ended(self) -> float:
        """When the last record was finished."""
        return max([*(one.ended for one in self.invocations), *(one.at for one in self.given_up)], default=0.0)

    @property
    def iterator_age(self) -> list[tuple[float, float]]:
        """The iterator's age over time, as Lambda's metric counts it: how old the last record of each batch was."""
        return sorted((one.ended, one.age) for one in self.invocations if one.records)


def run(settings: Settings, scenario: Scenario) -> Report:
    """Let a mapping process a scenario's records in simulated time, and report what happened.

    Raises:
        UsageError: the drill invokes the function more often than a report can hold.
    """
    watching = _Watching(Report(settings, scenario))
    report = watching.report
    report.filtered = simulate(
        scenario.by_shard(),
        settings,
        _function(settings, scenario),
        observer=watching,
        began=scenario.starts,
        event=_event,
        key=lambda record: str(record.key),
    )
    watching.end()
    return report


def _event(record: Written) -> Mapping[str, Any]:
    """Return what filter patterns see; a record that was only counted has a key, and nothing else to match."""
    return record.event or items.stream_record({"id": {"S": record.key}}, record.sequence, record.arrival)


def _function(settings: Settings, scenario: Scenario) -> Function:
    """Return the model of the function."""
    failing, how, lasts = scenario.failing, scenario.how, scenario.lasts
    seconds, timeout = scenario.seconds, scenario.timeout

    def function(invoke: Invoke, clock: SimulatedClock) -> Reply:
        bad = [record for record in invoke.records if record.sequence in failing] if failing else []
        if bad and clock.now < lasts:
            if how is How.THROTTLE:
                return responses.THROTTLED
            clock.now += timeout if how is How.TIMEOUT else min(seconds, timeout)
            if how is not How.REPORT:
                return Failure("Unhandled")
            reported = [{"itemIdentifier": str(record.sequence)} for record in bad]
            return responses.read({"batchItemFailures": reported, "state": {}}, invoke, settings)
        if seconds > timeout:
            clock.now += timeout
            return Failure("Unhandled")
        clock.now += seconds
        return State({}) if invoke.window else None

    return function


def _numbers(records: Sequence[Written]) -> Sequence[int]:
    """Return the numbers of records; where none is left out, in a form whose size does not depend on how many."""
    if records and records[-1].sequence - records[0].sequence + 1 == len(records):
        return range(records[0].sequence, records[-1].sequence + 1)
    return array("I", (record.sequence for record in records))


class _Watching:
    """Writes the report while the lanes run."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._newest: dict[str, int] = {}
        self._failing_since: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._sent = 0

    def invoked(self, lane: str, invoke: Invoke, began: float, ended: float, reply: Reply) -> None:
        scenario = self.report.scenario
        numbers = _numbers(invoke.records)
        self._count(numbers)
        if numbers and numbers[0] > self._newest.get(lane, 0):
            # What was never sent before: whatever held it up is over.
            self._unblock(lane)
        self._newest[lane] = max(self._newest.get(lane, 0), numbers[-1] if numbers else 0)
        outcome, done = "processed", len(numbers)
        if isinstance(reply, Failure):
            self._failing_since.setdefault(lane, ended)
            done = reply.checkpoint_index
            outcome = "error" if reply.error else "throttled" if reply.throttled else "reported"
            if reply.error and (scenario.how is How.TIMEOUT or scenario.seconds > scenario.timeout):
                outcome = "timeout"
        self._last[lane] = ended
        age = ended - invoke.records[-1].arrival if numbers else 0.0
        self.report.invocations.append(
            Invocation(lane, began, ended, numbers, invoke.request, invoke.attempt, outcome, done, age)
        )

    def discarded(self, lane: str, discard: Discard, at: float) -> None:
        self._last[lane] = at
        fate = Fate.REFUSED if self.report.scenario.refuses else Fate.PARKED
        if not self.report.settings.destination or discard.condition is Condition.TRIMMED:
            fate = Fate.NOWHERE
        self.report.given_up.append(
            GivenUp(
                lane,
                at,
                discard.condition,
                discard.invocations,
                discard.failure.error if discard.failure else None,
                _numbers(discard.records),
                fate,
            )
        )

    def end(self) -> None:
        for lane in list(self._failing_since):
            self._unblock(lane)

    def _count(self, numbers: Sequence[int]) -> None:
        self._sent += len(numbers)
        many = (
            f"makes more than {MOST_INVOCATIONS} invocations"
            if len(self.report.invocations) == MOST_INVOCATIONS
            else ""
        )
        if self._sent > MOST_SENT:
            many = f"sends more than {MOST_SENT} records to the function, repeated ones included"
        if many:
            raise UsageError(f"The drill {many}: give fewer records, larger batches, fewer retries or longer pauses.")

    def _unblock(self, lane: str) -> None:
        since = self._failing_since.pop(lane, None)
        if since is not None:
            blocked = self.report.blocked
            blocked[lane] = blocked.get(lane, 0.0) + self._last[lane] - since
