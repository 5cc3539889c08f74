"""The Node.js handler does what the vectors shared with the Python one say."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.functions import SECRET, VALUES, batches, compared, log_lines, named

HERE = Path(__file__).parent
NODE = shutil.which("node")
# Numbers for which JavaScript has different types, beside the vectors
NUMBERS = {
    "9007199254740991": "number",
    "9007199254740992": "bigint",
    "-12345678901234567890123456789012345678": "bigint",
    "0.1": "number",
    "12.50": "number",
    "0.12345678901234567890123456789012345678": "string",
    "9007199254740993.5": "string",
    "1E+400": "string",
}

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not on the PATH: the Node.js handler cannot be run")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Run every vector in one Node.js process."""
    folder = tmp_path_factory.mktemp("node")
    values = [*VALUES, *({"name": text, "value": {"N": text}} for text in NUMBERS)]
    given = json.dumps({"batches": batches(), "values": values, "secret": SECRET})
    (folder / "vectors.json").write_text(given, encoding="utf-8")
    command = [str(NODE), str(HERE / "run_vectors.mjs"), str(folder / "vectors.json"), str(folder / "results.json")]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == ""
    loaded: dict[str, dict[str, Any]] = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture
def result(results: dict[str, dict[str, Any]], vector: dict[str, Any]) -> dict[str, Any]:
    """Return what the handler did with the vector's batch."""
    found: dict[str, Any] = results["batches"][vector["name"]]
    return found


@pytest.mark.parametrize(**named(batches()))
class TestBatches:
    """What each vector says of the handler."""

    def test_responds(self, result: dict[str, Any], vector: dict[str, Any]) -> None:
        """The response, or the error, is the vector's."""
        assert (result.get("response"), result.get("error")) == (vector.get("response"), vector.get("error"))

    def test_processes_in_order_up_to_the_first_failure(self, result: dict[str, Any], vector: dict[str, Any]) -> None:
        """``process`` gets the vector's records and no other."""
        assert result["processed"] == vector["processed"]

    def test_decodes_what_is_read(self, result: dict[str, Any], vector: dict[str, Any]) -> None:
        """Images are the vector's, and a missing one is null only where there was none."""
        assert result["read"] == vector.get("read", [])

    def test_logs_one_json_line_a_record(self, result: dict[str, Any], vector: dict[str, Any]) -> None:
        """Every line has what the vector says, beside its time and the place of an error."""
        lines, places = log_lines(result["output"])
        assert lines == vector["log"]
        origins = {"Poison": {"run_vectors.mjs"}, "StreamError": {"stream.mjs", "index.mjs"}}
        errors = [line["error"] for line in vector["log"] if "error" in line]
        assert len(places) == len(errors)
        assert all(place in origins[error] for place, error in zip(places, errors, strict=True))

    def test_logs_content_only_when_asked(self, result: dict[str, Any], vector: dict[str, Any]) -> None:
        """Neither the records' content nor an error's message, which quotes it, is written unasked."""
        assert (SECRET in result["output"]) == (vector["environment"].get("LOG_CONTENT") == "true")


SUCCEEDING = [
    vector
    for vector in batches()
    if "response" in vector and not (vector["fails"] or vector["left"] or vector["reads"])
]


@pytest.mark.parametrize(**named(SUCCEEDING))
class TestHandler:
    """What Lambda calls does as ``processBatch`` does with the ``process`` of the file."""

    def test_responds(self, result: dict[str, Any], vector: dict[str, Any]) -> None:
        """The response is the vector's."""
        assert result["handlerResponse"] == vector["response"]

    def test_logs(self, result: dict[str, Any], vector: dict[str, Any]) -> None:
        """The log is the vector's."""
        assert log_lines(result["handlerOutput"])[0] == vector["log"]


@pytest.mark.parametrize(**named(VALUES))
def test_decodes(results: dict[str, dict[str, Any]], vector: dict[str, Any]) -> None:
    """Every value becomes what its vector says, or is refused with the vector's message."""
    found = results["values"][vector["name"]]
    found.pop("type", None)
    assert compared(found) == {key: compared(vector[key]) for key in ("decoded", "error") if key in vector}


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_has_the_first_type_that_holds_it(results: dict[str, dict[str, Any]], text: str) -> None:
    """A Number, or else a BigInt if it is an integer, or else the digits that DynamoDB wrote."""
    found = results["values"][text]
    assert found["type"] == NUMBERS[text]
    if found["type"] == "string":
        assert found["decoded"] == text
