"""A stream, its table, a function and documents, in memory, and what a run makes of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from generator.mapping.filters import Filter
from generator.operate import redrive
from generator.operate.destinations import Foreign
from generator.operate.documents import Document
from generator.operate.journal import Journal
from generator.operate.ledger import Summary
from generator.operate.reading import StreamReader
from generator.operate.redrive import Source
from generator.operate.targets import Target
from tests.operate.fakes import FUNCTION, STREAM, FakeLambda, FakeStreams, FakeTable, Kept, change


class Scene:
    """A stream, its table as the last records left it, a function, and documents."""

    def __init__(self, folder: Path, changes: list[dict[str, Any]], *documents: Document | Foreign) -> None:
        self.streams = FakeStreams({"shard-1": changes})
        self.table = FakeTable()
        self.function = FakeLambda()
        self.kept = Kept(list(documents))
        self.journal = folder / "journal"
        self.target: Target | None = mapping()
        self.given: dict[str, Any] = {}
        for each in changes:
            key = each["dynamodb"]["Keys"]["id"]["S"]
            self.table.items.pop(key, None)
            if "NewImage" in each["dynamodb"]:
                self.table.items[key] = each["dynamodb"]["NewImage"]

    def source(self) -> Source:
        clients = {"lambda": self.function, "dynamodb": self.table}
        reader = StreamReader(self.streams, sleep=lambda _seconds: None)
        destination = Kept([each for each in self.kept.documents if each.id not in self.kept.deleted])
        destination.deleted = self.kept.deleted
        source = Source(
            client=clients.__getitem__, destination=destination, reader=reader, target=self.target, **self.given
        )
        source.look()
        return source

    def run(self, verb: Callable[..., Summary] = redrive.replay, *, rehearsal: bool = False, **options: Any) -> Summary:  # noqa: ANN401
        journal = Journal(self.journal, "a test", writing=not rehearsal)
        try:
            return verb(self.source(), journal, rehearsal=rehearsal, **options)
        finally:
            journal.close()

    def fetch(self) -> tuple[Summary, list[dict[str, Any]]]:
        written: list[Any] = []
        return redrive.fetch(self.source(), written.append), written


def mapping(*patterns: str, batch_size: int = 100) -> Target:
    return Target(
        mapping="uuid",
        arn="arn",
        function_arn=f"{FUNCTION}:$LATEST",
        stream_arn=STREAM,
        batch_size=batch_size,
        filter=Filter(patterns),
    )


def ten(**changed: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [change(number, f"item-{number}", **changed) for number in range(1, 11)]


def counts(summary: Summary) -> dict[str, int]:
    names = ("replayed", "failed", "parked", "lost", "filtered", "before", "deleted")
    return {name: getattr(summary, name) for name in names if getattr(summary, name)}
