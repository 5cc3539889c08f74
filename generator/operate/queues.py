"""An SQS queue as an on-failure destination."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from generator.arn import Arn
from generator.aws import Client, aws_errors, error_code
from generator.errors import UsageError
from generator.operate import messages
from generator.operate.destinations import Destination, InFlight
from generator.operate.messages import InvocationRecord, UnrecognizedMessage

LIST_VISIBILITY_TIMEOUT: Final = 600
"""Seconds for which a message that is only read is hidden from other consumers, if this process does not release it.

Receiving 120,000 messages, which is the maximum, takes less than half of it.
"""

REPLAY_VISIBILITY_TIMEOUT: Final = 3600
"""Seconds for which a message that is being replayed is hidden; renewed after half of it."""

MAX_VISIBILITY_TIMEOUT: Final = 43_200
"""Seconds since its reception after which a message is visible again in any case (AWS, ChangeMessageVisibility)."""

_DELETE_TIMEOUT: Final = 60
"""Seconds for which a message is hidden while it is deleted."""

_MAX_ENTRIES: Final = 10
"""Maximum number of messages in a call (AWS, ReceiveMessage and the batch operations)."""

_MAX_REPETITIONS: Final = 3
"""Answers with only known messages after which all of a queue is read: SQS may deliver a message twice."""

_MAX_READS: Final = 3
"""Reads of a queue while SQS counts visible messages: the number is approximate, and can stay too high for a minute."""

_WAIT: Final = 1
"""Seconds that SQS may wait for a message. With any wait it asks all its servers, and an empty answer is reliable."""

OUTDATED: Final = "another process has received it since, or it was hidden for too long; run the command again"


@dataclass
class _Hold:
    """A message that is hidden for this process: its newest receipt, and when it was received (monotonic)."""

    receipt: str
    received: float


class Queue(Destination):
    """An SQS queue, by its URL, ARN or name. Messages that were read are hidden from other consumers until released.

    Takes the visibility timeout in seconds. ``on_hold`` gets entries for the journal: which messages are hidden until
    when, and by which receipts. A process that has them can release the messages of a process that was killed.

    Raises:
        AwsError: The queue does not exist, or AWS rejected the call.
        UsageError: The ARN is not that of a queue in this region.
    """

    def __init__(self, client: Client, queue: str, *, visibility_timeout: int = LIST_VISIBILITY_TIMEOUT) -> None:
        self._sqs = client("sqs")
        self._visibility_timeout = visibility_timeout
        self.on_hold: Callable[[Mapping[str, Any]], None] = lambda _entry: None
        self._holds: dict[str, _Hold] = {}
        self._seen: set[str] = set()
        self._renewed = time.monotonic()
        self._in_flight: InFlight | None = None
        self.url = queue if "://" in queue else self._find(queue)
        self.name = self.url.rpartition("/")[2]
        self.location = self.url

    def _find(self, queue: str) -> str:
        arguments = {"QueueName": queue}
        if queue.startswith("arn:"):
            arn = _queue_arn(queue)
            if arn.region != self._sqs.meta.region_name:
                raise UsageError(
                    f'--queue: "{queue}" is in {arn.region}, not in {self._sqs.meta.region_name}. '
                    f"Add --region {arn.region}."
                )
            arguments = {"QueueName": arn.name, "QueueOwnerAWSAccountId": arn.account}
        with aws_errors(f"The queue {queue} cannot be used"):
            return str(self._sqs.get_queue_url(**arguments)["QueueUrl"])

    @property
    def arn(self) -> str:
        """ARN of the queue."""
        account, name = self.url.split("/")[-2:]
        return f"arn:{self._sqs.meta.partition}:sqs:{self._sqs.meta.region_name}:{account}:{name}"

    def read(self) -> Iterator[InvocationRecord | UnrecognizedMessage]:
        """Yield every visible message that was not yielded before. An empty queue takes a second to answer.

        Reading is repeated while SQS counts visible messages, such as those that another process has just released.
        """
        self.limited = False
        for _ in range(_MAX_READS):
            yield from self._read_once()
            # One answer with both numbers: a message that is released in between is in one of them.
            visible, hidden = self._approximate_numbers()
            others = hidden - len(self._holds)
            self._in_flight = InFlight(others, time.time() + MAX_VISIBILITY_TIMEOUT) if others > 0 else None
            if not visible or self.limited:
                return

    def _read_once(self) -> Iterator[InvocationRecord | UnrecognizedMessage]:
        repetitions = 0
        while repetitions < _MAX_REPETITIONS:
            # At the limit of messages in flight, SQS answers a call that waits with nothing, and another with an error.
            received = self._receive(_WAIT) or self._receive(0)
            if not received:
                return
            # A message that is delivered again has a new receipt, which replaces the old one.
            new = [message for message in received if message["MessageId"] not in self._seen]
            self._seen.update(message["MessageId"] for message in received)
            repetitions = 0 if new else repetitions + 1
            for message in new:
                yield messages.parse(message["Body"], message["MessageId"])

    def _receive(self, wait: int) -> Sequence[Mapping[str, Any]]:
        self.renew()
        now, monotonic = time.time(), time.monotonic()
        with aws_errors(f"The queue {self.name} cannot be read"):
            try:
                received: Sequence[Mapping[str, Any]] = self._sqs.receive_message(
                    QueueUrl=self.url,
                    MaxNumberOfMessages=_MAX_ENTRIES,
                    VisibilityTimeout=self._visibility_timeout,
                    WaitTimeSeconds=wait,
                ).get("Messages", [])
            except Exception as error:
                if error_code(error) != "OverLimit":
                    raise
                self.limited = True
                return []
        receipts = {message["MessageId"]: message["ReceiptHandle"] for message in received}
        self._holds |= {identifier: _Hold(receipt, monotonic) for identifier, receipt in receipts.items()}
        if receipts:
            self.on_hold({"held": receipts, "until": now + self._visibility_timeout})
        return received

    def unread(self) -> int:
        """Return about how many messages were not read, because no more can be in flight; at least 1 then."""
        return max(1, self._approximate_numbers()[0]) if self.limited else 0

    def in_flight(self) -> InFlight | None:
        """Return how many messages other consumers had hidden at the end of :meth:`read`, and until when at most.

        None if there were none. The number is approximate (AWS, GetQueueAttributes).
        """
        return self._in_flight

    def _approximate_numbers(self) -> tuple[int, int]:
        """Return how many messages are visible and how many are not. Both are approximate."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        with aws_errors(f"The queue {self.name} cannot be described"):
            attributes = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        visible, hidden = (int(attributes[name]) for name in names)
        return visible, hidden

    def delete(self, records: Sequence[InvocationRecord]) -> dict[str, str]:
        """Delete messages. Return why messages are not deleted, by their IDs.

        SQS can ignore a deletion with an outdated receipt, and report success (AWS, DeleteMessage). It rejects
        a change of the visibility of such a message, so that is requested first. A message that SQS gives to another
        consumer between the two requests is not deleted: the next run finds that its records are processed.
        """
        ids = [record.id for record in records]
        kept = dict.fromkeys(ids, OUTDATED)
        with aws_errors(f"Messages of {self.name} cannot be deleted, although their records are processed"):
            current = self._change_visibility(ids, _DELETE_TIMEOUT)
            for chunk in _chunks(current):
                entries = [
                    {"Id": str(index), "ReceiptHandle": self._holds[identifier].receipt}
                    for index, identifier in enumerate(chunk)
                ]
                answer = self._sqs.delete_message_batch(QueueUrl=self.url, Entries=entries)
                failed = {chunk[int(each["Id"])]: str(each.get("Code")) for each in answer.get("Failed", [])}
                for identifier in chunk:
                    if identifier in failed:
                        kept[identifier] = f"SQS did not delete it: {failed[identifier]}; run the command again"
                    else:
                        del kept[identifier], self._holds[identifier]
        return kept

    def renew(self) -> None:
        """Hide the messages for the whole visibility timeout again, if half of it has passed."""
        now = time.monotonic()
        if now < self._renewed + self._visibility_timeout / 2:
            return
        self._renewed = now
        if self._holds:
            until, before = time.time() + self._visibility_timeout, list(self._holds)
            with aws_errors(f"The messages of {self.name} cannot be hidden for longer"):
                self._change_visibility(before, self._visibility_timeout)
            self.on_hold({"renewed": until, "outdated": [each for each in before if each not in self._holds]})

    def release(self) -> None:
        """Make messages visible that were read and not deleted."""
        with aws_errors(f"The messages of {self.name} cannot be released before their visibility timeout"):
            self._change_visibility(list(self._holds), 0)
        self._holds = {}
        self.on_hold({"released": True})

    def take_over(self, entries: Iterable[Any]) -> None:
        """Release the messages that are hidden for an earlier process, according to the entries in its journal.

        A message whose time has passed may be hidden for another process by now, and is left out.
        """
        held: dict[str, tuple[str, float]] = {}
        for entry in entries:
            if "held" in entry:
                held |= {identifier: (receipt, entry["until"]) for identifier, receipt in entry["held"].items()}
            elif "renewed" in entry:
                outdated = set(entry["outdated"])
                held = {
                    each: (receipt, entry["renewed"]) for each, (receipt, _) in held.items() if each not in outdated
                }
            elif "released" in entry:
                held = {}
        now = time.time()
        self._holds = {
            identifier: _Hold(receipt, time.monotonic()) for identifier, (receipt, until) in held.items() if now < until
        }
        if self._holds:
            self.release()

    def _change_visibility(self, ids: Sequence[str], seconds: int) -> list[str]:
        """Change the visibility of messages, and return those that are still hidden for this process."""
        current: list[str] = []
        now = time.monotonic()
        for chunk in _chunks([identifier for identifier in ids if identifier in self._holds]):
            entries = []
            for index, identifier in enumerate(chunk):
                hold = self._holds[identifier]
                most = int(hold.received + MAX_VISIBILITY_TIMEOUT - now) - 1
                timeout = max(0, min(seconds, most))
                entries.append({"Id": str(index), "ReceiptHandle": hold.receipt, "VisibilityTimeout": timeout})
            answer = self._sqs.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)
            failed = {chunk[int(each["Id"])] for each in answer.get("Failed", [])}
            for identifier in failed:
                del self._holds[identifier]
            current += [identifier for identifier in chunk if identifier not in failed]
        return current


def _chunks(ids: Sequence[str]) -> Iterator[list[str]]:
    iterator = iter(ids)
    while chunk := list(islice(iterator, _MAX_ENTRIES)):
        yield chunk


def _queue_arn(text: str) -> Arn:
    try:
        arn = Arn.parse(text)
    except ValueError:
        arn = None
    if arn is None or arn.service != "sqs":
        raise UsageError(f'--queue: "{text}" is not a queue. Use the URL, the ARN or the name of an SQS queue.')
    return arn
