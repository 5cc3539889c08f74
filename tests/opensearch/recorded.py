"""The recorded answers of a real node: 289 requests and what OpenSearch 2.19.6 answered to each.

Bodies that were shortened when they were recorded are rebuilt here, where they can be.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.opensearch.scenario import Call

VERSION: Final = "2.19.6"
ANSWERS: Final[list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / f"answers-{VERSION}.json").read_text(encoding="utf-8")
)


def _index(**documents: Any) -> list[str]:  # noqa: ANN401 - JSON
    return [json.dumps(line) for id_, document in documents.items() for line in ({"index": {"_id": id_}}, document)]


_FEW: Final = _index(**{f"k{n}": {"n": n} for n in range(20)})

_SHARED: Final = ("rawid", "malformed", "trail")
"""Indices of requests that were sent one after the other and are no scenarios."""

_REBUILT: Final[Mapping[str, Sequence[str]]] = {
    "300 KB document": _index(**{str(n): {"id": str(n), "t": "word " * 60_000} for n in range(3)}),
    "300 KB one token": _index(a={"id": "a", "t": "x" * 300_000}),
    "composite keys": _index(**{"a\\|b|c": {"p": "a|b"}, "a|b\\|c": {"p": "a"}, "a\\\\|b\\|c": {"p": "a\\"}}),
    "id of 512 bytes": _index(**{"x" * 512: {"id": "x" * 512}}),
    "id of 3072 bytes": _index(**{"sha256:" + "8" * 64: {"p": "x" * 2048}}),
    "raw id of 513 bytes": _index(**{"ok": {"x": 1}, "x" * 513: {"x": 1}}),
    "raw delete id of 513 bytes": [json.dumps({"delete": {"_id": "x" * 513}})],
    "two new fields of one batch disagree": _index(a={"x": 1}, b={"x": "two"}, c={"x": {"y": 1}}),
    "explicit keyword, immense term": _index(a={"k": "x" * 32_767}, b={"k": "x" * 32_766}),
    "dynamic text of 32767 bytes without blanks": _index(a={"k": "x" * 32_767}),
    "total fields limit by one document / batch 1": _index(a={"id": "a"}, b={f"f{n}": n for n in range(1001)}),
    "field name of 33000 bytes": _index(a={"n" * 33_000: 1}, ok={"t" * 33_000: "x"}, also={"id": "also"}),
    "field name of 65000 bytes": _index(a={"n" * 65_000: 1}, ok={"t" * 65_000: "x"}, also={"id": "also"}),
    "10001 nested objects": _index(a={"k": [{"a": 1}] * 10_001}),
    "remedy dynamic template numbers to double / batch 2": _index(b={"n": 10.25}, c={"n": 10**38 - 1}, d={"n": 1e100}),
    "remedy flat_object": _index(a={"m": {f"f{n}": n for n in range(1100)}}, b={"m": {"f1": "text"}}),
    "?timeout=abc": _FEW,
}


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One request and its answer.

    Attributes:
        case: what was tried.
        method: of the request, as path and body (None if it is not known).
        headers: of the request.
        status: None if there was no answer.
        types: for each action its status and the type of its error; of a whole request the type alone, or ``string``.

    """

    case: str
    method: str
    path: str
    body: bytes | None
    headers: Mapping[str, str]
    status: int | None
    types: Sequence[Any]

    @property
    def scenario(self) -> str:
        """The name of the scenario that it is a part of; of requests without one, the index that they share."""
        index = self.path.split("/")[1]
        return index if index in _SHARED else self.case.split(" / ")[0].removesuffix(", parked")


def recorded() -> list[Recorded]:
    """Return all recorded requests, in their order."""
    return [_recorded(answer) for answer in ANSWERS]


def _recorded(answer: dict[str, Any]) -> Recorded:
    case, request = answer["case"], answer["request"]
    lines = _REBUILT.get(case, request.get("body") or [])
    complete = case in _REBUILT or not any("..." in line for line in lines)
    body = "".join(f"{line}\n" for line in lines).encode() if complete and not isinstance(lines, str) else None
    if case == "malformed: no newline at the end" and body:
        body = body.removesuffix(b"\n")
    if case == "malformed: document empty line":
        body = (body or b"") + b"\n"
    if case == "malformed: not UTF-8" and body:
        body = body.replace("�".encode(), b"\xff")
    kind = case.removeprefix("content type: ") if case.startswith("content type: ") else "application/x-ndjson"
    headers = {"Content-Type": "" if kind == "none" else kind}
    if case == "unknown encoding":
        headers["Content-Encoding"] = "zzz"
    return Recorded(
        case=case,
        method=request["method"],
        # The one path that was shortened is that of a name which is too long.
        path=f"/{'x' * 256}/_bulk" if request["path"].endswith("...") else request["path"],
        body=body,
        headers=headers,
        status=answer["status"],
        types=types_of(answer["response"]),
    )


def types_of(answer: Any) -> list[Any]:  # noqa: ANN401 - JSON
    """Return the statuses and the types of errors in an answer."""
    if not isinstance(answer, dict):
        return []
    if "items" in answer:
        return [
            (outcome["status"], (outcome.get("error") or {}).get("type"))
            for item in answer["items"]
            for outcome in item.values()
        ]
    error = answer.get("error")
    return ["string"] if isinstance(error, str) else [error["type"]] if error else []


def _created(name: str, **body: Any) -> Call:  # noqa: ANN401 - JSON
    return ("PUT", f"/{name}", body)


SETUPS: Final[Mapping[str, Sequence[Call]]] = {
    "missing pipeline": [_created("missing-pipeline"), _created("missing-pipeline--parked")],
    "closed index": [
        *(_created("closed-index"), _created("closed-index--parked")),
        *(("POST", "/closed-index/_close", None), ("POST", "/closed-index--parked/_close", None)),
    ],
}
"""Set-ups of recorded requests that differ from those of the scenarios of the same names."""
