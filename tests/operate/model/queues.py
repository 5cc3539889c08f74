"""SQS: standard queues, with everything that an at-least-once queue may do.

Sources: the SQS API reference (ReceiveMessage, DeleteMessage, ChangeMessageVisibility and their batches) and "Amazon
SQS standard queue quotas". A receipt is of one reception; of an older one, "the request will succeed, but the message
might not be deleted" (DeleteMessage), and its visibility cannot be changed: "Message does not exist or is not available
for visibility timeout change". A message may be given although it is in flight. A wait of more than zero seconds asks
all servers; without one, fewer messages than there are may come, or none.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from tests.operate.model.clock import Clock
from tests.operate.model.names import ACCOUNT, REGION, Answer, Given, ServiceError, arn

LONGEST_VISIBILITY: Final = 43_200
"""Seconds after its reception beyond which a message cannot be kept invisible (AWS, ChangeMessageVisibility)."""

IN_FLIGHT_LIMIT: Final = 120_000
"""Messages that can be in flight (AWS, "Amazon SQS standard queue quotas")."""

MOST_IN_A_CALL: Final = 10
"""Messages that a call takes or gives at most (AWS, ReceiveMessage and the batch operations)."""

Outdated = Literal["ignored", "refused", "deletes"]
"""What DeleteMessage makes of a receipt that is not the newest: any of these may happen on AWS."""


@dataclass
class Message:
    """A message; it is visible from ``visible_at`` on, and ``receipts`` are those of its receptions, in order."""

    id: str
    body: str
    sent_tick: int
    sent_at: float
    visible_at: float
    receipts: list["Receipt"] = field(default_factory=list)
    deleted: bool = False
    released: bool = False
    """Whether whoever had received it made it visible again."""

    @property
    def holder(self) -> str | None:
        """Who has the newest receipt, if anybody has received it."""
        return self.receipts[-1].caller if self.receipts else None


class Receipt(NamedTuple):
    """One reception of a message: its handle, by whom and when."""

    handle: str
    caller: str
    tick: int
    at: float


class Deletion(NamedTuple):
    """A message that is gone: by whom and when."""

    tick: int
    caller: str
    message: Message


class VisibilityChange(NamedTuple):
    """A visibility timeout that was changed: by whom, through which receipt, to how many seconds."""

    tick: int
    caller: str
    message: Message
    receipt: Receipt
    seconds: int


class Queue:
    """A standard queue; ``repeated`` are ids of messages that the next reception gives although they are in flight."""

    def __init__(self, clock: Clock, name: str, *, endpoint: str = f"https://sqs.{REGION}.amazonaws.com") -> None:
        self.name = name
        self.url = f"{endpoint}/{ACCOUNT}/{name}"
        self.arn = arn("sqs", name)
        self.visibility_timeout = 30
        self.retention = 1_209_600
        self.in_flight_limit = IN_FLIGHT_LIMIT
        self.per_reception = MOST_IN_A_CALL
        self.outdated: Outdated = "ignored"
        self.repeated: set[str] = set()
        self.messages: dict[str, Message] = {}
        self.deletions: list[Deletion] = []
        self.unnoticed: list[Deletion] = []
        """Deletions that were ignored, because somebody received the message after its receipt was found current."""
        self.changes: list[VisibilityChange] = []
        self._clock = clock
        self._numbers = itertools.count(1)

    @property
    def left(self) -> list[Message]:
        """The messages that are not deleted and not too old, whether they are visible or not."""
        oldest = self._clock.now - self.retention
        return [each for each in self.messages.values() if not each.deleted and each.sent_at > oldest]

    @property
    def visible(self) -> list[Message]:
        """The messages that a reception could give."""
        return [each for each in self.left if each.visible_at <= self._clock.now]

    @property
    def hidden(self) -> list[Message]:
        """The messages that are in flight."""
        return [each for each in self.left if each.visible_at > self._clock.now]

    def send(self, body: str) -> Message:
        """Put a message into the queue."""
        tick, now = self._clock.next_tick(), self._clock.now
        message = Message(f"message-{next(self._numbers)}", body, tick, now, now)
        self.messages[message.id] = message
        return message

    def receive(self, count: int, visibility: int | None, wait: int, caller: str) -> list[tuple[Message, Receipt]]:
        """Give messages, which are then invisible to others for a time."""
        found = self.visible
        if not found and wait:
            # Somebody who waits is answered as soon as something comes: nothing comes while the model stands still.
            self._clock.wait(wait)
            found = self.visible
        if len(self.hidden) >= self.in_flight_limit:
            if wait:
                return []
            raise ServiceError("OverLimit", f"Too many messages in flight: {self.in_flight_limit}", 403)
        found = found[: min(count, self.per_reception, self.in_flight_limit - len(self.hidden))]
        again = [each for each in self.hidden if each.id in self.repeated][: count - len(found)]
        self.repeated -= {each.id for each in again}
        return [(each, self._received(each, visibility, caller)) for each in [*found, *again]]

    def _received(self, message: Message, visibility: int | None, caller: str) -> Receipt:
        number = len(message.receipts) + 1
        receipt = Receipt(f"{message.id}#{number}", caller, self._clock.tick, self._clock.now)
        message.receipts.append(receipt)
        message.released = False
        message.visible_at = self._clock.now + (self.visibility_timeout if visibility is None else visibility)
        return receipt

    def delete(self, handle: str, caller: str) -> None:
        """Delete a message by a receipt of it."""
        message, receipt = self._of(handle)
        if message.deleted:
            return
        if receipt is not message.receipts[-1]:
            if self.outdated == "ignored":
                asked = [each for each in self.changes if each.receipt is receipt]
                if asked and asked[-1].tick < message.receipts[-1].tick:
                    self.unnoticed.append(Deletion(self._clock.tick, caller, message))
                return
            if self.outdated == "refused":
                raise ServiceError("InvalidParameterValue", _invalid(handle, "The receipt handle has expired."))
        message.deleted = True
        self.deletions.append(Deletion(self._clock.tick, caller, message))

    def change_visibility(self, handle: str, seconds: int, caller: str) -> None:
        """Change how long a message is invisible from now on."""
        message, receipt = self._of(handle)
        if message.deleted or receipt is not message.receipts[-1] or message.visible_at <= self._clock.now:
            reason = "Message does not exist or is not available for visibility timeout change."
            raise ServiceError("InvalidParameterValue", _invalid(handle, reason))
        if self._clock.now + seconds > receipt.at + LONGEST_VISIBILITY:
            reason = f"Total VisibilityTimeout for the message is beyond the limit [{LONGEST_VISIBILITY} seconds]."
            raise ServiceError("InvalidParameterValue", f"Value {seconds} for parameter VisibilityTimeout: {reason}")
        message.visible_at = self._clock.now + seconds
        message.released = seconds == 0
        self.changes.append(VisibilityChange(self._clock.tick, caller, message, receipt, seconds))

    def _of(self, handle: str) -> tuple[Message, Receipt]:
        message = self.messages.get(handle.rpartition("#")[0])
        found = [each for each in message.receipts if each.handle == handle] if message else []
        if message is None or not found:
            raise ServiceError("ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not valid.', 404)
        return message, found[0]


def _invalid(handle: str, reason: str) -> str:
    return f"Value {handle} for parameter ReceiptHandle is invalid. Reason: {reason}"


class Sqs:
    """The API of SQS."""

    def __init__(self, clock: Clock) -> None:
        self.queues: dict[str, Queue] = {}
        self._clock = clock

    def add(self, name: str, endpoint: str | None = None) -> Queue:
        """Create a queue."""
        queue = Queue(self._clock, name, **({"endpoint": endpoint} if endpoint else {}))
        self.queues[name] = queue
        return queue

    def _queue(self, url: str) -> Queue:
        return self._named(url.rpartition("/")[2])

    def _named(self, name: str) -> Queue:
        if name not in self.queues:
            raise ServiceError("QueueDoesNotExist", "The specified queue does not exist.")
        return self.queues[name]

    def get_queue_url(self, given: Given, _caller: str) -> Answer:
        return {"QueueUrl": self._named(given["QueueName"]).url}

    def get_queue_attributes(self, given: Given, _caller: str) -> Answer:
        queue = self._queue(given["QueueUrl"])
        told = {
            "ApproximateNumberOfMessages": len(queue.visible),
            "ApproximateNumberOfMessagesNotVisible": len(queue.hidden),
            "ApproximateNumberOfMessagesDelayed": 0,
            "VisibilityTimeout": queue.visibility_timeout,
            "MessageRetentionPeriod": queue.retention,
            "QueueArn": queue.arn,
        }
        asked = given.get("AttributeNames", [])
        return {"Attributes": {name: str(value) for name, value in told.items() if "All" in asked or name in asked}}

    def receive_message(self, given: Given, caller: str) -> Answer:
        count = given.get("MaxNumberOfMessages", 1)
        if not 1 <= count <= MOST_IN_A_CALL:
            raise ServiceError("InvalidParameterValue", f"Value {count} for parameter MaxNumberOfMessages is invalid.")
        queue, wait = self._queue(given["QueueUrl"]), given.get("WaitTimeSeconds", 0)
        received = queue.receive(count, given.get("VisibilityTimeout"), wait, caller)
        said = [
            {
                "MessageId": message.id,
                "ReceiptHandle": receipt.handle,
                "Body": message.body,
                "Attributes": {
                    "SentTimestamp": str(int(message.sent_at * 1000)),
                    "ApproximateReceiveCount": str(len(message.receipts)),
                },
            }
            for message, receipt in received
        ]
        return {"Messages": said} if said else {}

    def delete_message(self, given: Given, caller: str) -> Answer:
        self._queue(given["QueueUrl"]).delete(given["ReceiptHandle"], caller)
        return {}

    def delete_message_batch(self, given: Given, caller: str) -> Answer:
        queue = self._queue(given["QueueUrl"])
        return _batch(given, lambda entry: queue.delete(entry["ReceiptHandle"], caller))

    def change_message_visibility(self, given: Given, caller: str) -> Answer:
        self._queue(given["QueueUrl"]).change_visibility(given["ReceiptHandle"], given["VisibilityTimeout"], caller)
        return {}

    def change_message_visibility_batch(self, given: Given, caller: str) -> Answer:
        queue = self._queue(given["QueueUrl"])

        def change(entry: Given) -> None:
            queue.change_visibility(entry["ReceiptHandle"], entry.get("VisibilityTimeout", 0), caller)

        return _batch(given, change)

    def send_message(self, given: Given, _caller: str) -> Answer:
        return {"MessageId": self._queue(given["QueueUrl"]).send(given["MessageBody"]).id}


def _batch(given: Given, do: Callable[[Given], None]) -> Answer:
    """Do each entry of a batch, and say which of them succeeded: the response's status is that of none of them."""
    entries = given["Entries"]
    if not entries:
        raise ServiceError("EmptyBatchRequest", "There should be at least one entry in the request.")
    if len(entries) > MOST_IN_A_CALL:
        raise ServiceError("TooManyEntriesInBatchRequest", f"Maximum number of entries per request are 10: {entries}")
    if len({entry["Id"] for entry in entries}) < len(entries):
        raise ServiceError("BatchEntryIdsNotDistinct", "Id repeated.")
    answer: Answer = {"Successful": [], "Failed": []}
    for kind, result in _each(entries, do):
        answer[kind].append(result)
    return {kind: results for kind, results in answer.items() if results}


def _each(entries: list[Given], do: Callable[[Given], None]) -> Iterator[tuple[str, Answer]]:
    for entry in entries:
        try:
            do(entry)
        except ServiceError as error:
            yield "Failed", {"Id": entry["Id"], "SenderFault": True, "Code": error.code, "Message": error.message}
        else:
            yield "Successful", {"Id": entry["Id"]}
