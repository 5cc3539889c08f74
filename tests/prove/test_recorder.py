"""Does the recorder log each invocation, and change nothing else of the function?"""

import importlib
import json
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from generator.prove import recorder
from tests.support.functions import FUNCTIONS

CONTEXT = SimpleNamespace(aws_request_id="request", get_remaining_time_in_millis=lambda: 30_000)


def record(number: int, **attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the insertion of an item."""
    keys = {"id": {"S": str(number)}}
    change = {"Keys": keys, "NewImage": {**keys, **attributes}, "SequenceNumber": str(number)}
    return {"eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": change}


EVENT = {"Records": [record(1), record(2, poison={"BOOL": True}), record(3)]}


@pytest.fixture(autouse=True)
def _function(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the modules of stream_handler be found, as in the package."""
    monkeypatch.syspath_prepend(str(FUNCTIONS / "stream_handler"))
    for name in ("handler", "stream"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    importlib.invalidate_caches()
    yield
    for name in ("handler", "stream"):
        sys.modules.pop(name, None)


def recorded(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the last line of the log."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_invocation_is_logged_with_its_records(capsys: pytest.CaptureFixture[str]) -> None:
    assert recorder.handler(EVENT, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    line = recorded(capsys)
    assert (line["message"], line["requestId"], line["repaired"]) == (recorder.MESSAGE, "request", False)
    assert (line["records"], line["failed"]) == (["1", "2", "3"], ["2"])
    assert line["began"] <= line["ended"]


def test_repaired_function_processes_every_record(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(recorder.REPAIRED_VARIABLE, "true")
    assert recorder.handler(EVENT, CONTEXT) == {"batchItemFailures": []}
    assert recorded(capsys)["repaired"] is True
