"""Does a run that was stopped know what it had done?"""

from pathlib import Path
from typing import Any

import pytest

from generator.errors import UsageError
from generator.operate.journal import Journal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run.journal"


def written(file: Path) -> None:
    journal = Journal(file, "a queue")
    journal.append({"done": ["a", "1"]}, {"done": ["b", "2"]})
    journal.close()


def entries(file: Path) -> list[Any]:
    return Journal(file, "a queue", writing=False).entries


def test_later_run_knows_what_an_earlier_one_did(file: Path) -> None:
    written(file)
    assert entries(file) == [{"done": ["a", "1"]}, {"done": ["b", "2"]}]


def test_line_that_was_cut_off_was_not_written(file: Path) -> None:
    written(file)
    file.write_bytes(file.read_bytes()[:-3])
    journal = Journal(file, "a queue")
    assert journal.entries == [{"done": ["a", "1"]}]
    journal.append({"done": ["c", "3"]})
    journal.close()
    assert entries(file) == [{"done": ["a", "1"]}, {"done": ["c", "3"]}]


def test_file_that_was_cut_off_in_its_first_line_is_begun_again(file: Path) -> None:
    file.write_text('{"ab')
    Journal(file, "a queue").close()
    assert file.read_text() == '{"about":"a queue"}\n'


def test_journal_of_something_else_is_refused(file: Path) -> None:
    written(file)
    with pytest.raises(UsageError, match="is about a queue, not about another"):
        Journal(file, "another")


@pytest.mark.parametrize("content", ["precious\n", "precious", '{"precious": 1}\n', "[1]\n"])
def test_file_that_is_no_journal_is_refused_and_left_alone(file: Path, content: str) -> None:
    file.write_text(content)
    with pytest.raises(UsageError, match="is not a journal"):
        Journal(file, "a queue")
    assert file.read_text() == content


def test_dry_run_writes_nothing(file: Path) -> None:
    journal = Journal(file, "a queue", writing=False)
    journal.append({"done": ["a", "1"]})
    journal.close(remove=True)
    assert not file.exists()


def test_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be used: No such file"):
        Journal(tmp_path / "no" / "journal", "a queue")
