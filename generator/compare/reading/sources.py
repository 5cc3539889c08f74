"""Finds a version of a module: a directory, an archive, or a revision of a git repository."""

import posixpath
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

from generator.archives import read_archive
from generator.compare.reading.configuration import Tree
from generator.compare.reading.module import is_module_file
from generator.errors import ModuleError
from generator.files import walk
from generator.parsing import exists, reported

_SKIPPED: Final = frozenset({"node_modules", "vendor", "__pycache__"})
_NOT_CALLED: Final = frozenset({"example", "examples", "test", "tests", "fixtures", "docs"})
_NUMBER: Final = re.compile(r"(?:^|[^\d.])v?(\d+)\.(\d+)\.(\d+)(?:[-+][\w.+-]+)?(?:$|(?=\.(?:zip|t))|(?=/))")
_LARGEST: Final = 16 * 1024 * 1024
"""Most bytes of a file that is read; a module's files have some hundred thousand at most."""

_LONGEST: Final = 200
"""Characters of a path that a message shows."""


class Files(Tree, Protocol):
    """The files of a version, with all of their paths."""

    def paths(self) -> Iterable[str]:
        """Return the paths of all files."""


@dataclass
class Version:
    """A version of a module: the files that it lies among, and where among them."""

    name: str
    files: Files
    directory: str = ""

    @property
    def number(self) -> tuple[int, int, int] | None:
        """The version number that the name holds, if there is one."""
        match = _NUMBER.search(self.name)
        return (int(match[1]), int(match[2]), int(match[3])) if match else None

    def submodules(self) -> set[str]:
        """Return the directories of the modules below this one.

        These are directories with HCL below ``modules/``. If no such directory exists, these are all directories with
        HCL that are not examples or tests.
        """
        prefix = f"{self.directory}/" if self.directory else ""
        below = {
            posixpath.dirname(path)[len(prefix) :]
            for path in self.files.paths()
            if path.startswith(prefix) and is_module_file(posixpath.basename(path))
        } - {""}
        below = {one for one in below if not _NOT_CALLED & set(one.split("/"))}
        standard = {one for one in below if one.startswith("modules/")}
        return standard or below

    def repository_path(self, file: str) -> str:
        """Return the path of a file from the top of the git repository, or from the working directory outside of one.

        The files of a revision have such paths, and those of an archive are in no repository.
        """
        if not isinstance(self.files, DirectoryFiles):
            return file
        top = self.files.repository_prefix
        return posixpath.normpath(posixpath.join(self.files.base.as_posix() if top is None else top, file))


@dataclass
class MemoryFiles:
    """Files in memory, by their paths."""

    contents: Mapping[str, bytes]

    @cached_property
    def _directories(self) -> dict[str, list[str]]:
        return _by_directory(self.contents)

    def names(self, directory: str) -> list[str]:
        """Return the names of the files directly in a directory."""
        return self._directories.get(directory, [])

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, ``None`` if it does not exist."""
        return self.contents.get(path)

    def below(self, directory: str) -> Iterable[str]:
        """Return the paths of the files below a directory, from there."""
        return _below(directory, self.contents)

    def paths(self) -> Iterable[str]:
        """Return the paths of all files."""
        return self.contents


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn a file or a directory that cannot be read, within the block, into one line."""
    try:
        yield
    except OSError as error:
        name = str(error.filename or path)
        shown = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
        raise ModuleError(f"{shown}: cannot be read: {error.strerror}") from None


@dataclass
class DirectoryFiles:
    """The files below a directory. A module may read those above it, as Terraform does."""

    base: Path

    def names(self, directory: str) -> list[str]:
        """Return the names of the files directly in a directory."""
        path = self.base / directory
        with _readable(path):
            return sorted(entry.name for entry in path.iterdir() if entry.is_file()) if path.is_dir() else []

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, ``None`` if it does not exist or is not a regular file of some size."""
        file = self.base / path
        with _readable(file):
            return file.read_bytes() if file.is_file() and file.stat().st_size <= _LARGEST else None

    def below(self, directory: str) -> Iterable[str]:
        """Return the paths of the files below a directory, from there, without hidden ones and vendored packages."""
        base = self.base / directory
        with _readable(base):
            found = sorted(walk(base, lambda name: name.startswith(".") or name in _SKIPPED)) if base.is_dir() else []
        return [path.relative_to(base).as_posix() for path in found]

    def paths(self) -> Iterable[str]:
        """Return the paths of all files, without hidden ones and vendored packages."""
        return self.below("")

    @cached_property
    def repository_prefix(self) -> str | None:
        """The path of the directory from the top of its git repository, ``None`` outside of one."""
        try:
            found = _git(self.base, "rev-parse", "--show-prefix")
        except ModuleError:
            return None
        return None if found is None else found.decode("utf-8", "replace").rstrip("\n")


@dataclass
class GitFiles:
    """The files of a commit. Nothing but object names, which git itself has returned, is handed to git."""

    repository: Path
    commit: str
    _contents: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def _blobs(self) -> dict[str, str]:
        listed = _git(self.repository, "ls-tree", "-r", "-z", "--full-tree", self.commit)
        found: dict[str, str] = {}
        for line in (listed or b"").split(b"\0"):
            head, _, path = line.partition(b"\t")
            if head[:2] == b"10":  # a regular file, not a link or a submodule
                found[path.decode("utf-8", "replace")] = head.split()[2].decode()
        return found

    @cached_property
    def _directories(self) -> dict[str, list[str]]:
        return _by_directory(self._blobs)

    def names(self, directory: str) -> list[str]:
        """Return the names of the files directly in a directory."""
        names = self._directories.get(directory, [])
        self._fetch([posixpath.join(directory, name) for name in names if is_module_file(name)])
        return names

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, ``None`` if it does not exist."""
        if path in self._blobs:
            self._fetch([path])
        return self._contents.get(path)

    def below(self, directory: str) -> Iterable[str]:
        """Return the paths of the files below a directory, from there."""
        paths = _below(directory, self._blobs)
        self._fetch([posixpath.join(directory, path) for path in paths])
        return paths

    def paths(self) -> Iterable[str]:
        """Return the paths of all files."""
        return self._blobs

    def _fetch(self, paths: Iterable[str]) -> None:
        """Read the contents of files, all by one process."""
        wanted = [path for path in paths if path not in self._contents]
        if not wanted:
            return
        objects = "".join(f"{self._blobs[path]}\n" for path in wanted).encode()
        answer = _git(self.repository, "cat-file", "--batch", text=objects) or b""
        position = 0
        for path in wanted:
            end = answer.find(b"\n", position)
            header = answer[position:end].split()
            if end < 0 or len(header) != 3:  # noqa: PLR2004 - name, type and size
                raise ModuleError(f"{path}: git cannot read it at {self.commit[:12]}")
            size = int(header[2])
            self._contents[path] = answer[end + 1 : end + 1 + size]
            position = end + size + 2


def _below(directory: str, paths: Iterable[str]) -> list[str]:
    return [path[len(directory) + 1 :] for path in paths if path.startswith(f"{directory}/")]


def _by_directory(paths: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(posixpath.dirname(path), []).append(posixpath.basename(path))
    return found


def find(name: str, folder: str | None = None) -> Version:
    """Return a version of a module by its name.

    The name is a directory, a ``.zip``, ``.tar.gz`` or ``.tgz`` archive (with the module at its root or in one
    directory), or a git revision. ``folder`` is where the module lies in the revision or the archive; without it,
    ``module/`` if there is one, and the root otherwise. ``REVISION:FOLDER`` names both.

    Raises:
        ModuleError: there is no such thing, or no HCL in it.
    """
    path = Path(name)
    if not exists(name):
        revision, _, inside = name.partition(":")
        version = _located(_revision(name, revision), folder or inside or None)
    elif path.is_dir():
        version = Version(name, DirectoryFiles(path / (folder or "")))
    else:
        with reported(ModuleError, path):
            contents = read_archive(path, _is_read)
        version = _located(Version(name, MemoryFiles(contents)), folder)
    if not any(map(is_module_file, version.files.names(version.directory))) and not version.submodules():
        at = f" in {folder}" if folder else ""
        raise ModuleError(f"{name}: there is no HCL (*.tf, *.tf.json, *.tofu){at}")
    return version


def _is_read(path: str) -> bool:
    """Return whether a file of an archive may be of use: others would only fill the memory."""
    return not path.endswith((".zip", ".gz", ".tgz", ".png", ".jpg", ".gif", ".svg", ".mp4", ".jar", ".whl"))


def _located(version: Version, folder: str | None) -> Version:
    """Return a version with the directory of its module: the one that is asked for, or where modules usually lie."""
    if folder:
        plain = posixpath.normpath(folder)
        return Version(version.name, version.files, "" if plain == "." else plain)
    tops = {path.split("/")[0] for path in version.files.paths()}
    only = next(iter(tops)) if len(tops) == 1 else ""
    candidates = ["module", "", *([only, f"{only}/module"] if only else [])]
    for candidate in candidates:
        if any(map(is_module_file, version.files.names(candidate))):
            return Version(version.name, version.files, candidate)
    return Version(version.name, version.files, only if only != "modules" else "")


def _revision(name: str, revision: str) -> Version:
    repository = _git(Path(), "rev-parse", "--show-toplevel")
    if repository is None:
        raise ModuleError(f"{name}: there is no such directory or archive, and this is not a git repository")
    found = at_revision(Path(repository.decode().rstrip("\n")), revision)
    if found is None:
        raise ModuleError(f"{name}: there is no such directory, archive or git revision")
    return Version(name, found.files)


def at_revision(repository: Path, revision: str) -> Version | None:
    """Return what a repository holds at a revision, ``None`` if there is no such revision."""
    commit = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    # Not what excludes a commit, such as ^HEAD
    return Version(revision, GitFiles(repository, commit.decode().strip())) if commit and commit[:1] != b"^" else None


def _git(repository: Path, *words: str, text: bytes | None = None) -> bytes | None:
    """Return what git prints, ``None`` if it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - git, and words of which none that a user gave can be an option
            ["git", "-C", str(repository), *words],  # noqa: S607
            capture_output=True,
            check=False,
            input=text,
        )
    except FileNotFoundError:
        raise ModuleError("git is not installed, which finds revisions: name a directory or an archive") from None
    except ValueError:
        # A name with a null character
        return None
    return done.stdout if done.returncode == 0 else None
