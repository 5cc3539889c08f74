"""Archives: written with bytes that depend on their files alone, and read from any source.

Neither the time, the machine nor the user changes the bytes; only another implementation of zlib does.
"""

import bz2
import gzip
import io
import lzma
import posixpath
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from generator.parsing import ParseError

# Zip files count time from here.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_EPOCH_SECONDS: Final = 315_532_800
_COMPRESSION_LEVEL: Final = 6
_UNIX: Final = 3
REGULAR: Final = stat.S_IFREG | 0o644
EXECUTABLE: Final = stat.S_IFREG | 0o755
LINK: Final = stat.S_IFLNK | 0o777
"""Modes of entries. The content of a link is its target, as Info-ZIP writes and reads it."""
LARGEST: Final = 512 * 1024 * 1024
"""Maximum size of an archive, packed and unpacked, in bytes."""
_TOO_LARGE: Final = f"expected an archive of at most {LARGEST // 1024**2} MiB of files"
_LARGEST_HEADER: Final = 1024 * 1024
"""Maximum size of a header of a tar archive, in bytes. The largest are names of files, and extended headers (pax)."""
_SIZE: Final = re.compile(r"[0-9]{1,20}")
_COMPRESSIONS: Final[Mapping[bytes, Callable[[IO[bytes]], Any]]] = {
    b"\x1f\x8b": partial(gzip.GzipFile, None, "rb", 9),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": partial(lzma.LZMAFile, format=lzma.FORMAT_XZ),
}
"""How compressed files begin, and what unpacks them. tarfile would try all of them, which takes long for zero bytes."""


def write_zip(file: IO[bytes], entries: Iterable[tuple[str, int, Callable[[], bytes]]]) -> None:
    """Write a zip file. Of each entry it takes the path, the mode, and a function that reads it."""
    with zipfile.ZipFile(file, "w") as zipped:
        for name, mode, read in entries:
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system = _UNIX
            info.external_attr = mode << 16
            kind = zipfile.ZIP_STORED if mode == LINK else zipfile.ZIP_DEFLATED
            zipped.writestr(info, read(), kind, _COMPRESSION_LEVEL)


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """Return a zip file of these files, in the order of their paths."""
    file = io.BytesIO()
    write_zip(file, ((name, REGULAR, files[name].__bytes__) for name in sorted(files)))
    return file.getvalue()


def tar_of(files: Mapping[str, bytes]) -> bytes:
    """Return a ``.tar`` of these files, in the order of their paths."""
    unpacked = io.BytesIO()
    with tarfile.open(fileobj=unpacked, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(files[name]), _EPOCH_SECONDS, 0o644
            tar.addfile(info, io.BytesIO(files[name]))
    return unpacked.getvalue()


def tar_gz_of(files: Mapping[str, bytes]) -> bytes:
    """Return a ``.tar.gz`` of these files, in the order of their paths."""
    packed = io.BytesIO()
    # Not gzip.compress: the operating system in its header differs between versions of Python.
    with gzip.GzipFile("", "wb", _COMPRESSION_LEVEL, packed, mtime=0) as file:
        file.write(tar_of(files))
    return packed.getvalue()


def read_archive(path: Path, wanted: Callable[[str], bool] = lambda _: True) -> dict[str, bytes]:
    """Return the files in a zip or tar archive by their paths, if they are ``wanted``. Links are left out.

    Raises:
        ParseError: the file is not such an archive, is damaged, encrypted, or larger than :data:`LARGEST`.
    """
    try:
        return _files(path, wanted)
    except ParseError:
        raise
    except NotImplementedError as error:
        raise ParseError(f"expected an archive that Python can read: {error}") from None
    except RuntimeError as error:
        # What zipfile raises for an entry that is encrypted
        got = "one with thousands of headers" if isinstance(error, RecursionError) else "an encrypted one"
        raise ParseError(f"expected a zip or tar archive, got {got}") from None
    except (OSError, tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise ParseError(error.strerror) from None
        # tarfile lists what each kind of compression has against the file
        reason = "" if "\n" in str(error) else f" ({error})"
        raise ParseError(f"expected a complete zip or tar archive{reason}") from None


def _files(path: Path, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ParseError("expected a zip or tar archive, got no regular file")
    found: dict[str, bytes] = {}
    size = status.st_size if status.st_size > LARGEST else 0
    for name, length, read in () if size else _zip_entries(path) if zipfile.is_zipfile(path) else _tar_entries(path):
        size += length
        if size > LARGEST:
            break
        plain = posixpath.normpath(name.replace("\\", "/")).lstrip("/")
        if not plain.startswith("../") and wanted(plain):
            found[plain] = read()
    if size > LARGEST:
        raise ParseError(_TOO_LARGE)
    return found


def _zip_entries(path: Path) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if not entry.is_dir() and not stat.S_ISLNK(entry.external_attr >> 16):
                yield entry.filename, entry.file_size, lambda entry=entry: archive.read(entry)  # type: ignore[misc]


def _tar_entries(path: Path) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    with path.open("rb") as file:
        start = file.read(max(map(len, _COMPRESSIONS)))
        file.seek(0)
        unpacked = next((unpack(file) for magic, unpack in _COMPRESSIONS.items() if start.startswith(magic)), file)
        archive = tarfile.open(fileobj=_Bounded(unpacked), mode="r:")  # type: ignore[call-overload] # noqa: SIM115
        while member := archive.next():
            # It keeps all of them for its other methods
            archive.members.clear()
            # tarfile takes a size in an extended header that it cannot read for 0
            if member.size < 0 or not _SIZE.fullmatch(member.pax_headers.get("size", "0")):
                raise ParseError("expected a zip or tar archive, got one with an invalid size of a file")
            content = archive.extractfile(member) if member.isreg() else None
            if content:
                yield member.name, member.size, lambda content=content: b"".join(_blocks(content))  # type: ignore[misc]


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(_LARGEST_HEADER // 16):
        yield block


class _Bounded:
    """A file of which tarfile reads no more than :data:`LARGEST` bytes, and no header that is too large."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.tell = file.tell

    def read(self, size: int) -> bytes:
        """Return the next bytes. What tarfile asks for at once is a header, or a block of :func:`_blocks`."""
        if size > _LARGEST_HEADER:
            raise ParseError(f"expected an archive with headers of at most {_LARGEST_HEADER // 1024**2} MiB")
        return self._file.read(size)

    def seek(self, position: int) -> int:
        """Go to a position, for which what is compressed is unpacked."""
        if position > LARGEST:
            raise ParseError(_TOO_LARGE)
        return self._file.seek(position)
