"""Is what is at a destination understood, and is whatever else it is left alone without stopping the rest?"""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from generator.errors import UsageError
from generator.mapping.records import from_event
from generator.operate import destinations, items, messages
from generator.operate.destinations import File
from generator.operate.messages import InvocationRecord, UnrecognizedMessage, as_json, parse, parse_line
from generator.parsing import is_utf_16
from tests.operate.fakes import STREAM, change, document
from tests.support.planning import TOP
from tests.support.properties import examples

NATIVE = json.loads((TOP / "tests" / "mapping" / "native-cases.json").read_text())
SEEN = {name: case["on_failure"] for name, case in NATIVE["cases"].items() if case.get("on_failure")}
SAID = SEEN["partial_enabled"]
PLACE = SAID["DDBStreamBatchInfo"]
RECORD = json.loads(json.dumps(change(7), default=lambda _time: 1_800_000_000)) | {"eventSourceARN": STREAM}
CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())


def said(**changed: Any) -> str:  # noqa: ANN401
    place = {**PLACE, **changed}
    return json.dumps(
        {**SAID, "DDBStreamBatchInfo": {name: value for name, value in place.items() if value is not ...}}
    )


def recognized(text: str) -> InvocationRecord:
    found = parse(text, "message")
    assert isinstance(found, InvocationRecord), found
    return found


def with_payload(*numbers: int, first: int = 7, last: int = 9, size: int = 3, **changed: Any) -> str:  # noqa: ANN401
    records = [
        {**RECORD, "dynamodb": {**RECORD["dynamodb"], "SequenceNumber": str(number)}, **changed} for number in numbers
    ]
    place = {"startSequenceNumber": str(first), "endSequenceNumber": str(last), "batchSize": size, "streamArn": STREAM}
    return json.dumps({**json.loads(said(**place)), "payload": json.dumps({"Records": records})})


@pytest.mark.parametrize("case", SEEN)
def test_invocation_record_of_aws_is_understood(case: str) -> None:
    found = recognized(json.dumps(SEEN[case]))
    place = SEEN[case]["DDBStreamBatchInfo"]
    assert (found.first, found.last) == (int(place["startSequenceNumber"]), int(place["endSequenceNumber"]))
    assert found.size == place["batchSize"]
    assert found.condition == SEEN[case]["requestContext"]["condition"]
    assert found.readable_until - found.first_arrival == 86_400


def test_invocation_record_is_written_as_it_was_read() -> None:
    found = recognized(json.dumps(SAID))
    assert parse_line(json.dumps(as_json(found)), "line 1", str) == [found]


def test_id_is_that_of_the_message_whatever_its_text_says() -> None:
    assert recognized(json.dumps({**SAID, "id": "of another"})).id == "message"


def test_envelope_of_a_topic_is_understood() -> None:
    envelope = json.dumps({"Type": "Notification", "MessageId": "other", "Message": json.dumps(SAID)})
    assert recognized(envelope) == recognized(json.dumps(SAID))


def test_end_of_a_tumbling_window_has_no_records() -> None:
    place = {**NATIVE["tumbling_final_failure"]["DDBStreamBatchInfo"], "streamArn": document(1).stream_arn}
    window = NATIVE["tumbling_final_failure"]["timeWindowInfo"]
    found = recognized(json.dumps({**SAID, "DDBStreamBatchInfo": place, "timeWindowInfo": window}))
    assert found.first is None
    assert found.windowed


def test_age_is_that_of_the_message_where_no_arrival_is_stated() -> None:
    found = recognized(said(approximateArrivalOfFirstRecord=..., approximateArrivalOfLastRecord=...))
    assert found.first_arrival == found.sent
    assert not found.arrival_is_known


@pytest.mark.parametrize(("sent", "late"), [("00:59:59", False), ("01:00:01", True)])
def test_message_that_leaves_less_than_an_hour_is_late(sent: str, late: bool) -> None:  # noqa: FBT001
    text = json.loads(said(approximateArrivalOfFirstRecord="2026-09-17T02:00:00Z"))
    found = recognized(json.dumps({**text, "timestamp": f"2026-09-18T{sent}Z"}))
    assert found.sent_late is late


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello", "expected JSON"),
        ("[1]", "not an object"),
        (json.dumps({"an": "order"}), "no DDBStreamBatchInfo"),
        (json.dumps(SAID)[:300], "expected JSON"),
        (said(startSequenceNumber=...), "sequence numbers go from None"),
        (said(startSequenceNumber="9", endSequenceNumber="8"), "sequence numbers go from 9 to 8"),
        (said(startSequenceNumber="1e3"), "startSequenceNumber is"),
        (said(startSequenceNumber="1" * 41), "startSequenceNumber is"),
        (said(batchSize=0), "batchSize is 0"),
        (said(batchSize=10_001), "batchSize is 10001"),
        (said(batchSize=True), "batchSize is true"),
        (said(batchSize="many"), "batchSize is"),
        (said(streamArn="arn:aws:kinesis:eu-west-1:1:stream/a"), "not a DynamoDB stream"),
        (said(shardId=...), "shardId is missing"),
        (said(approximateArrivalOfFirstRecord="yesterday"), "not a time"),
        (said(approximateArrivalOfFirstRecord="0001-01-01T00:00:00+23:59"), "not a time of a stream"),
        (json.dumps({**SAID, "timestamp": None}), "timestamp is missing"),
        (json.dumps({**SAID, "payload": "{"}), "expected JSON"),
        (json.dumps({**SAID, "payload": "{}"}), "payload has no Records"),
        (json.dumps({**SAID, "payload": '{"Records": [{"dynamodb": {"Keys": {}}}]}'}), "a record has no Keys"),
        (json.dumps({**SAID, "requestContext": {**SAID["requestContext"], "functionArn": "a/b"}}), "not a function"),
    ],
)
def test_what_is_no_invocation_record_is_left_alone_with_a_reason(text: str, reason: str) -> None:
    found = parse(text, "message")
    assert isinstance(found, UnrecognizedMessage)
    assert reason in found.reason


class TestPayload:
    def test_is_taken_as_it_is(self) -> None:
        found = recognized(with_payload(7, 8, 9))
        assert found.payload
        assert [record["dynamodb"]["SequenceNumber"] for record in found.payload() or []] == ["7", "8", "9"]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (with_payload(7, 9), "payload has 2 records, and it states 3"),
            (with_payload(7, 8, 9, size=2), "payload has 3 records, and it states 2"),
            (with_payload(7, 8, 10), "payload has records 7, 10, and it states 7 to 9"),
            (with_payload(6, 8, 9), "payload has records 6, 9, and it states 7 to 9"),
            (with_payload(7, 9, 8, last=8), "payload has records 7, 8, and it states 7 to 8"),
            (with_payload(7, 7, 9), "payload has records 7, 9"),
            (with_payload(), "payload has records of no number"),
            (with_payload(7, 8, 9, eventSourceARN="another"), 'a record of "another"'),
            (with_payload(7, 8, 9, eventName="CHANGE"), "no eventName"),
        ],
    )
    def test_is_refused_if_it_is_not_what_the_invocation_record_states(self, text: str, reason: str) -> None:
        found = parse(text, "key")
        assert isinstance(found, UnrecognizedMessage)
        assert reason in found.reason

    @pytest.mark.parametrize(
        "keys", [{"id": 7}, {"id": {}}, {"id": {"S": 1}}, {"id": {"N": "x"}}, {"id": {"B": "?"}}, {"id": {"M": {}}}]
    )
    def test_is_refused_if_its_keys_are_none(self, keys: Any) -> None:  # noqa: ANN401
        found = parse(with_payload(7, size=1, last=7, dynamodb={**RECORD["dynamodb"], "Keys": keys}), "key")
        assert isinstance(found, UnrecognizedMessage)
        assert "a record has the key" in found.reason


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
            (json.dumps({"MessageId": "a", "Body": json.dumps(SAID)}) + "\n") * 2,
            (json.dumps({"messageId": "a", "body": json.dumps(SAID)}) + "\n") * 2,
            (json.dumps({"Type": "Notification", "Message": json.dumps(SAID)}) + "\n") * 2,
            json.dumps({"Body": json.dumps({"Type": "Notification", "Message": json.dumps(SAID)})}) + "\n" + said(),
        ],
        ids=["JSON Lines", "array", "CLI", "SQS messages", "SQS event records", "SNS envelopes", "SNS in SQS"],
    )
    def test_holds_invocation_records(self, file: Path, content: str) -> None:
        file.write_text(content)
        first = int(PLACE["startSequenceNumber"])
        assert [getattr(found, "first", found) for found in File(file).read()] == [first, first]

    def test_holds_fetched_records_each_with_its_invocation_record(self, file: Path) -> None:
        lines = [RECORD | {"document": as_json(document(7, 9))}, RECORD | {"document": as_json(document(7, 9))}]
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        (found, _) = File(file).read()
        assert isinstance(found, InvocationRecord)
        assert (found.first, found.last, found.size) == (7, 7, 1)
        assert found.payload
        assert found.payload() == [RECORD]

    def test_that_has_changed_meanwhile_has_no_records(self, file: Path) -> None:
        line = json.dumps(RECORD | {"document": as_json(document(7, 9))}) + "\n"
        file.write_text(line)
        (found,) = File(file).read()
        file.write_text(line.replace("INSERT", "MODIFY"))
        assert isinstance(found, InvocationRecord)
        assert found.payload
        assert found.payload() is None

    @pytest.mark.parametrize(
        ("foreign", "reason"),
        [
            (json.dumps(SAID)[:99], "expected JSON"),
            ('{"an": "order"}', "no DDBStreamBatchInfo"),
            (json.dumps(RECORD), "the record has no invocation record"),
            (json.dumps(RECORD | {"document": as_json(document(8, 9))}), "record 7 is not in the range"),
            ("[1]", "1, not an object"),
            ("7", "7, not an object"),
            ("\udcff", "half of a surrogate pair"),
            ("[" * 60_000, "levels of nesting"),
            ("[" * 60_000 + "]" * 60_000, "levels of nesting"),
        ],
    )
    @pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
    def test_foreign_line_is_left_alone(self, file: Path, foreign: str, reason: str, *, first: bool) -> None:
        lines = [foreign, json.dumps(SAID)] if first else [json.dumps(SAID), foreign]
        file.write_bytes("\n".join(lines).encode(errors="surrogateescape"))
        found = list(File(file).read())
        assert [isinstance(each, InvocationRecord) for each in found] == [not first, first]
        left_alone = found[0 if first else 1]
        assert isinstance(left_alone, UnrecognizedMessage)
        assert reason in left_alone.reason
        assert left_alone.id.startswith(f"line {1 if first else 2}")

    @pytest.mark.parametrize("content", ["", " \n\n"])
    def test_empty_file_is_refused(self, file: Path, content: str) -> None:
        file.write_text(content)
        with pytest.raises(UsageError, match="holds no invocation records"):
            File(file)

    @pytest.mark.parametrize("form", ["JSON Lines", "array"])
    def test_byte_order_mark_is_accepted(self, file: Path, form: str) -> None:
        record = RECORD | {"document": as_json(document(7, 9))}
        lines = [json.dumps(record)] * 2
        text = "\n".join(lines) if form == "JSON Lines" else json.dumps([record] * 2, indent=2)
        file.write_text(text, encoding="utf-8-sig")
        found = list(File(file).read())
        assert [isinstance(each, InvocationRecord) and each.payload and each.payload() for each in found] == [
            [RECORD],
            [RECORD],
        ]

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
    def test_other_encoding_is_refused(self, file: Path, encoding: str) -> None:
        file.write_text(said(), encoding=encoding)
        with pytest.raises(UsageError, match=r'^--file: ".*": expected UTF-8, got UTF-16\.$'):
            File(file)

    def test_byte_order_mark_alone_is_an_empty_file(self, file: Path) -> None:
        file.write_text("\n", encoding="utf-8-sig")
        with pytest.raises(UsageError, match="holds no invocation records"):
            File(file)

    @pytest.mark.parametrize("content", [b"x" * 3000, json.dumps(SAID).encode() + b"\n" + b"x" * 3000])
    def test_line_that_is_too_long_is_refused(
        self, file: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(destinations, "MAX_BYTES", 2048)
        file.write_bytes(content)
        with pytest.raises(UsageError, match=r'^--file: ".*" has a line of more than 2,048 bytes\.'):
            list(File(file).read())

    def test_array_that_is_too_large_is_refused(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(destinations, "MAX_BYTES", 2048)
        file.write_text(json.dumps([SAID] * 9, indent=2))
        with pytest.raises(UsageError, match=r'".*" is not JSON Lines and has more than 2,048 bytes\.'):
            list(File(file).read())

    def test_more_lines_than_fit_in_memory_are_read(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(destinations, "MAX_BYTES", 2048)
        file.write_text((json.dumps(SAID) + "\n") * 9)
        assert len(list(File(file).read())) == 9

    @pytest.mark.parametrize("kind", ["pipe", "socket", "directory"])
    def test_only_a_regular_file_is_read(self, file: Path, kind: str) -> None:
        if kind == "directory":
            file.mkdir()
        else:
            os.mknod(file, 0o600 | (stat.S_IFIFO if kind == "pipe" else stat.S_IFSOCK))
        with pytest.raises(UsageError, match=r'^--file: ".*" is not a regular file\. '):
            File(file)

    def test_file_that_is_not_there_is_refused(self, file: Path) -> None:
        with pytest.raises(UsageError, match="No such file"):
            File(file)


# --- whatever the bytes are -------------------------------------------------------------------------------------------


def hold(found: InvocationRecord | UnrecognizedMessage) -> None:
    """Do everything with a message that a run does with it: nothing of it may raise."""
    if isinstance(found, UnrecognizedMessage):
        assert found.reason
        found.reason.encode()
        return
    again = parse_line(json.dumps(as_json(found)), found.id, str)
    assert [getattr(each, "first", each) for each in again] == [found.first]
    for event in (found.payload and found.payload()) or []:
        json.dumps(event, ensure_ascii=False, allow_nan=False).encode()
        items.with_bytes(json.loads(from_event(event).key))
        items.state_after(event)


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_corpus_is_left_alone(file: Path) -> None:
    text = file.read_bytes().decode(errors="surrogateescape")
    found = parse(text, "message")
    assert isinstance(found, UnrecognizedMessage)
    hold(found)
    for each in parse_line(text, "line 1", lambda: text):
        hold(each)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
_WHOLE = json.loads(with_payload(7, 8, 9))


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Return an invocation record with a payload, one part of which is something else, or its text cut or changed."""
    value = json.loads(json.dumps(_WHOLE))
    event = json.loads(value["payload"])
    root = {"document": value, "event": event}
    for _ in range(draw(st.integers(1, 3))):
        holder: Any = root
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(holder[key], dict | list) and draw(st.booleans()):
                holder = holder[key]
                continue
            holder[key] = draw(_JSON)
            break
    if isinstance(root["document"], dict) and "payload" in root["document"]:
        root["document"]["payload"] = json.dumps(root["event"])
    text = json.dumps(root["document"])
    cut = draw(st.integers(0, len(text)))
    return draw(st.sampled_from([text, text, text, text[:cut], text[:cut] + draw(st.text(max_size=3)) + text[cut:]]))


@examples(10)
@given(st.one_of(damaged(), st.text(st.characters()), _JSON.map(json.dumps)))
def test_any_text_is_an_invocation_record_that_can_be_used_or_is_left_alone(text: str) -> None:
    hold(parse(text, "message"))
    for each in parse_line(text, "line 1", lambda: text):
        hold(each)


@examples(2.5)
@given(st.lists(st.binary(max_size=40) | damaged().map(lambda text: text.encode(errors="surrogateescape")), min_size=1))
def test_any_file_is_read_to_its_end(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    file = tmp_path_factory.mktemp("fuzz") / "saved"
    file.write_bytes(b"\n".join(lines) + b"\n" + json.dumps(SAID).encode())
    assume(not is_utf_16(file.read_bytes()))
    found = list(File(file).read())
    for each in found:
        hold(each)
    assert any(isinstance(each, InvocationRecord) and each.first == int(PLACE["startSequenceNumber"]) for each in found)


def test_guard_knows_recursion_and_surrogates() -> None:
    assert isinstance(parse('{"a": ' * 990 + "1" + "}" * 990, "message"), UnrecognizedMessage)
    assert isinstance(messages.parse('{"id": "\\ud800"}', "message"), UnrecognizedMessage)
