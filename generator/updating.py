"""Lets a pipeline that ``new`` wrote follow this version: a three-way merge of what was written, yours, and the new."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from packaging.version import Version

from generator import __version__, package
from generator.archives import read_archive
from generator.errors import OutputFolderError, UsageError
from generator.files import replace_files
from generator.parsing import (
    MAX_CONFIGURATION_BYTES,
    ParseError,
    decode,
    expect,
    parse_json,
    read_bytes,
    read_text,
    reported,
)
from generator.scaffold import ANSWERS, PACKAGE, WRITTEN, Answers, copy_of, files_of, record
from generator.scratch import scratch_directory
from generator.spec.provider import ProviderError, target
from generator.variant import Variant

_TEXT: Final = {"type": "string"}
_OPTIONAL: Final = {"type": ["string", "null"]}
_DOCUMENT: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "version": {"type": "string", "pattern": r"[0-9]{1,9}(\.[0-9]{1,9}){2}"},
        "answers": {"type": "object"},
    },
    "required": ["version", "answers"],
}
_ANSWERS: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("name", "region", "provider"), _TEXT),
        **dict.fromkeys(("runtime", "existing_table", "existing_function", "role_name", "source"), _OPTIONAL),
    },
    "required": ["name", "region", "provider"],
    "additionalProperties": False,
}
_MARKERS: Final = re.compile(rb"^<{7} .*^>{7} ", re.MULTILINE | re.DOTALL)
_CONFLICT: Final = "conflict"
_MERGED: Final = 127
"""Largest exit code of git merge-file that is a number of conflicts; others are errors."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What an update does to a file: a word, its path, and what the reader must do, if anything."""

    kind: str
    path: str
    note: str = ""
    content: bytes | None = None
    is_written: bool = False
    """Whether the file gets the content, or is removed if that is ``None``."""


@dataclass(frozen=True, kw_only=True)
class Update:
    """An update that was written: the version before, its changes, and the copy of the module before and after."""

    version: str
    changes: list[Change]
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    """Files of the module by their paths; none if the module comes from elsewhere."""

    @property
    def conflicts(self) -> list[str]:
        """Paths of the files about which the reader must decide."""
        return [change.path for change in self.changes if change.kind == _CONFLICT]


def update(folder: Path, **given: str | None) -> Update:
    """Bring the files that ``new`` wrote into a directory to this version, and keep what was changed in them since.

    A file that both sides changed is merged by lines; where both changed the same lines, both stand between conflict
    markers. A file that was deleted stays deleted. All files are written, or none. Takes the answers that change.

    Raises:
        UsageError: The directory has no answers, or those of a newer version, or the module rejects one.
        OutputFolderError: A file cannot be read or written, has unresolved conflicts, or git is missing.
    """
    version, answers = _recorded(folder / ANSWERS)
    answers = replace(answers, **{name: value for name, value in given.items() if value is not None})
    with reported(OutputFolderError, folder / WRITTEN, "Restore it from version control."):
        base = read_archive(folder / WRITTEN)
    new = files_of(answers)
    changes: list[Change] = []
    for path in sorted(base.keys() | new.keys()):
        if base.get(path) != new.get(path):
            changes += _change(folder, path, base.get(path), new.get(path), version)
    try:
        changes += _package(folder, changes)
        # The record comes last, so that an update that was killed starts again from what was written before
        contents = {change.path: change.content for change in changes if change.is_written}
        replace_files(folder, {**contents, **record(answers, new)})
    except OSError as error:
        raise OutputFolderError(f"{error.filename or folder}: {error.strerror}.") from None
    return Update(version=version, changes=changes, before=_module(base), after=_module(new))


def _module(files: Mapping[str, bytes]) -> dict[str, bytes]:
    prefix = f"{copy_of(Variant())}/"
    return {path.removeprefix(prefix): content for path, content in files.items() if path.startswith(prefix)}


def _recorded(path: Path) -> tuple[str, Answers]:
    """Return the version that wrote a directory, and its answers."""
    if not path.is_file():
        raise UsageError(f"--update: {path} does not exist. Only a directory that new has written can be updated.")
    with reported(UsageError, path):
        document = expect(parse_json(read_text(path, MAX_CONFIGURATION_BYTES)), _DOCUMENT)
        version = document["version"]
        if Version(version) > Version(__version__):
            raise UsageError(
                f"--update: {path} is of version {version}. Use that version of this program, or a newer one."
            )
        answers = Answers(**expect(document["answers"], _ANSWERS, "answers"))
    try:
        target(answers.provider)
    except ProviderError as error:
        raise UsageError(f"{path}: {error}.") from None
    return version, answers


def _change(folder: Path, path: str, base: bytes | None, new: bytes | None, version: str) -> Iterator[Change]:
    """Yield what becomes of a file that two versions write differently, unless it is new already.

    A file whose lines all end as on Windows, as git may check it out there, keeps these ends, which are no change.
    """
    now = _present(folder, path)
    if now is not None and b"\r\n" in now and now.count(b"\n") == now.count(b"\r\n") and b"\r" not in (base or b""):
        for change in _compared(folder, path, (now.replace(b"\r\n", b"\n"), base, new), version):
            content = change.content.replace(b"\n", b"\r\n") if change.content is not None else None
            yield replace(change, content=content)
    else:
        yield from _compared(folder, path, (now, base, new), version)


def _compared(
    folder: Path, path: str, texts: tuple[bytes | None, bytes | None, bytes | None], version: str
) -> Iterator[Change]:
    """Yield what becomes of a file. Takes it as it is, as it was written, and as new."""
    now, base, new = texts
    if now == new:
        return
    if now == base:
        kind = "removed" if new is None else "written" if base is None else "changed"
        yield Change(kind=kind, path=path, content=new, is_written=True)
    elif now is None:
        yield Change(kind="absent", path=path, note="you deleted it, and this version changes it")
    elif new is None:
        note = "you changed it, and this version does not have it: delete it, or keep it"
        yield Change(kind=_CONFLICT, path=path, note=note)
    else:
        yield _merged(folder / path, path, (now, base or b"", new), version)


def _merged(place: Path, path: str, texts: tuple[bytes, bytes, bytes], version: str) -> Change:
    """Return what becomes of a file that both sides have changed. Takes it as it is, as it was written, and as new."""
    if _MARKERS.search(texts[0]):
        raise OutputFolderError(f"{place}: has conflict markers. Resolve the conflicts, and run the command again.")
    try:
        for text in texts:
            decode(text)
    except ParseError:
        return Change(kind=_CONFLICT, path=path, note="not text in UTF-8, so that it is left as it is")
    content, conflicts = _merge(*texts, version)
    note = "resolve what is between <<<<<<< and >>>>>>>" if conflicts else ""
    return Change(kind=_CONFLICT if conflicts else "merged", path=path, note=note, content=content, is_written=True)


def _present(folder: Path, path: str) -> bytes | None:
    """Return the content of a file, ``None`` if it does not exist."""
    place = folder / path
    parents = [parent for parent in place.parents if folder in parent.parents]
    if link := next((one for one in (place, *parents) if one.is_symlink()), None):
        raise OutputFolderError(f"{link}: a symbolic link; only files in the directory are updated. Replace it.")
    if not place.exists():
        return None
    with reported(OutputFolderError, place):
        return read_bytes(place, MAX_CONFIGURATION_BYTES)


def _merge(now: bytes, base: bytes, new: bytes, version: str) -> tuple[bytes, bool]:
    """Return the merged text, and whether it has conflicts."""
    labels = ("yours", f"version {version}", f"version {__version__}")
    with scratch_directory() as directory:
        paths = [directory / name for name in ("yours", "base", "new")]
        for path, content in zip(paths, (now, base, new), strict=True):
            path.write_bytes(content)
        words = ["git", "-c", "merge.conflictStyle=merge", "merge-file", "-p"]
        words += [word for label in labels for word in ("-L", label)]
        try:
            done = subprocess.run([*words, *map(str, paths)], capture_output=True, check=False, cwd=directory)  # noqa: S603
        except FileNotFoundError:
            raise OutputFolderError("git is not installed, which merges files. Install it.") from None
    if not 0 <= done.returncode <= _MERGED:
        raise OutputFolderError(f"git merge-file: {done.stderr.decode(errors='replace').strip()}.")
    return done.stdout, done.returncode > 0


def _package(folder: Path, changes: list[Change]) -> Iterator[Change]:
    """Package the function again if it changes, and if the package is that of the function alone as it is now."""
    changes = [change for change in changes if change.path.startswith("function/")]
    if not changes or not (folder / PACKAGE).is_file():
        return
    outdated = Change(kind="outdated", path=PACKAGE, note="package the function again, as its README says")
    if not (folder / "function").is_dir():
        yield outdated
        return
    with scratch_directory() as directory:
        place = directory / "function"
        shutil.copytree(folder / "function", place)
        package.package(place, directory / "before.zip")
        if (directory / "before.zip").read_bytes() == (folder / PACKAGE).read_bytes() and not any(
            change.kind == _CONFLICT for change in changes
        ):
            replace_files(directory, {change.path: change.content for change in changes if change.is_written})
            package.package(place, directory / "after.zip")
            content = (directory / "after.zip").read_bytes()
            yield Change(kind="changed", path=PACKAGE, content=content, is_written=True)
        else:
            yield outdated
