"""The secondary indexes of the table and the attributes that are their keys."""

import functools
from collections.abc import Callable
from typing import Any

from generator.spec.examples import PROVISIONED
from generator.spec.kinds import variable
from generator.spec.model import Effect
from generator.spec.provider import KEY_SCHEMA
from generator.spec.rules import Arguments, Rule, before, custom_rule, each, must_be, since
from generator.spec.text import Text, about
from generator.spec.types import NUMBER, STRING, List, Map, Object, Optional

PROJECTIONS = '["ALL", "KEYS_ONLY", "INCLUDE"]'
DECLARED = "concat([var.table_partition_key.name], var.table_sort_key[*].name, keys(var.table_attributes))"

_PROJECTED = (
    "flatten([for indexes in [var.table_global_secondary_indexes, var.table_local_secondary_indexes] : "
    "[for index in values(indexes) : try(coalesce(index.non_key_attributes, []), [])]])"
)
_WHOLE = "units >= 1 && units % 1 == 0"
_THROUGHPUT = Object({"max_read_request_units": Optional(NUMBER), "max_write_request_units": Optional(NUMBER)})
WARM_THROUGHPUT = Object({"read_units_per_second": Optional(NUMBER), "write_units_per_second": Optional(NUMBER)})
_SORTED = {"table_sort_key": {"name": "created_at", "type": "N"}}
_PROJECTION = {
    "projection_type": Optional(STRING, "ALL"),
    "non_key_attributes": Optional(List(STRING)),
}
_sets = functools.partial(Effect, "aws_dynamodb_table.this[0]")


def _global(**index: Any) -> Arguments:
    """Return arguments with a global index."""
    indexes = {"by_customer": {"partition_key": "customer", **index}}
    return Arguments(table_attributes={"customer": "S"}, table_global_secondary_indexes=indexes)


def _local(**indexes: dict[str, Any]) -> Arguments:
    """Return arguments with local indexes."""
    named = {name: {"sort_key": "total", **index} for name, index in indexes.items()}
    return Arguments({**_SORTED, "table_attributes": {"total": "N"}, "table_local_secondary_indexes": named})


def _by_total(**index: Any) -> Arguments:
    """Return arguments with one local index."""
    return _local(by_total=index)


def _each_index(test: str, accepted: str, *bad: object, **advice: Any) -> Rule:
    """Accept indexes that pass a test; an index that is null, or without a key, does not."""
    return each("name, index in self", f"try({test}, false)", accepted, *bad, **advice)


def _named(bad: dict[str, Any]) -> Rule:
    return each(
        "name in keys(self)",
        'can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))',
        "keyed by 3 to 255 letters, digits, underscores, hyphens, and dots",
        bad,
    )


def _projection_rules(keys: str, arguments: Callable[..., Arguments]) -> tuple[Rule, ...]:
    """Accept attributes to project only with the type INCLUDE, and only those that are not keys.

    1 to 20 are accepted (DynamoDB API, "Projection"). DynamoDB projects the keys of the table and of the index into
    every index, so that a key has no effect there; AWS does not document whether it accepts one. ``keys`` are the keys
    of the index, as HCL.
    """
    return (
        _each_index(
            '(index.projection_type == "INCLUDE") == (index.non_key_attributes != null)',
            "indexes with non_key_attributes if, and only if, projection_type is INCLUDE",
            arguments(projection_type="INCLUDE"),
            arguments(non_key_attributes=["total"]),
        ),
        _each_index(
            "index.non_key_attributes == null ? true : length(index.non_key_attributes) >= 1 "
            "&& length(index.non_key_attributes) <= 20 && alltrue([for attribute in index.non_key_attributes : "
            "length(attribute) <= 255 && "
            f'!contains(concat(["", var.table_partition_key.name], var.table_sort_key[*].name, {keys}), attribute)]) '
            "&& length(distinct(index.non_key_attributes)) == length(index.non_key_attributes)",
            "indexes with 1 to 20 different non_key_attributes, none of which is a key of the table or of the index",
            *(
                arguments(projection_type="INCLUDE", non_key_attributes=attributes)
                for attributes in ([], ["note", "note"], [""], ["id"], [None], ["x" * 256])
            ),
        ),
    )


INDEXES = (
    variable(
        name="table_attributes",
        type=Map(STRING),
        default={},
        description="Types (`S`, `N`, or `B`) of the key attributes of indexes that are not keys of the table.",
        example={"customer": "S"},
        example_with={"table_global_secondary_indexes": _global()["table_global_secondary_indexes"]},
        features=("indexes",),
        effect=_sets(
            "attribute",
            default=[{"name": "id", "type": "S"}],
            example=[{"name": "customer", "type": "S"}, {"name": "id", "type": "S"}],
        ),
        rules=(
            each(
                "name, type in self",
                'try(contains(["S", "N", "B"], type), false) && length(name) >= 1 && length(name) <= 255',
                "a map from 1 to 255 characters to S, N, or B",
                {"customer": "string"},
                {"customer": None},
            ),
            custom_rule(
                f"length(setsubtract(local.index_keys, {DECLARED})) == 0",
                f'Add ${{join(", ", setsubtract(local.index_keys, {DECLARED}))}} to table_attributes of pipeline '
                '\\"${var.name}\\": these are keys of an index.',
                {"table_global_secondary_indexes": _global()["table_global_secondary_indexes"]},
                {**_SORTED, "table_local_secondary_indexes": {"by_total": {"sort_key": "total"}}},
            ),
            custom_rule(
                "length(setsubtract(keys(self), local.index_keys)) == 0",
                'Remove ${join(", ", setsubtract(keys(var.table_attributes), local.index_keys))} from '
                "table_attributes: these are not keys of an index.",
                {"table_attributes": {"total": "N"}},
            ),
        ),
    ),
    variable(
        name="table_global_secondary_indexes",
        type=Map(
            Object(
                {
                    "partition_key": Optional(STRING, since=KEY_SCHEMA, required_before=True),
                    "sort_key": Optional(STRING),
                    "partition_keys": Optional(List(STRING), since=KEY_SCHEMA),
                    "sort_keys": Optional(List(STRING), since=KEY_SCHEMA),
                    **_PROJECTION,
                    "read_capacity": Optional(NUMBER),
                    "write_capacity": Optional(NUMBER),
                    "on_demand_throughput": Optional(_THROUGHPUT),
                    "warm_throughput": Optional(WARM_THROUGHPUT, since="6.13"),
                }
            )
        ),
        default={},
        description=(
            "Global secondary indexes by name. Declare their key attributes in `table_attributes`. To remove a maximum of "
            "`on_demand_throughput` from an index, apply `-1` before you leave it out."
        ),
        example={"by_customer": {"partition_key": "customer", "projection_type": "KEYS_ONLY"}},
        example_with={"table_attributes": {"customer": "S"}},
        examples_since={
            "6.13": _global(warm_throughput={"read_units_per_second": 15000, "write_units_per_second": 5000}),
            KEY_SCHEMA: {
                "table_attributes": dict.fromkeys(("country", "customer", "city", "day"), "S"),
                "table_global_secondary_indexes": {
                    "by_place": {"partition_keys": ["country", "customer"], "sort_keys": ["city", "day"]}
                },
            },
        },
        features=("indexes",),
        effect=_sets("global_secondary_index.0.hash_key", default=None, example="customer"),
        construct_prop="dynamoTableProps.globalSecondaryIndexes",
        rules=(
            before(
                KEY_SCHEMA,
                _each_index(
                    "index.partition_key != null",
                    "indexes with a partition_key",
                    {"by_customer": None},
                    {"by_customer": {"partition_key": None}},
                ),
            ),
            since(
                KEY_SCHEMA,
                custom_rule(
                    "alltrue([for index in values(self) : try((index.partition_key == null) != (index.partition_keys == null) "
                    "&& (index.sort_key == null || index.sort_keys == null), false)])",
                    "Set exactly one of partition_key and partition_keys, and at most one of sort_key and sort_keys, in "
                    "table_global_secondary_indexes.",
                    _global(partition_keys=["customer"]),
                    _global(partition_key=None),
                    _global(sort_key="customer", sort_keys=["customer"]),
                    {"table_global_secondary_indexes": {"by_customer": None}},
                ),
            ),
            since(
                KEY_SCHEMA,
                custom_rule(
                    "alltrue([for index in values(self) : try(contains([1, 2, 3, 4], length(coalesce(index.partition_keys, "
                    '["one"]))) && length(coalesce(index.sort_keys, [])) <= 4 && alltrue([for key in '
                    "concat(coalesce(index.partition_keys, []), coalesce(index.sort_keys, [])) : try(length(key) > 0, false)]), "
                    "true)])",
                    "Set 1 to 4 partition_keys and up to 4 sort_keys in table_global_secondary_indexes, none of them empty.",
                    _global(partition_key=None, partition_keys=[]),
                    _global(sort_keys=list("abcde")),
                    _global(sort_keys=[None]),
                    _global(partition_key=None, partition_keys=[""]),
                ),
            ),
            _each_index(
                f"contains({PROJECTIONS}, index.projection_type)",
                "indexes with projection_type ALL, KEYS_ONLY, or INCLUDE",
                {"by_customer": {"partition_key": "customer", "projection_type": "SOME"}},
            ),
            *_projection_rules("[index.partition_key, index.sort_key]", _global),
            _each_index(
                'index.partition_key != "" && index.sort_key != "" && (index.sort_key == null || index.partition_key != index.sort_key)',
                "indexes whose partition_key and sort_key are two different attributes",
                _global(partition_key=""),
                _global(sort_key=""),
                _global(sort_key="customer"),
            ),
            _each_index(
                f"alltrue([for units in [index.read_capacity, index.write_capacity] : try({_WHOLE}, true)]) && alltrue([for "
                f"units in try(values(index.on_demand_throughput), []) : try(units == -1 || ({_WHOLE}), true)])",
                "indexes with whole numbers from 1 as capacities, or -1 to remove a maximum of on_demand_throughput",
                *(_global(on_demand_throughput={"max_read_request_units": units}) for units in (0, -2, 1.5)),
                *(Arguments({**PROVISIONED, **_global(read_capacity=units, write_capacity=5)}) for units in (0, 1.5)),
            ),
            _each_index(
                "index.on_demand_throughput == null || try(length(compact(values(index.on_demand_throughput))) > 0, false)",
                "indexes whose on_demand_throughput has at least one maximum, or -1 to remove one",
                _global(on_demand_throughput={}),
            ),
            _each_index(
                '(var.table_billing_mode == "PROVISIONED") == (index.read_capacity != null) && '
                '(var.table_billing_mode == "PROVISIONED") == (index.write_capacity != null) && '
                '(var.table_billing_mode == "PAY_PER_REQUEST" || index.on_demand_throughput == null)',
                "",
                Arguments({**PROVISIONED, **_global()}),
                _global(read_capacity=1),
                advice=(
                    "Set capacities in table_global_secondary_indexes in provisioned mode, or on_demand_throughput on demand.",
                    about("The table_billing_mode value is ${var.table_billing_mode}.", "table_billing_mode"),
                ),
            ),
            since(
                "6.13",
                custom_rule(
                    "alltrue([for index in values(self) : try(index.warm_throughput == null, true) ? true : "
                    "alltrue([for units in values(index.warm_throughput) : try(units >= 1, true)])])",
                    "Set the numbers of warm_throughput in table_global_secondary_indexes to 1 or more.",
                    _global(warm_throughput={"read_units_per_second": 0}),
                ),
            ),
            _named({"by customer": {"partition_key": "customer"}}),
        ),
    ),
    variable(
        name="table_local_secondary_indexes",
        replaces=("table", "event source mapping"),
        type=Map(Object({"sort_key": STRING, **_PROJECTION})),
        default={},
        description=Text(
            "Local secondary indexes by name, which can only be created with the table.",
            about("They require `table_sort_key`.", "table_sort_key"),
        ),
        example={"by_total": {"sort_key": "total"}},
        example_with={**_SORTED, "table_attributes": {"total": "N"}},
        features=("indexes",),
        effect=_sets("local_secondary_index.0.range_key", default=None, example="total"),
        construct_prop="dynamoTableProps.localSecondaryIndexes",
        rules=(
            custom_rule(
                "length(self) == 0 || var.table_sort_key != null",
                "Set table_sort_key: table_local_secondary_indexes require it.",
                {**_local(by_total={}), "table_sort_key": None},
            ),
            must_be(
                "length(setintersection(keys(self), keys(var.table_global_secondary_indexes))) == 0",
                "keyed by other names than table_global_secondary_indexes",
                Arguments(
                    {
                        **_local(again={}),
                        "table_global_secondary_indexes": {"again": {"partition_key": "total"}},
                    }
                ),
                got="jsonencode(setintersection(keys(self), keys(var.table_global_secondary_indexes)))",
            ),
            # DynamoDB developer guide, "Service, account, and table quotas"
            custom_rule(
                f"length({_PROJECTED}) <= 100",
                f"Project at most 100 non_key_attributes into the indexes of a table together. Got ${{length({_PROJECTED})}} in "
                "table_global_secondary_indexes and table_local_secondary_indexes.",
                {
                    "table_attributes": {"customer": "S"},
                    "table_global_secondary_indexes": {
                        f"index{n}": {
                            "partition_key": "customer",
                            "projection_type": "INCLUDE",
                            "non_key_attributes": [f"a{n}_{m}" for m in range(17)],
                        }
                        for n in range(6)
                    },
                },
            ),
            must_be(
                "length(self) <= 5",
                "a map of at most 5",
                _local(**{f"index{n}": {} for n in range(6)})["table_local_secondary_indexes"],
                got="length(self)",
            ),
            _each_index(
                f"contains({PROJECTIONS}, index.projection_type)",
                "indexes with projection_type ALL, KEYS_ONLY, or INCLUDE",
                _local(by_total={"projection_type": "NONE"}),
            ),
            *_projection_rules("[index.sort_key]", _by_total),
            _each_index(
                'index.sort_key != null && index.sort_key != "" && index.sort_key != var.table_partition_key.name',
                "indexes whose sort_key is another attribute than the partition key of the table",
                _local(by_total={"sort_key": ""}),
                _local(by_total={"sort_key": "id"}),
                {"by_total": None},
                {"by_total": {"sort_key": None}},
            ),
            _named({"by total": {"sort_key": "total"}}),
        ),
    ),
)
