"""Runs the processors of a mapping's shards against a model of a function, in simulated time and without waiting."""

import heapq
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from generator.mapping.settings import Settings
from generator.mapping.shard_processor import Discard, Invoke, Observer, Reply, ShardProcessor, Source, Steps, Wait
from generator.mapping.sources import FilteredSource, RecordList, partition_by_key


class SimulatedClock:
    """A clock that stands still unless it is set."""

    __slots__ = ("now",)

    def __init__(self, now: float) -> None:
        self.now = now


Function = Callable[[Invoke, SimulatedClock], Reply]
"""A model of a function: moves the clock by the duration of the invocation, and returns the result."""


@dataclass(frozen=True, kw_only=True)
class Shard:
    """The records of one shard, in order. A shard with a parent starts when the parent's records are finished."""

    name: str
    records: Sequence[Any]
    parent: str | None = None
    largest: int | None = None


@dataclass
class _Running:
    """A processor that has a clock of its own, and the result that it waits for."""

    shard: Shard
    name: str
    steps: Steps
    clock: SimulatedClock
    reply: Reply = None


def simulate(
    shards: Sequence[Shard],
    settings: Settings,
    function: Function,
    *,
    observer: Observer | None = None,
    start: float = 0.0,
    end: float = math.inf,
    event: Callable[[Any], Any] = lambda record: record.event,
    key: Callable[[Any], str] = lambda record: str(record.key),
) -> int:
    """Process the records of some shards, and return how many of them the filter criteria excluded.

    Args:
        shards: the shards; their order does not matter.
        settings: the settings of the mapping. A disabled mapping does nothing.
        function: the model of the function.
        observer: receives invocations and discarded records.
        start: when the mapping starts to read, in seconds since the epoch. With the starting position ``LATEST``, it
            skips older records.
        end: when the simulation ends.
        event: returns the record that filter patterns are compared with.
        key: returns the item key of a record, for the parallelization factor.
    """
    if not settings.enabled:
        return 0
    observer = observer or Observer()
    names = {shard.name for shard in shards}
    children = [shard for shard in shards if shard.parent in names]
    matches = settings.filter().matches
    filtered: list[FilteredSource] = []

    def processors(shard: Shard, at: float) -> list[_Running]:
        source: Source = RecordList(
            shard.records,
            largest=shard.largest,
            closed=any(child.parent == shard.name for child in children),
            start=start if settings.starting_position == "LATEST" else -math.inf,
        )
        if settings.filter_patterns:
            source = FilteredSource(source, lambda record: matches(event(record)))
            filtered.append(source)
        return [
            _Running(shard, name, ShardProcessor(settings, part, clock).run(), clock)
            for name, part in partition_by_key(shard.name, source, settings.parallelization_factor, key).items()
            for clock in [SimulatedClock(at)]
        ]

    order = itertools.count()
    roots = [shard for shard in shards if shard not in children]
    running = [(start, next(order), each) for shard in roots for each in processors(shard, start)]
    while running:
        processor = heapq.heappop(running)[2]
        horizon = running[0][0] if running else math.inf
        if _run(processor, function, observer, horizon, end):
            heapq.heappush(running, (processor.clock.now, next(order), processor))
        elif all(other.shard is not processor.shard for _, _, other in running):
            for child in children:
                if child.parent == processor.shard.name:
                    for started in processors(child, processor.clock.now):
                        heapq.heappush(running, (started.clock.now, next(order), started))
    return sum(source.filtered_out for source in filtered)


def _run(processor: _Running, function: Function, observer: Observer, horizon: float, end: float) -> bool:
    """Run a processor until its clock is ahead of another one's; return whether it has more to do."""
    send, clock, name, reply = processor.steps.send, processor.clock, processor.name, processor.reply
    try:
        while True:
            action = send(reply)
            reply = None
            if isinstance(action, Wait):
                clock.now = max(clock.now, action.until)
            if clock.now >= end:
                return False
            if isinstance(action, Invoke):
                began = clock.now
                reply = function(action, clock)
                observer.invoked(name, action, began, clock.now, reply)
            elif isinstance(action, Discard):
                observer.discarded(name, action, clock.now)
            if clock.now > horizon:
                processor.reply = reply
                return True
    except StopIteration:
        return False
