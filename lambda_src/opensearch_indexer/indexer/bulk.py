"""Requests to ``_bulk``: their size, their time limit, and what is sent again."""

from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import quote

from indexer import answers
from indexer.answers import REJECTED, RETRY, Outcome
from indexer.connection import Connection
from indexer.documents import UNUSED_ID, Action
from indexer.settings import Settings

RESERVE = 0.5
"""Seconds reserved for the work after a request, and the minimum time of a request."""
SERVER_SHARE = 0.4
"""``timeout`` of a request as a share of the function's own limit. A server whose cluster state is not recovered waits
twice (observed with OpenSearch 2.19). It must respond before the function stops waiting: otherwise, it can apply the
request later, over newer ones."""

# The parts of a response that are read; without this, it would be six times as large. Quoted as a signature requires.
_ANSWER = quote("items.*.status,items.*.error,items.*.result", safe="")
_PROBE = Action(UNUSED_ID, [], deletes=True, body=f'{{"delete":{{"_id":"{UNUSED_ID}"}}}}\n'.encode())


class BulkError(Exception):
    """The server rejected a whole request, for a reason that concerns every record."""


class _Request(NamedTuple):
    actions: list[Action]
    size: int


class Bulk:
    """Sends actions in requests of a limited size."""

    def __init__(self, settings: Settings, connection: Connection) -> None:
        self._settings = settings
        self._connection = connection
        self.largest = settings.max_request_bytes
        """Maximum size of a request in bytes: the setting, or less after the server rejected a larger request."""

    def batch(self, index: str, seconds_left: Callable[[], float]) -> "BulkBatch":
        """Return an object that sends the actions of one batch to an index."""
        return BulkBatch(self, index, seconds_left)

    def requests(self, actions: list[Action]) -> list[_Request]:
        """Split actions into requests, in order."""
        requests: list[_Request] = []
        current: list[Action] = []
        size = 0
        for action in actions:
            if current and size + len(action.body) > self.largest:
                requests.append(_Request(current, size))
                current, size = [], 0
            current.append(action)
            size += len(action.body)
        return [*requests, _Request(current, size)] if current else requests

    def post(self, index: str, actions: list[Action], seconds: float) -> tuple[int, bytes]:
        """Send one request and return the status and the body of the response.

        Raises:
            TransportError: The server does not respond.
            BulkError: The server rejected the request permanently.

        """
        waits = int(seconds * SERVER_SHARE * 1000)
        target = f"/{quote(index, safe='')}/_bulk?filter_path={_ANSWER}&timeout={waits}ms"
        # The server applies the default pipeline of an index to the empty upsert of an update, not to its result.
        pipeline = "_none" if self._settings.ordered else self._settings.pipeline
        if pipeline:
            target += f"&pipeline={quote(pipeline, safe='')}"
        content = b"".join([action.body for action in actions])
        status, body = self._connection.post(target, content, seconds)
        known = answers.retryable(status) or status == answers.TOO_LARGE or answers.unreadable(status, body)
        if not known and not answers.OK <= status < answers.MULTIPLE_CHOICES:
            said = answers.shown(status, body, content, self._connection.without_credentials)
            raise BulkError(f"{self._settings.endpoint}{target} answered with HTTP {status}: {said}")
        return status, body

    def outcomes(self, index: str, actions: list[Action], status: int, body: bytes) -> list[Outcome]:
        """Return the outcomes of the actions of one request, except those that were applied.

        Raises:
            BulkError: The response does not have a status for each action.

        """
        ordered = self._settings.ordered and actions != [_PROBE]
        if status >= answers.MULTIPLE_CHOICES:
            verdict = RETRY if answers.retryable(status) else REJECTED
            return [Outcome(action, verdict, status, f"HTTP {status}") for action in actions]
        try:
            return answers.outcomes(actions, body, ordered=ordered)
        except ValueError:
            # Only actions that the server confirmed count as done.
            raise BulkError(
                f"{self._settings.endpoint}/{index}/_bulk answered with HTTP {status}, "
                f"but not with a status for each of {len(actions)} actions"
            ) from None

    def seconds(self, left: float) -> float:
        """Return the time limit of a request in seconds, or 0 if too little time is left for one."""
        seconds = min(self._settings.timeout, left - RESERVE)
        return seconds if seconds >= RESERVE else 0


class BulkBatch:
    """The actions of one batch for one index.

    Keeps whether the index accepted an action of the batch. Until then, documents that all fail with one type of error
    are not considered the cause.
    """

    def __init__(self, bulk: Bulk, index: str, seconds_left: Callable[[], float]) -> None:
        self._bulk = bulk
        self._index = index
        self._seconds_left = seconds_left
        self._index_works = False

    def send(self, actions: list[Action]) -> Iterator[Outcome]:
        """Send actions, and yield the outcomes of those that were not applied.

        After a request that is to be retried, or when no time is left, the other requests are not sent; they are
        retried as well.

        Raises:
            TransportError: The server cannot be reached, or does not respond.
            BulkError: The server rejected a request permanently.

        """
        bulk = self._bulk
        requests = bulk.requests(actions)
        while requests:
            request = requests.pop(0)
            seconds = bulk.seconds(self._seconds_left())
            if not seconds:
                yield from (Outcome(action, RETRY, error="no time left") for action in request.actions)
                break
            status, body = bulk.post(self._index, request.actions, seconds)
            too_large = status == answers.TOO_LARGE
            halved = too_large or answers.too_much_memory(status, body) or answers.unreadable(status, body)
            if halved and len(request.actions) > 1:
                halves = _halves(request)
                if too_large:
                    bulk.largest = max(half.size for half in halves)
                requests[:0] = halves
                continue
            yield from self._judged(request.actions, status, body)
            if answers.retryable(status):
                break
        yield from (Outcome(action, RETRY, error="not sent") for request in requests for action in request.actions)

    def _judged(self, actions: list[Action], status: int, body: bytes) -> list[Outcome]:
        """Return the outcomes of the actions, but reject none if the index can be the cause.

        Several documents that all fail with one type of error are retried, and Lambda splits their batch in two. If
        there is one document, a request checks whether the index accepts the deletion of a document that cannot exist.
        """
        outcomes = self._bulk.outcomes(self._index, actions, status, body)
        if status >= answers.MULTIPLE_CHOICES or self._index_works:
            return outcomes
        unapplied = [outcome for outcome in outcomes if outcome.verdict in (RETRY, REJECTED)]
        all_alike = len(unapplied) == len(actions) and len({outcome.error for outcome in unapplied}) == 1
        if all_alike and (len(actions) > 1 or unapplied[0].verdict == RETRY or self._index_refuses()):
            return [outcome._replace(verdict=RETRY) for outcome in outcomes]
        self._index_works = True
        return outcomes

    def _index_refuses(self) -> bool:
        seconds = self._bulk.seconds(self._seconds_left())
        if not seconds:
            return True
        status, body = self._bulk.post(self._index, [_PROBE], seconds)
        outcomes = self._bulk.outcomes(self._index, [_PROBE], status, body)
        return any(outcome.verdict == RETRY or outcome.error for outcome in outcomes)


def _halves(request: _Request) -> list[_Request]:
    middle = len(request.actions) // 2
    return [
        _Request(half, sum(len(action.body) for action in half))
        for half in (request.actions[:middle], request.actions[middle:])
    ]
