"""Scenarios of an index, a cluster or a pipeline that does not take what it is given, and of remedies for mappings."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from tests.opensearch.scenario import Call, Scenario, case, cluster, create, deep, put, remove

_BOTH: Final = (put("a"), remove("b"))
_WITHOUT_ORDER: Final = ("plain", "versioned")


def _blocked(block: str, expected: str, **more: Any) -> Scenario:  # noqa: ANN401 - the attributes of Scenario
    """Return the scenario of an index with a block."""
    setting = f"index.blocks.{block}"
    return case(
        f"block {block}",
        _BOTH,
        expected,
        create(),
        ("PUT", "/{index}/_settings", {setting: True}),
        restore=[("PUT", "/{index}/_settings", {setting: None})],
        **more,
    )


def _pipeline(name: str, pipeline: str, expected: str, *processors: dict[str, Any], **more: Any) -> Scenario:  # noqa: ANN401 - as above
    """Return the scenario of a pipeline."""
    return case(
        f"pipeline {name}",
        _BOTH,
        expected,
        ("PUT", f"/_ingest/pipeline/{pipeline}", {"processors": processors}),
        settings={"PIPELINE": pipeline},
        modes=_WITHOUT_ORDER,
        **more,
    )


def _of_the_index(kind: str, does: str, expected: str, ordered: str, *processors: dict[str, Any]) -> Scenario:
    """Return the scenario of a pipeline that is a setting of the index; a server applies it to updates as well."""
    name = f"{kind}-{does}"
    return case(
        f"{kind} pipeline of the index {does}",
        _BOTH,
        expected,
        ("PUT", f"/_ingest/pipeline/{name}", {"processors": processors}),
        create(settings={f"index.{kind}_pipeline": name}),
        ordered=ordered,
    )


def _alias(name: str, alias: str, expected: str, *members: dict[str, Any]) -> Scenario:
    """Return the scenario of an alias of indices."""
    indices: list[Call] = [("PUT", f"/{member['index']}", {}) for member in members]
    actions = [{"add": {"alias": alias, **member}} for member in members]
    return case(name, _BOTH, expected, *indices, ("POST", "/_aliases", {"actions": actions}), index=alias)


_STREAM: Final[Call] = (
    "PUT",
    "/_index_template/streams",
    {"index_patterns": ["ds1*"], "data_stream": {}, "template": {"settings": {"number_of_replicas": 0}}},
)
_BROKEN_TEMPLATE: Final[Call] = (
    "PUT",
    "/_index_template/broken",
    {"index_patterns": ["tpl1*"], "template": {"settings": {"index.sort.field": "nofield"}}},
)

STATES: Final[Sequence[Scenario]] = (
    case(
        "closed index",
        _BOTH,
        "again again",
        create(),
        ("POST", "/{index}/_close", None),
        restore=[("POST", "/{index}/_open", None)],
    ),
    _blocked("write", "again again"),
    _blocked("read_only", "again again"),
    _blocked("read_only_allow_delete", "again again"),
    # A removal needs no change of the mapping, but the marker of one does.
    _blocked("metadata", "again missing", ordered="again again"),
    _blocked("read", "indexed missing"),
    case(
        "block metadata and a new field",
        [put("a", new=1)],
        "again",
        create(),
        ("PUT", "/{index}/_settings", {"index.blocks.metadata": True}),
        restore=[("PUT", "/{index}/_settings", {"index.blocks.metadata": None})],
    ),
    case(
        "cluster read only",
        _BOTH,
        "raised",
        create(),
        cluster(cluster__blocks__read_only=True),
        restore=[cluster(cluster__blocks__read_only=None)],
    ),
    case(
        "cluster block create_index",
        _BOTH,
        "indexed missing",
        create(),
        cluster(cluster__blocks__create_index=True),
        restore=[cluster(cluster__blocks__create_index=None)],
    ),
    case(
        "auto create off",
        _BOTH,
        "again missing",
        cluster(action__auto_create_index="false"),
        restore=[cluster(action__auto_create_index=None)],
        ordered="again again",
    ),
    case(
        "auto create off, only a removal",
        [remove("b")],
        "missing",
        cluster(action__auto_create_index="false"),
        restore=[cluster(action__auto_create_index=None)],
        ordered="again",
    ),
    case(
        "auto create off, versioned removal",
        [remove("b", v=1)],
        "missing",
        cluster(action__auto_create_index="false"),
        restore=[cluster(action__auto_create_index=None)],
        modes=["versioned"],
    ),
    case(
        "auto create forbidden by pattern",
        _BOTH,
        "again missing",
        cluster(action__auto_create_index="-orders*,*"),
        restore=[cluster(action__auto_create_index=None)],
        index="orders-x",
        ordered="again again",
    ),
    case(
        "max shards per node",
        _BOTH,
        "again again",
        ("PUT", "/filler", {}),
        cluster(cluster__max_shards_per_node=1),
        restore=[cluster(cluster__max_shards_per_node=None)],
    ),
    _alias("alias without a write index", "al1", "again again", {"index": "al1-a", "is_write_index": False}),
    _alias("alias of two indices", "al2", "again again", {"index": "al2-a"}, {"index": "al2-b"}),
    _alias(
        "alias of two indices with a write index",
        "al3",
        "indexed missing",
        {"index": "al3-a"},
        {"index": "al3-b", "is_write_index": True},
    ),
    _alias(
        "filtered alias with routing",
        "al4",
        "indexed missing",
        {"index": "al4-a", "filter": {"match_all": {}}, "routing": "r"},
    ),
    case("data stream", _BOTH, "again again", _STREAM, ("PUT", "/_data_stream/ds1", None), index="ds1", read=""),
    case("data stream by template, auto created", _BOTH, "again again", _STREAM, index="ds1-auto", read=""),
    case("template refuses to be applied", _BOTH, "again again", _BROKEN_TEMPLATE, index="tpl1"),
    case("template refuses to be applied, one document", [put("a")], "again", _BROKEN_TEMPLATE, index="tpl1-one"),
    case("wildcard-free name with a dot in front", _BOTH, "indexed missing", index=".hidden-orders"),
    case("endpoint with a path that the server lacks", _BOTH, "raised", settings={"ENDPOINT": "{endpoint}/search"}),
    case("routing required", _BOTH, "again again", create({"_routing": {"required": True}})),
)
"""States of an index or a cluster that are nobody's document."""

PIPELINES: Final[Sequence[Scenario]] = (
    case(
        "missing pipeline",
        _BOTH,
        "again missing",
        create(),
        settings={"PIPELINE": "nowhere"},
        modes=_WITHOUT_ORDER,
    ),
    case(
        "default pipeline of the index is missing",
        _BOTH,
        "again missing",
        create(settings={"index.default_pipeline": "nowhere2"}),
        ordered="indexed deleted",
    ),
    case(
        "final pipeline of the index is missing",
        _BOTH,
        "again missing",
        create(settings={"index.final_pipeline": "nowhere2"}),
        ordered="again again",
    ),
    *(
        _of_the_index(kind, does, expected, ordered, *processors)
        for kind, ordered in (("default", "indexed deleted"), ("final", "again again"))
        for does, expected, processors in (
            ("drops", "noop missing", [{"drop": {}}]),
            ("rejects", "rejected missing", [{"remove": {"field": "none"}}]),
            ("fails", "rejected missing", [{"fail": {"message": "no"}}]),
        )
    ),
    case(
        "final pipeline of the index drops one document",
        [put("a")],
        "noop",
        ("PUT", "/_ingest/pipeline/final-one", {"processors": [{"drop": {}}]}),
        create(settings={"index.final_pipeline": "final-one"}),
        ordered="again",
    ),
    _pipeline("fail processor", "pfail", "rejected missing", {"fail": {"message": "no"}}),
    _pipeline("date processor", "pdate", "rejected missing", {"date": {"field": "id", "formats": ["ISO8601"]}}),
    _pipeline("convert processor", "pconv", "rejected missing", {"convert": {"field": "id", "type": "integer"}}),
    _pipeline("missing field", "prem", "rejected missing", {"remove": {"field": "none"}}),
    _pipeline("script error", "pscr", "rejected missing", {"script": {"source": "ctx.none.toString()"}}),
    _pipeline(
        "script divides by zero",
        "pdiv",
        "rejected missing",
        {"script": {"source": "ctx.n = 1 / (ctx.size() - ctx.size())"}},
    ),
    _pipeline(
        "foreach type",
        "pfor",
        "rejected missing",
        {"foreach": {"field": "id", "processor": {"remove": {"field": "_ingest._value"}}}},
    ),
    _pipeline("drop", "pdrop", "noop missing", {"drop": {}}),
    _pipeline(
        "changes the index",
        "pidx",
        "indexed missing",
        {"set": {"field": "_index", "value": "elsewhere"}},
        read="elsewhere",
    ),
)
"""Ingest pipelines, which a function that keeps the order does not use."""

REMEDIES: Final[Sequence[Scenario]] = (
    case(
        "remedy ignore_malformed",
        [
            [put("a", x=1, d="2024-01-01", o={"y": 1})],
            [
                put("b", x="two"),
                put("c", d="n/a"),
                put("e", o="s"),
                put("f", x=10**30),
                put("g", x=True),
                put("h", x={"y": 1}),
            ],
        ],
        "indexed; indexed indexed rejected indexed indexed indexed",
        create(settings={"index.mapping.ignore_malformed": True}),
        index="rem1",
    ),
    case(
        "remedy date_detection false",
        [[put("a", d="2024-01-01")], [put("b", d="n/a")]],
        "indexed; indexed",
        create({"date_detection": False}),
        index="rem2",
    ),
    case(
        "remedy dynamic template numbers to double",
        [
            [put("a", n=10)],
            [put("b", n=Decimal("10.25")), put("c", n=10**38 - 1), put("d", n=Decimal("1E+100"))],
        ],
        "indexed; indexed indexed indexed",
        create(
            {
                "dynamic_templates": [
                    {"l": {"match_mapping_type": "long", "mapping": {"type": "double"}}},
                    {"d": {"match_mapping_type": "double", "mapping": {"type": "double"}}},
                ]
            }
        ),
        index="rem3",
    ),
    case(
        "remedy dynamic false at the root",
        [put("a", {"_id": 1, "a": 1, "a.b": 2})],
        "indexed",
        create({"dynamic": False}),
    ),
    case(
        "remedy dynamic false: any map of any depth",
        [[put("a", m={"f1": 1}), put("b", m=deep(31))], [put("c", m={"f1": "text"}), put("d", m="text")]],
        "indexed indexed; indexed rejected",
        create({"properties": {"m": {"type": "object", "dynamic": False}}}),
        index="rem5",
    ),
    case(
        "remedy flat_object",
        [put("a", m={f"f{n}": n for n in range(1100)}), put("b", m={"f1": "text"})],
        "indexed indexed",
        create({"properties": {"m": {"type": "flat_object"}}}),
        index="rem6",
    ),
)
"""Mappings that take more; the index template of the function is tested by itself."""

SCENARIOS_OF_STATES: Final = (*STATES, *PIPELINES, *REMEDIES)
