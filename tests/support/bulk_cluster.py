"""The state of a cluster as far as an indexer meets it: indices, aliases, data streams, templates, pipelines, settings.

``administer`` takes the requests with which one sets up a real node, so that the same set-up does for both.
"""

import fnmatch
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tests.support.bulk_index import Index, Script
from tests.support.bulk_mapping import IndexMapping, Refusal
from tests.support.bulk_pipelines import Pipeline, compiled

LONGEST_NAME: Final = 255
_FORBIDDEN: Final = set(' "*\\<|,>/?')


class Cluster:
    """What a server knows beside its connections."""

    def __init__(self, *, create_indices: bool = True) -> None:
        self.indices: dict[str, Index] = {}
        self.aliases: dict[str, dict[str, bool | None]] = {}
        """For each alias its indices, and whether each was said to be the one that is written to."""
        self.filters: dict[str, str] = {}
        """For an alias, the field that documents must not have to be found by it."""
        self.streams: set[str] = set()
        self.templates: dict[str, dict[str, Any]] = {}
        self.pipelines: dict[str, Pipeline] = {}
        self.settings: dict[str, Any] = {} if create_indices else {"action.auto_create_index": "false"}
        self.scripts: dict[str, Script] = {}

    # --- administration ----------------------------------------------------------------------------------------------

    def administer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Any:  # noqa: ANN401 - JSON
        """Do a request that is neither a bulk request nor a search, and return what it answers.

        Raises:
            Refusal: it is not possible.
            LookupError: this server does not have the request.

        """
        parts = path.strip("/").split("/")
        actions: Mapping[tuple[str, str], Callable[[], object]] = {
            ("PUT", "_cluster"): lambda: self._set(
                flattened({**body.get("persistent", {}), **body.get("transient", {})})
            ),
            ("POST", "_aliases"): lambda: self._add_aliases(body["actions"]),
            ("PUT", "_index_template"): lambda: self.templates.__setitem__(parts[1], body),
            ("DELETE", "_index_template"): lambda: _forget(self.templates, parts[1]),
            ("PUT", "_data_stream"): lambda: self.streams.add(parts[1]),
            ("DELETE", "_data_stream"): lambda: self.streams.difference_update(fnmatch.filter(self.streams, parts[1])),
            ("PUT", "_ingest"): lambda: self.pipelines.__setitem__(parts[2], compiled(body["processors"])),
            ("DELETE", "_ingest"): lambda: _forget(self.pipelines, parts[2]),
        }
        if parts[:2] == ["_index_template", "_simulate_index"] and method == "POST":
            return self._simulated(parts[2], body)
        if parts[-1] == "_field_caps" and method == "POST":
            return self._field_capabilities(parts[0], query["fields"].split(","))
        if parts[0].startswith("_"):
            actions[method, parts[0]]()
        elif len(parts) == 1 and method == "PUT":
            self.create(parts[0], body)
        elif len(parts) == 1 and method == "DELETE":
            self._delete(parts[0])
        else:
            self._change(self.indices[parts[0]], parts[1], body)
        return {"acknowledged": True}

    def _set(self, settings: Mapping[str, Any]) -> None:
        for name, value in settings.items():
            if value is None:
                self.settings.pop(name, None)
            else:
                self.settings[name] = value

    def _add_aliases(self, actions: Sequence[Mapping[str, Any]]) -> None:
        for added in (action["add"] for action in actions):
            self.aliases.setdefault(added["alias"], {})[added["index"]] = added.get("is_write_index")

    def _simulated(self, name: str, body: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Return what an index of this name would have; the body would be another template."""
        if body is not None:
            raise Refusal(400, "illegal_argument_exception", "Required [index_patterns]")
        template = json.loads(json.dumps(self._template(name)).replace("{index}", name))
        if not template:
            return {}
        settings: dict[str, Any] = {}
        for path, value in flattened(template.get("settings", {}), "index.").items():
            *levels, last = path.split(".")
            inner = settings
            for level in levels:
                inner = inner.setdefault(level, {})
            inner[last] = str(value).lower() if isinstance(value, bool) else str(value)
        found = {"settings": settings, "mappings": template.get("mappings", {}), "aliases": template.get("aliases", {})}
        return {"template": found, "overlapping": []}

    def _field_capabilities(self, name: str, fields: Sequence[str]) -> dict[str, Any]:
        """Return the types of the fields of an index or an alias; a closed index is left out."""
        names = list(self.aliases.get(name, {name: None}))
        if any(each not in self.indices for each in names):
            raise Refusal(404, "index_not_found_exception", f"no such index [{name}]")
        opened = [self.indices[each] for each in names if not self.indices[each].closed]
        types = {field: {index.mapping.fields[field]["type"] for index in opened if field in index.mapping.fields}
                 for field in fields}  # fmt: skip
        found = {field: {kind: {"type": kind} for kind in sorted(kinds)} for field, kinds in types.items() if kinds}
        return {"indices": [index.name for index in opened], "fields": found}

    def _delete(self, pattern: str) -> None:
        for name in fnmatch.filter(self.indices, pattern):
            del self.indices[name]
            for alias in list(self.aliases):
                self.aliases[alias].pop(name, None)
                if not self.aliases[alias]:
                    del self.aliases[alias]

    def _change(self, index: Index, what: str, body: Any) -> None:  # noqa: ANN401 - JSON
        if what in ("_close", "_open"):
            index.closed = what == "_close"
        elif what == "_settings":
            index.settings |= flattened(body, "index.")
        elif what == "_delete_by_query":
            ((field, limits),) = body["query"]["range"].items()
            for id_ in [id_ for id_, each in index.documents.items() if field in each.source]:
                if index.documents[id_].source[field] < limits["lt"]:
                    index.delete(id_, {})
        elif what not in ("_refresh", "_flush"):
            raise LookupError(what)

    def create(self, name: str, body: Mapping[str, Any] | None = None) -> Index:
        """Create an index, with what the templates for its name add.

        Raises:
            Refusal: the name is not one of an index, or a template or a limit does not allow it.

        """
        _check_name(name)
        body = body or {}
        template = self._template(name)
        settings = flattened(template.get("settings", {}), "index.") | flattened(body.get("settings", {}), "index.")
        mappings = {**template.get("mappings", {}), **body.get("mappings", {})}
        shards = int(settings.get("index.number_of_shards", 1)) * (1 + int(settings.get("index.number_of_replicas", 1)))
        most = self.settings.get("cluster.max_shards_per_node")
        if most is not None and shards + 2 * len(self.indices) > int(most):
            reason = (
                f"Validation Failed: 1: this action would add [{shards}] total shards, but this cluster currently has"
            )
            raise Refusal(400, "validation_exception", reason)
        sort = settings.get("index.sort.field")
        if sort and sort not in mappings.get("properties", {}):
            raise Refusal(400, "illegal_argument_exception", f"unknown index sort field:[{sort}]")
        mapping = IndexMapping(mappings, settings)
        self.indices[name] = Index(name=name, settings=settings, mapping=mapping)
        for alias, options in template.get("aliases", {}).items():
            alias = alias.replace("{index}", name)  # noqa: PLW2901 - the same alias, named
            self.aliases[alias] = {name: None}
            if "filter" in options:
                self.filters[alias] = options["filter"]["bool"]["must_not"]["exists"]["field"]
        return self.indices[name]

    def _template(self, name: str) -> dict[str, Any]:
        for template in self.templates.values():
            if any(fnmatch.fnmatch(name, pattern) for pattern in template["index_patterns"]):
                return {**template.get("template", {}), "data_stream": "data_stream" in template}
        return {}

    # --- what a bulk request meets ------------------------------------------------------------------------------------

    def target(self, name: str, *, creates: bool) -> Index:
        """Return the index that a write to a name goes to; ``creates`` says whether a missing one may be created.

        Raises:
            Refusal: there is none, it may not be created, or the name stands for no index that can be written to.

        """
        if name in self.streams or (name not in self.indices and self._template(name).get("data_stream")):
            reason = "only write ops with an op_type of create are allowed in data streams"
            raise Refusal(400, "illegal_argument_exception", reason)
        if name in self.aliases:
            return self.indices[self._write_index(name)]
        if name not in self.indices:
            if not creates:
                raise Refusal(404, "index_not_found_exception", f"no such index [{name}]")
            self._check_creation(name)
            return self.create(name)
        return self.indices[name]

    def _write_index(self, alias: str) -> str:
        members = self.aliases[alias]
        chosen = [name for name, writes in members.items() if writes]
        if chosen:
            return chosen[0]
        if len(members) == 1 and False not in members.values():
            return next(iter(members))
        raise Refusal(400, "illegal_argument_exception", f"no write index is defined for alias [{alias}].")

    def _check_creation(self, name: str) -> None:
        allowed = str(self.settings.get("action.auto_create_index", "true")).lower()
        if allowed == "false":
            raise Refusal(404, "index_not_found_exception", f"no such index [{name}]")
        for rule in allowed.split(","):
            if rule.startswith("-") and fnmatch.fnmatch(name, rule[1:]):
                reason = f"no such index [{name}] and [action.auto_create_index] contains [{rule}] which forbids"
                raise Refusal(404, "index_not_found_exception", reason)

    def found(self, name: str) -> dict[str, Any]:
        """Return the documents that a search in an index or by an alias finds, by their ids."""
        names = self.aliases.get(name, {name: None})
        without = self.filters.get(name)
        indices = [self.indices[each] for each in names if each in self.indices]
        return {
            id_: document.source
            for index in indices
            for id_, document in index.documents.items()
            if without is None or without not in document.source
        }


def _forget(known: dict[str, Any], pattern: str) -> None:
    for name in fnmatch.filter(known, pattern):
        del known[name]


def flattened(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested settings by their dotted names, each with the prefix."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat |= flattened(value, f"{prefix if not name.startswith(prefix.rstrip('.')) else ''}{name}.")
        else:
            flat[name if name.startswith(prefix) else f"{prefix}{name}"] = value
    return flat


def _check_name(name: str) -> None:
    wrong = (
        (name != name.lower() and "must be lowercase")
        or (name in (".", "..") and "must not be '.' or '..'")
        or (name[0] in "-_+" and "must not start with '_', '-', or '+'")
        or (_FORBIDDEN & set(name) and "must not contain the following characters")
        or (set("#:") & set(name) and "must not contain '#' or ':'")
        or (len(name.encode()) > LONGEST_NAME and "name is too long")
    )
    if wrong:
        raise Refusal(400, "invalid_index_name_exception", f"Invalid index name [{name}], {wrong}")
