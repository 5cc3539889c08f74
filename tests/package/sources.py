"""Directories to package, and archives to read."""

import zipfile
from collections.abc import Mapping
from pathlib import Path


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a folder, and the folders above them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def content(archive: Path) -> dict[str, str]:
    """Read an archive's files."""
    with zipfile.ZipFile(archive) as zipped:
        assert zipped.testzip() is None
        return {info.filename: zipped.read(info).decode() for info in zipped.infolist()}
