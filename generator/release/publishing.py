"""The archives of a version, with a bill of materials, provenance, and checksums.

The archives hold the module's files at their root, as registries ask for (README, LICENSE, ``main.tf``,
``variables.tf`` and ``outputs.tf``: https://developer.hashicorp.com/terraform/language/modules/develop/structure), and
nothing else.
"""

import json
import uuid
from typing import Any, Final

from generator.archives import tar_gz_of, zip_of
from generator.release.builds import Build
from generator.release.provenance import statement
from generator.release.writing import checksum

KINDS: Final = (".zip", ".tar.gz", ".cdx.json", ".provenance.json")
"""How the names of the files of a release end that have checksums."""
SUMS: Final = ".SHA256SUMS"
"""How the name of the file with these checksums ends."""

_NAMESPACE: Final = uuid.UUID("5b0f3a52-6a0e-5b6f-9c1d-1d1f0c0f7a11")
"""Namespace of the serial numbers of bills of materials, which are derived from the archive's checksum."""


def artifacts(build: Build) -> dict[str, bytes]:
    """Return the files that a release has of one form of the module, by their names; the checksums come last.

    The same module gives the same bytes on any day, on every machine.
    """
    made = {f"{build.stem}.zip": zip_of(build.files), f"{build.stem}.tar.gz": tar_gz_of(build.files)}
    made[f"{build.stem}.cdx.json"] = _bill(build, checksum(made[f"{build.stem}.zip"]))
    made[f"{build.stem}.provenance.json"] = statement(build, made)
    lines = [f"{checksum(made[path])}  {path}\n" for path in sorted(made)]
    return {**made, build.stem + SUMS: "".join(lines).encode()}


def _bill(build: Build, archive: str) -> bytes:
    """Return a bill of materials in CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/)."""
    reference = f"{build.name}@{build.version}"
    parts: list[dict[str, Any]] = [
        {
            "type": "library",
            "bom-ref": "provider:hashicorp/aws",
            "name": "hashicorp/aws",
            "description": f"Terraform provider, {build.variant.provider_constraint}",
            "purl": "pkg:terraform/hashicorp/aws",
        }
    ]
    parts += [
        {
            "type": "file",
            "bom-ref": f"file:{path}",
            "name": path,
            "hashes": [{"alg": "SHA-256", "content": checksum(build.files[path])}],
        }
        for path in sorted(build.files)
    ]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, archive)}",
        "version": 1,
        "metadata": {
            "timestamp": f"{build.day}T00:00:00Z",
            "component": {
                "type": "library",
                "bom-ref": reference,
                "name": build.name,
                "version": build.version,
                "description": "Terraform module",
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "hashes": [{"alg": "SHA-256", "content": archive}],
            },
        },
        "components": parts,
        "dependencies": [{"ref": reference, "dependsOn": [part["bom-ref"] for part in parts]}],
    }
    return (json.dumps(document, indent=2) + "\n").encode()
