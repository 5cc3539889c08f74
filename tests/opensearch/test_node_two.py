"""Two nodes: requests that are done late, over newer ones, and shards whose only node is away."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.opensearch.conftest import Function
from tests.opensearch.following import Pipeline
from tests.opensearch.nodes import Node
from tests.opensearch.outages import PIPELINES, Trouble, changes, check, events_of, run
from tests.opensearch.scenario import MODES, put, remove
from tests.opensearch.servers import Server


@pytest.fixture(scope="module")
def second(node: Node | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Run a node that joins the first one and manages nothing."""
    if node is None:
        pytest.skip("the node of OPENSEARCH_URL has no second one")
    settings = {
        "node.name": "node-2",
        "node.roles": "data,ingest",
        "discovery.type": None,
        "discovery.seed_hosts": f"127.0.0.1:{node.transport_port}",
    }
    log = tmp_path_factory.mktemp("second")
    with Node(node.version, log, settings, heap="512m") as started:
        yield started


def on(*nodes: str, shards: int = 1) -> dict[str, object]:
    """Return the settings of an index whose shards are on these nodes, as many on each."""
    settings = {
        "number_of_shards": shards,
        "number_of_replicas": 0,
        "index.routing.allocation.require._name": ",".join(nodes),
        "index.routing.allocation.total_shards_per_node": shards // len(nodes),
    }
    if len(nodes) > 1:
        del settings["index.routing.allocation.require._name"]
    return {"settings": settings}


@pytest.mark.parametrize(("mode", "differs"), [("plain", True), ("versioned", False), ("ordered", False)])
def test_a_late_request_is_harmless_if_the_server_keeps_the_order(
    server: Server, second: Node, function: Callable[..., Function], mode: str, *, differs: bool
) -> None:
    index = f"late-{mode}"
    # What is learnt would have to be told to the node that hangs.
    server.call("PUT", f"/{index}", on("node-1"))
    seed = function(INDEX=index, **MODES[mode])
    assert seed([seed.record(put("seed", v=0, state="seed")), seed.record(remove("seed-2", v=0))]) == []
    by_second = function(INDEX=index, ENDPOINT=second.url, TIMEOUT="1.5", **MODES[mode])
    old = [by_second.record(put("k", v=1, state="old")), by_second.record(put("gone", v=2, state="old"))]
    new = [by_second.record(put("k", v=2, state="new")), by_second.record(remove("gone", v=2))]
    second.hang()
    try:
        with pytest.raises(Exception, match="does not answer: timed out"):
            by_second(old)
        by_first = function(INDEX=index, **MODES[mode])
        assert by_first(old) == []
        assert by_first(new) == []
    finally:
        second.go_on()
    documents = {}
    deadline = time.monotonic() + (120 if differs else 4)
    while time.monotonic() < deadline:
        documents = server.documents(index)
        if differs and documents["k"]["state"] == "old" and "gone" in documents:
            break
        time.sleep(0.2)
    gone = "gone" not in documents or "dynamodb_removed_at" in documents["gone"]
    assert (documents["k"]["state"], gone) == (("old", False) if differs else ("new", True))


def test_one_shard_without_a_primary_does_not_hold_up_the_others(
    server: Server, second: Node, function: Callable[..., Function]
) -> None:
    server.call("PUT", "/orders", on("node-1", "node-2", shards=2))
    invoke = function(TIMEOUT="2", ON_REJECTED="park")
    batch = [invoke.record(put(f"k{place}", n=1)) for place in range(20)]
    assert invoke(batch) == []
    second.kill()
    try:
        assert len(invoke.until_answered(batch)) == 1
        assert invoke.metrics["Retried"] + invoke.metrics["Indexed"] == 20
        assert 0 < invoke.metrics["Indexed"] < 20
        assert {line["error"] for line in invoke.log} == {"unavailable_shards_exception"}
    finally:
        second.start()
    server.call("GET", "/_cluster/health/orders?wait_for_status=green&timeout=240s")
    assert function()(batch) == []


def test_nothing_is_lost_while_the_only_primary_is_away(
    server: Server,
    second: Node,
    function: Callable[..., Function],
    pipelines: Callable[..., list[Pipeline]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    for index in PIPELINES:
        server.call("PUT", f"/{index}", on("node-2"))
    running = pipelines()
    written = changes(7)
    trouble = Trouble(lambda *_: second.kill(), lambda *_: second.start())
    run(server, second, running, events_of(function(**MODES["versioned"]), written, time.time()), trouble, whole=True)
    check(server, running, written, capsys.readouterr().out)
