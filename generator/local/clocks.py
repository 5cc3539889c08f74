"""Clocks for a mapping that really runs: the time of day, and one that skips the pauses before retries."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from generator.mapping.shard_processor import Wait

_MAX_SLEEP = 1.0
"""Real seconds after which a wait checks whether the event poller was stopped."""


class RealClock:
    """The time of day."""

    @property
    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Surround an invocation, or anything else that takes real time."""
        yield

    def wait(self, wait: Wait, stop: threading.Event) -> None:
        """Block a worker until the time in ``wait``, or until ``stop`` is set."""
        while not stop.is_set() and (left := wait.until - self.now) > 0:
            stop.wait(min(left, _MAX_SLEEP))


class FastForwardClock(RealClock):
    """The time of day plus the skipped pauses: 24 hours of retries take as long as their invocations.

    If no worker is working, the clock moves to the earliest time for which a worker waits before a retry. A worker that
    waits for records waits in real time.
    """

    def __init__(self) -> None:
        self._skipped = 0.0
        self._working = 0
        self._waiting: dict[int, float] = {}
        self._changed = threading.Condition()

    @property
    def now(self) -> float:
        """Seconds since the epoch, including the skipped ones."""
        return time.time() + self._skipped

    @contextmanager
    def working(self) -> Iterator[None]:
        """Surround what takes real time; the clock skips nothing meanwhile."""
        with self._changed:
            self._working += 1
        try:
            yield
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    def wait(self, wait: Wait, stop: threading.Event) -> None:
        """Block a worker until the time in ``wait``, or until ``stop`` is set."""
        if wait.idle:
            super().wait(wait, stop)
            return
        worker = threading.get_ident()
        with self._changed:
            self._waiting[worker] = wait.until
            while not stop.is_set() and (left := wait.until - self.now) > 0:
                if not self._working and wait.until == min(self._waiting.values()):
                    self._skipped += left
                    break
                self._changed.wait(min(left, _MAX_SLEEP / 10))
            del self._waiting[worker]
            self._changed.notify_all()
