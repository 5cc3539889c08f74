"""Are the current items read, before each invocation, and however the table answers?"""

import functools
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.errors import AwsError
from generator.operate import job as jobs
from generator.operate import replay
from generator.operate.items import Items
from tests.operate.fakes import STREAM, FakeLambda, FakeTable, change, document, refusal
from tests.operate.scenes import Scene, counts, ten


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


class TestRead:
    KEYS = tuple(f'{{"id": {{"S": "item-{number}"}}}}' for number in range(10))

    @pytest.fixture
    def pauses(self) -> list[tuple[float, str]]:
        return []

    @pytest.fixture
    def table(self) -> FakeTable:
        """A table without any item, which answers for three keys at once."""
        return FakeTable(keys_per_call=3)

    def read(self, table: FakeTable, pauses: list[tuple[float, str]]) -> dict[str, Any]:
        items = Items({"dynamodb": table}.__getitem__, STREAM, pause=lambda *pause: pauses.append(pause))
        return items.read(self.KEYS)

    def test_goes_on_with_keys_that_were_not_processed(self, table: FakeTable, pauses: list[tuple[float, str]]) -> None:
        """No item exists, so no answer holds one: the number of keys that are left shows that it goes on."""
        assert self.read(table, pauses) == dict.fromkeys(self.KEYS)
        assert table.calls["BatchGetItem"] == 4
        assert [reason for _, reason in pauses] == ["UnprocessedKeys"] * 3
        assert all(0 < seconds < 1 for seconds, _ in pauses)

    def test_waits_longer_if_no_key_was_processed(self, table: FakeTable, pauses: list[tuple[float, str]]) -> None:
        table.unprocessed = 3
        assert self.read(table, pauses) == dict.fromkeys(self.KEYS)
        assert pauses[2][0] > pauses[0][0]
