"""Files that are written whole or not at all: under another name first, and then renamed."""

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from generator.errors import UsageError

UNFINISHED: Final = ".unfinished-"
"""Prefix of the name of a file or directory that is still being written. A killed process can leave one behind."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield an empty file to write in the ``with`` block, and rename it to ``path`` at the end of the block.

    The file is in the directory of ``path``, and its permissions follow the umask. If the block raises, ``path`` stays
    as it was. Only a regular file is replaced: not a device such as /dev/null, a pipe, or a symbolic link.

    Raises:
        OSError: The directory does not exist, the file cannot be created or renamed, or ``path`` is not a regular file.
    """
    check_replaceable(path)
    unfinished = path.parent / f"{UNFINISHED}{os.urandom(8).hex()}"
    # Not tempfile: its files are readable by their owner alone, whatever the umask is.
    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        yield unfinished
        check_replaceable(path)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def check_replaceable(path: Path) -> None:
    """Check that nothing or a regular file is at a path.

    Raises:
        OSError: Something else is there.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        kind = (
            "a symbolic link" if stat.S_ISLNK(mode) else "a directory" if stat.S_ISDIR(mode) else "a device or a pipe"
        )
        raise OSError(errno.EINVAL, f"{kind}; only a regular file is accepted", str(path))


def walk(folder: Path, skips: Callable[[str], bool]) -> Iterator[Path]:
    """Yield the files below a directory, in no order; nothing if it does not exist.

    Links to directories are not followed. ``skips`` returns whether to leave out a file or a directory by its name.

    Raises:
        OSError: A directory cannot be read.
    """
    # Not recursive: directories can lie within each other more deeply than Python calls functions
    waiting = [folder] if folder.exists() else []
    while waiting:
        for path in waiting.pop().iterdir():
            if skips(path.name):
                continue
            if path.is_dir() and not path.is_symlink():
                waiting.append(path)
            elif path.is_file():
                yield path


def resolved(path: Path) -> Path:
    """Return the absolute path without symbolic links. A link that leads to itself stays.

    ``Path.resolve`` raises a RuntimeError for one before Python 3.13.
    """
    return Path(os.path.realpath(path))


def same_file(one: Path, other: Path) -> bool:
    """Return whether two paths are those of one regular file, through links, or of one file that does not exist yet."""
    try:
        return one.samefile(other) and one.is_file()
    except FileNotFoundError:
        return not one.exists() and not other.exists() and resolved(one) == resolved(other)
    except (OSError, ValueError):
        return False


def check_outputs(outputs: Mapping[str, Path | None], inputs: Mapping[str, Path | None]) -> None:
    """Check that no file is both an output and an input, or two outputs. Takes paths by their options.

    Raises:
        UsageError: Two are the same file.
    """
    others = {**inputs, **outputs}
    for option, path in outputs.items():
        del others[option]
        for other, its in others.items():
            if path and its and same_file(path, its):
                raise UsageError(f'{option}: "{path}" is also the file of {other}. Name another file.')


def replace_file(path: Path, content: bytes | str) -> None:
    """Write a file whole or not at all, as UTF-8 if ``content`` is text. See :func:`replacing`.

    Raises:
        OSError: The file cannot be written.
    """
    with replacing(path) as unfinished:
        unfinished.write_bytes(content.encode() if isinstance(content, str) else content)


def replace_files(folder: Path, files: Mapping[str, bytes | None]) -> None:
    """Write several files below a directory in this order, and remove those without a content: all of them, or none.

    Each is first written under another name, and what it replaces is copied. An error or an interruption restores the
    copies. If the process is killed, each file is either old or new.

    Raises:
        OSError: A file cannot be written or removed, or something else is in its place. All are as before then.
    """
    with ExitStack() as always, ExitStack() as undo:
        prepared = [(folder / name, *_prepared(folder / name, content, always)) for name, content in files.items()]
        for path, new, old in prepared:
            undo.callback(_restore, path, old)
            new.replace(path) if new else path.unlink(missing_ok=True)
        undo.pop_all()


def _prepared(path: Path, content: bytes | None, always: ExitStack) -> tuple[Path | None, Path | None]:
    """Return the new file and a copy of the old one, both under other names, and have them removed at the end."""
    check_replaceable(path)
    for parent in reversed(path.parents):
        if not parent.exists():
            parent.mkdir()
            always.callback(_remove_empty, parent)
    new, old = (path.parent / f"{UNFINISHED}{os.urandom(8).hex()}" for _ in range(2))
    for other in (new, old):
        always.callback(other.unlink, missing_ok=True)
    if content is not None:
        new.write_bytes(content)
    if path.exists():
        shutil.copy2(path, old)
    return new if content is not None else None, old if path.exists() else None


def _restore(path: Path, old: Path | None) -> None:
    old.replace(path) if old else path.unlink(missing_ok=True)


def _remove_empty(directory: Path) -> None:
    with suppress(OSError):
        directory.rmdir()
