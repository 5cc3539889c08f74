"""Converts changes of items to actions of ``_bulk``: the ID, the JSON text and the version of a document."""

import hashlib
import json
import time
from typing import Any, NamedTuple

from indexer.settings import Settings
from indexer.stream import StreamError, decoder, image_of

LONGEST_ID = 512
"""Maximum length of the ID of a document in bytes (OpenSearch, bulk; the same in Elasticsearch)."""
LARGEST_VERSION = 2**62 - 1
"""Maximum of the version attribute. A version is a Java ``long`` and has one bit more than the attribute."""

SEQUENCE_NUMBER, REMOVED_AT = "dynamodb_sequence_number", "dynamodb_removed_at"
"""Fields that ``INDEXER_ORDERED`` adds: the sequence number of the change, and the time when the item was removed."""
PREFIX = "dynamodb_"
"""Prefix of attribute names that cannot be field names."""
METADATA = frozenset(
    [
        "_id",
        "_source",
        "_index",
        "_routing",
        "_version",
        "_seq_no",
        "_primary_term",
        "_field_names",
        "_ignored",
        "_nested_path",
        "_doc_count",
        "_data_stream_timestamp",
        "_feature",
        "_tombstone",
        "__soft_deletes",
        "context_aware_grouping",
    ]
)
"""Names that OpenSearch reserves at the top level of a document (observed with 2.19 and 3.8, tests/opensearch). It
accepts some of them (``_primary_term``, ``_tombstone``, ``__soft_deletes``), but then rejects others or removals."""
_RENAMED = METADATA | {SEQUENCE_NUMBER, REMOVED_AT}
SCRIPT = (
    f"def known = ctx._source.{SEQUENCE_NUMBER}; def item = params.item; "
    f"if (known != null && known.compareTo(item.{SEQUENCE_NUMBER}) >= 0) {{ ctx.op = 'none' }} "
    "else { ctx._source = item }"
)
"""Replaces a document, unless the existing one comes from the same change or a later one."""

_text = json.encoder.encode_basestring
_HASHED = "sha256:"
UNUSED_ID = _HASHED
"""An ID that no item has, because a key with this prefix is hashed."""
_NUMBER_LENGTH = 40
"""Maximum digits of a sequence number (AWS, StreamRecord). With leading zeros, texts compare as the numbers do."""
_CONFLICTS = 3
"""Number of times that the server retries when two requests change a document at the same time."""
_UPDATE = f'{{"scripted_upsert":true,"upsert":{{}},"script":{{"source":{_text(SCRIPT)},"params":{{"item":'
# A character has four bytes at most.
_SURELY_SHORT = LONGEST_ID // 4


class Action(NamedTuple):
    """The change of one document."""

    id: str
    changes: list[dict[str, Any]]
    """Records of this batch for this document, oldest first. The last one is applied."""
    deletes: bool
    body: bytes
    """Lines of ``_bulk``."""


class Documents:
    """Converts changes to actions, according to the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._json = decoder(
            string=_text,
            # JSON allows no leading zeros and no digits of other scripts.
            integer=lambda text: text if text[0] in "123456789" else str(int(text)),
            decimal=str if settings.decimals == "number" else '"{}"'.format,
            true="true",
            false="false",
            null="null",
            array=lambda texts: f"[{','.join(texts)}]",
            mapping=lambda texts: "{" + ",".join([f"{_text(name)}:{texts[name]}" for name in texts]) + "}",
        )
        self._fields = settings.include_fields or settings.exclude_fields
        self._including = bool(settings.include_fields)
        self._versioned = settings.version_attribute is not None
        self._ordered = settings.ordered
        # The text that is escaped in the values of a composite key. A separator that overlaps itself, such as "::",
        # could begin within a value and end in the separator after it.
        separator = settings.id_separator
        overlaps = any(separator.startswith(separator[place:]) for place in range(1, len(separator)))
        self._escaped = separator[0] if overlaps else separator

    def require_images(self, record: dict[str, Any]) -> None:
        """Check that a record has the images that documents are made from.

        Raises:
            StreamError: The stream view type excludes an image. No record of this stream can be indexed.

        """
        if record.get("eventName") != "REMOVE":
            image_of(record, "NewImage")
        elif self._versioned:
            image_of(record, "OldImage")

    def id_of(self, record: dict[str, Any]) -> str:
        """Return the ID of the document for the item of a record.

        The ID consists of the values of all key attributes, in the alphabetical order of their names, because an event
        does not contain which is the partition key. The separator is between two values. A backslash precedes each
        separator within a value (or its first character, if it overlaps itself), so that no two items share an ID. A
        long ID is hashed.

        Raises:
            StreamError: The record has no keys, or a key that DynamoDB does not allow.

        """
        keys = (record.get("dynamodb") or {}).get("Keys") or {}
        try:
            values = [value for name in sorted(keys) for value in keys[name].values() if value]
            text = values[0] if len(values) == len(keys) == 1 else self._joined(values, len(keys))
            if len(text) <= _SURELY_SHORT and not text.startswith(_HASHED):
                return text
            encoded = text.encode()
        except (AttributeError, TypeError, ValueError):
            raise StreamError("the record's keys are not those of an item: text, a number or binary each") from None
        if len(encoded) > LONGEST_ID or text.startswith(_HASHED):
            return _HASHED + hashlib.sha256(encoded).hexdigest()
        return text

    def _joined(self, values: list[str], count: int) -> str:
        if not 0 < count == len(values):
            raise ValueError
        escaped = self._escaped
        return self._settings.id_separator.join(
            [value.replace("\\", "\\\\").replace(escaped, f"\\{escaped}") for value in values]
        )

    def action(self, id_: str, changes: list[dict[str, Any]]) -> Action:
        """Return the action for the last of a document's changes.

        Raises:
            StreamError: The item cannot be a document.

        """
        record = changes[-1]
        deletes = record.get("eventName") == "REMOVE"
        if self._ordered:
            lines = self._update(id_, record, deletes=deletes)
        else:
            version = self._version(record, deletes=deletes) if self._versioned else ""
            lines = f'{{"{"delete" if deletes else "index"}":{{"_id":{_text(id_)}{version}}}}}\n'
            if not deletes:
                lines += f"{self._document(record)}\n"
        try:
            return Action(id_, changes, deletes, lines.encode())
        except UnicodeEncodeError:
            raise StreamError("a text of the item is not Unicode") from None

    def _update(self, id_: str, record: dict[str, Any], *, deletes: bool) -> str:
        """Return the lines of a scripted update; a removal writes a marker."""
        number = str((record.get("dynamodb") or {}).get("SequenceNumber"))
        if not (number.isdecimal() and number.isascii() and len(number) <= _NUMBER_LENGTH):
            raise StreamError(f"the record has no sequence number of 1 to {_NUMBER_LENGTH} digits")
        document = f'{{"{REMOVED_AT}":{int(time.time() * 1000)}}}' if deletes else self._document(record)
        # A comma precedes the number, unless the document is empty.
        begins = document[:-1] + ("," if len(document) > len("{}") else "")
        meta = f'{{"update":{{"_id":{_text(id_)},"retry_on_conflict":{_CONFLICTS}}}}}'
        return f'{meta}\n{_UPDATE}{begins}"{SEQUENCE_NUMBER}":"{number:0>{_NUMBER_LENGTH}}"}}}}}}}}\n'

    def _document(self, record: dict[str, Any]) -> str:
        text: str = self._json(self._chosen(image_of(record, "NewImage")))
        return text

    def _chosen(self, image: dict[str, Any]) -> dict[str, Any]:
        """Return the attributes that a document has, by the names of its fields."""
        if self._fields:
            image = {name: image[name] for name in image if (name in self._fields) == self._including}
        if _RENAMED.isdisjoint(image) and "." not in "".join(image):
            return image
        renamed = {self._renamed(name): value for name, value in image.items()}
        if len(renamed) < len(image):
            raise StreamError("two attributes of the item have names that would be the same field")
        return renamed

    def _renamed(self, name: str) -> str:
        """Return the name of an attribute's field: another one if it is reserved, or the server takes it for a path."""
        if name not in _RENAMED and "." not in name:
            return name
        return PREFIX + name.replace(".", "_")

    def _version(self, record: dict[str, Any], *, deletes: bool) -> str:
        """Return the metadata of an action with the version, which comes from an attribute."""
        attribute = self._settings.version_attribute or ""
        value = image_of(record, "OldImage" if deletes else "NewImage").get(attribute) or {}
        text = value.get("N", "")
        if not (text.isdecimal() and len(text) <= len(str(LARGEST_VERSION)) and int(text) <= LARGEST_VERSION):
            raise StreamError(f"the version attribute {attribute} is not an integer from 0 to {LARGEST_VERSION}")
        # A deletion is newer than the version that it deletes, and older than the next one.
        return f',"version":{2 * int(text) + deletes},"version_type":"external"'
