"""Records to a function, as its mapping sends them: in batches, halved where they fail, in order for each item."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from generator.aws import code_of, refusing
from generator.errors import AwsError
from generator.mapping import responses
from generator.mapping.records import StreamRecord
from generator.mapping.settings import Settings
from generator.mapping.shard_processor import INVOCATION_BYTES, Failure, Invoke

_ENVELOPE: Final = len(b'{"Records":[]}')
_REPORTS: Final = Settings(report_batch_item_failures=True)
"""Reported failures are failures, also where the mapping does not ask for them: nothing is deleted for a silence."""

_BUSY: Final = {"TooManyRequestsException", "EC2ThrottledException", "ServiceException", "ResourceNotReadyException"}
"""Refusals before the function was reached, or of which Lambda says that they pass (AWS, Invoke)."""

_TOO_LARGE: Final = {"RequestTooLargeException", "RequestEntityTooLargeException"}
_LONGEST_PAUSE: Final = 30.0
_MOST_PAUSES: Final = 10


class Fate(StrEnum):
    """What became of a record that was to be sent."""

    REPLAYED = "replayed"
    FAILED = "failed"
    HELD = "held back"
    """It was not sent, because an earlier record of its item had failed."""
    TOO_LARGE = "too large"
    OVERTAKEN = "overtaken"
    """It was not sent, because its item has changed since."""
    FILTERED = "filtered"
    """There is nothing to be sent: the mapping's filter does not let it through."""


class Outcome(NamedTuple):
    """What became of a record, and why."""

    record: StreamRecord
    fate: Fate
    reason: str = ""


class Sends(Protocol):
    """What has a record to be sent."""

    @property
    def record(self) -> StreamRecord: ...  # noqa: D102


One = TypeVar("One", bound=Sends)


class Sender:
    """Invokes one function with records, and waits for each answer.

    A batch that fails is halved at once until the record is alone, as a mapping with bisect does, and nothing is
    skipped: what comes before the first reported record is done, the rest is sent again. A single record is sent once:
    retrying it is the next run's. When it fails, later records of its item are held back, in this batch and in all that
    follow, for they must not come before it.

    Takes a client of Lambda that does not repeat calls, and the function's name or ARN.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - boto3 makes its clients' types
        function: str,
        *,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        # A mapping without an alias names this version, and it is the one that is invoked without a name.
        self.function = function.removesuffix(":$LATEST")
        self.invocations = 0
        self.blocked: set[str] = set()
        self._client = client
        self._sleep = sleep

    def send(self, records: Sequence[StreamRecord]) -> Iterator[list[Outcome]]:
        """Invoke the function with a batch; after each invocation, give what became of the records that it settled.

        Raises:
            AwsError: the function cannot be invoked; the outcomes that were given before hold.
        """
        parts = [list(records)]
        while parts:
            part = parts.pop()
            held = [record for record in part if record.key in self.blocked]
            if held:
                yield [Outcome(record, Fate.HELD, "an earlier record of its item failed") for record in held]
            part = [record for record in part if record.key not in self.blocked]
            if not part:
                continue
            fate, done, reason = self._invoke(part)
            rest = part[done:]
            if done:
                yield [Outcome(record, Fate.REPLAYED) for record in part[:done]]
                parts += [rest] if rest else []
            elif len(rest) > 1:
                middle = len(rest) // 2
                parts += [rest[middle:], rest[:middle]]
            else:
                self.blocked.add(rest[0].key)
                yield [Outcome(rest[0], fate, reason)]

    def _invoke(self, records: Sequence[StreamRecord]) -> tuple[Fate, int, str]:
        """Invoke once; return how many records from the first on are done, and what is wrong with the next."""
        event = {"Records": [record.event for record in records]}
        payload = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        if len(payload) > INVOCATION_BYTES:
            return Fate.TOO_LARGE, 0, f"an invocation of {len(payload):,} bytes is over {INVOCATION_BYTES:,}"
        with refusing(f"The function {self.function} cannot be invoked"):
            answer = self._patiently(payload)
            if answer is None:
                return Fate.TOO_LARGE, 0, f"Lambda says that {len(payload):,} bytes are too large"
            content = json.loads(answer["Payload"].read() or b"null")
        self.invocations += 1
        if answer.get("FunctionError"):
            said = content.get("errorMessage") if isinstance(content, dict) else None
            return Fate.FAILED, 0, " ".join(str(said or answer["FunctionError"]).split())
        reply = responses.read(content, Invoke(records, 1, 1), _REPORTS)
        if isinstance(reply, Failure):
            return Fate.FAILED, reply.checkpoint_index, "the function reported it"
        return Fate.REPLAYED, len(records), ""

    def _patiently(self, payload: bytes) -> dict[str, Any] | None:
        """Invoke, and again after a pause that doubles where the function is busy; None where it is too much."""
        pause = 0.5
        for _ in range(_MOST_PAUSES):
            try:
                answer: dict[str, Any] = self._client.invoke(FunctionName=self.function, Payload=payload)
            except Exception as error:
                if code_of(error) in _TOO_LARGE:
                    return None
                if code_of(error) not in _BUSY:
                    raise
            else:
                return answer
            self._sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        raise AwsError(f"The function {self.function} stays throttled, or is not ready: try again later.")


def batches(ones: Iterable[One], size: int) -> Iterator[list[One]]:
    """Give things with records in batches of at most ``size``, and of at most 6 MB as an event."""
    batch: list[One] = []
    room = INVOCATION_BYTES - _ENVELOPE
    for one in ones:
        needs = one.record.size + 1
        if batch and (len(batch) == size or needs > room):
            yield batch
            batch, room = [], INVOCATION_BYTES - _ENVELOPE
        batch.append(one)
        room -= needs
    if batch:
        yield batch
