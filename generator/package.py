"""Deployment packages: a folder of code, and the wheels it needs, as a zip file that is reproducible to the byte."""

import base64
import hashlib
import importlib.util
import json
import re
import stat
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final

from generator.archives import write_zip
from generator.errors import PackageError
from generator.files import UNFINISHED, replacing

ARCHITECTURES: Final = {"x86_64": "x86_64", "arm64": "aarch64"}
"""Lambda's name of an architecture and the name that wheels and Linux have for it."""

UNZIPPED_LIMIT: Final = 250 * 1024 * 1024
"""Bytes that a function's code may take once unzipped; Lambda counts its layers in, which are not known here."""

DIRECT_UPLOAD_LIMIT: Final = 50 * 1024 * 1024
"""Bytes of zip file that Lambda takes in a request; a larger one has to be put into an S3 bucket first."""

EXCLUDED: Final = (
    # Caches and what tools leave behind.
    "__pycache__",
    "*.pyc",
    "*.pyo",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".hypothesis",
    ".tox",
    ".nox",
    ".coverage",
    ".coverage.*",
    ".DS_Store",
    "Thumbs.db",
    "/node_modules/.cache",
    # Environments, editors and version control.
    ".venv",
    ".terraform",
    ".idea",
    ".vscode",
    ".git",
    ".gitattributes",
    ".gitignore",
    ".gitmodules",
    ".hg",
    ".svn",
    # For the reader and the developer of the function, not for the function.
    "/README.*",
    "/conftest.py",
    "/test",
    "/tests",
    # What a killed run of `package` left behind.
    f"{UNFINISHED}*",
)
"""Names that stay out of a package.

A pattern without a slash is matched against the name of a file or folder at any depth. One with a leading slash
is matched against the path below the source folder: a dependency's own ``tests`` folder may be imported by that
dependency, so only those of the function itself are left out. Wheels lose their bytecode and nothing else.
"""

# Python 3.12 is the first that runs on Amazon Linux 2023; Amazon Linux 2 is older, and so is its C library.
_AMAZON_LINUX_2023: Final = 12
_GLIBC_2023, _GLIBC_2 = 34, 26
_LEGACY_MANYLINUX: Final = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
_OLDEST_GLIBC: Final = {"x86_64": 5, "aarch64": 17}
_PIP_REASON_LENGTH: Final = 300
_SOURCE_ONLY: Final = "a source distribution, which would have to be built; only wheels are accepted"

# `pip download --platform` chooses wheels for the target, but evaluates markers (`; python_version < "3.12"`,
# `; sys_platform == "win32"`) for the machine it runs on: the package would lack or hold what it should not. And
# --only-binary does not cover a requirement given as a path or an address: its setup.py would run.
_PIP_FOR_TARGET: Final = """
import contextlib, json, runpy, sys
from pip._vendor.packaging import markers
environment = {**markers.default_environment(), **json.loads(sys.argv.pop(1))}
markers.default_environment = lambda: dict(environment)
with contextlib.suppress(ImportError):
    from pip._internal.distributions.sdist import SourceDistribution
    from pip._internal.exceptions import InstallationError
    def refuse(self, *arguments, **options):
        raise InstallationError(f"{self.req} " + SOURCE_ONLY)
    SourceDistribution.prepare_distribution_metadata = refuse
runpy.run_module("pip", run_name="__main__", alter_sys=True)
""".replace("SOURCE_ONLY", repr(f"is {_SOURCE_ONLY}"))


@dataclass(frozen=True, kw_only=True)
class Package:
    """A zip file that was written, and what identifies it."""

    path: Path
    """Where the zip file is, as the caller named it."""
    size: int
    """Size of the zip file in bytes."""
    sha256: str
    """SHA-256 of the zip file, in hexadecimal."""
    source_code_hash: str
    """SHA-256 of the zip file in base64: what Terraform's ``filebase64sha256`` gives and Lambda reports."""

    @property
    def needs_s3(self) -> bool:
        """Whether the zip file is too large for a request to Lambda and must be deployed from an S3 bucket."""
        return self.size > DIRECT_UPLOAD_LIMIT


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """A file of the package: its path in the zip file, where it comes from, its size in bytes, its content."""

    name: str
    origin: str
    executable: bool
    size: int
    read: Callable[[], bytes]


def package(
    source: Path,
    archive: Path,
    *,
    requirements: Path | None = None,
    architecture: str = "x86_64",
    python_version: str = "3.13",
) -> Package:
    """Write the code in a folder, and the wheels that it needs, into a zip file that Lambda accepts.

    The same files give the same bytes, whatever their times, their order on disk, their group's and others'
    permissions, the umask and the operating system; only another implementation of zlib may compress
    differently. The zip file is replaced as a whole or not at all, and the folders above it are created.

    Symbolic links are followed within the source folder. ``EXCLUDED``, the archive and the requirements file
    are left out.

    Args:
        source: Folder whose content becomes the root of the package.
        archive: Zip file to write; its name ends in ``.zip``.
        requirements: A pip requirements file. Its wheels, and those that they depend on, are unpacked beside the
            source: modules and metadata, but no scripts, headers or data files, since nothing in Lambda would find
            them. Nothing is built or installed and no Docker is needed. The user's configuration of pip is obeyed.
            The result is reproducible for pinned requirements; unpinned ones give what the index has that day.
        architecture: What the wheels have to run on: ``x86_64`` or ``arm64``.
        python_version: Lambda's Python that the wheels have to run on: ``3.9`` or later, as ``3.x``.

    Returns:
        The archive's path, size and hashes. ``needs_s3`` tells that it is too large to be uploaded directly.

    Raises:
        PackageError: An argument, a file of the source, or a requirement cannot be used, or the package would exceed
            250 MB unzipped. Nothing was written.

    """
    try:
        _check_arguments(source, archive, requirements, architecture, python_version)
        left_out = {archive.resolve()} | ({requirements.resolve()} if requirements else set())
        with ExitStack() as stack:
            root = source.resolve()
            entries = list(_source_entries(root, PurePosixPath(), left_out=left_out, root=root, above=frozenset()))
            if not entries:
                message = (
                    f"source folder {_quoted(source)} holds no file to package; caches, tests and READMEs do not count"
                )
                raise PackageError(message)
            if requirements is not None and _requires_anything(requirements):
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="package-wheels-")))
                for wheel in _download(requirements, folder, architecture, python_version):
                    entries += _wheel_entries(wheel, stack)
            entries.sort(key=lambda entry: entry.name)
            _check_entries(entries)
            return _write(entries, archive)
    except OSError as error:
        where = "" if error.filename is None else f" {_quoted(error.filename)}"
        message = f"cannot package {_quoted(source)} as {_quoted(archive)}:{where} {error.strerror or error}"
        raise PackageError(message) from error


def _check_arguments(
    source: Path, archive: Path, requirements: Path | None, architecture: str, python_version: str
) -> None:
    if not source.exists():
        message = f"source folder {_quoted(source)} does not exist"
    elif not source.is_dir():
        message = f"source {_quoted(source)} is not a folder"
    elif archive.is_dir():
        message = f"archive {_quoted(archive)} is a folder; name a .zip file"
    elif archive.suffix != ".zip":
        message = f"archive {_quoted(archive)} is not named as a zip file; its name must end in .zip"
    elif requirements is not None and not requirements.is_file():
        message = f"requirements file {_quoted(requirements)} does not exist or is not a file"
    elif architecture not in ARCHITECTURES:
        message = f"unknown architecture {architecture!r}; Lambda has {' and '.join(ARCHITECTURES)}"
    elif not re.fullmatch(r"3\.(9|[1-9][0-9])", python_version, re.ASCII):
        message = f"unknown Python version {python_version!r}; Lambda runs 3.9 and later, written as 3.x"
    else:
        return
    raise PackageError(message)


def _source_entries(
    folder: Path, below: PurePosixPath, *, left_out: set[Path], root: Path, above: frozenset[Path]
) -> Iterator[_Entry]:
    """Yield the files of ``folder``, which is found at ``below`` in the package and lies in ``above``."""
    above |= {folder}
    for path in folder.iterdir():
        name = below / path.name
        if _excluded(name):
            continue
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            if not path.is_symlink():
                raise
            message = f"symbolic link {_quoted(path)} leads nowhere; it must lead to a file in the source folder"
            raise PackageError(message) from error
        if real in left_out:
            continue
        if not real.is_relative_to(root):
            message = f"symbolic link {_quoted(path)} leads out of the source folder, to {_quoted(real)}"
            raise PackageError(message)
        status = real.stat()
        if stat.S_ISDIR(status.st_mode):
            if real in above:
                message = f"symbolic link {_quoted(path)} leads to a folder that it lies in, {_quoted(real)}"
                raise PackageError(message)
            yield from _source_entries(real, name, left_out=left_out, root=root, above=above)
        elif stat.S_ISREG(status.st_mode):
            yield _Entry(
                name=name.as_posix(),
                origin=f"the source folder ({_quoted(path)})",
                executable=bool(status.st_mode & stat.S_IXUSR),
                size=status.st_size,
                read=real.read_bytes,
            )
        else:
            message = f"{_quoted(path)} is neither a file nor a folder, and cannot be packaged"
            raise PackageError(message)


def _excluded(path: PurePosixPath) -> bool:
    return any(
        fnmatchcase(path.as_posix(), pattern[1:]) if pattern.startswith("/") else fnmatchcase(path.name, pattern)
        for pattern in EXCLUDED
    )


def _requires_anything(requirements: Path) -> bool:
    """Tell a requirements file from one that only has comments, which pip refuses."""
    lines = requirements.read_text(encoding="utf-8", errors="replace").splitlines()
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)


def _download(requirements: Path, folder: Path, architecture: str, python_version: str) -> list[Path]:
    """Have pip put the wheels for the target into ``folder``; it alone knows how to choose them."""
    if importlib.util.find_spec("pip") is None:
        message = f"requirements need pip, which {_quoted(sys.executable)} does not have; python -m ensurepip adds it"
        raise PackageError(message)
    machine = ARCHITECTURES[architecture]
    wheels, log = folder / "wheels", folder / "log"
    command = [
        # -P: a pip.py in the working folder is not pip.
        *(sys.executable, "-P", "-c", _PIP_FOR_TARGET, json.dumps(_marker_environment(machine, python_version))),
        *("download", "--disable-pip-version-check", "--no-input", "--progress-bar=off"),
        *("--only-binary=:all:", "--implementation=cp"),
        *(f"--python-version={python_version}", f"--abi=cp{python_version.replace('.', '')}"),
        *(f"--platform={platform}" for platform in _platforms(machine, python_version)),
        *(f"--dest={wheels}", f"--log={log}", f"--requirement={requirements}"),
    ]
    done = subprocess.run(  # noqa: S603 - an argument list without a shell, and pip's own parser behind it
        command, check=False, capture_output=True, encoding="utf-8", errors="replace", stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        target = f"Python {python_version} on Linux {architecture}"
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        reason = _source_only(done.stderr, text, target) or _pip_reason(done.stderr)
        message = f"requirements file {_quoted(requirements)} cannot be satisfied: {reason}"
        raise PackageError(message)
    found = sorted(wheels.iterdir()) if wheels.exists() else []
    for path in found:
        # A requirement given as a URL or a folder is fetched as it is, whatever --only-binary says.
        if path.suffix != ".whl":
            message = f"requirements file {_quoted(requirements)} cannot be satisfied: {path.name} is {_SOURCE_ONLY}"
            raise PackageError(message)
    return found


def _platforms(machine: str, python_version: str) -> list[str]:
    """Wheel platforms that run on Lambda's image, best first."""
    new = int(python_version.partition(".")[2]) >= _AMAZON_LINUX_2023
    platforms = []
    for minor in range(_GLIBC_2023 if new else _GLIBC_2, _OLDEST_GLIBC[machine] - 1, -1):
        platforms.append(f"manylinux_2_{minor}_{machine}")
        if minor in _LEGACY_MANYLINUX:
            platforms.append(f"{_LEGACY_MANYLINUX[minor]}_{machine}")
    return platforms


def _marker_environment(machine: str, python_version: str) -> dict[str, str]:
    """Values of the environment markers in Lambda; the patch level, which is Lambda's to choose, is the lowest."""
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
    """Say which requirement has no wheel for the target but a source distribution, if that is why pip failed."""
    missing = re.search(r"^ERROR: Could not find a version that satisfies the requirement (.+)$", stderr, re.MULTILINE)
    if missing is None:
        return None
    requirement, _, versions = missing[1].partition(" (")
    pattern = r"No sources permitted for (\S+): .*?([^/\s]+?)(?:\.tar\.gz|\.tar\.bz2|\.tgz|\.zip)(?:[#\s?]|$)"
    wanted = re.match(r"[\w.-]+", requirement, re.ASCII)
    pin = re.search(r"===?\s*([^\s,;*]+)$", requirement)
    for project, stem in re.findall(pattern, log, re.MULTILINE):
        # A --find-links folder is searched for every project: its other projects are skipped for this one.
        name, _, version = stem.rpartition("-")
        if wanted is None or not _normalised(project) == _normalised(name) == _normalised(wanted[0]):
            continue
        if version == pin[1] if pin else "from versions: none" in versions:
            return f"{requirement} has no wheel for {target}, only {_SOURCE_ONLY}"
    return None


def _normalised(project: str) -> str:
    return re.sub(r"[-_.]+", "-", project).lower()


def _pip_reason(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    reason = (errors or lines[-1:] or ["pip failed without a reason"])[0]
    return reason if len(reason) <= _PIP_REASON_LENGTH else f"{reason[:_PIP_REASON_LENGTH]}…"


def _wheel_entries(wheel: Path, stack: ExitStack) -> Iterator[_Entry]:
    """Yield the files that a wheel would put beside the code; the wheel stays open as long as ``stack``."""
    try:
        opened = stack.enter_context(zipfile.ZipFile(wheel))
    except zipfile.BadZipFile as error:
        message = f"wheel {wheel.name} is damaged: {error}"
        raise PackageError(message) from error
    files = [info for info in opened.infolist() if not info.is_dir()]
    metadata = {part for info in files if (part := info.filename.split("/", 1)[0]).endswith(".dist-info")}
    if len(metadata) != 1:
        message = f"wheel {wheel.name} is damaged: it has {len(metadata)} .dist-info folders instead of one"
        raise PackageError(message)
    data = metadata.pop().removesuffix(".dist-info") + ".data"
    for info in files:
        path = PurePosixPath(info.filename)
        if path.is_absolute() or ".." in path.parts:
            message = f"wheel {wheel.name} holds {info.filename!r}, a path that leads out of the package"
            raise PackageError(message)
        if path.parts[0] == data:
            if path.parts[1:2] not in (("purelib",), ("platlib",)):
                continue
            path = path.relative_to(*path.parts[:2])
        if "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield _Entry(
                name=path.as_posix(),
                origin=f"wheel {wheel.name}",
                executable=bool(info.external_attr >> 16 & stat.S_IXUSR),
                size=info.file_size,
                read=lambda info=info: _read_wheel(opened, info, wheel.name),  # type: ignore[misc]
            )


def _read_wheel(opened: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    try:
        return opened.read(info)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        message = f"wheel {name} is damaged: {error}"
        raise PackageError(message) from error


def _check_entries(entries: Iterable[_Entry]) -> None:
    """Refuse paths that two origins claim or that a zip file cannot hold, and what Lambda could not unpack."""
    seen: dict[str, _Entry] = {}
    size = 0
    for entry in entries:
        size += entry.size
        clashes = [path for path in (entry.name, *map(str, PurePosixPath(entry.name).parents)) if path in seen]
        if clashes:
            message = f"{seen[clashes[0]].origin} and {entry.origin} both have {clashes[0]!r}; only one can"
            raise PackageError(message)
        if not _encodable(entry.name):
            message = f"{entry.name!r} in {entry.origin} is not named in UTF-8, as a package needs it"
            raise PackageError(message)
        seen[entry.name] = entry
    if size >= UNZIPPED_LIMIT:
        message = f"the package has {size:,} bytes unzipped; Lambda accepts fewer than {UNZIPPED_LIMIT:,} (250 MB)"
        raise PackageError(message)


def _encodable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _write(entries: Iterable[_Entry], archive: Path) -> Package:
    """Write the entries in the order given, beside the archive first, so that there is never half an archive."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with replacing(archive) as partial:
        with partial.open("wb") as file:
            write_zip(file, ((entry.name, entry.executable, entry.read) for entry in entries))
        with partial.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256")
        size = partial.stat().st_size
    return Package(
        path=archive,
        size=size,
        sha256=digest.hexdigest(),
        source_code_hash=base64.b64encode(digest.digest()).decode("ascii"),
    )


def _quoted(path: Path | str) -> str:
    return repr(str(path))
