"""Runs the commands: from their options to what they print, and to an error where something is left."""

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
from generator.operate import redrive, report, targets
from generator.operate.destinations import HOLD, LOOK, Bucket, Destination, File, Queue
from generator.operate.journal import Journal
from generator.operate.ledger import Summary
from generator.operate.reading import StreamReader
from generator.operate.redrive import Source
from generator.operate.targets import Place

Given = Mapping[str, Any]

_SOURCES: Final = ("queue", "state", "bucket", "file")


def list_(given: Given) -> None:
    """Print what a destination holds."""
    client, place = _client(given), _place(given)
    source = Source(client=client, destination=_destination(client, given, place, LOOK), reader=_reader(client, given))
    with report.watching() as source.watch:
        source.look()
        source.destination.release()
    told = (source.documents, source.foreign, time.time())
    if given["as_json"]:
        click.echo(json.dumps(report.list_as_json(*told)))
    else:
        console().print(report.list_as_text(*told))


def fetch(given: Given, out: str) -> None:
    """Write the records of all documents to a file, or to the standard output."""
    with _source(given, LOOK) as source, report.watching() as source.watch:
        source.look()
        source.destination.release()
        with _written(out) as write:
            summary = redrive.fetch(source, write)
    for line in report.remarks(summary):
        click.echo(line, err=True)
    click.echo(f"{summary.fetched:,} records of {summary.documents:,} documents are in {out}", err=True)
    _end(summary, "fetched")


def replay(given: Given) -> None:
    """Replay, or tell what would be replayed."""
    verb = "replayed" if given["yes"] else "that would be replayed"

    def run(source: Source, journal: Journal) -> Summary:
        overtaken = given["even_if_overtaken"]
        return redrive.replay(source, journal, rehearsal=not given["yes"], even_if_overtaken=overtaken)

    _write(given, run, verb)


def reconcile(given: Given) -> None:
    """Reconcile, or tell what would be reconciled."""
    verb = "whose items were told" if given["yes"] else "whose items would be told"

    def run(source: Source, journal: Journal) -> Summary:
        return redrive.reconcile(source, journal, rehearsal=not given["yes"])

    _write(given, run, verb)


def policy(given: Given) -> None:
    """Print the policy for one pipeline."""
    client, place = _client(given), _place(given)
    destination = _destination(client, given, place, LOOK)
    mapping = given["mapping"] or place.mapping
    target = targets.deployed(client, mapping) if mapping else None
    function = given["function"] or (target.function_arn if target else None)
    stream = given["stream"] or (target.stream_arn if target else None)
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
        mapping_arn=target.arn if target else None,
        keys=given["keys"],
    )
    click.echo(json.dumps(permissions.policy(scope), indent=2))


def backfill(given: Given) -> None:
    """Send the items of a table, or tell how many that would be."""
    client = _client(given)
    table = filling.described(client, given["table"])
    invocations = -(-table.count // given["batch_size"])
    click.echo(
        f"{table.name}: about {table.count:,} items of {table.size:,} bytes, in {given['segments']} segments to "
        f"{given['function']}: about {invocations:,} invocations and {-(-table.size // 4096):,} read units"
    )
    if not given["yes"]:
        click.echo("nothing was sent: --yes does it")
        return
    journal = Journal(
        given["journal"] or Path(f"backfill-{table.name}.journal"),
        f"the backfill of {table.stream_arn} to {given['function']} in {given['segments']} segments",
    )
    failed = given["failed"] or Path(f"backfill-{table.name}.failed.jsonl")

    def keep(record: Mapping[str, Any]) -> None:
        try:
            with failed.open("a", encoding="utf-8") as opened:
                opened.write(json.dumps(record) + "\n")
        except OSError as error:
            raise UsageError(f"{failed} cannot be written, and items failed: {error.strerror}.") from error

    began = time.monotonic()
    with report.watching() as watch, _going_on(journal):
        run = filling.Backfill(
            client=client,
            table=table,
            function=given["function"],
            journal=journal,
            failed=keep,
            segments=given["segments"],
            batch_size=given["batch_size"],
            rate=filling.Rate(given["rate"]),
            watch=watch,
        )
        run.run()
    journal.close(remove=True)
    click.echo(f"{run.sent:,} items were sent in {duration(time.monotonic() - began)}, {run.failures:,} of them failed")
    if run.failures:
        raise UnfinishedError(f"{run.failures:,} items failed: redrive replay --file {failed} sends them again.")


def _write(given: Given, run: Callable[[Source, Journal], Summary], verb: str) -> None:
    """Do what writes: with a journal, with messages held for as long as it takes, and given back at the end."""
    with _source(given, HOLD if given["yes"] else LOOK) as source, report.watching() as source.watch:
        destination = source.destination
        name = re.sub(r"[^\w.-]+", "-", destination.name)
        file = given["journal"] or Path(f"redrive-{name.strip('-')}.journal")
        journal = Journal(file, f"the documents of {destination.about}", writing=given["yes"])
        with _going_on(journal):
            if isinstance(destination, Queue) and given["yes"]:
                # What an earlier run held when it was killed would stay invisible for an hour.
                destination.release([receipt for entry in journal.entries for receipt in entry.get("held", [])])
                destination.held = lambda receipts: journal.append({"held": list(receipts)})
            source.look()
            if not given["yes"]:
                destination.release()
            summary = run(source, journal)
        # A file of the user's stays as it is, and so does what was done of it.
        journal.close(remove=not summary.unfinished and not isinstance(destination, File))
    if given["as_json"]:
        click.echo(json.dumps(report.summary_as_json(summary)))
    else:
        console().print(report.summary_as_text(summary, verb))
    if not given["yes"]:
        click.echo("nothing was sent or deleted: --yes does it", err=True)
        return
    _end(summary, "done")


def _end(summary: Summary, what: str) -> None:
    """Raise an error where something is left."""
    if not summary.unfinished:
        return
    counts = {
        "failed": summary.failed,
        "parked": summary.parked,
        "lost": summary.lost,
        "left alone because they are no documents": len(summary.foreign),
    }
    parts = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    hint = "backfill sends the table as a whole, where nothing names what is lost" if summary.lost else "see above why"
    raise UnfinishedError(f"Not everything was {what}: {parts}; their documents are where they were; {hint}.")


@contextmanager
def _going_on(journal: Journal) -> Iterator[None]:
    """Say how to go on, should it be stopped; a journal of nothing is deleted."""
    try:
        yield
    except BaseException:
        if journal.done:
            click.echo(f"stopped; what is done is in {journal.file}, and the same command goes on from there", err=True)
        journal.close(remove=not journal.done)
        raise


def _client(given: Given) -> aws.Client:
    return aws.connect(given["profile"], given["region"], given["endpoint_url"])


def _reader(client: aws.Client, given: Given) -> StreamReader:
    return StreamReader(client("dynamodbstreams"), per_second=given.get("reads_per_second", 2.0))


def _place(given: Given) -> Place:
    """Return where documents are, of the one option that says it."""
    said = [name for name in _SOURCES if given.get(name)]
    if len(said) != 1:
        names = ", ".join(f"--{name}" for name in _SOURCES)
        raise UsageError(f"Give one of {names}, where the failures are; {len(said)} are given.")
    if given.get("prefix") and said != ["bucket"]:
        raise UsageError("--prefix goes with --bucket alone.")
    if said == ["state"]:
        return targets.in_state(given["state"], given.get("mapping"))
    destination = {"queue": given.get("queue"), "bucket": f"arn:aws:s3:::{given.get('bucket')}", "file": ""}[said[0]]
    return Place(destination=str(destination), mapping=given.get("mapping"))


def _destination(client: aws.Client, given: Given, place: Place, hold: int) -> Destination:
    if given.get("file"):
        return File(given["file"])
    if given.get("queue") or place.queue:
        return Queue(client, given.get("queue") or place.destination, hold=hold)
    prefix = given.get("prefix") or (f"aws/lambda/{place.mapping}/" if place.mapping else "aws/lambda/")
    return Bucket(client, str(place.bucket), prefix)


@contextmanager
def _source(given: Given, hold: int) -> Iterator[Source]:
    """Give what is to be redriven; what was read and not deleted is given back at the end, whatever happens."""
    client, place = _client(given), _place(given)
    destination = _destination(client, given, place, hold)
    mapping = given["mapping"] or place.mapping
    source = Source(
        client=client,
        destination=destination,
        reader=_reader(client, given),
        target=targets.deployed(client, mapping) if mapping else None,
        function=given["function"],
        filtered=not given["no_filter"],
    )
    try:
        yield source
    finally:
        destination.release()


@contextmanager
def _written(out: str) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Give what writes a line of JSON; the file is there as a whole, or not at all."""
    if out == "-":
        yield lambda said: click.echo(json.dumps(said))
        return
    file = Path(out)
    if not file.name or file.is_dir():
        raise UsageError(f"--out is {out!r}; it must be a file to write, or - for the standard output.")
    try:
        with replacing(file) as unfinished, unfinished.open("w", encoding="utf-8") as opened:
            yield lambda said: print(json.dumps(said), file=opened)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from error
