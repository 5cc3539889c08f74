"""Does the mapping do with batches, failures, ages and windows what AWS says it does?

What each test holds is in the documentation of Lambda ("Using Lambda with DynamoDB Streams") or was seen on AWS.
"""

import itertools
from typing import Any

import pytest

from generator.limits import INVOCATION_BYTES, READ_BYTES, STREAM_RETENTION
from generator.mapping import responses
from generator.mapping.settings import Settings
from generator.mapping.shard_processor import Failure, Invoke, Reply, State, Window
from generator.simulate.engine import SimulatedClock
from generator.simulate.module_settings import module_settings
from tests.mapping.simulating import Function, Record, raises_at, succeeds, watch


def settings(**given: Any) -> Settings:  # noqa: ANN401 - as Settings takes them
    """Return settings that neither split batches nor use reports, unless they are set."""
    plain = {"bisect_batch_on_function_error": False, "report_batch_item_failures": False, "maximum_retry_attempts": 2}
    return module_settings(**{**plain, **given})


def records(count: int, **given: Any) -> list[Record]:  # noqa: ANN401 - as Record takes them
    return [Record(number, **given) for number in range(1, count + 1)]


def answers(of: Settings, answer: Any) -> Function:  # noqa: ANN401 - whatever a function returns
    """Return a function that always gives this answer."""
    return lambda invoke, _clock: responses.read(answer, invoke, of)


class TestBisect:
    BISECT = settings(bisect_batch_on_function_error=True)

    def test_left_half_comes_first_and_depth_first(self) -> None:
        watched = watch(self.BISECT, records(5), raises_at(4))
        assert watched.invocations == [[1, 2, 3, 4, 5], [1, 2], [3, 4, 5], [3], [4, 5], [4], [4], [4], [5]]

    def test_only_the_single_record_is_retried(self) -> None:
        sizes = [len(batch) for batch in watch(self.BISECT, records(8), raises_at(8)).invocations]
        assert sizes == [8, 4, 4, 2, 2, 1, 1, 1, 1]

    def test_splitting_takes_no_time(self) -> None:
        watched = watch(self.BISECT, records(8), raises_at(8))
        assert watched.times[:7] == [0.0] * 7

    def test_every_part_is_a_request_of_its_own_and_retries_share_one(self) -> None:
        assert watch(self.BISECT, records(2), raises_at(2)).requests == [1, 2, 3, 3, 3]

    def test_without_retries_the_single_record_still_gets_one_attempt(self) -> None:
        none = settings(bisect_batch_on_function_error=True, maximum_retry_attempts=0)
        assert watch(none, records(2), raises_at(2)).discarded_batches == [("RetryAttemptsExhausted", 1, [2])]


class TestWholeBatches:
    def test_whole_batch_is_retried_and_discarded(self) -> None:
        watched = watch(settings(), records(3), raises_at(2))
        assert watched.invocations == [[1, 2, 3]] * 3
        assert watched.discarded_batches == [("RetryAttemptsExhausted", 3, [1, 2, 3])]

    def test_what_comes_behind_goes_on(self) -> None:
        watched = watch(settings(batch_size=2), records(4), raises_at(1))
        assert watched.invocations[-1] == [3, 4]


class TestPartialResponses:
    PARTIAL = settings(report_batch_item_failures=True)
    BOTH = settings(report_batch_item_failures=True, bisect_batch_on_function_error=True)

    def test_retries_begin_anew_when_the_checkpoint_moves(self) -> None:
        def function(invoke: Invoke, _clock: SimulatedClock) -> Reply:
            # One record less is left each time, until the last one
            return Failure(None, checkpoint_index=min(1, len(invoke.records) - 1))

        watched = watch(self.PARTIAL, records(3), function)
        assert watched.invocations == [[1, 2, 3], [2, 3], [3], [3], [3]]
        assert watched.discarded_batches == [("RetryAttemptsExhausted", 3, [3])]

    def test_records_after_the_failing_one_are_discarded_too_without_bisect(self) -> None:
        answer = {"batchItemFailures": [{"itemIdentifier": "2"}]}
        assert watch(self.PARTIAL, records(3), answers(self.PARTIAL, answer)).discarded_batches[0][2] == [2, 3]

    def test_bisect_continues_with_the_records_after_a_checkpoint(self) -> None:
        def function(invoke: Invoke, _clock: SimulatedClock) -> Reply:
            reported = [{"itemIdentifier": str(each.sequence)} for each in invoke.records if each.sequence == 3]
            return responses.read({"batchItemFailures": reported}, invoke, self.BOTH)

        watched = watch(self.BOTH, records(5), function)
        assert watched.invocations == [[1, 2, 3, 4, 5], [3, 4, 5], [3], [3], [3], [4, 5]]

    def test_bisect_splits_a_batch_of_which_the_first_record_failed(self) -> None:
        answer = {"batchItemFailures": [{"itemIdentifier": "1"}]}

        def function(invoke: Invoke, _clock: SimulatedClock) -> Reply:
            bad = invoke.records[0].sequence == 1
            return responses.read(answer if bad else None, invoke, self.BOTH)

        watched = watch(self.BOTH, records(5), function)
        assert watched.invocations == [[1, 2, 3, 4, 5], [1, 2], [1], [1], [1], [2], [3, 4, 5]]

    def test_first_attempt_at_the_rest_is_counted_as_the_first(self) -> None:
        answer = {"batchItemFailures": [{"itemIdentifier": "2"}]}
        watched = watch(self.PARTIAL, records(2), answers(self.PARTIAL, answer))
        assert [invoke.attempt for _, invoke, _, _ in watched.invokes] == [1, 1, 2, 3]

    def test_rest_behind_a_moved_checkpoint_is_a_new_request(self) -> None:
        answer = {"batchItemFailures": [{"itemIdentifier": "2"}]}
        assert watch(self.PARTIAL, records(2), answers(self.PARTIAL, answer)).requests == [1, 2, 2, 2]

    def test_reports_are_ignored_where_they_are_off(self) -> None:
        answer = {"batchItemFailures": [{"itemIdentifier": "1"}]}
        assert watch(settings(), records(2), answers(settings(), answer)).invocations == [[1, 2]]


class TestPauses:
    @pytest.mark.parametrize(("retries", "seconds"), [(3, 1.4), (5, 6.2), (10, 204.6)])
    def test_they_double_from_a_fifth_of_a_second(self, retries: int, seconds: float) -> None:
        times = watch(settings(maximum_retry_attempts=retries), records(1), raises_at(1)).times
        assert times[-1] == pytest.approx(seconds)

    def test_doubling_can_be_ended(self) -> None:
        capped = settings(maximum_retry_attempts=8, longest_pause=1.0)
        times = watch(capped, records(1), raises_at(1)).times
        assert [round(later - earlier, 1) for earlier, later in itertools.pairwise(times)][-3:] == [1, 1, 1]

    def test_longest_is_the_first_too_where_that_would_be_longer(self) -> None:
        short = settings(first_pause=5.0, longest_pause=1.0)
        assert watch(short, records(1), raises_at(1)).times == [0, 1, 2]

    def test_every_part_of_a_batch_begins_with_the_first_pause(self) -> None:
        bisect = settings(bisect_batch_on_function_error=True, maximum_retry_attempts=1)
        assert watch(bisect, records(2), raises_at(1, 2)).times == pytest.approx([0, 0, 0.2, 0.2, 0.4])

    def test_throttles_spend_no_retries_and_split_nothing(self) -> None:
        bisect = settings(bisect_batch_on_function_error=True, maximum_retry_attempts=0)

        def function(_invoke: Invoke, clock: SimulatedClock) -> Reply:
            return responses.THROTTLED if clock.now < 60 else None

        watched = watch(bisect, records(4), function)
        assert set(map(tuple, watched.invocations)) == {(1, 2, 3, 4)}
        assert watched.discarded_batches == []


class TestAge:
    def test_only_expired_records_are_discarded(self) -> None:
        old = settings(maximum_record_age_in_seconds=60)
        watched = watch(old, [Record(1, 0.0), Record(2, 50.0)], start=70)
        assert watched.discarded_batches == [("RecordAgeExceeded", 1, [1])]
        assert watched.invocations == [[2]]

    def test_only_expired_records_are_discarded_while_a_batch_is_retried(self) -> None:
        old = settings(maximum_record_age_in_seconds=60, maximum_retry_attempts=-1)
        watched = watch(old, [Record(1, 0.0), Record(2, 30.0)], raises_at(1), start=30)
        assert [(condition, numbers) for condition, _, numbers in watched.discarded_batches] == [
            ("RecordAgeExceeded", [1])
        ]
        assert watched.invocations[-1] == [2]

    def test_record_is_too_old_from_the_second_on_in_which_it_has_that_age(self) -> None:
        old = settings(maximum_record_age_in_seconds=60)
        assert watch(old, records(1), start=59.9).invocations == [[1]]
        assert watch(old, records(1), start=60).invocations == []

    def test_record_that_is_always_throttled_is_discarded_by_age_as_invoked_once(self) -> None:
        old = settings(maximum_record_age_in_seconds=60)
        watched = watch(old, records(1), lambda _invoke, _clock: responses.THROTTLED)
        assert watched.discarded_batches == [("RecordAgeExceeded", 1, [1])]

    def test_expired_record_has_no_failure(self) -> None:
        old = settings(maximum_record_age_in_seconds=60, maximum_retry_attempts=-1)
        assert watch(old, records(1), raises_at(1)).discards[0][1].failure is None

    def test_records_that_expired_together_are_discarded_together(self) -> None:
        old = settings(maximum_record_age_in_seconds=60)
        assert watch(old, records(3), start=70).discarded_batches == [("RecordAgeExceeded", 1, [1, 2, 3])]

    def test_pause_ends_when_the_record_expires(self) -> None:
        old = settings(maximum_record_age_in_seconds=100, maximum_retry_attempts=-1)
        _, _, at = watch(old, records(1), raises_at(1)).discards[0]
        assert at == 100

    def test_invocations_are_counted(self) -> None:
        old = settings(maximum_record_age_in_seconds=60, maximum_retry_attempts=-1)
        watched = watch(old, records(1), raises_at(1))
        assert watched.discarded_batches == [("RecordAgeExceeded", len(watched.invocations), [1])]

    def test_records_expire_after_24_hours_without_an_age_limit(self) -> None:
        endless = settings(maximum_record_age_in_seconds=-1, maximum_retry_attempts=-1)
        watched = watch(endless, records(1), raises_at(1))
        assert (watched.discarded_batches[0][0], watched.discards[0][2]) == ("TrimmedFromStream", STREAM_RETENTION)

    def test_age_beyond_the_streams_has_no_effect(self) -> None:
        beyond = settings(maximum_record_age_in_seconds=604_800, maximum_retry_attempts=-1)
        assert watch(beyond, records(1), raises_at(1)).discards[0][2] == STREAM_RETENTION


class TestBatches:
    def test_they_have_at_most_the_batch_size(self) -> None:
        assert watch(settings(batch_size=2), records(5)).invocations == [[1, 2], [3, 4], [5]]

    def test_without_a_window_they_have_at_most_what_one_read_returns(self) -> None:
        sizes = [len(batch) for batch in watch(settings(batch_size=10_000), records(2500)).invocations]
        assert sizes == [1000, 1000, 500]

    def test_with_a_window_they_are_filled_from_several_reads(self) -> None:
        waiting = settings(batch_size=2000, maximum_batching_window_in_seconds=5)
        assert [len(batch) for batch in watch(waiting, records(2500)).invocations] == [2000, 500]

    def test_with_a_window_a_full_batch_does_not_wait(self) -> None:
        waiting = settings(batch_size=2, maximum_batching_window_in_seconds=300)
        assert watch(waiting, [Record(1, 0.0), Record(2, 7.0), Record(3, 9.0)]).times[0] == 7

    def test_without_a_window_they_take_what_is_there_four_times_a_second(self) -> None:
        watched = watch(settings(), [Record(1, 0.0), Record(2, 0.1), Record(3, 0.2), Record(4, 0.3)])
        assert watched.invocations == [[1], [2, 3], [4]]
        assert watched.times == [0, 0.25, 0.5]

    def test_window_does_not_end_with_a_record_that_the_filter_drops(self) -> None:
        waiting = settings(maximum_batching_window_in_seconds=5, filter_patterns=('{"kept": [true]}',))
        kept = [(0.0, True), (1.0, False), (2.0, True)]
        arriving = [Record(number, at, event={"kept": passed}) for number, (at, passed) in enumerate(kept, 1)]
        assert watch(waiting, arriving).invocations == [[1, 3]]

    def test_window_begins_with_the_first_record(self) -> None:
        waiting = settings(batch_size=10, maximum_batching_window_in_seconds=5)
        watched = watch(waiting, [Record(1, 100.0), Record(2, 104.0), Record(3, 107.0)])
        assert watched.invocations == [[1, 2], [3]]
        assert watched.times[0] == pytest.approx(105, abs=0.3)

    def test_without_a_window_one_read_of_1_mb_is_the_limit(self) -> None:
        assert [len(batch) for batch in watch(settings(), records(5, size=READ_BYTES // 2)).invocations] == [2, 2, 1]

    def test_with_a_window_6_mb_are_the_limit(self) -> None:
        waiting = settings(maximum_batching_window_in_seconds=5)
        large = INVOCATION_BYTES // 8
        assert [len(batch) for batch in watch(waiting, records(10, size=large)).invocations] == [8, 2]

    def test_with_a_window_6_mb_are_the_limit_of_all_reads_together(self) -> None:
        waiting = settings(maximum_batching_window_in_seconds=60)
        arriving = [Record(number, float(number), size=READ_BYTES) for number in range(1, 9)]
        assert watch(waiting, arriving).invocations == [[1, 2, 3, 4, 5, 6], [7, 8]]


class TestWindows:
    TUMBLING = settings(tumbling_window_in_seconds=10, batch_size=2)

    def test_state_is_passed_on_and_is_empty_in_the_next_window(self) -> None:
        def function(invoke: Invoke, _clock: SimulatedClock) -> Reply:
            assert invoke.window
            return State({"seen": invoke.window.state.get("seen", 0) + len(invoke.records)})

        arrivals = [1.0, 1.0, 2.0, 11.0]
        watched = watch(self.TUMBLING, [Record(number, at) for number, at in enumerate(arrivals, 1)], function)
        states = [invoke.window.state for _, invoke, _, _ in watched.invokes if invoke.window]
        assert states == [{}, {"seen": 2}, {"seen": 3}, {}, {"seen": 1}]

    def test_record_at_the_end_belongs_to_the_next(self) -> None:
        watched = watch(settings(tumbling_window_in_seconds=10), [Record(1, 9.9), Record(2, 10.0)])
        bounds = [(invoke.window.start, invoke.window.end) for _, invoke, _, _ in watched.invokes if invoke.window]
        assert bounds == [(0, 10), (0, 10), (10, 20), (10, 20)]

    def test_final_invocation_comes_when_the_window_is_over(self) -> None:
        assert watch(self.TUMBLING, records(1, arrival=1.0)).times == [1, 10]

    def test_windows_without_records_are_left_out(self) -> None:
        watched = watch(self.TUMBLING, [Record(1, 1.0), Record(2, 95.0)])
        assert watched.times == [1, 10, 95, 100]

    def test_batching_window_begins_with_the_first_record(self) -> None:
        waiting = settings(tumbling_window_in_seconds=20, maximum_batching_window_in_seconds=4)
        watched = watch(waiting, [Record(1, 0.0), Record(2, 7.0), Record(3, 10.0)])
        assert watched.invocations == [[1], [2, 3], []]
        assert watched.times == [4, 11, 20]

    def test_batching_window_ends_with_the_window(self) -> None:
        waiting = settings(tumbling_window_in_seconds=10, maximum_batching_window_in_seconds=300)
        watched = watch(waiting, [Record(1, 8.0), Record(2, 10.0)])
        assert watched.invocations == [[1], [], [2], []]
        assert watched.times == [10, 10, 20, 20]

    def test_they_follow_the_records_times_and_not_when_they_are_read(self) -> None:
        late = settings(tumbling_window_in_seconds=10)
        watched = watch(late, [Record(1, 1.0), Record(2, 2.0), Record(3, 11.0)], start=50)
        assert watched.invocations == [[1, 2], [], [3], []]

    def test_state_of_a_failed_attempt_is_that_of_the_one_before(self) -> None:
        def function(invoke: Invoke, _clock: SimulatedClock) -> Reply:
            return Failure("Unhandled") if invoke.records[-1].sequence == 3 else State({"sum": 1})

        watched = watch(self.TUMBLING, records(3, arrival=1.0), function, end=5)
        assert [invoke.window.state for _, invoke, _, _ in watched.invokes if invoke.window] == [{}, *[{"sum": 1}] * 3]

    def test_answer_without_state_is_a_failure(self) -> None:
        watched = watch(self.TUMBLING, records(1, arrival=1.0), answers(self.TUMBLING, {}), end=5)
        assert watched.invocations == [[1]] * 3

    def test_state_above_1_mb_ends_the_window_early(self) -> None:
        def function(_invoke: Invoke, _clock: SimulatedClock) -> Reply:
            return State({"large": "x" * 1024 * 1024})

        windows = [invoke.window for _, invoke, _, _ in watch(self.TUMBLING, records(1, arrival=1.0), function).invokes]
        assert [(window.final, window.early) for window in windows if window] == [
            (False, False),
            (True, True),
            (True, False),
        ]

    def test_what_follows_an_early_end_begins_without_state(self) -> None:
        def function(invoke: Invoke, _clock: SimulatedClock) -> Reply:
            first = any(record.sequence == 1 for record in invoke.records)
            return State({"large": "x" * 1024 * 1024} if first else {})

        watched = watch(settings(tumbling_window_in_seconds=10, batch_size=1), records(2, arrival=1.0), function, end=5)
        assert watched.invocations == [[1], [], [2]]
        assert watched.invokes[-1][1].window == Window(0, 10, {})

    def test_failed_final_invocation_is_discarded_without_records(self) -> None:
        def function(invoke: Invoke, clock: SimulatedClock) -> Reply:
            return succeeds(invoke, clock) if invoke.records else Failure("Unhandled")

        watched = watch(self.TUMBLING, records(1, arrival=1.0), function)
        assert watched.discarded_batches == [("RetryAttemptsExhausted", 3, [])]

    def test_pauses_of_final_invocations_are_those_of_others(self) -> None:
        def function(invoke: Invoke, clock: SimulatedClock) -> Reply:
            return succeeds(invoke, clock) if invoke.records else Failure("Unhandled")

        capped = settings(tumbling_window_in_seconds=10, maximum_retry_attempts=4, longest_pause=0.5)
        times = watch(capped, records(1, arrival=1.0), function).times
        assert times[1:] == pytest.approx([10, 10.2, 10.6, 11.1, 11.6])

    def test_next_window_goes_on_when_one_was_discarded(self) -> None:
        def function(invoke: Invoke, clock: SimulatedClock) -> Reply:
            return succeeds(invoke, clock) if invoke.records else Failure("Unhandled")

        watched = watch(self.TUMBLING, [Record(1, 1.0), Record(2, 11.0)], function)
        assert watched.invocations == [[1], [], [], [], [2], [], [], []]

    def test_final_invocation_that_is_always_throttled_is_discarded_by_age(self) -> None:
        def function(invoke: Invoke, clock: SimulatedClock) -> Reply:
            return succeeds(invoke, clock) if invoke.records else responses.THROTTLED

        aged = settings(tumbling_window_in_seconds=10, maximum_record_age_in_seconds=60)
        watched = watch(aged, records(1, arrival=1.0), function)
        assert watched.discarded_batches == [("RecordAgeExceeded", 1, [])]
        assert watched.discards[0][2] == 70
