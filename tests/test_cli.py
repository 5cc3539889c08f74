"""``python -m generator``: what a user types, and what it answers."""

import functools
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from generator import __version__, cli, errors
from generator.profile import document
from generator.render import render, render_variant
from generator.spec.provider import ACCEPTED, BROKEN

TOP = Path(__file__).parents[1]

# Raises where anything is run or connected to
ALONE = """
import sys
def refuse(event, _):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn")):
        raise AssertionError(event)
sys.addaudithook(refuse)
from generator.cli import main
try:
    main(["build", "--out", sys.argv[1]])
finally:
    for name in ("generator.terraform", "generator.package", "generator.demo", "python_terraform", "rich"):
        assert name not in sys.modules, name
"""


# Works until it is terminated, and then cleans up
TERMINATED = """
import time
from generator import cli, render
def work(_variant):
    try:
        print("working", flush=True)
        # In parts: a signal between the call and its start would not interrupt it
        for _ in range(600):
            time.sleep(0.1)
    finally:
        print("cleaned up")
render.render_variant = work
cli.main(["build"])
"""


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Call = Callable[..., Answer]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Give a function that runs the command line in this process."""

    def run(*words: str | Path) -> Answer:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(word) for word in words])
        assert isinstance(ended.value.code, int)
        return Answer(ended.value.code, *capsys.readouterr())

    return run


def defect() -> None:
    raise KeyError("no\nkey")


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def broken(monkeypatch: pytest.MonkeyPatch, folder: Path, template: bytes) -> None:
    """Give the generator a folder with a good template before, and a bad one."""
    folder.mkdir()
    (folder / "a.tf").write_bytes(b"a = 1\n")
    (folder / "b.tf").write_bytes(template)
    monkeypatch.setattr("generator.render.render_variant", functools.partial(render_variant, templates=folder))


class TestBuild:
    @pytest.mark.parametrize("provider", ["5", "6", "6.40"])
    def test_it_writes_the_module_for_a_provider_major(self, call: Call, provider: str, tmp_path: Path) -> None:
        answer = call("build", "--out", tmp_path / "module", "--provider", provider)
        assert answer.code == 0
        assert content(tmp_path / "module") == render(provider)

    def test_the_default_is_provider_5(self, call: Call, tmp_path: Path) -> None:
        call("build", "--out", tmp_path)
        assert content(tmp_path) == render("5")

    def test_it_tells_what_it_wrote_changed_and_removed(self, call: Call, tmp_path: Path) -> None:
        call("build", "--out", tmp_path)
        (tmp_path / "main.tf").unlink()
        table = tmp_path / "table.tf"
        table.write_bytes(table.read_bytes() + b"# more\n")
        table.with_name("old.tf").write_bytes(table.read_bytes())
        assert call("build", "--out", tmp_path).out.splitlines() == [
            f"written  {tmp_path}/main.tf",
            f"removed  {tmp_path}/old.tf",
            f"changed  {tmp_path}/table.tf",
            f"{tmp_path}: {len(render())} files, 3 changes",
        ]

    def test_a_second_time_it_changes_nothing(self, call: Call, tmp_path: Path) -> None:
        call("build", "--out", tmp_path)
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        assert call("build", "--out", tmp_path).out == f"{tmp_path}: {len(render())} files, 0 changes\n"
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before

    def test_it_changes_from_one_provider_major_to_the_other_and_back(self, call: Call, tmp_path: Path) -> None:
        for provider in ("6", "5"):
            call("build", "--out", tmp_path, "--provider", provider)
            assert content(tmp_path) == render(provider)

    def test_it_needs_no_other_program_and_no_network(self, tmp_path: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-c", ALONE, str(tmp_path / "module")],
            cwd=TOP,
            env={**os.environ, "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert content(tmp_path / "module") == render()

    def test_a_folder_with_foreign_files_is_refused(self, call: Call, tmp_path: Path) -> None:
        (tmp_path / "mine.tf").write_text("mine\n")
        answer = call("build", "--out", tmp_path)
        assert answer.code == errors.OutputFolderError.exit_code == 4
        assert answer.err.count("\n") == 1
        assert "no generated header in mine.tf" in answer.err
        assert content(tmp_path) == {"mine.tf": b"mine\n"}


class TestCheck:
    def test_a_folder_as_specified_passes(self, call: Call, tmp_path: Path) -> None:
        call("build", "--out", tmp_path)
        assert call("build", "--check", "--out", tmp_path) == (
            0,
            f"{tmp_path}: {len(render())} files, as specified\n",
            "",
        )

    def test_differences_are_shown_named_and_left(self, call: Call, tmp_path: Path) -> None:
        call("build", "--out", tmp_path)
        (tmp_path / "main.tf").unlink()
        (tmp_path / "mine.tf").write_text("mine\n")
        with (tmp_path / "table.tf").open("a") as file:
            file.write("# more\n")
        before = content(tmp_path)
        answer = call("build", "--check", "--out", tmp_path)
        assert answer.code == errors.DriftError.exit_code == 2
        assert answer.err == (
            f"Error: {tmp_path}: differs from the specification: main.tf (missing), mine.tf (orphan), "
            "table.tf (changed). Run python -m generator build.\n"
        )
        assert "\n-# more\n" in answer.out
        assert "\n--- mine.tf (in the directory)\n" in answer.out
        assert content(tmp_path) == before

    def test_the_module_of_another_provider_major_differs(self, call: Call, tmp_path: Path) -> None:
        call("build", "--out", tmp_path, "--provider", "6")
        assert call("build", "--check", "--out", tmp_path).code == 2

    def test_a_missing_folder_is_not_made(self, call: Call, tmp_path: Path) -> None:
        assert call("build", "--check", "--out", tmp_path / "none").code == 2
        assert not (tmp_path / "none").exists()


class TestErrors:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["build", "--chek"], "Error: --chek: no such option. Did you mean --check?"),
            (["build", "--quux"], "Error: --quux: no such option."),
            (["biuld"], 'Error: No such command "biuld". Did you mean "build"?'),
            (["build", "--provider", "7"], f'Error: --provider: "7" is not {ACCEPTED}.'),
            (["build", "--provider", ""], f'Error: --provider: "" is not {ACCEPTED}.'),
            (["build", "--provider", "6.70"], f'Error: --provider: "6.70" is not {ACCEPTED}.'),
            (["build", "--provider", "6.4.0"], f'Error: --provider: "6.4.0" is not {ACCEPTED}.'),
            (
                ["build", "--provider", "6.29"],
                f'Error: --provider: "6.29" cannot plan this module: {BROKEN["6.29"][1]}. Use another version.',
            ),
            (["build", "--out"], "Error: --out: this option requires an argument."),
            (["build", "extra"], "Error: Got unexpected extra argument (extra)."),
            (["package"], "Error: SOURCE: this argument is required."),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else "",
    )
    def test_wrong_usage_is_one_line_and_3(self, call: Call, words: list[str], said: str) -> None:
        answer = call(*words)
        assert answer.code == errors.UsageError.exit_code == 3
        assert answer.out == ""
        assert answer.err == f"{said}\n"

    def test_no_command_shows_the_help_and_is_3(self, call: Call) -> None:
        answer = call()
        assert answer.code == 3
        assert "build " in answer.out

    @pytest.mark.parametrize(
        "template",
        [b"{{ nothing }}\n", b"{{ nothing | quoted }}\n", b"#% if true\n", b"\xff\n", b'#% include "none"\n'],
        ids=["undefined", "undefined-quoted", "syntax", "not-utf-8", "missing-part"],
    )
    def test_a_bad_template_is_one_line_and_5_and_nothing_is_written(
        self, call: Call, template: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken(monkeypatch, tmp_path / "templates", template)
        answer = call("build", "--out", tmp_path / "module")
        assert answer.code == errors.TemplateError.exit_code == 5
        assert answer.err.startswith("Error: template b.tf")
        assert answer.err.count("\n") == 1
        assert not (tmp_path / "module").exists()

    @pytest.mark.parametrize("check", [[], ["--check"]], ids=["build", "check"])
    def test_a_file_as_the_folder_is_one_line_and_4(self, call: Call, check: list[str], tmp_path: Path) -> None:
        (tmp_path / "file").write_text("mine\n")
        answer = call("build", *check, "--out", tmp_path / "file")
        assert answer == (4, "", f"Error: {tmp_path}/file: Not a directory.\n")

    def test_an_interruption_is_one_line_and_130(self, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt(_variant: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("generator.render.render_variant", interrupt)
        code, _, err = call("build")
        # The line that the terminal began with ^C is ended first
        assert (code, err.strip()) == (130, "Error: Interrupted.")

    def test_termination_leaves_every_with_block_and_is_one_line_and_143(self) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", TERMINATED], cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "working\n"
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (143, "cleaned up\n", "Error: Terminated.\n")

    def test_a_defect_is_one_line_and_1_and_names_a_file_with_the_traceback(
        self, call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        monkeypatch.setattr(document, "profile_schema", defect)
        answer = call("schema")
        assert (answer.code, answer.out) == (1, "")
        assert answer.err.count("\n") == 1
        (file,) = tmp_path.glob("*.log")
        assert answer.err.endswith(f"Report it with {file}.\n")
        assert "profile_schema()" in file.read_text()

    def test_a_defect_has_its_traceback_with_debug(self, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(document, "profile_schema", defect)
        with pytest.raises(KeyError):
            call("--debug", "schema")

    @pytest.mark.parametrize("words", [["schema"], [], ["--help"], ["simulate"], ["simulate", "--json"]], ids=" ".join)
    def test_a_full_disk_is_one_line_and_1(self, words: list[str]) -> None:
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "generator", *words],
                cwd=TOP, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            )  # fmt: skip
        said = "Error: Standard output: No space left on device. Correct this, and run the command again.\n"
        assert (done.returncode, done.stderr) == (1, said)

    def test_an_error_keeps_its_code_if_standard_error_is_full(self) -> None:
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "generator", "simulate", "--rate", "x"],
                cwd=TOP, stdout=subprocess.PIPE, stderr=full, check=False,
            )  # fmt: skip
        assert (done.returncode, done.stdout) == (3, b"")

    def test_a_line_end_in_a_value_does_not_split_the_error(self, call: Call, tmp_path: Path) -> None:
        profile = tmp_path / "acme\nError: no.toml"
        for number, text in enumerate(('provider.target = "5\\n\\u2028Error: 1\\u001b[31m"', '"a\\nb" = 1\nc = 1'), 1):
            profile.write_text(text)
            answer = call("build", "--profile", profile, "--out", tmp_path / "out")
            assert answer.code == 9
            lines = answer.err.removesuffix("\n").split("\n")
            assert len(lines) == number
            assert all(line.startswith("Error: acme Error: no.toml: ") and line.isprintable() for line in lines)
        answer = call("simulate", "--filter", "a\nError: b\x1b")
        assert (answer.code, answer.err.count("\n")) == (3, 1)
        assert "\x1b" not in answer.err

    def test_a_closed_output_is_1_without_a_word(self) -> None:
        words = [sys.executable, "-m", "generator", "schema"]
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(words, cwd=TOP, stdout=write, stderr=subprocess.PIPE, check=False)
        os.close(write)
        assert (done.returncode, done.stderr) == (1, b"")

    def test_a_message_of_several_lines_becomes_one(self, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_variant: object) -> None:
            raise errors.TemplateError("one\n  two")

        monkeypatch.setattr("generator.render.render_variant", fail)
        assert call("build") == (5, "", "Error: one two.\n")

    def test_every_kind_of_error_has_an_exit_code_of_its_own_that_the_help_names(self, call: Call) -> None:
        codes = [kind.exit_code for kind in errors.GeneratorError.__subclasses__()]
        assert sorted(codes) == list(range(2, 18))
        listed = call("--help").out.split("Exit codes:")[1].split("Options:")[0]
        assert re.findall(r"^ +(\d+) +\w", listed, re.MULTILINE) == [*map(str, range(18)), "130", "143"]


def test_the_version_is_the_packages(call: Call) -> None:
    assert call("--version") == (0, f"ddb-stream-lambda, version {__version__}\n", "")


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["build", "--help"], ["package", "-h"]], ids=" ".join)
def test_help_is_no_error(call: Call, words: list[str]) -> None:
    answer = call(*words)
    assert answer.code == 0
    assert answer.out.startswith("Usage: python -m generator")


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "generator", "build", "--out", tmp_path / "module", "--provider", "6"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert content(tmp_path / "module") == render("6")


@pytest.mark.parametrize("words", [["build", "--out"], ["simulate", "--html"], ["redrive", "list", "--file"], ["new"]])
def test_path_that_the_system_cannot_look_up_is_one_line_and_3(
    words: list[str], call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path, problem in (("", "the path is empty."), ("x" * 5000, "File name too long.")):
        answer = call(*words, path)
        assert (answer.code, answer.out, answer.err.count("\n")) == (3, "", 1)
        assert problem in answer.err
    assert list(tmp_path.iterdir()) == []
