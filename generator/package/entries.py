"""The files of a deployment package, and which files of a directory they are."""

import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final

from generator.archives import EXECUTABLE, LINK, REGULAR
from generator.errors import PackageError
from generator.files import UNFINISHED

UNZIPPED_LIMIT: Final = 250 * 1024 * 1024
"""Maximum size in bytes of unzipped code (AWS, "Lambda quotas"). It includes layers, which are not known here."""
_MAX_ENTRIES: Final = 65_535
"""Maximum number of files in a zip file without extensions of the format."""

EXCLUDED: Final = (
    # Caches and files of tools
    *("__pycache__", "*.pyc", "*.pyo", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox"),
    *(".coverage", ".coverage.*", ".DS_Store", "Thumbs.db", "/node_modules/.cache"),
    # Environments, editors and version control
    *(".venv", ".terraform", ".idea", ".vscode", ".zed", ".editorconfig", "*.code-workspace"),
    *("*~", "*.sw[op]", ".#*", "*.sublime-project", "*.sublime-workspace"),
    *(".git", ".gitattributes", ".gitignore", ".gitkeep", ".gitmodules", ".git-blame-ignore-revs", ".github"),
    *(".hg", ".hgignore", ".jj", ".svn", "CVS"),
    # Settings and credentials of the developer
    *(".env", ".env.*", ".envrc", ".netrc", ".npmrc", ".pypirc"),
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
    """A file or symbolic link of a package.

    Takes its path in the zip file, its origin for messages, its mode, its size in bytes, and what reads its content,
    which is the target in the case of a link.
    """

    name: str
    origin: str
    mode: int
    size: int
    read: Callable[[], bytes]


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What of a source directory becomes a package.

    Takes the directory without links in its path, patterns of names to package although :data:`EXCLUDED` has them, and
    paths that are not packaged. Collects the names of what was left out in ``left_out``.
    """

    root: Path
    included: Sequence[str] = ()
    ignored: Collection[Path] = ()
    left_out: list[str] = field(default_factory=list)

    def entries(self) -> Iterator[Entry]:
        """Yield the files and links below the source directory.

        Raises:
            PackageError: A symbolic link leaves the directory or has no target, something is not a file, or the
                directory is too large. It is not read to its end then.
        """
        size = 0
        for number, entry in enumerate(self._entries(), 1):
            size += entry.size
            if size >= UNZIPPED_LIMIT or number > _MAX_ENTRIES:
                raise PackageError(
                    f"{self.root}: more than {_MAX_ENTRIES:,} files, or 250 MB or more. Lambda accepts fewer than "
                    f"{UNZIPPED_LIMIT:,} bytes unzipped. Name the directory of a function."
                )
            yield entry

    def _entries(self) -> Iterator[Entry]:
        # Not recursive: directories can lie within each other more deeply than Python calls functions
        waiting = [self.root]
        while waiting:
            for path in waiting.pop().iterdir():
                name = path.relative_to(self.root)
                if self._excluded(PurePosixPath(name)):
                    self.left_out.append(name.as_posix())
                elif path.is_symlink():
                    yield from self._link(path)
                elif path in self.ignored:
                    continue
                elif path.is_dir():
                    waiting.append(path)
                else:
                    yield _file(path, name.as_posix())

    def _link(self, path: Path) -> Iterator[Entry]:
        """Yield a link to what is in the package: Node.js finds the dependencies of a module next to its real path."""
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            raise PackageError(f"{path}: this symbolic link has no target.") from error
        if not real.is_relative_to(self.root):
            raise PackageError(f'{path}: this symbolic link leaves the source directory, to "{real}".')
        target = PurePosixPath(real.relative_to(self.root))
        name = path.relative_to(self.root).as_posix()
        if real in self.ignored:
            return
        if any(map(self._excluded, (target, *target.parents[:-1]))):
            self.left_out.append(f"{name} (a link to {target})")
            return
        # Relative, because the package is unzipped elsewhere.
        text = os.path.relpath(real, path.parent).encode()
        yield Entry(name=name, origin=str(path), mode=LINK, size=len(text), read=lambda: text)

    def _excluded(self, path: PurePosixPath) -> bool:
        return _matches(path, EXCLUDED) and not _matches(path, self.included)


def unmatched(patterns: Iterable[str], entries: Iterable[Entry]) -> list[str]:
    """Return the patterns by which nothing is packaged that :data:`EXCLUDED` has."""
    names = [PurePosixPath(entry.name) for entry in entries]
    paths = {path for name in names for path in (name, *name.parents) if _matches(path, EXCLUDED)}
    return [pattern for pattern in patterns if not any(_matches(path, (pattern,)) for path in paths)]


def _file(path: Path, name: str) -> Entry:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise PackageError(f"{path}: neither a file nor a directory.")
    mode = EXECUTABLE if status.st_mode & stat.S_IXUSR else REGULAR
    return Entry(name=name, origin=str(path), mode=mode, size=status.st_size, read=path.read_bytes)


def _matches(path: PurePosixPath, patterns: Iterable[str]) -> bool:
    return any(
        fnmatchcase(path.as_posix(), pattern[1:]) if pattern.startswith("/") else fnmatchcase(path.name, pattern)
        for pattern in patterns
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
