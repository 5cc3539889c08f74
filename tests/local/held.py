"""What AWS holds of a pipeline, read through its APIs."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import jmespath
from botocore.exceptions import ClientError

from generator.local.emulator import LocalAws
from generator.spec import MODULE
from generator.spec.model import Effect


def held(aws: LocalAws, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what AWS has of a pipeline with these outputs, by kind of resource; nothing that does not exist."""
    dynamodb, functions, iam = aws.client("dynamodb"), aws.client("lambda"), aws.client("iam")
    table, function, role = outputs["table_name"], outputs["function_name"], outputs["role_name"]
    target = outputs["function_target_arn"]
    qualifier = target.split(":")[7] if target.count(":") == 7 else None
    group = outputs["function_log_group_name"]
    queue = outputs["dead_letter_queue_url"]
    alarms = _get(aws.client("cloudwatch").describe_alarms)["MetricAlarms"]
    policies = _get(iam.list_role_policies, RoleName=role).get("PolicyNames", [])
    return {
        "table": {
            **_get(dynamodb.describe_table, "Table", TableName=table),
            "TTL": _get(dynamodb.describe_time_to_live, "TimeToLiveDescription", TableName=table),
            "Backups": _get(dynamodb.describe_continuous_backups, "ContinuousBackupsDescription", TableName=table),
            "Insights": _get(dynamodb.describe_contributor_insights, TableName=table),
            "Kinesis": _get(dynamodb.describe_kinesis_streaming_destination, TableName=table),
            "Policy": _get(dynamodb.get_resource_policy, ResourceArn=outputs["table_arn"]),
            "StreamPolicy": _get(dynamodb.get_resource_policy, ResourceArn=outputs["table_stream_arn"]),
            "Tags": {
                tag["Key"]: tag["Value"]
                for tag in _get(dynamodb.list_tags_of_resource, ResourceArn=outputs["table_arn"]).get("Tags", ())
            },
        },
        "function": {
            **_get(functions.get_function, FunctionName=function),
            **_get(functions.get_function, "Configuration", FunctionName=function),
            "Signing": _get(functions.get_function_code_signing_config, FunctionName=function),
            "Aliases": _get(functions.list_aliases, "Aliases", FunctionName=function) or [],
            "Versions": _get(functions.list_versions_by_function, "Versions", FunctionName=function) or [],
            "Provisioned": _get(
                functions.get_provisioned_concurrency_config, FunctionName=function, Qualifier=qualifier or "none"
            ),
        },
        "mapping": _get(functions.get_event_source_mapping, UUID=outputs["event_source_mapping_uuid"])
        | _get(functions.list_tags, Resource=outputs["event_source_mapping_arn"]),
        "role": {
            **_get(iam.get_role, "Role", RoleName=role),
            "Attached": _get(iam.list_attached_role_policies, RoleName=role).get("AttachedPolicies", []),
            "Policies": {
                name: _get(iam.get_role_policy, "PolicyDocument", RoleName=role, PolicyName=name) for name in policies
            },
            # Other pipelines may have policies of the same role
            "PolicyName": next((name for name in policies if name == f"{table}-stream"), None),
        },
        "log_group": next(
            (
                found
                for found in _get(aws.client("logs").describe_log_groups, logGroupNamePrefix=group or "-")["logGroups"]
                if found["logGroupName"] == group
            ),
            {},
        ),
        "queue": _queue(aws, queue) if queue else {},
        "alarms": {
            name: alarm
            for alarm in alarms
            for name, arn in {**outputs["alarm_arns"], "stalled": outputs["alarm_stalled_arn"]}.items()
            if alarm["AlarmArn"] == arn
        },
        "dashboard": [
            board["DashboardName"]
            for board in _get(aws.client("cloudwatch").list_dashboards)["DashboardEntries"]
            if board["DashboardArn"] == outputs["dashboard_arn"]
        ],
    }


def _get(call: Callable[..., Mapping[str, Any]], key: str = "", **arguments: Any) -> Any:  # noqa: ANN401
    try:
        answer = call(**arguments)
    except ClientError as error:
        if re.search("NotFound|NoSuch|Nonexistent|NonExistent", error.response["Error"]["Code"]):
            return {}
        raise
    return answer[key] if key else {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _queue(aws: LocalAws, url: str) -> dict[str, Any]:
    attributes = _get(aws.client("sqs").get_queue_attributes, "Attributes", QueueUrl=url, AttributeNames=["All"])
    return {**attributes, "Policy": json.loads(attributes.get("Policy") or "{}")}


# --- values -----------------------------------------------------------------------------------------------------------

Held = Mapping[str, Any]

_MAIN = {
    "aws_dynamodb_table.this[0]": "table",
    "aws_lambda_function.this[0]": "function",
    "aws_lambda_event_source_mapping.this": "mapping",
    "aws_iam_role.this[0]": "role",
    "aws_cloudwatch_log_group.this[0]": "log_group",
    "aws_sqs_queue.dead_letter[0]": "queue",
}
_OWN = {statement.sid for statement in MODULE.statements}


def _number(value: str | None) -> int | None:
    return None if value is None else int(value)


def _customer_key(aws: Held) -> str | None:
    key: str = aws["table"].get("SSEDescription", {}).get("KMSMasterKeyArn", "")
    return None if ":alias/aws/" in key else key


def _capacity(kind: str) -> Callable[[Held], int | None]:
    return lambda aws: aws["table"]["ProvisionedThroughput"][f"{kind}CapacityUnits"] or None


def _limits(aws: Held) -> list[dict[str, int]]:
    found = aws["table"].get("OnDemandThroughput", {})
    limits = {
        f"max_{kind.lower()}_request_units": found.get(f"Max{kind}RequestUnits", -1) for kind in ("Read", "Write")
    }
    return [] if set(limits.values()) == {-1} else [limits]


def _statements(aws: Held) -> list[str]:
    policies = [policy["Statement"] for policy in aws["role"]["Policies"].values()]
    return sorted({statement["Sid"] for policy in policies for statement in policy} - _OWN)


def _stream_policy(aws: Held) -> Any:  # noqa: ANN401 - as the module's arguments
    """Return the principals of the module's own policy, and any other policy as it is."""
    policy = aws["table"]["StreamPolicy"].get("Policy")
    statements = [each for each in json.loads(policy or "{}").get("Statement", ()) if each["Sid"] == "ReadStream"]
    readers = statements[0]["Principal"]["AWS"] if statements else policy
    return [readers] if statements and isinstance(readers, str) else readers


def _runbook(aws: Held) -> str:
    description: str = aws["alarms"].get("stalled", {}).get("AlarmDescription", "")
    return description.partition(" Runbook: ")[2]


PLACES: Mapping[str, str | Callable[[Held], Any]] = {
    # What AWS calls otherwise than the provider: an expression, or a function where the forms differ
    "aws_dynamodb_table.name": "table.TableName",
    "aws_dynamodb_table.hash_key": "table.KeySchema[?KeyType=='HASH'].AttributeName | [0]",
    "aws_dynamodb_table.range_key": "table.KeySchema[?KeyType=='RANGE'].AttributeName | [0]",
    "aws_dynamodb_table.attribute": "sort_by(table.AttributeDefinitions, &AttributeName)"
    "[].{name: AttributeName, type: AttributeType}",
    "aws_dynamodb_table.billing_mode": "table.BillingModeSummary.BillingMode || 'PROVISIONED'",
    "aws_dynamodb_table.read_capacity": _capacity("Read"),
    "aws_dynamodb_table.write_capacity": lambda aws: (
        aws["table"]["ProvisionedThroughput"]["WriteCapacityUnits"] or None
    ),
    "aws_dynamodb_table.on_demand_throughput": _limits,
    "aws_dynamodb_table.table_class": "table.TableClassSummary.TableClass",
    "aws_dynamodb_table.stream_view_type": "table.StreamSpecification.StreamViewType",
    "aws_dynamodb_table.point_in_time_recovery.enabled": "table.Backups.PointInTimeRecoveryDescription"
    ".PointInTimeRecoveryStatus == 'ENABLED'",
    "aws_dynamodb_table.point_in_time_recovery.recovery_period_in_days": "table.Backups.PointInTimeRecoveryDescription"
    ".RecoveryPeriodInDays",
    "aws_dynamodb_table.server_side_encryption.enabled": "table.SSEDescription.Status == 'ENABLED'",
    "aws_dynamodb_table.server_side_encryption.kms_key_arn": _customer_key,
    "aws_dynamodb_table.ttl.attribute_name": "table.TTL.AttributeName",
    "aws_dynamodb_table.ttl.enabled": "table.TTL.TimeToLiveStatus == 'ENABLED'",
    "aws_dynamodb_table.replica.region_name": "table.Replicas[0].RegionName",
    "aws_dynamodb_table.global_secondary_index.hash_key": "table.GlobalSecondaryIndexes[0].KeySchema[0].AttributeName",
    "aws_dynamodb_table.local_secondary_index.range_key": "table.LocalSecondaryIndexes[0].KeySchema[1].AttributeName",
    "aws_dynamodb_contributor_insights.table_name": "table.Insights.ContributorInsightsStatus == 'ENABLED' "
    "&& table.TableName || null",
    "aws_dynamodb_kinesis_streaming_destination.approximate_creation_date_time_precision": "table.Kinesis"
    ".KinesisDataStreamDestinations[?DestinationStatus=='ACTIVE'].ApproximateCreationDateTimePrecision | [0]",
    "aws_dynamodb_resource_policy.this[0].policy": "table.Policy.Policy",
    "aws_dynamodb_resource_policy.stream[0].policy": _stream_policy,
    "aws_lambda_function.code_signing_config_arn": "function.Signing.CodeSigningConfigArn",
    "aws_lambda_function.vpc_config.subnet_ids": "sort(function.VpcConfig.SubnetIds || `[]`)",
    "aws_lambda_function.layers": "function.Layers[].Arn",
    "aws_lambda_function.kms_key_arn": "function.KMSKeyArn",
    "aws_lambda_function.reserved_concurrent_executions": lambda aws: (
        aws["function"].get("Concurrency", {}).get("ReservedConcurrentExecutions", -1)
    ),
    "aws_lambda_function.file_system_config.local_mount_path": "function.FileSystemConfigs[0].LocalMountPath",
    "aws_lambda_function.image_uri": "function.Code.ImageUri",
    "aws_lambda_function.image_config.command": "function.ImageConfigResponse.ImageConfig.Command",
    "aws_lambda_function.snap_start.apply_on": "function.SnapStart.ApplyOn == 'PublishedVersions' "
    "&& 'PublishedVersions' || null",
    "aws_lambda_function.publish": lambda aws: len(aws["function"].get("Versions", ())) > 1,
    "aws_lambda_alias.function_version": "function.Aliases[0].FunctionVersion",
    "aws_lambda_alias.routing_config.additional_version_weights": "function.Aliases[0].RoutingConfig"
    ".AdditionalVersionWeights",
    "aws_lambda_alias.name": "function.Aliases[0].Name",
    "aws_lambda_provisioned_concurrency_config.provisioned_concurrent_executions": "function.Provisioned"
    ".RequestedProvisionedConcurrentExecutions",
    "aws_lambda_event_source_mapping.enabled": "mapping.State == 'Enabled'",
    "aws_lambda_event_source_mapping.function_name": "mapping.FunctionArn",
    "aws_lambda_event_source_mapping.filter_criteria.filter.pattern": "mapping.FilterCriteria.Filters[0].Pattern",
    "aws_lambda_event_source_mapping.tumbling_window_in_seconds": "mapping.TumblingWindowInSeconds || `0`",
    "aws_lambda_event_source_mapping.kms_key_arn": "mapping.KMSKeyArn",
    "aws_lambda_event_source_mapping.destination_config.on_failure.destination_arn": "mapping.DestinationConfig"
    ".OnFailure.Destination",
    "aws_iam_role.name": "role.RoleName",
    "aws_iam_role.permissions_boundary": "role.PermissionsBoundary.PermissionsBoundaryArn",
    "aws_iam_role_policy.name": "role.PolicyName",
    "aws_iam_role_policy.policy": _statements,
    "aws_iam_role_policy_attachment.policy_arn": "role.Attached[0].PolicyArn",
    "aws_cloudwatch_log_group.retention_in_days": lambda aws: aws["log_group"].get("retentionInDays", 0),
    "aws_cloudwatch_log_group.kms_key_id": "log_group.kmsKeyId",
    "aws_cloudwatch_log_group.log_group_class": "log_group.logGroupClass",
    "aws_sqs_queue.name": lambda aws: aws["queue"].get("QueueArn", "").rpartition(":")[2],
    "aws_sqs_queue.message_retention_seconds": lambda aws: _number(aws["queue"].get("MessageRetentionPeriod")),
    "aws_sqs_queue.visibility_timeout_seconds": lambda aws: _number(aws["queue"].get("VisibilityTimeout")),
    "aws_sqs_queue.kms_data_key_reuse_period_seconds": lambda aws: _number(
        aws["queue"].get("KmsDataKeyReusePeriodSeconds")
    ),
    "aws_sqs_queue.receive_wait_time_seconds": lambda aws: _number(aws["queue"].get("ReceiveMessageWaitTimeSeconds")),
    "aws_sqs_queue_policy.policy": "sort(queue.Policy.Statement[].Sid)",
    "aws_cloudwatch_dashboard.dashboard_name": "dashboard[0]",
    "aws_cloudwatch_metric_alarm.stalled[0].alarm_description": _runbook,
}


def value(aws: Held, effect: Effect) -> Any:  # noqa: ANN401 - as the module's arguments
    """Return what AWS holds of the value that a variable sets, in the form that the provider plans."""
    kind, _, key = effect.resource.partition(".")
    path = re.sub(r"\.0\b", "", effect.path)
    place = PLACES.get(f"{effect.resource}.{path}", PLACES.get(f"{kind}.{path}"))
    if kind == "aws_cloudwatch_metric_alarm" and place is None:
        name = "stalled" if key.startswith("stalled") else key.partition('"')[2].rstrip('"]')
        place = f"alarms.{name}.{'OKActions' if path == 'ok_actions' else _camel(path)}"
    elif place is None:
        place = f"{_MAIN[effect.resource]}.{_camel(path)}"
    found = jmespath.search(place, aws) if isinstance(place, str) else place(aws)
    return None if found in ([], {}, "") else found


def _camel(path: str) -> str:
    return ".".join(step.title().replace("_", "") for step in path.split("."))
