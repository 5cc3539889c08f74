"""Whatever the settings, the records and the failures are: nothing is lost, order holds, limits are kept."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from generator.local.mapping import responses
from generator.local.mapping.lane import (
    INVOCATION_BYTES,
    READ_BYTES,
    READ_RECORDS,
    Failure,
    Invoke,
    Lane,
    Reply,
    Wait,
)
from generator.local.mapping.settings import Settings
from generator.local.mapping.simulation import Shard, SimulatedClock
from generator.local.mapping.sources import Backlog
from tests.local.simulating import Record, Watched, watch

mappings = st.builds(
    Settings,
    batch_size=st.integers(1, 12),
    maximum_batching_window_in_seconds=st.sampled_from([0, 0, 3, 60]),
    bisect_batch_on_function_error=st.booleans(),
    maximum_record_age_in_seconds=st.sampled_from([-1, 60, 3600, 86_400, 604_800]),
    maximum_retry_attempts=st.sampled_from([-1, 0, 1, 3, 500]),
    parallelization_factor=st.sampled_from([1, 1, 2, 5]),
    report_batch_item_failures=st.booleans(),
)
tumbling = st.builds(
    Settings,
    batch_size=st.integers(1, 5),
    maximum_batching_window_in_seconds=st.sampled_from([0, 3]),
    bisect_batch_on_function_error=st.booleans(),
    maximum_retry_attempts=st.sampled_from([0, 2]),
    tumbling_window_in_seconds=st.sampled_from([5, 60]),
    report_batch_item_failures=st.booleans(),
)


@st.composite
def backlogs(draw: st.DrawFn) -> list[Record]:
    """Give up to twenty records in the order of their arrival, of a few items, some of them large."""
    pauses = draw(st.lists(st.sampled_from([0.0, 0.0, 0.1, 5.0, 100.0, 4000.0]), min_size=2, max_size=20))
    at, found = 0.0, []
    for number, pause in enumerate(pauses, 1):
        at += pause
        size = draw(st.sampled_from([1000, READ_BYTES // 3, READ_BYTES]))
        found.append(Record(number, at, size, draw(st.sampled_from("abcd"))))
    return found


ways = st.dictionaries(
    st.integers(1, 12),
    st.tuples(st.sampled_from(["raise", "report", "nonsense", "throttle"]), st.sampled_from([10.0, 5000.0, 1e9])),
    min_size=1,
    max_size=4,
)
"""How some records fail, and until when."""


def function(mapping: Settings, fails: dict[int, tuple[str, float]]) -> Callable[[Invoke, SimulatedClock], Reply]:
    def invoked(invoke: Invoke, clock: SimulatedClock) -> Reply:
        now = clock.now
        clock.now += 0.05
        bad = {
            record.sequence: fails[record.sequence][0]
            for record in invoke.records
            if record.sequence in fails and now < fails[record.sequence][1]
        }
        if "throttle" in bad.values():
            return responses.THROTTLED
        if "raise" in bad.values():
            return Failure("Unhandled")
        reported: list[Any] = [{"itemIdentifier": str(number)} for number, how in bad.items() if how == "report"]
        reported += [{"itemIdentifier": "none"} for how in bad.values() if how == "nonsense"]
        return responses.read({"batchItemFailures": reported, "state": {}}, invoke, mapping)

    return invoked


def ends(watched: Watched) -> Counter[int]:
    """Return how often each record ended: processed, or given up."""
    ended: Counter[int] = Counter()
    for _, invoke, _, reply in watched.invokes:
        done = reply.done if isinstance(reply, Failure) else len(invoke.records)
        ended.update(record.sequence for record in invoke.records[:done])
    for _, discard, _ in watched.discards:
        ended.update(record.sequence for record in discard.records)
    return ended


@given(mappings | tumbling, backlogs(), ways)
def test_every_record_ends_once(mapping: Settings, records: list[Record], fails: dict[int, tuple[str, float]]) -> None:
    assert ends(watch(mapping, records, function(mapping, fails))) == Counter(range(1, len(records) + 1))


@given(mappings, backlogs(), backlogs(), ways)
def test_every_record_of_a_child_ends_after_its_parents(
    mapping: Settings, records: list[Record], later: list[Record], fails: dict[int, tuple[str, float]]
) -> None:
    children = [record._replace(sequence=record.sequence + 100) for record in later]
    shards = [Shard(name="child", records=children, parent="parent"), Shard(name="parent", records=records)]
    watched = watch(mapping, shards, function(mapping, fails))
    assert set(ends(watched).values()) <= {1}
    assert len(ends(watched)) == len(records) + len(later)
    first_child = next((place for place, batch in enumerate(watched.invocations) if max(batch) > 100), None)
    if first_child is not None:
        assert all(min(batch) > 100 for batch in watched.invocations[first_child:])


@given(mappings | tumbling, backlogs(), ways)
def test_records_of_an_item_are_first_sent_in_order(
    mapping: Settings, records: list[Record], fails: dict[int, tuple[str, float]]
) -> None:
    seen: dict[str, list[int]] = {}
    for _, invoke, _, _ in watch(mapping, records, function(mapping, fails)).invokes:
        numbers = [record.sequence for record in invoke.records]
        assert numbers == sorted(numbers)
        for record in invoke.records:
            before = seen.setdefault(record.key if mapping.parallelization_factor > 1 else "shard", [])
            assert record.sequence in before or not before or record.sequence > max(before)
            before.append(record.sequence)


@given(mappings | tumbling, backlogs(), ways)
def test_no_invocation_exceeds_the_limits(
    mapping: Settings, records: list[Record], fails: dict[int, tuple[str, float]]
) -> None:
    waits = mapping.maximum_batching_window_in_seconds > 0
    for _, invoke, began, _ in watch(mapping, records, function(mapping, fails)).invokes:
        assert len(invoke.records) <= (mapping.batch_size if waits else min(mapping.batch_size, READ_RECORDS))
        assert sum(record.size for record in invoke.records) <= (INVOCATION_BYTES if waits else READ_BYTES)
        assert all(record.arrival <= began for record in invoke.records)
        assert all(record.arrival + mapping.age_limit > began for record in invoke.records)


@given(mappings, backlogs(), ways)
def test_one_batch_is_not_tried_more_often_than_its_retries_allow(
    mapping: Settings, records: list[Record], fails: dict[int, tuple[str, float]]
) -> None:
    tries: Counter[tuple[str, int]] = Counter()
    for lane, invoke, _, reply in watch(mapping, records, function(mapping, fails)).invokes:
        throttled = isinstance(reply, Failure) and reply.throttled
        tries[lane, invoke.request] += not throttled
    if mapping.maximum_retry_attempts >= 0:
        assert max(tries.values(), default=0) <= mapping.maximum_retry_attempts + 1


@given(mappings, backlogs(), ways)
def test_what_is_given_up_is_given_up_by_a_rule_of_the_settings(
    mapping: Settings, records: list[Record], fails: dict[int, tuple[str, float]]
) -> None:
    for _, discard, at in watch(mapping, records, function(mapping, fails)).discards:
        if discard.condition == "RetryAttemptsExhausted":
            assert discard.invocations == mapping.maximum_retry_attempts + 1
        else:
            assert all(record.arrival + mapping.age_limit <= at for record in discard.records)


@given(mappings | tumbling, backlogs(), ways)
def test_the_same_happens_every_time(
    mapping: Settings, records: list[Record], fails: dict[int, tuple[str, float]]
) -> None:
    first, second = (watch(mapping, records, function(mapping, fails)) for _ in range(2))
    assert (first.invokes, first.discards) == (second.invokes, second.discards)


@settings(max_examples=200)
@example(Settings(), [Record(number) for number in (1, 2, 3, 4)], {3: ("report", 1e9)}, 2)
@example(
    Settings(maximum_batching_window_in_seconds=60, maximum_record_age_in_seconds=60),
    [Record(1, 0.0), Record(2, 5.0)],
    {2: ("raise", 1e9)},
    4,
)
@given(mappings.filter(lambda mapping: mapping.parallelization_factor == 1), backlogs(), ways, st.integers(1, 30))
def test_lane_that_is_killed_loses_nothing_and_repeats_what_is_open_at_most(
    mapping: Settings, records: list[Record], fails: dict[int, tuple[str, float]], steps: int
) -> None:
    clock = SimulatedClock(0.0)
    killed = _Followed(clock, function(mapping, fails))
    lane = Lane(mapping, Backlog(records, closed=True), clock)
    killed.follow(lane, steps)
    unfinished = [record.sequence for record in lane.unfinished]
    assert not set(unfinished) & killed.ended - set(killed.last)
    begin = unfinished[0] if unfinished else killed.newest + 1
    killed.follow(Lane(mapping, Backlog(records[begin - 1 :], closed=True), clock), 10_000)
    assert killed.ended == set(range(1, len(records) + 1))


class _Followed:
    """Does what lanes say, and notes which records ended, the last action's records, and the newest that were read."""

    def __init__(self, clock: SimulatedClock, invoked: Callable[[Invoke, SimulatedClock], Reply]) -> None:
        self.ended: set[int] = set()
        self.last: list[int] = []
        self.newest = 0
        self._clock = clock
        self._invoked = invoked

    def follow(self, lane: Lane, steps: int) -> None:
        """Follow a lane for so many steps, and kill it."""
        running = lane.run()
        reply: Reply = None
        for _ in range(steps):
            try:
                action = running.send(reply)
            except StopIteration:
                break
            reply, self.last = None, []
            if isinstance(action, Wait):
                self._clock.now = max(self._clock.now, action.until)
                continue
            self.last = [record.sequence for record in action.records]
            self.newest = max(self.newest, *self.last)
            done = len(self.last)
            if isinstance(action, Invoke):
                reply = self._invoked(action, self._clock)
                done = reply.done if isinstance(reply, Failure) else done
            self.ended.update(self.last[:done])
        running.close()
