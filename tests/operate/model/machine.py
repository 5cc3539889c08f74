"""Whatever can happen to a pipeline and to those who work on it, in any order."""

import functools
import signal
import tempfile
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.operate.model import final, process
from tests.operate.model.events import EVENTS, KEYS, ONLY_CHANGES
from tests.operate.model.process import Process
from tests.operate.model.queues import IN_FLIGHT_LIMIT
from tests.operate.model.scenario import Scenario

MOST_RUNNING: Final = 2

COMMAND_LINES: Final = (
    *[("replay", "--json", "--yes")] * 5,
    ("replay", "--json"),
    ("reconcile", "--json", "--yes"),
    ("list", "--json"),
    ("fetch", "-o", "records.jsonl"),
)

COMMANDS: Final = {
    "killed": functools.partial(process.kill, after=False),
    "killed after it": functools.partial(process.kill, after=True),
    "SIGINT": functools.partial(process.send_signal, number=signal.SIGINT, after=False),
    "SIGINT after it": functools.partial(process.send_signal, number=signal.SIGINT, after=True),
    "SIGTERM": functools.partial(process.send_signal, number=signal.SIGTERM, after=False),
    "SIGTERM after it": functools.partial(process.send_signal, number=signal.SIGTERM, after=True),
    "unreachable": functools.partial(process.fail, after=False),
    "no answer": functools.partial(process.fail, after=True),
    "throttled": functools.partial(process.refuse, throttled=True),
    "broken": functools.partial(process.refuse, throttled=False),
}
"""What can become of a call instead of its being done."""

OPERATIONS: Final = (
    "ReceiveMessage",
    "GetObject",
    "GetRecords",
    "BatchGetItem",
    "Invoke",
    "Invoke",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "fsync",
)

number = st.integers(0, 30)
one_of_two = st.integers(0, 1)
event = st.sampled_from(list(EVENTS))


class Redrive(RuleBasedStateMachine):
    """The rules: what can happen; what must hold is checked with everything that happens."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="model-")
        self._scenario: Scenario | None = None
        self._with_mapping = True
        self._started: list[tuple[tuple[str, ...], str | None]] = []

    @property
    def here(self) -> Scenario:
        """The scenario."""
        assert self._scenario
        return self._scenario

    @initialize(
        shards=st.integers(1, 2),
        pages=st.lists(st.sampled_from([0, 1, 2, 1000]), min_size=1, max_size=3).filter(any),
        outdated=st.sampled_from(["ignored", "refused", "deletes"]),
        batch_size=st.integers(1, 4),
        filtered=st.booleans(),
        bucket=st.sampled_from([False, False, True]),
        per_reception=st.sampled_from([10, 10, 1, 3]),
        in_flight_limit=st.sampled_from([IN_FLIGHT_LIMIT, IN_FLIGHT_LIMIT, IN_FLIGHT_LIMIT, 6]),
        with_mapping=st.booleans(),
    )
    def begin(self, shards: int, pages: list[int], batch_size: int, *, with_mapping: bool, **given: Any) -> None:  # noqa: ANN401
        """Make a pipeline."""
        here = self._scenario = Scenario(Path(self._folder.name), shards=shards)
        here.__enter__()
        here.table.pages = tuple(pages)
        here.table.keys_per_read = 2
        here.queue.outdated = given["outdated"]
        here.queue.per_reception = given["per_reception"]
        here.queue.in_flight_limit = given["in_flight_limit"]
        for mapping in here.mappings:
            mapping.batch_size = batch_size
        if given["bucket"]:
            here.mappings[1].destination_arn = f"arn:aws:s3:::{here.bucket.name}"
            here.bucket.per_page = 2
        here.mappings[1].patterns = [ONLY_CHANGES] if given["filtered"] else []
        self._with_mapping = with_mapping

    # --- the pipeline -------------------------------------------------------------------------------------------------

    @rule(
        written=st.lists(st.sampled_from(KEYS), min_size=1, max_size=6),
        failing=st.sampled_from([(0,), (1,), (0, 1), (0, 1)]),
        count=st.integers(1, 3),
    )
    def write(self, written: list[str], failing: tuple[int, ...], count: int) -> None:
        """Write some items, and let the mappings process everything: some discard it, so many records at a time."""
        here = self.here
        here.write(*written)
        for which, mapping in enumerate(here.mappings):
            for shard in list(here.table.shards.values()):
                while here.waiting(mapping, shard):
                    (here.discard if which in failing else here.process)(mapping, shard, count)

    @rule(event=event, number=number)
    def happens(self, event: str, number: int) -> None:
        """Let something happen."""
        EVENTS[event](self.here, number)

    # --- processes ----------------------------------------------------------------------------------------------------

    @rule(
        which=st.sampled_from([0, 1, None]),
        words=st.sampled_from(COMMAND_LINES),
        journal=st.sampled_from([None, None, None, "own.journal"]),
    )
    def start(self, which: int | None, words: tuple[str, ...], journal: str | None) -> None:
        """Start a run, for one function or for both, with the same journal as others or another."""
        verb, *options = words
        given = self.here.words(verb, None if which is None else self.here.mappings[which])
        self._start((*given, *options), journal if verb in {"replay", "reconcile"} else None)

    @precondition(lambda self: self._started)
    @rule()
    def start_again(self) -> None:
        """Run the last command line again."""
        self._start(*self._started[-1])

    def _start(self, words: tuple[str, ...], journal: str | None) -> None:
        if len(self.here.running) < MOST_RUNNING:
            self._started.append((words, journal))
            self.here.start(*words, journal=journal)

    def _running(self, which: int) -> Process:
        running = self.here.running
        return running[which % len(running)]

    @property
    def _runs(self) -> bool:
        return self._scenario is not None and bool(self.here.running)

    def _until(self, running: Process, operation: str) -> None:
        """Let a run come to its next call of an operation, or to its end."""
        while running.pending and running.pending.operation.removesuffix("Batch") != operation:
            self.here.step(running)

    @precondition(lambda self: self._runs)
    @rule(which=one_of_two, count=st.integers(1, 20))
    def step(self, which: int, count: int) -> None:
        """Let a run make some calls."""
        running = self._running(which)
        for _ in range(count):
            if running.runs:
                self.here.step(running)

    @precondition(lambda self: self._runs)
    @rule(which=one_of_two, operation=st.sampled_from(OPERATIONS), event=event, number=number)
    def happens_meanwhile(self, which: int, operation: str, event: str, number: int) -> None:
        """Let something happen before a call of a run, and the call then."""
        running = self._running(which)
        self._until(running, operation)
        EVENTS[event](self.here, number)
        if running.runs:
            self.here.step(running)

    @precondition(lambda self: self._runs)
    @rule(which=one_of_two, operation=st.sampled_from(OPERATIONS), command=st.sampled_from(list(COMMANDS)))
    def disturb(self, which: int, operation: str, command: str) -> None:
        """Let something else become of a call."""
        running = self._running(which)
        self._until(running, operation)
        if running.runs:
            self.here.step(running, COMMANDS[command])

    @precondition(lambda self: self._runs)
    @rule(which=one_of_two)
    def finish(self, which: int) -> None:
        """Let a run come to its end."""
        self.here.finish(self._running(which))

    def teardown(self) -> None:
        """Let everything come to its end."""
        try:
            if self._scenario:
                final.check(self.here, with_mapping=self._with_mapping)
        finally:
            if self._scenario:
                self._scenario.__exit__()
            self._folder.cleanup()
