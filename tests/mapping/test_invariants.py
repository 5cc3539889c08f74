"""Whatever the settings, the records and the failures are: nothing is lost, order holds, limits are kept."""

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.limits import INVOCATION_BYTES, READ_BYTES, READ_RECORDS, STREAM_RETENTION
from generator.mapping import responses
from generator.mapping.settings import Settings
from generator.mapping.shard_processor import Failure, Invoke, Reply, ShardProcessor
from generator.mapping.sources import KeyPartitions, RecordList
from generator.simulate.engine import Shard, SimulatedClock
from generator.simulate.module_settings import module_settings
from tests.mapping.following import Following, Noting, ended_by
from tests.mapping.simulating import Function, Record, Watched, watch
from tests.support.properties import examples

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

Fails = dict[int, tuple[str, float]]
"""How some records fail, and until when; 0 is the final invocation of a window."""

FOR_EVER = 1e9
FOUR = [Record(number) for number in range(1, 5)]
TWO_AGES = [Record(1, 0.0), Record(2, 5.0)]
EXPIRING = module_settings(
    bisect_batch_on_function_error=False, maximum_batching_window_in_seconds=9, maximum_record_age_in_seconds=60
)
MANY = 50_000
"""More invocations than any of these mappings needs."""

common: dict[str, Any] = {
    "maximum_batching_window_in_seconds": st.sampled_from([0, 0, 3, 60]),
    "starting_position": st.sampled_from(["TRIM_HORIZON", "TRIM_HORIZON", "LATEST"]),
    "bisect_batch_on_function_error": st.booleans(),
    "maximum_record_age_in_seconds": st.sampled_from([-1, 60, 3600, 86_400, 604_800]),
    "maximum_retry_attempts": st.sampled_from([-1, 0, 1, 3, 500]),
    "report_batch_item_failures": st.sampled_from([True, True, True, False]),
    "longest_pause": st.sampled_from([math.inf, 3600.0]),
}
plain = st.builds(
    module_settings,
    batch_size=st.sampled_from([4, 12, 2, 1]),
    parallelization_factor=st.sampled_from([1, 1, 2, 5]),
    filter_patterns=st.sampled_from([(), (), ('{"kept": [true]}',)]),
    **common,
)
tumbling = st.builds(
    module_settings,
    batch_size=st.sampled_from([4, 12, 2, 1]),
    tumbling_window_in_seconds=st.sampled_from([5, 60]),
    **common,
)
mappings = plain | plain | tumbling

ways = st.dictionaries(
    st.sampled_from([3, 5, 2, 8, 1, 0]),
    st.tuples(
        st.sampled_from([*["report"] * 6, "raise", "time out", "nonsense", "throttle"]),
        st.sampled_from([10.0, 5000.0, FOR_EVER]),
    ),
    min_size=1,
    max_size=3,
)
starts = st.sampled_from([0.0, 0.0, 0.0, 30.0, 5000.0, STREAM_RETENTION + 100.0])
"""When the mapping begins to read."""


@st.composite
def backlogs(draw: st.DrawFn, first: int = 1) -> list[Record]:
    """Give up to twenty records in the order of their arrival, of a few items, some of them large."""
    pauses = draw(st.lists(st.sampled_from([*[0.0] * 9, 0.1, 5.0, 100.0, 4000.0]), min_size=6, max_size=20))
    at, found = 0.0, []
    for number, pause in enumerate(pauses, first):
        at += pause
        size = draw(st.sampled_from([*[1000] * 9, READ_BYTES // 3, READ_BYTES]))
        found.append(Record(number, at, size, draw(st.sampled_from("abcd")), {"kept": draw(st.booleans())}))
    return found


@st.composite
def families(draw: st.DrawFn) -> list[Shard]:
    """Give up to four shards, some of them children of others, in any order."""
    found: list[Shard] = []
    for place in range(draw(st.integers(2, 4))):
        parent = draw(st.sampled_from([None, *(shard.name for shard in found)]))
        found.append(Shard(name=f"shard {place}", records=draw(backlogs(100 * place + 1)), parent=parent))
    return draw(st.permutations(found))


def function(mapping: Settings, fails: Fails) -> Function:
    """Return a model of a function in which some records fail."""
    calls = itertools.count()

    def invoked(invoke: Invoke, clock: SimulatedClock) -> Reply:
        assert next(calls) < MANY, "it does not end"
        began = clock.now
        clock.now += 0.05
        numbers = [record.sequence for record in invoke.records] or [0]
        bad = [(number, *fails[number % 100]) for number in numbers if number % 100 in fails]
        hows = {how for _, how, until in bad if began < until}
        if "throttle" in hows:
            return responses.THROTTLED
        if "time out" in hows:
            clock.now += 30
        if hows & {"raise", "time out"}:
            return Failure("Unhandled")
        reported: list[Any] = [{"itemIdentifier": str(number)} for number, how, until in bad if began < until]
        if "nonsense" in hows:
            reported.append({"itemIdentifier": "none"})
        return responses.read({"batchItemFailures": reported, "state": {}}, invoke, mapping)

    return invoked


def run(mapping: Settings, records: Sequence[Any], fails: Fails, began: float = 0.0) -> Watched:
    return watch(mapping, records, function(mapping, fails), start=began)


def passed_on(mapping: Settings, records: Sequence[Record], began: float) -> list[int]:
    """Return the records that the settings let through."""
    return [
        record.sequence
        for record in records
        if (record.arrival >= began or mapping.starting_position == "TRIM_HORIZON")
        and (not mapping.filter_patterns or record.event["kept"])
    ]


def ends(watched: Watched) -> list[int]:
    """Return every record that ended, as often as it did."""
    invoked = [number for _, invoke, _, reply in watched.invokes for number in ended_by(invoke, reply)]
    return invoked + [number for _, discard, _ in watched.discards for number in ended_by(discard, None)]


@examples(2.5)
@given(mappings, backlogs(), ways, starts)
@example(module_settings(tumbling_window_in_seconds=5), [Record(1)], {0: ("throttle", FOR_EVER)}, 0.0)
def test_every_record_that_is_passed_on_ends_once(
    mapping: Settings, records: list[Record], fails: Fails, began: float
) -> None:
    assert sorted(ends(run(mapping, records, fails, began))) == passed_on(mapping, records, began)


@examples(2.5)
@given(mappings, families(), ways, starts)
def test_every_record_of_several_shards_ends_once(
    mapping: Settings, shards: list[Shard], fails: Fails, began: float
) -> None:
    expected = sorted(number for shard in shards for number in passed_on(mapping, shard.records, began))
    assert sorted(ends(run(mapping, shards, fails, began))) == expected


@examples(2.5)
@given(mappings, families(), ways, starts)
def test_nothing_happens_in_a_child_before_its_parent_is_finished(
    mapping: Settings, shards: list[Shard], fails: Fails, began: float
) -> None:
    watched = run(mapping, shards, fails, began)
    happened: dict[str, list[float]] = defaultdict(list)
    for processor, _, at, _ in watched.invokes:
        happened[processor.partition("/")[0]].append(at)
    for processor, _, at in watched.discards:
        happened[processor.partition("/")[0]].append(at)
    for shard in shards:
        if happened[shard.name] and shard.parent and happened[shard.parent]:
            assert min(happened[shard.name]) >= max(happened[shard.parent])


@examples(2.5)
@given(mappings, backlogs(), ways)
def test_records_of_an_item_are_first_sent_in_order(mapping: Settings, records: list[Record], fails: Fails) -> None:
    newest: Counter[str] = Counter()
    sent: set[int] = set()
    for _, invoke, _, _ in run(mapping, records, fails).invokes:
        numbers = [record.sequence for record in invoke.records]
        assert numbers == sorted(set(numbers))
        for record in invoke.records:
            scope = record.key if mapping.parallelization_factor > 1 else "shard"
            assert record.sequence in sent or record.sequence > newest[scope]
            newest[scope] = max(newest[scope], record.sequence)
            sent.add(record.sequence)


@examples(2.5)
@given(mappings, backlogs(), ways, starts)
def test_no_invocation_exceeds_the_limits(mapping: Settings, records: list[Record], fails: Fails, began: float) -> None:
    room = INVOCATION_BYTES if mapping.maximum_batching_window_in_seconds else READ_BYTES
    for _, invoke, at, _ in run(mapping, records, fails, began).invokes:
        assert len(invoke.records) <= mapping.batch_size
        assert sum(record.size for record in invoke.records) <= room
        assert all(record.arrival <= at < record.arrival + mapping.age_limit for record in invoke.records)


@examples(2.5)
@given(tumbling, backlogs(), ways, starts)
def test_every_record_is_sent_in_the_window_in_which_it_was_written(
    mapping: Settings, records: list[Record], fails: Fails, began: float
) -> None:
    for _, invoke, _, _ in run(mapping, records, fails, began).invokes:
        assert invoke.window
        assert all(invoke.window.start <= record.arrival < invoke.window.end for record in invoke.records)


@examples(0.75)
@given(
    st.builds(
        module_settings,
        batch_size=st.sampled_from([1, 999, 1000, 1001, 10_000]),
        maximum_batching_window_in_seconds=st.sampled_from([0, 3]),
        parallelization_factor=st.sampled_from([1, 3]),
    ),
    st.integers(900, 3000),
)
def test_no_invocation_without_a_window_exceeds_one_read(mapping: Settings, count: int) -> None:
    watched = watch(mapping, [Record(number, key=str(number % 7)) for number in range(count)])
    most = mapping.batch_size if mapping.maximum_batching_window_in_seconds else min(mapping.batch_size, READ_RECORDS)
    assert max(map(len, watched.invocations)) <= most
    assert sorted(itertools.chain(*watched.invocations)) == list(range(count))


@examples(2.5)
@given(mappings, backlogs(), ways)
def test_one_batch_is_not_tried_more_often_than_its_retries_allow(
    mapping: Settings, records: list[Record], fails: Fails
) -> None:
    tries: Counter[tuple[Any, ...]] = Counter()
    for processor, invoke, _, reply in run(mapping, records, fails).invokes:
        reached = not (isinstance(reply, Failure) and reply.throttled)
        tries[processor, invoke.window and invoke.window.start, *(record.sequence for record in invoke.records)] += (
            reached
        )
    if mapping.maximum_retry_attempts >= 0:
        assert max(tries.values(), default=0) <= mapping.maximum_retry_attempts + 1


@examples(2.5)
@given(mappings, backlogs(), ways)
def test_attempts_at_one_batch_share_a_request_and_no_other_does(
    mapping: Settings, records: list[Record], fails: Fails
) -> None:
    batches = defaultdict(set)
    for processor, invoke, _, _ in run(mapping, records, fails).invokes:
        batches[processor, invoke.request].add(tuple(record.sequence for record in invoke.records))
    assert all(len(different) == 1 for different in batches.values())


@examples(2.5)
@given(mappings, backlogs(), ways, starts)
def test_records_are_discarded_for_a_reason_of_the_settings(
    mapping: Settings, records: list[Record], fails: Fails, began: float
) -> None:
    for _, discard, at in run(mapping, records, fails, began).discards:
        if discard.reason == "RetryAttemptsExhausted":
            assert discard.invocations == mapping.maximum_retry_attempts + 1
        else:
            assert discard.reason == ("RecordAgeExceeded" if mapping.discards_by_age else "TrimmedFromStream")
            assert all(record.arrival + mapping.age_limit <= at for record in discard.records)


@examples(2.5)
@given(mappings, families(), ways, starts)
def test_the_same_happens_every_time(mapping: Settings, shards: list[Shard], fails: Fails, began: float) -> None:
    first, second = (run(mapping, shards, fails, began) for _ in range(2))
    assert (first.invokes, first.discards) == (second.invokes, second.discards)


@examples(2.5)
@given(mappings, backlogs(), ways)
@example(module_settings(), FOUR, {3: ("report", FOR_EVER)})
@example(EXPIRING, TWO_AGES, {2: ("raise", FOR_EVER)})
def test_unfinished_is_at_any_moment_what_was_read_and_has_not_ended(
    mapping: Settings, records: list[Record], fails: Fails
) -> None:
    clock = SimulatedClock(0.0)
    source = Noting(RecordList(records, closed=True))
    following = Following([ShardProcessor(mapping, source, clock)], clock, function(mapping, fails))
    while following.running:
        following.step()
        ended = set(following.ended) - set(following.unanswered)
        (processor,) = following.processors
        assert [record.sequence for record in processor.unfinished] == [
            each for each in source.noted if each not in ended
        ]


@examples(2.5)
@given(mappings, backlogs(), ways, st.integers(1, 40))
@example(module_settings(), FOUR, {3: ("report", FOR_EVER)}, 2)
@example(EXPIRING, TWO_AGES, {2: ("raise", FOR_EVER)}, 21)
def test_who_is_killed_and_begins_anew_with_the_first_unfinished_record_loses_nothing(
    mapping: Settings, records: list[Record], fails: Fails, steps: int
) -> None:
    clock = SimulatedClock(0.0)
    model = function(mapping, fails)
    source = Noting(RecordList(records, closed=True))
    shard = KeyPartitions(source, mapping.parallelization_factor, lambda record: record.key)
    killed = Following([ShardProcessor(mapping, part, clock) for part in shard.partitions], clock, model)
    for _ in range(steps):
        killed.step()
    unfinished = [processor.unfinished for processor in killed.processors]
    unfinished += [part.buffered for part in shard.partitions]
    first = min((part[0].sequence for part in unfinished if part), default=len(source.noted) + 1)
    anew = Following([ShardProcessor(mapping, RecordList(records[first - 1 :], closed=True), clock)], clock, model)
    while anew.running:
        anew.step()
    assert {*killed.ended, *anew.ended} == {record.sequence for record in records}
