"""Invokes the function as its mapping does: in batches that are split where they fail, in order for each item."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from generator.aws import Pause, aws_errors, error_code, sleep, with_backoff
from generator.limits import INVOCATION_BYTES
from generator.mapping import responses
from generator.mapping.settings import Settings
from generator.mapping.shard_processor import Failure, Invoke
from generator.operate.pending import PendingRecord, RecordOutcome, Status
from generator.parsing import ParseError, parse_json

Result = TypeVar("Result")

_ENVELOPE: Final = len(b'{"Records":[]}')
_PARTIAL_RESPONSES: Final = Settings(report_batch_item_failures=True)
"""A reported failure is a failure, even if the mapping ignores reports: no message is deleted because of a setting."""

_BUSY: Final = {
    "EC2ThrottledException",
    "ENINotReadyException",
    "ResourceConflictException",
    "ResourceNotReadyException",
    "ServiceException",
    "SnapStartNotReadyException",
    "TooManyRequestsException",
}
"""Errors before the function was reached, or that Lambda calls temporary (AWS, Invoke)."""

_REFUSED: Final = {
    "InvalidRequestContentException",
    "RequestEntityTooLargeException",
    "RequestTooLargeException",
    "SerializedRequestEntityTooLargeException",
}
"""Errors about the event, which a smaller batch may not have."""

Check = Callable[[Sequence[PendingRecord]], dict[str, tuple[Status, str]]]
"""Returns the items of some records that are not sent, by their keys, with a status and a reason."""


class _Attempt(NamedTuple):
    """An attempt to send some records: those that were not sent, and why; those that were, and how many succeeded."""

    withheld: list[RecordOutcome]
    sent: list[PendingRecord]
    processed: int = 0
    reason: str = ""


@dataclass
class Rate:
    """Limits the number of records in a second, for all threads together. None means unlimited."""

    per_second: float | None = None
    _next_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reserve(self, number: int) -> float:
        """Return after how many seconds this number of records may be sent."""
        if self.per_second is None:
            return 0.0
        with self._lock:
            now = time.monotonic()
            start = max(self._next_at, now)
            self._next_at = start + number / self.per_second
        return start - now


class Sender:
    """Invokes one function with records, and waits for each response.

    A failed batch is split in two until the record is alone, as by a mapping with bisect, and no record is discarded:
    records before the first reported one are processed, and the rest is sent again. A single record is sent once; the
    next run retries it. If it fails, later records of its item are blocked, in this and in all later batches: they must
    not overtake it.

    Takes a client of Lambda that does not retry, and the name or ARN of the function.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - boto3 makes its clients' types
        function: str,
        *,
        pause: Pause = sleep,
    ) -> None:
        # A mapping without an alias names this version. Without a qualifier, the same version is invoked.
        self.function = function.removesuffix(":$LATEST")
        self._blocked: set[str] = set()
        self._client = client
        self._pause = pause

    def send(self, batch: Sequence[PendingRecord], check: Check = lambda _part: {}) -> Iterator[list[RecordOutcome]]:
        """Invoke the function with a batch. After each invocation, yield the outcomes that it decided.

        ``check`` is called just before each invocation, also before the same one is repeated.

        Raises:
            AwsError: The function cannot be invoked. The outcomes that were yielded before hold.
        """
        parts = [list(batch)]
        while parts:
            part = parts.pop()
            attempt = self._with_backoff(partial(self._attempt, part, check))
            sent = attempt.sent[attempt.processed :]
            outcomes = attempt.withheld + [
                RecordOutcome(one, Status.REPLAYED) for one in attempt.sent[: attempt.processed]
            ]
            if attempt.processed:
                parts += [sent] if sent else []
            elif len(sent) > 1:
                middle = len(sent) // 2
                parts += [sent[middle:], sent[:middle]]
            elif sent:
                self._blocked.add(sent[0].record.key)
                outcomes.append(RecordOutcome(sent[0], Status.FAILED, attempt.reason))
            yield outcomes

    def check(self, stream_arn: str) -> str:
        """Invoke the function with no records of a stream, and return why it failed, or an empty text.

        Raises:
            AwsError: The function cannot be invoked.
        """
        return self._with_backoff(partial(self._response, {"Records": [], "eventSourceARN": stream_arn}))[1]

    def _with_backoff(self, invoke: Callable[[], Result]) -> Result:
        exhausted = f"The function {self.function} stays throttled, or is not ready: try again later."
        with aws_errors(f"The function {self.function} cannot be invoked"):
            return with_backoff(invoke, _BUSY, exhausted, pause=self._pause)

    def _attempt(self, part: Sequence[PendingRecord], check: Check) -> _Attempt:
        blocked = (Status.BLOCKED, "an earlier record of its item failed")
        unblocked = [one for one in part if one.record.key not in self._blocked]
        reasons = check(unblocked) if unblocked else {}
        withheld = []
        sent = []
        for one in part:
            key = one.record.key
            reason = blocked if key in self._blocked else reasons.get(key)
            if reason:
                withheld.append(RecordOutcome(one, *reason))
            else:
                sent.append(one)
        return _Attempt(withheld, sent, *(self._invoke(sent) if sent else (0, "")))

    def _invoke(self, batch: Sequence[PendingRecord]) -> tuple[int, str]:
        """Invoke once. Return how many records from the first on are processed, and why the next one is not."""
        content, reason = self._response({"Records": [one.record.event for one in batch]})
        if reason:
            return 0, reason
        reply = responses.read(content, Invoke([one.record for one in batch], 1, 1), _PARTIAL_RESPONSES)
        if isinstance(reply, Failure):
            return reply.checkpoint_index, "the function reported it"
        return len(batch), ""

    def _response(self, event: dict[str, Any]) -> tuple[Any, str]:
        """Invoke once. Return the response, and why the invocation failed, or an empty text."""
        payload = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        if len(payload) > INVOCATION_BYTES:
            return None, f"an invocation of {len(payload):,} bytes is over {INVOCATION_BYTES:,}"
        try:
            answer = self._client.invoke(FunctionName=self.function, Payload=payload)
        except Exception as error:
            if error_code(error) not in _REFUSED:
                raise
            return None, f"Lambda rejected an event of {len(payload):,} bytes: {error_code(error)}"
        body = answer["Payload"].read()
        try:
            content = parse_json(body or b"null")
        except ParseError:
            return None, "the function returned something that is not JSON"
        if answer.get("FunctionError"):
            message = content.get("errorMessage") if isinstance(content, dict) else None
            return None, " ".join(str(message or answer["FunctionError"]).split())
        return content, ""


def batches(records: Iterable[PendingRecord], size: int) -> Iterator[list[PendingRecord]]:
    """Yield records in batches of at most ``size``, and of at most 6 MB as an event."""
    batch: list[PendingRecord] = []
    left = INVOCATION_BYTES - _ENVELOPE
    for one in records:
        needed = one.record.size + 1
        if batch and (len(batch) == size or needed > left):
            yield batch
            batch, left = [], INVOCATION_BYTES - _ENVELOPE
        batch.append(one)
        left -= needed
    if batch:
        yield batch
