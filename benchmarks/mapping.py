"""The event source mapping: time of a simulation, of a failing record, and memory for records and retries."""

import sys
import time
import tracemalloc
from typing import NamedTuple

from benchmarks.measuring import Result, least
from generator.mapping.shard_processor import Discard, Failure, Invoke, Observer, Reply
from generator.simulate.engine import Function, Shard, SimulatedClock, simulate
from generator.simulate.module_settings import module_settings
from generator.simulate.simulation_run import Records, Scenario

MANY = 1_000_000
FEW = 10_000


class _Record(NamedTuple):
    sequence: int
    arrival: float = 0.0
    size: int = 100


class _Counter(Observer):
    """Counts what happens, so that only a complete simulation is measured."""

    def __init__(self) -> None:
        self.processed = 0
        self.failures = 0
        self.discards = 0

    def invoked(self, processor: str, invoke: Invoke, began: float, ended: float, reply: Reply) -> None:
        del processor, began, ended
        if reply is None:
            self.processed += len(invoke.records)
        else:
            self.failures += 1

    def discarded(self, processor: str, discard: Discard, at: float) -> None:
        del processor, at
        self.discards += len(discard.records)

    def check(self, records: int, failures: int = 0) -> None:
        """Exit if the number of finished records is another, or fewer invocations failed."""
        finished = self.processed + self.discards
        if finished != records or self.failures < failures:
            sys.exit(
                f"{finished} records are finished, not {records}; {self.failures} invocations failed, not {failures}."
            )


def measure(repeat: int) -> list[Result]:
    """Compare the simulation with a plain loop, and its memory for many records and retries with that for a few."""
    records = [_Record(number) for number in range(MANY)]
    simulated, plain = least(5 * repeat, lambda: _simulated(records), lambda: _plain(records))
    (failing,) = least(repeat, _failing)
    return [
        Result(what="simulating 1,000,000 records / a plain loop", measured=simulated, baseline=plain, limit=3),
        Result(what="a failing record with the defaults, s / 1 s", measured=failing, baseline=1.0, limit=1),
        Result(
            what="memory for 1,000,000 records / for 10,000, MB",
            measured=_memory(MANY, retries=0),
            baseline=_memory(FEW, retries=0),
            limit=1.25,
        ),
        Result(
            what="memory for 10,000 retries / for 10, MB",
            measured=_memory(100, retries=10_000),
            baseline=_memory(100, retries=10),
            limit=1.25,
        ),
    ]


def _nothing(_records: list[_Record]) -> None:
    """Do what a handler does that does nothing."""


def _succeeds(_invoke: Invoke, _clock: SimulatedClock) -> Reply:
    return None


def _plain(records: list[_Record]) -> float:
    size = module_settings().batch_size
    began = time.perf_counter()
    for start in range(0, len(records), size):
        _nothing(records[start : start + size])
    return time.perf_counter() - began


def _simulated(records: list[_Record]) -> float:
    counter = _Counter()
    began = time.perf_counter()
    simulate([Shard(name="shard", records=records, largest=100)], module_settings(), _succeeds, observer=counter)
    seconds = time.perf_counter() - began
    counter.check(len(records))
    return seconds


def _failing() -> float:
    def fails(invoke: Invoke, _clock: SimulatedClock) -> Reply:
        return Failure("Unhandled") if any(record.sequence == FEW // 2 for record in invoke.records) else None

    records = [_Record(number, number / 10) for number in range(FEW)]
    counter = _Counter()
    began = time.perf_counter()
    simulate([Shard(name="shard", records=records)], module_settings(), fails, observer=counter)
    seconds = time.perf_counter() - began
    counter.check(len(records), failures=10)
    return seconds


def _memory(count: int, *, retries: int) -> float:
    """Return the peak memory of a simulation in MB, with records that are made when they are read."""

    def fails(invoke: Invoke, _clock: SimulatedClock) -> Reply:
        return Failure("Unhandled") if retries and invoke.records[0].sequence == 1 else None

    function: Function = fails
    shard = Shard(name="shard", records=Records(Scenario(records=count)), largest=1024)
    counter = _Counter()
    tracemalloc.start()
    settings = module_settings(maximum_retry_attempts=retries, longest_pause=1)
    simulate([shard], settings, function, observer=counter)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    counter.check(count, failures=retries)
    return peak / 1e6
