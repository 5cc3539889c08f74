"""Does a replay tell everything once, and a reconciliation what the items are now, whatever the records say?"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from generator.errors import AwsError
from generator.mapping.records import as_event
from generator.operate.messages import InvocationRecord, UnrecognizedMessage
from tests.operate.fakes import NOW, STREAM, FakeLambda, FakeStreams, change, document, refusal, reports
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
        assert "--mapping adds" in found.notes[0][1]

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
