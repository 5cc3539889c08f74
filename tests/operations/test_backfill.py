"""Does the function of the backfill example cut a file into whole parts, and single out what fails?

``tests/local/test_examples.py`` runs it on the AWS emulator, within its state machine.
"""

import gzip
import importlib.util
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.planning import TOP

FOLDER = "AWSDynamoDB/0123-abcd"
FILE = f"{FOLDER}/data/first.json.gz"
SUMMARY = {
    "exportArn": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/export/0123-abcd",
    "exportTime": "2026-11-25T07:28:34.028Z",
}
_specification = importlib.util.spec_from_file_location("backfill", TOP / "examples/backfill/function/backfill.py")
assert _specification
assert _specification.loader
backfill = importlib.util.module_from_spec(_specification)
_specification.loader.exec_module(backfill)


@dataclass
class Aws:
    """A bucket and a function, in memory: what is in the one, what the other was sent and returns."""

    objects: dict[str, bytes] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    sent: list[list[str]] = field(default_factory=list)
    done: set[int] = field(default_factory=set)
    answers: Callable[[list[str]], dict[str, Any]] = lambda _: {"returned": None}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - as boto3 names them
        assert Bucket == "the-bucket"
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 - as above
        assert Bucket == "the-bucket"
        self.objects[Key] = Body
        self.written.append(Key)

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - as above
        assert FunctionName == "the-function"
        assert len(Payload) <= 6_000_000
        numbers = [record["dynamodb"]["SequenceNumber"] for record in json.loads(Payload)["Records"]]
        self.sent.append(numbers)
        answer = self.answers(numbers)
        self.done |= {place(number) for number in answer.get("done", numbers)}
        returned = io.BytesIO(json.dumps(answer["returned"]).encode())
        return {"Payload": returned, **({"FunctionError": "Unhandled"} if "error" in answer else {})}

    @property
    def parts(self) -> dict[str, list[dict[str, Any]]]:
        """The records of each part, by its name."""
        return {
            key: json.loads(content)["Records"] for key, content in self.objects.items() if key.startswith("parts/")
        }


class Context:
    """Tells how much time is left: each of these seconds in turn, and the last one for ever."""

    def __init__(self, *seconds: float) -> None:
        self.seconds = list(seconds)

    def get_remaining_time_in_millis(self) -> float:
        return 1000 * (self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0])


def settings(monkeypatch: pytest.MonkeyPatch, aws: Aws) -> None:
    monkeypatch.setattr(backfill.boto3, "client", lambda *_, **__: aws)
    for name, value in {
        "AWS_REGION": "eu-west-1",
        "BUCKET": "the-bucket",
        "FUNCTION": "the-function",
        "KEYS": "id,at",
        "PART_ITEMS": "3",
        "STREAM_ARN": "the-stream",
    }.items():
        monkeypatch.setenv(name, value)


def exported(items: Iterable[dict[str, Any]]) -> dict[str, bytes]:
    lines = "".join(json.dumps({"Item": item}) + "\n" for item in items)
    return {FILE: gzip.compress(lines.encode()), f"{FOLDER}/manifest-summary.json": json.dumps(SUMMARY).encode()}


def item(number: int, **attributes: Any) -> dict[str, Any]:  # noqa: ANN401 - any value of DynamoDB JSON
    return {"id": {"S": f"item {number}"}, "at": {"N": str(number)}, **attributes}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    made = Aws(exported(item(number) for number in range(8)))
    settings(monkeypatch, made)
    return made


def unpack(begin: int = 0, context: Context | None = None) -> dict[str, Any]:
    return dict(backfill.unpack({"key": FILE, "begin": begin}, context or Context(900)))


class TestUnpack:
    def test_file_becomes_parts_of_so_many_items(self, aws: Aws) -> None:
        assert unpack() == {"key": FILE, "begin": 8, "done": True}
        assert {key: len(records) for key, records in aws.parts.items()} == {
            "parts/0123-abcd/first/000000000000.json": 3,
            "parts/0123-abcd/first/000000000003.json": 3,
            "parts/0123-abcd/first/000000000006.json": 2,
        }

    def test_item_becomes_the_record_of_its_insertion(self, aws: Aws) -> None:
        binary = item(0, data={"B": "AAE="}, more={"L": [{"NULL": True}, {"SS": ["ä"]}]})
        aws.objects |= exported([binary])
        unpack()
        ((record,),) = aws.parts.values()
        assert len(record.pop("eventID")) == 32
        assert record.pop("dynamodb").pop("SizeBytes") > 0
        assert record == {
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "eu-west-1",
            "eventSourceARN": "the-stream",
        }
        ((record,),) = aws.parts.values()
        assert record["dynamodb"]["Keys"] == {"id": {"S": "item 0"}, "at": {"N": "0"}}
        assert record["dynamodb"]["NewImage"] == binary
        assert record["dynamodb"]["ApproximateCreationDateTime"] == 1795591714

    def test_sequence_numbers_ascend_below_a_streams(self, aws: Aws) -> None:
        unpack()
        numbers = [record["dynamodb"]["SequenceNumber"] for records in aws.parts.values() for record in records]
        assert numbers == sorted(set(numbers))
        assert {len(number) for number in numbers} == {18}

    def test_later_export_has_higher_sequence_numbers(self, aws: Aws) -> None:
        unpack()
        later = json.dumps({**SUMMARY, "exportTime": "2026-11-25T07:28:34.029Z"}).encode()
        earlier = max(record["dynamodb"]["SequenceNumber"] for records in aws.parts.values() for record in records)
        aws.objects[f"{FOLDER}/manifest-summary.json"] = later
        unpack()
        assert min(record["dynamodb"]["SequenceNumber"] for part in aws.parts.values() for record in part) > earlier

    def test_it_stops_before_the_timeout_and_goes_on_where_it_was(self, aws: Aws) -> None:
        whole = Aws(dict(aws.objects))
        first = unpack(context=Context(900, 20))
        assert first == {"key": FILE, "begin": 6, "done": False}
        unpacked = dict(aws.objects)
        assert unpack(first["begin"]) == {"key": FILE, "begin": 8, "done": True}
        assert aws.written[-1:] == [key for key in aws.objects if key not in unpacked]
        assert len(aws.written) == 3
        parts = aws.parts
        aws.objects = whole.objects
        unpack()
        assert aws.parts == parts

    def test_large_items_make_small_parts(self, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PART_ITEMS", "100")
        # 400 KB is the most that an item has; escaped, a character may take six bytes
        aws.objects |= exported(item(number, text={"S": "ä" * 200_000}) for number in range(20))
        unpack()
        sizes = [len(content) for key, content in aws.objects.items() if key.startswith("parts/")]
        assert max(sizes) < 6_000_000
        assert sum(len(records) for records in aws.parts.values()) == 20

    def test_empty_file_has_no_parts(self, aws: Aws) -> None:
        aws.objects |= exported([])
        assert unpack() == {"key": FILE, "begin": 0, "done": True}
        assert aws.parts == {}


def place(number: str) -> int:
    """Return which item of its part a sequence number is of, from 1 on."""
    return int(number) + 1


def fails(bad: set[int], how: str) -> Callable[[list[str]], dict[str, Any]]:
    """Return a function that raises, or reports the first, where one of these records is in the batch."""

    def answer(numbers: list[str]) -> dict[str, Any]:
        found = [number for number in numbers if place(number) in bad]
        if not found:
            return {"returned": {"batchItemFailures": []}}
        if how == "raises":
            return {"returned": {"errorType": "ValueError", "errorMessage": "bad"}, "error": True, "done": []}
        if how == "confuses":
            return {"returned": {"batchItemFailures": [{"itemIdentifier": "of another batch"}]}, "done": []}
        done = numbers[: numbers.index(found[0])]
        return {"returned": {"batchItemFailures": [{"itemIdentifier": found[0]}]}, "done": done}

    return answer


def part(size: int) -> bytes:
    records = [backfill._record(item(number), number, "source", 0, 1) for number in range(size)]
    return json.dumps({"Records": records}).encode()


class TestSend:
    def test_part_is_one_invocation(self, aws: Aws) -> None:
        aws.objects["part"] = part(5)
        assert backfill.send({"key": "part"}, None) == {"processed": 5}
        assert [len(numbers) for numbers in aws.sent] == [5]

    @pytest.mark.parametrize("how", ["raises", "reports", "confuses"])
    @given(size=st.integers(1, 12), bad=st.sets(st.integers(1, 12)))
    def test_exactly_what_fails_alone_is_named(self, how: str, size: int, bad: set[int]) -> None:
        bad = {number for number in bad if number <= size}
        aws = Aws(answers=fails(bad, how))
        with pytest.MonkeyPatch.context() as monkeypatch:
            settings(monkeypatch, aws)
            aws.objects["part"] = part(size)
            named: list[dict[str, Any]] = []
            try:
                assert backfill.send({"key": "part"}, None) == {"processed": size}
            except backfill.ItemsFailedError as error:
                count, _, text = str(error).partition(f" of {size} items failed: ")
                named = json.loads(text)
                assert int(count) == len(named)
        assert [int(each["keys"]["at"]["N"]) + 1 for each in named] == sorted(bad)
        assert aws.done == set(range(1, size + 1)) - bad
        assert len(aws.sent) <= 2 * size

    def test_failures_are_all_counted_and_named_as_far_as_there_is_room(self, aws: Aws) -> None:
        records = json.loads(part(100))["Records"]
        for record in records:
            # 2,048 bytes are the most that a partition key has
            record["dynamodb"]["Keys"]["id"]["S"] = "k" * 2048
        aws.objects["part"] = json.dumps({"Records": records}).encode()
        aws.answers = fails(set(range(1, 101)), "raises")
        with pytest.raises(backfill.ItemsFailedError, match="100 of 100") as error:
            backfill.send({"key": "part"}, None)
        text = str(error.value)
        assert len(json.loads(text[text.index("[") :])) == 14
        assert len(text) < 32_768
