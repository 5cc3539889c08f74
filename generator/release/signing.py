"""Signatures of the checksums of a release, by cosign or minisign: the key says by which of them."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from generator.errors import ReleaseError, UsageError
from generator.files import replacing
from generator.parsing import ParseError, read_bytes

_SUFFIXES: Final[Mapping[str, str]] = {"cosign": ".sigstore.json", "minisign": ".minisig"}
_BEGINNINGS: Final[Mapping[bytes, str]] = {b"untrusted comment:": "minisign", b"-----BEGIN ": "cosign"}
"""How files with keys begin (https://jedisct1.github.io/minisign/, https://docs.sigstore.dev/cosign/)."""
_LARGEST_KEY: Final = 64 * 1024


def program_of(key: str, option: str) -> str:
    """Return the program that a key is for. An address, such as one of a key in KMS, is for cosign.

    Raises:
        UsageError: The key cannot be read, or is of neither program. Takes the option that names it.
    """
    if "://" in key:
        return "cosign"
    try:
        content = read_bytes(Path(key), _LARGEST_KEY)
    except ParseError as problem:
        raise UsageError(f'{option}: "{key}": {problem}.') from None
    for beginning, program in _BEGINNINGS.items():
        if content.startswith(beginning):
            return program
    raise UsageError(f'{option}: "{key}" is not a key of cosign or minisign.')


def signature_of(path: Path) -> Path | None:
    """Return the signature that lies next to a file, or None."""
    return next((place for place in _places(path).values() if os.path.lexists(place)), None)


def sign(path: Path, key: str, *, again: bool) -> tuple[bool, Path]:
    """Sign a file with a private key, and return whether that was needed, and the signature.

    A signature that is there stays, unless the file is to be signed again because it is new.

    The program can ask for a password. It gets neither a shell nor a word that it could take for an option.

    Raises:
        ReleaseError: The program is not installed, or has not signed the file.
    """
    program = program_of(key, "--sign")
    place = _places(path)[program]
    if place.is_file() and not again:
        return False, place
    file = os.path.abspath(path)  # noqa: PTH100 - resolve() would follow links
    try:
        with replacing(place) as unfinished:
            written = os.path.abspath(unfinished)  # noqa: PTH100 - as above
            words = {
                "cosign": ["sign-blob", "--yes", f"--key={key}", f"--bundle={written}", file],
                "minisign": ["-S", "-s", os.path.abspath(key), "-x", written, "-m", file],  # noqa: PTH100 - as above
            }[program]
            code, _ = _run(program, words, ask=True)
            if code or not unfinished.stat().st_size:
                raise ReleaseError(f"{path}: {program} has not signed it (exit code {code}).")
    except OSError as error:
        raise ReleaseError(f"{error.filename or place}: {error.strerror}.") from None
    return True, place


def check_signature(path: Path, key: str) -> str:
    """Check the signature that lies next to a file with a public key, and return the program that has checked it.

    Raises:
        ReleaseError: There is no signature, it is not one of this key for this file, or the program is not installed.
    """
    program = program_of(key, "--key")
    place = _places(path)[program]
    if not place.is_file():
        raise ReleaseError(f"{place}: no such file, although --key is a key of {program}.")
    file, signature = os.path.abspath(path), os.path.abspath(place)  # noqa: PTH100 - resolve() would follow links
    words = {
        "cosign": ["verify-blob", f"--key={key}", f"--bundle={signature}", file],
        "minisign": ["-V", "-p", os.path.abspath(key), "-x", signature, "-m", file],  # noqa: PTH100 - as above
    }[program]
    code, output = _run(program, words)
    if code:
        reason = f" ({output.splitlines()[-1]})" if output.strip() else ""
        raise ReleaseError(f"{place}: not a signature of {path.name} by this key{reason}.")
    return program


def _places(path: Path) -> dict[str, Path]:
    return {program: path.with_name(path.name + suffix) for program, suffix in _SUFFIXES.items()}


def _run(program: str, words: list[str], *, ask: bool = False) -> tuple[int, str]:
    """Run a program and return its exit code and output; if it may ``ask``, the user sees its output instead."""
    found = shutil.which(program)
    if not found:
        raise ReleaseError(f"{program}: not installed. The key is one of {program}: install it, or use another key.")
    done = subprocess.run(  # noqa: S603 - no shell, and absolute paths or words with an option before them
        [found, *words],
        check=False,
        # Standard output is that of this program
        stdout=2 if ask else subprocess.PIPE,
        stderr=None if ask else subprocess.STDOUT,
        stdin=None if ask else subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
    )
    return done.returncode, done.stdout or ""
