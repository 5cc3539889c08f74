"""One local AWS for all tests of this folder, and the command line as an operator has it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from generator import cli
from generator.local import emulator
from generator.local.emulator import LocalAws
from generator.operate import queues
from tests.operate import pipelines
from tests.operate.pipelines import Pipeline


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Call = Callable[..., Answer]


@pytest.fixture(scope="package")
def aws() -> Iterator[LocalAws]:
    with emulator.running("ministack", enforce_iam=True) as running:
        yield running


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(aws: LocalAws, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Give what runs the command line in this process, with AWS settings in the environment as a user has them."""
    assert here.exists()
    for name, value in aws.variables({}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    # The emulator has one server, which knows at once that a queue is empty.
    monkeypatch.setattr(queues, "_WAIT", 0)

    def run(*words: str) -> Answer:
        with pytest.raises(SystemExit) as ended:
            cli.main(list(words))
        return Answer(int(ended.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pipelines")


@pytest.fixture(scope="package")
def function(aws: LocalAws, folder: Path) -> str:
    return pipelines.function(aws, folder)


@pytest.fixture(scope="package")
def _small(aws: LocalAws, folder: Path, function: str) -> Pipeline:
    return Pipeline.make(aws, folder, function, batch_size=2)


@pytest.fixture
def small(_small: Pipeline) -> Pipeline:
    """Return a pipeline whose queue is empty."""
    _small.repair()
    _small.empty()
    return _small
