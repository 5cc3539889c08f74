"""Deletes old markers of removed items from an index whose order the server keeps."""

import json
import time
from collections.abc import Callable
from urllib.parse import quote

from indexer.connection import Connection
from indexer.documents import REMOVED_AT
from indexer.settings import Settings
from indexer.stream import log

KEPT = 25 * 3600
"""Seconds for which a marker is kept. Stream records expire after 24 hours (AWS, Change data capture)."""
INTERVAL = 3600
"""Seconds between two deletions by one environment of the function."""
_SECONDS, _RESERVE = 5.0, 2.0
_MULTIPLE_CHOICES = 300


class Markers:
    """Deletes old markers periodically, after a batch and only in the time that is left."""

    def __init__(self, settings: Settings, connection: Connection) -> None:
        self._settings = settings
        self._connection = connection
        self._next: dict[str, float] = {}

    def remove_old(self, index: str, seconds_left: Callable[[], float]) -> None:
        """Request the deletion of the old markers of an index, at most once in an hour.

        Does not wait for the deletion. A failure is logged, and the deletion is requested again an hour later.
        """
        seconds = min(_SECONDS, seconds_left() - _RESERVE)
        if not self._settings.ordered or time.time() < self._next.get(index, 0) or seconds < 1:
            return
        self._next[index] = time.time() + INTERVAL
        oldest = int((time.time() - KEPT) * 1000)
        query = json.dumps({"query": {"range": {REMOVED_AT: {"lt": oldest}}}}).encode()
        target = f"/{quote(index, safe='')}/_delete_by_query?conflicts=proceed&wait_for_completion=false"
        try:
            status, _ = self._connection.post(target, query, seconds, "application/json")
            error = None if status < _MULTIPLE_CHOICES else f"HTTP {status}"
        except Exception as failure:  # noqa: BLE001 - the batch is done, and must not fail for what is done beside it
            error = str(failure)
        if error:
            log("WARN", "Old markers of removed items not deleted", index=index, error=error)
