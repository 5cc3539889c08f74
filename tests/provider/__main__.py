"""``make provider-schema [VERSION]``: keeps the arguments that a version of the AWS provider has for our resources.

They are read from the package of its CDK bindings, which pip downloads (about 46 MB). Prints what is new, required, or
gone since the newest older version that is kept.
"""

import functools
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from generator.render import render
from tests.provider import bindings, kept
from tests.provider.hcl import data_sources, parse, resources
from tests.provider.schema import Attribute, Block, Schema, paths
from tests.support.examples import EXAMPLES, VARIANTS, variant_files

PACKAGES: Final = ("cdktf-cdktf-provider-aws", "cdktn-provider-aws")
"""Successors: the second has the releases for provider 6.28 and later."""
_FIRST: Final = (19, 0, 0)
"""The first release of the bindings that is looked at: provider 5.20."""
_LIBRARY: Final = re.compile(r"package/lib/([a-z0-9-]+)/index\.js")
_PROVIDER: Final = re.compile(r"providers/hashicorp/aws/([0-9]+\.[0-9]+\.[0-9]+)")


class FetchError(Exception):
    """The bindings of the version cannot be had."""


def main(arguments: list[str]) -> None:
    """Fetch, write, and print the differences."""
    wanted = arguments[0] if arguments and arguments[0] else None
    with tempfile.TemporaryDirectory(prefix="ddb-stream-lambda-") as folder:
        version, wheel = find(wanted, Path(folder))
        examples = used_by_examples()
        scripts = read_scripts(wheel, used() | examples)
        package = "-".join(wheel.name.split("-")[:2]).replace("_", "-")
    newer = [one for one in kept.versions() if kept.numbers(one) > kept.numbers(version)]
    known = kept.schemas(newer[0]) if newer else {}
    read = {kind: bindings.read(script, known.get(kind)) for kind, script in scripts.items()}
    found = {kind: schema for kind, schema in read.items() if kind not in examples}
    older = [one for one in kept.versions() if kept.numbers(one) < kept.numbers(version)]
    path = kept.write(version, package, found)
    if not newer:
        kept.write(version, package, {kind: read[kind] for kind in examples}, kept.EXAMPLES)
    print(f"written {path.name} ({len(found)} resources and data sources)")
    if older:
        lines = list(differences(kept.schemas(older[-1]), found))
        print("\n".join([f"Since {older[-1]}:", *lines]) if lines else f"No difference from {older[-1]}.")


@functools.cache
def used() -> frozenset[str]:
    """Return the types of the module's resources, and ``data.TYPE`` for its data sources."""
    parsed = parse(render("6"))
    return frozenset(kind for kind, _, _ in resources(parsed)) | {f"data.{kind}" for kind in data_sources(parsed)}


def used_by_examples() -> frozenset[str]:
    """Return the types of resources that only examples use, or the variants that they call."""
    paths = [path for example in EXAMPLES.values() for path in example.glob("*.tf")]
    files = {path.as_posix(): path.read_bytes() for path in paths}
    for profile in VARIANTS:
        files |= {f"{profile}/{name}": content for name, content in variant_files(profile).items()}
    parsed = parse(files)
    return frozenset(kind for kind, _, _ in resources(parsed)) - used()


def differences(old: dict[str, Schema], new: dict[str, Schema]) -> Iterator[str]:
    """Yield a line for each argument or block that is new, has become required, or is gone.

    What only the provider sets is none: an attribute that a configuration can set from now on is new.
    """
    for kind in sorted(old.keys() | new.keys()):
        before, after = _settable(old.get(kind, {})), _settable(new.get(kind, {}))
        for path in sorted(before.keys() | after.keys()):
            if path not in before:
                yield f"  new       {kind}: {path}{' (required)' if after[path].required else ''}"
            elif path not in after:
                yield f"  gone      {kind}: {path}"
            elif after[path].required and not before[path].required:
                yield f"  required  {kind}: {path}"


def _settable(schema: Schema) -> dict[str, Attribute | Block]:
    return {path: member for path, member in paths(schema) if isinstance(member, Block) or member.settable}


def find(wanted: str | None, folder: Path) -> tuple[str, Path]:
    """Download the newest bindings of a provider such as ``6.40`` or ``6.40.0``, and return its version and the wheel.

    Releases of the bindings follow those of the provider, so that a few of them lead to the one that is wanted.
    """
    releases = sorted({release for package in PACKAGES for release in _releases(package)})
    if wanted is None:
        return _download(releases[-1], folder)
    goal = tuple(map(int, wanted.split(".")))
    low, high = 0, len(releases) - 1
    best = None
    while low <= high:
        middle = (low + high) // 2
        version, wheel = _download(releases[middle], folder)
        if kept.numbers(version)[: len(goal)] == goal:
            best = version, wheel
        if kept.numbers(version)[: len(goal)] <= goal:
            low = middle + 1
        else:
            high = middle - 1
    if best is None:
        raise FetchError(f'no bindings of provider "{wanted}" are published')
    return best


def _releases(package: str) -> list[tuple[tuple[int, ...], str]]:
    listed = _pip("index", "versions", package)
    line = next(line for line in listed.splitlines() if line.startswith("Available versions: "))
    found = [(kept.numbers(version), package) for version in line.partition(": ")[2].split(", ")]
    return [one for one in found if one[0] >= _FIRST]


def _download(release: tuple[tuple[int, ...], str], folder: Path) -> tuple[str, Path]:
    numbers, package = release
    name = f"{package}=={'.'.join(map(str, numbers))}"
    _pip("download", "--quiet", "--no-deps", "--dest", str(folder), name)
    (wheel,) = folder.glob(f"{package.replace('-', '_')}-{'.'.join(map(str, numbers))}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        match = _PROVIDER.search(archive.read(metadata).decode())
    if not match:
        raise FetchError(f"{name}: it does not name the version of the provider")
    return match[1], wheel


def read_scripts(wheel: Path, kinds: frozenset[str]) -> dict[str, str]:
    """Return the JavaScript of the bindings of each type."""
    folders = {_folder(kind): kind for kind in kinds}
    scripts = {}
    with zipfile.ZipFile(wheel) as archive:
        (assembly,) = (one for one in archive.namelist() if one.endswith(".jsii.tgz"))
        with archive.open(assembly) as stream, tarfile.open(fileobj=stream, mode="r|gz") as package:
            for member in package:
                match = _LIBRARY.fullmatch(member.name)
                if match and match[1] in folders and (file := package.extractfile(member)):
                    scripts[folders[match[1]]] = file.read().decode()
    if missing := kinds - scripts.keys():
        raise FetchError(f"{wheel.name}: it does not have {', '.join(sorted(missing))}")
    return scripts


def _folder(kind: str) -> str:
    prefix = "data-aws-" if kind.startswith("data.") else ""
    return prefix + kind.removeprefix("data.").removeprefix("aws_").replace("_", "-")


def _pip(*arguments: str) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise FetchError(f"pip {arguments[0]}: {(done.stderr or done.stdout).strip().splitlines()[-1]}")
    return done.stdout


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (FetchError, bindings.BindingsError, ValueError) as error:
        sys.exit(f"Error: {error}.")
