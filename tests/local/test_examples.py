"""Can every example be applied, and does the one with OpenSearch do what it promises?

Each has an AWS emulator of its own, since they share names; six are applied at a time, mostly waiting for their queues.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from generator import cli, package, terraform
from generator.local import emulator
from generator.local.clocks import FastForwardClock
from generator.local.emulator import LocalAws
from generator.local.event_poller import EventPoller
from tests.local.filling import CHANGED, COUNT, FAILING, Filling, fill, processed, repair
from tests.opensearch.servers import Server, strict
from tests.support import examples, shared_provider
from tests.support.planning import TOP

pytestmark = [pytest.mark.emulator, pytest.mark.terraform]

EXAMPLES = sorted(name for name in examples.EXAMPLES if not name.startswith(("other_account_", "safe_deployment")))
"""``test_other_account.py`` and ``test_safe_deployment.py`` apply the others."""
SETTLED = {
    "hardened": {
        "aws_lambda_function.this[0]": "the emulator drops the code signing configuration",
        "aws_cloudwatch_metric_alarm": "the emulator returns half of an alarm",
    },
}
"""What a second plan still changes, and why; everything else is as the configuration says."""


@dataclass
class Applied:
    """An example that was applied: where, in which AWS emulator, and what a second plan would change."""

    folder: Path
    aws: LocalAws
    changes: dict[str, list[str]]

    def resources(self, kind: str) -> list[dict[str, Any]]:
        """Return the values of the resources of one type in its state."""
        state = json.loads((self.folder / "terraform.tfstate").read_text())
        found = [resource for resource in state["resources"] if resource["type"] == kind]
        return [instance["attributes"] for resource in found for instance in resource["instances"]]


def _terraform(folder: Path, aws: LocalAws, variables: dict[str, str], *words: str) -> tuple[int, str]:
    """Run Terraform and return its exit code and what it printed; 2 of a plan tells that there are changes."""
    # Not through generator.terraform, which does not return the exit code
    done = subprocess.run(
        [terraform.binary(), *words],
        cwd=folder,
        env=shared_provider.environment(aws.variables(terraform.environment()) | variables, folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 2}, done.stdout[-2000:] + done.stderr[-4000:]
    return done.returncode, done.stdout


def _apply(folder: Path, aws: LocalAws, variables: dict[str, str]) -> Applied:
    _terraform(folder, aws, variables, "init", "-input=false", "-no-color")
    _terraform(folder, aws, variables, "apply", "-input=false", "-no-color", "-auto-approve")
    code, _ = _terraform(folder, aws, variables, "plan", "-input=false", "-detailed-exitcode", "-out=tfplan")
    if code == 0:
        return Applied(folder, aws, {})
    plan = json.loads(_terraform(folder, aws, variables, "show", "-json", "tfplan")[1])
    changes = {each["address"]: each["change"]["actions"] for each in plan["resource_changes"]}
    return Applied(folder, aws, {name: done for name, done in changes.items() if done not in (["no-op"], ["read"])})


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the module, the examples and the functions' packages as a checkout has them."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "module").symlink_to(TOP / "module")
    shutil.copytree(TOP / "examples", folder / "examples", ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    for source in (TOP / "lambda_src").glob("*/README.md"):
        package.package(source.parent, folder / "dist" / f"{source.parent.name}.zip")
    package.package(TOP / "examples/backfill/function", folder / "dist/backfill.zip")
    return folder


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    template = json.loads((TOP / "lambda_src/opensearch_indexer/index_template.json").read_text())
    with strict() as running:
        running.call("PUT", "/_index_template/orders", template)
        yield running


@pytest.fixture(scope="module")
def applied(project: Path, server: Server) -> Iterator[dict[str, Applied]]:
    variables = {
        "opensearch": {"TF_VAR_endpoint": server.url, "TF_VAR_auth": "none"},
        "backfill": {"TF_VAR_part_items": "10", "TF_VAR_retries": "0", "TF_VAR_tolerated_failure_percentage": "20"},
    }
    with ExitStack() as stack, ThreadPoolExecutor(max(6, os.cpu_count() or 1)) as pool:
        waiting = {}
        for name in EXAMPLES:
            folder = project / "examples" / name
            terraform.local(folder)
            aws = stack.enter_context(emulator.running("ministack"))
            waiting[name] = pool.submit(_apply, folder, aws, variables.get(name, {}))
        yield {name: each.result() for name, each in waiting.items()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_is_applied_and_settled(name: str, applied: dict[str, Applied]) -> None:
    known = SETTLED.get(name, {})
    changed = {address.partition("ddb_stream_lambda.")[2] for address in applied[name].changes}
    assert {next((each for each in known if address.startswith(each)), address) for address in changed} == set(known)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_has_its_mappings(name: str, applied: dict[str, Applied]) -> None:
    mappings = applied[name].resources("aws_lambda_event_source_mapping")
    assert len(mappings) == (2 if name == "for_each" else 1)


# --- the example with OpenSearch --------------------------------------------------------------------------------------


@dataclass
class Pipeline:
    """The pipeline of an example: writes to its table, and lets its mapping process what was written."""

    aws: LocalAws
    poller: Callable[[], EventPoller]
    table: str
    queue: str

    def process(self, *writes: tuple[str, dict[str, Any]]) -> None:
        """Do so many writes, each of which leaves a record, and wait until each record is finished."""
        poller = self.poller()
        client = self.aws.client("dynamodb")
        for operation, given in writes:
            getattr(client, operation)(TableName=self.table, **given)
        poller.run(lambda: poller.finished >= len(writes), within=60)


@pytest.fixture(scope="module")
def indexing(applied: dict[str, Applied]) -> Pipeline:
    return _pipeline(applied["opensearch"])


def _pipeline(example: Applied) -> Pipeline:
    (mapping,) = example.resources("aws_lambda_event_source_mapping")
    (queue,) = (each for each in example.resources("aws_sqs_queue") if each["name"].endswith("-dlq"))
    checkpoints = example.folder / "checkpoints.json"

    def poller() -> EventPoller:
        return EventPoller(example.aws.client, mapping["uuid"], clock=FastForwardClock(), checkpoints=checkpoints)

    return Pipeline(example.aws, poller, mapping["event_source_arn"].split("/")[1], queue["url"])


def put(identifier: str, **attributes: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "put_item", {"Item": {"id": {"S": identifier}, **attributes}}


def test_item_that_is_written_can_be_found(indexing: Pipeline, server: Server) -> None:
    indexing.process(put("a", total={"N": "10"}), put("b", total={"N": "20"}))
    assert [document["total"] for document in server.documents("orders-items").values()] == [10, 20]


def test_change_of_an_item_changes_its_document(indexing: Pipeline, server: Server) -> None:
    indexing.process(put("a", total={"N": "11"}))
    assert [document["total"] for document in server.documents("orders-items").values()] == [11, 20]


def test_deletion_of_an_item_deletes_its_document(indexing: Pipeline, server: Server) -> None:
    indexing.process(("delete_item", {"Key": {"id": {"S": "a"}}}))
    assert [document["id"] for document in server.documents("orders-items").values()] == ["b"]


def test_rejected_document_is_logged_and_the_others_are_indexed(indexing: Pipeline, server: Server) -> None:
    # OpenSearch maps no new field from a list of a text and a number
    mixed = {"L": [{"S": "a"}, {"N": "1"}]}
    indexing.process(put("c", total={"N": "30"}), put("rejected", mixed=mixed), put("d", total={"N": "40"}))
    assert [document["id"] for document in server.documents("orders-items").values()] == ["b", "c", "d"]
    events = indexing.aws.client("logs").filter_log_events(logGroupName="/aws/lambda/orders")["events"]
    assert any("Document rejected" in event["message"] and "rejected" in event["message"] for event in events)
    assert "Messages" not in indexing.aws.client("sqs").receive_message(QueueUrl=indexing.queue)


# --- the example with an event bus ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fan_out(applied: dict[str, Applied]) -> Pipeline:
    return _pipeline(applied["fan_out"])


def received(pipeline: Pipeline, queue: str) -> list[dict[str, Any]]:
    """Return the messages of a queue, and delete them."""
    client = pipeline.aws.client("sqs")
    url = client.get_queue_url(QueueName=queue)["QueueUrl"]
    messages = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


def test_each_consumer_receives_the_changes_of_its_rule(fan_out: Pipeline) -> None:
    fan_out.process(
        put("a", status={"S": "new"}), put("a", status={"S": "paid"}), ("delete_item", {"Key": {"id": {"S": "a"}}})
    )
    (paid,) = received(fan_out, "orders-paid")
    assert (paid["source"], paid["detail"]["oldImage"]["status"]) == ("dynamodb.orders", "new")
    (removed,) = received(fan_out, "orders-removed")
    assert removed["detail"]["keys"] == {"id": "a"}


def test_change_that_is_too_large_is_discarded_and_the_others_are_published(fan_out: Pipeline) -> None:
    fan_out.process(put("large", status={"S": "paid"}, text={"S": "x" * 300_000}), put("small", status={"S": "paid"}))
    (event,) = received(fan_out, "orders-paid")
    assert event["detail"]["keys"] == {"id": "small"}
    (discarded,) = received(fan_out, "orders-dlq")
    assert discarded["DDBStreamBatchInfo"]["batchSize"] == 1


# --- the example with a table of processed records -------------------------------------------------------------------


def test_repeated_record_is_skipped(applied: dict[str, Applied]) -> None:
    example = applied["idempotent"]
    (function,) = example.resources("aws_lambda_function")
    (mapping,) = example.resources("aws_lambda_event_source_mapping")
    record = {
        "eventID": "1",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": mapping["event_source_arn"],
        "dynamodb": {"Keys": {"id": {"S": "a"}}, "NewImage": {"id": {"S": "a"}}, "SequenceNumber": "100"},
    }
    for _ in range(2):
        payload = json.dumps({"Records": [record]}).encode()
        answer = example.aws.client("lambda").invoke(FunctionName=function["arn"], Payload=payload)
        assert json.load(answer["Payload"]) == {"batchItemFailures": []}
    logged = example.aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function['function_name']}")
    lines = [json.loads(event["message"]) for event in logged["events"] if event["message"].startswith("{")]
    assert [line["message"] for line in lines] == ["Record processed", "Record skipped: already processed"]
    (state,) = example.aws.client("dynamodb").scan(TableName="orders-processed")["Items"]
    assert state.keys() == {"id", "done", "expires"}
    # What was processed is seen in the table, not by the same instance of the function.
    example.aws.client("dynamodb").delete_item(TableName="orders-processed", Key={"id": state["id"]})
    example.aws.client("lambda").invoke(FunctionName=function["arn"], Payload=payload)
    assert example.aws.client("dynamodb").scan(TableName="orders-processed")["Count"] == 1


# --- the example with a backfill --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def filling(applied: dict[str, Applied]) -> Filling:
    example = applied["backfill"]
    (machine,) = example.resources("aws_sfn_state_machine")
    (mapping,) = example.resources("aws_lambda_event_source_mapping")
    (bucket,) = example.resources("aws_s3_bucket")
    return fill(example.aws, machine["arn"], mapping["uuid"], bucket["bucket"])


def test_state_machine_asks_for_an_export_of_the_table(filling: Filling) -> None:
    assert filling.asked["TableArn"].endswith(":table/orders")
    assert filling.asked["S3Bucket"].startswith("orders-backfill-")
    assert filling.asked["ExportFormat"] == "DYNAMODB_JSON"


def test_backfill_ends_well_below_its_threshold(filling: Filling) -> None:
    assert filling.execution["status"] == "SUCCEEDED", filling.execution


def test_backfill_unpacks_every_file_and_sends_every_part(filling: Filling) -> None:
    counted = {label: run["itemCounts"] for label, run in filling.runs.items()}
    assert {label: (counts["succeeded"], counts["failed"]) for label, counts in counted.items()} == {
        "unpack": (3, 0),
        "send": (5, 1),
    }


def test_backfill_brings_every_item_to_the_function_but_the_failing_one(filling: Filling) -> None:
    assert sorted(filling.processed) == sorted({f"item {number}" for number in range(COUNT)} - {FAILING})


def test_backfill_names_the_item_that_failed(filling: Filling) -> None:
    (cause,) = filling.causes
    assert json.loads(cause)["errorMessage"].count('"keys"') == 1
    assert f'"keys": {{"id": {{"S": "{FAILING}"}}}}' in json.loads(cause)["errorMessage"]


def test_what_changed_after_the_export_comes_last(filling: Filling) -> None:
    assert filling.from_stream[-2:] == [CHANGED, "later"]


# --- docs/ ------------------------------------------------------------------------------------------------------------


def test_three_commands_bring_a_failing_record_to_the_repaired_function(
    applied: dict[str, Applied],
    filling: Filling,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    aws = applied["backfill"].aws
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in aws.variables({}).items():
        monkeypatch.setenv(name, value)
    section = (
        (TOP / "docs/runbook/replay.md").read_text().partition("## Replay failed records\n")[2].partition("\n## ")[0]
    )
    commands = [shlex.split(line)[3:] for line in section.splitlines() if line.startswith("python -m generator ")][:3]
    assert FAILING not in [*filling.processed, *filling.from_stream]
    repair(aws)
    before = processed(aws)
    for number, command in enumerate(commands, 1):
        with pytest.raises(SystemExit) as ended:
            cli.main(command)
        assert ended.value.code == 0, capsys.readouterr()
        assert processed(aws)[len(before) :] == ([FAILING] if number == 3 else [])
    (queue,) = applied["backfill"].resources("aws_sqs_queue")
    assert "Messages" not in aws.client("sqs").receive_message(QueueUrl=queue["url"])


def test_pipeline_is_deleted_and_its_table_forgotten(applied: dict[str, Applied], tmp_path: Path) -> None:
    document = (TOP / "docs/how-to/remove.md").read_text()
    (block,) = re.findall(r"```terraform\n(.*?)```", document, re.DOTALL)
    example = applied["minimal"]
    (tmp_path / "main.tf").write_text(block)
    for name in ("providers.tf", "terraform.tfstate"):
        shutil.copy(example.folder / name, tmp_path)
    terraform.local(tmp_path)
    _terraform(tmp_path, example.aws, {}, "init", "-input=false", "-no-color")
    _terraform(tmp_path, example.aws, {}, "plan", "-input=false", "-out=tfplan")
    plan = json.loads(_terraform(tmp_path, example.aws, {}, "show", "-json", "tfplan")[1])
    done = {change["address"]: change["change"]["actions"] for change in plan["resource_changes"]}
    assert done.pop("module.ddb_stream_lambda.aws_dynamodb_table.this[0]") == ["forget"]
    assert len(done) >= 7
    assert set(map(tuple, done.values())) == {("delete",)}


# --- faults -----------------------------------------------------------------------------------------------------------


def test_apply_that_lost_its_aws_midway_can_be_repeated(project: Path) -> None:
    folder = project / "examples" / "again"
    shutil.copytree(
        project / "examples/failures_to_sns", folder, ignore=shutil.ignore_patterns(".terraform*", "*tfstate*")
    )
    with emulator.running("ministack") as aws:
        port = int(aws.endpoint.rpartition(":")[2])
        _terraform(folder, aws, {}, "init", "-input=false", "-no-color")
        words: list[str | Path] = [terraform.binary(), "apply", "-input=false", "-no-color", "-auto-approve"]
        environment = shared_provider.environment(aws.variables(terraform.environment()), folder)
        applying = subprocess.Popen(
            words, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        deadline = time.monotonic() + 60
        while not aws.client("iam").list_roles()["Roles"] and time.monotonic() < deadline:
            time.sleep(0.05)
    _, said = applying.communicate(timeout=120)
    assert applying.returncode != 0
    assert b"connection refused" in said
    with emulator.running("ministack", port=port) as aws:
        again = _apply(folder, aws, {})
        assert again.changes == {}
