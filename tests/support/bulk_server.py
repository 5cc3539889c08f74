"""A local server with the part of OpenSearch's HTTP interface that an indexer needs, as strict as the real one.

It keeps documents with their versions and mappings, refuses what a real node refuses (malformed newline-delimited JSON,
other content types, values that do not fit the mapping, wrong signatures), finds documents again, and fails on demand.

Sources: what nodes of OpenSearch 2.19.6 answered (tests/opensearch/answers-2.19.6.json, which a test replays); AWS,
Signature Version 4.
"""

import base64
import gzip
import hashlib
import json
import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.bulk_cluster import Cluster
from tests.support.bulk_index import Index
from tests.support.bulk_mapping import IndexMapping, Refusal
from tests.support.bulk_request import Action, parsed
from tests.support.signatures import Signed, check_signature

UNAUTHORIZED: Final = "Unauthorized"
_WRITES: Final = {"index", "create", "delete", "update"}
_PARAMETERS: Final = {"pipeline", "filter_path", "timeout", "wait_for_active_shards", "require_alias", "refresh"}
_TIME: Final = re.compile(r"(\d+)(ms|s|m)")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0}


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it arrived, its body uncompressed."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    connection: int
    """The same number for every request of one connection."""

    @property
    def actions(self) -> list[str]:
        """The ids of the documents in a bulk request, in order."""
        lines = [json.loads(line) for line in self.body.splitlines()]
        return [line[kind]["_id"] for line in lines for kind in _WRITES & set(line) if "_id" in (line[kind] or {})]


@dataclass(kw_only=True)
class Fault:
    """What goes wrong with a request, instead of its being done or after it."""

    status: int | None = None
    """Answer with this status and do nothing."""
    body: bytes = b'{"error":{"type":"injected","reason":"as the test wants it"}}'
    seconds: float = 0
    """Answer only after so long."""
    held: threading.Event | None = None
    """Do the request only when this is set, whether its client still waits or not: as a node that hung does."""
    done: threading.Event | None = None
    """Set after the request was done."""
    trickle: float = 0
    """Seconds between two bytes of the answer."""
    drop: str | None = None
    """``before``: close the connection and do nothing. ``after``: do it all, and close without an answer."""
    items: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Status and type of the error for single documents, by id; the others are done."""


class BulkServer:
    """The server, on a port of its own, as a context manager.

    ``authorize`` is called with each request's method, target, headers and raw body, and returns why it is refused:
    with 401 where the reason is ``UNAUTHORIZED``, otherwise with 403.
    """

    def __init__(
        self,
        *,
        mapping: dict[str, dict[str, str]] | None = None,
        authorize: Callable[[str, str, dict[str, str], bytes], str | None] | None = None,
        create_indices: bool = True,
        largest_request: int = 100 * 1024 * 1024,
        port: int = 0,
    ) -> None:
        self.cluster = Cluster(create_indices=create_indices)
        for name, fields in (mapping or {}).items():
            properties = {path: {"type": kind} for path, kind in fields.items()}
            self.cluster.indices[name] = Index(name=name, mapping=IndexMapping({"properties": properties}))
        self.authorize = authorize
        self.largest_request = largest_request
        self.most_memory: int | None = None
        """Bytes of a request beyond which its memory is refused with 429, as a circuit breaker does."""
        self.faults: list[Fault] = []
        """What goes wrong with the next bulk requests, one each."""
        self.requests: list[Request] = []
        """The bulk requests so far."""
        self.lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"state": self})
        self._http = _Server(("127.0.0.1", port), handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def documents(self, index: str) -> dict[str, Any]:
        """Return the documents that a search in an index, or by an alias, finds, by their ids."""
        return self.cluster.found(index)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the library has it
        """Say nothing of a client that has stopped waiting: a later test would be taken to have said it."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise, a body waits 40 ms for the acknowledgment of its headers.
    disable_nagle_algorithm = True
    state: BulkServer
    trickle = 0.0

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""

    def do_POST(self) -> None:
        """Answer bulk requests, searches and administration."""
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        refused = self.state.authorize(self.command, self.path, headers, raw) if self.state.authorize else None
        if refused:
            self._answer(401 if refused == UNAUTHORIZED else 403, {"Message": refused})
            return
        try:
            body = gzip.decompress(raw) if headers.get("content-encoding") == "gzip" else raw
        except gzip.BadGzipFile:
            self.close_connection = True
            return
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        request = Request(path=parts.path, query=query, headers=headers, body=body, connection=self.client_address[1])
        if parts.path.endswith("/_bulk"):
            self._do(request)
        elif parts.path.endswith("/_search"):
            self._search(parts.path, json.loads(body or b"{}"))
        else:
            self._administer(parts.path, query, body)

    def _administer(self, path: str, query: dict[str, str], body: bytes) -> None:
        try:
            with self.state.lock:
                answer = self.state.cluster.administer(self.command, unquote(path), query, json.loads(body or b"null"))
        except Refusal as refusal:
            self._answer(refusal.status, {"error": refusal.as_json(), "status": refusal.status})
        except (LookupError, ValueError):
            self._answer(400, {"error": f"no handler found for uri [{self.path}] and method [{self.command}]"})
        else:
            self._answer(200, answer)

    do_PUT = do_DELETE = do_POST  # noqa: N815 - the names that http.server wants

    def do_GET(self) -> None:
        """Answer ``/{index}/_doc/{id}`` and ``/{index}/_search?q=field:value``."""
        parts = urlsplit(self.path)
        if parts.path.endswith("/_bulk"):
            reason = f"Incorrect HTTP method for uri [{self.path}] and method [GET], allowed: [PUT, POST]"
            self._answer(405, {"error": reason, "status": 405})
            return
        if "/_doc/" in parts.path:
            index, _, name = parts.path[1:].partition("/_doc/")
            source = self.state.documents(index).get(unquote(name))
            found = {"_index": index, "_id": unquote(name), "found": source is not None}
            self._answer(200 if source is not None else 404, found | ({} if source is None else {"_source": source}))
            return
        name, _, value = parse_qs(parts.query).get("q", [""])[-1].partition(":")
        self._search(parts.path, {"query": {"match": {name: value}} if name else {"match_all": {}}})

    def _search(self, path: str, body: dict[str, Any]) -> None:
        """Answer a query that is ``match_all``, or a ``match`` or ``term`` of one field's whole value."""
        ((kind, condition),) = body.get("query", {"match_all": {}}).items()
        wanted = {} if kind == "match_all" else {name: str(value) for name, value in condition.items()}
        hits = [
            {"_id": name, "_source": source}
            for name, source in self.state.documents(path.split("/")[1]).items()
            if all(str(source.get(field)) == value for field, value in wanted.items())
        ]
        self._answer(200, {"hits": {"total": {"value": len(hits), "relation": "eq"}, "hits": hits}})

    def _do(self, request: Request) -> None:
        """Do a bulk request, or what the next fault says instead."""
        self.state.requests.append(request)
        fault = self.state.faults.pop(0) if self.state.faults else Fault()
        self.trickle = fault.trickle
        time.sleep(fault.seconds)
        if fault.held is not None:
            fault.held.wait()
        if fault.drop == "before":
            self.close_connection = True
            return
        if fault.status is not None:
            self._answer(fault.status, fault.body)
            return
        try:
            answer = bulk(self.state, request, fault.items)
            if fault.done is not None:
                fault.done.set()
        except Refusal as refusal:
            # A request that is too large is answered without a body, and one that is compressed ends the connection.
            self.close_connection = refusal.status == 413 and "content-encoding" in request.headers
            content = b"" if refusal.status == 413 else {"error": refusal.as_json(), "status": refusal.status}
            self._answer(refusal.status, content)
        except StringError as error:
            self._answer(error.status, {"error": str(error), "status": error.status})
        else:
            if fault.drop == "after":
                self.close_connection = True
            else:
                self._answer(200, answer)

    def _answer(self, status: int, body: Any) -> None:  # noqa: ANN401 - bytes or JSON
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        if content:
            self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        for piece in [content] if not self.trickle else [content[at : at + 1] for at in range(len(content))]:
            self.wfile.write(piece)
            time.sleep(self.trickle)


class StringError(Exception):
    """An error that the server answers with as a string."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def bulk(state: BulkServer, request: Request, failing: dict[str, tuple[int, str]]) -> dict[str, Any]:
    """Do a bulk request, but for the documents that are to fail, and return the answer.

    Raises:
        Refusal: the request as a whole is refused; nothing was done.
        StringError: as above, with a string instead of an error.

    """
    kind = request.headers.get("content-type", "")
    if not kind:
        raise Refusal(400, "content_type_header_exception", "invalid Content-Type header []")
    if kind.partition(";")[0] not in ("application/x-ndjson", "application/json"):
        raise StringError(406, f"Content-Type header [{kind}] is not supported")
    if request.path.count("/") > 2:
        raise StringError(400, f"no handler found for uri [{request.path}] and method [POST]")
    if len(request.body) > state.largest_request:
        raise Refusal(413, "content_too_large", "")
    if state.most_memory is not None and len(request.body) > state.most_memory:
        raise Refusal(429, "circuit_breaking_exception", "[parent] Data too large", durability="TRANSIENT")
    for unknown in set(request.query) - _PARAMETERS:
        reason = f"request [{request.path}] contains unrecognized parameter: [{unknown}]"
        raise Refusal(400, "illegal_argument_exception", reason)
    actions = parsed(request.body)
    waits = request.query.get("timeout", "1m")
    if not _TIME.fullmatch(waits):
        reason = (
            f"failed to parse setting [timeout] with value [{waits}] as a time value: unit is missing or unrecognized"
        )
        raise Refusal(400, "illegal_argument_exception", reason)
    if str(state.cluster.settings.get("cluster.blocks.read_only", False)).lower() == "true":
        raise Refusal(403, "cluster_block_exception", "blocked by: [FORBIDDEN/6/cluster read-only (api)];")
    with state.lock:
        items = _Bulk(state.cluster, request, failing, waits).items(actions)
    if any(outcome["status"] == 503 for item in items for outcome in item.values()):
        amount, unit = _TIME.fullmatch(waits).groups()  # type: ignore[union-attr]
        time.sleep(int(amount) * _UNITS[unit])
    errors = any("error" in outcome for item in items for outcome in item.values())
    return filtered({"took": 1, "errors": errors, "items": items}, request.query.get("filter_path"))


class _Bulk:
    """The actions of one request."""

    def __init__(self, cluster: Cluster, request: Request, failing: dict[str, tuple[int, str]], waits: str) -> None:
        self._cluster = cluster
        self._query = request.query
        self._default = unquote(request.path.removesuffix("/_bulk").removeprefix("/"))
        self._failing = failing
        self._waits = waits
        self._refused: dict[str, Refusal] = {}

    def items(self, actions: list[Action]) -> list[dict[str, dict[str, Any]]]:
        """Return what became of each action."""
        # Pipelines come first: an index whose documents are all refused there is not created.
        prepared = [(action, self._prepared(action)) for action in actions]
        for action, result in prepared:
            if isinstance(result, tuple):
                self._create(action, result[0])
        return [{_kind(action, result): self._outcome(action, result)} for action, result in prepared]

    def _prepared(self, action: Action) -> tuple[str, dict[str, Any] | None] | Refusal | None:
        """Return the name of the index and the document after the pipeline; None if the document was dropped."""
        name = action.meta.get("_index", self._default)
        document = action.document
        if action.kind == "delete" or document is None:
            return name, document
        found = self._cluster.indices.get(name)
        settings = found.settings if found else {}
        pipelines = [self._query.get("pipeline") or settings.get("index.default_pipeline")]
        pipelines = [None if pipeline == "_none" else pipeline for pipeline in pipelines]
        pipelines.append(settings.get("index.final_pipeline"))
        meta = {"_index": name}
        # Of an update, a pipeline gets the upsert, even if the document exists.
        content = dict(document["upsert"]) if action.kind == "update" else document
        for pipeline in filter(None, pipelines):
            if pipeline not in self._cluster.pipelines:
                return Refusal(400, "illegal_argument_exception", f"pipeline with id [{pipeline}] does not exist")
            try:
                piped = self._cluster.pipelines[pipeline](content, meta)
            except Refusal as refusal:
                return refusal
            if piped is None:
                return None
            content = piped
        if action.kind == "update":
            return name, {**document, "upsert": content}
        document = content
        return meta["_index"], document

    def _create(self, action: Action, name: str) -> None:
        """Create a missing index if an action does so; what hinders that hinders all actions on the index."""
        if action.kind != "delete" or action.meta.get("version_type", "internal") != "internal":
            try:
                self._cluster.target(name, creates=True)
            except Refusal as refusal:
                self._refused.setdefault(name, refusal)

    def _outcome(self, action: Action, result: tuple[str, dict[str, Any] | None] | Refusal | None) -> dict[str, Any]:
        id_ = action.meta.get("_id", "")
        outcome: dict[str, Any] = {"_index": action.meta.get("_index", self._default), "_id": id_}
        try:
            if id_ in self._failing:
                result = Refusal(*self._failing[id_], "as the test wants it")
            if isinstance(result, Refusal):
                return outcome | {"status": result.status, "error": result.as_json()}
            if result is None:
                return outcome | {"result": "noop", "status": 200}
            return outcome | self._apply(action, id_, *result)
        except Refusal as refusal:
            return outcome | {"status": refusal.status, "error": refusal.as_json()}

    def _apply(self, action: Action, id_: str, name: str, document: dict[str, Any] | None) -> dict[str, Any]:
        if name in self._refused:
            raise self._refused[name]
        if self._query.get("require_alias") == "true" and name not in self._cluster.aliases:
            raise Refusal(404, "index_not_found_exception", f"no such index [{name}] and [require_alias] request flag")
        index = self._cluster.target(name, creates=False)
        if not id_:
            raise Refusal(400, "illegal_argument_exception", "if _id is specified it must not be empty")
        index.check_writable(id_, waits=self._waits)
        if action.kind == "delete":
            return index.delete(id_, action.meta)
        if action.malformed is not None:
            raise action.malformed
        if action.kind == "update":
            return index.update(id_, document or {}, self._cluster.scripts)
        return index.put(id_, action.meta, document or {}, create=action.kind == "create")


def _kind(action: Action, prepared: object) -> str:
    """Return the kind that an answer names: of an update that a pipeline refused or dropped, that of its upsert."""
    return "index" if action.kind == "update" and not isinstance(prepared, tuple) else action.kind


def filtered(answer: dict[str, Any], paths: str | None) -> dict[str, Any]:
    """Return what ``filter_path`` leaves of a bulk answer: whole fields, or fields of ``items.*``."""
    if paths is None:
        return answer
    chosen = paths.split(",")
    inner = {path.removeprefix("items.*.") for path in chosen if path.startswith("items.*.")}
    kept = {name: value for name, value in answer.items() if name in chosen}
    items = [
        {kind: {name: value for name, value in outcome.items() if name in inner} for kind, outcome in item.items()}
        for item in answer["items"]
    ]
    return kept | ({"items": items} if inner and items else {})


def basic(username: str, password: str) -> Callable[[str, str, dict[str, str], bytes], str | None]:
    """Return an ``authorize`` that accepts one name and password."""
    expected = "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    return lambda _method, _target, headers, _body: None if headers.get("authorization") == expected else UNAUTHORIZED


def sigv4(service: str, region: str, key: str, secret: str, token: str | None = None) -> Callable[..., str | None]:
    """Return an ``authorize`` that accepts requests which one pair of keys signed for a service in a region."""

    def authorize(method: str, target: str, headers: dict[str, str], body: bytes) -> str | None:
        if token is not None and headers.get("x-amz-security-token") != token:
            return "The security token included in the request is invalid"
        if service == "aoss" and headers.get("x-amz-content-sha256") != hashlib.sha256(body).hexdigest():
            return "x-amz-content-sha256 is missing or wrong"
        request = Signed(method=method, target=target, headers=headers, body=body)
        return check_signature(request, scope=(region, service), credentials=(key, secret), now=time.time())

    return authorize
