"""Does a replay tell everything once, and a reconciliation what the items are now, whatever the records say?"""

import functools
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from generator.errors import AwsError
from generator.mapping.records import as_event
from generator.operate import job as jobs
from generator.operate import replay
from generator.operate.messages import InvocationRecord, UnrecognizedMessage
from generator.operate.references import FunctionId
from tests.operate.fakes import FUNCTION, NOW, STREAM, FakeLambda, FakeStreams, change, document, refusal, reports
from tests.operate.scenes import Scene, counts, mapping, ten


class TestReplay:
    def test_sends_what_documents_name_and_deletes_them(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(3), document(7, 8))
        assert counts(scene.run()) == {"replayed": 3, "deleted": 2}
        assert scene.function.numbers == [[3, 7, 8]]
        assert scene.kept.deleted == ["document-3-3", "document-7-8"]

    def test_sends_records_as_they_were_in_the_event(self, tmp_path: Path) -> None:
        changes = [change(3, image={"id": {"S": "a"}, "b": {"B": b"\x00\xff"}, "s": {"NS": ["2", "1"]}})]
        scene = Scene(tmp_path, changes, document(3))
        scene.run()
        assert scene.function.batches == [[as_event(changes[0], STREAM)]]
        assert scene.function.batches[0][0]["dynamodb"]["NewImage"]["b"] == {"B": "AP8="}

    def test_dry_run_sends_and_deletes_nothing(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(3))
        assert counts(scene.run(dry_run=True)) == {"replayed": 1}
        assert scene.function.batches == []
        assert scene.kept.deleted == []
        assert not scene.journal.exists()

    def test_document_stays_while_one_of_its_records_fails(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(3, 5), document(7))
        scene.function = FakeLambda(reports(4))
        assert counts(scene.run()) == {"replayed": 3, "failed": 1, "deleted": 1}
        assert scene.kept.deleted == ["document-7-7"]

    def test_next_run_sends_only_what_failed(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(3, 5))
        scene.function = FakeLambda(reports(4))
        scene.run()
        scene.function = FakeLambda()
        assert counts(scene.run()) == {"replayed": 1, "processed_before": 2, "deleted": 1}
        assert scene.function.numbers == [[4]]

    def test_run_that_was_killed_before_it_could_delete_deletes_without_sending(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(3))
        scene.run()
        scene.kept.deleted.clear()
        assert counts(scene.run()) == {"processed_before": 1, "deleted": 1}
        assert len(scene.function.batches) == 1

    def test_document_about_the_same_record_later_is_done_again(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(3))
        scene.run()
        scene.kept.documents.append(document(3, id="a-later-failure"))
        assert counts(scene.run()) == {"replayed": 1, "deleted": 1}

    def test_record_that_two_documents_name_is_sent_once(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(3, 5), document(4), document(4, id="delivered twice"))
        assert counts(scene.run()) == {"replayed": 3, "deleted": 3}
        assert scene.function.numbers == [[3, 4, 5]]

    def test_items_of_a_backfill_with_the_same_number_are_both_sent(self, tmp_path: Path) -> None:
        kept = {key: [as_event(change(3, key), STREAM)] for key in "ab"}
        documents = [document(3, id=key, payload=lambda key=key: kept[key]) for key in kept]
        scene = Scene(tmp_path, [], *documents)
        assert counts(scene.run(include_superseded=True)) == {"replayed": 2, "deleted": 2}
        assert [record["dynamodb"]["Keys"] for record in scene.function.batches[0]] == [
            {"id": {"S": "a"}},
            {"id": {"S": "b"}},
        ]

    def test_batches_are_those_of_the_mapping(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(1, 5))
        scene.mapping = mapping(batch_size=2)
        scene.run()
        assert scene.function.numbers == [[1, 2], [3, 4], [5]]

    def test_what_the_filter_had_excluded_is_not_sent(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(2, 8, size=1))
        scene.mapping = mapping('{"dynamodb": {"Keys": {"id": {"S": ["item-5"]}}}}')
        assert counts(scene.run()) == {"replayed": 1, "deleted": 1}
        assert scene.function.numbers == [[5]]

    def test_range_is_parked_where_nobody_knows_which_of_its_records_are_meant(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(2, 8, size=1), document(9))
        scene.mapping = None
        found = scene.run()
        assert counts(found) == {"replayed": 1, "skipped": 1, "deleted": 1}
        assert "--mapping" in found.notes[0][1]

    def test_document_is_parked_where_the_filter_has_become_stricter(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(2, 3))
        scene.mapping = mapping('{"dynamodb": {"Keys": {"id": {"S": ["item-2"]}}}}')
        assert counts(scene.run()) == {"skipped": 2}
        assert scene.function.batches == []

    @pytest.mark.parametrize(
        ("given", "sent", "numbers"),
        [
            ({}, 0, []),
            ({}, 1, [[5]]),
            ({"same_filter": True}, 0, [[5]]),
            ({"filtered": False}, 0, [[2, 3, 4, 5, 6, 7, 8]]),
        ],
        ids=["changed after", "changed before", "--same-filter", "--no-filter"],
    )
    def test_range_is_skipped_if_the_mapping_was_changed_after_the_invocation_record(
        self, tmp_path: Path, given: dict[str, bool], sent: float, numbers: list[list[int]]
    ) -> None:
        scene = Scene(tmp_path, ten(), replace(document(2, 8, size=1), sent=NOW + sent), document(9))
        scene.mapping = replace(mapping('{"dynamodb": {"Keys": {"id": {"S": ["item-5", "item-9"]}}}}'), changed=NOW)
        scene.given = given
        found = scene.run()
        assert scene.function.numbers == [[*(numbers[0] if numbers else []), 9]]
        assert [reason for _, reason in found.notes if "--same-filter" in reason] == ([] if numbers else [mock.ANY])

    @pytest.mark.parametrize("changed", [{"first": None, "last": None, "size": 0}, {}])
    def test_tumbling_window_is_parked(self, tmp_path: Path, changed: dict[str, Any]) -> None:
        scene = Scene(tmp_path, ten(), replace(document(3), windowed=True, **changed))
        found = scene.run()
        assert counts(found) == {"skipped": 1}
        assert "tumbling window" in found.notes[0][1]

    def test_document_of_another_stream_is_parked(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(3, stream_arn=STREAM.replace("orders", "others")))
        assert counts(scene.run()) == {"skipped": 1}

    def test_what_the_stream_has_forgotten_is_lost_and_its_document_stays(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(2, 5), document(6))
        scene.streams.shards["shard-1"] = scene.streams.shards["shard-1"][3:]
        scene.streams.horizon = 4
        found = scene.run()
        assert counts(found) == {"replayed": 3, "expired": 2, "deleted": 1}
        assert scene.kept.deleted == ["document-6-6"]
        assert found.notes == [("document-2-5", "2 of 4 records expired: the stream no longer holds them")]

    def test_what_a_parent_shard_holds_comes_first(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(3), document(12, shard="parent"))
        scene.streams.shards["parent"] = [change(12, "other")]
        scene.streams.parents = {"shard-1": "parent"}
        scene.mapping = mapping(batch_size=1)
        scene.run(include_superseded=True)
        assert scene.function.numbers == [[12], [3]]

    def test_stream_that_is_gone_has_lost_everything(self, tmp_path: Path) -> None:
        gone = STREAM.replace("orders", "gone")
        scene = Scene(tmp_path, ten(), document(2, 5, stream_arn=gone))
        scene.mapping = None
        assert counts(scene.run()) == {"expired": 4}

    def test_what_a_bucket_keeps_needs_no_stream(self, tmp_path: Path) -> None:
        changes = ten()
        payload = [as_event(each, STREAM) for each in changes[1:3]]
        scene = Scene(tmp_path, changes, document(2, 3, payload=lambda: payload))
        scene.streams = FakeStreams({})
        assert counts(scene.run()) == {"replayed": 2, "deleted": 1}
        assert scene.streams.calls == {}

    def test_foreign_messages_are_left_alone_and_count_as_unfinished(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), UnrecognizedMessage("order", "it is an order"), document(3))
        found = scene.run()
        assert found.left
        assert scene.kept.deleted == ["document-3-3"]

    @pytest.mark.parametrize("code", ["ResourceNotFoundException", "ExpiredTokenException"])
    def test_nothing_is_deleted_where_the_function_cannot_be_invoked(self, tmp_path: Path, code: str) -> None:
        scene = Scene(tmp_path, ten(), document(3))
        scene.function = FakeLambda(lambda _records: refusal(code))
        with pytest.raises(AwsError, match=code):
            scene.run()
        assert scene.kept.deleted == []


class TestSuperseded:
    @pytest.fixture
    def scene(self, tmp_path: Path) -> Scene:
        """Parked is what 1 and 2 did to an item that 3 has changed since."""
        return Scene(
            tmp_path, [change(1, "a"), change(2, "a"), change(3, "a"), change(4, "b")], document(1, 2), document(4)
        )

    def test_item_that_was_overwritten_is_not_set_back(self, scene: Scene) -> None:
        found = scene.run()
        assert counts(found) == {"replayed": 1, "superseded": 2, "deleted": 1}
        assert scene.function.numbers == [[4]]

    def test_it_is_where_somebody_wants_it(self, scene: Scene) -> None:
        assert counts(scene.run(include_superseded=True)) == {"replayed": 3, "deleted": 2}
        assert scene.table.calls == {}

    def test_records_that_lead_to_the_item_as_it_is_are_all_replayed(self, scene: Scene) -> None:
        scene.kept.documents.append(document(3))
        scene.mapping = mapping(batch_size=1)
        assert counts(scene.run()) == {"replayed": 4, "deleted": 3}
        assert scene.function.numbers == [[1], [2], [3], [4]]

    def test_item_that_is_gone_is_not_brought_back(self, scene: Scene) -> None:
        del scene.table.items["b"]
        assert counts(scene.run()) == {"superseded": 3}

    def test_item_that_came_back_is_not_removed(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, [change(1, "a", event="REMOVE"), change(2, "a")], document(1))
        assert counts(scene.run()) == {"superseded": 1}

    def test_removal_that_still_holds_is_replayed(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, [change(1, "a", event="REMOVE")], document(1))
        assert counts(scene.run()) == {"replayed": 1, "deleted": 1}

    def test_order_of_a_set_is_no_difference(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, [change(1, image={"id": {"S": "a"}, "s": {"SS": ["x", "y"]}})], document(1))
        scene.table.items["a"] = {"id": {"S": "a"}, "s": {"SS": ["y", "x"]}}
        assert counts(scene.run()) == {"replayed": 1, "deleted": 1}

    def test_stream_of_keys_alone_has_nothing_to_compare(self, tmp_path: Path) -> None:
        only_keys = change(1)
        del only_keys["dynamodb"]["NewImage"]
        scene = Scene(tmp_path, [only_keys], document(1))
        assert counts(scene.run()) == {"replayed": 1, "deleted": 1}

    def test_items_are_read_a_hundred_at_once(self, tmp_path: Path) -> None:
        changes = [change(number, f"item-{number}") for number in range(1, 251)]
        scene = Scene(tmp_path, changes, document(1, 250))
        scene.mapping = mapping(batch_size=1000)
        assert counts(scene.run()) == {"replayed": 250, "deleted": 1}


class TestReconcile:
    @pytest.fixture
    def scene(self, tmp_path: Path) -> Scene:
        """A bucket keeps what the stream has forgotten: 1 and 2 are of an item that changed, 3 of one that is gone."""
        changes = [change(1, "a"), change(2, "a", event="MODIFY"), change(3, "b")]
        payload = [as_event(each, STREAM) for each in changes]
        scene = Scene(tmp_path, [], document(1, 3, payload=lambda: payload))
        scene.table.items["a"] = {"id": {"S": "a"}, "now": {"BOOL": True}}
        return scene

    def test_tells_what_items_are_now(self, scene: Scene) -> None:
        assert counts(scene.run(replay.reconcile)) == {"replayed": 3, "deleted": 1}
        ((first, second),) = scene.function.batches
        assert (first["eventName"], first["dynamodb"]["NewImage"]["now"]) == ("MODIFY", {"BOOL": True})
        assert (second["eventName"], second["dynamodb"]["Keys"]) == ("REMOVE", {"id": {"S": "b"}})
        assert "NewImage" not in second["dynamodb"]

    def test_says_which_history_is_lost(self, scene: Scene) -> None:
        found = scene.run(replay.reconcile)
        assert [(about, note.split(",")[0]) for about, note in found.notes] == [
            ("id=a", "2 earlier states not sent"),
            ("id=b", "1 earlier state not sent"),
        ]

    def test_loses_nothing_where_the_last_state_still_holds(self, scene: Scene) -> None:
        scene.table.items = {"a": change(2)["dynamodb"]["NewImage"], "b": change(3, "b")["dynamodb"]["NewImage"]}
        (note,) = scene.run(replay.reconcile).notes
        assert note[0] == "id=a"
        assert "1 earlier state not sent" in note[1]

    def test_event_has_an_id_of_its_own_which_is_always_the_same(self, scene: Scene) -> None:
        scene.run(replay.reconcile, dry_run=False)
        scene.journal.unlink()
        scene.kept.deleted.clear()
        scene.run(replay.reconcile)
        first, second = scene.function.batches
        assert [one["eventID"] for one in first] == [one["eventID"] for one in second]
        assert not {one["eventID"] for one in first} & {f"{number:032x}" for number in (1, 2, 3)}

    def test_dry_run_sends_and_deletes_nothing(self, scene: Scene) -> None:
        scene.run(replay.reconcile, dry_run=True)
        assert scene.function.batches == []
        assert scene.kept.deleted == []

    def test_document_stays_where_the_function_fails(self, scene: Scene) -> None:
        scene.function = FakeLambda(reports(3))
        assert counts(scene.run(replay.reconcile)) == {"replayed": 2, "failed": 1}
        assert scene.kept.deleted == []
        scene.function = FakeLambda()
        assert counts(scene.run(replay.reconcile)) == {"replayed": 1, "processed_before": 2, "deleted": 1}

    def test_what_the_filter_does_not_let_through_now_is_settled(self, scene: Scene) -> None:
        scene.mapping = mapping('{"eventName": ["INSERT", "MODIFY"]}')
        assert counts(scene.run(replay.reconcile)) == {"replayed": 2, "filtered": 1, "deleted": 1}

    def test_what_nothing_names_stays_lost(self, scene: Scene) -> None:
        scene.kept.documents = [document(1, 3)]
        scene.streams.horizon = 10
        assert counts(scene.run(replay.reconcile)) == {"expired": 3}
        assert scene.function.batches == []

    def test_goes_on_where_replay_stopped_for_what_was_overtaken(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, [change(1, "a"), change(2, "a")], document(1))
        assert counts(scene.run()) == {"superseded": 1}
        assert counts(scene.run(replay.reconcile)) == {"replayed": 1, "deleted": 1}
        assert scene.function.batches[0][0]["dynamodb"]["NewImage"]["n"] == {"N": "2"}


class TestFetch:
    def test_gives_each_record_once_with_a_document(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(3, 5), document(5, 6))
        summary, written = scene.fetch()
        assert [int(one["dynamodb"]["SequenceNumber"]) for one in written] == [3, 4, 5, 6]
        assert written[0]["document"]["id"] == "document-3-5"
        assert {name: value for name, value in written[0].items() if name != "document"} == as_event(ten()[2], STREAM)
        assert json.loads(json.dumps(written)) == written
        assert (summary.fetched, summary.left) == (4, {})

    def test_tells_what_is_lost(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(3, 5))
        scene.streams.horizon = 20
        summary, written = scene.fetch()
        assert (written, summary.left) == ([], {"expired": 3})


class TestFunction:
    """Whose records are sent to which function, and whose messages are deleted."""

    ANOTHER = f"{FUNCTION}-2"

    @pytest.fixture
    def scene(self, tmp_path: Path) -> Scene:
        scene = Scene(tmp_path, ten(), document(3), document(5, function_arn=f"{self.ANOTHER}:$LATEST"))
        scene.mapping = None
        return scene

    def test_is_the_one_in_the_invocation_record(self, scene: Scene) -> None:
        assert counts(scene.run()) == {"replayed": 2, "deleted": 2}
        assert scene.function.functions == [FUNCTION, self.ANOTHER]

    def test_is_that_of_the_mapping_and_others_are_left_alone(self, scene: Scene) -> None:
        scene.mapping = mapping()
        found = scene.run()
        assert counts(found) == {"replayed": 1, "deleted": 1}
        assert (found.others, found.left) == ({"orders-2": 1}, {})
        assert scene.function.functions == [FUNCTION]
        assert scene.kept.deleted == ["document-3-3"]

    def test_is_the_same_whatever_its_qualifier(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(3, function_arn=f"{FUNCTION}:live"), document(5))
        assert counts(scene.run()) == {"replayed": 2, "deleted": 2}

    def test_has_the_qualifier_of_the_newest_invocation_record(self, tmp_path: Path) -> None:
        old = document(3, function_arn=f"{FUNCTION}:1", sent=1.0)
        scene = Scene(tmp_path, ten(), old, document(5, function_arn=f"{FUNCTION}:2", sent=2.0))
        scene.mapping = None
        assert counts(scene.run()) == {"replayed": 2, "deleted": 2}
        assert scene.function.functions == [f"{FUNCTION}:2"]

    def test_that_is_given_takes_its_own(self, scene: Scene) -> None:
        scene.given["function"] = "orders-2"
        assert counts(scene.run()) == {"replayed": 1, "deleted": 1}
        assert scene.function.functions == ["orders-2"]
        assert scene.kept.deleted == ["document-5-5"]

    def test_that_is_given_and_has_none_takes_none_of_several(self, scene: Scene) -> None:
        scene.given["function"] = "staging"
        found = scene.run()
        assert (counts(found), found.others) == ({}, {"orders": 1, "orders-2": 1})
        assert scene.function.functions == []

    @pytest.mark.parametrize("known", [True, False])
    def test_instead_of_the_own_one_deletes_nothing(self, tmp_path: Path, *, known: bool) -> None:
        scene = Scene(tmp_path, ten(), document(3))
        scene.mapping = mapping() if known else None
        scene.given["function"] = "staging"
        found = scene.run()
        assert counts(found) == {"replayed": 1}
        assert (found.kept, found.left) == (1, {})
        assert scene.function.functions == ["staging"]
        assert scene.kept.deleted == []

    def test_of_another_region_or_account_is_another(self) -> None:
        here = FunctionId.parse(FUNCTION)
        assert here.same(FunctionId.parse("orders:live"))
        assert here.same(FunctionId.parse("123456789012:function:orders"))
        assert not here.same(FunctionId.parse(FUNCTION.replace("eu-west-1", "eu-west-2")))
        assert not here.same(FunctionId.parse(FUNCTION.replace("123456789012", "123456789013")))
        assert not here.same(FunctionId.parse("orders-2"))

    def test_that_does_not_exist_does_not_stop_others(self, scene: Scene) -> None:
        def behaves(_records: Any) -> Any:  # noqa: ANN401
            return refusal("ResourceNotFoundException") if scene.function.functions[-1] == FUNCTION else None

        scene.function = FakeLambda(behaves)
        found = scene.run()
        assert counts(found) == {"replayed": 1, "skipped": 1, "deleted": 1}
        assert "cannot be invoked: ResourceNotFoundException" in found.notes[0][1]

    def test_of_another_one_does_not_make_records_expire(self, tmp_path: Path) -> None:
        """Two functions' messages about one shard: the second range begins before the end of the first."""
        scene = Scene(tmp_path, ten(), document(3, 9), document(2, 5, function_arn=self.ANOTHER))
        scene.mapping = None
        assert counts(scene.run()) == {"replayed": 11, "deleted": 2}

    def test_of_another_one_does_not_supersede(self, tmp_path: Path) -> None:
        """What one function was sent of an item is none of another's business: the table decides."""
        changes = [change(1, "a"), change(2, "a")]
        scene = Scene(tmp_path, changes, document(1), document(2, function_arn=self.ANOTHER))
        scene.mapping = None
        assert counts(scene.run()) == {"superseded": 1, "replayed": 1, "deleted": 1}
        assert scene.function.functions == [self.ANOTHER]

    def test_of_another_one_does_not_block(self, tmp_path: Path) -> None:
        changes = [change(1, "a"), change(2, "a")]
        scene = Scene(tmp_path, changes, document(1, 2), document(1, 2, id="b", function_arn=self.ANOTHER))
        scene.mapping = None
        scene.function = FakeLambda(
            lambda records: reports(1)(records) if scene.function.functions[-1] == FUNCTION else None
        )
        assert counts(scene.run()) == {"failed": 1, "blocked": 1, "replayed": 2, "deleted": 1}


class TestRegion:
    @pytest.mark.parametrize(
        "changed",
        [{"stream_arn": STREAM.replace("eu-west-1", "eu-west-2")}, {"function_arn": FUNCTION.replace("-1:", "-2:")}],
        ids=["stream", "function"],
    )
    def test_other_than_that_of_the_run_is_left_alone(self, tmp_path: Path, changed: dict[str, Any]) -> None:
        scene = Scene(tmp_path, ten(), document(3, **changed), document(5))
        scene.mapping = None
        scene.given["region"] = "eu-west-1"
        found = scene.run()
        assert counts(found) == {"replayed": 1, "skipped": 1, "deleted": 1}
        assert "run the command with --region eu-west-2" in found.notes[0][1]


class TestExpired:
    """Records expire only if the stream says so, and nothing is sent that may not have been in the batch."""

    def scene(self, folder: Path, horizon: int, *documents: InvocationRecord) -> Scene:
        scene = Scene(folder, ten(), *documents)
        scene.streams.shards["shard-1"] = [
            each for each in scene.streams.shards["shard-1"] if int(each["dynamodb"]["SequenceNumber"]) >= horizon
        ]
        scene.streams.horizon = horizon
        return scene

    def test_rest_of_a_batch_is_not_sent_where_nobody_knows_which_it_is(self, tmp_path: Path) -> None:
        scene = self.scene(tmp_path, 4, document(2, 8, size=3))
        scene.mapping = None
        found = scene.run()
        assert counts(found) == {"expired": 1, "skipped": 2}
        assert "--mapping tells" in found.notes[0][1]

    def test_rest_of_a_batch_is_sent_where_the_filter_tells(self, tmp_path: Path) -> None:
        keys = json.dumps({"dynamodb": {"Keys": {"id": {"S": ["item-2", "item-5", "item-8"]}}}})
        scene = self.scene(tmp_path, 4, document(2, 8, size=3))
        scene.mapping = mapping(keys)
        assert counts(scene.run()) == {"expired": 1, "replayed": 2}
        assert scene.function.numbers == [[5, 8]]

    def test_records_that_the_stream_does_not_return_are_not_gone(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(9, 12))
        found = scene.run()
        assert counts(found) == {"skipped": 4}
        assert "run the command again" in found.notes[0][1]

    def test_late_invocation_records_are_counted(self, tmp_path: Path) -> None:
        late = document(2, first_arrival=1.0, sent=86_400.0)
        found = self.scene(tmp_path, 4, late, document(3)).run()
        assert (found.expired, found.late) == (2, 1)


class TestItems:
    def test_are_read_again_before_each_invocation(self, tmp_path: Path) -> None:
        """A batch that fails is split, and the item of its second part changes meanwhile."""
        scene = Scene(tmp_path, ten(), document(3), document(5))

        def behaves(records: list[dict[str, Any]]) -> Any:  # noqa: ANN401
            scene.table.items["item-5"] = {"id": {"S": "item-5"}, "n": {"N": "6"}}
            return "no" if len(records) > 1 else None

        scene.function = FakeLambda(behaves)
        assert counts(scene.run()) == {"replayed": 1, "superseded": 1, "deleted": 1}
        assert scene.function.numbers == [[3, 5], [3]]

    def test_are_read_again_before_a_throttled_invocation_is_repeated(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(time, "sleep", lambda _seconds: None)
        scene = Scene(tmp_path, ten(), document(3))

        def behaves(_records: Any) -> Any:  # noqa: ANN401
            scene.table.items["item-3"] = {"id": {"S": "item-3"}, "n": {"N": "6"}}
            return refusal("TooManyRequestsException")

        scene.function = FakeLambda(behaves)
        assert counts(scene.run()) == {"superseded": 1}
        assert len(scene.function.batches) == 1

    def test_of_a_reconciliation_are_read_again_before_each_invocation(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, ten(), document(3), document(5))

        def behaves(records: list[dict[str, Any]]) -> Any:  # noqa: ANN401
            scene.table.items["item-5"] = {"id": {"S": "item-5"}, "n": {"N": "6"}}
            return "no" if len(records) > 1 else None

        scene.function = FakeLambda(behaves)
        assert counts(scene.run(replay.reconcile)) == {"replayed": 1, "superseded": 1, "deleted": 1}

    def test_whose_newer_record_an_earlier_run_has_sent_is_not_set_back(self, tmp_path: Path) -> None:
        """The run that sent record 2 was killed before it could delete the message."""
        scene = Scene(tmp_path, [change(1, "a"), change(2, "a")], document(2))
        scene.run()
        scene.kept.deleted.clear()
        scene.kept.documents.append(document(1))
        assert counts(scene.run()) == {"superseded": 1, "processed_before": 1, "deleted": 1}
        assert scene.function.numbers == [[2]]

    def test_whose_older_record_failed_in_an_earlier_portion_are_blocked(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jobs, "PORTION", 1)
        scene = Scene(tmp_path, [change(1, "a"), change(2, "a")], document(1), document(2))
        scene.function = FakeLambda(lambda _records: "no")
        for verb in (replay.reconcile, functools.partial(replay.replay, include_superseded=True)):
            scene.function.batches.clear()
            assert counts(scene.run(verb)) == {"failed": 1, "blocked": 1}
            assert scene.function.numbers == [[1]]

    def test_that_an_earlier_portion_sent_are_not_sent_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jobs, "PORTION", 1)
        for verb in (replay.reconcile, replay.replay):
            scene = Scene(tmp_path, [change(1, "a"), change(2, "a")], document(2), replace(document(2), id="again"))
            assert counts(scene.run(verb)) == {"replayed": 1, "processed_before": 1, "deleted": 2}
            assert scene.function.numbers == [[2]]
            scene.journal.unlink()

    def test_whose_current_state_an_earlier_portion_sent_are_reconciled(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jobs, "PORTION", 1)
        scene = Scene(tmp_path, [change(1, "a"), change(2, "a")], document(2), document(1))
        assert counts(scene.run(replay.reconcile)) == {"replayed": 1, "processed_before": 1, "deleted": 2}

    def test_whose_newer_record_an_earlier_portion_had_is_not_set_back(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jobs, "PORTION", 1)
        same = {"id": {"S": "a"}, "n": {"N": "1"}}
        scene = Scene(tmp_path, [change(1, "a", image=same), change(2, "a", image=same)], document(2), document(1))
        assert counts(scene.run()) == {"replayed": 1, "superseded": 1, "deleted": 1}
        assert scene.function.numbers == [[2]]

    def test_with_a_key_that_the_table_refuses_do_not_stop_others(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, [change(1, "a"), change(2, "b")], document(1), document(2))
        scene.table.refused = {"a"}
        assert counts(scene.run()) == {"replayed": 1, "skipped": 1, "deleted": 1}

    def test_that_the_table_keeps_not_reading_end_the_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses: list[float] = []
        monkeypatch.setattr(time, "sleep", pauses.append)
        scene = Scene(tmp_path, ten(), document(3))
        scene.table.unprocessed = 1000
        with pytest.raises(AwsError, match="the table is throttled"):
            scene.run()
        assert len(pauses) >= 9
        assert scene.kept.deleted == []
