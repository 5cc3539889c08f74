"""Do real processes lose nothing, against AWS over HTTP: killed, interrupted, two at once, on a full disk?"""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.operate.model.names import REGION, ServiceError
from tests.operate.model.pipeline import Pipeline
from tests.operate.model.server import Fault, Server
from tests.support.planning import TOP

pytestmark = pytest.mark.slow

_LONGEST = 60


class Answer(NamedTuple):
    """What a process answered."""

    code: int
    out: str
    err: str


class Operator:
    """Somebody who runs ``redrive`` in a directory, against the server; calls are known by the operator's name."""

    def __init__(self, server: Server, directory: Path, name: str) -> None:
        self._server = server
        self._directory = directory
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(TOP),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_ACCESS_KEY_ID": name,
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": server.url,
            # Nothing of the user's own
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def start(self, *words: str, limit: Callable[[], None] | None = None) -> "subprocess.Popen[str]":
        """Start ``redrive``."""
        return subprocess.Popen(
            [sys.executable, "-m", "generator", "redrive", *words],
            cwd=self._directory,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limit,  # noqa: PLW1509 - sets a limit alone
        )

    def run(self, *words: str, limit: Callable[[], None] | None = None) -> Answer:
        """Run ``redrive`` to its end."""
        return self.end(self.start(*words, limit=limit))

    def end(self, process: "subprocess.Popen[str]", number: signal.Signals | None = None) -> Answer:
        """Send a signal, if one is given, and wait for a process's end."""
        if number:
            process.send_signal(number)
        out, err = process.communicate(timeout=_LONGEST)
        assert "Traceback" not in err, err
        return Answer(process.returncode, out, err)

    @property
    def files(self) -> list[str]:
        """The names of the files in the directory."""
        return sorted(file.name for file in self._directory.iterdir())


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def pipeline(server: Server) -> Pipeline:
    return Pipeline(server.account, endpoint=server.url)


@pytest.fixture
def operator(server: Server, tmp_path: Path) -> Operator:
    return Operator(server, tmp_path, "operator")


def replay(pipeline: Pipeline, which: int = 0, *options: str) -> Sequence[str]:
    """The words with which the records of one of the functions are replayed."""
    options = ("--yes", "--reads-per-second", "1000", *options)
    return ("replay", "--queue", pipeline.queue.name, "--mapping", pipeline.mappings[which].uuid, *options)


def fail_on(pipeline: Pipeline, *keys: str) -> None:
    """Write items, of each of which the first mapping discards the record by itself."""
    pipeline.write(*keys)
    for _ in keys:
        pipeline.discard(pipeline.mappings[0], pipeline.shard, 1)


def one_line(answer: Answer, *texts: str) -> None:
    """Hold what a process printed as an error to one line, with some texts in it."""
    line = answer.err.splitlines()[-1]
    for text in texts:
        assert text in line, answer.err


# --- what is done, and for whom ---------------------------------------------------------------------------------------


def test_each_function_gets_its_own_records(pipeline: Pipeline, operator: Operator) -> None:
    index, mail = pipeline.mappings
    pipeline.write("a", "b", "c")
    pipeline.discard(index, pipeline.shard, 2)
    pipeline.process(mail, pipeline.shard, 1)
    pipeline.discard(mail, pipeline.shard, 2)
    operator.run(*replay(pipeline))
    assert pipeline.places() == [[0, 1], []]
    assert [message.id for message in pipeline.queue.visible] == ["message-2"]
    assert operator.run(*replay(pipeline, 1)).code == 0
    assert (pipeline.places(), pipeline.queue.left, operator.files) == ([[0, 1], [1, 2]], [], [])


def test_bucket_gives_back_what_the_stream_has_lost(pipeline: Pipeline, operator: Operator) -> None:
    index = pipeline.mappings[0]
    index.destination_arn = f"arn:aws:s3:::{pipeline.bucket.name}"
    pipeline.write("a", "b", "c")
    for _ in range(3):
        pipeline.discard(index, pipeline.shard, 1)
    pipeline.table.trim(3)
    first, second, _ = pipeline.bucket.objects
    # One says that it is about more records than it holds, and is not to be believed.
    document = json.loads(pipeline.bucket.objects[second])
    document["DDBStreamBatchInfo"]["batchSize"] = 2
    pipeline.bucket.objects[second] = json.dumps(document).encode()
    given = ("--bucket", pipeline.bucket.name, "--mapping", index.uuid, "--yes")
    answer = operator.run("replay", *given)
    assert answer.code == 14
    assert pipeline.places() == [[0, 2], []]
    assert list(pipeline.bucket.objects) == [second]
    assert second in answer.out
    assert first not in answer.out


# --- killed, interrupted, two at once ---------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", ["GetRecords", "BatchGetItem", "Invoke", "DeleteMessage"])
def test_run_goes_on_after_it_was_killed(
    server: Server, pipeline: Pipeline, operator: Operator, call: str, *, after: bool
) -> None:
    fail_on(pipeline, "a", "b", "c")
    pipeline.mappings[0].batch_size = 1
    with server.holding(call, after=after, drop=True):
        running = operator.start(*replay(pipeline))
        server.wait_for(call)
        running.kill()
        running.communicate()
    answer = operator.run(*replay(pipeline))
    assert answer.code == 0, answer.err
    assert (pipeline.queue.left, operator.files) == ([], [])
    # Of an invocation that it was killed in, nobody knows what became: this one alone comes again.
    again = [0] if (call, after) == ("Invoke", True) else []
    assert pipeline.places()[0] == [*again, 0, 1, 2]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_run_that_is_stopped_gives_its_messages_back(
    server: Server, pipeline: Pipeline, operator: Operator, number: signal.Signals, code: int
) -> None:
    fail_on(pipeline, "a", "b", "c")
    pipeline.mappings[0].batch_size = 1
    with server.holding("DeleteMessage", drop=True):
        running = operator.start(*replay(pipeline))
        server.wait_for("DeleteMessage")
        answer = operator.end(running, number)
    assert answer.code == code
    assert [Path(name).suffix for name in operator.files] == [".journal"]
    assert len(pipeline.queue.visible) == len(pipeline.queue.left) >= 2
    assert operator.run(*replay(pipeline)).code == 0
    assert pipeline.places() == [[0, 1, 2], []]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_second_signal_ends_at_once(
    server: Server, pipeline: Pipeline, operator: Operator, number: signal.Signals
) -> None:
    fail_on(pipeline, "a")
    with server.holding("Invoke", drop=True), server.holding("ChangeMessageVisibility"):
        running = operator.start(*replay(pipeline))
        server.wait_for("Invoke")
        running.send_signal(number)
        server.wait_for("ChangeMessageVisibility")
        began = time.monotonic()
        answer = operator.end(running, number)
    assert time.monotonic() < began + 2
    assert answer.code in {128 + number, -number}
    assert len(answer.err.splitlines()) <= 2, answer.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_pause_is_over_within_a_second(pipeline: Pipeline, operator: Operator, number: signal.Signals) -> None:
    fail_on(pipeline, "a")
    pipeline.functions[0].throttled = 1000
    running = operator.start(*replay(pipeline))
    deadline = time.monotonic() + _LONGEST
    while pipeline.functions[0].attempts < 4:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    began = time.monotonic()
    assert operator.end(running, number).code == 128 + number
    assert time.monotonic() < began + 2
    assert len(pipeline.queue.visible) == 1


def test_two_operators_with_one_journal(server: Server, pipeline: Pipeline, operator: Operator) -> None:
    fail_on(pipeline, "a", "b")
    with server.holding("Invoke"):
        first = operator.start(*replay(pipeline))
        server.wait_for("Invoke")
        second = operator.run(*replay(pipeline))
    assert second.code not in {0, 14}
    one_line(second, str(first.pid))
    assert re.search(r"since \S*\d\d:\d\d", second.err), second.err
    assert operator.end(first).code == 0
    assert (pipeline.places(), pipeline.queue.left) == ([[0, 1], []], [])


def test_two_operators_with_journals_of_their_own(
    server: Server, pipeline: Pipeline, operator: Operator, tmp_path: Path
) -> None:
    fail_on(pipeline, *(f"item-{number}" for number in range(30)))
    pipeline.queue.per_reception = 1
    pipeline.mappings[0].batch_size = 3
    other_directory = tmp_path / "other"
    other_directory.mkdir()
    other = Operator(server, other_directory, "other")
    server.faults = [Fault("ReceiveMessage", times=20, seconds=0.05)]
    running = [each.start(*replay(pipeline)) for each in (operator, other)]
    answers = [operator.end(each) for each in running]
    assert pipeline.queue.left == pipeline.queue.hidden
    processed = pipeline.places()[0]
    assert sorted(processed) == list(range(30))
    # Each is sure of what it had, and says so where there is more.
    assert all(answer.code in {0, 14} for answer in answers), answers
    assert pipeline.queue.left == []


# --- what AWS does ----------------------------------------------------------------------------------------------------


def test_invocation_whose_answer_is_lost_is_not_repeated(
    server: Server, pipeline: Pipeline, operator: Operator
) -> None:
    fail_on(pipeline, "a")
    server.faults = [Fault("Invoke", loses_answer=True)]
    answer = operator.run(*replay(pipeline))
    assert answer.code == 13
    assert pipeline.functions[0].attempts == 1
    assert len(pipeline.queue.visible) == 1


def test_throttled_calls_are_repeated(server: Server, pipeline: Pipeline, operator: Operator) -> None:
    fail_on(pipeline, "a", "b", "c")
    pipeline.table.keys_per_read = 1
    pipeline.functions[0].throttled = 1
    server.faults = [
        Fault("ReceiveMessage", error=ServiceError("RequestThrottled", status=403)),
        Fault("GetShardIterator", error=ServiceError("LimitExceededException")),
        Fault("GetRecords", error=ServiceError("LimitExceededException")),
        Fault("GetRecords", error=ServiceError("ExpiredIteratorException")),
        Fault("GetRecords", error=ServiceError("InternalServerError", status=500)),
        Fault("BatchGetItem", error=ServiceError("ProvisionedThroughputExceededException")),
        Fault("DeleteMessage", error=ServiceError("RequestThrottled", status=403)),
    ]
    answer = operator.run(*replay(pipeline))
    assert answer.code == 0, answer.err
    assert (pipeline.places(), pipeline.queue.left) == ([[0, 1, 2], []], [])


def test_queue_with_messages_in_flight_is_not_empty(pipeline: Pipeline, operator: Operator) -> None:
    fail_on(pipeline, "a", "b")
    pipeline.queue.receive(10, 3600, 0, "somebody else")
    answer = operator.run(*replay(pipeline))
    assert answer.code not in {0, 2}
    assert "2" in answer.out + answer.err
    assert "in flight" in answer.out + answer.err


def test_more_messages_than_may_be_in_flight_are_done_in_portions(pipeline: Pipeline, operator: Operator) -> None:
    fail_on(pipeline, *(f"item-{number}" for number in range(25)))
    pipeline.queue.in_flight_limit = 10
    answer = operator.run(*replay(pipeline))
    assert answer.code == 0, answer.err
    assert (pipeline.places()[0], pipeline.queue.left) == (list(range(25)), [])


BAD = {
    "deep": "[" * 60_000,
    "long number": '{"batchSize": ' + "9" * 5_000 + "}",
    "not JSON": "an order",
    "surrogate": '{"requestContext": "\\ud800"}',
}


def test_messages_that_are_no_invocation_records_stop_no_others(pipeline: Pipeline, operator: Operator) -> None:
    for body in BAD.values():
        pipeline.queue.send(body)
    fail_on(pipeline, "a", "b")
    body = json.loads(pipeline.queue.messages["message-6"].body)
    for changed in (
        {"DDBStreamBatchInfo": body["DDBStreamBatchInfo"] | {"batchSize": "@"}},
        {"DDBStreamBatchInfo": body["DDBStreamBatchInfo"] | {"shardId": "shardId-\\ud800"}},
        {
            "DDBStreamBatchInfo": body["DDBStreamBatchInfo"]
            | {"streamArn": pipeline.table.stream_arn.replace("eu", "us")}
        },
    ):
        text = json.dumps(body | changed).replace('"@"', "9" * 5_000).replace("\\\\ud800", "\\ud800")
        pipeline.queue.send(text)
    answer = operator.run(*replay(pipeline))
    assert answer.code == 14
    assert (pipeline.places(), len(pipeline.queue.left)) == ([[0, 1], []], len(BAD) + 3)
    assert len(pipeline.queue.visible) == len(pipeline.queue.left)
    for message in pipeline.queue.left:
        assert message.id in answer.out, message.body[:100]


# --- the disk ---------------------------------------------------------------------------------------------------------


def _limit_files(size: int) -> Callable[[], None]:
    """Return a function that lets a process write files of at most so many bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size", [100, 3000], ids=["first line", "later line"])
def test_full_disk_under_the_journal_is_one_line(pipeline: Pipeline, operator: Operator, size: int) -> None:
    fail_on(pipeline, "a", "b")
    # The journal has a line about each.
    orders = [pipeline.queue.send("an order") for _ in range(200)]
    answer = operator.run(*replay(pipeline), limit=_limit_files(size))
    assert answer.code not in {0, 14}
    one_line(answer, ".journal", "File too large")
    assert len(pipeline.queue.visible) == len(pipeline.queue.left)
    assert (operator.files, pipeline.places()) == ([], [[], []])
    assert operator.run(*replay(pipeline)).code == 14
    assert (pipeline.places(), pipeline.queue.left) == ([[0, 1], []], orders)


def test_full_disk_under_temporary_files_is_one_line(pipeline: Pipeline, operator: Operator) -> None:
    fail_on(pipeline, *"abcdefgh")
    answer = operator.run(*replay(pipeline), limit=_limit_files(2600))
    assert answer.code not in {0, 14}
    one_line(answer, "temporary file", "File too large")
    assert len(pipeline.queue.visible) == len(pipeline.queue.left) == 8
    assert operator.files == []


def test_full_disk_under_fetched_records_leaves_no_file(pipeline: Pipeline, operator: Operator) -> None:
    fail_on(pipeline, "a", "b")
    given = ("--queue", pipeline.queue.name, "--mapping", pipeline.mappings[0].uuid)
    answer = operator.run("fetch", *given, "-o", "records.jsonl", limit=_limit_files(200))
    assert answer.code not in {0, 14}
    one_line(answer, "records.jsonl", "File too large")
    assert operator.files == []


def test_standard_output_that_is_full_is_one_line(pipeline: Pipeline, operator: Operator) -> None:
    fail_on(pipeline, "a")

    def full() -> None:
        os.dup2(os.open("/dev/full", os.O_WRONLY), 1)

    answer = operator.run("list", "--queue", pipeline.queue.name, "--json", limit=full)
    assert answer.code not in {0, 14, 120}
    one_line(answer, "No space left on device")
    assert len(answer.err.splitlines()) == 1
    assert len(pipeline.queue.visible) == 1
