"""The time of day for a mapping that really runs, and a clock that does not wait for retries."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from generator.mapping.shard_processor import Wait

_LONGEST_SLEEP = 1.0


class RealClock:
    """The time of day."""

    @property
    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Surround what takes real time, such as an invocation."""
        yield

    def wait(self, wait: Wait, stop: threading.Event) -> None:
        """Let a lane wait as long as it wants, or until it is to stop."""
        while not stop.is_set() and (left := wait.until - self.now) > 0:
            stop.wait(min(left, _LONGEST_SLEEP))


class FastForwardClock(RealClock):
    """The time of day, plus every pause that was skipped.

    When no lane is at work, it is at once as late as the first of those that put something off wants it to be: a day of
    retries takes as long as the invocations. A lane that is idle waits in real time.
    """

    def __init__(self) -> None:
        self._skipped = 0.0
        self._working = 0
        self._putting_off: dict[int, float] = {}
        self._changed = threading.Condition()

    @property
    def now(self) -> float:
        """Seconds since the epoch, those that were skipped included."""
        return time.time() + self._skipped

    @contextmanager
    def working(self) -> Iterator[None]:
        """Surround what takes real time: nothing is skipped meanwhile."""
        with self._changed:
            self._working += 1
        try:
            yield
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    def wait(self, wait: Wait, stop: threading.Event) -> None:
        """Let a lane wait until it is as late as it wants, or until it is to stop."""
        if wait.idle:
            super().wait(wait, stop)
            return
        with self._changed:
            self._putting_off[threading.get_ident()] = wait.until
            while not stop.is_set() and (left := wait.until - self.now) > 0:
                if not self._working and wait.until == min(self._putting_off.values()):
                    self._skipped += left
                    break
                self._changed.wait(min(left, _LONGEST_SLEEP / 10))
            del self._putting_off[threading.get_ident()]
            self._changed.notify_all()
