"""The Python handler does what the vectors shared with the Node.js one say."""

import ast
import json
from decimal import Decimal
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.support.functions import FUNCTIONS, SECRET, VALUES, batches, compared, load, log_lines, named, plain

READERS = {"keys": "keys", "newImage": "new_image", "oldImage": "old_image"}


class Poison(Exception):  # noqa: N818 - the vectors' name of the error
    """A record cannot be processed."""


def context(vector: dict[str, Any]) -> SimpleNamespace:
    """Return Lambda's context, with the time that is left when the invocation begins."""
    left = (vector["left"] or [900_000])[0]
    return SimpleNamespace(aws_request_id="request-1", get_remaining_time_in_millis=lambda: left)


@pytest.fixture
def function() -> ModuleType:
    """Return the function's handler, loaded once a test."""
    return load("stream_handler")


@pytest.fixture
def seen(function: ModuleType, monkeypatch: pytest.MonkeyPatch, vector: dict[str, Any]) -> dict[str, list[Any]]:
    """Let the records fail that the vector names, and collect what ``process`` was given and read."""
    original = function.process
    seen: dict[str, list[Any]] = {"processed": [], "read": []}

    def process(record: dict[str, Any]) -> None:
        number = record["dynamodb"].get("SequenceNumber")
        seen["processed"].append(number)
        if vector["reads"]:
            read = function.log.__globals__[READERS[vector["reads"]]]
            seen["read"].append(plain(read(record)))
        if number in vector["fails"]:
            raise Poison(SECRET)
        original(record)

    monkeypatch.setattr(function, "process", process)
    if vector["left"]:
        times = [(vector["left"][0] - left) / 1000 for left in vector["left"]]
        monkeypatch.setattr(function, "monotonic", iter(times).__next__)
    for name, value in vector["environment"].items():
        monkeypatch.setenv(name, value)
    return seen


def run(function: ModuleType, vector: dict[str, Any]) -> dict[str, Any]:
    """Invoke the handler and tell its response or its error, as the vectors do."""
    try:
        return {"response": function.handler(vector["event"], context(vector))}
    except ValueError as error:
        return {"error": str(error)}


@pytest.mark.parametrize(**named(batches()))
class TestBatches:
    """What each vector says of the handler."""

    @pytest.mark.usefixtures("seen")
    def test_responds(self, function: ModuleType, vector: dict[str, Any]) -> None:
        """The response, or the error, is the vector's."""
        assert run(function, vector) == {key: vector[key] for key in ("response", "error") if key in vector}

    def test_processes_in_order_up_to_the_first_failure(
        self, function: ModuleType, vector: dict[str, Any], seen: dict[str, list[Any]]
    ) -> None:
        """``process`` gets the vector's records and no other."""
        run(function, vector)
        assert seen["processed"] == vector["processed"]

    def test_decodes_what_is_read(
        self, function: ModuleType, vector: dict[str, Any], seen: dict[str, list[Any]]
    ) -> None:
        """Images are the vector's, and a missing one is None only where there was none."""
        run(function, vector)
        assert seen["read"] == vector.get("read", [])

    @pytest.mark.usefixtures("seen")
    def test_logs_one_json_line_a_record(
        self, function: ModuleType, vector: dict[str, Any], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Every line has what the vector says, beside its time and the place of an error."""
        run(function, vector)
        lines, places = log_lines(capsys.readouterr().out)
        assert lines == vector["log"]
        origins = {"Poison": {Path(__file__).name}, "StreamError": {"stream.py", "handler.py"}}
        errors = [line["error"] for line in vector["log"] if "error" in line]
        assert len(places) == len(errors)
        assert all(place in origins[error] for place, error in zip(places, errors, strict=True))

    @pytest.mark.usefixtures("seen")
    def test_logs_content_only_when_asked(
        self, function: ModuleType, vector: dict[str, Any], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Neither the records' content nor an error's message, which quotes it, is written unasked."""
        run(function, vector)
        asked = vector["environment"].get("LOG_CONTENT") == "true"
        assert (SECRET in "".join(capsys.readouterr())) == asked


@pytest.mark.parametrize(**named(VALUES))
def test_decodes(vector: dict[str, Any]) -> None:
    """Every value becomes what its vector says, or is refused with the vector's message."""
    stream = load("stream_handler", "stream")
    try:
        found = {"decoded": compared(plain(stream.decode({"attribute": vector["value"]})["attribute"]))}
    except stream.StreamError as error:
        found = {"error": str(error)}
    assert found == {key: compared(vector[key]) for key in ("decoded", "error") if key in vector}


class TestNumbers:
    """Python's numbers hold every number of DynamoDB."""

    @pytest.mark.parametrize("text", ["5", "-5", "12345678901234567890123456789012345678"])
    def test_an_integer_is_an_int(self, text: str) -> None:
        """An integer can be an index, a key of a JSON number, and so on."""
        (number,) = load("stream_handler", "stream").decode({"n": {"N": text}}).values()
        assert (type(number), str(number)) == (int, text)

    def test_another_number_is_a_decimal_with_every_digit(self) -> None:
        """Thirty-eight digits are more than a float has."""
        text = "0.12345678901234567890123456789012345678"
        assert load("stream_handler", "stream").decode({"n": {"N": text}}) == {"n": Decimal(text)}


def test_runs_without_a_context(capsys: pytest.CaptureFixture[str]) -> None:
    """A user's own tests may invoke the handler with None."""
    event = {"Records": [batches()[1]["event"]["Records"][0]]}
    assert load("stream_handler").handler(event, None) == {"batchItemFailures": []}
    assert json.loads(capsys.readouterr().out)["message"] == "Record processed"


@pytest.mark.parametrize("path", sorted(FUNCTIONS.glob("*/**/*.py")), ids=lambda path: path.name)
def test_runs_on_the_oldest_python_of_lambda(path: Path) -> None:
    """No function uses syntax that Python 3.10 does not know."""
    if "tests" not in path.parts:
        ast.parse(path.read_text(), feature_version=(3, 10))
