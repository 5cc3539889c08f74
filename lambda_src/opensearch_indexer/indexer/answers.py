"""What the answer to a bulk request says of every action, and what may be shown of an answer that is an error."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from indexer.documents import Action

RETRY, REJECTED = "retry", "rejected"
CONFLICT, NOOP, MISSING = "Conflicts", "Noops", "Missing"
"""Verdicts that need nothing more, by the names of their metrics."""

OK, MULTIPLE_CHOICES, BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 200, 300, 400, 401, 403, 404
_CONFLICT, TOO_LARGE, _TOO_MANY, _SERVER_ERROR, _LAST = 409, 413, 429, 500, 599
_EXCERPT = 300

# Seen of OpenSearch 2.19 and 3.8 for documents that fit every mapping (tests/opensearch): faults of the index, the
# alias, the pipeline or the cluster, which somebody repairs.
_FAULTS_OF_THE_INDEX = {
    "document_source_missing_exception",
    "index_closed_exception",
    "invalid_index_name_exception",
    "routing_missing_exception",
    "validation_exception",
}
_REASONS_OF_THE_INDEX = (
    "failed to execute script",
    "no write index is defined for alias [",
    "only write ops with an op_type of create are allowed in data streams",
    "pipeline with id [",
)
"""Beginnings of reasons of ``illegal_argument_exception``, which documents cause as well."""
_FAULTS_OF_THE_DOCUMENT = {"fail_processor_exception"}
"""Types that have a status of 500 and are what a document gets from its pipeline."""


class Outcome(NamedTuple):
    """What became of an action that was not plainly done."""

    action: Action
    verdict: str
    """``retry``: it may succeed later; ``rejected``: it never will as it is; otherwise the name of a metric."""
    status: int | None = None
    """The HTTP status of the action, or None if it was not sent."""
    error: str | None = None
    """The server's name for what is wrong."""
    causes: str | None = None
    """The names of the causes, from the outermost to the innermost one."""
    reason: str | None = None
    """The explanations of the error and of its causes, which may quote the document."""


def outcomes(request: list[Action], body: bytes, *, ordered: bool) -> list[Outcome]:
    """Return what became of the actions of a request that were not plainly done.

    Raises:
        ValueError: the answer has not exactly one status for each action.

    """
    try:
        return list(_outcomes(request, parsed(body)["items"], ordered=ordered))
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError from error


def _outcomes(request: list[Action], items: list[dict[str, dict[str, Any]]], *, ordered: bool) -> Iterator[Outcome]:
    for action, item in zip(request, items, strict=True):
        (answer,) = item.values()
        status = answer["status"]
        if type(status) is not int or not OK <= status <= _LAST:
            raise ValueError
        if status < MULTIPLE_CHOICES:
            if answer.get("result") == "noop":
                yield Outcome(action, NOOP, status)
            continue
        error = answer.get("error") or {}
        if isinstance(error, str):
            error = {"type": error}
        causes = list(_causes(error))
        yield Outcome(
            action,
            _verdict(action, status, error, ordered=ordered),
            status,
            error.get("type"),
            ": ".join(str(cause.get("type")) for cause in causes) or None,
            ": ".join(str(each["reason"]) for each in [error, *causes] if each.get("reason")) or None,
        )


def _causes(error: dict[str, Any]) -> Iterator[dict[str, Any]]:
    while isinstance(error.get("caused_by"), dict):
        error = error["caused_by"]
        yield error


def _verdict(action: Action, status: int, error: dict[str, Any], *, ordered: bool) -> str:
    if status == _CONFLICT:
        # Of a scripted update, it says that another request changed the document at the same time.
        return RETRY if ordered else CONFLICT
    if status == NOT_FOUND and action.deletes and not ordered:
        return MISSING
    if error.get("type") in _FAULTS_OF_THE_DOCUMENT or status == TOO_LARGE:
        return REJECTED
    # A removal has no document that could be at fault.
    if status != BAD_REQUEST or action.deletes or error.get("type") in _FAULTS_OF_THE_INDEX:
        return RETRY
    return RETRY if str(error.get("reason")).startswith(_REASONS_OF_THE_INDEX) else REJECTED


def retryable(status: int) -> bool:
    """Return whether a request with this status may succeed later."""
    return status == _TOO_MANY or status >= _SERVER_ERROR


def too_much_memory(status: int, body: bytes) -> bool:
    """Return whether the server has too little memory for a request of this size just now."""
    if status != _TOO_MANY:
        return False
    error = parsed(body).get("error")
    if not isinstance(error, dict):
        return False
    return error.get("type") == "circuit_breaking_exception" or "coordinating operation" in str(error.get("reason"))


def unreadable(status: int, body: bytes) -> bool:
    """Return whether one document spoils the request: of a scripted update, the server reads it with the action.

    Seen of OpenSearch 3.8 for names of more than 50,000 characters.
    """
    error = parsed(body).get("error")
    return status == BAD_REQUEST and isinstance(error, dict) and error.get("type") == "x_content_parse_exception"


def shown(status: int, body: bytes, sent: bytes) -> str:
    """Return what an answer says of a request that the server rejects, without the content of what was sent.

    An error is named by its type. Its reason is shown only if it speaks of who sends, since others quote documents.
    """
    answer = parsed(body)
    error = answer.get("error", answer.get("Message", answer.get("message")))
    if isinstance(error, dict):
        reason = f": {error.get('reason')}" if status in (UNAUTHORIZED, FORBIDDEN) else ""
        return f"{error.get('type')}{reason}"[:_EXCERPT]
    if not isinstance(error, str):
        return "no reason that can be shown"
    error = error[:_EXCERPT]
    return error if status in (UNAUTHORIZED, FORBIDDEN) else _without(error, sent)


def _without(text: str, sent: bytes) -> str:
    """Return a text without the words of the documents that were sent."""
    return re.sub(r"\w{4,}", lambda word: "…" if word[0].encode() in sent else word[0], text)


def parsed(body: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer, or an empty one if it is none."""
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
