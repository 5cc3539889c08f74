"""Temporary directories that go away with the process that uses them, also if that is killed.

Nothing that is needed afterwards may be in one. The state of an emulator is worth nothing without it; the state of real
resources belongs into a directory of the user.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_PREFIX: Final = "ddb-stream-lambda-scratch-"
_LOCK: Final = ".ddb-stream-lambda.lock"


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """Yield a directory that only this user can read, and delete it at the end of the ``with`` block.

    It contains only a file that this process has locked. The operating system releases the lock with the process, so
    that the next one finds the directories of processes that were killed, and deletes them first.
    """
    from filelock import FileLock  # noqa: PLC0415 - build does without

    _remove_abandoned()
    # It gets the name by which it is found when its lock is held.
    unnamed = Path(tempfile.mkdtemp(prefix="ddb-stream-lambda-"))
    named = unnamed.with_name(f"{_PREFIX}{unnamed.name.rpartition('-')[2]}")
    try:
        with FileLock(unnamed / _LOCK):
            unnamed.rename(named)
            yield named
    finally:
        shutil.rmtree(unnamed, ignore_errors=True)
        shutil.rmtree(named, ignore_errors=True)


def _remove_abandoned() -> None:
    """Delete the directories of processes of this user that have ended."""
    from filelock import FileLock, Timeout  # noqa: PLC0415

    for directory in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        lock = directory / _LOCK
        with suppress(OSError, Timeout):
            status = directory.lstat()
            if directory.is_symlink() or status.st_uid != os.getuid() or not lock.is_file():
                continue
            with FileLock(lock, blocking=False):
                shutil.rmtree(directory)
