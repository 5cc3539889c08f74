"""Does the report of a simulation have what happened, as text and as JSON?"""

import json
import re

import pytest
from rich.console import Console

from generator.simulate import report, retries, simulation_run
from generator.simulate.module_settings import module_settings
from generator.simulate.simulation_run import FailureMode, Report, Scenario
from tests.support.planning import TOP


def found(scenario: Scenario | None = None, **settings: object) -> Report:
    failing = Scenario(records=10, failing=frozenset([5]), failure_mode=FailureMode.REPORT)
    return simulation_run.run(module_settings(**settings), scenario or failing)


def text(report_of: Report) -> str:
    console = Console(width=140, highlight=False)
    with console.capture() as capture:
        console.print(report.as_text(report_of))
    return capture.get()


class TestText:
    @pytest.mark.parametrize(
        ("report_of", "row"),
        [
            (found(maximum_retry_attempts=2), r"processed +│ 9 "),
            (found(maximum_retry_attempts=2), r"discarded, with an invocation record at the destination +│ 1 "),
            (found(maximum_retry_attempts=2, destination=False), r"discarded without an invocation record +│ 1 "),
            (
                found(Scenario(records=3, failing=frozenset([2]), destination_fails=True), maximum_retry_attempts=0),
                r"discarded, delivery to the destination failed +│ 1 ",
            ),
            (found(Scenario(records=1)), r"highest iterator age +│ 0\.1 s "),
            (found(maximum_retry_attempts=2), r"invocations +│ 8, of which 2 retries "),
            (
                found(Scenario(records=5, rate=1, mapping_start=3), starting_position="LATEST"),
                r"not read: written before the mapping started, which reads from LATEST +│ 3 ",
            ),
            (found(enabled=False), r"not read: the mapping is disabled +│ 10 "),
        ],
    )
    def test_summary_has_the_row(self, report_of: Report, row: str) -> None:
        assert re.search(row, text(report_of))

    def test_counts_of_zero_are_left_out(self) -> None:
        assert "delivery to the destination failed" not in text(found(maximum_retry_attempts=2))

    def test_attempts_at_the_same_records_are_one_row(self) -> None:
        assert "reported a failure 3 times" in text(found(maximum_retry_attempts=2))

    def test_concurrent_shards_have_separate_rows(self) -> None:
        rows = report.rows(found(Scenario(records=1000, rate=100, shards=2)))
        assert sorted(row.shard for row in rows) == ["shard 1", "shard 2"]

    def test_long_timelines_are_shortened(self) -> None:
        every_third = frozenset(range(1, 301, 3))
        long = found(Scenario(records=300, failing=every_third), maximum_retry_attempts=0)
        assert "more rows; --json prints all of them" in text(long)


class TestAssumptions:
    def test_pauses_after_attempt_8_are_an_assumption(self) -> None:
        assert report.assumptions(found(maximum_retry_attempts=7)) == []
        (sentence,) = report.assumptions(found(maximum_retry_attempts=8))
        assert "pauses between retries keep doubling" in sentence
        assert " ".join(sentence.split()) in " ".join(text(found(maximum_retry_attempts=8)).split())

    def test_effect_of_a_limit_of_a_minute_is_shown_with_it(self) -> None:
        _, sentence = report.assumptions(found(maximum_retry_attempts=12))
        assert sentence.startswith("If Lambda limited the pauses to 60 seconds: blocked for ")
        assert len(report.assumptions(found(maximum_retry_attempts=12, longest_pause=600.0))) == 1

    def test_limit_that_needs_too_many_invocations_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        unlimited = found(maximum_retry_attempts=12)
        monkeypatch.setattr(simulation_run, "MAX_INVOCATIONS", 1)
        assert "more invocations than a simulation can make" in report.assumptions(unlimited)[1]

    @pytest.mark.parametrize("age", [-1, 86_401])
    def test_missing_invocation_record_of_an_expired_record_is_an_assumption(self, age: int) -> None:
        expired = found(maximum_record_age_in_seconds=age)
        assert any("sends no invocation record" in sentence for sentence in report.assumptions(expired))
        assert report.as_json(expired)["assumptions"] == report.assumptions(expired)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([], ""),
        ([3], "3"),
        ([1, 2, 3, 7], "1-3, 7"),
        ([7, 1, 2], "1-2, 7"),
        (range(1, 40, 2), "20 of 1-39"),
    ],
)
def test_record_numbers_are_shortened(numbers: list[int], expected: str) -> None:
    assert report.ranges(numbers) == expected


class TestJson:
    def test_unlimited_values_are_null(self) -> None:
        document = json.loads(json.dumps(report.as_json(found()), allow_nan=False))
        assert document["settings"]["longest_pause"] is None
        assert (document["scenario"]["rate"], document["scenario"]["lasts"]) == (None, None)

    def test_records_are_lists_of_numbers(self) -> None:
        document = report.as_json(
            found(Scenario(records=20, shards=2, failing=frozenset([3])), maximum_retry_attempts=1)
        )
        assert sorted({number for records in document["invocations"] for number in records}) == list(range(1, 21))
        assert [each["records"] for each in document["on_failure"]] == [[3]]

    @pytest.mark.parametrize(
        ("scenario", "settings"),
        [
            (Scenario(records=9, failing=frozenset([2, 7])), {"maximum_retry_attempts": 1}),
            (Scenario(records=9, failing=frozenset([2, 7]), destination_fails=True), {"maximum_retry_attempts": 1}),
            (Scenario(records=9, failing=frozenset([4])), {}),
            (Scenario(records=9, rate=1, mapping_start=4), {"starting_position": "LATEST"}),
            (Scenario(records=9), {"filter_patterns": ['{"dynamodb": {"Keys": {"id": {"S": ["5"]}}}}']}),
            (
                Scenario(records=9, failure_mode=FailureMode.REPORT, failing=frozenset([6])),
                {"tumbling_window_in_seconds": 5},
            ),
        ],
        ids=["delivered", "failed", "expired", "unread", "filtered", "window"],
    )
    def test_every_record_is_counted_once(self, scenario: Scenario, settings: dict[str, object]) -> None:
        document = report.as_json(found(scenario, **settings))
        ends = [document[end] for end in ("processed", "parked", "lost", "filtered", "unread")]
        assert sum(ends) == document["records"] == 9
        assert min(ends) == 0

    def test_records_of_a_file_are_counted(self) -> None:
        events = [{"id": {"S": "a"}}, {"id": {"S": "b"}}]
        assert report.as_json(found(Scenario(events=events)))["scenario"]["records"] == 2


def test_documentation_has_the_table_of_retries() -> None:
    inside = re.search(
        r"<!-- retries -->\n(.*?)\n<!-- /retries -->", (TOP / "docs/how-to/failures.md").read_text(), re.DOTALL
    )
    assert inside
    command = "python -c 'from generator.simulate import retries; print(retries.table())'"
    assert inside[1] == retries.table(), f"put the output of this command between the marks: {command}"
