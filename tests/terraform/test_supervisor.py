"""Do Terraform and its provider end with the process that started them, however that ends?"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.terraform import program as programs
from tests.local.test_emulator import eventually
from tests.terraform.machine import program

TOP = Path(__file__).parents[2]
# Starts a process as Terraform starts a provider, and is busy
BUSY = 'sleep 60 & echo $! $$ > "{pids}.new"; mv "{pids}.new" "{pids}"; wait'
RUNS = """
import sys
from pathlib import Path
from generator import cli
from generator.terraform import program
import click
@cli.cli.command()
def busy():
    program.call(Path(sys.argv[2]), Path(sys.argv[3]), {}, "apply")
cli.main(["busy"])
"""


def alive(pids: list[int]) -> list[int]:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,stat="], capture_output=True, text=True, check=True).stdout
    states = dict(line.split()[:2] for line in listed.splitlines())
    return [pid for pid in pids if not states.get(str(pid), "Z").startswith("Z")]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A process that runs Terraform, and the processes of Terraform and its provider."""
    pids = tmp_path / "pids"
    terraform = program(tmp_path, script=BUSY.format(pids=pids))
    words = [sys.executable, "-c", RUNS, "busy", str(terraform), str(tmp_path)]
    with subprocess.Popen(words, cwd=TOP, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert eventually(pids.exists)
        started = [int(word) for word in pids.read_text().split()]
        assert alive(started) == started
        yield process, started
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9), (signal.SIGHUP, -1)]
)
@pytest.mark.parametrize("group", [False, True], ids=["alone", "group"])
def test_they_end_with_their_parent(
    number: signal.Signals, code: int, *, group: bool, running: tuple[subprocess.Popen[str], list[int]]
) -> None:
    process, started = running
    (os.killpg if group else os.kill)(process.pid, number)
    assert process.wait(10) == code
    if number in (signal.SIGTERM, signal.SIGINT):
        assert alive(started) == []
    assert eventually(lambda: alive(started) == [])


def test_output_and_exit_code_are_handed_on(tmp_path: Path) -> None:
    terraform = program(tmp_path, script='echo "out $1 $X"; echo err >&2; exit 3')
    assert programs.call(terraform, tmp_path, {**os.environ, "X": "y"}, "plan") == (3, "out plan y\n", "err\n")


def test_alarm_at_the_end_does_not_change_the_exit_code(tmp_path: Path) -> None:
    text = (TOP / "generator/terraform/supervisor.py").read_text()
    assert "_SECONDS = 0.2\n" in text
    hasty = tmp_path / "supervisor.py"
    hasty.write_text(text.replace("_SECONDS = 0.2\n", "_SECONDS = 0.0002\n"))
    words = [sys.executable, "-I", "-S", str(hasty), str(os.getpid()), "true"]
    assert subprocess.run(words, check=False).returncode == 0
