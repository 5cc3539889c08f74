"""The check of an index against ``index_template.json``, which an event without records asks for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from indexer import answers
from indexer.connection import Connection
from indexer.settings import Settings

TEMPLATE = Path(__file__).parents[1] / "index_template.json"
_PROPERTIES = "mappings.properties."
_DYNAMIC = ("mappings.date_detection", "mappings.dynamic_templates")
"""Parameters that have no effect in a mapping that adds no fields."""
_WITHOUT_CHECK = 'or set INDEXER_CHECK_TEMPLATE to "false" to skip this check'


class TemplateError(Exception):
    """An index differs from the index template, or could not be checked."""


def check(settings: Settings, connection: Connection, index: str, seconds: float) -> None:
    """Check that an index has the fields of the template or, if it does not exist, would be created from it.

    The settings, dynamic templates and aliases of an existing index are not checked: the requests that return them
    are not POST requests, and would need another permission.

    Raises:
        TemplateError: The index differs from the template, or the server rejects a request.
        TransportError: The server does not respond.

    """
    template = json.loads(TEMPLATE.read_text(encoding="utf-8").replace("{index}", index))["template"]
    wanted = dict(_flattened(template))
    types = {path: kind for path, kind in wanted.items() if path.startswith(_PROPERTIES) and path.endswith(".type")}
    fields = [path.removeprefix(_PROPERTIES).removesuffix(".type") for path in types]
    name = quote(index, safe="")
    requests = _Requests(settings, connection, seconds / 2)
    found = requests.post(f"/{name}/_field_caps?fields={quote(','.join(fields), safe='')}")
    indices = [] if found is None else found.get("indices", [])
    if found is not None and not indices:
        raise TemplateError(f'The index "{index}" is closed. Open it, {_WITHOUT_CHECK}.')
    if len(indices) > 1:
        raise TemplateError(
            f'"{index}" is an alias of {len(indices)} indices, but the server applies changes to one of them only. Set '
            f"INDEXER_INDEX to an index or an alias of one index, {_WITHOUT_CHECK}."
        )
    if found is not None:
        mapped = {
            f"{_PROPERTIES}{field}.type": ", ".join(sorted(kinds)) for field, kinds in found.get("fields", {}).items()
        }
        problems = list(_differences(types, mapped))
        if problems:
            raise TemplateError(
                f'The index "{index}" was created without the index template: {"; ".join(problems)}. Delete the '
                f"index, install index_template.json and start again, {_WITHOUT_CHECK}."
            )
        return
    simulated = requests.post(f"/_index_template/_simulate_index/{name}") or {}
    problems = list(_differences(wanted, dict(_flattened(simulated.get("template", {})))))
    if problems:
        raise TemplateError(
            f'The index "{index}" does not exist, and the server would create it without the index template: '
            f"{'; '.join(problems)}. Install index_template.json for this index, {_WITHOUT_CHECK}."
        )


class _Requests:
    """Requests without a body, each of which takes at most ``seconds``."""

    def __init__(self, settings: Settings, connection: Connection, seconds: float) -> None:
        self._settings = settings
        self._connection = connection
        self._seconds = seconds

    def post(self, target: str) -> dict[str, Any] | None:
        """Return the response, or None if the index does not exist."""
        status, body = self._connection.post(target, b"", self._seconds, "application/json")
        if status == answers.NOT_FOUND and answers.error_type(body) == "index_not_found_exception":
            return None
        if status != answers.OK:
            said = answers.shown(status, body, b"", self._connection.without_credentials)
            raise TemplateError(
                f"The index template cannot be checked: {self._settings.endpoint}{target} answered with HTTP {status}: "
                f"{said}. Allow the request, {_WITHOUT_CHECK}."
            )
        return answers.parsed(body)


def _flattened(value: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield values by their dotted paths; the server nests settings that the template names with dots."""
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _flattened(inner, f"{path}{name}.")
        else:
            yield f"{path}{name}", inner


def _differences(wanted: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    """Yield what an index lacks; it may have more, higher limits, and a mapping that adds no fields."""
    adds_fields = str(found.get("mappings.dynamic", "true")).lower() not in ("false", "strict")
    for path, value in wanted.items():
        actual = found.get(path)
        if isinstance(value, list):
            missing = [each for each in value if not _contains(actual or [], each)]
            if missing and adds_fields:
                yield f"{path} does not contain {json.dumps(missing)}"
        elif not _satisfies(value, actual) and (adds_fields or path not in _DYNAMIC):
            yield f"{path} is {'not set' if actual is None else json.dumps(actual)}, not {json.dumps(value)}"


def _contains(found: list[Any], wanted: Any) -> bool:  # noqa: ANN401 - JSON
    # Elasticsearch has no flat_object, and calls its own type flattened.
    return wanted in found or json.loads(json.dumps(wanted).replace("flat_object", "flattened")) in found


def _satisfies(wanted: Any, actual: Any) -> bool:  # noqa: ANN401 - JSON
    # The server returns settings as text. The template's only numbers are limits.
    if type(wanted) is int:
        return str(actual).isdecimal() and int(actual) >= wanted
    return str(actual).lower() == str(wanted).lower()
