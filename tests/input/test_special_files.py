"""Does every command say at once that a file is not one, and read a pipe if something writes to it?"""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NoReturn

import click
import pytest

from generator import cli, parsing
from generator.arguments import PathType
from generator.parsing import ParseError, read_bytes

TOP: Final = Path(__file__).parents[2]

COMMANDS: Final[dict[str, tuple[list[str], int]]] = {
    "adopt --state": (["adopt", "--state"], 3),
    "build --out": (["build", "--out"], 4),
    "build --profile": (["build", "--out", "out", "--profile"], 9),
    "demo --items": (["demo", "--items"], 3),
    "demo root": (["demo"], 7),
    "deploy --state": (["deploy", "--state"], 3),
    "diff --baseline": (["diff", ".", ".", "--baseline"], 3),
    "diff --policy": (["diff", ".", ".", "--policy"], 3),
    "diff new": (["diff", "."], 10),
    "diff old": (["diff"], 10),
    "new folder": (["new"], 4),
    "package --output": (["package", ".", "--output"], 6),
    "package --requirements": (["package", ".", "--output", "a.zip", "--requirements"], 6),
    "package source": (["package", "--output", "a.zip"], 6),
    "redrive fetch --file": (["redrive", "fetch", "--out", "-", "--file"], 3),
    "redrive fetch --keys": (["redrive", "fetch", "--out", "-", "--since", "1h", "--function", "f", "--keys"], 3),
    "redrive fetch --state": (["redrive", "fetch", "--out", "-", "--state"], 3),
    "redrive list --file": (["redrive", "list", "--file"], 3),
    "redrive list --state": (["redrive", "list", "--state"], 3),
    "redrive policy --state": (["redrive", "policy", "--state"], 3),
    "redrive reconcile --file": (["redrive", "reconcile", "--function", "f", "--file"], 3),
    "redrive reconcile --state": (["redrive", "reconcile", "--function", "f", "--state"], 3),
    "redrive replay --file": (["redrive", "replay", "--function", "f", "--file"], 3),
    "redrive replay --keys": (["redrive", "replay", "--since", "1h", "--function", "f", "--keys"], 3),
    "redrive replay --state": (["redrive", "replay", "--state"], 3),
    "release verify --profile": (["release", "verify", ".", "--profile"], 12),
    "release verify path": (["release", "verify"], 12),
    "simulate --html": (["simulate", "--html"], 3),
    "simulate --plan": (["simulate", "--plan"], 3),
    "simulate --records": (["simulate", "--records"], 3),
}
"""The options and arguments that take a path: a command that ends with it, and the exit code if it is a pipe."""

LATER: Final = {
    "adopt --out", "backfill --failed", "backfill --journal", "redrive fetch --out", "redrive reconcile --journal",
    "redrive replay --journal",
}  # fmt: skip
"""Files that are written, and looked at only when AWS has answered: see the tests of the journal and of files."""


def _paths(command: click.Command, name: str = "") -> Iterator[str]:
    if isinstance(command, click.Group):
        for one, inner in command.commands.items():
            yield from _paths(inner, f"{name} {one}".strip())
        return
    for param in command.params:
        if isinstance(param.type, PathType) or "FILE" in (param.metavar or ""):
            yield f"{name} {param.opts[-1]}"


def test_every_path_of_a_command_is_listed() -> None:
    cli.cli.list_commands(click.Context(cli.cli))
    # `drill` is another name of `simulate`, and the versions of `diff` are names rather than paths
    paths = {path for path in _paths(cli.cli) if not path.startswith("drill")} | {"diff old", "diff new"}
    assert paths == COMMANDS.keys() | LATER


@pytest.mark.parametrize("path", COMMANDS)
def test_pipe_without_a_writer_is_one_line(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words, code = COMMANDS[path]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(parsing, "_PIPE_SECONDS", 0.01)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    Path("main.tf").write_text('variable "a" {}\n')
    os.mkfifo("pipe")
    with limited(), pytest.raises(SystemExit) as ended:
        cli.main([*words, "pipe", *(["."] if path == "diff old" else [])])
    error = capsys.readouterr().err
    assert ended.value.code == code
    assert error.count("Error: ") == 1
    assert "pipe" in error or path == "release verify --profile"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["main.tf", "pipe"]


@contextmanager
def limited() -> Iterator[None]:
    """Fail after some seconds: what waits for the writer of a pipe waits for ever."""

    def fail(*_: object) -> NoReturn:
        pytest.fail("it waits")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(30)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_device_is_rejected(device: str) -> None:
    with pytest.raises(ParseError, match=r"^expected a file or a pipe, got a device$"):
        read_bytes(Path(device))


class TestPipe:
    """Is what a program writes to a pipe read, whenever it does?"""

    def test_writer_that_is_there(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with _writing(tmp_path / "pipe", b"a" * 100_000):
            assert read_bytes(tmp_path / "pipe") == b"a" * 100_000

    def test_writer_that_begins_late(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parsing, "_PIPE_SECONDS", 0.01)
        reading, writing = os.pipe()

        def write() -> None:
            os.write(writing, b"content")
            os.close(writing)

        timer = threading.Timer(0.1, write)
        with limited():
            timer.start()
            assert read_bytes(Path(f"/dev/fd/{reading}")) == b"content"
        timer.join()
        os.close(reading)

    def test_writer_that_has_ended(self) -> None:
        reading, writing = os.pipe()
        os.write(writing, b"content")
        os.close(writing)
        assert read_bytes(Path(f"/dev/fd/{reading}")) == b"content"
        os.close(reading)

    def test_more_than_the_limit(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with (
            pytest.raises(ParseError, match=r"^expected a file of at most 1 MiB$"),
            _writing(tmp_path / "pipe", b"a" * (1024**2 + 1)),
        ):
            read_bytes(tmp_path / "pipe", 1024**2)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "command",
        [
            "build --out out --profile <(echo 'omit = [\"layers\"]')",
            "diff . . --policy <(echo 'module-pin = \"major\"')",
            'echo \'{"id": {"S": "1"}}\' | generator simulate --records /dev/stdin',
        ],
    )
    def test_of_a_shell(self, command: str, tmp_path: Path) -> None:
        (tmp_path / "main.tf").write_text('variable "a" {}\n')
        shell = shutil.which("bash")
        if not shell:
            pytest.skip("bash is not installed")
        words = command if "generator" in command else f"generator {command}"
        function = f'generator() {{ "{sys.executable}" -m generator "$@"; }}\n'
        environment = {**os.environ, "PYTHONPATH": str(TOP)}
        subprocess.run([shell, "-c", function + words], cwd=tmp_path, env=environment, check=True, timeout=60)


@contextmanager
def _writing(pipe: Path, content: bytes) -> Iterator[None]:
    """Write to a pipe in another thread within the block."""

    def write() -> None:
        with suppress(BrokenPipeError):
            pipe.write_bytes(content)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        thread.join()
