"""Archives whose bytes depend on their files alone, not on the time, the machine or the user.

Only another implementation of zlib compresses to other bytes.
"""

import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Final

# Zip files count time from here.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_EPOCH_SECONDS: Final = 315_532_800
_COMPRESSION_LEVEL: Final = 6
_UNIX: Final = 3


def write_zip(file: IO[bytes], entries: Iterable[tuple[str, bool, Callable[[], bytes]]]) -> None:
    """Write a zip file. Of each entry it takes the path, whether it is executable, and a function that reads it."""
    with zipfile.ZipFile(file, "w") as zipped:
        for name, executable, read in entries:
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system = _UNIX
            info.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
            zipped.writestr(info, read(), zipfile.ZIP_DEFLATED, _COMPRESSION_LEVEL)


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """Return a zip file of these files, in the order of their paths."""
    file = io.BytesIO()
    write_zip(file, ((name, False, files[name].__bytes__) for name in sorted(files)))
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
