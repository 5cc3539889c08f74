"""Changes of items as actions of ``_bulk``: the document's id, its JSON text, its version."""

import hashlib
import json
from typing import Any, NamedTuple

from indexer.settings import Settings
from indexer.stream import StreamError, decoder, image_of

LONGEST_ID = 512
"""Bytes that a document's id can have (OpenSearch, bulk; the same in Elasticsearch)."""
LARGEST_VERSION = 2**62 - 1
"""An external version is a Java ``long``, and here it has one bit more than the attribute."""

_text = json.encoder.encode_basestring
_HASHED = "sha256:"
# A character has four bytes at most.
_SURELY_SHORT = LONGEST_ID // 4


class Action(NamedTuple):
    """What is to be done with one document."""

    id: str
    changes: list[dict[str, Any]]
    """Records of this batch for this document, oldest first. The last one counts."""
    deletes: bool
    body: bytes
    """The lines of ``_bulk``."""


class Documents:
    """Makes actions of changes, as the settings say."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._json = decoder(
            string=_text,
            # JSON has no zeros in front, and no digits but these.
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

    def require_images(self, record: dict[str, Any]) -> None:
        """Refuse a record of a stream whose view type leaves out what documents are made of.

        Raises:
            StreamError: As above. No record of this stream can be indexed.

        """
        if record.get("eventName") != "REMOVE":
            image_of(record, "NewImage")
        elif self._versioned:
            image_of(record, "OldImage")

    def id_of(self, record: dict[str, Any]) -> str:
        """Return the id of the document that stands for a record's item.

        It is made of all key attributes, by their names in alphabetical order since an event does not say which is
        the partition key. Between two values is the separator, and a separator within a value has a backslash before
        it, so that no two items share an id. What is too long is hashed.

        Raises:
            StreamError: The record has no keys, or what DynamoDB cannot have as a key.

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
        separator = self._settings.id_separator
        return separator.join([value.replace("\\", "\\\\").replace(separator, f"\\{separator}") for value in values])

    def action(self, id_: str, changes: list[dict[str, Any]]) -> Action:
        """Return the action that the last of a document's changes asks for.

        Raises:
            StreamError: The item cannot become a document.

        """
        record = changes[-1]
        deletes = record.get("eventName") == "REMOVE"
        version = self._version(record, deletes=deletes) if self._versioned else ""
        if deletes:
            lines = f'{{"delete":{{"_id":{_text(id_)}{version}}}}}\n'
        else:
            document = self._json(self._chosen(image_of(record, "NewImage")))
            lines = f'{{"index":{{"_id":{_text(id_)}{version}}}}}\n{document}\n'
        try:
            return Action(id_, changes, deletes, lines.encode())
        except UnicodeEncodeError:
            raise StreamError("a text of the item is not Unicode") from None

    def _chosen(self, image: dict[str, Any]) -> dict[str, Any]:
        if not self._fields:
            return image
        return {name: image[name] for name in image if (name in self._fields) == self._including}

    def _version(self, record: dict[str, Any], *, deletes: bool) -> str:
        """Return what an action says of its version, which comes from an attribute."""
        attribute = self._settings.version_attribute or ""
        value = image_of(record, "OldImage" if deletes else "NewImage").get(attribute) or {}
        text = value.get("N", "")
        if not (text.isdecimal() and len(text) <= len(str(LARGEST_VERSION)) and int(text) <= LARGEST_VERSION):
            raise StreamError(f"the version attribute {attribute} is not an integer from 0 to {LARGEST_VERSION}")
        # A deletion is newer than the version that it deletes, and older than the next one.
        return f',"version":{2 * int(text) + deletes},"version_type":"external"'
