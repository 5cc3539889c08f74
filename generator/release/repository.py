"""The repository from which a registry publishes the module: the module at the root, with examples that install it.

A registry for Terraform reads a repository whose name is ``terraform-PROVIDER-NAME``
(https://developer.hashicorp.com/terraform/registry/modules/publish). The examples are those of this project, with the
address and the version of the module, and with the packages of their functions, so that a copied one works. A variant
may not have what they use: its repository has one example, of the arguments that it needs.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from generator.archives import LINK
from generator.errors import OutputFolderError
from generator.package import package
from generator.package.entries import Selection
from generator.release.builds import Build
from generator.release.writing import write
from generator.render import aligned
from generator.resources import DISTRIBUTION, RESOURCES
from generator.scratch import scratch_directory
from generator.spec.examples import REGION
from generator.usage import Usage

_SOURCE: Final = re.compile(r'^( *)source( *)= "(?:\./|(?:\.\./)+)module"$', re.MULTILINE)
_VARIANT: Final = 'source = "../../build/'
_PACKAGE: Final = re.compile(r"/(?:\.\./)+dist/((\w+)\.zip)")
"""A package of a function in an example, as ``make package`` writes it in a checkout."""
_IN_A_CHECKOUT: Final[Mapping[str, str]] = {
    r"`make package` writes the package of the function\.": "The package of the function is in this directory.",
    r"^ *python -m generator package .*\n": "",
    r"\bpython -m generator ": f"{DISTRIBUTION} ",
    r"\bmodule/(?=inputs\.schema\.json)": "",
}
"""What READMEs say about a checkout, and what it is in the repository."""

_FUNCTIONS: Final = RESOURCES / "lambda_src"
_EXAMPLES: Final = RESOURCES / "examples"


def repository_name(build: Build) -> str:
    """Return the name that a registry asks for. A module has one word for its provider, and hyphens in its name."""
    return f"terraform-aws-{build.name.replace('_', '-')}"


def repository(build: Build, namespace: str) -> dict[str, bytes]:
    """Return the files of the repository by their paths.

    Takes the namespace in which a registry publishes the module, with the host of the registry if it is not the
    default one. The same module gives the same bytes on any day, on every machine.
    """
    address = f"{namespace}/{repository_name(build).removeprefix('terraform-aws-')}/aws"
    examples = _example_of_variant(build) if build.variant.profile else _examples()
    functions = {name for text in examples.values() for _, name in _PACKAGE.findall(text)}
    files = {**build.files, **_packages(examples)}
    for name in functions & {path.name for path in _FUNCTIONS.iterdir()}:
        files |= _sources(name)
    files |= {path: _PACKAGE.sub(r"/\1", text).encode() for path, text in examples.items()}
    for path in {path.rpartition("/")[0] for path in examples if path.endswith("/main.tf")}:
        files[f"{path}/versions.tf"] = _versions(build)
    return {path: _published(path, files[path], address, build.version) for path in sorted(files)}


def write_repository(files: Mapping[str, bytes], out: Path) -> tuple[str, ...]:
    """Write the repository into a directory that has nothing else except ``.git``, and return the written paths.

    Raises:
        OutputFolderError: The directory contains other files. Nothing was written.
        ReleaseError: A file of the repository would change, or cannot be written.
    """
    try:
        others = sorted(path for path in _present(out) if path not in files)
    except OSError as error:
        raise OutputFolderError(f"{error.filename or out}: {error.strerror}.") from None
    if others:
        more = " and more" if others[3:] else ""
        raise OutputFolderError(
            f"{out}: {', '.join(others[:3])}{more} would not be part of this version. "
            "Name a new or empty directory; it may contain .git."
        )
    return write(files, out, "Remove the files of the other version first (git rm -r .), or name a new directory.")


def _present(out: Path) -> Iterator[str]:
    """Yield the paths of what is in a directory, except its directories and what Git keeps."""
    waiting = [out] if out.exists() else []
    while waiting:
        for path in waiting.pop().iterdir():
            if path.is_dir() and not path.is_symlink():
                if path != out / ".git":
                    waiting.append(path)
            else:
                yield path.relative_to(out).as_posix()


def _examples() -> dict[str, str]:
    """Return the texts of the examples: of their directories, what this project has and no tool has written.

    An example of a variant is left out: the repository does not have the module that it calls.
    """
    kinds = ("*/*.tf", "*/*/*.tf", "*/README.md", "*/function/*.py")
    names = [path.relative_to(_EXAMPLES).as_posix() for kind in kinds for path in sorted(_EXAMPLES.glob(kind))]
    texts = {f"examples/{name}": (_EXAMPLES / name).read_text("utf-8") for name in names if "/." not in name}
    variants = {path.rpartition("/")[0] for path, text in texts.items() if _VARIANT in text and path.endswith(".tf")}
    return {path: text for path, text in texts.items() if not path.startswith(tuple(f"{one}/" for one in variants))}


def _example_of_variant(build: Build) -> dict[str, str]:
    """Return an example with the arguments that a variant needs, as its README has them."""
    arguments = dict(Usage(build.variant).arguments)
    if "function_filename" in arguments:
        node = str(build.variant.usage.get("function_runtime", "")).startswith("nodejs")
        package_name = f"stream_handler{'_node' if node else ''}.zip"
        arguments["function_filename"] = f'"${{path.module}}/../../dist/{package_name}"'
    lines = "\n".join(f"  {line}" for line in aligned(arguments))
    return {
        "examples/minimal/README.md": "# Minimal\n\nThe arguments that the module needs: replace their values.\n",
        "examples/minimal/main.tf": f'module "{build.name}" {{\n  source = "../../module"\n\n{lines}\n}}\n',
        "examples/minimal/providers.tf": f'provider "aws" {{\n  region = "{REGION}"\n}}\n',
    }


def _packages(examples: Mapping[str, str]) -> dict[str, bytes]:
    """Return the packages of the functions in the directories of the examples that use them."""
    wanted = {
        f"{path.rpartition('/')[0]}/{archive}": _FUNCTIONS / name
        for path, text in examples.items()
        for archive, name in _PACKAGE.findall(text)
    }
    with scratch_directory() as directory:
        made = {}
        for path, source in wanted.items():
            # The function of an example that has its own is next to it
            own = _EXAMPLES / path.split("/")[1] / "function"
            written = package(source if source.is_dir() else own, directory / "function.zip")
            made[path] = written.path.read_bytes()
    return made


def _sources(name: str) -> dict[str, bytes]:
    """Return the source of a function, and its README: a package alone could not be reviewed."""
    entries = [entry for entry in Selection(root=(_FUNCTIONS / name).resolve()).entries() if entry.mode != LINK]
    readme = _FUNCTIONS / name / "README.md"
    return {f"lambda_src/{name}/{entry.name}": entry.read() for entry in entries} | {
        f"lambda_src/{name}/README.md": readme.read_bytes()
    }


def _versions(build: Build) -> bytes:
    return f"""\
terraform {{
  required_version = "{build.variant.module.terraform}"

  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = "{build.variant.provider_constraint}"
    }}
  }}
}}
""".encode()


def _published(path: str, content: bytes, address: str, version: str) -> bytes:
    """Return a file as it is in the repository: it installs the module from the registry, and mentions no checkout."""
    if not path.endswith((".md", ".tf")) or path == "CHANGELOG.md":
        return content

    def pinned(found: re.Match[str]) -> str:
        width = max(len("version"), len("source" + found[2]) - 1)
        lines = {"source": address, "version": version}
        return "\n".join(f'{found[1]}{name:<{width}} = "{value}"' for name, value in lines.items())

    text = _SOURCE.sub(pinned, content.decode())
    if path.endswith(".md"):
        for pattern, replacement in _IN_A_CHECKOUT.items():
            text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return text.encode()
