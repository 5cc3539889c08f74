"""The test of a module is found by its path: that of ``generator/a/b.py`` is ``tests/a/test_b.py``."""

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
GENERATOR, TESTS = TOP / "generator", TOP / "tests"

QUESTIONS = {
    "construct": "does the module do what the AWS Solutions Construct does, but for documented differences?",
    "docs": "is what the documentation shows true?",
    "examples": "does every example plan?",
    "input": "is whatever is not as expected one line, for every reader?",
    "language": "does the prose use the terms of the field?",
    "opensearch": "does the indexer do what is right on a real OpenSearch, and on the server that stands for it?",
    "operations": "do the alarms and the runbook hold on an emulator?",
    "plan": "does every variable have its effect in a plan?",
    "provider": "do the resources fit the provider's schemas?",
    "refuse": "is every invalid value rejected at plan?",
    "security": "do the policies and checkov accept it?",
    "tooling": "do the make targets, the requirements, the layout and the minimum versions hold?",
    "upgrade": "does what an earlier version deployed update in place?",
}
"""Directories of tests that are about the module or the project, not about one package of the generator."""

WHOLE_PACKAGE = {
    "adopt": {"every_variable"},
    "compare": {"command", "expressions", "patterns", "rules", "sources", "statements", "versions"},
    "local": {
        "deletion_protection",
        "deployed",
        "differences",
        "every_variable",
        "examples",
        "other_account",
        "safe_deployment",
        "transitions",
    },
    "mapping": {"invariants", "native_cases", "steps"},
    "operate": {"bad_input", "properties"},
    "profile": {"deployment", "expose", "problems", "seams"},
}
"""Tests of a package that are about more than one of its modules."""

ELSEWHERE = {
    "__main__": "test_cli.py",
    "archives": "release/test_release.py",
    "arguments": "test_cli.py",
    "errors": "test_cli.py",
    "exits": "test_cli.py",
    "items": "simulate/test_simulation_run.py",
    "resources": "tooling/test_installed.py",
    "targets": "test_cli.py",
    "usage": "test_render.py",
    "variant": "profile/test_variants.py",
    "wrapping": "test_render.py",
}
"""Modules outside a package that have no test of their own, and the test that needs them."""


def is_package(path: Path) -> bool:
    return (path / "__init__.py").is_file()


def test_directory_of_tests_is_that_of_a_package_or_a_question() -> None:
    directories = {path.name for path in TESTS.iterdir() if path.is_dir() and any(path.rglob("test_*.py"))}
    assert directories == {name for name in directories if is_package(GENERATOR / name)} | set(QUESTIONS)


def test_test_of_a_package_is_named_after_a_module_or_about_all_of_it() -> None:
    for directory in sorted(path for path in TESTS.iterdir() if is_package(GENERATOR / path.name)):
        modules = {path.stem for path in (GENERATOR / directory.name).glob("*.py")} | {directory.name}
        tests = {path.stem.removeprefix("test_") for path in directory.glob("test_*.py")}
        assert tests - modules == WHOLE_PACKAGE.get(directory.name, set()), directory


def test_module_has_a_test_or_its_package_has() -> None:
    for path in sorted(GENERATOR.iterdir()):
        if is_package(path):
            assert any((TESTS / path.name).glob("test_*.py")), path
        elif path.suffix == ".py" and path.stem != "__init__":
            test = TESTS / ELSEWHERE.get(path.stem, f"test_{path.stem}.py")
            assert test.is_file(), path


def test_test_outside_a_package_is_named_after_a_module() -> None:
    for path in TESTS.glob("test_*.py"):
        assert (GENERATOR / path.name.removeprefix("test_")).is_file(), path


def test_every_directory_is_described() -> None:
    described = set(re.findall(r"^\| `([\w/]+)/` \|", (TOP / "CONTRIBUTING.md").read_text(), re.MULTILINE))
    untracked = {"build", "dist", "__pycache__"}
    directories = {
        path.relative_to(TOP).as_posix()
        for parent in (TOP, GENERATOR)
        for path in parent.iterdir()
        if path.is_dir() and path.name not in untracked and not path.name.startswith(".") and path.suffix != ".egg-info"
    }
    assert described == directories


@pytest.mark.parametrize(("pattern", "lines"), [("generator/**/*.py", 450), ("module/**/*.tf", 600)])
def test_files_can_be_read_in_one_sitting(pattern: str, lines: int) -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in TOP.glob(pattern)}
    assert lengths
    assert {path.name: length for path, length in lengths.items() if length > lines} == {}
