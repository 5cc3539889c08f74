"""The secondary indexes of the table and the attributes that are their keys."""

import functools
from typing import Any

from generator.spec.examples import PROVISIONED
from generator.spec.kinds import variable
from generator.spec.model import Effect
from generator.spec.provider import KEY_SCHEMA
from generator.spec.rules import Rule, custom_rule, must_be, since
from generator.spec.text import Text, about
from generator.spec.types import NUMBER, STRING, List, Map, Object, Optional

PROJECTIONS = '["ALL", "KEYS_ONLY", "INCLUDE"]'
DECLARED = "concat([var.table_partition_key.name], var.table_sort_key[*].name, keys(var.table_attributes))"

_THROUGHPUT = Object({"max_read_request_units": Optional(NUMBER), "max_write_request_units": Optional(NUMBER)})
WARM_THROUGHPUT = Object({"read_units_per_second": Optional(NUMBER), "write_units_per_second": Optional(NUMBER)})
_SORTED = {"table_sort_key": {"name": "created_at", "type": "N"}}
_PROJECTION = {
    "projection_type": Optional(STRING, "ALL"),
    "non_key_attributes": Optional(List(STRING)),
}
_PROJECTED = '(index.projection_type == "INCLUDE") == (index.non_key_attributes != null)'
_sets = functools.partial(Effect, "aws_dynamodb_table.this[0]")


def _global(**index: Any) -> dict[str, Any]:
    """Return arguments with a global index."""
    indexes = {"by_customer": {"partition_key": "customer", **index}}
    return {"table_attributes": {"customer": "S"}, "table_global_secondary_indexes": indexes}


def _local(**indexes: dict[str, Any]) -> dict[str, Any]:
    """Return arguments with local indexes."""
    named = {name: {"sort_key": "total", **index} for name, index in indexes.items()}
    return {**_SORTED, "table_attributes": {"total": "N"}, "table_local_secondary_indexes": named}


def _named(bad: dict[str, Any]) -> Rule:
    return must_be(
        'alltrue([for name in keys(self) : can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))])',
        "keyed by 3 to 255 letters, digits, underscores, hyphens, and dots",
        bad,
        got="jsonencode(keys(self))",
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
            must_be(
                'alltrue([for type in values(self) : contains(["S", "N", "B"], type)])',
                "a map to S, N, or B",
                {"customer": "string"},
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
        description="Global secondary indexes by name. Declare their key attributes in `table_attributes`.",
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
            since(
                KEY_SCHEMA,
                custom_rule(
                    "alltrue([for index in values(self) : (index.partition_key == null) != (index.partition_keys == null) && "
                    "(index.sort_key == null || index.sort_keys == null)])",
                    "Set exactly one of partition_key and partition_keys, and at most one of sort_key and sort_keys, in "
                    "table_global_secondary_indexes.",
                    _global(partition_keys=["customer"]),
                    _global(partition_key=None),
                    _global(sort_key="customer", sort_keys=["customer"]),
                ),
            ),
            since(
                KEY_SCHEMA,
                custom_rule(
                    "alltrue([for index in values(self) : contains([1, 2, 3, 4], length(coalesce(index.partition_keys, "
                    '["one"]))) && length(coalesce(index.sort_keys, [])) <= 4])',
                    "Set 1 to 4 partition_keys and up to 4 sort_keys in table_global_secondary_indexes.",
                    _global(partition_key=None, partition_keys=[]),
                    _global(sort_keys=list("abcde")),
                ),
            ),
            must_be(
                f"alltrue([for index in values(self) : contains({PROJECTIONS}, index.projection_type)])",
                "indexes with projection_type ALL, KEYS_ONLY, or INCLUDE",
                {"by_customer": {"partition_key": "customer", "projection_type": "SOME"}},
                got="jsonencode(values(self)[*].projection_type)",
            ),
            custom_rule(
                f"alltrue([for index in values(self) : {_PROJECTED}])",
                "Set non_key_attributes in table_global_secondary_indexes if, and only if, projection_type is INCLUDE.",
                _global(projection_type="INCLUDE"),
                _global(non_key_attributes=["total"]),
            ),
            custom_rule(
                "alltrue([for index in values(self) : "
                '(var.table_billing_mode == "PROVISIONED") == (index.read_capacity != null) && '
                '(var.table_billing_mode == "PROVISIONED") == (index.write_capacity != null) && '
                '(var.table_billing_mode == "PAY_PER_REQUEST" || index.on_demand_throughput == null)])',
                (
                    "Set capacities in table_global_secondary_indexes in provisioned mode, or on_demand_throughput on demand.",
                    about("The table_billing_mode value is ${var.table_billing_mode}.", "table_billing_mode"),
                ),
                {**PROVISIONED, **_global()},
                _global(read_capacity=1),
            ),
            since(
                "6.13",
                custom_rule(
                    "alltrue([for index in values(self) : index.warm_throughput == null ? true : "
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
                "length(self) <= 5",
                "a map of at most 5",
                _local(**{f"index{n}": {} for n in range(6)})["table_local_secondary_indexes"],
                got="length(self)",
            ),
            custom_rule(
                f"alltrue([for index in values(self) : contains({PROJECTIONS}, index.projection_type) && {_PROJECTED}])",
                "Set projection_type in table_local_secondary_indexes to ALL, KEYS_ONLY, or INCLUDE, and "
                "non_key_attributes if, and only if, it is INCLUDE.",
                _local(by_total={"projection_type": "NONE"}),
            ),
            _named({"by total": {"sort_key": "total"}}),
        ),
    ),
)
