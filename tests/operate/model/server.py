"""The account over HTTP, on this machine alone, for real processes: they can be held at any call, and see any fault."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.operate.model import wire
from tests.operate.model.account import Account
from tests.operate.model.clock import WallClock
from tests.operate.model.names import ServiceError
from tests.operate.model.wire import Request, Response

_LONGEST: float = 60


@dataclass
class Fault:
    """What goes wrong with the next calls of an operation, so many ``times``.

    Attributes:
        error: the answer, instead of doing what is asked for.
        loses_answer: do it, and close the connection.
        seconds: how long the answer takes.
    """

    operation: str
    times: int = 1
    error: ServiceError | None = None
    loses_answer: bool = False
    seconds: float = 0


@dataclass
class _Hold:
    """Calls that wait: before they are done or after it, what becomes of them, and how many they are."""

    after: bool
    drop: bool
    calls: int = 0


class Server:
    """The account behind a port of its own; use it as a context manager.

    Operations are named without ``Batch``: whether several messages are deleted at once makes no difference here.

    ``faults`` are what goes wrong; each is used up by the calls that it concerns.
    """

    def __init__(self) -> None:
        self.account = Account(WallClock())
        self.faults: list[Fault] = []
        self._changed = threading.Condition()
        self._held: dict[str, _Hold] = {}
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.model = self
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._held.clear()
            self._changed.notify_all()
        self._http.shutdown()
        self._http.server_close()

    @contextmanager
    def holding(self, operation: str, *, after: bool = False, drop: bool = False) -> Iterator[None]:
        """Let calls of an operation wait until the ``with`` block ends: before it is done, or after it.

        With ``drop`` they are not done then, or not answered.
        """
        with self._changed:
            self._held[operation] = _Hold(after=after, drop=drop)
        try:
            yield
        finally:
            with self._changed:
                self._held.pop(operation, None)
                self._changed.notify_all()

    def wait_for(self, operation: str) -> None:
        """Wait until a call of an operation is held."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._held[operation].calls, _LONGEST), f"no {operation} came"

    def answer(self, request: Request) -> Response | None:
        """Return the response to a request; None for none at all."""
        service, operation, given = wire.read(request)
        kind = operation.removesuffix("Batch")
        if self._is_dropped(kind, after=False):
            return None
        fault = self._fault(kind)
        time.sleep(fault.seconds)
        try:
            if fault.error:
                raise fault.error
            response = wire.answered(service, operation, self.account.call(service, operation, given, request.caller))
        except ServiceError as error:
            response = wire.refused(service, error)
        return None if fault.loses_answer or self._is_dropped(kind, after=True) else response

    def _is_dropped(self, operation: str, *, after: bool) -> bool:
        """Wait while a call is held, and tell whether it goes no further."""
        with self._changed:
            hold = self._held.get(operation)
            if hold is None or hold.after is not after:
                return False
            hold.calls += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._held.get(operation) is not hold, _LONGEST)
            return hold.drop

    def _fault(self, operation: str) -> Fault:
        with self._changed:
            for fault in self.faults:
                if fault.operation == operation and fault.times:
                    fault.times -= 1
                    return fault
        return Fault(operation)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    model: Server

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base class has it
        """Say nothing of processes that were killed while they waited."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        response = self.server.model.answer(Request(self.command, self.path, headers, body))
        if response is None:
            self.close_connection = True
            return
        lines = [f"HTTP/1.1 {response.status} ."]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        lines.append(f"content-length: {len(response.body)}")
        # In one piece: a response that comes in two is taken for none, and asked for again, where the second is late.
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + response.body)

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - the base class's names

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - as above
        """Say nothing."""
