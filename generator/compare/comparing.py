"""Brings the rules together."""

from collections.abc import Mapping

from generator.compare.findings import BUMPS, Finding
from generator.compare.interface import outputs, variables, versions
from generator.compare.permissions import permissions
from generator.compare.reading import describe
from generator.compare.resources import moved, others, resources

_RULES = (variables, outputs, versions, resources, others, permissions)


def compare(old: Mapping[str, str], new: Mapping[str, str]) -> list[Finding]:
    """Return what a new version of a module changes, what breaks most first.

    Takes the texts of each version's HCL files by their names.

    Raises:
        ModuleError: a file cannot be read.
    """
    if dict(old) == dict(new):
        return []
    before, after = describe(old), describe(new)
    # What a resource is called is no difference where a moved block says so
    after = after.renamed({new: old for old, new in moved(before, after).items()})
    findings = {finding: None for rule in _RULES for finding in rule(before, after)}
    told = any(finding.rule.startswith(("permission-", "principal-")) for finding in findings)
    kept = [finding for finding in findings if not (told and _is_policy(finding))]
    return sorted(kept, key=lambda one: (-BUMPS.index(one.bump), not one.security, one.subject, one.rule))


def _is_policy(finding: Finding) -> bool:
    """Tell whether a finding is that a policy changed, which the permissions in it say better."""
    return finding.rule == "argument-changed" and finding.subject.endswith((".policy", ".assume_role_policy"))
