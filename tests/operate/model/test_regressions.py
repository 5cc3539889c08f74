"""What once went wrong, as small as it can be; each test failed on the code that did it."""

import functools
import json

import pytest

from tests.operate.model import process
from tests.operate.model.queues import Outdated
from tests.operate.model.scenario import Scenario

REPLAY = ("replay", "--yes", "--json")


# --- invocation records of another function ---------------------------------------------------------------------------


def test_records_of_another_function_are_left_alone(scenario: Scenario) -> None:
    index, mail = scenario.mappings
    scenario.write("a", "b")
    scenario.process(index, scenario.shard, 2)
    scenario.discard(mail, scenario.shard, 2)
    scenario.run(*REPLAY, "--mapping", index.uuid)
    assert scenario.places() == [[], []]
    assert [message.id for message in scenario.queue.visible] == ["message-1"]


def test_each_function_gets_its_own_records_back(scenario: Scenario) -> None:
    index, mail = scenario.mappings
    scenario.write("a", "b", "c")
    scenario.discard(index, scenario.shard, 2)
    scenario.process(mail, scenario.shard, 1)
    scenario.discard(mail, scenario.shard, 2)
    scenario.run(*REPLAY, "--mapping", index.uuid)
    assert (scenario.places(), len(scenario.queue.left)) == ([[0, 1], []], 1)
    assert scenario.run(*REPLAY, "--mapping", mail.uuid).code == 0
    assert (scenario.places(), len(scenario.queue.left)) == ([[0, 1], [1, 2]], 0)


def test_alias_that_has_moved_is_the_same_function(scenario: Scenario) -> None:
    (index, _) = scenario.mappings
    scenario.write("a")
    scenario.discard(index, scenario.shard, 1)
    index.function_arn = f"{scenario.functions[0].arn}:1"
    assert scenario.run(*REPLAY, "--mapping", index.uuid).code == 0
    assert (scenario.places(), scenario.queue.left) == ([[0], []], [])


def test_another_functions_records_are_reported(scenario: Scenario) -> None:
    index, mail = scenario.mappings
    scenario.write("a")
    scenario.discard(mail, scenario.shard, 1)
    for words in (("list",), REPLAY[:2]):
        answer = scenario.run(*words, "--mapping", index.uuid)
        assert scenario.functions[1].name in answer.out + answer.err


# --- records of two functions about one shard -------------------------------------------------------------------------


def test_nothing_is_lost_that_another_functions_records_came_before(scenario: Scenario) -> None:
    index, mail = scenario.mappings
    scenario.write("a", "b", "c", "d")
    scenario.process(index, scenario.shard, 2)
    scenario.discard(index, scenario.shard, 1)
    scenario.discard(mail, scenario.shard, 2)
    answer = scenario.run(*REPLAY)
    assert (scenario.places(), scenario.queue.left) == ([[2], [0, 1]], [])
    assert answer.code == 0


def test_no_old_image_is_sent_because_another_function_gets_a_newer_one(scenario: Scenario) -> None:
    index, mail = scenario.mappings
    scenario.write("a", "a")
    scenario.discard(index, scenario.shard, 1)
    scenario.process(index, scenario.shard, 1)
    scenario.process(mail, scenario.shard, 1)
    scenario.discard(mail, scenario.shard, 1)
    scenario.run(*REPLAY)
    assert scenario.places() == [[], [1]]
    assert [message.id for message in scenario.queue.left] == ["message-1"]


def test_record_is_sent_although_another_functions_records_are_older(scenario: Scenario) -> None:
    index, mail = scenario.mappings
    scenario.write("a", "a")
    scenario.discard(mail, scenario.shard, 1)
    scenario.process(index, scenario.shard, 1)
    scenario.discard(index, scenario.shard, 1)
    scenario.queue.messages = dict(reversed(scenario.queue.messages.items()))
    scenario.run(*REPLAY)
    assert scenario.places() == [[1], []]
    assert [message.id for message in scenario.queue.left] == ["message-1"]


# --- more messages than may be in flight ------------------------------------------------------------------------------


def test_messages_that_are_not_read_are_reported(scenario: Scenario) -> None:
    index, mail = scenario.mappings
    scenario.write("a", "b", "c")
    for _ in range(3):
        scenario.discard(mail, scenario.shard, 1)
    scenario.queue.in_flight_limit = 2
    answer = scenario.run(*REPLAY, "--mapping", index.uuid)
    assert answer.code != 0
    assert json.loads(answer.out)["unread"] == 1


# --- two operators, outdated receipts ---------------------------------------------------------------------------------


def test_second_run_with_the_same_journal_is_refused_while_the_first_works(scenario: Scenario) -> None:
    scenario.write("a", "b")
    scenario.discard(scenario.mappings[0], scenario.shard, 2)
    words = (*REPLAY, "--mapping", scenario.mappings[0].uuid)
    first = scenario.start(*words)
    scenario.until(first, "Invoke")
    second = scenario.run(*words)
    assert second.code not in {0, None}
    assert scenario.finish(first).code == 0
    assert (scenario.places(), scenario.queue.left) == ([[0, 1], []], [])


def test_journal_of_a_killed_run_is_taken_over(scenario: Scenario) -> None:
    scenario.write("a", "b")
    scenario.discard(scenario.mappings[0], scenario.shard, 2)
    words = (*REPLAY, "--mapping", scenario.mappings[0].uuid)
    first = scenario.start(*words)
    scenario.until(first, "DeleteMessage")
    scenario.step(first, functools.partial(process.kill, after=False))
    assert scenario.run(*words).code == 0
    assert (scenario.places(), scenario.queue.left) == ([[0, 1], []], [])


def test_journal_of_a_killed_run_is_found_although_the_alias_has_moved(scenario: Scenario) -> None:
    index = scenario.mappings[0]
    index.batch_size = 1
    scenario.write("a", "b")
    for _ in range(2):
        scenario.discard(index, scenario.shard, 1)
    index.function_arn = f"{scenario.functions[0].arn}:live"
    words = (*REPLAY, "--mapping", index.uuid)
    first = scenario.start(*words)
    scenario.until(first, "DeleteMessage")
    scenario.step(first, functools.partial(process.kill, after=False))
    index.function_arn = f"{scenario.functions[0].arn}:1"
    assert scenario.run(*words).code == 0
    assert (scenario.places(), scenario.queue.left) == ([[0, 1], []], [])


@pytest.mark.parametrize("outdated", ["ignored", "refused"])
def test_message_that_somebody_else_has_received_since_is_not_counted_as_deleted(
    scenario: Scenario, outdated: Outdated
) -> None:
    scenario.queue.outdated = outdated
    scenario.write("a")
    scenario.discard(scenario.mappings[0], scenario.shard, 1)
    running = scenario.start(*REPLAY)
    scenario.until(running, "Invoke")
    scenario.wait(43_000)
    scenario.queue.receive(10, 3600, 0, "somebody else")
    answer = scenario.finish(running)
    assert answer.code != 0
    assert '"deleted": 1' not in answer.out
