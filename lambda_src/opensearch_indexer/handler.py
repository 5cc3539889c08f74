"""Keeps an index of OpenSearch or Elasticsearch as a DynamoDB table is; README.md says how, and what can be chosen."""

import time
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from indexer import metrics, settings
from indexer.authorization import Authorization
from indexer.bulk import REJECTED, Bulk, Failure
from indexer.connection import Connection
from indexer.documents import Action, Documents
from indexer.stream import StreamError, identity, log, records_of, response, time_left

Record = dict[str, Any]
Changes = dict[str, list[Record]]
"""Records by the id of their document, oldest first."""


class Parts(NamedTuple):
    """What is made once and kept from invocation to invocation."""

    settings: settings.Settings
    documents: Documents
    bulk: Bulk


@cache
def parts() -> Parts:
    """Make the parts, as the environment says; not at import, so that a wrong setting is the error of a batch."""
    chosen = settings.read()
    authorization = Authorization(chosen)
    return Parts(chosen, Documents(chosen), Bulk(chosen, Connection(chosen, authorization), authorization.forget))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Bring the index up to date with a batch of changes, and report the first record that could not be applied.

    Raises:
        SettingsError: The environment does not say what is needed.
        StreamError: The event is not one of a DynamoDB stream, or the stream leaves out what is needed.
        TransportError: The server cannot be reached or does not answer.
        BulkError: The server refuses whatever is sent.

    """
    began = time.monotonic()
    batch = Batch(parts(), context)
    for index, changes in grouped(records_of(event), parts()).items():
        batch.apply(index, changes)
    batch.counts["BatchLatency"] = round((time.monotonic() - began) * 1000, 3)
    metrics.publish(parts().settings.metrics_namespace, batch.counts)
    # As texts, sequence numbers would not compare: they have 22 to 24 digits.
    return response(event, *sorted(batch.failed, key=lambda number: int(number or 0))[:1])


def grouped(records: Iterable[Record], parts: Parts) -> dict[str, Changes]:
    """Sort records by index and document."""
    documents = parts.documents
    groups: dict[str, Changes] = {}
    by_source: dict[str, Changes] = {}
    for record in records:
        documents.require_images(record)
        source = record.get("eventSourceARN", "")
        if source not in by_source:
            table = source.partition(":table/")[2].partition("/")[0]
            by_source[source] = groups.setdefault(parts.settings.index_for(table), {})
        by_source[source].setdefault(documents.id_of(record), []).append(record)
    return groups


class Batch:
    """The changes of one invocation on their way to the index."""

    def __init__(self, parts: Parts, context: object) -> None:
        self._parts = parts
        self._context = context
        self.counts: dict[str, float] = {"Indexed": 0, "Deleted": 0, "Retried": 0, "Rejected": 0}
        self.failed: list[str | None] = []
        """Sequence numbers of the records that are to come again."""

    def apply(self, index: str, changes: Changes) -> None:
        """Send the last change of every document; where that is rejected, the one before it, and so on.

        So a document that cannot be indexed does not take with it the one that could be before it.
        """
        while changes:
            before: Changes = {}
            postponed: list[Failure] = []
            for failure in self._attempt(index, changes):
                if failure.verdict != REJECTED:
                    postponed.append(failure)
                    continue
                self._reject(index, failure)
                if failure.action.changes[1:]:
                    before[failure.action.id] = failure.action.changes[:-1]
            if postponed:
                self._postpone(index, postponed, before)
                return
            changes = before

    def _attempt(self, index: str, changes: Changes) -> Iterator[Failure]:
        """Send the last change of every document, count what was done, and yield what was not."""
        actions = []
        for id_, records in changes.items():
            try:
                actions.append(self._parts.documents.action(id_, records))
            except StreamError as error:
                unsent = Action(id_, records, deletes=False, body=b"")
                yield Failure(unsent, REJECTED, error="StreamError", reason=str(error))
        done = {False: 0, True: 0}
        for action in actions:
            done[action.deletes] += 1
        for failure in self._parts.bulk.send(index, actions, lambda: time_left(self._context)):
            done[failure.action.deletes] -= 1
            yield failure
        self.counts["Indexed"] += done[False]
        self.counts["Deleted"] += done[True]

    def _reject(self, index: str, failure: Failure) -> None:
        record = failure.action.changes[-1]
        parked = self._parts.settings.on_rejected == "park"
        self.counts["Rejected"] += 1
        if not parked:
            self.failed.append(identity(record)["sequenceNumber"])
        told: dict[str, object] = {"status": failure.status, "error": failure.error, "parked": parked}
        if self._parts.settings.log_content:
            told |= {"reason": failure.reason, "record": record}
        elif failure.error == "StreamError":
            told["reason"] = failure.reason
        self._log("ERROR", "document rejected", index=index, id=failure.action.id, **identity(record), **told)

    def _postpone(self, index: str, failures: list[Failure], before: Changes) -> None:
        """Let records come again, from the first for each document on: nothing of it has arrived."""
        waiting = [failure.action.changes for failure in failures] + list(before.values())
        self.counts["Retried"] += len(waiting)
        self.failed += [identity(changes[0])["sequenceNumber"] for changes in waiting]
        first = failures[0]
        told = {"status": first.status, "error": first.error, "documents": len(waiting)}
        self._log("WARN", "documents are to come again", index=index, **told)

    def _log(self, level: str, message: str, **fields: object) -> None:
        log(level, message, **fields, requestId=getattr(self._context, "aws_request_id", None))
