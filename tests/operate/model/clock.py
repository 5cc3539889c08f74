"""The time of a model: it passes where somebody waits, and nowhere else."""

import time
from typing import Final

START: Final = 1_800_000_000.0
"""When every model begins, in seconds since the epoch."""


class Clock:
    """What time it is, in seconds since the epoch; ``tick`` counts what has happened so far."""

    def __init__(self) -> None:
        self.tick = 0
        self._now = START

    @property
    def now(self) -> float:
        """The time."""
        return self._now

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds

    def next_tick(self) -> int:
        """Count that something happens, and return its number."""
        self.tick += 1
        return self.tick


class WallClock(Clock):
    """The time as it is, for real processes, which do their waiting themselves."""

    @property
    def now(self) -> float:
        """The time."""
        return time.time()

    def wait(self, seconds: float) -> None:
        """Do nothing."""
