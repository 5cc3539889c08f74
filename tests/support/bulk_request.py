"""The body of a bulk request: its actions, and what makes a node refuse the whole request or a single document."""

import json
from dataclasses import dataclass
from typing import Any, Final

from tests.support.bulk_mapping import Refusal

LONGEST_ID: Final = 512
_KINDS: Final = ("create", "delete", "index", "update")
_METADATA: Final = {"_index", "_id", "version", "version_type", "routing", "pipeline", "retry_on_conflict", "op_type"}
_LARGEST_LONG: Final = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class Action:
    """What is to be done, with which metadata, with which document."""

    kind: str
    meta: dict[str, Any]
    document: dict[str, Any] | None = None
    malformed: Refusal | None = None
    """Why the document is none; its neighbors are done all the same."""


def parsed(body: bytes) -> list[Action]:
    """Return the actions of newline-delimited JSON.

    Raises:
        Refusal: the whole request is refused.

    """
    if not body:
        raise Refusal(400, "parse_exception", "request body is required")
    if not body.endswith(b"\n"):
        raise _argument("The bulk request must be terminated by a newline [\\n]")
    actions: list[Action] = []
    lines = iter(body[:-1].split(b"\n"))
    for number, line in enumerate(lines, 1):
        if line.strip():
            kind, meta = _action(line, number)
            if kind == "delete":
                actions.append(Action(kind=kind, meta=meta))
                continue
            # An action without a document at the end is left out.
            content = next(lines, None)
            if content is not None:
                actions.append(_with_document(kind, meta, content))
    problems = [problem for action in actions for problem in _problems(action)]
    if not actions:
        problems.append("no requests added")
    if problems:
        reason = "".join(f" {number}: {problem};" for number, problem in enumerate(problems, 1))
        raise Refusal(400, "action_request_validation_exception", f"Validation Failed:{reason}")
    return actions


def _argument(reason: str) -> Refusal:
    return Refusal(400, "illegal_argument_exception", reason)


def _action(line: bytes, number: int) -> tuple[str, dict[str, Any]]:
    try:
        action = json.loads(line)
    except ValueError as error:
        raise Refusal(400, "json_parse_exception", str(error)) from error
    if not isinstance(action, dict) or not action:
        raise _argument(f"Malformed action/metadata line [{number}], expected START_OBJECT")
    kind, meta = next(iter(action.items()))
    if kind not in _KINDS:
        raise _argument(f"Malformed action/metadata line [{number}], expected one of {_KINDS} but found [{kind}]")
    if not isinstance(meta, dict):
        raise _argument(f"Malformed action/metadata line [{number}], expected START_OBJECT or END_OBJECT")
    for unknown in set(meta) - _METADATA:
        raise _argument(f"Action/metadata line [{number}] contains an unknown parameter [{unknown}]")
    if meta.get("version_type", "internal") not in ("internal", "external", "external_gte"):
        raise _argument(f"No version type match [{meta['version_type']}]")
    if meta.get("version", 0) > _LARGEST_LONG:
        raise Refusal(400, "input_coercion_exception", f"Numeric value ({meta['version']}) out of range of long")
    return kind, meta


def _problems(action: Action) -> list[str]:
    """Return why a node refuses a whole request for one of its actions."""
    id_, version, kind = action.meta.get("_id", ""), action.meta.get("version"), action.meta.get("version_type")
    if action.kind == "delete" and not id_:
        return ["id is missing"]
    problems = []
    if action.kind != "delete" and len(id_.encode()) > LONGEST_ID:
        problems.append(f"id [{id_}] is too long, must be no longer than {LONGEST_ID} bytes")
    if kind in (None, "internal"):
        if version is not None:
            problems.append("internal versioning can not be used for optimistic concurrency control")
    elif version is None or version < 0:
        problems.append(f"illegal version value [{-3 if version is None else version}] for version type [{kind}]")
    return problems


def _with_document(kind: str, meta: dict[str, Any], line: bytes) -> Action:
    if not line.strip():
        malformed = Refusal(400, "mapper_parsing_exception", "failed to parse, document is empty")
        return Action(kind=kind, meta=meta, malformed=malformed)
    try:
        document = json.loads(line.decode(), parse_constant=_constant, object_pairs_hook=_without_repetition)
    except ValueError:
        return Action(kind=kind, meta=meta, malformed=_unparsed("json_parse_exception"))
    if not isinstance(document, dict):
        return Action(kind=kind, meta=meta, malformed=_unparsed("not_x_content_exception"))
    return Action(kind=kind, meta=meta, document=document)


def _unparsed(cause: str) -> Refusal:
    return Refusal(400, "mapper_parsing_exception", "failed to parse", cause)


def _constant(text: str) -> None:
    raise ValueError(text)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("Duplicate field")
    return fields
