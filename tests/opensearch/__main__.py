"""``python -m tests.opensearch VERSION...`` runs the suite against nodes of these versions, one after the other.

``OPENSEARCH_URL`` names a node that runs already, which is used instead.
"""

import os
import subprocess
import sys
from collections.abc import Sequence

import click

from tests.opensearch import nodes


def main(versions: Sequence[str]) -> int:
    """Run the suite and return the exit code: that of pytest, or 1 if a node cannot be had."""
    url = os.environ.get("OPENSEARCH_URL")
    try:
        for version in [] if url else versions:
            nodes.java_for(version)
            nodes.class_path(version)
    except nodes.UnavailableError as error:
        click.echo(f"Error: {error}", err=True)
        return 1
    environments = [{}] if url else [{"OPENSEARCH_VERSION": version} for version in versions]
    for environment in environments:
        click.echo(f"Testing OpenSearch {url or environment['OPENSEARCH_VERSION']} ...")
        command = [sys.executable, "-m", "pytest", "tests/opensearch"]
        done = subprocess.run(command, env={**os.environ, **environment}, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
