"""The output of the commands: what they print, the files they write, and the error if something is left."""

import itertools
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from generator.arguments import STANDARD_STREAM
from generator.console import count, duration
from generator.errors import UnfinishedError, UsageError
from generator.files import replacing
from generator.operate import report
from generator.operate.destinations import Destination
from generator.operate.messages import utc_time
from generator.operate.tracker import Summary


def print_result(options: Mapping[str, Any], summary: Summary, noun: str, function: str, seconds: float) -> None:
    """Print the result of a run, as text or as JSON; ``noun`` names what was sent to the function."""
    dry_run = not options["yes"]
    if options["as_json"]:
        click.echo(json.dumps(report.summary_as_json(summary) | {"dry_run": dry_run, "seconds": seconds}))
        for line in report.next_steps(summary):
            click.echo(line, err=True)
    else:
        _print_summary(summary, noun, function, seconds, dry_run=dry_run)


def _print_summary(summary: Summary, noun: str, function: str, seconds: float, *, dry_run: bool) -> None:
    for line in report.cut(report.notes(summary)):
        click.echo(line)
    for line in report.next_steps(summary):
        click.echo(line)
    if summary.processed_before:
        click.echo(f"{count(summary.processed_before, 'record')} processed before.")
    if dry_run:
        sent = selected(summary, summary.replayed, noun)
        click.echo(f"Dry run: would send {sent} to {function}; nothing was sent. Pass --yes to send.")
        return
    total = summary.replayed + sum(summary.left.get(name, 0) for name in ("failed", "blocked", "superseded", "skipped"))
    total += summary.expired + summary.filtered
    others = ", ".join(
        f"{number:,} {name}" for name, number in (summary.left | {"filtered": summary.filtered}).items() if number
    )
    done = f"Sent {summary.replayed:,} of {selected(summary, total, noun)} to {function} in {duration(seconds)}"
    click.echo(f"{done}: {others}." if others else f"{done}.")
    if summary.messages:
        click.echo(f"Deleted {summary.deleted:,} of {count(summary.messages, 'invocation record')}.")


def check_finished(summary: Summary, destination: Destination, *, dry_run: bool = False) -> None:
    """Raise an error if anything is left; after a dry run, only for what it could not see."""
    left = {name: number for name, number in summary.left.items() if not dry_run or name in {"in flight", "unread"}}
    if not left:
        return
    parts = ", ".join(f"{number:,} {name}" for name, number in left.items())
    raise UnfinishedError(f"{parts}. Their messages stay in {destination.name}; the lines above say what to do next.")


def write_json_array() -> Callable[[dict[str, Any]], object]:
    """Start the array of a list, and return a function that writes the next message."""
    sys.stdout.write('{"messages": [')
    separators = itertools.chain(["\n"], itertools.repeat(",\n"))
    return lambda value: sys.stdout.write(next(separators) + json.dumps(value))


@contextmanager
def lines(out: Path) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Yield a function that writes a line of JSON. The file is written as a whole, or not at all."""
    if out == STANDARD_STREAM:
        yield lambda value: click.echo(json.dumps(value))
        return
    if not out.name or out.is_dir():
        raise UsageError(f'--out is "{out}"; it must be a file to write, or - for standard output.')
    try:
        with replacing(out) as unfinished, unfinished.open("w", encoding="utf-8") as opened:
            yield lambda value: print(json.dumps(value), file=opened)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}.") from error


def selected(summary: Summary, number: int, noun: str) -> str:
    """Return how many records of how many items were selected, and from when to when they were written."""
    written = (
        "" if summary.first is None or summary.last is None else f", written {times(summary.first, summary.last)},"
    )
    return f"{count(number, noun)} of {count(summary.items, 'item')}{written}"


def times(first: float, last: float) -> str:
    """Return a range of times."""
    return f"from {utc_time(first)} to {utc_time(last)}"
