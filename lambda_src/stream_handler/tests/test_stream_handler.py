"""The Python handler does what the vectors shared with the Node.js one say."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

HERE = Path(__file__).parent
VECTORS: list[dict[str, Any]] = json.loads((HERE.parents[1] / "vectors.json").read_text(encoding="utf-8"))
CONTEXT = SimpleNamespace(aws_request_id="request-1")
SECRET = "a private note"  # noqa: S105 - what the vectors' records hold beside their keys


class Poison(Exception):  # noqa: N818 - the vectors' name of the error
    """A record cannot be processed."""


@pytest.fixture
def function() -> ModuleType:
    """Load the handler as Lambda does, once a test; other functions have a module of the same name."""
    spec = importlib.util.spec_from_file_location("stream_handler_function", HERE.parent / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def processed(function: ModuleType, monkeypatch: pytest.MonkeyPatch, vector: dict[str, Any]) -> list[str]:
    """Let the records fail that the vector names, and collect what ``process`` was given."""
    original, seen = function.process, []

    def process(record: dict[str, Any]) -> None:
        seen.append(record["dynamodb"]["SequenceNumber"])
        if seen[-1] in vector["fails"]:
            raise Poison(json.dumps(record))
        original(record)

    monkeypatch.setattr(function, "process", process)
    return seen


def run(function: ModuleType, vector: dict[str, Any]) -> dict[str, Any]:
    """Invoke the handler and tell its response or its error, as the vectors do."""
    try:
        return {"response": function.handler(vector["event"], CONTEXT)}
    except ValueError as error:
        return {"error": str(error)}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
class TestVectors:
    """What each vector says of the handler."""

    @pytest.mark.usefixtures("processed")
    def test_responds(self, function: ModuleType, vector: dict[str, Any]) -> None:
        """The response, or the error, is the vector's."""
        assert run(function, vector) == {key: vector[key] for key in ("response", "error") if key in vector}

    def test_processes_in_order_up_to_the_first_failure(
        self, function: ModuleType, vector: dict[str, Any], processed: list[str]
    ) -> None:
        """``process`` gets the vector's records and no other."""
        run(function, vector)
        assert processed == vector["processed"]

    @pytest.mark.usefixtures("processed")
    def test_logs_one_json_line_a_record(
        self, function: ModuleType, vector: dict[str, Any], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Every line has what the vector says, beside its time and the place of an error."""
        run(function, vector)
        lines = [json.loads(line) for line in capsys.readouterr().out.split("\n")[:-1]]
        assert all(line.pop("timestamp").endswith("Z") for line in lines)
        assert [line.pop("at").split(":")[0] for line in lines if "at" in line] == [
            Path(__file__).name for line in vector["log"] if "error" in line
        ]
        assert lines == vector["log"]

    @pytest.mark.usefixtures("processed")
    def test_never_logs_content(
        self, function: ModuleType, vector: dict[str, Any], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Neither the records' content nor an error's message, which quotes it, is written anywhere."""
        run(function, vector)
        assert SECRET not in "".join(capsys.readouterr())
