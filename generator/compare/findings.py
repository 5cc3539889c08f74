"""What a comparison finds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from generator.compare.advice import Advice, advice
from generator.compare.reading.document import Place

BUMPS: Final = ("patch", "minor", "major")
"""Version bumps by their size (https://semver.org)."""

SEVERITIES: Final = {"major": "breaking", "minor": "feature", "patch": "fix"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One difference: the rule that found it, what it is about, what changed, and the smallest bump that allows it.

    ``policy`` names the setting that decides about the bump, if one does. ``old`` and ``new`` are where it stands in
    each version, ``suggestion`` is HCL that would avoid the break. ``module`` is the directory of a submodule.
    """

    rule: str
    subject: str
    message: str
    bump: str
    security: bool = False
    policy: str = ""
    old: Place | None = field(default=None, compare=False)
    new: Place | None = field(default=None, compare=False)
    suggestion: str = field(default="", compare=False)
    module: str = ""

    @property
    def severity(self) -> str:
        """``security`` if permissions grow, otherwise what the bump says: ``breaking``, ``feature`` or ``fix``."""
        return "security" if self.security else SEVERITIES[self.bump]

    @property
    def advice(self) -> Advice:
        """Why it concerns callers, and what they do."""
        return advice(self.rule)

    @property
    def address(self) -> str:
        """The subject, with the directory of the submodule that it is in."""
        return f"{self.module}: {self.subject}" if self.module else self.subject


class Placed(Protocol):
    """Something that stands on a line of a version."""

    @property
    def place(self) -> Place | None:
        """The line."""


def finding(
    rule: str,
    subject: str,
    message: str,
    bump: str,
    *,
    old: Placed | Place | None = None,
    new: Placed | Place | None = None,
    policy: str = "",
    suggestion: str = "",
    security: bool = False,
) -> Finding:
    """Return a finding about what stands in the old and in the new version."""
    places = [one if one is None or isinstance(one, Place) else one.place for one in (old, new)]
    return Finding(
        rule=rule,
        subject=subject,
        message=message,
        bump=bump,
        policy=policy,
        old=places[0],
        new=places[1],
        suggestion=suggestion,
        security=security,
    )


def merged(findings: Iterable[Finding], rule: str, subject: str, message: str) -> Iterator[Finding]:
    """Yield findings, with one about a subject in the place of several of a rule that are about parts of it."""
    several: list[Finding] = []
    for one in findings:
        if one.rule == rule and one.bump == "patch":
            several.append(one)
        else:
            yield one
    if len(several) < 2:  # noqa: PLR2004 - one says more alone
        yield from several
        return
    names = ", ".join(dict.fromkeys(one.subject.removeprefix(f"{subject}.") for one in several))
    yield replace(several[0], subject=subject, message=f"{message}: {names}")


def largest(findings: Iterable[Finding]) -> str:
    """Return the bump that all of the findings need together."""
    return max((finding.bump for finding in findings), key=BUMPS.index, default="patch")
