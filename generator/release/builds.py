"""The module as a release has it: its files as rendered for a provider, its changelog, and its license."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from generator.errors import ReleaseError
from generator.parsing import MAX_CONFIGURATION_BYTES, decode, read_bytes, reported
from generator.render import render_variant
from generator.resources import RESOURCES
from generator.targets import chosen_variant
from generator.variant import Variant


@dataclass(frozen=True, kw_only=True)
class Build:
    """A form of the module in a version: its files by their paths, and the day of the version in its changelog.

    ``suffix`` distinguishes it from the other forms in the same version.
    """

    variant: Variant
    files: Mapping[str, bytes]
    day: date
    suffix: str = ""
    profile: Mapping[str, bytes] = field(default_factory=dict)
    """The profile of a variant, by its name."""

    @property
    def name(self) -> str:
        """Name of the module."""
        return self.variant.module.name

    @property
    def version(self) -> str:
        """Version of the module, without the suffix."""
        return self.variant.module.version

    @property
    def stem(self) -> str:
        """Beginning of the names of its files."""
        return f"{self.name}-{self.version}{self.suffix}"


def builds(profile: Path | None, provider: str | None, changelog: Path | None) -> list[Build]:
    """Return the forms of the module, or of the variant of a profile, that a release has.

    The whole module has one for provider 5, which also runs on 6, and one for provider 6, unless a provider is named.
    The changelog is by default the project's, or the file next to the profile.

    Raises:
        ReleaseError: The changelog or the license cannot be read, or the former has no section for the version.
    """
    changelog = changelog or (profile.parent if profile else RESOURCES) / "CHANGELOG.md"
    documents = {}
    for place, file in (("CHANGELOG.md", changelog), ("LICENSE", RESOURCES / "LICENSE")):
        with reported(ReleaseError, file):
            documents[place] = read_bytes(file, MAX_CONFIGURATION_BYTES)
    with reported(ReleaseError, changelog):
        text = decode(documents["CHANGELOG.md"])
    variants = [chosen_variant(profile, target) for target in ([provider] if profile or provider else ["5", "6"])]
    return [
        Build(
            variant=variant,
            files={**documents, **render_variant(variant)},
            day=_day(text, variant.module.version, changelog),
            suffix="" if profile or variant.provider == "5" else f"-aws{variant.provider}",
            profile={profile.name: read_bytes(profile, MAX_CONFIGURATION_BYTES)} if profile else {},
        )
        for variant in variants
    ]


def _day(text: str, version: str, path: Path) -> date:
    """Return the date of a version's section in a changelog."""
    heading = f"## [{version}] - YYYY-MM-DD"
    pattern = re.escape(heading).replace("YYYY\\-MM\\-DD", r"(\d{4}-\d{2}-\d{2})")
    found = re.search(rf"^{pattern}[ \r]*$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if not found:
        raise ReleaseError(f'{path}: section "{heading}" not found. Describe the changes of this version there.')
    if not found[2].strip():
        raise ReleaseError(f"{path}: the section of version {version} is empty. Describe its changes there.")
    try:
        return date.fromisoformat(found[1])
    except ValueError as error:
        raise ReleaseError(f'{path}: "{found[1]}", the date of version {version}, is not valid ({error}).') from None
