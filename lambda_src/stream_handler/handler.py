"""A function behind a DynamoDB stream: write ``process``, and leave the order and the failures to ``handler``."""

import os
import traceback
from time import monotonic
from typing import Any

from stream import StreamError, identity, log, records_of, response, time_left

Record = dict[str, Any]

MARGIN = 0.5
"""Seconds that must be left, beside what the slowest record so far took, for one more to be begun."""


def process(record: Record) -> None:
    """Do your work with one change of an item; raise an exception if it cannot be done.

    ``keys``, ``new_image`` and ``old_image`` of ``stream`` decode what the record holds.

    Raising stops the batch here: Lambda tries this record and those behind it again, and gives up on it as the
    event source mapping says. Records come at least once, so the same record may come twice.
    """
    # So that you can see what becomes of a record that fails: write an item with this attribute.
    if "poison" in record["dynamodb"].get("NewImage", {}):
        raise StreamError("the item has the attribute poison")
    log("INFO", "record", **identity(record))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Process the records of a batch in stream order, up to the first that fails, and report that one.

    Stops likewise when the time left would not do for another record: those behind it come again at once, and what is
    done is not repeated. Needs ``ReportBatchItemFailures`` in the event source mapping; without it, a reported
    failure is lost.

    Raises:
        StreamError: The event is not one of a DynamoDB stream; none of its records was processed.

    """
    now = monotonic()
    deadline = now + time_left(context) - MARGIN
    # The first record is always tried: a batch that stops before it would not get on.
    slowest, latest = -1.0, float("inf")
    for record in records_of(event):
        if now > latest:
            log("WARN", "stopped before the timeout", **identity(record))
            return response(event, identity(record)["sequenceNumber"])
        try:
            process(record)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the record is to be tried again
            request = getattr(context, "aws_request_id", None)
            log("ERROR", "record failed", **identity(record), **describe(error, record), requestId=request)
            return response(event, identity(record)["sequenceNumber"])
        before, now = now, monotonic()
        if now - before > slowest:
            slowest = now - before
            latest = deadline - slowest
    return response(event)


def describe(error: Exception, record: Record) -> dict[str, Any]:
    """Tell an error's type and place; what may quote the record is left out, unless LOG_CONTENT is ``true``."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    told: dict[str, Any] = {"error": type(error).__name__, "at": f"{place.filename.rpartition('/')[2]}:{place.lineno}"}
    if isinstance(error, StreamError):
        told["reason"] = str(error)
    if os.environ.get("LOG_CONTENT") == "true":
        told |= {"reason": str(error), "record": record}
    return told
