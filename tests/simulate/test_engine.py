"""Do shards and their partitions start, run concurrently and end as AWS documents it?"""

from dataclasses import replace

import pytest

from generator.mapping.shard_processor import Failure, Invoke, Reply
from generator.mapping.sources import MAX_BUFFERED_RECORDS, partition_number
from generator.simulate.engine import Shard, SimulatedClock, simulate
from generator.simulate.module_settings import module_settings
from tests.mapping.simulating import Record, raises_at, succeeds, watch

PLAIN = module_settings(bisect_batch_on_function_error=False, maximum_retry_attempts=2)
ONE = [Record(1)]


class TestPartitions:
    def test_order_of_an_item_is_kept_and_others_are_not_blocked(self) -> None:
        keys = {partition_number(key, 2): key for key in "abcdef"}
        mixed = [Record(number, key=keys[number % 2]) for number in range(1, 21)]
        watched = watch(replace(PLAIN, parallelization_factor=2, batch_size=5), mixed, raises_at(1))
        of_other = [began for _, invoke, began, _ in watched.invokes if invoke.records[0].key == keys[0]]
        assert max(of_other) == 0
        odd = [number for batch in watched.invocations for number in batch if number % 2]
        assert [number for number in odd if number > 9] == list(range(11, 20, 2))

    def test_blocked_partition_blocks_the_others_when_its_buffer_is_full(self) -> None:
        keys = {partition_number(key, 2): key for key in "abcdef"}
        blocked = [Record(number, key=keys[0]) for number in range(1, MAX_BUFFERED_RECORDS + 3000)]
        last = Record(MAX_BUFFERED_RECORDS + 3001, key=keys[1])
        few = replace(PLAIN, parallelization_factor=2, maximum_retry_attempts=5)
        watched = watch(few, [*blocked, last], raises_at(1))
        (began,) = [began for _, invoke, began, _ in watched.invokes if invoke.records[0].key == keys[1]]
        assert began > 6


class TestShards:
    def test_child_starts_when_its_parent_is_finished(self) -> None:
        parent = Shard(name="parent", records=[Record(1), Record(2)])
        child = Shard(name="child", records=[Record(3)], parent="parent")
        watched = watch(replace(PLAIN, batch_size=1), [child, parent], raises_at(2))
        assert watched.invocations == [[1], [2], [2], [2], [3]]

    def test_child_starts_when_all_partitions_of_its_parent_are_finished(self) -> None:
        keys = {partition_number(key, 2): key for key in "abcdef"}
        parent = Shard(name="parent", records=[Record(1, key=keys[0]), Record(2, key=keys[1])])
        child = Shard(name="child", records=[Record(3)], parent="parent")
        watched = watch(replace(PLAIN, parallelization_factor=2), [child, parent], raises_at(1))
        assert watched.invocations[-1] == [3]
        assert watched.times[-1] == pytest.approx(0.6)

    def test_child_does_not_start_if_the_simulation_ends_before_a_retry_of_its_parent(self) -> None:
        parent = Shard(name="parent", records=[Record(1)])
        child = Shard(name="child", records=[Record(2)], parent="parent")
        watched = watch(replace(PLAIN, first_pause=5.0), [parent, child], raises_at(1), end=3)
        assert watched.invocations == [[1]]

    def test_last_batch_of_a_closed_shard_does_not_wait_to_be_filled(self) -> None:
        parent = Shard(name="parent", records=ONE)
        child = Shard(name="child", records=[Record(2)], parent="parent")
        assert watch(replace(PLAIN, maximum_batching_window_in_seconds=60), [parent, child]).times == [0, 60]

    def test_window_of_a_closed_shard_ends_with_it(self) -> None:
        parent = Shard(name="parent", records=[Record(1, 1.0)])
        child = Shard(name="child", records=[Record(2, 2.0)], parent="parent")
        watched = watch(replace(PLAIN, tumbling_window_in_seconds=60), [parent, child])
        assert watched.invocations == [[1], [], [2], []]
        assert watched.times == [1, 1, 2, 60]

    def test_children_of_one_parent_are_processed_concurrently(self) -> None:
        parent = Shard(name="parent", records=[Record(1)])
        children = [Shard(name=f"child{number}", records=[Record(number)], parent="parent") for number in (2, 3)]
        watched = watch(PLAIN, [parent, *children], raises_at(2))
        assert [began for name, _, began, _ in watched.invokes if name == "child3"] == [0]

    def test_shard_without_its_parent_starts_at_once(self) -> None:
        assert watch(PLAIN, [Shard(name="child", records=ONE, parent="trimmed")]).times == [0]

    def test_shards_do_not_wait_for_each_other(self) -> None:
        shards = [Shard(name="one", records=[Record(1)]), Shard(name="two", records=[Record(2)])]
        watched = watch(PLAIN, shards, raises_at(1))
        assert min(began for name, _, began, _ in watched.invokes if name == "two") == 0

    def test_record_that_expires_during_an_invocation_is_discarded_after_it(self) -> None:
        def function(_invoke: Invoke, clock: SimulatedClock) -> Reply:
            clock.now += 90
            return Failure("Unhandled")

        assert watch(replace(PLAIN, maximum_record_age_in_seconds=60), ONE, function).discards[0][2] == 90

    def test_nothing_is_discarded_after_the_end(self) -> None:
        def function(_invoke: Invoke, clock: SimulatedClock) -> Reply:
            clock.now += 30
            return Failure("Unhandled")

        assert watch(replace(PLAIN, maximum_retry_attempts=0), ONE, function, end=20).discarded_batches == []

    def test_records_that_do_not_match_are_counted(self) -> None:
        kept = replace(PLAIN, filter_patterns=('{"kept": [true]}',))
        records = [Record(number, event={"kept": number == 2}) for number in (1, 2, 3)]
        shards = [Shard(name="one", records=records), Shard(name="two", records=records)]
        assert simulate(shards, kept, succeeds) == 4

    def test_disabled_mapping_does_nothing(self) -> None:
        assert watch(replace(PLAIN, enabled=False), ONE).invocations == []

    def test_latest_skips_older_records(self) -> None:
        latest = replace(PLAIN, starting_position="LATEST")
        assert watch(latest, [Record(1, 5.0), Record(2, 15.0)], start=10).invocations == [[2]]

    def test_trim_horizon_starts_with_the_oldest_record(self) -> None:
        assert watch(PLAIN, [Record(1, 5.0), Record(2, 15.0)], start=10).invocations == [[1], [2]]

    def test_shard_without_records_ends(self) -> None:
        assert watch(PLAIN, [Shard(name="empty", records=[])]).invocations == []
