"""Is whatever cannot be used one line with an exit code, and is nothing deleted then?"""

import sys
from pathlib import Path

import pytest

from tests.operate.conftest import Answer, Call
from tests.operate.pipelines import Pipeline, item

pytestmark = pytest.mark.emulator


def one_line(answer: Answer, code: int) -> str:
    """Hold an answer to a failure to what every failure is, and return its message."""
    assert answer.code == code
    assert answer.out == ""
    assert answer.err.startswith("Error: ")
    assert answer.err.count("\n") == 1
    return answer.err


@pytest.mark.parametrize("verb", ["list", "replay"])
@pytest.mark.parametrize("queue", ["nowhere", "arn:aws:sqs:eu-west-1:123456789012:nowhere", "https://sqs/1/nowhere"])
def test_unknown_queue_is_one_line(call: Call, verb: str, queue: str) -> None:
    assert "nowhere" in one_line(call("redrive", verb, "--queue", queue), 13)


def test_queue_in_another_region_is_one_line(call: Call) -> None:
    answer = call("redrive", "list", "--queue", "arn:aws:sqs:us-east-1:123456789012:orders")
    assert "is in us-east-1, not in eu-west-1. Add --region us-east-1." in one_line(answer, 3)


def test_unknown_bucket_is_one_line(call: Call) -> None:
    assert "NoSuchBucket" in one_line(call("redrive", "list", "--bucket", "no-such-bucket"), 13)


def test_unknown_mapping_is_one_line(call: Call, small: Pipeline) -> None:
    answer = call("redrive", "replay", "--queue", small.queue, "--mapping", "11111111-2222-3333-4444-555555555555")
    assert "mapping 11111111-" in one_line(answer, 13)


def test_function_that_does_not_exist_is_one_line_and_nothing_is_deleted(small: Pipeline, call: Call) -> None:
    small.park(item("d", poison=True))
    answer = call("redrive", "replay", "--queue", small.queue, "--function", "no-such-function", "--yes")
    assert "The function no-such-function cannot be invoked: ResourceNotFoundException" in one_line(answer, 13)
    assert small.waiting == 1
    assert call("redrive", "list", "--queue", small.queue, "--json").out.count("shardId-") == 1
    assert not list(Path().glob("*.journal"))


@pytest.mark.parametrize("body", ["an order", '{"DDBStreamBatchInfo": {"shardId": "shardId-1", "start'])
def test_foreign_message_is_left_alone(small: Pipeline, call: Call, body: str) -> None:
    small.send([body])
    answer = call("redrive", "replay", "--queue", small.queue, "--mapping", small.mapping, "--yes")
    assert answer.code == 14
    assert "unrecognized: " in answer.out
    assert "1 unrecognized" in answer.err
    assert (small.ids, small.waiting) == ([], 1)


def test_credentials_that_are_not_accepted_are_one_line(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAEXPIREDEXPIRED00")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "expired")
    assert "The queue orders cannot be used: " in one_line(call("redrive", "list", "--queue", "orders"), 13)


def test_profile_that_does_not_exist_is_one_line(call: Call) -> None:
    assert "no-such-profile" in one_line(
        call("redrive", "list", "--queue", "orders", "--profile", "no-such-profile"), 13
    )


def test_region_that_nobody_says_is_one_line(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    said = one_line(call("redrive", "list", "--queue", "orders"), 13)
    assert "You must specify a region; set AWS_REGION, or name a profile that has one." in said


def test_credentials_that_nobody_gives_are_one_line(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    said = one_line(call("redrive", "list", "--queue", "orders"), 13)
    assert "Unable to locate credentials; name a profile, or set AWS_ACCESS_KEY_ID" in said


def test_missing_boto3_is_one_line_that_says_what_to_install(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert 'pip install "ddb-stream-lambda[aws]"' in one_line(call("redrive", "list", "--queue", "orders"), 3)


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("list", "--queue", "a", "--bucket", "b"),
        ("list", "--queue", "a", "--prefix", "b"),
        ("replay", "--file", "nowhere"),
        ("replay", "--queue", "a", "--reads-per-second", "0"),
        ("list", "--state", "nowhere"),
        ("list", "--queue", "arn:aws:sns:eu-west-1:123456789012:topic"),
        ("fetch", "--file", "nowhere", "-o", "out"),
        ("policy", "--bucket", "b"),
        ("policy", "--bucket", "b", "--function", "name", "--stream", "arn:aws:dynamodb:a:1:table/t/stream/x"),
    ],
)
def test_wrong_usage_is_one_line(call: Call, words: tuple[str, ...]) -> None:
    one_line(call("redrive", *words), 3)


@pytest.mark.parametrize("out", ["", ".", "no/such/folder/records.jsonl"])
def test_file_that_cannot_be_written_is_one_line(call: Call, small: Pipeline, out: str) -> None:
    one_line(call("redrive", "fetch", "--queue", small.queue, "-o", out), 3)


def test_journal_that_cannot_be_written_is_one_line_and_nothing_is_held(call: Call, small: Pipeline) -> None:
    small.send([small.forgotten()])
    words = ("redrive", "replay", "--queue", small.queue, "--yes", "--journal", "no/such/folder/journal")
    assert 'Cannot use the journal "no/such/folder/journal": No such file or directory.' in one_line(call(*words), 3)
    assert "shardId-" in call("redrive", "list", "--queue", small.queue, "--json").out


def test_function_of_a_backfill_that_does_not_exist_is_one_line(call: Call, small: Pipeline) -> None:
    small.park(item("g"))
    answer = call("backfill", "--table", small.table, "--function", "no-such-function", "--yes")
    assert answer.code == 13
    assert answer.err.startswith("Error: The function no-such-function cannot be invoked: ResourceNotFoundException")
    assert answer.err.count("\n") == 1
    assert not list(Path().glob("backfill-*"))


def test_backfill_of_an_unknown_table_is_one_line(call: Call) -> None:
    one_line(call("backfill", "--table", "nowhere", "--function", "any"), 13)
