"""The files of a deployment package, and which files of a directory they are."""

import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final

from generator.errors import PackageError
from generator.files import UNFINISHED

UNZIPPED_LIMIT: Final = 250 * 1024 * 1024
"""Maximum size in bytes of unzipped code (AWS, "Lambda quotas"). It includes layers, which are not known here."""

EXCLUDED: Final = (
    # Caches and files of tools
    *("__pycache__", "*.pyc", "*.pyo", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox"),
    *(".coverage", ".coverage.*", ".DS_Store", "Thumbs.db", "/node_modules/.cache"),
    # Environments, editors and version control
    *(".venv", ".terraform", ".idea", ".vscode"),
    *(".git", ".gitattributes", ".gitignore", ".gitmodules", ".hg", ".svn"),
    # For readers and developers of the function
    *("/README.*", "/conftest.py", "/test", "/tests"),
    # Left by a killed process
    f"{UNFINISHED}*",
)
"""Names that are left out of a package.

A pattern without a slash is matched against the name of a file or directory at any depth. A pattern with a leading
slash is matched against the path below the source directory: a dependency may import its own ``tests``, so only those
of the function itself are left out. Wheels lose their bytecode and nothing else.
"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file of a package: its path in the zip file, its origin for messages, its size in bytes, its content."""

    name: str
    origin: str
    executable: bool
    size: int
    read: Callable[[], bytes]


def of_directory(source: Path, *, left_out: set[Path]) -> Iterator[Entry]:
    """Yield the files of a source directory, without those that are excluded or left out.

    Raises:
        PackageError: A symbolic link cannot be followed within the directory, or something is not a file.
    """
    root = source.resolve()
    return _of_subdirectory(root, PurePosixPath(), left_out=left_out, root=root, above=frozenset())


def _of_subdirectory(
    directory: Path, below: PurePosixPath, *, left_out: set[Path], root: Path, above: frozenset[Path]
) -> Iterator[Entry]:
    """Yield the files of a directory, whose path in the package is ``below`` and whose parents are ``above``."""
    above |= {directory}
    for path in directory.iterdir():
        name = below / path.name
        if _excluded(name):
            continue
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            if not path.is_symlink():
                raise
            raise PackageError(f"{path}: this symbolic link has no target.") from error
        if real in left_out:
            continue
        if not real.is_relative_to(root):
            raise PackageError(f'{path}: this symbolic link leaves the source directory, to "{real}".')
        status = real.stat()
        if stat.S_ISDIR(status.st_mode):
            if real in above:
                raise PackageError(f'{path}: this symbolic link points to a directory that contains it, "{real}".')
            yield from _of_subdirectory(real, name, left_out=left_out, root=root, above=above)
        elif stat.S_ISREG(status.st_mode):
            yield Entry(
                name=name.as_posix(),
                origin=str(path),
                executable=bool(status.st_mode & stat.S_IXUSR),
                size=status.st_size,
                read=real.read_bytes,
            )
        else:
            raise PackageError(f"{path}: neither a file nor a directory.")


def _excluded(path: PurePosixPath) -> bool:
    return any(
        fnmatchcase(path.as_posix(), pattern[1:]) if pattern.startswith("/") else fnmatchcase(path.name, pattern)
        for pattern in EXCLUDED
    )


def check(entries: Iterable[Entry]) -> None:
    """Reject paths of two origins, names that a zip file cannot hold, and packages that Lambda cannot unpack.

    Raises:
        PackageError: An entry cannot be packaged, or all are too large.
    """
    seen: dict[str, Entry] = {}
    size = 0
    for entry in entries:
        size += entry.size
        for path in (entry.name, *map(str, PurePosixPath(entry.name).parents)):
            if path in seen:
                raise PackageError(f'Only one of {seen[path].origin} and {entry.origin} can be "{path}".')
        try:
            entry.name.encode()
        except UnicodeEncodeError as error:
            raise PackageError(f"{entry.origin!r}: the name is not UTF-8, as a package requires it.") from error
        seen[entry.name] = entry
    if size >= UNZIPPED_LIMIT:
        raise PackageError(
            f"The package has {size:,} bytes unzipped, and Lambda accepts fewer than {UNZIPPED_LIMIT:,} (250 MB)."
        )
