"""One connection to the server, kept alive from invocation to invocation."""

import gzip
import http.client
import ssl
import time
from urllib.parse import urlsplit

from indexer.authorization import Authorization
from indexer.settings import Settings

LONGEST_IDLE = 60
"""Seconds after which a connection is not trusted any more: what lies between may have forgotten it without a word."""


class TransportError(Exception):
    """The server could not be reached, or did not answer."""


class Connection:
    """Posts requests to the endpoint of the settings."""

    def __init__(self, settings: Settings, authorization: Authorization) -> None:
        self._settings = settings
        self._authorization = authorization
        self._parts = urlsplit(settings.endpoint)
        self._http: http.client.HTTPConnection | None = None
        self._last_used = 0.0

    def post(self, target: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        """Post newline-delimited JSON and return the answer's status and body.

        Waits ``seconds`` for each part of the answer. A kept connection that turns out to be closed is replaced once;
        what was sent may then be done twice, which ``_bulk`` with ids can be.

        Raises:
            TransportError: No answer.

        """
        headers = {"Content-Type": "application/x-ndjson"}
        if self._settings.gzip:
            # Level 1 makes most of the difference, and the processor's share in Lambda is small.
            body = gzip.compress(body, 1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        url = f"{self._settings.endpoint}{target}"
        headers = self._authorization.headers("POST", url, headers, body)
        target = self._parts.path + target
        kept = None if time.time() - self._last_used > LONGEST_IDLE else self._http
        if kept is not None:
            try:
                return self._exchange(kept, target, body, headers, seconds)
            except TimeoutError as error:
                raise self._failure(error) from error
            except (OSError, http.client.HTTPException):
                # The other side may have closed it long ago: only a new connection tells.
                self.close()
        try:
            return self._exchange(self._connect(seconds), target, body, headers, seconds)
        except (OSError, http.client.HTTPException) as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> TransportError:
        self.close()
        return TransportError(f"{self._settings.endpoint} does not answer: {str(error) or type(error).__name__}")

    def _connect(self, seconds: float) -> http.client.HTTPConnection:
        self.close()
        host, port = self._parts.hostname or "", self._parts.port
        seconds = min(self._settings.connect_timeout, seconds)
        if self._parts.scheme == "https":
            self._http = http.client.HTTPSConnection(host, port, timeout=seconds, context=ssl.create_default_context())
        else:
            self._http = http.client.HTTPConnection(host, port, timeout=seconds)
        self._http.connect()
        return self._http

    def _exchange(
        self, connected: http.client.HTTPConnection, target: str, body: bytes, headers: dict[str, str], seconds: float
    ) -> tuple[int, bytes]:
        connected.sock.settimeout(seconds)
        connected.request("POST", target, body, headers)
        answer = connected.getresponse()
        content = answer.read()
        self._last_used = time.time()
        if answer.will_close:
            self.close()
        return answer.status, content

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._http is not None:
            self._http.close()
            self._http = None
