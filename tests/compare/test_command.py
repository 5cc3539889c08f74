"""Are modules in subdirectories and a policy what the command line says?"""

import json
from pathlib import Path

import pytest

from tests.compare.test_baseline import answer

ROOT = 'terraform {\n required_providers {\n aws = { source = "hashicorp/aws", version = ">= %s" }\n}\n}'
CHILD = 'output "a" {\n value = %s\n}'


@pytest.fixture(name="versions")
def two_versions(tmp_path: Path) -> tuple[str, str]:
    for name, floor, value in (("old", "5.1", 1), ("new", "5.9", 2)):
        (tmp_path / name / "modules/a").mkdir(parents=True)
        (tmp_path / name / "main.tf").write_text(ROOT % floor)
        (tmp_path / name / "modules/a/main.tf").write_text(CHILD % value)
    return str(tmp_path / "old"), str(tmp_path / "new")


def test_recursive_compares_the_modules_in_subdirectories(
    versions: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = answer(capsys, *versions, "--expect", "minor", "--json")
    assert (code, err) == (0, "")
    assert [one["module"] for one in json.loads(out)["findings"]] == [None]
    code, out, err = answer(capsys, *versions, "--recursive", "--expect", "minor", "--json")
    assert (code, err) == (
        11,
        "Error: minor is not enough: major is needed for output-changed (modules/a: output.a).\n",
    )
    assert [one["module"] for one in json.loads(out)["findings"]] == ["modules/a", None]
    assert json.loads(out)["modules"] == [".", "modules/a"]


def test_submodules_that_differ_are_named_if_they_are_not_compared(
    versions: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    note = "Not compared: submodules that differ (modules/a). To compare them, pass --recursive."
    assert note in answer(capsys, *versions)[1].split("\n")
    assert f"::notice title=diff::{note}" in answer(capsys, *versions, "--format", "github")[1].split("\n")
    assert "Not compared" not in answer(capsys, *versions, "--recursive")[1]
    assert "Not compared" not in answer(capsys, versions[0], versions[0])[1]
    for number in range(7):
        Path(versions[1], f"modules/b{number}").mkdir()
        Path(versions[1], f"modules/b{number}/main.tf").write_text(CHILD % number)
    assert "(modules/a, modules/b0, modules/b1, modules/b2, modules/b3, and 3 more)" in answer(capsys, *versions)[1]


def test_root_without_a_module_in_one_version_only_is_an_error(
    versions: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path(versions[1], "main.tf").unlink()
    code, _, err = answer(capsys, *versions)
    assert (code, err.count("\n")) == (10, 1)
    assert "pass --recursive to compare its submodules" in err


def test_policy_sets_the_bump_in_a_file_and_in_words(
    versions: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('provider-floor = "major"')
    assert answer(capsys, *versions, "--policy", str(file), "--expect", "minor")[0] == 11
    code, out, _ = answer(capsys, *versions, "--policy", str(file), "--policy", "provider-floor=patch")
    assert (code, "allows them is patch." in out, "(policy: provider-floor)" in out) == (0, True, True)


@pytest.mark.parametrize("word", ["provider-floor=huge", "floor=major", "nowhere.toml"])
def test_policy_that_is_not_one_is_an_error_of_one_line(
    word: str, versions: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = answer(capsys, *versions, "--policy", word)
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert err.startswith("Error: --policy")
