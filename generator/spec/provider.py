"""The versions of the AWS provider that a build of the module can be for.

A target is ``"5"``, ``"6"``, or a minor version of 6, such as ``"6.40"``. The build for 5 uses what 5.100 has, and also
runs on 6. The build for 6 uses everything that is known here, and a build for 6.40 what 6.40 has.
"""

import functools
from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

OLDEST: Final = "5.100"
"""The provider that the build for 5 is written for."""
NEWEST: Final = "6.69"
"""The newest provider whose arguments were compared with the module's (tests/provider/)."""
BROKEN: Final = MappingProxyType(
    {
        "6.29": (
            "6.29.0",
            "it crashes if a table has global_secondary_index blocks that are dynamic, which 6.30.0 fixes",
        )
    }
)
"""By minor version: the version that cannot plan this module, and why (provider #46195)."""
KEY_SCHEMA: Final = "6.30"
"""The first version with ``key_schema`` of an index that can plan this module; it deprecates ``hash_key`` and ``range_key``
there."""
_MAJORS: Final = MappingProxyType({"5": OLDEST, "6": NEWEST})
ACCEPTED: Final = f"5, 6, or a version from 6.0 to {NEWEST}"


class ProviderError(ValueError):
    """A target that no build can be for; the text says what is accepted."""


@functools.cache
def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, by which versions are compared."""
    return tuple(map(int, version.split(".")))


def target(text: str) -> str:
    """Return the target, if a build can be for it.

    Raises:
        ProviderError: There is no such version, it is not known here, or it cannot plan the module.
    """
    if text in BROKEN:
        raise ProviderError(f'"{text}" cannot plan this module: {BROKEN[text][1]}. Use another version')
    known = {f"6.{minor}" for minor in range(numbers(NEWEST)[1] + 1)}
    if text not in _MAJORS and text not in known:
        raise ProviderError(f'"{text}" is not {ACCEPTED}')
    return text


@functools.cache
def has(target: str, since: str) -> bool:
    """Return whether the provider of a target has what ``since`` is the first version of."""
    return numbers(since) <= numbers(_MAJORS.get(target, target))


def constraint(target: str, used: Iterable[str]) -> str:
    """Return the version constraint of a build for a target, which uses what these versions are the first of.

    A major version asks for what is used, a minor version for itself.
    """
    floor = target if target not in _MAJORS else max([OLDEST if target == "5" else "6.0", *used], key=numbers)
    excluded = "".join(f", != {version}" for minor, (version, _) in BROKEN.items() if numbers(floor) < numbers(minor))
    return f">= {floor}, < 7.0{excluded}"
