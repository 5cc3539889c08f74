"""Copies of root modules that Terraform can plan or apply without an AWS account."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from generator.errors import TerraformError
from generator.files import resolved
from generator.parsing import MAX_CONFIGURATION_BYTES, objects, parse_json, read_text, reported

_SUFFIXES: Final = (".tf", ".tf.json", ".tofu", ".tofu.json")
"""Of configuration files; only OpenTofu reads the latter two."""


def overlay(root: Path, into: Path) -> Path:
    """Copy a root module to a directory in which Terraform can work without a trace in the original.

    Takes the root module and an empty or missing directory. The directory gets the ancestors of the root up to the top
    of its project (the nearest ancestor that contains ``.git``, else two levels up), with links to their other
    content, so that relative module sources and file paths keep working. Only the root's own files are copied, without
    ``.terraform``, the dependency lock file and state. Returns the copy of the root.

    Raises:
        TerraformError: The root is not a directory, or contains no Terraform configuration.
    """
    original = root
    root = resolved(root)
    if not root.is_dir():
        raise TerraformError(f"{original}: not a directory.")
    if not _configuration_files(root):
        raise TerraformError(
            f"{original}: no Terraform configuration found. A root module needs a *.tf, *.tf.json, or *.tofu file."
        )
    top = next((directory for directory in root.parents if (directory / ".git").exists()), root.parent.parent)
    copy = resolved(into)
    copy.mkdir(parents=True, exist_ok=True)
    level = top
    for part in root.relative_to(top).parts:
        for sibling in level.iterdir():
            if sibling.name not in {part, ".git"}:
                (copy / sibling.name).symlink_to(sibling)
        level /= part
        copy /= part
        copy.mkdir()
    for entry in root.iterdir():
        if entry.name in {".git", ".terraform", ".terraform.lock.hcl"} or ".tfstate" in entry.name:
            continue
        if entry.is_dir():
            (copy / entry.name).symlink_to(entry)
        else:
            shutil.copy2(entry, copy / entry.name)
    return copy


def offline(root: Path) -> Path:
    """Write a file into a root module with which it can be planned without an AWS account or a remote state.

    The file overrides the credentials of every configuration of the AWS provider, and the backend. Meant for an
    :func:`overlay`. Returns the file.
    """
    return _override(
        root, {"skip_credentials_validation": True, "skip_metadata_api_check": True, "skip_requesting_account_id": True}
    )


def local(root: Path) -> Path:
    """Write a file into a root module with which it can be applied to an emulator of AWS, with a local state.

    The file overrides the credentials of every configuration of the AWS provider, and the backend; the environment
    variable ``AWS_ENDPOINT_URL`` must be the emulator's address. Meant for an :func:`overlay`. Returns the file.
    """
    return _override(
        root,
        {
            # The account is part of many ARNs, and an emulator has its own.
            "skip_requesting_account_id": False,
            "skip_metadata_api_check": True,
            # The name of a bucket is not a host on this machine.
            "s3_use_path_style": True,
            # The default is 25 with exponential backoff: minutes until an emulator that has stopped is noticed.
            "max_retries": 2,
        },
    )


def _override(root: Path, settings: Mapping[str, Any]) -> Path:
    # A profile in the root module would be looked up, and would fail on a machine without it.
    settings = {"access_key": "test", "secret_key": "test", "profile": "", **settings}
    providers = [settings, *({"alias": alias, **settings} for alias in dict.fromkeys(_aliases(root)))]
    override = {"terraform": [{"backend": {"local": {}}}], "provider": {"aws": providers}}
    file = root / "generator_override.tf.json"
    file.write_text(json.dumps(override, indent=2) + "\n", encoding="utf-8")
    return file


def _configuration_files(root: Path) -> list[Path]:
    return sorted(file for file in root.iterdir() if file.name.endswith(_SUFFIXES) and file.is_file())


def _aliases(root: Path) -> Iterator[str]:
    """Yield the aliases of the AWS provider in a root module."""
    for file in _configuration_files(root):
        for group in objects(_document(file).get("provider")):
            # python-hcl2 keeps the quotation marks of labels and strings.
            for configuration in objects(group.get("aws") or group.get('"aws"')):
                if alias := configuration.get("alias"):
                    yield alias.strip('"')


def _document(file: Path) -> Mapping[str, Any]:
    with reported(TerraformError, file):
        text = read_text(file, MAX_CONFIGURATION_BYTES)
    # Most files have no alias, and python-hcl2 takes a tenth of a second to load.
    if "alias" not in text:
        return {}
    import hcl2  # noqa: PLC0415
    from lark.exceptions import LarkError  # noqa: PLC0415

    try:
        document = parse_json(text) if file.name.endswith(".json") else hcl2.loads(text)
    except (ValueError, RecursionError, LarkError):
        # Terraform reports better than we could what is wrong with the file.
        return {}
    return document if isinstance(document, dict) else {}
