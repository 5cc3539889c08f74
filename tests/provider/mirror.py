"""Lets Terraform find a provider that is made from a kept list, under the provider's own name and version."""

import json
from pathlib import Path

from generator import terraform
from generator.terraform.provider import expected_layout
from tests.provider.server import reattach


def installed(version: str, folder: Path) -> dict[str, str]:
    """Write a mirror with one version of the provider into a folder; return the variables for ``init`` to use it.

    ``init`` checks the version against the constraints of the module, and starts nothing.
    """
    place = folder / "mirror" / expected_layout(terraform.binary()).replace("<version>", version)
    place.mkdir(parents=True)
    program = place / f"terraform-provider-aws_v{version}"
    program.write_text("#!/bin/sh\necho 'tests.provider.server serves this provider.' >&2; exit 1\n")
    program.chmod(0o755)
    configuration = folder / "terraform.tfrc"
    configuration.write_text(f'provider_installation {{\n  filesystem_mirror {{ path = "{folder}/mirror" }}\n}}\n')
    return {**terraform.environment(), "TF_CLI_CONFIG_FILE": str(configuration)}


def served(version: str) -> dict[str, str]:
    """Return the variables for all other commands to use the provider; with them, ``init`` checks no version of it."""
    source = expected_layout(terraform.binary()).partition("/<version>")[0]
    return {**terraform.environment(), "TF_REATTACH_PROVIDERS": json.dumps({source: reattach(version)})}
