"""The DynamoDB table and its stream."""

from generator.spec.model import Component, Output, Variable
from generator.spec.rules import (
    ACCOUNT,
    KEY_ARN,
    REGION,
    arn,
    between,
    elsewhere,
    key_arn,
    matches,
    one_of,
    rule,
    unless_null,
)
from generator.spec.types import BOOL, NUMBER, STRING, List, Map, Object, Optional

STREAM_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/existing/stream/2026-01-02T03:04:05.678"
KINESIS_ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/changes"
STREAM_VIEW_TYPES = ("NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY")
PROJECTIONS = '["ALL", "KEYS_ONLY", "INCLUDE"]'
DECLARED = "concat([var.table_partition_key.name], var.table_sort_key[*].name, keys(var.table_attributes))"

KEY = Object({"name": STRING, "type": Optional(STRING, "S")})
ON_DEMAND_THROUGHPUT = Object({"max_read_request_units": Optional(NUMBER), "max_write_request_units": Optional(NUMBER)})
WARM_THROUGHPUT = Object({"read_units_per_second": Optional(NUMBER), "write_units_per_second": Optional(NUMBER)})

_PROVISIONED = {"table_billing_mode": "PROVISIONED", "table_read_capacity": 5, "table_write_capacity": 5}
_SORTED = {"table_sort_key": {"name": "created_at", "type": "N"}}
_INDEXED = {
    "table_attributes": {"customer": "S"},
    "table_global_secondary_indexes": {"by_customer": {"partition_key": "customer"}},
}


def _key_rules(name: str, *, nullable: bool) -> tuple:  # type: ignore[type-arg]
    return (
        rule(
            unless_null(name, f'contains(["S", "N", "B"], var.{name}.type)', nullable=nullable),
            f'{name}.type must be one of S, N, B, not ${{try(var.{name}.type, "null")}}.',
            {name: {"name": "created_at", "type": "string"}},
        ),
        rule(
            unless_null(name, f"length(var.{name}.name) >= 1 && length(var.{name}.name) <= 255", nullable=nullable),
            f"{name}.name must have 1 to 255 characters, not ${{try(length(var.{name}.name), 0)}}.",
            {name: {"name": ""}},
        ),
    )


def _capacity(kind: str) -> Variable:
    name = f"table_{kind}_capacity"
    other = "table_write_capacity" if kind == "read" else "table_read_capacity"
    return Variable(
        name=name,
        type=NUMBER,
        default=None,
        description=f"Provisioned {kind} capacity units; required with, and only with, `PROVISIONED` billing.",
        example=3,
        example_with={"table_billing_mode": "PROVISIONED", other: 4},
        accepted="at least 1",
        prop=f"dynamoTableProps.{kind}Capacity",
        validations=(
            rule(
                f'(var.table_billing_mode == "PROVISIONED") == (var.{name} != null)',
                f"{name} is required with table_billing_mode PROVISIONED and refused with PAY_PER_REQUEST; "
                f'here it is ${{var.{name} == null ? "not given" : "given"}} with ${{var.table_billing_mode}} in pipeline ${{var.name}}.',
                {name: 5},
                {"table_billing_mode": "PROVISIONED", other: 5},
            ),
            between(name, 1, 2**31 - 1, nullable=True, given={**_PROVISIONED}),
        ),
    )


TABLE = Component(
    name="table",
    title="Table",
    variables=(
        Variable(
            name="table_name",
            type=STRING,
            default=None,
            description="Name of the table; `null` is `name`.",
            example="orders-v2",
            accepted="3 to 255 letters, digits, `_`, `-` and `.`",
            prop="dynamoTableProps.tableName",
            validations=(
                matches(
                    "table_name",
                    "^[a-zA-Z0-9_.-]{3,255}$",
                    "3 to 255 letters, digits, underscores, hyphens and dots",
                    bad=("no spaces", "ab", "t" * 256),
                    nullable=True,
                ),
            ),
        ),
        Variable(
            name="table_partition_key",
            type=KEY,
            default={"name": "id", "type": "S"},
            description="Partition key. Types are `S` (string), `N` (number) and `B` (binary).",
            example={"name": "pk", "type": "N"},
            prop="dynamoTableProps.partitionKey",
            validations=_key_rules("table_partition_key", nullable=False),
        ),
        Variable(
            name="table_sort_key",
            type=KEY,
            default=None,
            description="Sort key; `null` is a table without one.",
            example={"name": "sk", "type": "N"},
            prop="dynamoTableProps.sortKey",
            validations=(
                *_key_rules("table_sort_key", nullable=True),
                rule(
                    unless_null(
                        "table_sort_key", "var.table_sort_key.name != var.table_partition_key.name", nullable=True
                    ),
                    "table_sort_key must be another attribute than table_partition_key, ${var.table_partition_key.name}.",
                    {"table_sort_key": {"name": "id"}},
                ),
            ),
        ),
        Variable(
            name="table_attributes",
            type=Map(STRING),
            default={},
            description="Types (`S`, `N`, `B`) of the attributes that are keys of an index and not of the table itself.",
            example={"customer": "S"},
            example_with={"table_global_secondary_indexes": _INDEXED["table_global_secondary_indexes"]},
            validations=(
                rule(
                    'alltrue([for type in values(var.table_attributes) : contains(["S", "N", "B"], type)])',
                    "table_attributes must map names to one of S, N, B, not ${jsonencode(var.table_attributes)}.",
                    {**_INDEXED, "table_attributes": {"customer": "string"}},
                ),
                rule(
                    f"length(setsubtract(local.index_keys, {DECLARED})) == 0",
                    "table_attributes must declare every key of an index; "
                    f'${{join(", ", setsubtract(local.index_keys, {DECLARED}))}} is missing in pipeline ${{var.name}}.',
                    {"table_global_secondary_indexes": _INDEXED["table_global_secondary_indexes"]},
                    {**_SORTED, "table_local_secondary_indexes": {"by_total": {"sort_key": "total"}}},
                ),
                rule(
                    "length(setsubtract(keys(var.table_attributes), local.index_keys)) == 0",
                    "table_attributes must hold keys of indexes only, since DynamoDB declares no other attribute; remove: "
                    '${join(", ", setsubtract(keys(var.table_attributes), local.index_keys))}.',
                    {"table_attributes": {"total": "N"}},
                ),
            ),
        ),
        Variable(
            name="table_billing_mode",
            type=STRING,
            default="PAY_PER_REQUEST",
            description="How the table is paid for.",
            example="PROVISIONED",
            example_with={"table_read_capacity": 5, "table_write_capacity": 5},
            accepted="`PAY_PER_REQUEST` or `PROVISIONED`",
            prop="dynamoTableProps.billingMode",
            validations=(one_of("table_billing_mode", "PAY_PER_REQUEST", "PROVISIONED"),),
        ),
        _capacity("read"),
        _capacity("write"),
        Variable(
            name="table_on_demand_throughput",
            type=ON_DEMAND_THROUGHPUT,
            default=None,
            description="Upper bounds of an on-demand table, so that a runaway writer has a price limit.",
            example={"max_read_request_units": 1000, "max_write_request_units": 500},
            prop="dynamoTableProps.maxReadRequestUnits",
            validations=(
                rule(
                    'var.table_on_demand_throughput == null || var.table_billing_mode == "PAY_PER_REQUEST"',
                    "table_on_demand_throughput bounds an on-demand table and is refused with table_billing_mode "
                    "${var.table_billing_mode}; accepted with PAY_PER_REQUEST.",
                    {**_PROVISIONED, "table_on_demand_throughput": {"max_read_request_units": 10}},
                ),
                rule(
                    unless_null(
                        "table_on_demand_throughput",
                        "alltrue([for units in values(var.table_on_demand_throughput) : try(units == -1 || units >= 1, true)])",
                        nullable=True,
                    ),
                    "table_on_demand_throughput must hold numbers from 1, or -1 for no bound, "
                    "not ${jsonencode(var.table_on_demand_throughput)}.",
                    {"table_on_demand_throughput": {"max_read_request_units": 0}},
                ),
            ),
        ),
        Variable(
            name="table_class",
            type=STRING,
            default="STANDARD",
            description="Storage class of the table.",
            example="STANDARD_INFREQUENT_ACCESS",
            accepted="`STANDARD` or `STANDARD_INFREQUENT_ACCESS`",
            prop="dynamoTableProps.tableClass",
            validations=(one_of("table_class", "STANDARD", "STANDARD_INFREQUENT_ACCESS"),),
        ),
        Variable(
            name="table_stream_view_type",
            type=STRING,
            default="NEW_AND_OLD_IMAGES",
            description=(
                "What a stream record holds of the item. Changing it replaces the stream and the event source mapping: "
                "records that the old stream still held are not processed."
            ),
            example="KEYS_ONLY",
            accepted=", ".join(f"`{value}`" for value in STREAM_VIEW_TYPES),
            prop="dynamoTableProps.stream",
            validations=(one_of("table_stream_view_type", *STREAM_VIEW_TYPES),),
        ),
        Variable(
            name="table_point_in_time_recovery_enabled",
            type=BOOL,
            default=True,
            description="Whether the table can be restored to any second of the recovery period.",
            example=False,
            prop="dynamoTableProps.pointInTimeRecoverySpecification",
        ),
        Variable(
            name="table_point_in_time_recovery_days",
            type=NUMBER,
            default=None,
            description="Recovery period; `null` is AWS's 35 days.",
            example=7,
            accepted="1 to 35 days",
            validations=(
                between("table_point_in_time_recovery_days", 1, 35, unit="days", nullable=True),
                rule(
                    "var.table_point_in_time_recovery_days == null || var.table_point_in_time_recovery_enabled",
                    "table_point_in_time_recovery_days has no effect while table_point_in_time_recovery_enabled is false; "
                    "enable recovery or remove the period.",
                    {"table_point_in_time_recovery_enabled": False, "table_point_in_time_recovery_days": 7},
                ),
            ),
        ),
        Variable(
            name="table_server_side_encryption_enabled",
            type=BOOL,
            default=True,
            description=(
                "`true` encrypts with a KMS key: the AWS-managed `aws/dynamodb`, unless a key is given. "
                "`false` encrypts with a key that AWS owns, without charge and without a trace in CloudTrail."
            ),
            example=False,
            prop="dynamoTableProps.encryption",
        ),
        Variable(
            name="table_kms_key_arn",
            type=STRING,
            default=None,
            description="Customer-managed key of the table and its stream; the role may then decrypt with it.",
            example=KEY_ARN,
            accepted="the ARN of a key, not of an alias",
            prop="dynamoTableProps.encryptionKey",
            validations=(
                key_arn("table_kms_key_arn"),
                rule(
                    "var.table_kms_key_arn == null || var.table_server_side_encryption_enabled",
                    "table_kms_key_arn has no effect while table_server_side_encryption_enabled is false; "
                    "enable encryption or remove the key.",
                    {"table_kms_key_arn": KEY_ARN, "table_server_side_encryption_enabled": False},
                ),
            ),
        ),
        Variable(
            name="table_deletion_protection_enabled",
            type=BOOL,
            default=True,
            description=(
                "Whether AWS refuses to delete the table. It stands for the construct's retained table: to remove the "
                "table, apply with `false` first, then destroy."
            ),
            example=False,
            prop="dynamoTableProps.deletionProtection",
        ),
        Variable(
            name="table_ttl_attribute",
            type=STRING,
            default=None,
            description="Attribute that holds the time (epoch seconds) at which an item expires; `null` is no expiry.",
            example="expires_at",
            accepted="1 to 255 characters",
            prop="dynamoTableProps.timeToLiveAttribute",
            validations=(
                rule(
                    unless_null(
                        "table_ttl_attribute",
                        "length(var.table_ttl_attribute) >= 1 && length(var.table_ttl_attribute) <= 255",
                        nullable=True,
                    ),
                    "table_ttl_attribute must have 1 to 255 characters, not ${try(length(var.table_ttl_attribute), 0)}.",
                    {"table_ttl_attribute": ""},
                ),
            ),
        ),
        Variable(
            name="table_global_secondary_indexes",
            type=Map(
                Object(
                    {
                        "partition_key": STRING,
                        "sort_key": Optional(STRING),
                        "projection_type": Optional(STRING, "ALL"),
                        "non_key_attributes": Optional(List(STRING)),
                        "read_capacity": Optional(NUMBER),
                        "write_capacity": Optional(NUMBER),
                        "on_demand_throughput": Optional(ON_DEMAND_THROUGHPUT),
                    }
                )
            ),
            default={},
            description="Global secondary indexes by name. Their keys are declared in `table_attributes`.",
            example={"by_customer": {"partition_key": "customer", "projection_type": "KEYS_ONLY"}},
            example_with={"table_attributes": {"customer": "S"}},
            prop="dynamoTableProps.globalSecondaryIndexes",
            validations=(
                rule(
                    "alltrue([for index in values(var.table_global_secondary_indexes) : "
                    f"contains({PROJECTIONS}, index.projection_type)])",
                    "table_global_secondary_indexes: projection_type must be one of ALL, KEYS_ONLY, INCLUDE; "
                    "one of ${jsonencode({ for name, index in var.table_global_secondary_indexes : "
                    "name => index.projection_type })} is not.",
                    {
                        "table_attributes": {"customer": "S"},
                        "table_global_secondary_indexes": {
                            "by_customer": {"partition_key": "customer", "projection_type": "SOME"}
                        },
                    },
                ),
                rule(
                    "alltrue([for index in values(var.table_global_secondary_indexes) : "
                    '(index.projection_type == "INCLUDE") == (index.non_key_attributes != null)])',
                    "table_global_secondary_indexes: non_key_attributes is required with projection_type INCLUDE and "
                    "refused with ALL and KEYS_ONLY.",
                    {
                        "table_attributes": {"customer": "S"},
                        "table_global_secondary_indexes": {
                            "by_customer": {"partition_key": "customer", "projection_type": "INCLUDE"}
                        },
                    },
                    {
                        "table_attributes": {"customer": "S"},
                        "table_global_secondary_indexes": {
                            "by_customer": {"partition_key": "customer", "non_key_attributes": ["total"]}
                        },
                    },
                ),
                rule(
                    "alltrue([for index in values(var.table_global_secondary_indexes) : "
                    '(var.table_billing_mode == "PROVISIONED") == (index.read_capacity != null) && '
                    '(var.table_billing_mode == "PROVISIONED") == (index.write_capacity != null) && '
                    '(var.table_billing_mode == "PAY_PER_REQUEST" || index.on_demand_throughput == null)])',
                    "table_global_secondary_indexes: with PROVISIONED billing every index needs read_capacity and "
                    "write_capacity and no on_demand_throughput, with PAY_PER_REQUEST it takes neither capacity. "
                    "Here it is ${var.table_billing_mode}.",
                    {
                        **_PROVISIONED,
                        "table_attributes": {"customer": "S"},
                        "table_global_secondary_indexes": {"by_customer": {"partition_key": "customer"}},
                    },
                    {
                        "table_attributes": {"customer": "S"},
                        "table_global_secondary_indexes": {
                            "by_customer": {"partition_key": "customer", "read_capacity": 1}
                        },
                    },
                ),
                rule(
                    "alltrue([for name in keys(var.table_global_secondary_indexes) : "
                    'can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))])',
                    "table_global_secondary_indexes must be keyed by names of 3 to 255 letters, digits, underscores, "
                    'hyphens and dots, not ${join(", ", keys(var.table_global_secondary_indexes))}.',
                    {
                        "table_attributes": {"customer": "S"},
                        "table_global_secondary_indexes": {"by customer": {"partition_key": "customer"}},
                    },
                ),
            ),
        ),
        Variable(
            name="table_local_secondary_indexes",
            type=Map(
                Object(
                    {
                        "sort_key": STRING,
                        "projection_type": Optional(STRING, "ALL"),
                        "non_key_attributes": Optional(List(STRING)),
                    }
                )
            ),
            default={},
            description=(
                "Local secondary indexes by name; they need `table_sort_key`, and can only be made with the table."
            ),
            example={"by_total": {"sort_key": "total"}},
            example_with={**_SORTED, "table_attributes": {"total": "N"}},
            prop="dynamoTableProps.localSecondaryIndexes",
            validations=(
                rule(
                    "length(var.table_local_secondary_indexes) == 0 || var.table_sort_key != null",
                    "table_local_secondary_indexes need a table_sort_key, which is not given.",
                    {
                        "table_attributes": {"total": "N"},
                        "table_local_secondary_indexes": {"by_total": {"sort_key": "total"}},
                    },
                ),
                rule(
                    "length(var.table_local_secondary_indexes) <= 5",
                    "table_local_secondary_indexes must be at most 5, not ${length(var.table_local_secondary_indexes)}.",
                    {
                        **_SORTED,
                        "table_attributes": {"total": "N"},
                        "table_local_secondary_indexes": {f"index{n}": {"sort_key": "total"} for n in range(6)},
                    },
                ),
                rule(
                    "alltrue([for index in values(var.table_local_secondary_indexes) : "
                    f"contains({PROJECTIONS}, index.projection_type) && "
                    '(index.projection_type == "INCLUDE") == (index.non_key_attributes != null)])',
                    "table_local_secondary_indexes: projection_type must be one of ALL, KEYS_ONLY, INCLUDE, and "
                    "non_key_attributes is required with INCLUDE and refused with the others.",
                    {
                        **_SORTED,
                        "table_attributes": {"total": "N"},
                        "table_local_secondary_indexes": {"by_total": {"sort_key": "total", "projection_type": "NONE"}},
                    },
                ),
                rule(
                    "alltrue([for name in keys(var.table_local_secondary_indexes) : "
                    'can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))])',
                    "table_local_secondary_indexes must be keyed by names of 3 to 255 letters, digits, underscores, "
                    'hyphens and dots, not ${join(", ", keys(var.table_local_secondary_indexes))}.',
                    {
                        **_SORTED,
                        "table_attributes": {"total": "N"},
                        "table_local_secondary_indexes": {"by total": {"sort_key": "total"}},
                    },
                ),
            ),
        ),
        Variable(
            name="table_replicas",
            type=Map(
                Object(
                    {
                        "kms_key_arn": Optional(STRING),
                        "point_in_time_recovery": Optional(BOOL, True),
                        "propagate_tags": Optional(BOOL, True),
                    }
                )
            ),
            default={},
            description=(
                "Replicas of the table by region (a global table). They need on-demand billing and "
                "`NEW_AND_OLD_IMAGES`; the function reads the stream of this region only."
            ),
            example={"us-east-1": {}},
            prop="dynamoTableProps.replicationRegions",
            validations=(
                rule(
                    'length(var.table_replicas) == 0 || var.table_stream_view_type == "NEW_AND_OLD_IMAGES"',
                    "table_replicas need table_stream_view_type NEW_AND_OLD_IMAGES, not ${var.table_stream_view_type}.",
                    {"table_replicas": {"us-east-1": {}}, "table_stream_view_type": "KEYS_ONLY"},
                ),
                rule(
                    'length(var.table_replicas) == 0 || var.table_billing_mode == "PAY_PER_REQUEST"',
                    "table_replicas need table_billing_mode PAY_PER_REQUEST, not ${var.table_billing_mode}: "
                    "provisioned replicas need autoscaling, which this module does not manage.",
                    {**_PROVISIONED, "table_replicas": {"us-east-1": {}}},
                ),
                rule(
                    "!contains(keys(var.table_replicas), local.region)",
                    "table_replicas must name other regions than the table's own, ${local.region}.",
                    {"table_replicas": {REGION: {}}},
                ),
                rule(
                    "alltrue([for region, replica in var.table_replicas : replica.kms_key_arn == null ? "
                    'var.table_kms_key_arn == null : can(regex("^arn:aws[a-z-]*:kms:${region}:[0-9]+:key/.+$", '
                    "replica.kms_key_arn)) && var.table_kms_key_arn != null])",
                    "table_replicas: where the table has a customer-managed key, kms_key_arn must be the ARN of a key in the "
                    "replica's own region; without one it is refused.",
                    {"table_replicas": {"us-east-1": {}}, "table_kms_key_arn": KEY_ARN},
                    {"table_replicas": {"us-east-1": {"kms_key_arn": KEY_ARN}}, "table_kms_key_arn": KEY_ARN},
                ),
            ),
        ),
        Variable(
            name="table_resource_policy",
            type=Object({"policy": STRING}),
            default=None,
            description="Resource-based policy of the table: `{ policy = jsonencode({...}) }`.",
            example={"policy": '{"Version": "2012-10-17", "Statement": []}'},
            accepted="a policy document as JSON",
            prop="dynamoTableProps.resourcePolicy",
            validations=(
                rule(
                    unless_null(
                        "table_resource_policy",
                        "can(jsondecode(var.table_resource_policy.policy).Statement)",
                        nullable=True,
                    ),
                    "table_resource_policy.policy must be a policy document as JSON with a Statement; use jsonencode().",
                    {"table_resource_policy": {"policy": "allow everything"}},
                    {"table_resource_policy": {"policy": "{}"}},
                ),
            ),
        ),
        Variable(
            name="table_import",
            type=Object(
                {
                    "bucket": STRING,
                    "key_prefix": Optional(STRING),
                    "bucket_owner": Optional(STRING),
                    "format": STRING,
                    "compression": Optional(STRING, "NONE"),
                    "csv_delimiter": Optional(STRING),
                    "csv_header_list": Optional(List(STRING)),
                }
            ),
            default=None,
            description="Items in S3 with which the table is created. Imported items do not appear in the stream.",
            example={"bucket": "exports", "format": "DYNAMODB_JSON", "compression": "GZIP"},
            prop="dynamoTableProps.importSource",
            validations=(
                rule(
                    unless_null(
                        "table_import",
                        'contains(["CSV", "DYNAMODB_JSON", "ION"], var.table_import.format)',
                        nullable=True,
                    ),
                    'table_import.format must be one of CSV, DYNAMODB_JSON, ION, not ${try(var.table_import.format, "null")}.',
                    {"table_import": {"bucket": "exports", "format": "PARQUET"}},
                ),
                rule(
                    unless_null(
                        "table_import",
                        'contains(["NONE", "GZIP", "ZSTD"], var.table_import.compression)',
                        nullable=True,
                    ),
                    'table_import.compression must be one of NONE, GZIP, ZSTD, not ${try(var.table_import.compression, "null")}.',
                    {"table_import": {"bucket": "exports", "format": "ION", "compression": "BZIP2"}},
                ),
                rule(
                    unless_null(
                        "table_import",
                        '(var.table_import.format == "CSV" || '
                        "(var.table_import.csv_delimiter == null && var.table_import.csv_header_list == null))",
                        nullable=True,
                    ),
                    "table_import: csv_delimiter and csv_header_list are accepted with format CSV, "
                    'not ${try(var.table_import.format, "null")}.',
                    {"table_import": {"bucket": "exports", "format": "ION", "csv_delimiter": ";"}},
                ),
            ),
        ),
        Variable(
            name="table_restore",
            type=Object(
                {
                    "source_table_name": Optional(STRING),
                    "source_table_arn": Optional(STRING),
                    "date_time": Optional(STRING),
                    "to_latest_time": Optional(BOOL),
                }
            ),
            default=None,
            description=(
                "Table and time from which the table is created. Its stream is a new one: it does not repeat what the "
                "source's stream held."
            ),
            example={"source_table_name": "orders-old", "to_latest_time": True},
            validations=(
                rule(
                    unless_null(
                        "table_restore",
                        "(var.table_restore.source_table_name == null) != (var.table_restore.source_table_arn == null)",
                        nullable=True,
                    ),
                    "table_restore needs exactly one of source_table_name and source_table_arn.",
                    {"table_restore": {"to_latest_time": True}},
                ),
                rule(
                    unless_null(
                        "table_restore",
                        "(var.table_restore.date_time == null) != (var.table_restore.to_latest_time != true)",
                        nullable=True,
                    ),
                    "table_restore needs exactly one of date_time and to_latest_time = true.",
                    {"table_restore": {"source_table_name": "orders-old"}},
                    {
                        "table_restore": {
                            "source_table_name": "orders-old",
                            "date_time": "2026-01-01T00:00:00Z",
                            "to_latest_time": True,
                        }
                    },
                ),
                rule(
                    unless_null(
                        "table_restore",
                        '(var.table_restore.date_time == null || can(timeadd(var.table_restore.date_time, "0s")))',
                        nullable=True,
                    ),
                    "table_restore.date_time must be a time such as 2026-01-31T12:00:00Z, "
                    "not ${jsonencode(try(var.table_restore.date_time, null))}.",
                    {"table_restore": {"source_table_name": "orders-old", "date_time": "yesterday"}},
                ),
                rule(
                    "var.table_restore == null || var.table_import == null",
                    "table_restore and table_import exclude each other: a table is created from one of them.",
                    {
                        "table_restore": {"source_table_name": "orders-old", "to_latest_time": True},
                        "table_import": {"bucket": "exports", "format": "ION"},
                    },
                ),
            ),
        ),
        Variable(
            name="table_contributor_insights_enabled",
            type=BOOL,
            default=False,
            description="Whether CloudWatch shows the most accessed and most throttled keys, at a price per event.",
            example=True,
            prop="dynamoTableProps.contributorInsightsEnabled",
        ),
        Variable(
            name="table_kinesis_destination",
            type=Object({"stream_arn": STRING, "timestamp_precision": Optional(STRING, "MILLISECOND")}),
            default=None,
            description="Kinesis data stream that receives the changes as well, beside the table's own stream.",
            example={"stream_arn": KINESIS_ARN},
            prop="dynamoTableProps.kinesisStream",
            validations=(
                arn(
                    "table_kinesis_destination",
                    "kinesis",
                    "stream/.+",
                    "the ARN of a Kinesis data stream",
                    bad=("changes", elsewhere(KINESIS_ARN)),
                    path=".stream_arn",
                ),
                rule(
                    unless_null(
                        "table_kinesis_destination",
                        'contains(["MILLISECOND", "MICROSECOND"], var.table_kinesis_destination.timestamp_precision)',
                        nullable=True,
                    ),
                    "table_kinesis_destination.timestamp_precision must be one of MILLISECOND, MICROSECOND, "
                    'not ${try(var.table_kinesis_destination.timestamp_precision, "null")}.',
                    {
                        "table_kinesis_destination": {
                            "stream_arn": KINESIS_ARN,
                            "timestamp_precision": "SECOND",
                        }
                    },
                ),
            ),
        ),
        Variable(
            name="table_warm_throughput",
            type=WARM_THROUGHPUT,
            default=None,
            providers=(6,),
            description="Throughput that the table supports at once, without having to scale up to it.",
            example={"read_units_per_second": 15000, "write_units_per_second": 5000},
            validations=(
                rule(
                    unless_null(
                        "table_warm_throughput",
                        "alltrue([for units in values(var.table_warm_throughput) : try(units >= 1, true)])",
                        nullable=True,
                    ),
                    "table_warm_throughput must hold numbers from 1, not ${jsonencode(var.table_warm_throughput)}.",
                    {"table_warm_throughput": {"read_units_per_second": 0}},
                ),
            ),
        ),
    ),
    outputs=(
        Output(name="table_name", description="Name of the table.", value="local.table_name"),
        Output(name="table_arn", description="ARN of the table.", value="local.table_arn"),
        Output(
            name="table_id",
            description="Id of the table; `null` with an existing table.",
            value="one(aws_dynamodb_table.this[*].id)",
        ),
        Output(name="table_stream_arn", description="ARN of the stream that is read.", value="local.stream_arn"),
        Output(
            name="table_stream_label",
            description="Time stamp that tells this stream of the table from its other ones.",
            value='element(split("/", local.stream_arn), 3)',
        ),
    ),
)

EXISTING_TABLE = Variable(
    name="existing_table",
    type=Object({"stream_arn": STRING, "kms_key_arn": Optional(STRING)}),
    default=None,
    description=(
        "Table whose stream is read instead of a new one: the ARN of its stream and, where it is encrypted with a "
        "customer-managed key, the key's ARN."
    ),
    example={"stream_arn": STREAM_ARN},
    accepted="the ARN of a stream, which ends in `/stream/LABEL`",
    prop="existingTableInterface",
    validations=(
        arn(
            "existing_table",
            "dynamodb",
            "table/[^/]+/stream/.+",
            "the ARN of a table's stream (arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL)",
            bad=(STREAM_ARN.split("/stream/", maxsplit=1)[0], "existing", elsewhere(STREAM_ARN)),
            path=".stream_arn",
        ),
        key_arn("existing_table", path=".kms_key_arn", given={"existing_table": {"stream_arn": STREAM_ARN}}),
    ),
)
