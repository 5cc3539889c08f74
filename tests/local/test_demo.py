"""Does the demo deploy a root module, print what happens to its items, and delete everything?"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from generator import cli, package, terraform
from generator.local.emulator import LocalAws
from tests.local.test_emulator import eventually
from tests.support.planning import MODULE, TOP
from tests.terraform.machine import program
from tests.terraform.test_supervisor import alive


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a root with a pipeline that reports failures to a bucket: a new queue takes the provider long."""
    folder = tmp_path_factory.mktemp("demo") / "project" / "roots" / "root"
    folder.mkdir(parents=True)
    package.package(TOP / "lambda_src/stream_handler", folder / "function.zip")
    configuration = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        # Not the default Region of the emulator, but the one that `new` writes
        "provider": {"aws": {"region": "us-east-1"}},
        "resource": {"aws_s3_bucket": {"failed": {"bucket": "failed"}}},
        "module": {
            "pipeline": {
                "source": str(MODULE),
                "name": "shown",
                "function_filename": "${path.module}/function.zip",
                "function_handler": "handler.handler",
                "function_runtime": "python3.13",
                "on_failure_destination": {"type": "s3", "arn": "${aws_s3_bucket.failed.arn}"},
            }
        },
    }
    (folder / "main.tf.json").write_text(json.dumps(configuration))
    (folder / "items.jsonl").write_text('{"id": {"S": "good"}}\n{"id": {"S": "bad"}, "poison": {"BOOL": true}}\n')
    return folder


def rejected(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["demo", *arguments])
    return int(ended.value.code or 0), capsys.readouterr().err


@pytest.fixture(scope="module")
def shown(root: Path) -> str:
    words = [sys.executable, "-m", "generator", "demo", str(root), "--items", str(root / "items.jsonl")]
    done = subprocess.run(words, cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.emulator
@pytest.mark.terraform
class TestShown:
    def test_plan_is_shown_first(self, shown: str) -> None:
        assert "aws_dynamodb_table.this[0]" in shown.partition("Creating the resources")[0]

    def test_events_of_the_items_are_printed(self, shown: str) -> None:
        assert "good" in shown
        assert re.search(r"failed +bad, attempt 2", shown)
        assert "discarded  bad: RecordAgeExceeded" in shown

    def test_times_include_the_skipped_pauses(self, shown: str) -> None:
        # The stream has times in whole seconds: the 24 hours of a record can end before those of the demo.
        assert re.search(r"(1 d|23 h 59 min) .*discarded", shown)

    def test_invocation_record_is_printed(self, shown: str) -> None:
        assert '"condition": "RecordAgeExceeded"' in shown

    def test_summary_is_printed(self, shown: str) -> None:
        assert "Processed 1 of 2 items after" in shown
        assert "retries, 1 discarded with an invocation record." in shown
        assert "Deleted all resources and stopped the emulator" in shown

    def test_root_is_left_as_it_was(self, shown: str, root: Path) -> None:
        assert shown
        assert {path.name for path in root.iterdir()} == {"function.zip", "items.jsonl", "main.tf.json"}


@pytest.mark.emulator
@pytest.mark.terraform
def test_kept_pipeline_goes_on_and_is_deleted_when_the_user_interrupts(root: Path) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    words = [sys.executable, "-m", "generator", "demo", str(root), "--items", str(root / "items.jsonl"), "--keep"]
    with subprocess.Popen(words, cwd=TOP, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        said: list[str] = []
        interrupted = False
        for line in running.stdout:
            said.append(line)
            if line.rstrip().endswith("delete everything.") and said.count(line) == 1:
                endpoint = re.findall(r"runs at (http://[\d.:]+)\. ", "".join(said))[0]
                aws = LocalAws(
                    name="ministack", endpoint=endpoint, log=root / "log", pid=running.pid, region="us-east-1"
                )
                aws.client("dynamodb").put_item(TableName="shown", Item={"id": {"S": "late"}})
            # Once: what was being printed may be printed again
            if " late" in line and not interrupted:
                interrupted = True
                running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0
    assert any("Deleting the resources" in line for line in said)
    assert sum("discarded" in line and "attempt" not in line and line.startswith("  ") for line in said) == 1


@pytest.mark.emulator
@pytest.mark.terraform
def test_root_without_a_mapping_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "a/b/root"
    folder.mkdir(parents=True)
    configuration: dict[str, Any] = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "provider": {"aws": {"region": "eu-west-1"}},
        "resource": {"aws_sns_topic": {"people": {"name": "people"}}},
    }
    (folder / "main.tf.json").write_text(json.dumps(configuration))
    code, said = rejected(capsys, str(folder))
    assert (code, said) == (
        8,
        "Error: The root module creates no event source mapping. Use one that does.\n",
    )


@pytest.mark.emulator
@pytest.mark.terraform
def test_handler_that_cannot_be_imported_is_an_error(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "a/b/root"
    shutil.copytree(root, folder)
    configuration = json.loads((folder / "main.tf.json").read_text())
    configuration["module"]["pipeline"]["function_handler"] = "missing.handler"
    (folder / "main.tf.json").write_text(json.dumps(configuration))
    code, said = rejected(capsys, str(folder))
    reason = "No module named 'missing'. Check its handler and its package."
    assert (code, said) == (8, f"Error: Cannot load the function: {reason}\n")


def test_folder_that_is_no_root_module_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = rejected(capsys, str(tmp_path))
    assert code == 7
    assert "no Terraform configuration found" in said


def test_items_that_cannot_be_read_is_rejected_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = rejected(capsys, str(TOP / "examples/minimal"), "--items", str(tmp_path / "missing"))
    assert code == 3
    assert 'missing": No such file or directory.' in said
    assert capsys.readouterr().out == ""


# Says what it deploys, and is busy with that
FAKE = """
case "$1" in
  show) echo '{}' ;;
  apply) sleep 60 & echo $! $$ > "$PIDS.new"; mv "$PIDS.new" "$PIDS"; wait ;;
esac
"""


def running(mark: str) -> list[str]:
    """Return the command lines that contain some text."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "stat=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if mark in line and not line.startswith("Z")]


@pytest.mark.emulator
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_nothing_stays_of_a_demo_that_is_ended(number: signal.Signals, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    pids = tmp_path / "pids"
    environment = {
        **os.environ,
        "TMPDIR": str(temporary),
        "PIDS": str(pids),
        terraform.BINARY_VARIABLE: str(program(tmp_path, script=FAKE)),
    }
    words = [sys.executable, "-m", "generator", "demo"]
    with subprocess.Popen(words, cwd=TOP, env=environment, stdout=subprocess.DEVNULL, start_new_session=True) as demo:
        assert eventually(pids.exists, 60)
        assert running(str(temporary)), "the emulator"
        demo.send_signal(number)
        demo.wait(30)
    assert eventually(lambda: running(str(temporary)) == [])
    assert eventually(lambda: alive([int(word) for word in pids.read_text().split()]) == [])
    if number == signal.SIGKILL:
        assert list(temporary.glob("*-scratch-*")), "what the next process deletes"
        code = "from generator.scratch import scratch_directory\nwith scratch_directory(): pass"
        subprocess.run([sys.executable, "-c", code], cwd=TOP, env=environment, check=True)
    assert [path for path in temporary.iterdir() if path.suffix != ".log" or number != signal.SIGKILL] == []
