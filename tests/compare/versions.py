"""Compares versions of a module that a test writes as texts."""

from collections.abc import Mapping
from pathlib import Path

from generator.compare.comparing import Comparison, compare
from generator.compare.findings import Finding
from generator.compare.policy import Policy
from generator.compare.reading.sources import MemoryFiles, Version

Texts = Mapping[str, str]


def texts(directory: Path) -> dict[str, str]:
    """Return the texts of the HCL files of a directory by their names."""
    return {path.name: path.read_text("utf-8") for path in sorted(directory.glob("*.tf"))}


def version(files: Texts | str) -> Version:
    """Return a version with these files, or with one file of this text."""
    named = {"main.tf": files} if isinstance(files, str) else files
    return Version("test", MemoryFiles({path: text.encode() for path, text in named.items()}))


def compared(
    old: Texts | str, new: Texts | str, policy: Policy | None = None, *, recursive: bool = False
) -> Comparison:
    """Return the comparison of two versions."""
    return compare(version(old), version(new), policy, recursive=recursive)


def findings(old: Texts | str, new: Texts | str, policy: Policy | None = None) -> list[Finding]:
    """Return the findings of the comparison of two versions."""
    return compared(old, new, policy).findings


def rules(old: Texts | str, new: Texts | str) -> dict[str, str]:
    """Return the rules that find a difference between two versions, with their bumps."""
    return {one.rule: one.bump for one in findings(old, new)}
