"""Processes the records of one shard as Lambda does: batches, retries, splits, record ages and tumbling windows.

Nothing here waits or calls AWS. :meth:`ShardProcessor.run` yields the next action and is sent its result, so that the
same code runs in simulated and in real time:

================  ==========================================================  ===================================
yields            the caller                                                  and sends
================  ==========================================================  ===================================
:class:`Invoke`   invokes the function                                        a :data:`Reply`, None for success
:class:`Wait`     waits, at most until the given time                         None
:class:`Discard`  sends an invocation record to the on-failure destination    None
================  ==========================================================  ===================================

With a parallelization factor, each partition of a shard (see :mod:`~generator.mapping.sources`) has a processor.
All times are in seconds since the epoch.
"""

import json
import math
from collections.abc import Generator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from generator.limits import INVOCATION_BYTES, POLL_SECONDS, READ_BYTES, READ_RECORDS, STATE_BYTES
from generator.mapping.settings import Settings


class Clock(Protocol):
    """A clock: the current time in seconds since the epoch."""

    @property
    def now(self) -> float: ...  # noqa: D102


class Source(Protocol):
    """The records of a shard or of a partition, in stream order.

    Records have an ``arrival`` (when they were written), a ``size`` in bytes in an event, and a ``sequence`` number.
    """

    @property
    def ended(self) -> bool:
        """Whether the shard is closed and all its records were read."""

    @property
    def next_record_time(self) -> float:
        """When to read next: the arrival of the next record, or the time of the next poll."""

    def read(self, max_records: int, max_bytes: int, now: float) -> Sequence[Any]:
        """Return records that have arrived by now; no record is larger than :data:`READ_BYTES`."""


class DiscardReason(StrEnum):
    """Why Lambda discards records; the values are those of ``condition`` in an invocation record."""

    RETRIES = "RetryAttemptsExhausted"
    AGE = "RecordAgeExceeded"
    TRIMMED = "TrimmedFromStream"
    """The records expired in the stream first. AWS documents neither a condition nor an invocation record for this;
    none is assumed."""


class Window(NamedTuple):
    """The tumbling window of an invocation."""

    start: float
    end: float
    state: Any
    final: bool = False
    early: bool = False


class Invoke(NamedTuple):
    """Invoke the function. All attempts at one batch have the same ``request``; ``attempt`` counts from 1."""

    records: Sequence[Any]
    request: int
    attempt: int
    window: Window | None = None


class Wait(NamedTuple):
    """Wait until a time, ``math.inf`` if nothing will happen; ``idle`` if for records, and not for the next retry."""

    until: float
    idle: bool = False


class Failure(NamedTuple):
    """A failed invocation: the type of its error, or None if the function reported failed records.

    Lambda processed the records before ``checkpoint_index`` and continues with the record at this index of the batch. A
    throttled attempt did not reach the function. ``reason`` is the message of the error.
    """

    error: str | None
    checkpoint_index: int = 0
    throttled: bool = False
    reason: str = ""


class State(NamedTuple):
    """A successful invocation in a tumbling window, and the state that it returned."""

    value: Any


class Discard(NamedTuple):
    """Discard records after a number of invocations; ``failure`` is the last reply if the retries are exhausted."""

    records: Sequence[Any]
    reason: DiscardReason
    invocations: int
    request: int
    failure: Failure | None
    window: Window | None = None


Action = Invoke | Wait | Discard
Reply = Failure | State | None
Steps = Generator[Action, Reply, None]


class Observer:
    """Receives what processors do, by the name of the shard or partition. These methods do nothing."""

    def invoked(self, processor: str, invoke: Invoke, began: float, ended: float, reply: Reply) -> None:
        """Receive an invocation and its result."""

    def discarded(self, processor: str, discard: Discard, at: float) -> None:
        """Receive discarded records."""

    def delivered(self, processor: str, invocation_record: dict[str, Any], error: str | None) -> None:
        """Receive an invocation record, with the error if its delivery to the destination failed."""


class ShardProcessor:
    """What a mapping does with one source of records. The caller moves the clock."""

    def __init__(self, settings: Settings, source: Source, clock: Clock) -> None:
        self._batch: Sequence[Any] = ()
        self._finished = 0
        self._settings = settings
        self._source = source
        self._clock = clock
        self._requests = 0
        self._state: Any = {}
        self._fills = settings.maximum_batching_window_in_seconds > 0
        self._max_records = settings.batch_size if self._fills else min(settings.batch_size, READ_RECORDS)
        self._max_bytes = INVOCATION_BYTES if self._fills else READ_BYTES
        self._max_age = settings.age_limit
        self._first_pause = min(settings.first_pause, settings.longest_pause)
        self._max_retries = math.inf if settings.maximum_retry_attempts < 0 else settings.maximum_retry_attempts
        self._expiry = DiscardReason.AGE if settings.discards_by_age else DiscardReason.TRIMMED

    @property
    def unfinished(self) -> Sequence[Any]:
        """Records that were read, and are neither processed nor discarded. A restart from the first of them is safe."""
        return self._batch[self._finished :]

    def run(self) -> Steps:
        """Yield actions until the source has ended."""
        return self._process_windows() if self._settings.tumbling_window_in_seconds else self._process_batches()

    def _process_batches(self) -> Steps:
        source, clock, max_age = self._source, self._clock, self._max_age
        read, max_records, max_bytes = source.read, self._max_records, self._max_bytes
        while True:
            batch = read(max_records, max_bytes, clock.now)
            if not batch:
                if source.ended:
                    return
                yield Wait(max(source.next_record_time, clock.now + POLL_SECONDS), idle=True)
                continue
            if self._fills and len(batch) < max_records:
                batch = yield from self._fill_batch(batch)
            self._batch, self._finished = batch, 0
            if batch[0].arrival + max_age > clock.now:
                # Every batch without a failure takes this path: it costs as little as possible.
                self._requests = request = self._requests + 1
                reply = yield Invoke(batch, request, 1)
                if reply is not None:
                    yield from self._process_batch(batch, reply)
            else:
                yield from self._process_batch(batch)
            self._batch = ()

    def _fill_batch(self, batch: Sequence[Any], end: float = math.inf) -> Generator[Action, Reply, Sequence[Any]]:
        """Add records until the batch is full, its batching window is over, or the next one arrived after ``end``."""
        source, clock = self._source, self._clock
        until = min(clock.now + self._settings.maximum_batching_window_in_seconds, end)
        max_bytes = self._max_bytes - sum(record.size for record in batch)
        batch = list(batch)
        self._batch, self._finished = batch, 0
        while len(batch) < self._max_records and not source.ended:
            next_record_time = source.next_record_time
            if end <= next_record_time <= clock.now:
                break
            if next_record_time > clock.now:
                if clock.now >= until:
                    break
                yield Wait(min(next_record_time, until), idle=True)
                continue
            more = source.read(1 if end < math.inf else self._max_records - len(batch), max_bytes, clock.now)
            if not more and source.next_record_time <= clock.now:
                # The next record does not fit.
                break
            max_bytes -= sum(record.size for record in more)
            batch += more
        return batch

    def _process_batch(self, batch: Sequence[Any], reply: Reply = None, window: Window | None = None) -> Steps:
        """Process or discard the records of a batch; ``reply`` is the result of its first attempt, if it was made."""
        parts = [batch]
        while parts:
            part = parts.pop()
            parts += yield from self._attempt(part, part[0].arrival + self._max_age, reply, window)
            reply = None

    def _attempt(  # noqa: C901 - the rules in the order in which they apply
        self, part: Sequence[Any], expiry: float, reply: Reply, window: Window | None
    ) -> Generator[Action, Reply, list[Sequence[Any]]]:
        """Invoke the function with a part of a batch until the part is processed, discarded or split.

        An empty part makes the final invocation of a tumbling window. ``expiry`` is the time at which the first record
        is too old. Return the parts that remain, the last one first. Each has a new request and all its retries.
        """
        if reply is None:
            self._requests += 1
        request, attempts, pause = self._requests, 0, self._first_pause
        window = window and window._replace(state=self._state)
        while True:
            if reply is None:
                expired = self._expired(part)
                if expired:
                    yield Discard(part[:expired], self._expiry, max(attempts, 1), request, None, window)
                    self._finished += expired
                    return [part[expired:]] if expired < len(part) else []
                reply = yield Invoke(part, request, attempts + 1, window)
            if not isinstance(reply, Failure):
                if reply is not None:
                    self._state = reply.value
                self._finished += len(part)
                return []
            if reply.checkpoint_index:
                self._finished += reply.checkpoint_index
                return [part[reply.checkpoint_index :]]
            if not reply.throttled:
                attempts += 1
                if self._settings.bisect_batch_on_function_error and len(part) > 1:
                    middle = len(part) // 2
                    return [part[middle:], part[:middle]]
                if attempts > self._max_retries:
                    yield Discard(part, DiscardReason.RETRIES, attempts, request, reply, window)
                    self._finished += len(part)
                    return []
            if not part and self._clock.now >= expiry:
                yield Discard(part, self._expiry, max(attempts, 1), request, None, window)
                return []
            yield Wait(min(self._clock.now + pause, expiry))
            pause = min(pause * 2, self._settings.longest_pause)
            reply = None

    def _expired(self, part: Sequence[Any]) -> int:
        """Return how many records at the beginning of a part are too old."""
        now, max_age = self._clock.now, self._max_age
        return next((index for index, record in enumerate(part) if record.arrival + max_age > now), len(part))

    def _process_windows(self) -> Steps:
        source, clock, length = self._source, self._clock, self._settings.tumbling_window_in_seconds
        while True:
            if source.next_record_time > clock.now:
                if source.ended:
                    return
                yield Wait(source.next_record_time, idle=True)
                continue
            start = source.next_record_time // length * length
            yield from self._process_window(Window(start, start + length, {}))

    def _process_window(self, window: Window) -> Steps:
        """Process the records of one tumbling window, and close it."""
        source, clock = self._source, self._clock
        self._state = {}
        while True:
            next_record_time = source.next_record_time
            if next_record_time <= clock.now and next_record_time < window.end:
                batch = yield from self._fill_batch(source.read(1, self._max_bytes, clock.now), window.end)
                yield from self._process_batch(batch, window=window)
                if len(json.dumps(self._state)) > STATE_BYTES:
                    yield from self._close_window(window._replace(early=True))
                    self._state = {}
            elif clock.now >= window.end or source.ended:
                break
            else:
                yield Wait(min(next_record_time, window.end), idle=True)
        yield from self._close_window(window)

    def _close_window(self, window: Window) -> Steps:
        """Make the final invocation of a tumbling window, which has no records.

        It is assumed to be made at least once, and discarded when a record written at the window's end is too old.
        """
        yield from self._attempt((), window.end + self._max_age, None, window._replace(final=True))
