"""Does the local server do what the tests need beyond the recorded answers of real nodes (tests/opensearch)?"""

import gzip
import http.client
import json
import time
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.bulk_server import BulkServer
from tests.support.signatures import Signed, check_signature

NDJSON = "application/x-ndjson"
INDEX = '{"index":{"_id":"a"}}\n'


def ask(
    server: BulkServer, method: str, target: str, body: str | bytes = "", content_type: str = NDJSON
) -> tuple[int, dict[str, Any]]:
    """Send a request and return the answer's status and JSON."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
    try:
        connection.request(method, target, body, {"Content-Type": content_type})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def post(server: BulkServer, body: str | bytes) -> tuple[int, dict[str, Any]]:
    """Send a bulk request to the index ``orders``."""
    return ask(server, "POST", "/orders/_bulk", body)


def statuses(answer: dict[str, Any]) -> list[int]:
    """Return the status of every action."""
    return [outcome["status"] for item in answer["items"] for outcome in item.values()]


class TestRequest:
    """What a request asks for; how malformed ones are refused is in the recorded answers of real nodes."""

    def test_an_answer_can_be_filtered(self, server: BulkServer) -> None:
        """To what is asked for."""
        target = "/orders/_bulk?filter_path=items.*.status"
        assert ask(server, "POST", target, INDEX + "{}\n")[1] == {"items": [{"index": {"status": 201}}]}


class TestActions:
    """Each has a status of its own."""

    def test_creation_update_and_deletion(self, server: BulkServer) -> None:
        """Versions count up."""
        body = INDEX + "{}\n" + INDEX + "{}\n" + '{"delete":{"_id":"a"}}\n{"delete":{"_id":"a"}}\n'
        _, answer = post(server, body)
        assert statuses(answer) == [201, 200, 200, 404]
        assert [outcome["_version"] for item in answer["items"] for outcome in item.values()] == [1, 2, 3, 4]
        assert answer["errors"] is False

    def test_a_deletion_is_remembered(self, server: BulkServer) -> None:
        """An older document does not come back."""
        versioned = {"_id": "a", "version_type": "external"}
        lines = [{"index": versioned | {"version": 1}}, {}, {"delete": versioned | {"version": 3}}]
        lines += [{"index": versioned | {"version": 2}}, {}]
        assert statuses(post(server, "".join(json.dumps(line) + "\n" for line in lines))[1]) == [201, 200, 409]

    @pytest.mark.parametrize(
        ("first", "second", "status"),
        [
            ({"x": 1}, {"x": "2"}, 200),
            ({"x": 1}, {"x": "two"}, 400),
            ({"x": 1}, {"x": 10**20}, 400),
            ({"x": 1}, {"x": {"y": 1}}, 400),
            ({"x": {"y": 1}}, {"x": 1}, 400),
            ({"x": {"y": 1}}, {"x": {"y": "z"}}, 400),
            ({"x": "text"}, {"x": 1}, 200),
            ({"x": True}, {"x": "maybe"}, 400),
            ({"x": 1.5}, {"x": "z"}, 400),
            ({"x": [1, 2]}, {"x": [3, "z"]}, 400),
            ({"x": 1}, {"x": None}, 200),
        ],
    )
    def test_the_first_value_of_a_field_gives_its_type(
        self, server: BulkServer, first: dict[str, Any], second: dict[str, Any], status: int
    ) -> None:
        """Dynamic mapping."""
        body = INDEX + json.dumps(first) + "\n" + INDEX + json.dumps(second) + "\n"
        assert statuses(post(server, body)[1]) == [201, status]

    def test_a_missing_index_is_created_only_if_that_is_allowed(self) -> None:
        """As ``action.auto_create_index`` says."""
        with BulkServer(create_indices=False) as server:
            assert statuses(post(server, INDEX + "{}\n")[1]) == [404]

    def test_a_shard_without_a_primary_is_waited_for(self, server: BulkServer) -> None:
        """As long as the request says; what goes to other shards is done."""
        index = server.cluster.create("orders-2", {"settings": {"number_of_shards": 2}})
        index.missing_shards = frozenset({index.shard_of("a")})
        body = INDEX + '{}\n{"index":{"_id":"b"}}\n{}\n'
        began = time.monotonic()
        _, answer = ask(server, "POST", "/orders-2/_bulk?timeout=200ms", body)
        assert statuses(answer) == [503, 201]
        assert 0.2 <= time.monotonic() - began < 30

    @pytest.mark.parametrize("compressed", [True, False])
    def test_a_request_that_is_too_large_gets_no_body(self, server: BulkServer, *, compressed: bool) -> None:
        """Its size is that of the uncompressed body."""
        server.largest_request = 1_000
        body = (INDEX + json.dumps({"t": "x" * 2_000}) + "\n").encode()
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        headers = {"Content-Type": NDJSON} | ({"Content-Encoding": "gzip"} if compressed else {})
        connection.request("POST", "/orders/_bulk", gzip.compress(body) if compressed else body, headers)
        answer = connection.getresponse()
        assert (answer.status, answer.read(), answer.getheader("Connection")) == (
            413,
            b"",
            "close" if compressed else None,
        )
        connection.close()


class TestSearch:
    """What was indexed is found."""

    @pytest.fixture
    def searched(self, server: BulkServer) -> BulkServer:
        """Return a server with two documents."""
        post(server, INDEX + '{"name":"one"}\n{"index":{"_id":"b/c"}}\n{"name":"two"}\n')
        return server

    @pytest.mark.parametrize(
        ("method", "target", "body", "found"),
        [
            ("GET", "/orders/_search?q=name:two", "", ["b/c"]),
            ("GET", "/orders/_search", "", ["a", "b/c"]),
            ("POST", "/orders/_search", '{"query":{"match":{"name":"one"}}}', ["a"]),
            ("POST", "/orders/_search", '{"query":{"term":{"name":"three"}}}', []),
        ],
    )
    def test_by_a_field(self, searched: BulkServer, method: str, target: str, body: str, found: list[str]) -> None:
        """Or all of them."""
        _, answer = ask(searched, method, target, body)
        assert [hit["_id"] for hit in answer["hits"]["hits"]] == found
        assert answer["hits"]["total"]["value"] == len(found)

    @pytest.mark.parametrize(("id_", "status"), [("b%2Fc", 200), ("c", 404)])
    def test_by_id(self, searched: BulkServer, id_: str, status: int) -> None:
        """A missing one is no document."""
        found, answer = ask(searched, "GET", f"/orders/_doc/{id_}")
        assert (found, answer["found"]) == (status, status == 200)


class TestSignature:
    """The check agrees with AWS's own example."""

    REQUEST = Signed(
        method="GET",
        target="/?Param2=value2&Param1=value1",
        headers={
            "host": "example.amazonaws.com",
            "x-amz-date": "20150830T123600Z",
            "authorization": (
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                "SignedHeaders=host;x-amz-date, "
                "Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
            ),
        },
        body=b"",
    )
    KEYS = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    THEN = 1_440_938_160.0

    def test_a_published_one_is_accepted(self) -> None:
        """``get-vanilla-query-order-key-case`` of the Signature Version 4 test suite."""
        found = check_signature(self.REQUEST, scope=("us-east-1", "service"), credentials=self.KEYS, now=self.THEN)
        assert found is None

    def test_an_old_one_is_refused(self) -> None:
        """After five minutes."""
        found = check_signature(
            self.REQUEST, scope=("us-east-1", "service"), credentials=self.KEYS, now=self.THEN + 301
        )
        assert found == "Signature expired"

    def test_one_that_leaves_out_what_aws_demands_is_refused(self) -> None:
        """Whoever changed such a header would not be noticed."""
        request = replace(self.REQUEST, headers=self.REQUEST.headers | {"x-amz-security-token": "another"})
        found = check_signature(request, scope=("us-east-1", "service"), credentials=self.KEYS, now=self.THEN)
        assert "are not the headers that must be signed" in str(found)

    def test_none_is_refused(self) -> None:
        """Before anything is read."""
        bare = Signed(method="GET", target="/", headers={"host": "h"}, body=b"")
        assert check_signature(bare, scope=("r", "es"), credentials=self.KEYS, now=0) == "Missing Authentication Token"
