"""Does every item of a table reach the function, as a record that no change of a stream could be?"""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from generator.errors import AwsError, UnfinishedError, UsageError
from generator.operate.backfill import Backfill, FailedItems, Table, check_function, describe_table
from generator.operate.journal import Journal
from generator.operate.messages import InvocationRecord, parse_line
from generator.operate.sender import Rate, Sender
from tests.operate.fakes import FUNCTION, STREAM, FakeLambda, refusal

SHORTEST_SEQUENCE_NUMBER = 21


class Scans:
    """DynamoDB with a table of items, which it gives by segments, three at a time."""

    def __init__(self, count: int) -> None:
        self.items: list[dict[str, Any]] = [
            {"id": {"S": f"item-{number}"}, "b": {"B": bytes([number % 256])}} for number in range(count)
        ]
        self.begun: list[Any] = []
        self.stream_arn = STREAM
        self.stream: dict[str, Any] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}

    def describe_table(self, *, TableName: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        keys = [{"AttributeName": "id", "KeyType": "HASH"}]
        told = {"TableName": TableName, "KeySchema": keys, "StreamSpecification": self.stream}
        return {
            "Table": {**told, "LatestStreamArn": self.stream_arn, "ItemCount": len(self.items), "TableSizeBytes": 9}
        }

    def scan(self, *, Segment: int, TotalSegments: int, **given: Any) -> dict[str, Any]:  # noqa: ANN401, N803
        assert given["ConsistentRead"]
        own = self.items[Segment::TotalSegments]
        start = given.get("ExclusiveStartKey")
        self.begun.append(start)
        first = next((place + 1 for place, one in enumerate(own) if start and one["id"] == start["id"]), 0)
        page, left = own[first : first + 3], own[first + 3 :]
        return {"Items": page} | ({"LastEvaluatedKey": {"id": page[-1]["id"]}} if left else {})


class Scene:
    def __init__(self, folder: Path, count: int = 50) -> None:
        self.scans = Scans(count)
        self.function = FakeLambda()
        self.folder = folder
        self.failed: list[Any] = []

    def run(self, **given: Any) -> Backfill:  # noqa: ANN401
        clients: dict[str, Any] = {"dynamodb": self.scans, "lambda": self.function}
        client = clients.__getitem__
        journal = Journal(self.folder / "journal", {"table": "a test"})
        table = describe_table(client, "orders")
        run = Backfill(
            client=client, table=table, function=FUNCTION, journal=journal, failed=self.failed.append, **given
        )
        try:
            run.run()
        finally:
            journal.close()
        return run

    @property
    def records(self) -> list[dict[str, Any]]:
        return [record for batch in self.function.batches for record in batch]

    @property
    def told(self) -> Counter[str]:
        return Counter(record["dynamodb"]["Keys"]["id"]["S"] for record in self.records)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def everything(scene: Scene) -> set[str]:
    return {one["id"]["S"] for one in scene.scans.items}


def test_every_item_is_sent_once(scene: Scene) -> None:
    assert scene.run().sent == 50
    assert set(scene.told) == everything(scene)
    assert set(scene.told.values()) == {1}


def test_item_is_a_record_of_its_insertion(scene: Scene) -> None:
    scene.run(segments=1)
    record = scene.records[0]
    assert (record["eventName"], record["eventSource"], record["eventSourceARN"]) == ("INSERT", "aws:dynamodb", STREAM)
    assert record["dynamodb"]["NewImage"] == {"id": {"S": "item-0"}, "b": {"B": "AA=="}}
    assert record["dynamodb"]["Keys"] == {"id": {"S": "item-0"}}


def test_numbers_are_below_those_of_every_stream(scene: Scene) -> None:
    scene.run()
    assert {len(record["dynamodb"]["SequenceNumber"]) for record in scene.records} == {18}
    assert max(len(record["dynamodb"]["SequenceNumber"]) for record in scene.records) < SHORTEST_SEQUENCE_NUMBER


def test_numbers_of_a_batch_differ(scene: Scene) -> None:
    scene.run()
    for batch in scene.function.batches:
        assert len({record["dynamodb"]["SequenceNumber"] for record in batch}) == len(batch)


def test_numbers_of_a_later_backfill_are_higher(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.run()
    first = max(int(record["dynamodb"]["SequenceNumber"]) for record in scene.records)
    scene.function.batches.clear()
    (scene.folder / "journal").unlink()
    later = time.time() + 1
    monkeypatch.setattr("time.time", lambda: later)
    scene.run()
    assert min(int(record["dynamodb"]["SequenceNumber"]) for record in scene.records) > first


def test_id_of_an_item_is_always_the_same(scene: Scene) -> None:
    scene.run(segments=1)
    first = [record["eventID"] for record in scene.records]
    scene.function.batches.clear()
    (scene.folder / "journal").unlink()
    scene.run(segments=1)
    assert [record["eventID"] for record in scene.records] == first
    assert len(set(first)) == 50


def test_stream_of_keys_alone_gets_keys_alone(scene: Scene) -> None:
    scene.scans.stream["StreamViewType"] = "KEYS_ONLY"
    scene.run()
    assert not any("NewImage" in record["dynamodb"] for record in scene.records)


def test_item_that_fails_is_kept_for_a_replay_and_the_others_go_on(scene: Scene) -> None:
    bad = "item-7"
    scene.function = FakeLambda(lambda records: "no" if any(bad in json.dumps(one) for one in records) else None)
    run = scene.run(segments=2, batch_size=10)
    assert (run.sent, run.failures) == (50, 1)
    (kept,) = scene.failed
    assert kept["dynamodb"]["Keys"]["id"]["S"] == bad
    (document,) = parse_line(json.dumps(kept), "line 1", lambda: json.dumps(kept))
    assert isinstance(document, InvocationRecord)
    assert (document.function_arn, document.stream_arn) == (FUNCTION, STREAM)
    assert document.condition == "failed: no"


def test_run_that_was_stopped_goes_on_after_the_pages_that_it_had_sent(scene: Scene) -> None:
    left = [4]

    def behaves(_records: Any) -> Any:  # noqa: ANN401
        left[0] -= 1
        return refusal("ExpiredTokenException") if left[0] < 0 else None

    scene.function = FakeLambda(behaves)
    with pytest.raises(AwsError, match="ExpiredTokenException"):
        scene.run(segments=1)
    done = sum(len(batch) for batch in scene.function.batches[:4])
    scene.function = FakeLambda()
    scene.scans.begun.clear()
    assert scene.run(segments=1).sent == 50
    assert len(scene.records) == 50 - done
    assert scene.scans.begun[0] is not None


def test_segment_that_had_ended_is_not_read_again(scene: Scene) -> None:
    scene.run()
    scene.scans.begun.clear()
    assert scene.run().sent == 50
    assert scene.scans.begun == []


def test_items_are_sent_no_faster_than_they_may_be(scene: Scene) -> None:
    began = time.monotonic()
    scene.run(segments=2, batch_size=5, rate=Rate(100))
    assert 0.4 < time.monotonic() - began < 5


def test_run_that_is_stopped_ends_within_a_second_although_it_waits(scene: Scene) -> None:
    """A segment fails while another waits for its turn, which would come in an hour."""
    scene.function = FakeLambda(lambda _records: refusal("ExpiredTokenException"))
    rate = Rate(0.01)
    began = time.monotonic()
    with pytest.raises(AwsError, match="ExpiredTokenException"):
        scene.run(segments=2, rate=rate)
    assert time.monotonic() - began < 1
    assert len(scene.function.batches) == 1


def test_run_that_is_stopped_repeats_no_throttled_invocation(scene: Scene) -> None:
    """A segment fails while the function is throttled for another."""
    answers = [refusal("TooManyRequestsException"), refusal("ExpiredTokenException")]
    scene.function = FakeLambda(lambda _records: answers.pop(0) if answers else None)
    with pytest.raises(AwsError, match="ExpiredTokenException"):
        scene.run(segments=2)
    assert len(scene.function.batches) == 2


def test_table_without_a_stream_is_refused() -> None:
    scans = Scans(3)
    scans.stream["StreamEnabled"] = False
    with pytest.raises(UsageError, match="orders has no stream"):
        describe_table({"dynamodb": scans}.__getitem__, "orders")


def test_table_is_described_with_its_key() -> None:
    found = describe_table({"dynamodb": Scans(3)}.__getitem__, "orders")
    assert found == Table(
        name="orders", keys=["id"], stream_arn=STREAM, view_type="NEW_AND_OLD_IMAGES", count=3, size=9
    )


def test_check_invokes_the_function_without_records() -> None:
    function = FakeLambda()
    check_function({"lambda": function}.__getitem__, FUNCTION, STREAM)
    assert function.events == [{"Records": [], "eventSourceARN": STREAM}]


def test_check_that_fails_is_one_line_that_names_the_option() -> None:
    function = FakeLambda(lambda _records: "The index is closed.\nOpen it.")
    with pytest.raises(UnfinishedError) as error:
        check_function({"lambda": function}.__getitem__, FUNCTION, STREAM)
    assert str(error.value) == (
        f"Nothing was sent: the function {FUNCTION} failed when it was invoked without records, as a check: "
        "The index is closed. Open it. Repair the cause, or pass --no-check to send the items without the check."
    )


def test_check_of_a_function_that_cannot_be_invoked_is_an_error_of_aws() -> None:
    function = FakeLambda(lambda _records: refusal("AccessDeniedException"))
    with pytest.raises(AwsError, match="AccessDeniedException"):
        check_function({"lambda": function}.__getitem__, FUNCTION, STREAM)


def test_check_waits_for_a_function_that_is_throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sender.__init__, "__kwdefaults__", {"pause": lambda _seconds, _reason: None})
    answers = [refusal("TooManyRequestsException")]
    function = FakeLambda(lambda _records: answers.pop() if answers else None)
    check_function({"lambda": function}.__getitem__, FUNCTION, STREAM)
    assert len(function.events) == 2


class TestFailedItems:
    @pytest.mark.parametrize(
        ("before", "incomplete", "kept"),
        [
            (None, False, b""),
            (b"", False, b""),
            (b'{"eventID":"1"}\n', False, b'{"eventID":"1"}\n'),
            (b'{"eventID":"1"}', False, b'{"eventID":"1"}\n'),
            (b'{"of":"another"}', False, b'{"of":"another"}\n'),
            (b'{"eventID":"1"}\n{"eve', True, b'{"eventID":"1"}\n'),
            (b'{"eventID":"1"}\n{"eventID":"2","dyn', True, b'{"eventID":"1"}\n'),
        ],
    )
    def test_last_line_is_lost_only_if_a_run_was_killed_in_it(
        self,
        tmp_path: Path,
        before: bytes | None,
        incomplete: bool,  # noqa: FBT001
        kept: bytes,
    ) -> None:
        file = tmp_path / "failed"
        if before is not None:
            file.write_bytes(before)
        failed = FailedItems(file)
        assert failed.incomplete is incomplete
        assert (file.read_bytes() if before is not None else None) == before
        failed.add({"eventID": "3"})
        failed.add({"eventID": "4"})
        failed.close()
        assert file.read_bytes() == kept + b'{"eventID":"3"}\n{"eventID":"4"}\n'

    @pytest.mark.parametrize("content", [b"a note", b'{"eventID":"1"}\n{"more', b"\xff", b"[1, 2"])
    def test_incomplete_line_of_others_is_an_error(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "failed"
        file.write_bytes(content)
        with pytest.raises(UsageError, match=r'--failed: ".*failed" ends with an incomplete line'):
            FailedItems(file)
        assert file.read_bytes() == content

    def test_file_without_a_failed_item_is_not_created(self, tmp_path: Path) -> None:
        FailedItems(tmp_path / "failed").close()
        assert not list(tmp_path.iterdir())
