"""One index as OpenSearch keeps it: documents, their versions, and the versions of deleted ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.bulk_mapping import IndexMapping, Refusal

Script = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any] | None]
"""What a script of an update does: takes a document and the parameters, returns another document or None for no-op."""

BLOCKS: Final = {
    "read_only": (403, "FORBIDDEN/5/index read-only (api)"),
    "write": (403, "FORBIDDEN/8/index write (api)"),
    "read_only_allow_delete": (429, "TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark"),
}
"""Settings ``index.blocks.*`` that block writes: status and reason."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document and its version."""

    source: dict[str, Any]
    version: int


@dataclass(kw_only=True)
class Index:
    """Documents by id, with the settings (flattened) and the mapping of their index."""

    name: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    mapping: IndexMapping = field(default_factory=IndexMapping)
    documents: dict[str, Document] = field(default_factory=dict)
    tombstones: dict[str, int] = field(default_factory=dict)
    """Versions of deleted documents. A real node forgets them after ``index.gc_deletes``, one minute by default."""
    closed: bool = False
    missing_shards: frozenset[int] = frozenset()
    """Shards whose primary is not assigned, of ``index.number_of_shards``."""

    def shard_of(self, id_: str) -> int:
        """Return the shard of a document. A real node hashes differently; which documents share a shard is its own."""
        return sum(id_.encode()) % int(self.settings.get("index.number_of_shards", 1))

    def check_writable(self, id_: str, *, waits: str) -> None:
        """Refuse a write that the state of the index does not allow.

        Raises:
            Refusal: it is closed, blocked, demands routing, or the shard has no primary within the time it waits.

        """
        if self.closed:
            raise Refusal(400, "index_closed_exception", "closed")
        for block, (status, reason) in BLOCKS.items():
            if self._is_set(f"index.blocks.{block}"):
                raise Refusal(status, "cluster_block_exception", f"index [{self.name}] blocked by: [{reason}];")
        if self.mapping.routing_required:
            raise Refusal(400, "routing_missing_exception", f"routing is required for [{self.name}]/[{id_}]")
        shard = self.shard_of(id_)
        if shard in self.missing_shards:
            reason = f"[{self.name}][{shard}] primary shard is not active Timeout: [{waits}]"
            raise Refusal(503, "unavailable_shards_exception", reason)

    def put(self, id_: str, meta: Mapping[str, Any], source: dict[str, Any], *, create: bool = False) -> dict[str, Any]:
        """Index a document and return what a bulk answer says of it.

        Raises:
            Refusal: its version is not newer, or a value does not fit its field.

        """
        existing = self.documents.get(id_)
        if create and existing is not None:
            raise Refusal(409, "version_conflict_engine_exception", "document already exists")
        version = self._version(id_, meta)
        self._map(source, id_)
        self.documents[id_] = Document(source=source, version=version)
        self.tombstones.pop(id_, None)
        result = ("created", 201) if existing is None else ("updated", 200)
        return {"_version": version, "result": result[0], "status": result[1]}

    def _map(self, source: dict[str, Any], id_: str) -> None:
        if self._is_set("index.blocks.metadata"):
            known = dict(self.mapping.fields)
            if self.mapping.apply(source, id_):
                self.mapping.fields = known
                reason = f"index [{self.name}] blocked by: [FORBIDDEN/9/index metadata (api)];"
                raise Refusal(403, "cluster_block_exception", reason)
        else:
            self.mapping.apply(source, id_)

    def delete(self, id_: str, meta: Mapping[str, Any]) -> dict[str, Any]:
        """Delete a document and return what a bulk answer says of it: a missing one is no error, but 404.

        Raises:
            Refusal: its version is not newer.

        """
        version = self._version(id_, meta)
        found = self.documents.pop(id_, None) is not None
        self.tombstones[id_] = version
        result = ("deleted", 200) if found else ("not_found", 404)
        return {"_version": version, "result": result[0], "status": result[1]}

    def update(self, id_: str, request: Mapping[str, Any], scripts: Mapping[str, Script]) -> dict[str, Any]:
        """Run the script of an update, on an empty document if there is none.

        Raises:
            Refusal: the script is none of the known ones, the source is not kept, or as ``put``.

        """
        existing = self.documents.get(id_)
        script = scripts.get(request["script"]["source"])
        if script is None or not request.get("scripted_upsert"):
            raise Refusal(400, "illegal_argument_exception", "failed to execute script", "script_exception")
        if existing is not None and not self.mapping.source_enabled:
            raise Refusal(400, "document_source_missing_exception", f"[{id_}]: document source missing")
        replaced = script(existing.source if existing else dict(request["upsert"]), request["script"]["params"])
        if replaced is None:
            return {"_version": existing.version if existing else -1, "result": "noop", "status": 200}
        return self.put(id_, {}, replaced)

    def _is_set(self, name: str) -> bool:
        return str(self.settings.get(name, False)).lower() == "true"

    def _version(self, id_: str, meta: Mapping[str, Any]) -> int:
        """Return the version that a write gets; the request was checked to have one that is possible."""
        existing = self.documents.get(id_)
        current = existing.version if existing else self.tombstones.get(id_)
        kind, given = meta.get("version_type", "internal"), meta.get("version", 0)
        if kind == "internal":
            return (current or 0) + 1
        if current is not None and (given < current if kind == "external_gte" else given <= current):
            reason = f"[{id_}]: version conflict, current version [{current}] is higher or equal to the one provided"
            raise Refusal(409, "version_conflict_engine_exception", f"{reason} [{given}]")
        return int(given)
