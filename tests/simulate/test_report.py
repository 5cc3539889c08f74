"""Does a drill's report say what happened, as a table and as JSON?"""

import json
import re

import pytest
from rich.console import Console

from generator.mapping.settings import Settings
from generator.simulate import report, retries, simulation_run
from generator.simulate.simulation_run import How, Report, Scenario
from tests.support.planning import TOP


def found(scenario: Scenario | None = None, **settings: object) -> Report:
    poison = Scenario(records=10, failing=frozenset([5]), how=How.REPORT)
    return simulation_run.run(Settings(**settings), scenario or poison)  # type: ignore[arg-type]


def text(of: Report) -> str:
    console = Console(width=140, highlight=False)
    with console.capture() as capture:
        console.print(report.as_text(of))
    return capture.get()


class TestText:
    def test_tells_what_became_of_the_records(self) -> None:
        assert re.search(r"processed +│ 9 ", text(found(maximum_retry_attempts=2)))
        assert re.search(
            r"parked: given up, with a document at the destination +│ 1 ", text(found(maximum_retry_attempts=2))
        )

    def test_attempts_at_the_same_records_are_one_line(self) -> None:
        assert "reported a failure 3 times" in text(found(maximum_retry_attempts=2))

    def test_what_did_not_happen_is_left_out(self) -> None:
        assert "lost" not in text(found(maximum_retry_attempts=2))

    def test_records_that_nobody_is_told_of_are_said_to_be_lost(self) -> None:
        alone = found(maximum_retry_attempts=2, destination=False)
        assert re.search(r"lost: given up, and nobody is told +│ 1 ", text(alone))

    def test_documents_that_the_destination_refuses_are_said_to_be_lost(self) -> None:
        refused = found(Scenario(records=3, failing=frozenset([2]), refuses=True), maximum_retry_attempts=0)
        assert re.search(r"lost: given up, and the destination refused the document +│ 1 ", text(refused))

    def test_an_age_of_less_than_a_second_is_shown(self) -> None:
        assert re.search(r"highest iterator age +│ 0\.1 s ", text(found(Scenario(records=1))))

    def test_records_before_a_mapping_that_starts_at_the_end_are_said_to_be_unread(self) -> None:
        late = found(Scenario(records=5, rate=1, starts=3), starting_position="LATEST")
        assert re.search(r"never read: written before the mapping began, which starts at LATEST +│ 3 ", text(late))

    def test_records_of_a_disabled_mapping_are_said_to_be_unread(self) -> None:
        assert re.search(r"never read: the mapping is disabled +│ 10 ", text(found(enabled=False)))

    def test_lanes_side_by_side_have_a_row_each(self) -> None:
        rows = report.rows(found(Scenario(records=1000, rate=100, shards=2)))
        assert sorted(row.lane for row in rows) == ["shard 1", "shard 2"]

    def test_long_drills_are_cut(self) -> None:
        every_third = frozenset(range(1, 301, 3))
        long = found(Scenario(records=300, failing=every_third), maximum_retry_attempts=0)
        assert "more rows; --json has everything" in text(long)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ([], ""),
        ([3], "3"),
        ([1, 2, 3, 7], "1-3, 7"),
        ([7, 1, 2], "1-2, 7"),
        (range(1, 40, 2), "20 of 1-39"),
    ],
)
def test_numbers_are_told_in_short(numbers: list[int], said: str) -> None:
    assert report.ranges(numbers) == said


class TestJson:
    def test_what_has_no_end_is_null(self) -> None:
        told = json.loads(json.dumps(report.as_json(found()), allow_nan=False))
        assert told["settings"]["longest_pause"] is None
        assert (told["scenario"]["rate"], told["scenario"]["lasts"]) == (None, None)

    def test_records_are_lists_of_numbers_wherever_they_lie(self) -> None:
        told = report.as_json(found(Scenario(records=20, shards=2, failing=frozenset([3])), maximum_retry_attempts=1))
        assert sorted({number for records in told["invocations"] for number in records}) == list(range(1, 21))
        assert [each["records"] for each in told["on_failure"]] == [[3]]

    @pytest.mark.parametrize(
        ("scenario", "settings"),
        [
            (Scenario(records=9, failing=frozenset([2, 7])), {"maximum_retry_attempts": 1}),
            (Scenario(records=9, failing=frozenset([2, 7]), refuses=True), {"maximum_retry_attempts": 1}),
            (Scenario(records=9, failing=frozenset([4])), {}),
            (Scenario(records=9, rate=1, starts=4), {"starting_position": "LATEST"}),
            (Scenario(records=9), {"filter_patterns": ['{"dynamodb": {"Keys": {"id": {"S": ["5"]}}}}']}),
            (Scenario(records=9, how=How.REPORT, failing=frozenset([6])), {"tumbling_window_in_seconds": 5}),
        ],
        ids=["parked", "refused", "expired", "unread", "filtered", "window"],
    )
    def test_every_record_is_counted_once(self, scenario: Scenario, settings: dict[str, object]) -> None:
        told = report.as_json(found(scenario, **settings))
        ends = [told[end] for end in ("processed", "parked", "lost", "filtered", "unread")]
        assert sum(ends) == told["records"] == 9
        assert min(ends) == 0

    def test_records_of_a_file_are_counted(self) -> None:
        events = [{"id": {"S": "a"}}, {"id": {"S": "b"}}]
        assert report.as_json(found(Scenario(events=events)))["scenario"]["records"] == 2


@pytest.mark.parametrize("document", ["README.md", "docs/operations.md"])
def test_documentation_has_the_table_of_retries(document: str) -> None:
    inside = re.search(r"<!-- retries -->\n(.*?)\n<!-- /retries -->", (TOP / document).read_text(), re.DOTALL)
    assert inside
    command = "python -c 'from generator.simulate import retries; print(retries.table())'"
    assert inside[1] == retries.table(), f"put what this prints between the marks: {command}"
