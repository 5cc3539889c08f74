"""Does a replay by time send every record of the time, once, in order, and no image that the table has left behind?"""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from generator.errors import AwsError, UsageError
from generator.local.emulator import LocalAws
from generator.operate import since
from generator.operate.job import Job
from generator.operate.journal import Journal
from generator.operate.messages import InvocationRecord, parse_line, utc_time
from generator.operate.since import Selection, Stream, parse_keys, parse_window
from generator.operate.tracker import Summary
from tests.operate.conftest import Call
from tests.operate.fakes import FUNCTION, NOW, STREAM, FakeLambda, FakeStreams, FakeTable, change, refusal, reports
from tests.operate.pipelines import Pipeline, item
from tests.operate.scenes import counts, mapping

HOUR = 3600
FAST = ("--reads-per-second", "1000")


class Scene:
    """Two shards, the second of which is a child of the first; one record was written every minute of an hour."""

    def __init__(self, folder: Path) -> None:
        changes = [
            change(number, f"item-{number % 7}", event="MODIFY" if number % 2 else "INSERT", at=NOW + 60 * number)
            for number in range(60)
        ]
        # The child comes first in the list, as it may.
        self.streams = FakeStreams({"a-child": changes[40:], "parent": changes[:40]}, closed={"parent"}, page=9)
        self.streams.parents = {"a-child": "parent"}
        self.table = FakeTable({each["dynamodb"]["Keys"]["id"]["S"]: each["dynamodb"]["NewImage"] for each in changes})
        self.function = FakeLambda()
        self.mapping: Any = mapping(batch_size=10)
        self.journal = folder / "journal"
        self.selection: dict[str, Any] = {}

    def job(self) -> Job:
        clients: dict[str, Any] = {"lambda": self.function, "dynamodb": self.table, "dynamodbstreams": self.streams}
        return Job(
            client=clients.__getitem__,
            destination=Stream(STREAM),
            mapping=self.mapping,
            function=FUNCTION,
            reads_per_second=1e9,
        )

    def selected(self) -> Selection:
        given = {"since": NOW, "until": NOW + HOUR, **self.selection}
        return Selection(stream_arn=STREAM, function=FUNCTION, **given)

    def run(self, *, dry_run: bool = False, **options: Any) -> Summary:  # noqa: ANN401
        with Journal(self.journal, {"stream": "a test"}, writing=not dry_run) as journal:
            return since.replay(self.job(), journal, self.selected(), dry_run=dry_run, **options)

    @property
    def sent(self) -> list[int]:
        return [number for batch in self.function.numbers for number in batch]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


class TestSelection:
    def test_is_everything_in_order_parents_first(self, scene: Scene) -> None:
        assert counts(scene.run()) == {"replayed": 60}
        assert scene.sent == list(range(60))

    def test_is_bounded_by_its_times(self, scene: Scene) -> None:
        scene.selection = {"since": NOW + 10 * 60, "until": NOW + 45 * 60}
        summary = scene.run(include_superseded=True)
        assert scene.sent == list(range(10, 46))
        assert (summary.first, summary.last, summary.items) == (NOW + 600, NOW + 2700, 7)

    def test_starts_with_the_second_in_which_a_record_was_written(self, scene: Scene) -> None:
        scene.selection = {"since": NOW + 10 * 60 + 0.9}
        scene.run()
        assert scene.sent[0] == 10

    def test_starts_at_its_time_without_reading_what_was_before(self, scene: Scene) -> None:
        scene.selection = {"since": NOW + 55 * 60}
        scene.run()
        assert scene.sent == [55, 56, 57, 58, 59]
        assert {int(number) for number in scene.streams.given} == set(scene.sent)

    def test_is_the_same_where_the_endpoint_does_not_read_times(self, scene: Scene) -> None:
        scene.streams.reads_timestamps = False
        scene.selection = {"since": NOW + 55 * 60}
        summary = scene.run()
        assert scene.sent == [55, 56, 57, 58, 59]
        assert "each shard was read from its oldest record" in summary.notes[0][1]

    def test_stops_reading_behind_its_end(self, scene: Scene) -> None:
        scene.selection = {"until": NOW + 4 * 60}
        scene.run(include_superseded=True)
        assert scene.sent == [0, 1, 2, 3, 4]
        assert len(scene.streams.given) < 30

    def test_is_that_of_the_filter(self, scene: Scene) -> None:
        scene.mapping = mapping('{"eventName": ["MODIFY"]}')
        scene.run(include_superseded=True)
        assert scene.sent == list(range(1, 60, 2))

    def test_can_be_that_of_some_items(self, scene: Scene) -> None:
        scene.selection = {"keys": parse_keys(['{"id": "item-3"}', '{"id": {"S": "item-5"}}'], None)}
        scene.run()
        assert scene.sent == [number for number in range(60) if number % 7 in {3, 5}]

    def test_is_refused_where_a_key_is_none_of_the_table(self, scene: Scene) -> None:
        scene.selection = {"keys": parse_keys(['{"order": "item-3"}'], None)}
        with pytest.raises(UsageError, match=r'"order".* is not a key of orders\. Its attributes are id\.'):
            scene.run()

    def test_of_a_stream_that_does_not_exist_is_refused(self, scene: Scene) -> None:
        scene.streams.shards = {}
        with pytest.raises(UsageError, match="does not exist, or has no shards"):
            scene.run()

    def test_with_records_that_expire_meanwhile_is_unfinished(self, scene: Scene) -> None:
        scene.streams.failures_later = {2: refusal("TrimmedDataAccessException")}
        scene.streams.on_failure = lambda: setattr(scene.streams, "horizon", 20)
        summary = scene.run()
        assert scene.sent == [*range(9), *range(20, 60)]
        assert summary.left == {"incomplete_shards": 1}


class TestReplay:
    def test_batches_are_those_of_the_mapping_in_each_shard(self, scene: Scene) -> None:
        scene.mapping = mapping(batch_size=25)
        scene.run()
        assert [len(batch) for batch in scene.function.numbers] == [25, 15, 20]

    def test_dry_run_counts_and_sends_nothing(self, scene: Scene) -> None:
        summary = scene.run(dry_run=True)
        assert (summary.replayed, summary.items, scene.sent) == (60, 7, [])
        assert not scene.journal.exists()

    def test_item_that_has_changed_after_the_selection_is_superseded(self, scene: Scene) -> None:
        scene.table.items["item-3"] = {"id": {"S": "item-3"}, "n": {"N": "later"}}
        assert counts(scene.run()) == {"replayed": 51, "superseded": 9}
        assert not [number for number in scene.sent if number % 7 == 3]

    def test_item_that_changes_during_the_replay_is_superseded_from_then_on(self, scene: Scene) -> None:
        def behaves(records: list[dict[str, Any]]) -> None:
            if any(one["dynamodb"]["SequenceNumber"] == "20" for one in records):
                scene.table.items["item-3"] = {"id": {"S": "item-3"}, "n": {"N": "later"}}

        scene.function = FakeLambda(behaves)
        scene.run()
        assert [number for number in scene.sent if number % 7 == 3] == [3, 10, 17, 24]

    def test_superseded_records_are_sent_if_wanted(self, scene: Scene) -> None:
        scene.table.items.clear()
        assert counts(scene.run(include_superseded=True)) == {"replayed": 60}

    def test_failed_record_blocks_its_item(self, scene: Scene) -> None:
        scene.function = FakeLambda(reports(38))
        assert counts(scene.run()) == {"replayed": 56, "failed": 1, "blocked": 3}

    def test_next_run_sends_only_what_was_left(self, scene: Scene) -> None:
        scene.function = FakeLambda(reports(38))
        scene.run()
        scene.function = FakeLambda()
        assert counts(scene.run()) == {"replayed": 4, "processed_before": 56}
        assert scene.sent == [38, 45, 52, 59]

    def test_run_that_was_killed_is_resumed(self, scene: Scene) -> None:
        left = [3]

        def behaves(_records: Any) -> Any:  # noqa: ANN401
            left[0] -= 1
            return refusal("ExpiredTokenException") if left[0] < 0 else None

        scene.function = FakeLambda(behaves)
        with pytest.raises(AwsError, match="ExpiredTokenException"):
            scene.run()
        scene.function = FakeLambda()
        scene.run()
        assert scene.sent == list(range(30, 60))

    def test_rate_is_held(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        pauses: list[float] = []
        monkeypatch.setattr(time, "sleep", pauses.append)
        monkeypatch.setattr(time, "monotonic", lambda: sum(pauses))
        scene.run(rate=5)
        assert sum(pauses) == pytest.approx(50 / 5, rel=0.01)


class TestFetch:
    def test_writes_what_replay_reads(self, scene: Scene) -> None:
        written: list[Any] = []
        summary = since.fetch(scene.job(), scene.selected(), written.append)
        assert (summary.fetched, summary.items) == (60, 7)
        texts = [json.dumps(one) for one in written]
        found = [each for text in texts for each in parse_line(text, "line", str)]
        assert [one.first for one in found if isinstance(one, InvocationRecord)] == list(range(60))
        assert {one.function_arn for one in found if isinstance(one, InvocationRecord)} == {FUNCTION}


class TestTimes:
    @pytest.mark.parametrize(
        ("given", "seconds"),
        [("2h", 2 * HOUR), ("90m", 1.5 * HOUR), ("90min", 1.5 * HOUR), ("30s", 30), ("1d", 24 * HOUR), ("1.5 h", 5400)],
    )
    def test_duration_is_before_now(self, given: str, seconds: float) -> None:
        assert parse_window(given, None, NOW) == (NOW - seconds, NOW)

    def test_time_has_a_zone(self) -> None:
        assert parse_window("2027-01-15T07:00:00Z", "2027-01-15T08:30:00+01:00", NOW) == (NOW - HOUR, NOW - HOUR / 2)

    @pytest.mark.parametrize(
        ("start", "end", "message"),
        [
            ("yesterday", None, '--since: "yesterday" is not a time'),
            ("2 h ago", None, '--since: "2 h ago" is not a time'),
            ("2027-01-15T07:00:00", None, '--since: "2027-01-15T07:00:00" has no time zone. Use a time with a zone'),
            ("25h", None, r"a stream holds the last 24 hours\. Use 2027-01-14T08:00:00Z or later.*backfill"),
            ("2h", "soon", '--until: "soon" is not a time'),
            ("2h", "2h", "which is not after --since"),
            ("1h", "2h", "which is not after --since"),
            ("2027-01-15T08:00:01Z", None, '--since: "2027-01-15T08:00:01Z" is in the future'),
            ("2h", "2027-01-15T08:00:01Z", '--until: "2027-01-15T08:00:01Z" is in the future'),
        ],
    )
    def test_other_times_are_refused(self, start: str, end: str | None, message: str) -> None:
        with pytest.raises(UsageError, match=message):
            parse_window(start, end, NOW)

    @pytest.mark.parametrize(
        "text",
        [
            f"{'9' * 400}d",
            f"{'9' * 5000}h",
            "10000000d",
            "0001-01-01T00:00:00+14:00",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59-14:00",
        ],
        ids=lambda text: text[:30],
    )
    @pytest.mark.parametrize("option", ["--since", "--until"])
    def test_times_that_do_not_exist_are_refused(self, text: str, option: str) -> None:
        with pytest.raises(UsageError) as refused:
            parse_window(text if option == "--since" else "2h", None if option == "--since" else text, NOW)
        assert str(refused.value).startswith(f'{option}: "{text[:9]}')
        assert len(str(refused.value)) < 300


class TestKeys:
    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ('{"id": "a"}', {"id": {"S": "a"}}),
            ('{"id": 7}', {"id": {"N": "7"}}),
            ('{"id": 7.50}', {"id": {"N": "7.5"}}),
            ('{"id": 1e3}', {"id": {"N": "1000"}}),
            ('{"id": {"N": "1.0"}}', {"id": {"N": "1"}}),
            ('{"b": {"B": "AA=="}, "a": "x"}', {"a": {"S": "x"}, "b": {"B": "AA=="}}),
        ],
    )
    def test_are_those_of_stream_records(self, text: str, key: dict[str, Any]) -> None:
        assert parse_keys([text], None) == frozenset([json.dumps(key, sort_keys=True)])

    @pytest.mark.parametrize("text", ["a", "{}", "[1]", '{"id": true}', '{"id": {"N": "x"}}', '{"id": {"S": 1}}', "{"])
    def test_other_values_are_refused(self, text: str) -> None:
        with pytest.raises(UsageError, match=r"--key: .* is not a key"):
            parse_keys([text], None)

    def test_can_be_in_a_file(self, tmp_path: Path) -> None:
        file = tmp_path / "keys"
        file.write_text('{"id": "a"}\n\n{"id": "b"}\n')
        assert len(parse_keys(['{"id": "c"}'], file) or ()) == 3
        file.write_text('{"id": "a\u2028b"}\r\n')
        assert len(parse_keys([], file) or ()) == 1
        file.write_text('{"id": "a"}\nb\n')
        with pytest.raises(UsageError, match=r"--keys: line 2: .* is not a key"):
            parse_keys([], file)
        file.write_text("\n")
        with pytest.raises(UsageError, match="holds no keys"):
            parse_keys([], file)
        with pytest.raises(UsageError, match="No such file"):
            parse_keys([], tmp_path / "none")


# --- on a local AWS ---------------------------------------------------------------------------------------------------


@pytest.mark.emulator
class TestCommands:
    @pytest.fixture
    def written(self, aws: LocalAws, folder: Path, function: str) -> Pipeline:
        """A pipeline that has processed some changes of three items, with a version of the function that is bad."""
        pipeline = Pipeline.make(aws, folder, function)
        pipeline.put([item(key, n="1") for key in "abc"])
        pipeline.put([item(key, n="2") for key in "ab"])
        pipeline.remove("c")
        pipeline.process(6)
        pipeline.repair()
        return pipeline

    def test_everything_of_an_hour_is_sent_again(self, written: Pipeline, call: Call, here: Path) -> None:
        given = ("redrive", "replay", "--mapping", written.mapping, "--since", "1h", *FAST)
        dry = call(*given)
        assert dry.code == 0, dry.err
        assert "Dry run: would send 6 records of 3 items, written from 20" in dry.out
        assert "nothing was sent. Pass --yes to send." in dry.out
        assert "Warning: the mapping" in dry.err
        assert written.seen == []
        done = call(*given, "--yes")
        assert done.code == 0, done.err
        assert sorted(written.ids) == sorted("abcabc")
        assert [one["eventName"] for one in written.seen if one["dynamodb"]["Keys"]["id"]["S"] == "c"] == [
            "INSERT",
            "REMOVE",
        ]
        assert list(here.iterdir()) == []

    def test_stream_and_function_do_without_a_mapping(self, written: Pipeline, call: Call) -> None:
        answer = call(
            *("redrive", "replay", "--stream", written.stream, "--function", written.function),
            *("--since", "1h", "--key", '{"id": "a"}', "--yes", "--json", *FAST),
        )
        assert answer.code == 0, answer.err
        assert (json.loads(answer.out)["replayed"], written.ids) == (2, ["a", "a"])

    def test_fetched_records_can_be_replayed(self, written: Pipeline, call: Call, here: Path) -> None:
        answer = call("redrive", "fetch", "--mapping", written.mapping, "--since", "1h", "-o", "records.jsonl", *FAST)
        assert answer.code == 0
        assert "Wrote 6 records of 3 items, written from 20" in answer.err
        assert call("redrive", "replay", "--file", "records.jsonl", "--mapping", written.mapping, "--yes").code == 0
        assert len(written.seen) == 6
        assert (here / "records.jsonl").exists()

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("--since", "1h"), "the stream is not known"),
            (("--since", "1h", "--queue", "q"), "Set only one of --since and --queue"),
            (("--since", "1h", "--mapping", "m", "--same-filter"), "--same-filter: it has no effect with --since"),
            (("--queue", "q", "--same-filter"), "--same-filter: it has no effect without a mapping. Add --mapping"),
            (("--queue", "q", "--mapping", "m", "--same-filter", "--no-filter"), "no effect with --no-filter"),
            (("--queue", "q", "--until", "1h"), "--until: it has no effect without --since"),
            (("--queue", "q", "--key", "{}"), "--key: it has no effect without --since"),
            (("--since", "1h", "--stream", STREAM), "the function is not known. Add --function"),
            (("--since", "1h", "--stream", "table", "--function", "f"), "is not the ARN of a stream"),
            (
                ("--since", "1h", "--stream", STREAM.replace("eu-west-1", "us-east-1"), "--function", "f"),
                "Add --region us-east-1",
            ),
            (("--since", "1h", "--key", "x", "--mapping", "m"), "is not a key"),
        ],
    )
    def test_wrong_usage_is_one_line(self, call: Call, words: tuple[str, ...], message: str) -> None:
        answer = call("redrive", "replay", *words)
        assert (answer.code, answer.out, answer.err.count("\n")) == (3, "", 1)
        assert message in answer.err

    def test_interrupted_replay_keeps_its_time(self, written: Pipeline, call: Call, here: Path) -> None:
        """A run of "1h" that was left goes on with the same hour, and not with a later one."""
        words = ("redrive", "replay", "--mapping", written.mapping, "--since", "1h", "--yes", *FAST)
        written.damage()
        written.put([item("d", poison=True)])
        assert call(*words).code == 14
        (journal,) = here.glob("*.journal")
        written.repair()
        window = next(json.loads(line)["window"] for line in journal.read_text().splitlines() if "window" in line)
        answer = call(*words)
        assert answer.code == 0, answer.err
        assert f"Resuming the replay of the records written from {utc_time(window[0])}" in answer.err
        assert written.ids == ["d"]
        assert not journal.exists()
