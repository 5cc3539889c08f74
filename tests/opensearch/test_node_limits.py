"""What a node does at its limits: sizes, memory, waiting, versions that it forgets, and fields that it learns."""

import itertools
import time
from collections.abc import Callable

import pytest

from tests.opensearch.conftest import MOST_BYTES, Function
from tests.opensearch.nodes import Node
from tests.opensearch.scenario import MODES, RESERVED, Call, cluster, put, remove
from tests.opensearch.servers import Server


def test_a_request_that_is_too_large_is_sent_in_parts(
    server: Server, node: Node | None, function: Callable[..., Function]
) -> None:
    """And what was learnt is kept: the next batch has no request in vain."""
    if node is None:
        pytest.skip("the limit of the node of OPENSEARCH_URL is not known")
    invoke = function(MAX_REQUEST_BYTES="100000000")
    bulk = invoke.handler.parts().bulk
    posts: list[int] = []
    post = bulk._connection.post

    def counted(target: str, body: bytes, *arguments: float) -> tuple[int, bytes]:
        status, answer = post(target, body, *arguments)
        posts.append(status)
        return status, answer

    bulk._connection.post = counted
    half = MOST_BYTES // 4
    batch = [put(str(place), t="x y " * (half // 4)) for place in range(12)]
    assert invoke([invoke.record(change) for change in batch]) == []
    assert posts.count(413) == 3
    posts.clear()
    assert invoke([invoke.record(change) for change in batch]) == []
    assert posts == [200] * 4
    large = [put("too large", t="x y " * MOST_BYTES), put("b")]
    assert invoke([invoke.record(change) for change in large]) == [0]
    assert len(server.documents("orders")) == 13


def test_a_request_for_which_there_is_no_memory_is_sent_in_parts(
    server: Server, function: Callable[..., Function]
) -> None:
    """It would never pass as a whole."""
    setting = "network.breaker.inflight_requests.limit"
    invoke = function()
    batch = [invoke.record(put(str(place), t=f"{place} " * 1_000)) for place in range(64)]
    server.call("PUT", "/_cluster/settings", {"transient": {setting: "60kb"}})
    try:
        assert invoke(batch) == [], invoke.log
    finally:
        server.call("PUT", "/_cluster/settings", {"transient": {setting: None}})
    assert len(server.documents("orders")) == 64


NOT_ASSIGNED: tuple[Call, ...] = (
    ("PUT", "/orders?wait_for_active_shards=0", {"settings": {"index.routing.allocation.require._name": "nobody"}}),
)
TOO_FEW_COPIES: tuple[Call, ...] = (
    ("PUT", "/orders?wait_for_active_shards=0", {"settings": {"index.write.wait_for_active_shards": "2"}}),
)


@pytest.mark.parametrize("setup", [NOT_ASSIGNED, TOO_FEW_COPIES], ids=["no primary", "too few copies"])
@pytest.mark.parametrize("mode", MODES)
def test_the_server_gives_up_before_the_client(
    server: Server, function: Callable[..., Function], setup: tuple[Call, ...], mode: str
) -> None:
    """So the function knows that nothing was done, and no request is left behind."""
    server.set_up(setup)
    invoke = function(TIMEOUT="2", ON_REJECTED="park", **MODES[mode])
    began = time.monotonic()
    # An answer that is too late raises an error.
    assert invoke.until_answered([invoke.record(put("a")), invoke.record(remove("b"))]) == [0]
    assert time.monotonic() - began > 0.5
    assert invoke.log[0]["error"] == "unavailable_shards_exception"


def test_the_time_left_is_the_servers_too(server: Server, function: Callable[..., Function]) -> None:
    """Whatever the setting says."""
    server.set_up(NOT_ASSIGNED)
    invoke = function()
    assert invoke.until_answered([invoke.record(put("a"))], left=3_000) == [0]
    assert invoke.log[0]["error"] == "unavailable_shards_exception"


@pytest.mark.parametrize(("pause", "passes"), [(0.2, False), (2.5, True)])
def test_a_node_forgets_the_version_of_a_removal(
    server: Server, function: Callable[..., Function], pause: float, *, passes: bool
) -> None:
    """After ``index.gc_deletes``, an older image passes it, unless a marker is there."""
    server.call("PUT", "/versioned", {"settings": {"index.gc_deletes": "1s"}})
    for mode, expected in (("versioned", passes), ("ordered", False)):
        invoke = function(INDEX=mode, **MODES[mode])
        old, removal = invoke.record(put("a", v=1)), invoke.record(remove("a", v=1))
        assert invoke([removal]) == []
        time.sleep(pause)
        assert invoke([old]) == []
        assert (invoke.metrics["Indexed"] == 1) == expected


@pytest.mark.parametrize("mode", ["plain", "ordered"])
def test_new_fields_are_learnt_even_if_a_batch_takes_longer_than_its_time(
    server: Server, function: Callable[..., Function], mode: str
) -> None:
    """Each is a change of the cluster's state. What was learnt in one attempt is known in the next."""
    invoke = function(TIMEOUT="1", **MODES[mode])
    server.call("PUT", "/orders", {"settings": {"index.mapping.total_fields.limit": 2_000}})
    batch = [invoke.record(put(str(place), {f"field{place}": 1})) for place in range(150)]
    deadline = time.monotonic() + 300
    while invoke.until_answered(batch) != []:
        assert time.monotonic() < deadline
    assert len(server.documents("orders")) == 150


def test_no_index_is_created_where_that_is_forbidden_for_a_while(
    server: Server, function: Callable[..., Function]
) -> None:
    """A missing index is created by somebody, and then every record is indexed."""
    server.set_up([cluster(action__auto_create_index="false")])
    invoke = function(ON_REJECTED="park")
    batch = [invoke.record(put("a")), invoke.record(put("b"))]
    try:
        assert invoke(batch) == [0]
        server.call("PUT", "/orders", {})
        assert invoke(batch) == []
    finally:
        server.set_up([cluster(action__auto_create_index=None)])


def test_node_reserved_names_are_refused(server: Server) -> None:
    """Which is why the function renames such attributes: each document, or the next one, or a removal."""
    refused = set()
    for name, value in itertools.product(RESERVED, ("text", 1)):
        server.ask("DELETE", "/reserved")
        server.call("PUT", "/reserved", {})
        document = {name: value}
        lines = [{"index": {"_id": "a"}}, document, {"index": {"_id": "b"}}, document, {"delete": {"_id": "a"}}]
        if any(outcome["status"] >= 400 for outcome in server.bulk("reserved", *lines)):
            refused.add(name)
    assert refused == set(RESERVED) - (set() if server.major > 2 else {"context_aware_grouping"})
