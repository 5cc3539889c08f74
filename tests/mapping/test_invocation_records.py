"""Are the event and the on-failure document, field by field, what Lambda sends?

The document's fields are those that were seen on AWS (native-cases.json), the event's those of the documentation
("Implementing stateful DynamoDB stream processing").
"""

import json
from datetime import UTC, datetime

import pytest

from generator.mapping import invocation_records
from generator.mapping.shard_processor import Condition, Discard, Failure, Window
from tests.mapping.simulating import Record

AT = datetime(2026, 9, 17, 13, 3, 40, 11_000, UTC).timestamp()
FIRST = datetime(2026, 9, 17, 13, 2, 26, tzinfo=UTC).timestamp()
START = datetime(2026, 9, 17, 14, 11, 10, tzinfo=UTC).timestamp()
ORIGIN = invocation_records.Origin(
    mapping="5b3c", function_arn="arn:function:live", stream_arn="arn:stream", shard="shardId-1", version="7"
)
TWO = [Record(41_800_003_314_721_981_745_013, FIRST), Record(42_100_001_330_762_507_399_791, FIRST + 1.9)]
RETRIED = Discard(TWO, Condition.RETRIES, 2, 1, Failure("Unhandled"))
TOO_OLD = Discard(TWO, Condition.AGE, 1, 1, None)
WINDOW = Window(START, START + 10, {"sum": 1})
FINAL = Discard((), Condition.RETRIES, 3, 1, Failure("Unhandled"), WINDOW._replace(final=True))


class TestDocument:
    def test_retries_exhausted(self) -> None:
        assert invocation_records.on_failure(RETRIED, ORIGIN, AT, "request") == {
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
        document = invocation_records.on_failure(RETRIED._replace(failure=Failure(None)), ORIGIN, AT, "request")
        assert document["responseContext"] == {"statusCode": 200, "executedVersion": "7", "functionError": None}

    def test_record_too_old_has_no_response(self) -> None:
        document = invocation_records.on_failure(TOO_OLD, ORIGIN, AT, "request")
        assert document["requestContext"]["condition"] == "RecordAgeExceeded"
        assert "responseContext" not in document

    def test_version_is_the_unpublished_one_unless_told_otherwise(self) -> None:
        origin = invocation_records.Origin(mapping="5b3c", function_arn="arn", stream_arn="arn", shard="shard")
        document = invocation_records.on_failure(RETRIED, origin, AT, "request")
        assert document["responseContext"]["executedVersion"] == "$LATEST"

    def test_final_invocation_tells_shard_stream_and_window_alone(self) -> None:
        document = invocation_records.on_failure(FINAL, ORIGIN, AT, "request")
        assert document["DDBStreamBatchInfo"] == {"shardId": "shardId-1", "streamArn": "arn:stream"}
        assert document["timeWindowInfo"] == {
            "window": {"start": "2026-09-17T14:11:10Z", "end": "2026-09-17T14:11:20Z"},
            "isFinalInvokeForWindow": True,
            "isWindowTerminatedEarly": False,
        }

    def test_records_of_a_window_tell_both(self) -> None:
        document = invocation_records.on_failure(RETRIED._replace(window=WINDOW), ORIGIN, AT, "request")
        assert document["DDBStreamBatchInfo"]["batchSize"] == 2
        assert document["timeWindowInfo"]["isFinalInvokeForWindow"] is False

    def test_document_outside_a_window_tells_none(self) -> None:
        assert "timeWindowInfo" not in invocation_records.on_failure(RETRIED, ORIGIN, AT, "request")

    def test_it_is_json(self) -> None:
        document = invocation_records.on_failure(FINAL, ORIGIN, AT, "request")
        assert json.loads(json.dumps(document)) == document


class TestBucket:
    EVENT = invocation_records.event([{"eventID": "1"}], None, ORIGIN)

    def test_payload_is_the_whole_event_as_text_before_the_timestamp(self) -> None:
        stored = invocation_records.with_payload(
            invocation_records.on_failure(RETRIED, ORIGIN, AT, "request"), self.EVENT
        )
        names = ["requestContext", "responseContext", "version", "payload", "timestamp", "DDBStreamBatchInfo"]
        assert list(stored) == names
        assert json.loads(stored["payload"]) == self.EVENT

    def test_rest_is_the_document_of_a_queue(self) -> None:
        document = invocation_records.on_failure(RETRIED, ORIGIN, AT, "request")
        stored = invocation_records.with_payload(document, self.EVENT)
        assert {name: value for name, value in stored.items() if name != "payload"} == document

    def test_key_tells_mapping_shard_day_and_time(self) -> None:
        assert invocation_records.s3_key(ORIGIN, AT).startswith(
            "aws/lambda/5b3c/shardId-1/2026/09/17/2026-09-17T13.03.40-"
        )

    def test_two_documents_of_one_moment_have_two_keys(self) -> None:
        assert invocation_records.s3_key(ORIGIN, AT) != invocation_records.s3_key(ORIGIN, AT)


class TestEvent:
    def test_outside_a_window_it_holds_records_alone(self) -> None:
        assert invocation_records.event([{"eventID": "1"}], None, ORIGIN) == {"Records": [{"eventID": "1"}]}

    def test_within_a_window_it_tells_state_and_bounds(self) -> None:
        assert invocation_records.event([{"eventID": "1"}], WINDOW, ORIGIN) == {
            "Records": [{"eventID": "1"}],
            "window": {"start": "2026-09-17T14:11:10Z", "end": "2026-09-17T14:11:20Z"},
            "state": {"sum": 1},
            "shardId": "shardId-1",
            "eventSourceARN": "arn:stream",
            "isFinalInvokeForWindow": False,
            "isWindowTerminatedEarly": False,
        }

    @pytest.mark.parametrize("early", [False, True])
    def test_final_invocation_says_so(self, early: bool) -> None:  # noqa: FBT001 - a case
        event = invocation_records.event([], WINDOW._replace(final=True, early=early), ORIGIN)
        assert event["Records"] == []
        assert (event["isFinalInvokeForWindow"], event["isWindowTerminatedEarly"]) == (True, early)
