"""Does ``demo --on aws`` prove what it says, and leave nothing? An emulator is the account, our poller Lambda."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import pytest

from generator import aws, cli, terraform
from generator.errors import LocalAwsError
from generator.local import emulator
from generator.local.emulator import ACCOUNT, LocalAws
from generator.local.event_poller import EventPoller
from generator.prove import prices, runs
from generator.prove.command import _is_aws
from generator.prove.runs import PREFIX, Run
from tests.local.test_emulator import eventually
from tests.support.planning import TOP
from tests.terraform.machine import program


class Account:
    """An emulator in which mappings work, and the state folder of its user."""

    def __init__(self, aws: LocalAws, folder: Path) -> None:
        self.aws, self.folder = aws, folder
        self.stopped = threading.Event()
        self._running: set[str] = set()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        """Run each mapping, as Lambda does."""
        client = self.aws.client("lambda")
        while not self.stopped.wait(0.5):
            for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
                if mapping["UUID"] not in self._running:
                    self._running.add(mapping["UUID"])
                    poller = EventPoller(self.aws.client, mapping["UUID"])
                    threading.Thread(target=self._poll, args=(poller,), daemon=True).start()

    def _poll(self, poller: EventPoller) -> None:
        # The run deletes the table while it is read.
        with suppress(LocalAwsError):
            poller.run(self.stopped.is_set, within=600)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start the command, with what it prints in one stream."""
        environment = self.aws.variables(os.environ) | {
            "XDG_STATE_HOME": str(self.folder),
            "PYTHONUNBUFFERED": "1",
        }
        return subprocess.Popen(
            [sys.executable, "-m", "generator", "demo", "--on", "aws", *words],
            cwd=TOP,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: str) -> tuple[int, str]:
        """Run the command, and return its exit code and what it printed."""
        with self.start(*words) as process:
            printed, _ = process.communicate(timeout=600)
            return process.returncode, printed

    def existing(self) -> dict[str, list[str]]:
        """Return the names of what a run could have left, by kind, without empty ones."""
        client = self.aws.client
        found = {
            "table": client("dynamodb").list_tables()["TableNames"],
            "function": [each["FunctionName"] for each in client("lambda").list_functions()["Functions"]],
            "mapping": [each["UUID"] for each in client("lambda").list_event_source_mappings()["EventSourceMappings"]],
            "queue": client("sqs").list_queues().get("QueueUrls", []),
            "role": [each["RoleName"] for each in client("iam").list_roles()["Roles"]],
            "log group": [each["logGroupName"] for each in client("logs").describe_log_groups()["logGroups"]],
        }
        own = {kind: [name for name in names if PREFIX in name or kind == "mapping"] for kind, names in found.items()}
        return {kind: names for kind, names in own.items() if names}

    @property
    def states(self) -> list[Path]:
        """The directories of unfinished runs."""
        return list((self.folder / "ddb-stream-lambda" / "demo").glob("*"))


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with emulator.running("ministack") as local:
        account = Account(local, tmp_path_factory.mktemp("state"))
        yield account
        account.stopped.set()


@pytest.mark.emulator
@pytest.mark.terraform
def test_run_is_as_predicted_and_leaves_nothing(account: Account) -> None:
    code, printed = account.run("--yes", "--json")
    before, _, text = printed.partition("\n{\n")
    assert code == 0, printed
    assert f"In the account {ACCOUNT} and the Region eu-west-1" in before
    assert before.index("Cost: at most 1 US cent,") < before.index("Creating the resources")
    assert ACCOUNT not in text, "what is attached to an issue"
    report = json.loads("{" + text)
    assert (report["result"], report["differences"], report["left"]) == ("as predicted", [], [])
    assert (report["service"], report["redriven"]) == ("an endpoint that is not AWS", 1)
    assert [round(pause["predicted"], 1) for pause in report["pauses"]] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4]
    outcomes = {record["key"]: record["observed"] for record in report["records"]}
    assert outcomes.pop('{"id": {"S": "order-6"}}') == "discarded"
    assert set(outcomes.values()) == {"processed"}
    assert len(outcomes) == 5
    assert (account.existing(), account.states) == ({}, [])


@pytest.mark.emulator
@pytest.mark.terraform
def test_interrupted_run_says_what_is_left_and_the_next_call_deletes_it(account: Account) -> None:
    tables = account.aws.client("dynamodb")
    printed = []
    with account.start("--yes") as process:
        assert process.stdout
        for line in process.stdout:
            printed.append(line)
            if line.startswith("Writing"):
                (table,) = account.existing()["table"]
                tables.update_table(TableName=table, DeletionProtectionEnabled=True)
                process.send_signal(signal.SIGINT)
    text = "".join(printed)
    assert process.returncode == 130, text
    assert f"Left in the Region eu-west-1: table {table} (" in text
    assert account.existing() == {"table": [table]}
    code, text = account.run("--yes")
    assert (code, f"table {table}" in text.splitlines()[-1]) == (17, True), text
    assert len(account.states) == 1
    tables.update_table(TableName=table, DeletionProtectionEnabled=False)
    code, text = account.run()
    assert code == 3, "it asks, and there is no terminal"
    code, text = account.run("--yes")
    assert code == 0, text
    assert "Nothing is left in the account." in text
    assert "Creating the resources" not in text
    assert (account.existing(), account.states) == ({}, [])


@pytest.mark.emulator
@pytest.mark.terraform
def test_killed_run_is_finished_by_the_next_call(account: Account) -> None:
    with account.start("--yes") as process:
        while "table" not in account.existing():
            assert process.poll() is None
            time.sleep(0.1)
        process.kill()
    assert account.existing()
    code, text = account.run("--yes")
    assert code == 0, text
    assert f"The run {PREFIX}" in text
    assert (account.existing(), account.states) == ({}, [])


FAKE = """
case "$1" in
  show) echo '{"resource_changes": []}' ;;
  apply) ls ../../run.json > "$SEEN.new"; mv "$SEEN.new" "$SEEN"; BUSY
    echo "Error: The quota is used up" >&2; exit 1 ;;
esac
"""


@pytest.mark.emulator
@pytest.mark.parametrize(
    ("number", "code", "message"),
    [
        (None, 7, "Error: terraform apply: The quota is used up."),
        (signal.SIGINT, 130, "Error: Interrupted."),
        (signal.SIGTERM, 143, "Error: Terminated."),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_apply_that_does_not_end_well_is_cleaned_up(
    account: Account,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    number: signal.Signals | None,
    code: int,
    message: str,
) -> None:
    seen = tmp_path / "seen"
    script = FAKE.replace("BUSY", "sleep 60" if number else "true")
    monkeypatch.setenv(terraform.BINARY_VARIABLE, str(program(tmp_path, script=script)))
    monkeypatch.setenv("SEEN", str(seen))
    with account.start("--yes") as process:
        if number:
            assert eventually(seen.exists, 60)
            process.send_signal(number)
        printed, _ = process.communicate(timeout=60)
    assert (process.returncode, message in printed.splitlines()) == (code, True), printed
    assert seen.read_text() == "../../run.json\n", "written before anything is created"
    assert "Nothing is left in the account." in printed
    assert account.states == []


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return an unfinished run."""
    monkeypatch.setattr(runs, "state_directory", lambda name: tmp_path / name)
    found = runs.new(ACCOUNT, "eu-west-1", None)
    found.inventory = [["aws_sqs_queue", f"{found.name}-dlq"]]
    found.save()
    return found


class Terminal:
    """A standard input at which somebody answers."""

    def isatty(self) -> bool:
        return True


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Call the command, and return its exit code and what it printed."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["demo", *words])
    captured = capsys.readouterr()
    return int(str(ended.value.code)), captured.out + captured.err


def test_unfinished_run_stays_if_the_user_does_not_agree(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(click, "confirm", lambda *_, **__: False)
    code, said = call(capsys, "--on", "aws")
    assert (code, f"Error: The run {run.name} is not finished." in said) == (17, True)
    assert f"sqs_queue {run.name}-dlq" in said
    assert runs.unfinished() == [run]


def test_unfinished_run_of_another_account_is_left_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Sts:
        def get_caller_identity(self) -> dict[str, str]:
            return {"Account": "999999999999", "Arn": "arn"}

    monkeypatch.setattr(aws, "connect", lambda *_: lambda _service: Sts())
    code, said = call(capsys, "--on", "aws", "--yes")
    assert (code, f"belongs to the account {ACCOUNT}. Got credentials of 999999999999." in said) == (3, True)
    assert runs.unfinished() == [run]


def test_question_without_a_terminal_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = call(capsys, "--on", "aws")
    assert (code, said.startswith("Error: --yes: standard input is not a terminal")) == (3, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["root", "--on", "aws"], "ROOT: it has no effect with --on aws. Remove it."),
        (["--on", "aws", "--keep"], "--keep: it has no effect with --on aws. Remove it."),
        (["--yes"], "--yes: it has no effect on an emulator. Set --on aws, or remove it."),
        (["--json"], "--json: it has no effect on an emulator. Set --on aws, or remove it."),
        (["--on", "aws", "--observe", "30"], '--observe: "30" is not a duration from 1m to 24h.'),
        (["--on", "aws", "--observe", "25h"], '--observe: "25h" is not a duration from 1m to 24h.'),
        (["--on", "gcp"], '--on: "gcp" is not one of "emulator", "aws".'),
    ],
)
def test_options_without_effect_are_errors(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, *words) == (3, f"Error: {message}\n")


def test_cost_grows_with_the_observation() -> None:
    assert prices.cents(6, 100) == 1
    assert 1 < prices.cents(6, 10_000) < 10


@pytest.mark.parametrize(
    ("endpoint", "is_aws"),
    [
        ("https://lambda.eu-west-1.amazonaws.com", True),
        ("https://lambda.cn-north-1.amazonaws.com.cn", True),
        ("http://127.0.0.1:4566", False),
        ("https://amazonaws.com.example.org", False),
    ],
)
def test_report_says_whether_it_was_aws(endpoint: str, *, is_aws: bool) -> None:
    class Client:
        class meta:  # noqa: N801 - as boto3 has it
            endpoint_url = endpoint

    def client(_service: str) -> Any:  # noqa: ANN401 - a client of boto3 has no type
        return Client

    assert _is_aws(client) == is_aws
