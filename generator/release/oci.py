"""An OCI image layout of the module: other programs copy it into a registry, from which OpenTofu 1.10 installs it.

The media types are those of OpenTofu (https://opentofu.org/docs/cli/oci_registries/module-package/): a manifest with
the artifact type of a module package, and one layer, the zip archive. The rest is of the OCI image specification 1.1
(https://github.com/opencontainers/image-spec): the layout, the index, and the empty configuration of an artifact.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from generator.archives import zip_of
from generator.release.builds import Build
from generator.release.writing import checksum

_OCI: Final = "application/vnd.oci"
_MODULE: Final = "application/vnd.opentofu.modulepkg"
_ANNOTATION: Final = "org.opencontainers.image"
_EMPTY: Final = b"{}"


def tag(build: Build) -> str:
    """Return the tag of a build: its version, and what distinguishes it from the other forms."""
    return f"{build.version}{build.suffix}"


def layout(builds: Sequence[Build]) -> dict[str, bytes]:
    """Return the files of an image layout with a tag for each build, by their paths; the index comes last.

    The same module gives the same bytes on any day, on every machine.
    """
    blobs: dict[str, bytes] = {}
    manifests = []
    for build in builds:
        layer = _blob(blobs, zip_of(build.files), "archive/zip")
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{_OCI}.image.manifest.v1+json",
            "artifactType": _MODULE,
            "config": _blob(blobs, _EMPTY, f"{_OCI}.empty.v1+json"),
            "layers": [{**layer, "annotations": {f"{_ANNOTATION}.title": f"{build.stem}.zip"}}],
            "annotations": {
                f"{_ANNOTATION}.created": f"{build.day}T00:00:00Z",
                f"{_ANNOTATION}.licenses": "Apache-2.0",
                f"{_ANNOTATION}.title": build.name,
                f"{_ANNOTATION}.version": tag(build),
            },
        }
        described = _blob(blobs, _json(manifest), f"{_OCI}.image.manifest.v1+json")
        named = {"artifactType": _MODULE, "annotations": {f"{_ANNOTATION}.ref.name": tag(build)}}
        manifests.append({**described, **named})
    files = {f"blobs/sha256/{digest}": blobs[digest] for digest in sorted(blobs)}
    files["oci-layout"] = _json({"imageLayoutVersion": "1.0.0"})
    index = {"schemaVersion": 2, "mediaType": f"{_OCI}.image.index.v1+json", "manifests": manifests}
    return {**files, "index.json": _json(index)}


def _blob(blobs: dict[str, bytes], content: bytes, media_type: str) -> dict[str, Any]:
    """Add a content to the blobs, and return its descriptor."""
    digest = checksum(content)
    blobs[digest] = content
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
