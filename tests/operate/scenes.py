"""A stream, its table, a function and documents, in memory, and what a run makes of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from generator.mapping.filters import Filter
from generator.operate import replay
from generator.operate.job import Job
from generator.operate.journal import Journal
from generator.operate.messages import InvocationRecord, UnrecognizedMessage
from generator.operate.references import MappingRef
from generator.operate.tracker import Summary
from tests.operate.fakes import FUNCTION, STREAM, FakeLambda, FakeStreams, FakeTable, Kept, change


class Scene:
    """A stream, its table as the last records left it, a function, and documents."""

    def __init__(
        self, folder: Path, changes: list[dict[str, Any]], *documents: InvocationRecord | UnrecognizedMessage
    ) -> None:
        self.streams = FakeStreams({"shard-1": changes})
        self.table = FakeTable()
        self.function = FakeLambda()
        self.kept = Kept(list(documents))
        self.journal = folder / "journal"
        self.mapping: MappingRef | None = mapping()
        self.given: dict[str, Any] = {}
        for each in changes:
            key = each["dynamodb"]["Keys"]["id"]["S"]
            self.table.items.pop(key, None)
            if "NewImage" in each["dynamodb"]:
                self.table.items[key] = each["dynamodb"]["NewImage"]

    def job(self) -> Job:
        clients = {"lambda": self.function, "dynamodb": self.table, "dynamodbstreams": self.streams}
        destination = Kept([each for each in self.kept.documents if each.id not in self.kept.deleted])
        destination.deleted = self.kept.deleted
        return Job(
            client=clients.__getitem__,
            destination=destination,
            mapping=self.mapping,
            reads_per_second=1e9,
            **self.given,
        )

    def run(self, verb: Callable[..., Summary] = replay.replay, *, dry_run: bool = False, **options: Any) -> Summary:  # noqa: ANN401
        journal = Journal(self.journal, {"destination": "a test"}, writing=not dry_run)
        try:
            return verb(self.job(), journal, dry_run=dry_run, **options)
        finally:
            journal.close()

    def fetch(self) -> tuple[Summary, list[dict[str, Any]]]:
        written: list[Any] = []
        return replay.fetch(self.job(), written.append), written


def mapping(*patterns: str, batch_size: int = 100) -> MappingRef:
    return MappingRef(
        uuid="uuid",
        arn="arn",
        function_arn=f"{FUNCTION}:$LATEST",
        stream_arn=STREAM,
        batch_size=batch_size,
        filter=Filter(patterns),
    )


def ten(**changed: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [change(number, f"item-{number}", **changed) for number in range(1, 11)]


def counts(summary: Summary) -> dict[str, int]:
    names = (
        "replayed",
        "failed",
        "blocked",
        "superseded",
        "skipped",
        "expired",
        "filtered",
        "processed_before",
        "deleted",
    )
    return {name: getattr(summary, name) for name in names if getattr(summary, name)}
