"""An index as OpenSearch keeps it: documents, versions, tombstones, and a mapping that grows with the first values."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_INTEGER: Final = re.compile(r"[+-]?\d+(\.0*)?")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class Refusal(Exception):  # noqa: N818 - an answer, which the server gives on purpose
    """An error that the server answers with."""

    def __init__(self, status: int, type_: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.type = type_
        self.reason = reason

    def told(self) -> dict[str, str]:
        """Return the error as the server's JSON has it."""
        return {"type": self.type, "reason": self.reason}


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document and its version."""

    source: dict[str, Any]
    version: int


@dataclass
class Index:
    """Documents by id; ``mapping`` is the type of each field by its dotted path."""

    mapping: dict[str, str] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    tombstones: dict[str, int] = field(default_factory=dict)
    """Versions of deleted documents. A real server forgets them after ``index.gc_deletes``, a minute by default."""

    def put(self, id_: str, meta: dict[str, Any], source: dict[str, Any], *, create: bool = False) -> dict[str, Any]:
        """Index a document and return what a bulk answer says of it.

        Raises:
            Refusal: Its version is not newer, or a value does not fit its field.

        """
        existing = self.documents.get(id_)
        if create and existing is not None:
            raise Refusal(409, "version_conflict_engine_exception", "document already exists")
        version = self._version(id_, meta)
        # Types that come with a document which is then refused are not kept.
        grown = dict(self.mapping)
        _fit(grown, "", source, id_)
        self.mapping = grown
        self.documents[id_] = Document(source=source, version=version)
        self.tombstones.pop(id_, None)
        result = ("created", 201) if existing is None else ("updated", 200)
        return {"_version": version, "result": result[0], "status": result[1]}

    def delete(self, id_: str, meta: dict[str, Any]) -> dict[str, Any]:
        """Delete a document and return what a bulk answer says of it: a missing one is no error, but 404.

        Raises:
            Refusal: Its version is not newer.

        """
        version = self._version(id_, meta)
        found = self.documents.pop(id_, None) is not None
        self.tombstones[id_] = version
        result = ("deleted", 200) if found else ("not_found", 404)
        return {"_version": version, "result": result[0], "status": result[1]}

    def _version(self, id_: str, meta: dict[str, Any]) -> int:
        existing = self.documents.get(id_)
        current = existing.version if existing else self.tombstones.get(id_)
        kind, given = meta.get("version_type", "internal"), meta.get("version")
        if kind == "internal":
            if given is not None:
                raise Refusal(400, "action_request_validation_exception", "internal versioning can not be used")
            return (current or 0) + 1
        if kind not in ("external", "external_gte"):
            raise Refusal(400, "illegal_argument_exception", f"No version type match [{kind}]")
        if not isinstance(given, int) or not 0 <= given < 2**63:
            raise Refusal(400, "action_request_validation_exception", f"illegal version value [{given}]")
        if current is not None and (given < current if kind == "external_gte" else given <= current):
            reason = f"version conflict, current version [{current}] is higher than the one provided [{given}]"
            raise Refusal(409, "version_conflict_engine_exception", reason)
        return given


def _fit(mapping: dict[str, str], path: str, value: Any, id_: str) -> None:  # noqa: ANN401 - JSON
    """Add the types of new fields to the mapping, and refuse values that do not fit those of known ones."""
    if isinstance(value, list):
        for inner in value:
            _fit(mapping, path, inner, id_)
    elif isinstance(value, dict):
        if path and mapping.setdefault(path, "object") != "object":
            raise Refusal(
                400, "mapper_parsing_exception", f"failed to parse field [{path}] in document with id '{id_}'"
            )
        for name, inner in value.items():
            if not name.strip():
                raise Refusal(400, "mapper_parsing_exception", "field name cannot be an empty string")
            _fit(mapping, f"{path}.{name}" if path else name, inner, id_)
    elif value is not None:
        known = mapping.setdefault(path, _type_of(value))
        if not _fits(value, known):
            reason = f"failed to parse field [{path}] of type [{known}] in document with id '{id_}'. Preview: '{value}'"
            raise Refusal(400, "mapper_parsing_exception", reason)


def _type_of(value: object) -> str:
    """Return the type that dynamic mapping gives to a field with this value."""
    if isinstance(value, bool):
        return "boolean"
    return {int: "long", float: "float"}.get(type(value), "text")


def _fits(value: object, known: str) -> bool:
    text = str(value)
    fits: dict[str, Callable[[], bool]] = {
        "text": lambda: True,
        "keyword": lambda: True,
        "boolean": lambda: text in ("True", "False", "true", "false", ""),
        "long": lambda: (
            not isinstance(value, bool)
            and (isinstance(value, float) or _INTEGER.fullmatch(text) is not None)
            and abs(float(text)) < 2**63
        ),
        "float": lambda: not isinstance(value, bool) and _NUMBER.fullmatch(text) is not None,
        "object": lambda: False,
    }
    return fits[known]()
