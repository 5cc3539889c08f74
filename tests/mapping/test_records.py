"""Are records of the API as Lambda puts them into an event, and is their metadata right?"""

from datetime import UTC, datetime
from typing import Any

import pytest

from generator.mapping.records import SequenceNumber, as_event, from_event

READ: dict[str, Any] = {
    "eventID": "1",
    "eventName": "REMOVE",
    "dynamodb": {
        "ApproximateCreationDateTime": datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC),
        "Keys": {"id": {"S": "ä"}, "at": {"N": "1"}},
        "OldImage": {"data": {"B": b"\x00\xff"}, "parts": {"L": [{"BS": {b"a"}}, {"B": bytearray(b"b")}]}},
        "SequenceNumber": "000000000000000000012",
    },
    "userIdentity": {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"},
}
EVENT: dict[str, Any] = {
    "eventID": "1",
    "eventName": "REMOVE",
    "dynamodb": {
        "ApproximateCreationDateTime": 1_795_608_000,
        "Keys": {"id": {"S": "ä"}, "at": {"N": "1"}},
        "OldImage": {"data": {"B": "AP8="}, "parts": {"L": [{"BS": ["YQ=="]}, {"B": "Yg=="}]}},
        "SequenceNumber": "000000000000000000012",
    },
    "userIdentity": {"principalId": "dynamodb.amazonaws.com", "type": "Service"},
    "eventSourceARN": "arn:stream",
}


class TestAsEvent:
    def test_event_has_json_values_and_the_spelling_of_an_event(self) -> None:
        event = as_event(READ, "arn:stream")
        assert event == EVENT
        assert type(event["dynamodb"]["ApproximateCreationDateTime"]) is int

    def test_fractions_of_a_second_are_kept(self) -> None:
        assert as_event({"at": datetime(1970, 1, 1, 0, 0, 1, 500_000, UTC)}, "")["at"] == 1.5

    def test_record_without_an_identity_gets_none(self) -> None:
        assert as_event({"eventID": "1"}, "arn:stream") == {"eventID": "1", "eventSourceARN": "arn:stream"}


class TestFromEvent:
    def test_record_has_the_metadata_of_its_event(self) -> None:
        record = from_event(EVENT)
        assert (record.sequence, str(record.sequence)) == (12, "000000000000000000012")
        assert record.arrival == 1_795_608_000
        assert record.event is EVENT

    def test_key_is_the_same_in_any_order_of_its_attributes(self) -> None:
        change = EVENT["dynamodb"]
        reverse = EVENT | {"dynamodb": change | {"Keys": dict(reversed(change["Keys"].items()))}}
        assert from_event(EVENT).key == from_event(reverse).key == '{"at": {"N": "1"}, "id": {"S": "\\u00e4"}}'

    def test_size_is_in_bytes_of_utf_8(self) -> None:
        event = {"dynamodb": {"SequenceNumber": 1, "Keys": {"id": {"S": "ä"}}}}
        assert from_event(event).size == len('{"dynamodb":{"SequenceNumber":1,"Keys":{"id":{"S":"ä"}}}}'.encode())

    def test_record_without_a_time_has_the_oldest(self) -> None:
        assert from_event({"dynamodb": {"SequenceNumber": "1"}}).arrival == 0.0


@pytest.mark.parametrize("text", ["7", "007"])
def test_sequence_number_is_compared_as_a_number_and_written_as_it_was_read(text: str) -> None:
    number = SequenceNumber(text)
    assert number == 7
    assert number > SequenceNumber("06")
    assert f"{number!s}" == text
