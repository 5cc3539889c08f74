"""Copies of root modules that can be planned and applied without an AWS account."""

import json
from pathlib import Path

import pytest

from generator import terraform
from generator.errors import TerraformError
from generator.local import emulator
from tests.terraform.machine import CONFIGURATION


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

    @pytest.mark.parametrize(
        ("name", "message"), [("none", "none: not a directory"), ("module/..", "no Terraform configuration found")]
    )
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
    @pytest.mark.emulator
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
        with pytest.raises(TerraformError, match=r"^(terraform|tofu) apply: .*It must be b \(main.tf line 5\)\.$"):
            runner.apply()


def test_root_of_opentofu_files_is_read(tmp_path: Path) -> None:
    (tmp_path / "project/small").mkdir(parents=True)
    (tmp_path / "project/small/main.tofu").write_text('provider "aws" {\n  alias = "east"\n}\n')
    copy = terraform.overlay(tmp_path / "project/small", tmp_path / "copy")
    override = json.loads(terraform.offline(copy).read_text())
    assert [one.get("alias") for one in override["provider"]["aws"]] == [None, "east"]
