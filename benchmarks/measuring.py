"""How things are measured: in turn with what they are compared with, and by the least of several runs."""

import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True)
class Result:
    """One comparison: what was measured, against what, in seconds, and the limit of the ratio or of the time."""

    what: str
    measured: float
    baseline: float
    limit: float
    at_most: float | None = None

    @property
    def ratio(self) -> float:
        """How many times the baseline was measured."""
        return self.measured / self.baseline

    @property
    def holds(self) -> bool:
        """Whether the limits are kept."""
        return self.ratio <= self.limit and (self.at_most is None or self.measured <= self.at_most)


def wall(*words: str, folder: Path = TOP, environment: Mapping[str, str] | None = None) -> float:
    """Run a command, in this environment or another, and return the seconds that it took."""
    began = time.perf_counter()
    subprocess.run(words, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def least(repeat: int, *measurements: Callable[[], float]) -> list[float]:
    """Run the measurements in turn, several times, and return the least of each."""
    rounds = [[measure() for measure in measurements] for _ in range(repeat)]
    return [min(column) for column in zip(*rounds, strict=True)]
