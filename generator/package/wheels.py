"""The files of the wheels that pip chooses for Lambda."""

import importlib.util
import json
import os
import re
import stat
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Final

from generator.archives import EXECUTABLE, REGULAR
from generator.errors import PackageError
from generator.package import locks
from generator.package.entries import Entry
from generator.parsing import MAX_CONFIGURATION_BYTES, ParseError, read_text, reported

ARCHITECTURES: Final = {"x86_64": "x86_64", "arm64": "aarch64"}
"""Lambda's name of an architecture, and its name in wheels and Linux."""

# Python 3.12 is the first on Amazon Linux 2023; Amazon Linux 2 has an older C library.
_AMAZON_LINUX_2023: Final = 12
_GLIBC_2023, _GLIBC_2 = 34, 26
_LEGACY_MANYLINUX: Final = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_OLDEST_GLIBC: Final = {"x86_64": 5, "aarch64": 17}
_MAX_REASON_LENGTH: Final = 300
_SOURCE_ONLY: Final = "a source distribution, which would have to be built; only wheels are accepted"

# `pip download --platform` chooses wheels for the target, but evaluates markers (`; python_version < "3.12"`,
# `; sys_platform == "win32"`) for the machine it runs on, so wheels would be missing or superfluous. And
# --only-binary does not cover a requirement given as a path or an address: its setup.py would run.
_PIP_FOR_TARGET: Final = """
import contextlib, json, runpy, sys
from pip._vendor.packaging import markers
environment = {**markers.default_environment(), **json.loads(sys.argv.pop(1))}
markers.default_environment = lambda: dict(environment)
with contextlib.suppress(ImportError):
    from pip._internal.distributions.sdist import SourceDistribution
    from pip._internal.exceptions import InstallationError
    def reject(self, *arguments, **options):
        raise InstallationError(f"{self.req} " + SOURCE_ONLY)
    SourceDistribution.prepare_distribution_metadata = reject
runpy.run_module("pip", run_name="__main__", alter_sys=True)
""".replace("SOURCE_ONLY", repr(f"is {_SOURCE_ONLY}"))


_MAX_LINE: Final = 20_000
"""Maximum length of a line of requirements. pip takes more than 20 seconds for one of 100,000 brackets."""


def _requires_anything(text: str) -> bool:
    """Return whether requirements contain more than comments, which pip rejects."""
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines())


def _text(requirements: Path) -> str:
    """Return the text of a requirements file, of which pip can read each line soon."""
    # Of a file that is not text, pip says only that it failed
    with reported(PackageError, f'--requirements: "{requirements}"'):
        text = read_text(requirements, MAX_CONFIGURATION_BYTES)
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > _MAX_LINE:
                raise ParseError(f"line {number}: expected at most {_MAX_LINE:,} characters")
    return text


def download(requirements: Path, directory: Path, architecture: str, python_version: str) -> list[Path]:
    """Let pip download the wheels of a requirements file or a lock file for Lambda into a directory, and return them.

    Raises:
        PackageError: pip is not installed, a lock file is malformed, or a requirement cannot be satisfied by wheels.
    """
    machine = ARCHITECTURES[architecture]
    environment = _marker_environment(machine, python_version)
    platforms = _platforms(machine, python_version)
    source = requirements
    options: tuple[str, ...] = ()
    if locks.is_lock_file(requirements):
        text = locks.requirements(requirements, environment, platforms)
        source, options = directory / "requirements.txt", ("--no-deps", "--require-hashes")
        source.write_text(text, encoding="utf-8")
    else:
        text = _text(requirements)
    if not _requires_anything(text):
        return []
    if importlib.util.find_spec("pip") is None:
        raise PackageError(
            f"--requirements: {sys.executable} has no pip. Install it with {sys.executable} -m ensurepip."
        )
    target, log = directory / "wheels", directory / "log"
    command = [
        # -P: a pip.py in the working directory is not pip.
        *(sys.executable, "-P", "-c", _PIP_FOR_TARGET, json.dumps(environment)),
        *("download", "--disable-pip-version-check", "--no-input", "--progress-bar=off"),
        *("--only-binary=:all:", "--implementation=cp", *options),
        *(f"--python-version={python_version}", f"--abi=cp{python_version.replace('.', '')}"),
        *(f"--platform={platform}" for platform in platforms),
        *(f"--dest={target}", f"--log={log}", f"--requirement={source}"),
    ]
    done = subprocess.run(  # noqa: S603 - an argument list without a shell, and pip's own parser behind it
        command,
        check=False,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        # pip leaves its temporary files behind if it is killed.
        env={**os.environ, "TMPDIR": str(directory)},
    )
    if done.returncode != 0:
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        reason = _source_only(done.stderr, text, f"Python {python_version} on Linux {architecture}")
        raise PackageError(f"{requirements}: {reason or _reason(done.stderr)}")
    wheels = sorted(target.iterdir()) if target.exists() else []
    for path in wheels:
        # A requirement given as a URL or a directory is downloaded as it is, also with --only-binary.
        if path.suffix != ".whl":
            raise PackageError(f"{requirements}: {path.name} is {_SOURCE_ONLY}.")
    return wheels


def _platforms(machine: str, python_version: str) -> list[str]:
    """Return the platforms of wheels that run on Lambda's image, best first."""
    new = int(python_version.partition(".")[2]) >= _AMAZON_LINUX_2023
    platforms = []
    for minor in range(_GLIBC_2023 if new else _GLIBC_2, _OLDEST_GLIBC[machine] - 1, -1):
        platforms.append(f"manylinux_2_{minor}_{machine}")
        if minor in _LEGACY_MANYLINUX:
            platforms.append(f"{_LEGACY_MANYLINUX[minor]}_{machine}")
    return platforms


def _marker_environment(machine: str, python_version: str) -> dict[str, str]:
    """Return the values of the environment markers in Lambda; its patch level is not known, so the lowest is used."""
    full_version = f"{python_version}.0"
    return {
        "implementation_name": "cpython",
        "implementation_version": full_version,
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": full_version,
        "python_version": python_version,
        "sys_platform": "linux",
    }


def _source_only(stderr: str, log: str, target: str) -> str | None:
    """Return which requirement has only a source distribution for the target, if that is why pip failed."""
    missing = re.search(r"^ERROR: Could not find a version that satisfies the requirement (.+)$", stderr, re.MULTILINE)
    if missing is None:
        return None
    requirement, _, versions = missing[1].partition(" (")
    pattern = r"No sources permitted for (\S+): .*?([^/\s]+?)(?:\.tar\.gz|\.tar\.bz2|\.tgz|\.zip)(?:[#\s?]|$)"
    wanted = re.match(r"[\w.-]+", requirement, re.ASCII)
    pin = re.search(r"===?\s*([^\s,;*]+)$", requirement)
    for project, stem in re.findall(pattern, log, re.MULTILINE):
        # A --find-links directory is searched for every project: its other projects are skipped for this one.
        name, _, version = stem.rpartition("-")
        if wanted is None or not _normalized(project) == _normalized(name) == _normalized(wanted[0]):
            continue
        if version == pin[1] if pin else "from versions: none" in versions:
            return f"{requirement} has no wheel for {target}, only {_SOURCE_ONLY}."
    return None


def _normalized(project: str) -> str:
    return re.sub(r"[-_.]+", "-", project).lower()


def _reason(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    reason = (errors or lines[-1:] or ["pip failed without a reason"])[0].rstrip(".")
    return f"{reason}." if len(reason) <= _MAX_REASON_LENGTH else f"{reason[:_MAX_REASON_LENGTH]}..."


def of_wheel(wheel: Path, stack: ExitStack) -> Iterator[Entry]:
    """Yield the files of a wheel that belong next to the code; the wheel stays open as long as ``stack``.

    Raises:
        PackageError: The wheel is damaged.
    """
    try:
        opened = stack.enter_context(zipfile.ZipFile(wheel))
    except zipfile.BadZipFile as error:
        raise PackageError(f"{wheel.name}: this wheel is damaged: {error}.") from error
    files = [info for info in opened.infolist() if not info.is_dir()]
    metadata = {part for info in files if (part := info.filename.split("/", 1)[0]).endswith(".dist-info")}
    if len(metadata) != 1:
        raise PackageError(f"{wheel.name}: this wheel is damaged: it has {len(metadata)} .dist-info directories.")
    data = metadata.pop().removesuffix(".dist-info") + ".data"
    for info in files:
        path = PurePosixPath(info.filename)
        if path.is_absolute() or ".." in path.parts:
            raise PackageError(f'{wheel.name}: the path "{info.filename}" leaves the package.')
        if path.parts[0] == data:
            if path.parts[1:2] not in (("purelib",), ("platlib",)):
                continue
            path = path.relative_to(*path.parts[:2])
        if "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield Entry(
                name=path.as_posix(),
                origin=wheel.name,
                mode=EXECUTABLE if info.external_attr >> 16 & stat.S_IXUSR else REGULAR,
                size=info.file_size,
                read=lambda info=info: _read(opened, info, wheel.name),  # type: ignore[misc]
            )


def _read(opened: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    try:
        return opened.read(info)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise PackageError(f"{name}: this wheel is damaged: {error}.") from error
