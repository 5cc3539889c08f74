"""Is what lies at a destination understood, and what is no document told apart?"""

import json
from pathlib import Path
from typing import Any

import pytest

from generator.errors import UsageError
from generator.operate.destinations import File
from generator.operate.messages import UnrecognizedError, as_json, from_json, parse
from tests.operate.fakes import change, document
from tests.support.planning import TOP

NATIVE = json.loads((TOP / "tests" / "mapping" / "native-cases.json").read_text())
SEEN = {name: case["on_failure"] for name, case in NATIVE["cases"].items() if case.get("on_failure")}
SAID = SEEN["partial_enabled"]
RECORD = json.loads(json.dumps(change(7), default=str)) | {"eventSourceARN": "arn"}


def said(**changed: Any) -> str:  # noqa: ANN401
    place = {**SAID["DDBStreamBatchInfo"], **changed}
    return json.dumps(
        {**SAID, "DDBStreamBatchInfo": {name: value for name, value in place.items() if value is not ...}}
    )


@pytest.mark.parametrize("case", SEEN)
def test_document_of_aws_is_understood(case: str) -> None:
    found = parse(json.dumps(SEEN[case]), "message")
    place = SEEN[case]["DDBStreamBatchInfo"]
    assert (found.first, found.last) == (int(place["startSequenceNumber"]), int(place["endSequenceNumber"]))
    assert found.size == place["batchSize"]
    assert found.condition == SEEN[case]["requestContext"]["condition"]
    assert found.readable_until - found.first_arrival == 86_400


def test_document_is_written_as_it_was_read() -> None:
    written = as_json(parse(json.dumps(SAID), "message"))
    again = from_json(written, "message")
    assert again == parse(json.dumps(SAID), "message")


def test_document_in_the_envelope_of_a_topic_is_understood() -> None:
    envelope = json.dumps({"Type": "Notification", "MessageId": "other", "Message": json.dumps(SAID)})
    assert parse(envelope, "message") == parse(json.dumps(SAID), "message")


def test_payload_of_a_bucket_is_taken_as_it_is() -> None:
    found = parse(json.dumps(SAID | {"payload": json.dumps({"Records": [RECORD]})}), "key")
    assert found.payload
    assert found.payload() == [RECORD]


def test_end_of_a_tumbling_window_names_no_records() -> None:
    place = {**NATIVE["tumbling_final_failure"]["DDBStreamBatchInfo"], "streamArn": document(1).stream_arn}
    window = NATIVE["tumbling_final_failure"]["timeWindowInfo"]
    found = parse(json.dumps({**SAID, "DDBStreamBatchInfo": place, "timeWindowInfo": window}), "message")
    assert found.first is None
    assert found.windowed


def test_age_is_the_documents_own_where_no_arrival_is_told() -> None:
    found = parse(said(approximateArrivalOfFirstRecord=..., approximateArrivalOfLastRecord=...), "message")
    assert found.first_arrival == found.sent
    assert not found.arrival_is_known


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello", "not JSON"),
        ("[1]", "not an object"),
        (json.dumps({"an": "order"}), "no DDBStreamBatchInfo"),
        (json.dumps(SAID)[:300], "not JSON"),
        (said(startSequenceNumber=...), "sequence numbers go from None"),
        (said(startSequenceNumber="9", endSequenceNumber="8"), "sequence numbers go from 9 to 8"),
        (said(startSequenceNumber="1e3"), "startSequenceNumber is"),
        (said(batchSize=0), "batchSize is 0"),
        (said(batchSize="many"), "batchSize is"),
        (said(streamArn="arn:aws:kinesis:eu-west-1:1:stream/a"), "not a DynamoDB stream"),
        (said(shardId=...), "shardId is missing"),
        (said(approximateArrivalOfFirstRecord="yesterday"), "not a time"),
        (json.dumps({**SAID, "timestamp": None}), "timestamp is missing"),
        (json.dumps({**SAID, "payload": "{"}), "payload is not JSON"),
        (json.dumps({**SAID, "payload": "{}"}), "payload has no Records"),
        (json.dumps({**SAID, "payload": '{"Records": [{"dynamodb": {"Keys": {}}}]}'}), "no SequenceNumber"),
    ],
)
def test_what_is_no_document_is_told_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(UnrecognizedError, match=reason):
        parse(text, "message")


class TestFile:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "saved"

    @pytest.mark.parametrize(
        "content",
        [
            json.dumps(SAID) + "\n\n" + json.dumps(SAID),
            json.dumps([SAID, SAID], indent=1),
            json.dumps({"Messages": [{"MessageId": "a", "Body": json.dumps(SAID)}] * 2}, indent=2),
        ],
        ids=["JSON Lines", "an array", "what the AWS CLI prints"],
    )
    def test_holds_documents(self, file: Path, content: str) -> None:
        file.write_text(content)
        assert [found.first for found in File(file).read()] == [
            int(SAID["DDBStreamBatchInfo"]["startSequenceNumber"])
        ] * 2

    def test_holds_fetched_records_each_with_its_document(self, file: Path) -> None:
        lines = [RECORD | {"document": as_json(document(7, 9))}, RECORD | {"document": as_json(document(7, 9))}]
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        (found, _) = File(file).read()
        assert (found.first, found.last, found.size) == (7, 7, 1)
        assert found.payload
        assert found.payload() == [RECORD]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("", "is neither JSON nor JSON Lines"),
            ("[]", "holds no documents"),
            ("nonsense", "is neither JSON nor JSON Lines"),
            (json.dumps(SAID) + "\n" + json.dumps(SAID)[:99], "line 2 is not JSON"),
            (json.dumps(SAID) + '\n{"an": "order"}\n', "line 2: this is no document"),
            (json.dumps(RECORD), "the record has no invocation record"),
            ("[1, 2]", "1 is not an object"),
        ],
    )
    def test_refuses_the_whole_file_for_one_bad_line(self, file: Path, content: str, message: str) -> None:
        file.write_text(content)
        with pytest.raises(UsageError, match=message):
            File(file)

    def test_is_refused_where_it_is_not_there(self, file: Path) -> None:
        with pytest.raises(UsageError, match="cannot be read: No such file"):
            File(file)
