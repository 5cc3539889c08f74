"""Interprets the response of a function."""

from collections.abc import Sequence
from typing import Any

from generator.mapping.settings import Settings
from generator.mapping.shard_processor import Failure, Invoke, Reply, State

THROTTLED = Failure(error=None, throttled=True)
"""Lambda throttled the invocation: it did not reach the function and does not count as a retry."""


def read(response: Any, invoke: Invoke, settings: Settings) -> Reply:  # noqa: ANN401 - functions return any JSON
    """Return the reply for the response of an invocation without a function error, given as parsed JSON.

    With ``ReportBatchItemFailures``, the lowest reported sequence number is the checkpoint. An item without an
    identifier, or with one that is not in the batch, fails the whole batch (AWS, "Configuring partial batch response").
    In a tumbling window, a response without a state is a failure (AWS, "Stateful DynamoDB stream processing").
    """
    response = response if isinstance(response, dict) else {}
    if settings.report_batch_item_failures and invoke.records:
        reported = response.get("batchItemFailures")
        if reported:
            return Failure(error=None, checkpoint_index=_checkpoint_index(reported, invoke.records))
    if invoke.window is None:
        return None
    if "state" not in response and not invoke.window.final:
        return Failure(error=None)
    state = response.get("state")
    return State({} if state is None else state)


def _checkpoint_index(reported: Any, records: Sequence[Any]) -> int:  # noqa: ANN401 - as above
    """Return the index of the first reported record, 0 if the report is malformed."""
    indexes = {str(record.sequence): index for index, record in enumerate(records)}
    if not isinstance(reported, list):
        return 0
    identifiers = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in reported]
    return min(indexes.get(str(identifier), 0) for identifier in identifiers)
