"""Clients of AWS: an invocation is never repeated, other requests are."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.exceptions import ClientError

from generator.aws import Client, connect, with_backoff
from generator.errors import AwsError
from generator.limits import MAX_FUNCTION_SECONDS

DROPPED = 0
"""In place of a status: the connection is closed without an answer, when the function may have run already."""


class Server(ThreadingHTTPServer):
    """Answers requests with the given statuses in turn, the last one again and again, and counts the requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses = [200]
        self.requests = 0

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing about a connection that a client has closed."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status = self.server.statuses[min(self.server.requests, len(self.server.statuses) - 1)]
        self.server.requests += 1
        if status == DROPPED:
            self.close_connection = True
            return
        error = {} if status == 200 else {"__type": "InternalServerError", "Message": "an error"}
        body = json.dumps(error).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name in http.server
        """Print nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as started:
        threading.Thread(target=started.serve_forever, args=[0.01], daemon=True).start()
        yield started
        started.shutdown()


@pytest.fixture
def client(server: Server, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
    return connect(region="eu-west-1", endpoint_url=f"http://127.0.0.1:{server.server_port}")


@pytest.mark.parametrize("status", [429, 500, 503, DROPPED])
def test_invocation_is_sent_once_whatever_the_answer(server: Server, client: Client, status: int) -> None:
    server.statuses = [status]
    with pytest.raises(
        Exception, match=r"invoking the Invoke|calling the Invoke|Connection was closed|Could not connect"
    ):
        client("lambda").invoke(FunctionName="orders", Payload=b"{}")
    assert server.requests == 1


def test_other_request_is_retried(server: Server, client: Client) -> None:
    server.statuses = [500, DROPPED, 200]
    client("dynamodb").list_tables()
    assert server.requests == 3


def test_invocation_is_waited_for_as_long_as_a_function_can_take(client: Client) -> None:
    assert client("lambda").meta.config.read_timeout > MAX_FUNCTION_SECONDS


class TestBackoff:
    def refusals(self, number: int, code: str = "ThrottlingException") -> Iterator[Exception | None]:
        yield from [ClientError({"Error": {"Code": code}}, "Operation")] * number
        yield from iter(lambda: None, 1)

    def run(self, answers: Iterator[Exception | None]) -> tuple[list[tuple[float, str]], str]:
        pauses: list[tuple[float, str]] = []

        def call() -> str:
            answer = next(answers)
            if answer:
                raise answer
            return "done"

        result = with_backoff(call, {"ThrottlingException"}, "too often", pause=lambda *wait: pauses.append(wait))
        return pauses, result

    def test_pauses_double_with_a_random_part_and_say_why(self) -> None:
        pauses, result = self.run(self.refusals(9))
        assert result == "done"
        for (seconds, reason), longest in zip(pauses, (0.5, 1, 2, 4, 8, 16, 30, 30, 30), strict=True):
            assert longest / 2 <= seconds <= longest
            assert reason == "ThrottlingException"
        assert len({seconds for seconds, _ in pauses}) == 9

    def test_attempts_have_an_end(self) -> None:
        with pytest.raises(AwsError, match="too often"):
            self.run(self.refusals(10))

    def test_other_errors_are_not_repeated(self) -> None:
        with pytest.raises(ClientError):
            self.run(self.refusals(1, "AccessDeniedException"))

    def test_waits_by_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        slept: list[float] = []
        monkeypatch.setattr(time, "sleep", slept.append)
        answers = self.refusals(2)
        with_backoff(lambda: _raise(next(answers)), {"ThrottlingException"}, "too often")
        assert len(slept) == 2


def _raise(error: Exception | None) -> None:
    if error:
        raise error
