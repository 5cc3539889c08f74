"""What only the Python function has: its handler, its imports, and boto3. lambda_src/tests has the other cases."""

import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest

from generator.local import emulator
from tests.support.functions import FUNCTIONS, load
from tests.support.idempotency import Crash, Record, record


def crash(_: Record) -> None:
    """End the process."""
    raise Crash


def unwanted(_: Record) -> None:
    """Must not be called."""
    pytest.fail("The record was processed")


def test_handler_processes_through_the_table_when_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable turns it on."""
    handler = load("stream_handler")
    monkeypatch.setenv("IDEMPOTENCY_TABLE", "states")
    effects: list[Record] = []
    monkeypatch.setattr(handler, "process", effects.append)
    processed: list[Record] = []

    def once(process: Any, context: object) -> Any:  # noqa: ANN401 - functions
        assert (process, context) == (handler.process, None)

        def processes(each: Record) -> None:
            if each not in processed:
                process(each)
                processed.append(each)

        return processes

    monkeypatch.setitem(sys.modules, "idempotency", SimpleNamespace(once=once))
    for _ in range(2):
        assert handler.handler({"Records": [record(1), record(2)]}, None) == {"batchItemFailures": []}
    assert effects == [record(1), record(2)]


def test_nothing_is_imported_when_it_is_off() -> None:
    """Neither the module nor boto3 costs anything then."""
    code = (
        "import handler, sys; handler.handler({'Records': []}, None); print({'boto3', 'idempotency'} & {*sys.modules})"
    )
    folder = FUNCTIONS / "stream_handler"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True, env={})
    assert done.stdout == "set()\n"


@pytest.mark.emulator
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
        time.sleep(3.2)  # 1.1 s left and 1 s of skew, in whole seconds
        module.once(effects.append, left)(record(11))
        assert effects[-1] == record(11)
        with pytest.raises(ZeroDivisionError):
            module.once(lambda _: 1 / 0, left)(record(12))
        module.once(effects.append, left)(record(12))
        assert effects[-1] == record(12)
