"""The command ``release``. Apart from the other commands, so that these load nothing of it."""

import re
from pathlib import Path

import click

from generator.arguments import PATH
from generator.console import count
from generator.errors import UsageError
from generator.targets import PROFILE, PROVIDER

_NAMESPACE = r"([a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]+)?/)?[0-9A-Za-z]([0-9A-Za-z_-]{0,62}[0-9A-Za-z])?"
"""Namespace of a registry, after its host (HashiCorp, "Module registry protocol")."""


@click.command()
@click.option("--out", type=PATH, default=Path("dist"), help="Directory to write. [dist/]")
@PROFILE
@PROVIDER
@click.option("--changelog", type=PATH, help="Changelog. [CHANGELOG.md, or the profile's]")
@click.option("--url", help="URL of the directory to publish the archives in. [the directory they are written to]")
@click.option("--tree", type=PATH, help="Also write the repository that a registry publishes into this directory.")
@click.option("--namespace", metavar="[HOST/]NAME", help="Namespace of the module in the registry, for --tree.")
def release(  # noqa: PLR0917 - one parameter an option
    out: Path,
    profile: Path | None,
    provider: str | None,
    changelog: Path | None,
    url: str | None,
    tree: Path | None,
    namespace: str | None,
) -> None:
    """Write the archives of a release.

    Writes a .zip and a .tar.gz of the module as specified (also if module/ differs), their checksums, and a bill of
    materials. Without --profile and --provider, it also writes those of the build for provider 6, as VERSION-aws6.
    """
    from generator.release.builds import builds  # noqa: PLC0415 - the help needs none of these
    from generator.release.publishing import artifacts  # noqa: PLC0415
    from generator.release.repository import repository, repository_name, write_repository  # noqa: PLC0415
    from generator.release.writing import checksum, write  # noqa: PLC0415

    if (tree is None) != (namespace is None):
        raise UsageError(
            "--tree: set --namespace, from which the examples install the module, with it and only with it."
        )
    if namespace is not None and not re.fullmatch(_NAMESPACE, namespace):
        raise UsageError(f'--namespace: "{namespace}" is not a namespace such as acme or registry.example.com/acme.')
    made = builds(profile, provider, changelog)
    files = {name: content for build in made for name, content in artifacts(build).items()}
    written = write(files, out, "Raise the version, or delete the files if they were not published.")
    for name in files:
        click.echo(f"{'written' if name in written else 'present':<8} {out / name}")
    if tree is not None and namespace is not None:
        contents = repository(made[0], namespace)
        number = len(write_repository(contents, tree))
        click.echo(f"{'written' if number else 'present':<8} {tree}: {count(len(contents), 'file')}")
        click.echo(f"Publish {tree} as {repository_name(made[0])}, with the tag v{made[0].version}.")
    # Terraform accepts an archive with its checksum from an absolute path too, but not from a relative one.
    address = (url or str(out.resolve())).rstrip("/")
    for name, content in files.items():
        if name.endswith(".zip"):
            click.echo(f'source = "{address}/{name}?checksum=sha256:{checksum(content)}"')
