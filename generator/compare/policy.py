"""What changes cost about which maintainers differ, as a file or as options say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from generator.compare.findings import BUMPS
from generator.errors import UsageError
from generator.parsing import MAX_CONFIGURATION_BYTES, exists, parse_toml, read_text, reported, shown

_YES: Final[Mapping[Any, bool]] = {"true": True, "false": False, True: True, False: False}


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The version bump that each of these changes needs at least; in a file, the names are written with hyphens."""

    provider_floor: str = "minor"
    """The minimum version of a provider is raised within a major version."""
    terraform_floor: str = "minor"
    """The minimum version of Terraform is raised within a major version; before 1.0, each 0.x is one."""
    ceiling: str = "minor"
    """Versions are excluded that have not been released, or of a major version of which others stay."""
    module_pin: str = "minor"
    """A called module of a registry or a repository is of another version."""
    bug_fix: str = "minor"
    """A value changes for callers that set certain variables, and for no others."""
    unknown_value: str = "minor"
    """A value comes from a data source or a called module, and it is not known whether it is another one."""
    initial_development: bool = False
    """Versions are 0.y.z, in which a break needs a new y (https://semver.org, item 4)."""

    def version_bump(self, bump: str) -> str:
        """Return the part of the version number that a change of some size raises."""
        return {"major": "minor", "minor": "patch"}.get(bump, bump) if self.initial_development else bump


def read(words: Iterable[str]) -> Policy:
    """Return a policy from ``name=value`` words and the paths of TOML files; later ones win.

    Raises:
        UsageError: a file cannot be read, or a name or a value is not one of those above.
    """
    policy = Policy()
    for word in words:
        name, equals, value = word.partition("=")
        if equals and not exists(word):
            policy = _with(policy, {name: value}, f'--policy "{word}"')
        else:
            policy = _with(policy, _file(Path(word)), word)
    return policy


def for_versions(policy: Policy, *numbers: tuple[int, int, int] | None) -> Policy:
    """Return a policy with the rule of initial development if all version numbers are 0.y.z."""
    return replace(policy, initial_development=True) if all(one and one[0] == 0 for one in numbers) else policy


def _file(path: Path) -> dict[str, Any]:
    with reported(UsageError, f'--policy: "{path}"'):
        return parse_toml(read_text(path, MAX_CONFIGURATION_BYTES))


def _with(policy: Policy, settings: Mapping[str, Any], origin: str) -> Policy:
    names = {field.name.replace("_", "-"): field for field in fields(Policy)}
    for name, value in settings.items():
        if name not in names:
            raise UsageError(f'{origin}: unknown setting "{name}"; use one of {", ".join(names)}')
        accepted: Mapping[Any, Any] = _YES if names[name].type is bool else dict(zip(BUMPS, BUMPS, strict=True))
        if not isinstance(value, (str, bool)) or value not in accepted:
            choices = "true or false" if names[name].type is bool else "patch, minor or major"
            raise UsageError(f"{origin}: {name} must be {choices}, got {shown(value)}")
        changed: dict[str, Any] = {names[name].name: accepted[value]}
        policy = replace(policy, **changed)
    return policy
