"""Are messages of a queue read once, hidden for as long as they are worked on, and deleted only by who holds them?"""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from generator.errors import UsageError
from generator.operate.messages import InvocationRecord, UnrecognizedMessage, as_json
from generator.operate.queues import REPLAY_VISIBILITY_TIMEOUT, Queue
from tests.operate.fakes import document, refusal

HOUR = REPLAY_VISIBILITY_TIMEOUT


@dataclass
class Message:
    body: str
    visible_at: float = 0.0
    receipts: int = 0
    received: float = 0.0


@dataclass
class FakeSqs:
    """SQS with one queue: a receipt is that of a message's newest reception, or outdated.

    A deletion by an outdated receipt succeeds and does nothing (AWS, DeleteMessage).
    """

    messages: dict[str, Message]
    now: float = 0.0
    limit: int = 120_000
    receive_seconds: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)
    undeletable: set[str] = field(default_factory=set)
    visible: int | None = None
    after_receive: Callable[[], object] = lambda: None
    after_count: Callable[[], object] = lambda: None
    changed: list[str] = field(default_factory=list)
    meta: Any = field(default_factory=lambda: SimpleNamespace(region_name="eu-west-1", partition="aws"))

    def get_queue_url(self, **given: str) -> dict[str, str]:
        return {"QueueUrl": f"https://sqs.eu-west-1.amazonaws.com/123456789012/{given['QueueName']}"}

    def receive_message(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401
        self.calls["ReceiveMessage"] += 1
        self.now += self.receive_seconds
        hidden = sum(each.visible_at > self.now for each in self.messages.values())
        if hidden >= self.limit:
            if given["WaitTimeSeconds"]:
                return {}
            raise refusal("OverLimit")
        visible = [name for name, each in self.messages.items() if each.visible_at <= self.now]
        if not visible:
            self.after_receive()
        return {
            "Messages": [
                {"MessageId": name, "ReceiptHandle": self.receive(name, given["VisibilityTimeout"]), "Body": one.body}
                for name in visible[: min(given["MaxNumberOfMessages"], self.limit - hidden)]
                for one in [self.messages[name]]
            ]
        }

    def receive(self, name: str, timeout: float = 30) -> str:
        message = self.messages[name]
        message.receipts += 1
        message.received, message.visible_at = self.now, self.now + timeout
        return f"{name}#{message.receipts}"

    def _current(self, receipt: str) -> Message | None:
        name, _, number = receipt.partition("#")
        message = self.messages.get(name)
        return message if message and message.receipts == int(number) and message.visible_at > self.now else None

    def change_message_visibility_batch(self, *, Entries: list[dict[str, Any]], **_: str) -> dict[str, Any]:  # noqa: N803
        self.calls["ChangeMessageVisibilityBatch"] += 1
        self.changed += [entry["ReceiptHandle"] for entry in Entries]
        failed = []
        for entry in Entries:
            message = self._current(entry["ReceiptHandle"])
            if message is None or self.now + entry["VisibilityTimeout"] > message.received + 43_200:
                failed.append({"Id": entry["Id"], "Code": "InvalidParameterValue", "SenderFault": True})
            else:
                message.visible_at = self.now + entry["VisibilityTimeout"]
        return {"Failed": failed}

    def delete_message_batch(self, *, Entries: list[dict[str, Any]], **_: str) -> dict[str, Any]:  # noqa: N803
        self.calls["DeleteMessageBatch"] += 1
        failed = []
        for entry in Entries:
            name = entry["ReceiptHandle"].partition("#")[0]
            if name in self.undeletable:
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
            elif self._current(entry["ReceiptHandle"]):
                del self.messages[name]
        return {"Failed": failed}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:  # noqa: ANN401
        hidden = sum(each.visible_at > self.now for each in self.messages.values())
        visible = len(self.messages) - hidden if self.visible is None else self.visible
        self.after_count()
        return {
            "Attributes": {
                "ApproximateNumberOfMessages": str(visible),
                "ApproximateNumberOfMessagesNotVisible": str(hidden),
            }
        }


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> FakeSqs:
    bodies = {f"message-{number}": json.dumps(as_json(document(number))) for number in range(1, 26)}
    fake = FakeSqs({name: Message(body) for name, body in bodies.items()})
    monkeypatch.setattr(time, "monotonic", lambda: fake.now)
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000 + fake.now)
    return fake


def queue(sqs: FakeSqs, timeout: int = HOUR) -> Queue:
    return Queue(lambda _service: sqs, "orders-dlq", visibility_timeout=timeout)


def read(destination: Queue) -> list[InvocationRecord]:
    return [each for each in destination.read() if isinstance(each, InvocationRecord)]


def hidden(sqs: FakeSqs) -> list[str]:
    return [name for name, each in sqs.messages.items() if each.visible_at > sqs.now]


def test_every_message_is_read_once(sqs: FakeSqs) -> None:
    found = queue(sqs)
    assert [each.id for each in read(found)] == list(sqs.messages)
    assert read(found) == []
    assert len(hidden(sqs)) == 25


def test_what_is_no_invocation_record_is_yielded_too(sqs: FakeSqs) -> None:
    sqs.messages["order"] = Message("an order")
    assert [each.id for each in queue(sqs).read() if isinstance(each, UnrecognizedMessage)] == ["order"]


def test_message_that_is_delivered_again_has_its_newest_receipt(sqs: FakeSqs) -> None:
    found = queue(sqs)
    records = read(found)
    sqs.messages["message-1"].visible_at = 0
    read(found)
    assert sqs.messages["message-1"].receipts == 2
    assert found.delete(records[:1]) == {}
    assert "message-1" not in sqs.messages


def test_released_messages_are_visible_at_once(sqs: FakeSqs) -> None:
    found = queue(sqs)
    read(found)
    found.release()
    assert hidden(sqs) == []


@pytest.mark.parametrize("queue_name", ["arn:aws:sns:eu-west-1:123456789012:topic", "arn:"])
def test_what_is_no_queue_is_refused(sqs: FakeSqs, queue_name: str) -> None:
    with pytest.raises(UsageError, match="is not a queue"):
        Queue(lambda _service: sqs, queue_name)


class TestRenewal:
    def test_messages_stay_hidden_for_as_long_as_they_are_worked_on(self, sqs: FakeSqs) -> None:
        """They are hidden at any time of a run of ten hours that calls ``renew`` every ten minutes."""
        found = queue(sqs)
        read(found)
        while sqs.now < 10 * HOUR:
            sqs.now += 600
            assert len(hidden(sqs)) == 25, f"visible after {sqs.now} s"
            found.renew()
        found.release()
        assert hidden(sqs) == []

    def test_first_messages_stay_hidden_while_the_last_are_read(self, sqs: FakeSqs) -> None:
        sqs.receive_seconds = 39
        read(queue(sqs, timeout=100))
        assert sqs.now > 100
        assert len(hidden(sqs)) == 25

    def test_is_not_made_more_often_than_needed(self, sqs: FakeSqs) -> None:
        found = queue(sqs)
        read(found)
        for _ in range(100):
            sqs.now += 17
            found.renew()
        assert sqs.calls["ChangeMessageVisibilityBatch"] == 0

    def test_ends_after_the_twelve_hours_of_sqs(self, sqs: FakeSqs) -> None:
        found = queue(sqs)
        records = read(found)
        while sqs.now < 43_000:
            sqs.now += 600
            found.renew()
            assert sqs.now > 43_100 or len(hidden(sqs)) == 25
        sqs.now = 43_300
        assert set(found.delete(records)) == {each.id for each in records}
        assert len(sqs.messages) == 25

    def test_message_that_another_process_has_received_is_left_to_it(self, sqs: FakeSqs) -> None:
        found = queue(sqs)
        read(found)
        sqs.receive("message-1", 7200)
        sqs.now += HOUR / 2
        found.renew()
        found.release()
        assert hidden(sqs) == ["message-1"]


class TestDeletion:
    def test_is_success_only_if_the_message_is_gone(self, sqs: FakeSqs) -> None:
        found = queue(sqs)
        records = read(found)
        sqs.receive("message-3", 7200)
        sqs.messages["message-5"].visible_at = 0
        sqs.undeletable = {"message-7"}
        kept = found.delete(records)
        assert set(kept) == set(sqs.messages) == {"message-3", "message-5", "message-7"}
        assert "InternalError" in kept["message-7"]
        assert all("run the command again" in reason for reason in kept.values())

    def test_takes_ten_messages_a_call(self, sqs: FakeSqs) -> None:
        found = queue(sqs)
        records = read(found)
        found.delete(records)
        assert sqs.calls["DeleteMessageBatch"] == 3

    def test_of_a_message_that_is_no_longer_held_is_not_tried(self, sqs: FakeSqs) -> None:
        found = queue(sqs)
        records = read(found)
        found.release()
        assert set(found.delete(records)) == {each.id for each in records}
        assert sqs.calls["DeleteMessageBatch"] == 0


class TestTakeOver:
    """What a killed process had hidden is released by who has its journal, and by nobody else."""

    def journal_of_a_killed_run(self, sqs: FakeSqs, seconds: float = 0) -> list[Any]:
        entries: list[Any] = []
        killed = queue(sqs)
        killed.on_hold = entries.append
        read(killed)
        sqs.now += seconds
        killed.renew()
        written: list[Any] = json.loads(json.dumps(entries))
        return written

    def test_messages_are_visible_at_once(self, sqs: FakeSqs) -> None:
        entries = self.journal_of_a_killed_run(sqs)
        queue(sqs).take_over(entries)
        assert hidden(sqs) == []

    def test_renewed_messages_are_visible_at_once(self, sqs: FakeSqs) -> None:
        entries = self.journal_of_a_killed_run(sqs, 1900)
        sqs.now += 1800
        queue(sqs).take_over(entries)
        assert hidden(sqs) == []

    def test_messages_whose_time_has_passed_are_not_touched(self, sqs: FakeSqs) -> None:
        entries = self.journal_of_a_killed_run(sqs)
        sqs.now += HOUR + 1
        sqs.calls.clear()
        queue(sqs).take_over(entries)
        assert sqs.calls["ChangeMessageVisibilityBatch"] == 0

    def test_messages_that_were_released_are_not_touched(self, sqs: FakeSqs) -> None:
        entries = self.journal_of_a_killed_run(sqs)
        sqs.calls.clear()
        queue(sqs).take_over([*entries, {"released": True}])
        assert sqs.calls["ChangeMessageVisibilityBatch"] == 0

    def test_message_that_was_outdated_is_not_touched(self, sqs: FakeSqs) -> None:
        entries: list[Any] = []
        killed = queue(sqs)
        killed.on_hold = entries.append
        read(killed)
        sqs.receive("message-1", 7200)
        sqs.now += 1900
        killed.renew()
        sqs.changed.clear()
        queue(sqs).take_over(entries)
        assert len(sqs.changed) == 24
        assert "message-1" not in {receipt.partition("#")[0] for receipt in sqs.changed}


class TestInFlight:
    def test_messages_of_others_are_counted(self, sqs: FakeSqs) -> None:
        for name in ("message-1", "message-2"):
            sqs.receive(name, 7200)
        found = queue(sqs)
        assert len(read(found)) == 23
        in_flight = found.in_flight()
        assert in_flight
        assert (in_flight.number, in_flight.until) == (2, 1_800_000_000 + 43_200)

    def test_own_messages_are_not_counted(self, sqs: FakeSqs) -> None:
        found = queue(sqs)
        read(found)
        assert found.in_flight() is None

    def test_messages_that_another_process_releases_before_they_are_counted_are_read(self, sqs: FakeSqs) -> None:
        sqs.receive("message-1", 7200)

        def release() -> None:
            sqs.messages["message-1"].visible_at = sqs.now

        sqs.after_receive = release
        found = queue(sqs)
        assert len(read(found)) == 25
        assert found.in_flight() is None

    def test_messages_that_another_process_releases_after_they_are_counted_are_counted(self, sqs: FakeSqs) -> None:
        sqs.receive("message-1", 7200)

        def release() -> None:
            sqs.messages["message-1"].visible_at = sqs.now

        sqs.after_count = release
        found = queue(sqs)
        assert len(read(found)) == 24
        in_flight = found.in_flight()
        assert in_flight
        assert in_flight.number == 1

    def test_number_that_stays_too_high_ends_reading(self, sqs: FakeSqs) -> None:
        sqs.visible = 5
        found = queue(sqs)
        assert len(read(found)) == 25
        assert (found.in_flight(), found.unread()) == (None, 0)

    def test_limit_is_noticed_and_reading_goes_on_once_there_is_room(self, sqs: FakeSqs) -> None:
        sqs.limit = 12
        found = queue(sqs)
        first = read(found)
        assert (len(first), found.limited, found.unread()) == (12, True, 13)
        found.delete(first)
        assert (len(read(found)), found.limited) == (12, True)
