"""What the answer to a bulk request says of every action, and what may be shown of an answer that is an error."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from indexer.documents import Action

RETRY, REJECTED = "retry", "rejected"
CONFLICT, NOOP, MISSING = "Conflicts", "Noops", "Missing"
"""Verdicts that need nothing more, by the names of their metrics."""

OK, MULTIPLE_CHOICES, BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 200, 300, 400, 401, 403, 404
_CONFLICT, TOO_LARGE, _TOO_MANY, _SERVER_ERROR, _LAST = 409, 413, 429, 500, 599
_EXCERPT = 300
_SHORTEST_QUOTATION = 4
_NAME = re.compile(r"[\w.$-]{1,100}")

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
    """Return the JSON object of an answer, or an empty one if it is none."""
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
