"""Do the commands stay out of the way of those that need nothing of AWS?"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import pytest

from generator.cli import cli, main
from generator.errors import UsageError
from generator.mapping.records import as_event, from_event
from generator.operate import backfill as filling
from generator.operate.cli import redrive
from generator.operate.messages import as_json
from generator.operate.pending import PendingRecord, RecordBuffer
from tests.operate.fakes import FUNCTION, STREAM, change, document
from tests.support.planning import TOP

_FULL = "Standard output: No space left on device. Correct this, and run the command again."


def test_command_line_loads_neither_boto3_nor_rich() -> None:
    code = "import sys, generator.cli; print([name for name in ('boto3', 'botocore', 'rich') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=TOP, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("words", [["redrive"], ["redrive", "replay"], ["redrive", "policy"], ["backfill"]])
def test_every_option_is_described(words: list[str]) -> None:
    command: click.Command | None = cli
    for word in words:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command
    assert command.help
    assert all(option.help for option in command.params if hasattr(option, "help"))


@pytest.fixture
def elsewhere(tmp_path: Path) -> dict[str, str]:
    """The environment of a computer that knows nothing of AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    config = {"AWS_CONFIG_FILE": str(tmp_path / "none"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none")}
    return kept | config | {"AWS_EC2_METADATA_DISABLED": "true", "PYTHONPATH": str(TOP), "HOME": str(tmp_path)}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A file with a fetched record, and a line that is none."""
    record = as_event(change(7), STREAM) | {"document": as_json(document(7))}
    file = tmp_path / "saved.jsonl"
    file.write_text(f"{json.dumps(record)}\nan order\n")
    return file


def run(words: list[str], environment: dict[str, str], out: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "generator", "redrive", *words],
        cwd=environment["HOME"],
        env=environment,
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


def test_file_needs_neither_region_nor_credentials(elsewhere: dict[str, str], saved: Path) -> None:
    listed = run(["list", "--file", str(saved), "--json"], elsewhere)
    assert listed.returncode == 0, listed.stderr
    told = json.loads(listed.stdout)
    assert [message["DDBStreamBatchInfo"]["startSequenceNumber"] for message in told["messages"]] == ["7"]
    assert [message["id"] for message in told["unrecognized"]] == ["line 2"]
    fetched = run(["fetch", "--file", str(saved), "-o", "-"], elsewhere)
    assert fetched.returncode == 14
    assert json.loads(fetched.stdout)["dynamodb"]["SequenceNumber"] == "7"
    assert "unrecognized: line 2: it is not an invocation record: line 1, column 1: expected JSON" in fetched.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["list", "--file", "saved.jsonl"],
        ["list", "--file", "saved.jsonl", "--json"],
        ["policy", "--bucket", "orders", "--function", FUNCTION, "--stream", STREAM, "--region", "eu-west-1"],
    ],
    ids=["list", "list as JSON", "policy"],
)
@pytest.mark.usefixtures("saved")
def test_full_disk_behind_standard_output_is_one_line(elsewhere: dict[str, str], words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run(words, elsewhere, full.fileno())
    assert done.returncode == 1
    assert done.stderr == f"Error: {_FULL}\n"


def test_full_disk_behind_fetched_records_is_one_line_and_leaves_no_file(
    elsewhere: dict[str, str], saved: Path
) -> None:
    done = run(["fetch", "--file", str(saved), "-o", "/dev/full/records"], elsewhere)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    with Path("/dev/full").open("wb") as full:
        done = run(["fetch", "--file", str(saved), "-o", "-"], elsewhere, full.fileno())
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(_FULL)


@pytest.mark.parametrize(
    "words",
    [
        ["redrive", "fetch", "--file", "saved.jsonl", "-o", "saved.jsonl"],
        ["redrive", "fetch", "--file", "saved.jsonl", "-o", "link"],
        ["redrive", "fetch", "--state", "saved.jsonl", "-o", "./saved.jsonl"],
        ["redrive", "fetch", "--since", "1h", "--keys", "saved.jsonl", "-o", "saved.jsonl"],
        ["redrive", "replay", "--file", "saved.jsonl", "--journal", "link"],
        ["redrive", "replay", "--since", "1h", "--keys", "saved.jsonl", "--journal", "saved.jsonl"],
        ["redrive", "reconcile", "--state", "saved.jsonl", "--journal", "saved.jsonl"],
        ["simulate", "--records", "saved.jsonl", "--html", "link"],
        ["simulate", "--plan", "saved.jsonl", "--html", "saved.jsonl"],
    ],
    ids=" ".join,
)
def test_output_that_is_an_input_is_refused(
    saved: Path, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(saved.parent)
    (saved.parent / "link").hardlink_to(saved)
    before = saved.read_bytes()
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 3
    assert re.fullmatch(
        r'Error: --\w+: ".*" is also the file of --\w+\. Name another file\.\n', capsys.readouterr().err
    )
    assert saved.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--failed", "a", "--journal", "./a"], '--failed: "a" is also the file of --journal.'),
        (["--failed", "backfill-orders.journal"], '--failed: "backfill-orders.journal" is also the file of --journal.'),
        (["--failed", "pipe"], '--failed: cannot use "pipe": a device or a pipe; only a regular file is accepted.'),
    ],
)
def test_file_for_failed_items_is_checked_before_any_is_sent(
    here: Path,
    words: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = filling.Table(name="orders", keys=["id"], stream_arn=STREAM, view_type="NEW_IMAGE", count=1, size=1)
    monkeypatch.setattr(filling, "describe_table", lambda *_: table)
    os.mkfifo(here / "pipe")
    with pytest.raises(SystemExit) as ended:
        main(["backfill", "--table", "orders", "--function", "f", *words])
    assert ended.value.code == 3
    assert message in capsys.readouterr().err


def test_output_is_not_appended_to_the_input(elsewhere: dict[str, str], saved: Path) -> None:
    before = saved.read_bytes()
    with saved.open("ab") as appended:
        done = run(["fetch", "--file", str(saved), "-o", "-"], elsewhere, appended.fileno())
    assert done.returncode == 3
    assert "is also the file of --file" in done.stderr
    assert saved.read_bytes() == before


def test_full_disk_behind_temporary_files_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full").open("w+", encoding="utf-8")  # noqa: SIM115 - the buffer closes it
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *_, **__: full)
    one = PendingRecord(from_event(as_event(change(1, image={"x": {"S": "x" * 10_000}}), STREAM)), FUNCTION, STREAM)
    with RecordBuffer() as buffer, pytest.raises(UsageError, match=r"No space left on device\. Set TMPDIR"):
        buffer.append(one)


@pytest.mark.parametrize(
    "words",
    [
        ["redrive", "replay", "--queue", "q", "--rate", "nan"],
        ["redrive", "list", "--queue", "q", "--file", ""],
        ["redrive", "fetch", "--queue", "q", "-o", "-", "--reads-per-second", "nan"],
        ["redrive", "replay", "--queue", "q", "--reads-per-second", "NaN"],
        ["redrive", "reconcile", "--queue", "q", "--reads-per-second", "-nan"],
        ["backfill", "--table", "t", "--function", "f", "--rate", "nan"],
    ],
    ids=" ".join,
)
def test_value_that_cannot_be_used_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 3
    option = next(word for word in words if word in {"--rate", "--reads-per-second", "--file"})
    message = capsys.readouterr().err
    assert message.startswith(f"Error: {option}: ")
    assert message.count("\n") == 1


@pytest.mark.parametrize("old", [["--even-if-overtaken"], ["--include-superseded"]])
def test_old_name_of_an_option_is_accepted_and_hidden(old: list[str]) -> None:
    command = redrive.commands["replay"]
    assert command.make_context("replay", [*old, "--queue", "q"]).params["include_superseded"]
    shown = command.get_help(command.make_context("replay", ["--queue", "q"]))
    assert "--include-superseded" in shown
    assert "overtaken" not in shown
