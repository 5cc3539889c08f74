"""Is every invocation record processed by its own function, and is everything kept alive meanwhile?"""

import itertools
import time
from pathlib import Path
from typing import Any

import pytest

from generator.operate.job import Job
from generator.operate.references import FunctionId
from tests.operate.fakes import FUNCTION, STREAM, FakeLambda, Kept, change, document, refusal, reports
from tests.operate.scenes import Scene, counts, mapping, ten


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


class TestPause:
    def test_is_interrupted_by_signs_of_life(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A limit on the rate can ask for a pause of hours, and messages stay hidden for one."""
        job = Job(client=lambda _service: None, destination=Kept([]))
        parts: list[float] = []
        alive: list[float] = []
        monkeypatch.setattr(time, "sleep", parts.append)
        monkeypatch.setattr(job, "keep_alive", lambda: alive.append(sum(parts)))
        job.pause(10_000, "")
        assert sum(parts) == 10_000
        assert max(after - before for before, after in itertools.pairwise(alive)) <= 60
        assert alive[-1] == 10_000

    def test_that_nobody_planned_is_printed_with_its_reason(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lines: list[str] = []
        job = Job(client=lambda _service: None, destination=Kept([]), print_line=lines.append)
        monkeypatch.setattr(time, "sleep", lambda _seconds: None)
        job.pause(30, "ThrottlingException")
        job.pause(0.5, "ThrottlingException")
        job.pause(30, "")
        assert lines == ["Waiting 30 s: ThrottlingException."]
