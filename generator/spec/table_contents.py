"""What the items of the table come from, where they go, and how long they stay."""

import functools

from generator.spec.examples import (
    BACKUP_ARN,
    KEY_ARN,
    KINESIS_ARN,
    OTHER_ROLE_ARN,
    PROVISIONED,
    REGION,
    in_other_region,
)
from generator.spec.kinds import choice, flag, variable
from generator.spec.model import UNKNOWN, Effect
from generator.spec.rules import (
    Arguments,
    Rule,
    arn,
    arn_regex,
    attribute_is,
    before,
    custom_rule,
    each,
    must_be,
    no_effect,
    requires,
    since,
)
from generator.spec.text import Text, about, null
from generator.spec.types import BOOL, STRING, Checked, List, Map, Object, Optional

_ION = {"bucket": "exports", "format": "ION"}
_LATEST = {"source_table_name": "orders-old", "to_latest_time": True}
_BACKUPS = "6.38"
_sets = functools.partial(Effect, "aws_dynamodb_table.this[0]")


_MODE = 'coalesce(try(replica.consistency_mode, null), "EVENTUAL")'


def _strong(replicas: str) -> Rule:
    """Accept strong consistency with as many replicas as an expression says."""
    return custom_rule(
        f'alltrue([for replica in values(self) : {_MODE} != "STRONG" || length(self) == {replicas}])',
        "Set exactly 2 table_replicas with consistency_mode STRONG, or 1 with a witness.",
        {"table_replicas": {"us-east-1": {"consistency_mode": "STRONG"}}},
    )


def _one_source(otherwise: str) -> Rule:
    return custom_rule(
        f"self == null ? true : {otherwise}(self.source_table_name == null) != (self.source_table_arn == null)",
        "Set exactly one of source_table_name and source_table_arn in table_restore.",
        {"table_restore": {"to_latest_time": True}},
    )


def _one_time(otherwise: str) -> Rule:
    return custom_rule(
        f"self == null ? true : {otherwise}(self.date_time == null) != (self.to_latest_time != true)",
        "Set exactly one of date_time and to_latest_time = true in table_restore.",
        {"table_restore": {"source_table_name": "orders-old"}},
        {"table_restore": {**_LATEST, "date_time": "2026-01-01T00:00:00Z"}},
    )


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
        type=Checked(
            Map(
                Object(
                    {
                        "kms_key_arn": Optional(STRING),
                        "point_in_time_recovery": Optional(BOOL, True),
                        "propagate_tags": Optional(BOOL, True),
                        "consistency_mode": Optional(STRING, "EVENTUAL", since="6.3"),
                        "deletion_protection_enabled": Optional(BOOL, since="6.9"),
                    }
                )
            )
        ),
        default={},
        description=(
            "Replicas of the table by Region (a global table). They require on-demand mode and `NEW_AND_OLD_IMAGES`. "
            "The function processes the stream of this Region only. Replicas that are not in the map are deleted, also if "
            "another resource created them; the profile option `ignore_replica_changes` leaves them alone."
        ),
        example={"us-east-1": {}},
        examples_since={
            "6.3": {"table_replicas": {key: {"consistency_mode": "STRONG"} for key in ("us-east-1", "us-east-2")}},
            "6.9": {"table_replicas": {"us-east-1": {"deletion_protection_enabled": False}}},
        },
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
            since(
                "6.3",
                custom_rule(
                    f'alltrue([for replica in values(self) : contains(["EVENTUAL", "STRONG"], {_MODE})]) && '
                    f"length(toset([for replica in values(self) : {_MODE}])) <= 1",
                    "Set consistency_mode of all table_replicas to EVENTUAL, or of all to STRONG.",
                    {"table_replicas": {"us-east-1": {"consistency_mode": "WEAK"}}},
                    {"table_replicas": {"us-east-1": {}, "us-east-2": {"consistency_mode": "STRONG"}}},
                ),
            ),
            before("6.22", since("6.3", _strong("2"))),
            since("6.22", _strong("(var.table_witness_region == null ? 2 : 1)")),
            each(
                "region in keys(self)",
                'can(regex("^[a-z]{2,}(-[a-z]+)+-[0-9]+$", region))',
                "keyed by Regions such as us-east-1",
                {"Virginia": {}},
            ),
            each(
                "region in keys(self)",
                "region != local.region",
                "keyed by other Regions than ${local.region}",
                {REGION: {}},
            ),
            each(
                "region, replica in self",
                "try(replica.kms_key_arn, null) == null ? var.table_kms_key_arn == null : var.table_kms_key_arn != null "
                '&& can(regex("^arn:aws[a-z-]*:kms:${region}:[0-9]+:key/.+$", replica.kms_key_arn))',
                "",
                Arguments(table_replicas={"us-east-1": {}}, table_kms_key_arn=KEY_ARN),
                Arguments(table_replicas={"us-east-1": {"kms_key_arn": KEY_ARN}}, table_kms_key_arn=KEY_ARN),
                advice="Set kms_key_arn in table_replicas to a key of the replica's Region if, and only if, the table has "
                "a customer managed key.",
            ),
        ),
    ),
    variable(
        name="table_witness_region",
        type=STRING,
        default=None,
        description=(
            "Region of the witness, which takes the place of the second replica of a table with strong consistency."
        ),
        example="us-east-2",
        example_with={"table_replicas": {"us-east-1": {"consistency_mode": "STRONG"}}},
        accepted_values="a Region without a replica",
        features=("replicas",),
        effect=_sets("global_table_witness.0.region_name"),
        since="2.0.0",
        since_provider="6.22",
        rules=(
            must_be(
                "self != local.region",
                "another Region than ${local.region}",
                REGION,
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
        name="table_stream_readers",
        type=Map(STRING),
        default={},
        description=Text(
            "ARNs of roles of other accounts whose functions may read the stream, by a name of your choice. More than two "
            "readers of a shard throttle each other, and the mapping is one of them.",
            about("The output `table_stream_readers_key_statement` is for the policy of the key.", "table_kms_key_arn"),
        ),
        example={"search": OTHER_ROLE_ARN},
        example_with={"table_kms_key_arn": KEY_ARN},
        accepted_values="ARNs of roles",
        features=("stream_readers",),
        effect=Effect("aws_dynamodb_resource_policy.stream[0]", "policy", default=None, example=UNKNOWN),
        since="2.0.0",
        rules=(
            must_be(
                'alltrue([for arn in values(self) : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", arn))])',
                "a map to ARNs of roles",
                {"search": "210987654321"},
            ),
            # Developer Guide of DynamoDB, "Resource-based policy considerations": its key policy cannot be changed
            custom_rule(
                "length(self) == 0 || var.table_kms_key_arn != null || !var.table_server_side_encryption_enabled",
                Text(
                    "Other accounts cannot use the AWS managed key with which the table is encrypted, so "
                    "table_stream_readers could not read the stream: set table_server_side_encryption_enabled to false.",
                    about("Or set table_kms_key_arn.", "table_kms_key_arn"),
                ),
                {"table_stream_readers": {"search": OTHER_ROLE_ARN}},
            ),
        ),
    ),
    variable(
        name="table_stream_resource_policy",
        type=Object({"policy": STRING}),
        default=None,
        description=Text(
            "Resource-based policy of the stream, which is not that of the table: `{ policy = jsonencode({...}) }`.",
            about("`table_stream_readers` writes one.", "table_stream_readers"),
        ),
        example={"policy": '{"Version": "2012-10-17", "Statement": []}'},
        accepted_values="a policy document as JSON",
        features=("stream_readers",),
        effect=Effect(
            "aws_dynamodb_resource_policy.stream[0]", "policy", example='{"Version": "2012-10-17", "Statement": []}'
        ),
        since="2.0.0",
        rules=(
            must_be(
                "can(jsondecode(self.policy).Statement)",
                "a policy document as JSON, with Statement",
                "allow everything",
                "{}",
                attribute="policy",
            ),
            custom_rule(
                "self == null || length(var.table_stream_readers) == 0",
                "Set only one of table_stream_resource_policy and table_stream_readers.",
                {
                    "table_stream_resource_policy": {"policy": '{"Version": "2012-10-17", "Statement": []}'},
                    "table_stream_readers": {"search": OTHER_ROLE_ARN},
                    "table_kms_key_arn": KEY_ARN,
                },
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
        description=(
            "Items in S3 to create the table from. Imported items do not appear in the stream. The argument counts when the "
            "table is created; adding, changing, or removing it later has no effect."
        ),
        example={"bucket": "exports", "format": "DYNAMODB_JSON", "compression": "GZIP"},
        features=("import",),
        effect=_sets("import_table.0.s3_bucket_source.0.bucket", example="exports"),
        construct_prop="dynamoTableProps.importSource",
        rules=(
            attribute_is("format", "CSV", "DYNAMODB_JSON", "ION"),
            attribute_is("compression", "NONE", "GZIP", "ZSTD"),
            must_be(
                'can(regex("^[a-z0-9.-]{3,63}$", self.bucket))',
                "the name of a bucket",
                "arn:aws:s3:::exports",
                attribute="bucket",
            ),
            must_be(
                '(self.bucket_owner == null || can(regex("^[0-9]{12}$", self.bucket_owner)))',
                "an account ID of 12 digits",
                "exports",
                attribute="bucket_owner",
            ),
            must_be(
                '(self.csv_delimiter == null || can(regex("^[,;:|\\t ]$", self.csv_delimiter)))',
                "a comma, semicolon, colon, pipe, tab, or space",
                "/",
                attribute="csv_delimiter",
            ),
            must_be(
                "(self.csv_header_list == null || try(length(compact(self.csv_header_list)) >= 1, false))",
                "a list of at least one name",
                [],
                attribute="csv_header_list",
            ),
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
                "backup_arn": Optional(STRING, since=_BACKUPS),
            }
        ),
        default=None,
        description=(
            "Table and point in time to restore the table from. Its stream is new, without the records of the source's "
            "stream. The argument counts when the table is created; adding, changing, or removing it later has no effect."
        ),
        example=_LATEST,
        examples_since={_BACKUPS: {"table_restore": {"backup_arn": BACKUP_ARN}}},
        features=("restore",),
        effect=_sets("restore_source_name", example="orders-old"),
        rules=(
            before(_BACKUPS, _one_source("")),
            before(_BACKUPS, _one_time("")),
            since(_BACKUPS, _one_source("self.backup_arn != null || ")),
            since(_BACKUPS, _one_time("self.backup_arn != null || ")),
            since(
                _BACKUPS,
                custom_rule(
                    "self == null ? true : (self.backup_arn == null || (self.source_table_name == null && "
                    "self.source_table_arn == null && self.date_time == null && self.to_latest_time != true))",
                    "Remove the other attributes of table_restore: they have no effect with backup_arn.",
                    {"table_restore": {**_LATEST, "backup_arn": BACKUP_ARN}},
                ),
            ),
            since(
                _BACKUPS,
                must_be(
                    f"self.backup_arn == null || can(regex({arn_regex('(backup|dynamodb)', '.+')}, self.backup_arn))",
                    "the ARN of a recovery point or of a backup of a table in ${local.region}",
                    "orders-backup",
                    in_other_region(BACKUP_ARN),
                    attribute="backup_arn",
                ),
            ),
            must_be(
                '(self.source_table_name == null || can(regex("^[a-zA-Z0-9_.-]{3,255}$", self.source_table_name)))',
                "the name of a table (not its ARN)",
                "arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
                attribute="source_table_name",
            ),
            must_be(
                "(self.source_table_arn == null || "
                'can(regex("^arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[a-zA-Z0-9_.-]+$", self.source_table_arn)))',
                "the ARN of a table",
                "orders-old",
                attribute="source_table_arn",
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
    choice(
        name="table_contributor_insights_mode",
        values=("ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"),
        description="Keys that Contributor Insights counts. `THROTTLED_KEYS` costs less.",
        example_with={"table_contributor_insights_enabled": True},
        features=("contributor_insights",),
        effect=Effect("aws_dynamodb_contributor_insights.this[0]", "mode", default=None),
        since="2.0.0",
        since_provider="6.12",
        rules=(
            no_effect(
                'self == "ACCESSED_AND_THROTTLED_KEYS" || var.table_contributor_insights_enabled',
                "when table_contributor_insights_enabled is false",
            ),
        ),
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
