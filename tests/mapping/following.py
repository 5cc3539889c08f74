"""Follows lanes step by step, so that a test can look into them at any moment, and kill them."""

from collections.abc import Sequence
from typing import Any

from generator.mapping.shard_processor import Discard, Failure, Invoke, Reply, ShardProcessor, Source, Wait
from generator.simulate.engine import SimulatedClock
from tests.mapping.simulating import Function


def ended_by(action: Invoke | Discard, reply: Reply) -> list[int]:
    """Return the records that ended with an action: processed, or given up."""
    done = reply.checkpoint_index if isinstance(reply, Failure) else len(action.records)
    return [record.sequence for record in action.records[:done]]


class Noting:
    """A source that notes what was read of it."""

    def __init__(self, source: Source) -> None:
        self.noted: list[int] = []
        self._source = source

    @property
    def ended(self) -> bool:
        return self._source.ended

    @property
    def next_at(self) -> float:
        return self._source.next_at

    def read(self, limit: int, room: int, now: float) -> Sequence[Any]:
        records = self._source.read(limit, room, now)
        self.noted += [record.sequence for record in records]
        return records


class Following:
    """Does what lanes say, a step at a time, each lane when it is due; notes what ended, the last step's apart too."""

    def __init__(self, lanes: list[ShardProcessor], clock: SimulatedClock, model: Function) -> None:
        self.lanes = lanes
        self.ended: list[int] = []
        self.unanswered: list[int] = []
        self.running: list[tuple[float, int, Any]] = [(0.0, place, lane.run()) for place, lane in enumerate(lanes)]
        self._replies: dict[int, Reply] = {}
        self._clock = clock
        self._model = model

    def step(self) -> None:
        """Let the lane that is due first go on, if there is any."""
        if not self.running:
            return
        self.running.sort(key=lambda each: each[:2])
        due, place, lane = self.running.pop(0)
        self._clock.now = max(self._clock.now, due)
        self.unanswered = []
        try:
            action = lane.send(self._replies.pop(place, None))
        except StopIteration:
            return
        if isinstance(action, Wait):
            due = action.until
        else:
            reply = self._replies[place] = self._model(action, self._clock) if isinstance(action, Invoke) else None
            self.unanswered = ended_by(action, reply)
            self.ended += self.unanswered
        self.running.append((due, place, lane))
