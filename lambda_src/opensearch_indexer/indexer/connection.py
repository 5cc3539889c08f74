"""A connection to the server that is kept open between invocations."""

import base64
import gzip
import http.client
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from indexer.authorization import Authorization
from indexer.settings import Settings

LONGEST_IDLE = 60
"""Seconds after which an idle connection is replaced: a router in between may have dropped it without notice."""
_UNAUTHORIZED = 401
_SECRET_HEADERS = ("Authorization", "X-Amz-Security-Token")
_SHORTEST_SECRET = 4
_PIECE = 1 << 16


class TransportError(Exception):
    """The server cannot be reached, or does not respond."""


class Connection:
    """Posts requests to ``INDEXER_ENDPOINT``."""

    def __init__(self, settings: Settings, authorization: Authorization) -> None:
        self._settings = settings
        self._authorization = authorization
        self._parts = urlsplit(settings.endpoint)
        self._http: http.client.HTTPConnection | None = None
        self._last_used = 0.0
        self._secrets: list[str] = []

    def post(
        self, target: str, body: bytes, seconds: float, content_type: str = "application/x-ndjson"
    ) -> tuple[int, bytes]:
        """Post JSON, or no body if it is empty, and return the status and the body of the response.

        Takes at most ``seconds``, from authorizing the request to the last byte of the response. The request is sent
        a second time within this time if the server rejects a password that was rotated, or if it has closed the kept
        connection. The server may then apply it twice, which ``_bulk`` with IDs allows.

        Raises:
            TransportError: The server does not respond.

        """
        deadline = time.monotonic() + seconds
        headers = {"Content-Type": content_type}
        if self._settings.gzip and body:
            # Level 1 has most of the effect, and the share of a processor is small in Lambda.
            body = gzip.compress(body, 1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        status, answer = self._send(target, body, headers, deadline)
        if status == _UNAUTHORIZED and self._authorization.forget():
            status, answer = self._send(target, body, headers, deadline)
        return status, answer

    def _send(self, target: str, body: bytes, headers: dict[str, str], deadline: float) -> tuple[int, bytes]:
        url = f"{self._settings.endpoint}{target}"
        try:
            headers = self._authorization.headers("POST", url, headers, body, until(deadline))
            self._secrets = [headers[name] for name in _SECRET_HEADERS if name in headers]
            target = self._parts.path + target
            kept = None if time.time() - self._last_used > LONGEST_IDLE else self._http
            if kept is not None:
                try:
                    return self._exchange(kept, target, body, headers, deadline)
                except TimeoutError:
                    raise
                except (OSError, http.client.HTTPException):
                    # The server may have closed the kept connection: only a new one shows whether it responds.
                    self.close()
            return self._exchange(self._connect(deadline), target, body, headers, deadline)
        except (OSError, http.client.HTTPException) as error:
            raise self._failure(error) from None

    def without_credentials(self, text: str) -> str:
        """Return a text without the credentials of the last request, which some servers repeat in their responses."""
        for secret in sorted(_pieces(self._secrets), key=len, reverse=True):
            text = text.replace(secret, "…")
        return text

    def _failure(self, error: Exception) -> TransportError:
        self.close()
        # The text of such an error quotes the response, which can repeat the request.
        quotes = isinstance(error, http.client.HTTPException) and not isinstance(error, OSError)
        said = type(error).__name__ if quotes else str(error) or type(error).__name__
        return TransportError(f"{self._settings.endpoint} does not answer: {said}")

    def _connect(self, deadline: float) -> http.client.HTTPConnection:
        self.close()
        host = self._parts.hostname or ""
        secure = self._parts.scheme == "https"
        self._http = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(host, self._parts.port)
        # For the lookup and for all addresses of the host together
        connected_by = min(deadline, time.monotonic() + self._settings.connect_timeout)
        addresses = _addresses(host, self._http.port, until(connected_by))
        for place, address in enumerate(addresses, 1):
            try:
                plain = socket.create_connection((address, self._http.port), until(connected_by))
                break
            except OSError:
                if place == len(addresses):
                    raise
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if secure:
            plain.settimeout(until(deadline))
            plain = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        self._http.sock = _Bounded(plain)
        return self._http

    def _exchange(
        self, connected: http.client.HTTPConnection, target: str, body: bytes, headers: dict[str, str], deadline: float
    ) -> tuple[int, bytes]:
        bounded: Any = connected.sock
        bounded.deadline = deadline
        connected.request("POST", target, body, headers)
        answer = connected.getresponse()
        content = answer.read()
        self._last_used = time.time()
        if answer.will_close:
            self.close()
        return answer.status, content

    def close(self) -> None:
        """Close the connection. The next request opens another one."""
        if self._http is not None:
            self._http.close()
            self._http = None


def _pieces(headers: Iterable[str]) -> set[str]:
    """Return the secret parts of header values: the value, a signature and its credential, a name and a password."""
    pieces = set(headers)
    for header in headers:
        pieces |= set(re.findall(r"(?:Credential|Signature)=([^,/\s]+)", header))
        if header.startswith("Basic "):
            token = header.removeprefix("Basic ")
            pieces |= {token, *base64.b64decode(token).decode().split(":", 1)}
    return {piece for piece in pieces if len(piece) >= _SHORTEST_SECRET}


def _addresses(host: str, port: int, seconds: float) -> list[str]:
    """Return the addresses of a host.

    Raises:
        OSError: The name does not exist, or was not resolved in time.

    """
    # In a thread, because the system's resolver has no timeout that a caller could set.
    found: list[list[str] | OSError] = []

    def look_up() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.append([str(address[0]) for *_, address in entries])
        except OSError as error:
            found.append(error)

    resolver = threading.Thread(target=look_up, daemon=True)
    resolver.start()
    resolver.join(seconds)
    if not found:
        raise TimeoutError("the lookup of the host timed out")
    if isinstance(found[0], OSError):
        raise found[0]
    return found[0]


def until(deadline: float) -> float:
    """Return the seconds until a deadline.

    Raises:
        TimeoutError: The deadline has passed.

    """
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("timed out")
    return seconds


class _Bounded:
    """The methods of a socket that ``http.client`` uses, with one deadline for all of them."""

    def __init__(self, plain: socket.socket) -> None:
        self._socket = plain
        self.deadline = 0.0

    def sendall(self, content: bytes) -> None:
        view = memoryview(content)
        # Over TLS, the timeout of one call applies to each record that it sends.
        for begin in range(0, len(view), _PIECE):
            self._socket.settimeout(until(self.deadline))
            self._socket.sendall(view[begin : begin + _PIECE])

    def makefile(self, *_: Any) -> io.BufferedReader:  # noqa: ANN401 - the mode, which is always the same
        return io.BufferedReader(_Reader(self, self._socket.makefile("rb", buffering=0)))

    def settimeout(self, seconds: float | None) -> None:
        self._socket.settimeout(seconds)

    def until_deadline(self) -> None:
        self._socket.settimeout(until(self.deadline))

    def close(self) -> None:
        self._socket.close()


class _Reader(io.RawIOBase):
    """Reads from a socket until its deadline."""

    def __init__(self, bounded: _Bounded, raw: Any) -> None:  # noqa: ANN401 - socket.SocketIO
        self._bounded = bounded
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - any buffer
        self._bounded.until_deadline()
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()
