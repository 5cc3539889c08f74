"""The bill of materials of a build: its files, and the provider that it needs, in CycloneDX."""

import uuid
from datetime import UTC, datetime, time
from typing import Final

from generator.release.builds import Build
from generator.release.writing import checksum

_NAMESPACE: Final = uuid.UUID("5b0f3a52-6a0e-5b6f-9c1d-1d1f0c0f7a11")
"""Namespace of the serial numbers, which are derived from the archive's checksum."""


def bill_of_materials(build: Build, archive: str) -> bytes:
    """Return the bill of materials in CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/).

    Takes the SHA-256 of the zip archive. Its time is the beginning of the version's day, and its number depends on the
    archive: it is the same each time.
    """
    # It takes longer to import than most commands take, and only this one needs it
    from cyclonedx.model import HashAlgorithm, HashType  # noqa: PLC0415
    from cyclonedx.model.bom import Bom, BomMetaData  # noqa: PLC0415
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
    from cyclonedx.model.license import DisjunctiveLicense  # noqa: PLC0415
    from cyclonedx.output.json import JsonV1Dot5  # noqa: PLC0415
    from packageurl import PackageURL  # noqa: PLC0415

    def sha256(digest: str) -> HashType:
        return HashType(alg=HashAlgorithm.SHA_256, content=digest)

    module = Component(
        type=ComponentType.LIBRARY,
        bom_ref=f"{build.name}@{build.version}",
        name=build.name,
        version=build.version,
        description="Terraform module",
        licenses=[DisjunctiveLicense(id="Apache-2.0")],
        hashes=[sha256(archive)],
    )
    provider = Component(
        type=ComponentType.LIBRARY,
        bom_ref="provider:hashicorp/aws",
        name="hashicorp/aws",
        description=f"Terraform provider, {build.variant.provider_constraint}",
        purl=PackageURL("terraform", "hashicorp", "aws"),
    )
    files = [
        Component(type=ComponentType.FILE, bom_ref=f"file:{path}", name=path, hashes=[sha256(checksum(content))])
        for path, content in build.files.items()
    ]
    bill = Bom(
        serial_number=uuid.uuid5(_NAMESPACE, archive),
        metadata=BomMetaData(component=module, timestamp=datetime.combine(build.day, time(), UTC)),
        components=[provider, *files],
    )
    bill.register_dependency(module, bill.components)
    return f"{JsonV1Dot5(bill).output_as_string(indent=2)}\n".encode()
