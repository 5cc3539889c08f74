"""Answers of AWS about one pipeline, in the form of its API references, and a client that gives them."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from generator.adopt.answers import Answers

ACCOUNT = "123456789012"
TABLE = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/orders"
STREAM = f"{TABLE}/stream/2026-01-01T00:00:00.000"
FUNCTION = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:orders"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:orders-dlq"
URL = f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/orders-dlq"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/orders-eu-west-1"
UUID = "11111111-2222-3333-4444-555555555555"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
OWNER_ONLY = {
    "Sid": "QueueOwnerOnlyAccess",
    "Effect": "Allow",
    "Action": "sqs:SendMessage",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Resource": QUEUE,
}

Change = Callable[[dict[str, Any]], object]

DEFAULT: Mapping[str, Any] = {
    "lambda.get_event_source_mapping": {
        "UUID": UUID,
        "BatchSize": 100,
        "BisectBatchOnFunctionError": True,
        "DestinationConfig": {"OnFailure": {"Destination": QUEUE}},
        "EventSourceArn": STREAM,
        "EventSourceMappingArn": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:event-source-mapping:{UUID}",
        "FunctionArn": FUNCTION,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumBatchingWindowInSeconds": 0,
        "MaximumRecordAgeInSeconds": 86400,
        "MaximumRetryAttempts": 500,
        "ParallelizationFactor": 1,
        "StartingPosition": "TRIM_HORIZON",
        "State": "Enabled",
        "TumblingWindowInSeconds": 0,
    },
    "lambda.list_tags": {"Tags": {}},
    "lambda.list_event_source_mappings": {"EventSourceMappings": []},
    "lambda.list_functions": {"Functions": [{"FunctionName": "orders", "Role": ROLE}]},
    "lambda.list_versions_by_function": {"Versions": [{"Version": "$LATEST"}]},
    "lambda.get_function": {
        "Configuration": {
            "Architectures": ["x86_64"],
            "CodeSha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "EphemeralStorage": {"Size": 512},
            "FunctionArn": FUNCTION,
            "FunctionName": "orders",
            "Handler": "handler.handler",
            "LoggingConfig": {
                "ApplicationLogLevel": "INFO",
                "LogFormat": "JSON",
                "LogGroup": "/aws/lambda/orders",
                "SystemLogLevel": "WARN",
            },
            "MemorySize": 128,
            "PackageType": "Zip",
            "Role": ROLE,
            "Runtime": "python3.13",
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "Timeout": 30,
            "TracingConfig": {"Mode": "Active"},
        },
        "Code": {"Location": "https://example.com/package", "RepositoryType": "S3"},
    },
    "dynamodb.describe_table": {
        "Table": {
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
            "DeletionProtectionEnabled": True,
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "LatestStreamArn": STREAM,
            "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
            "SSEDescription": {
                "KMSMasterKeyArn": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/aws",
                "SSEType": "KMS",
                "Status": "ENABLED",
            },
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            "TableName": "orders",
        }
    },
    "dynamodb.describe_time_to_live": {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}},
    "dynamodb.describe_continuous_backups": {
        "ContinuousBackupsDescription": {
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": 35}
        }
    },
    "dynamodb.describe_contributor_insights": {"ContributorInsightsStatus": "DISABLED"},
    "dynamodb.describe_kinesis_streaming_destination": {"KinesisDataStreamDestinations": []},
    "dynamodb.list_tags_of_resource": {"Tags": []},
    "cloudwatch.describe_alarms": {"MetricAlarms": []},
    "cloudwatch.list_dashboards": {"DashboardEntries": []},
    "kms.describe_key": {"KeyMetadata": {"KeyManager": "AWS"}},
    "iam.get_role": {
        "Role": {
            "Arn": ROLE,
            "AssumeRolePolicyDocument": TRUST,
            "MaxSessionDuration": 3600,
            "Path": "/",
            "RoleName": "orders-eu-west-1",
        }
    },
    "iam.list_role_tags": {"Tags": []},
    "iam.list_attached_role_policies": {"AttachedPolicies": []},
    "iam.list_role_policies": {"PolicyNames": ["inline"]},
    "iam.get_role_policy": {"PolicyDocument": {"Version": "2012-10-17", "Statement": []}},
    "logs.describe_log_groups": {
        "logGroups": [
            {"logGroupClass": "STANDARD", "logGroupName": "/aws/lambda/orders", "retentionInDays": 365},
            {"logGroupClass": "STANDARD", "logGroupName": "/aws/lambda/orders-2"},
        ]
    },
    "logs.list_tags_for_resource": {"tags": {}},
    "sqs.get_queue_url": {"QueueUrl": URL},
    "sqs.get_queue_attributes": {
        "Attributes": {
            "DelaySeconds": "0",
            "KmsDataKeyReusePeriodSeconds": "300",
            "MaximumMessageSize": "262144",
            "MessageRetentionPeriod": "1209600",
            "Policy": json.dumps({"Version": "2012-10-17", "Statement": [OWNER_ONLY]}),
            "QueueArn": QUEUE,
            "ReceiveMessageWaitTimeSeconds": "0",
            "SqsManagedSseEnabled": "true",
            "VisibilityTimeout": "30",
        }
    },
    "sqs.list_queue_tags": {},
}
"""What AWS answers about a pipeline with the defaults of the module. Whatever is not here does not exist."""


class _Service:
    def __init__(self, name: str, answers: Mapping[str, Any]) -> None:
        self._name = name
        self._answers = answers

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**_arguments: Any) -> Any:  # noqa: ANN401 - an answer
            answer = self._answers.get(f"{self._name}.{operation}")
            if answer is None:
                raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "none"}}, operation)
            return {**answer, "ResponseMetadata": {}}

        return call

    def get_paginator(self, operation: str) -> "_Pages":
        return _Pages(getattr(self, operation))


class _Pages:
    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def paginate(self, **arguments: Any) -> Iterator[Any]:  # noqa: ANN401 - as the API takes them
        yield self._call(**arguments)


def answers(change: Change | None = None) -> Answers:
    """Return a client that gives the answers, which ``change`` may change before."""
    given = copy.deepcopy(dict(DEFAULT))
    if change:
        change(given)
    return Answers(lambda service: _Service(service, given))
