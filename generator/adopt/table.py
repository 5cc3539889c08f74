"""The table and what belongs to it, read from DynamoDB, with values as the AWS provider reads them."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.adopt.answers import Answers, by_key
from generator.adopt.resources import INSIGHTS, KINESIS, STREAM_POLICY, TABLE, TABLE_POLICY, Resource
from generator.arn import Arn

Answer = Mapping[str, Any]


def read(answers: Answers, stream: Arn) -> Iterator[tuple[str, Resource]]:
    """Yield the resources of a table by their addresses in the module. Takes the ARN of the stream."""
    name = stream.name
    arn = str(stream).partition("/stream/")[0]
    table = answers.required("dynamodb", "describe_table", TableName=name)["Table"]
    yield TABLE, Resource({**values(table), **_settings(answers, name, arn)}, name)
    for address, resource_arn in ((TABLE_POLICY, arn), (STREAM_POLICY, str(stream))):
        policy = answers.get("dynamodb", "get_resource_policy", "Policy", ResourceArn=resource_arn)
        if policy:
            yield address, Resource({"policy": policy, "resource_arn": resource_arn}, resource_arn)
    insights = answers.known("dynamodb", "describe_contributor_insights", TableName=name)
    if insights.get("ContributorInsightsStatus") in {"ENABLED", "ENABLING"}:
        found = {"table_name": name, "mode": insights.get("ContributorInsightsMode")}
        yield INSIGHTS, Resource(found, f"name:{name}/index:/{stream.account}")
    destinations = answers.known("dynamodb", "describe_kinesis_streaming_destination", TableName=name)
    for each in destinations.get("KinesisDataStreamDestinations") or ():
        if each.get("DestinationStatus") in {"ACTIVE", "ENABLING", "UPDATING"}:
            found = {
                "stream_arn": each["StreamArn"],
                "approximate_creation_date_time_precision": each.get("ApproximateCreationDateTimePrecision")
                or "MILLISECOND",
            }
            yield KINESIS, Resource(found, f"{name},{each['StreamArn']}")


def values(table: Answer) -> dict[str, Any]:
    """Return the values of a table that DescribeTable has."""
    keys = _keys(table)
    mode = (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    stream = table.get("StreamSpecification") or {}
    return {
        "name": table["TableName"],
        **keys,
        "attribute": [
            {"name": each["AttributeName"], "type": each["AttributeType"]} for each in table["AttributeDefinitions"]
        ],
        "billing_mode": mode,
        **_capacities(table, mode),
        "on_demand_throughput": _limits(table),
        "table_class": (table.get("TableClassSummary") or {}).get("TableClass"),
        "deletion_protection_enabled": table.get("DeletionProtectionEnabled", False),
        "stream_enabled": stream.get("StreamEnabled", False),
        "stream_view_type": stream.get("StreamViewType"),
        "stream_arn": table.get("LatestStreamArn"),
        "global_secondary_index": [
            {
                **_index(each),
                **_capacities(each, mode),
                "on_demand_throughput": _limits(each),
            }
            for each in table.get("GlobalSecondaryIndexes") or ()
        ],
        "local_secondary_index": [_index(each) for each in table.get("LocalSecondaryIndexes") or ()],
        "replica": [
            {
                "region_name": each["RegionName"],
                "kms_key_arn": each.get("KMSMasterKeyId"),
                "deletion_protection_enabled": each.get("DeletionProtectionEnabled"),
                "consistency_mode": table.get("MultiRegionConsistency"),
                # An import does not know whether the tags were ever copied
                "propagate_tags": False,
            }
            for each in table.get("Replicas") or ()
        ],
        "global_table_witness": [
            {"region_name": each["RegionName"]} for each in table.get("GlobalTableWitnesses") or ()
        ],
        "global_table_version": table.get("GlobalTableVersion"),
    }


def _settings(answers: Answers, name: str, arn: str) -> dict[str, Any]:
    """Return the values that other operations have."""
    ttl = answers.get("dynamodb", "describe_time_to_live", "TimeToLiveDescription", TableName=name)
    backups = answers.get("dynamodb", "describe_continuous_backups", "ContinuousBackupsDescription", TableName=name)
    recovery = backups.get("PointInTimeRecoveryDescription") or {}
    encryption = answers.required("dynamodb", "describe_table", TableName=name)["Table"].get("SSEDescription") or {}
    key = encryption.get("KMSMasterKeyArn")
    return {
        "ttl": [
            {
                "attribute_name": ttl["AttributeName"],
                "enabled": ttl.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"},
            }
        ]
        if ttl.get("AttributeName")
        else [],
        "point_in_time_recovery": [
            {
                "enabled": recovery.get("PointInTimeRecoveryStatus") == "ENABLED",
                "recovery_period_in_days": recovery.get("RecoveryPeriodInDays"),
            }
        ],
        "server_side_encryption": [
            {
                "enabled": encryption.get("Status") in {"ENABLED", "ENABLING", "UPDATING"},
                "kms_key_arn": key if key and is_customer_key(answers, key) else None,
            }
        ],
        "tags": by_key(answers.get("dynamodb", "list_tags_of_resource", "Tags", ResourceArn=arn)),
    }


def is_customer_key(answers: Answers, key: str) -> bool:
    """Return whether a key is a customer managed one. DynamoDB returns the ARN of an AWS managed key, too."""
    if ":alias/aws/" in key:
        return False
    return bool(answers.get("kms", "describe_key", "KeyMetadata", KeyId=key).get("KeyManager") != "AWS")


def _keys(table: Answer) -> dict[str, Any]:
    keys = {each["KeyType"]: each["AttributeName"] for each in table["KeySchema"]}
    return {"hash_key": keys["HASH"], "range_key": keys.get("RANGE")}


def _index(index: Answer) -> dict[str, Any]:
    projection = index.get("Projection") or {}
    schema = index["KeySchema"]
    return {
        "name": index["IndexName"],
        **_keys(index),
        "keys": {
            kind: [each["AttributeName"] for each in schema if each["KeyType"] == kind] for kind in ("HASH", "RANGE")
        },
        "projection_type": projection.get("ProjectionType"),
        "non_key_attributes": projection.get("NonKeyAttributes") or None,
    }


def _capacities(of: Answer, mode: str) -> dict[str, Any]:
    throughput = of.get("ProvisionedThroughput") or {}
    return {
        f"{kind}_capacity": throughput.get(f"{kind.title()}CapacityUnits") if mode == "PROVISIONED" else None
        for kind in ("read", "write")
    }


def _limits(of: Answer) -> list[dict[str, Any]]:
    found = of.get("OnDemandThroughput") or {}
    limits = {
        f"max_{kind}_request_units": found.get(f"Max{kind.title()}RequestUnits", -1) for kind in ("read", "write")
    }
    return [] if set(limits.values()) == {-1} else [limits]
