"""What the tests of the indexer share: its environment, changes of items, and a server to index them in."""

import json
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.support.bulk_server import BulkServer
from tests.support.functions import load

TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/Orders/stream/2026-01-01T00:00:00.000"
FIRST = 9_999_999_999_999_999_999_998
"""A sequence number of 22 digits, shortly before those of 23: as texts, they would be in another order."""


def change(name: str, number: int, key: str = "a", **attributes: Any) -> dict[str, Any]:  # noqa: ANN401 - any value
    """Return a stream record: the event's name, its place in the stream, the item's id and other attributes."""
    image = {"id": {"S": key}, **attributes}
    images = {"INSERT": ["NewImage"], "MODIFY": ["NewImage", "OldImage"], "REMOVE": ["OldImage"]}[name]
    return {
        "eventID": str(number),
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "eventSourceARN": TABLE,
        "dynamodb": {
            "Keys": {"id": {"S": key}},
            **dict.fromkeys(images, image),
            "SequenceNumber": str(FIRST + number),
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


def failed(*numbers: int) -> dict[str, Any]:
    """Return the answer to Lambda that reports the records at these places."""
    return {"batchItemFailures": [{"itemIdentifier": str(FIRST + number)} for number in numbers]}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that sets the indexer's settings, by their names without the prefix."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders-indexer")

    def choose(**settings: str) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(f"INDEXER_{name}", value)

    return choose


@pytest.fixture
def server() -> Iterator[BulkServer]:
    """Return a server in whose index ``orders`` the field ``price`` is a number."""
    with BulkServer(mapping={"orders": {"price": "long"}}) as started:
        yield started


@pytest.fixture
def function(server: BulkServer, environment: Callable[..., None]) -> Iterator[ModuleType]:
    """Return the handler, freshly loaded and set to index in the server without authorization."""
    environment(ENDPOINT=server.url, AUTH="none")
    loaded = load("opensearch_indexer")
    yield loaded
    if loaded.parts.cache_info().currsize:
        loaded.parts().bulk._connection.close()  # noqa: SLF001 - Lambda never closes it


@pytest.fixture
def invoke(function: ModuleType) -> Callable[..., dict[str, Any]]:
    """Return a function that invokes the handler with records, and with the milliseconds that are left."""

    def invoke(*records: dict[str, Any], left: int = 30_000) -> dict[str, Any]:
        context = SimpleNamespace(aws_request_id="request-1", get_remaining_time_in_millis=lambda: left)
        answer: dict[str, Any] = function.handler({"Records": list(records)}, context)
        return answer

    return invoke


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Callable[[str], list[dict[str, Any]]]:
    """Return a function that gives the lines logged since, with a given message; "" for the metrics."""

    def lines(message: str) -> list[dict[str, Any]]:
        parsed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [line for line in parsed if line.get("message", "") == message]

    return lines
