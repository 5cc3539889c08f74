"""A function that processes a DynamoDB stream: write ``process``; ``handler`` keeps the order and reports failures."""

import os
import traceback
from time import monotonic
from typing import Any

from stream import StreamError, identity, log, records_of, response, time_left

Record = dict[str, Any]

MARGIN = 0.5
"""Seconds that must remain, in addition to the time of the slowest record so far, to start another record."""


def process(record: Record) -> None:
    """Process one change of an item; raise an exception if that fails.

    ``keys``, ``new_image`` and ``old_image`` of ``stream`` decode the record.

    If you raise, Lambda retries this record and the records behind it, until the settings of the event source mapping
    discard it. Lambda sends records at least once, so this function must be idempotent, or
    ``IDEMPOTENCY_TABLE`` must be set (README.md).
    """
    # To see what happens to a failing record, write an item with this attribute.
    if "poison" in record["dynamodb"].get("NewImage", {}):
        raise StreamError("The item is marked to fail")
    log("INFO", "Record processed", **identity(record))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Process the records of a batch in stream order, up to the first failing record, and report that record.

    Also stops if the remaining time is too short for another record: Lambda sends the remaining records again at once.
    Requires ``ReportBatchItemFailures`` in the event source mapping; without it, Lambda ignores reported failures.

    Raises:
        StreamError: The event is not an event of a DynamoDB stream. No record was processed.

    """
    now = monotonic()
    deadline = now + time_left(context) - MARGIN
    # The first record is always processed: a batch that stops before it would never advance.
    slowest, latest = -1.0, float("inf")
    if "IDEMPOTENCY_TABLE" in os.environ:
        from idempotency import once  # noqa: PLC0415 - nothing of it is loaded unless it is wanted

        process_record = once(process, context)
    else:
        process_record = process
    for record in records_of(event):
        if now > latest:
            log("WARN", "Stopped before the timeout", **identity(record))
            return response(event, identity(record)["sequenceNumber"])
        try:
            process_record(record)
        except Exception as error:  # noqa: BLE001 - every error must lead to a retry of the record
            request = getattr(context, "aws_request_id", None)
            log("ERROR", "Record processing failed", **identity(record), **describe(error, record), requestId=request)
            return response(event, identity(record)["sequenceNumber"])
        before, now = now, monotonic()
        if now - before > slowest:
            slowest = now - before
            latest = deadline - slowest
    return response(event)


def describe(error: Exception, record: Record) -> dict[str, Any]:
    """Return log fields for an error: its type and place; with LOG_CONTENT ``true``, its message and the record."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    fields: dict[str, Any] = {
        "error": type(error).__name__,
        "at": f"{place.filename.rpartition('/')[2]}:{place.lineno}",
    }
    if isinstance(error, StreamError):
        fields["reason"] = str(error)
    if os.environ.get("LOG_CONTENT") == "true":
        fields |= {"reason": str(error), "record": record}
    return fields
