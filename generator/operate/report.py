"""The content of an on-failure destination and the result of a run, as JSON and as text."""

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Group
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from generator.console import console, count, duration
from generator.operate import replay
from generator.operate.messages import InvocationRecord, UnrecognizedMessage, as_json
from generator.operate.tracker import Summary

_MAX_NOTES: Final = 20
"""Notes that a summary shows before it only counts them. --json has all."""


def list_as_json(
    messages: Sequence[InvocationRecord], unrecognized: Sequence[UnrecognizedMessage], now: float
) -> dict[str, Any]:
    """Return the content of a destination in the shape of JSON.

    ``messages`` are invocation records as a queue holds them, with their ``id``, ``age`` (seconds since Lambda sent
    it), ``readable`` (seconds until the records expire; null if they are not in a stream, or none are named) and
    ``assumed`` (whether that is computed from the time of the invocation record, because that of the records is not
    stated). ``unrecognized`` are messages that are not invocation records.
    """
    return {
        "messages": [
            as_json(message)
            | {
                "age": now - message.sent,
                "readable": _readable_seconds(message, now),
                "assumed": not message.arrival_is_known,
            }
            for message in messages
        ],
        "unrecognized": [dataclasses.asdict(each) for each in unrecognized],
    }


def list_as_text(
    messages: Sequence[InvocationRecord], unrecognized: Sequence[UnrecognizedMessage], now: float
) -> Group:
    """Return the content of a destination as a table for each shard."""
    shards: dict[tuple[str, str], list[InvocationRecord]] = {}
    for message in messages:
        shards.setdefault((message.stream_arn, message.shard), []).append(message)
    records = sum(message.size for message in messages)
    title = f"{count(len(messages), 'invocation record')} about {count(records, 'record')}"
    parts: list[Any] = [escape(f"{title} of {count(len(shards), 'shard')}")]
    for (stream_arn, shard), within in shards.items():
        table = Table(title=escape(f"{shard} of {stream_arn}"), title_justify="left")
        for heading in ("ID", "Records", "Sequence numbers", "Discard reason", "Message age", "Readable for"):
            table.add_column(heading, overflow="fold")
        for message in within:
            table.add_row(
                escape(message.id),
                "none" if message.first is None else f"{message.size:,}",
                "\n".join(dict.fromkeys(str(number) for number in (message.first, message.last) if number is not None)),
                escape(f"{message.condition}, {count(message.invocations, 'invocation')}"),
                duration(max(0.0, now - message.sent)),
                _readable(message, now),
            )
        parts.append(table)
    return Group(*parts, *(escape(_unrecognized(each)) for each in unrecognized))


def _readable_seconds(message: InvocationRecord, now: float) -> float | None:
    if message.first is None or message.payload is not None:
        return None
    return max(0.0, message.readable_until - now)


def _readable(message: InvocationRecord, now: float) -> str:
    if message.first is None:
        return "has no records"
    seconds = _readable_seconds(message, now)
    if seconds is None:
        return "holds its records"
    assumed = "" if message.arrival_is_known else " (assumed from the message's time)"
    return f"{duration(seconds)}{assumed}" if seconds else "expired"


def summary_as_json(summary: Summary) -> dict[str, Any]:
    """Return the result of a run in the shape of JSON, with the names of :class:`Summary`."""
    return dataclasses.asdict(summary) | {"notes": [{"about": about, "note": note} for about, note in summary.notes]}


def summary_as_text(summary: Summary, replayed: str) -> Group:
    """Return the result of a run without counts of zero; ``replayed`` is the heading of the replayed records."""
    counts = [
        (replayed, summary.replayed),
        ("records processed by an earlier run", summary.processed_before),
        ("records not sent because the filter criteria do not match their items", summary.filtered),
        ("records failed", summary.failed),
        ("records blocked by an earlier record of their item", summary.blocked),
        ("records superseded", summary.superseded),
        ("records skipped", summary.skipped),
        ("records expired in the stream", summary.expired),
    ]
    table = Table(show_header=False)
    table.add_row("invocation records", f"{summary.messages:,}, of which {summary.deleted:,} deleted")
    for name, number in counts:
        if number or name == replayed:
            table.add_row(name, f"{number:,}")
    lines = remarks(summary)
    cut = [*lines[:_MAX_NOTES], *([f"... and {len(lines) - _MAX_NOTES} more"] if len(lines) > _MAX_NOTES else [])]
    return Group(table, *map(escape, cut))


def remarks(summary: Summary) -> list[str]:
    """Return the remarks on single invocation records, records and items."""
    lines = [f"{about}: {note}" for about, note in summary.notes]
    return lines + [_unrecognized(each) for each in summary.unrecognized]


def _unrecognized(message: UnrecognizedMessage) -> str:
    return f"unrecognized: {message.id}: {message.reason}"


@contextmanager
def progress_bar() -> Iterator[replay.Progress]:
    """Show progress on standard error in the ``with`` block, if it is a terminal."""
    terminal = console(stderr=True)
    if not terminal.is_terminal:
        yield lambda _what, _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=terminal, transient=True) as progress:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield show
