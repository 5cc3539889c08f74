"""Lets Terraform find a provider that is made from a kept list, under the provider's own name and version."""

import shlex
import sys
from pathlib import Path

from generator import terraform
from generator.terraform.provider import expected_layout
from tests.support.planning import TOP


def environment(version: str, folder: Path) -> dict[str, str]:
    """Write a mirror with one version of the provider into a folder; return the variables for Terraform to use it."""
    program = terraform.binary()
    place = folder / "mirror" / expected_layout(program).replace("<version>", version)
    place.mkdir(parents=True)
    server = place / f"terraform-provider-aws_v{version}"
    command = [sys.executable, "-m", "tests.provider.server", version]
    # The library caches its certificate in the home directory
    server.write_text(
        f"#!/bin/sh\nexport HOME={shlex.quote(str(folder))} PYTHONPATH={shlex.quote(str(TOP))}\n"
        f"unset COVERAGE_PROCESS_START COVERAGE_PROCESS_CONFIG\nexec {shlex.join(command)}\n"
    )
    server.chmod(0o755)
    configuration = folder / "terraform.tfrc"
    configuration.write_text(f'provider_installation {{\n  filesystem_mirror {{ path = "{folder}/mirror" }}\n}}\n')
    return {**terraform.environment(), "TF_CLI_CONFIG_FILE": str(configuration)}
