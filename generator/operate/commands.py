"""The commands: from their options to their output, and to an error if something is left."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from generator import aws
from generator.console import console, duration
from generator.errors import UnfinishedError, UsageError
from generator.files import replacing
from generator.operate import backfill as filling
from generator.operate import policy as permissions
from generator.operate import references, report
from generator.operate import replay as replaying
from generator.operate.destinations import (
    LIST_VISIBILITY_TIMEOUT,
    REPLAY_VISIBILITY_TIMEOUT,
    Bucket,
    Destination,
    File,
    Queue,
)
from generator.operate.journal import Journal
from generator.operate.references import DestinationRef
from generator.operate.replay import Job
from generator.operate.stream_reader import StreamReader
from generator.operate.tracker import Summary

Options = Mapping[str, Any]

_SOURCES: Final = ("queue", "state", "bucket", "file")


def list_(options: Options) -> None:
    """Print the content of a destination."""
    with _job(options, LIST_VISIBILITY_TIMEOUT) as job:
        with report.progress_bar() as job.progress:
            job.load_messages()
            job.destination.release()
        content = (job.messages, job.unrecognized, time.time())
        if options["as_json"]:
            click.echo(json.dumps(report.list_as_json(*content)))
        else:
            console().print(report.list_as_text(*content))


def fetch(options: Options, out: str) -> None:
    """Write the records of all invocation records to a file, or to standard output."""
    with _job(options, LIST_VISIBILITY_TIMEOUT) as job, report.progress_bar() as job.progress:
        job.load_messages()
        job.destination.release()
        with _output(out) as write:
            summary = replaying.fetch(job, write)
    for line in report.remarks(summary):
        click.echo(line, err=True)
    click.echo(f"{summary.fetched:,} records of {summary.messages:,} invocation records are in {out}", err=True)
    _check_finished(summary, "fetched")


def replay(options: Options) -> None:
    """Replay, or print what would be replayed."""
    heading = "records replayed" if options["yes"] else "records that would be replayed"

    def run(job: Job, journal: Journal) -> Summary:
        include = options["include_superseded"]
        return replaying.replay(job, journal, dry_run=not options["yes"], include_superseded=include)

    _change(options, run, heading)


def reconcile(options: Options) -> None:
    """Reconcile, or print what would be reconciled."""
    heading = "records whose items were sent" if options["yes"] else "records whose items would be sent"

    def run(job: Job, journal: Journal) -> Summary:
        return replaying.reconcile(job, journal, dry_run=not options["yes"])

    _change(options, run, heading)


def policy(options: Options) -> None:
    """Print the policy for one pipeline."""
    client, reference = _client(options), _parse_destination(options)
    destination = _destination(client, options, reference, LIST_VISIBILITY_TIMEOUT)
    uuid = options["mapping"] or reference.mapping
    mapping = references.deployed_mapping(client, uuid) if uuid else None
    function = options["function"] or (mapping.function_arn if mapping else None)
    stream = options["stream"] or (mapping.stream_arn if mapping else None)
    if not function or not stream:
        raise UsageError("The policy needs a function and a stream: give --mapping, or --function and --stream.")
    for name, arn, service in (("function", function, ":lambda:"), ("stream", stream, "/stream/")):
        if not arn.startswith("arn:") or service not in arn:
            raise UsageError(f"--{name} is {arn}; it must be the ARN of a {name}.")
    scope = permissions.Scope(
        function_arn=function,
        stream_arn=stream,
        queue_arn=destination.arn if isinstance(destination, Queue) else None,
        bucket=destination.bucket if isinstance(destination, Bucket) else None,
        prefix=destination.prefix if isinstance(destination, Bucket) else "",
        mapping_arn=mapping.arn if mapping else None,
        keys=options["keys"],
    )
    click.echo(json.dumps(permissions.policy(scope), indent=2))


def backfill(options: Options) -> None:
    """Send the items of a table, or print how many there are."""
    client = _client(options)
    table = filling.describe_table(client, options["table"])
    invocations = -(-table.count // options["batch_size"])
    click.echo(
        f"{table.name}: about {table.count:,} items of {table.size:,} bytes, in {options['segments']} segments to "
        f"{options['function']}: about {invocations:,} invocations and {-(-table.size // 4096):,} read units"
    )
    if not options["yes"]:
        click.echo(f"Dry run: would send {table.count:,} items; nothing was sent. Pass --yes to send.")
        return
    journal = Journal(
        options["journal"] or Path(f"backfill-{table.name}.journal"),
        f"the backfill of {table.stream_arn} to {options['function']} in {options['segments']} segments",
    )
    failed = options["failed"] or Path(f"backfill-{table.name}.failed.jsonl")

    def keep(record: Mapping[str, Any]) -> None:
        try:
            with failed.open("a", encoding="utf-8") as opened:
                opened.write(json.dumps(record) + "\n")
        except OSError as error:
            raise UsageError(f"{failed} cannot be written, and items failed: {error.strerror}.") from error

    began = time.monotonic()
    with report.progress_bar() as progress, _resume_hint(journal):
        run = filling.Backfill(
            client=client,
            table=table,
            function=options["function"],
            journal=journal,
            failed=keep,
            segments=options["segments"],
            batch_size=options["batch_size"],
            rate=filling.Rate(options["rate"]),
            progress=progress,
        )
        run.run()
    journal.close(remove=True)
    click.echo(f"Sent {run.sent:,} items in {duration(time.monotonic() - began)}: {run.failures:,} failed.")
    if run.failures:
        raise UnfinishedError(f"{run.failures:,} items failed: redrive replay --file {failed} sends them again.")


def _change(options: Options, run: Callable[[Job, Journal], Summary], heading: str) -> None:
    """Replay or reconcile: with a journal, and with messages that stay hidden until the end."""
    timeout = REPLAY_VISIBILITY_TIMEOUT if options["yes"] else LIST_VISIBILITY_TIMEOUT
    with _job(options, timeout) as job, report.progress_bar() as job.progress:
        destination = job.destination
        name = re.sub(r"[^\w.-]+", "-", destination.name)
        file = options["journal"] or Path(f"redrive-{name.strip('-')}.journal")
        journal = Journal(file, f"the messages of {destination.location}", writing=options["yes"])
        with _resume_hint(journal):
            if isinstance(destination, Queue) and options["yes"]:
                # Messages that a killed run had received would stay hidden for an hour.
                destination.release([receipt for entry in journal.entries for receipt in entry.get("held", [])])
                destination.on_receive = lambda receipts: journal.append({"held": list(receipts)})
            job.load_messages()
            if not options["yes"]:
                destination.release()
            summary = run(job, journal)
        # A file stays as it is, and so does the journal of what was processed of it.
        journal.close(remove=not summary.left and not isinstance(destination, File))
    if options["as_json"]:
        click.echo(json.dumps(report.summary_as_json(summary)))
    else:
        console().print(report.summary_as_text(summary, heading))
    if not options["yes"]:
        would = f"Dry run: would send {summary.replayed:,} records"
        click.echo(f"{would}; nothing was sent or deleted. Pass --yes to send.", err=True)
        return
    _check_finished(summary, "processed")


def _check_finished(summary: Summary, verb: str) -> None:
    """Raise an error if anything is left."""
    if not summary.left:
        return
    parts = ", ".join(f"{count:,} {name}" for name, count in summary.left.items())
    hint = "backfill sends the whole table if no message names the keys" if summary.expired else "see the reasons above"
    raise UnfinishedError(f"Not everything was {verb}: {parts}. Their messages stay where they are; {hint}.")


@contextmanager
def _resume_hint(journal: Journal) -> Iterator[None]:
    """Print how to resume if the ``with`` block is left early. A journal without processed records is deleted."""
    try:
        yield
    except BaseException:
        if journal.resumable:
            click.echo(f"Stopped. Run the same command again to resume from {journal.file}.", err=True)
        journal.close(remove=not journal.resumable)
        raise


def _client(options: Options) -> aws.Client:
    return aws.connect(options["profile"], options["region"], options["endpoint_url"])


def _parse_destination(options: Options) -> DestinationRef:
    """Return the destination in the one option that names it."""
    given = [name for name in _SOURCES if options.get(name)]
    if len(given) != 1:
        names = ", ".join(f"--{name}" for name in _SOURCES)
        raise UsageError(f"Give one of {names}, where the invocation records are; {len(given)} are given.")
    if options.get("prefix") and given != ["bucket"]:
        raise UsageError("--prefix goes with --bucket alone.")
    if given == ["state"]:
        return references.in_state(options["state"], options.get("mapping"))
    addresses = {"queue": options.get("queue"), "bucket": f"arn:aws:s3:::{options.get('bucket')}", "file": ""}
    return DestinationRef(address=str(addresses[given[0]]), mapping=options.get("mapping"))


def _destination(client: aws.Client, options: Options, reference: DestinationRef, timeout: int) -> Destination:
    if options.get("file"):
        return File(options["file"])
    if options.get("queue") or reference.queue:
        return Queue(client, options.get("queue") or reference.address, visibility_timeout=timeout)
    prefix = options.get("prefix") or (f"aws/lambda/{reference.mapping}/" if reference.mapping else "aws/lambda/")
    return Bucket(client, str(reference.bucket), prefix)


@contextmanager
def _job(options: Options, visibility_timeout: int) -> Iterator[Job]:
    """Yield what to operate on. Messages that were read and not deleted are released at the end in any case."""
    client, reference = _client(options), _parse_destination(options)
    destination = _destination(client, options, reference, visibility_timeout)
    uuid = options["mapping"] or reference.mapping
    try:
        yield Job(
            client=client,
            destination=destination,
            reader=StreamReader(client("dynamodbstreams"), per_second=options.get("reads_per_second", 2.0)),
            mapping=references.deployed_mapping(client, uuid) if uuid and "function" in options else None,
            function=options.get("function"),
            filtered=not options.get("no_filter"),
        )
    finally:
        destination.release()


@contextmanager
def _output(out: str) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Yield a function that writes a line of JSON. The file is written as a whole, or not at all."""
    if out == "-":
        yield lambda value: click.echo(json.dumps(value))
        return
    file = Path(out)
    if not file.name or file.is_dir():
        raise UsageError(f'--out is "{out}"; it must be a file to write, or - for standard output.')
    try:
        with replacing(file) as unfinished, unfinished.open("w", encoding="utf-8") as opened:
            yield lambda value: print(json.dumps(value), file=opened)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from error
