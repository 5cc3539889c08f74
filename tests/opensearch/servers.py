"""The servers that the suite runs against: a real node, or the server of the fast tests, by the same requests."""

import gzip
import http.client
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

from tests.opensearch.scenario import REMOVED, Call
from tests.support.bulk_server import BulkServer
from tests.support.functions import load

documents = load("opensearch_indexer", "indexer.documents")
_CLEAN: tuple[Call, ...] = (
    ("DELETE", "/_data_stream/*", None),
    ("DELETE", "/*", None),
    ("DELETE", "/_index_template/*", None),
    ("DELETE", "/_ingest/pipeline/*", None),
)


class Server:
    """A server by its URL; ``real`` tells whether it is a node of OpenSearch, and ``major`` of which version."""

    def __init__(self, url: str, *, strict: BulkServer | None = None) -> None:
        self.url = url
        self.strict = strict
        self.real = strict is None
        self._http = http.client.HTTPConnection(urlsplit(url).netloc, timeout=600)
        self.version = self.call("GET", "/")["version"]["number"] if self.real else "2.19.6"
        self.major = int(self.version.split(".")[0])

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,  # noqa: ANN401 - JSON or bytes
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Send a request and return the status and JSON of the answer; None if it has no body."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers = headers or ({"Content-Type": "application/json"} if content else {})
        try:
            self._http.request(method, path, content, headers)
            answer = self._http.getresponse()
            text = answer.read()
        except http.client.HTTPException:
            self._http.close()
            raise
        return answer.status, json.loads(text, parse_float=Decimal) if text else None

    def call(self, method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401 - JSON
        """Send a request that must succeed and return the JSON of the answer."""
        status, answer = self.ask(method, path, body)
        assert status < 300, f"{method} {path}: {status} {answer}"
        return answer

    def bulk(self, index: str, *lines: Any, query: str = "") -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
        """Send a bulk request and return what became of every action."""
        body = "".join(json.dumps(line) + "\n" for line in lines).encode()
        _, answer = self.ask("POST", f"/{index}/_bulk{query}", body, {"Content-Type": "application/x-ndjson"})
        return [outcome for item in answer["items"] for outcome in item.values()]

    def documents(self, name: str) -> dict[str, Any]:
        """Return the documents that a search in an index or by an alias finds, by their ids; none if it is missing."""
        if self.strict is not None:
            return self.strict.documents(name)
        target = quote(name, safe="")
        self.ask("POST", f"/{target}/_refresh", {})
        status, answer = self.ask("POST", f"/{target}/_search?size=10000", {"query": {"match_all": {}}})
        if status == 404:
            return {}
        assert status == 200, answer
        return {hit["_id"]: hit.get("_source") for hit in answer["hits"]["hits"]}

    def set_up(self, calls: Iterable[Call]) -> None:
        """Send the requests of a set-up, all of which must succeed."""
        for call in calls:
            self.call(*call)

    def clean(self) -> None:
        """Remove everything that a scenario made."""
        if self.strict is not None:
            # Without the requests, which are most of the time of a scenario
            for method, path, body in _CLEAN:
                self.strict.cluster.administer(method, path, {}, body)
            self.strict.requests.clear()
            return
        for call in _CLEAN:
            self.ask(*call)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


def ordered_script(source: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any] | None:
    """Do what the script of the function does, for the server that runs no Painless."""
    known, item = source.get(documents.SEQUENCE_NUMBER), parameters["item"]
    return None if known is not None and known >= item[documents.SEQUENCE_NUMBER] else item


@contextmanager
def strict() -> Iterator[Server]:
    """Run the server of the fast tests."""
    with BulkServer() as started:
        started.cluster.scripts[documents.SCRIPT] = ordered_script
        server = Server(started.url, strict=started)
        try:
            yield server
        finally:
            server.close()


def gzipped(body: bytes) -> tuple[bytes, dict[str, str]]:
    """Return a compressed bulk request and its headers."""
    return gzip.compress(body), {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}


__all__ = ["REMOVED", "Server", "gzipped", "ordered_script", "strict"]
