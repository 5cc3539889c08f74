"""The commands: from their options to their output, and to an error if something is left."""

import itertools
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from generator import aws
from generator.console import console, count, duration
from generator.errors import AwsError, UnfinishedError, UsageError
from generator.files import replacing
from generator.operate import backfill as filling
from generator.operate import policy as permissions
from generator.operate import references, report
from generator.operate import replay as replaying
from generator.operate.destinations import Bucket, Destination, File
from generator.operate.job import Job
from generator.operate.journal import AppendOnlyFile, Journal
from generator.operate.messages import InvocationRecord, UnrecognizedMessage
from generator.operate.queues import LIST_VISIBILITY_TIMEOUT, REPLAY_VISIBILITY_TIMEOUT, Queue
from generator.operate.references import DestinationRef
from generator.operate.sender import Rate
from generator.operate.signals import orderly_end
from generator.operate.stream_reader import READS_PER_SECOND
from generator.operate.tracker import Summary

Options = Mapping[str, Any]

_SOURCES: Final = ("queue", "state", "bucket", "file")


def list_(options: Options) -> None:
    """Print the content of a destination."""
    with orderly_end(), _job(options) as job, _standard_output(), _released(job.destination):
        listing = report.Listing(now=time.time(), write=_write_json_array() if options["as_json"] else None)
        with report.progress_bar() as progress:
            for number, message in enumerate(job.destination.read(), 1):
                listing.add(message, _skip_reason(job, message))
                progress("messages", number, None)
        in_flight = job.destination.in_flight()
        if listing.write:
            unrecognized = [vars(each) for each in listing.unrecognized]
            rest = {"unrecognized": unrecognized, "in_flight": in_flight._asdict() if in_flight else None}
            click.echo(f"\n], {json.dumps(rest)[1:]}")
        else:
            console().print(listing.as_text(in_flight))
    if in_flight and not listing.messages:
        raise UnfinishedError(report.hidden(in_flight))


def _skip_reason(job: Job, message: InvocationRecord | UnrecognizedMessage) -> str | None:
    if isinstance(message, UnrecognizedMessage):
        return None
    other = job.other_owner(message)
    return f"it belongs to the function {other}" if other else job.skip_reason(message)


def fetch(options: Options, out: str) -> None:
    """Write the records of all invocation records to a file, or to standard output."""
    with orderly_end(), _job(options) as job, report.progress_bar() as job.progress, _released(job.destination):
        summary = _fetch(job, out)
    for line in [*report.cut(report.notes(summary)), *report.next_steps(summary)]:
        click.echo(line, err=True)
    records = count(summary.fetched, "record")
    click.echo(f"Wrote {records} of {count(summary.messages, 'invocation record')} to {out}.", err=True)
    _check_finished(summary, job.destination)


def _fetch(job: Job, out: str) -> Summary:
    with _output(out) as write:
        return replaying.fetch(job, write)


def replay(options: Options) -> None:
    """Replay, or print what would be replayed."""
    include = options["include_superseded"]
    _change(options, partial(replaying.replay, dry_run=not options["yes"], include_superseded=include), "records")


def reconcile(options: Options) -> None:
    """Reconcile, or print what would be reconciled."""
    _change(options, partial(replaying.reconcile, dry_run=not options["yes"]), "current states")


def policy(options: Options) -> None:
    """Print the policy for one pipeline."""
    client, reference = _client(options), _parse_destination(options)
    destination = _destination(client, options, reference)
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
    job = {"table": table.stream_arn, "function": options["function"], "segments": options["segments"]}
    failed = options["failed"] or Path(f"backfill-{table.name}.failed.jsonl")
    began = time.monotonic()
    with orderly_end(), Journal(options["journal"] or Path(f"backfill-{table.name}.journal"), job) as journal:
        with _resume_hint(journal), report.progress_bar() as progress:
            run = filling.Backfill(
                client=client,
                table=table,
                function=options["function"],
                journal=journal,
                failed=lambda record: _append(failed, record),
                segments=options["segments"],
                batch_size=options["batch_size"],
                rate=Rate(options["rate"]),
                progress=progress,
            )
            run.run()
        journal.close(remove=True)
    click.echo(f"Sent {run.sent:,} items in {duration(time.monotonic() - began)}: {run.failures:,} failed.")
    if run.failures:
        raise UnfinishedError(
            f"{run.failures:,} of {run.sent:,} items failed. Repair the function, and run "
            f"redrive replay --file {failed} --yes to send them again."
        )


def _append(file: Path, entry: Mapping[str, Any]) -> None:
    opened = AppendOnlyFile(file)
    try:
        opened.append(entry)
    finally:
        opened.close()


def _change(options: Options, run: Callable[[Job, Journal], Summary], unit: str) -> None:
    """Replay or reconcile: with a journal, and with messages that stay hidden until the end."""
    dry_run = not options["yes"]
    began = time.monotonic()
    with orderly_end(), _job(options) as job, report.progress_bar() as job.progress:
        destination, function = job.destination, job.target or "the one in each invocation record"
        name = f"{destination.name}-{job.target.rpartition('function:')[2] if job.target else ''}"
        name = re.sub(r"[^\w.]+", "-", name).strip("-")
        file = options["journal"] or Path(f"redrive-{name}.journal")
        header = {"destination": destination.location, "function": function}
        with Journal(file, header, writing=not dry_run) as job.journal, _resume_hint(job.journal):
            with _released(destination):
                if isinstance(destination, Queue) and not dry_run:
                    destination.on_hold = partial(job.journal.append, sync=False)
                    destination.take_over(job.journal.entries)
                summary = run(job, job.journal)
            # What stays at the destination by design is not processed again.
            stays = summary.kept or isinstance(destination, File)
            job.journal.close(remove=not summary.left and not stays)
    seconds = time.monotonic() - began
    with _standard_output():
        if options["as_json"]:
            click.echo(json.dumps(report.summary_as_json(summary) | {"dry_run": dry_run, "seconds": seconds}))
            for line in report.next_steps(summary):
                click.echo(line, err=True)
        else:
            _print_summary(summary, f"{unit} of {count(summary.items, 'item')} to {function}", seconds, dry_run=dry_run)
    _check_finished(summary, job.destination, dry_run=dry_run)


def _print_summary(summary: Summary, unit: str, seconds: float, *, dry_run: bool) -> None:
    for line in report.cut(report.notes(summary)):
        click.echo(line)
    for line in report.next_steps(summary):
        click.echo(line)
    if summary.processed_before:
        click.echo(f"{count(summary.processed_before, 'record')} processed by an earlier run.")
    if dry_run:
        click.echo(f"Dry run: would send {summary.replayed:,} {unit}; nothing was sent. Pass --yes to send.")
        return
    total = summary.replayed + sum(summary.left.get(name, 0) for name in ("failed", "blocked", "superseded", "skipped"))
    total += summary.expired + summary.filtered
    others = ", ".join(
        f"{number:,} {name}" for name, number in (summary.left | {"filtered": summary.filtered}).items() if number
    )
    done = f"Sent {summary.replayed:,} of {total:,} {unit} in {duration(seconds)}"
    click.echo(f"{done}: {others}." if others else f"{done}.")
    click.echo(f"Deleted {summary.deleted:,} of {count(summary.messages, 'invocation record')}.")


def _check_finished(summary: Summary, destination: Destination, *, dry_run: bool = False) -> None:
    """Raise an error if anything is left; after a dry run, only for what it could not see."""
    left = {name: number for name, number in summary.left.items() if not dry_run or name == "in flight"}
    if not left:
        return
    parts = ", ".join(f"{number:,} {name}" for name, number in left.items())
    raise UnfinishedError(f"{parts}. Their messages stay in {destination.name}; the lines above say what to do next.")


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


@contextmanager
def _released(destination: Destination) -> Iterator[None]:
    """Release the messages at the end of the ``with`` block. Its own error comes before one of the release."""
    try:
        yield
    except BaseException:
        try:
            destination.release()
        except AwsError as error:
            click.echo(f"Warning: {error} They are visible again in an hour at the latest.", err=True)
        raise
    destination.release()


@contextmanager
def _standard_output() -> Iterator[None]:
    """Turn errors of standard output, such as a full disk or a closed pipe, into an error of one line."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        # The interpreter writes what is left when it ends.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise UsageError(f"Cannot write to standard output: {error.strerror}.") from error


def _write_json_array() -> Callable[[dict[str, Any]], object]:
    """Start the array of a list, and return a function that writes the next message."""
    sys.stdout.write('{"messages": [')
    separators = itertools.chain(["\n"], itertools.repeat(",\n"))
    return lambda value: sys.stdout.write(next(separators) + json.dumps(value))


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


def _destination(client: aws.Client, options: Options, reference: DestinationRef) -> Destination:
    if options.get("file"):
        return File(options["file"])
    if options.get("queue") or reference.queue:
        timeout = REPLAY_VISIBILITY_TIMEOUT if options.get("yes") else LIST_VISIBILITY_TIMEOUT
        return Queue(client, options.get("queue") or reference.address, visibility_timeout=timeout)
    prefix = options.get("prefix") or (f"aws/lambda/{reference.mapping}/" if reference.mapping else "aws/lambda/")
    return Bucket(client, str(reference.bucket), prefix)


@contextmanager
def _job(options: Options) -> Iterator[Job]:
    """Yield what to operate on."""
    client, reference = _client(options), _parse_destination(options)
    uuid = options["mapping"] or reference.mapping
    yield Job(
        client=client,
        region=_region(client, options),
        destination=_destination(client, options, reference),
        mapping=references.deployed_mapping(client, uuid) if uuid else None,
        function=options.get("function"),
        filtered=not options.get("no_filter"),
        deletes=bool(options.get("yes")),
        reads_per_second=options.get("reads_per_second", READS_PER_SECOND),
        tell=lambda line: click.echo(line, err=True),
    )


def _region(client: aws.Client, options: Options) -> str:
    """Return the region. Empty if there is none, and a file may need none."""
    try:
        return str(client("dynamodbstreams").meta.region_name)
    except AwsError:
        if options.get("file"):
            return ""
        raise


@contextmanager
def _output(out: str) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Yield a function that writes a line of JSON. The file is written as a whole, or not at all."""
    if out == "-":
        with _standard_output():
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
