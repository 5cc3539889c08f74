"""Files are whole or absent, and leave nothing beside them."""

import os
import stat
from pathlib import Path

import pytest

from generator.errors import UsageError
from generator.files import UNFINISHED, check_outputs, replace_file, replace_files, replacing


def test_text_is_written_as_utf_8(tmp_path: Path) -> None:
    replace_file(tmp_path / "file", "naïve\n")
    assert (tmp_path / "file").read_bytes() == "naïve\n".encode()


def test_missing_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "missing" / "file", "")


def test_file_stays_and_nothing_is_left_when_the_block_raises(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    def interrupted() -> None:
        with replacing(file) as unfinished:
            unfinished.write_text("half of the new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert file.read_text() == "old"


def test_old_file_is_readable_until_the_new_one_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    with replacing(file) as unfinished:
        unfinished.write_text("new")
        assert file.read_text() == "old"
        assert unfinished.parent == file.parent  # a rename works within a file system only
        assert unfinished.name.startswith(UNFINISHED)
    assert file.read_text() == "new"


@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077], ids=oct)
def test_permissions_follow_the_umask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        replace_file(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("kind", ["directory", "link", "dangling link", "pipe"])
def test_only_a_regular_file_is_replaced(tmp_path: Path, kind: str) -> None:
    (tmp_path / "target").write_text("target")
    file = tmp_path / "file"
    match kind:
        case "directory":
            file.mkdir()
        case "pipe":
            os.mkfifo(file)
        case _:
            file.symlink_to("target" if kind == "link" else "missing")
    before = file.lstat()
    with pytest.raises(OSError, match="only a regular file is accepted"):
        replace_file(file, b"new")
    assert file.lstat() == before
    assert (tmp_path / "target").read_text() == "target"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "target"]


def test_link_that_appears_while_the_file_is_written_stays(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="symbolic link"), replacing(tmp_path / "file"):
        (tmp_path / "file").symlink_to("elsewhere")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("kind", ["same", "link", "hard link", "directory", "missing"])
def test_output_that_is_an_input_is_refused(tmp_path: Path, kind: str) -> None:
    file, other = tmp_path / "file", tmp_path / "other"
    if kind != "missing":
        file.write_text("old")
    match kind:
        case "link":
            other.symlink_to("file")
        case "hard link":
            other.hardlink_to(file)
        case "directory":
            other.symlink_to(tmp_path)
            other /= "file"
        case _:
            other = tmp_path / "absent" / ".." / "file" if kind == "missing" else file
    with pytest.raises(UsageError, match=r'^--out: ".*" is also the file of --file'):
        check_outputs({"--out": other}, {"--keys": None, "--file": file})
    with pytest.raises(UsageError, match="also the file of --failed"):
        check_outputs({"--journal": other, "--failed": file}, {})


def test_other_files_are_accepted_as_outputs(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    pipe = tmp_path / "pipe"
    check_outputs({"--out": tmp_path / "new", "--journal": None}, {"--file": tmp_path / "file", "--keys": None})
    check_outputs({"--out": pipe}, {"--file": pipe})


# --- several files --------------------------------------------------------------------------------------------------

OLD = {"a": b"1", "b/c": b"2", "d": b"3"}
NEW: dict[str, bytes | None] = {"a": b"one", "b/c": None, "e/f/g": b"new", "d": b"three"}


@pytest.fixture
def several(tmp_path: Path) -> Path:
    for name, content in OLD.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def below(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if not path.is_dir())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_several_files_are_written_and_removed(several: Path) -> None:
    replace_files(several, NEW)
    assert below(several) == {"a": b"one", "e/f/g": b"new", "d": b"three"}


def test_missing_file_can_be_removed(several: Path) -> None:
    replace_files(several, {"x": None})
    assert below(several) == OLD


@pytest.mark.parametrize("last", ["link", "directory", "below-a-file"])
def test_none_of_several_files_is_written_if_one_cannot_be(last: str, several: Path) -> None:
    (several / "link").symlink_to("a")
    (several / "directory").mkdir()
    before = below(several)
    with pytest.raises(OSError, match=r"a directory|a symbolic link|Not a directory|File exists"):
        replace_files(several, NEW | {"a/x" if last == "below-a-file" else last: b"new"})
    assert below(several) == before
    assert not (several / "e").exists()


@pytest.mark.parametrize("number", range(3))
def test_several_files_are_restored_if_one_cannot_be_renamed(
    number: int, several: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, targets = Path.replace, [several / name for name, content in NEW.items() if content is not None]

    def fail(path: Path, target: Path) -> Path:
        if target == targets[number] and path.read_bytes() == NEW[target.relative_to(several).as_posix()]:
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(KeyboardInterrupt):
        replace_files(several, NEW)
    assert below(several) == OLD
    assert not (several / "e").exists()
