"""Where the items of the table go, who may read them, and how long they stay."""

import functools

from generator.spec.examples import (
    KEY_ARN,
    KINESIS_ARN,
    OTHER_ROLE_ARN,
    PROVISIONED,
    REGION,
    in_other_region,
)
from generator.spec.kinds import choice, flag, variable
from generator.spec.model import UNKNOWN, Component, Effect
from generator.spec.rules import (
    KEY,
    ROLE_END,
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
from generator.spec.table_sources import SOURCES
from generator.spec.text import Text, about, null
from generator.spec.types import BOOL, STRING, Checked, Map, Object, Optional

_sets = functools.partial(Effect, "aws_dynamodb_table.this[0]")


_MODE = 'coalesce(try(replica.consistency_mode, null), "EVENTUAL")'


def _strong(replicas: str) -> Rule:
    """Accept strong consistency with as many replicas as an expression says."""
    return custom_rule(
        f'alltrue([for replica in values(self) : {_MODE} != "STRONG" || length(self) == {replicas}])',
        "Set exactly 2 table_replicas with consistency_mode STRONG, or 1 with a witness.",
        {"table_replicas": {"us-east-1": {"consistency_mode": "STRONG"}}},
    )


TABLE_CONTENTS = Component(
    name="table_contents",
    title="Contents of the table",
    variables=(
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
                    f'&& can(regex("^arn:aws[a-z-]*:kms:${{region}}:[0-9]{{12}}:{KEY}$", replica.kms_key_arn))',
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
                    "can(jsondecode(self.policy).Statement) && try(length(self.policy) <= 20480, false)",
                    "a policy document as JSON, with Statement, of at most 20480 characters",
                    "allow everything",
                    "{}",
                    f'{{"Statement": ["{"x" * 20480}"]}}',
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
                about(
                    "The output `table_stream_readers_key_statement` is for the policy of the key.", "table_kms_key_arn"
                ),
            ),
            example={"search": OTHER_ROLE_ARN},
            example_with={"table_kms_key_arn": KEY_ARN},
            accepted_values="ARNs of roles",
            features=("stream_readers",),
            effect=Effect("aws_dynamodb_resource_policy.stream[0]", "policy", default=None, example=UNKNOWN),
            since="2.0.0",
            rules=(
                each(
                    "name, arn in self",
                    f"can(regex({arn_regex('iam', ROLE_END, region='')}, arn))",
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
                    "can(jsondecode(self.policy).Statement) && try(length(self.policy) <= 20480, false)",
                    "a policy document as JSON, with Statement, of at most 20480 characters",
                    "allow everything",
                    "{}",
                    f'{{"Statement": ["{"x" * 20480}"]}}',
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
        *SOURCES,
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
                    "stream/[a-zA-Z0-9_.-]{1,128}",
                    "the ARN of a Kinesis data stream",
                    "changes",
                    f"{KINESIS_ARN} ",
                    in_other_region(KINESIS_ARN),
                    attribute="stream_arn",
                ),
                attribute_is("timestamp_precision", "MILLISECOND", "MICROSECOND"),
            ),
        ),
    ),
)
