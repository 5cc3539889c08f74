"""Does an operator get records back on a local AWS: with queues, streams, functions and tables that answer?"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.local.emulator import LocalAws
from tests.operate.conftest import Answer, Call
from tests.operate.pipelines import Pipeline, item
from tests.support.planning import TOP

pytestmark = pytest.mark.emulator

RECORDS, PARKED = 1000, 37
POISON = {f"item-{number}" for number in range(500, 500 + PARKED)}


# --- a thousand records, 37 of them poison ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parked(aws: LocalAws, folder: Path, function: str) -> Pipeline:
    """Return a pipeline whose mapping has parked what its function failed on; the tests follow an operator's steps."""
    pipeline = Pipeline.make(aws, folder, function, batch_size=1000)
    pipeline.put(item(f"item-{number}", poison=f"item-{number}" in POISON) for number in range(RECORDS))
    pipeline.process(RECORDS)
    return pipeline


def operators(aws: LocalAws) -> dict[str, str]:
    """Return the environment of an operator."""
    return aws.variables(os.environ) | {"PYTHONPATH": str(TOP)}


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def by_hand(aws: LocalAws, folder: Path, *words: str) -> Answer:
    """Run the command line as an operator does."""
    done = subprocess.run(
        [sys.executable, "-m", "generator", *words],
        cwd=folder,
        env=operators(aws),
        capture_output=True,
        text=True,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def test_failures_are_in_the_queue(parked: Pipeline) -> None:
    assert parked.waiting == PARKED


def test_fetch_writes_them_all_and_only_them(parked: Pipeline, call: Call, here: Path) -> None:
    answer = call("redrive", "fetch", "--queue", parked.queue, "--mapping", parked.mapping, "-o", "records.jsonl")
    assert answer.code == 0
    fetched = [json.loads(line) for line in (here / "records.jsonl").read_text().splitlines()]
    assert Counter(record["dynamodb"]["Keys"]["id"]["S"] for record in fetched) == dict.fromkeys(POISON, 1)
    as_delivered = {record["eventID"]: record for record in parked.seen}
    for record in fetched:
        assert record.pop("document")["DDBStreamBatchInfo"]["batchSize"] == 1
        assert record == as_delivered[record["eventID"]]


def test_three_commands_get_them_back(parked: Pipeline, aws: LocalAws, folder: Path) -> None:
    parked.repair()
    listed = by_hand(aws, folder, "redrive", "list", "--queue", parked.queue, "--json")
    assert listed.code == 0, listed.err
    documents = json.loads(listed.out)["messages"]
    assert len(documents) == PARKED
    assert all(86_000 < document["readable"] < 86_400 for document in documents)

    tried = by_hand(aws, folder, "redrive", "replay", "--queue", parked.queue, "--mapping", parked.mapping)
    assert tried.code == 0, tried.err
    assert f"{PARKED}" in tried.out
    assert (parked.seen, parked.waiting) == ([], PARKED)

    done = by_hand(aws, folder, "redrive", "replay", "--queue", parked.queue, "--mapping", parked.mapping, "--yes")
    assert done.code == 0, done.err
    assert parked.ids == sorted(POISON)
    assert parked.waiting == 0
    assert not list(folder.glob("*.journal"))


def test_nothing_is_left_to_be_done(parked: Pipeline, call: Call) -> None:
    answer = call("redrive", "replay", "--queue", parked.queue, "--mapping", parked.mapping, "--yes", "--json")
    assert answer.code == 0
    assert json.loads(answer.out)["messages"] == 0


# --- smaller pipelines, each for one matter ---------------------------------------------------------------------------


def test_run_that_was_killed_goes_on_where_it_was(small: Pipeline, aws: LocalAws, here: Path) -> None:
    small.park(*(item(f"a{number}", poison=True, **({"slow": "yes"} if number > 1 else {})) for number in range(6)))
    small.wait()
    words = [sys.executable, "-m", "generator", "redrive", "replay", "--yes"]
    given = ["--queue", small.queue, "--mapping", small.mapping]
    with subprocess.Popen([*words, *given], cwd=here, env=operators(aws)) as running:
        _until(lambda: len(small.seen) == 4)
        running.send_signal(signal.SIGKILL)
    small.go_on()
    assert small.ids == ["a0", "a1", "a2", "a3"]
    assert small.waiting == 4
    answer = by_hand(aws, here, *words[3:], *given)
    assert answer.code == 0, answer.err
    # Whether the batch that it died with had succeeded nobody knows, so it comes again; what was done does not.
    assert Counter(small.ids) == {"a0": 1, "a1": 1, "a2": 2, "a3": 2, "a4": 1, "a5": 1}
    assert small.waiting == 0


@pytest.mark.parametrize(("number", "word"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
def test_run_that_was_stopped_gives_its_messages_back(
    small: Pipeline, aws: LocalAws, here: Path, number: signal.Signals, word: str
) -> None:
    small.park(*(item(f"{word}{each}", poison=True, **({"slow": "yes"} if each > 1 else {})) for each in range(4)))
    small.wait()
    given = ["--queue", small.queue, "--mapping", small.mapping]
    words = [sys.executable, "-m", "generator", "redrive", "replay", "--yes", *given]
    with subprocess.Popen(words, cwd=here, env=operators(aws), stderr=subprocess.PIPE, text=True) as running:
        _until(lambda: len(small.seen) == 4)
        second = by_hand(aws, here, *words[3:])
        running.send_signal(number)
        _, said = running.communicate(timeout=30)
    small.go_on()
    assert (second.code, second.out) == (3, "")
    assert f"process {running.pid}, since 20" in second.err
    assert running.returncode == 128 + number
    journal = f"redrive-{small.queue.rpartition('/')[2]}-{small.function}.journal"
    told = f"Stopped. Run the same command again to resume from {journal}."
    assert {line for line in said.splitlines() if line} == {told, f"Error: {word.capitalize()}."}
    received = aws.client("sqs").receive_message(QueueUrl=small.queue, MaxNumberOfMessages=10)["Messages"]
    assert len(received) == 2


@pytest.mark.parametrize("words", [("list",), ("replay",), ("replay", "--yes"), ("fetch", "-o", "-")])
def test_queue_whose_messages_are_all_in_flight_is_not_empty(
    small: Pipeline, aws: LocalAws, call: Call, words: tuple[str, ...]
) -> None:
    small.send([small.forgotten()] * 3)
    aws.client("sqs").receive_message(QueueUrl=small.queue, MaxNumberOfMessages=10, VisibilityTimeout=600)
    answer = call("redrive", *words, "--queue", small.queue)
    assert answer.code == 14
    said = answer.out + answer.err
    assert "About 3 messages in flight: another process has received them" in said
    assert re.search(r"visible again at 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ at the latest", said)


def test_record_overwritten_in_between_is_not_set_back(small: Pipeline, call: Call) -> None:
    given = ("--queue", small.queue, "--mapping", small.mapping)
    small.park(item("b", poison=True, state="old"))
    small.put([item("b", state="new")])
    small.process(1)
    small.repair()
    answer = call("redrive", "replay", *given, "--yes")
    assert answer.code == 14
    assert answer.err == (
        f"Error: 1 superseded. Their messages stay in {small.queue.rpartition('/')[2]}; "
        "the lines above say what to do next.\n"
    )
    assert "its item has changed since" in answer.out
    assert (small.ids, small.waiting) == ([], 1)

    assert call("redrive", "reconcile", *given).code == 0
    assert small.ids == []
    answer = call("redrive", "reconcile", *given, "--yes")
    assert answer.code == 0
    assert "id=b: 1 earlier state not sent, written at 20" in answer.out
    (told,) = small.seen
    assert told["dynamodb"]["NewImage"] == item("b", state="new")
    assert small.waiting == 0


def test_what_the_stream_has_forgotten_is_lost_and_its_message_stays(small: Pipeline, call: Call) -> None:
    small.send([small.forgotten()])
    given = ("--queue", small.queue, "--mapping", small.mapping)
    for verb in ("replay", "reconcile"):
        answer = call("redrive", verb, *given, "--yes")
        assert answer.code == 14
        assert "2 of 2 records expired: the stream no longer holds them" in answer.out
    answer = call("redrive", "fetch", *given, "-o", "records")
    assert answer.code == 14
    assert answer.err.splitlines()[-1].startswith("Error: 2 expired. Their messages stay in ")
    assert (small.ids, small.waiting) == ([], 1)


def test_bucket_gives_records_that_the_stream_no_longer_has(
    aws: LocalAws, folder: Path, function: str, call: Call
) -> None:
    pipeline = Pipeline.make(aws, folder, function, to="s3")
    pipeline.park(item("kept", poison=True), item("changed", poison=True), item("gone", poison=True))
    pipeline.put([item("changed", state="new")])
    pipeline.remove("gone")
    pipeline.turn_off()
    given = ("--bucket", pipeline.bucket, "--mapping", pipeline.mapping)
    answer = call("redrive", "replay", *given, "--yes")
    assert answer.code == 14
    assert pipeline.ids == ["kept"]
    assert call("redrive", "reconcile", *given, "--yes").code == 0
    told = {record["dynamodb"]["Keys"]["id"]["S"]: record for record in pipeline.seen}
    assert told["changed"]["dynamodb"]["NewImage"] == item("changed", state="new")
    assert told["gone"]["eventName"] == "REMOVE"
    assert not aws.client("s3").list_objects_v2(Bucket=pipeline.bucket).get("Contents")


def test_file_that_fetch_wrote_is_replayed_once(small: Pipeline, call: Call) -> None:
    small.park(item("c", poison=True))
    given = ("--mapping", small.mapping)
    assert call("redrive", "fetch", "--queue", small.queue, *given, "-o", "records.jsonl").code == 0
    for _ in range(2):
        assert call("redrive", "replay", "--file", "records.jsonl", *given, "--yes").code == 0
        assert small.ids == ["c"]
    assert small.waiting == 1


def test_messages_that_were_looked_at_are_visible_at_once(small: Pipeline, call: Call) -> None:
    small.send([small.forgotten()] * 12)
    for _ in range(2):
        answer = call("redrive", "list", "--queue", small.queue, "--json")
        assert len(json.loads(answer.out)["messages"]) == 12


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_region_comes_from_either_variable(
    small: Pipeline, call: Call, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    region = small.aws.region
    for each in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(each)
    monkeypatch.setenv(name, region)
    assert call("redrive", "list", "--queue", small.queue.rpartition("/")[2]).code == 0


def test_terraforms_outputs_name_queue_and_mapping(small: Pipeline, call: Call, here: Path) -> None:
    small.park(item("f", poison=True))
    outputs = {"dead_letter_queue_url": small.queue, "event_source_mapping_uuid": small.mapping}
    told = {name: {"sensitive": False, "type": "string", "value": value} for name, value in outputs.items()}
    (here / "outputs.json").write_text(json.dumps(told))
    assert call("redrive", "replay", "--state", "outputs.json", "--yes").code == 0
    assert (small.ids, small.waiting) == (["f"], 0)


def test_table_tells_how_long_records_can_be_read(small: Pipeline, call: Call) -> None:
    small.send([small.forgotten(), "an order"])
    answer = call("redrive", "list", "--queue", small.queue.rpartition("/")[2])
    assert answer.code == 0
    assert "1 invocation record about 2 records of 1 shard" in answer.out
    assert "expired" in answer.out
    assert "RetryAttemptsExhausted, 3 invocations" in answer.out
    assert answer.out.count("expected JSON") == 1


# --- filling from the past --------------------------------------------------------------------------------------------


def test_backfill_sends_every_item_once(aws: LocalAws, folder: Path, function: str, call: Call, here: Path) -> None:
    pipeline = Pipeline.make(aws, folder, function)
    pipeline.put(item(f"item-{number}") for number in range(250))
    given = ("backfill", "--table", pipeline.table, "--function", pipeline.function)
    answer = call(*given)
    assert (answer.code, pipeline.seen) == (0, [])
    assert "about 250 items" in answer.out
    assert call(*given, "--yes").code == 0
    assert Counter(pipeline.ids) == {f"item-{number}": 1 for number in range(250)}
    assert list(here.iterdir()) == []


def test_item_that_a_backfill_failed_on_can_be_replayed(aws: LocalAws, folder: Path, function: str, call: Call) -> None:
    pipeline = Pipeline.make(aws, folder, function)
    pipeline.put([item("good"), item("bad", poison=True)])
    answer = call("backfill", "--table", pipeline.table, "--function", pipeline.function, "--yes")
    assert answer.code == 14
    failed = f"backfill-{pipeline.table}.failed.jsonl"
    assert f"run redrive replay --file {failed} --yes to send them again" in answer.err
    pipeline.repair()
    assert call("redrive", "replay", "--file", failed, "--mapping", pipeline.mapping, "--yes").code == 0
    assert pipeline.ids == ["bad"]
