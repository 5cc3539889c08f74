"""What a function's answer means to its mapping."""

from collections.abc import Sequence
from typing import Any

from generator.mapping.settings import Settings
from generator.mapping.shard_processor import Failure, Invoke, Reply, State

THROTTLED = Failure(error=None, throttled=True)
"""Lambda refused the invocation for want of concurrency: the function was not reached, and no retry is spent."""


def read(answer: Any, invoke: Invoke, settings: Settings) -> Reply:  # noqa: ANN401 - whatever a function returns
    """Return what the answer of an invocation that ended without an error means.

    Takes the answer as parsed JSON. With ``ReportBatchItemFailures``, ``None``, an object without failures and one
    whose failures are empty or null are success. The lowest reported sequence number is where the next batch begins.
    An item without an identifier, or with one that is not in the batch, fails the whole batch. Within a tumbling
    window, an answer without a state is a failure (AWS, "Stateful DynamoDB stream processing").
    """
    answer = answer if isinstance(answer, dict) else {}
    if settings.report_batch_item_failures and invoke.records:
        reported = answer.get("batchItemFailures")
        if reported:
            return Failure(error=None, checkpoint_index=_checkpoint_index(reported, invoke.records))
    if invoke.window is None:
        return None
    if "state" not in answer and not invoke.window.final:
        return Failure(error=None)
    state = answer.get("state")
    return State({} if state is None else state)


def _checkpoint_index(reported: Any, records: Sequence[Any]) -> int:  # noqa: ANN401 - whatever a function reports
    """Return how many records before the first that was reported are done: none if a report makes no sense."""
    places = {str(record.sequence): place for place, record in enumerate(records)}
    if not isinstance(reported, list):
        return 0
    named = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in reported]
    return min(places.get(str(name), 0) for name in named)
