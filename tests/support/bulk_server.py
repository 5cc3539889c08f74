"""A local server with the part of OpenSearch's HTTP interface that an indexer needs, as strict as the real one.

It keeps documents with their versions and mappings, refuses what OpenSearch refuses (malformed newline-delimited JSON,
other content types, values that do not fit the mapping, wrong signatures), finds documents again, and fails on demand.

Sources: OpenSearch documentation (bulk, index document, mapping, optimistic concurrency); AWS, Signature Version 4.
"""

import base64
import gzip
import hashlib
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.bulk_index import Index, Refusal
from tests.support.signatures import Signed, check_signature

LONGEST_ID: Final = 512
UNAUTHORIZED: Final = "Unauthorized"
_ACTIONS: Final = {"index", "create", "delete"}

Action = tuple[str, dict[str, Any], Any]
"""What is to be done, with which metadata, with which document."""


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
        return [line[kind]["_id"] for line in lines for kind in _ACTIONS & set(line) if "_id" in (line[kind] or {})]


@dataclass(kw_only=True)
class Fault:
    """What goes wrong with a request, instead of its being done or after it."""

    status: int | None = None
    """Answer with this status and do nothing."""
    body: bytes = b'{"error":{"type":"injected","reason":"as the test wants it"}}'
    seconds: float = 0
    """Answer only after so long."""
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
        self.indices = {name: Index(fields) for name, fields in (mapping or {}).items()}
        self.authorize = authorize
        self.create_indices = create_indices
        self.largest_request = largest_request
        self.pipelines: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}
        self.faults: list[Fault] = []
        """What goes wrong with the next requests, one each."""
        self.requests: list[Request] = []
        self.lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"state": self})
        self._http = _Server(("127.0.0.1", port), handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def documents(self, index: str) -> dict[str, Any]:
        """Return the documents of an index by their ids."""
        found = self.indices.get(index)
        return {} if found is None else {name: document.source for name, document in found.documents.items()}

    def index(self, name: str) -> Index:
        """Return an index, which is created if that is allowed."""
        if name not in self.indices:
            if not self.create_indices:
                raise Refusal(404, "index_not_found_exception", f"no such index [{name}]")
            if name != name.lower() or name[0] in "-_+" or set(name) & set('\\/*?"<>| ,#:'):
                raise Refusal(400, "invalid_index_name_exception", f"Invalid index name [{name}]")
            self.indices[name] = Index()
        return self.indices[name]


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

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""

    def do_POST(self) -> None:
        """Answer bulk requests and searches."""
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        refused = self.state.authorize("POST", self.path, headers, raw) if self.state.authorize else None
        if refused:
            self._answer(401 if refused == UNAUTHORIZED else 403, {"Message": refused})
            return
        body = gzip.decompress(raw) if headers.get("content-encoding") == "gzip" else raw
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        connection = self.client_address[1]
        request = Request(path=parts.path, query=query, headers=headers, body=body, connection=connection)
        self.state.requests.append(request)
        fault = self.state.faults.pop(0) if self.state.faults else Fault()
        time.sleep(fault.seconds)
        if fault.drop == "before":
            self.close_connection = True
        elif fault.status is not None:
            self._answer(fault.status, fault.body)
        elif parts.path.endswith("/_search"):
            self._search(parts.path, json.loads(body or b"{}"))
        else:
            self._do(request, fault)

    def do_GET(self) -> None:
        """Answer ``/{index}/_doc/{id}`` and ``/{index}/_search?q=field:value``."""
        parts = urlsplit(self.path)
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

    def _do(self, request: Request, fault: Fault) -> None:
        try:
            with self.state.lock:
                answer = bulk(self.state, request, fault.items)
        except Refusal as refusal:
            self._answer(refusal.status, {"error": refusal.told(), "status": refusal.status})
            return
        if fault.drop == "after":
            self.close_connection = True
        else:
            self._answer(200, answer)

    def _answer(self, status: int, body: Any) -> None:  # noqa: ANN401 - bytes or JSON
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def bulk(state: BulkServer, request: Request, failing: dict[str, tuple[int, str]]) -> dict[str, Any]:
    """Do a bulk request, but for the documents that are to fail, and return the answer.

    Raises:
        Refusal: The request as a whole is refused; nothing was done.

    """
    kind = request.headers.get("content-type", "")
    if not request.path.endswith("/_bulk"):
        raise Refusal(405, "method_not_allowed", f"Incorrect HTTP method for uri [{request.path}]")
    if kind.partition(";")[0] not in ("application/x-ndjson", "application/json"):
        raise Refusal(406, "content_type", f"Content-Type header [{kind}] is not supported")
    if len(request.body) > state.largest_request:
        raise Refusal(413, "content_too_large", "")
    unknown = set(request.query) - {"pipeline", "filter_path"}
    if unknown:
        raise Refusal(400, "illegal_argument_exception", f"request contains unrecognized parameter: {unknown}")
    items = [{action[0]: _outcome(state, request, action, failing)} for action in parsed(request.body)]
    errors = any("error" in outcome for item in items for outcome in item.values())
    return filtered({"took": 1, "errors": errors, "items": items}, request.query.get("filter_path"))


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


def parsed(body: bytes) -> list[Action]:
    """Return the actions of newline-delimited JSON: kind, what is said of it, and the document.

    Raises:
        Refusal: It is malformed.

    """
    if not body.endswith(b"\n"):
        message = "The bulk request must be terminated by a newline [\\n]"
        raise Refusal(400, "illegal_argument_exception", message)
    actions: list[Action] = []
    lines = iter(body[:-1].split(b"\n"))
    for number, line in enumerate(lines, 1):
        action = _json(line, f"line [{number}]")
        if not isinstance(action, dict) or len(action) != 1 or not set(action) <= _ACTIONS:
            raise Refusal(400, "illegal_argument_exception", f"Malformed action/metadata line [{number}]")
        ((kind, meta),) = action.items()
        unknown = set(meta) - {"_index", "_id", "version", "version_type", "routing", "pipeline"}
        if unknown:
            raise Refusal(400, "illegal_argument_exception", f"Action/metadata line [{number}] has unknown {unknown}")
        document = None if kind == "delete" else _json(next(lines, b""), f"the document of line [{number}]")
        if kind != "delete" and not isinstance(document, dict):
            raise Refusal(400, "illegal_argument_exception", f"the document of line [{number}] is no object")
        actions.append((kind, meta, document))
    return actions


def _json(line: bytes, where: str) -> Any:  # noqa: ANN401 - whatever it is
    def constant(text: str) -> None:
        raise ValueError(text)

    try:
        return json.loads(line.decode("utf-8"), parse_constant=constant)
    except ValueError as error:
        raise Refusal(400, "json_parse_exception", f"{where}: {error}") from error


def _outcome(
    state: BulkServer, request: Request, action: Action, failing: dict[str, tuple[int, str]]
) -> dict[str, Any]:
    _, meta, _ = action
    name = meta.get("_index", unquote(request.path.removesuffix("/_bulk").removeprefix("/")))
    told: dict[str, Any] = {"_index": name, "_id": meta.get("_id", "")}
    try:
        if told["_id"] in failing:
            return _refused(told, Refusal(*failing[told["_id"]], "as the test wants it"))
        return told | _apply(state, name, request.query.get("pipeline"), action)
    except Refusal as refusal:
        return _refused(told, refusal)


def _refused(told: dict[str, Any], refusal: Refusal) -> dict[str, Any]:
    return told | {"status": refusal.status, "error": refusal.told()}


def _apply(state: BulkServer, name: str, pipeline: str | None, action: Action) -> dict[str, Any]:
    kind, meta, source = action
    id_ = meta.get("_id", "")
    if not 0 < len(id_.encode()) <= LONGEST_ID:
        raise Refusal(400, "illegal_argument_exception", f"id is empty or longer than {LONGEST_ID} bytes")
    index = state.index(name)
    if kind == "delete":
        return index.delete(id_, meta)
    if pipeline is not None:
        if pipeline not in state.pipelines:
            raise Refusal(400, "illegal_argument_exception", f"pipeline with id [{pipeline}] does not exist")
        source = state.pipelines[pipeline](source)
    return index.put(id_, meta, source, create=kind == "create")


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
