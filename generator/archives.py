"""Archives: written with bytes that depend on their files alone, and read from any source.

Neither the time, the machine nor the user changes the bytes; only another implementation of zlib does.
"""

import gzip
import io
import lzma
import posixpath
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Final

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
"""Maximum size of the unpacked files of an archive, in bytes."""


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


def tar_gz_of(files: Mapping[str, bytes]) -> bytes:
    """Return a ``.tar.gz`` of these files, in the order of their paths."""
    unpacked = io.BytesIO()
    with tarfile.open(fileobj=unpacked, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(files[name]), _EPOCH_SECONDS, 0o644
            tar.addfile(info, io.BytesIO(files[name]))
    packed = io.BytesIO()
    # Not gzip.compress: the operating system in its header differs between versions of Python.
    with gzip.GzipFile("", "wb", _COMPRESSION_LEVEL, packed, mtime=0) as file:
        file.write(unpacked.getvalue())
    return packed.getvalue()


def read_archive(path: Path, wanted: Callable[[str], bool] = lambda _: True) -> dict[str, bytes]:
    """Return the files in a zip or tar archive by their paths, if they are ``wanted``. Links are left out.

    Raises:
        ParseError: the file is not such an archive, is damaged, encrypted, or larger than :data:`LARGEST`.
    """
    try:
        entries = _zip_entries(path) if zipfile.is_zipfile(path) else _tar_entries(path)
        found: dict[str, bytes] = {}
        size = 0
        for name, length, read in entries:
            size += length
            if size > LARGEST:
                raise ParseError(f"expected an archive of at most {LARGEST // 1024**2} MiB of files")
            plain = posixpath.normpath(name.replace("\\", "/")).lstrip("/")
            if plain.startswith("../") or not wanted(plain):
                continue
            found[plain] = read()
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
    return found


def _zip_entries(path: Path) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if not entry.is_dir() and not stat.S_ISLNK(entry.external_attr >> 16):
                yield entry.filename, entry.file_size, lambda entry=entry: archive.read(entry)  # type: ignore[misc]


def _tar_entries(path: Path) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() else None
            if file:
                yield member.name, member.size, file.read
