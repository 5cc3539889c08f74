"""The core: what a mapping does with the records of one lane, without waiting and without calling anything.

A lane is a shard, or with a parallelization factor one of a shard's groups of item keys. :meth:`ShardProcessor.run`
yields what is to happen next, and is sent what came of it, so that one piece of code runs in simulated and in real
time:

=============  =======================================================  =====================================
it yields      the caller                                               and sends
=============  =======================================================  =====================================
:class:`Invoke`   invokes the function                                  a reply, or None for plain success
:class:`Wait`     lets time pass, at most until then                    None
:class:`Discard`  delivers a document to the failure destination        None
=============  =======================================================  =====================================
"""

import json
import math
from collections.abc import Generator, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol

from generator.mapping.settings import Settings

INVOCATION_BYTES: Final = 6 * 1024 * 1024
"""Most bytes that an invocation carries (AWS, "Lambda quotas")."""

READ_BYTES: Final = 1024 * 1024
READ_RECORDS: Final = 1000
"""Most that one read returns (AWS, GetRecords of DynamoDB Streams); without a batching window, a batch is one read."""

POLL_SECONDS: Final = 0.25
"""How long after an empty read a lane reads again (AWS, "Polling and batching streams": four times a second)."""

STATE_BYTES: Final = 1024 * 1024
"""State of a tumbling window beyond which Lambda ends it early (AWS, "Stateful DynamoDB stream processing")."""


class Record(Protocol):
    """A record of a stream: when it was written (seconds since the epoch), its bytes in an event, its number."""

    @property
    def arrival(self) -> float: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102
    @property
    def sequence(self) -> int: ...  # noqa: D102


class Clock(Protocol):
    """What time it is, in seconds since the epoch."""

    @property
    def now(self) -> float: ...  # noqa: D102


class Source(Protocol):
    """Where a lane's records come from, in the order of the stream."""

    @property
    def ended(self) -> bool:
        """Whether nothing is left and nothing will come: the shard is closed."""

    @property
    def next_at(self) -> float:
        """When it is worth reading: the arrival of the next record, or the time of the next look at the stream."""

    def read(self, limit: int, room: int, now: float) -> Sequence[Any]:
        """Return what has arrived by now: at most ``limit`` records, of at most ``room`` bytes together.

        No record is larger than :data:`READ_BYTES`.
        """


class Condition(StrEnum):
    """Why records were given up; the values are those of the on-failure document."""

    RETRIES = "RetryAttemptsExhausted"
    AGE = "RecordAgeExceeded"
    TRIMMED = "TrimmedFromStream"
    """The stream forgot them first. Lambda has no name for it, and sends no document (assumed)."""


class Window(NamedTuple):
    """What an invocation is told of its tumbling window."""

    start: float
    end: float
    state: Any
    final: bool = False
    early: bool = False


class Invoke(NamedTuple):
    """Invoke the function; ``request`` is the same for all attempts at one batch."""

    records: Sequence[Any]
    request: int
    attempt: int
    window: Window | None = None


class Wait(NamedTuple):
    """Nothing happens until then, in seconds since the epoch; ``math.inf`` if nothing ever will.

    ``idle`` tells that the lane waits for records, and not that it puts off a retry.
    """

    until: float
    idle: bool = False


class Failure(NamedTuple):
    """The function failed: the type of its error, or None if it reported records.

    ``checkpoint_index`` is how many records at the beginning of the batch are processed: Lambda goes on with the record
    at this index. A throttled attempt did not reach the function. ``reason`` is the message of the error.
    """

    error: str | None
    checkpoint_index: int = 0
    throttled: bool = False
    reason: str = ""


class State(NamedTuple):
    """The function succeeded within a tumbling window, with this state."""

    value: Any


class Discard(NamedTuple):
    """Records are given up after so many invocations; ``failure`` is the last one, where retries ran out."""

    records: Sequence[Any]
    condition: Condition
    invocations: int
    request: int
    failure: Failure | None
    window: Window | None = None


Action = Invoke | Wait | Discard
Reply = Failure | State | None
Steps = Generator[Action, Reply, None]


class ShardProcessor:
    """What a mapping does with one source of records.

    Takes the mapping's settings, the source and a clock that the caller moves.
    """

    def __init__(self, settings: Settings, source: Source, clock: Clock) -> None:
        self._batch: Sequence[Any] = ()
        self._done = 0
        self._settings = settings
        self._source = source
        self._clock = clock
        self._requests = 0
        self._state: Any = {}
        waits = settings.maximum_batching_window_in_seconds > 0
        self._limit = settings.batch_size if waits else min(settings.batch_size, READ_RECORDS)
        self._room = INVOCATION_BYTES if waits else READ_BYTES
        self._age = settings.age_limit
        self._first_pause = min(settings.first_pause, settings.longest_pause)
        self._retries = math.inf if settings.maximum_retry_attempts < 0 else settings.maximum_retry_attempts
        self._too_old = Condition.AGE if settings.gives_up_by_age else Condition.TRIMMED

    @property
    def unfinished(self) -> Sequence[Any]:
        """What was read and is not finished: who starts anew with the first of it loses nothing."""
        return self._batch[self._done :]

    def run(self) -> Steps:
        """Yield what is to happen, until the source has ended."""
        return self._windows() if self._settings.tumbling_window_in_seconds else self._batches()

    def _batches(self) -> Steps:
        source, clock, age, limit, room = self._source, self._clock, self._age, self._limit, self._room
        read = source.read
        gathers = self._settings.maximum_batching_window_in_seconds > 0
        while True:
            batch = read(limit, room, clock.now)
            if not batch:
                if source.ended:
                    return
                yield Wait(max(source.next_at, clock.now + POLL_SECONDS), idle=True)
                continue
            if gathers and len(batch) < limit:
                batch = yield from self._gather(batch)
            self._batch, self._done = batch, 0
            if batch[0].arrival + age > clock.now:
                # The usual way, kept short: it is taken once for every batch.
                self._requests = request = self._requests + 1
                reply = yield Invoke(batch, request, 1)
                if reply is not None:
                    yield from self._settle(batch, reply)
            else:
                yield from self._settle(batch)
            self._batch = ()

    def _gather(self, batch: Sequence[Any], end: float = math.inf) -> Generator[Action, Reply, Sequence[Any]]:
        """Add to a batch until it is full, its batching window is over or the next record belongs behind ``end``."""
        source, clock = self._source, self._clock
        until = min(clock.now + self._settings.maximum_batching_window_in_seconds, end)
        room = self._room - sum(record.size for record in batch)
        batch = list(batch)
        self._batch, self._done = batch, 0
        while len(batch) < self._limit and not source.ended:
            next_at = source.next_at
            if end <= next_at <= clock.now:
                break
            if next_at > clock.now:
                if clock.now >= until:
                    break
                yield Wait(min(next_at, until), idle=True)
                continue
            more = source.read(1 if end < math.inf else self._limit - len(batch), room, clock.now)
            if not more and source.next_at <= clock.now:
                # The next record does not fit.
                break
            room -= sum(record.size for record in more)
            batch += more
        return batch

    def _settle(self, batch: Sequence[Any], reply: Reply = None, window: Window | None = None) -> Steps:
        """Bring a batch to its end: processed, or given up; ``reply`` is what came of its first attempt, if made."""
        parts = [batch]
        while parts:
            parts += yield from self._try(parts.pop(), reply, window)
            reply = None

    def _try(  # noqa: C901 - the rules in the order in which they apply
        self, part: Sequence[Any], reply: Reply, window: Window | None
    ) -> Generator[Action, Reply, list[Sequence[Any]]]:
        """Try a part of a batch until it is processed or given up; return what is left of it, the last part first.

        What is left is a batch of its own: it has a new request and all its retries.
        """
        if reply is None:
            self._requests += 1
        request, tried, pause = self._requests, 0, self._first_pause
        while True:
            if reply is None:
                old = self._expired(part)
                if old:
                    yield Discard(part[:old], self._too_old, max(tried, 1), request, None, window)
                    self._done += old
                    return [part[old:]] if old < len(part) else []
                reply = yield Invoke(part, request, tried + 1, window and window._replace(state=self._state))
            if not isinstance(reply, Failure):
                if reply is not None:
                    self._state = reply.value
                self._done += len(part)
                return []
            if reply.checkpoint_index:
                self._done += reply.checkpoint_index
                return [part[reply.checkpoint_index :]]
            if not reply.throttled:
                tried += 1
                if self._settings.bisect_batch_on_function_error and len(part) > 1:
                    half = len(part) // 2
                    return [part[half:], part[:half]]
                if tried > self._retries:
                    yield Discard(part, Condition.RETRIES, tried, request, reply, window)
                    self._done += len(part)
                    return []
            yield Wait(min(self._clock.now + pause, part[0].arrival + self._age))
            pause = min(pause * 2, self._settings.longest_pause)
            reply = None

    def _expired(self, part: Sequence[Any]) -> int:
        """Return how many records at the beginning of a part are too old."""
        now, age = self._clock.now, self._age
        return next((place for place, record in enumerate(part) if record.arrival + age > now), len(part))

    def _windows(self) -> Steps:
        source, clock, length = self._source, self._clock, self._settings.tumbling_window_in_seconds
        while True:
            if source.next_at > clock.now:
                if source.ended:
                    return
                yield Wait(source.next_at, idle=True)
                continue
            start = source.next_at // length * length
            yield from self._window(Window(start, start + length, {}))

    def _window(self, window: Window) -> Steps:
        """Process the records of one tumbling window, then end it."""
        source, clock = self._source, self._clock
        self._state = {}
        while True:
            next_at = source.next_at
            if next_at <= clock.now and next_at < window.end:
                batch = yield from self._gather(source.read(1, self._room, clock.now), window.end)
                yield from self._settle(batch, window=window)
                if len(json.dumps(self._state)) > STATE_BYTES:
                    yield from self._finish(window._replace(early=True))
                    self._state = {}
            elif clock.now >= window.end or source.ended:
                break
            else:
                yield Wait(min(next_at, window.end), idle=True)
        yield from self._finish(window)

    def _finish(self, window: Window) -> Steps:
        """Invoke the function without records, which ends a tumbling window.

        The window is given up, after one attempt at least, when a record of its end would be too old (assumed).
        """
        self._requests += 1
        tried, pause, expiry = 0, self._first_pause, window.end + self._age
        given = window._replace(state=self._state, final=True)
        while True:
            reply = yield Invoke((), self._requests, tried + 1, given)
            if not isinstance(reply, Failure):
                return
            tried += not reply.throttled
            if tried > self._retries:
                yield Discard((), Condition.RETRIES, tried, self._requests, reply, given)
                return
            if self._clock.now >= expiry:
                yield Discard((), self._too_old, max(tried, 1), self._requests, None, given)
                return
            yield Wait(min(self._clock.now + pause, expiry))
            pause = min(pause * 2, self._settings.longest_pause)
