"""Lock files of Python projects (``uv.lock`` and ``pylock.toml``) as requirements of pip, with versions and hashes.

The packages come from the user's index, and what they must be from the lock file. The URLs in it are not used.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from generator.errors import PackageError
from generator.parsing import MAX_CONFIGURATION_BYTES, parse_toml, read_text, reported, shown

if TYPE_CHECKING:
    from packaging.markers import Environment

Pins = dict[str, tuple[str, Collection[str]]]
"""Version and hashes of the wheels of each package, by its name."""

_PYLOCK: Final = re.compile(r"pylock(\.[^.]+)?\.toml")
_PROJECT: Final = ({"virtual": "."}, {"editable": "."}, {"directory": "."})
"""Sources that name the project to which a ``uv.lock`` belongs."""
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
"""Names of projects (https://packaging.python.org/en/latest/specifications/name-normalization/)."""
_HASH: Final = re.compile(r"sha(256|384|512):[0-9A-Fa-f]+")
"""Hashes that pip accepts."""


def is_lock_file(path: Path) -> bool:
    """Return whether a file is a lock file, by its name (pylock.toml and pylock.NAME.toml: PEP 751)."""
    return path.name == "uv.lock" or bool(_PYLOCK.fullmatch(path.name))


def requirements(path: Path, environment: Mapping[str, str], platforms: Sequence[str]) -> str:
    """Return what a lock file pins for a target, without extras and without groups for developers.

    Takes the values of the target's environment markers, and the platforms of wheels that run on it, best first.

    Raises:
        PackageError: The file is malformed, is not for this version of Python, or pins something that is not in an
            index or has no wheel.
    """
    with reported(PackageError, path):
        document = parse_toml(read_text(path, MAX_CONFIGURATION_BYTES))
    try:
        is_uv = path.name == "uv.lock"
        pins = _of_uv(document, environment) if is_uv else _of_pylock(document, environment, platforms)
        return "".join(_line(name, *pins[name]) for name in sorted(pins))
    except PackageError as error:
        raise PackageError(f"{path}: {' '.join(str(error).split())}") from None
    except (ValueError, RecursionError) as error:
        problem = " ".join(str(error).split())
    except (KeyError, TypeError, AttributeError) as error:
        problem = f"unexpected structure ({type(error).__name__}: {error})"
    raise PackageError(f"{path}: not a valid lock file: {problem.rstrip('.')}.")


def _line(name: str, version: str, hashes: Collection[str]) -> str:
    """Return a requirement. pip takes options from its lines, so nothing that could be one becomes a part of it."""
    from packaging.version import Version  # noqa: PLC0415 - most packages have no lock file

    for kind, pattern, values in (("name", _NAME, [name]), ("hash", _HASH, hashes)):
        for value in values:
            if not pattern.fullmatch(value):
                raise PackageError(f"not a valid lock file: {shown(value)} is not a valid {kind} of a package.")
    try:
        version = str(Version(version))
    except ValueError:
        raise PackageError(f"not a valid lock file: {shown(version)} is not a valid version of a package.") from None
    if not (options := " ".join(f"--hash={value}" for value in hashes)):
        raise PackageError(f"{name} has no wheel, and only wheels are accepted.")
    return f"{name}=={version} {options}\n"


def _of_uv(document: Mapping[str, Any], environment: Mapping[str, str]) -> Pins:
    """Return what the project of a ``uv.lock`` reaches through its dependencies and their extras."""
    from packaging.markers import Marker  # noqa: PLC0415 - most packages have no lock file
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415

    def applies(markers: Iterable[str]) -> bool:
        return any(Marker(marker).evaluate(dict(environment)) for marker in markers)

    python = environment["python_full_version"]
    if python not in SpecifierSet(document.get("requires-python", "")):
        raise PackageError(f"it requires Python {document['requires-python']}, and not {python}.")
    # A package whose version depends on the environment has several entries, each with its markers.
    entries = [one for one in document["package"] if applies(one.get("resolution-markers", ["os_name != ''"]))]
    project = next((one for one in entries if one["source"] in _PROJECT), None)
    if project is None:
        raise PackageError("it does not contain the project that it belongs to.")
    pins: Pins = {}
    followed: set[tuple[str, str | None]] = set()
    waiting = list(project.get("dependencies", ()))
    while waiting:
        wanted = waiting.pop()
        name = wanted["name"]
        if not applies([wanted.get("marker", "os_name != ''")]):
            continue
        version = wanted.get("version")
        found = (one for one in entries if one["name"] == name and version in {None, one.get("version")})
        if (entry := next(found, None)) is None:
            raise PackageError(f"{name} is a dependency, but has no entry.")
        if "registry" not in entry["source"]:
            raise PackageError(f"{name} is from a source that is not an index ({', '.join(entry['source'])}).")
        pins[name] = entry["version"], [wheel["hash"] for wheel in entry.get("wheels", ())]
        for extra in {None, *wanted.get("extra", ())} - {one for other, one in followed if other == name}:
            followed.add((name, extra))
            waiting += entry["optional-dependencies"][extra] if extra else entry.get("dependencies", ())
    return pins


def _of_pylock(document: Mapping[str, Any], environment: Mapping[str, str], platforms: Sequence[str]) -> Pins:
    """Return what a ``pylock.toml`` pins for the target, with its default groups."""
    from packaging.pylock import PackageWheel, Pylock, PylockSelectError, PylockValidationError  # noqa: PLC0415
    from packaging.tags import compatible_tags, cpython_tags  # noqa: PLC0415

    version = tuple(map(int, environment["python_version"].split(".")))
    tags = [*cpython_tags(version, platforms=platforms), *compatible_tags(version, platforms=platforms)]
    pins: Pins = {}
    try:
        target = cast("Environment", environment)
        for package, chosen in Pylock.from_dict(document).select(environment=target, tags=tags):
            if not isinstance(chosen, PackageWheel) or package.version is None:
                raise PackageError(f"{package.name} has no wheel from an index for this target.")
            pins[package.name] = str(package.version), [f"{kind}:{value}" for kind, value in chosen.hashes.items()]
    except (PylockSelectError, PylockValidationError) as error:
        raise PackageError(f"{' '.join(str(error).split())}.") from None
    return pins
