"""A drill: what would these settings of a mapping do to this failure? Answered in simulated time."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple, overload

from generator.errors import UsageError
from generator.local import items
from generator.local.mapping import responses
from generator.local.mapping.lane import READ_BYTES, Condition, Discard, Failure, Invoke, Reply, State
from generator.local.mapping.settings import Settings
from generator.local.mapping.simulation import Function, Shard, SimulatedClock, simulate
from generator.local.mapping.sources import group_of

MOST_RECORDS: Final = 1_000_000
"""Records of a drill at most: its report holds every invocation."""


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
    invocation takes ``seconds``, or ``timeout`` when it times out. The mapping begins to read at ``starts``. The
    failure destination ``refuses`` what it is sent, or takes it.

    Raises:
        UsageError: a value makes no sense, or a failing record is not one of the records.
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
        checks = (
            ("records", self.records, 1, MOST_RECORDS),
            ("keys", self.keys, 0, MOST_RECORDS),
            ("size", self.size, 1, READ_BYTES),
            ("shards", self.shards, 1, 1000),
        )
        for name, value, least, most in checks:
            if not least <= value <= most:
                raise UsageError(f"{name} is {value}; it must be {least} to {most}.")
        for name, number in (("rate", self.rate), ("timeout", self.timeout)):
            if not number > 0:
                raise UsageError(f"{name} is {number:g}; it must be more than 0.")
        for name, number in (("seconds", self.seconds), ("lasts", self.lasts), ("starts", self.starts)):
            if not number >= 0:
                raise UsageError(f"{name} is {number:g}; it must not be less than 0.")
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
            return [Shard(name="shard 1", records=_Lazy(self), largest=largest)]
        shards: list[list[Written]] = [[] for _ in range(self.shards)]
        for record in _Lazy(self):
            shards[group_of(f"shard of {record.key}", self.shards)].append(record)
        return [
            Shard(name=f"shard {place}", records=records, largest=largest) for place, records in enumerate(shards, 1)
        ]


class _Lazy(Sequence[Written]):
    """The records of a scenario, made when they are asked for."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario

    def __len__(self) -> int:
        return self._scenario.count

    @overload
    def __getitem__(self, place: int) -> Written: ...
    @overload
    def __getitem__(self, place: slice) -> list[Written]: ...
    def __getitem__(self, place: int | slice) -> Written | list[Written]:
        if isinstance(place, slice):
            return [self._scenario.written(at + 1) for at in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        return self._scenario.written(place + 1)


class Invocation(NamedTuple):
    """An invocation: its lane, when it began and ended (seconds since the first write), the numbers of its records.

    ``outcome`` is ``processed``, ``error``, ``timeout``, ``reported`` or ``throttled``; ``done`` is how many records it
    brought to their end.
    """

    lane: str
    began: float
    ended: float
    records: list[int]
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
    records: list[int]
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
    def ended(self) -> float:
        """When the last record was finished."""
        return max([*(one.ended for one in self.invocations), *(one.at for one in self.given_up)], default=0.0)

    @property
    def iterator_age(self) -> list[tuple[float, float]]:
        """The iterator's age over time, as Lambda's metric counts it: how old the last record of each batch was."""
        return sorted((one.ended, one.age) for one in self.invocations if one.records)


def run(settings: Settings, scenario: Scenario) -> Report:
    """Let a mapping process a scenario's records in simulated time, and report what happened."""
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


class _Watching:
    """Writes the report while the lanes run."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._newest: dict[str, int] = {}
        self._failing_since: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def invoked(self, lane: str, invoke: Invoke, began: float, ended: float, reply: Reply) -> None:
        scenario = self.report.scenario
        numbers = [record.sequence for record in invoke.records]
        if numbers and numbers[0] > self._newest.get(lane, 0):
            # What was never sent before: whatever held it up is over.
            self._unblock(lane)
        self._newest[lane] = max(self._newest.get(lane, 0), *numbers) if numbers else self._newest.get(lane, 0)
        outcome, done = "processed", len(numbers)
        if isinstance(reply, Failure):
            self._failing_since.setdefault(lane, ended)
            done = reply.done
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
                [record.sequence for record in discard.records],
                fate,
            )
        )

    def end(self) -> None:
        for lane in list(self._failing_since):
            self._unblock(lane)

    def _unblock(self, lane: str) -> None:
        since = self._failing_since.pop(lane, None)
        if since is not None:
            blocked = self.report.blocked
            blocked[lane] = blocked.get(lane, 0.0) + self._last[lane] - since
