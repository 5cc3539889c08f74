"""Do the set-up commands install what they should, once, and say plainly what is missing?"""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
LOCKS = sorted((PROJECT / "requirements").glob("*.txt"))


def pins(lock: Path) -> dict[str, str]:
    """Return the text that follows each package in a lock file, by name."""
    entries = re.split(r"^(?=[a-z0-9])", lock.read_text(), flags=re.MULTILINE)[1:]
    return {re.split(r"==", entry)[0]: entry for entry in entries}


class TestLockFiles:
    @pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
    def test_every_package_has_a_hash(self, lock: Path) -> None:
        assert pins(lock)
        assert [name for name, entry in pins(lock).items() if "--hash=sha256:" not in entry] == []

    @pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
    def test_no_registry_is_named(self, lock: Path) -> None:
        options = [line for line in lock.read_text().splitlines() if line.startswith("--")]
        assert options == []
        assert "://" not in lock.read_text()

    @pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
    def test_every_lock_has_its_source(self, lock: Path) -> None:
        assert lock.with_suffix(".in").is_file()

    def test_packages_of_npm_have_hashes_and_no_registry(self) -> None:
        lock = json.loads((PROJECT / "requirements/node/package-lock.json").read_text())
        packages = {name: package for name, package in lock["packages"].items() if name}
        assert packages
        assert all(package["integrity"].startswith("sha512-") for package in packages.values())
        assert not any("resolved" in package for package in packages.values())

    def test_what_the_project_needs_is_locked(self) -> None:
        document = tomllib.loads((PROJECT / "pyproject.toml").read_text())
        project = document["project"]
        extras = project["optional-dependencies"]
        needed = [*project["dependencies"], *extras["aws"], *extras["local"], *document["dependency-groups"]["dev"]]
        names = {re.split(r"[<>=!~\[; ]", requirement)[0] for requirement in needed}
        assert names - set(pins(PROJECT / "requirements/dev.txt")) == set()


class TestMake:
    @pytest.fixture
    def checkout(self, tmp_path: Path) -> Path:
        """A checkout whose environments are installed and current."""
        shutil.copy(PROJECT / "Makefile", tmp_path)
        shutil.copytree(PROJECT / "requirements", tmp_path / "requirements")
        for environment in (
            ".venv",
            *(f".venvs/{name}" for name in ("docs", "ministack", "moto", "node", "security", "terraform-1.9")),
        ):
            python = tmp_path / environment / "bin/python"
            python.parent.mkdir(parents=True)
            python.touch()
            (tmp_path / environment / ".current").touch()
        return tmp_path

    def make(self, checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", "--no-print-directory", *arguments], cwd=checkout, capture_output=True, text=True, check=False
        )

    def test_current_environments_are_left_alone(self, checkout: Path) -> None:
        assert self.make(checkout, "--question", "setup").returncode == 0

    def test_an_interrupted_installation_is_made_again(self, checkout: Path) -> None:
        (checkout / ".venvs/security/.current").unlink()
        planned = self.make(checkout, "--dry-run", "setup").stdout
        assert "rm -rf .venvs/security" in planned
        assert "rm -rf .venv\n" not in planned

    def test_an_environment_whose_python_has_gone_is_made_again(self, checkout: Path) -> None:
        (checkout / ".venv/bin/python").unlink()
        (checkout / ".venv/bin/python").symlink_to("/missing/python")
        assert "rm -rf .venv\n" in self.make(checkout, "--dry-run", "setup").stdout

    def test_a_python_that_is_too_old_is_one_message(self, checkout: Path) -> None:
        (checkout / ".venv/.current").unlink()
        done = self.make(checkout, "setup", "PYTHON=false")
        assert done.returncode != 0
        assert done.stderr.splitlines()[0].startswith(
            "This needs Python 3.11 or newer with its venv module, and false is"
        )
        assert (checkout / ".venv").is_dir()

    def test_help_names_every_task(self, checkout: Path) -> None:
        tasks = re.search(r"^\.PHONY: (.*)$", (checkout / "Makefile").read_text(), re.MULTILINE)
        assert tasks
        listed = re.findall(r"^  make (\S+)", self.make(checkout).stdout, re.MULTILINE)
        assert listed == tasks[1].split()
