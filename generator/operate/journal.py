"""The journal: a file with what is processed, from which a run that was stopped or killed is resumed."""

import json
import os
from pathlib import Path
from typing import Any, BinaryIO

from generator.errors import UsageError


class Journal:
    """A file with one line of JSON for each entry, which is on disk before the next step begins.

    Takes the file, and a description of the job, which must be the same in a later run. If not ``writing``, the file is
    only read. An incomplete last line counts as not written.

    ``entries`` are those of earlier runs, and ``resumable`` is whether any entry says that something is processed.

    Raises:
        UsageError: The file belongs to another job, is not a journal, or cannot be read or written.
    """

    def __init__(self, file: Path, about: str, *, writing: bool = True) -> None:
        self.file = file
        self.entries: list[Any] = []
        self.resumable = False
        self._opened: BinaryIO | None = None
        try:
            complete = self._load(about)
            if writing:
                self._opened = file.open("ab")
                self._opened.truncate(complete)
        except OSError as error:
            raise UsageError(f"The journal {file} cannot be used: {error.strerror}.") from error
        if writing and not complete:
            self.append({"about": about})

    def _load(self, about: str) -> int:
        """Read the entries of earlier runs, and return the length of the complete lines in bytes."""
        if not self.file.exists():
            return 0
        content = self.file.read_bytes()
        lines = content[: content.rfind(b"\n") + 1]
        if not lines and not _line({"about": about}).startswith(content):
            raise UsageError(f"{self.file} is not a journal of this command: give another with --journal.")
        try:
            entries = [json.loads(line) for line in lines.splitlines()]
            written = entries.pop(0)["about"] if entries else about
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{self.file} is not a journal of this command: give another with --journal.") from error
        if written != about:
            raise UsageError(
                f"The journal {self.file} is about {written}, not about {about}: give another with --journal."
            )
        self.entries = entries
        self.resumable = any(_is_work(entry) for entry in entries)
        return len(lines)

    def append(self, *entries: Any) -> None:  # noqa: ANN401 - what JSON can hold
        """Write entries to disk, unless the journal is only read."""
        if self._opened is None or not entries:
            return
        self.resumable = self.resumable or any(_is_work(entry) for entry in entries)
        try:
            self._opened.write(b"".join(map(_line, entries)))
            self._opened.flush()
            os.fsync(self._opened.fileno())
        except OSError as error:
            raise UsageError(f"The journal {self.file} cannot be written: {error.strerror}.") from error

    def close(self, *, remove: bool = False) -> None:
        """Close the file, and delete it if there is nothing to resume."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None
            if remove:
                self.file.unlink(missing_ok=True)


def _line(entry: Any) -> bytes:  # noqa: ANN401 - what JSON can hold
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def _is_work(entry: Any) -> bool:  # noqa: ANN401 - what JSON can hold
    """Return whether an entry is about something that is not repeated."""
    return isinstance(entry, dict) and bool(entry.get("done") or entry.get("sent"))
