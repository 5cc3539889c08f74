"""``generator.package``: the same files give the same archive, and nothing unfit for Lambda gets into one."""

import base64
import hashlib
import importlib.util
import io
import os
import signal
import stat
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.errors import PackageError
from generator.package import Package, package

ROOT = Path(__file__).parents[2]

names = st.text("abcXYZ019_-. é", min_size=1, max_size=6)
paths = st.builds(
    lambda folders, name: "/".join([*(f"d{folder}" for folder in folders), f"f{name}"]),
    st.lists(names, max_size=2),
    names,
)
trees = st.dictionaries(paths, st.tuples(st.binary(max_size=200), st.booleans()), min_size=1, max_size=6)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a source folder with one file, ``handler.py``."""
    return write(tmp_path / "source", {"handler.py": "code"})


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a folder, and the folders above them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def content(archive: Path) -> dict[str, str]:
    """Read an archive's files."""
    with zipfile.ZipFile(archive) as zipped:
        assert zipped.testzip() is None
        return {info.filename: zipped.read(info).decode() for info in zipped.infolist()}


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Set the umask for a while."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


class TestReproducible:
    """The archive depends on the files' paths, contents and owner's execute bits, and on nothing else."""

    @settings(max_examples=50)
    @given(tree=trees, data=st.data())
    def test_same_bytes_whatever_order_times_modes_and_umask(
        self, tree: dict[str, tuple[bytes, bool]], data: st.DataObject
    ) -> None:
        """Two copies of a tree, made differently, give the same bytes."""
        archives = []
        for copy in ("one", "other"):
            with tempfile.TemporaryDirectory() as folder, umask(data.draw(st.sampled_from([0o000, 0o022, 0o077]))):
                source = Path(folder, copy)
                for name in data.draw(st.permutations(list(tree))):
                    body, executable = tree[name]
                    write(source, {name: body})
                    others = data.draw(st.integers(0, 0o77))
                    (source / name).chmod((0o700 if executable else 0o600) | others)
                    time = data.draw(st.integers(0, 2**32))
                    os.utime(source / name, (time, time))
                archives.append(package(source, Path(folder, f"{copy}.zip")).path.read_bytes())
        assert archives[0] == archives[1]

    @settings(max_examples=50)
    @given(tree=trees)
    def test_holds_the_files_as_they_are(self, tree: dict[str, tuple[bytes, bool]]) -> None:
        """Unzipped, the archive is the source."""
        with tempfile.TemporaryDirectory() as folder:
            source = write(Path(folder, "source"), {name: body for name, (body, _) in tree.items()})
            archive = package(source, Path(folder, "a.zip")).path
            with zipfile.ZipFile(archive) as zipped:
                assert {info.filename: zipped.read(info) for info in zipped.infolist()} == {
                    name: body for name, (body, _) in tree.items()
                }

    def test_entries_are_sorted(self, source: Path, tmp_path: Path) -> None:
        """Paths are in the order of their characters."""
        write(source, {"b/a": "", "a": "", "b.py": "", "Z": ""})
        assert list(content(package(source, tmp_path / "a.zip").path)) == ["Z", "a", "b.py", "b/a", "handler.py"]

    @pytest.mark.parametrize(
        ("mode", "packaged"), [(0o600, 0o644), (0o666, 0o644), (0o700, 0o755), (0o611, 0o644)], ids=oct
    )
    def test_mode_follows_the_owners_execute_bit(self, source: Path, tmp_path: Path, mode: int, packaged: int) -> None:
        """Everyone may read every file, and execute what its owner may execute."""
        (source / "handler.py").chmod(mode)
        with zipfile.ZipFile(package(source, tmp_path / "a.zip").path) as zipped:
            assert zipped.infolist()[0].external_attr >> 16 == stat.S_IFREG | packaged

    def test_says_unix_and_1980_whatever_the_system_and_time(
        self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An archive made on Windows, where zipfile would say so, unpacks with its modes."""
        monkeypatch.setattr(sys, "platform", "win32")
        package(source, tmp_path / "a.zip")
        monkeypatch.undo()
        with zipfile.ZipFile(tmp_path / "a.zip") as zipped:
            info = zipped.infolist()[0]
        assert (info.create_system, info.date_time) == (3, (1980, 1, 1, 0, 0, 0))


class TestResult:
    """What ``package`` tells of the archive."""

    def test_size_and_hashes_are_those_of_the_file(self, source: Path, tmp_path: Path) -> None:
        """The hash for Terraform is the base64 of the file's SHA-256."""
        archive = tmp_path / "a.zip"
        result = package(source, archive)
        body = archive.read_bytes()
        assert result == Package(
            path=archive,
            size=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
            source_code_hash=base64.b64encode(hashlib.sha256(body).digest()).decode(),
        )

    @pytest.mark.parametrize(("size", "expected"), [(50 * 2**20, False), (50 * 2**20 + 1, True)], ids=["50 MB", "more"])
    def test_needs_s3_beyond_50_mb(self, *, size: int, expected: bool) -> None:
        """Lambda takes 50 MB directly."""
        assert Package(path=Path("a.zip"), size=size, sha256="", source_code_hash="").needs_s3 is expected


EXCLUDED_PATHS = [
    "__pycache__/handler.cpython-313.pyc",
    "deep/er/__pycache__/x.pyc",
    "deep/stray.pyc",
    ".git/config",
    ".gitignore",
    ".venv/bin/python",
    ".pytest_cache/x",
    ".mypy_cache/x",
    ".ruff_cache/x",
    ".hypothesis/x",
    ".DS_Store",
    "deep/.DS_Store",
    "tests/test_handler.py",
    "test/handler.test.mjs",
    "conftest.py",
    "README.md",
    "node_modules/.cache/x",
    ".unfinished-0123456789abcdef",
]
KEPT_PATHS = [
    "node_modules/dependency/tests/index.js",
    "node_modules/dependency/README.md",
    "node_modules/.bin/x",
    "vendor/tests/__init__.py",
    "tests_data.json",
    "readme.py",
    ".env",
    "unfinished-work.txt",
]


class TestExclusions:
    """What stays out of a package."""

    @pytest.mark.parametrize("path", EXCLUDED_PATHS)
    def test_left_out(self, source: Path, tmp_path: Path, path: str) -> None:
        """Caches, environments, version control and the function's own tests stay out."""
        write(source, {path: ""})
        assert list(content(package(source, tmp_path / "a.zip").path)) == ["handler.py"]

    @pytest.mark.parametrize("path", KEPT_PATHS)
    def test_kept(self, source: Path, tmp_path: Path, path: str) -> None:
        """What a dependency may need, or only resembles an exclusion, stays in."""
        write(source, {path: ""})
        assert set(content(package(source, tmp_path / "a.zip").path)) == {"handler.py", path}

    def test_archive_inside_the_source(self, source: Path) -> None:
        """A second run does not package the archive of the first."""
        first = package(source, source / "dist" / "a.zip")
        assert package(source, source / "dist" / "a.zip") == first

    def test_requirements_file_inside_the_source(self, source: Path, tmp_path: Path) -> None:
        """The requirements file that is given stays out."""
        write(source, {"requirements.txt": "# nothing"})
        archive = package(source, tmp_path / "a.zip", requirements=source / "requirements.txt").path
        assert list(content(archive)) == ["handler.py"]


class TestSymlinks:
    """Links are followed inside the source and refused beyond it."""

    def test_file_is_followed(self, source: Path, tmp_path: Path) -> None:
        """The package has the content twice."""
        (source / "link.py").symlink_to("handler.py")
        assert content(package(source, tmp_path / "a.zip").path) == {"handler.py": "code", "link.py": "code"}

    def test_folder_is_followed(self, source: Path, tmp_path: Path) -> None:
        """The package has the folder's files under both names."""
        write(source, {"lib/x.py": "x"})
        (source / "link").symlink_to("lib")
        assert {"lib/x.py", "link/x.py"} <= set(content(package(source, tmp_path / "a.zip").path))

    def test_source_may_be_a_link(self, source: Path, tmp_path: Path) -> None:
        """A link to the source folder is the source folder."""
        (tmp_path / "link").symlink_to(source)
        assert list(content(package(tmp_path / "link", tmp_path / "a.zip").path)) == ["handler.py"]

    def test_excluded_link_is_not_looked_at(self, source: Path, tmp_path: Path) -> None:
        """An environment elsewhere does not matter."""
        (source / ".venv").symlink_to("/")
        assert list(content(package(source, tmp_path / "a.zip").path)) == ["handler.py"]

    def test_link_to_the_archive_is_left_out(self, source: Path) -> None:
        """The archive does not come in by another name."""
        package(source, source / "a.zip")
        (source / "latest.zip").symlink_to("a.zip")
        assert list(content(package(source, source / "a.zip").path)) == ["handler.py"]

    @pytest.mark.parametrize(
        ("target", "problem"),
        [
            ("../outside.py", "leads out of the source folder"),
            ("..", "leads out of the source folder"),
            ("missing.py", "leads nowhere"),
            ("link", "leads nowhere"),
            (".", "leads to a folder that it lies in"),
        ],
        ids=["file outside", "folder outside", "missing", "itself", "loop"],
    )
    def test_refused(self, source: Path, tmp_path: Path, target: str, problem: str) -> None:
        """What leads out of the source, nowhere or in circles is named and refused."""
        write(tmp_path, {"outside.py": "secret"})
        (source / "link").symlink_to(target)
        with pytest.raises(PackageError, match=rf"link '.*/link' {problem}"):
            package(source, tmp_path / "a.zip")


class TestRefusals:
    """Each bad argument has its own line, and nothing is written."""

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            ({"source": "missing"}, "source folder 'missing' does not exist"),
            ({"source": "file"}, "source 'file' is not a folder"),
            ({"source": "empty"}, "source folder 'empty' holds no file"),
            ({"source": "tested"}, "source folder 'tested' holds no file"),
            ({"archive": "empty"}, "archive 'empty' is a folder"),
            ({"archive": "new/a.tar"}, "archive 'new/a.tar' is not named as a zip file; its name must end in .zip"),
            ({"archive": "file/a.zip"}, "cannot package 'source' as 'file/a.zip'"),
            ({"architecture": "arm"}, "unknown architecture 'arm'; Lambda has x86_64 and arm64"),
            ({"python_version": "3.8"}, "unknown Python version '3.8'; Lambda runs 3.9 and later, written as 3.x"),
            ({"python_version": "313"}, "unknown Python version '313'"),
            ({"python_version": "3.13.1"}, "unknown Python version '3.13.1'"),
            ({"requirements": "missing"}, "requirements file 'missing' does not exist"),
        ],
        ids=lambda value: " ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else "",
    )
    def test_bad_argument(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, str], problem: str
    ) -> None:
        """The line names the argument and its value, and nothing is left behind."""
        write(tmp_path, {"source/handler.py": "", "file": "", "tested/tests/test_x.py": ""})
        (tmp_path / "empty").mkdir()
        monkeypatch.chdir(tmp_path)
        before = sorted(tmp_path.rglob("*"))
        values = {"source": "source", "archive": "new/a.zip", **arguments}
        converted = {k: v if k in {"architecture", "python_version"} else Path(v) for k, v in values.items()}
        with pytest.raises(PackageError) as caught:
            package(**converted)  # type: ignore[arg-type]
        assert str(caught.value).startswith(problem)
        assert "\n" not in str(caught.value)
        assert sorted(tmp_path.rglob("*")) == before

    def test_more_than_lambda_unzips(self, source: Path, tmp_path: Path) -> None:
        """250 MB are refused before anything is compressed."""
        with (source / "large").open("wb") as file:
            file.truncate(250 * 2**20)
        with pytest.raises(PackageError, match=r"has 262,144,004 bytes unzipped; .* fewer than 262,144,000 \(250 MB\)"):
            package(source, tmp_path / "a.zip")

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
    def test_named_pipe(self, source: Path, tmp_path: Path) -> None:
        """What is no file is refused instead of being waited for."""
        os.mkfifo(source / "pipe")
        with pytest.raises(PackageError, match=r"pipe' is neither a file nor a folder"):
            package(source, tmp_path / "a.zip")

    def test_name_that_is_not_utf_8(self, source: Path, tmp_path: Path) -> None:
        """A zip file cannot hold it."""
        try:
            Path(os.fsdecode(os.fsencode(source) + b"/\xff.py")).touch()
        except OSError:
            pytest.skip("the file system only has names in UTF-8")
        with pytest.raises(PackageError, match="not named in UTF-8"):
            package(source, tmp_path / "a.zip")


# Packages as the user would, but announces the second file's turn and then waits to be killed.
STALLING = """
import sys, time, zipfile
from pathlib import Path
from generator.package import package
original, calls = zipfile.ZipFile.writestr, []
def writestr(self, *arguments):
    calls.append(arguments)
    if len(calls) == 2:
        self.fp.flush()
        print("halfway", flush=True)
        time.sleep(60)
    return original(self, *arguments)
zipfile.ZipFile.writestr = writestr
package(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
class TestKilled:
    """A run that is killed midway leaves the archive as it was."""

    @pytest.fixture
    def archive(self, source: Path, tmp_path: Path) -> Path:
        """Package, change the source, and kill the second run after it has written one of two files."""
        archive = package(source, source / "a.zip").path
        write(source, {"handler.py": "changed", "new.py": "new"})
        tmp_path.joinpath("before.zip").write_bytes(archive.read_bytes())
        command = [sys.executable, "-c", STALLING, str(source), str(archive)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "halfway\n"
            process.send_signal(signal.SIGKILL)
        assert len(list(source.glob(".unfinished-*"))) == 1, "the run was killed before or after writing"
        return archive

    def test_old_archive_is_intact(self, archive: Path, tmp_path: Path) -> None:
        """Its bytes are those of the first run."""
        assert archive.read_bytes() == (tmp_path / "before.zip").read_bytes()

    def test_leftover_is_not_packaged(self, source: Path, archive: Path) -> None:
        """The next run does not see what the killed one left."""
        assert set(content(package(source, archive).path)) == {"handler.py", "new.py"}


class TestFailing:
    """A run that fails while writing cleans up."""

    def test_nothing_is_left(self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Neither an archive nor a part of one remains, and the disk's reason is told."""

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
        with pytest.raises(PackageError, match=r"cannot package .*: No space left on device$"):
            package(source, tmp_path / "out" / "a.zip")
        assert list((tmp_path / "out").iterdir()) == []


def wheel(
    folder: Path,
    name: str = "tiny",
    version: str = "1.0",
    *,
    tag: str = "py3-none-any",
    files: Mapping[str, str] | None = None,
    requires: tuple[str, ...] = (),
) -> None:
    """Build a wheel by hand."""
    folder.mkdir(exist_ok=True)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as zipped:
        for path, body in (files if files is not None else {f"{name}.py": tag}).items():
            zipped.writestr(path, body)
        zipped.writestr(f"{info}/METADATA", metadata)
        zipped.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n")
        zipped.writestr(f"{info}/RECORD", "")


def source_distribution(folder: Path, name: str = "unbuilt", version: str = "1.0") -> Path:
    """Build a source distribution by hand, whose ``setup.py`` leaves a trace if it is run."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}.tar.gz"
    files = {
        "setup.py": f"open({str(folder / 'was-run')!r}, 'w')\n",
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
    }
    with tarfile.open(path, "w:gz") as tar:
        for file, body in files.items():
            member = tarfile.TarInfo(f"{name}-{version}/{file}")
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body.encode()))
    return path


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """Give the folder that requirements are looked for in."""
    return tmp_path / "links"


@pytest.fixture
def vendored(source: Path, tmp_path: Path, links: Path) -> Callable[..., dict[str, str]]:
    """Package the source with requirements that come from ``links`` alone, and give the archive's files."""

    def run(*lines: str, **options: str) -> dict[str, str]:
        requirements = tmp_path / "requirements.txt"
        requirements.write_text("\n".join(["--no-index", f"--find-links {links}", *lines, ""]))
        files = content(package(source, tmp_path / "a.zip", requirements=requirements, **options).path)
        return {name: body for name, body in files.items() if ".dist-info/" not in name and name != "handler.py"}

    return run


@pytest.fixture
def refused(vendored: Callable[..., dict[str, str]], tmp_path: Path) -> Callable[..., str]:
    """Package with requirements that must be refused, and give the line that says why."""

    def run(*lines: str, **options: str) -> str:
        with pytest.raises(PackageError) as caught:
            vendored(*lines, **options)
        assert not (tmp_path / "a.zip").exists()
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return run


@pytest.mark.slow
class TestRequirements:
    """Wheels come in as they are, and as Lambda can import them."""

    def test_wheel_lies_beside_the_code(self, source: Path, tmp_path: Path, links: Path) -> None:
        """Modules and metadata are at the root of the package."""
        wheel(links)
        requirements = tmp_path / "requirements.txt"
        requirements.write_text(f"--no-index\n--find-links {links}\ntiny==1.0\n")
        assert list(content(package(source, tmp_path / "a.zip", requirements=requirements).path)) == [
            "handler.py",
            "tiny-1.0.dist-info/METADATA",
            "tiny-1.0.dist-info/RECORD",
            "tiny-1.0.dist-info/WHEEL",
            "tiny.py",
        ]

    def test_same_bytes_twice(self, source: Path, tmp_path: Path, links: Path) -> None:
        """Pinned requirements give the same archive."""
        wheel(links)
        requirements = tmp_path / "requirements.txt"
        requirements.write_text(f"--no-index\n--find-links {links}\ntiny==1.0\n")
        one, other = (package(source, tmp_path / f"{i}.zip", requirements=requirements).sha256 for i in range(2))
        assert one == other

    def test_dependencies_come_too(self, vendored: Callable[..., dict[str, str]], links: Path) -> None:
        """What a wheel requires is vendored."""
        wheel(links, requires=("other>=1",))
        wheel(links, "other")
        assert set(vendored("tiny==1.0")) == {"tiny.py", "other.py"}

    def test_data_folders_are_unfolded(self, vendored: Callable[..., dict[str, str]], links: Path) -> None:
        """Modules in ``.data`` move to the root; scripts, headers and data files stay out."""
        kinds = ("purelib", "platlib", "scripts", "headers", "data")
        wheel(links, files={f"tiny-1.0.data/{kind}/pack/{kind}.py": "" for kind in kinds})
        assert set(vendored("tiny")) == {"pack/purelib.py", "pack/platlib.py"}

    def test_bytecode_stays_out_and_tests_stay_in(self, vendored: Callable[..., dict[str, str]], links: Path) -> None:
        """Only bytecode is taken out of a wheel: whether it imports its tests is not known."""
        wheel(links, files={"pack/__pycache__/x.pyc": "", "pack/y.pyc": "", "pack/tests/__init__.py": ""})
        assert set(vendored("tiny")) == {"pack/tests/__init__.py"}

    @pytest.mark.parametrize(
        ("options", "tag"),
        [
            ({}, "cp313-cp313-manylinux_2_34_x86_64"),
            ({"architecture": "arm64"}, "cp313-cp313-manylinux_2_34_aarch64"),
            ({"python_version": "3.11"}, "cp311-cp311-manylinux2014_x86_64"),
        ],
        ids=["default", "arm64", "3.11"],
    )
    def test_wheel_for_the_target(
        self, vendored: Callable[..., dict[str, str]], links: Path, options: dict[str, str], tag: str
    ) -> None:
        """Of several wheels, the one that fits the target best is taken, whatever machine packages."""
        for platform in (
            "manylinux_2_34_x86_64",
            "manylinux2014_x86_64",
            "manylinux_2_34_aarch64",
            "macosx_11_0_arm64",
        ):
            for python in ("cp311-cp311", "cp313-cp313"):
                wheel(links, tag=f"{python}-{platform}")
        assert vendored("tiny==1.0", **options) == {"tiny.py": tag}

    def test_stable_abi_of_an_older_python(self, vendored: Callable[..., dict[str, str]], links: Path) -> None:
        """A wheel for the stable ABI runs on every later Python."""
        wheel(links, tag="cp38-abi3-manylinux_2_17_x86_64")
        assert set(vendored("tiny")) == {"tiny.py"}

    @pytest.mark.parametrize(
        ("python_version", "tag"),
        [
            ("3.13", "cp313-cp313-manylinux_2_35_x86_64"),
            ("3.11", "cp311-cp311-manylinux_2_28_x86_64"),
            ("3.13", "cp313-cp313-musllinux_1_2_x86_64"),
            ("3.13", "cp313-cp313-macosx_11_0_arm64"),
        ],
        ids=["newer than Amazon Linux 2023", "newer than Amazon Linux 2", "musl", "macOS"],
    )
    def test_wheel_that_lambda_cannot_load(
        self, refused: Callable[..., str], links: Path, python_version: str, tag: str
    ) -> None:
        """A wheel for another system is as good as none."""
        wheel(links, tag=tag)
        text = refused("tiny", python_version=python_version)
        assert text.endswith("Could not find a version that satisfies the requirement tiny (from versions: none)")

    @pytest.mark.parametrize(
        ("marker", "taken"),
        [
            ("python_version >= '3.14'", True),
            ("python_version < '3.14'", False),
            ("sys_platform == 'linux'", True),
            ("platform_system == 'Windows'", False),
            ("platform_machine == 'aarch64'", True),
        ],
    )
    def test_markers_are_those_of_the_target(
        self, vendored: Callable[..., dict[str, str]], links: Path, marker: str, *, taken: bool
    ) -> None:
        """Conditions of a dependency are about Lambda, not about the machine that packages."""
        wheel(links, requires=(f"other; {marker}",))
        wheel(links, "other")
        assert ("other.py" in vendored("tiny", python_version="3.14", architecture="arm64")) is taken

    def test_file_of_comments_asks_for_nothing(self, source: Path, tmp_path: Path) -> None:
        """A project may have a requirements file before it has requirements."""
        requirements = tmp_path / "requirements.txt"
        requirements.write_text("# none yet\n\n")
        assert list(content(package(source, tmp_path / "a.zip", requirements=requirements).path)) == ["handler.py"]


@pytest.mark.slow
class TestRequirementsRefused:
    """Requirements that cannot be vendored are named in one line."""

    @pytest.mark.parametrize("line", ["unbuilt", "unbuilt==1.0"])
    def test_source_distribution(self, refused: Callable[..., str], links: Path, line: str) -> None:
        """A requirement that would have to be built is refused by name."""
        source_distribution(links)
        assert refused(line).endswith(
            f"{line} has no wheel for Python 3.13 on Linux x86_64, only a source distribution,"
            " which would have to be built; only wheels are accepted"
        )

    def test_source_distribution_of_a_dependency(self, refused: Callable[..., str], links: Path) -> None:
        """The dependency is named."""
        source_distribution(links)
        wheel(links, requires=("unbuilt>=1",))
        assert "unbuilt>=1 has no wheel" in refused("tiny")

    def test_source_distribution_by_path(self, refused: Callable[..., str], links: Path) -> None:
        """A path is refused without running what it holds."""
        path = source_distribution(links)
        assert "unbuilt-1.0.tar.gz" in (text := refused(str(path)))
        assert "is a source distribution, which would have to be built" in text
        assert not (links / "was-run").exists()

    def test_other_projects_source_distribution_is_not_blamed(self, refused: Callable[..., str], links: Path) -> None:
        """A project that does not exist is not said to be unbuilt."""
        source_distribution(links)
        assert refused("absent").endswith("the requirement absent (from versions: none)")

    def test_version_that_does_not_exist(self, refused: Callable[..., str], links: Path) -> None:
        """The versions that exist are told."""
        wheel(links)
        assert refused("tiny==2.0").endswith("requirement tiny==2.0 (from versions: 1.0)")

    def test_conflict(self, refused: Callable[..., str], links: Path) -> None:
        """Requirements that exclude each other are named."""
        wheel(links, requires=("other==2",))
        wheel(links, "other")
        wheel(links, "other", "2")
        assert "other==1.0" in (text := refused("tiny", "other==1.0"))
        assert "conflicting dependencies" in text

    @pytest.mark.parametrize("line", ["tiny === = 2", "--no-such-option"])
    def test_malformed_line(self, refused: Callable[..., str], links: Path, line: str) -> None:
        """The line is told."""
        wheel(links)
        assert line in refused(line)

    def test_two_wheels_with_one_path(self, refused: Callable[..., str], links: Path) -> None:
        """Both wheels and the path are named."""
        wheel(links, files={"same.py": ""})
        wheel(links, "other", files={"same.py": ""})
        assert (
            refused("tiny", "other")
            == "wheel other-1.0-py3-none-any.whl and wheel tiny-1.0-py3-none-any.whl both have 'same.py'; only one can"
        )

    def test_source_and_wheel_with_one_path(self, refused: Callable[..., str], links: Path) -> None:
        """A requirement does not replace the function's code."""
        wheel(links, files={"handler.py": ""})
        text = refused("tiny")
        assert text.startswith("the source folder (")
        assert text.endswith(") and wheel tiny-1.0-py3-none-any.whl both have 'handler.py'; only one can")

    def test_file_where_another_has_a_folder(self, refused: Callable[..., str], links: Path) -> None:
        """One path cannot be both."""
        wheel(links, files={"handler.py/x.py": ""})
        assert "both have 'handler.py'" in refused("tiny")

    def test_path_that_leads_out(self, refused: Callable[..., str], links: Path) -> None:
        """A wheel cannot write beside the package."""
        wheel(links, files={"../x.py": ""})
        assert "holds '../x.py', a path that leads out of the package" in refused("tiny")

    def test_python_without_pip(
        self, refused: Callable[..., str], links: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The way to get pip is told."""
        wheel(links)
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
        assert refused("tiny").endswith("python -m ensurepip adds it")
