"""The command ``release``. Apart from the other commands, so that these load nothing of it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from generator.arguments import PATH, Group
from generator.console import count
from generator.errors import UsageError
from generator.files import resolved
from generator.targets import PROFILE, PROVIDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.release.builds import Build

_NAMESPACE = r"([a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]+)?/)?[0-9A-Za-z]([0-9A-Za-z_-]{0,62}[0-9A-Za-z])?"
"""Namespace of a registry, after its host (HashiCorp, "Module registry protocol")."""


@click.group(cls=Group, invoke_without_command=True)
@click.option("--out", type=PATH, default=Path("dist"), help="Directory to write. [dist/]")
@PROFILE
@PROVIDER
@click.option("--changelog", type=PATH, help="Changelog. [CHANGELOG.md, or the profile's]")
@click.option("--url", help="URL of the directory to publish the archives in. [the directory they are written to]")
@click.option(
    "--sign", "private_key", metavar="KEY", help="Sign the checksums with this private key of cosign or minisign."
)
@click.option("--tree", type=PATH, help="Also write the repository that a registry publishes into this directory.")
@click.option("--namespace", metavar="[HOST/]NAME", help="Namespace of the module in the registry, for --tree.")
@click.option("--oci", type=PATH, help="Also write an OCI image layout of the module, for OpenTofu, to this directory.")
@click.pass_context
def release(  # noqa: PLR0917 - one parameter an option
    context: click.Context,
    out: Path,
    profile: Path | None,
    provider: str | None,
    changelog: Path | None,
    url: str | None,
    private_key: str | None,
    tree: Path | None,
    namespace: str | None,
    oci: Path | None,
) -> None:
    """Write the archives of a release.

    Writes a .zip and a .tar.gz of the module as specified (also if module/ differs), a bill of materials, provenance,
    and checksums. Without --profile and --provider, it also writes those of the build for provider 6, as VERSION-aws6.
    """
    if context.invoked_subcommand:
        _reject_options(context, context.invoked_subcommand)
        return
    from generator.release.builds import builds  # noqa: PLC0415 - the help needs none of these
    from generator.release.publishing import SUMS, artifacts  # noqa: PLC0415
    from generator.release.writing import checksum, write  # noqa: PLC0415

    _check_options(tree, namespace, private_key)
    made = builds(profile, provider, changelog)
    files = {name: content for build in made for name, content in artifacts(build).items()}
    written = write(files, out, "Raise the version, or delete the files if they were not published.")
    for name in files:
        _print_written(out / name, written=name in written)
        if private_key is not None and name.endswith(SUMS):
            _sign(out / name, private_key, again=name in written)
    if tree is not None and namespace is not None:
        _write_tree(made[0], tree, namespace)
    if oci is not None:
        _write_layout(made, oci)
    # Terraform accepts an archive with its checksum from an absolute path too, but not from a relative one.
    address = (url or str(resolved(out))).rstrip("/")
    for name, content in files.items():
        if name.endswith(".zip"):
            click.echo(f'source = "{address}/{name}?checksum=sha256:{checksum(content)}"')


def _reject_options(context: click.Context, command: str) -> None:
    for option in context.command.params:
        if context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE:
            raise UsageError(f"{option.opts[0]}: release {command} takes no option before its name. Remove it.")


def _check_options(tree: Path | None, namespace: str | None, private_key: str | None) -> None:
    if tree is not None and namespace is None:
        raise UsageError("--tree: set --namespace as well, from which the examples install the module.")
    if tree is None and namespace is not None:
        raise UsageError("--namespace: only --tree uses it. Set that as well, or leave this out.")
    if namespace is not None and not re.fullmatch(_NAMESPACE, namespace):
        raise UsageError(f'--namespace: "{namespace}" is not a namespace such as acme or registry.example.com/acme.')
    if private_key is not None:
        from generator.release.signing import program_of  # noqa: PLC0415

        program_of(private_key, "--sign")


def _print_written(path: object, *, written: bool) -> None:
    click.echo(f"{'written' if written else 'present':<8} {path}")


def _sign(path: Path, key: str, *, again: bool) -> None:
    from generator.release.signing import sign  # noqa: PLC0415

    written, signature = sign(path, key, again=again)
    _print_written(signature, written=written)


def _write_tree(build: "Build", out: Path, namespace: str) -> None:
    from generator.release.repository import repository, repository_name, write_repository  # noqa: PLC0415

    files = repository(build, namespace)
    _print_written(f"{out}: {count(len(files), 'file')}", written=bool(write_repository(files, out)))
    click.echo(f"Publish {out} as {repository_name(build)}, with the tag v{build.version}.")


def _write_layout(found: "Sequence[Build]", out: Path) -> None:
    from generator.release.oci import layout, tag  # noqa: PLC0415
    from generator.release.writing import write  # noqa: PLC0415

    files = layout(found)
    written = write(files, out, "Name a new directory: a layout has the tags of one version.")
    _print_written(f"{out}: {count(len(files), 'file')}, tags {', '.join(map(tag, found))}", written=bool(written))


@release.command()
@click.argument("path", metavar="DIRECTORY|ARCHIVE", type=PATH)
@PROFILE
@click.option("--key", metavar="KEY", help="Public key of cosign or minisign, for which signatures are required.")
def verify(path: Path, profile: Path | None, key: str | None) -> None:
    """Check the files of a release.

    Checks checksums, provenance, and signatures (with --key), and compares archives of the version of this program with
    what it renders. Takes a directory that release has written, or one of its archives with the files next to it.
    """
    from generator.release.verifying import verify as verified  # noqa: PLC0415 - the help needs none of it

    for one in verified(path, profile=profile, key=key):
        click.echo(f"{one.stem}: checksums and provenance match")
        click.echo(f"  signature  {one.signature}")
        click.echo(f"  module     {one.content}")
