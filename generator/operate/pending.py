"""Records on their way to a function: those to send, on disk, and what became of each."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from enum import StrEnum
from typing import NamedTuple

from generator.errors import UsageError
from generator.mapping.records import StreamRecord, from_event


class Status(StrEnum):
    """What became of a record. The values are those that a user reads, and names of counts in a summary."""

    REPLAYED = "replayed"
    """The function processed it; in a dry run, it would be sent."""
    FAILED = "failed"
    """The function failed on it, or it is too large for an invocation."""
    BLOCKED = "blocked"
    """Not sent, because an earlier record of its item failed."""
    SUPERSEDED = "superseded"
    """Not sent, because its item has changed since."""
    SKIPPED = "skipped"
    """Not sent, for another reason."""
    FILTERED = "filtered"
    """Not sent, because the mapping filters out the current state of its item."""
    PROCESSED_BEFORE = "processed_before"
    """Not sent, because this run has sent the record, or a later state of its item, for another invocation record."""


class PendingRecord(NamedTuple):
    """A record to send: to which function, and of which shard of which stream.

    ``parts`` are the records that it stands for, by the number of an invocation record and the sequence number. Apart
    from :mod:`~generator.operate.reconcile`, all have the sequence number of the record itself.
    """

    record: StreamRecord
    function: str
    stream_arn: str
    shard: str = ""
    parts: Sequence[tuple[int, str]] = ()


class RecordOutcome(NamedTuple):
    """What became of a record, and why."""

    pending: PendingRecord
    status: Status
    reason: str = ""


class RecordBuffer(AbstractContextManager["RecordBuffer"]):
    """Pending records in a temporary file, in order: records expire in the stream while the function works.

    Raises:
        UsageError: The file cannot be written.
    """

    def __init__(self) -> None:
        self.count = 0
        try:
            self._file = tempfile.TemporaryFile("w+", encoding="utf-8", prefix="redrive-")  # noqa: SIM115 - see __exit__
        except OSError as error:
            raise _unwritable(error) from error

    def __exit__(self, *_: object) -> None:
        # The rest, which a full disk could not take, is of no more use. The file is closed all the same.
        with suppress(OSError):
            self._file.close()

    def append(self, pending: PendingRecord) -> None:
        """Add a record at the end."""
        record, *rest = pending
        try:
            self._file.write(json.dumps([*rest, record.event]) + "\n")
        except OSError as error:
            raise _unwritable(error) from error
        self.count += 1

    def __iter__(self) -> Iterator[PendingRecord]:
        """Yield the records in order."""
        try:
            self._file.seek(0)
        except OSError as error:
            raise _unwritable(error) from error
        for line in self._file:
            function, stream_arn, shard, parts, event = json.loads(line)
            found = [(number, sequence) for number, sequence in parts]
            yield PendingRecord(from_event(event), function, stream_arn, shard, found)


def _unwritable(error: OSError) -> UsageError:
    return UsageError(f'Cannot write a temporary file in "{tempfile.gettempdir()}": {error.strerror}. Set TMPDIR.')
