"""Lets a mapping process a few records in simulated time, and keeps what it did."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from generator.mapping.settings import Settings
from generator.mapping.shard_processor import Discard, Failure, Invoke, Observer, Reply, State
from generator.simulate.engine import Shard, SimulatedClock, simulate


class Record(NamedTuple):
    sequence: int
    arrival: float = 0.0
    size: int = 1000
    key: str = "a"
    event: dict[str, Any] = {}  # noqa: RUF012 - never changed


@dataclass
class Watched(Observer):
    """What a mapping did, in order."""

    invokes: list[tuple[str, Invoke, float, Reply]] = field(default_factory=list)
    discards: list[tuple[str, Discard, float]] = field(default_factory=list)

    def invoked(self, processor: str, invoke: Invoke, began: float, ended: float, reply: Reply) -> None:
        del ended
        self.invokes.append((processor, invoke, began, reply))

    def discarded(self, processor: str, discard: Discard, at: float) -> None:
        self.discards.append((processor, discard, at))

    @property
    def invocations(self) -> list[list[int]]:
        """The numbers of the records of each invocation."""
        return [[record.sequence for record in invoke.records] for _, invoke, _, _ in self.invokes]

    @property
    def discarded_batches(self) -> list[tuple[str, int, list[int]]]:
        """The condition, the count of invocations and the records of each document."""
        return [
            (str(discard.reason), discard.invocations, [record.sequence for record in discard.records])
            for _, discard, _ in self.discards
        ]

    @property
    def times(self) -> list[float]:
        """When each invocation began."""
        return [began for _, _, began, _ in self.invokes]

    @property
    def requests(self) -> list[int]:
        """The request of each invocation."""
        return [invoke.request for _, invoke, _, _ in self.invokes]


Function = Callable[[Invoke, SimulatedClock], Reply]


def succeeds(invoke: Invoke, _clock: SimulatedClock) -> Reply:
    return State({}) if invoke.window else None


def raises_at(*bad: int) -> Function:
    """Return a function that raises where one of these records is in the batch."""

    def function(invoke: Invoke, clock: SimulatedClock) -> Reply:
        if any(record.sequence in bad for record in invoke.records):
            return Failure("Unhandled")
        return succeeds(invoke, clock)

    return function


def watch(
    settings: Settings,
    records: Sequence[Any] | Sequence[Shard],
    function: Function = succeeds,
    **options: Any,  # noqa: ANN401 - as simulate takes them
) -> Watched:
    """Let a mapping process the records of one shard, or of several."""
    watched = Watched()
    shards = records if records and isinstance(records[0], Shard) else [Shard(name="shard", records=records)]
    simulate(
        shards,
        settings,
        function,
        observer=watched,
        event=lambda record: record.event,
        key=lambda record: record.key,
        **options,
    )
    return watched
