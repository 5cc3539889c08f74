"""What a build changes for the callers of the module that was there before."""

import re
from collections.abc import Mapping
from typing import Final

from generator.compare.comparing import compare
from generator.compare.findings import BUMPS, largest
from generator.compare.formats import Report, as_text
from generator.compare.policy import Policy, for_versions
from generator.compare.reading.sources import MemoryFiles, Version
from generator.errors import ModuleError

_HEADER: Final = re.compile(rb"^# [a-z0-9_]+ ([0-9]+\.[0-9]+\.[0-9]+)$", re.MULTILINE)
"""The name and the version of a module in its ``versions.tf``."""


def effects(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[str, str | None]:
    """Return what changes for callers between the files of two builds, and what is wrong with the new version number.

    The text lists changes from minor on, and all that concern security.
    """
    old, new = map(_number, (before, after))
    versions = (Version(old or "before", MemoryFiles(before)), Version(new or "after", MemoryFiles(after)))
    policy = for_versions(Policy(), *(version.number for version in versions))
    try:
        comparison = compare(*versions, policy)
    except ModuleError as error:
        return f"What changes for callers is not known: {error}.", None
    bump = policy.version_bump(largest(comparison.findings)) if comparison.findings else ""
    text = as_text(Report(comparison, policy, "minor"))
    return f"For callers of the module:\n{text}", _problem(old, new, bump) if old and new and bump else None


def _problem(old: str, new: str, bump: str) -> str | None:
    before, after = (list(map(int, number.split("."))) for number in (old, new))
    raised = len(BUMPS) - BUMPS.index(bump)
    if after[:raised] > before[:raised]:
        return None
    least = [*before[: raised - 1], before[raised - 1] + 1, *[0] * (len(before) - raised)]
    return f"version {new} follows {old}, but the changes need a {bump} bump. Set {'.'.join(map(str, least))} or later."


def _number(files: Mapping[str, bytes]) -> str:
    match = _HEADER.search(files.get("versions.tf", b""))
    return match[1].decode() if match else ""
