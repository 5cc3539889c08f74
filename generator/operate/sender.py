"""Invokes the function as its mapping does: in batches that are split where they fail, in order for each item."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from generator.aws import aws_errors, error_code, with_backoff
from generator.mapping import responses
from generator.mapping.settings import Settings
from generator.mapping.shard_processor import INVOCATION_BYTES, Failure, Invoke
from generator.operate.pending import PendingRecord, RecordOutcome, Status

_ENVELOPE: Final = len(b'{"Records":[]}')
_PARTIAL_RESPONSES: Final = Settings(report_batch_item_failures=True)
"""A reported failure is a failure, even if the mapping ignores reports: no message is deleted because of a setting."""

_BUSY: Final = {"TooManyRequestsException", "EC2ThrottledException", "ServiceException", "ResourceNotReadyException"}
"""Errors before the function was reached, or that Lambda calls temporary (AWS, Invoke)."""

_TOO_LARGE: Final = {"RequestTooLargeException", "RequestEntityTooLargeException"}


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
        pause: Callable[[float], object] | None = None,
    ) -> None:
        # A mapping without an alias names this version. Without a qualifier, the same version is invoked.
        self.function = function.removesuffix(":$LATEST")
        self.blocked_keys: set[str] = set()
        self._client = client
        self._pause = pause

    def send(self, batch: Sequence[PendingRecord]) -> Iterator[list[RecordOutcome]]:
        """Invoke the function with a batch. After each invocation, yield the outcomes that it decided.

        Raises:
            AwsError: The function cannot be invoked. The outcomes that were yielded before hold.
        """
        parts = [list(batch)]
        while parts:
            part = parts.pop()
            blocked = [one for one in part if one.record.key in self.blocked_keys]
            if blocked:
                yield [RecordOutcome(one, Status.BLOCKED, "an earlier record of its item failed") for one in blocked]
            part = [one for one in part if one.record.key not in self.blocked_keys]
            if not part:
                continue
            processed, reason = self._invoke(part)
            rest = part[processed:]
            if processed:
                yield [RecordOutcome(one, Status.REPLAYED) for one in part[:processed]]
                parts += [rest] if rest else []
            elif len(rest) > 1:
                middle = len(rest) // 2
                parts += [rest[middle:], rest[:middle]]
            else:
                self.blocked_keys.add(rest[0].record.key)
                yield [RecordOutcome(rest[0], Status.FAILED, reason)]

    def _invoke(self, batch: Sequence[PendingRecord]) -> tuple[int, str]:
        """Invoke once. Return how many records from the first on are processed, and why the next one is not."""
        event = {"Records": [one.record.event for one in batch]}
        payload = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        if len(payload) > INVOCATION_BYTES:
            return 0, f"an invocation of {len(payload):,} bytes is over {INVOCATION_BYTES:,}"
        with aws_errors(f"The function {self.function} cannot be invoked"):
            answer = self._invoke_with_backoff(payload)
            if answer is None:
                return 0, f"Lambda refuses {len(payload):,} bytes as too large"
            content = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            message = content.get("errorMessage") if isinstance(content, dict) else None
            return 0, " ".join(str(message or answer["FunctionError"]).split())
        reply = responses.read(content, Invoke([one.record for one in batch], 1, 1), _PARTIAL_RESPONSES)
        if isinstance(reply, Failure):
            return reply.checkpoint_index, "the function reported it"
        return len(batch), ""

    def _invoke_with_backoff(self, payload: bytes) -> dict[str, Any] | None:
        """Invoke, and again after pauses while the function is busy. Return None if the payload is too large."""
        exhausted = f"The function {self.function} stays throttled, or is not ready: try again later."

        def invoke() -> dict[str, Any]:
            answer: dict[str, Any] = self._client.invoke(FunctionName=self.function, Payload=payload)
            return answer

        try:
            return with_backoff(invoke, _BUSY, exhausted, pause=self._pause)
        except Exception as error:
            if error_code(error) not in _TOO_LARGE:
                raise
            return None


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
