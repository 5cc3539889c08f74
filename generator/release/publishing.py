"""The archives of a version, with a bill of materials, provenance, and checksums.

The archives hold the module's files at their root, as registries ask for (README, LICENSE, ``main.tf``,
``variables.tf`` and ``outputs.tf``: https://developer.hashicorp.com/terraform/language/modules/develop/structure), and
nothing else.
"""

from typing import Final

from generator.archives import tar_gz_of, zip_of
from generator.release.bill import bill_of_materials
from generator.release.builds import Build
from generator.release.provenance import statement
from generator.release.writing import checksum

KINDS: Final = (".zip", ".tar.gz", ".cdx.json", ".provenance.json")
"""How the names of the files of a release end that have checksums."""
SUMS: Final = ".SHA256SUMS"
"""How the name of the file with these checksums ends."""


def artifacts(build: Build) -> dict[str, bytes]:
    """Return the files that a release has of one form of the module, by their names; the checksums come last.

    The same module gives the same bytes on any day, on every machine; the bill of materials does with one version of
    the library that writes it.
    """
    made = {f"{build.stem}.zip": zip_of(build.files), f"{build.stem}.tar.gz": tar_gz_of(build.files)}
    made[f"{build.stem}.cdx.json"] = bill_of_materials(build, checksum(made[f"{build.stem}.zip"]))
    made[f"{build.stem}.provenance.json"] = statement(build, made)
    lines = [f"{checksum(made[path])}  {path}\n" for path in sorted(made)]
    return {**made, build.stem + SUMS: "".join(lines).encode()}
