"""Where invocation records are: an SQS queue, a prefix of an S3 bucket, or a file."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from generator.arn import Arn
from generator.aws import Client, aws_errors
from generator.errors import UsageError
from generator.operate import messages
from generator.operate.messages import Events, InvocationRecord, UnrecognizedError, UnrecognizedMessage

LIST_VISIBILITY_TIMEOUT: Final = 120
"""Seconds for which a message that is only read is hidden from other consumers, if this process does not release it."""

REPLAY_VISIBILITY_TIMEOUT: Final = 3600
"""Seconds for which a message that is being replayed is hidden; renewed after half of it."""

_MAX_MESSAGES: Final = 10
"""Maximum number of messages in a call (AWS, ReceiveMessage and ChangeMessageVisibilityBatch)."""

_MAX_REPETITIONS: Final = 3
"""Answers with only known messages after which all of a queue is read: SQS may deliver a message twice."""

_WAIT: Final = 1
"""Seconds that SQS may wait for a message. With any wait it asks all its servers, and an empty answer is reliable."""


class Destination:
    """A place with invocation records: ``name`` is short, and ``location`` identifies it. A base class."""

    name: str
    location: str

    def read(self) -> Iterator[InvocationRecord | UnrecognizedMessage]:
        """Yield everything in it once."""
        raise NotImplementedError

    def delete(self, message: InvocationRecord) -> None:
        """Delete an invocation record, all of whose stream records have been processed."""

    def renew(self) -> None:
        """Keep messages hidden from other consumers for longer. Call it at least every ten minutes."""

    def release(self) -> None:
        """Make messages visible again that were read and not deleted."""


class Queue(Destination):
    """An SQS queue, by its URL, ARN or name. Messages that were read are hidden from other consumers until released.

    Takes the visibility timeout in seconds. ``on_receive`` gets the receipts of received messages.

    Raises:
        AwsError: The queue does not exist, or AWS refused the call.
        UsageError: The ARN is not that of a queue in this region.
    """

    def __init__(self, client: Client, queue: str, *, visibility_timeout: int = LIST_VISIBILITY_TIMEOUT) -> None:
        self._sqs = client("sqs")
        self._visibility_timeout = visibility_timeout
        self.on_receive: Callable[[Sequence[str]], None] = lambda _receipts: None
        self._receipts: dict[str, str] = {}
        self._renewed = time.monotonic()
        self.url = queue if "://" in queue else self._find(queue)
        self.name = self.url.rpartition("/")[2]
        self.location = self.url

    def _find(self, queue: str) -> str:
        arguments = {"QueueName": queue}
        if queue.startswith("arn:"):
            arn = _queue_arn(queue)
            if arn.region != self._sqs.meta.region_name:
                raise UsageError(
                    f"The queue {arn.name} is in {arn.region}, not in {self._sqs.meta.region_name}: give --region."
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
        """Yield every visible message once. An empty queue takes a second to answer."""
        repetitions = 0
        while repetitions < _MAX_REPETITIONS:
            with aws_errors(f"The queue {self.name} cannot be read"):
                received = self._sqs.receive_message(
                    QueueUrl=self.url,
                    MaxNumberOfMessages=_MAX_MESSAGES,
                    VisibilityTimeout=self._visibility_timeout,
                    WaitTimeSeconds=_WAIT,
                ).get("Messages", [])
            # A message that is delivered again has a new receipt, which replaces the old one.
            new = [message for message in received if message["MessageId"] not in self._receipts]
            self._receipts |= {message["MessageId"]: message["ReceiptHandle"] for message in received}
            self.on_receive([message["ReceiptHandle"] for message in received])
            if not received:
                return
            repetitions = 0 if new else repetitions + 1
            for message in new:
                yield _parse(message["Body"], message["MessageId"])

    def delete(self, message: InvocationRecord) -> None:
        """Delete a message."""
        receipt = self._receipts[message.id]
        with aws_errors(f"Message {message.id} cannot be deleted, and all of it has succeeded"):
            self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=receipt)
        del self._receipts[message.id]

    def renew(self) -> None:
        """Hide the messages for the whole visibility timeout again, if half of it has passed."""
        if time.monotonic() < self._renewed + self._visibility_timeout / 2:
            return
        with aws_errors(f"Messages of {self.name} cannot be held longer"):
            self._change_visibility(list(self._receipts.values()), self._visibility_timeout)
        self._renewed = time.monotonic()

    def release(self, receipts: Sequence[str] | None = None) -> None:
        """Make messages visible: those that were read and not deleted, or those of an earlier run that was killed."""
        released = list(self._receipts.values()) if receipts is None else receipts
        with aws_errors(f"Messages of {self.name} cannot be given back before their time"):
            self._change_visibility(released, 0)
        if receipts is None:
            self._receipts = {}

    def _change_visibility(self, receipts: Sequence[str], seconds: int) -> None:
        for start in range(0, len(receipts), _MAX_MESSAGES):
            entries = [
                {"Id": str(index), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
                for index, receipt in enumerate(receipts[start : start + _MAX_MESSAGES])
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)


def _queue_arn(text: str) -> Arn:
    try:
        arn = Arn.parse(text)
    except ValueError:
        arn = None
    if arn is None or arn.service != "sqs":
        raise UsageError(f"--queue is {text}; it must be the URL, the ARN or the name of an SQS queue.")
    return arn


class Bucket(Destination):
    """The objects below a prefix of an S3 bucket, each of which holds an invocation record with its records.

    Raises:
        AwsError: The bucket does not exist, or cannot be read.
    """

    def __init__(self, client: Client, bucket: str, prefix: str = "aws/lambda/") -> None:
        self._s3 = client("s3")
        self.bucket = bucket.rpartition(":::")[2]
        self.prefix = prefix
        self.name = f"{self.bucket}/{prefix}"
        self.location = f"s3://{self.name}"

    def read(self) -> Iterator[InvocationRecord | UnrecognizedMessage]:
        """Yield every object. Its payload is read again when it is needed, so that memory holds only one."""
        arguments: dict[str, Any] = {"Bucket": self.bucket, "Prefix": self.prefix}
        while True:
            with aws_errors(f"The bucket {self.bucket} cannot be listed"):
                page = self._s3.list_objects_v2(**arguments)
            for stored in page.get("Contents", []):
                yield self._object(stored["Key"])
            if not page.get("IsTruncated"):
                return
            arguments["ContinuationToken"] = page["NextContinuationToken"]

    def delete(self, message: InvocationRecord) -> None:
        """Delete an object."""
        with aws_errors(f"Object {message.id} cannot be deleted, and all of it has succeeded"):
            self._s3.delete_object(Bucket=self.bucket, Key=message.id)

    def _object(self, key: str) -> InvocationRecord | UnrecognizedMessage:
        message = _parse(self._body(key), key)
        if isinstance(message, UnrecognizedMessage):
            return message
        if message.payload is None:
            return UnrecognizedMessage(key, "it has no payload")
        return replace(message, payload=partial(self._load, key))

    def _body(self, key: str) -> str:
        with aws_errors(f"Object {key} cannot be read"):
            content: bytes = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content.decode("utf-8", errors="replace")

    def _load(self, key: str) -> Events:
        message = messages.parse(self._body(key), key)
        return message.payload() if message.payload else []


class File(Destination):
    """A file with invocation records, one on each line or in an array, or with what ``fetch`` wrote. It is only read.

    The output of ``aws sqs receive-message`` is accepted too.

    Raises:
        UsageError: The file cannot be read, or holds something else.
    """

    def __init__(self, file: Path) -> None:
        self.name = file.name
        self.location = str(file.resolve())
        self.file = file
        # Reads all of it before its first line is used.
        if not sum(1 for _ in self.read()):
            raise UsageError(f"{file} holds no documents.")

    def read(self) -> Iterator[InvocationRecord]:
        """Yield every invocation record, and each fetched record as one of its own, which is read when it is needed."""
        place = ""
        try:
            for place, value, load in self._entries():
                yield _from_entry(value, place, load)
        except UnrecognizedError as error:
            raise UsageError(f"{self.file}, {place}: this is no document of a mapping: {error}.") from error
        except OSError as error:
            raise UsageError(f"{self.file} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise UsageError(f"{self.file} is neither JSON nor JSON Lines: {error}.") from error

    def _entries(self) -> Iterator[tuple[str, Any, Callable[[], Any]]]:
        """Yield what the file holds: the place of each value, the value, and a function that returns it again."""
        with self.file.open("rb") as opened:
            try:
                lines = isinstance(json.loads(opened.readline()), dict)
            except ValueError:
                lines = False
            opened.seek(0)
            if not lines:
                for number, value in enumerate(_unwrap(json.load(opened)), 1):
                    yield f"document {number}", value, partial(_same, value)
                return
            offset = 0
            for number, line in enumerate(opened, 1):
                try:
                    values = _unwrap(json.loads(line)) if line.strip() else []
                except ValueError as error:
                    raise UnrecognizedError(f"line {number} is not JSON: {error}") from error
                for value in values:
                    load = partial(self._line, offset) if "dynamodb" in value else partial(_same, value)
                    yield f"line {number}", value, load
                offset += len(line)

    def _line(self, offset: int) -> Any:  # noqa: ANN401 - whatever the file holds
        with self.file.open("rb") as opened:
            opened.seek(offset)
            return json.loads(opened.readline())


def _same(value: Any) -> Any:  # noqa: ANN401 - as above
    return value


def _unwrap(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - as above
    """Return the objects in a JSON value: in an array, or in the output of the AWS CLI."""
    if isinstance(value, dict) and isinstance(value.get("Messages"), list):
        value = value["Messages"]
    values = value if isinstance(value, list) else [value]
    for each in values:
        if not isinstance(each, dict):
            raise UnrecognizedError(f"{json.dumps(each)[:60]} is not an object")
    return values


def _from_entry(value: dict[str, Any], place: str, load: Callable[[], Any]) -> InvocationRecord:
    if isinstance(value.get("Body"), str):
        return messages.parse(value["Body"], str(value.get("MessageId", place)))
    if "dynamodb" in value:
        return messages.from_fetched(value, place, load)
    return messages.from_json(value, str(value.get("id", place)))


def _parse(text: str, identifier: str) -> InvocationRecord | UnrecognizedMessage:
    try:
        return messages.parse(text, identifier)
    except UnrecognizedError as error:
        return UnrecognizedMessage(identifier, str(error))
