"""Imports between the parts of the generator go in one direction, and the contracts see it if one does not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of pyproject.toml on the generator in a directory."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache", "--no-logo", TOP / "pyproject.toml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_contracts_are_kept() -> None:
    done = lint(TOP)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "imported", "contract"),
    [
        ("operate/journal.py", "generator.local.emulator", "Each module imports from lower layers only"),
        ("compare/report.py", "generator.cli", "Each module imports from lower layers only"),
        ("mapping/filters.py", "rich", "mapping/ computes"),
        ("tree.py", "generator.terraform", "build needs no AWS, no Terraform and no emulator"),
        ("operate/journal.py", "boto3", "One place connects to AWS"),
        ("local/demo.py", "python_terraform", "One place calls Terraform"),
    ],
)
def test_import_that_a_contract_forbids_is_seen(tmp_path: Path, module: str, imported: str, contract: str) -> None:
    shutil.copytree(TOP / "generator", tmp_path / "generator", ignore=shutil.ignore_patterns("*.tf", "*.md"))
    with (tmp_path / "generator" / module).open("a") as file:
        file.write(f"\nimport {imported}\n")
    done = lint(tmp_path)
    assert done.returncode == 1
    broken = done.stdout.partition("Broken contracts\n")[2]
    assert f"\n{contract}" in broken
