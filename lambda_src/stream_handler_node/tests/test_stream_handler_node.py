"""The Node.js handler does what the vectors shared with the Python one say."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
VECTORS_FILE = HERE.parents[1] / "vectors.json"
VECTORS: list[dict[str, Any]] = json.loads(VECTORS_FILE.read_text(encoding="utf-8"))
NODE = shutil.which("node")
SECRET = "a private note"  # noqa: S105 - what the vectors' records hold beside their keys

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not on the PATH: the Node.js handler cannot be run")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Run every vector in one Node.js process."""
    output = tmp_path_factory.mktemp("node") / "results.json"
    command = [str(NODE), str(HERE / "run_vectors.mjs"), str(VECTORS_FILE), str(output)]
    done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == ""
    loaded: dict[str, dict[str, Any]] = json.loads(output.read_text(encoding="utf-8"))
    return loaded


def lines_of(output: str) -> list[dict[str, Any]]:
    """Parse logged JSON lines, and take out their time, which differs from run to run."""
    lines = [json.loads(line) for line in output.split("\n")[:-1]]
    assert all(line.pop("timestamp").endswith("Z") for line in lines)
    return lines


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
class TestVectors:
    """What each vector says of the handler."""

    def test_responds(self, results: dict[str, dict[str, Any]], vector: dict[str, Any]) -> None:
        """The response, or the error, is the vector's."""
        result = results[vector["name"]]
        assert (result.get("response"), result.get("error")) == (vector.get("response"), vector.get("error"))

    def test_processes_in_order_up_to_the_first_failure(
        self, results: dict[str, dict[str, Any]], vector: dict[str, Any]
    ) -> None:
        """``process`` gets the vector's records and no other."""
        assert results[vector["name"]]["processed"] == vector["processed"]

    def test_logs_one_json_line_a_record(self, results: dict[str, dict[str, Any]], vector: dict[str, Any]) -> None:
        """Every line has what the vector says, beside its time and the place of an error."""
        lines = lines_of(results[vector["name"]]["output"])
        assert [line.pop("at").split(":")[0] for line in lines if "at" in line] == [
            "run_vectors.mjs" for line in vector["log"] if "error" in line
        ]
        assert lines == vector["log"]

    def test_never_logs_content(self, results: dict[str, dict[str, Any]], vector: dict[str, Any]) -> None:
        """Neither the records' content nor an error's message, which quotes it, is written."""
        assert SECRET not in results[vector["name"]]["output"]


SUCCEEDING = [vector for vector in VECTORS if "response" in vector and not vector["fails"]]


@pytest.mark.parametrize("vector", SUCCEEDING, ids=lambda vector: vector["name"])
class TestHandler:
    """What Lambda calls does as ``processBatch`` does with the ``process`` of the file."""

    def test_responds(self, results: dict[str, dict[str, Any]], vector: dict[str, Any]) -> None:
        """The response is the vector's."""
        assert results[vector["name"]]["handlerResponse"] == vector["response"]

    def test_logs(self, results: dict[str, dict[str, Any]], vector: dict[str, Any]) -> None:
        """The log is the vector's."""
        assert lines_of(results[vector["name"]]["handlerOutput"]) == vector["log"]
