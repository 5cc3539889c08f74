"""Records of a stream as entries of ``PutEvents``: source, detail type, detail, and their size."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from publisher.settings import Settings
from publisher.stream import StreamError, decoder, identity

MOST_ENTRIES = 10
"""Entries of one request (AWS, PutEvents)."""
TIME_BYTES = 14
"""Bytes that the time of an entry counts as (AWS, Calculating PutEvents event entry size)."""
LARGEST_INTEGER = 2**63 - 1
"""EventBridge reads integers of JSON as 64 bits (AWS, PutEvents)."""

_text = json.encoder.encode_basestring


class TooLargeError(StreamError):
    """An entry is larger than the limit, and there is no bucket for its detail."""


class Entry(NamedTuple):
    """An entry of a request, with the record that it is about."""

    record: dict[str, Any]
    item: str
    """Identifies the item: its keys as JSON."""
    body: str
    """The entry as JSON."""
    size: int
    """Bytes as EventBridge counts them."""
    detail: str
    """The detail, if it is too large for the entry and belongs in the bucket; else empty."""
    key: str
    """Key of the object that holds it."""


def _integer(text: str) -> str:
    # A number that EventBridge cannot read as one is published as text.
    return text if -LARGEST_INTEGER <= int(text) <= LARGEST_INTEGER else _text(text)


_json = decoder(
    string=_text,
    integer=_integer,
    decimal=str,
    true="true",
    false="false",
    null="null",
    array=lambda parts: f"[{','.join(parts)}]",
    mapping=lambda parts: "{" + ",".join(f"{_text(name)}:{value}" for name, value in parts.items()) + "}",
)
"""Convert an image to JSON text. No number is rounded."""


class Entries:
    """Makes entries of records, as the settings say."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bus = _text(settings.event_bus)
        self._images = {"both": ("NewImage", "OldImage"), "new": ("NewImage",), "none": ()}[settings.images]

    def entry(self, record: dict[str, Any]) -> Entry:
        """Return the entry of a record.

        Raises:
            TooLargeError: The entry is larger than the limit, and there is no bucket for its detail.
            StreamError: The record contains an invalid value.

        """
        change = record.get("dynamodb") or {}
        table_arn = record.get("eventSourceARN", "").partition("/stream/")[0]
        table = table_arn.rpartition("/")[2]
        name = str(record.get("eventName"))
        item = _json(change.get("Keys") or {})
        common = [
            f'"eventID":{_text(str(record.get("eventID")))}',
            f'"eventName":{_text(name)}',
            f'"table":{_text(table)}',
            f'"keys":{item}',
            f'"sequenceNumber":{_text(str(change.get("SequenceNumber")))}',
        ]
        if user := record.get("userIdentity"):
            common.append(f'"userIdentity":{json.dumps(user)}')
        images = [
            f'"{image[0].lower()}{image[1:]}":{_json(self._fields(change[image]))}'
            for image in self._images
            if image in change
        ]
        source, kind = (
            template.replace("{table}", table).replace("{event}", name)
            for template in (self._settings.source, self._settings.detail_type)
        )
        fixed = len(f"{source}{kind}{table_arn}".encode()) + TIME_BYTES
        detail = "{" + ",".join(common + images) + "}"
        kept, key = "", ""
        size = fixed + len(detail.encode())
        if size > self._settings.max_entry_bytes:
            if not self._settings.claim_check_bucket:
                limit = f"PUBLISHER_MAX_ENTRY_BYTES ({self._settings.max_entry_bytes:,})"
                raise TooLargeError(f"The entry has {size:,} bytes, more than {limit}")
            kept = detail
            key = f"{self._settings.claim_check_prefix}{table}/{record.get('eventID')}.json"
            claim = f'{{"bucket":{_text(self._settings.claim_check_bucket)},"key":{_text(key)}}}'
            detail = "{" + ",".join([*common, f'"claimCheck":{claim}']) + "}"
            size = fixed + len(detail.encode())
        time = change.get("ApproximateCreationDateTime")
        body = (
            f'{{"EventBusName":{self._bus},"Source":{_text(source)},"DetailType":{_text(kind)},"Detail":{_text(detail)},'
            f'"Resources":[{_text(table_arn)}]{f",{chr(34)}Time{chr(34)}:{time}" if time is not None else ""}}}'
        )
        return Entry(record, item, body, size, kept, key)

    def _fields(self, image: dict[str, Any]) -> dict[str, Any]:
        if self._settings.include_fields:
            return {name: value for name, value in image.items() if name in self._settings.include_fields}
        if self._settings.exclude_fields:
            return {name: value for name, value in image.items() if name not in self._settings.exclude_fields}
        return image

    def requests(self, entries: Iterator[Entry]) -> Iterator[list[Entry]]:
        """Divide entries into requests: by number, by size, and so that no request has two changes of one item.

        EventBridge processes the other entries of a request in which one failed. If a later change of the item were
        among them, it would be published before the earlier one.
        """
        request: list[Entry] = []
        items: set[str] = set()
        size = 0
        for entry in entries:
            full = len(request) == MOST_ENTRIES or size + entry.size > self._settings.max_entry_bytes
            if request and (full or entry.item in items):
                yield request
                request, items, size = [], set(), 0
            request.append(entry)
            items.add(entry.item)
            size += entry.size
        if request:
            yield request


def failure(error: Exception, record: dict[str, Any]) -> dict[str, Any]:
    """Return log fields for a record that cannot become an entry."""
    return {**identity(record), "error": type(error).__name__, "reason": str(error)}
