"""Can an argument, or what a file holds, become an option or a command of a program that is called?"""

import ast
import os
import re
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from generator import terraform
from generator.compare.reading.sources import find
from generator.errors import ModuleError, PackageError, TerraformError
from generator.package import wheels
from generator.simulate import command
from generator.terraform import program as programs
from tests.support.planning import TOP
from tests.terraform import machine

CALLS: Final = {
    "compare/reading/sources.py: _git": "git, with names of revisions after --end-of-options",
    "package/wheels.py: download": "pip, with the requirements file as the value of an option",
    "local/emulator.py: _start": "Python, with values of this program alone",
    "local/environments.py: _lines": "uv or pip, with values of this program alone",
    "release/signing.py: _run": "cosign or minisign, with absolute paths and the values of options with an equals sign",
    "updating.py: _merge": "git, with absolute paths and the version of this program, or one that matches a pattern",
    "terraform/program.py: call": "Terraform through env, with absolute paths and constants",
    "terraform/supervisor.py: main": "what program.py calls, as it is",
}
"""Every function that starts a program, and what reaches the program from outside. Keep the tests below in step."""

MODULES: Final = {"subprocess", "python_terraform", "pty"}
FUNCTIONS: Final = ("system", "popen", "exec", "spawn", "posix_spawn", "startfile", "create_subprocess")

WORDS: Final = [
    "--output=pwned", "-o", "--exec=touch pwned", "--upload-pack=touch pwned", "-cpwned", "--help", "--", "-",
    "HEAD --output=pwned", "HEAD:--output=pwned", "HEAD:--exec=touch pwned", "--output=pwned:HEAD", "$(touch pwned)",
    "`touch pwned`", ";touch pwned", "|touch pwned", "HEAD\ntouch pwned", "^HEAD", "HEAD..HEAD", "@{upstream}",
    ":/x", "HEAD^{/x}", "HEAD:../../x", "ext::sh -c touch% pwned", "--git-dir=pwned", "--work-tree=.", "!touch pwned",
]  # fmt: skip

GIT: Final = (
    "git", "-C", "rev-parse", "--show-toplevel", "--verify", "--quiet", "ls-tree", "-r", "-z", "--full-tree",
    "cat-file", "--batch",
)  # fmt: skip
"""What git is called with before the end of its options, besides the repository and the name of a commit."""


def _called(node: ast.AST) -> bool:
    """Return whether a node of a tree starts a program."""
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "python_terraform":
        return True
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    of = node.func.value
    name = of.id if isinstance(of, ast.Name) else ""
    return name in MODULES or (name in {"os", "asyncio"} and node.func.attr.startswith(FUNCTIONS))


@cache
def parsed() -> dict[Path, list[ast.AST]]:
    """Return the nodes of every file of the generator."""
    return {
        path: list(ast.walk(ast.parse(path.read_text("utf-8")))) for path in sorted((TOP / "generator").rglob("*.py"))
    }


def test_every_call_of_a_program_is_known() -> None:
    found = set()
    modules = re.compile(rf"\b({'|'.join([*MODULES, 'os', 'asyncio'])})\b")
    for path, nodes in parsed().items():
        # A few files name the modules at all
        if not modules.search(path.read_text("utf-8")):
            continue
        for function in (node for node in nodes if isinstance(node, ast.FunctionDef)):
            if any(map(_called, ast.walk(function))):
                found.add(f"{path.relative_to(TOP / 'generator').as_posix()}: {function.name}")
    assert found == set(CALLS)


def test_programs_are_called_by_no_other_name() -> None:
    for path, nodes in parsed().items():
        for node in nodes:
            if isinstance(node, ast.ImportFrom):
                assert node.module not in MODULES, path
            if isinstance(node, ast.keyword):
                assert node.arg != "shell", path


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    (folder / "main.tf").write_text('variable "a" {}\n')
    settings = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "x"]):
        subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("word", WORDS)
def test_git_takes_no_option_from_a_revision_or_a_directory(
    word: str, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    calls: list[list[str]] = []
    run = subprocess.run

    def watched(words: list[str], **options: Any) -> Any:  # noqa: ANN401
        calls.append(words)
        return run(words, **options)

    monkeypatch.setattr(subprocess, "run", watched)
    for name, directory in ((word, None), ("HEAD", word)):
        with suppress(ModuleError):
            find(name, directory)
    commit = run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    for words in calls:
        end = words.index("--end-of-options") if "--end-of-options" in words else len(words)
        assert set(words[:end]) <= {*GIT, str(repository), ".", commit}, words
        assert all(each.endswith("^{commit}") for each in words[end + 1 :]), words
    assert [path.name for path in repository.iterdir() if path.name != ".git"] == ["main.tf"]


@pytest.mark.parametrize("name", ["--find-links=x", "-r", "a b; touch pwned", "--requirement"])
def test_pip_takes_no_option_from_the_name_of_a_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text("nothing\n")
    calls: list[list[str]] = []

    def refused(words: list[str], **_options: Any) -> Any:  # noqa: ANN401
        calls.append(words)
        return subprocess.CompletedProcess(words, 1, "", "ERROR: refused")

    monkeypatch.setattr(subprocess, "run", refused)
    with pytest.raises(PackageError):
        wheels.download(Path(name), tmp_path / "out", "x86_64", "3.13")
    (words,) = calls
    assert [each for each in words if each.endswith(name)] == [f"--requirement={name}"]


class TestTerraform:
    @staticmethod
    def program(folder: Path, text: str) -> Path:
        folder.mkdir(parents=True)
        found = folder / "terraform"
        found.write_text(f"#!/bin/sh\n{text}\n")
        found.chmod(0o755)
        return found

    def test_plan_is_an_absolute_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        found = machine.program(tmp_path / "bin", script="""printf '%s|' "$@" >&2""")
        monkeypatch.setenv(terraform.BINARY_VARIABLE, str(found))
        monkeypatch.chdir(tmp_path)
        plan = Path("-chdir=x")
        plan.write_bytes(b"PK")
        with pytest.raises(Exception, match="expected JSON"):
            command._plan(plan)
        _, _, printed = programs.call(found, tmp_path, os.environ, "show", str(plan.resolve()))
        assert printed == f"show|{tmp_path}/-chdir=x|"

    def test_equals_sign_in_its_path_is_none_of_a_variable(self, tmp_path: Path) -> None:
        found = self.program(tmp_path / "a=b", 'printf "%s|" "$@"')
        assert programs.call(found, tmp_path, os.environ, "true", "a b", "$(touch pwned)") == (
            0,
            "true|a b|$(touch pwned)|",
            "",
        )

    def test_state_in_the_directory_is_not_read(self, tmp_path: Path) -> None:
        (tmp_path / "terraform.tfstate").write_text("{")
        assert programs.call(self.program(tmp_path / "bin", "exit 0"), tmp_path, os.environ, "show") == (0, "", "")

    def test_output_in_another_encoding_is_one_line(self, tmp_path: Path) -> None:
        with pytest.raises(TerraformError, match=r"terraform: it printed text that is not UTF-8\.$"):
            programs.call(self.program(tmp_path / "bin", "printf '\\377'"), tmp_path, os.environ, "show")
