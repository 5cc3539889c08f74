"""Files of a released version: they are written once, and never change."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from generator.errors import ReleaseError
from generator.files import check_replaceable, replace_file


def write(files: Mapping[str, bytes], out: Path, advice: str) -> tuple[str, ...]:
    """Write the files into a directory in their order, and return the paths of those that were missing.

    An existing file that is the same stays. Takes a sentence about what to do if another one is there.

    Raises:
        ReleaseError: A file would change (nothing was written then), or cannot be written.
    """
    try:
        present = [path for path in files if _is_there(out / path)]
        changed = [path for path in present if _differs(out / path, files[path])]
        if changed:
            more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""  # noqa: PLR2004 - a line is short
            raise ReleaseError(
                f"{out}: {', '.join(changed[:3])}{more} would change, and a released version never does. {advice}"
            )
        out.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            if path not in present:
                (out / path).parent.mkdir(parents=True, exist_ok=True)
                replace_file(out / path, content)
    except OSError as error:
        raise ReleaseError(f"{error.filename or out}: {error.strerror}.") from None
    return tuple(path for path in files if path not in present)


def checksum(content: bytes) -> str:
    """Return the SHA-256 of a content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _is_there(path: Path) -> bool:
    """Return whether a file is at a path. A pipe, which would be read without an end, is an error."""
    if not path.is_file():
        check_replaceable(path)
    return path.exists()


def _differs(path: Path, content: bytes) -> bool:
    return path.stat().st_size != len(content) or path.read_bytes() != content
