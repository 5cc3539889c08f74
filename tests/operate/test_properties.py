"""Whatever a stream, its documents and its function are: nothing is deleted without success, nothing is told twice."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.operate import replay
from generator.operate.job import Job
from generator.operate.journal import Journal
from generator.operate.messages import InvocationRecord
from generator.operate.tracker import Summary
from tests.operate.fakes import FakeLambda, FakeStreams, FakeTable, Kept, change, document
from tests.operate.scenes import mapping
from tests.support.properties import examples

KEYS = "abcd"
FILTER = '{"eventName": ["MODIFY"]}'
"""What the mapping lets through: the other records lie in the ranges, and were in no batch."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _no_disk() -> Iterator[None]:
    """Do without waiting for the disk, which is most of the time: who dies here is not the machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _descriptor: None)
        yield


class World:
    """A random stream of a few shards with documents about some of it, and what became of the records."""

    def __init__(self, draw: st.DrawFn) -> None:
        number = 0
        self.shards: dict[str, list[dict[str, Any]]] = {}
        self.documents: list[InvocationRecord] = []
        for shard in range(draw(st.integers(1, 3))):
            name = f"shard-{shard}"
            self.shards[name] = []
            for _ in range(draw(st.integers(0, 25))):
                number += draw(st.sampled_from([1, 2, 90]))
                event = draw(st.sampled_from(["MODIFY", "MODIFY", "INSERT"]))
                # The keys of shards are disjoint, as those of siblings are.
                self.shards[name].append(change(number, draw(st.sampled_from(KEYS)) + name, event=event))
            for _ in range(draw(st.integers(0, 4))):
                self._document(draw, name)
        self.batch_size = draw(st.integers(1, 6))
        self.page = draw(st.integers(1, 9))
        self.empty = draw(st.integers(0, 2))
        self.horizon = draw(st.integers(0, number)) if draw(st.booleans()) else 0
        numbers = [int(each["dynamodb"]["SequenceNumber"]) for records in self.shards.values() for each in records]
        self.failing = set(draw(st.lists(st.sampled_from(numbers), max_size=4))) if numbers else set()
        self.raises = draw(st.booleans())
        self.succeeded: list[int] = []

    def _document(self, draw: st.DrawFn, shard: str) -> None:
        """Add a document about a batch as a mapping makes it: from one matching record to another."""
        matching = [number for number, event in self.records(shard) if event == "MODIFY"]
        if not matching:
            return
        first = draw(st.integers(0, len(matching) - 1))
        batch = matching[first : first + draw(st.integers(1, 8))]
        name = f"{shard}-{len(self.documents)}"
        self.documents.append(document(batch[0], batch[-1], shard=shard, size=len(batch), id=name))

    def records(self, shard: str) -> list[tuple[int, str]]:
        return [(int(each["dynamodb"]["SequenceNumber"]), each["eventName"]) for each in self.shards[shard]]

    def named(self, of: InvocationRecord) -> list[int]:
        """The records that a document is about, whether the stream still has them or not."""
        assert of.first is not None
        assert of.last is not None
        return [n for n, event in self.records(of.shard) if of.first <= n <= of.last and event == "MODIFY"]

    def left(self, of: InvocationRecord) -> set[int]:
        """Those of them that the stream still has."""
        return {number for number in self.named(of) if number >= self.horizon}

    def streams(self) -> FakeStreams:
        left = {
            name: [each for each in records if int(each["dynamodb"]["SequenceNumber"]) >= self.horizon]
            for name, records in self.shards.items()
        }
        return FakeStreams(left, horizon=self.horizon, page=self.page, empty=self.empty)

    def job(self, function: FakeLambda, kept: Kept) -> Job:
        clients: dict[str, Any] = {"lambda": function, "dynamodb": FakeTable(), "dynamodbstreams": self.streams()}
        target = mapping(FILTER, batch_size=self.batch_size)
        return Job(client=clients.__getitem__, destination=kept, mapping=target, reads_per_second=1e9)

    def function(self, dies_after: int | None = None) -> FakeLambda:
        """Return a function that fails for some records, and the process that dies before one of its invocations."""
        made = FakeLambda()

        def behaves(records: list[dict[str, Any]]) -> Any:  # noqa: ANN401
            if dies_after is not None and len(made.batches) > dies_after:
                raise KeyboardInterrupt
            numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
            bad = [number for number in numbers if number in self.failing]
            if bad and self.raises:
                return "the function failed"
            self.succeeded += [number for number in numbers if not bad or number < min(bad)]
            return {"batchItemFailures": [{"itemIdentifier": str(number)} for number in bad]}

        made._behaves = behaves
        return made

    def replay(self, file: Path, kept: Kept, dies_after: int | None = None) -> Summary | None:
        writing = Journal(file, {"destination": "a world"})
        try:
            job = self.job(self.function(dies_after), kept)
            return replay.replay(job, writing, dry_run=False, include_superseded=True)
        except KeyboardInterrupt:
            return None
        finally:
            writing.close()
            kept.documents = [each for each in kept.documents if each.id not in kept.deleted]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    return World(draw)


@examples(4)
@given(worlds())
def test_every_record_that_is_named_and_left_is_fetched_exactly_once(world: World) -> None:
    written: list[Mapping[str, Any]] = []
    summary = replay.fetch(world.job(FakeLambda(), Kept(list(world.documents))), written.append)
    fetched = Counter(int(one["dynamodb"]["SequenceNumber"]) for one in written)
    assert set(fetched) == {number for each in world.documents for number in world.left(each)}
    assert set(fetched.values()) <= {1}
    assert summary.expired == sum(len(world.named(each)) - len(world.left(each)) for each in world.documents)


@examples(6)
@given(worlds(), st.lists(st.integers(0, 4), max_size=3))
def test_nothing_is_deleted_without_success_or_told_twice(world: World, deaths: list[int]) -> None:
    kept = Kept(list(world.documents))
    with tempfile.TemporaryDirectory() as folder:
        for dies_after in [*deaths, None]:
            summary = world.replay(Path(folder) / "journal", kept, dies_after)
            for each in world.documents:
                if each.id in kept.deleted:
                    assert set(world.named(each)) <= set(world.succeeded)
    assert summary is not None
    assert set(Counter(world.succeeded).values()) <= {1}
    assert set(world.succeeded).isdisjoint(world.failing)
    whole = {each.id for each in world.documents if set(world.named(each)) <= set(world.succeeded)}
    assert whole == set(kept.deleted)
    _is_in_order(world)


def _is_in_order(world: World) -> None:
    """Hold for each item: it was told in order, and nothing that comes after a record that failed."""
    named = sorted({number for each in world.documents for number in world.left(each)})
    keys = {int(r["dynamodb"]["SequenceNumber"]): str(r["dynamodb"]["Keys"]) for s in world.shards.values() for r in s}
    for key in set(keys.values()):
        told = [number for number in world.succeeded if keys[number] == key]
        wanted = [number for number in named if keys[number] == key]
        failed = next((place for place, number in enumerate(wanted) if number in world.failing), len(wanted))
        assert told == wanted[:failed]


@examples(1.5)
@given(worlds())
def test_everything_is_told_in_the_end_once_the_function_is_repaired(world: World) -> None:
    kept = Kept(list(world.documents))
    with tempfile.TemporaryDirectory() as folder:
        world.replay(Path(folder) / "journal", kept)
        world.failing = set()
        summary = world.replay(Path(folder) / "journal", kept)
    assert summary is not None
    assert sorted(world.succeeded) == sorted({number for each in world.documents for number in world.left(each)})
    assert {each.id for each in kept.documents} == {
        each.id for each in world.documents if world.left(each) != set(world.named(each))
    }
