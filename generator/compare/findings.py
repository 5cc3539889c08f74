"""What a comparison finds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

BUMPS: Final = ("patch", "minor", "major")
"""Version bumps by their size (https://semver.org)."""

_SEVERITIES: Final = {"major": "breaking", "minor": "feature", "patch": "fix"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One difference: the rule that found it, what it is about, what changed, and the smallest bump that allows it."""

    rule: str
    subject: str
    message: str
    bump: str
    security: bool = False

    @property
    def severity(self) -> str:
        """``security`` where permissions grow, otherwise what the bump says: ``breaking``, ``feature`` or ``fix``."""
        return "security" if self.security else _SEVERITIES[self.bump]


def largest(findings: Iterable[Finding]) -> str:
    """Return the bump that all of the findings need together."""
    return max((finding.bump for finding in findings), key=BUMPS.index, default="patch")
