"""Does the server of the fast tests answer as the real one does, and does the real one still answer so?

Every recorded request is sent again, and status and types of errors are compared.
"""

import http.client
from collections.abc import Iterator, Sequence
from itertools import groupby

import pytest

from tests.opensearch.documents import DOCUMENTS
from tests.opensearch.recorded import SETUPS, VERSION, Recorded, recorded, types_of
from tests.opensearch.scenario import Call
from tests.opensearch.servers import Server
from tests.opensearch.states import SCENARIOS_OF_STATES

OTHER_STATES = "the state cannot be made by requests; the tests of outages and of faults make it"
TIME = "the answer depends on time that passes between the requests"
NOT_REPLAYED = {
    "ids with % space slash": "the body is not complete in the record; the scenario sends the same",
    "total fields limit over many documents": "as above",
    "remedy ignore_malformed / batch 2": "as above",
    "request larger than http.max_content_length, gzip true, compressible": "a test of its own sends one as large",
    "request larger than http.max_content_length, gzip false, compressible": "as above",
    "endpoint with a path that the server lacks": "the record leaves the path out; the scenario has it",
    "gzip body that is not gzip": "there is no answer; a test of its own looks for that",
    "late request executed after its client gave up, no versions: modified document": "a test of its own does it",
    "late request executed after its client gave up, no versions: removed document": "as above",
    "late request executed after its client gave up, external versions: modified document": "as above",
    "late request executed after its client gave up, external versions: removed document": "as above",
    **dict.fromkeys(
        (
            "gc_deletes 1s: older insert 0.2 s after the removal",
            "gc_deletes 1s: older insert 2.5 s after the removal",
            "gc_deletes 1s: older insert 2.5 s after the removal, with a refresh",
            "gc_deletes default: older insert 63 s after the removal",
        ),
        TIME,
    ),
    **dict.fromkeys(
        (
            "write thread pool queue full, the indexer's request",
            "write thread pool queue full, whole request",
            "write thread pool queue full, single items",
            "primary shard unassigned, the indexer's default timeout of 20 s",
            "primary shard unassigned, a timeout of 90 s",
            "one of two primary shards unassigned, the default timeout",
            "one of two primary shards unassigned, ?timeout=2s",
            "?timeout=0s",
            "wait_for_active_shards=3&timeout=1s",
            "index.write.wait_for_active_shards 2 with one node",
            "indexing_pressure.memory.limit exceeded by one request",
            "in-flight requests breaker",
            "in-flight requests breaker, gzip",
            "parent breaker",
            "cluster state not recovered, the indexer's default timeout",
            "cluster state not recovered, ?timeout=1s",
            "no cluster manager, ?timeout=1s, index there",
            "no cluster manager, ?timeout=1s, index missing",
            "no cluster manager, ?timeout=1s, new field",
            "no cluster manager, removal",
            "no cluster manager, index missing, the default timeout",
            "no cluster manager, index missing, a timeout of 90 s",
            "no cluster manager, new field, a timeout of 90 s",
        ),
        OTHER_STATES,
    ),
}
"""Recorded requests that are not sent again, and why."""

DELIBERATE = {
    "index name '<x-{now/d}>'": "names with dates in them are not worked out: such a name is refused",
}
"""Requests to which the server of the fast tests answers otherwise on purpose, and why."""

REPLAYED = [
    (scenario, list(requests))
    for scenario, requests in groupby(
        (each for each in recorded() if each.case not in NOT_REPLAYED), key=lambda each: each.scenario
    )
]


def test_what_is_not_replayed_or_differs_was_recorded() -> None:
    cases = {each.case for each in recorded()}
    assert set(NOT_REPLAYED) <= cases
    assert set(DELIBERATE) <= cases
    assert [each.case for each in recorded() if each.body is None and each.case not in NOT_REPLAYED] == []


def test_almost_everything_is_replayed() -> None:
    assert sum(len(requests) for _, requests in REPLAYED) >= 250


def setup_of(name: str) -> tuple[Sequence[Call], Sequence[Call]]:
    """Return the requests that make the state in which something was recorded, and those that end it."""
    for scenario in (*DOCUMENTS, *SCENARIOS_OF_STATES):
        if scenario.name == name:
            return SETUPS.get(name, scenario.calls(scenario.setup)), scenario.calls(scenario.restore)
    return (), ()


@pytest.fixture
def state(server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """Make the state of the scenario that a test names."""
    setup, restore = setup_of(request.param)
    try:
        server.set_up(setup)
        yield request.param
    finally:
        for call in restore:
            server.ask(*call)


@pytest.mark.parametrize(("state", "requests"), REPLAYED, indirect=["state"], ids=[name[:60] for name, _ in REPLAYED])
def test_the_answer_is_the_recorded_one(server: Server, state: str, requests: list[Recorded]) -> None:
    if server.major > int(VERSION.split(".")[0]) and state.startswith("field name of 65000"):
        pytest.skip("OpenSearch 3 refuses such names, as the scenario shows")
    for request in requests:
        status, answer = server.ask(request.method, request.path, request.body, dict(request.headers))
        same = (status, types_of(answer)) == (request.status, list(request.types))
        assert same != (not server.real and request.case in DELIBERATE), (request.case, status, answer)


@pytest.mark.parametrize("encoding", ["gzip", ""])
def test_a_body_that_is_not_compressed_as_it_says_gets_no_answer(server: Server, encoding: str) -> None:
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": encoding}
    if encoding:
        with pytest.raises((http.client.HTTPException, OSError)):
            server.ask("POST", "/w/_bulk", b'{"index":{"_id":"a"}}\n{}\n', headers)
    else:
        assert server.ask("POST", "/w/_bulk", b'{"index":{"_id":"a"}}\n{}\n', headers)[0] == 200
