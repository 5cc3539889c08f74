"""Loads the functions of lambda_src as Lambda does, and reads the vectors that hold them to one behavior."""

import copy
import importlib
import json
import sys
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

FUNCTIONS = Path(__file__).parents[2] / "lambda_src"
VECTORS: dict[str, Any] = json.loads((FUNCTIONS / "vectors.json").read_text(encoding="utf-8"))
RECORDS: dict[str, Any] = VECTORS["records"]
VALUES: list[dict[str, Any]] = VECTORS["values"]
SECRET = "a private note"  # noqa: S105 - what the vectors' records hold beside their keys


def load(function: str, module: str = "handler") -> ModuleType:
    """Import a module of a function with the function's folder first on the path, and none of another function's."""
    folder = FUNCTIONS / function
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(module)
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(folder):
                del sys.modules[name]


def sequence_number(record: str) -> str | None:
    """Return the sequence number of a record of the vectors."""
    number: str | None = RECORDS[record]["dynamodb"].get("SequenceNumber")
    return number


def batches() -> list[dict[str, Any]]:
    """Return the batches of the vectors, with records in the place of their names."""
    return [_expanded(batch) for batch in VECTORS["batches"]]


def _expanded(batch: dict[str, Any]) -> dict[str, Any]:
    batch = {"fails": [], "left": None, "reads": None, "environment": {}, **copy.deepcopy(batch)}
    if "Records" in batch["event"]:
        batch["event"]["Records"] = [
            copy.deepcopy(RECORDS[record]) if isinstance(record, str) else record
            for record in batch["event"]["Records"]
        ]
    batch["log"] = [_line(line) for line in batch["log"]]
    for field in ("fails", "processed"):
        batch[field] = [sequence_number(record) for record in batch[field]]
    return batch


def _line(line: dict[str, Any]) -> dict[str, Any]:
    record = RECORDS[line.pop("of")]
    line |= {"record": RECORDS[line["record"]]} if "record" in line else {}
    change = record["dynamodb"]
    return line | {
        "eventName": record["eventName"],
        "keys": change["Keys"],
        "sequenceNumber": change.get("SequenceNumber"),
    }


def log_lines(output: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Parse logged JSON lines; return them without time and place, which vary, and the files that were named as places.

    Every line must have its time.
    """
    lines = [json.loads(line) for line in output.split("\n")[:-1]]
    assert all(line.pop("timestamp").endswith("Z") for line in lines)
    return lines, [line.pop("at").split(":")[0] for line in lines if "at" in line]


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever was decoded
    """Write a decoded value as the vectors do, with numbers that compare by value."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return {"$number": str(value)}
    return value


def compared(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value of the vectors with its numbers as numbers, in whichever way they are written."""
    if isinstance(value, dict):
        return Decimal(value["$number"]) if "$number" in value else {k: compared(v) for k, v in value.items()}
    return [compared(inner) for inner in value] if isinstance(value, list) else value


def named(vectors: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the arguments for ``pytest.mark.parametrize`` that run a test with each vector, under its name."""
    return {"argnames": "vector", "argvalues": list(vectors), "ids": lambda vector: vector["name"]}
