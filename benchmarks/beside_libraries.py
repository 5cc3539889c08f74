"""What the functions of lambda_src and the usual libraries take for the same work, in one process of .venvs/functions.

``python -m benchmarks.beside_libraries ROUNDS [URL]`` prints, as JSON, the least seconds of each; given the URL of a
node of OpenSearch, those of indexing there.
"""

import base64
import contextlib
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from functools import cache
from types import SimpleNamespace
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from boto3.dynamodb.types import TypeDeserializer
from opensearchpy import Connection, OpenSearch, helpers

from benchmarks import event_bus
from tests.support.functions import load

DECODED, HANDLED, INDEXED, ON_NODE, PUBLISHED = 1_000, 10_000, 10_000, 4_000, 1_000
BINARY = b"\x00\x01\x02"
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"


def image(number: int) -> dict[str, Any]:
    """Return an item of 20 attributes, as an order could have them: mostly text and numbers, every type once."""
    return {
        "id": {"S": f"order-{number:08}"},
        **{f"text{place}": {"S": f"some text, {number} of {place}"} for place in range(7)},
        **{f"count{place}": {"N": str(number * place)} for place in range(4)},
        "price": {"N": f"{number}.25"},
        "weight": {"N": f"0.{number + 1}"},
        "paid": {"BOOL": True},
        "note": {"NULL": True},
        "address": {"M": {"street": {"S": "Long Street"}, "number": {"N": "5"}}},
        "lines": {"L": [{"S": "one"}, {"N": "2"}]},
        "tags": {"SS": ["a", "b", "c"]},
        "token": {"B": base64.b64encode(BINARY).decode()},
    }


def record(number: int) -> dict[str, Any]:
    """Return the stream record of an item's insertion."""
    new = image(number)
    return {
        "eventID": str(number),
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": ARN,
        "dynamodb": {
            "Keys": {"id": new["id"]},
            "NewImage": new,
            "SequenceNumber": str(10**22 + number),
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


def event_of(count: int) -> dict[str, Any]:
    """Return an event as Lambda parses it, in which no two records share a text."""
    event: dict[str, Any] = json.loads(json.dumps({"Records": [record(number) for number in range(count)]}))
    return event


CONTEXT = SimpleNamespace(aws_request_id="request", get_remaining_time_in_millis=lambda: 30_000)


Work = Callable[[], object]


def decoding() -> list[Work]:
    """Decode images: ``decode``, and boto3's deserializer, which wants binary values as bytes."""
    ours = load("stream_handler", "stream")
    images = [image(number) for number in range(DECODED)]
    for_boto3 = [{**one, "token": {"B": BINARY}} for one in images]
    deserialize = TypeDeserializer().deserialize
    return [
        lambda: [ours.decode(one) for one in images],
        lambda: [{name: deserialize(value) for name, value in one.items()} for one in for_boto3],
    ]


def handling() -> list[Work]:
    """Hand records to a function that does nothing: the handler, powertools' batch processor, and a bare loop."""
    ours = load("stream_handler")
    event = event_of(HANDLED)
    processor = BatchProcessor(event_type=EventType.DynamoDBStreams)

    def nothing(record: object) -> None:
        """Do nothing with a record, which powertools gives by this name."""

    setattr(ours, "process", nothing)  # noqa: B010 - mypy knows no attributes of a module that is loaded by its path

    def bare() -> None:
        for one in event["Records"]:
            nothing(one)

    return [
        lambda: ours.handler(event, CONTEXT),
        lambda: process_partial_response(event, nothing, processor, CONTEXT),
        bare,
    ]


@cache
def answer(count: int, *, filtered: bool) -> str:
    """Return what a server says when it has indexed so many documents; the indexer asks for the statuses alone."""
    if filtered:
        return json.dumps({"items": [{"index": {"status": 201}}] * count})
    shards = {"total": 2, "successful": 1, "failed": 0}
    items = [
        {"index": {"_index": "orders", "_id": image(n)["id"]["S"], "_version": 1, "result": "created"}
        | {"_shards": shards, "_seq_no": n, "_primary_term": 1, "status": 201}}
        for n in range(count)
    ]  # fmt: skip
    return json.dumps({"took": 1, "errors": False, "items": items})


class Stub(Connection):  # type: ignore[misc]
    """A connection of opensearch-py that answers at once."""

    def perform_request(self, _: str, __: str, ___: object, body: bytes, **____: object) -> tuple[int, Any, str]:
        """Confirm every document."""
        return 200, {"content-type": "application/json"}, answer(body.count(b"\n") // 2, filtered=False)


def indexing() -> list[Work]:
    """Index items: the whole handler, boto3's deserializer with opensearch-py's bulk helper, and that helper alone."""
    os.environ |= {"INDEXER_ENDPOINT": "http://stubbed", "INDEXER_AUTH": "none"}
    ours = load("opensearch_indexer")
    ours.parts().bulk._connection.post = lambda _, body, __: (  # noqa: SLF001 - the server's place
        200,
        answer(body.count(b"\n") // 2, filtered=True).encode(),
    )
    event = event_of(INDEXED)
    images = [{**image(number), "token": {"B": BINARY}} for number in range(INDEXED)]
    decode = load("stream_handler", "stream").decode
    documents = [decode(image(number)) for number in range(INDEXED)]
    deserialize = TypeDeserializer().deserialize
    client = OpenSearch("http://stubbed", connection_class=Stub)

    def bulk(items: Iterable[dict[str, Any]]) -> object:
        actions = ({"_index": "orders", "_id": one["id"], "_source": one} for one in items)
        return helpers.bulk(client, actions, chunk_size=INDEXED, max_chunk_bytes=5_000_000)

    def whole() -> object:
        # Bytes are no JSON; ready documents have base64.
        plain = ({name: deserialize(value) for name, value in one.items()} for one in images)
        return bulk({**one, "token": "AAEC", "tags": sorted(one["tags"])} for one in plain)

    return [lambda: ours.handler(event, CONTEXT), whole, lambda: bulk(documents)]


def publishing(endpoint: str) -> list[Work]:
    """Publish changes: the whole handler, and boto3's ``put_events`` of entries that are ready, ten to a request."""
    import boto3  # noqa: PLC0415 - the others do not need it

    os.environ |= event_bus.variables(endpoint)
    ours = load("eventbridge_publisher")
    event = event_of(PUBLISHED)
    entries = [json.loads(ours.parts().entries.entry(one).body) for one in event["Records"]]
    client = boto3.client("events")

    def publisher() -> None:
        if ours.handler(event, CONTEXT)["batchItemFailures"]:
            raise RuntimeError("the publisher reported a record")

    def ready() -> None:
        for begin in range(0, PUBLISHED, event_bus.MOST_ENTRIES):
            if client.put_events(Entries=entries[begin : begin + event_bus.MOST_ENTRIES])["FailedEntryCount"]:
                raise RuntimeError("an entry failed")

    return [publisher, ready]


def on_node(url: str, size: int, *, compressed: bool) -> list[Work]:
    """Index items on a node in batches: the whole handler, and boto3's deserializer with opensearch-py's helper."""
    index = f"orders-{size}-{compressed}".lower()
    os.environ |= {"INDEXER_ENDPOINT": url, "INDEXER_AUTH": "none", "INDEXER_INDEX": index}
    os.environ["INDEXER_GZIP"] = str(compressed).lower()
    ours = load("opensearch_indexer")
    ours.parts()
    events = [{"Records": event_of(ON_NODE)["Records"][begin : begin + size]} for begin in range(0, ON_NODE, size)]
    images = [{**image(number), "token": {"B": BINARY}} for number in range(ON_NODE)]
    deserialize = TypeDeserializer().deserialize
    client = OpenSearch(url, http_compress=compressed)
    for name in (index, f"{index}-theirs"):
        # A list of a text and a number would be rejected as the first value of its field.
        client.indices.create(index=name, body={"mappings": {"properties": {"lines": {"type": "text"}}}})

    def whole() -> object:
        plain = ({name: deserialize(value) for name, value in one.items()} for one in images)
        documents = ({**one, "token": "AAEC", "tags": sorted(one["tags"])} for one in plain)
        actions = ({"_index": f"{index}-theirs", "_id": one["id"], "_source": one} for one in documents)
        return helpers.bulk(client, actions, chunk_size=size)

    def indexer() -> None:
        if any(ours.handler(event, CONTEXT)["batchItemFailures"] for event in events):
            raise RuntimeError("the indexer reported a record")

    return [indexer, whole]


def least(rounds: int, works: list[Work]) -> list[float]:
    """Do the works in turn, after once for warming up, and return the least seconds of each."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(rounds + 1):
        for place, work in enumerate(works):
            began = time.perf_counter()
            work()
            seconds[place].append(time.perf_counter() - began)
    return [min(each[1:]) for each in seconds]


if __name__ == "__main__":
    rounds = int(sys.argv[1])
    with contextlib.redirect_stdout(io.StringIO()), event_bus.running() as endpoint:
        measured = {
            f"{size} {compressed}": least(rounds, on_node(url, size, compressed=compressed))
            for url in sys.argv[2:]
            for size in (100, 1_000)
            for compressed in (True, False)
        } or {
            # What takes milliseconds needs many rounds to be free of what the machine does beside.
            "decoding": least(20 * rounds, decoding()),
            "handling": least(10 * rounds, handling()),
            "indexing": least(rounds, indexing()),
            "publishing": least(2 * rounds, publishing(endpoint)),
        }
    print(json.dumps(measured))
