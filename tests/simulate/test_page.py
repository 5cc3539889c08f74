"""Is the page of a simulation readable and self-contained?"""

import itertools
import re
from html.parser import HTMLParser

import pytest

from generator.simulate import page, simulation_run, timeline
from generator.simulate.module_settings import module_settings
from generator.simulate.simulation_run import FailureMode, Report, Scenario
from generator.simulate.timeline import Axis, Mark

FAILING = Scenario(records=1200, rate=10, failing=frozenset([600]))
EXPIRED = "RecordAgeExceeded after 19 invocations: discarded, with an invocation record at the destination"
SHAPES = {"rect", "circle", "path"}


def found(scenario: Scenario = FAILING, **settings: object) -> Report:
    return simulation_run.run(module_settings(**settings), scenario)


def marks(report: Report, *kinds: str) -> list[Mark]:
    return [mark for row in timeline.timeline(report).rows for mark in row.marks if mark.kind in kinds]


@pytest.fixture(scope="module")
def day() -> Report:
    """Return a simulation with the module's defaults: one record blocks its shard for a day."""
    return found()


class _Page(HTMLParser):
    """Reads a page: the tags that are open, what it would load from elsewhere, and how many marks it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.marks = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [name for name, _ in attrs if name in {"src", "href", "xlink:href"}]
        self.marks += tag in SHAPES
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as it is called
        self.marks += tag in SHAPES

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


class TestPage:
    def test_is_well_formed_and_loads_nothing(self, day: Report) -> None:
        text = page.as_html(day)
        assert text.startswith("<!doctype html>")
        read = _Page(text)
        assert (read.open, read.loads) == ([], [])
        assert "url(" not in text
        assert "@import" not in text

    def test_headline_is_the_outcome(self, day: Report) -> None:
        headline = re.search(r'class="headline">(.*?)</p>', page.as_html(day))
        assert headline
        outcome = "1,199 of 1,200 records processed, 1 discarded with an invocation record"
        assert headline[1] == f"{outcome}. Failures blocked shard 1 for 1 d."

    def test_headline_has_no_failures(self) -> None:
        assert "10 of 10 records processed. Nothing failed." in page.as_html(found(Scenario(records=10)))

    def test_other_settings_than_the_defaults_are_shown_with_them(self) -> None:
        text = page.as_html(found(maximum_retry_attempts=5))
        default = ' <span class="quiet">(module default: 500)</span>'
        assert f"maximum retry attempts</th><td>5{default}</td>" in text
        assert text.count("(module default") == 1

    def test_the_chart_has_a_name_and_a_description(self, day: Report) -> None:
        text = page.as_html(day)
        assert 'role="img" aria-labelledby="title description"' in text
        assert re.search(r'<title id="title">\w.*?</title>', text)
        assert re.search(r'<desc id="description">1,199 of 1,200 records', text)
        assert "Assumed: the pauses between retries keep doubling." in text

    def test_table_has_the_same_events(self, day: Report) -> None:
        cells = re.findall(r"<tr><td>.*?</td><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", page.as_html(day))
        assert ("shard 1", "600", EXPIRED) in cells

    def test_key_has_only_the_kinds_that_occur(self) -> None:
        text = page.as_html(found(maximum_retry_attempts=1))
        assert "</svg> failed</li>" in text
        assert "throttled</li>" not in text
        assert "without an invocation record at the destination</li>" not in text

    def test_long_tables_are_shortened(self) -> None:
        every_other = frozenset(range(1, 801, 2))
        many = found(Scenario(records=800, failing=every_other), maximum_retry_attempts=0, batch_size=1)
        assert re.search(r"<p>\d+ more rows; <code>--json</code> prints all of them", page.as_html(many))

    @pytest.mark.slow
    def test_many_invocations_stay_a_small_page(self) -> None:
        scenario = Scenario(records=20_000, rate=5, shards=20, failing=frozenset(range(5, 5001)))
        text = page.as_html(found(scenario, maximum_retry_attempts=1, batch_size=1))
        assert _Page(text).marks <= timeline.MAX_MARKS + len(timeline.KINDS)
        assert len(text) < 400_000

    def test_simulation_without_events_is_a_page(self) -> None:
        assert _Page(page.as_html(found(enabled=False))).open == []

    def test_names_are_escaped(self) -> None:
        odd = found(maximum_retry_attempts=1)
        odd.invocations[0] = odd.invocations[0]._replace(processor="<b>1")
        assert "<b>1" not in page.as_html(odd)
        assert "&lt;b&gt;1" in page.as_html(odd)


class TestMarks:
    @pytest.mark.parametrize(
        ("mode", "kind"),
        [
            (FailureMode.RAISE, "error"),
            (FailureMode.TIMEOUT, "timeout"),
            (FailureMode.REPORT, "reported"),
            (FailureMode.THROTTLE, "throttled"),
        ],
    )
    def test_each_failure_mode_has_its_own_kind(self, mode: FailureMode, kind: str) -> None:
        once = found(Scenario(records=1, failing=frozenset([1]), failure_mode=mode, failure_duration=1.0))
        assert {mark.kind for mark in marks(once, *timeline.KINDS)} == {kind, "pause", "processed"}

    @pytest.mark.parametrize(("kind", "destination"), [("delivered", True), ("lost", False)])
    def test_discarded_records_are_a_mark(self, kind: str, destination: object) -> None:
        (mark,) = marks(found(maximum_retry_attempts=1, destination=destination), "delivered", "lost")
        assert mark.kind == kind
        assert "record 600:" in mark.title

    def test_each_pause_between_attempts_is_a_mark(self, day: Report) -> None:
        assert sum(mark.times for mark in marks(day, "pause")) == 19

    def test_width_of_a_failed_attempt_is_its_duration(self) -> None:
        slow = Scenario(records=1, failing=frozenset([1]), failure_mode=FailureMode.TIMEOUT, timeout=10)
        report = found(slow, maximum_retry_attempts=1)
        axis = timeline.timeline(report).time
        drawn = [place for mark in marks(report, "timeout") for place in (mark.place, mark.width)]
        places = [(axis.place(attempt.began), axis.place(attempt.ended)) for attempt in report.invocations]
        assert drawn == pytest.approx([place for began, ended in places for place in (ended, ended - began)], abs=0.2)

    def test_events_are_drawn_in_front_of_spans(self, day: Report) -> None:
        kinds = [mark.kind for mark in marks(day, *timeline.KINDS)]
        assert {*kinds[: kinds.index("error")]} == {"processed", "pause"}
        assert {*kinds[kinds.index("error") :]} == {"error", "delivered"}

    def test_merging_loses_no_event(self) -> None:
        scenario = Scenario(records=3000, rate=10, shards=20, failing=frozenset(range(1, 3001, 3)))
        many = found(scenario, maximum_retry_attempts=1, batch_size=1)
        attempts, ends = marks(many, "processed", "error"), marks(many, "delivered")
        assert len(attempts) < len(many.invocations) / 2
        assert sum(mark.times for mark in attempts) == len(many.invocations)
        assert sum(mark.times for mark in ends) == len(many.discarded)

    def test_shards_above_the_maximum_share_a_row(self) -> None:
        names = [row.name for row in timeline.timeline(found(Scenario(records=2000, shards=30))).rows]
        assert len(names) == timeline.MAX_ROWS
        assert names[-1] == "19 others"

    def test_blocked_shard_has_its_own_row(self) -> None:
        report = found(Scenario(records=2000, shards=30, failing=frozenset([1000])), maximum_retry_attempts=5)
        (blocked,) = report.blocked
        assert blocked in {row.name for row in timeline.timeline(report).rows}

    def test_shards_are_in_the_order_of_their_numbers(self) -> None:
        names = [row.name for row in timeline.timeline(found(Scenario(records=500, shards=11))).rows]
        assert names == [f"shard {number}" for number in range(1, 12)]


class TestAxis:
    def test_doubling_pauses_have_about_the_same_width(self, day: Report) -> None:
        widths = [mark.width for mark in marks(day, "pause")][3:-1]
        assert len(widths) > 10
        assert max(widths) < 1.5 * min(widths)

    def test_seconds_and_a_day_are_both_visible(self, day: Report) -> None:
        places = {tick.label: tick.place for tick in timeline.timeline(day).time.ticks}
        assert places["10 s"] - places["0 s"] > 150
        assert places["0 s"] - places["−10 s"] > 150  # noqa: RUF001 - a minus
        assert places["1 d"] == timeline.WIDTH

    def test_axis_of_a_short_simulation_is_linear(self) -> None:
        short = Scenario(records=100, rate=10, failing=frozenset([50]))
        axis = timeline.timeline(found(short, maximum_retry_attempts=1)).time
        assert axis.around is None
        assert axis.place(5) - axis.place(0) == pytest.approx(axis.place(10) - axis.place(5), abs=0.2)

    def test_axis_without_a_failure_is_linear(self) -> None:
        assert timeline.timeline(found(Scenario(records=1000, rate=1))).time.around is None

    @pytest.mark.parametrize(
        ("last", "around"),
        [
            *((last, None) for last in (0.0, 0.3, 7.0, 119.0, 5000.0, 90_000.0, 4e6, 3e9)),
            *((last, 0.0) for last in (121.0, 90_000.0, 4e6, 3e9)),
            *((last, 60.0) for last in (121.0, 90_000.0, 4e6, 3e9)),
        ],
    )
    def test_labels_do_not_overlap(self, last: float, around: float | None) -> None:
        places = [tick.place for tick in Axis(0.0, last, 1000.0, 46.0, around).ticks]
        assert places
        assert all(after - before >= 46.0 for before, after in itertools.pairwise(places))
        assert 0.0 <= places[0] <= places[-1] <= 1000.0

    def test_highest_of_close_ages_is_shown(self) -> None:
        time, age = Axis(0.0, 100.0, timeline.WIDTH, 46.0), Axis(0.0, 9.0, timeline.HEIGHT, 18.0)
        assert timeline._ages([(0.0, 1.0), (0.01, 9.0), (0.02, 2.0), (50.0, 0.0)], time, age) == [
            (0.1, 120.0),
            (500.0, 0.0),
        ]
