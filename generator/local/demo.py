"""Applies a root module to a local AWS, writes items, one of them poison, and shows what becomes of them."""

import json
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from generator import terraform
from generator.arn import Arn
from generator.console import console as new_console
from generator.console import duration
from generator.errors import LocalAwsError
from generator.local import emulator, plan_summary
from generator.local.clocks import FastForwardClock
from generator.local.emulator import LocalAws
from generator.local.event_poller import EventPoller
from generator.mapping.shard_processor import Discard, Failure, Invoke, Reply
from generator.simulate import items

ITEMS: Final[tuple[Mapping[str, Any], ...]] = (
    *({"id": {"S": f"order-{number}"}, "total": {"N": str(10 * number)}} for number in range(1, 6)),
    {"id": {"S": "order-6"}, "total": {"N": "60"}, "poison": {"BOOL": True}},
)
"""What is written unless a file says otherwise; the functions that ship fail for an item with ``poison``."""

_WITHIN = 300.0
"""Real seconds that the items may take."""

_CANNOT_BE_LOADED = "Worker init failed: "
"""How the emulator begins to say that a function's code or handler cannot be imported."""


def run(root: Path, *, items_file: Path | None = None, keep: bool = False) -> None:
    """Let a root module's pipeline process items on a local AWS, and print a timeline and what failed.

    Takes any root module that creates an event source mapping; nothing is written into it. The items come from a file
    (see :func:`items.read`), and ``keep`` leaves everything running until it is interrupted.

    Raises:
        UsageError: the file holds no items in DynamoDB JSON.
        TerraformError: the root holds no configuration, or Terraform refused it.
        LocalAwsError: the local AWS did not start, refused something, or the root creates no event source mapping.
    """
    written: Sequence[Mapping[str, Any]] = items.read(items_file) if items_file else ITEMS
    console = new_console()
    began = time.monotonic()
    console.print("Starting a local AWS ...")
    with tempfile.TemporaryDirectory(prefix="ddb-stream-lambda-") as folder, emulator.running("ministack") as aws:
        copy = terraform.overlay(root, Path(folder))
        terraform.local(copy)
        _on(aws, copy, root, written, console, keep=keep)
    console.print(f"Nothing is left: the local AWS has stopped. All of it took {duration(time.monotonic() - began)}.")


def _on(
    aws: LocalAws, copy: Path, root: Path, written: Sequence[Mapping[str, Any]], console: Console, *, keep: bool
) -> None:
    """Apply, write, watch, tell and destroy."""
    program = terraform.binary()
    runner = terraform.Terraform(copy, program=program, variables=aws.variables(terraform.environment(program)))
    with _step(console, f"Preparing a copy of {root}: terraform init"):
        runner.init()
    with _step(console, "Planning with the AWS provider: terraform plan"):
        plan = runner.plan()
    console.print(plan_summary.render(plan))
    with _step(console, "Creating it in the local AWS: terraform apply (the provider waits 25 s for a new queue)"):
        runner.apply()
    pipeline = Pipeline(aws, json.loads(runner.run("show", "-json", "-no-color")), copy / "checkpoints.json")
    timeline = _watch(pipeline, written, console)
    _tell(pipeline, timeline, written, console)
    if keep:
        _wait(aws, pipeline, console)
    with _step(console, "Deleting it again: terraform destroy"):
        _let_go(aws)
        runner.destroy()


class Pipeline:
    """The first pipeline in a state: its mapping and its table.

    Takes the local AWS, the state in Terraform's JSON form, and the file in which the mapping keeps where it is.

    Raises:
        LocalAwsError: the state holds no event source mapping.
    """

    def __init__(self, aws: LocalAws, state: Mapping[str, Any], checkpoints: Path) -> None:
        mappings = [
            resource
            for resource in _resources(state.get("values", {}).get("root_module", {}))
            if resource["type"] == "aws_lambda_event_source_mapping"
        ]
        if not mappings:
            raise LocalAwsError("The root module creates no event source mapping: there is nothing to watch.")
        self.aws = aws
        self.checkpoints = checkpoints
        self.mapping = mappings[0]["values"]["uuid"]
        self.table = Arn.parse(mappings[0]["values"]["event_source_arn"]).name
        described = aws.client("dynamodb").describe_table(TableName=self.table)["Table"]
        self.keys = [key["AttributeName"] for key in described["KeySchema"]]

    def poller(self, clock: FastForwardClock, watcher: "_Timeline") -> EventPoller:
        """Return what runs the mapping, from where it was left."""
        return EventPoller(self.aws.client, self.mapping, clock=clock, checkpoints=self.checkpoints, watcher=watcher)

    def write(self, written: Sequence[Mapping[str, Any]]) -> None:
        """Put items into the table.

        Raises:
            LocalAwsError: the table refuses one, for instance because a key attribute is missing.
        """
        client = self.aws.client("dynamodb")
        for number, item in enumerate(written, 1):
            try:
                client.put_item(TableName=self.table, Item=item)
            except Exception as error:
                raise LocalAwsError(f"The table {self.table} refuses item {number}: {error}") from error

    def failed(self, destination: str) -> list[Mapping[str, Any]]:
        """Return the documents that are in a failure destination, if that is a queue."""
        if destination.split(":")[2:3] != ["sqs"]:
            return []
        client = self.aws.client("sqs")
        url = client.get_queue_url(QueueName=destination.rpartition(":")[2])["QueueUrl"]
        received = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in received]


class _Timeline:
    """Prints what happens while it happens, and counts."""

    def __init__(self, console: Console, keys: Sequence[str], began: float) -> None:
        self.processed = 0
        self.retried = 0
        self.given_up = 0
        self.broken = ""
        self.documents: list[Mapping[str, Any]] = []
        self.refusals: list[str] = []
        self._console = console
        self._keys = keys
        self._began = began
        self._lock = threading.Lock()

    def invoked(self, _lane: str, invoke: Invoke, _began: float, ended: float, reply: Reply) -> None:
        if not isinstance(reply, Failure):
            self.processed += len(invoke.records)
            self._print(ended, f"[green]processed[/green]  {self._names(invoke.records)}")
            return
        self.processed += reply.checkpoint_index
        self.retried += invoke.attempt > 1
        if reply.reason.startswith(_CANNOT_BE_LOADED):
            self.broken = reply.reason.removeprefix(_CANNOT_BE_LOADED)
        what = "throttled" if reply.throttled else "failed"
        attempt = f", attempt {invoke.attempt}" if invoke.attempt > 1 else ""
        attempt += f": {escape(reply.reason)}" if reply.reason else ""
        done = (
            f"; before it, {self._names(invoke.records[: reply.checkpoint_index])} processed"
            if reply.checkpoint_index
            else ""
        )
        self._print(
            ended, f"[red]{what:<9}[/red]  {self._names(invoke.records[reply.checkpoint_index :])}{attempt}{done}"
        )

    def discarded(self, _lane: str, discard: Discard, at: float) -> None:
        self.given_up += len(discard.records)
        self._print(at, f"[yellow]given up[/yellow]   {self._names(discard.records)}: {discard.condition}")

    def delivered(self, _lane: str, document: Mapping[str, Any], refused: str | None) -> None:
        if refused:
            self.refusals.append(refused)
        else:
            self.documents.append(document)

    def _names(self, records: Sequence[Any]) -> str:
        names = []
        for record in records:
            values = [next(iter(record.event["dynamodb"]["Keys"][key].values())) for key in self._keys]
            names.append("/".join(map(str, values)))
        return escape(", ".join(names) if len(names) <= 3 else f"{names[0]} to {names[-1]}")  # noqa: PLR2004

    def _print(self, at: float, what: str) -> None:
        with self._lock:
            self._console.print(f"  {duration(max(at - self._began, 0.0)):>12}  {what}")


def _watch(pipeline: Pipeline, written: Sequence[Mapping[str, Any]], console: Console) -> _Timeline:
    """Write the items, and run the mapping until each is processed or given up."""
    clock = FastForwardClock()
    timeline = _Timeline(console, pipeline.keys, clock.now)
    poller = pipeline.poller(clock, timeline)
    console.print(
        f"Writing {len(written)} items into the table {pipeline.table}. This is what the mapping does with them, by a "
        "clock that skips its pauses:"
    )
    pipeline.write(written)

    def done() -> bool:
        if timeline.broken:
            raise LocalAwsError(f"The function cannot be loaded: {timeline.broken}; look at its handler and package.")
        return poller.finished >= len(written)

    poller.run(done, within=_WITHIN)
    return timeline


def _tell(pipeline: Pipeline, timeline: _Timeline, written: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Show what failed, and sum up."""
    deployed = pipeline.aws.client("lambda").get_event_source_mapping(UUID=pipeline.mapping)
    destination = ((deployed.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination", "")
    name = destination.rpartition(":")[2]
    for document in pipeline.failed(destination) or timeline.documents:
        console.print(f"The failure destination {name} holds:")
        console.print_json(json.dumps(document), indent=2, highlight=console.is_terminal)
    for refusal in timeline.refusals:
        console.print(f"The failure destination {name} refused what it was sent: {escape(refusal)}")
    parked = sum(document["DDBStreamBatchInfo"].get("batchSize", 0) for document in timeline.documents)
    ends = [
        f"{timeline.processed} of {len(written)} items were processed, after {timeline.retried} retries in all",
        f"{parked} ended in the failure destination, which says where in the stream they are",
        f"{timeline.given_up - parked} were lost",
        f"{len(written) - timeline.processed - timeline.given_up} were dropped by the filter patterns",
    ]
    console.print("; ".join([ends[0], *(end for end in ends[1:] if not end.startswith("0 "))]) + ".")


def _wait(aws: LocalAws, pipeline: Pipeline, console: Console) -> None:
    """Leave everything as it is, with the mapping running, until the user interrupts."""
    clock = FastForwardClock()
    poller = pipeline.poller(clock, _Timeline(console, pipeline.keys, clock.now))
    try:
        console.print(
            f"The local AWS answers at {aws.endpoint}: set AWS_ENDPOINT_URL to it, AWS_ACCESS_KEY_ID and "
            f"AWS_SECRET_ACCESS_KEY to test, AWS_REGION to {aws.region}.\nPress Ctrl-C to delete everything."
        )
        poller.run(lambda: False, within=float("inf"))
    except KeyboardInterrupt:
        console.print("Interrupted.")


def _let_go(aws: LocalAws) -> None:
    """Do what an operator does before a destroy: take the tables' protection away, and empty the buckets."""
    tables, buckets = aws.client("dynamodb"), aws.client("s3")
    for table in tables.list_tables()["TableNames"]:
        tables.update_table(TableName=table, DeletionProtectionEnabled=False)
    for bucket in buckets.list_buckets()["Buckets"]:
        for stored in buckets.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            buckets.delete_object(Bucket=bucket["Name"], Key=stored["Key"])


def _resources(module: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)


@contextmanager
def _step(console: Console, message: str) -> Iterator[None]:
    """Say what is being done, for how long already, and how long it took."""
    began = time.monotonic()
    if not console.is_terminal:
        console.print(f"{escape(message)} ...")
        yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        progress.add_task(escape(message))
        yield
    console.print(f"{escape(message)}: {duration(time.monotonic() - began)}")
