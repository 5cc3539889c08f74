"""Runs the idempotency of the starters, in Python and in Node.js, against a table and a clock of the test.

An invocation stops at each call: a request to the table, a pause, and ``process``. The test answers the call, or never
does, which is a crash. It thereby decides in which order the calls of several invocations happen.
"""

import itertools
import json
import operator
import queue
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

import pytest
from botocore.exceptions import ClientError

from tests.support.functions import FUNCTIONS, load

TIMEOUT = 30.0
STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
NODE = shutil.which("node")
_DRIVER = FUNCTIONS / "stream_handler_node" / "tests" / "drive_idempotency.mjs"

Record = dict[str, Any]


class Crash(BaseException):
    """The process ends: nothing of the function runs afterwards."""


class LeaseError(Exception):
    """The function raised its ``LeaseError``."""


class StreamError(Exception):
    """The function raised its ``StreamError``."""


class ConditionError(Exception):
    """The table holds something else than a condition says."""

    def __init__(self, item: dict[str, Any]) -> None:
        super().__init__()
        self.item = item


class Table:
    """A table in memory with the expressions that the functions write; evaluates them from their text."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    def update_item(self, request: dict[str, Any]) -> None:
        """Write an item.

        Raises:
            ConditionError: The item does not meet the condition.

        """
        assert (request["TableName"], request["ReturnValuesOnConditionCheckFailure"]) == ("states", "ALL_OLD")
        values = request["ExpressionAttributeValues"]
        texts = (request["UpdateExpression"], request["ConditionExpression"])
        # DynamoDB rejects values that no expression uses, and expressions without their value.
        assert set(re.findall(r":\w+", " ".join(texts))) == set(values)
        row = dict(self.rows.get(request["Key"]["id"]["S"], {}))
        if not self._holds(texts[1], row, values):
            raise ConditionError(row)
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


class Clock:
    """Time that passes only by pauses."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class Call(NamedTuple):
    """What an invocation waits for."""

    kind: str
    """``update``, ``sleep``, ``process``, or ``ended``."""
    data: Any
    """The request, the seconds, the record, or the name and the message of the error that ended the invocation."""


class Invocation(Protocol):
    """An invocation that stopped at a call, or has ended."""

    call: Call
    end: float
    """Time at which Lambda stops it."""

    def answer(self, value: object = None, error: Exception | None = None) -> None:
        """Let it go on to its next call."""

    def crash(self) -> None:
        """End it where it is."""


class _InPython:
    """An invocation of ``stream_handler`` in a thread, in which time and table are calls."""

    _module = load("stream_handler", "idempotency")
    """A copy of the module that nothing else has, so that it stays patched."""
    _thread = threading.local()

    def __init__(self, function: "Function", records: Sequence[Record], timeout: float) -> None:
        self.end = function.clock.now + timeout
        self._clock = function.clock
        self._calls: queue.SimpleQueue[Call] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[object, BaseException | None]] = queue.SimpleQueue()
        self._patch(function)
        threading.Thread(target=self._run, args=(records,), daemon=True).start()
        self.call = self._calls.get(timeout=30)

    @classmethod
    def _patch(cls, function: "Function") -> None:
        client = SimpleNamespace(
            update_item=lambda **request: cls._thread.ask("update", request),
            exceptions=SimpleNamespace(ConditionalCheckFailedException=ClientError),
        )
        time = SimpleNamespace(time=lambda: function.clock.now, sleep=lambda seconds: cls._thread.ask("sleep", seconds))
        environment = SimpleNamespace(environ=function.environment)
        vars(cls._module).update(client=lambda: client, time=time, os=environment, log=lambda *_, **__: None)

    @classmethod
    def name_of(cls, function: "Function", record: Record) -> str:
        """Return the key of the state of a record."""
        cls._patch(function)
        return str(cls._module.name_of(record))

    def _run(self, records: Sequence[Record]) -> None:
        self._thread.ask = self.ask
        left = SimpleNamespace(get_remaining_time_in_millis=lambda: max(0.0, self.end - self._clock.now) * 1000)
        error = None
        try:
            once = self._module.once(lambda record: self.ask("process", record), left)
            for record in records:
                once(record)
        except Crash:
            return
        except Exception as raised:  # noqa: BLE001 - every error is handed to the test
            error = {"name": type(raised).__name__, "message": str(raised)}
        self._calls.put(Call("ended", error))

    def ask(self, kind: str, data: object) -> object:
        """Stop at a call until it is answered."""
        self._calls.put(Call(kind, data))
        value, error = self._answers.get()
        if error:
            raise error
        return value

    def answer(self, value: object = None, error: Exception | None = None) -> None:
        if isinstance(error, ConditionError):
            response: Any = {"Error": {"Code": "ConditionalCheckFailedException"}, "Item": error.item}
            error = ClientError(response, "UpdateItem")
        self._answers.put((value, error))
        self.call = self._calls.get(timeout=30)

    def crash(self) -> None:
        self._answers.put((None, Crash()))


class NodeProcess:
    """A process of Node.js that runs the invocations of all tests of a module."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [str(NODE), str(_DRIVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={},
        )
        self._numbers = itertools.count()

    def number(self) -> int:
        """Return a number that no other invocation has."""
        return next(self._numbers)

    def ask(self, message: dict[str, Any]) -> Call:
        """Send a message, and return the call that follows."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            assert self._process.stderr
            pytest.fail(self._process.stderr.read())
        answer = json.loads(line)
        assert answer["of"] == message["of"]
        return Call(answer["kind"], answer["data"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


class _InNode:
    """An invocation of ``stream_handler_node``."""

    def __init__(self, function: "Function", records: Sequence[Record], timeout: float) -> None:
        assert function.node
        self.end = function.clock.now + timeout
        self._function, self._node, self._number = function, function.node, function.node.number()
        message = {"kind": "start", "records": records, "end": self.end * 1000, "environment": function.environment}
        self.call = self._ask(message)

    def _ask(self, message: dict[str, Any]) -> Call:
        return self._node.ask({**message, "of": self._number, "now": self._function.clock.now * 1000})

    def answer(self, value: object = None, error: Exception | None = None) -> None:
        message: dict[str, Any] = {"kind": "answer", "value": value}
        if isinstance(error, ConditionError):
            message["error"] = {"name": "ConditionalCheckFailedException", "Item": error.item}
        elif error:
            message["error"] = {"name": type(error).__name__, "message": str(error)}
        self.call = self._ask(message)

    def crash(self) -> None:
        # A promise that is never settled
        pass


class Function:
    """The function in one language, with its table and its clock."""

    def __init__(self, node: NodeProcess | None, scope: str) -> None:
        self.node, self.scope = node, scope
        self.environment = {"IDEMPOTENCY_TABLE": "states", "IDEMPOTENCY_SCOPE": scope}
        self.table, self.clock = Table(), Clock()

    def start(self, *records: Record, timeout: float = TIMEOUT) -> Invocation:
        """Start an invocation, which stops at its first call."""
        return (_InNode if self.node else _InPython)(self, records, timeout)

    def update(self, invocation: Invocation) -> bool:
        """Do the request that an invocation waits for; return whether its condition was met."""
        try:
            self.table.update_item(invocation.call.data)
        except ConditionError as error:
            invocation.answer(error=error)
            return False
        invocation.answer({})
        return True

    def invoke(self, process: Callable[[Record], object], *records: Record) -> None:
        """Process records as one invocation; ``process`` may raise ``Crash``, or any other error.

        Raises:
            LeaseError: The function raised its ``LeaseError``.
            StreamError: The function raised its ``StreamError``.

        """
        invocation = self.start(*records)
        failure: Exception | None = None
        while invocation.call.kind != "ended":
            kind, data = invocation.call
            if kind == "update":
                self.update(invocation)
            elif kind == "sleep":
                self.clock.sleep(data)
                invocation.answer()
            else:
                try:
                    process(data)
                except Crash:
                    invocation.crash()
                    raise
                except Exception as error:  # noqa: BLE001 - what the caller's function raises
                    failure = error
                    invocation.answer(error=error)
                else:
                    invocation.answer()
        if ended := invocation.call.data:
            ours = {"LeaseError": LeaseError, "StreamError": StreamError}
            if ended["name"] in ours:
                raise ours[ended["name"]](ended["message"])
            raise failure or AssertionError(ended)

    def name_of(self, record: Record) -> str:
        """Return the key of the state of a record."""
        if self.node:
            message = {"kind": "name", "of": self.node.number(), "record": record, "environment": self.environment}
            return str(self.node.ask(message).data)
        return _InPython.name_of(self, record)


def record(number: int, item: str = "a") -> Record:
    """Return a change of an item."""
    return {
        "eventID": f"{item}{number:032x}",
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": STREAM,
        "dynamodb": {"Keys": {"id": {"S": item}}, "SequenceNumber": str(95 + number)},
    }
