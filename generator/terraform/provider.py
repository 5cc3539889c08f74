"""The environment with which Terraform finds the AWS provider, from a mirror if this machine has one."""

import functools
import json
import os
import re
from pathlib import Path
from typing import Final

from generator.errors import TerraformError
from generator.parsing import MAX_CONFIGURATION_BYTES, read_text, reported
from generator.terraform.program import about, binary, clean_environment, temporary_directory

MIRROR_VARIABLE: Final = "DDB_STREAM_LAMBDA_PROVIDER_MIRROR"
"""Environment variable with the path of a filesystem mirror of the AWS provider."""

_OLDEST: Final = (5, 100)
_FIRST_UNSUPPORTED: Final = (7,)
_USUAL_PLACE = Path("/opt")


def environment(program: Path | None = None) -> dict[str, str]:
    """Return the environment variables with which to run Terraform, so that it finds the AWS provider.

    Takes the program to run (default: :func:`binary`). If this machine has a filesystem mirror of the provider where
    Terraform does not look by itself, ``TF_CLI_CONFIG_FILE`` is a temporary file that names it. The file also contains
    the user's CLI configuration; a ``provider_installation`` in that configuration takes precedence over the mirror.
    Mirrors are looked for in ``DDB_STREAM_LAMBDA_PROVIDER_MIRROR``, in Terraform's own directories, and in ``/opt/*``.

    Raises:
        TerraformError: ``DDB_STREAM_LAMBDA_PROVIDER_MIRROR`` names a directory without the provider.
    """
    program = program or binary()
    variables = clean_environment()
    mirror = _mirror(program)
    configuration = _user_configuration(program)
    # Terraform warns on every call about a file that does not exist.
    variables.pop("TF_CLI_CONFIG_FILE", None)
    if configuration:
        variables["TF_CLI_CONFIG_FILE"] = str(configuration)
    with reported(TerraformError, configuration):
        text = read_text(configuration, MAX_CONFIGURATION_BYTES) if configuration else ""
    is_json = text.lstrip().startswith("{")
    if mirror and not is_json and not re.search(r"^\s*provider_installation\b", text, re.MULTILINE):
        variables["TF_CLI_CONFIG_FILE"] = str(_configuration_file(text + _installation(mirror, program)))
    return variables


def expected_layout(program: Path) -> str:
    """Return the path below a mirror at which a program finds the AWS provider."""
    return f"{_source(program)}/<version>/{about(program).platform}"


def _source(program: Path) -> str:
    host = "registry.opentofu.org" if about(program).is_tofu else "registry.terraform.io"
    return f"{host}/hashicorp/aws"


def _mirror(program: Path) -> Path | None:
    """Return the mirror that Terraform does not find by itself, or None."""
    if named := os.environ.get(MIRROR_VARIABLE):
        mirror = Path(named).expanduser().absolute()
        if not _mirrored_versions(mirror, program):
            raise TerraformError(
                f'{MIRROR_VARIABLE}: "{named}" does not contain the AWS provider. '
                f"Name a directory that contains {expected_layout(program)}."
            )
        return mirror
    if any(_mirrored_versions(directory, program) for directory in _implied_mirrors(program)):
        return None
    for directory in sorted(_USUAL_PLACE.glob("*")):
        if any(_OLDEST <= version < _FIRST_UNSUPPORTED for version in _mirrored_versions(directory, program)):
            return directory
    return None


def _implied_mirrors(program: Path) -> list[Path]:
    """Return the directories in which Terraform looks by itself.

    https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    """
    home = Path.home()
    shared = [os.environ.get("XDG_DATA_HOME") or str(home / ".local/share")]
    shared += (os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    name = "opentofu" if about(program).is_tofu else "terraform"
    return [home / ".terraform.d/plugins", *(Path(directory) / name / "plugins" for directory in shared if directory)]


def _mirrored_versions(mirror: Path, program: Path) -> list[tuple[int, ...]]:
    """Return the versions of the AWS provider in a mirror for this platform, unpacked or as archives."""
    platform = about(program).platform
    archive = re.compile(rf"terraform-provider-aws_(.+)_{re.escape(platform)}\.zip")
    names = []
    try:
        for entry in (mirror / _source(program)).iterdir():
            if (entry / platform).is_dir():
                names.append(entry.name)
            elif match := archive.fullmatch(entry.name):
                names.append(match[1])
    except OSError:
        # A directory that is missing or cannot be read holds nothing for us.
        return []
    return [tuple(map(int, name.split("."))) for name in names if re.fullmatch(r"\d+(\.\d+)*", name)]


def _user_configuration(program: Path) -> Path | None:
    """Return the user's CLI configuration that Terraform would read, or None."""
    files = [
        Path.home() / f".{name}rc" for name in (("tofu", "terraform") if about(program).is_tofu else ("terraform",))
    ]
    if named := os.environ.get("TF_CLI_CONFIG_FILE"):
        files.insert(0, Path(named).absolute())
    return next((file for file in files if file.is_file()), None)


def _installation(mirror: Path, program: Path) -> str:
    provider = json.dumps(_source(program))
    return f"""
provider_installation {{
  filesystem_mirror {{
    path    = {json.dumps(str(mirror))}
    include = [{provider}]
  }}
  direct {{
    exclude = [{provider}]
  }}
}}
"""


@functools.cache
def _configuration_file(text: str) -> Path:
    # In a directory that only this user can read: the text may hold credentials for registries.
    file = temporary_directory(text) / "terraform.tfrc"
    file.write_text(text, encoding="utf-8")
    return file
