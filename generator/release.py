"""Releases: a version of the module as archives, with checksums and a bill of materials.

The archives hold the module's files at their root, as registries ask for (README, LICENSE, ``main.tf``,
``variables.tf`` and ``outputs.tf``: https://developer.hashicorp.com/terraform/language/modules/develop/structure), and
nothing else. They are rendered from the specification; ``module/`` is not read.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from generator.archives import tar_gz_of, zip_of
from generator.errors import ReleaseError
from generator.files import check_replaceable, replace_file
from generator.parsing import MAX_CONFIGURATION_BYTES, decode, read_bytes, reported

_NAMESPACE: Final = uuid.UUID("5b0f3a52-6a0e-5b6f-9c1d-1d1f0c0f7a11")
"""Namespace of the serial numbers of bills of materials, which are derived from the archive's checksum."""


@dataclass(frozen=True, kw_only=True)
class Build:
    """A form of the module: its files by their paths, and the providers that it needs with their constraints.

    ``suffix`` distinguishes its archives from those of the other forms in the same version.
    """

    files: Mapping[str, bytes]
    providers: Mapping[str, str]
    suffix: str = ""


@dataclass(frozen=True, kw_only=True)
class Release:
    """The files of a release by their names, which of them were written, and the lines that call the module."""

    files: Mapping[str, bytes]
    written: tuple[str, ...]
    sources: tuple[str, ...]


def release(
    builds: Sequence[Build],
    out: Path,
    *,
    name: str,
    version: str,
    changelog: Path,
    license_file: Path,
    url: str | None = None,
) -> Release:
    """Write the archives of a module, their checksums and a CycloneDX bill of materials into a directory.

    Takes the forms of the module, its name and version, its changelog (in which the version must have a section with
    its date), and the URL of the directory in which the archives will be published. Without a URL, the ``source`` lines
    name the archives on this machine. The same module gives the same bytes on any day, in any directory. An existing
    file that is the same stays; one that differs is not overwritten, because a released version never changes. The
    checksums of each form are written last.

    Raises:
        ReleaseError: The changelog has no section for the version, a released file would change (nothing was written
            then), or the directory cannot be written.
    """
    documents = {}
    for place, file in (("CHANGELOG.md", changelog), ("LICENSE", license_file)):
        with reported(ReleaseError, file):
            documents[place] = read_bytes(file, MAX_CONFIGURATION_BYTES)
    with reported(ReleaseError, changelog):
        text = decode(documents["CHANGELOG.md"])
    day = _day(text, version, changelog)
    made: dict[str, bytes] = {}
    for build in builds:
        made |= _made(build, documents, name=name, version=version, day=day)
    try:
        present = [path for path in made if _is_there(out / path)]
        changed = [path for path in present if _differs(out / path, made[path])]
        if changed:
            raise ReleaseError(
                f"{out}: {', '.join(changed)} would change, and a released version never does. Raise the version, "
                "or delete the files if they were not published."
            )
        out.mkdir(parents=True, exist_ok=True)
        for path, content in made.items():
            if path not in present:
                replace_file(out / path, content)
    except OSError as error:
        raise ReleaseError(f"{error.filename or out}: {error.strerror}.") from None
    # Terraform accepts an archive with its checksum from an absolute path too, but not from a relative one.
    address = (url or str(out.resolve())).rstrip("/")
    archives = [path for path in made if path.endswith(".zip")]
    return Release(
        files=made,
        written=tuple(path for path in made if path not in present),
        sources=tuple(f'source = "{address}/{path}?checksum=sha256:{_checksum(made[path])}"' for path in archives),
    )


def _is_there(path: Path) -> bool:
    """Return whether a file is at a path. A pipe, which would be read without an end, is an error."""
    if not path.is_file():
        check_replaceable(path)
    return path.exists()


def _differs(path: Path, content: bytes) -> bool:
    return path.stat().st_size != len(content) or path.read_bytes() != content


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _made(build: Build, documents: Mapping[str, bytes], *, name: str, version: str, day: date) -> dict[str, bytes]:
    """Return the files that a release has of one form of the module, by their names."""
    stem = f"{name}-{version}{build.suffix}"
    content = {**documents, **build.files}
    made = {f"{stem}.zip": zip_of(content), f"{stem}.tar.gz": tar_gz_of(content)}
    checksum = _checksum(made[f"{stem}.zip"])
    made[f"{stem}.cdx.json"] = _bill(
        content, name=name, version=version, day=day, checksum=checksum, providers=build.providers
    )
    lines = [f"{_checksum(made[path])}  {path}\n" for path in sorted(made)]
    return {**made, f"{stem}.SHA256SUMS": "".join(lines).encode()}


def _day(text: str, version: str, path: Path) -> date:
    """Return the date of a version's section in a changelog."""
    heading = f"## [{version}] - YYYY-MM-DD"
    pattern = re.escape(heading).replace("YYYY\\-MM\\-DD", r"(\d{4}-\d{2}-\d{2})")
    found = re.search(rf"^{pattern}[ \r]*$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if not found:
        raise ReleaseError(f'{path}: section "{heading}" not found. Describe the changes of this version there.')
    if not found[2].strip():
        raise ReleaseError(f"{path}: the section of version {version} is empty. Describe its changes there.")
    try:
        return date.fromisoformat(found[1])
    except ValueError as error:
        raise ReleaseError(f'{path}: "{found[1]}", the date of version {version}, is not valid ({error}).') from None


def _bill(
    files: Mapping[str, bytes], *, name: str, version: str, day: date, checksum: str, providers: Mapping[str, str]
) -> bytes:
    """Return a bill of materials in CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/)."""
    reference = f"{name}@{version}"
    parts: list[dict[str, Any]] = [
        {
            "type": "library",
            "bom-ref": f"provider:{provider}",
            "name": provider,
            "description": f"Terraform provider, {constraint}",
            "purl": f"pkg:terraform/{provider}",
        }
        for provider, constraint in sorted(providers.items())
    ]
    parts += [
        {
            "type": "file",
            "bom-ref": f"file:{path}",
            "name": path,
            "hashes": [{"alg": "SHA-256", "content": _checksum(files[path])}],
        }
        for path in sorted(files)
    ]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, checksum)}",
        "version": 1,
        "metadata": {
            "timestamp": f"{day}T00:00:00Z",
            "component": {
                "type": "library",
                "bom-ref": reference,
                "name": name,
                "version": version,
                "description": "Terraform module",
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "hashes": [{"alg": "SHA-256", "content": checksum}],
            },
        },
        "components": parts,
        "dependencies": [{"ref": reference, "dependsOn": [part["bom-ref"] for part in parts]}],
    }
    return (json.dumps(document, indent=2) + "\n").encode()
