"""``generator.package``: the same files give the same archive, and nothing unfit for Lambda gets into one."""

import base64
import hashlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import PackageError
from generator.package import Package, package
from tests.local.test_emulator import eventually
from tests.package.sources import content, write
from tests.support.properties import examples

ROOT = Path(__file__).parents[2]

names = st.text("abcXYZ019_-. é", min_size=1, max_size=6)
paths = st.builds(
    lambda folders, name: "/".join([*(f"d{folder}" for folder in folders), f"f{name}"]),
    st.lists(names, max_size=2),
    names,
)
trees = st.dictionaries(paths, st.tuples(st.binary(max_size=200), st.booleans()), min_size=1, max_size=6)


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

    @examples(1.25)
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

    @examples(1.25)
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


class TestRefusals:
    """Each bad argument has its own line, and nothing is written."""

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            ({"source": "missing"}, "missing: no such directory."),
            ({"source": "file"}, "file: not a directory."),
            ({"source": "empty"}, "empty: no file to package found."),
            ({"source": "tested"}, "tested: no file to package found."),
            ({"archive": "empty"}, '--output: "empty" is a directory.'),
            ({"archive": "new/a.tar"}, '--output: the name "new/a.tar" must end in .zip.'),
            ({"archive": "file/a.zip"}, "file: File exists."),
            ({"architecture": "arm"}, '--architecture: "arm" is not one of x86_64, arm64.'),
            ({"python_version": "3.8"}, '--python-version: "3.8" is not supported. Use 3.9 or later'),
            ({"python_version": "313"}, '--python-version: "313" is not supported.'),
            ({"python_version": "3.13.1"}, '--python-version: "3.13.1" is not supported.'),
            ({"requirements": "missing"}, '--requirements: "missing" is not a file.'),
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


# Stands for a pip that has made temporary files and waits for the index.
WAITING_PIP = """
import tempfile, time
tempfile.mkdtemp(prefix="pip-")
print("waiting", file=open({told!r}, "w"), flush=True)
time.sleep(60)
"""


class TestTerminated:
    """A run that gets SIGTERM leaves the archive as it was, and no temporary file."""

    def end(self, words: list[str], ready: Callable[[], bool], **variables: str) -> None:
        """Run the command line, and terminate it when it is ready."""
        code = [sys.executable, "-c", words[0]] if len(words) == 1 else [sys.executable, "-m", "generator", *words]
        with subprocess.Popen(code, cwd=ROOT, env={**os.environ, **variables}, stderr=subprocess.PIPE) as process:
            assert eventually(ready, 30)
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=20)
        assert process.returncode == 143
        assert said.endswith(b"Error: Terminated.\n")

    def test_while_it_writes(self, source: Path, tmp_path: Path) -> None:
        """The unfinished archive is deleted."""
        code = STALLING.replace("package(Path(sys.argv[1]), Path(sys.argv[2]))", "from generator import cli")
        write(source, {"new.py": "new"})
        code += f'cli.main(["package", {str(source)!r}, "-o", {str(tmp_path / "out/a.zip")!r}])\n'
        self.end([code], lambda: any((tmp_path / "out").glob(".unfinished-*")))
        assert list((tmp_path / "out").iterdir()) == []

    def test_while_pip_downloads(self, source: Path, tmp_path: Path) -> None:
        """pip ends as well, and so do its temporary files."""
        told = tmp_path / "told"
        files = {"__init__.py": "", "__main__.py": WAITING_PIP.format(told=str(told)), "_vendor/__init__.py": ""}
        markers = {"_vendor/packaging/__init__.py": "", "_vendor/packaging/markers.py": "default_environment = dict"}
        write(tmp_path / "path" / "pip", {**files, **markers})
        write(tmp_path, {"requirements.txt": "tiny==1", "temporary/.keep": ""})
        words = ["package", str(source), "-o", str(tmp_path / "a.zip"), "--requirements"]
        variables = {"TMPDIR": str(tmp_path / "temporary"), "PYTHONPATH": str(tmp_path / "path")}
        self.end([*words, str(tmp_path / "requirements.txt")], told.exists, **variables)
        assert [path.name for path in (tmp_path / "temporary").iterdir()] == [".keep"]
        assert not (tmp_path / "a.zip").exists()


class TestFailing:
    """A run that fails while writing cleans up."""

    def test_nothing_is_left(self, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Neither an archive nor a part of one remains, and the disk's reason is told."""

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
        with pytest.raises(PackageError, match=r"a\.zip: No space left on device\.$"):
            package(source, tmp_path / "out" / "a.zip")
        assert list((tmp_path / "out").iterdir()) == []
