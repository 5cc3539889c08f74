"""The DynamoDB table and its stream."""

import functools

from generator.spec.examples import (
    OTHER_ACCOUNT,
    OTHER_STREAM_ARN,
    PROVISIONED,
    ROLE_ARN,
    STREAM_ARN,
    in_other_region,
)
from generator.spec.kinds import choice, flag, key, string, timeouts, variable, whole_number
from generator.spec.model import UNKNOWN, Component, Effect, Output, Variable
from generator.spec.rules import arn, attribute_is, custom_rule, key_arn, must_be, no_effect, one_of
from generator.spec.table_indexes import INDEXES, WARM_THROUGHPUT
from generator.spec.text import Text, about, null
from generator.spec.types import NUMBER, STRING, Checked, Object, Optional

STREAM_VIEW_TYPES = ("NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY")

_KEY = Object({"name": STRING, "type": Optional(STRING, "S")})
_sets = functools.partial(Effect, "aws_dynamodb_table.this[0]")


_KEY_RULES = (
    attribute_is("type", "S", "N", "B"),
    must_be(
        "try(length(self.name) >= 1 && length(self.name) <= 255, false)",
        "1 to 255 characters",
        "",
        None,
        attribute="name",
    ),
)


def _capacity(kind: str) -> Variable:
    name = f"table_{kind}_capacity"
    other = "table_write_capacity" if kind == "read" else "table_read_capacity"
    return whole_number(
        name=name,
        default=None,
        bounds=(1, 2**31 - 1),
        description=Text(
            f"{kind.capitalize()} capacity units of the table.",
            about("Set it if, and only if, `table_billing_mode` is `PROVISIONED`.", "table_billing_mode"),
        ),
        example=3,
        example_with={"table_billing_mode": "PROVISIONED", other: 4},
        accepted_values="at least 1",
        features=("provisioned_capacity",),
        effect=_sets(f"{kind}_capacity"),
        construct_prop=f"dynamoTableProps.{kind}Capacity",
        rules=(
            custom_rule(
                '(var.table_billing_mode == "PROVISIONED") == (self != null)',
                f'${{var.{name} == null ? "Set {name}: pipeline ${{var.name}} has" : "Remove {name}: it has no effect '
                'with"} table_billing_mode ${var.table_billing_mode}.',
                {name: 5},
                {"table_billing_mode": "PROVISIONED", other: 5},
            ),
        ),
    )


TABLE = Component(
    name="table",
    title="Table",
    variables=(
        string(
            name="table_name",
            replaces=("table", "event source mapping"),
            pattern="^[a-zA-Z0-9_.-]{3,255}$",
            accepted="3 to 255 letters, digits, underscores, hyphens, and dots",
            bad=("no spaces", "ab", "t" * 256),
            description=Text("Name of the table.", null("Defaults to `name`.", "name")),
            example="orders-v2",
            effect=_sets("name", default="orders"),
            construct_prop="dynamoTableProps.tableName",
        ),
        variable(
            name="table_partition_key",
            replaces=("table", "event source mapping"),
            type=_KEY,
            default={"name": "id", "type": "S"},
            description="Partition key: the name of the attribute, and its type (`S` string, `N` number, `B` binary).",
            example={"name": "pk", "type": "N"},
            effect=_sets("hash_key", default="id", example="pk"),
            construct_prop="dynamoTableProps.partitionKey",
            rules=_KEY_RULES,
        ),
        variable(
            name="table_sort_key",
            replaces=("table", "event source mapping"),
            type=_KEY,
            default=None,
            description=Text("Sort key, as `table_partition_key`.", null("`null` creates a table without one.")),
            example={"name": "sk", "type": "N"},
            effect=_sets("range_key", example="sk"),
            construct_prop="dynamoTableProps.sortKey",
            rules=(
                *_KEY_RULES,
                must_be(
                    "self.name != var.table_partition_key.name",
                    "another attribute than that of table_partition_key",
                    "id",
                    attribute="name",
                ),
            ),
        ),
        *INDEXES,
        variable(
            name="table_billing_mode",
            type=STRING,
            default="PAY_PER_REQUEST",
            description="Capacity mode of the table: `PAY_PER_REQUEST` (on-demand) or `PROVISIONED`.",
            example="PROVISIONED",
            example_with={"table_read_capacity": 5, "table_write_capacity": 5},
            effect=_sets("billing_mode"),
            construct_prop="dynamoTableProps.billingMode",
            rules=(one_of("PAY_PER_REQUEST", "PROVISIONED"),),
        ),
        _capacity("read"),
        _capacity("write"),
        variable(
            name="table_on_demand_throughput",
            type=Object({"max_read_request_units": Optional(NUMBER), "max_write_request_units": Optional(NUMBER)}),
            default=None,
            description=(
                "Maximum on-demand read and write request units, which limit cost. An attribute that you leave out has no "
                "maximum. To remove both maximums from a table, apply `{}` before you remove the argument."
            ),
            example={"max_read_request_units": 1000, "max_write_request_units": 500},
            features=("on_demand_limits",),
            effect=_sets(
                "on_demand_throughput",
                default=[],
                example=[{"max_read_request_units": 1000, "max_write_request_units": 500}],
            ),
            construct_prop="dynamoTableProps.maxReadRequestUnits",
            rules=(
                no_effect(
                    'self == null || var.table_billing_mode == "PAY_PER_REQUEST"',
                    "when table_billing_mode is ${var.table_billing_mode}",
                    **PROVISIONED,
                ),
                must_be(
                    "alltrue([for units in values(self) : try(units == -1 || (units >= 1 && units % 1 == 0), true)])",
                    "whole numbers from 1, or -1 for no maximum",
                    {"max_read_request_units": 0},
                    {"max_write_request_units": -2},
                    {"max_write_request_units": 1.5},
                ),
            ),
        ),
        variable(
            name="table_warm_throughput",
            type=WARM_THROUGHPUT,
            default=None,
            description="Read and write units per second that the table can serve immediately.",
            example={"read_units_per_second": 15000, "write_units_per_second": 5000},
            features=("warm_throughput",),
            effect=_sets("warm_throughput.0.read_units_per_second", example=15000),
            since_provider="6.13",
            rules=(
                must_be(
                    "alltrue([for units in values(self) : try(units >= 1, true)])",
                    "numbers from 1",
                    {"read_units_per_second": 0},
                ),
            ),
        ),
        choice(
            name="table_class",
            values=("STANDARD", "STANDARD_INFREQUENT_ACCESS"),
            description="Storage class of the table.",
            # The provider does not show STANDARD, which AWS does not report either
            effect=_sets("table_class", default=None),
            construct_prop="dynamoTableProps.tableClass",
        ),
        choice(
            name="table_stream_view_type",
            replaces=("event source mapping",),
            values=STREAM_VIEW_TYPES,
            description=(
                "Item data in each stream record. Changing it replaces the stream and the event source mapping; "
                "records that remain in the old stream are not processed."
            ),
            effect=_sets("stream_view_type"),
            construct_prop="dynamoTableProps.stream",
        ),
        flag(
            name="table_point_in_time_recovery_enabled",
            default=True,
            description="Set to `false` to turn off point-in-time recovery.",
            effect=_sets("point_in_time_recovery.0.enabled"),
            construct_prop="dynamoTableProps.pointInTimeRecoverySpecification",
        ),
        whole_number(
            name="table_point_in_time_recovery_days",
            default=None,
            bounds=(1, 35),
            unit="days",
            description=Text("Recovery period, in days.", null("Defaults to the 35 days of AWS.")),
            effect=_sets("point_in_time_recovery.0.recovery_period_in_days", default=35),
            rules=(
                no_effect(
                    "self == null || var.table_point_in_time_recovery_enabled",
                    "when table_point_in_time_recovery_enabled is false",
                    table_point_in_time_recovery_enabled=False,
                ),
            ),
        ),
        flag(
            name="table_server_side_encryption_enabled",
            default=True,
            description=Text(
                "Encryption with the AWS managed key `aws/dynamodb`.",
                about("`table_kms_key_arn` replaces that key.", "table_kms_key_arn"),
                "`false` uses an AWS owned key, without KMS charges and without its use in CloudTrail.",
            ),
            effect=_sets("server_side_encryption.0.enabled"),
            construct_prop="dynamoTableProps.encryption",
        ),
        key(
            name="table_kms_key_arn",
            description=Text(
                "Customer managed key of the table and its stream. The role may decrypt with it.",
                about(
                    "To return to the AWS managed key, first apply `table_server_side_encryption_enabled = false` without a "
                    "key: with the key removed alone, the table keeps it, and the role can no longer decrypt.",
                    "table_server_side_encryption_enabled",
                ),
            ),
            features=("customer_keys",),
            effect=_sets("server_side_encryption.0.kms_key_arn"),
            construct_prop="dynamoTableProps.encryptionKey",
            rules=(
                no_effect(
                    "self == null || var.table_server_side_encryption_enabled",
                    "when table_server_side_encryption_enabled is false",
                    table_server_side_encryption_enabled=False,
                ),
            ),
        ),
        flag(
            name="table_deletion_protection_enabled",
            default=True,
            description="Deletion protection of the table. To delete the table, apply with `false` first.",
            effect=_sets("deletion_protection_enabled"),
            construct_prop="dynamoTableProps.deletionProtection",
        ),
        timeouts(
            "table",
            Effect("aws_dynamodb_table.this[0]", "timeouts.update", default=None, example="120m"),
            "The provider waits 30 minutes for the creation, 60 for an update, and 10 for the deletion, by default.",
        ),
    ),
    outputs=(
        Output("table_name", "Name of the table.", "local.table_name"),
        Output("table_arn", "ARN of the table.", "local.table_arn"),
        Output(
            "table_id",
            Text("ID of the table.", null("`null` if the table is an existing one.")),
            "one(aws_dynamodb_table.this[*].id)",
        ),
        Output("table_stream_arn", "ARN of the stream that the function processes.", "local.stream_arn"),
        Output(
            "table_replica_stream_arns",
            "ARNs of the streams of the replicas, by Region.",
            "{ for region in keys(var.table_replicas) : region => "
            "one([for replica in aws_dynamodb_table.this[0].replica : replica.stream_arn if replica.region_name == region]) }",
        ),
        Output(
            "table_stream_label",
            "Stream label (a timestamp that identifies the stream).",
            'element(split("/", local.stream_arn), 3)',
        ),
        Output(
            "table_stream_readers_key_statement",
            Text(
                "Statement (JSON) for the policy of the table's customer managed key, with which the readers can decrypt.",
                null("`null` without readers or without a key."),
            ),
            "local.stream_readers_key_statement",
        ),
    ),
)

EXISTING_TABLE = variable(
    name="existing_table",
    replaces=("event source mapping",),
    deletes=("table",),
    type=Checked(Object({"stream_arn": STRING, "kms_key_arn": Optional(STRING), "account_id": Optional(STRING)})),
    default=None,
    description=(
        "Existing table whose stream to process; the module then creates no table. Set `kms_key_arn` if a customer "
        "managed key encrypts it, and `account_id` if another account owns it: the owner must let the role read the stream."
    ),
    example={"stream_arn": STREAM_ARN},
    accepted_values="the ARN of a stream, which ends with `/stream/LABEL`",
    features=("existing_table",),
    effect=Effect("aws_lambda_event_source_mapping.this", "event_source_arn", default=UNKNOWN, example=STREAM_ARN),
    construct_prop="existingTableInterface",
    rules=(
        arn(
            "dynamodb",
            "table/[a-zA-Z0-9_.-]+/stream/[0-9T:.-]+",
            "the ARN of a table's stream (...:table/NAME/stream/LABEL)",
            STREAM_ARN.split("/stream/", maxsplit=1)[0],
            "existing",
            in_other_region(STREAM_ARN),
            STREAM_ARN.replace("existing", "no spaces"),
            attribute="stream_arn",
        ),
        key_arn("kms_key_arn"),
        must_be(
            '(try(self.account_id, null) == null || can(regex("^[0-9]{12}$", self.account_id)))',
            "the 12 digits of an account",
            "owner",
            attribute="account_id",
        ),
        custom_rule(
            'try(self.account_id, null) == null ? true : try(split(":", self.stream_arn)[4], "") == self.account_id',
            "The existing_table.account_id value must be that of stream_arn. Got "
            "${jsonencode(try(var.existing_table.account_id, null))}.",
            {"existing_table": {"stream_arn": STREAM_ARN, "account_id": OTHER_ACCOUNT}},
        ),
        custom_rule(
            "self == null ? true : (try(self.account_id, null) != null || "
            'try(split(":", self.stream_arn)[4] == split(":", var.existing_role.arn)[4], true))',
            "Set existing_table.account_id: existing_role is of another account than stream_arn. Got "
            "${jsonencode(try(var.existing_table.stream_arn, null))}.",
            {
                "existing_table": {"stream_arn": OTHER_STREAM_ARN},
                "existing_role": {"arn": ROLE_ARN, "name": "existing-role"},
            },
        ),
    ),
)
