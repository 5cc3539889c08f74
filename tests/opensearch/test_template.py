"""Does the index template of the function take what items of DynamoDB hold, and keep it searchable?"""

import copy
import io
import json
import re
import threading
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from generator import cli
from generator.operate import commands
from tests.opensearch.conftest import STREAM, Function
from tests.opensearch.scenario import MODES, OWN, RESERVED, put, remove
from tests.opensearch.servers import Server
from tests.operate.test_backfill import Scans
from tests.support.bulk_cluster import flattened
from tests.support.functions import FUNCTIONS

TEMPLATE = json.loads((FUNCTIONS / "opensearch_indexer/index_template.json").read_text(encoding="utf-8"))


def nested(levels: int, wrap: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - JSON
    """Return a value within so many levels of maps or lists."""
    value: Any = 1
    for _ in range(levels):
        value = wrap(value)
    return value


ITEMS: dict[str, Sequence[dict[str, Any]]] = {
    "attributes named as metadata": [dict.fromkeys((*RESERVED, *OWN), "text"), dict.fromkeys((*RESERVED, *OWN), 5)],
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
    "long texts": [{"t": "x" * 33_000}, {"t": "word " * 60_000}, {"t": ["x" * 33_000]}],
    "a text and other types": [{"x": "text"}, {"x": {"y": 1}}, {"x": 1}, {"x": [{"y": 1}, "text", 1]}],
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


def test_node_text_in_a_field_of_numbers_is_in_the_document_and_not_found(
    templated: Server, function: Callable[..., Function]
) -> None:
    if not templated.real:
        pytest.skip("the server of the fast tests does not search by ranges")
    invoke = function(INDEX="orders")
    assert invoke([invoke.record(put("a", n=1)), invoke.record(put("b", n="text"))]) == []
    assert found(templated, {"exists": {"field": "n"}}) == ["a"]
    assert templated.documents("orders")["b"]["n"] == "text"


LONG = "ä" * 16_383
"""A text of 32,766 bytes, the longest term of Lucene."""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("rejected", "field"),
    [
        (["one", 2], {"type": "text"}),
        (["one", {"of": "several"}], {"type": "text"}),
        ({"t": LONG}, {"type": "object", "enabled": False}),
        ({LONG: 1}, {"type": "object", "enabled": False}),
        ([[{"t": {"t": LONG}}]], {"type": "object", "enabled": False}),
        (["one", 2], {"type": "object", "enabled": False}),
    ],
    ids=["types", "a text and a map", "a long text", "a long name", "a long text in lists", "types, not searchable"],
)
def test_what_is_rejected_is_indexed_if_its_field_is_in_the_template(
    server: Server, function: Callable[..., Function], rejected: object, field: dict[str, Any], mode: str
) -> None:
    template = copy.deepcopy(TEMPLATE)
    template["template"]["mappings"]["properties"]["named"] = field
    server.call("PUT", "/_index_template/orders", template)
    invoke = function(**MODES[mode])
    batch = [put("a", named=rejected), put("b", other=rejected), put("c"), put("d", named="text"), put("e", named=1)]
    assert invoke([invoke.record(change) for change in batch]) == [1]
    assert sorted(server.documents("orders")) == ["a", "c", "d", "e"]


def test_a_text_of_a_map_is_indexed_up_to_the_length_of_a_term(
    templated: Server, function: Callable[..., Function]
) -> None:
    invoke = function()
    fits = LONG[: -len("m.t=")]
    assert invoke([invoke.record(put("a", m={"t": fits})), invoke.record(put("b", t=LONG * 2))]) == []
    assert sorted(templated.documents("orders")) == ["a", "b"]


def test_markers_of_removed_items_stay_out_of_searches(templated: Server, function: Callable[..., Function]) -> None:
    invoke = function(INDEX="orders", **MODES["ordered"])
    assert invoke([invoke.record(change) for change in (put("a"), put("b"))]) == []
    assert invoke([invoke.record(remove("a"))]) == []
    assert sorted(templated.documents("orders")) == ["a", "b"]
    assert sorted(templated.documents("orders-items")) == ["b"]


# --- the check before a backfill --------------------------------------------------------------------------------------

PATHS = [
    *(f"settings.{name}" for name in TEMPLATE["template"]["settings"]),
    *(f"mappings.{path}" for path in flattened(TEMPLATE["template"]["mappings"])),
    "aliases.{index}-items.filter.bool.must_not.exists.field",
]


def without(path: str) -> dict[str, Any]:
    """Return the template without the value at a path, in which the names of settings have dots."""
    template: dict[str, Any] = copy.deepcopy(TEMPLATE)
    part, name = template["template"], path
    while name not in part:
        first = next(each for each in part if name.startswith(f"{each}."))
        part, name = part[first], name.removeprefix(f"{first}.")
    del part[name]
    if name == "format":
        part["format"] = "epoch_second"
    elif name == "type":
        part["type"] = "text"
        part.pop("format", None)
    elif name == "field":
        part["field"] = "elsewhere"
    return template


def message_of(invoke: Function) -> str:
    """Return why the check fails."""
    with pytest.raises(Exception, match=r".") as error:
        invoke.check()
    assert type(error.value).__name__ == "TemplateError"
    return str(error.value)


@pytest.mark.parametrize("mode", MODES)
def test_check_accepts_the_template_and_what_it_creates(
    templated: Server, function: Callable[..., Function], mode: str
) -> None:
    invoke = function(**MODES[mode])
    invoke.check()
    assert templated.documents("orders") == {}
    assert invoke([invoke.record(put("a", n=1))]) == []
    invoke.check()


@pytest.mark.parametrize("mode", MODES)
def test_check_rejects_an_index_that_was_created_without_the_template(
    server: Server, function: Callable[..., Function], mode: str
) -> None:
    invoke = function(**MODES[mode])
    assert invoke([invoke.record(put("a", n=1))]) == []
    server.call("PUT", "/_index_template/orders", TEMPLATE)
    found = '"text"' if mode == "ordered" else "not set"
    problem = f'mappings.properties.dynamodb_sequence_number.type is {found}, not "keyword"'
    assert message_of(invoke).startswith('The index "orders" was created without the index template: ')
    assert problem in message_of(invoke)


def test_check_rejects_a_server_without_the_template(server: Server, function: Callable[..., Function]) -> None:
    message = message_of(function())
    assert message.startswith('The index "orders" does not exist, and the server would create it without')
    assert [path for path in PATHS if path.replace("{index}", "orders") not in message] == []
    assert server.ask("POST", "/orders/_search", {"query": {"match_all": {}}})[0] == (404 if server.real else 200)


@pytest.mark.parametrize("path", PATHS)
def test_check_names_what_a_template_lacks(server: Server, function: Callable[..., Function], path: str) -> None:
    server.call("PUT", "/_index_template/orders", without(path))
    message = message_of(function())
    named = {other for other in PATHS if other.replace("{index}", "orders") in message}
    # A date without its format is another type.
    assert named == ({path} if "removed_at.type" not in path else {path, path.replace(".type", ".format")})
    assert len(re.findall(r"[\n]", message)) == 0


@pytest.mark.parametrize(
    ("mappings", "settings"),
    [
        ({"properties": {"price": {"type": "long"}}}, {"number_of_shards": 2}),
        ({}, {"index.mapping.total_fields.limit": 20_000}),
        ({"dynamic": False, "date_detection": True, "dynamic_templates": []}, {}),
    ],
    ids=["more fields", "a higher limit", "no dynamic fields"],
)
def test_check_accepts_a_template_with_more(
    server: Server, function: Callable[..., Function], mappings: dict[str, Any], settings: dict[str, Any]
) -> None:
    template = copy.deepcopy(TEMPLATE)
    properties = template["template"]["mappings"]["properties"] | mappings.get("properties", {})
    template["template"]["mappings"] |= mappings | {"properties": properties}
    template["template"]["settings"] |= settings
    server.call("PUT", "/_index_template/orders", template)
    function().check()


def test_check_rejects_a_closed_index(templated: Server, function: Callable[..., Function]) -> None:
    templated.call("PUT", "/orders")
    templated.call("POST", "/orders/_close")
    assert message_of(function()).startswith('The index "orders" is closed. Open it, or set INDEXER_CHECK_TEMPLATE')


def test_check_of_an_alias_is_that_of_its_index(templated: Server, function: Callable[..., Function]) -> None:
    templated.call("PUT", "/_index_template/orders", {**TEMPLATE, "index_patterns": ["orders-v2"]})
    templated.call("PUT", "/orders-v2")
    templated.call("POST", "/_aliases", {"actions": [{"add": {"index": "orders-v2", "alias": "orders"}}]})
    function().check()


def test_check_rejects_an_alias_of_several_indices(templated: Server, function: Callable[..., Function]) -> None:
    templated.call("PUT", "/_index_template/orders", {**TEMPLATE, "index_patterns": ["orders-v*"]})
    for name in ("orders-v1", "orders-v2"):
        templated.call("PUT", f"/{name}")
        added = {"index": name, "alias": "orders", "is_write_index": name == "orders-v2"}
        templated.call("POST", "/_aliases", {"actions": [{"add": added}]})
    expected = (
        '"orders" is an alias of 2 indices, but the server applies changes to one of them only. Set INDEXER_INDEX to'
    )
    assert message_of(function()).startswith(expected)


def test_check_can_be_switched_off(server: Server, function: Callable[..., Function]) -> None:
    function(CHECK_TEMPLATE="false").check()
    assert server.documents("orders") == {}


class Deployed:
    """Lambda with one environment of the function, which a backfill invokes from several threads."""

    def __init__(self, invoke: Function) -> None:
        self._invoke = invoke
        self._lock = threading.Lock()

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - the API's names
        assert FunctionName == "orders-indexer"
        try:
            with self._lock:
                answer = self._invoke.handler.handler(json.loads(Payload), None)
            return {"Payload": io.BytesIO(json.dumps(answer).encode())}
        except Exception as error:  # noqa: BLE001 - as Lambda does
            failure = {"errorType": type(error).__name__, "errorMessage": str(error)}
            return {"Payload": io.BytesIO(json.dumps(failure).encode()), "FunctionError": "Unhandled"}


@pytest.fixture
def backfill(
    function: Callable[..., Function],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, str]]:
    """Return what runs ``backfill --yes`` of 20 items with options, and gives its exit code and its errors."""
    monkeypatch.chdir(tmp_path)
    table = Scans(20)
    table.stream_arn = STREAM
    invoke = function(**MODES["ordered"])
    monkeypatch.setattr(commands, "_client", lambda _: {"dynamodb": table, "lambda": Deployed(invoke)}.__getitem__)

    def run(*options: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(["backfill", "--table", "orders", "--function", "orders-indexer", "--yes", *options])
        return int(ended.value.code or 0), capsys.readouterr().err

    return run


def test_backfill_stops_before_the_first_item_if_the_template_is_missing(
    server: Server, backfill: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    code, said = backfill()
    assert code == 14
    assert re.fullmatch(r"Error: Nothing was sent: .* does not exist, .* pass --no-check .*\.\n", said)
    assert server.documents("orders") == {}
    assert list(tmp_path.iterdir()) == []


def test_backfill_without_a_check_sends_the_items(server: Server, backfill: Callable[..., tuple[int, str]]) -> None:
    code, _ = backfill("--no-check")
    assert (code, len(server.documents("orders"))) == (0, 20)


def test_backfill_with_the_template_replaces_no_change_of_the_stream(
    templated: Server, function: Callable[..., Function], backfill: Callable[..., tuple[int, str]]
) -> None:
    by_stream = function(**MODES["ordered"])
    changes = [put("item-3", changed=True), put("item-4"), remove("item-4")]
    for change in changes:
        assert by_stream([by_stream.record(change)]) == []
    code, said = backfill()
    assert code == 0, said
    found = templated.documents("orders-items")
    assert sorted(found) == sorted(f"item-{number}" for number in range(20) if number != 4)
    assert found["item-3"]["changed"] is True
    assert found["item-5"]["id"] == "item-5"
