"""What an item is now, as a stream record; and which of its states nobody will ever be told."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from generator.mapping.records import StreamRecord, from_event
from generator.operate import items
from generator.operate.items import Image


def current(record: StreamRecord, image: Image | None) -> StreamRecord:
    """Return a record that says what the item of another is now.

    It has the sequence number and the time of the other, since it says nothing of what came later that the mapping
    would not say again; no old image; and an id of its own, the same whenever the same state is told. An item that is
    gone is removed. One that exists is inserted where the other inserted or removed it, and otherwise modified.
    """
    was = record.event
    change: dict[str, Any] = {name: value for name, value in was["dynamodb"].items() if not name.endswith("Image")}
    said: dict[str, Any] = {name: value for name, value in was.items() if name != "userIdentity"}
    if image is None:
        said["eventName"] = "REMOVE"
    else:
        said["eventName"] = "MODIFY" if was["eventName"] == "MODIFY" else "INSERT"
        if change.get("StreamViewType") not in {"KEYS_ONLY", "OLD_IMAGE"}:
            change["NewImage"] = image
    text = json.dumps([was.get("eventID"), str(record.sequence), items.state(image)])
    return from_event(said | {"eventID": hashlib.sha256(text.encode()).hexdigest()[:32], "dynamodb": change})


@dataclass
class _Gone:
    """States of an item that are lost: how many, and when the first and the last of them were written."""

    count: int
    first: float
    last: float


@dataclass
class History:
    """Collects the states of items that a reconciliation passes over."""

    _gone: dict[str, _Gone] = field(default_factory=dict)

    def note(self, records: Sequence[StreamRecord], image: Image | None) -> None:
        """Take the records of an item, in order, and what it is now: all states but that one are passed over."""
        now = items.state(image)
        for place, record in enumerate(records):
            if place == len(records) - 1 and items.state_after(record.event) in {now, None}:
                continue
            gone = self._gone.setdefault(record.key, _Gone(0, record.arrival, record.arrival))
            gone.count += 1
            gone.first, gone.last = min(gone.first, record.arrival), max(gone.last, record.arrival)

    def notes(self) -> list[tuple[str, str]]:
        """Return what is lost: items by their keys, and what of each."""
        return [
            (
                ", ".join(f"{name}={next(iter(typed.values()))}" for name, typed in json.loads(key).items()),
                f"history lost: {gone.count} state{'' if gone.count == 1 else 's'} of {_span(gone)}",
            )
            for key, gone in self._gone.items()
        ]


def _span(gone: _Gone) -> str:
    first, last = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}" for at in (gone.first, gone.last))
    return f"{first} UTC" if first == last else f"{first} to {last} UTC"
