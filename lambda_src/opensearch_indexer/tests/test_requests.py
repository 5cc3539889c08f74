"""What a server is told, what is learnt of it, and what of its answers is never shown."""

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.bulk_server import BulkServer, Fault

from .conftest import change, failed

Invoke = Callable[..., dict[str, Any]]
BATCH = [change("INSERT", number, key) for number, key in enumerate("abcd", 1)]

ECHO = "Authorization: Basic aW5kZXhlcjpob3JzZXN0YXBsZQ== of indexer:horsestaple, id a private note"


class TestSecrecy:
    """What a server repeats of a request is not shown."""

    @pytest.mark.parametrize("status", [400, 401, 403, 404])
    @pytest.mark.parametrize(
        "body", ['{"error":"%s"}', '{"Message":"%s"}', '{"error":{"type":"x","reason":"%s"}}', "%s"]
    )
    def test_credentials_and_content_are_not_repeated(
        self, invoke: Invoke, server: BulkServer, environment: Callable[..., None], status: int, body: str
    ) -> None:
        """Whichever part of the answer they are in."""
        environment(AUTH="basic", USERNAME="indexer", PASSWORD="horsestaple")  # noqa: S106 - none that anybody has
        server.faults.append(Fault(status=status, body=(body % ECHO).encode()))
        with pytest.raises(Exception, match=f"answered with HTTP {status}: ") as error:
            invoke(change("INSERT", 1, "a", note={"S": "a private note"}))
        assert "horsestaple" not in str(error.value)
        assert "aW5kZXhlcjpob3JzZXN0YXBsZQ" not in str(error.value)
        assert "a private note" not in str(error.value)

    @pytest.mark.parametrize("length", [8, 1_000])
    def test_a_token_is_not_repeated(
        self,
        invoke: Invoke,
        server: BulkServer,
        environment: Callable[..., None],
        monkeypatch: pytest.MonkeyPatch,
        length: int,
    ) -> None:
        """As AWS does when a signature is wrong, and no part of it where the message is cut."""
        token = "token/+=" * (length // 8)
        for name, value in (("ACCESS_KEY_ID", "AKIDEXAMPLE"), ("SECRET_ACCESS_KEY", "s"), ("SESSION_TOKEN", token)):
            monkeypatch.setenv(f"AWS_{name}", value)
        environment(AUTH="es")
        server.authorize = lambda *_: f"The canonical string should have been x-amz-security-token:{token} AKIDEXAMPLE"
        with pytest.raises(Exception, match="The canonical string should have been") as error:
            invoke(*BATCH)
        assert "token/" not in str(error.value)
        assert "AKIDEXAMPLE" not in str(error.value)

    @pytest.mark.parametrize("error", ["a private note", {"type": "a private note"}])
    def test_what_is_not_the_name_of_an_error_is_not_logged(
        self,
        invoke: Invoke,
        server: BulkServer,
        capsys: pytest.CaptureFixture[str],
        error: Any,  # noqa: ANN401 - JSON
    ) -> None:
        """An item's error has a type; text in its place can quote the document."""
        chain = {"type": "outer", "caused_by": error} if isinstance(error, dict) else error
        for answer in (error, chain):
            items = [{"index": {"status": 400, "error": answer}}, {"index": {"status": 201}}]
            server.faults.append(Fault(status=200, body=json.dumps({"items": items}).encode()))
            assert invoke(*BATCH[:2]) == failed(1)
        assert "private" not in capsys.readouterr().out

    def test_an_answer_that_is_not_http_is_not_shown(self, invoke: Invoke, environment: Callable[..., None]) -> None:
        """It may be the request."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            environment(ENDPOINT=f"http://127.0.0.1:{listening.getsockname()[1]}", GZIP="false")

            def echo() -> None:
                connection, _ = listening.accept()
                with connection:
                    connection.sendall(connection.recv(65_536))

            threading.Thread(target=echo, daemon=True).start()
            with pytest.raises(Exception, match=r"does not answer: BadStatusLine$"):
                invoke(*BATCH)


class TestLimits:
    """What is learnt of the server, and what bounds a request."""

    @pytest.mark.slow
    def test_an_answer_that_trickles_is_not_waited_for(
        self, invoke: Invoke, server: BulkServer, environment: Callable[..., None]
    ) -> None:
        """The time is that of the whole request, not of each byte."""
        environment(TIMEOUT="0.6")
        server.faults.append(Fault(trickle=0.05))
        began = time.monotonic()
        with pytest.raises(Exception, match=r"does not answer: timed out"):
            invoke(*BATCH)
        # The whole answer would take longer.
        assert time.monotonic() - began < 4

    @pytest.mark.slow
    def test_looking_up_the_host_is_not_waited_for(
        self, invoke: Invoke, environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The system's resolver may take half a minute."""

        def look_up(*_: object, **__: object) -> list[Any]:
            time.sleep(5)
            return []

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        environment(CONNECT_TIMEOUT="0.3")
        began = time.monotonic()
        with pytest.raises(Exception, match="does not answer: the lookup of the host timed out"):
            invoke(*BATCH)
        assert time.monotonic() - began < 4

    def test_the_server_is_told_to_wait_shorter_than_the_function(self, invoke: Invoke, server: BulkServer) -> None:
        """Of the time that is left, or of the setting."""
        for left in (30_000, 5_500, 1_500):
            invoke(*BATCH, left=left)
        waits = [int(request.query["timeout"].removesuffix("ms")) / 1000 for request in server.requests]
        assert waits == pytest.approx([8, 2, 0.4], abs=0.05)

    def test_a_limit_that_was_found_is_kept(self, invoke: Invoke, server: BulkServer) -> None:
        """The next batch has no request in vain."""
        server.largest_request = 800
        batch = [change("INSERT", n, str(n), text={"S": "x" * 300}) for n in range(4)]
        for _ in range(2):
            assert invoke(*batch) == failed()
        assert [len(request.actions) for request in server.requests] == [4, 2, 2, 2, 2]

    def test_what_needs_too_much_memory_is_halved(self, invoke: Invoke, server: BulkServer) -> None:
        """As a whole it would never pass. The size is not kept: the memory may be free again."""
        server.most_memory = 800
        batch = [change("INSERT", n, str(n), text={"S": "x" * 300}) for n in range(4)]
        assert invoke(*batch) == failed()
        server.most_memory = None
        assert invoke(*batch) == failed()
        assert [len(request.actions) for request in server.requests] == [4, 2, 2, 4]

    def test_a_document_that_spoils_its_request_is_found(self, invoke: Invoke, server: BulkServer) -> None:
        """The server does not read the request, so no item has a status."""
        spoiled = Fault(status=400, body=b'{"error":{"type":"x_content_parse_exception","reason":"name is too long"}}')
        server.faults += [spoiled, Fault(), spoiled, spoiled, Fault()]
        assert invoke(*BATCH) == failed(3)
        assert [request.actions for request in server.requests] == [
            ["a", "b", "c", "d"],
            ["a", "b"],
            ["c", "d"],
            ["c"],
            ["d"],
        ]

    @pytest.mark.parametrize("status", [True, "201", 201.0, 600, 199, 0, None, [201]])
    def test_a_status_that_is_none_is_no_success(self, invoke: Invoke, server: BulkServer, status: object) -> None:
        """Nothing is taken for done that the server did not confirm."""
        items = [{"index": {"status": 201}}] * 3 + [{"index": {"status": status}}]
        server.faults.append(Fault(status=200, body=json.dumps({"items": items}).encode()))
        with pytest.raises(Exception, match=r"but not with a status for each of 4 actions$"):
            invoke(*BATCH)
