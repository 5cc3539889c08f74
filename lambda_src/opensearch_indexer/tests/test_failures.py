"""What happens when the server is overloaded, slow, gone, or refuses?"""

import json
import socket
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.support.bulk_server import BulkServer, Fault

from .conftest import change, failed

Invoke = Callable[..., dict[str, Any]]
Logged = Callable[[str], list[dict[str, Any]]]

BATCH = [change("INSERT", number, key) for number, key in enumerate("abcd", 1)]


class TestForNow:
    """What may succeed later comes again, from the lowest failing record on."""

    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_a_refused_request_comes_again_as_a_whole(
        self, invoke: Invoke, server: BulkServer, logged: Logged, status: int
    ) -> None:
        """And succeeds then."""
        server.faults.append(Fault(status=status))
        assert invoke(*BATCH) == failed(1)
        (line,) = logged("Documents to be retried")
        assert (line["level"], line["status"], line["documents"], line["index"]) == ("WARN", status, 4, "orders")
        assert invoke(*BATCH) == failed()
        assert sorted(server.documents("orders")) == ["a", "b", "c", "d"]

    @pytest.mark.parametrize("status", [429, 503])
    def test_a_refused_document_is_the_first_to_come_again(
        self, invoke: Invoke, server: BulkServer, status: int
    ) -> None:
        """Those beside it are indexed. For 503, the server waits as long as the request allows, as for a shard."""
        server.faults.append(Fault(items={"c": (status, "es_rejected_execution_exception")}))
        assert invoke(*BATCH, left=3_000) == failed(3)
        assert sorted(server.documents("orders")) == ["a", "b", "d"]

    def test_an_item_with_several_changes_comes_again_from_its_first(self, invoke: Invoke, server: BulkServer) -> None:
        """None of them has arrived."""
        server.faults.append(Fault(items={"b": (429, "es_rejected_execution_exception")}))
        assert invoke(*BATCH, change("MODIFY", 5, "b")) == failed(2)

    def test_the_image_before_a_rejected_one_comes_again_too(self, invoke: Invoke, server: BulkServer) -> None:
        """While the server refuses another document, it is not tried at once."""
        server.faults.append(Fault(items={"c": (429, "x"), "b": (400, "mapper_parsing_exception")}))
        assert invoke(*BATCH, change("MODIFY", 5, "b")) == failed(2)
        assert len(server.requests) == 1

    @pytest.mark.parametrize("error", [(403, "cluster_block_exception"), (404, "index_not_found_exception")])
    @pytest.mark.parametrize("policy", ["report", "park"])
    def test_a_blocked_or_missing_index_is_never_parked(
        self, invoke: Invoke, server: BulkServer, environment: Callable[..., None], policy: str, error: tuple[int, str]
    ) -> None:
        """Somebody mends it, and then every document is there."""
        environment(ON_REJECTED=policy)
        server.faults.append(Fault(items=dict.fromkeys("abcd", error)))
        assert invoke(*BATCH) == failed(1)

    def test_a_conflict_is_success(self, invoke: Invoke, server: BulkServer) -> None:
        """A newer document is there."""
        server.faults.append(Fault(items={"b": (409, "version_conflict_engine_exception")}))
        assert invoke(*BATCH) == failed()

    def test_what_is_behind_a_refused_request_is_not_sent(
        self, invoke: Invoke, server: BulkServer, environment: Callable[..., None]
    ) -> None:
        """An overloaded server gets a rest."""
        environment(MAX_REQUEST_BYTES="1000")
        batch = [change("INSERT", number, str(number), text={"S": "x" * 600}) for number in range(4)]
        server.faults += [Fault(), Fault(status=429)]
        assert invoke(*batch) == failed(1)
        assert [request.actions for request in server.requests] == [["0"], ["1"]]

    def test_without_time_left_nothing_is_sent(self, invoke: Invoke, server: BulkServer, logged: Logged) -> None:
        """What is begun could not be ended."""
        assert invoke(*BATCH, left=900) == failed(1)
        assert server.requests == []
        assert logged("Documents to be retried")[0]["error"] == "no time left"

    def test_outside_of_lambda_the_time_is_unlimited(self, function: ModuleType) -> None:
        """The maximum timeout of a function depends on where Lambda runs it, and changes."""
        assert function.time_left(None) == float("inf")


class TestRequests:
    """How documents are put into requests."""

    def test_a_batch_is_split_by_size(
        self, invoke: Invoke, server: BulkServer, environment: Callable[..., None]
    ) -> None:
        """Every request but that of a single large document is within the limit."""
        environment(MAX_REQUEST_BYTES="1000")
        sizes = [300, 300, 300, 2000, 10]
        batch = [change("INSERT", n, str(n), text={"S": "x" * size}) for n, size in enumerate(sizes)]
        assert invoke(*batch) == failed()
        assert [request.actions for request in server.requests] == [["0", "1"], ["2"], ["3"], ["4"]]
        assert len(server.documents("orders")) == 5

    def test_what_the_server_finds_too_large_is_halved(self, invoke: Invoke, server: BulkServer) -> None:
        """Its limit need not be known."""
        server.largest_request = 800
        batch = [change("INSERT", n, str(n), text={"S": "x" * 300}) for n in range(4)]
        assert invoke(*batch) == failed()
        assert [len(request.actions) for request in server.requests] == [4, 2, 2]

    def test_a_document_that_alone_is_too_large_is_rejected(self, invoke: Invoke, server: BulkServer) -> None:
        """The others are indexed."""
        server.largest_request = 800
        assert invoke(*BATCH, change("INSERT", 5, "e", text={"S": "x" * 900})) == failed(5)
        assert sorted(server.documents("orders")) == ["a", "b", "c", "d"]

    @pytest.mark.parametrize("chosen", ["true", "false"])
    def test_gzip_is_a_choice(
        self, invoke: Invoke, server: BulkServer, environment: Callable[..., None], chosen: str
    ) -> None:
        """The documents are the same."""
        environment(GZIP=chosen)
        assert invoke(*BATCH) == failed()
        assert ("content-encoding" in server.requests[0].headers) == (chosen == "true")
        assert len(server.documents("orders")) == 4

    def test_a_pipeline_changes_documents(
        self, invoke: Invoke, server: BulkServer, environment: Callable[..., None]
    ) -> None:
        """It is named in the request."""
        environment(PIPELINE="stamp & sign")
        server.cluster.pipelines["stamp & sign"] = lambda document, _: document | {"stamped": True}
        assert invoke(change("INSERT", 1, "a"), change("REMOVE", 2, "b")) == failed()
        assert server.documents("orders") == {"a": {"id": "a", "stamped": True}}

    def test_a_path_of_the_endpoint_is_kept(
        self, invoke: Invoke, server: BulkServer, environment: Callable[..., None]
    ) -> None:
        """A proxy may need it."""
        environment(ENDPOINT=f"{server.url}/search/")
        with pytest.raises(Exception, match=r"HTTP 400: no handler found for uri \[/search/…/_bulk\]"):
            invoke(*BATCH, change("INSERT", 5, "orders"))
        assert server.requests[0].path == "/search/orders/_bulk"


class TestForGood:
    """A server that cannot be reached, or refuses every record, fails the batch."""

    def test_a_refused_connection(self, invoke: Invoke, environment: Callable[..., None]) -> None:
        """The message names the endpoint and the reason."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        environment(ENDPOINT=endpoint)
        with pytest.raises(Exception, match=rf"^{endpoint} does not answer: .*Connection refused") as error:
            invoke(*BATCH)
        assert type(error.value).__name__ == "TransportError"

    def test_an_unknown_host(self, invoke: Invoke, environment: Callable[..., None]) -> None:
        """A name that does not resolve."""
        environment(ENDPOINT="http://missing.invalid")
        with pytest.raises(Exception, match=r"^http://missing.invalid does not answer: "):
            invoke(*BATCH)

    def test_a_server_without_tls(self, invoke: Invoke, server: BulkServer, environment: Callable[..., None]) -> None:
        """An endpoint that says https must speak it."""
        environment(ENDPOINT=server.url.replace("http:", "https:"))
        with pytest.raises(Exception, match=r"^https://127.0.0.1:\d+ does not answer: "):
            invoke(*BATCH)

    @pytest.mark.slow
    def test_a_slow_answer(
        self, invoke: Invoke, function: ModuleType, server: BulkServer, environment: Callable[..., None]
    ) -> None:
        """It is not waited for longer than was chosen, and the late documents do no harm."""
        environment(TIMEOUT="0.5")
        server.faults.append(Fault(seconds=1.0))
        with pytest.raises(Exception, match=r"does not answer: timed out"):
            invoke(*BATCH)
        environment(TIMEOUT="20")
        function.parts.cache_clear()
        assert invoke(*BATCH) == failed()

    def test_the_shortest_limit_is_enough_for_a_request(
        self, function: ModuleType, environment: Callable[..., None]
    ) -> None:
        """A shorter one is refused: nothing would ever be sent."""
        environment(TIMEOUT="0.5")
        assert function.parts().bulk.seconds(30.0) == 0.5

    @pytest.mark.slow
    def test_an_answer_may_take_longer_than_connecting(
        self, invoke: Invoke, server: BulkServer, environment: Callable[..., None]
    ) -> None:
        """They have limits of their own."""
        environment(CONNECT_TIMEOUT="0.2", TIMEOUT="5")
        server.faults.append(Fault(seconds=0.5))
        assert invoke(*BATCH) == failed()

    def test_connecting_may_not_take_longer_than_was_chosen(
        self, invoke: Invoke, environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A network that swallows packets would take minutes to say so."""
        waited: list[float] = []

        def connect(_address: object, timeout: float, *_: object) -> socket.socket:
            waited.append(timeout)
            raise TimeoutError("timed out")

        monkeypatch.setattr(socket, "create_connection", connect)
        environment(CONNECT_TIMEOUT="1.5")
        with pytest.raises(Exception, match="does not answer: timed out"):
            invoke(*BATCH)
        assert [0 < seconds <= 1.5 for seconds in waited] == [True]

    @pytest.mark.slow
    def test_the_time_left_is_the_longest_wait(self, invoke: Invoke, server: BulkServer) -> None:
        """Lambda would end the function without a word."""
        server.faults.append(Fault(seconds=1.5))
        with pytest.raises(Exception, match=r"does not answer: timed out"):
            invoke(*BATCH, left=1_100)

    @pytest.mark.parametrize("drop", ["before", "after"])
    def test_a_dropped_connection(self, invoke: Invoke, server: BulkServer, drop: str) -> None:
        """Whether it was dropped before or after the work cannot be known: it is done again."""
        server.faults.append(Fault(drop=drop))
        with pytest.raises(Exception, match=r"does not answer: Remote end closed connection"):
            invoke(*BATCH)
        assert invoke(*BATCH) == failed()
        assert len(server.documents("orders")) == 4

    def test_no_permission(self, invoke: Invoke, server: BulkServer) -> None:
        """What AWS says of it is told: it names the missing permission."""
        server.authorize = lambda *_: "User: arn:aws:sts::1:assumed-role/x is not authorized: es:ESHttpPost"
        with pytest.raises(Exception, match=r"/orders/_bulk\S* answered with HTTP 403: .*es:ESHttpPost") as error:
            invoke(*BATCH)
        assert type(error.value).__name__ == "BulkError"

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (b'{"error":{"type":"parse_exception","reason":"a private note"}}', "parse_exception"),
            (b"<html>a private note", "no reason that can be shown"),
        ],
    )
    def test_a_malformed_request_is_told_without_its_content(
        self, invoke: Invoke, server: BulkServer, body: bytes, said: str
    ) -> None:
        """The server may quote a document."""
        server.faults.append(Fault(status=400, body=body))
        with pytest.raises(Exception, match=rf"answered with HTTP 400: {said}$"):
            invoke(*BATCH)

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b'{"took":1}', b'{"items":[]}', b'{"items":[{},{},{},{}]}', b'{"items":[1,2,3,4]}']
    )
    def test_an_answer_that_is_none(self, invoke: Invoke, server: BulkServer, body: bytes) -> None:
        """Nothing is taken for done that the server did not confirm."""
        server.faults.append(Fault(status=200, body=body))
        with pytest.raises(Exception, match=r"but not with a status for each of 4 actions$"):
            invoke(*BATCH)


class TestCause:
    """Whose fault a refusal is."""

    @pytest.mark.parametrize("policy", ["report", "park"])
    def test_several_that_are_all_refused_alike_come_again(
        self, invoke: Invoke, server: BulkServer, environment: Callable[..., None], policy: str
    ) -> None:
        """The index may be the cause, whatever the type is; one request finds out."""
        environment(ON_REJECTED=policy)
        server.faults.append(Fault(items=dict.fromkeys("abcd", (400, "some_exception"))))
        assert invoke(*BATCH, change("MODIFY", 5, "a")) == failed(1)
        assert len(server.requests) == 1

    @pytest.mark.parametrize("refuses", [False, True])
    def test_of_a_single_one_the_index_is_asked(
        self, invoke: Invoke, server: BulkServer, environment: Callable[..., None], *, refuses: bool
    ) -> None:
        """Whether it takes the deletion of a document that cannot exist."""
        environment(ON_REJECTED="park")
        refused = (400, "some_exception")
        server.faults += [Fault(items={"a": refused}), Fault(items={"sha256:": refused} if refuses else {})]
        assert invoke(change("INSERT", 1, "a")) == (failed(1) if refuses else failed())
        assert [request.actions for request in server.requests] == [["a"], ["sha256:"]]

    def test_a_chain_of_refused_images_costs_one_request_if_the_index_is_the_cause(
        self, invoke: Invoke, server: BulkServer
    ) -> None:
        """Each of the images would be refused as well."""
        server.faults.append(Fault(items={"a": (400, "index_closed_exception")}))
        assert invoke(*[change("MODIFY", number, "a") for number in range(1, 50)]) == failed(1)
        assert len(server.requests) == 1

    @pytest.mark.parametrize("content", ["true", "false"])
    def test_causes_are_logged_by_their_types(
        self, invoke: Invoke, server: BulkServer, logged: Logged, monkeypatch: pytest.MonkeyPatch, content: str
    ) -> None:
        """And their reasons only if content may be logged."""
        monkeypatch.setenv("LOG_CONTENT", content)
        cause = {"type": "inner", "reason": "a private note", "caused_by": {"type": "innermost", "reason": None}}
        error = {"type": "outer", "reason": "failed to parse", "caused_by": cause}
        items = [{"index": {"status": 400, "error": error}}, {"index": {"status": 201}}]
        server.faults.append(Fault(status=200, body=json.dumps({"items": items}).encode()))
        assert invoke(*BATCH[:2]) == failed(1)
        (line,) = logged("Document rejected")
        assert (line["error"], line["causedBy"]) == ("outer", "inner: innermost")
        assert line.get("reason") == ("failed to parse: a private note" if content == "true" else None)


class TestConnection:
    """One connection for all invocations."""

    def test_it_is_kept(self, invoke: Invoke, server: BulkServer) -> None:
        """Connecting and TLS would take longer than the request."""
        for _ in range(3):
            invoke(*BATCH)
        assert len({request.connection for request in server.requests}) == 1

    @pytest.mark.parametrize("drop", ["before", "after"])
    def test_a_kept_one_that_was_closed_is_replaced(self, invoke: Invoke, server: BulkServer, drop: str) -> None:
        """The other side may close it while the function is frozen."""
        invoke(*BATCH)
        server.faults.append(Fault(drop=drop))
        assert invoke(change("REMOVE", 9, "a")) == failed()
        assert sorted(server.documents("orders")) == ["b", "c", "d"]

    def test_one_that_was_idle_too_long_is_not_trusted(
        self, invoke: Invoke, server: BulkServer, function: ModuleType
    ) -> None:
        """A router in between may have forgotten it, and would let the request wait for its timeout."""
        invoke(*BATCH)
        function.parts().bulk._connection._last_used -= 61  # noqa: SLF001 - instead of waiting
        invoke(*BATCH)
        assert len({request.connection for request in server.requests}) == 2
