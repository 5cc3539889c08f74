"""Is what a run needs to be finished kept until nothing is left?"""

import os
from pathlib import Path

import pytest

from generator.errors import UsageError
from generator.prove import runs


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the state in a directory of the test."""
    monkeypatch.setattr(runs, "state_directory", lambda name: tmp_path / "state" / name)
    return tmp_path / "state" / "demo"


def test_run_is_unfinished_until_it_is_removed() -> None:
    run = runs.new("123456789012", "eu-west-1", "work")
    run.inventory = [["aws_sqs_queue", f"{run.name}-dlq"]]
    run.save()
    assert runs.unfinished() == [run]
    run.remove()
    assert runs.unfinished() == []


def test_directory_is_private(state: Path) -> None:
    run = runs.new("123456789012", "eu-west-1", None)
    assert (state / run.name).stat().st_mode & 0o777 == 0o700


def test_runs_have_different_names() -> None:
    assert runs.new("123456789012", "eu-west-1", None).name != runs.new("123456789012", "eu-west-1", None).name


def test_run_that_created_nothing_is_forgotten(state: Path) -> None:
    run = runs.new("123456789012", "eu-west-1", None)
    assert runs.unfinished() == []
    assert (state / run.name).exists(), "it may be beginning"
    os.utime(state / run.name, (0, 0))
    assert runs.unfinished() == []
    assert not (state / run.name).exists()


def test_run_of_another_process_is_left_alone() -> None:
    run = runs.new("123456789012", "eu-west-1", None)
    run.save()
    with run.locked():
        assert runs.unfinished() == []
        with pytest.raises(UsageError, match="Another process works on the run"), run.locked():
            pass
    assert runs.unfinished() == [run]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"name": "a"}',
        '{"name": 1, "region": ""}',
        # The name is a directory that is deleted, and the prefix of what is deleted in the account
        '{"name": "..", "account": "1", "region": "a", "profile": null, "inventory": []}',
        '{"name": "NAME", "account": "1", "region": "a", "profile": null, "inventory": [["aws_sqs_queue"]]}',
    ],
)
def test_damaged_file_is_an_error_that_names_what_to_do(state: Path, content: str) -> None:
    run = runs.new("123456789012", "eu-west-1", None)
    run.save()
    (state / run.name / "run.json").write_text(content.replace("NAME", run.name))
    with pytest.raises(UsageError, match=f"Delete everything with the name {run.name} in the account"):
        runs.unfinished()
