"""Processes each record once, as far as possible: a table holds the processed records and leases of the others.

Imported only if the environment variable ``IDEMPOTENCY_TABLE`` is set. README.md describes what is guaranteed.
"""

import hashlib
import json
import math
import os
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from stream import StreamError, identity, log, time_left

Record = dict[str, Any]

UNLIMITED = 900.0
"""Seconds of a lease outside of Lambda, where no timeout ends the invocation."""
SKEW = 1.0
"""Seconds that the clocks of two functions may differ."""
KEPT = 14 * 24 * 3600
"""Seconds until TTL may delete a state: as long as a queue can hold the invocation record of a failure."""
PAUSE = 0.2
"""Seconds between two attempts to get a lease that another invocation holds."""
RESERVE = 1.0
"""Seconds that must remain to wait for a lease."""
DIGITS = 40
"""Digits of the longest sequence number (AWS, StreamRecord). Padded to them, numbers sort as text."""

FREE = (
    "(attribute_not_exists(done) OR done < :sequence) AND "
    "(attribute_not_exists(leased_until) OR leased_until < :now OR lease = :lease)"
)
"""Condition of a lease. The own lease is free: the SDK repeats a request whose response was lost."""
LEASE_IT = "SET lease = :lease, leased_until = :until, expires = :expires"
OWN = "lease = :lease"
"""Condition of what the holder of a lease writes."""
MARK = "SET done = :sequence, expires = :expires REMOVE lease, leased_until"
RELEASE = "REMOVE lease, leased_until"


class LeaseError(StreamError):
    """Another invocation holds the lease of the record, or took it over."""


@cache
def client() -> Any:  # noqa: ANN401 - a client of boto3 has no type
    """Return a client of DynamoDB, created once."""
    import boto3  # noqa: PLC0415 - takes longer than everything else, and is needed only here
    from botocore.config import Config  # noqa: PLC0415 - as above

    retries = {"mode": "standard", "total_max_attempts": 3}
    return boto3.client("dynamodb", config=Config(connect_timeout=2, read_timeout=3, retries=retries))


def name_of(record: Record) -> str:
    """Return the key of the state of a record: that of its event, or with IDEMPOTENCY_SCOPE ``item`` of its item.

    Raises:
        StreamError: The setting is invalid, or the record does not have what the key needs.

    """
    function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
    scope = os.environ.get("IDEMPOTENCY_SCOPE", "record")
    if scope == "record":
        event = record.get("eventID")
        if not event:
            raise StreamError("The record has no eventID, which identifies it")
        return f"{function}#{event}"
    if scope != "item":
        raise StreamError(f'IDEMPOTENCY_SCOPE must be "record" or "item". Got "{scope}"')
    keys = identity(record)["keys"]
    if not keys:
        raise StreamError("The record has no Keys, which identify its item")
    # A digest: the state must not show item data.
    text = json.dumps([record.get("eventSourceARN"), keys], sort_keys=True)
    return f"{function}#{hashlib.sha256(text.encode()).hexdigest()}"


def once(process: Callable[[Record], None], context: object) -> Callable[[Record], None]:
    """Return a function that processes a record unless the table shows that it, or a newer record, is done.

    Raises:
        StreamError: No table is named.

    """
    table = os.environ["IDEMPOTENCY_TABLE"]
    if not table:
        raise StreamError("IDEMPOTENCY_TABLE is empty. Set it to the name of a table, or leave it out")

    def processed(record: Record) -> None:
        state = State(table, record)
        if not state.lease(context):
            log("INFO", "Record skipped: already processed", **identity(record))
            return
        try:
            process(record)
            state.mark()
        except Exception:
            # Without the lease, the next attempt does not wait. If this fails as well, the lease expires.
            with suppress(Exception):
                state.release()
            raise

    return processed


class State:
    """The state of one record, or of its item, in the table."""

    def __init__(self, table: str, record: Record) -> None:
        self._request = {"TableName": table, "Key": {"id": {"S": name_of(record)}}}
        self._sequence = str(identity(record)["sequenceNumber"] or "").zfill(DIGITS)
        self._lease = str(uuid.uuid4())

    def lease(self, context: object) -> bool:
        """Lease the record until Lambda stops this invocation; return False if the record is done.

        Waits for the lease of another invocation.

        Raises:
            LeaseError: Another invocation holds the lease for longer than this one can wait.

        """
        while True:
            now, left = time.time(), time_left(context)
            # Lambda stops the invocation then, so nothing works under an expired lease.
            until = now + (left if math.isfinite(left) else UNLIMITED) + SKEW
            values = {":now": _number(now), ":until": _number(until)}
            state = self._write(LEASE_IT, FREE, sequence=True, expires=True, **values)
            if state is None:
                return True
            if self._done(state):
                return False
            if left < PAUSE + RESERVE:
                raise LeaseError("Another invocation is processing the record, or the state has an unexpired lease")
            time.sleep(PAUSE)

    def mark(self) -> None:
        """Mark the record as done, and give the lease back.

        Raises:
            LeaseError: Another invocation took over the expired lease, and the record is not done.

        """
        state = self._write(MARK, OWN, sequence=True, expires=True)
        if state is not None and not self._done(state):
            raise LeaseError("The lease expired before the record was processed")

    def release(self) -> None:
        """Give the lease back without marking the record."""
        self._write(RELEASE, OWN)

    def _done(self, state: dict[str, Any]) -> bool:
        return bool(state.get("done", {}).get("S", "") >= self._sequence)

    def _write(
        self, update: str, condition: str, *, sequence: bool = False, expires: bool = False, **values: dict[str, str]
    ) -> dict[str, Any] | None:
        """Write under a condition; return None, or the state if it does not meet the condition."""
        values[":lease"] = {"S": self._lease}
        if sequence:
            values[":sequence"] = {"S": self._sequence}
        if expires:
            values[":expires"] = _number(time.time() + KEPT)
        table = client()
        try:
            table.update_item(
                **self._request,
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except table.exceptions.ConditionalCheckFailedException as error:
            state: dict[str, Any] = error.response.get("Item", {})
            return state
        return None


def _number(seconds: float) -> dict[str, str]:
    return {"N": str(int(seconds))}
