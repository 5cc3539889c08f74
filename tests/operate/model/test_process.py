"""Is a process of the model stopped where it should be, with what it had done by then?"""

import functools
import signal
from pathlib import Path

import pytest

from tests.operate.model import process
from tests.operate.model.scenario import Scenario

REPLAY = ("replay", "--yes", "--json")


@pytest.fixture
def waiting(scenario: Scenario) -> process.Process:
    """A run that is about to invoke the function."""
    scenario.write("a")
    scenario.discard(scenario.mappings[0], scenario.shard, 1)
    running = scenario.start(*REPLAY)
    scenario.until(running, "Invoke")
    return running


def test_process_makes_one_call_at_a_time(scenario: Scenario, waiting: process.Process) -> None:
    before = len(scenario.account.calls)
    assert scenario.functions[0].invocations == []
    scenario.step(waiting)
    assert len(scenario.functions[0].invocations) == 1
    assert len(scenario.account.calls) == before + 1
    assert scenario.finish(waiting).code == 0


@pytest.mark.parametrize("after", [False, True])
def test_killed_process_does_nothing_more(scenario: Scenario, waiting: process.Process, *, after: bool) -> None:
    before = len(scenario.account.calls)
    scenario.step(waiting, functools.partial(process.kill, after=after))
    assert (waiting.runs, waiting.killed, waiting.code) == (False, True, None)
    assert len(scenario.account.calls) == before + after
    assert len(scenario.functions[0].invocations) == after
    assert len(scenario.queue.hidden) == 1


def test_files_of_a_killed_process_are_as_they_were(
    scenario: Scenario, waiting: process.Process, tmp_path: Path
) -> None:
    files = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert files
    scenario.step(waiting, functools.partial(process.kill, after=False))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == files


def test_interrupted_process_does_what_it_does_then(scenario: Scenario, waiting: process.Process) -> None:
    scenario.step(waiting, functools.partial(process.send_signal, number=signal.SIGINT, after=True))
    assert scenario.finish(waiting).code == 130
    assert (len(scenario.functions[0].invocations), len(scenario.queue.visible)) == (1, 1)


def test_process_without_a_handler_dies_of_a_signal(scenario: Scenario, waiting: process.Process) -> None:
    waiting.handlers.pop(signal.SIGTERM, None)
    scenario.step(waiting, functools.partial(process.send_signal, number=signal.SIGTERM, after=False))
    assert waiting.killed


def test_call_whose_answer_is_lost_is_done(scenario: Scenario, waiting: process.Process) -> None:
    scenario.step(waiting, functools.partial(process.fail, after=True))
    assert scenario.finish(waiting).code == 13
    assert len(scenario.functions[0].invocations) == 1


def test_call_that_is_refused_is_not_done(scenario: Scenario, waiting: process.Process) -> None:
    scenario.step(waiting, functools.partial(process.refuse, throttled=True))
    assert scenario.functions[0].invocations == []
    before = scenario.clock.now
    assert scenario.finish(waiting).code == 0
    assert scenario.clock.now > before


def test_two_processes_take_turns(scenario: Scenario, waiting: process.Process) -> None:
    other = scenario.run("replay", "--yes", "--json", journal="other.journal")
    assert other.code != 0
    assert waiting.runs
    assert scenario.finish(waiting).code == 0
    assert {call.caller for call in scenario.account.calls} == {"run-0", "run-1"}
