"""What a failure destination holds and what came of a run, for people and programs."""

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Group
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from generator.console import console, count, duration
from generator.operate.destinations import Foreign
from generator.operate.documents import Document, as_json
from generator.operate.ledger import Summary
from generator.operate.redrive import Watch

_MOST_NOTES: Final = 20
"""Notes of a summary before they are only counted; --json has all."""


def list_as_json(documents: Sequence[Document], foreign: Sequence[Foreign], now: float) -> dict[str, Any]:
    """Return what a destination holds as a document that JSON can hold.

    ``documents`` are in the shape that a queue holds, and tell beside it their ``id``, ``age`` and ``readable`` (for
    how many seconds the stream still has the records; null where they need no stream, or name none), and ``assumed``
    (whether that is from the document's own time, for want of the records'). ``foreign`` is what is no document.
    """
    return {
        "documents": [
            as_json(document)
            | {
                "age": now - document.written,
                "readable": _left(document, now),
                "assumed": not document.arrival_is_known,
                "parked": document.parked,
            }
            for document in documents
        ],
        "foreign": [dataclasses.asdict(each) for each in foreign],
    }


def list_as_text(documents: Sequence[Document], foreign: Sequence[Foreign], now: float) -> Group:
    """Return what a destination holds, as a table for each shard."""
    shards: dict[tuple[str, str], list[Document]] = {}
    for document in documents:
        shards.setdefault((document.stream_arn, document.shard), []).append(document)
    parts: list[Any] = [escape(_held(documents))]
    for (stream_arn, shard), within in shards.items():
        table = Table(title=escape(f"{shard} of {stream_arn}"), title_justify="left")
        for heading in ("Document", "Records", "Sequence numbers", "Given up", "Age", "Still readable for"):
            table.add_column(heading, overflow="fold")
        for document in within:
            table.add_row(
                escape(document.id),
                "none" if document.first is None else f"{document.size:,}",
                "" if document.first is None else _numbers(document),
                escape(f"{document.condition}, invoked {document.invocations}x"),
                duration(max(0.0, now - document.written)),
                _readable(document, now),
            )
        parts.append(table)
    return Group(*parts, *(escape(_alone(each)) for each in foreign))


def _held(documents: Sequence[Document]) -> str:
    records = sum(document.size for document in documents)
    shards = len({(document.stream_arn, document.shard) for document in documents})
    return f"{count(len(documents), 'document')} about {count(records, 'record')} of {count(shards, 'shard')}"


def _numbers(document: Document) -> str:
    return str(document.first) if document.first == document.last else f"{document.first}\n{document.last}"


def _left(document: Document, now: float) -> float | None:
    if document.first is None or document.records is not None:
        return None
    return max(0.0, document.readable_until - now)


def _readable(document: Document, now: float) -> str:
    if document.first is None:
        return "names no records"
    left = _left(document, now)
    if left is None:
        return "has its records"
    assumed = "" if document.arrival_is_known else " (assumed from the document's time)"
    return f"{duration(left)}{assumed}" if left else "forgotten by the stream"


def summary_as_json(summary: Summary) -> dict[str, Any]:
    """Return what came of a run as a document that JSON can hold; the names are those of :class:`Summary`."""
    told = dataclasses.asdict(summary)
    return told | {"notes": [{"about": about, "note": note} for about, note in summary.notes]}


def summary_as_text(summary: Summary, verb: str) -> Group:
    """Return what came of a run, what did not happen left out; ``verb`` says what became of the replayed records."""
    counts = [
        (verb, summary.replayed),
        ("done by an earlier run", summary.before),
        ("nothing to be sent: the filter does not let them through", summary.filtered),
        ("failed", summary.failed),
        ("parked: left where they are", summary.parked),
        ("lost: no longer in the stream", summary.lost),
    ]
    table = Table(show_header=False)
    table.add_row("documents", f"{summary.documents:,}, of which {summary.deleted:,} deleted")
    for name, number in counts:
        if number or name == verb:
            table.add_row(f"records {name}", f"{number:,}")
    lines = remarks(summary)
    cut = [*lines[:_MOST_NOTES], *([f"... and {len(lines) - _MOST_NOTES} more"] if len(lines) > _MOST_NOTES else [])]
    return Group(table, *map(escape, cut))


def remarks(summary: Summary) -> list[str]:
    """Return what is to be said of single documents, records and items."""
    lines = [f"{about}: {note}" for about, note in summary.notes]
    return lines + [_alone(each) for each in summary.foreign]


def _alone(foreign: Foreign) -> str:
    return f"left alone: {foreign.id}: {foreign.reason}"


@contextmanager
def watching() -> Iterator[Watch]:
    """Show on the terminal how far a run is, while the ``with`` block lasts; nothing where there is none."""
    shown = console(stderr=True)
    if not shown.is_terminal:
        yield lambda _what, _done, _of: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=shown, transient=True) as progress:
        tasks: dict[str, Any] = {}

        def watch(what: str, done: int, of: int | None) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=of)
            progress.update(tasks[what], completed=done, total=of)

        yield watch
