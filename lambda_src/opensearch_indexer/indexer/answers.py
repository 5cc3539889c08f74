"""Responses to bulk requests: the outcome of each action, and what of an error can be logged."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from indexer.documents import Action

RETRY, REJECTED = "retry", "rejected"
CONFLICT, NOOP, MISSING = "Conflicts", "Noops", "Missing"
"""Verdicts of changes that are done, by the names of their metrics."""

OK, MULTIPLE_CHOICES, BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 200, 300, 400, 401, 403, 404
_CONFLICT, TOO_LARGE, _TOO_MANY, _SERVER_ERROR, _LAST = 409, 413, 429, 500, 599
_EXCERPT = 300
_SHORTEST_QUOTATION = 4
_NAME = re.compile(r"[\w.$-]{1,100}")

_FINAL_PIPELINE = "final_pipeline"
"""Type of our own: the final pipeline of an index excludes scripted updates."""
# Observed with OpenSearch 2.19 and 3.8 for documents that fit every mapping (tests/opensearch): errors of the index,
# the alias, the pipeline or the cluster, which an operator repairs.
_FAULTS_OF_THE_INDEX = {
    _FINAL_PIPELINE,
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
"""Beginnings of reasons of ``illegal_argument_exception``, a type that documents cause too."""
_FAULTS_OF_THE_DOCUMENT = {"fail_processor_exception"}
"""Types with a status of 500 that the pipeline of a document raises."""


class Outcome(NamedTuple):
    """The outcome of an action that was not applied, or whose effect has a metric of its own."""

    action: Action
    verdict: str
    """``retry``: it can succeed later. ``rejected``: it cannot succeed unchanged. Otherwise the name of a metric."""
    status: int | None = None
    """HTTP status of the action, or None if it was not sent."""
    error: str | None = None
    """Type of the error."""
    causes: str | None = None
    """Types of the causes, from the outermost to the innermost."""
    reason: str | None = None
    """Explanations of the error and its causes, which can quote the document."""


def outcomes(request: list[Action], body: bytes, *, ordered: bool) -> list[Outcome]:
    """Return the outcomes of the actions that were not applied, or whose effect has a metric of its own.

    Raises:
        ValueError: The response does not have exactly one valid status for each action.

    """
    try:
        return list(_outcomes(request, parsed(body)["items"], ordered=ordered))
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError from error


def _outcomes(request: list[Action], items: list[dict[str, dict[str, Any]]], *, ordered: bool) -> Iterator[Outcome]:
    for action, item in zip(request, items, strict=True):
        ((kind, answer),) = item.items()
        status = answer["status"]
        if type(status) is not int or not OK <= status <= _LAST:
            raise ValueError
        error = answer.get("error") or {}
        if ordered and kind != "update":
            # The final pipeline of the index dropped or rejected the empty upsert of the update.
            error = {"type": _FINAL_PIPELINE, "caused_by": error or None}
        elif status < MULTIPLE_CHOICES:
            if answer.get("result") == "noop":
                yield Outcome(action, NOOP, status)
            continue
        if isinstance(error, str):
            error = {"type": "text", "reason": error}
        causes = list(_causes(error))
        yield Outcome(
            action,
            _verdict(action, status, error, ordered=ordered),
            status,
            _type_of(error),
            ": ".join(str(_type_of(cause)) for cause in causes) or None,
            ": ".join(str(each["reason"]) for each in [error, *causes] if each.get("reason")) or None,
        )


def _causes(error: dict[str, Any]) -> Iterator[dict[str, Any]]:
    while isinstance(error.get("caused_by"), dict):
        error = error["caused_by"]
        yield error


def _verdict(action: Action, status: int, error: dict[str, Any], *, ordered: bool) -> str:
    if status == _CONFLICT:
        # For a scripted update, 409 means that another request changed the document at the same time.
        return RETRY if ordered else CONFLICT
    if status == NOT_FOUND and action.deletes and not ordered:
        return MISSING
    if error.get("type") in _FAULTS_OF_THE_DOCUMENT or status == TOO_LARGE:
        return REJECTED
    # A removal has no document that could be the cause.
    if status != BAD_REQUEST or action.deletes or error.get("type") in _FAULTS_OF_THE_INDEX:
        return RETRY
    return RETRY if str(error.get("reason")).startswith(_REASONS_OF_THE_INDEX) else REJECTED


def retryable(status: int) -> bool:
    """Return whether a request with this status can succeed later."""
    return status == _TOO_MANY or status >= _SERVER_ERROR


def error_type(body: bytes) -> str | None:
    """Return the type of the error in the response to a whole request."""
    error = parsed(body).get("error")
    return _type_of(error) if isinstance(error, dict) else None


def too_much_memory(status: int, body: bytes) -> bool:
    """Return whether the server has too little memory for a request of this size at the moment."""
    if status != _TOO_MANY:
        return False
    error = parsed(body).get("error")
    coordinating = isinstance(error, dict) and "coordinating operation" in str(error.get("reason"))
    return coordinating or error_type(body) == "circuit_breaking_exception"


def unreadable(status: int, body: bytes) -> bool:
    """Return whether one document makes the whole request unreadable: the server parses scripted updates early.

    Observed with OpenSearch 3.8 for names of more than 50,000 characters.
    """
    return status == BAD_REQUEST and error_type(body) == "x_content_parse_exception"


def shown(status: int, body: bytes, sent: bytes, without_credentials: Callable[[str], str]) -> str:
    """Return what a response says of a request that the server rejects, without credentials and document content.

    The type of an error is always shown. Its reason is shown only if it concerns the permissions of the function,
    because other reasons quote documents.
    """
    answer = parsed(body)
    error = answer.get("error", answer.get("Message", answer.get("message")))
    concerns_sender = status in (UNAUTHORIZED, FORBIDDEN)
    if isinstance(error, dict):
        text = f"{_type_of(error)}: {error.get('reason')}" if concerns_sender else str(_type_of(error))
    elif isinstance(error, str):
        text = error
    else:
        return "no reason that can be shown"
    # The whole text, before it is cut: a credential of which a part is missing would not be recognized.
    text = without_credentials(text)
    if not isinstance(error, dict) or concerns_sender:
        text = _without_content(text, sent, words=2 if concerns_sender else 1)
    return text[:_EXCERPT]


def _type_of(error: dict[str, Any]) -> str | None:
    """Return the type of an error if it has the form of a name: anything else could quote a document."""
    name = error.get("type")
    return None if name is None else str(name) if _NAME.fullmatch(str(name)) else "…"


def _without_content(text: str, sent: bytes, *, words: int) -> str:
    """Return a text without what it quotes of the documents that were sent.

    Takes how many words in a row make a quotation: a single one can be a coincidence.
    """
    spans = [word.span() for word in re.finditer(r"\w+", text)]
    quoted: set[int] = set()
    for first in range(len(spans) - words + 1):
        begin, end = spans[first][0], spans[first + words - 1][1]
        if end - begin >= _SHORTEST_QUOTATION and text[begin:end].encode(errors="replace") in sent:
            quoted |= set(range(first, first + words))
    for place in sorted(quoted, reverse=True):
        begin, end = spans[place]
        text = f"{text[:begin]}…{text[end:]}"
    return text


def parsed(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a response, or an empty one if the response is not an object."""
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
