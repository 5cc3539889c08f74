"""Keeps an index of OpenSearch or Elasticsearch equal to a DynamoDB table; README.md describes the settings."""

import time
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from indexer import metrics, settings, template
from indexer.answers import REJECTED, RETRY, Outcome
from indexer.authorization import Authorization
from indexer.bulk import RESERVE, Bulk, BulkBatch
from indexer.connection import Connection
from indexer.documents import Action, Documents
from indexer.markers import Markers
from indexer.stream import StreamError, identity, log, records_of, response, time_left

Record = dict[str, Any]
Changes = dict[str, list[Record]]
"""Records by the ID of their document, oldest first."""


class Parts(NamedTuple):
    """Objects that are created once and reused by later invocations."""

    settings: settings.Settings
    documents: Documents
    connection: Connection
    bulk: Bulk
    markers: Markers


@cache
def parts() -> Parts:
    """Create the parts from the settings; not at import, so that an invalid setting fails the invocation."""
    chosen = settings.read()
    connection = Connection(chosen, Authorization(chosen))
    return Parts(chosen, Documents(chosen), connection, Bulk(chosen, connection), Markers(chosen, connection))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Apply a batch of changes to the index, and report the first record that could not be applied.

    An event of a stream without records asks for a check of the index, which ``backfill`` needs before it starts.

    Raises:
        SettingsError: A setting is missing, unknown or invalid.
        StreamError: The event is not one of a DynamoDB stream, or the stream view type excludes a required image.
        TransportError: The server cannot be reached or does not answer.
        BulkError: The server rejected a whole request, for a reason that concerns every record.
        TemplateError: The index that was to be checked differs from the index template.

    """
    began = time.monotonic()
    records = records_of(event)
    if not records:
        check_template(event, context)
        return response(event)
    batch = Batch(parts(), context)
    for index, changes in grouped(records, parts()).items():
        batch.apply(index, changes)
        parts().markers.remove_old(index, lambda: time_left(context))
    batch.counts["BatchLatency"] = round((time.monotonic() - began) * 1000, 3)
    metrics.publish(parts().settings.metrics_namespace, batch.counts)
    # As texts, sequence numbers would not compare: they have 22 to 24 digits.
    return response(event, *sorted(batch.failed, key=lambda number: int(number or 0))[:1])


def check_template(event: dict[str, Any], context: object) -> None:
    """Check the index of the stream that an event names; the last event of a tumbling window does not ask for it."""
    source = event.get("eventSourceARN")
    if source and "window" not in event and parts().settings.check_template:
        chosen = parts().settings
        seconds = min(chosen.timeout, time_left(context) - RESERVE)
        template.check(chosen, parts().connection, chosen.index_for(table_of(source)), seconds)


def table_of(stream_arn: str) -> str:
    """Return the name of the table in the ARN of its stream."""
    return stream_arn.partition(":table/")[2].partition("/")[0]


def grouped(records: Iterable[Record], parts: Parts) -> dict[str, Changes]:
    """Sort records by index and document."""
    documents = parts.documents
    groups: dict[str, Changes] = {}
    by_source: dict[str, Changes] = {}
    for record in records:
        documents.require_images(record)
        source = record.get("eventSourceARN", "")
        if source not in by_source:
            by_source[source] = groups.setdefault(parts.settings.index_for(table_of(source)), {})
        by_source[source].setdefault(documents.id_of(record), []).append(record)
    return groups


class Batch:
    """Applies the changes of one invocation to the index."""

    def __init__(self, parts: Parts, context: object) -> None:
        self._parts = parts
        self._context = context
        self.counts: dict[str, float] = {name: 0 for name, unit in metrics.UNITS.items() if unit == "Count"}
        self.failed: list[str | None] = []
        """Sequence numbers of the records to retry."""

    def apply(self, index: str, changes: Changes) -> None:
        """Send the last change of every document; if the server rejects it, send the change before it, and so on.

        A rejected change therefore does not hide an earlier change that the index accepts.
        """
        target = self._parts.bulk.batch(index, lambda: time_left(self._context))
        while changes:
            before: Changes = {}
            postponed: list[Outcome] = []
            for outcome in self._attempt(target, changes):
                if outcome.verdict == RETRY:
                    postponed.append(outcome)
                    continue
                self._reject(index, outcome)
                if outcome.action.changes[1:]:
                    before[outcome.action.id] = outcome.action.changes[:-1]
            if postponed:
                self._postpone(index, postponed, before)
                return
            changes = before

    def _attempt(self, target: BulkBatch, changes: Changes) -> Iterator[Outcome]:
        """Send the last change of every document, count the applied changes, and yield the outcomes of the others."""
        actions = []
        for id_, records in changes.items():
            try:
                actions.append(self._parts.documents.action(id_, records))
            except StreamError as error:
                unsent = Action(id_, records, deletes=False, body=b"")
                yield Outcome(unsent, REJECTED, error="StreamError", reason=str(error))
        done = {False: 0, True: 0}
        for action in actions:
            done[action.deletes] += 1
        for outcome in target.send(actions):
            done[outcome.action.deletes] -= 1
            if outcome.verdict in (RETRY, REJECTED):
                yield outcome
            else:
                self.counts[outcome.verdict] += 1
        self.counts["Indexed"] += done[False]
        self.counts["Deleted"] += done[True]

    def _reject(self, index: str, outcome: Outcome) -> None:
        record = outcome.action.changes[-1]
        parked = self._parts.settings.on_rejected == "park"
        self.counts["Rejected"] += 1
        if not parked:
            self.failed.append(identity(record)["sequenceNumber"])
        explained: dict[str, object] = self._explained(outcome) | {"parked": parked}
        if self._parts.settings.log_content:
            explained["record"] = record
        elif outcome.error == "StreamError":
            explained["reason"] = outcome.reason
        self._log("ERROR", "Document rejected", index=index, id=outcome.action.id, **identity(record), **explained)

    def _postpone(self, index: str, outcomes: list[Outcome], before: Changes) -> None:
        """Report records for a retry, from the first record of each document on, because none of them was applied."""
        waiting = [outcome.action.changes for outcome in outcomes] + list(before.values())
        self.counts["Retried"] += len(waiting)
        self.failed += [identity(changes[0])["sequenceNumber"] for changes in waiting]
        explained = self._explained(outcomes[0])
        self._log("WARN", "Documents to be retried", index=index, documents=len(waiting), **explained)

    def _explained(self, outcome: Outcome) -> dict[str, object]:
        """Return the status and error of an action; the reason, which can quote the item, only with ``LOG_CONTENT``."""
        explained: dict[str, object] = {"status": outcome.status, "error": outcome.error, "causedBy": outcome.causes}
        return explained | ({"reason": outcome.reason} if self._parts.settings.log_content else {})

    def _log(self, level: str, message: str, **fields: object) -> None:
        log(level, message, **fields, requestId=getattr(self._context, "aws_request_id", None))
