"""The current states of items as stream records, and the states that a function never gets to see."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from generator.console import count
from generator.mapping.records import StreamRecord, from_event
from generator.operate import items
from generator.operate.items import Image
from generator.operate.messages import utc_time


def current_state_record(record: StreamRecord, image: Image | None) -> StreamRecord:
    """Return a record with the current state of the item of another record.

    It has the sequence number and the time of the other record, because the mapping sends later changes itself, no old
    image, and an ID that is the same for the same state. REMOVE if the item does not exist. Otherwise MODIFY if the
    other record is one, and INSERT if it inserted or removed the item.
    """
    event = record.event
    change: dict[str, Any] = {name: value for name, value in event["dynamodb"].items() if not name.endswith("Image")}
    current: dict[str, Any] = {name: value for name, value in event.items() if name != "userIdentity"}
    if image is None:
        current["eventName"] = "REMOVE"
    else:
        current["eventName"] = "MODIFY" if event["eventName"] == "MODIFY" else "INSERT"
        if change.get("StreamViewType") not in {"KEYS_ONLY", "OLD_IMAGE"}:
            change["NewImage"] = image
    text = json.dumps([event.get("eventID"), str(record.sequence), items.state(image)])
    return from_event(current | {"eventID": hashlib.sha256(text.encode()).hexdigest()[:32], "dynamodb": change})


@dataclass
class _SkippedRange:
    """Skipped states of an item: how many, and when the first and the last of them were written."""

    count: int
    first: float
    last: float


@dataclass
class SkippedStates:
    """Collects the states of items that a reconciliation does not send."""

    _ranges: dict[str, _SkippedRange] = field(default_factory=dict)

    def add(self, records: Sequence[StreamRecord], image: Image | None) -> None:
        """Add the records of an item, in order: all their states are skipped but the current one, ``image``."""
        current = items.state(image)
        for index, record in enumerate(records):
            if index == len(records) - 1 and items.state_after(record.event) in {current, None}:
                continue
            skipped = self._ranges.setdefault(record.key, _SkippedRange(0, record.arrival, record.arrival))
            skipped.count += 1
            skipped.first, skipped.last = min(skipped.first, record.arrival), max(skipped.last, record.arrival)

    def notes(self) -> list[tuple[str, str]]:
        """Return a remark for each item with skipped states."""
        return [
            (
                ", ".join(f"{name}={next(iter(typed.values()))}" for name, typed in json.loads(key).items()),
                f"{count(skipped.count, 'earlier state')} not sent, written {_span(skipped)}",
            )
            for key, skipped in self._ranges.items()
        ]


def _span(skipped: _SkippedRange) -> str:
    first, last = utc_time(skipped.first), utc_time(skipped.last)
    return f"at {first}" if first == last else f"from {first} to {last}"
