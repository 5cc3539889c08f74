"""The command ``demo``: deploys a root module to an emulator, writes items, and prints what happens to them."""

import json
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

from generator import items, package, terraform
from generator.arn import Arn
from generator.console import console as new_console
from generator.console import count, duration
from generator.errors import LocalAwsError
from generator.local import emulator, environments, plan_summary
from generator.local.clocks import FastForwardClock
from generator.local.emulator import LocalAws
from generator.local.event_poller import EventPoller
from generator.mapping.settings import on_failure_destination
from generator.mapping.shard_processor import Discard, Failure, Invoke, Observer, Reply
from generator.parsing import parse_json, reported
from generator.render import render
from generator.resources import RESOURCES
from generator.scratch import scratch_directory

ITEMS: Final[tuple[Mapping[str, Any], ...]] = (
    *({"id": {"S": f"order-{number}"}, "total": {"N": str(10 * number)}} for number in range(1, 6)),
    {"id": {"S": "order-6"}, "total": {"N": "60"}, "poison": {"BOOL": True}},
)
"""The items to write by default. The functions in ``lambda_src`` fail for an item with the attribute ``poison``."""

_MAX_SECONDS = 300.0
"""Real seconds that the pipeline has to process the items."""

_LOAD_ERROR = "Worker init failed: "
"""Prefix of the error of the emulator if it cannot import the handler of a function."""


def run(root: Path | None, *, items_file: Path | None = None, keep: bool = False) -> None:
    """Deploy a root module to an emulator, write items to its table, and print what happens to them.

    Args:
        root: directory of a root module that creates an event source mapping. It is copied and not changed. None is
            the example "minimal".
        items_file: file with the items, see :func:`generator.items.read`.
        keep: keep the emulator running until the user interrupts the command.

    Raises:
        UsageError: the file has no items in DynamoDB JSON, or boto3 is not installed.
        TerraformError: the root module has no configuration, or Terraform fails.
        LocalAwsError: the emulator does not start, a call to it fails, or there is no event source mapping.
    """
    written: Sequence[Mapping[str, Any]] = items.read(items_file) if items_file else ITEMS
    emulator.check_installed()
    console = new_console()
    with scratch_directory() as folder:
        # Before the emulator is installed, which takes a minute
        copy = terraform.overlay(root, folder) if root else copy_example(folder)
        environments.install("ministack", console)
        began = time.monotonic()
        console.print("Starting the emulator of AWS ...")
        with emulator.running("ministack") as aws:
            terraform.local(copy)
            _deploy_and_run(aws, copy, str(root or "examples/minimal"), written, console, keep=keep)
    console.print(f"Deleted all resources and stopped the emulator after {duration(time.monotonic() - began)}.")


def copy_example(folder: Path, function: Path = RESOURCES / "lambda_src" / "stream_handler") -> Path:
    """Write the example "minimal" into a directory, with the module and a package of the function; return its path."""
    for path, content in render().items():
        (folder / "module" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "module" / path).write_bytes(content)
    package.package(function, folder / "dist" / "stream_handler.zip")
    example = folder / "examples" / "minimal"
    example.mkdir(parents=True)
    for file in (RESOURCES / "examples" / "minimal").glob("*.tf"):
        shutil.copy(file, example)
    return example


def _deploy_and_run(
    aws: LocalAws, copy: Path, root: str, written: Sequence[Mapping[str, Any]], console: Console, *, keep: bool
) -> None:
    program = terraform.binary()
    name = terraform.about(program).command
    runner = terraform.Terraform(copy, program=program, variables=aws.variables(terraform.environment(program)))
    with step(console, f"Initializing a copy of {root} ({name} init)"):
        runner.init()
    with step(console, f"Planning ({name} plan)"):
        plan = runner.plan()
    console.print(plan_summary.render(plan))
    with step(console, f"Creating the resources in the emulator ({name} apply; a new queue takes 25 s)"):
        runner.apply()
    pipeline = Pipeline(aws, runner.show(), copy / "checkpoints.json")
    events = _process(pipeline, written, console)
    _print_summary(pipeline, events, written, console)
    if keep:
        _keep_running(pipeline, console)
    with step(console, f"Deleting the resources ({name} destroy)"):
        _prepare_destroy(pipeline.aws)
        runner.destroy()


class Pipeline:
    """The first pipeline of a state in Terraform's JSON form: its mapping and its table.

    Takes the file for the checkpoints of the mapping, too.

    Raises:
        LocalAwsError: the state has no event source mapping.
    """

    def __init__(self, aws: LocalAws, state: Mapping[str, Any], checkpoints: Path) -> None:
        resources = _resources(state.get("values", {}).get("root_module", {}))
        mappings = [each["values"] for each in resources if each["type"] == "aws_lambda_event_source_mapping"]
        if not mappings:
            raise LocalAwsError("The root module creates no event source mapping. Use one that does.")
        stream = Arn.parse(mappings[0]["event_source_arn"])
        # The root module chooses the Region, in its provider block
        self.aws = replace(aws, region=stream.region)
        self.checkpoints = checkpoints
        self.mapping = mappings[0]["uuid"]
        self.table = stream.name
        table = self.aws.client("dynamodb").describe_table(TableName=self.table)["Table"]
        self.keys = [key["AttributeName"] for key in table["KeySchema"]]

    def poller(self, observer: Observer) -> EventPoller:
        """Return the event poller of the mapping, which continues from the checkpoints."""
        clock = FastForwardClock()
        return EventPoller(self.aws.client, self.mapping, clock=clock, checkpoints=self.checkpoints, observer=observer)

    def write(self, written: Sequence[Mapping[str, Any]]) -> None:
        """Put items into the table.

        Raises:
            LocalAwsError: the table rejects an item, for example because a key attribute is missing.
        """
        client = self.aws.client("dynamodb")
        for number, item in enumerate(written, 1):
            try:
                client.put_item(TableName=self.table, Item=item)
            except Exception as error:
                raise LocalAwsError(f'The table "{self.table}" rejected item {number}: {error}') from error

    def read_dlq(self, destination: Arn | None) -> list[Mapping[str, Any]]:
        """Return the invocation records in the on-failure destination, if that is a queue."""
        if not destination or destination.service != "sqs":
            return []
        client = self.aws.client("sqs")
        url = client.get_queue_url(QueueName=destination.name)["QueueUrl"]
        messages = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        with reported(LocalAwsError, f"A message in {destination.name}"):
            return [parse_json(message["Body"]) for message in messages]


class _EventPrinter(Observer):
    """Prints and counts what happens to the items."""

    def __init__(self, console: Console, keys: Sequence[str]) -> None:
        self.processed = 0
        self.retries = 0
        self.discards = 0
        self.load_error = ""
        self.invocation_records: list[Mapping[str, Any]] = []
        self.delivery_errors: list[str] = []
        self._console = console
        self._keys = keys
        self._began = time.time()
        self._lock = threading.Lock()

    def invoked(self, processor: str, invoke: Invoke, began: float, ended: float, reply: Reply) -> None:
        del processor, began
        if not isinstance(reply, Failure):
            self.processed += len(invoke.records)
            self._print(ended, f"[green]processed[/green]  {self._names(invoke.records)}")
            return
        index = reply.checkpoint_index
        self.processed += index
        self.retries += invoke.attempt > 1
        if reply.reason.startswith(_LOAD_ERROR):
            self.load_error = reply.reason.removeprefix(_LOAD_ERROR)
        outcome = "throttled" if reply.throttled else "failed"
        details = f", attempt {invoke.attempt}" if invoke.attempt > 1 else ""
        details += f": {escape(reply.reason)}" if reply.reason else ""
        details += f" (processed before it: {self._names(invoke.records[:index])})" if index else ""
        self._print(ended, f"[red]{outcome:<9}[/red]  {self._names(invoke.records[index:])}{details}")

    def discarded(self, processor: str, discard: Discard, at: float) -> None:
        del processor
        self.discards += len(discard.records)
        self._print(at, f"[yellow]discarded[/yellow]  {self._names(discard.records)}: {discard.reason}")

    def delivered(self, processor: str, invocation_record: dict[str, Any], error: str | None) -> None:
        del processor
        if error:
            self.delivery_errors.append(error)
        else:
            self.invocation_records.append(invocation_record)

    def _names(self, records: Sequence[Any]) -> str:
        names = []
        for record in records:
            values = [next(iter(record.event["dynamodb"]["Keys"][key].values())) for key in self._keys]
            names.append("/".join(map(str, values)))
        return escape(", ".join(names) if len(names) <= 3 else f"{names[0]} to {names[-1]}")  # noqa: PLR2004

    def _print(self, at: float, text: str) -> None:
        with self._lock:
            self._console.print(f"  {duration(max(at - self._began, 0.0)):>12}  {text}")


def _process(pipeline: Pipeline, written: Sequence[Mapping[str, Any]], console: Console) -> _EventPrinter:
    """Write the items, and run the mapping until each of them is finished."""
    events = _EventPrinter(console, pipeline.keys)
    poller = pipeline.poller(events)
    console.print(
        f'Writing {count(len(written), "item")} to the table "{pipeline.table}". The times below skip the pauses:'
    )
    pipeline.write(written)

    def done() -> bool:
        if events.load_error:
            raise LocalAwsError(f"Cannot load the function: {events.load_error}. Check its handler and its package.")
        return poller.finished >= len(written)

    poller.run(done, within=_MAX_SECONDS)
    return events


def _print_summary(
    pipeline: Pipeline, events: _EventPrinter, written: Sequence[Mapping[str, Any]], console: Console
) -> None:
    """Print the invocation records and the number of items by outcome."""
    deployed = pipeline.aws.client("lambda").get_event_source_mapping(UUID=pipeline.mapping)
    arn = on_failure_destination(deployed)
    destination = Arn.parse(arn) if arn else None
    name = destination.name if destination else ""
    for record in pipeline.read_dlq(destination) or events.invocation_records:
        console.print(f'Invocation record in the on-failure destination "{name}":')
        console.print_json(json.dumps(record), indent=2, highlight=console.is_terminal)
    for error in events.delivery_errors:
        console.print(f'Delivery to the on-failure destination "{name}" failed: {escape(error)}')
    delivered = sum(record["DDBStreamBatchInfo"].get("batchSize", 0) for record in events.invocation_records)
    outcomes = {
        "discarded with an invocation record": delivered,
        "discarded without one": events.discards - delivered,
        "excluded by the filter criteria": len(written) - events.processed - events.discards,
    }
    parts = [f"Processed {events.processed} of {count(len(written), 'item')} after {events.retries} retries"]
    parts += [f"{number} {outcome}" for outcome, number in outcomes.items() if number]
    console.print(f"{', '.join(parts)}.")


def _keep_running(pipeline: Pipeline, console: Console) -> None:
    """Run the mapping until the user interrupts."""
    aws = pipeline.aws
    poller = pipeline.poller(_EventPrinter(console, pipeline.keys))
    try:
        console.print(
            f"The emulator runs at {aws.endpoint}. To use it, set AWS_ENDPOINT_URL to this address, AWS_ACCESS_KEY_ID "
            f"and AWS_SECRET_ACCESS_KEY to test, and AWS_REGION to {aws.region}.\nPress Ctrl-C to delete everything."
        )
        poller.run(lambda: False, within=float("inf"))
    except KeyboardInterrupt:
        console.print("Interrupted.")


def _prepare_destroy(aws: LocalAws) -> None:
    """Disable the deletion protection of all tables, and empty all buckets."""
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
def step(console: Console, message: str) -> Iterator[None]:
    """Print a step, with a spinner and then its duration in a terminal."""
    began = time.monotonic()
    text = escape(message)
    if not console.is_terminal:
        console.print(f"{text} ...")
    with console.status(text):
        yield
    if console.is_terminal:
        console.print(f"{text}: {duration(time.monotonic() - began)}")
