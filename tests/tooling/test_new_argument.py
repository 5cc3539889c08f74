"""Is an argument added by its entry, its use in a template, and a line in the changelog, with nothing else touched?"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.support.planning import TOP

ENTRY: Final = """
VERSIONS = (
    flag(
        name="function_skip_destroy",
        default=False,
        since="2.1.0",
        description="Set to `true` to keep the published versions of the function when it is destroyed.",
        features=("versions",),
        effect=_sets("skip_destroy"),
    ),
"""

EDITS: Final = {
    "generator/spec/function_settings.py": ("\nVERSIONS = (\n", ENTRY),
    "generator/templates/function.tf": (
        "  publish                        =",
        "  skip_destroy                   = var.function_skip_destroy\n  publish                        =",
    ),
    "CHANGELOG.md": (
        "## [Unreleased]\n",
        "## [Unreleased]\n\n### Added to the module\n\n- `function_skip_destroy` keeps the published versions.\n",
    ),
}

QUICK: Final = (
    "tests/spec",
    "tests/compare/test_versions.py",
    "tests/profile/test_document.py",
    "tests/test_schema.py",
    "-m",
    "not slow and not terraform",
)

# The tests of tests/plan that differ with each argument; they have plans of every argument
PLANNED: Final = ("tests/plan/test_variables.py", "tests/plan/test_structure.py::test_null_means_the_default")


class Copy:
    """A copy of the repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "mutants")
        for name in ("generator", "module", "tests", "examples", "lambda_src", "docs"):
            shutil.copytree(TOP / name, folder / name, ignore=kept)
        for path in TOP.iterdir():
            if path.is_file():
                shutil.copy(path, folder)

    def edit(self, name: str) -> None:
        """Make an edit that adds the argument."""
        old, new = EDITS[name]
        path = self.folder / name
        text = path.read_text()
        assert text.count(old) == 1, name
        path.write_text(text.replace(old, new))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a module of Python in the copy."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV_"))}
        return subprocess.run(
            [sys.executable, "-m", *words],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def test(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run tests of the copy."""
        return self.run("pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *words)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Return a copy of the repository with the entry and its use in a template, built."""
    made = Copy(tmp_path_factory.mktemp("project"))
    made.edit("generator/spec/function_settings.py")
    made.edit("generator/templates/function.tf")
    assert made.run("generator", "build").returncode == 0
    return made


@pytest.mark.slow
def test_interface_that_changes_without_a_line_in_the_changelog_is_noticed(copy: Copy) -> None:
    done = copy.test("tests/compare/test_versions.py")
    assert done.returncode == 1
    assert "function_skip_destroy" in done.stdout


@pytest.mark.terraform
def test_argument_is_added_with_nothing_else_touched(copy: Copy) -> None:
    copy.edit("CHANGELOG.md")
    check = copy.run("generator", "build", "--check")
    assert check.returncode == 0, check.stdout + check.stderr
    for tests in (QUICK, PLANNED):
        done = copy.test(*tests)
        assert done.returncode == 0, done.stdout[-4000:]
    assert "function_skip_destroy" in (copy.folder / "module" / "README.md").read_text()
    assert "function_skip_destroy" in (copy.folder / "examples/profiles/profile.schema.json").read_text()
