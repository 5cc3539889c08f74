"""Does a reconciliation send what the items are now, whatever the records say?"""

from pathlib import Path

import pytest

from generator.mapping.records import as_event
from generator.operate import replay
from tests.operate.fakes import STREAM, FakeLambda, change, document, reports
from tests.operate.scenes import Scene, counts, mapping


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
