"""Faults that last, pipelines that live through them, and what must be so at the end."""

import json
import random
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tests.opensearch.conftest import Function
from tests.opensearch.following import Pipeline, run_all
from tests.opensearch.nodes import Node
from tests.opensearch.scenario import MODES, REMOVED, Change, put, remove
from tests.opensearch.servers import Server

PER_SECOND = 10
SECONDS = 12
FAULT = 9.0
"""Seconds that a fault lasts: more than the 6.2 s in which five retries are spent."""
PIPELINES = {
    "report": {"ON_REJECTED": "report"},
    "park": {"ON_REJECTED": "park"},
    "park-versioned": {"ON_REJECTED": "park", **MODES["versioned"]},
    "park-ordered": {"ON_REJECTED": "park", **MODES["ordered"]},
}


class Trouble(NamedTuple):
    """A fault: what begins and what ends it."""

    begins: Callable[[Server, Node, str], object]
    ends: Callable[[Server, Node, str], object]


def changes(seed: int) -> list[Change]:
    """Return changes of few items, among them one that no mapping takes."""
    chosen = random.Random(seed)  # noqa: S311 - no secret
    made = []
    for place in range(PER_SECOND * SECONDS):
        key = f"k{chosen.randrange(25)}"
        made.append(remove(key, v=place) if chosen.random() < 0.2 else put(key, v=place, n=place))
    return made


def events_of(invoke: Function, written: Sequence[Change], began: float) -> list[dict[str, Any]]:
    """Return stream records of changes, so many a second."""
    events = []
    for place, change in enumerate(written):
        event = invoke.record(change, place)
        event["dynamodb"]["ApproximateCreationDateTime"] = began + place / PER_SECOND
        events.append(event)
    return events


def table_of(written: Sequence[Change]) -> dict[str, dict[str, Any]]:
    """Return the items after all changes."""
    items: dict[str, dict[str, Any]] = {}
    for change in written:
        items.pop(change.key["id"], None)
        if change.name != REMOVED:
            items[change.key["id"]] = {**change.key, **change.attributes}
    return items


def indexed(server: Server, name: str) -> dict[str, dict[str, Any]]:
    """Return the documents of an index without what the function adds, and without markers."""
    return {
        id_: {field: value for field, value in document.items() if field != "dynamodb_sequence_number"}
        for id_, document in server.documents(name).items()
        if "dynamodb_removed_at" not in document
    }


def expected(name: str, items: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return items as the index has them: without the attribute of the version where it is excluded."""
    if "versioned" not in name:
        return items
    return {key: {field: value for field, value in item.items() if field != "v"} for key, item in items.items()}


def rejections(output: str) -> list[dict[str, Any]]:
    """Return the lines of the log that say that a document was rejected."""
    return [line for line in map(json.loads, output.splitlines()) if line.get("message") == "Document rejected"]


def run(
    server: Server,
    node: Node | None,
    running: Sequence[Pipeline],
    events: Sequence[dict[str, Any]],
    trouble: Trouble,
    *,
    whole: bool = False,
) -> None:
    """Run pipelines, and let the trouble begin after two seconds: for each index, or for the whole node."""

    def happens(began: float) -> None:
        time.sleep(max(0.0, began + 2 - time.time()))
        indices = ["*"] if whole else [pipeline.name for pipeline in running]
        for index in indices:
            trouble.begins(server, node, index)  # type: ignore[arg-type]
        time.sleep(FAULT)
        server.close()
        for index in indices:
            trouble.ends(server, node, index)  # type: ignore[arg-type]

    run_all(running, events, happens)


def check(server: Server, running: Sequence[Pipeline], written: Sequence[Change], output: str) -> None:
    """Check that the fault was noticed, that nothing was given up or parked, and that each index is as the table."""
    assert {pipeline.name: pipeline.given_up for pipeline in running} == {each.name: [] for each in running}
    assert [pipeline.name for pipeline in running if not pipeline.failures] == []
    assert rejections(output) == []
    items = table_of(written)
    for pipeline in running:
        assert indexed(server, pipeline.name) == expected(pipeline.name, items)
