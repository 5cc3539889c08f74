"""Records between reading and sending, on disk: a stream goes on forgetting while a function takes its time."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from generator.mapping.records import StreamRecord, from_event


class Staged(NamedTuple):
    """A record that is to be sent: to which function, of which stream, for which documents, by their numbers."""

    record: StreamRecord
    function: str
    stream_arn: str
    numbers: Sequence[int]


class Spool(AbstractContextManager["Spool"]):
    """A file that is gone when the ``with`` block ends; it holds staged records in the order in which they came."""

    def __init__(self) -> None:
        self.count = 0
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", prefix="redrive-")  # noqa: SIM115 - closed by __exit__

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, staged: Staged) -> None:
        """Add a record at the end."""
        record, *rest = staged
        self._file.write(json.dumps([*rest, record.event]) + "\n")
        self.count += 1

    def __iter__(self) -> Iterator[Staged]:
        """Give the records, in order."""
        self._file.seek(0)
        for line in self._file:
            *rest, event = json.loads(line)
            yield Staged(from_event(event), *rest)
