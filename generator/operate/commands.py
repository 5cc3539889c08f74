"""The commands: from their options to their output, and to an error if something is left."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from generator import aws
from generator.arguments import STANDARD_STREAM
from generator.arn import Arn
from generator.console import console, count, duration, warn
from generator.errors import AwsError, UnfinishedError, UsageError
from generator.files import check_outputs
from generator.operate import backfill as filling
from generator.operate import output, references, report
from generator.operate import policy as permissions
from generator.operate import replay as replaying
from generator.operate import since as by_time
from generator.operate.destinations import Bucket, Destination, File
from generator.operate.job import Job
from generator.operate.journal import Journal
from generator.operate.messages import InvocationRecord, UnrecognizedMessage
from generator.operate.queues import LIST_VISIBILITY_TIMEOUT, REPLAY_VISIBILITY_TIMEOUT, Queue
from generator.operate.references import DestinationRef, FunctionId
from generator.operate.sender import Rate
from generator.operate.signals import orderly_end
from generator.operate.since import Selection
from generator.operate.stream_reader import READS_PER_SECOND
from generator.operate.tracker import Summary

Options = Mapping[str, Any]

_NAMED_FUNCTION: Final = "the function that its invocation record names"
_SOURCES: Final = ("queue", "state", "bucket", "file")


def list_(options: Options) -> None:
    """Print the content of a destination."""
    with orderly_end(), _job(options) as job, _released(job.destination):
        listing = report.Listing(now=time.time(), write=output.write_json_array() if options["as_json"] else None)
        with report.progress_bar() as progress:
            for number, message in enumerate(job.destination.read(), 1):
                listing.add(message, _skip_reason(job, message))
                progress("messages", number, None)
        in_flight, unread = job.destination.in_flight(), job.destination.unread()
        if listing.write:
            unrecognized = [vars(each) for each in listing.unrecognized]
            hidden = in_flight._asdict() if in_flight else None
            rest = {"unrecognized": unrecognized, "in_flight": hidden, "unread": unread}
            click.echo(f"\n], {json.dumps(rest)[1:]}")
        else:
            console().print(listing.as_text(in_flight))
    if unread:
        raise UnfinishedError(report.unread(unread))
    if in_flight and not listing.messages:
        raise UnfinishedError(report.hidden(in_flight))


def _skip_reason(job: Job, message: InvocationRecord | UnrecognizedMessage) -> str | None:
    if isinstance(message, UnrecognizedMessage):
        return None
    other = job.other_owner(message)
    return f"it belongs to the function {other}" if other else job.skip_reason(message)


def fetch(options: Options, out: Path) -> None:
    """Write the records of all invocation records, or of a time, to a file or to standard output."""
    check_outputs({"--out": Path("/dev/stdout") if out == STANDARD_STREAM else out}, _inputs(options))
    with orderly_end(), report.progress_bar() as progress:
        if _by_time(options):
            job, selection = _stream_job(options)
            job.progress = progress
            selection.since, selection.until = by_time.parse_window(options["since"], options["until"], time.time())
            with output.lines(out) as write:
                summary = by_time.fetch(job, selection, write)
            source = output.selected(summary, summary.fetched, "record")
        else:
            with _job(options) as job, output.lines(out) as write, _released(job.destination):
                job.progress = progress
                summary = replaying.fetch(job, write)
            source = f"{count(summary.fetched, 'record')} of {count(summary.messages, 'invocation record')}"
    for line in [*report.cut(report.notes(summary)), *report.next_steps(summary)]:
        click.echo(line, err=True)
    click.echo(f"Wrote {source} to {out}.", err=True)
    output.check_finished(summary, job.destination)


def replay(options: Options) -> None:
    """Replay, or print what would be replayed."""
    check_outputs({"--journal": options["journal"]}, _inputs(options))
    run = {name: options[name] for name in ("include_superseded", "rate")} | {"dry_run": not options["yes"]}
    if _by_time(options):
        _replay_by_time(options, run)
    else:
        _change(options, partial(replaying.replay, **run), "record")


def reconcile(options: Options) -> None:
    """Reconcile, or print what would be reconciled."""
    check_outputs({"--journal": options["journal"]}, _inputs(options))
    _change(options, partial(replaying.reconcile, dry_run=not options["yes"]), "current state")


def _inputs(options: Options) -> dict[str, Path | None]:
    """Return the files that a command reads, by their options."""
    state = options["state"]
    return {
        "--file": options["file"],
        "--keys": options.get("keys"),
        "--state": Path("/dev/stdin") if state == STANDARD_STREAM else state,
    }


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
    own, owner = _account("function", function, ":lambda:"), _account("stream", stream, "/stream/")
    role = options["role"]
    if role:
        _account("role", role, ":role/")
    for key in options["keys"]:
        _account("key-arn", key, ":kms:", kind="key")
    scope = permissions.Scope(
        function_arn=function,
        stream_arn=stream,
        queue_arn=destination.arn if isinstance(destination, Queue) else None,
        bucket=destination.bucket if isinstance(destination, Bucket) else None,
        prefix=destination.prefix if isinstance(destination, Bucket) else "",
        mapping_arn=mapping.arn if mapping else None,
        keys=options["keys"],
    )
    if role and owner == own:
        raise UsageError(f"Remove --role: the stream belongs to the account of the function, {owner}.")
    if owner != own and not role:
        _print_line(f"The stream belongs to the account {owner}. Its owner must allow this, too: see --role.")
    document = permissions.owner_policies(scope, role) if role else permissions.policy(scope)
    click.echo(json.dumps(document, indent=2))


def _account(option: str, text: str, mark: str, *, kind: str = "") -> str:
    """Return the account of an ARN, which must contain a text that only those of its kind have."""
    try:
        arn = Arn.parse(text)
    except ValueError:
        arn = None
    if arn is None or mark not in text:
        raise UsageError(f"--{option} is {text}; it must be the ARN of a {kind or option}.")
    return arn.account


def backfill(options: Options) -> None:
    """Send the items of a table, or print how many there are."""
    client = _client(options)
    table = filling.describe_table(client, options["table"])
    failed = options["failed"] or Path(f"backfill-{table.name}.failed.jsonl")
    file = options["journal"] or Path(f"backfill-{table.name}.journal")
    check_outputs({"--failed": failed, "--journal": file}, {})
    failures = filling.FailedItems(failed)
    invocations = -(-table.count // options["batch_size"])
    click.echo(
        f"{table.name}: about {table.count:,} items of {table.size:,} bytes, in {options['segments']} segments to "
        f"{options['function']}: about {invocations:,} invocations and {-(-table.size // 4096):,} read units"
    )
    if not options["yes"]:
        click.echo(f"Dry run: would send {table.count:,} items; nothing was sent. Pass --yes to send.")
        return
    if not options["no_check"]:
        filling.check_function(client, options["function"], table.stream_arn)
    if failures.incomplete:
        warn(
            f"{failed}: the last line is incomplete, because an earlier run was killed. This run sends its item "
            "again, and the next failed item replaces the line."
        )
    job = {"table": table.stream_arn, "function": options["function"], "segments": options["segments"]}
    began = time.monotonic()
    with orderly_end(), Journal(file, job) as journal, closing(failures):
        with _resume_hint(journal), report.progress_bar() as progress:
            run = filling.Backfill(
                client=client,
                table=table,
                function=options["function"],
                journal=journal,
                failed=failures.add,
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


def _change(options: Options, run: Callable[[Job, Journal], Summary], noun: str) -> None:
    """Replay or reconcile: with a journal, and with messages that stay hidden until the end."""
    dry_run = not options["yes"]
    began = time.monotonic()
    with orderly_end(), _job(options) as job, report.progress_bar() as job.progress:
        destination, function = job.destination, job.target or _NAMED_FUNCTION
        file = options["journal"] or _journal_file(job)
        header = {"destination": destination.location, "function": _journal_function(job)}
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
    output.print_result(options, summary, noun, function, seconds)
    output.check_finished(summary, job.destination, dry_run=dry_run)


def _by_time(options: Options) -> bool:
    """Return whether records are selected by time. Other options than those of invocation records need that."""
    if options["since"]:
        if options.get("same_filter"):
            raise UsageError("--same-filter: it has no effect with --since. Remove it.")
        others = [f"--{name}" for name in ("queue", "bucket", "file", "prefix") if options.get(name)]
        if others:
            raise UsageError(f"Set only one of --since and {others[0]}.")
        return True
    for name in ("until", "stream", "key", "keys"):
        if options[name]:
            raise UsageError(f"--{name}: it has no effect without --since. Add --since, or remove it.")
    return False


def _stream_job(options: Options) -> tuple[Job, Selection]:
    """Return what to operate on, and the selected records, which are in no destination."""
    keys = by_time.parse_keys(options["key"], options["keys"])
    client, uuid = _client(options), options["mapping"]
    if options["state"]:
        uuid = references.in_state(options["state"], uuid, destination=False).mapping
    if bool(uuid) == bool(options["stream"]):
        raise UsageError(
            "--since: the stream is not known. Set one of --mapping, --state, and --stream with --function."
        )
    mapping = references.deployed_mapping(client, uuid) if uuid else None
    function = options["function"] or (mapping.function_arn if mapping else None)
    if not function:
        raise UsageError("--stream: the function is not known. Add --function.")
    if mapping and mapping.windowed:
        raise UsageError(f'--since: the mapping "{uuid}" has a tumbling window, whose states are not known.')
    stream_arn = mapping.stream_arn if mapping else _stream_arn(options["stream"], _region(client, options))
    selection = Selection(stream_arn=stream_arn, function=function.removesuffix(":$LATEST"), keys=keys)
    for line in by_time.warnings(client, mapping, stream_arn):
        click.echo(line, err=True)
    job = Job(
        client=client,
        destination=by_time.Stream(stream_arn),
        mapping=mapping,
        function=selection.function,
        filtered=not options["no_filter"],
        reads_per_second=options["reads_per_second"],
        print_line=_print_line,
    )
    return job, selection


def _stream_arn(text: str, region: str) -> str:
    try:
        arn = Arn.parse(text)
    except ValueError:
        arn = None
    if arn is None or arn.service != "dynamodb" or "/stream/" not in arn.resource:
        raise UsageError(f'--stream: "{text}" is not the ARN of a stream.')
    if arn.region != region:
        raise UsageError(f'--stream: "{text}" is in {arn.region}, not in {region}. Add --region {arn.region}.')
    return text


def _replay_by_time(options: Options, run: Mapping[str, Any]) -> None:
    """Replay the records of a time, with a journal that fixes the time: "2h" is the same when a run is resumed."""
    dry_run = not options["yes"]
    began = time.monotonic()
    with orderly_end(), report.progress_bar() as progress:
        job, selection = _stream_job(options)
        job.progress = progress
        file = options["journal"] or _journal_file(job, "since")
        header = {
            "stream": selection.stream_arn,
            "function": _journal_function(job),
            "since": options["since"],
            "until": options["until"],
            "keys": sorted(selection.keys) if selection.keys else None,
        }
        with Journal(file, header, writing=not dry_run) as job.journal, _resume_hint(job.journal):
            window = next((entry["window"] for entry in job.journal.entries if "window" in entry), None)
            if window:
                click.echo(f"Resuming the replay of the records written {output.times(*window)}.", err=True)
            else:
                window = by_time.parse_window(options["since"], options["until"], time.time())
                job.journal.append({"window": window})
            selection.since, selection.until = window
            summary = by_time.replay(job, job.journal, selection, **run)
            job.journal.close(remove=not summary.left)
    seconds = time.monotonic() - began
    output.print_result(options, summary, "record", selection.function, seconds)
    output.check_finished(summary, job.destination, dry_run=dry_run)


def _journal_file(job: Job, *suffixes: str) -> Path:
    """Return the default file of a journal: one for each destination and function."""
    function = FunctionId.parse(job.target).name if job.target else ""
    name = "-".join(part for part in (job.destination.name, function, *suffixes) if part)
    return Path(f"redrive-{re.sub(r'[^a-zA-Z0-9_.]+', '-', name).strip('-')}.journal")


def _journal_function(job: Job) -> str:
    """Return the function to which a journal belongs: without a qualifier, since an alias may move before a resume."""
    return str(FunctionId.parse(job.target)) if job.target else "the one in each invocation record"


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
            warn(f"{error} They are visible again in an hour at the latest.")
        raise
    destination.release()


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
    if options.get("same_filter") and (options.get("no_filter") or not uuid):
        advice = "Set only one of them." if options.get("no_filter") else "Add --mapping."
        other = "with --no-filter" if options.get("no_filter") else "without a mapping"
        raise UsageError(f"--same-filter: it has no effect {other}. {advice}")
    yield Job(
        client=client,
        region=_region(client, options),
        destination=_destination(client, options, reference),
        mapping=references.deployed_mapping(client, uuid) if uuid else None,
        function=options.get("function"),
        filtered=not options.get("no_filter"),
        same_filter=bool(options.get("same_filter")),
        deletes=bool(options.get("yes")),
        reads_per_second=options.get("reads_per_second", READS_PER_SECOND),
        print_line=_print_line,
    )


def _print_line(line: str) -> None:
    click.echo(line, err=True)


def _region(client: aws.Client, options: Options) -> str:
    """Return the Region; empty if it is not set and a file needs no Region."""
    try:
        return str(client("dynamodbstreams").meta.region_name)
    except AwsError:
        if options.get("file"):
            return ""
        raise
