"""Deployment packages: a directory of code, and the wheels it needs, as a zip file that is reproducible to the byte.

===========  =======================================================
``entries``  the files of a package, and which of a directory they are
``wheels``   the files of the wheels that pip chooses for Lambda
``locks``    lock files as requirements of pip
===========  =======================================================
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from generator.archives import write_zip
from generator.errors import PackageError
from generator.files import replacing, resolved
from generator.package.entries import EXCLUDED, Entry, Selection, check, unmatched
from generator.package.wheels import ARCHITECTURES, download, of_wheel
from generator.scratch import scratch_directory

__all__ = ["ARCHITECTURES", "DIRECT_UPLOAD_LIMIT", "EXCLUDED", "Package", "package"]

DIRECT_UPLOAD_LIMIT: Final = 50 * 1024 * 1024
"""Maximum size in bytes of a zip file in a request to Lambda (AWS, "Lambda quotas"); larger ones are taken from S3."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """A zip file that was written."""

    path: Path
    """Path of the zip file as the caller named it."""
    size: int
    """Size of the zip file in bytes."""
    sha256: str
    """SHA-256 of the zip file, in hexadecimal."""
    source_code_hash: str
    """SHA-256 of the zip file in base64, as Terraform's ``filebase64sha256`` returns and Lambda reports it."""
    left_out: tuple[str, ...] = ()
    """Paths in the source directory that are in ``EXCLUDED``; what is below a directory is not listed."""

    @property
    def needs_s3(self) -> bool:
        """Whether the zip file is too large for a request to Lambda and must be deployed from an S3 bucket."""
        return self.size > DIRECT_UPLOAD_LIMIT


def package(
    source: Path,
    archive: Path,
    *,
    requirements: Path | None = None,
    architecture: str = "x86_64",
    python_version: str = "3.13",
    included: Sequence[str] = (),
) -> Package:
    """Write the code in a directory, and the wheels that it needs, into a zip file that Lambda accepts.

    The same files give the same bytes. Times, the order on disk, permissions of group and others, the umask and the
    operating system make no difference; only another implementation of zlib may compress differently. The zip file is
    replaced as a whole or not at all, and its parent directories are created.

    Symbolic links within the source directory stay links, with a relative target. ``EXCLUDED``, the archive and the
    requirements file are left out.

    Args:
        source: Directory whose content becomes the root of the package.
        archive: Zip file to write; its name ends in ``.zip``.
        requirements: A pip requirements file, ``uv.lock``, or ``pylock.toml``. Its wheels, and those that they depend
            on, are unpacked next to the source: modules and metadata, but no scripts, headers or data files, because
            nothing in Lambda finds them. Nothing is built or installed. The user's configuration of pip is used. The
            result is reproducible for pinned requirements; unpinned ones give what the index has that day.
        architecture: Architecture of the function: ``x86_64`` or ``arm64``.
        python_version: Lambda's version of Python: ``3.9`` or later, as ``3.x``.
        included: Patterns, as in ``EXCLUDED``, of what is packaged nevertheless.

    Raises:
        PackageError: An argument, a file of the source, or a requirement cannot be used, or the package would exceed
            250 MB unzipped. Nothing was written.

    """
    try:
        _check_arguments(source, archive, requirements, architecture, python_version)
        ignored = {resolved(archive)} | ({resolved(requirements)} if requirements else set())
        selection = Selection(root=resolved(source), included=included, ignored=ignored)
        with ExitStack() as stack:
            entries = list(selection.entries())
            if not entries:
                raise PackageError(f"{source}: no file to package found. Caches, tests and READMEs are left out.")
            if missing := unmatched(included, entries):
                raise PackageError(f'--include: "{missing[0]}" names nothing that is left out. Omit it to see what is.')
            if requirements is not None:
                directory = stack.enter_context(scratch_directory())
                for wheel in download(requirements, directory, architecture, python_version):
                    entries += of_wheel(wheel, stack)
            entries.sort(key=lambda entry: entry.name)
            check(entries)
            return _write(entries, archive, tuple(sorted(selection.left_out)))
    except OSError as error:
        raise PackageError(f"{error.filename or archive}: {error.strerror or error}.") from error


def _check_arguments(
    source: Path, archive: Path, requirements: Path | None, architecture: str, python_version: str
) -> None:
    if not source.is_dir():
        problem = f"{source}: {'not a directory' if source.exists() else 'no such directory'}."
    elif resolved(source).parent == resolved(source):
        problem = f"{source}: the root of the file system. Name the directory of a function."
    elif archive.is_dir():
        problem = f'--output: "{archive}" is a directory. Name a .zip file.'
    elif archive.suffix != ".zip":
        problem = f'--output: the name "{archive}" must end in .zip.'
    elif requirements is not None and not requirements.is_file():
        problem = f'--requirements: "{requirements}" is not a file.'
    elif architecture not in ARCHITECTURES:
        problem = f'--architecture: "{architecture}" is not one of {", ".join(ARCHITECTURES)}.'
    elif not re.fullmatch(r"3\.(9|[1-9][0-9])", python_version, re.ASCII):
        problem = f'--python-version: "{python_version}" is not supported. Use 3.9 or later, written as 3.x.'
    else:
        return
    raise PackageError(problem)


def _write(entries: Iterable[Entry], archive: Path, left_out: tuple[str, ...]) -> Package:
    """Write the entries in the order given."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with replacing(archive) as unfinished:
        with unfinished.open("wb") as file:
            write_zip(file, ((entry.name, entry.mode, entry.read) for entry in entries))
        with unfinished.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256")
        size = unfinished.stat().st_size
    return Package(
        path=archive,
        size=size,
        sha256=digest.hexdigest(),
        source_code_hash=base64.b64encode(digest.digest()).decode("ascii"),
        left_out=left_out,
    )
