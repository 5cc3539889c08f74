"""Do the invariants see what must not happen? Each test does it by hand."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from tests.operate.model.invariants import InvariantError
from tests.operate.model.pipeline import Discarded
from tests.operate.model.process import Pending, Process
from tests.operate.model.scenario import Scenario
from tests.operate.model.tables import Record


@dataclass
class Hand:
    """Stands in for a process, and makes the calls that a test wants."""

    scenario: Scenario
    words: Sequence[str] = ("redrive", "replay", "--yes", "--json")
    name: str = "run"
    killed: bool = False
    ended: int | None = None
    code: int | None = None
    crash: str | None = None
    stalled: float = 0
    disturbed: list[Pending] = field(default_factory=list)
    out: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        self.began = self.scenario.clock.next_tick()
        self.scenario.invariants.started(cast("Process", self))

    @property
    def runs(self) -> bool:
        return self.ended is None

    def call(self, service: str, operation: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
        return self.scenario.account.call(service, operation, given, self.name)

    def receive(self) -> list[str]:
        answer = self.call("sqs", "ReceiveMessage", QueueUrl=self.scenario.queue.url, MaxNumberOfMessages=10)
        return [message["ReceiptHandle"] for message in answer.get("Messages", [])]

    def delete(self, receipt: str) -> None:
        self.call("sqs", "DeleteMessage", QueueUrl=self.scenario.queue.url, ReceiptHandle=receipt)

    def release(self, receipt: str) -> None:
        given = {"ReceiptHandle": receipt, "VisibilityTimeout": 0}
        self.call("sqs", "ChangeMessageVisibility", QueueUrl=self.scenario.queue.url, **given)

    def send(self, *records: Record, which: int = 0) -> None:
        events = [record.as_api("NEW_AND_OLD_IMAGES") for record in records]
        for event in events:
            event["dynamodb"].pop("ApproximateCreationDateTime")
        function = self.scenario.functions[which].name
        self.call("lambda", "Invoke", FunctionName=function, Payload=json.dumps({"Records": events}).encode())

    def end(self, code: int = 0, **summary: Any) -> None:  # noqa: ANN401
        said = {"messages": 0, "unrecognized": [], "deleted": 0, "replayed": 0, "failed": 0, "expired": 0}
        self.out.write(json.dumps(said | summary) if code in {0, 14} else "")
        self.code, self.ended = code, self.scenario.clock.next_tick()


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    made = Scenario(tmp_path)
    made.write("a", "a", "b")
    return made


def records(scenario: Scenario) -> list[Record]:
    return scenario.shard.records


def discard(scenario: Scenario, *counts: int, which: int = 0) -> None:
    for count in counts:
        scenario.discard(scenario.mappings[which], scenario.shard, count)


def fails(scenario: Scenario, text: str) -> None:
    with pytest.raises(InvariantError, match=text):
        scenario.invariants.check()


def test_nothing_that_is_right_fails(scenario: Scenario) -> None:
    discard(scenario, 2, 1)
    hand = Hand(scenario)
    first, second = hand.receive()
    hand.send(*records(scenario))
    scenario.invariants.check()
    hand.delete(first)
    hand.delete(second)
    hand.end(messages=2, deleted=2, replayed=3)
    scenario.invariants.check()


def test_deletion_before_success(scenario: Scenario) -> None:
    discard(scenario, 3)
    hand = Hand(scenario)
    scenario.functions[0].failing = {records(scenario)[2].sequence}
    (receipt,) = hand.receive()
    hand.send(*records(scenario))
    hand.delete(receipt)
    fails(scenario, "orders-index never got")


def test_deletion_after_another_functions_success(scenario: Scenario) -> None:
    discard(scenario, 3)
    discard(scenario, 3, which=1)
    hand = Hand(scenario)
    receipts = hand.receive()
    hand.send(*records(scenario))
    hand.delete(receipts[1])
    fails(scenario, "orders-mail never got")


def test_deletion_of_what_is_no_invocation_record(scenario: Scenario) -> None:
    scenario.queue.send("an order")
    hand = Hand(scenario)
    hand.delete(*hand.receive())
    fails(scenario, "no invocation record")


def test_removal_of_an_object_before_success(scenario: Scenario) -> None:
    scenario.bucket.objects["a"] = b"{}"
    scenario.discarded["a"] = Discarded(scenario.mappings[0], scenario.shard, records(scenario), 1, "arn:aws:s3:::b")
    Hand(scenario).call("s3", "DeleteObject", Bucket=scenario.bucket.name, Key="a")
    fails(scenario, "never got")


def test_record_that_no_invocation_record_is_about(scenario: Scenario) -> None:
    discard(scenario, 2)
    discard(scenario, 3, which=1)
    hand = Hand(scenario)
    hand.receive()
    hand.send(records(scenario)[2])
    fails(scenario, "no invocation record says that it may")


def test_older_record_after_a_newer_one(scenario: Scenario) -> None:
    discard(scenario, 3)
    hand = Hand(scenario)
    hand.receive()
    hand.send(records(scenario)[1])
    scenario.invariants.check()
    hand.send(records(scenario)[0])
    fails(scenario, "of item a to orders-index after")


def test_record_twice(scenario: Scenario) -> None:
    discard(scenario, 3)
    hand = Hand(scenario)
    hand.receive()
    hand.send(records(scenario)[2], records(scenario)[2])
    fails(scenario, "of item b to orders-index after")


def test_image_that_the_table_has_left_behind(scenario: Scenario) -> None:
    discard(scenario, 3)
    hand = Hand(scenario)
    hand.receive()
    hand.send(*records(scenario)[:2])
    scenario.invariants.check()
    scenario.write("b")
    hand.send(records(scenario)[2])
    # The item was as the record says when the last invocation began: nobody can be faster than that.
    scenario.invariants.check()


def test_image_that_the_table_has_left_behind_before_the_last_invocation(scenario: Scenario) -> None:
    discard(scenario, 3)
    hand = Hand(scenario)
    hand.receive()
    scenario.write("b")
    hand.send(*records(scenario)[:2])
    scenario.invariants.check()
    hand.send(records(scenario)[2])
    fails(scenario, "sent item b as it was")


def test_older_image_alone(scenario: Scenario) -> None:
    discard(scenario, 1)
    hand = Hand(scenario)
    hand.receive()
    hand.send(records(scenario)[0])
    fails(scenario, "sent item a as it was")


def test_reconciliation_with_an_old_state(scenario: Scenario) -> None:
    discard(scenario, 3)
    hand = Hand(scenario, words=("redrive", "reconcile", "--yes"))
    hand.receive()
    hand.send(records(scenario)[0])
    fails(scenario, "said that item a is")


def test_dry_run_that_sends(scenario: Scenario) -> None:
    discard(scenario, 3)
    hand = Hand(scenario, words=("redrive", "replay"))
    hand.receive()
    hand.send(*records(scenario))
    fails(scenario, "is a dry run")


def test_release_of_what_another_works_on(scenario: Scenario) -> None:
    discard(scenario, 3)
    owner, other = Hand(scenario, name="owner"), Hand(scenario, name="other")
    (receipt,) = owner.receive()
    other.release(receipt)
    fails(scenario, "which owner works on")


def test_record_after_a_failed_one(scenario: Scenario) -> None:
    discard(scenario, 3)
    hand = Hand(scenario)
    hand.receive()
    scenario.functions[0].failing = {records(scenario)[0].sequence}
    hand.send(records(scenario)[0])
    scenario.invariants.check()
    hand.send(records(scenario)[1])
    fails(scenario, "an earlier one failed")


def test_messages_that_become_visible_while_they_are_worked_on(scenario: Scenario) -> None:
    discard(scenario, 3)
    hand = Hand(scenario)
    hand.receive()
    scenario.clock.wait(30)
    fails(scenario, "become visible")
    hand.stalled = 1000
    scenario.invariants.check()


def test_messages_that_stay_hidden(scenario: Scenario) -> None:
    discard(scenario, 3)
    hand = Hand(scenario)
    hand.receive()
    hand.end(13)
    fails(scenario, "left .* hidden")


def test_messages_of_a_killed_run_that_stay_hidden(scenario: Scenario) -> None:
    discard(scenario, 3)
    first = Hand(scenario, name="first")
    first.receive()
    first.receive()
    first.killed, first.ended = True, scenario.clock.next_tick()
    second = Hand(scenario, name="second")
    second.end()
    fails(scenario, "left .* hidden")


@pytest.mark.parametrize("name", ["messages", "deleted", "replayed", "failed", "expired"])
def test_wrong_counts(scenario: Scenario, name: str) -> None:
    discard(scenario, 3)
    hand = Hand(scenario)
    (receipt,) = hand.receive()
    hand.send(*records(scenario))
    hand.delete(receipt)
    right = {"messages": 1, "deleted": 1, "replayed": 3, "failed": 0, "expired": 0}
    hand.end(**right | {name: right[name] + 1})
    fails(scenario, name)


def test_exit_code_of_success_with_something_left(scenario: Scenario) -> None:
    discard(scenario, 3)
    scenario.queue.receive(10, 100, 0, "somebody else")
    Hand(scenario).end()
    fails(scenario, "ended with 0")


def test_crash(scenario: Scenario) -> None:
    hand = Hand(scenario, crash="ValueError: something")
    hand.end(1)
    fails(scenario, "something")
