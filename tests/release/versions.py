"""Releases to check: those of this version, and forged ones, whose files agree with each other."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from generator.archives import tar_gz_of, zip_of
from generator.release.builds import Build, builds
from generator.release.publishing import KINDS, SUMS, artifacts
from generator.release.writing import checksum, write


def current(profile: Path | None = None, changelog: Path | None = None) -> list[Build]:
    """Return the builds of the present version of the module, or of the variant of a profile."""
    return builds(profile, None, changelog)


def numbered(build: Build, version: str) -> Build:
    """Return a build as that of another version."""
    return replace(build, variant=replace(build.variant, module=replace(build.variant.module, version=version)))


def publish(found: list[Build], folder: Path) -> Path:
    """Write the files of builds into a new directory, and return it."""
    for build in found:
        write(artifacts(build), folder, "")
    return folder


def forge(build: Build, folder: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Write a release of which the archives were changed, with the checksums of the changed ones everywhere."""
    made = artifacts(build)
    archives = {kind: made[build.stem + kind] for kind in KINDS[:2]}
    change(archives)
    made |= {build.stem + kind: content for kind, content in archives.items()}
    return seal(made, build.stem, folder)


def seal(made: dict[str, bytes], stem: str, folder: Path) -> Path:
    """Write files with the provenance and the checksums that belong to them."""
    provenance = stem + KINDS[3]
    statement = json.loads(made[provenance])
    for subject in statement["subject"]:
        subject["digest"]["sha256"] = checksum(made[subject["name"]])
    made[provenance] = json.dumps(statement).encode()
    names = sorted(stem + kind for kind in KINDS)
    made[stem + SUMS] = "".join(f"{checksum(made[name])}  {name}\n" for name in names).encode()
    write(made, folder, "")
    return folder


def archives_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return both archives of files, as a release has them."""
    return {".zip": zip_of(files), ".tar.gz": tar_gz_of(files)}
