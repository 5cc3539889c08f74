"""Does the model's queue do what SQS may do?"""

import pytest

from tests.operate.model.clock import Clock
from tests.operate.model.names import ServiceError
from tests.operate.model.queues import LONGEST_VISIBILITY, Outdated, Queue, Sqs


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> Queue:
    made = Queue(clock, "queue")
    made.send("a")
    return made


def receive(queue: Queue, caller: str = "me", visibility: int = 60) -> list[str]:
    """The handles of what a reception gives."""
    return [receipt.handle for _, receipt in queue.receive(10, visibility, 0, caller)]


def test_message_is_hidden_for_its_time(queue: Queue, clock: Clock) -> None:
    (first,) = receive(queue)
    assert receive(queue) == []
    clock.wait(60)
    (second,) = receive(queue)
    assert second != first
    assert (queue.messages["message-1"].holder, len(queue.hidden)) == ("me", 1)


def test_message_that_is_too_old_is_gone(queue: Queue, clock: Clock) -> None:
    clock.wait(queue.retention)
    assert receive(queue) == []


def test_message_is_deleted_by_its_newest_receipt_even_when_it_is_visible_again(queue: Queue, clock: Clock) -> None:
    (receipt,) = receive(queue)
    clock.wait(60)
    queue.delete(receipt, "me")
    assert queue.left == []


@pytest.mark.parametrize(("outdated", "left"), [("ignored", 1), ("refused", 1), ("deletes", 0)])
def test_deletion_by_an_outdated_receipt(queue: Queue, clock: Clock, outdated: Outdated, left: int) -> None:
    queue.outdated = outdated
    (receipt,) = receive(queue)
    clock.wait(60)
    receive(queue, "somebody else")
    if outdated == "refused":
        with pytest.raises(ServiceError, match="expired"):
            queue.delete(receipt, "me")
    else:
        queue.delete(receipt, "me")
    assert len(queue.left) == left


def test_visibility_is_changed_by_the_newest_receipt_of_a_hidden_message_alone(queue: Queue, clock: Clock) -> None:
    (first,) = receive(queue)
    queue.change_visibility(first, 100, "me")
    clock.wait(99)
    assert queue.visible == []
    clock.wait(1)
    with pytest.raises(ServiceError, match="not available for visibility timeout change"):
        queue.change_visibility(first, 100, "me")
    (second,) = receive(queue)
    with pytest.raises(ServiceError, match="not available"):
        queue.change_visibility(first, 0, "me")
    queue.change_visibility(second, 0, "me")
    assert len(queue.visible) == 1


def test_message_is_hidden_for_twelve_hours_at_most(queue: Queue, clock: Clock) -> None:
    (receipt,) = receive(queue)
    clock.wait(50)
    with pytest.raises(ServiceError, match="beyond the limit"):
        queue.change_visibility(receipt, LONGEST_VISIBILITY, "me")


def test_message_in_flight_can_come_again(queue: Queue) -> None:
    receive(queue)
    queue.repeated.add("message-1")
    assert receive(queue) == ["message-1#2"]
    assert receive(queue) == []


def test_no_more_messages_are_given_than_may_be_in_flight(queue: Queue) -> None:
    queue.in_flight_limit = 2
    for body in "bcd":
        queue.send(body)
    assert len(receive(queue)) == 2
    with pytest.raises(ServiceError, match="in flight"):
        receive(queue)
    assert queue.receive(10, 60, 1, "me") == []


def test_receipt_that_nobody_was_given_is_invalid(queue: Queue) -> None:
    with pytest.raises(ServiceError) as raised:
        queue.delete("message-1#7", "me")
    assert raised.value.code == "ReceiptHandleIsInvalid"


def test_batch_says_of_each_entry_what_became_of_it(clock: Clock) -> None:
    sqs = Sqs(clock)
    queue = sqs.add("queue")
    queue.send("a")
    (receipt,) = receive(queue)
    entries = [{"Id": "a", "ReceiptHandle": receipt}, {"Id": "b", "ReceiptHandle": "none"}]
    answer = sqs.delete_message_batch({"QueueUrl": queue.url, "Entries": entries}, "me")
    assert [each["Id"] for each in answer["Successful"]] == ["a"]
    assert [(each["Id"], each["Code"]) for each in answer["Failed"]] == [("b", "ReceiptHandleIsInvalid")]
