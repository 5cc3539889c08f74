"""What can happen to a pipeline while somebody works on it: each event takes the scenario and a number."""

import contextlib
from collections.abc import Callable, Mapping
from typing import Final

from tests.operate.model.names import ServiceError
from tests.operate.model.scenario import Scenario
from tests.operate.model.tables import Shard

KEYS: Final = ("a", "b", "c", "d", "e")

ONLY_CHANGES: Final = '{"eventName": ["MODIFY"]}'
"""A filter pattern, so that there are records between those of a batch that were not in it."""

HELD: Final = 3600 + 60
"""Seconds after which nothing is hidden that a killed run has received."""

_WAITS: Final = (1, 100, 1000, 2000, HELD, 50_000)
_QUALIFIERS: Final = ("", ":live", ":1")
_NO_INVOCATION_RECORDS: Final = ("an order", "{}", "[]", '{"Records": []}')

Event = Callable[[Scenario, int], object]


def _shard(here: Scenario, number: int) -> Shard:
    shards = list(here.table.shards.values())
    return shards[number % len(shards)]


def _split(here: Scenario, number: int) -> None:
    shard = _shard(here, number)
    if not shard.closed:
        here.table.split(shard, 1 + number % 2)


def _restore(here: Scenario, number: int) -> None:
    """Give an item a content that it had before."""
    key = KEYS[number % len(KEYS)]
    states = here.table.states.get(key, [])
    image = states[number % len(states)][1] if states else None
    if image and image != here.table.items.get(key):
        here.put(key, image)


def _report_again(here: Scenario, number: int) -> None:
    """Let a mapping discard records again, or some of them: it processes everything at least once."""
    discarded = list(here.discarded.values())
    if discarded:
        found = discarded[number % len(discarded)]
        here.report(found.mapping, found.shard, found.records[number % 2 :] or found.records)


def _change_filter(here: Scenario, number: int) -> None:
    mapping = here.mappings[number % 2]
    mapping.patterns = [] if mapping.patterns else [ONLY_CHANGES]
    # What is sent in the same moment counts as sent before.
    here.clock.wait(1)
    mapping.changed, mapping.changed_tick = here.clock.now, here.clock.next_tick()
    here.clock.wait(1)


def _change_version(here: Scenario, number: int) -> None:
    """Let a mapping invoke another version of its function."""
    which = number % 2
    here.mappings[which].function_arn = here.functions[which].arn + _QUALIFIERS[number % 3]


def _fail(here: Scenario, number: int) -> None:
    """Let a function fail on some of the records, or on none."""
    function = here.functions[number % 2]
    numbers = sorted(record.sequence for shard in here.table.shards.values() for record in shard.records)
    function.failing = set(numbers[number % 3 :: 1 + number % 5]) if number % 4 else set()
    function.fails = "raises" if number % 7 < 3 else "reports"


def _throttle(here: Scenario, number: int) -> None:
    here.functions[number % 2].throttled = 2


def _take_time(here: Scenario, number: int) -> None:
    """Let the invocations of a function take as long as they may, or none."""
    here.functions[number % 2].seconds = 900 if number % 3 else 0


def _vanish(here: Scenario, number: int) -> None:
    """Let somebody else remove an object from the bucket."""
    objects = list(here.bucket.objects)
    if objects:
        del here.bucket.objects[objects[number % len(objects)]]


def _receive(here: Scenario, number: int) -> None:
    """Let somebody else receive messages."""
    with contextlib.suppress(ServiceError):
        here.queue.receive(1 + number % 3, 30 if number % 2 else 3000, 0, "somebody else")


def _repeat(here: Scenario, number: int) -> None:
    """Let the queue give a message again that is in flight, to whoever asks next or to somebody else."""
    hidden = here.queue.hidden
    if hidden:
        here.queue.repeated.add(hidden[number % len(hidden)].id)
    if number % 2:
        _receive(here, number)


EVENTS: Final[Mapping[str, Event]] = {
    "an item is written": lambda here, number: here.write(KEYS[number % len(KEYS)]),
    "all items are written": lambda here, _number: here.write(*KEYS),
    "an item is removed": lambda here, number: here.remove(KEYS[number % len(KEYS)]),
    "an item is restored": _restore,
    "a mapping discards records": lambda here, n: here.discard(here.mappings[n % 2], _shard(here, n), 1 + n % 3),
    "a mapping delivers records": lambda here, n: here.process(here.mappings[n % 2], _shard(here, n), 1 + n % 3),
    "a mapping discards records again": _report_again,
    "a shard is split": _split,
    "records expire": lambda here, number: here.table.trim(1 + number % 8),
    "time passes": lambda here, number: here.wait(_WAITS[number % len(_WAITS)]),
    "a filter is changed": _change_filter,
    "a mapping invokes another version": _change_version,
    "a function fails": _fail,
    "a function is throttled": _throttle,
    "a function takes time": _take_time,
    "an object vanishes": _vanish,
    "somebody receives messages": _receive,
    "a message comes twice": _repeat,
    "a message is no invocation record": lambda here, number: here.queue.send(_NO_INVOCATION_RECORDS[number % 4]),
}
