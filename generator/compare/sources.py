"""Finds a version of a module: a folder, an archive, or a revision of a git repository."""

import io
import subprocess
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from generator.errors import ModuleError

_ENDINGS = (".tf", ".tf.json")


def read(name: str, folder: str | None = None) -> dict[str, str]:
    """Return the texts of a module's HCL files by their names.

    Takes a folder, a ``.zip``, ``.tar.gz`` or ``.tgz`` archive (with the module at its root or in one folder), or a git
    revision. ``folder`` is where the module lies in the revision or the archive; without it, ``module/`` where there
    is one, and the root otherwise. ``REVISION:FOLDER`` names both.

    Raises:
        ModuleError: there is no such thing, or no HCL in it.
    """
    path = Path(name)
    if path.is_dir():
        texts = _texts(
            (file.name, file.read_bytes()) for file in sorted((path / (folder or "")).glob("*")) if file.is_file()
        )
    elif path.is_file():
        texts = _at(_archive(path), folder)
    else:
        texts = _at(*_revision(name, folder))
    if not texts:
        raise ModuleError(f"{name}: there is no HCL (*.tf, *.tf.json) in it{f' at {folder}' if folder else ''}")
    return texts


def _texts(files: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    found = {}
    for name, content in files:
        if name.endswith(_ENDINGS):
            try:
                found[name] = content.decode()
            except UnicodeDecodeError:
                raise ModuleError(f"{name}: not UTF-8") from None
    return found


def _at(files: dict[str, bytes], folder: str | None) -> dict[str, str]:
    """Return the HCL files directly in a folder of a tree of files, or where a module usually lies in it."""
    names = [PurePosixPath(name) for name in files if name.endswith(_ENDINGS)]
    tops = {name.parts[0] for name in map(PurePosixPath, files)}
    only = next(iter(tops)) if len(tops) == 1 and not any(str(name) in tops for name in names) else "."
    candidates = [folder] if folder else ["module", ".", only, f"{only}/module"]
    for candidate in candidates:
        inside = [name for name in names if name.parent == PurePosixPath(candidate)]
        if inside:
            return _texts((name.name, files[str(name)]) for name in sorted(inside))
    return {}


def _archive(path: Path) -> dict[str, bytes]:
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return {entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}
        with tarfile.open(path) as tar:
            members = [(member.name, tar.extractfile(member)) for member in tar.getmembers() if member.isfile()]
            return {name.removeprefix("./"): file.read() for name, file in members if file}
    except (OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise ModuleError(f"{path}: neither a folder nor a zip or tar archive: {error}") from None


def _revision(name: str, folder: str | None) -> tuple[dict[str, bytes], str | None]:
    revision, _, inside = name.partition(":")
    words = ["git", "archive", "--format=tar", revision, *([folder or inside] if folder or inside else [])]
    try:
        top = subprocess.run(["git", "rev-parse", "--show-toplevel"], capture_output=True, text=True, check=False)  # noqa: S607
        done = subprocess.run(words, capture_output=True, check=False, cwd=top.stdout.strip() or None)  # noqa: S603
    except FileNotFoundError:
        raise ModuleError(f"{name}: no such folder or archive, and there is no git to look for a revision") from None
    if done.returncode:
        raise ModuleError(f"{name}: no such folder, archive or git revision")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
        files = {member.name: tar.extractfile(member) for member in tar.getmembers() if member.isfile()}
        return {path: file.read() for path, file in files.items() if file}, folder or inside or None
