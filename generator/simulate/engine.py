"""Runs the lanes of a mapping against a model of a function, in simulated time and without waiting."""

import heapq
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from generator.mapping.settings import Settings
from generator.mapping.shard_processor import Discard, Invoke, Reply, ShardProcessor, Source, Steps, Wait
from generator.mapping.sources import Backlog, Filtered, shared_out


class SimulatedClock:
    """A clock that stands still unless somebody moves it."""

    __slots__ = ("now",)

    def __init__(self, now: float) -> None:
        self.now = now


Function = Callable[[Invoke, SimulatedClock], Reply]
"""A model of a function: moves the clock by as long as it takes, and replies."""


class Observer(Protocol):
    """Somebody who is told what happens in each lane; times are in seconds since the epoch."""

    def invoked(self, lane: str, invoke: Invoke, began: float, ended: float, reply: Reply) -> None:
        """Take note of an invocation and what came of it."""

    def discarded(self, lane: str, discard: Discard, at: float) -> None:
        """Take note of records that were given up."""


@dataclass(frozen=True, kw_only=True)
class Shard:
    """The records of one shard, in order; one with a parent begins when the parent's records are finished."""

    name: str
    records: Sequence[Any]
    parent: str | None = None
    largest: int | None = None


@dataclass
class _Running:
    """A lane on its way: the reply that it waits for, by its own clock."""

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
    began: float = 0.0,
    until: float = math.inf,
    event: Callable[[Any], Any] = lambda record: record.event,
    key: Callable[[Any], str] = lambda record: str(record.key),
) -> int:
    """Let a mapping process the records of some shards, and return how many records its filter dropped.

    Takes the time at which the mapping begins to read, in seconds since the epoch: what is older is skipped where the
    starting position is ``LATEST``. ``until`` is when to stop looking. ``event`` gives what filter patterns see of a
    record, and ``key`` the item that it belongs to, which parallelization needs. A mapping that is not enabled does
    nothing.
    """
    if not settings.enabled:
        return 0
    names = {shard.name for shard in shards}
    children = [shard for shard in shards if shard.parent in names]
    passes = settings.filter().matches
    filtered: list[Filtered] = []

    def lanes(shard: Shard, at: float) -> list[_Running]:
        closed = any(child.parent == shard.name for child in children)
        source: Source = Backlog(
            shard.records,
            largest=shard.largest,
            closed=closed,
            since=began if settings.starting_position == "LATEST" else -math.inf,
        )
        if settings.filter_patterns:
            source = Filtered(source, lambda record: passes(event(record)))
            filtered.append(source)
        return [
            _Running(shard, name, ShardProcessor(settings, each, clock).run(), clock)
            for name, each in shared_out(shard.name, source, settings.parallelization_factor, key)
            for clock in [SimulatedClock(at)]
        ]

    order = itertools.count()
    running = [(began, next(order), lane) for shard in shards if shard not in children for lane in lanes(shard, began)]
    while running:
        lane = heapq.heappop(running)[2]
        horizon = running[0][0] if running else math.inf
        if _run(lane, function, observer, horizon, until):
            heapq.heappush(running, (lane.clock.now, next(order), lane))
        elif all(other.shard is not lane.shard for _, _, other in running):
            for child in children:
                if child.parent == lane.shard.name:
                    for started in lanes(child, lane.clock.now):
                        heapq.heappush(running, (started.clock.now, next(order), started))
    return sum(source.dropped for source in filtered)


def _run(lane: _Running, function: Function, observer: Observer | None, horizon: float, until: float) -> bool:
    """Let a lane go on until another one is behind it; return whether there is anything left for it to do."""
    send, clock, name, reply = lane.steps.send, lane.clock, lane.name, lane.reply
    try:
        while True:
            action = send(reply)
            reply = None
            if isinstance(action, Wait):
                clock.now = max(clock.now, action.until)
            if clock.now >= until:
                return False
            if isinstance(action, Invoke):
                began = clock.now
                reply = function(action, clock)
                if observer:
                    observer.invoked(name, action, began, clock.now, reply)
            elif isinstance(action, Discard) and observer:
                observer.discarded(name, action, clock.now)
            if clock.now > horizon:
                lane.reply = reply
                return True
    except StopIteration:
        return False
