"""Does a drill's report say what happened: as a table, as JSON, and as a page that needs nothing else?"""

import json
import re
from html.parser import HTMLParser

import pytest
from rich.console import Console

from generator.local import drill, page, report, retries
from generator.local.drill import How, Report, Scenario
from generator.local.mapping.settings import Settings
from tests.support.planning import TOP


def found(scenario: Scenario | None = None, **settings: object) -> Report:
    poison = Scenario(records=10, failing=frozenset([5]), how=How.REPORT)
    return drill.run(Settings(**settings), scenario or poison)  # type: ignore[arg-type]


def text(of: Report) -> str:
    console = Console(width=140, highlight=False)
    with console.capture() as capture:
        console.print(report.as_text(of))
    return capture.get()


class TestText:
    def test_tells_what_became_of_the_records(self) -> None:
        assert re.search(r"processed +│ 9 ", text(found(maximum_retry_attempts=2)))
        assert re.search(r"parked in the failure destination +│ 1 ", text(found(maximum_retry_attempts=2)))

    def test_attempts_at_the_same_records_are_one_line(self) -> None:
        assert "reported a failure 3 times" in text(found(maximum_retry_attempts=2))

    def test_what_did_not_happen_is_left_out(self) -> None:
        assert "lost" not in text(found(maximum_retry_attempts=2))

    def test_records_that_nobody_is_told_of_are_said_to_be_lost(self) -> None:
        assert re.search(r"lost without a trace +│ 1 ", text(found(maximum_retry_attempts=2, destination=False)))

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


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (0.25, "0.25 s"), (61, "1 min 1 s"), (3600, "1 h"), (86_399.6, "1 d"), (90_000, "1 d 1 h")],
)
def test_lengths_of_time_are_told_in_two_units(seconds: float, said: str) -> None:
    assert report.duration(seconds) == said


def test_json_is_valid_although_a_pause_may_have_no_end() -> None:
    told = json.loads(json.dumps(report.as_json(found()), allow_nan=False))
    assert told["settings"]["longest_pause"] is None


class _Page(HTMLParser):
    """Reads a page: the tags that are open, and what it would load from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.marks = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [name for name, _ in attrs if name in {"src", "href"}]
        self.marks += tag in {"rect", "circle", "path"}
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as it is called
        self.marks += tag in {"rect", "circle", "path"}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


class TestPage:
    def test_is_well_formed_and_loads_nothing(self) -> None:
        read = _Page(page.as_html(found()))
        assert read.open == []
        assert read.loads == []

    def test_shows_every_kind_of_end(self) -> None:
        assert "records 5 parked" in page.as_html(found(maximum_retry_attempts=1))
        assert "records 5 lost" in page.as_html(found(maximum_retry_attempts=1, destination=False))

    def test_a_day_is_shown_on_an_axis_on_which_seconds_can_be_seen(self) -> None:
        shown = page.as_html(found())
        places = dict(re.findall(r'<text x="([\d.]+)" y="\d+" text-anchor="middle">(.*?)</text>', shown))
        seconds = next(float(place) for place, label in places.items() if label == "10 s")
        assert seconds > 200

    def test_a_short_drill_is_shown_on_a_linear_axis(self) -> None:
        assert "logarithmic" not in page.as_html(found(maximum_retry_attempts=1))

    def test_many_invocations_stay_few_marks(self) -> None:
        failing = frozenset(range(1, 5001, 2))
        many = found(Scenario(records=5000, rate=100, failing=failing), maximum_retry_attempts=1, batch_size=1)
        assert _Page(page.as_html(many)).marks < 1500

    def test_names_are_escaped(self) -> None:
        odd = found(maximum_retry_attempts=1)
        odd.invocations[0] = odd.invocations[0]._replace(lane="<b>")
        assert "<b>" not in page.as_html(odd)


def test_readme_has_the_table_of_retries() -> None:
    inside = re.search(r"<!-- retries -->\n(.*?)\n<!-- /retries -->", (TOP / "README.md").read_text(), re.DOTALL)
    assert inside
    assert inside[1] == retries.table(), "put what generator.local.retries.table() returns between the marks"
