"""Publishes the changes of a DynamoDB table to an event bus of EventBridge; README.md describes the settings."""

import time
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from publisher import metrics, settings
from publisher.bus import RESERVE, Bus, PublishError
from publisher.claims import ClaimError, Claims
from publisher.entries import Entries, Entry, failure
from publisher.stream import StreamError, identity, log, records_of, response, time_left

Record = dict[str, Any]


class Parts(NamedTuple):
    """Objects that are created once and reused by later invocations."""

    settings: settings.Settings
    entries: Entries
    bus: Bus
    claims: Claims


@cache
def parts() -> Parts:
    """Create the parts from the settings; not at import, so that an invalid setting fails the invocation."""
    chosen = settings.read()
    return Parts(chosen, Entries(chosen), Bus(chosen), Claims(chosen))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Publish the records of a batch in stream order, and report the first one that was not published.

    Requires ``ReportBatchItemFailures`` in the event source mapping; without it, Lambda ignores reported failures.

    Raises:
        SettingsError: A setting is unknown or invalid.
        StreamError: The event is not an event of a DynamoDB stream.
        PublishError: EventBridge rejected the first request, or did not answer: nothing was published.

    """
    began = time.monotonic()
    records = records_of(event)
    batch = Batch(parts(), context)
    failed = batch.publish(records)
    batch.counts["BatchLatency"] = round((time.monotonic() - began) * 1000, 3)
    metrics.publish(parts().settings.metrics_namespace, batch.counts)
    return response(event, *failed)


class Batch:
    """Publishes the records of one invocation."""

    def __init__(self, parts: Parts, context: object) -> None:
        self._parts = parts
        self._context = context
        self.counts: dict[str, float] = {name: 0 for name, unit in metrics.UNITS.items() if unit == "Count"}
        self._unusable: Record | None = None

    def publish(self, records: list[Record]) -> list[str | None]:
        """Publish records up to the first failing one, and return its sequence number."""
        for request in self._parts.entries.requests(self._entries(records)):
            failed = self._send(request)
            if failed is not None:
                self.counts["Retried"] = len(records) - records.index(failed)
                return [identity(failed)["sequenceNumber"]]
        if self._unusable is not None:
            return [identity(self._unusable)["sequenceNumber"]]
        return []

    def _entries(self, records: list[Record]) -> Iterator[Entry]:
        """Yield the entries of records up to the first one that cannot be published."""
        for record in records:
            try:
                entry = self._parts.entries.entry(record)
                if entry.detail:
                    self._parts.claims.store(entry, max(0.1, self._seconds()))
                    self.counts["ClaimChecks"] += 1
            except (StreamError, ClaimError) as error:
                self._unusable = record
                self.counts["Failed"] += 1
                self._log("ERROR", "Record not published", **failure(error, record))
                return
            yield entry

    def _send(self, request: list[Entry]) -> Record | None:
        """Publish one request; return the record of the first entry that was not published."""
        try:
            failed = self._parts.bus.publish(request, lambda: time_left(self._context))
        except PublishError as error:
            if not self.counts["Published"]:
                # Counted as an error of the function, so that its alarm sees it
                raise
            self.counts["Failed"] += len(request)
            self._log("ERROR", "Request failed", **failure(error, request[0].record), entries=len(request))
            return request[0].record
        self.counts["Published"] += len(request) - len(failed)
        self.counts["Failed"] += len(failed)
        for each in failed:
            self._log("ERROR", "Record not published", **identity(each.entry.record), error=each.code)
        return failed[0].entry.record if failed else None

    def _seconds(self) -> float:
        return min(self._parts.settings.timeout, time_left(self._context) - RESERVE)

    def _log(self, level: str, message: str, **fields: object) -> None:
        log(level, message, **fields, requestId=getattr(self._context, "aws_request_id", None))
