"""Requests to ``_bulk``, and what became of every action in them."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from indexer.connection import Connection
from indexer.documents import Action
from indexer.settings import Settings

RETRY, REJECTED = "retry", "rejected"
RESERVE = 0.5
"""Seconds kept back for what is to be done after a request, and the least that a request gets."""

_OK, _MULTIPLE_CHOICES, _BAD_REQUEST, _UNAUTHORIZED, _NOT_FOUND = 200, 300, 400, 401, 404
_CONFLICT, _TOO_LARGE, _TOO_MANY, _SERVER_ERROR = 409, 413, 429, 500
_EXCERPT = 300
# What is read of an answer; the rest would be most of it. Quoted as a signature wants it.
_ANSWER = quote("items.*.status,items.*.error", safe="")


class BulkError(Exception):
    """The server refused a whole request, for a reason that concerns every record."""


class Failure(NamedTuple):
    """What became of an action that was not done."""

    action: Action
    verdict: str
    """``retry``: it may succeed later; ``rejected``: it never will as it is."""
    status: int | None = None
    """The HTTP status of the action, or None if it was not sent."""
    error: str | None = None
    """The server's name for what is wrong."""
    reason: str | None = None
    """The server's explanation, which may quote the document."""


class Bulk:
    """Sends actions in requests of a limited size."""

    def __init__(self, settings: Settings, connection: Connection, renew: Callable[[], bool]) -> None:
        self._settings = settings
        self._connection = connection
        self._renew = renew

    def send(self, index: str, actions: list[Action], seconds_left: Callable[[], float]) -> Iterator[Failure]:
        """Send actions to an index and yield those that were not done.

        After a request that is refused for now, or when the time is up, the rest is not sent: it is to be retried.

        Raises:
            TransportError: The server could not be reached or did not answer.
            BulkError: The server refused a request for good.

        """
        target = f"/{quote(index, safe='')}/_bulk?filter_path={_ANSWER}"
        if self._settings.pipeline:
            target += f"&pipeline={quote(self._settings.pipeline, safe='')}"
        requests = list(self._requests(actions))
        while requests:
            request = requests.pop(0)
            seconds = min(self._settings.timeout, seconds_left() - RESERVE)
            if seconds < RESERVE:
                yield from (Failure(action, RETRY, error="no time left") for action in request)
                break
            status, body = self._post(target, request, seconds)
            if status == _TOO_LARGE and len(request) > 1:
                middle = len(request) // 2
                requests[:0] = [request[:middle], request[middle:]]
                continue
            yield from _failures(request, status, body, f"{self._settings.endpoint}{target}")
            if _retryable(status):
                break
        yield from (Failure(action, RETRY, error="not sent") for request in requests for action in request)

    def _post(self, target: str, request: list[Action], seconds: float) -> tuple[int, bytes]:
        content = b"".join([action.body for action in request])
        status, body = self._connection.post(target, content, seconds)
        if status == _UNAUTHORIZED and self._renew():
            return self._connection.post(target, content, seconds)
        return status, body

    def _requests(self, actions: list[Action]) -> Iterator[list[Action]]:
        request: list[Action] = []
        size = 0
        for action in actions:
            if request and size + len(action.body) > self._settings.max_request_bytes:
                yield request
                request, size = [], 0
            request.append(action)
            size += len(action.body)
        if request:
            yield request


def _failures(request: list[Action], status: int, body: bytes, url: str) -> list[Failure]:
    if _retryable(status) or status == _TOO_LARGE:
        verdict = RETRY if _retryable(status) else REJECTED
        return [Failure(action, verdict, status, f"HTTP {status}") for action in request]
    if not _OK <= status < _MULTIPLE_CHOICES:
        raise BulkError(f"{url} answered with HTTP {status}: {_said(status, body)}")
    try:
        return list(_failing(request, _parsed(body)["items"]))
    except (AttributeError, LookupError, TypeError, ValueError):
        # Nothing is taken for done that the server did not confirm.
        message = f"{url} answered with HTTP {status}, but not with a status for each of {len(request)} actions"
        raise BulkError(message) from None


def _failing(request: list[Action], items: list[dict[str, dict[str, Any]]]) -> Iterator[Failure]:
    for action, item in zip(request, items, strict=True):
        (outcome,) = item.values()
        status = outcome["status"]
        if status < _MULTIPLE_CHOICES or status == _CONFLICT or (action.deletes and status == _NOT_FOUND):
            continue
        error = outcome.get("error") or {}
        # Only a document that the mapping refuses is hopeless; blocked or missing indices are mended by somebody.
        verdict = REJECTED if status in (_BAD_REQUEST, _TOO_LARGE) else RETRY
        yield Failure(action, verdict, status, error.get("type"), error.get("reason"))


def _said(status: int, body: bytes) -> str:
    """Return what a refusal says; of a malformed request only the error's name, since it may quote a document."""
    if status != _BAD_REQUEST:
        return body[:_EXCERPT].decode(errors="replace")
    error = _parsed(body).get("error")
    return str(error.get("type")) if isinstance(error, dict) else "no reason that can be shown"


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _retryable(status: int) -> bool:
    return status == _TOO_MANY or status >= _SERVER_ERROR
