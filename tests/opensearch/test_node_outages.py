"""Faults that last: does nothing get lost, and is the index as the table at the end, document by document?

Four pipelines run side by side on the same changes: with each policy, and with each way of keeping the order. Between
them and the function is a mapping with the settings that the README recommends.
"""

import time
from collections.abc import Callable

import pytest

from tests.opensearch.conftest import FIRST, Function
from tests.opensearch.following import Pipeline
from tests.opensearch.nodes import Node
from tests.opensearch.outages import (
    PIPELINES,
    Trouble,
    changes,
    check,
    events_of,
    expected,
    indexed,
    rejections,
    run,
    table_of,
)
from tests.opensearch.scenario import MODES, put
from tests.opensearch.servers import Server
from tests.opensearch.test_template import TEMPLATE


def block(server: Server, index: str, value: bool | None) -> None:  # noqa: FBT001 - a setting
    """Set the block that a node sets when its disk is full."""
    server.call("PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": value})


TROUBLES = {
    "disk full": Trouble(lambda server, _, i: block(server, i, True), lambda server, _, i: block(server, i, None)),  # noqa: FBT003
    "index closed": Trouble(
        lambda server, _, i: server.call("POST", f"/{i}/_close"),
        lambda server, _, i: server.call("POST", f"/{i}/_open"),
    ),
}
OF_THE_NODE = {
    "node killed": Trouble(lambda _s, node, _i: node.kill(), lambda _s, node, _i: node.start()),
    "node hung": Trouble(lambda _s, node, _i: node.hang(), lambda _s, node, _i: node.go_on()),
}


@pytest.mark.parametrize("name", [*TROUBLES, *OF_THE_NODE])
def test_nothing_is_lost(  # noqa: PLR0917 - fixtures
    server: Server,
    node: Node | None,
    function: Callable[..., Function],
    pipelines: Callable[..., list[Pipeline]],
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    if node is None and name in OF_THE_NODE:
        pytest.skip("the node of OPENSEARCH_URL is not this suite's to stop")
    trouble = (TROUBLES | OF_THE_NODE)[name]
    for index in PIPELINES:
        server.call("PUT", f"/{index}", TEMPLATE["template"] | {"aliases": {}})
    # Without an order that the server keeps, a node that hung does late what was repeated meanwhile.
    running = pipelines([each for each in PIPELINES if name != "node hung" or each.endswith(("versioned", "ordered"))])
    written = changes(len(name))
    run(
        server,
        node,
        running,
        events_of(function(**MODES["versioned"]), written, time.time()),
        trouble,
        whole=name in OF_THE_NODE,
    )
    check(server, running, written, capsys.readouterr().out)


def test_a_document_at_fault_does_not_stop_the_others(
    server: Server,
    function: Callable[..., Function],
    pipelines: Callable[..., list[Pipeline]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """While the index is closed and after it: of all records, the one that the mapping refuses is parked."""
    running = pipelines(["park", "park-ordered"])
    for pipeline in running:
        server.call("PUT", f"/{pipeline.name}", {"mappings": {"properties": {"n": {"type": "long"}}}})
    written = changes(1)[:60]
    written[20] = put("poison", n="text", v=20)
    written[21] = put("poison-too", n="text", v=21)
    events = events_of(function(), written, time.time())
    run(server, None, running, events, TROUBLES["index closed"])
    # A record that is parked beside one that is retried comes again, and is parked again.
    parked = {(line["index"], line["sequenceNumber"]) for line in rejections(capsys.readouterr().out)}
    assert parked == {(pipeline.name, str(FIRST + place)) for pipeline in running for place in (20, 21)}
    items = table_of([change for change in written if not change.key["id"].startswith("poison")])
    for pipeline in running:
        assert pipeline.given_up == []
        assert indexed(server, pipeline.name) == expected(pipeline.name, items)


def test_five_retries_are_too_few(
    server: Server, function: Callable[..., Function], pipelines: Callable[..., list[Pipeline]]
) -> None:
    """Why the README recommends the default: after some seconds, they are used up."""
    running = pipelines(["report"], maximum_retry_attempts=5)
    given_up = running[0].given_up

    def ends(server: Server, _node: Node, index: str) -> None:
        deadline = time.monotonic() + 60
        while not given_up and time.monotonic() < deadline:
            time.sleep(0.1)
        block(server, index, None)

    server.call("PUT", "/report", {})
    written = changes(2)
    run(server, None, running, events_of(function(), written, time.time()), TROUBLES["disk full"]._replace(ends=ends))
    assert 0 < len(given_up) < 10
