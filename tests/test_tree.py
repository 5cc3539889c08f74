"""``generator.tree``: a folder becomes exactly what was rendered, or stays exactly what it was."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import tree
from generator.errors import OutputFolderError
from generator.parsing import MAX_CONFIGURATION_BYTES
from generator.render import header
from generator.tree import differences, write

TOP = Path(__file__).parents[1]


def generated(name: str, text: str = "old") -> bytes:
    return f"# {header(f'templates/{name}')}\n\n{text}\n".encode()


OLD = {name: generated(name) for name in ("a.tf", "b.tf", "tests/c.hcl", "tests/d.hcl")}
NEW = {name: generated(name, "new") for name in ("a.tf", "b.tf", "policies/e.yaml", "tests/c.hcl")}

paths = st.sampled_from(["a", "b", "c/a", "c/b", "c/d/a", "e/a"])
trees = st.dictionaries(paths, st.binary(max_size=40).map(lambda rest: generated("x") + rest))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder that was written before."""
    write(OLD, tmp_path / "module")
    return tmp_path / "module"


def content(folder: Path) -> dict[str, bytes]:
    """Read everything that a folder holds, links by what they name."""
    return {
        path.relative_to(folder).as_posix(): bytes(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def kinds(files: dict[str, bytes], folder: Path) -> dict[str, str]:
    return {difference.path: difference.kind for difference in differences(files, folder)}


class TestDifferences:
    def test_a_folder_as_rendered_has_none(self, folder: Path) -> None:
        assert differences(OLD, folder) == []

    def test_a_missing_folder_lacks_every_file(self, tmp_path: Path) -> None:
        assert set(kinds(OLD, tmp_path / "none").values()) == {"missing"}

    def test_a_changed_a_missing_and_an_orphan_file_are_told_apart(self, folder: Path) -> None:
        (folder / "a.tf").write_bytes(generated("a.tf", "by hand"))
        (folder / "b.tf").unlink()
        (folder / "tests" / "z.hcl").write_text("mine\n")
        assert kinds(OLD, folder) == {"a.tf": "changed", "b.tf": "missing", "tests/z.hcl": "orphan"}

    def test_a_changed_byte_that_no_editor_shows_is_found(self, folder: Path) -> None:
        (folder / "a.tf").write_bytes(OLD["a.tf"].replace(b"\n", b"\r\n"))
        assert kinds(OLD, folder) == {"a.tf": "changed"}

    def test_each_has_a_unified_diff_from_the_folder_to_the_specification(self, folder: Path) -> None:
        (difference,) = differences({**OLD, "a.tf": generated("a.tf", "new")}, folder)
        assert difference.diff == (
            "--- a.tf (in the directory)\n+++ a.tf (as specified)\n@@ -1,3 +1,3 @@\n"
            f" # {header('templates/a.tf')}\n \n-old\n+new\n"
        )

    def test_a_diff_tells_that_the_last_line_does_not_end(self, folder: Path) -> None:
        (folder / "a.tf").write_bytes(OLD["a.tf"].rstrip(b"\n"))
        (difference,) = differences(OLD, folder)
        assert difference.diff.endswith("-old\n\\ No newline at end of file\n+old\n")

    def test_a_file_that_is_no_text_has_a_diff_too(self, folder: Path) -> None:
        (folder / "a.tf").write_bytes(b"\xff\x00\n")
        assert "+old\n" in differences(OLD, folder)[0].diff

    def test_what_terraform_leaves_is_no_difference(self, folder: Path) -> None:
        leave_what_terraform_leaves(folder)
        assert differences(OLD, folder) == []

    def test_a_file_instead_of_a_folder_is_refused(self, folder: Path) -> None:
        with pytest.raises(OutputFolderError, match=r"a\.tf: Not a directory"):
            differences(OLD, folder / "a.tf")


class TestWrite:
    def test_a_folder_holds_exactly_the_rendered_files(self, folder: Path) -> None:
        write(NEW, folder)
        assert content(folder) == NEW

    def test_what_changed_is_returned(self, folder: Path) -> None:
        assert {change.path: change.kind for change in write(NEW, folder)} == {
            "a.tf": "changed",
            "b.tf": "changed",
            "policies/e.yaml": "missing",
            "tests/c.hcl": "changed",
            "tests/d.hcl": "orphan",
        }

    def test_a_second_time_changes_nothing(self, folder: Path) -> None:
        write(NEW, folder)
        before = identities(folder)
        assert write(NEW, folder) == []
        assert identities(folder) == before

    def test_files_can_be_read_by_everybody(self, folder: Path) -> None:
        assert (folder / "a.tf").stat().st_mode & 0o777 == 0o644

    @given(before=trees, after=trees)
    def test_whatever_was_written_before_is_replaced(
        self, before: dict[str, bytes], after: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        folder = tmp_path_factory.mktemp("module")
        for files in (before, after):
            write(files, folder)
            assert content(folder) == files

    @pytest.mark.parametrize("name", ["mine.tf", "tests/mine.hcl", ".gitignore", "deep/er/x"])
    def test_a_foreign_file_is_named_and_nothing_is_changed(self, name: str, folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine\n")
        before = content(folder)
        with pytest.raises(OutputFolderError, match=f"no generated header in {name}"):
            write(NEW, folder)
        assert content(folder) == before

    def test_a_generated_file_whose_header_was_taken_away_is_foreign(self, folder: Path) -> None:
        (folder / "a.tf").write_text("mine\n")
        with pytest.raises(OutputFolderError, match=r"no generated header in a\.tf"):
            write(OLD, folder)
        assert (folder / "a.tf").read_text() == "mine\n"

    def test_many_foreign_files_are_not_all_named(self, tmp_path: Path) -> None:
        for number in range(9):
            (tmp_path / str(number)).write_text("mine\n")
        with pytest.raises(OutputFolderError, match="in 0, 1, 2, 3, 4 and more"):
            write(NEW, tmp_path)

    def test_what_terraform_leaves_is_left_alone(self, folder: Path) -> None:
        left = leave_what_terraform_leaves(folder)
        write(NEW, folder)
        assert content(folder) == {**NEW, **left}

    def test_a_folder_where_a_file_belongs_is_named_and_nothing_is_changed(self, folder: Path) -> None:
        (folder / "policies" / "e.yaml").mkdir(parents=True)
        before = content(folder)
        with pytest.raises(OutputFolderError, match=r"no generated header in policies/e\.yaml"):
            write(NEW, folder)
        assert content(folder) == before

    @pytest.mark.parametrize("name", ["a.tf", "a.tf/below"])
    def test_a_file_as_the_folder_is_refused(self, name: str, folder: Path) -> None:
        with pytest.raises(OutputFolderError, match=f"{folder}/{name}: Not a directory"):
            write(NEW, folder / name)
        assert content(folder) == OLD

    def test_a_folder_that_cannot_be_written_is_named(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever runs the tests as root may write everywhere, so the refusal is the system's in name only."""

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied", str(folder / "a.tf"))

        monkeypatch.setattr("os.open", refuse)
        with pytest.raises(OutputFolderError, match=rf"^{folder}/a\.tf: Permission denied"):
            write(NEW, folder)
        assert content(folder) == OLD

    def test_a_file_that_cannot_be_read_is_named(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(path: Path, _limit: int) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr(tree, "read_bytes", refuse)
        with pytest.raises(OutputFolderError, match=r"/a\.tf: Permission denied"):
            write(NEW, folder)

    def test_a_directory_with_too_many_or_too_large_files_is_not_read(self, tmp_path: Path) -> None:
        with (tmp_path / "large").open("wb") as file:
            file.truncate(MAX_CONFIGURATION_BYTES + 1)
        with pytest.raises(OutputFolderError, match=r"/large: expected a file of at most 16 MiB"):
            write(NEW, tmp_path)
        for number in range(1000):
            (tmp_path / str(number)).touch()
        with pytest.raises(OutputFolderError, match=r": more than 1,000 files\. Name an empty directory"):
            write(NEW, tmp_path)

    def test_a_write_that_fails_leaves_no_unfinished_file(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(path: Path, _target: Path) -> None:
            raise OSError(28, "No space left on device", str(path))

        monkeypatch.setattr(Path, "replace", refuse)
        with pytest.raises(OutputFolderError, match="No space left on device"):
            write(NEW, folder)
        assert content(folder) == OLD


class TestLinks:
    @pytest.mark.parametrize("target", ["other.tf", "missing.tf"])
    def test_a_link_in_a_files_place_is_not_replaced(self, target: str, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "other.tf").write_bytes(OLD["a.tf"])
        (folder / "a.tf").unlink()
        (folder / "a.tf").symlink_to(tmp_path / target)
        with pytest.raises(OutputFolderError, match=r"no generated header in a\.tf"):
            write(NEW, folder)
        assert (folder / "a.tf").is_symlink()
        assert content(tmp_path)["other.tf"] == OLD["a.tf"]
        assert not (tmp_path / "missing.tf").exists()

    def test_a_pipe_in_a_files_place_is_not_replaced(self, folder: Path) -> None:
        (folder / "a.tf").unlink()
        os.mkfifo(folder / "a.tf")
        with pytest.raises(OutputFolderError, match=r"no generated header in a\.tf"):
            write(NEW, folder)
        assert (folder / "a.tf").is_fifo()

    def test_a_link_that_is_no_longer_rendered_goes_and_what_it_names_stays(self, folder: Path, tmp_path: Path) -> None:
        other = tmp_path / "other.tf"
        other.write_bytes(OLD["a.tf"])
        (folder / "z.tf").symlink_to(other)
        write(OLD, folder)
        assert other.read_bytes() == OLD["a.tf"]
        assert content(folder) == OLD

    def test_a_link_to_a_foreign_file_is_foreign(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("mine\n")
        (folder / "z.tf").symlink_to(tmp_path / "mine")
        with pytest.raises(OutputFolderError, match=r"no generated header in z\.tf"):
            write(NEW, folder)

    def test_nothing_is_written_through_a_link_to_another_folder(self, tmp_path: Path) -> None:
        elsewhere, folder = tmp_path / "elsewhere", tmp_path / "module"
        elsewhere.mkdir()
        folder.mkdir()
        (folder / "tests").symlink_to(elsewhere)
        with pytest.raises(OutputFolderError, match="no generated header in tests"):
            write(NEW, folder)
        assert content(elsewhere) == {}

    def test_a_link_to_another_folder_is_not_entered(self, folder: Path, tmp_path: Path) -> None:
        write({"z.tf": generated("z.tf")}, tmp_path / "elsewhere")
        (folder / "link").symlink_to(tmp_path / "elsewhere")
        write(NEW, folder)
        assert content(tmp_path / "elsewhere") == {"z.tf": generated("z.tf")}

    def test_a_folder_that_is_itself_a_link_is_written(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(folder)
        write(NEW, tmp_path / "link")
        assert content(folder) == NEW


# Kills itself when the second file is about to be, or has just been, put into its place
KILLED = """
import os, signal, sys
from pathlib import Path
from generator.tree import write

replace, calls = Path.replace, []

def dying(path, target):
    calls.append(path)
    if len(calls) == 2 and sys.argv[2] == "after":
        replace(path, target)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(path, target)

Path.replace = dying
write(NEW, Path(sys.argv[1]))
"""


@pytest.fixture(params=["before", "after"])
def killed(request: pytest.FixtureRequest, folder: Path) -> Path:
    """Give a folder in which a build was killed around the replacement of its second file."""
    done = subprocess.run(
        [sys.executable, "-c", f"NEW = {NEW!r}\n{KILLED}", folder, request.param], cwd=TOP, check=False
    )
    assert done.returncode == -signal.SIGKILL
    return folder


class TestKilled:
    def test_every_file_is_whole(self, killed: Path) -> None:
        found = content(killed)
        assert found["a.tf"] == NEW["a.tf"]
        assert all(found[name] in {OLD[name], NEW.get(name)} for name in OLD)

    def test_the_next_build_mends_it(self, killed: Path) -> None:
        write(NEW, killed)
        assert content(killed) == NEW

    def test_a_file_that_was_never_finished_is_cleared_away(self, folder: Path) -> None:
        (folder / ".unfinished-0123").write_bytes(b"# Gener")
        write(NEW, folder)
        assert content(folder) == NEW

    def test_the_check_sees_what_is_left_to_do(self, killed: Path) -> None:
        assert "policies/e.yaml" in kinds(NEW, killed)


def identities(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return what changes when a file is replaced or written; reading changes neither."""
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*")}


def leave_what_terraform_leaves(folder: Path) -> dict[str, bytes]:
    left = {
        ".terraform/providers/x": b"binary",
        "tests/.terraform/modules.json": b"{}",
        ".terraform.lock.hcl": b"lock",
    }
    for name, bytes_ in left.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes_)
    return left


def test_directories_may_lie_within_each_other_deeply(deep_folder: Path) -> None:
    with pytest.raises(OutputFolderError, match=r"no generated header in d/d/"):
        write({"main.tf": generated("main.tf")}, deep_folder)
