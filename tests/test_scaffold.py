"""Is what ``new`` writes ready: does it plan, do its tests pass, is nothing of the user's touched?"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from generator import cli
from generator.render import render
from tests.support.planning import PROVIDER, TOP, instances, plan, run

STREAM = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/2026-01-02T03:04:05.678"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:consumer"
STARTS = {
    "python": [],
    "node": ["--runtime", "nodejs22.x", "--name", "sales-2"],
    "existing-table": ["--existing-table", STREAM],
    "existing-function": ["--existing-function", FUNCTION, "--role-name", "consumer"],
    "both": [
        "--existing-table",
        STREAM.replace("eu-central-1", "eu-west-1"),
        "--existing-function",
        FUNCTION,
        "--role-name",
        "consumer",
    ],
}


def start(folder: Path, *words: str, capsys: pytest.CaptureFixture[str] | None = None) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["new", str(folder), *words])
    return int(ended.value.code or 0), capsys.readouterr().err if capsys else ""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("new")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            patch.delenv(name, raising=False)
        for name, words in STARTS.items():
            assert start(folder / name, *words)[0] == 0
    return folder


@pytest.mark.parametrize("name", STARTS)
def test_module_lies_within(name: str, started: Path) -> None:
    folder = started / name / "modules/ddb_stream_lambda"
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert files == render()


@pytest.mark.parametrize(("name", "source"), [("python", "stream_handler"), ("node", "stream_handler_node")])
def test_function_is_the_one_that_ships(name: str, source: str, started: Path) -> None:
    for path in (started / name / "function").iterdir():
        assert path.read_bytes() == (TOP / "lambda_src" / source / path.name).read_bytes()


def commands(folder: Path) -> list[str]:
    return re.findall(r"^ {4}(.*)$", (folder / "README.md").read_text(), re.MULTILINE)


def run_command(command: str, folder: Path) -> int:
    """Run a command of the README as it is written, with this Python."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    words = ["sh", "-c", command]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, check=False).returncode


@pytest.mark.slow
@pytest.mark.parametrize(("name", "beginning"), [("python", "python -m pytest"), ("node", "node --test")])
def test_functions_own_test_passes_and_can_fail(name: str, beginning: str, started: Path, tmp_path: Path) -> None:
    folder = tmp_path / "root"
    shutil.copytree(started / name, folder)
    (command,) = [one for one in commands(folder) if one.startswith(beginning)]
    assert run_command(command, folder) == 0
    handler = next(path for path in (folder / "function").iterdir() if path.name in ("handler.py", "index.mjs"))
    handler.write_text(handler.read_text().replace("poison", "other"))
    assert run_command(command, folder) != 0


@pytest.mark.parametrize("beginning", ["python -m generator package", "rm -f function.zip"])
def test_function_is_packed_by_either_command(beginning: str, started: Path, tmp_path: Path) -> None:
    folder = tmp_path / "root"
    shutil.copytree(started / "python", folder)
    (folder / "function/stream.py").unlink()
    (folder / "function/more.py").write_text("")
    (folder / "function/__pycache__").mkdir()
    (folder / "function/__pycache__/more.pyc").write_text("")
    (command,) = [one for one in commands(folder) if one.startswith(beginning)]
    environment = f"PYTHONPATH={shlex.quote(str(TOP))}; export PYTHONPATH; "
    assert run_command(environment + command, folder) == 0
    with zipfile.ZipFile(folder / "function.zip") as archive:
        assert sorted(archive.namelist()) == ["handler.py", "idempotency.py", "more.py"]


@pytest.mark.parametrize("name", ["existing-function", "both"])
def test_existing_function_needs_none(name: str, started: Path) -> None:
    names = {".ddb-stream-lambda", ".gitignore", "README.md", "main.tf", "modules"}
    assert {path.name for path in (started / name).iterdir()} == names


def test_region_is_that_of_what_exists(started: Path) -> None:
    assert 'region = "eu-central-1"' in (started / "existing-table/main.tf").read_text()


def test_region_is_otherwise_that_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    assert start(tmp_path / "orders")[0] == 0
    assert 'region = "ap-south-1"' in (tmp_path / "orders/main.tf").read_text()


def test_module_may_be_for_provider_6(tmp_path: Path) -> None:
    assert start(tmp_path / "orders", "--provider", "6")[0] == 0
    assert 'version = ">= 6.' in (tmp_path / "orders/main.tf").read_text()
    folder = tmp_path / "orders/modules/ddb_stream_lambda"
    assert (folder / "variables.tf").read_bytes() == render(provider="6")["variables.tf"]


def test_module_may_come_from_elsewhere(tmp_path: Path) -> None:
    source = "https://modules.example/ddb.zip?checksum=sha256:0123"
    assert start(tmp_path / "orders", "--source", source)[0] == 0
    assert not (tmp_path / "orders/modules").exists()
    assert f'source = "{source}"' in (tmp_path / "orders/main.tf").read_text()
    assert source in (tmp_path / "orders/README.md").read_text()


def test_names_of_the_readme_are_there(started: Path) -> None:
    for name in STARTS:
        text = (started / name / "README.md").read_text()
        assert not re.search(r"[{}]|\bNone\b", text)
        for link in re.findall(r"\]\(([^)]+)\)", text):
            assert (started / name / link).exists(), link


@pytest.fixture(scope="module")
def planned(started: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the plan of a root that calls every one, with one provider for all of a region."""
    folder = tmp_path_factory.mktemp("plan")
    modules = {}
    for name in STARTS:
        shutil.copytree(started / name, folder / name)
        main = folder / name / "main.tf"
        main.write_text(re.sub(r'provider "aws" \{\n.*\n\}\n', "", main.read_text()))
        region = re.search(r'region = "(.*)"', (started / name / "main.tf").read_text())
        assert region
        modules[name] = {"source": f"./{name}", "providers": {"aws": f"aws.{region[1]}"}}
    regions = ("eu-west-1", "eu-central-1", "us-east-1")
    providers = [{**PROVIDER["aws"], "region": region, "alias": region} for region in regions]
    (folder / "main.tf.json").write_text(json.dumps({"module": modules, "provider": {"aws": providers}}))
    return plan(folder)


@pytest.mark.terraform
@pytest.mark.parametrize("name", STARTS)
def test_start_plans_a_pipeline(name: str, planned: dict[str, Any]) -> None:
    children = planned["planned_values"]["root_module"]["child_modules"]
    child = next(one for one in children if one["address"] == f"module.{name}")
    pipeline = instances({"planned_values": {"root_module": child}})[f"{name}.module.pipeline"]
    assert "aws_lambda_event_source_mapping.this" in pipeline
    assert ("aws_dynamodb_table" in pipeline.types()) == (name not in ("existing-table", "both"))
    assert ("aws_lambda_function" in pipeline.types()) == (name not in ("existing-function", "both"))


@pytest.mark.terraform
def test_everything_is_formatted(started: Path) -> None:
    assert run(started, "fmt", "-check", "-recursive", "-diff", check=False).stdout == ""


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--runtime", "cobol"], 3, '--runtime: "cobol" is not a runtime of Python or Node.js, such as python3.13 or nodejs22.x.'),
        (["--runtime", "python"], 3, "--runtime: The function_runtime value must be a Lambda runtime such as python3.13"),
        (["--name", "my orders"], 3, '--name: The name value must be 3 to 255 letters, digits, hyphens, and underscores. Got "my orders".'),
        (["--existing-table", "orders"], 3, "--existing-table: The existing_table.stream_arn value must be the ARN of a table's stream"),
        (["--existing-function", FUNCTION], 3, "--existing-function: set --role-name"),
        (["--role-name", "consumer"], 3, "--existing-function: set --role-name"),
        (["--existing-table", STREAM, "--existing-function", FUNCTION, "--role-name", "a"], 3, "--existing-function: The existing_function.arn value must be the ARN of a function or alias"),
        (["--existing-table", ""], 3, "--existing-table: the value is empty. Set it, or leave it out."),
        (["--existing-function", FUNCTION, "--role-name", "consumer", "--runtime", "nodejs22.x"], 3, "--runtime: this option has no effect when --existing-function is set."),
        (["--source", ""], 3, "--source: the value is empty. Set it, or leave it out."),
        (["--source", " "], 3, '--source: " " is not a source of a module.'),
        (["--source", "./a\udcff"], 3, '--source: "./a\\udcff" is not a source of a module.'),
        (["--source", "./a\n`b`"], 3, '--source: "./a `b`" is not a source of a module.'),
        (["--region", "Frankfurt"], 3, '--region: "Frankfurt" is not an AWS Region such as eu-west-1.'),
        (["--region", "eu-west-1", "--existing-table", STREAM], 3, "--existing-table: The existing_table.stream_arn value must be the ARN of a table's stream"),
    ],
)  # fmt: skip
def test_bad_arguments_are_one_line_and_leave_nothing(
    words: list[str], code: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = start(tmp_path / "orders", *words, capsys=capsys)
    assert answer[0] == code
    assert answer[1].startswith(f"Error: {says}"), answer[1]
    assert answer[1].count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_not_empty_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("mine")
    code, said = start(tmp_path, capsys=capsys)
    assert (code, said) == (4, f"Error: {tmp_path}: not empty (mine). Name a new or empty directory.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_file_in_the_place_of_the_folder_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "orders").write_text("mine")
    assert start(tmp_path / "orders", capsys=capsys)[0] == 4
    assert (tmp_path / "orders").read_text() == "mine"


def test_name_is_made_from_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(tmp_path / "My Orders")[0] == 0
    assert f"Next: cd '{tmp_path}/My Orders' && " in capsys.readouterr().out
    assert 'name              = "my-orders"' in (tmp_path / "My Orders/main.tf").read_text()


def test_empty_folder_is_filled_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "orders").mkdir()
    monkeypatch.chdir(tmp_path / "orders")
    assert start(Path())[0] == 0
    assert 'name              = "orders"' in Path("main.tf").read_text()
    assert {path.name for path in Path().iterdir()} == {
        ".ddb-stream-lambda",
        ".gitignore",
        "README.md",
        "function",
        "function.zip",
        "main.tf",
        "modules",
        "tests",
    }


@pytest.mark.parametrize("present", [True, False], ids=["empty", "new"])
def test_what_fails_midway_leaves_nothing(present: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    unfinished = []

    def fail(source: Path, _archive: Path) -> None:
        unfinished.append(source.parent)
        raise KeyboardInterrupt

    monkeypatch.setattr("generator.scaffold.package.package", fail)
    folder = tmp_path / "orders"
    if present:
        folder.mkdir()
    assert start(folder)[0] == 130
    assert unfinished[0].parent == (folder if present else tmp_path)
    assert list(tmp_path.rglob("*")) == ([folder] if present else [])


@pytest.mark.parametrize("name", ['k\nname = "evil"\n', "k\u2028\x85l", "k\udcff"])
def test_name_of_a_profile_stays_within_its_comment(name: str, tmp_path: Path) -> None:
    assert start(tmp_path / "k.toml")[0] == start(tmp_path / f"{name}.toml")[0] == 0
    expected, text = ((tmp_path / f"{one}.toml").read_text(encoding="utf-8") for one in ("k", name))
    assert len(text.splitlines()) == len(expected.splitlines())
    assert tomllib.loads(text).keys() == tomllib.loads(expected).keys()


@pytest.mark.parametrize("words", [[], ["--name", "orders"]])
@pytest.mark.parametrize("folder", [Path(), Path("orders"), Path("k.toml")])
def test_working_directory_that_is_deleted_is_one_line(
    words: list[str], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    code, text = start(folder, *(words if folder.suffix != ".toml" else ()), capsys=capsys)
    assert (code, text.count("\n")) == (4, 1), text
