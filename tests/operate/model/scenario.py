"""A pipeline and the processes that work on it, one call at a time, held to what must hold."""

import contextlib
import functools
from pathlib import Path
from typing import NamedTuple, Self

from tests.operate.model import process
from tests.operate.model.account import Account
from tests.operate.model.functions import EventSourceMapping
from tests.operate.model.invariants import Invariants
from tests.operate.model.names import REGION
from tests.operate.model.pipeline import Pipeline
from tests.operate.model.process import Command, Process, go


class Answer(NamedTuple):
    """What a run answered: its exit code, and what it printed."""

    code: int | None
    out: str
    err: str


class Scenario(Pipeline):
    """A pipeline and its processes; use it as a context manager.

    Takes the directory in which the processes run.

    Raises:
        InvariantError: From whatever makes something happen, if something does not hold that must.
    """

    def __init__(self, directory: Path, *, shards: int = 1) -> None:
        super().__init__(Account(), shards=shards)
        self.processes: list[Process] = []
        self.invariants = Invariants(self)
        self._directory = directory
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(process.installed())
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.processes:
            while each.runs:
                each.step(functools.partial(process.kill, after=False))
        self._stack.close()

    @property
    def running(self) -> list[Process]:
        """The processes that have not ended."""
        return [each for each in self.processes if each.runs]

    def words(self, verb: str, mapping: EventSourceMapping | None) -> list[str]:
        """Return the words of a command on what a mapping has discarded, or on all that is in the queue."""
        if mapping is None:
            return [verb]
        bucket = [] if mapping.destination_arn == self.queue.arn else ["--bucket", self.bucket.name]
        return [verb, "--mapping", mapping.uuid, *bucket]

    def start(self, *words: str, journal: str | None = None) -> Process:
        """Start a command of ``redrive`` on the queue; a journal that is not named is where the command puts it."""
        verb, *options = words
        source = [] if {"--bucket", "--file", "--stream"} & set(options) else ["--queue", self.queue.name]
        given = ["redrive", verb, *source, "--region", REGION, *options]
        if journal:
            given += ["--journal", str(self._directory / journal)]
        with contextlib.chdir(self._directory):
            made = Process(self.account, self._directory, f"run-{len(self.processes)}", given)
        self.processes.append(made)
        self.invariants.started(made)
        self.invariants.check()
        return made

    def step(self, running: Process, command: Command = go) -> None:
        """Do something with the pending call of a process."""
        with contextlib.chdir(self._directory):
            running.step(command)
        self.invariants.check()

    def finish(self, running: Process) -> Answer:
        """Let a process do everything that it wants to do."""
        while running.runs:
            self.step(running)
        return Answer(running.code, running.out.getvalue(), running.err.getvalue())

    def run(self, *words: str, journal: str | None = None) -> Answer:
        """Run a command of ``redrive`` on the queue."""
        return self.finish(self.start(*words, journal=journal))

    def until(self, running: Process, operation: str) -> None:
        """Let a process come to its next call of an operation, in a batch or not."""
        while running.pending and running.pending.operation.removesuffix("Batch") != operation:
            self.step(running)
        assert running.runs, f"{running.name} ended before {operation}: {running.err.getvalue()}"
