"""Checks the files of a release: checksums, provenance, signature, and what the specification renders.

Checksums and provenance show that files are complete and belong together. Only a signature shows who made them, and
only the comparison with the specification that the module is the one of this program.
"""

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from generator import __version__
from generator.archives import read_archive, tar_of, zip_of
from generator.errors import ReleaseError
from generator.parsing import read_bytes, reported, shown
from generator.release.provenance import read
from generator.release.publishing import KINDS, SUMS
from generator.release.signing import check_signature, signature_of
from generator.release.writing import checksum
from generator.render import render_variant
from generator.resources import RESOURCES
from generator.spec.provider import ProviderError, target
from generator.targets import chosen_variant
from generator.variant import Variant

_LINE: Final = re.compile(r"([0-9a-f]{64})  ([\w.+-]+)\n", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What was checked of one form of a version, as clauses: its name, its signature, and its content."""

    stem: str
    signature: str
    content: str


def verify(path: Path, *, profile: Path | None = None, key: str | None = None) -> list[Verified]:
    """Check a directory with the files of releases, or one archive with the files next to it.

    Takes the profile of a variant, to compare it with that, and the public key of the signatures.

    Raises:
        ReleaseError: A file is missing, has another content than its checksum or the provenance says, has no signature
            of the key, or is not what this version of the program renders.
    """
    if path.is_dir():
        sums = sorted(path.glob(f"*{SUMS}"))
        if not sums:
            raise ReleaseError(f"{path}: no file *{SUMS}. Name the directory of a release, or one of its archives.")
    else:
        stem = next((path.name.removesuffix(kind) for kind in KINDS[:2] if path.name.endswith(kind)), None)
        if stem is None:
            raise ReleaseError(f"{path}: not a directory or an archive ({' or '.join(KINDS[:2])}) of a release.")
        sums = [path.with_name(stem + SUMS)]
    return [_verify(one, profile, key) for one in sums]


def _verify(sums: Path, profile: Path | None, key: str | None) -> Verified:
    stem = sums.name.removesuffix(SUMS)
    listed = _listed(sums, stem)
    for name, digest in listed.items():
        if checksum(_content(sums.with_name(name))) != digest:
            raise ReleaseError(f"{sums.with_name(name)}: the SHA-256 is not that in {sums.name}.")
    archive, tar, _, provenance = (sums.with_name(stem + kind) for kind in KINDS)
    subjects, parameters = read(_content(provenance), provenance)
    if subjects != {name: digest for name, digest in listed.items() if name != provenance.name}:
        raise ReleaseError(f"{provenance}: the checksums of its subjects are not those in {sums.name}.")
    if not re.fullmatch(re.escape(f"{parameters['module']}-{parameters['version']}") + r"(-aws[0-9.]+)?", stem):
        about = shown(f"{parameters['module']} {parameters['version']}")
        raise ReleaseError(f"{provenance}: it is about {about}, not about {stem}.")
    if key:
        signature = f"valid, checked with {check_signature(sums, key)}"
    else:
        signature = "not checked: pass --key with the public key" if signature_of(sums) else "none"
    return Verified(stem=stem, signature=signature, content=_compare(archive, tar, parameters, profile))


def _listed(sums: Path, stem: str) -> dict[str, str]:
    """Return the checksums of a file of checksums, which must list what a release has, and nothing else."""
    text = _content(sums).decode("ascii", errors="replace")
    found = [(line[2], line[1]) for line in _LINE.finditer(text)]
    expected = sorted(stem + kind for kind in KINDS)
    if "".join(f"{digest}  {name}\n" for name, digest in found) != text or [name for name, _ in found] != expected:
        raise ReleaseError(f"{sums}: expected a line with the SHA-256 of each of {', '.join(expected)}.")
    return dict(found)


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise ReleaseError(f"{path}: no such file. It is part of the release.")
    with reported(ReleaseError, path):
        return read_bytes(path)


def _compare(archive: Path, tar: Path, parameters: Mapping[str, str], profile: Path | None) -> str:
    """Compare the archives with each other, and with what this program renders if it is of the same version."""
    contents = []
    for path in (archive, tar):
        with reported(ReleaseError, path):
            contents.append(read_archive(path))
    if contents[0] != contents[1]:
        raise ReleaseError(f"{tar}: the files are not those of {archive.name}.")
    try:
        variant = chosen_variant(profile, target(parameters["provider"]))
    except ProviderError:
        return f"not compared: this program does not build for provider {shown(parameters['provider'])}"
    of_archive = f"{parameters['module']} {parameters['version']}"
    of_program = f"{variant.module.name} {variant.module.version}"
    if of_archive != of_program:
        kind = "the profile" if profile else "this program"
        return f"not compared: {kind} is for {of_program}"
    _check_rendered(archive, tar, contents[0], variant)
    return f"equal to what version {__version__} of this program renders"


def _check_rendered(archive: Path, tar: Path, files: Mapping[str, bytes], variant: Variant) -> None:
    """Check that the archives hold what a variant renders, with a license and a changelog, and nothing else."""
    same_tar = False
    # Nothing renders the changelog
    documents = {"CHANGELOG.md": files.get("CHANGELOG.md", b""), "LICENSE": (RESOURCES / "LICENSE").read_bytes()}
    rendered = {**documents, **render_variant(variant)}
    different = sorted(path for path in files.keys() | rendered.keys() if files.get(path) != rendered.get(path))
    if different:
        more = f" and {len(different) - 3} more" if different[3:] else ""
        raise ReleaseError(
            f"{archive}: differs from what version {__version__} of this program renders: "
            f"{', '.join(different[:3])}{more}."
        )
    # What is read leaves out links, and paths outside. Another compression is not another content.
    expected = tar_of(rendered)
    with suppress(OSError, EOFError, zlib.error), gzip.open(tar) as unpacked:
        same_tar = unpacked.read(len(expected) + 1) == expected
    with archive.open("rb") as file:
        same_zip = list(_entries(file)) == list(_entries(io.BytesIO(zip_of(rendered))))
    for path, same in ((archive, same_zip), (tar, same_tar)):
        if not same:
            raise ReleaseError(f"{path}: has entries that this program does not write, such as links.")


def _entries(file: IO[bytes]) -> Iterator[tuple[object, ...]]:
    with zipfile.ZipFile(file) as archive:
        for one in archive.infolist():
            yield (
                one.filename,
                one.date_time,
                one.create_system,
                one.external_attr,
                one.extra,
                one.comment,
                one.file_size,
            )
