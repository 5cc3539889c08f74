"""What is done already, in a file: a run that was stopped, or killed, goes on where it was."""

import json
import os
from pathlib import Path
from typing import Any, BinaryIO

from generator.errors import UsageError


class Journal:
    """One line for each thing that is done, written to the disk before the next is begun.

    Takes the file, and what the run is about, which a later run must be about too. Without ``writing`` nothing is
    written, and what an earlier run did is known all the same. A last line that was cut off counts as not written.

    ``entries`` is what earlier runs wrote, and ``done`` tells whether any work is among all entries: whether there is
    anything to be gone on with.

    Raises:
        UsageError: the file is of another run, is no journal, or cannot be read or written.
    """

    def __init__(self, file: Path, about: str, *, writing: bool = True) -> None:
        self.file = file
        self.entries: list[Any] = []
        self.done = False
        self._opened: BinaryIO | None = None
        try:
            whole = self._load(about)
            if writing:
                self._opened = file.open("ab")
                self._opened.truncate(whole)
        except OSError as error:
            raise UsageError(f"The journal {file} cannot be used: {error.strerror}.") from error
        if writing and not whole:
            self.append({"about": about})

    def _load(self, about: str) -> int:
        """Read what an earlier run wrote; return the length in bytes of the lines that are whole."""
        if not self.file.exists():
            return 0
        content = self.file.read_bytes()
        lines = content[: content.rfind(b"\n") + 1]
        if not lines and not _line({"about": about}).startswith(content):
            raise UsageError(f"{self.file} is no journal of this command: give another with --journal.")
        try:
            entries = [json.loads(line) for line in lines.splitlines()]
            said = entries.pop(0)["about"] if entries else about
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{self.file} is no journal of this command: give another with --journal.") from error
        if said != about:
            raise UsageError(
                f"The journal {self.file} is about {said}, not about {about}: give another with --journal."
            )
        self.entries = entries
        self.done = any(_is_work(entry) for entry in entries)
        return len(lines)

    def append(self, *entries: Any) -> None:  # noqa: ANN401 - what JSON can hold
        """Write entries to the disk; nothing where this run writes none."""
        if self._opened is None or not entries:
            return
        self.done = self.done or any(_is_work(entry) for entry in entries)
        try:
            self._opened.write(b"".join(map(_line, entries)))
            self._opened.flush()
            os.fsync(self._opened.fileno())
        except OSError as error:
            raise UsageError(f"The journal {self.file} cannot be written: {error.strerror}.") from error

    def close(self, *, remove: bool = False) -> None:
        """Close the file, and delete it where nothing is left to be gone on with."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None
            if remove:
                self.file.unlink(missing_ok=True)


def _line(entry: Any) -> bytes:  # noqa: ANN401 - what JSON can hold
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def _is_work(entry: Any) -> bool:  # noqa: ANN401 - what JSON can hold
    """Tell whether an entry is of something that need not be done again."""
    return isinstance(entry, dict) and bool(entry.get("done") or entry.get("sent"))
