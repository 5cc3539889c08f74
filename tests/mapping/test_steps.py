"""Are the single steps of a shard processor right: waits, requests, and what is unfinished after each of them?"""

from typing import Any

import pytest

from generator.limits import POLL_SECONDS
from generator.mapping.settings import Settings
from generator.mapping.shard_processor import (
    Discard,
    DiscardReason,
    Failure,
    Invoke,
    Reply,
    ShardProcessor,
    State,
    Wait,
    Window,
)
from generator.mapping.sources import RecordList
from generator.simulate.engine import SimulatedClock
from tests.mapping.simulating import Record

ERROR = Failure("Unhandled")
REPORTS = {"report_batch_item_failures": True}
BISECTS = {"bisect_batch_on_function_error": True, "maximum_retry_attempts": 0}


class Stepping:
    """A processor of some records, whose steps a test executes."""

    def __init__(self, records: list[Record], *, closed: bool = True, **settings: Any) -> None:  # noqa: ANN401
        self.clock = SimulatedClock(0.0)
        self.processor = ShardProcessor(Settings(**settings), RecordList(records, closed=closed), self.clock)
        self._steps = self.processor.run()

    def step(self, reply: Reply = None) -> Any:  # noqa: ANN401 - any action
        action = self._steps.send(reply)
        if isinstance(action, Wait):
            self.clock.now = max(self.clock.now, action.until)
        return action

    def steps(self, *replies: Reply) -> list[Any]:
        return [self.step(reply) for reply in replies]

    @property
    def unfinished(self) -> list[int]:
        return [record.sequence for record in self.processor.unfinished]


def numbered(*arrivals: float) -> list[Record]:
    return [Record(number, arrival) for number, arrival in enumerate(arrivals, 1)]


class TestWaits:
    def test_wait_for_the_next_record_is_idle_and_at_least_one_poll(self) -> None:
        stepping = Stepping(numbered(0.1, 9.0))
        assert stepping.step() == Wait(POLL_SECONDS, idle=True)
        assert isinstance(stepping.step(), Invoke)
        assert stepping.step() == Wait(9.0, idle=True)

    def test_wait_for_a_retry_is_not_idle(self) -> None:
        stepping = Stepping(numbered(0.0))
        stepping.step()
        assert stepping.step(ERROR) == Wait(0.2)

    def test_wait_for_a_batching_window_is_idle(self) -> None:
        stepping = Stepping(numbered(0.0, 2.0, 9.0), maximum_batching_window_in_seconds=5)
        assert stepping.steps(None, None) == [Wait(2.0, idle=True), Wait(5.0, idle=True)]

    def test_batching_window_of_one_second_is_one(self) -> None:
        stepping = Stepping(numbered(0.0, 5.0), maximum_batching_window_in_seconds=1)
        assert stepping.step() == Wait(1.0, idle=True)

    def test_waits_of_a_tumbling_window_are_idle(self) -> None:
        stepping = Stepping(numbered(1.0, 3.0, 20.0), tumbling_window_in_seconds=10)
        assert stepping.step() == Wait(1.0, idle=True)
        assert isinstance(stepping.step(), Invoke)
        assert stepping.step(State({})) == Wait(3.0, idle=True)
        assert isinstance(stepping.step(), Invoke)
        assert stepping.step(State({})) == Wait(10.0, idle=True)


class TestBatchingWindow:
    def test_batch_is_filled_up_to_its_size(self) -> None:
        stepping = Stepping(numbered(0.0, 2.0, 2.0, 2.0), maximum_batching_window_in_seconds=5, batch_size=3)
        stepping.step()
        assert stepping.step() == Invoke(numbered(0.0, 2.0, 2.0), 1, 1)

    def test_full_batch_is_sent_at_once(self) -> None:
        stepping = Stepping(numbered(0.0, 0.0, 0.0), maximum_batching_window_in_seconds=5, batch_size=2)
        assert stepping.step() == Invoke(numbered(0.0, 0.0), 1, 1)


class TestUnfinished:
    def test_nothing_is_unfinished_before_the_first_step(self) -> None:
        assert list(Stepping(numbered(0.0)).processor.unfinished) == []

    def test_filled_batch_is_unfinished_while_it_waits(self) -> None:
        stepping = Stepping(numbered(0.0, 2.0, 9.0), maximum_batching_window_in_seconds=5)
        stepping.steps(None, None)
        assert stepping.unfinished == [1, 2]

    @pytest.mark.parametrize(
        ("settings", "replies", "unfinished"),
        [
            ({}, [None], [1, 2, 3, 4, 5]),
            ({}, [None, ERROR, None], [1, 2, 3, 4, 5]),
            (REPORTS, [None, Failure(None, 1)], [2, 3, 4, 5]),
            (REPORTS, [None, Failure(None, 1), Failure(None, 1)], [3, 4, 5]),
            (REPORTS, [None, Failure(None, 2), ERROR, None], [3, 4, 5]),
            (BISECTS, [None, ERROR, None], [3, 4, 5]),
            (BISECTS, [None, ERROR, ERROR, None], [2, 3, 4, 5]),
            (BISECTS, [None, ERROR, ERROR, None, None], [3, 4, 5]),
            (BISECTS, [None, *[ERROR] * 3, None], [2, 3, 4, 5]),
            (BISECTS, [None, *[ERROR] * 3, None, ERROR, None], [3, 4, 5]),
        ],
    )
    def test_records_are_unfinished_until_they_are_processed_or_discarded(
        self, settings: dict[str, Any], replies: list[Reply], unfinished: list[int]
    ) -> None:
        stepping = Stepping(numbered(*[0.0] * 5), **settings)
        stepping.steps(*replies)
        assert stepping.unfinished == unfinished

    def test_expired_records_are_finished_after_their_discard(self) -> None:
        stepping = Stepping(
            numbered(0.0, 0.0, 0.0, 1.0, 2.0), maximum_record_age_in_seconds=60, bisect_batch_on_function_error=True
        )
        stepping.clock.now = 60.0
        assert stepping.step() == Discard(numbered(0.0, 0.0, 0.0), DiscardReason.AGE, 1, 1, None)
        assert stepping.unfinished == [1, 2, 3, 4, 5]
        assert stepping.step() == Invoke([Record(4, 1.0), Record(5, 2.0)], 2, 1)
        assert stepping.unfinished == [4, 5]
        stepping.clock.now = 61.0
        assert stepping.step(ERROR) == Discard([Record(4, 1.0)], DiscardReason.AGE, 1, 3, None)
        assert stepping.step() == Invoke([Record(5, 2.0)], 4, 1)
        assert stepping.unfinished == [5]


class TestRequests:
    def test_discard_has_the_request_of_its_attempts(self) -> None:
        stepping = Stepping(numbered(0.0, 0.0), batch_size=1, maximum_retry_attempts=1)
        assert stepping.step() == Invoke([Record(1)], 1, 1)
        stepping.step(ERROR)
        assert stepping.step() == Invoke([Record(1)], 1, 2)
        assert stepping.step(ERROR) == Discard([Record(1)], DiscardReason.RETRIES, 2, 1, ERROR)
        assert stepping.step() == Invoke([Record(2)], 2, 1)

    def test_final_invocation_of_a_window_has_its_own_request_attempts_and_discard(self) -> None:
        stepping = Stepping(numbered(1.0), tumbling_window_in_seconds=10, maximum_retry_attempts=1)
        first, final = Window(0.0, 10.0, {}), Window(0.0, 10.0, {"sum": 1}, final=True)
        assert stepping.steps(None, None) == [Wait(1.0, idle=True), Invoke([Record(1, 1.0)], 1, 1, first)]
        assert stepping.step(State({"sum": 1})) == Invoke((), 2, 1, final)
        assert stepping.step(ERROR) == Wait(1.2)
        assert stepping.step() == Invoke((), 2, 2, final)
        assert stepping.step(ERROR) == Discard((), DiscardReason.RETRIES, 2, 2, ERROR, final)

    def test_discard_in_a_window_has_the_window_with_the_state_that_was_sent(self) -> None:
        stepping = Stepping(numbered(1.0, 1.0), batch_size=1, tumbling_window_in_seconds=10, maximum_retry_attempts=0)
        sent = Window(0.0, 10.0, {"sum": 1})
        stepping.steps(None, None)
        assert stepping.step(State({"sum": 1})) == Invoke([Record(2, 1.0)], 2, 1, sent)
        assert stepping.step(ERROR) == Discard([Record(2, 1.0)], DiscardReason.RETRIES, 1, 2, ERROR, sent)

    def test_expired_records_and_windows_are_discarded_with_their_window(self) -> None:
        stepping = Stepping(
            numbered(1.0), tumbling_window_in_seconds=10, maximum_record_age_in_seconds=60, closed=False
        )
        window = Window(0.0, 10.0, {})
        stepping.clock.now = 70.0
        assert stepping.step() == Discard([Record(1, 1.0)], DiscardReason.AGE, 1, 1, None, window)
        assert stepping.step() == Invoke((), 2, 1, window._replace(final=True))
        assert stepping.step(ERROR) == Discard((), DiscardReason.AGE, 1, 2, None, window._replace(final=True))
