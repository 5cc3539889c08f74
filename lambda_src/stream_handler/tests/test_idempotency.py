"""Is each record processed once, over repeats, crashes, and parallel invocations?"""

import operator
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.local import emulator
from tests.support.functions import FUNCTIONS, load

TIMEOUT = 30.0
STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"


class Crash(BaseException):
    """The process ends: nothing of the function runs afterwards."""


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Table:
    """A table in memory with the expressions that the function writes; evaluates them from their text."""

    exceptions = SimpleNamespace(ConditionalCheckFailedException=ClientError)

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def update_item(self, **request: Any) -> None:  # noqa: ANN401 - as boto3 has it
        values = request["ExpressionAttributeValues"]
        texts = (request["UpdateExpression"], request["ConditionExpression"])
        # DynamoDB rejects values that no expression uses, and expressions without their value.
        assert set(re.findall(r":\w+", " ".join(texts))) == set(values)
        with self._lock:
            row = dict(self.rows.get(request["Key"]["id"]["S"], {}))
            if not self._holds(texts[1], row, values):
                raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}, "Item": row}, "UpdateItem")
            sets, _, removes = texts[0].partition("REMOVE ")
            row |= {name: values[value] for name, value in re.findall(r"(\w+) = (:\w+)", sets)}
            for name in removes.split(", ") if removes else []:
                row.pop(name, None)
            self.rows[request["Key"]["id"]["S"]] = row

    def _holds(self, condition: str, row: dict[str, Any], values: dict[str, Any]) -> bool:
        """Evaluate ANDs of terms or of ORs in parentheses."""

        def term(text: str) -> bool:
            missing = re.fullmatch(r"attribute_not_exists\((\w+)\)", text)
            if missing:
                return missing[1] not in row
            name, sign, value = text.split()
            compare: Callable[[Any, Any], bool] = {"<": operator.lt, "=": operator.eq}[sign]
            return name in row and compare(self._plain(row[name]), self._plain(values[value]))

        groups = [part.removeprefix("(") for part in re.split(r"\) AND |\)$", condition) if part]
        if "AND" not in condition:
            return term(condition)
        return all(any(term(text) for text in re.sub(r"\(?(.*)", r"\1", group).split(" OR ")) for group in groups)

    @staticmethod
    def _plain(value: dict[str, str]) -> str | float:
        return value["S"] if "S" in value else float(value["N"])


def record(number: int, item: str = "a") -> dict[str, Any]:
    return {
        "eventID": f"{number:032x}",
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": STREAM,
        "dynamodb": {"Keys": {"id": {"S": item}}, "SequenceNumber": str(95 + number)},
    }


class Lambda:
    """The function with its table and its clock."""

    def __init__(self, patch: pytest.MonkeyPatch, scope: str) -> None:
        self.module: ModuleType = load("stream_handler", "idempotency")
        self.table, self.clock = Table(), Clock()
        patch.setattr(self.module, "client", lambda: self.table)
        patch.setattr(self.module, "time", self.clock)
        patch.setenv("IDEMPOTENCY_TABLE", "states")
        patch.setenv("IDEMPOTENCY_SCOPE", scope)

    def context(self) -> SimpleNamespace:
        """Return the context of an invocation that begins now."""
        end = self.clock.now + TIMEOUT
        return SimpleNamespace(get_remaining_time_in_millis=lambda: max(0.0, end - self.clock.now) * 1000)

    def invoke(self, process: Callable[[dict[str, Any]], None], *records: dict[str, Any]) -> None:
        """Process records as one invocation."""
        once = self.module.once(process, self.context())
        for each in records:
            once(each)


@pytest.fixture(params=["record", "item"])
def function(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Lambda:
    """Return the function with each scope."""
    return Lambda(monkeypatch, request.param)


ENDS = ["works", "works", "fails", "crashes before the effect", "crashes after the effect"]


@settings(deadline=None)
@given(
    scope=st.sampled_from(["record", "item"]),
    attempts=st.lists(st.tuples(st.integers(1, 9), st.sampled_from("ab"), st.sampled_from(ENDS)), max_size=25),
)
def test_effect_repeats_only_after_a_crash_between_effect_and_mark(
    scope: str, attempts: list[tuple[int, str, str]]
) -> None:
    """Records in any order, repeated: at most one effect more than crashes; with scope item, none out of order."""
    with pytest.MonkeyPatch.context() as patch:
        function = Lambda(patch, scope)
        effects: list[tuple[int, str]] = []
        crashes: Counter[tuple[int, str]] = Counter()
        done: set[tuple[int, str]] = set()
        for number, item, end in [*attempts, *((number, item, "works") for number, item, _ in attempts)]:
            # The item is part of the event's identity.
            this = record(number + (0 if item == "a" else 100), item)

            def process(_: dict[str, Any], number: int = number, item: str = item, end: str = end) -> None:
                if end == "crashes before the effect":
                    raise Crash
                if end == "fails":
                    raise ValueError
                if scope == "item":
                    assert all(number > other for other, its in done if its == item)
                effects.append((number, item))
                if end == "crashes after the effect":
                    crashes[number, item] += 1
                    raise Crash
                done.add((number, item))

            try:
                function.invoke(process, this)
            except ValueError:
                assert end == "fails"
            except Crash:
                # Lambda repeats the batch when the invocation would have ended, at the latest.
                function.clock.sleep(TIMEOUT / 2)
        times = Counter(effects)
        for number, item, _ in attempts:
            assert times[number, item] <= crashes[number, item] + 1
            newest = max(other for other, its in done if its == item)
            assert times[number, item] >= 1 or (scope == "item" and number < newest)


def test_parallel_invocations_process_each_record_once(function: Lambda, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same batch at the same time, with real time: the others wait for the lease, and then skip."""
    monkeypatch.setattr(function.module, "time", time)
    monkeypatch.setattr(function.module, "PAUSE", 0.01)
    function.clock.now = time.time()
    effects: list[str] = []
    started = threading.Barrier(4)

    def process(each: dict[str, Any]) -> None:
        time.sleep(0.01)
        effects.append(each["eventID"])

    end = time.time() + TIMEOUT
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: max(0.0, end - time.time()) * 1000)

    def invoke() -> None:
        once = function.module.once(process, context)
        started.wait()
        for number in (1, 2, 3):
            once(record(number))

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(invoke) for _ in range(4)]:
            future.result()
    assert effects == [record(number)["eventID"] for number in (1, 2, 3)]


def crash(_: dict[str, Any]) -> None:
    """End the process."""
    raise Crash


def unwanted(_: dict[str, Any]) -> None:
    """Must not be called."""
    pytest.fail("The record was processed")


def test_retry_waits_for_the_lease_of_a_crashed_invocation(function: Lambda) -> None:
    """A lease ends when Lambda would have stopped the invocation that held it."""
    with pytest.raises(Crash):
        function.invoke(crash, record(1))
    began = function.clock.now
    effects: list[dict[str, Any]] = []
    function.clock.sleep(5)
    function.invoke(effects.append, record(1))
    assert effects == [record(1)]
    assert TIMEOUT <= function.clock.now - began <= TIMEOUT + 3


def test_record_fails_when_its_lease_does_not_end_in_time(function: Lambda) -> None:
    """The batch ends with a clear error before Lambda stops it."""
    with pytest.raises(Crash):
        function.invoke(crash, record(1))
    with pytest.raises(function.module.LeaseError, match="Another invocation is processing the record"):
        function.invoke(unwanted, record(1))


def test_record_fails_when_its_lease_was_taken_over(function: Lambda) -> None:
    """What ran for longer than its lease does not mark what another one is processing."""

    def slow(each: dict[str, Any]) -> None:
        function.clock.sleep(TIMEOUT + 3)
        with pytest.raises(Crash):
            function.invoke(crash, each)

    with pytest.raises(function.module.LeaseError, match="The lease expired"):
        function.invoke(slow, record(1))
    assert not any("done" in row for row in function.table.rows.values())


def test_repeated_request_of_the_sdk_keeps_its_lease(function: Lambda) -> None:
    """The response to the first one was lost."""
    state = function.module.State("states", record(1))
    assert [state.lease(function.context()) for _ in range(2)] == [True, True]
    state.mark()
    state.mark()


def test_state_has_an_expiry_and_no_item_data(function: Lambda) -> None:
    """TTL deletes it; keys of an item can be personal data."""
    function.invoke(lambda _: None, record(1, "a private note"))
    ((name, row),) = function.table.rows.items()
    assert int(row["expires"]["N"]) == function.clock.now + function.module.KEPT
    assert row.keys() == {"done", "expires"}
    assert "private" not in name


def test_invalid_record_or_scope_is_an_error(function: Lambda, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is processed without a state."""
    with pytest.raises(ValueError, match="The record has no "):
        function.invoke(unwanted, {"dynamodb": {"SequenceNumber": "1"}})
    monkeypatch.setenv("IDEMPOTENCY_SCOPE", "table")
    with pytest.raises(ValueError, match=r'IDEMPOTENCY_SCOPE must be "record" or "item"\. Got "table"'):
        function.invoke(unwanted, record(1))
    monkeypatch.setenv("IDEMPOTENCY_TABLE", "")
    with pytest.raises(ValueError, match="IDEMPOTENCY_TABLE is empty"):
        function.invoke(unwanted, record(1))


def test_handler_skips_processed_records(function: Lambda, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable turns it on."""
    handler = load("stream_handler")
    effects: list[dict[str, Any]] = []
    monkeypatch.setattr(handler, "process", effects.append)
    monkeypatch.setitem(sys.modules, "idempotency", function.module)
    for _ in range(2):
        assert handler.handler({"Records": [record(1), record(2)]}, function.context()) == {"batchItemFailures": []}
    assert effects == [record(1), record(2)]


def test_nothing_is_imported_when_it_is_off() -> None:
    """Neither the module nor boto3 costs anything then."""
    code = (
        "import handler, sys; handler.handler({'Records': []}, None); print({'boto3', 'idempotency'} & {*sys.modules})"
    )
    folder = FUNCTIONS / "stream_handler"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True, env={})
    assert done.stdout == "set()\n"


@pytest.mark.slow
@pytest.mark.parametrize("scope", ["record", "item"])
def test_conditions_hold_on_an_emulator(monkeypatch: pytest.MonkeyPatch, scope: str) -> None:
    """A table of the emulator with the client of boto3 that the function creates."""
    module = load("stream_handler", "idempotency")
    monkeypatch.setenv("IDEMPOTENCY_TABLE", "states")
    monkeypatch.setenv("IDEMPOTENCY_SCOPE", scope)
    with emulator.running("ministack") as aws:
        for name, value in aws.variables({}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        module.client().create_table(
            TableName="states",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        effects: list[dict[str, Any]] = []
        left = SimpleNamespace(get_remaining_time_in_millis=lambda: 1100)
        for number in (10, 10, 2):
            module.once(effects.append, left)(record(number))
        assert effects == [record(number) for number in ([10, 2] if scope == "record" else [10])]
        with pytest.raises(Crash):
            module.once(crash, left)(record(11))
        with pytest.raises(module.LeaseError):
            module.once(unwanted, left)(record(11))
        time.sleep(3)
        module.once(effects.append, left)(record(11))
        assert effects[-1] == record(11)
        with pytest.raises(ZeroDivisionError):
            module.once(lambda _: 1 / 0, left)(record(12))
        module.once(effects.append, left)(record(12))
        assert effects[-1] == record(12)
