"""Terraform finds the AWS provider, and keeps what the user configured."""

from pathlib import Path

import pytest

from generator import terraform
from generator.errors import TerraformError
from tests.terraform.machine import mirror, program


def configuration(variables: dict[str, str]) -> str:
    return Path(variables["TF_CLI_CONFIG_FILE"]).read_text()


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
        with pytest.raises(
            TerraformError,
            match=r"does not contain the AWS provider\. Name a directory that contains registry.terraform.io/",
        ):
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
        text = configuration(terraform.environment(program(tmp_path, product="OpenTofu")))
        assert f'path    = "{found}"' in text
        assert 'include = ["registry.opentofu.org/hashicorp/aws"]' in text

    def test_terraform_under_the_name_of_opentofu_is_terraform(self, tmp_path: Path) -> None:
        mirror(tmp_path / "opt/a")
        text = configuration(terraform.environment(program(tmp_path, "tofu-compatible")))
        assert 'include = ["registry.terraform.io/hashicorp/aws"]' in text

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
        arguments = [f"TF_CLI_ARGS_{command}" for command in ("apply", "destroy", "output", "plan", "show", "version")]
        kept = ["TF_CLI_ARGS_init", "TF_VAR_kept"]
        for name in ("TF_LOG", "TF_LOG_PROVIDER", "TF_DATA_DIR", "TF_WORKSPACE", "TF_CLI_ARGS", *arguments, *kept):
            monkeypatch.setenv(name, "x")
        variables = terraform.environment(program(tmp_path))
        assert sorted(name for name in variables if name.startswith("TF_")) == kept
