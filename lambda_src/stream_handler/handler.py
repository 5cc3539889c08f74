"""A function behind a DynamoDB stream: write ``process``, and leave the order and the failures to ``handler``."""

import json
import sys
import traceback
from datetime import datetime, timezone
from typing import Any

Record = dict[str, Any]


def process(record: Record) -> None:
    """Do your work with one change of an item; raise an exception if it cannot be done.

    Raising stops the batch here: Lambda tries this record and those behind it again, and gives up on it as the
    event source mapping says. Records come at least once, so the same record may come twice.
    """
    log("INFO", "record", record)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Process the records of a batch in stream order, up to the first that fails, and report that one.

    Needs ``ReportBatchItemFailures`` in the event source mapping; without it, a reported failure is lost.

    Raises:
        ValueError: The event is not one of a DynamoDB stream; none of its records was processed.

    """
    failures = []
    for record in records_of(event):
        try:
            process(record)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the record is to be tried again
            log("ERROR", "record failed", record, **describe(error), requestId=getattr(context, "aws_request_id", None))
            failures.append({"itemIdentifier": record.get("dynamodb", {}).get("SequenceNumber")})
            break
    # A tumbling window ends without its state if an invocation does not hand it on.
    state = {"state": event.get("state") or {}} if "window" in event else {}
    return {**state, "batchItemFailures": failures}


def records_of(event: dict[str, Any]) -> list[Record]:
    """Give the records of an event, which must all be changes of a DynamoDB table."""
    # The last invocation of a tumbling window has a state and no records.
    records: list[Record] | None = event.get("Records")
    if records is None and "window" in event:
        return []
    if records is None:
        message = "the event has no Records: it does not come from a DynamoDB stream"
        raise ValueError(message)
    for record in records:
        if record.get("eventSource") != "aws:dynamodb":
            service = record.get("eventSource") or record.get("EventSource") or "an unnamed source"
            message = f"the event has a record of {service}: only those of aws:dynamodb can be processed"
            raise ValueError(message)
    return records


def describe(error: Exception) -> dict[str, str]:
    """Tell an error's type and place; its message is left out, as it may quote the record."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return {"error": type(error).__name__, "at": f"{place.filename.rpartition('/')[2]}:{place.lineno}"}


def log(level: str, message: str, record: Record, **more: object) -> None:
    """Write one JSON line that tells a record by its keys and never shows its content."""
    change = record.get("dynamodb", {})
    now = datetime.now(timezone.utc)  # noqa: UP017 - Python 3.10, which Lambda still runs, has no datetime.UTC
    line = {
        "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": level,
        "message": message,
        "eventName": record.get("eventName"),
        "keys": change.get("Keys"),
        "sequenceNumber": change.get("SequenceNumber"),
        **more,
    }
    sys.stdout.write(json.dumps(line) + "\n")
