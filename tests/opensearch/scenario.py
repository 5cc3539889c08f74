"""What a scenario is: the state of a server, changes of items, and what must become of each change.

The tables of scenarios run against real nodes and against the server of the fast tests alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple

Call = tuple[str, str, Any]
"""A request that sets a server up: method, path and JSON. ``{index}`` stands for the index of the scenario."""

MODES: Final[Mapping[str, Mapping[str, str]]] = {
    "plain": {},
    "versioned": {"VERSION_ATTRIBUTE": "v", "EXCLUDE_FIELDS": "v"},
    "ordered": {"ORDERED": "true"},
}
"""The settings that decide how an older image is kept from passing a newer one."""

REMOVED: Final = "REMOVE"

RESERVED: Final = (
    *("_id", "_source", "_index", "_routing", "_version", "_seq_no", "_primary_term", "_field_names", "_ignored"),
    *("_nested_path", "_doc_count", "_data_stream_timestamp", "_feature", "_tombstone", "__soft_deletes"),
    "context_aware_grouping",
)
"""Names that a server does not take for those of fields; the last one only from OpenSearch 3 on."""
OWN: Final = ("dynamodb_sequence_number", "dynamodb_removed_at")
"""Names of the fields that the function adds."""


class Change(NamedTuple):
    """A change of an item: its key attributes, its other attributes, and the event's name."""

    key: Mapping[str, Any]
    attributes: Mapping[str, Any]
    name: str = "MODIFY"


def put(key: str, attributes: Mapping[str, Any] | None = None, **more: Any) -> Change:  # noqa: ANN401 - any value
    """Return the change that writes an item with the key attribute ``id``."""
    return Change({"id": key}, {**(attributes or {}), **more})


def remove(key: str, **attributes: Any) -> Change:  # noqa: ANN401 - any value
    """Return the removal of an item."""
    return Change({"id": key}, attributes, REMOVED)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One scenario.

    Attributes:
        name: as in the recorded answers.
        batches: the changes of each invocation.
        expected: what must become of every change; blanks between changes, semicolons between batches. ``-`` is a
            change that a later one of the same item supersedes. ``raised`` stands for a whole batch.
        setup: requests that make the state.
        restore: requests that end it, so that documents can be read.
        index: where the function writes.
        settings: of the function, by their names without prefix.
        modes: in which the scenario makes sense.
        ordered: as ``expected``, for the mode ``ordered`` where it differs.
        since_3: as ``expected``, for OpenSearch 3 where it differs.
        read: whether documents can be read at the end, and where: an index, or "" for nowhere.

    """

    name: str
    batches: Sequence[Sequence[Change]]
    expected: str
    setup: Sequence[Call] = ()
    restore: Sequence[Call] = ()
    index: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    modes: Sequence[str] = tuple(MODES)
    ordered: str | None = None
    since_3: str | None = None
    read: str | None = None

    def outcomes(self, mode: str, major: int) -> list[list[str]]:
        """Return what must become of every change of every batch."""
        text = self.expected if self.since_3 is None or major < 3 else self.since_3
        if mode == "ordered":
            # A removal leaves a marker, whether the document was there or not.
            text = self.ordered or text.replace("missing", "deleted")
        return [batch.split() for batch in text.split(";")]

    def calls(self, calls: Iterable[Call]) -> list[Call]:
        """Return requests with the name of the index filled in."""
        return [(method, path.replace("{index}", self.index), body) for method, path, body in calls]


def case(
    name: str,
    changes: Sequence[Change] | Sequence[Sequence[Change]],
    expected: str,
    *setup: Call,
    **more: Any,  # noqa: ANN401 - the attributes of Scenario
) -> Scenario:
    """Return a scenario, whose index is named after it unless it says otherwise; one batch need not be in a list."""
    index = more.pop("index", "".join(letter if letter.isalnum() else "-" for letter in name.lower()))
    batches: Any = [changes] if changes and isinstance(changes[0], Change) else changes
    return Scenario(name=name, batches=batches, expected=expected, setup=setup, index=index, **more)


def create(mappings: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None) -> Call:
    """Return the request that creates the index."""
    return ("PUT", "/{index}", {"mappings": mappings or {}, "settings": settings or {}})


def mapped(**properties: Any) -> Call:  # noqa: ANN401 - types or whole mappings
    """Return the request that creates the index with fields of these types."""
    return create(
        {"properties": {name: {"type": kind} if isinstance(kind, str) else kind for name, kind in properties.items()}}
    )


def cluster(**settings: Any) -> Call:  # noqa: ANN401 - settings
    """Return the request that changes settings of the cluster, two underscores standing for dots."""
    return (
        "PUT",
        "/_cluster/settings",
        {"transient": {name.replace("__", "."): value for name, value in settings.items()}},
    )


def deep(levels: int) -> Any:  # noqa: ANN401 - JSON
    """Return a value within so many levels of maps."""
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def typed(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any value
    """Return a value as DynamoDB writes it in an event."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | Decimal):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, dict):
        return {"M": {name: typed(inner) for name, inner in value.items()}}
    return {"L": [typed(inner) for inner in value]}
