"""Does each emulator still differ from AWS as the table says, and is what the launcher corrects corrected?"""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from generator.local import emulator
from generator.local.emulator import ACCOUNT, LocalAws
from generator.local.environments import interpreter
from tests.local.differences import DIFFERENCES, Difference

pytestmark = pytest.mark.emulator

CORRECTED = [difference for difference in DIFFERENCES if difference.emulator == "bare ministack"]


@contextmanager
def bare_ministack(folder: Path) -> Iterator[LocalAws]:
    """Run ministack as its own command line does, with enforced policies."""
    with socket.create_server(("", 0)) as probe:
        port = probe.getsockname()[1]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [interpreter("ministack"), "-m", "ministack"],
            env={
                "AUTH": "true",
                "DOCKER_HOST": f"unix://{folder}/no-docker",
                "GATEWAY_PORT": str(port),
                "MINISTACK_ACCOUNT_ID": ACCOUNT,
                "PATH": os.environ["PATH"],
                "TMPDIR": str(folder),
            },
            stdout=output,
            stderr=output,
        )
    aws = LocalAws(name="ministack", endpoint=f"http://127.0.0.1:{port}", log=log, pid=process.pid)
    try:
        emulator._wait_until_healthy(aws, process)
        yield aws
    finally:
        process.terminate()
        process.wait(15)


@pytest.fixture(scope="module")
def ministack() -> Iterator[LocalAws]:
    with emulator.running("ministack") as aws:
        yield aws


@pytest.fixture(scope="module")
def enforcing_ministack() -> Iterator[LocalAws]:
    with emulator.running("ministack", enforce_iam=True) as aws:
        yield aws


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with bare_ministack(tmp_path_factory.mktemp("bare")) as aws:
        yield aws


@pytest.fixture(scope="module")
def moto() -> Iterator[LocalAws]:
    with emulator.running("moto") as aws:
        yield aws


FIXTURES = {"bare ministack": "bare", "enforcing ministack": "enforcing_ministack"}


def _name(difference: Difference) -> str:
    return f"{difference.emulator.replace(' ', '-')}-{difference.still.__name__}"


@pytest.mark.parametrize("difference", DIFFERENCES, ids=_name)
def test_it_is_still_there(difference: Difference, request: pytest.FixtureRequest) -> None:
    aws = request.getfixturevalue(FIXTURES.get(difference.emulator, difference.emulator))
    assert difference.still(aws), (
        f"{difference.emulator} now does what AWS does, or something else. AWS: {difference.aws}. "
        f"It was: {difference.here}. Take the entry out, and what the tests do about it: {difference.tests}."
    )


@pytest.mark.parametrize("difference", CORRECTED, ids=_name)
def test_it_is_corrected(difference: Difference, enforcing_ministack: LocalAws) -> None:
    assert not difference.still(enforcing_ministack)
