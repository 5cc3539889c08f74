"""The construct's templates and the module's instances in one form, so that they can be held against each other.

Both become resources by type, each a set of leaves: a path, such as ``Properties.BatchSize``, and its value.
What an intrinsic function or an ARN refers to becomes the name of its kind, such as ``Table.StreamArn``.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from generator.spec.examples import ACCOUNT, KEY_ARN, REGION
from tests.support.planning import Instance

Leaves = dict[str, Any]

KINDS = {
    "AWS::DynamoDB::Table": "Table",
    "AWS::IAM::Policy": "Policy",
    "AWS::IAM::Role": "Role",
    "AWS::KMS::Key": "Key",
    "AWS::Lambda::EventSourceMapping": "Mapping",
    "AWS::Lambda::Function": "Function",
    "AWS::SQS::Queue": "Queue",
    "AWS::SQS::QueuePolicy": "QueuePolicy",
}
# The region in which the construct was synthesized
_SYNTHESIZED_IN = "us-east-1"
_PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}


# --- the construct ----------------------------------------------------------------------------------------------------


def of_template(template: Mapping[str, Any]) -> dict[str, Leaves]:
    """Return the leaves of each resource of a template, by the resource's kind."""
    kinds = {logical: KINDS[resource["Type"]] for logical, resource in template["Resources"].items()}
    assert len(set(kinds.values())) == len(kinds), "one resource of a kind"
    return {
        kinds[logical]: _leaves(_resolved({key: resource[key] for key in resource if key != "Type"}, kinds))
        for logical, resource in template["Resources"].items()
    }


def _resolved(value: Any, kinds: Mapping[str, str]) -> Any:  # noqa: ANN401, PLR0911
    """Return a value with its intrinsic functions replaced by what they stand for."""
    match value:
        case {"Ref": name}:
            return _PSEUDO.get(name) or kinds[name]
        case {"Fn::GetAtt": [name, "Arn"]}:
            return kinds[name]
        case {"Fn::GetAtt": [name, attribute]}:
            return f"{kinds[name]}.{attribute}"
        case {"Fn::Join": [separator, parts]}:
            return separator.join(_resolved(part, kinds) for part in parts)
        case {"Fn::Sub": text}:
            return re.sub(r"\$\{(.+?)\}", lambda name: _PSEUDO[name[1]], text)
        case dict():
            assert not any(key.startswith("Fn::") for key in value), value
            return {
                key: [kinds[name] for name in inner] if key == "DependsOn" else _resolved(inner, kinds)
                for key, inner in value.items()
            }
        case list():
            return [_resolved(inner, kinds) for inner in value]
        case str():
            return value.replace(_SYNTHESIZED_IN, REGION)
    return value


# --- the module -------------------------------------------------------------------------------------------------------


def of_instance(planned: Instance, applied: Instance, depends_on: Mapping[str, list[str]]) -> dict[str, Leaves]:
    """Return the leaves of what an instance creates, as CloudFormation would name them.

    A value is the plan's where the plan knows it, otherwise the applied one.
    """
    values = {address: _known(planned, applied, address) for address in planned.resources}
    symbols = _symbols(values)
    translated = {kind: body for kind, body in _translate(values) if body}
    if "Function" in translated and "aws_lambda_function.this[0]" in depends_on:
        names = {"aws_iam_role": "Role", "aws_iam_role_policy": "Policy"}
        types = {address.split(".")[-2] for address in depends_on["aws_lambda_function.this[0]"]}
        translated["Function"]["DependsOn"] = sorted(names[kind] for kind in types & names.keys())
    return {kind: _leaves(_symbolic(body, symbols)) for kind, body in translated.items()}


def _known(planned: Instance, applied: Instance, address: str) -> dict[str, Any]:
    unknown = planned.unknown[address]
    return {
        name: value if name not in planned[address] or _holds_true(unknown.get(name)) else planned[address][name]
        for name, value in applied[address].items()
    }


def _holds_true(unknown: object) -> bool:
    if isinstance(unknown, dict):
        return any(map(_holds_true, unknown.values()))
    return any(map(_holds_true, unknown)) if isinstance(unknown, list) else unknown is True


def _symbols(values: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the names of the kinds by the ARNs and names that stand for them."""
    symbols = {KEY_ARN: "Key"}
    for address, attribute, symbol in (
        ("aws_dynamodb_table.this[0]", "stream_arn", "Table.StreamArn"),
        ("aws_sqs_queue.dead_letter[0]", "arn", "Queue"),
        ("aws_sqs_queue.dead_letter[0]", "url", "Queue"),
        ("aws_iam_role.this[0]", "arn", "Role"),
        ("aws_iam_role_policy.this[0]", "role", "Role"),
        ("aws_lambda_event_source_mapping.this", "function_name", "Function"),
        ("aws_cloudwatch_log_group.this[0]", "arn", "LogGroup"),
        ("aws_cloudwatch_log_group.this[0]", "name", "LogGroup"),
    ):
        if address in values:
            symbols[values[address][attribute]] = symbol
    # The mapping's target is the function's
    if "aws_lambda_function.this[0]" in values:
        assert symbols[values["aws_lambda_function.this[0]"]["arn"]] == "Function"
    return symbols


def _symbolic(value: Any, symbols: Mapping[str, str]) -> Any:  # noqa: ANN401
    match value:
        case dict():
            return {key: _symbolic(inner, symbols) for key, inner in value.items()}
        case list():
            return [_symbolic(inner, symbols) for inner in value]
        case str() if value in symbols:
            return symbols[value]
        case str() if value.endswith(":*") and value[:-2] in symbols:
            return f"{symbols[value[:-2]]}:*"
    return value


def _translate(values: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    if table := values.get("aws_dynamodb_table.this[0]"):
        yield "Table", _table(table)
    if role := values.get("aws_iam_role.this[0]"):
        yield (
            "Role",
            _properties(
                {"AssumeRolePolicyDocument": json.loads(role["assume_role_policy"])}, role, RoleName="name", Path="path"
            ),
        )
    policy = values["aws_iam_role_policy.this[0]"]
    document = {"PolicyDocument": json.loads(policy["policy"]), "Roles": [policy["role"]]}
    yield "Policy", _properties(document, policy, PolicyName="name")
    if function := values.get("aws_lambda_function.this[0]"):
        yield "Function", _function(function)
    yield "Mapping", _mapping(values["aws_lambda_event_source_mapping.this"])
    if queue := values.get("aws_sqs_queue.dead_letter[0]"):
        yield "Queue", _queue(queue)
        policy = values["aws_sqs_queue_policy.dead_letter[0]"]
        document = {"PolicyDocument": json.loads(policy["policy"]), "Queues": [policy["queue_url"]]}
        yield "QueuePolicy", _properties(document, policy)
    if group := values.get("aws_cloudwatch_log_group.this[0]"):
        yield (
            "LogGroup",
            _properties(
                {},
                group,
                LogGroupName="name",
                RetentionInDays="retention_in_days",
                LogGroupClass="log_group_class",
                KmsKeyId="kms_key_id",
            ),
        )


def _properties(properties: dict[str, Any], values: Mapping[str, Any], **names: str) -> dict[str, Any]:
    return {"Properties": properties | {name: values[attribute] for name, attribute in names.items()}}


def _table(table: Mapping[str, Any]) -> dict[str, Any]:
    hash_key = table["hash_key"]
    (encryption,) = table["server_side_encryption"]
    (recovery,) = table["point_in_time_recovery"]
    # A customer-managed key is given; a mocked apply invents one where none is
    customer_key = encryption["kms_key_arn"] if encryption["kms_key_arn"] == KEY_ARN else None
    retained = "Retain" if table["deletion_protection_enabled"] else "Delete"
    body = _properties(
        {
            "AttributeDefinitions": [
                {"AttributeName": attribute["name"], "AttributeType": attribute["type"]}
                for attribute in table["attribute"]
            ],
            "KeySchema": _key_schema(hash_key, table["range_key"]),
            "ProvisionedThroughput": _throughput(table) if table["billing_mode"] == "PROVISIONED" else None,
            "GlobalSecondaryIndexes": [
                {
                    **_index(index, index["hash_key"]),
                    "ProvisionedThroughput": _throughput(index) if table["billing_mode"] == "PROVISIONED" else None,
                }
                for index in table["global_secondary_index"]
            ],
            "LocalSecondaryIndexes": [_index(index, hash_key) for index in table["local_secondary_index"]],
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovery["enabled"]},
            "SSESpecification": {
                "SSEEnabled": encryption["enabled"],
                "SSEType": "KMS" if customer_key else None,
                "KMSMasterKeyId": customer_key,
            },
            "StreamSpecification": {
                "StreamViewType": table["stream_view_type"] if table["stream_enabled"] else None,
            },
            "TimeToLiveSpecification": [
                {"AttributeName": ttl["attribute_name"], "Enabled": ttl["enabled"]} for ttl in table["ttl"]
            ],
        },
        table,
        BillingMode="billing_mode",
        TableName="name",
        TableClass="table_class",
        DeletionProtectionEnabled="deletion_protection_enabled",
    )
    body["Properties"]["TimeToLiveSpecification"] = _one(body["Properties"]["TimeToLiveSpecification"])
    return {**body, "DeletionPolicy": retained, "UpdateReplacePolicy": retained}


def _one(blocks: list[Any]) -> Any:  # noqa: ANN401
    assert len(blocks) <= 1
    return blocks[0] if blocks else None


def _key_schema(hash_key: str, range_key: str | None) -> list[dict[str, str]]:
    keys = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": range_key, "KeyType": "RANGE"}] if range_key else keys


def _throughput(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"ReadCapacityUnits": values["read_capacity"], "WriteCapacityUnits": values["write_capacity"]}


def _index(index: Mapping[str, Any], hash_key: str) -> dict[str, Any]:
    return {
        "IndexName": index["name"],
        "KeySchema": _key_schema(hash_key, index["range_key"]),
        "Projection": {
            "ProjectionType": index["projection_type"],
            "NonKeyAttributes": index["non_key_attributes"],
        },
    }


def _function(function: Mapping[str, Any]) -> dict[str, Any]:
    environment = _one(function["environment"])
    return _properties(
        {
            "Code": {"S3Bucket": function["s3_bucket"], "S3Key": function["s3_key"]},
            "Environment": {"Variables": environment["variables"]} if environment else None,
            "EphemeralStorage": {"Size": function["ephemeral_storage"][0]["size"]},
            "LoggingConfig": {
                "LogGroup": function["logging_config"][0]["log_group"],
                "LogFormat": function["logging_config"][0]["log_format"],
                "ApplicationLogLevel": function["logging_config"][0]["application_log_level"],
                "SystemLogLevel": function["logging_config"][0]["system_log_level"],
            },
            "TracingConfig": {"Mode": function["tracing_config"][0]["mode"]},
        },
        function,
        FunctionName="function_name",
        Description="description",
        Handler="handler",
        Runtime="runtime",
        Role="role",
        Architectures="architectures",
        MemorySize="memory_size",
        Timeout="timeout",
        PackageType="package_type",
        ReservedConcurrentExecutions="reserved_concurrent_executions",
    )


def _mapping(mapping: Mapping[str, Any]) -> dict[str, Any]:
    destination = _one(mapping["destination_config"])
    criteria = _one(mapping["filter_criteria"])
    metrics = _one(mapping["metrics_config"])
    return _properties(
        {
            "DestinationConfig": {"OnFailure": {"Destination": destination["on_failure"][0]["destination_arn"]}}
            if destination
            else None,
            "FilterCriteria": {"Filters": [{"Pattern": each["pattern"]} for each in criteria["filter"]]}
            if criteria
            else None,
            "MetricsConfig": {"Metrics": metrics["metrics"]} if metrics else None,
        },
        mapping,
        BatchSize="batch_size",
        BisectBatchOnFunctionError="bisect_batch_on_function_error",
        Enabled="enabled",
        EventSourceArn="event_source_arn",
        FunctionName="function_name",
        FunctionResponseTypes="function_response_types",
        KmsKeyArn="kms_key_arn",
        MaximumBatchingWindowInSeconds="maximum_batching_window_in_seconds",
        MaximumRecordAgeInSeconds="maximum_record_age_in_seconds",
        MaximumRetryAttempts="maximum_retry_attempts",
        ParallelizationFactor="parallelization_factor",
        StartingPosition="starting_position",
        TumblingWindowInSeconds="tumbling_window_in_seconds",
    )


def _queue(queue: Mapping[str, Any]) -> dict[str, Any]:
    body = _properties(
        {},
        queue,
        QueueName="name",
        MessageRetentionPeriod="message_retention_seconds",
        VisibilityTimeout="visibility_timeout_seconds",
        SqsManagedSseEnabled="sqs_managed_sse_enabled",
        KmsMasterKeyId="kms_master_key_id",
    )
    # Terraform deletes what it no longer finds in the configuration
    return {**body, "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}


# --- leaves -----------------------------------------------------------------------------------------------------------

# What these lists hold is known by this key, in whatever order; the order of the others does not matter either
_KEYS = {
    "AttributeDefinitions": "AttributeName",
    "Filters": "Pattern",
    "GlobalSecondaryIndexes": "IndexName",
    "KeySchema": "KeyType",
    "LocalSecondaryIndexes": "IndexName",
}


def _leaves(resource: Mapping[str, Any]) -> Leaves:
    found: Leaves = {}
    for path, value in _walk(resource, ""):
        assert path not in found, path
        found[path] = value
    return found


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Yield the paths and values of everything in a resource that has a value."""
    match value:
        case None:
            return
        case dict():
            for key, inner in value.items():
                yield from _walk_member(key, inner, path)
        case list() if any(isinstance(item, dict) for item in value):
            for number, item in enumerate(value):
                yield from _walk(item, f"{path}[{number}]")
        case list():
            yield from ((f"{path}[{item}]", item) for item in value)
        case _:
            yield path, value


def _walk_member(key: str, value: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    step = f"{path}.{key}" if path else key
    if key == "Statement":
        yield from _walk_statements(value, path)
    elif key in _KEYS:
        for item in value:
            yield from _walk(item, f"{step}[{item[_KEYS[key]]}]")
    else:
        yield from _walk(value, step)


def _walk_statements(statements: list[dict[str, Any]], path: str) -> Iterator[tuple[str, Any]]:
    """Yield one leaf for each action on each resource, whose value is its condition, and one for each principal."""
    for statement in statements:
        assert statement.keys() <= {"Action", "Condition", "Effect", "Principal", "Resource", "Sid"}, statement
        for action in _as_list(statement["Action"]):
            service, name = action.split(":", 1)
            for resource in _as_list(statement.get("Resource", "itself")):
                step = f"{path}[{statement['Effect']} {service.lower()}:{name} on {resource}]"
                yield step, json.dumps(statement.get("Condition"), sort_keys=True)
                for kind, principals in statement.get("Principal", {}).items():
                    for principal in _as_list(principals):
                        yield f"{step}.Principal.{kind}[{principal}]", principal
                if "Sid" in statement:
                    yield f"{step}.Sid", statement["Sid"]


def _as_list(value: Any) -> list[Any]:  # noqa: ANN401
    return value if isinstance(value, list) else [value]
