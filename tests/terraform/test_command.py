"""Commands of Terraform, and their errors as one line."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from generator import terraform
from generator.errors import TerraformError
from tests.terraform.machine import CONFIGURATION, mirror, program


class TestRun:
    def test_command_gets_exactly_the_given_environment(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("ONLY_OURS", "x")
        monkeypatch.setenv("CHANGED", "before")
        variables = {"PATH": os.environ["PATH"], "CHANGED": "a=b\nc", "-odd": "1"}
        script = 'tr "\\0" ";" < /proc/self/environ'
        runner = terraform.Terraform(tmp_path, program=program(tmp_path, script=script), variables=variables)
        printed = [line for line in runner.run("show").split(";") if not line.startswith(("PWD=", "OLDPWD=", "_="))]
        assert sorted(filter(None, printed)) == sorted(f"{name}={value}" for name, value in variables.items())

    def test_command_runs_in_its_directory_with_our_environment_untouched(self, tmp_path: Path) -> None:
        """Two run at once, each until it sees the other: neither waits for the other, and ours never changes."""
        before = dict(os.environ)
        script = "touch started; until [ -e ../a/started ] && [ -e ../b/started ]; do sleep 0.02; done; pwd"
        directories = [tmp_path / name for name in ("a", "b")]
        runners = [
            terraform.Terraform(
                directory, program=program(directory, script=script), variables={"PATH": "/bin:/usr/bin"}
            )
            for directory in directories
        ]
        with ThreadPoolExecutor(2) as pool:
            running = [pool.submit(runner.run, "show") for runner in runners]
            while not all((directory / "started").exists() for directory in directories):
                assert dict(os.environ) == before
            assert [done.result(timeout=20) for done in running] == [f"{directory}\n" for directory in directories]
        assert dict(os.environ) == before

    @pytest.mark.parametrize("printed", ["", "{", "[]", "[" * 1000, '{"a": NaN}'])
    def test_output_that_is_not_an_object_is_an_error(self, tmp_path: Path, printed: str) -> None:
        (tmp_path / "printed").write_text(printed)
        runner = terraform.Terraform(tmp_path, program=program(tmp_path, script="/bin/cat printed"), variables={})
        with pytest.raises(TerraformError, match=r"^The output of terraform show: .*(expected|must be)"):
            runner.show()
        with pytest.raises(TerraformError, match=r"^The output of terraform output: .*(expected|must be)"):
            runner.output()

    def test_directory_that_does_not_exist_is_named(self, tmp_path: Path) -> None:
        runner = terraform.Terraform(tmp_path / "missing", program=program(tmp_path), variables={})
        with pytest.raises(TerraformError, match=r"cannot be started in .*/missing: No such file or directory\."):
            runner.run("show")

    def test_a_failure_is_its_first_error_as_one_line(self, tmp_path: Path) -> None:
        output = (
            "\x1b[31m╷\x1b[0m\n│ Warning: Old\n│ \n│ Ignore me.\n╵\n╷\n│ Error: Invalid value for variable\n│ \n"
            '│   on main.tf line 7, in module "x":\n│    7:   batch_size = 0\n│     ├────────────────\n'
            "│     │ var.batch_size is 0\n│ \n│ batch_size is between\n│ 1 and 10000.\n│ \n│ This was checked.\n╵\n"
            "╷\n│ Error: Another\n╵\n"
        )
        (tmp_path / "output").write_text(output)
        runner = terraform.Terraform(tmp_path, program=program(tmp_path, script="cat output >&2; exit 1"))
        with pytest.raises(TerraformError) as caught:
            runner.run("plan")
        assert str(caught.value) == (
            "terraform plan: Invalid value for variable: batch_size is between 1 and 10000 (main.tf line 7) "
            "[1 of 2 errors]."
        )

    def test_a_failure_without_an_error_says_what_was_printed(self, tmp_path: Path) -> None:
        runner = terraform.Terraform(tmp_path, program=program(tmp_path, script="echo killed >&2; exit 137"))
        with pytest.raises(TerraformError, match=r"^terraform plan failed: killed\.$"):
            runner.run("plan")

    @pytest.mark.terraform
    def test_a_provider_that_cannot_be_had_is_one_message_that_says_what_to_do(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        named = mirror(tmp_path / "mirror", version="5.100.0")
        (tmp_path / "root").mkdir()
        (tmp_path / "root/main.tf").write_text(CONFIGURATION.replace('aws" }', 'aws", version = "6.0.0" }'))
        monkeypatch.setenv(terraform.MIRROR_VARIABLE, str(named))
        with pytest.raises(TerraformError) as caught:
            terraform.Terraform(tmp_path / "root").init()
        assert "\n" not in str(caught.value)
        assert str(caught.value).startswith("Cannot install a provider: Failed to query available provider packages: ")
        assert f"set {terraform.MIRROR_VARIABLE} to a directory" in str(caught.value)
