"""The journal: a file with what is processed, from which a run that was stopped or killed is resumed.

One process at a time works with a journal. It holds a lock, which the operating system releases with the process: the
next run then takes over the journal, and the messages that were hidden for the process. The journal names its owner and
has its last sign of life, for the operators of other runs.
"""

import getpass
import json
import os
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any, Final, Self

from filelock import FileLock, Timeout

from generator.console import duration
from generator.errors import UsageError
from generator.files import check_replaceable
from generator.limits import MAX_FUNCTION_SECONDS
from generator.operate.messages import utc_time
from generator.parsing import ParseError, expect, parse_json

VERSION: Final = 2
"""Version of the format. Version 1 named neither itself nor a function."""

HEARTBEAT_SECONDS: Final = 15
"""Minimum time between two signs of life."""

_HEARTBEAT_VALID: Final = MAX_FUNCTION_SECONDS + 300
"""Seconds without a sign of life after which a process on another computer has ended: its lock may not be seen here."""

_LOCK: Final = ".ddb-stream-lambda.lock"
"""What is added to the name of a journal for that of its lock, a file that is deleted at the end of a run."""

_STRING: Final = {"type": "string"}
_NUMBER: Final = {"type": "number"}
_OWNER: Final = {
    "type": "object",
    "properties": {"user": _STRING, "host": _STRING, "process": {"type": "integer"}, "since": _NUMBER},
    "required": ["user", "host", "process", "since"],
}
_ENTRY: Final = {
    "type": "object",
    "properties": {
        "owner": _OWNER,
        "active": _NUMBER,
        "done": {"type": "array", "items": {"type": ["string", "integer"]}},
        "held": {"type": "object", "additionalProperties": _STRING},
        "until": _NUMBER,
        "renewed": _NUMBER,
        "outdated": {"type": "array", "items": _STRING},
        "window": {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2},
        "began": {"type": "integer"},
        "segment": {"type": "integer"},
        "next": {"type": ["object", "null"]},
        "sent": {"type": "integer"},
        "failed": {"type": "integer"},
    },
    "dependentRequired": {"held": ["until"], "renewed": ["outdated"], "segment": ["next", "sent", "failed"]},
}
"""The entries of all jobs."""


class AppendOnlyFile:
    """A file of JSON Lines to which entries are added.

    An incomplete last line, which a killed process or a full disk left, is cut off; if ``complete``, the line is an
    entry and lacks only its newline. If an entry cannot be written, the file stays as it was.

    Raises:
        UsageError: The file cannot be read or written, or is not a regular file.
    """

    def __init__(self, file: Path, *, complete: bool = False) -> None:
        self.file = file
        try:
            check_replaceable(file)
            # Without a buffer: what cannot be written must not be written later.
            self._raw = FileIO(file, "r+" if file.exists() else "x+")
        except OSError as error:
            raise UsageError(f'Cannot use the file "{file}": {error.strerror}.') from error
        try:
            content = self._raw.readall()
            self._end = len(content) if complete else content.rfind(b"\n") + 1
            self._cut_off()
            if complete and content and not content.endswith(b"\n"):
                self._end += self._raw.write(b"\n")
        except OSError as error:
            self.close()
            raise UsageError(f'Cannot use the file "{file}": {error.strerror}.') from error

    def append(self, *entries: Any, sync: bool = True) -> None:  # noqa: ANN401 - what JSON can hold
        """Add entries. If ``sync``, they are on disk when this returns."""
        if self._raw.tell() != self._end:
            # A signal came between the write and its end.
            self._cut_off()
        lines = b"".join(json.dumps(entry, separators=(",", ":")).encode() + b"\n" for entry in entries)
        try:
            left = memoryview(lines)
            while left:
                left = left[self._raw.write(left) or 0 :]
            if sync:
                os.fsync(self._raw.fileno())
        except OSError as error:
            with suppress(OSError):
                self._cut_off()
            raise UsageError(f'Cannot write the file "{self.file}": {error.strerror}.') from error
        self._end += len(lines)

    def clear(self) -> None:
        """Remove all entries."""
        self._end = 0
        self._cut_off()

    def close(self) -> None:
        """Close the file."""
        self._raw.close()

    def _cut_off(self) -> None:
        self._raw.truncate(self._end)
        self._raw.seek(self._end)


class Journal:
    """The progress of one job. Use it as a context manager.

    Takes the file, and the job: names and values that must be the same in a later run. If not ``writing``, an existing
    file is only read, without a lock.

    ``entries`` are those of earlier runs. ``resumable`` is whether any entry says that something is processed, and
    ``holding`` whether messages are hidden for this run, or for an earlier one that could not release them.

    Raises:
        UsageError: Another process works with the journal, or the file belongs to another job or version, is not a
            regular file or not a journal, or cannot be read or written.
    """

    def __init__(self, file: Path, job: Mapping[str, Any], *, writing: bool = True) -> None:
        self.file = file
        self.entries: list[Any] = []
        self.resumable = False
        self.holding = False
        self._file: AppendOnlyFile | None = None
        self._active = 0.0
        try:
            check_replaceable(file)
            self._lock = FileLock(file.with_name(file.name + _LOCK), timeout=0)
            if not writing:
                self._read(job)
                return
            # The lock would create a directory that does not exist.
            file.parent.stat()
            self._acquire()
            exists = file.exists()
            # An empty file is not from an earlier run: it is not deleted.
            self._keeps = exists and not file.stat().st_size
            try:
                header = self._read(job)
                self._file = AppendOnlyFile(file)
                self.append(*([] if header else [_header(job)]), {"owner": _owner()})
            except BaseException:
                if self._file is not None:
                    self._file.close()
                with suppress(OSError):
                    if not exists and not file.stat().st_size:
                        file.unlink()
                self._release()
                raise
        except OSError as error:
            raise UsageError(f'Cannot use the journal "{file}": {error.strerror}.') from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, *entries: Any, sync: bool = True) -> None:  # noqa: ANN401 - what JSON can hold
        """Add entries. If ``sync``, they are on disk when this returns. Does nothing if the journal is only read."""
        if self._file is None or not entries:
            return
        self._file.append(*entries, sync=sync)
        self._note(entries)

    def heartbeat(self) -> None:
        """Add a sign of life, if the last one is old. Call it as often as possible."""
        now = time.time()
        if self._file is not None and now >= self._active + HEARTBEAT_SECONDS:
            self._active = now
            self._file.append({"active": round(now)}, sync=False)

    def close(self, *, remove: bool = False) -> None:
        """Close the file. Delete it if ``remove``, unless messages are still hidden according to it.

        A file that was there and empty at the start is empty again instead.
        """
        if self._file is None:
            return
        try:
            if remove and not self.holding and self._keeps:
                self._file.clear()
            elif remove and not self.holding:
                self.file.unlink(missing_ok=True)
            else:
                with suppress(UsageError):
                    self._file.append({"ended": True})
        finally:
            self._file.close()
            self._file = None
            self._release()

    def _acquire(self) -> None:
        lock = Path(self._lock.lock_file)
        check_replaceable(lock)
        if lock.exists() and lock.stat().st_size:
            raise UsageError(f'The lock "{lock}" has content: another program wrote it. Choose another --journal.')
        try:
            self._lock.acquire()
        except Timeout:
            raise UsageError(f"{self._who()}. Wait until it has ended, or stop it.") from None

    def _release(self) -> None:
        # While the lock is held: a file that another process has locked by now is not the same file.
        with suppress(OSError):
            Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()

    def _read(self, job: Mapping[str, Any]) -> bool:
        """Read the entries of earlier runs, and return whether there is a header."""
        try:
            content = self.file.read_bytes()
        except FileNotFoundError:
            return False
        lines = content[: content.rfind(b"\n") + 1].split(b"\n")[:-1]
        if not lines:
            if not json.dumps(_header(job), separators=(",", ":")).encode().startswith(content):
                raise self._foreign()
            return False
        try:
            header = expect(parse_json(lines[0]), {"type": "object"})
            entries = _entries(lines)
        except ParseError as error:
            raise self._foreign(f": {error}") from None
        if "journal" not in header and set(header) != {"about"}:
            raise self._foreign()
        if header.get("journal") != VERSION:
            raise UsageError(
                f'The journal "{self.file}" has version {header.get("journal", 1)}, and this command writes version '
                f"{VERSION}. Finish with the command that wrote it, or choose another file with --journal."
            )
        if header != _header(job):
            raise UsageError(
                f'The journal "{self.file}" belongs to another job ({_described(header)}), not to this one '
                f"({_described(_header(job))}). Choose another file with --journal."
            )
        self.entries = entries
        self._note(entries)
        self._check_owner()
        return True

    def _note(self, entries: Iterable[Any]) -> None:
        for entry in entries:
            self.resumable = self.resumable or bool(entry.get("done") or entry.get("sent"))
            self.holding = "held" in entry or (self.holding and "released" not in entry)

    def _check_owner(self) -> None:
        """Check that the last owner has ended, if it was on another computer, whose lock may not be seen here."""
        owner, active, ended = self._last_owner()
        elsewhere = owner.get("host") not in (None, platform.node())
        if self._lock.is_locked and elsewhere and not ended and time.time() < active + _HEARTBEAT_VALID:
            until = utc_time(active + _HEARTBEAT_VALID)
            raise UsageError(f"{self._who()}. Stop it, or run this command again after {until}.")

    def _who(self) -> str:
        """Return a sentence about who works with the journal, and since when."""
        with suppress(OSError, ParseError):
            if not self.entries:
                self.entries = _entries(self.file.read_bytes().split(b"\n")[:-1])
        owner, active, _ = self._last_owner()
        if not owner:
            return f'Another process works with the journal "{self.file}"'
        since, ago = utc_time(owner["since"]), duration(max(0.0, time.time() - active))
        return (
            f'Another process works with the journal "{self.file}": {owner["user"]} on {owner["host"]}, process '
            f"{owner['process']}, since {since}, last active {ago} ago"
        )

    def _last_owner(self) -> tuple[Mapping[str, Any], float, bool]:
        """Return the last owner, the time of its last sign of life, and whether it has ended by itself."""
        owner: Mapping[str, Any] = {}
        active, ended = 0.0, False
        for entry in self.entries:
            if "owner" in entry:
                owner, active, ended = entry["owner"], entry["owner"]["since"], False
            active, ended = entry.get("active", active), ended or "ended" in entry
        return owner, active, ended

    def _foreign(self, problem: str = "") -> UsageError:
        text = f'"{self.file}" is not a journal of this command{problem}. Choose another file with --journal.'
        return UsageError(text)


def _entries(lines: Sequence[bytes]) -> list[Any]:
    """Return the entries after the header.

    Raises:
        ParseError: a line is not an entry.
    """
    return [expect(parse_json(line, number), _ENTRY, f"line {number}") for number, line in enumerate(lines[1:], 2)]


def _header(job: Mapping[str, Any]) -> dict[str, Any]:
    return {"journal": VERSION, **job}


def _described(header: Mapping[str, Any]) -> str:
    return ", ".join(f'{name} "{value}"' for name, value in header.items() if name != "journal")


def _owner() -> dict[str, Any]:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container whose user has no name
        user = str(os.getuid()) if hasattr(os, "getuid") else "unknown"
    return {"user": user, "host": platform.node(), "process": os.getpid(), "since": round(time.time())}
