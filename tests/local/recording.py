"""Records the requests that Terraform sends to an AWS emulator, in their order."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from generator.local.emulator import LocalAws

# Operations of services with paths instead of names of operations, by method and path
_REST = {
    r"POST .*/event-source-mappings/?": "CreateEventSourceMapping",
    r"PUT .*/event-source-mappings/([^/]+)": "UpdateEventSourceMapping",
    r"DELETE .*/event-source-mappings/([^/]+)": "DeleteEventSourceMapping",
    r"POST .*/functions/?": "CreateFunction",
    r"PUT .*/functions/([^/]+)/configuration": "UpdateFunctionConfiguration",
    r"PUT .*/functions/([^/]+)/code": "UpdateFunctionCode",
    r"POST .*/functions/([^/]+)/versions": "PublishVersion",
    r"POST .*/functions/([^/]+)/aliases": "CreateAlias",
    r"PUT .*/functions/([^/]+)/aliases/[^/]+": "UpdateAlias",
    r"DELETE .*/functions/([^/]+)/aliases/[^/]+": "DeleteAlias",
    r"PUT .*/functions/([^/]+)/provisioned-concurrency": "PutProvisionedConcurrencyConfig",
    r"DELETE .*/functions/([^/]+)/provisioned-concurrency": "DeleteProvisionedConcurrencyConfig",
    r"DELETE .*/functions/([^/]+)": "DeleteFunction",
}


@dataclass
class Request:
    """One request: its operation as AWS names it, if it writes, everything that it sent, and what was answered.

    ``parameters`` are what the body sets; ``answer`` is ``None`` if the request failed.
    """

    operation: str
    path: str
    body: str
    parameters: Mapping[str, Any]
    answer: str | None = None

    @property
    def text(self) -> str:
        """Everything that was sent."""
        return f"{self.path} {self.body}"


@contextmanager
def recording(aws: LocalAws) -> Iterator[tuple[LocalAws, list[Request]]]:
    """Give the emulator at an address where requests are recorded, and the list of them, which grows."""
    requests: list[Request] = []
    target = urlsplit(aws.endpoint).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # The head of a response is sent together with its body: on a busy machine, the client of the provider can give
        # up between the two, and repeats a request that has succeeded
        wbufsize = 1 << 20

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = _request(self.command, self.path, self.headers.get("X-Amz-Target", ""), body)
            requests.append(request)
            connection = HTTPConnection(target, timeout=600)
            connection.request(self.command, self.path, body=body, headers=dict(self.headers))
            response = connection.getresponse()
            content = response.read()
            if response.status < HTTPStatus.MULTIPLE_CHOICES:
                request.answer = content.decode(errors="replace")
            self.send_response(response.status)
            for name, value in response.getheaders():
                if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            connection.close()

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _forward  # noqa: N815 - names of http.server

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - name of http.server
            del format, args

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        # Connections beyond it are dropped, by default beyond 5; Terraform opens one for each resource at a time
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield replace(aws, endpoint=f"http://127.0.0.1:{server.server_port}"), requests
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _request(method: str, path: str, target: str, body: bytes) -> Request:
    text = body.decode(errors="replace")
    parameters: Mapping[str, Any] = {}
    if not target and text.startswith("Action="):
        parameters = {name: values[0] for name, values in parse_qs(text).items()}
        text = json.dumps(parameters)
        operation = parameters["Action"]
    else:
        called = f"{method} {urlsplit(path).path}"
        named = (name for pattern, name in _REST.items() if re.fullmatch(pattern, called))
        operation = target.rpartition(".")[2] or next(named, called)
        if text.startswith("{"):
            parameters = json.loads(text)
    return Request(operation, unquote(path), text, parameters)
