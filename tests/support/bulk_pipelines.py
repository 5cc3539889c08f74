"""Ingest pipelines of the processors that the tests use, with the answers of real ones."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tests.support.bulk_mapping import Refusal

Pipeline = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any] | None]
"""Takes a document and the metadata of its action, which it may change. Returns the document, or None if dropped."""


def compiled(processors: Sequence[Mapping[str, Any]]) -> Pipeline:
    """Return the pipeline of these processors, as ``PUT /_ingest/pipeline`` has them."""
    steps = [(kind, options) for processor in processors for kind, options in processor.items()]

    def run(document: dict[str, Any], meta: dict[str, Any]) -> dict[str, Any] | None:
        for kind, options in steps:
            if kind == "drop":
                return None
            _PROCESSORS[kind](document, meta, options)
        return document

    return run


def _refuse(reason: str, cause: str | None = None) -> Refusal:
    return Refusal(400, "illegal_argument_exception", reason, cause)


def _fail(_document: dict[str, Any], _meta: dict[str, Any], options: Mapping[str, Any]) -> None:
    raise Refusal(500, "fail_processor_exception", options["message"])


def _date(document: dict[str, Any], _meta: dict[str, Any], options: Mapping[str, Any]) -> None:
    raise _refuse(f"unable to parse date [{document[options['field']]}]", "illegal_argument_exception")


def _convert(document: dict[str, Any], _meta: dict[str, Any], options: Mapping[str, Any]) -> None:
    try:
        document[options["field"]] = int(document[options["field"]])
    except ValueError:
        raise _refuse(
            f"unable to convert [{document[options['field']]}] to integer", "number_format_exception"
        ) from None


def _remove(document: dict[str, Any], _meta: dict[str, Any], options: Mapping[str, Any]) -> None:
    if options["field"] not in document:
        raise _refuse(f"field [{options['field']}] doesn't exist")
    del document[options["field"]]


def _foreach(document: dict[str, Any], _meta: dict[str, Any], options: Mapping[str, Any]) -> None:
    if not isinstance(document[options["field"]], list):
        raise _refuse(f"field [{options['field']}] of type [java.lang.String] cannot be cast to [java.util.List]")


def _script(_document: dict[str, Any], _meta: dict[str, Any], options: Mapping[str, Any]) -> None:
    cause = "arithmetic_exception" if "/" in options["source"] else "null_pointer_exception"
    raise Refusal(400, "script_exception", "runtime error", cause)


def _set(document: dict[str, Any], meta: dict[str, Any], options: Mapping[str, Any]) -> None:
    (meta if options["field"].startswith("_") else document)[options["field"]] = options["value"]


_PROCESSORS: Final = {
    "fail": _fail,
    "date": _date,
    "convert": _convert,
    "remove": _remove,
    "foreach": _foreach,
    "script": _script,
    "set": _set,
}
