"""Does the publisher publish each change, in order for each item, and report what was not published?"""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any, ClassVar

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from tests.support.functions import load

STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"


def record(number: int, item: str = "a", **image: dict[str, Any]) -> dict[str, Any]:
    return {
        "eventID": f"{number:032x}",
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": STREAM,
        "dynamodb": {
            "ApproximateCreationDateTime": 1767225600.0,
            "Keys": {"id": {"S": item}},
            "NewImage": {"id": {"S": item}, **image},
            "OldImage": {"id": {"S": item}},
            "SequenceNumber": str(100 + number),
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


class Service(BaseHTTPRequestHandler):
    """EventBridge, as far as PutEvents goes. Counts what it accepts, and rejects the details that it is told to."""

    requests: ClassVar[list[list[dict[str, Any]]]] = []
    headers_seen: ClassVar[list[dict[str, str]]] = []
    refused: ClassVar[dict[str, list[str]]] = {}
    """Codes by sequence number; each is used once."""
    status: ClassVar[list[tuple[int, str]]] = []
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        entries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["Entries"]
        self.headers_seen.append(dict(self.headers))
        if self.status:
            code, kind = self.status.pop(0)
            return self.answer(code, {"__type": f"com.amazon#{kind}", "message": "quotes the request"})
        self.requests.append(entries)
        results = []
        for entry in entries:
            codes = self.refused.get(json.loads(entry["Detail"])["sequenceNumber"])
            results.append({"ErrorCode": codes.pop(0), "ErrorMessage": "no"} if codes else {"EventId": "1"})
        failed = sum("ErrorCode" in each for each in results)
        return self.answer(200, {"FailedEntryCount": failed, "Entries": results})

    def answer(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Service]]:
    for name in ("requests", "headers_seen", "status"):
        setattr(Service, name, [])
    Service.refused = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    yield Service
    server.shutdown()
    server.server_close()


@pytest.fixture
def publisher() -> Iterator[ModuleType]:
    loaded = load("eventbridge_publisher")
    yield loaded
    if loaded.parts.cache_info().currsize:
        loaded.parts().bus.close()


def run(publisher: ModuleType, *records: dict[str, Any]) -> list[str]:
    answer = publisher.handler({"Records": list(records)}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


class TestEntries:
    def test_an_entry_has_what_rules_select_by(self, service: type[Service], publisher: ModuleType) -> None:
        assert run(publisher, record(1, total={"N": "12.50"}, tags={"SS": ["b", "a"]})) == []
        ((entry,),) = service.requests
        assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == ("default", "dynamodb.orders", "MODIFY")
        assert entry["Resources"] == ["arn:aws:dynamodb:eu-west-1:123456789012:table/orders"]
        assert entry["Time"] == 1767225600.0
        assert json.loads(entry["Detail"]) == {
            "eventID": f"{1:032x}",
            "eventName": "MODIFY",
            "table": "orders",
            "keys": {"id": "a"},
            "sequenceNumber": "101",
            "newImage": {"id": "a", "total": 12.5, "tags": ["a", "b"]},
            "oldImage": {"id": "a"},
        }

    def test_numbers_are_not_rounded_and_those_beyond_64_bits_are_text(
        self, service: type[Service], publisher: ModuleType
    ) -> None:
        run(publisher, record(1, exact={"N": "0.1234567890123456789"}, huge={"N": "9" * 30}))
        detail = service.requests[0][0]["Detail"]
        assert '"exact":0.1234567890123456789' in detail
        assert f'"huge":"{"9" * 30}"' in detail

    @pytest.mark.parametrize(
        ("settings", "image"),
        [
            ({"PUBLISHER_INCLUDE_FIELDS": "status"}, {"status": "paid"}),
            ({"PUBLISHER_EXCLUDE_FIELDS": "note, id"}, {"status": "paid"}),
        ],
    )
    def test_fields_are_selected(
        self,
        service: type[Service],
        publisher: ModuleType,
        monkeypatch: pytest.MonkeyPatch,
        settings: dict[str, str],
        image: dict[str, str],
    ) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        run(publisher, record(1, status={"S": "paid"}, note={"S": "private"}))
        assert json.loads(service.requests[0][0]["Detail"])["newImage"] == image

    def test_images_can_be_left_out(
        self, service: type[Service], publisher: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PUBLISHER_IMAGES", "none")
        run(publisher, record(1))
        assert {"newImage", "oldImage"} & set(json.loads(service.requests[0][0]["Detail"])) == set()

    def test_names_come_from_templates(
        self, service: type[Service], publisher: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PUBLISHER_SOURCE", "shop.{table}")
        monkeypatch.setenv("PUBLISHER_DETAIL_TYPE", "{table} {event}")
        monkeypatch.setenv("PUBLISHER_EVENT_BUS", "shop")
        run(publisher, record(1))
        entry = service.requests[0][0]
        assert (entry["Source"], entry["DetailType"], entry["EventBusName"]) == ("shop.orders", "orders MODIFY", "shop")

    def test_the_user_who_removed_an_item_is_published(self, service: type[Service], publisher: ModuleType) -> None:
        expired = record(1) | {"userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"}}
        run(publisher, expired)
        assert json.loads(service.requests[0][0]["Detail"])["userIdentity"]["type"] == "Service"


class TestRequests:
    def test_a_request_has_at_most_ten_entries(self, service: type[Service], publisher: ModuleType) -> None:
        run(publisher, *(record(number, str(number)) for number in range(25)))
        assert [len(request) for request in service.requests] == [10, 10, 5]

    def test_a_request_is_not_larger_than_an_entry_may_be(
        self, service: type[Service], publisher: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PUBLISHER_MAX_ENTRY_BYTES", "2000")
        run(publisher, *(record(number, str(number), text={"S": "x" * 500}) for number in range(5)))
        assert [len(request) for request in service.requests] == [2, 2, 1]

    def test_two_changes_of_an_item_are_in_two_requests(self, service: type[Service], publisher: ModuleType) -> None:
        run(publisher, record(1, "a"), record(2, "b"), record(3, "a"))
        assert [len(request) for request in service.requests] == [2, 1]

    def test_the_connection_is_kept(self, service: type[Service], publisher: ModuleType) -> None:
        run(publisher, record(1))
        run(publisher, record(2))
        assert len(service.requests) == 2
        assert publisher.parts().bus._connection is not None  # noqa: SLF001 - the only trace of it


class TestFailures:
    def test_the_first_refused_entry_is_reported_and_ends_the_batch(
        self, service: type[Service], publisher: ModuleType, capsys: pytest.CaptureFixture[str]
    ) -> None:
        service.refused["101"] = ["MalformedDetail"]
        service.refused["103"] = ["MalformedDetail"]
        records = [record(0, "a"), record(1, "b"), record(2, "c"), record(3, "d"), record(4, "b")]
        assert run(publisher, *records) == ["101"]
        assert len(service.requests) == 1
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [line["error"] for line in lines if line.get("level") == "ERROR"] == ["MalformedDetail"] * 2
        (metrics,) = [line for line in lines if "_aws" in line]
        assert (metrics["Published"], metrics["Failed"]) == (2, 2)

    def test_a_throttled_entry_is_sent_again_alone(self, service: type[Service], publisher: ModuleType) -> None:
        service.refused["101"] = ["ThrottlingException"]
        assert run(publisher, record(0, "a"), record(1, "b"), record(2, "c")) == []
        assert [len(request) for request in service.requests] == [3, 1]

    def test_a_throttled_request_is_sent_again(self, service: type[Service], publisher: ModuleType) -> None:
        service.status = [(400, "ThrottlingException"), (503, "Unknown")]
        assert run(publisher, record(1)) == []

    def test_a_rejected_first_request_is_an_error_of_the_function(
        self, service: type[Service], publisher: ModuleType
    ) -> None:
        service.status = [(400, "AccessDeniedException")]
        with pytest.raises(Exception, match=r"rejected the request with status 400: AccessDeniedException$"):
            run(publisher, record(1))

    def test_a_rejected_later_request_is_reported(self, service: type[Service], publisher: ModuleType) -> None:
        bus = publisher.parts().bus
        send = bus._send  # noqa: SLF001 - to fail between two requests

        def once(entries: list[Any], seconds: float) -> dict[str, Any]:
            service.status = [(400, "AccessDeniedException")] if service.requests else []
            answer: dict[str, Any] = send(entries, seconds)
            return answer

        bus._send = once  # noqa: SLF001 - as above
        assert run(publisher, record(1, "a"), record(2, "a"), record(3, "b")) == ["102"]

    def test_an_unreachable_service_is_an_error(
        self, publisher: ModuleType, service: type[Service], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        del service
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        with pytest.raises(Exception, match="does not answer: ConnectionRefusedError"):
            run(publisher, record(1))

    def test_what_is_too_large_is_reported_after_what_is_before_it(
        self, service: type[Service], publisher: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PUBLISHER_MAX_ENTRY_BYTES", "2000")
        assert run(publisher, record(1, "a"), record(2, "b", text={"S": "x" * 3000}), record(3, "c")) == ["102"]
        assert [len(request) for request in service.requests] == [1]

    def test_a_value_that_is_none_is_reported(self, service: type[Service], publisher: ModuleType) -> None:
        assert run(publisher, record(1, broken={"X": "1"})) == ["101"]
        assert service.requests == []

    def test_no_item_data_and_no_credentials_are_logged(
        self, service: type[Service], publisher: ModuleType, capsys: pytest.CaptureFixture[str]
    ) -> None:
        service.refused["101"] = ["MalformedDetail"]
        run(publisher, record(1, note={"S": "private"}))
        said = capsys.readouterr().out
        assert "private" not in said
        assert "secret" not in said


class TestClaims:
    def test_a_large_detail_is_stored_in_the_bucket(
        self, service: type[Service], publisher: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PUBLISHER_MAX_ENTRY_BYTES", "2000")
        monkeypatch.setenv("PUBLISHER_CLAIM_CHECK_BUCKET", "details")
        stored = {}
        claims = publisher.parts().claims
        monkeypatch.setattr(claims, "store", lambda entry, _seconds: stored.update({entry.key: entry.detail}))
        assert run(publisher, record(1, text={"S": "x" * 3000})) == []
        detail = json.loads(service.requests[0][0]["Detail"])
        assert detail["claimCheck"] == {"bucket": "details", "key": f"orders/{1:032x}.json"}
        assert "newImage" not in detail
        assert json.loads(stored[detail["claimCheck"]["key"]])["newImage"]["text"] == "x" * 3000

    def test_a_detail_that_the_bucket_rejects_is_reported(
        self, service: type[Service], publisher: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PUBLISHER_MAX_ENTRY_BYTES", "2000")
        monkeypatch.setenv("PUBLISHER_CLAIM_CHECK_BUCKET", "details")
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
        assert run(publisher, record(1, text={"S": "x" * 3000})) == ["101"]
        assert service.requests == []


class TestSettings:
    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("PUBLISHER_SOURCE", "aws.orders", 'do not begin with "aws."'),
            ("PUBLISHER_SOURCE", "{region}", "can contain the placeholders {table} and {event}"),
            ("PUBLISHER_IMAGES", "old", "PUBLISHER_IMAGES must be both, new, or none"),
            ("PUBLISHER_MAX_ENTRY_BYTES", "2000000", "a number from 1,024 to 1,048,576"),
            ("PUBLISHER_EVENTBUS", "x", "PUBLISHER_EVENTBUS is not a setting. The settings are PUBLISHER_EVENT_BUS,"),
            ("PUBLISHER_CLAIM_CHECK_PREFIX", "x/", "has no effect without PUBLISHER_CLAIM_CHECK_BUCKET"),
            ("AWS_ENDPOINT_URL", "localhost", 'AWS_ENDPOINT_URL must be a URL. Got "localhost"'),
        ],
    )
    def test_an_invalid_setting_is_named(
        self, publisher: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
    ) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(ValueError, match=said):
            run(publisher, record(1))

    def test_include_and_exclude_conflict(self, publisher: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PUBLISHER_INCLUDE_FIELDS", "a")
        monkeypatch.setenv("PUBLISHER_EXCLUDE_FIELDS", "b")
        with pytest.raises(ValueError, match="Set only one of"):
            run(publisher, record(1))

    @pytest.mark.parametrize(
        ("region", "url"),
        [
            ("eu-west-1", "https://events.eu-west-1.amazonaws.com"),
            ("cn-north-1", "https://events.cn-north-1.amazonaws.com.cn"),
        ],
    )
    def test_the_endpoint_is_that_of_the_region(self, region: str, url: str) -> None:
        settings = load("eventbridge_publisher", "publisher.settings")
        assert settings.read({"AWS_REGION": region}).endpoint == url


PUBLISHER = load("eventbridge_publisher")
SIGNATURE = load("eventbridge_publisher", "publisher.signature")
Failed = load("eventbridge_publisher", "publisher.bus").Failed


@given(st.binary(max_size=200), st.sampled_from([None, "token"]))
def test_signature_is_the_one_of_botocore(body: bytes, token: str | None) -> None:
    signature = SIGNATURE
    now = datetime.now(UTC)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSEvents.PutEvents"}
    keys = signature.Credentials("key", "secret", token)
    ours = signature.signed("events.eu-west-1.amazonaws.com", "eu-west-1", headers, body, keys=keys, now=now)
    request = AWSRequest("POST", "https://events.eu-west-1.amazonaws.com/", data=body, headers=headers)
    theirs = SigV4Auth(Credentials("key", "secret", token), "events", "eu-west-1")
    request.context["timestamp"] = ours["X-Amz-Date"]
    for name in ("X-Amz-Date", "X-Amz-Security-Token"):
        if name in ours:
            request.headers[name] = ours[name]
    canonical = theirs.canonical_request(request)
    assert ours["Authorization"].endswith(theirs.signature(theirs.string_to_sign(request, canonical), request))


@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=25),
    st.lists(st.sets(st.integers(0, 9), max_size=4), max_size=30),
)
def test_no_change_is_published_before_an_earlier_one_of_its_item(items: list[str], failures: list[set[int]]) -> None:
    publisher = PUBLISHER
    records = [record(number, item) for number, item in enumerate(items)]
    settings = publisher.settings.read({"PUBLISHER_METRICS_NAMESPACE": "none", "AWS_REGION": "eu-west-1"})
    entries = publisher.Entries(settings)
    published: list[int] = []
    planned = iter(failures)

    class Bus:
        def publish(self, request: list[Any], _: object) -> list[Any]:
            refused = next(planned, set())
            published.extend(records.index(entry.record) for place, entry in enumerate(request) if place not in refused)
            return [Failed(entry, "MalformedDetail") for place, entry in enumerate(request) if place in refused]

    parts = publisher.Parts(settings, entries, Bus(), None)
    rest = records
    while rest:
        failed = publisher.Batch(parts, None).publish(rest)
        begin = [each["dynamodb"]["SequenceNumber"] for each in rest].index(failed[0]) if failed else len(rest)
        rest = rest[begin:]
    assert set(published) == set(range(len(records)))
    for item in set(items):
        changes = [number for number in dict.fromkeys(published) if items[number] == item]
        assert changes == sorted(changes)
        assert [number for number in published if items[number] == item][-1] == changes[-1]
