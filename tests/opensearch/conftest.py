"""A server for the suite: the node that the environment names, or the server of the fast tests.

``make opensearch`` sets ``OPENSEARCH_VERSION`` or ``OPENSEARCH_URL``. Without them the tests that need a real node are
not collected.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import pytest

from generator.mapping.settings import Settings
from tests.opensearch import nodes, servers
from tests.opensearch.following import MODULE, Pipeline
from tests.opensearch.scenario import Change, typed
from tests.support.functions import load

REAL: Final = bool(os.environ.get("OPENSEARCH_VERSION") or os.environ.get("OPENSEARCH_URL"))
collect_ignore_glob = [] if REAL else ["test_node_*.py"]
MOST_BYTES: Final = 4 * 1024 * 1024
"""The largest request that the node of the suite takes."""
STREAM: Final = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01"
FIRST: Final = 9_999_999_999_999_999_999_990
"""A sequence number of 22 digits, shortly before those of 23: as texts, they would be in another order."""


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[nodes.Node | None]:
    """Run the node of the suite, unless the environment names one that runs already."""
    version = os.environ.get("OPENSEARCH_VERSION")
    if not version:
        yield None
        return
    # With other nodes to be found, so that a second one can join.
    settings = {
        "node.name": "node-1",
        "discovery.type": None,
        "cluster.initial_cluster_manager_nodes": "node-1",
        "http.max_content_length": f"{MOST_BYTES}b",
    }
    with nodes.Node(version, tmp_path_factory.mktemp("node"), settings) as started:
        yield started


@pytest.fixture(scope="session")
def session_server(node: nodes.Node | None) -> Iterator[servers.Server]:
    """Return the server that all tests share."""
    if not REAL:
        with servers.strict() as server:
            yield server
        return
    server = servers.Server(node.url if node else os.environ["OPENSEARCH_URL"].rstrip("/"))
    yield server
    server.close()


@pytest.fixture
def server(session_server: servers.Server) -> servers.Server:
    """Return the server with nothing in it."""
    session_server.clean()
    return session_server


@pytest.fixture(scope="session")
def handler() -> ModuleType:
    """Return the handler of the function."""
    return load("opensearch_indexer")


class Function:
    """The function with settings, invoked with changes of items as Lambda does."""

    def __init__(
        self, handler: ModuleType, capsys: pytest.CaptureFixture[str], *, versioned: bool, table: str = "orders"
    ) -> None:
        self.handler = handler
        self._capsys = capsys
        self._versions: dict[str, int] = {}
        self._versioned = versioned
        self._stream = STREAM.replace("orders", table)
        self.sent = 0
        self.log: list[dict[str, Any]] = []
        """The lines that the last invocation logged, but its metrics."""
        self.metrics: dict[str, float] = {}
        """The metrics of the last invocation."""

    def record(self, change: Change, number: int | None = None) -> dict[str, Any]:
        """Return the stream record of a change; the number is its place in the stream, by default behind all others."""
        self.sent += 1
        key = json.dumps(change.key)
        attributes = dict(change.attributes)
        if self._versioned:
            removed = change.name == "REMOVE"
            attributes.setdefault("v", self._versions.get(key, 0) if removed else self.sent)
            self._versions[key] = attributes["v"]
        image = {name: typed(value) for name, value in {**change.key, **attributes}.items()}
        return {
            "eventName": change.name,
            "eventSource": "aws:dynamodb",
            "eventSourceARN": self._stream,
            "dynamodb": {
                "Keys": {name: typed(value) for name, value in change.key.items()},
                ("OldImage" if change.name == "REMOVE" else "NewImage"): image,
                "SequenceNumber": str(FIRST + (self.sent if number is None else number)),
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
        }

    def check(self) -> None:
        """Invoke the function without records, as a backfill does before it starts."""
        context = SimpleNamespace(aws_request_id="request-1", get_remaining_time_in_millis=lambda: 30_000)
        event = {"Records": [], "eventSourceARN": self._stream}
        assert self.handler.handler(event, context) == {"batchItemFailures": []}

    def __call__(self, records: Sequence[dict[str, Any]], *, left: int = 30_000) -> list[int]:
        """Invoke the function and return the places of the records that it reports."""
        self._capsys.readouterr()
        context = SimpleNamespace(aws_request_id="request-1", get_remaining_time_in_millis=lambda: left)
        answer = self.handler.handler({"Records": list(records)}, context)
        lines = [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]
        self.log = [line for line in lines if "message" in line]
        (self.metrics,) = [line for line in lines if "_aws" in line]
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        return [numbers.index(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]

    def until_answered(self, records: Sequence[dict[str, Any]], *, left: int = 30_000) -> list[int]:
        """Invoke the function as Lambda does, until an answer is in time, which a busy machine can prevent."""
        deadline = time.monotonic() + 300
        while True:
            try:
                return self(records, left=left)
            except Exception as error:
                if type(error).__name__ != "TransportError" or time.monotonic() > deadline:
                    raise


@pytest.fixture
def function(
    handler: ModuleType, server: servers.Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Function]]:
    """Return what makes the function, with settings by their names without prefix."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders-indexer")

    def close() -> None:
        if handler.parts.cache_info().currsize:
            handler.parts().bulk._connection.close()
        handler.parts.cache_clear()

    def made(**settings: str) -> Function:
        close()
        for name in [name for name in os.environ if name.startswith("INDEXER_")]:
            monkeypatch.delenv(name)
        for name, value in {"ENDPOINT": server.url, "AUTH": "none", **settings}.items():
            monkeypatch.setenv(f"INDEXER_{name}", value.replace("{endpoint}", server.url))
        return Function(handler, capsys, versioned="VERSION_ATTRIBUTE" in settings)

    yield made
    close()


@pytest.fixture
def pipelines(server: servers.Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[Pipeline]]]:
    """Return what makes the pipelines, with settings of the functions."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    from tests.opensearch.outages import PIPELINES as policies  # noqa: N811 - which imports this module

    handlers: list[ModuleType] = []

    def made(names: Sequence[str] = tuple(policies), **mapping: Any) -> list[Pipeline]:  # noqa: ANN401 - settings
        running = []
        for name in names:
            for known in [known for known in os.environ if known.startswith("INDEXER_")]:
                monkeypatch.delenv(known)
            chosen = {"ENDPOINT": server.url, "AUTH": "none", "INDEX": name, "TIMEOUT": "3", **policies[name]}
            for setting, value in chosen.items():
                monkeypatch.setenv(f"INDEXER_{setting}", value)
            handlers.append(load("opensearch_indexer"))
            handlers[-1].parts()
            running.append(
                Pipeline(name=name, handler=handlers[-1], settings=Settings(longest_pause=2.0, **{**MODULE, **mapping}))
            )
        return running

    yield made
    for handler in handlers:
        handler.parts().bulk._connection.close()
