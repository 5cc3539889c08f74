"""Runs processors step by step, so that a test can inspect or stop them at any time."""

from collections.abc import Sequence
from typing import Any

from generator.mapping.shard_processor import Discard, Failure, Invoke, Reply, ShardProcessor, Source, Wait
from generator.simulate.engine import SimulatedClock
from tests.mapping.simulating import Function


def ended_by(action: Invoke | Discard, reply: Reply) -> list[int]:
    """Return the records that ended with an action: processed, or discarded."""
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
    def next_record_time(self) -> float:
        return self._source.next_record_time

    def read(self, max_records: int, max_bytes: int, now: float) -> Sequence[Any]:
        records = self._source.read(max_records, max_bytes, now)
        self.noted += [record.sequence for record in records]
        return records


class Following:
    """Executes the steps of processors, each when it is due, and records what ended, in the last step too."""

    def __init__(self, processors: list[ShardProcessor], clock: SimulatedClock, model: Function) -> None:
        self.processors = processors
        self.ended: list[int] = []
        self.unanswered: list[int] = []
        self.running: list[tuple[float, int, Any]] = [
            (0.0, place, processor.run()) for place, processor in enumerate(processors)
        ]
        self._replies: dict[int, Reply] = {}
        self._clock = clock
        self._model = model

    def step(self) -> None:
        """Run the next step of the processor that is due first."""
        if not self.running:
            return
        self.running.sort(key=lambda each: each[:2])
        due, place, steps = self.running.pop(0)
        self._clock.now = max(self._clock.now, due)
        self.unanswered = []
        try:
            action = steps.send(self._replies.pop(place, None))
        except StopIteration:
            return
        if isinstance(action, Wait):
            due = action.until
        else:
            reply = self._replies[place] = self._model(action, self._clock) if isinstance(action, Invoke) else None
            self.unanswered = ended_by(action, reply)
            self.ended += self.unanswered
        self.running.append((due, place, steps))
