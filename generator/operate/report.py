"""The content of an on-failure destination and the result of a run, as text and as JSON."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Group
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from generator.console import console, count, duration
from generator.errors import printable
from generator.operate.destinations import InFlight
from generator.operate.job import Progress
from generator.operate.messages import InvocationRecord, UnrecognizedMessage, as_json, utc_time
from generator.operate.references import FunctionId
from generator.operate.tracker import Summary

_MAX_NOTES: Final = 20
"""Notes that a summary shows before it only counts them. --json has all."""

_MAX_ROWS: Final = 100
"""Invocation records that a list shows before it only counts them. --json has all."""

_LATE: Final = (
    "Lambda sent these invocation records when the stream records had expired, or nearly so: the mapping retries for "
    "as long as the stream keeps a record (86,400 s). To keep half a day for a replay, set "
    "event_source_maximum_record_age_in_seconds to 43200 or less. A bucket as on-failure destination holds the records "
    "themselves. Use few retries only where a blocked shard is worse than healthy records discarded in a short outage: "
    "5 retries are over in 6.4 s."
)

_EXPIRED: Final = "Run backfill to send the items of the table. A deletion is not in the table: see the function's log."
_UNRECOGNIZED: Final = "This command changes no message that is not an invocation record. Find out who sends them."

_NEXT_STEPS: Final = {
    "failed": ("record", "Read the function's log, repair the function, and run the command again."),
    "blocked": ("record", "Each follows a failed record of its item: repair the function, and run the command again."),
    "superseded": ("record", "Run redrive reconcile to send current states of items, or add --include-superseded."),
    "expired": ("record", _EXPIRED),
    "skipped": ("record", "The remarks above say why, and what to do."),
    "undeleted": ("message", "Run the command again: it deletes them without sending their records again."),
    "incomplete_shards": ("shard", f"Records of it expired while they were read. {_EXPIRED}"),
    "unrecognized": ("message", _UNRECOGNIZED),
}
"""What to do about each status that is left, with the noun that is counted."""


@dataclass
class Listing:
    """The content of a destination. Memory holds totals, and the first messages.

    Attributes:
        now: The current time, in seconds since the epoch.
        write: Writes a message as JSON. None if the listing is printed as text.
    """

    now: float
    write: Callable[[dict[str, Any]], object] | None = None
    messages: int = 0
    records: int = 0
    late: int = 0
    expired: int = 0
    unrecognized: list[UnrecognizedMessage] = field(default_factory=list)
    _first: list[tuple[InvocationRecord, str | None]] = field(default_factory=list)
    _groups: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, message: InvocationRecord | UnrecognizedMessage, skip_reason: str | None) -> None:
        """Add a message, with the reason why a replay would skip it."""
        if isinstance(message, UnrecognizedMessage):
            self.unrecognized.append(message)
            return
        self.messages += 1
        self.records += message.size
        self.late += message.sent_late
        self.expired += _readable_seconds(message, self.now) == 0
        self._groups[FunctionId.parse(message.function_arn).name, message.stream_arn, message.shard] += 1
        if self.write:
            self.write(self._as_json(message, skip_reason))
        elif len(self._first) < _MAX_ROWS:
            self._first.append((message, skip_reason))

    def _as_json(self, message: InvocationRecord, skip_reason: str | None) -> dict[str, Any]:
        """Return an invocation record as a queue holds it, with what is known about it.

        ``age`` is the time in seconds since Lambda sent it, ``readable`` how many seconds are left until the records
        expire (null if they are not in a stream, or none are named), and ``assumed`` whether that is computed from the
        time of the invocation record, because that of the records is not stated.
        """
        return as_json(message) | {
            "age": self.now - message.sent,
            "readable": _readable_seconds(message, self.now),
            "assumed": not message.arrival_is_known,
            "skip_reason": skip_reason,
        }

    def as_text(self, in_flight: InFlight | None) -> Group:
        """Return the content as text."""
        shards = len({group[1:] for group in self._groups})
        title = f"{count(self.messages, 'invocation record')} about {count(self.records, 'record')}"
        parts: list[Any] = [escape(f"{title} of {count(shards, 'shard')}")]
        for (function, stream_arn, shard), number in self._groups.most_common(_MAX_ROWS):
            line = f"{count(number, 'invocation record')} of the function {function}, {shard} of {stream_arn}"
            parts.append(escape(printable(line)))
        table = Table()
        for heading in (
            "ID",
            "Function",
            "Records",
            "Sequence numbers",
            "Discard reason",
            "Message age",
            "Readable for",
        ):
            table.add_column(heading, overflow="fold")
        for message, skip_reason in self._first:
            numbers = dict.fromkeys(str(number) for number in (message.first, message.last) if number is not None)
            cells = (
                message.id,
                FunctionId.parse(message.function_arn).name,
                "none" if message.first is None else f"{message.size:,}",
                "\n".join(numbers),
                f"{message.condition}, {count(message.invocations, 'invocation')}",
                duration(max(0.0, self.now - message.sent)),
                _readable(message, self.now) + (f"; skipped: {skip_reason}" if skip_reason else ""),
            )
            table.add_row(*(escape("\n".join(map(printable, cell.split("\n")))) for cell in cells))
        parts += [table] if self._first else []
        rest = self.messages - len(self._first)
        lines = [f"... and {count(rest, 'invocation record')} more; --json lists all"] if rest else []
        lines += cut([_unrecognized(each) for each in self.unrecognized])
        lines += [f"{count(len(self.unrecognized), 'message')} unrecognized. {_UNRECOGNIZED}"] * bool(self.unrecognized)
        lines += [f"{count(self.expired, 'invocation record')} about expired records. {_EXPIRED}"] * bool(self.expired)
        lines += [_LATE] if self.late else []
        lines += [hidden(in_flight)] if in_flight else []
        return Group(*parts, *map(escape, lines))


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
    notes = [{"about": about, "note": note} for about, note in summary.notes]
    in_flight = summary.in_flight._asdict() if summary.in_flight else None
    return dataclasses.asdict(summary) | {"notes": notes, "in_flight": in_flight}


def notes(summary: Summary) -> list[str]:
    """Return the remarks on single invocation records, records and items."""
    lines = [printable(f"{about}: {note}") for about, note in summary.notes]
    return lines + [_unrecognized(each) for each in summary.unrecognized]


def next_steps(summary: Summary) -> list[str]:
    """Return a line for everything that is left: how much it is, and what to do next."""
    lines = []
    for status, number in summary.left.items():
        if status in _NEXT_STEPS:
            noun, step = _NEXT_STEPS[status]
            lines.append(f"{count(number, noun)} {status.replace('_', ' ').removesuffix(' shards')}. {step}")
    lines += [_LATE] if summary.late else []
    for owner, number in summary.others.items():
        records = count(number, "invocation record")
        lines.append(f"{records} of the function {owner} left alone. Run the command with its mapping to process them.")
    if summary.kept:
        lines.append(
            f"{count(summary.kept, 'invocation record')} kept, because another function was invoked. Run "
            "the command without --function to send the records to their own function and delete the messages."
        )
    lines += [unread(summary.unread)] if summary.unread else []
    return lines + ([hidden(summary.in_flight)] if summary.in_flight else [])


def unread(number: int) -> str:
    """Return a sentence about messages that were not read, because no more can be in flight."""
    return (
        f"About {count(number, 'message')} unread: SQS allows at most 120,000 messages in flight, and messages that "
        "this command leaves alone use that limit up. Process or delete those first, then run the command again."
    )


def hidden(in_flight: InFlight) -> str:
    """Return a sentence about messages that other consumers have hidden."""
    until = utc_time(in_flight.until)
    return (
        f"About {count(in_flight.number, 'message')} in flight: another process has received them, such as another "
        f"redrive, which hides them for an hour at a time. They are visible again at {until} at the latest. Wait until "
        "that process has ended, and run the command again."
    )


def cut(lines: list[str]) -> list[str]:
    """Return the first lines, and how many more there are."""
    rest = len(lines) - _MAX_NOTES
    return [*lines[:_MAX_NOTES], f"... and {rest:,} more; --json lists all"] if rest > 0 else lines


def _unrecognized(message: UnrecognizedMessage) -> str:
    return printable(f"unrecognized: {message.id}: {message.reason}")


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show progress on standard error in the ``with`` block, if it is a terminal."""
    terminal = console(stderr=True)
    if not terminal.is_terminal:
        yield lambda _what, _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=terminal, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield show
