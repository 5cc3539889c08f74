"""Does the index follow the table: changes, their order, their repetition, and what cannot be indexed?"""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.bulk_server import BulkServer, Fault
from tests.support.functions import SECRET

from .conftest import FIRST, TABLE, change, failed

Invoke = Callable[..., dict[str, Any]]
Logged = Callable[[str], list[dict[str, Any]]]


def price(value: str) -> dict[str, Any]:
    """Return attributes with a price that the mapping accepts if it is a number."""
    return {"price": {"S": value}}


class TestChanges:
    """One batch, and a server that works."""

    def test_an_insertion_becomes_a_document(self, invoke: Invoke, server: BulkServer) -> None:
        """Every attribute is a field."""
        assert invoke(change("INSERT", 1, "a", n={"N": "5"}, l={"L": [{"BOOL": True}]})) == failed()
        assert server.documents("orders") == {"a": {"id": "a", "n": 5, "l": [True]}}

    def test_a_modification_replaces_the_document(self, invoke: Invoke, server: BulkServer) -> None:
        """An attribute that the item no longer has is no field any more."""
        invoke(change("INSERT", 1, "a", old={"S": "x"}))
        assert invoke(change("MODIFY", 2, "a", new={"S": "y"})) == failed()
        assert server.documents("orders") == {"a": {"id": "a", "new": "y"}}

    def test_a_removal_deletes_the_document(self, invoke: Invoke, server: BulkServer) -> None:
        """Only the item's own document goes."""
        invoke(change("INSERT", 1, "a"), change("INSERT", 2, "b"))
        assert invoke(change("REMOVE", 3, "a")) == failed()
        assert list(server.documents("orders")) == ["b"]

    def test_a_removal_of_what_is_not_there_succeeds(self, invoke: Invoke) -> None:
        """It may have been done before."""
        assert invoke(change("REMOVE", 1, "a")) == failed()

    def test_a_batch_is_one_request_with_the_last_image_of_each_item(self, invoke: Invoke, server: BulkServer) -> None:
        """What is outdated within the batch is not sent."""
        invoke(*(change("MODIFY", n, "ab"[n % 2], n={"N": str(n)}) for n in range(10)), change("REMOVE", 10, "a"))
        assert [sorted(request.actions) for request in server.requests] == [["a", "b"]]
        assert server.documents("orders") == {"b": {"id": "b", "n": 9}}

    def test_an_empty_batch_sends_nothing(self, invoke: Invoke, server: BulkServer) -> None:
        """There is nothing to be done."""
        assert invoke() == failed()
        assert server.requests == []

    def test_a_window_without_records_asks_for_no_check(self, function: Any) -> None:  # noqa: ANN401 - a module
        """The last event of a tumbling window names its stream, and has a state alone."""
        event = {"Records": [], "eventSourceARN": TABLE, "window": {"start": "", "end": ""}, "state": {"sum": 3}}
        assert function.handler(event, None) == {"state": {"sum": 3}, "batchItemFailures": []}

    @pytest.mark.parametrize(("status", "said"), [(403, "security_exception: no permissions for"), (405, "Incorrect")])
    def test_a_check_that_is_rejected_says_so(
        self,
        function: Any,  # noqa: ANN401 - a module
        server: BulkServer,
        monkeypatch: pytest.MonkeyPatch,
        status: int,
        said: str,
    ) -> None:
        """With the request that has to be allowed, and how to do without."""
        error = {"type": "security_exception", "reason": said.partition(": ")[2]} if status == 403 else f"{said} method"
        monkeypatch.setattr(
            function.parts().connection, "post", lambda *_: (status, json.dumps({"error": error}).encode())
        )
        reason = rf"^The index template cannot be checked: {server.url}/orders/_field_caps\?\S+ answered with HTTP "
        reason += rf'{status}: {said}.*\. Allow the request, or set INDEXER_CHECK_TEMPLATE to "false"'
        with pytest.raises(Exception, match=reason):
            function.handler({"Records": [], "eventSourceARN": TABLE}, None)

    def test_a_tumbling_window_keeps_its_state(self, function: Any) -> None:  # noqa: ANN401 - a module
        """The window would end without it."""
        event = {"Records": [change("INSERT", 1)], "window": {"start": "", "end": ""}, "state": {"sum": 3}}
        assert function.handler(event, None) == {"state": {"sum": 3}, "batchItemFailures": []}


class TestOrder:
    """A shard is delivered in order, at least once: whatever is repeated, the index ends as the table is."""

    CHANGES = (
        change("INSERT", 1, "a", n={"N": "1"}),
        change("INSERT", 2, "b", n={"N": "1"}),
        change("MODIFY", 3, "a", n={"N": "2"}),
        change("REMOVE", 4, "b", n={"N": "1"}),
        change("INSERT", 5, "b", n={"N": "3"}),
        change("REMOVE", 6, "a", n={"N": "2"}),
    )

    @pytest.mark.parametrize("seed", range(20))
    def test_repeated_delivery_ends_right(self, invoke: Invoke, server: BulkServer, seed: int) -> None:
        """Any batches, each of which begins where the one before it ended, or earlier, as Lambda repeats them."""
        chosen, done = random.Random(seed), 0  # noqa: S311 - no secret
        while done < len(self.CHANGES):
            begin = chosen.randint(0, done)
            end = chosen.randint(begin + 1, len(self.CHANGES))
            assert invoke(*self.CHANGES[begin:end]) == failed()
            done = end
        assert server.documents("orders") == {"b": {"id": "b", "n": 3}}

    @pytest.mark.parametrize("seed", range(20))
    def test_with_a_version_delivery_out_of_order_ends_right(
        self, invoke: Invoke, server: BulkServer, environment: Callable[..., None], seed: int
    ) -> None:
        """An attribute that grows with every write makes even a shuffled and repeated stream harmless."""
        environment(VERSION_ATTRIBUTE="v")
        stream = [
            change("INSERT", 1, "a", v={"N": "1"}),
            change("INSERT", 2, "b", v={"N": "10"}),
            change("MODIFY", 3, "a", v={"N": "3"}),
            change("REMOVE", 4, "b", v={"N": "10"}),
            change("INSERT", 5, "b", v={"N": "11"}),
            change("REMOVE", 6, "a", v={"N": "3"}),
        ] * 3
        random.Random(seed).shuffle(stream)  # noqa: S311 - no secret
        for record in stream:
            assert invoke(record) == failed()
        assert server.documents("orders") == {"b": {"id": "b", "v": 11}}

    def test_an_older_version_is_no_failure(
        self, invoke: Invoke, server: BulkServer, environment: Callable[..., None]
    ) -> None:
        """What is newer is there already."""
        environment(VERSION_ATTRIBUTE="v")
        invoke(change("INSERT", 2, "a", v={"N": "7"}))
        assert invoke(change("INSERT", 1, "a", v={"N": "6"})) == failed()
        assert server.documents("orders")["a"]["v"] == 7

    @pytest.mark.parametrize("value", [{"N": "-1"}, {"N": "1.5"}, {"S": "1"}, {"N": "4611686018427387904"}, None])
    def test_an_item_without_a_usable_version_is_rejected(
        self, invoke: Invoke, environment: Callable[..., None], logged: Logged, value: dict[str, Any] | None
    ) -> None:
        """It could not be told whether it is newer."""
        environment(VERSION_ATTRIBUTE="v")
        assert invoke(change("INSERT", 1, "a", **({} if value is None else {"v": value}))) == failed(1)
        (line,) = logged("Document rejected")
        assert line["reason"] == "the version attribute v is not an integer from 0 to 4611686018427387903"


class TestRejected:
    """A document that does not fit the mapping."""

    def test_it_is_reported_and_the_others_are_indexed(self, invoke: Invoke, server: BulkServer) -> None:
        """Those behind it come again, which does no harm."""
        batch = [change("INSERT", 1, "a"), change("INSERT", 2, "b", **price("many")), change("INSERT", 3, "c")]
        assert invoke(*batch) == failed(2)
        assert sorted(server.documents("orders")) == ["a", "c"]

    def test_of_several_the_lowest_is_reported(self, invoke: Invoke) -> None:
        """Sequence numbers are compared as numbers: the second has a digit more."""
        batch = [change("INSERT", 3, "a", **price("x")), change("INSERT", 1, "b", **price("x"))]
        assert len(str(FIRST + 3)) > len(str(FIRST + 1))
        assert invoke(*batch) == failed(1)

    def test_the_image_before_it_is_indexed(self, invoke: Invoke, server: BulkServer) -> None:
        """Reporting the poisonous record says that those before it are done, so the one before it must be."""
        good, bad = change("INSERT", 1, "a", **price("1")), change("MODIFY", 2, "a", **price("x"))
        assert invoke(good, bad) == failed(2)
        assert server.documents("orders") == {"a": {"id": "a", "price": "1"}}

    def test_each_of_several_in_a_row_is_noted(self, invoke: Invoke, logged: Logged) -> None:
        """The first of them is reported."""
        batch = [change("MODIFY", number, "a", **price("x")) for number in (1, 2, 3)]
        assert invoke(*batch) == failed(1)
        assert [line["sequenceNumber"] for line in logged("Document rejected")] == [str(FIRST + n) for n in (3, 2, 1)]

    def test_a_newer_good_image_replaces_it(self, invoke: Invoke, server: BulkServer) -> None:
        """Nobody misses what would be outdated."""
        assert invoke(change("INSERT", 1, "a", **price("x")), change("MODIFY", 2, "a", **price("2"))) == failed()
        assert server.documents("orders") == {"a": {"id": "a", "price": "2"}}

    def test_parked_it_lets_the_shard_go_on(
        self, invoke: Invoke, server: BulkServer, environment: Callable[..., None], logged: Logged
    ) -> None:
        """The log has its id, its keys and its place."""
        environment(ON_REJECTED="park")
        assert invoke(change("INSERT", 1, "a", **price("x")), change("INSERT", 2, "b")) == failed()
        assert list(server.documents("orders")) == ["b"]
        (line,) = logged("Document rejected")
        told = {name: line[name] for name in ("level", "index", "id", "status", "error", "parked", "requestId")}
        assert told == {
            "level": "ERROR",
            "index": "orders",
            "id": "a",
            "status": 400,
            "error": "mapper_parsing_exception",
            "parked": True,
            "requestId": "request-1",
        }
        assert (line["keys"], line["sequenceNumber"]) == ({"id": {"S": "a"}}, str(FIRST + 1))

    @pytest.mark.parametrize("asked", ["false", "true"])
    def test_its_content_is_logged_only_when_asked(
        self, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: str
    ) -> None:
        """The server's explanation quotes it."""
        monkeypatch.setenv("LOG_CONTENT", asked)
        invoke(change("INSERT", 1, "a", **price(SECRET)))
        assert (SECRET in capsys.readouterr().out) == (asked == "true")

    @pytest.mark.parametrize(
        ("attribute", "reason"),
        [
            ({"T": "2026"}, "An attribute has the type 'T', which is not one of S, N, B, BOOL, NULL, M, L, SS, NS, BS"),
            ({"N": "1" * 39}, "A number has more than 38 digits, the maximum of DynamoDB"),
            ({"S": "\ud800"}, "a text of the item is not Unicode"),
        ],
    )
    def test_what_is_not_of_dynamodb_is_rejected_unsent(
        self, invoke: Invoke, server: BulkServer, logged: Logged, attribute: dict[str, Any], reason: str
    ) -> None:
        """The others are indexed, and the log says why this one is not."""
        assert invoke(change("INSERT", 1, "a", x=attribute), change("INSERT", 2, "b")) == failed(1)
        assert [request.actions for request in server.requests] == [["b"]]
        assert [line["reason"] for line in logged("Document rejected")] == [reason]


class TestMissingImage:
    """A stream whose view type leaves out what documents are made of is a mistake of the configuration."""

    @pytest.mark.parametrize("policy", ["report", "park"])
    def test_the_batch_fails_with_a_reason(
        self, invoke: Invoke, environment: Callable[..., None], server: BulkServer, policy: str
    ) -> None:
        """Even where rejected documents are parked: a whole stream would be."""
        environment(ON_REJECTED=policy)
        record = change("INSERT", 1)
        del record["dynamodb"]["NewImage"]
        record["dynamodb"]["StreamViewType"] = "KEYS_ONLY"
        reason = "The record has no NewImage: the stream view type is KEYS_ONLY, not NEW_IMAGE or NEW_AND_OLD_IMAGES"
        with pytest.raises(ValueError, match=reason):
            invoke(record)
        assert server.requests == []

    def test_a_removal_needs_its_old_image_for_a_version(
        self, invoke: Invoke, environment: Callable[..., None]
    ) -> None:
        """The version of what is deleted is in it."""
        environment(VERSION_ATTRIBUTE="v")
        record = change("REMOVE", 1)
        del record["dynamodb"]["OldImage"]
        with pytest.raises(ValueError, match="The record has no OldImage"):
            invoke(record)

    def test_a_removal_needs_no_image_otherwise(self, invoke: Invoke, server: BulkServer) -> None:
        """The keys are enough."""
        invoke(change("INSERT", 1))
        record = change("REMOVE", 2)
        del record["dynamodb"]["OldImage"]
        assert invoke(record) == failed()
        assert server.documents("orders") == {}


class TestWrongEvent:
    """What is not a batch of changes."""

    @pytest.mark.parametrize("event", [{}, {"Records": [{"eventSource": "aws:sqs", "body": SECRET}]}])
    def test_an_event_of_another_service_is_refused(self, function: Any, event: dict[str, Any]) -> None:  # noqa: ANN401
        """As the other functions here do."""
        with pytest.raises(ValueError, match=r"The event has (no Records|records of aws:sqs)") as error:
            function.handler(event, None)
        assert SECRET not in str(error.value)

    @pytest.mark.parametrize("keys", [{}, {"id": {}}, {"id": {"S": ""}}, {"id": {"BOOL": True}}, None])
    def test_a_record_without_keys_is_refused(self, invoke: Invoke, keys: dict[str, Any] | None) -> None:
        """No document stands for it."""
        record = change("INSERT", 1)
        record["dynamodb"]["Keys"] = keys
        with pytest.raises(ValueError, match="the record's keys are not those of an item"):
            invoke(record)


class TestMetrics:
    """Counts and latency, as CloudWatch reads them from the log."""

    def test_every_outcome_is_counted(self, invoke: Invoke, server: BulkServer, logged: Logged) -> None:
        """One line a batch, with the function's name as dimension."""
        invoke(change("INSERT", 1, "b"))
        server.faults.append(Fault(items={"d": (429, "rejected_execution_exception"), "f": (409, "version_conflict")}))
        logged("")
        invoke(
            change("INSERT", 1, "a"),
            change("REMOVE", 2, "b"),
            change("INSERT", 3, "c", **price("x")),
            change("INSERT", 4, "d"),
            change("INSERT", 5, "e"),
            change("INSERT", 6, "f"),
            change("REMOVE", 7, "g"),
        )
        (line,) = logged("")
        names = ("Indexed", "Deleted", "Retried", "Rejected", "Conflicts", "Noops", "Missing")
        counted = {name: line[name] for name in names}
        assert list(counted.values()) == [2, 1, 1, 1, 1, 0, 1]
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert (directive["Namespace"], directive["Dimensions"]) == ("opensearch_indexer", [["FunctionName"]])
        assert line["FunctionName"] == "orders-indexer"
        assert {metric["Name"] for metric in directive["Metrics"]} == {*counted, "BatchLatency"}
        assert 0 < line["BatchLatency"] < 30_000

    def test_they_can_be_turned_off(
        self, invoke: Invoke, environment: Callable[..., None], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """CloudWatch charges for each."""
        environment(METRICS_NAMESPACE="none")
        invoke(change("INSERT", 1))
        assert capsys.readouterr().out == ""
