"""Does a run that was stopped know what it had done, and does nobody else work with its journal meanwhile?"""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.errors import UsageError
from generator.limits import MAX_FUNCTION_SECONDS
from generator.operate.journal import AppendOnlyFile, Journal
from tests.support.planning import TOP

JOB = {"destination": "a queue", "function": "orders"}
DONE = [{"done": ["a", "1"]}, {"done": ["b", "2"]}]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run.journal"


def written(file: Path) -> None:
    with Journal(file, JOB) as journal:
        journal.append(*DONE)


def work(file: Path) -> list[Any]:
    return [entry for entry in Journal(file, JOB, writing=False).entries if "done" in entry]


def test_later_run_knows_what_an_earlier_one_did(file: Path) -> None:
    written(file)
    assert work(file) == DONE


def test_line_that_was_cut_off_was_not_written(file: Path) -> None:
    with Journal(file, JOB) as journal:
        journal.append(*DONE)
        whole = file.read_bytes()
    file.write_bytes(whole[:-3])
    with Journal(file, JOB) as journal:
        assert [entry for entry in journal.entries if "done" in entry] == DONE[:1]
        journal.append({"done": ["c", "3"]})
    assert work(file) == [DONE[0], {"done": ["c", "3"]}]


def test_file_that_was_cut_off_in_its_first_line_is_begun_again(file: Path) -> None:
    file.write_text('{"journal":2,"dest')
    with Journal(file, JOB):
        pass
    assert json.loads(file.read_text().splitlines()[0]) == {"journal": 2, **JOB}


@pytest.mark.parametrize(
    "other", [{**JOB, "destination": "another queue"}, {**JOB, "function": "staging"}], ids=["destination", "function"]
)
def test_journal_of_another_job_is_refused(file: Path, other: dict[str, str]) -> None:
    written(file)
    with pytest.raises(UsageError, match=r'belongs to another job \(destination "a queue", function "orders"\)'):
        Journal(file, other)


@pytest.mark.parametrize(("header", "version"), [({"about": "the documents of a queue"}, 1), ({"journal": 3}, 3)])
def test_journal_of_another_version_is_refused_and_left_alone(file: Path, header: Any, version: int) -> None:  # noqa: ANN401
    content = f'{json.dumps(header)}\n{{"done":["a","1"]}}\n'
    file.write_text(content)
    with pytest.raises(UsageError, match=f"has version {version}, and this command writes version 2"):
        Journal(file, JOB)
    assert file.read_text() == content


@pytest.mark.parametrize("content", ["precious\n", "precious", '{"precious": 1}\n', "[1]\n", '{"journal": 2}\n[1]\n'])
def test_file_that_is_no_journal_is_refused_and_left_alone(file: Path, content: str) -> None:
    file.write_text(content)
    with pytest.raises(UsageError, match="is not a journal"):
        Journal(file, JOB)
    assert file.read_text() == content


def test_dry_run_writes_nothing(file: Path) -> None:
    with Journal(file, JOB, writing=False) as journal:
        journal.append(*DONE)
        journal.heartbeat()
    assert not list(file.parent.iterdir())


def test_finished_run_leaves_nothing_behind(file: Path) -> None:
    with Journal(file, JOB) as journal:
        journal.append(*DONE)
        journal.close(remove=True)
    assert not list(file.parent.iterdir())


def test_journal_stays_while_messages_are_hidden(file: Path) -> None:
    with Journal(file, JOB) as journal:
        journal.append({"held": {"message": "receipt"}, "until": 9e9})
        journal.close(remove=True)
    assert file.exists()
    with Journal(file, JOB) as journal:
        journal.append({"released": True})
        journal.close(remove=True)
    assert not file.exists()


def test_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        Journal(tmp_path / "no" / "journal", JOB)


@pytest.fixture
def _not_for_long() -> Iterator[None]:
    """End a test that waits for the other end of a pipe."""

    def end(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(5)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(params=["pipe", "socket", "directory", "link"])
def other_kind(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the path of something that is not a regular file."""
    path = tmp_path / "x"
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "socket":
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind(str(path))
    elif request.param == "directory":
        path.mkdir()
    else:
        (tmp_path / "target").touch()
        path.symlink_to("target")
    return path


@pytest.mark.usefixtures("_not_for_long")
class TestOtherFiles:
    @pytest.mark.parametrize("writing", [True, False])
    def test_only_a_regular_file_is_a_journal(self, other_kind: Path, *, writing: bool) -> None:
        before = sorted(other_kind.parent.iterdir())
        with pytest.raises(UsageError, match=r'^Cannot use the journal ".*x": .*; only a regular file is accepted\.$'):
            Journal(other_kind, JOB, writing=writing)
        assert sorted(other_kind.parent.iterdir()) == before

    def test_only_a_regular_file_is_appended_to(self, other_kind: Path) -> None:
        with pytest.raises(UsageError, match="only a regular file is accepted"):
            AppendOnlyFile(other_kind)

    @pytest.mark.parametrize("path", ["/", ".", ".."])
    def test_path_without_a_name_is_refused(self, path: str) -> None:
        with pytest.raises(UsageError, match="a directory"):
            Journal(Path(path), JOB)

    def test_empty_file_of_the_user_stays_after_an_error(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        file.touch()
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(UsageError, match="No space left"):
            Journal(file, JOB)
        assert file.read_bytes() == b""
        assert list(file.parent.iterdir()) == [file]

    def test_empty_file_of_the_user_is_empty_again_after_the_run(self, file: Path) -> None:
        file.touch()
        with Journal(file, JOB) as journal:
            journal.append(*DONE)
            journal.close(remove=True)
        assert file.read_bytes() == b""

    def test_file_that_is_named_as_a_lock_stays(self, tmp_path: Path) -> None:
        precious = tmp_path / "uv.lock"
        precious.write_text("precious")
        written(tmp_path / "uv")
        assert precious.read_text() == "precious"

    def test_lock_with_content_is_refused_and_stays(self, file: Path) -> None:
        with Journal(file, JOB):
            (lock,) = set(file.parent.iterdir()) - {file}
        lock.write_text("precious")
        with pytest.raises(UsageError, match=f'lock "{lock}" has content'):
            Journal(file, JOB)
        assert lock.read_text() == "precious"


class TestLock:
    def test_second_run_learns_who_works_and_since_when(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(time, "time", lambda: 1_800_000_000)
        with Journal(file, JOB):
            monkeypatch.setattr(time, "time", lambda: 1_800_000_060)
            with pytest.raises(UsageError) as refused:
                Journal(file, JOB)
        said = str(refused.value)
        assert f"process {os.getpid()}, since 2027-01-15T08:00:00Z" in said
        assert "last active 1 min ago. Wait until it has ended, or stop it." in said

    def test_sign_of_life_is_the_heartbeat(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        began = time.time()
        with Journal(file, JOB) as journal:
            for seconds in range(0, 120, 5):
                monkeypatch.setattr(time, "time", lambda now=began + seconds: now)
                journal.heartbeat()
            with pytest.raises(UsageError, match=r"last active [5-9]\.?\d* s ago|last active 1[0-5]\.?\d* s ago"):
                Journal(file, JOB)
        assert file.read_text().count("active") == 8

    def test_refused_run_leaves_everything_as_it_was(self, file: Path) -> None:
        with Journal(file, JOB) as journal:
            journal.append(*DONE)
            before = file.read_bytes()
            with pytest.raises(UsageError):
                Journal(file, JOB)
            assert file.read_bytes() == before
            journal.append({"done": ["c", "3"]})
        assert len(work(file)) == 3

    def test_lock_is_free_after_an_orderly_end(self, file: Path) -> None:
        written(file)
        written(file)
        assert len(work(file)) == 4

    def test_lock_of_a_process_that_was_killed_is_taken_over(self, file: Path) -> None:
        code = (
            "import sys, time; from pathlib import Path; from generator.operate.journal import Journal\n"
            f"journal = Journal(Path(sys.argv[1]), {JOB!r}); journal.append({DONE[0]!r}); print('ready', flush=True)\n"
            "time.sleep(60)"
        )
        with subprocess.Popen([sys.executable, "-c", code, str(file)], cwd=TOP, stdout=subprocess.PIPE) as running:
            assert running.stdout
            assert running.stdout.readline() == b"ready\n"
            with pytest.raises(UsageError, match=f"process {running.pid}"):
                Journal(file, JOB)
            running.send_signal(signal.SIGKILL)
        with Journal(file, JOB) as journal:
            assert [entry for entry in journal.entries if "done" in entry] == DONE[:1]

    def test_process_on_another_computer_counts_as_working_while_it_gives_signs(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = time.time()
        owner = {"user": "ann", "host": "elsewhere", "process": 7, "since": now}
        file.write_text(f"{json.dumps({'journal': 2, **JOB})}\n{json.dumps({'owner': owner})}\n")
        with pytest.raises(UsageError, match=r"ann on elsewhere, process 7, .* run this command again after"):
            Journal(file, JOB)
        monkeypatch.setattr(time, "time", lambda: now + MAX_FUNCTION_SECONDS + 301)
        Journal(file, JOB).close()


class TestFullDisk:
    def test_nothing_is_left_of_an_entry_that_could_not_be_written(self, file: Path) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        appending = AppendOnlyFile(file)
        appending.append({"first": 1})
        resource.setrlimit(resource.RLIMIT_FSIZE, (30, hard))
        try:
            with pytest.raises(UsageError, match="File too large"):
                appending.append({"second": "x" * 100})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        appending.append({"third": 3})
        appending.close()
        assert [json.loads(line) for line in file.read_text().splitlines()] == [{"first": 1}, {"third": 3}]

    def test_line_that_an_earlier_process_left_is_cut_off(self, file: Path) -> None:
        file.write_text('{"whole":1}\n{"cut o')
        appending = AppendOnlyFile(file)
        appending.append({"next": 2})
        appending.close()
        assert file.read_text() == '{"whole":1}\n{"next":2}\n'

    def test_entry_that_a_signal_interrupted_is_cut_off(self, file: Path) -> None:
        appending = AppendOnlyFile(file)
        appending.append({"first": 1})
        appending._raw.write(b'{"interr')
        appending.append({"second": 2})
        appending.close()
        assert file.read_text() == '{"first":1}\n{"second":2}\n'
