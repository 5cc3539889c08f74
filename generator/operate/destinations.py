"""Where documents lie: an SQS queue, a prefix of an S3 bucket, or a file that somebody saved."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from generator.arn import Arn
from generator.aws import Client, refusing
from generator.errors import UsageError
from generator.operate import documents
from generator.operate.documents import Document, NotADocumentError, Records

LOOK: Final = 120
"""Seconds for which a message that is only looked at stays invisible, should nobody be there to give it back."""

HOLD: Final = 3600
"""Seconds for which a message that is being worked on stays invisible; it is renewed at half of it."""

_MOST_MESSAGES: Final = 10
"""Messages that a call to SQS takes at most (AWS, ReceiveMessage and ChangeMessageVisibilityBatch)."""

_MOST_REPEATS: Final = 3
"""Answers with nothing but known messages after which a queue counts as read: SQS may give a message twice."""

_WAIT: Final = 1
"""Seconds for which SQS may wait for a message: with any, it asks all its servers, and empty means empty."""


@dataclass(frozen=True)
class Foreign:
    """Something at a destination that is no document of a stream: it is left alone."""

    id: str
    reason: str


class Destination(Protocol):
    """Where documents lie: ``name`` says it in short, and ``about`` so that it is no other's."""

    name: str
    about: str

    def read(self) -> Iterator[Document | Foreign]:
        """Give everything that is there, once."""

    def delete(self, document: Document) -> None:
        """Delete a document, all of whose records have been processed."""

    def renew(self) -> None:
        """Keep what was read from others for longer; to be called every ten minutes at least."""

    def release(self) -> None:
        """Give back what was read and not deleted."""


class Queue:
    """An SQS queue. What is read is invisible to others until it is released, or for ``hold`` seconds.

    Takes its URL, ARN or name. ``held`` is told the receipts of what is held: whoever has them can release it.

    Raises:
        AwsError: there is no such queue, or AWS cannot be asked.
    """

    def __init__(
        self,
        client: Client,
        queue: str,
        *,
        hold: int = LOOK,
    ) -> None:
        self._sqs = client("sqs")
        self._hold = hold
        self.held: Callable[[Sequence[str]], None] = lambda _receipts: None
        self._receipts: dict[str, str] = {}
        self._held_since = time.monotonic()
        self.url = queue if "://" in queue else self._find(queue)
        self.name = self.url.rpartition("/")[2]
        self.about = self.url

    def _find(self, queue: str) -> str:
        arguments = {"QueueName": queue}
        if queue.startswith("arn:"):
            arn = _queue_arn(queue)
            if arn.region != self._sqs.meta.region_name:
                raise UsageError(
                    f"The queue {arn.name} is in {arn.region}, not in {self._sqs.meta.region_name}: give --region."
                )
            arguments = {"QueueName": arn.name, "QueueOwnerAWSAccountId": arn.account}
        with refusing(f"The queue {queue} cannot be used"):
            return str(self._sqs.get_queue_url(**arguments)["QueueUrl"])

    @property
    def arn(self) -> str:
        """The queue's ARN."""
        account, name = self.url.split("/")[-2:]
        return f"arn:{self._sqs.meta.partition}:sqs:{self._sqs.meta.region_name}:{account}:{name}"

    def read(self) -> Iterator[Document | Foreign]:
        """Give every message that is visible, once; an empty queue takes a second to say so."""
        repeats = 0
        while repeats < _MOST_REPEATS:
            with refusing(f"The queue {self.name} cannot be read"):
                received = self._sqs.receive_message(
                    QueueUrl=self.url,
                    MaxNumberOfMessages=_MOST_MESSAGES,
                    VisibilityTimeout=self._hold,
                    WaitTimeSeconds=_WAIT,
                ).get("Messages", [])
            # A message that comes again has a new receipt, and the old one is of no more use.
            new = [message for message in received if message["MessageId"] not in self._receipts]
            self._receipts |= {message["MessageId"]: message["ReceiptHandle"] for message in received}
            self.held([message["ReceiptHandle"] for message in received])
            if not received:
                return
            repeats = 0 if new else repeats + 1
            for message in new:
                yield _document(message["Body"], message["MessageId"])

    def delete(self, document: Document) -> None:
        """Delete a message."""
        receipt = self._receipts[document.id]
        with refusing(f"Message {document.id} cannot be deleted, and all of it has succeeded"):
            self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=receipt)
        del self._receipts[document.id]

    def renew(self) -> None:
        """Hold the messages for as long again, when half of the time is over."""
        if time.monotonic() < self._held_since + self._hold / 2:
            return
        with refusing(f"Messages of {self.name} cannot be held longer"):
            self._change(list(self._receipts.values()), self._hold)
        self._held_since = time.monotonic()

    def release(self, receipts: Sequence[str] | None = None) -> None:
        """Make messages visible again: those that are held, or those of an earlier run that was killed."""
        given = list(self._receipts.values()) if receipts is None else receipts
        with refusing(f"Messages of {self.name} cannot be given back before their time"):
            self._change(given, 0)
        if receipts is None:
            self._receipts = {}

    def _change(self, receipts: Sequence[str], seconds: int) -> None:
        """Change how long messages stay invisible; what is no longer held is passed over."""
        for start in range(0, len(receipts), _MOST_MESSAGES):
            entries = [
                {"Id": str(place), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
                for place, receipt in enumerate(receipts[start : start + _MOST_MESSAGES])
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


class Bucket:
    """The objects below a prefix of an S3 bucket, where a mapping keeps documents with their records.

    Raises:
        AwsError: there is no such bucket, or it cannot be read.
    """

    def __init__(self, client: Client, bucket: str, prefix: str = "aws/lambda/") -> None:
        self._s3 = client("s3")
        self.bucket = bucket.rpartition(":::")[2]
        self.prefix = prefix
        self.name = f"{self.bucket}/{prefix}"
        self.about = f"s3://{self.name}"

    def read(self) -> Iterator[Document | Foreign]:
        """Give every object; its records are read again when they are wanted, so that they are not all in memory."""
        arguments: dict[str, Any] = {"Bucket": self.bucket, "Prefix": self.prefix}
        while True:
            with refusing(f"The bucket {self.bucket} cannot be listed"):
                page = self._s3.list_objects_v2(**arguments)
            for stored in page.get("Contents", []):
                found = _document(self._body(stored["Key"]), stored["Key"])
                if isinstance(found, Document) and found.records is None:
                    found = Foreign(found.id, "it has no payload")
                yield found if isinstance(found, Foreign) else replace(found, records=partial(self._load, found.id))
            if not page.get("IsTruncated"):
                return
            arguments["ContinuationToken"] = page["NextContinuationToken"]

    def delete(self, document: Document) -> None:
        """Delete an object."""
        with refusing(f"Object {document.id} cannot be deleted, and all of it has succeeded"):
            self._s3.delete_object(Bucket=self.bucket, Key=document.id)

    def renew(self) -> None:
        """Do nothing: objects are not hidden from others."""

    def release(self) -> None:
        """Do nothing, as above."""

    def _body(self, key: str) -> str:
        with refusing(f"Object {key} cannot be read"):
            content: bytes = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content.decode("utf-8", errors="replace")

    def _load(self, key: str) -> Records:
        document = documents.parse(self._body(key), key)
        return document.records() if document.records else []


class File:
    """A file that somebody saved: documents, one a line or in an array, or what ``fetch`` wrote. It is only read.

    Takes what ``aws sqs receive-message`` prints as well.

    Raises:
        UsageError: the file cannot be read, or holds something else; nothing has been done then.
    """

    def __init__(self, file: Path) -> None:
        self.name = file.name
        self.about = str(file.resolve())
        self.file = file
        # All of it, before anything is done with its first line
        if not sum(1 for _ in self.read()):
            raise UsageError(f"{file} holds no documents.")

    def read(self) -> Iterator[Document]:
        """Give every document, and each fetched record as a document of its own, which is read again when wanted."""
        place = ""
        try:
            for place, said, load in self._entries():
                yield _saved(said, place, load)
        except NotADocumentError as error:
            raise UsageError(f"{self.file}, {place}: this is no document of a mapping: {error}.") from error
        except OSError as error:
            raise UsageError(f"{self.file} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise UsageError(f"{self.file} is neither JSON nor JSON Lines: {error}.") from error

    def delete(self, document: Document) -> None:
        """Do nothing: the file is the user's."""

    def renew(self) -> None:
        """Do nothing, as above."""

    def release(self) -> None:
        """Do nothing, as above."""

    def _entries(self) -> Iterator[tuple[str, Any, Callable[[], Any]]]:
        """Give what the file holds: the place of each thing, the thing, and what gives it again."""
        with self.file.open("rb") as opened:
            try:
                lines = isinstance(json.loads(opened.readline()), dict)
            except ValueError:
                lines = False
            opened.seek(0)
            if not lines:
                for number, said in enumerate(_unwrapped(json.load(opened)), 1):
                    yield f"document {number}", said, partial(_itself, said)
                return
            offset = 0
            for number, line in enumerate(opened, 1):
                try:
                    found = _unwrapped(json.loads(line)) if line.strip() else []
                except ValueError as error:
                    raise NotADocumentError(f"line {number} is not JSON: {error}") from error
                for said in found:
                    load = partial(self._line, offset) if "dynamodb" in said else partial(_itself, said)
                    yield f"line {number}", said, load
                offset += len(line)

    def _line(self, offset: int) -> Any:  # noqa: ANN401 - whatever the file holds
        with self.file.open("rb") as opened:
            opened.seek(offset)
            return json.loads(opened.readline())


def _itself(said: Any) -> Any:  # noqa: ANN401 - as above
    return said


def _unwrapped(said: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - as above
    """Return the single things that a JSON value holds, in an array or in what the AWS CLI prints."""
    if isinstance(said, dict) and isinstance(said.get("Messages"), list):
        said = said["Messages"]
    found = said if isinstance(said, list) else [said]
    for each in found:
        if not isinstance(each, dict):
            raise NotADocumentError(f"{json.dumps(each)[:60]} is not an object")
    return found


def _saved(said: dict[str, Any], place: str, load: Callable[[], Any]) -> Document:
    """Return a thing of a file as a document."""
    if isinstance(said.get("Body"), str):
        return documents.parse(said["Body"], str(said.get("MessageId", place)))
    if "dynamodb" in said:
        return documents.of_record(said, place, load)
    return documents.from_json(said, str(said.get("id", place)))


def _document(text: str, identifier: str) -> Document | Foreign:
    """Return the document that a text holds, or why it is none."""
    try:
        return documents.parse(text, identifier)
    except NotADocumentError as error:
        return Foreign(identifier, str(error))
