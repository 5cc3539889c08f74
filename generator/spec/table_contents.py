"""What the items of the table come from, where they go, and how long they stay."""

import functools

from generator.spec.examples import KEY_ARN, KINESIS_ARN, PROVISIONED, REGION, in_other_region
from generator.spec.kinds import flag, variable
from generator.spec.model import Effect
from generator.spec.rules import arn, attribute_is, custom_rule, must_be, requires
from generator.spec.text import Text, about, null
from generator.spec.types import BOOL, STRING, List, Map, Object, Optional

_ION = {"bucket": "exports", "format": "ION"}
_LATEST = {"source_table_name": "orders-old", "to_latest_time": True}
_sets = functools.partial(Effect, "aws_dynamodb_table.this[0]")

CONTENTS = (
    variable(
        name="table_ttl_attribute",
        type=STRING,
        default=None,
        description=Text(
            "Attribute with the time (epoch seconds) at which an item expires.",
            null("`null` creates a table whose items do not expire."),
            about("To turn TTL off later, keep the name and set `table_ttl_enabled = false`.", "table_ttl_enabled"),
            about(
                "Without the name, TTL stays on and DynamoDB continues to delete items. Another name takes two applies: "
                "`false` with the old name first.",
                "table_ttl_enabled",
            ),
        ),
        example="expires_at",
        accepted_values="1 to 255 characters",
        features=("time_to_live",),
        effect=_sets("ttl.0.attribute_name"),
        construct_prop="dynamoTableProps.timeToLiveAttribute",
        rules=(must_be("length(self) >= 1 && length(self) <= 255", "1 to 255 characters", ""),),
    ),
    variable(
        name="table_ttl_enabled",
        type=BOOL,
        default=None,
        description=Text(
            "Set to `false` to turn TTL off: DynamoDB then deletes no more items.",
            null("Defaults to `true` if `table_ttl_attribute` is set.", "table_ttl_attribute"),
        ),
        example=False,
        example_with={"table_ttl_attribute": "expires_at"},
        features=("time_to_live",),
        effect=_sets("ttl.0.enabled", default=None),
        since="2.0.0",
        rules=(requires("table_ttl_attribute"),),
    ),
    variable(
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
            "Replicas of the table by Region (a global table). They require on-demand mode and `NEW_AND_OLD_IMAGES`. "
            "The function processes the stream of this Region only."
        ),
        example={"us-east-1": {}},
        features=("replicas",),
        effect=_sets("replica.0.region_name", default=None, example="us-east-1"),
        construct_prop="dynamoTableProps.replicationRegions",
        rules=(
            custom_rule(
                'length(self) == 0 || var.table_stream_view_type == "NEW_AND_OLD_IMAGES"',
                "The table_stream_view_type value must be NEW_AND_OLD_IMAGES with table_replicas. Got "
                "${jsonencode(var.table_stream_view_type)}.",
                {"table_replicas": {"us-east-1": {}}, "table_stream_view_type": "KEYS_ONLY"},
            ),
            custom_rule(
                'length(self) == 0 || var.table_billing_mode == "PAY_PER_REQUEST"',
                "The table_billing_mode value must be PAY_PER_REQUEST with table_replicas, because provisioned replicas "
                "require autoscaling. Got ${jsonencode(var.table_billing_mode)}.",
                {**PROVISIONED, "table_replicas": {"us-east-1": {}}},
            ),
            must_be(
                "!contains(keys(self), local.region)",
                "keyed by other Regions than ${local.region}",
                {REGION: {}},
                got="jsonencode(keys(self))",
            ),
            custom_rule(
                "alltrue([for region, replica in self : replica.kms_key_arn == null ? "
                'var.table_kms_key_arn == null : can(regex("^arn:aws[a-z-]*:kms:${region}:[0-9]+:key/.+$", '
                "replica.kms_key_arn)) && var.table_kms_key_arn != null])",
                "Set kms_key_arn in table_replicas to a key of the replica's Region if, and only if, the table has a "
                "customer managed key.",
                {"table_replicas": {"us-east-1": {}}, "table_kms_key_arn": KEY_ARN},
                {"table_replicas": {"us-east-1": {"kms_key_arn": KEY_ARN}}, "table_kms_key_arn": KEY_ARN},
            ),
        ),
    ),
    variable(
        name="table_resource_policy",
        type=Object({"policy": STRING}),
        default=None,
        description="Resource-based policy of the table: `{ policy = jsonencode({...}) }`.",
        example={"policy": '{"Version": "2012-10-17", "Statement": []}'},
        accepted_values="a policy document as JSON",
        features=("resource_policy",),
        effect=Effect(
            "aws_dynamodb_resource_policy.this[0]", "policy", example='{"Version": "2012-10-17", "Statement": []}'
        ),
        construct_prop="dynamoTableProps.resourcePolicy",
        rules=(
            must_be(
                "can(jsondecode(self.policy).Statement)",
                "a policy document as JSON, with Statement",
                "allow everything",
                "{}",
                attribute="policy",
            ),
        ),
    ),
    variable(
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
        description="Items in S3 to create the table from. Imported items do not appear in the stream.",
        example={"bucket": "exports", "format": "DYNAMODB_JSON", "compression": "GZIP"},
        features=("import",),
        effect=_sets("import_table.0.s3_bucket_source.0.bucket", example="exports"),
        construct_prop="dynamoTableProps.importSource",
        rules=(
            attribute_is("format", "CSV", "DYNAMODB_JSON", "ION"),
            attribute_is("compression", "NONE", "GZIP", "ZSTD"),
            custom_rule(
                'self == null ? true : (self.format == "CSV" || '
                "(self.csv_delimiter == null && self.csv_header_list == null))",
                "Remove csv_delimiter and csv_header_list from table_import: they have no effect when format is "
                '${try(var.table_import.format, "null")}.',
                {"table_import": {**_ION, "csv_delimiter": ";"}},
            ),
        ),
    ),
    variable(
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
            "Table and point in time to restore the table from. Its stream is new, without the records of the source's "
            "stream."
        ),
        example=_LATEST,
        features=("restore",),
        effect=_sets("restore_source_name", example="orders-old"),
        rules=(
            custom_rule(
                "self == null ? true : (self.source_table_name == null) != (self.source_table_arn == null)",
                "Set exactly one of source_table_name and source_table_arn in table_restore.",
                {"table_restore": {"to_latest_time": True}},
            ),
            custom_rule(
                "self == null ? true : (self.date_time == null) != (self.to_latest_time != true)",
                "Set exactly one of date_time and to_latest_time = true in table_restore.",
                {"table_restore": {"source_table_name": "orders-old"}},
                {"table_restore": {**_LATEST, "date_time": "2026-01-01T00:00:00Z"}},
            ),
            must_be(
                '(self.date_time == null || can(timeadd(self.date_time, "0s")))',
                "a time such as 2026-01-31T12:00:00Z",
                "yesterday",
                attribute="date_time",
            ),
            custom_rule(
                "self == null || var.table_import == null",
                "Set only one of table_restore and table_import.",
                {"table_restore": _LATEST, "table_import": _ION},
            ),
        ),
    ),
    flag(
        name="table_contributor_insights_enabled",
        default=False,
        description=(
            "Set to `true` for CloudWatch Contributor Insights (most accessed and throttled keys), charged by event."
        ),
        features=("contributor_insights",),
        effect=Effect("aws_dynamodb_contributor_insights.this[0]", "table_name", default=None, example="orders"),
        construct_prop="dynamoTableProps.contributorInsightsEnabled",
    ),
    variable(
        name="table_kinesis_destination",
        type=Object({"stream_arn": STRING, "timestamp_precision": Optional(STRING, "MILLISECOND")}),
        default=None,
        description="Kinesis data stream that also receives the changes of the table.",
        example={"stream_arn": KINESIS_ARN},
        features=("kinesis_destination",),
        effect=Effect(
            "aws_dynamodb_kinesis_streaming_destination.this[0]",
            "approximate_creation_date_time_precision",
            example="MILLISECOND",
        ),
        construct_prop="dynamoTableProps.kinesisStream",
        rules=(
            arn(
                "kinesis",
                "stream/.+",
                "the ARN of a Kinesis data stream",
                "changes",
                in_other_region(KINESIS_ARN),
                attribute="stream_arn",
            ),
            attribute_is("timestamp_precision", "MILLISECOND", "MICROSECOND"),
        ),
    ),
)
