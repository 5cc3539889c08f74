"""A mapping in front of the function in real time: the engine of ``simulate``, whose clock is held to the real one."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any, Final

from generator.mapping import records, responses
from generator.mapping.settings import Settings
from generator.mapping.shard_processor import Discard, Failure, Invoke, Observer, Reply
from generator.simulate.engine import Shard, SimulatedClock, simulate

MODULE: Final[dict[str, Any]] = {
    "bisect_batch_on_function_error": True,
    "maximum_record_age_in_seconds": 86_400,
    "maximum_retry_attempts": 500,
    "report_batch_item_failures": True,
}
"""The settings of a mapping that differ by default in this module from those of Lambda."""


@dataclass
class Pipeline:
    """One function behind a mapping of its own, and what became of its records.

    Attributes:
        name: of the pipeline, and of its index.
        handler: of the function, with its settings already read.
        settings: of the mapping.
        timeout: seconds after which Lambda ends an invocation.

    """

    name: str
    handler: ModuleType
    settings: Settings
    timeout: float = 10
    given_up: list[int] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)
    failures: int = 0

    def run(self, events: Sequence[dict[str, Any]], began: float) -> None:
        """Process records, each not before it is written, until all are processed or given up."""
        shard = Shard(name="shard", records=[records.from_event(event) for event in events])
        simulate([shard], self.settings, self._invoke, observer=_Discards(self.given_up), start=began)

    def _invoke(self, invoke: Invoke, clock: SimulatedClock) -> Reply:
        time.sleep(max(0.0, clock.now - time.time()))
        ends = time.monotonic() + self.timeout
        context = SimpleNamespace(
            aws_request_id=str(invoke.request), get_remaining_time_in_millis=lambda: (ends - time.monotonic()) * 1000
        )
        try:
            answer = self.handler.handler({"Records": [record.event for record in invoke.records]}, context)
            reply = responses.read(json.loads(json.dumps(answer)), invoke, self.settings)
        except Exception as error:  # noqa: BLE001 - whatever fails an invocation
            name = type(error).__name__
            self.errors[name] = self.errors.get(name, 0) + 1
            reply = Failure(error=name)
        self.failures += isinstance(reply, Failure)
        clock.now = max(clock.now, time.time())
        return reply


class _Discards(Observer):
    """Notes the records that a mapping discards."""

    def __init__(self, given_up: list[int]) -> None:
        self._given_up = given_up

    def discarded(self, processor: str, discard: Discard, at: float) -> None:
        del processor, at
        self._given_up += [int(record.sequence) for record in discard.records]


def run_all(pipelines: Sequence[Pipeline], events: Sequence[dict[str, Any]], trouble: Callable[[float], None]) -> None:
    """Run pipelines side by side on the same records, while something happens to the server.

    Takes the events, whose times are from now on, and a function that makes the trouble and ends it; it is given the
    time at which the records begin.
    """
    began = float(events[0]["dynamodb"]["ApproximateCreationDateTime"])
    threads = [threading.Thread(target=pipeline.run, args=(events, began)) for pipeline in pipelines]
    for thread in threads:
        thread.start()
    try:
        trouble(began)
    finally:
        for thread in threads:
            thread.join()
