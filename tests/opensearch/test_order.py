"""Does an older image of an item never pass a newer one, whatever is repeated, late, backfilled or done at once?"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.opensearch.conftest import FIRST, Function
from tests.opensearch.scenario import MODES, Change, put, remove
from tests.opensearch.servers import Server

NAMES = itertools.count()
NUMBER = "dynamodb_sequence_number"
Delivery = tuple[str, int, bool]
"""A change that is delivered: the item, its place in the item's history, and whether it is from a backfill."""


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[Delivery]]:
    """Return batches of changes of few items, in any order and any number of times."""
    delivery = st.tuples(st.sampled_from("abcd"), st.integers(0, 7), st.booleans())
    return draw(st.lists(st.lists(delivery, min_size=1, max_size=6), min_size=1, max_size=8))


def sequence_number(place: int, *, backfilled: bool) -> int:
    """Return the number of a change: one of a backfill has 18 digits, and any of a stream at least 21."""
    return 10**17 + place if backfilled else FIRST + place


def change_of(delivery: Delivery) -> Change:
    """Return what a delivery does: every third change of a stream is a removal, and none of a backfill."""
    key, place, backfilled = delivery
    return remove(key) if place % 3 == 2 and not backfilled else put(key, n=place, backfilled=backfilled)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(batches=deliveries())
def test_the_newest_image_wins_in_any_order(
    server: Server, function: Callable[..., Function], batches: list[list[Delivery]]
) -> None:
    index = f"order-{next(NAMES)}"
    invoke = function(INDEX=index, **MODES["ordered"])
    newest: dict[str, tuple[int, Change]] = {}
    for batch in batches:
        # Within a batch, Lambda keeps the order of the stream.
        batch = sorted(batch, key=lambda each: sequence_number(each[1], backfilled=each[2]))  # noqa: PLW2901
        records = []
        for delivery in batch:
            number = sequence_number(delivery[1], backfilled=delivery[2])
            record = invoke.record(change_of(delivery))
            record["dynamodb"]["SequenceNumber"] = str(number)
            records.append(record)
            newest[delivery[0]] = max(newest.get(delivery[0], (-1, put(""))), (number, change_of(delivery)))
        assert invoke(records) == []
        documents = server.documents(index)
        assert {id_: int(document[NUMBER]) for id_, document in documents.items()} == {
            key: number for key, (number, _) in newest.items()
        }
    for key, (number, change) in newest.items():
        kept = {name: value for name, value in documents[key].items() if name != "dynamodb_removed_at"}
        assert kept == {**change.key, **change.attributes, NUMBER: f"{number:040}"} or change.name == "REMOVE"
    server.ask("DELETE", f"/{index}")


def history(length: int) -> Sequence[Change]:
    """Return the changes of an item whose every third one is a removal; the last one is not."""
    return [remove("k", v=place) if place % 3 == 2 else put("k", v=place, state=place) for place in range(length)]


@pytest.fixture
def late(server: Server) -> Iterator[Callable[[], None]]:
    """Let the next request be done late, and return what has it done."""
    if server.strict is None:
        pytest.skip("two nodes do it: see test_node_two.py")
    from tests.support.bulk_server import Fault

    held, done = threading.Event(), threading.Event()
    server.strict.faults.append(Fault(held=held, done=done))

    def go_on() -> None:
        held.set()
        assert done.wait(60)

    yield go_on
    held.set()


@pytest.mark.parametrize(("mode", "differs"), [("plain", True), ("versioned", False), ("ordered", False)])
def test_a_request_that_its_client_gave_up_on_is_done_late(
    server: Server, function: Callable[..., Function], late: Callable[[], None], mode: str, *, differs: bool
) -> None:
    invoke = function(INDEX="late", TIMEOUT="0.6", **MODES[mode])
    old = [invoke.record(put("k", v=1, state="old")), invoke.record(put("gone", v=2, state="old"))]
    with pytest.raises(Exception, match="does not answer: timed out"):
        invoke(old)
    assert invoke(old) == []
    assert invoke([invoke.record(put("k", v=2, state="new")), invoke.record(remove("gone", v=2))]) == []
    late()
    documents = server.documents("late")
    gone = "gone" not in documents or "dynamodb_removed_at" in documents["gone"]
    assert (documents["k"]["state"] == "old", not gone) == (differs, differs)


def test_many_clients_at_once_leave_the_newest(server: Server, function: Callable[..., Function]) -> None:
    """What the server could not compare because another request changed the document comes again."""
    invoke = function(INDEX="crowd", **MODES["ordered"])
    bulk = invoke.handler.parts().bulk
    documents = invoke.handler.parts().documents
    records = [invoke.record(put(f"k{place % 10}", n=place), place) for place in range(200)]
    actions = [documents.action(documents.id_of(record), [record]) for record in records]
    script = {action.body for action in actions}
    assert len(script) == len(actions)

    def send(part: list[Any]) -> None:
        connection = type(bulk._connection)(bulk._settings, bulk._connection._authorization)
        own = type(bulk)(bulk._settings, connection)
        while part:
            outcomes = own.batch("crowd", lambda: 30.0).send(part)
            part = [outcome.action for outcome in outcomes if outcome.verdict == "retry"]
        connection.close()

    threads = [threading.Thread(target=send, args=(actions[begin::4][::-1],)) for begin in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {id_: document["n"] for id_, document in server.documents("crowd").items()} == {
        f"k{place}": 190 + place for place in range(10)
    }


def test_numbers_are_compared_as_numbers(server: Server, function: Callable[..., Function]) -> None:
    """As texts, one of 22 digits is greater than the next one, which has 23."""
    invoke = function(INDEX="digits", **MODES["ordered"])
    assert len(str(FIRST + 9)) < len(str(FIRST + 10))
    assert invoke([invoke.record(put("a", n=2), 10)]) == []
    assert invoke([invoke.record(put("a", n=1), 9)]) == []
    assert server.documents("digits")["a"]["n"] == 2
    assert invoke.metrics["Noops"] == 1


def test_a_rejected_change_is_repaired_by_its_replay_and_not_by_a_backfill(
    server: Server, function: Callable[..., Function]
) -> None:
    """The number of a backfill is lower than that of the change before the rejected one."""
    index = {"mappings": {"properties": {"n": {"type": "long"}, "good": {"type": "keyword"}}}}
    server.call("PUT", "/repaired", index)
    invoke = function(INDEX="repaired", ON_REJECTED="park", **MODES["ordered"])
    first, rejected = invoke.record(put("a", n=1)), invoke.record(put("a", n="text"))
    assert invoke([first]) == []
    assert invoke([rejected, invoke.record(put("b", good="yes"))]) == []
    assert invoke.metrics["Rejected"] == 1
    invoke = function(INDEX="repaired", EXCLUDE_FIELDS="n", **MODES["ordered"])
    backfilled = invoke.record(put("a", n="text"))
    backfilled["dynamodb"]["SequenceNumber"] = str(sequence_number(1, backfilled=True))
    assert invoke([backfilled]) == []
    assert (invoke.metrics["Noops"], server.documents("repaired")["a"]["n"]) == (1, 1)
    assert invoke([rejected]) == []
    assert "n" not in server.documents("repaired")["a"]


def test_decimals_are_rounded_to_those_of_a_float(server: Server, function: Callable[..., Function]) -> None:
    """The server reads them for the script; as text, every digit stays."""
    from decimal import Decimal

    exact = Decimal("1234567890123456789.0123456789012345678")
    for index, decimals, expected in (("rounded", "number", float(exact)), ("exact", "text", str(exact))):
        kind = "double" if decimals == "number" else "keyword"
        server.call("PUT", f"/{index}", {"mappings": {"properties": {"n": {"type": kind}, "i": {"type": "double"}}}})
        invoke = function(INDEX=index, DECIMALS=decimals, **MODES["ordered"])
        assert invoke([invoke.record(put("a", n=exact, i=10**37 + 1))]) == []
        document = server.documents(index)["a"]
        found = document["n"]
        assert (float(found) if decimals == "number" else found, document["i"]) == (expected, 10**37 + 1)


def test_old_markers_are_removed(
    server: Server, function: Callable[..., Function], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a day, in which a stream forgets its records; younger ones stay."""
    invoke = function(INDEX="markers", **MODES["ordered"])
    now = time.time()
    assert invoke([invoke.record(put(key)) for key in "abc"]) == []
    documents, markers = invoke.handler.parts().documents, invoke.handler.parts().markers
    monkeypatch.setattr(time, "time", lambda: now - 26 * 3600)
    assert invoke([invoke.record(remove("a"))]) == []
    monkeypatch.undo()
    assert invoke([invoke.record(remove("b"))]) == []
    assert {"a", "b", "c"} == set(server.documents("markers"))
    assert documents is not None
    markers._next.clear()
    assert invoke([invoke.record(put("d"))]) == []
    assert invoke.log == []
    deadline = time.monotonic() + 120
    with suppress(KeyError):
        while "a" in server.documents("markers") and time.monotonic() < deadline:
            time.sleep(0.1)
    assert {"b", "c", "d"} == set(server.documents("markers"))


@pytest.mark.parametrize("failure", [403, ValueError("The secret is not JSON")], ids=["status", "error"])
def test_markers_that_cannot_be_removed_are_logged(
    server: Server, function: Callable[..., Function], failure: int | Exception
) -> None:
    """And the batch is done all the same. The removal is requested again an hour later."""
    invoke = function(INDEX="markers", **MODES["ordered"])
    connection = invoke.handler.parts().markers._connection
    post, requested = connection.post, 0

    def refused(target: str, *arguments: Any) -> tuple[int, bytes]:  # noqa: ANN401 - as the method has them
        nonlocal requested
        if "_delete_by_query" not in target:
            answer: tuple[int, bytes] = post(target, *arguments)
            return answer
        requested += 1
        if isinstance(failure, Exception):
            raise failure
        return failure, b""

    connection.post = refused
    for _ in range(2):
        assert invoke([invoke.record(put("a"))]) == []
    assert requested == 1
    invoke.handler.parts().markers._next["markers"] -= 3600
    assert invoke([invoke.record(put("a"))]) == []
    (line,) = invoke.log
    assert (line["level"], line["message"], line["error"], requested) == (
        "WARN",
        "Old markers of removed items not deleted",
        str(failure) if isinstance(failure, Exception) else "HTTP 403",
        2,
    )
    assert sorted(server.documents("markers")) == ["a"]
