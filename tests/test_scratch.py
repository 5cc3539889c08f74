"""Does a temporary directory go away with its process, and does nothing else go away?"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.scratch import scratch_directory

TOP = Path(__file__).parents[1]
# Says where its directory is, and waits
HOLDS = """
import sys
from generator.scratch import scratch_directory
with scratch_directory() as directory:
    (directory / "state").write_text("")
    print(directory, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def other(temporary: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process, and its directory."""
    words = [sys.executable, "-c", HOLDS]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(
        words, cwd=TOP, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        directory = Path(process.stdout.readline().strip())
        assert (directory / "state").exists()
        yield process, directory
        process.kill()


def test_it_is_the_users_alone_and_ends_with_the_block(temporary: Path) -> None:
    with scratch_directory() as directory:
        assert directory.parent == temporary
        assert directory.stat().st_mode & 0o777 == 0o700
        (directory / "file").touch()
    assert list(temporary.iterdir()) == []


def test_it_ends_with_an_error(temporary: Path) -> None:
    with pytest.raises(KeyboardInterrupt), scratch_directory():
        raise KeyboardInterrupt
    assert list(temporary.iterdir()) == []


def test_that_of_a_killed_process_is_removed_by_the_next(other: tuple[subprocess.Popen[str], Path]) -> None:
    process, directory = other
    process.kill()
    process.wait()
    assert directory.exists()
    with scratch_directory():
        assert not directory.exists()


def test_that_of_a_running_process_stays(other: tuple[subprocess.Popen[str], Path]) -> None:
    _, directory = other
    with scratch_directory():
        assert (directory / "state").exists()


def test_what_is_not_one_stays(temporary: Path) -> None:
    """Only a directory with the name and the lock is one: no directory of a user, no link, no other file."""
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".ddb-stream-lambda.lock").touch()
    (temporary / "ddb-stream-lambda-scratch-link").symlink_to(elsewhere)
    (temporary / "ddb-stream-lambda-scratch-mine").mkdir()
    (temporary / "ddb-stream-lambda-scratch-file").touch()
    (temporary / "ddb-stream-lambda-state").mkdir()
    before = sorted(temporary.rglob("*"))
    with scratch_directory():
        pass
    assert sorted(temporary.rglob("*")) == before
    assert (elsewhere / ".ddb-stream-lambda.lock").exists()
