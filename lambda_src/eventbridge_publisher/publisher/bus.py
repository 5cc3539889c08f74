"""Sends requests of ``PutEvents``, and repeats what EventBridge throttled while there is time."""

import http.client
import json
import random
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from publisher import signature
from publisher.entries import Entry
from publisher.settings import Settings

RESERVE = 0.5
"""Seconds that remain for the response of the function."""
LONGEST_IDLE = 60
"""Seconds after which an idle connection is replaced: something in between may have dropped it."""
_ATTEMPTS = 4
_FIRST_PAUSE = 0.1
_OK, _TOO_MANY, _SERVER_ERROR = 200, 429, 500
_TEMPORARY = frozenset(["ThrottlingException", "InternalFailure", "InternalException", "ServiceUnavailable"])
"""Errors that a later attempt can avoid (AWS, PutEvents, errors)."""


class PublishError(Exception):
    """EventBridge rejected a whole request, or did not answer. The text contains no item data."""


class Failed(NamedTuple):
    """An entry that was not published, and why."""

    entry: Entry
    code: str


class Bus:
    """Publishes entries to the event bus of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._parts = urlsplit(settings.endpoint)
        self._connection: http.client.HTTPConnection | None = None
        self._last_used = 0.0

    def publish(self, entries: list[Entry], time_left: Callable[[], float]) -> list[Failed]:
        """Publish the entries of one request, and return those that EventBridge did not accept, in their order.

        ``time_left`` returns the seconds until the function is stopped.

        Raises:
            PublishError: EventBridge rejected the whole request, or did not answer.

        """
        failed: list[Failed] = []
        for attempt in range(1, _ATTEMPTS + 1):
            answer = self._send(entries, min(self._settings.timeout, time_left() - RESERVE))
            # As many answers as entries, in the same order
            refused = [
                Failed(entry, str(result["ErrorCode"]))
                for entry, result in zip(entries, answer["Entries"], strict=True)
                if result.get("ErrorCode")
            ]
            temporary = [each for each in refused if each.code in _TEMPORARY]
            failed += [each for each in refused if each.code not in _TEMPORARY]
            pause = _FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1)  # noqa: S311 - spreads attempts
            if not temporary or attempt == _ATTEMPTS or time_left() - RESERVE < pause:
                return sorted([*failed, *temporary], key=lambda each: int(_number(each.entry)))
            time.sleep(pause)
            entries = [each.entry for each in temporary]
        return failed

    def _send(self, entries: list[Entry], seconds: float) -> dict[str, Any]:
        if seconds <= 0:
            raise PublishError("No time is left before the timeout of the function")
        body = f'{{"Entries":[{",".join(entry.body for entry in entries)}]}}'.encode()
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSEvents.PutEvents"}
        headers = signature.signed(
            self._parts.netloc, self._settings.region, headers, body, keys=signature.credentials()
        )
        try:
            status, content = self._exchange(body, headers, seconds)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            # The text of an error of HTTP quotes what the server sent.
            raise PublishError(f"{self._settings.endpoint} does not answer: {type(error).__name__}") from None
        if status == _OK:
            try:
                answer: dict[str, Any] = json.loads(content)
            except ValueError:
                raise PublishError(f"{self._settings.endpoint} answered with something else than JSON") from None
            return answer
        code = _code(content)
        if status == _TOO_MANY or status >= _SERVER_ERROR or code in _TEMPORARY:
            return {"Entries": [{"ErrorCode": code if code in _TEMPORARY else "ServiceUnavailable"}] * len(entries)}
        raise PublishError(f"EventBridge rejected the request with status {status}: {code}")

    def _exchange(self, body: bytes, headers: dict[str, str], seconds: float) -> tuple[int, bytes]:
        kept = self._connection if time.time() - self._last_used < LONGEST_IDLE else None
        if kept is not None:
            try:
                return self._post(kept, body, headers, seconds)
            except TimeoutError:
                raise
            except (OSError, http.client.HTTPException):
                # The server may have closed the kept connection: only a new one shows whether it answers.
                self.close()
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(self._parts.hostname or "", self._parts.port)
        return self._post(self._connection, body, headers, seconds)

    def _post(
        self, connection: http.client.HTTPConnection, body: bytes, headers: dict[str, str], seconds: float
    ) -> tuple[int, bytes]:
        connection.timeout = seconds
        if connection.sock:
            connection.sock.settimeout(seconds)
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        self._last_used = time.time()
        if answer.will_close:
            self.close()
        return answer.status, content

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _number(entry: Entry) -> str:
    return (entry.record.get("dynamodb") or {}).get("SequenceNumber") or "0"


def _code(content: bytes) -> str:
    """Return the code of an error of the JSON protocol, without its message, which can quote the request."""
    try:
        return str(json.loads(content).get("__type", "")).rpartition("#")[2] or "unknown error"
    except (ValueError, AttributeError):
        return "unknown error"
