"""Does a shard that is read through the API fill batches and windows as a backlog does?"""

from datetime import UTC, datetime
from typing import Any

import pytest

from generator import streams
from generator.mapping.settings import Settings
from generator.mapping.shard_processor import ShardProcessor, State, Wait
from generator.simulate.engine import SimulatedClock
from generator.simulate.module_settings import module_settings

BEGAN = 1_000.0
ARRIVALS = [BEGAN + pause for pause in (0.0, 1.0, 2.0, 4.0)]


class _Streams:
    """GetShardIterator and GetRecords of a shard whose records appear when they are written."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock

    def get_shard_iterator(self, **_: str) -> dict[str, str]:
        return {"ShardIterator": "0"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803 - the API's names
        first = int(ShardIterator)
        written = [(place, at) for place, at in enumerate(ARRIVALS) if first <= place and at <= self._clock.now][:Limit]
        return {"Records": [_record(*each) for each in written], "NextShardIterator": str(first + len(written))}


def _record(place: int, at: float) -> dict[str, Any]:
    change = {"SequenceNumber": str(place), "ApproximateCreationDateTime": datetime.fromtimestamp(at, UTC)}
    return {"eventID": str(place), "dynamodb": change | {"Keys": {"id": {"S": "a"}}}}


def invocations(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    clock = SimulatedClock(BEGAN)
    # How often the shard is read is counted in real time.
    monkeypatch.setattr("time.monotonic", lambda: clock.now)
    source = streams.ShardSource(_Streams(clock), "arn", "shard", streams.Position("TRIM_HORIZON"), clock)
    steps = ShardProcessor(settings, source, clock).run()
    found, reply = [], None
    while clock.now < BEGAN + 20:
        action = steps.send(reply)
        reply = None
        if isinstance(action, Wait):
            clock.now = max(clock.now, action.until)
        else:
            found.append([record.sequence for record in action.records])
            reply = State({}) if settings.tumbling_window_in_seconds else None
    return found


def test_batch_is_filled_with_what_is_written_during_its_window(monkeypatch: pytest.MonkeyPatch) -> None:
    assert invocations(module_settings(maximum_batching_window_in_seconds=3), monkeypatch) == [[0, 1, 2], [3]]


def test_tumbling_window_gets_what_is_written_during_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert invocations(module_settings(tumbling_window_in_seconds=4), monkeypatch) == [[0], [1], [2], [], [3], []]
