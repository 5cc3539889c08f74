"""Version constraints, as sets of versions."""

import re
from dataclasses import dataclass
from typing import Final

Version = tuple[int, ...]
_TERM: Final = re.compile(r"(>=|<=|~>|!=|[<>=]?)\s*v?(\d+(?:\.\d+)*)(-[0-9A-Za-z.-]+)?")
_FIELDS: Final = 3
_DIGITS: Final = 19
"""Digits of a number that count; go-version, which Terraform uses, rejects those that take more than 64 bits."""


@dataclass(frozen=True)
class Range:
    """The versions that a constraint allows: from ``low`` on, below ``high``, without those of ``excluded``."""

    low: Version | None
    high: Version | None
    excluded: frozenset[Version]


def read(constraint: str) -> Range:
    """Return what a constraint allows; the order of its terms does not matter."""
    low: Version | None = None
    high: Version | None = None
    excluded: set[Version] = set()
    for operator, text, _ in _TERM.findall(constraint):
        parts = tuple(int(part[:_DIGITS]) for part in text.split("."))
        full = (*parts, *[0] * _FIELDS)[:_FIELDS]
        following = (*full[:-1], full[-1] + 1)
        if operator == "!=":
            excluded.add(full)
        if operator in (">=", ">", "~>", "=", ""):
            floor = following if operator == ">" else full
            low = floor if low is None else max(low, floor)
        ceiling = None
        if operator == "<":
            ceiling = full
        elif operator == "~>":
            top = (*parts[:-2], parts[-2] + 1) if len(parts) > 1 else (parts[0] + 1,)
            ceiling = (*top, *[0] * _FIELDS)[:_FIELDS]
        elif operator in ("<=", "=", ""):
            ceiling = following
        if ceiling is not None:
            high = ceiling if high is None else min(high, ceiling)
    inside = {one for one in excluded if (low is None or one >= low) and (high is None or one < high)}
    return Range(low, high, frozenset(inside))


def major(version: Version) -> Version:
    """Return what must stay the same for versions to be compatible: the major version, or 0.y."""
    return version[:2] if version[0] == 0 else version[:1]


def last_major(high: Version) -> Version:
    """Return the major version of the last versions below one."""
    if any(high[1:]):
        return major(high)
    return (high[0] - 1,) if high[0] else (0,)


def shown(version: Version) -> str:
    """Return a version without the zeros at its end, at least with two fields."""
    fields = list(version)
    while len(fields) > 2 and fields[-1] == 0:  # noqa: PLR2004 - as people write versions
        fields.pop()
    return ".".join(map(str, fields))
