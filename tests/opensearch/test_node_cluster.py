"""Nodes that cannot do their part for a while: no cluster manager, no recovered state, no room in the write queue."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.opensearch.conftest import Function
from tests.opensearch.nodes import Node
from tests.opensearch.scenario import MODES, put, remove
from tests.opensearch.servers import Server

HEAP = "512m"
PARKED = {"ON_REJECTED": "park", "TIMEOUT": "3"}
# Takes the write thread some milliseconds; Painless ends a loop after a million rounds.
BUSY = "def sum = 0; for (int i = 0; i < 900000; ++i) { sum += i * params.factor } ctx._source.sum = sum"
PER_REQUEST = 200


def settings(name: str, **more: object) -> dict[str, object]:
    """Return the settings of a node that can find others."""
    return {"node.name": name, "discovery.type": None, **{key.replace("__", "."): more[key] for key in more}}


def wait_for(condition: Callable[[], bool], seconds: float = 240) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def version(node: Node | None) -> str:
    """Return the version of the suite."""
    if node is None:
        pytest.skip("OPENSEARCH_URL names a node, and not the version of others")
    return node.version


@pytest.fixture
def manager(version: str, tmp_path: Path) -> Iterator[Node]:
    """Run a node that manages a cluster and keeps no data."""
    own = settings("manager", node__roles="cluster_manager", cluster__initial_cluster_manager_nodes="manager")
    with Node(version, tmp_path, own, heap=HEAP) as started:
        yield started


@pytest.fixture
def data(version: str, manager: Node, tmp_path: Path) -> Iterator[Node]:
    """Run the node of the same cluster that keeps the data."""
    own = settings("data", node__roles="data,ingest", discovery__seed_hosts=f"127.0.0.1:{manager.transport_port}")
    with Node(version, tmp_path, own, heap=HEAP) as started:
        yield started


@pytest.mark.parametrize("mode", MODES)
def test_without_a_cluster_manager_known_fields_are_written(
    data: Node, manager: Node, function: Callable[..., Function], mode: str
) -> None:
    """A new index or a new field needs one: such a change is retried, and never taken for the document's fault."""
    cluster = Server(data.url)
    cluster.call("PUT", "/known", {"settings": {"number_of_replicas": 0}})
    hasty = {"ENDPOINT": data.url, "INDEX": "known", **PARKED, **MODES[mode]}
    patient = {**hasty, "TIMEOUT": "20"}
    invoke = function(**patient)
    seed = [put("a", v=1, n=1), put("b", v=2), remove("c", v=3)]
    assert invoke([invoke.record(change) for change in seed]) == []
    known = [invoke.record(put("a", v=4, n=2)), invoke.record(remove("b", v=5))]
    new_field = [invoke.record(put("a", v=6, n=3, new=1))]
    new_index = [invoke.record(put("a", v=1)), invoke.record(put("b", v=2))]
    manager.kill()
    assert invoke(known) == []
    found = cluster.documents("known")
    assert (found["a"]["n"], "b" not in found or "dynamodb_removed_at" in found["b"]) == (2, True)
    # A change of the mapping waits for 30 seconds, whatever the request says.
    with pytest.raises(Exception, match="does not answer: timed out"):
        function(**hasty)(new_field)
    invoke = function(**{**hasty, "INDEX": "missing"})
    assert invoke.until_answered(new_index) == [0]
    assert {line["error"] for line in invoke.log} == {"cluster_manager_not_discovered_exception"}
    assert invoke.metrics["Rejected"] == 0
    manager.start()
    wait_for(lambda: cluster.call("GET", "/_cluster/health")["number_of_nodes"] == 2)
    assert function(**{**patient, "INDEX": "missing"})(new_index) == []
    assert function(**patient)(new_field) == []
    assert cluster.documents("known")["a"]["new"] == 1
    cluster.close()


@pytest.mark.parametrize("mode", MODES)
def test_a_state_that_is_not_recovered_is_waited_for(
    version: str,
    function: Callable[..., Function],
    tmp_path: Path,
    mode: str,
) -> None:
    """The server rejects whole requests until enough nodes are there."""
    first = settings("first", cluster__initial_cluster_manager_nodes="first", gateway__recover_after_data_nodes=2)
    with Node(version, tmp_path, first, heap=HEAP) as alone:
        invoke = function(ENDPOINT=alone.url, **PARKED, **MODES[mode])
        batch = [invoke.record(put("a", v=1)), invoke.record(remove("b", v=2))]
        assert invoke.until_answered(batch) == [0]
        assert (invoke.log[0]["status"], invoke.metrics["Retried"], invoke.metrics["Rejected"]) == (503, 2, 0)
        seeds = f"127.0.0.1:{alone.transport_port}"
        with Node(version, tmp_path, settings("second", discovery__seed_hosts=seeds), heap=HEAP):
            server = Server(alone.url)
            wait_for(lambda: server.ask("GET", "/_cluster/state/blocks")[1]["blocks"] == {})
            assert function(ENDPOINT=alone.url, **MODES[mode])(batch) == []
            assert "a" in server.documents("orders")
            server.close()


@pytest.fixture(scope="module")
def narrow(node: Node | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Run a node with one thread for writes, and room for one request behind it."""
    if node is None:
        pytest.skip("OPENSEARCH_URL names a node, whose write queue is not the suite's")
    own = {"node.processors": 1, "thread_pool.write.queue_size": 1}
    with Node(node.version, tmp_path_factory.mktemp("narrow"), own, heap=HEAP) as started:
        yield started


@pytest.fixture
def full(narrow: Node) -> Iterator[Callable[[], None]]:
    """Fill the write queue, and return what waits until it is empty again."""
    server = Server(narrow.url)
    server.clean()
    script = {"source": BUSY, "params": {"factor": 2}}
    action = {"scripted_upsert": True, "upsert": {}, "script": script}
    lines = [line for place in range(PER_REQUEST) for line in ({"update": {"_id": str(place)}}, action)]

    def occupy() -> None:
        own = Server(narrow.url)
        own.bulk("busy", *lines)
        own.close()

    def holds(state: tuple[int, int]) -> bool:
        (found,) = server.call("GET", "/_cat/thread_pool/write?format=json&h=active,queue")
        return (int(found["active"]), int(found["queue"])) == state

    server.call("PUT", "/busy", {"mappings": {"properties": {"sum": {"type": "long"}}}})
    threads = []
    for state in ((1, 0), (1, 1)):
        threads.append(threading.Thread(target=occupy))
        threads[-1].start()
        wait_for(partial(holds, state))

    def wait() -> None:
        for thread in threads:
            thread.join()

    yield wait
    wait()
    server.close()


@pytest.mark.parametrize("mode", [*MODES, "pipeline"])
def test_a_write_queue_without_room_is_waited_for(
    narrow: Node, full: Callable[[], None], function: Callable[..., Function], mode: str
) -> None:
    """The server rejects each item or, with a pipeline, the whole request."""
    server = Server(narrow.url)
    chosen = MODES.get(mode, {"PIPELINE": "stamp"})
    server.call("PUT", "/_ingest/pipeline/stamp", {"processors": [{"set": {"field": "stamped", "value": True}}]})
    # The node is busy: it rejects a request at once, but not quickly.
    invoke = function(ENDPOINT=narrow.url, INDEX="orders", ON_REJECTED="park", TIMEOUT="100", **chosen)
    batch = [invoke.record(put(str(place), v=place)) for place in range(5)]
    assert invoke(batch, left=120_000) == [0]
    assert (invoke.log[0]["status"], invoke.metrics["Retried"], invoke.metrics["Rejected"]) == (429, 5, 0)
    full()
    invoke = function(ENDPOINT=narrow.url, INDEX="orders", **chosen)
    assert invoke(batch) == []
    assert sorted(server.documents("orders")) == sorted(map(str, range(5)))
    server.close()
