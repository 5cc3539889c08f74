"""Where invocation records are: a prefix of an S3 bucket, a file, or a queue (:mod:`~generator.operate.queues`)."""

import stat
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, Final, NamedTuple

from generator.aws import Client, aws_errors, error_code
from generator.errors import UsageError
from generator.files import resolved
from generator.operate import messages
from generator.operate.messages import Events, InvocationRecord, UnrecognizedMessage
from generator.parsing import MAX_BYTES, is_utf_16

_GONE: Final = {"NoSuchKey", "404"}
_ARCHIVED: Final = "InvalidObjectState"
_MAX_OBJECT: Final = 64 * 1024 * 1024
"""Bytes beyond which an object is not read: the event of 6 MB in a payload is escaped twice at most."""

_LINES: Final = "Write one invocation record on each line."


class InFlight(NamedTuple):
    """Messages that are hidden for other consumers: about how many, and until when at most, in seconds since 1970."""

    number: int
    until: float


class Destination:
    """A place with invocation records: ``name`` is short, and ``location`` identifies it. A base class.

    ``limited`` is whether :meth:`read` ended early, because no more than 120,000 messages can be in flight (AWS,
    "Amazon SQS standard queue quotas"). Once some are deleted, it yields more.
    """

    name: str
    location: str
    limited = False

    def read(self) -> Iterator[InvocationRecord | UnrecognizedMessage]:
        """Yield everything in it that was not yielded before."""
        raise NotImplementedError

    def unread(self) -> int:
        """Return about how many messages the last :meth:`read` left unread, because no more can be in flight."""
        return 0

    def in_flight(self) -> InFlight | None:
        """Return what other consumers have hidden. None if there is nothing."""

    def delete(self, records: Sequence[InvocationRecord]) -> dict[str, str]:
        """Delete invocation records. Return why some are not deleted, by their IDs."""
        del records
        return {}

    def renew(self) -> None:
        """Keep messages hidden from other consumers for longer. Call it at least every ten minutes."""

    def release(self) -> None:
        """Make messages visible again that were read and not deleted."""


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
                yield self._object(stored["Key"], int(stored.get("Size", 0)))
            if not page.get("IsTruncated"):
                return
            arguments["ContinuationToken"] = page["NextContinuationToken"]

    def delete(self, records: Sequence[InvocationRecord]) -> dict[str, str]:
        """Delete objects."""
        for record in records:
            with aws_errors(f"Object {record.id} cannot be deleted, although its records are processed"):
                self._s3.delete_object(Bucket=self.bucket, Key=record.id)
        return {}

    def _object(self, key: str, size: int) -> InvocationRecord | UnrecognizedMessage:
        if size > _MAX_OBJECT:
            return UnrecognizedMessage(key, f"it has {size:,} bytes")
        text = self._text(key)
        if isinstance(text, UnrecognizedMessage):
            return text
        message = messages.parse(text, key)
        if isinstance(message, UnrecognizedMessage):
            return message
        if message.payload is None:
            return UnrecognizedMessage(key, "it has no payload")
        return replace(message, payload=partial(self._payload, message))

    def _text(self, key: str) -> str | UnrecognizedMessage:
        with aws_errors(f"Object {key} cannot be read"):
            try:
                content: bytes = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            except Exception as error:
                if error_code(error) in _GONE:
                    return UnrecognizedMessage(key, "it no longer exists")
                if error_code(error) == _ARCHIVED:
                    return UnrecognizedMessage(key, "it is archived; restore it first")
                raise
        return content.decode("utf-8", errors="replace")

    def _payload(self, message: InvocationRecord) -> Events | None:
        text = self._text(message.id)
        return None if isinstance(text, UnrecognizedMessage) else messages.read_payload(text, message)


class File(Destination):
    """A file with invocation records, SQS messages, SNS envelopes, or what ``fetch`` wrote. It is only read.

    One is on each line, or all are in an array, also as ``aws sqs receive-message`` prints it. Lines are read one by
    one, since a day of a stream can be larger than the memory.

    Raises:
        UsageError: The file cannot be read, is not a regular file, is empty or in UTF-16, or has a line or an array of
            more than :data:`~generator.parsing.MAX_BYTES`.
    """

    def __init__(self, file: Path) -> None:
        self.name = file.name
        self.location = str(resolved(file))
        self.file = file
        with self._opened() as opened:
            if is_utf_16(opened.peek(2)):
                raise UsageError(f'--file: "{file}": expected UTF-8, got UTF-16.')
            if not any(_text(line).strip() for line in self._lines(opened)):
                raise UsageError(f'--file: "{file}" holds no invocation records.')

    def read(self) -> Iterator[InvocationRecord | UnrecognizedMessage]:
        """Yield every invocation record, and each fetched record as one of its own, which is read when it is needed."""
        with self._opened() as opened:
            first = next(text for text in map(_text, self._lines(opened)) if text.strip())
            opened.seek(0)
            if not any(isinstance(each, InvocationRecord) for each in messages.parse_line(first, "", str)):
                text = self._whole(opened)
                found = messages.parse_line(text, "message", lambda: text)
                if len(found) != 1 or isinstance(found[0], InvocationRecord):
                    yield from found
                    return
            opened.seek(0)
            offset = 0
            for number, line in enumerate(self._lines(opened), 1):
                if _text(line).strip():
                    yield from messages.parse_line(_text(line), f"line {number}", partial(self._line, offset))
                offset += len(line)

    def _line(self, offset: int) -> str:
        with self._opened() as opened:
            opened.seek(offset)
            return _text(next(self._lines(opened), b""))

    def _whole(self, opened: BufferedReader) -> str:
        content = opened.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise UsageError(f'--file: "{self.file}" is not JSON Lines and has more than {MAX_BYTES:,} bytes. {_LINES}')
        return _text(content)

    def _lines(self, opened: BufferedReader) -> Iterator[bytes]:
        while line := opened.readline(MAX_BYTES + 1):
            if len(line) > MAX_BYTES:
                raise UsageError(f'--file: "{self.file}" has a line of more than {MAX_BYTES:,} bytes. {_LINES}')
            yield line

    @contextmanager
    def _opened(self) -> Iterator[BufferedReader]:
        try:
            # A pipe cannot be read twice, and a device may have no end.
            if not stat.S_ISREG(self.file.stat().st_mode):
                raise UsageError(f'--file: "{self.file}" is not a regular file. Save the invocation records in one.')
            with self.file.open("rb") as opened:
                yield opened
        except OSError as error:
            raise UsageError(f'--file: cannot read "{self.file}": {error.strerror}.') from error


def _text(content: bytes) -> str:
    # What is not UTF-8 becomes half a surrogate pair, which is not accepted as text.
    return content.removeprefix(BOM_UTF8).decode("utf-8", errors="surrogateescape")
