"""Do the event and the invocation record have the fields that Lambda sends?

Those of the invocation record were seen on AWS (native-cases.json), those of the event are documented ("Implementing
stateful DynamoDB stream processing").
"""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from generator.mapping import invocation_records
from generator.mapping.shard_processor import Discard, DiscardReason, Failure, Window
from tests.mapping.simulating import Record

AT = datetime(2026, 9, 17, 13, 3, 40, 11_000, UTC).timestamp()
FIRST = datetime(2026, 9, 17, 13, 2, 26, tzinfo=UTC).timestamp()
START = datetime(2026, 9, 17, 14, 11, 10, tzinfo=UTC).timestamp()
SOURCE = invocation_records.InvocationSource(
    mapping_uuid="5b3c", function_arn="arn:function:live", stream_arn="arn:stream", shard_id="shardId-1", version="7"
)
TWO = [Record(41_800_003_314_721_981_745_013, FIRST), Record(42_100_001_330_762_507_399_791, FIRST + 1.9)]
RETRIED = Discard(TWO, DiscardReason.RETRIES, 2, 1, Failure("Unhandled"))
TOO_OLD = Discard(TWO, DiscardReason.AGE, 1, 1, None)
WINDOW = Window(START, START + 10, {"sum": 1})
FINAL = Discard((), DiscardReason.RETRIES, 3, 1, Failure("Unhandled"), WINDOW._replace(final=True))


def document_of(
    discard: Discard,
    source: invocation_records.InvocationSource = SOURCE,
    payload: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return invocation_records.invocation_record(discard, source, AT, "request", payload)


class TestDocument:
    def test_retries_exhausted(self) -> None:
        assert document_of(RETRIED) == {
            "requestContext": {
                "requestId": "request",
                "functionArn": "arn:function:live",
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 2,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "7", "functionError": "Unhandled"},
            "version": "1.0",
            "timestamp": "2026-09-17T13:03:40.011Z",
            "DDBStreamBatchInfo": {
                "shardId": "shardId-1",
                "startSequenceNumber": "41800003314721981745013",
                "endSequenceNumber": "42100001330762507399791",
                "approximateArrivalOfFirstRecord": "2026-09-17T13:02:26Z",
                "approximateArrivalOfLastRecord": "2026-09-17T13:02:27Z",
                "batchSize": 2,
                "streamArn": "arn:stream",
            },
        }

    def test_reported_failure_has_a_response_without_an_error(self) -> None:
        document = document_of(RETRIED._replace(failure=Failure(None)))
        assert document["responseContext"] == {"statusCode": 200, "executedVersion": "7", "functionError": None}

    def test_record_too_old_has_no_response(self) -> None:
        document = document_of(TOO_OLD)
        assert document["requestContext"]["condition"] == "RecordAgeExceeded"
        assert "responseContext" not in document

    def test_version_is_latest_by_default(self) -> None:
        source = invocation_records.InvocationSource(
            mapping_uuid="5b3c", function_arn="arn", stream_arn="arn", shard_id="shard"
        )
        document = document_of(RETRIED, source)
        assert document["responseContext"]["executedVersion"] == "$LATEST"

    def test_final_invocation_has_shard_stream_and_window_only(self) -> None:
        document = document_of(FINAL)
        assert document["DDBStreamBatchInfo"] == {"shardId": "shardId-1", "streamArn": "arn:stream"}
        assert document["timeWindowInfo"] == {
            "window": {"start": "2026-09-17T14:11:10Z", "end": "2026-09-17T14:11:20Z"},
            "isFinalInvokeForWindow": True,
            "isWindowTerminatedEarly": False,
        }

    def test_records_of_a_window_have_both(self) -> None:
        document = document_of(RETRIED._replace(window=WINDOW))
        assert document["DDBStreamBatchInfo"]["batchSize"] == 2
        assert document["timeWindowInfo"]["isFinalInvokeForWindow"] is False

    def test_document_outside_a_window_has_none(self) -> None:
        assert "timeWindowInfo" not in document_of(RETRIED)

    def test_it_is_json(self) -> None:
        document = document_of(FINAL)
        assert json.loads(json.dumps(document)) == document


class TestBucket:
    EVENT = invocation_records.invocation_event([{"eventID": "1"}, {"eventID": "2"}], None, SOURCE)

    def test_payload_is_the_whole_event_as_text_before_the_timestamp(self) -> None:
        stored = document_of(RETRIED, payload=self.EVENT)
        names = ["requestContext", "responseContext", "version", "payload", "timestamp", "DDBStreamBatchInfo"]
        assert list(stored) == names
        assert stored["payload"] == '{"Records":[{"eventID":"1"},{"eventID":"2"}]}'

    def test_other_members_are_those_in_a_queue(self) -> None:
        stored = document_of(RETRIED, payload=self.EVENT)
        assert {name: value for name, value in stored.items() if name != "payload"} == document_of(RETRIED)

    def test_key_has_mapping_shard_day_and_time(self) -> None:
        assert invocation_records.s3_key(SOURCE, AT).startswith(
            "aws/lambda/5b3c/shardId-1/2026/09/17/2026-09-17T13.03.40-"
        )

    def test_key_has_the_time_of_utc_in_any_time_zone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        try:
            assert "/2026/09/17/2026-09-17T13.03.40-" in invocation_records.s3_key(SOURCE, AT)
        finally:
            monkeypatch.undo()
            time.tzset()

    def test_two_documents_of_the_same_time_have_different_keys(self) -> None:
        assert invocation_records.s3_key(SOURCE, AT) != invocation_records.s3_key(SOURCE, AT)


class TestEvent:
    def test_event_outside_a_window_has_records_only(self) -> None:
        assert invocation_records.invocation_event([{"eventID": "1"}], None, SOURCE) == {"Records": [{"eventID": "1"}]}

    def test_event_in_a_window_has_its_state_and_bounds(self) -> None:
        assert invocation_records.invocation_event([{"eventID": "1"}], WINDOW, SOURCE) == {
            "Records": [{"eventID": "1"}],
            "window": {"start": "2026-09-17T14:11:10Z", "end": "2026-09-17T14:11:20Z"},
            "state": {"sum": 1},
            "shardId": "shardId-1",
            "eventSourceARN": "arn:stream",
            "isFinalInvokeForWindow": False,
            "isWindowTerminatedEarly": False,
        }

    @pytest.mark.parametrize("early", [False, True])
    def test_event_of_the_final_invocation_has_no_records(self, early: bool) -> None:  # noqa: FBT001 - a case
        event = invocation_records.invocation_event([], WINDOW._replace(final=True, early=early), SOURCE)
        assert event["Records"] == []
        assert (event["isFinalInvokeForWindow"], event["isWindowTerminatedEarly"]) == (True, early)
