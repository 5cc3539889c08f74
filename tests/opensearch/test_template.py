"""Does the index template of the function take what items of DynamoDB hold, and keep it searchable?"""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from tests.opensearch.conftest import Function
from tests.opensearch.scenario import MODES, put, remove
from tests.opensearch.servers import Server
from tests.support.functions import FUNCTIONS

TEMPLATE = json.loads((FUNCTIONS / "opensearch_indexer/index_template.json").read_text(encoding="utf-8"))
METADATA = (
    "_id", "_source", "_index", "_routing", "_version", "_seq_no", "_primary_term", "_field_names", "_ignored",
    "_nested_path", "_doc_count",
)  # fmt: skip


def nested(levels: int, wrap: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - JSON
    """Return a value within so many levels of maps or lists."""
    value: Any = 1
    for _ in range(levels):
        value = wrap(value)
    return value


ITEMS: dict[str, Sequence[dict[str, Any]]] = {
    "attributes named as metadata": [dict.fromkeys(METADATA, "text"), dict.fromkeys(METADATA, 5)],
    "a date and other text": [{"d": "2024-01-31"}, {"d": "n/a"}, {"d": ""}, {"d": "2024-02-31"}],
    "an integer and a decimal": [{"n": 10}, {"n": Decimal("10.25")}],
    "numbers beyond 64 bits": [{"n": 2**63}, {"n": 10**38 - 1}, {"m": Decimal("9.9E+125")}, {"m": Decimal("1E-130")}],
    "a number and other types": [{"x": 1}, {"x": "text"}, {"x": True}, {"x": {"y": 1}}, {"x": [1, "a", {"y": 1}]}],
    "a map and other types": [{"x": {"y": 1}}, {"x": 1}, {"x": "text"}, {"x": []}, {"x": [{"y": 1}, {"z": "a"}]}],
    "32 levels of maps": [{"d": nested(31, lambda value: {"a": value})}],
    "32 levels of lists": [{"d": nested(31, lambda value: [value])}],
    "a map with 3,000 keys": [{"m": {f"k{n}": n for n in range(3_000)}}],
    "1,500 attributes": [{f"a{n}": n for n in range(1_500)}],
    "a name beside one that begins with it and a dot": [
        {"a": 1},
        {"a.b": 2},
        {"a": 1, "a.b": 2},
        {"a": {"b.c": 1, "b": 2}},
    ],
    "names that are no paths": [
        {".a": 1, "a..b": 1, ".": 1, "..": 1, " . ": 1, " ": 1},
        {"m": {"": 1, ".": 1, "a..b": 1}},
    ],
    "long texts": [{"t": "x" * 33_000}, {"t": "word " * 60_000}],
}


@pytest.fixture
def templated(server: Server) -> Server:
    """Install the template as the README says."""
    server.call("PUT", "/_index_template/orders", TEMPLATE)
    return server


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ITEMS)
def test_every_item_is_indexed(templated: Server, function: Callable[..., Function], name: str, mode: str) -> None:
    invoke = function(INDEX="orders", **MODES[mode])
    items = [put(str(place), item) for place, item in enumerate(ITEMS[name])]
    # A dynamic index would take the first of each; none must hinder the next, whatever their order is.
    for change in [*items, *reversed(items)]:
        assert invoke([invoke.record(change)]) == [], invoke.log
    assert sorted(templated.documents("orders")) == sorted(str(place) for place in range(len(items)))


def found(server: Server, query: dict[str, Any]) -> list[str]:
    """Return the ids of the documents that a search by the alias finds."""
    server.call("POST", "/orders/_refresh")
    hits = server.call("POST", "/orders-items/_search", {"query": query})["hits"]["hits"]
    return sorted(hit["_id"] for hit in hits)


def test_node_numbers_are_searched_by_their_value(templated: Server, function: Callable[..., Function]) -> None:
    if not templated.real:
        pytest.skip("the server of the fast tests does not search by ranges")
    invoke = function(INDEX="orders")
    changes = [put("a", n=10), put("b", n=Decimal("10.25")), put("c", m={"deep": {"color": "red"}})]
    assert invoke([invoke.record(change) for change in changes]) == []
    assert found(templated, {"range": {"n": {"gt": 10}}}) == ["b"]
    assert found(templated, {"term": {"m.deep.color": "red"}}) == ["c"]


def test_markers_of_removed_items_stay_out_of_searches(templated: Server, function: Callable[..., Function]) -> None:
    invoke = function(INDEX="orders", **MODES["ordered"])
    assert invoke([invoke.record(change) for change in (put("a"), put("b"))]) == []
    assert invoke([invoke.record(remove("a"))]) == []
    assert sorted(templated.documents("orders")) == ["a", "b"]
    assert sorted(templated.documents("orders-items")) == ["b"]
