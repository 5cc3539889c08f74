"""Does the function's answer mean what AWS says it means?

What an answer means is in the documentation of Lambda ("Configuring partial batch response with DynamoDB and Lambda",
"Implementing stateful DynamoDB stream processing"), or was seen on AWS.
"""

from typing import Any

import pytest

from generator.mapping import responses
from generator.mapping.shard_processor import Failure, Invoke, State, Window
from generator.simulate.module_settings import module_settings
from tests.mapping.simulating import Record

REPORTING = module_settings()
SILENT = module_settings(report_batch_item_failures=False)
THREE = Invoke([Record(8), Record(9), Record(10)], 1, 1)
TUMBLING = THREE._replace(window=Window(0, 10, {"sum": 1}))
FINAL = Invoke((), 1, 1, Window(0, 10, {"sum": 1}, final=True))


def reports(*identifiers: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a function reports
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}


class TestReports:
    def test_first_reported_record_is_where_the_next_batch_begins(self) -> None:
        assert responses.read(reports("9"), THREE, REPORTING) == Failure(None, checkpoint_index=1)

    def test_lowest_number_counts_and_not_the_first_in_the_report_nor_in_the_alphabet(self) -> None:
        assert responses.read(reports("10", "9"), THREE, REPORTING) == Failure(None, checkpoint_index=1)

    def test_numbers_of_24_digits_are_distinguished(self) -> None:
        numbers = [99_999_999_999_999_999_999_999, 100_000_000_000_000_000_000_000, 100_000_000_000_000_000_000_001]
        invoke = Invoke([Record(number) for number in numbers], 1, 1)
        assert responses.read(reports(str(numbers[2]), str(numbers[1])), invoke, REPORTING) == Failure(
            None, checkpoint_index=1
        )

    def test_record_reported_twice_counts_once(self) -> None:
        assert responses.read(reports("10", "10"), THREE, REPORTING) == Failure(None, checkpoint_index=2)

    @pytest.mark.parametrize(
        "answer",
        [None, {}, [], "text", 5, {"batchItemFailures": []}, {"batchItemFailures": None}, {"other": [1]}],
        ids=str,
    )
    def test_success(self, answer: Any) -> None:  # noqa: ANN401 - whatever a function returns
        assert responses.read(answer, THREE, REPORTING) is None

    @pytest.mark.parametrize(
        "item",
        [
            {},
            {"itemIdentifier": ""},
            {"itemIdentifier": None},
            {"itemIdentifier": "99"},
            {"ItemIdentifier": "9"},
            "9",
            None,
        ],
        ids=str,
    )
    def test_item_that_makes_no_sense_fails_the_whole_batch(self, item: Any) -> None:  # noqa: ANN401 - as above
        answer = {"batchItemFailures": [{"itemIdentifier": "9"}, item]}
        assert responses.read(answer, THREE, REPORTING) == Failure(None, checkpoint_index=0)

    @pytest.mark.parametrize("failures", ["9", {"itemIdentifier": "9"}, 9, True], ids=str)
    def test_failures_that_are_no_list_fail_the_whole_batch(self, failures: Any) -> None:  # noqa: ANN401 - as above
        assert responses.read({"batchItemFailures": failures}, THREE, REPORTING) == Failure(None, checkpoint_index=0)

    def test_they_are_ignored_where_they_are_off(self) -> None:
        assert responses.read(reports("8"), THREE, SILENT) is None

    def test_function_did_not_raise(self) -> None:
        reply = responses.read(reports("8"), THREE, REPORTING)
        assert isinstance(reply, Failure)
        assert (reply.error, reply.throttled) == (None, False)


class TestStates:
    @pytest.mark.parametrize("state", [{"sum": 2}, {}, [1], [], 0, "", False, "text"], ids=repr)
    def test_state_is_passed_on_as_it_is(self, state: Any) -> None:  # noqa: ANN401 - whatever a function returns
        assert responses.read({"state": state}, TUMBLING, REPORTING) == State(state)

    def test_null_is_an_empty_state(self) -> None:
        assert responses.read({"state": None}, TUMBLING, REPORTING) == State({})

    @pytest.mark.parametrize("answer", [None, {}, [], "text", {"batchItemFailures": []}], ids=str)
    def test_answer_without_state_is_a_failure_of_the_whole_batch(self, answer: Any) -> None:  # noqa: ANN401 - as above
        assert responses.read(answer, TUMBLING, REPORTING) == Failure(None, checkpoint_index=0)

    def test_reported_failures_count_before_the_state(self) -> None:
        assert responses.read({"state": {}, **reports("9")}, TUMBLING, REPORTING) == Failure(None, checkpoint_index=1)

    def test_final_invocation_needs_no_state(self) -> None:
        assert responses.read(None, FINAL, REPORTING) == State({})

    def test_final_invocation_has_no_records_to_report(self) -> None:
        assert responses.read({"state": {"sum": 1}, **reports("9")}, FINAL, REPORTING) == State({"sum": 1})

    def test_state_means_nothing_outside_a_window(self) -> None:
        assert responses.read({"state": {"sum": 1}}, THREE, REPORTING) is None
