"""Compares a rendered tree of files with a directory, and writes it there; each file is whole at any time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from generator.errors import OutputFolderError
from generator.files import UNFINISHED, replace_file, walk
from generator.parsing import MAX_CONFIGURATION_BYTES, read_bytes, reported
from generator.render import is_generated

# Files of Terraform in a module whose tests were run
_TERRAFORM_LEAVES = (".terraform", ".terraform.lock.hcl")

_MAX_FILES: Final = 1000
"""Maximum number of files in a directory that build has written; the module has about 30. Others are not read."""


class Difference(NamedTuple):
    """A file that is not as rendered: ``changed``, ``missing`` or ``orphan``, with a unified diff."""

    path: str
    kind: str
    diff: str


def differences(files: Mapping[str, bytes], folder: Path) -> list[Difference]:
    """Return how a directory differs from the rendered files, in the order of their paths."""
    return _differences(files, present(folder))


def file_differences(path: Path, content: bytes) -> list[Difference]:
    """Return how a file differs from its rendered content: no difference, or one."""
    with _named(path):
        return _differences({str(path): content}, {str(path): path.read_bytes()} if path.is_file() else {})


def _differences(files: Mapping[str, bytes], present: Mapping[str, bytes]) -> list[Difference]:
    found = []
    for path in sorted(files.keys() | present.keys()):
        old, new = present.get(path), files.get(path)
        if old != new:
            kind = "missing" if old is None else "orphan" if new is None else "changed"
            found.append(Difference(path=path, kind=kind, diff=_diff(path, old or b"", new or b"")))
    return found


def write(files: Mapping[str, bytes], folder: Path, found: Mapping[str, bytes] | None = None) -> list[Difference]:
    """Make a directory contain exactly the rendered files, and return the differences that there were.

    Each file is replaced whole: if the process is killed, every file is either old or new. Files with the generated
    header that are no longer rendered are removed. ``found`` is what :func:`present` returned, if it was called before.

    Raises:
        OutputFolderError: The directory contains anything else (nothing is written then), or cannot be written.
    """
    found = present(folder) if found is None else found
    changes = _differences(files, found)
    if untracked := _untracked_files(files, found, folder):
        names = f"{', '.join(untracked[:5])}{' and more' if untracked[5:] else ''}"
        raise OutputFolderError(
            f"{folder}: no generated header in {names}. Name an empty directory, or one that build wrote."
        )
    with _named(folder):
        for change in changes:
            if change.kind == "orphan":
                (folder / change.path).unlink()
            else:
                (folder / change.path).parent.mkdir(parents=True, exist_ok=True)
                replace_file(folder / change.path, files[change.path])
    return changes


def _untracked_files(files: Mapping[str, bytes], present: Mapping[str, bytes], folder: Path) -> list[str]:
    """Return files that the generator did not write, and what is in the place of rendered files but is not a file."""
    files_of_others = [path for path, content in present.items() if not _ours(path, content)]
    in_the_way = [path for path in files if (folder / path).is_symlink()]
    in_the_way += [path for path in files if path not in present and (folder / path).exists()]
    links = {
        parent.as_posix()
        for path in files
        for parent in PurePosixPath(path).parents[:-1]
        if (folder / parent).is_symlink()
    }
    return [*files_of_others, *in_the_way, *sorted(links)]


def _ours(path: str, content: bytes) -> bool:
    return PurePosixPath(path).name.startswith(UNFINISHED) or is_generated(content)


def present(folder: Path) -> dict[str, bytes]:
    """Return the files of a directory by their paths; none if it does not exist.

    Raises:
        OutputFolderError: It cannot be read, or contains more than a module can.
    """

    def skips(name: str) -> bool:
        return name in _TERRAFORM_LEAVES

    with _named(folder):
        paths = list(islice(walk(folder, skips), _MAX_FILES + 1))
        if len(paths) > _MAX_FILES:
            raise OutputFolderError(
                f"{folder}: more than {_MAX_FILES:,} files. Name an empty directory, or one that build wrote."
            )
        return {path.relative_to(folder).as_posix(): _content(path) for path in sorted(paths)}


def _content(path: Path) -> bytes:
    with reported(OutputFolderError, path):
        return read_bytes(path, MAX_CONFIGURATION_BYTES)


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Turn errors of the system into one that names the file or the directory."""
    try:
        yield
    except OSError as error:
        raise OutputFolderError(f"{error.filename or folder}: {error.strerror}.") from None


def _diff(path: str, old: bytes, new: bytes) -> str:
    import difflib  # noqa: PLC0415 - most files are as rendered

    lines = difflib.unified_diff(
        old.decode(errors="replace").splitlines(keepends=True),
        new.decode(errors="replace").splitlines(keepends=True),
        f"{path} (in the directory)",
        f"{path} (as specified)",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
