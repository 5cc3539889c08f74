"""Pipelines as others make them, deployed to an AWS emulator: by hand, by CloudFormation, by other modules."""

import io
import json
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generator.local.emulator import ACCOUNT, LocalAws

TEMPLATES = Path(__file__).parents[1] / "construct" / "templates"
SOURCE = {
    "handler.py": "def handler(event, context):\n    return {}\n",
    "index.js": "exports.handler = async () => {};\n",
}
LAMBDA_ALONE = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def package() -> bytes:
    """Return a package with a handler in Python and one in JavaScript, always the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in SOURCE.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return content.getvalue()


def policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def table(aws: LocalAws, name: str, **more: Any) -> str:  # noqa: ANN401 - as the API takes it
    """Create a table with a stream, and return the ARN of the stream."""
    given = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }
    created = aws.client("dynamodb").create_table(**{**given, **more})["TableDescription"]
    return str(created["LatestStreamArn"])


def role(aws: LocalAws, name: str, trust: Mapping[str, Any] = LAMBDA_ALONE, **more: Any) -> str:  # noqa: ANN401
    """Create a role with an inline policy ``inline``, and return its ARN."""
    iam = aws.client("iam")
    arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust), **more)["Role"]["Arn"])
    statement = {"Effect": "Allow", "Action": ["dynamodb:*", "sqs:SendMessage", "sns:Publish"], "Resource": "*"}
    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=policy(statement))
    return arn


def function(aws: LocalAws, name: str, role_arn: str, **more: Any) -> str:  # noqa: ANN401 - as the API takes it
    """Create a function, and return its ARN."""
    given = {
        "FunctionName": name,
        "Runtime": "python3.13",
        "Handler": "handler.handler",
        "Role": role_arn,
        "Code": {"ZipFile": package()},
    }
    client = aws.client("lambda")
    arn = str(client.create_function(**{**given, **more})["FunctionArn"])
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    return arn


def queue(aws: LocalAws, name: str, **attributes: str) -> str:
    """Create a queue, and return its ARN."""
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def mapping(aws: LocalAws, stream: str, target: str, destination: str | None = None, **more: Any) -> str:  # noqa: ANN401
    """Create an event source mapping, and return its UUID."""
    failures = {"DestinationConfig": {"OnFailure": {"Destination": destination}}} if destination else {}
    given = {"EventSourceArn": stream, "FunctionName": target, "StartingPosition": "TRIM_HORIZON"}
    return str(aws.client("lambda").create_event_source_mapping(**{**given, **failures, **more})["UUID"])


def as_the_module(aws: LocalAws, name: str) -> dict[str, str]:
    """Deploy what the module makes of its defaults."""
    stream = table(aws, name, SSESpecification={"Enabled": True}, DeletionProtectionEnabled=True)
    aws.client("dynamodb").update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=f"/aws/lambda/{name}")
    logs.put_retention_policy(logGroupName=f"/aws/lambda/{name}", retentionInDays=365)
    function(
        aws,
        name,
        role(aws, f"{name}-eu-west-1"),
        Timeout=30,
        TracingConfig={"Mode": "Active"},
        LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN"},
    )
    destination = queue(aws, f"{name}-dlq", MessageRetentionPeriod="1209600", SqsManagedSseEnabled="true")
    settings = {
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumRecordAgeInSeconds": 86400,
        "MaximumRetryAttempts": 500,
    }
    return {"mapping": mapping(aws, stream, name, destination, **settings)}


def by_hand(aws: LocalAws) -> dict[str, str]:
    """Deploy a pipeline in which most settings are not the module's, and are named by three people."""
    keys = {"pk": "S", "sk": "N", "customer": "S", "total": "N"}
    stream = table(
        aws,
        "Customer.Orders",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in keys.items()],
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 3, "WriteCapacityUnits": 4},
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_customer",
                "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note", "state"]},
                "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
            }
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "by_total",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "total", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        Tags=[{"Key": "team", "Value": "orders"}, {"Key": "cost", "Value": "1"}],
    )
    aws.client("dynamodb").update_time_to_live(
        TableName="Customer.Orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    arn = role(aws, "runs-the-consumer", Path="/service-role/", Description="Made in the console")
    aws.client("iam").attach_role_policy(RoleName="runs-the-consumer", PolicyArn=BASIC)
    target = function(
        aws,
        "Consume_Orders",
        arn,
        Environment={"Variables": {"STAGE": "live", "MULTI": 'a "quoted" ${value}\nline'}},
        MemorySize=512,
        Timeout=7,
        EphemeralStorage={"Size": 1024},
        Architectures=["arm64"],
        Tags={"team": "search", "lambda": "1"},
    )
    client = aws.client("lambda")
    version = client.publish_version(FunctionName="Consume_Orders")["Version"]
    client.create_alias(FunctionName="Consume_Orders", Name="live", FunctionVersion=version)
    client.put_function_concurrency(FunctionName="Consume_Orders", ReservedConcurrentExecutions=5)
    client.put_function_event_invoke_config(FunctionName="Consume_Orders", MaximumRetryAttempts=0)
    destination = queue(aws, "failed-orders", VisibilityTimeout="60", SqsManagedSseEnabled="false")
    settings = {
        "BatchSize": 10,
        "Enabled": False,
        "FilterCriteria": {"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]},
        "MaximumBatchingWindowInSeconds": 3,
        "MaximumRecordAgeInSeconds": 3600,
        "MaximumRetryAttempts": 4,
        "ParallelizationFactor": 2,
        "StartingPosition": "LATEST",
    }
    return {"mapping": mapping(aws, stream, f"{target}:live", destination, **settings)}


def existing_parts(aws: LocalAws) -> dict[str, str]:
    """Deploy a pipeline whose role is not of Lambda alone, which logs elsewhere, and reports failures to a topic."""
    trust = {**LAMBDA_ALONE, "Principal": {"Service": ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]}}
    topic = aws.client("sns").create_topic(Name="failed")["TopicArn"]
    target = function(
        aws,
        "shares",
        role(aws, "shared-role", trust),
        Runtime="nodejs22.x",
        Handler="index.handler",
        LoggingConfig={"LogFormat": "Text", "LogGroup": "/shared/logs"},
    )
    aws.client("logs").create_log_group(logGroupName="/shared/logs")
    return {
        "table": "shared-table",
        "function": "shares",
        "mapping": mapping(aws, table(aws, "shared-table"), target, topic),
    }


# --- CloudFormation ---------------------------------------------------------------------------------------------------


def bootstrap(aws: LocalAws) -> str:
    """Create what templates of the CDK need: the version of the bootstrap stack, and a bucket. Return the bucket."""
    aws.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="21", Type="String")
    bucket = f"cdk-hnb659fds-assets-{ACCOUNT}-{aws.region}"
    aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})
    return bucket


def stack(aws: LocalAws, name: str, template: Mapping[str, Any]) -> None:
    """Create a stack, and wait for it."""
    client = aws.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
    deadline = time.monotonic() + 60
    while (found := client.describe_stacks(StackName=name)["Stacks"][0])["StackStatus"] != "CREATE_COMPLETE":
        assert found["StackStatus"] == "CREATE_IN_PROGRESS", (found, client.describe_stack_events(StackName=name))
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def of_construct(aws: LocalAws, path: Path, bucket: str, existing_stream: str) -> dict[str, str]:
    """Deploy a template of the construct. Its existing table is one of the emulator."""
    template = json.loads(path.read_text())
    for resource in template["Resources"].values():
        properties = resource["Properties"]
        if properties.get("BillingMode") == "PAY_PER_REQUEST":
            # The emulator returns 5 units for such a table (tests/local/differences.py)
            properties["ProvisionedThroughput"] = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
        if resource["Type"] == "AWS::Lambda::Function":
            aws.client("s3").put_object(Bucket=bucket, Key=properties["Code"]["S3Key"], Body=package())
            variables = properties.get("Environment", {}).get("Variables", {})
            if "A" in variables:
                # Names of at least two characters (Lambda API, "Environment"), which the emulator does not check
                variables["AB"] = variables.pop("A")
        if isinstance(properties.get("EventSourceArn"), str):
            properties["EventSourceArn"] = existing_stream
    stack(aws, path.stem, template)
    _complete_table(aws, path.stem, template)
    return {"stack": path.stem}


def _complete_table(aws: LocalAws, name: str, template: Mapping[str, Any]) -> None:
    """Set what the emulator leaves out of a table in a template (tests/local/differences.py)."""
    client = aws.client("dynamodb")
    for resource in aws.client("cloudformation").list_stack_resources(StackName=name)["StackResourceSummaries"]:
        properties = template["Resources"][resource["LogicalResourceId"]]["Properties"]
        table_name = resource["PhysicalResourceId"]
        if resource["ResourceType"] == "AWS::DynamoDB::Table":
            encryption = properties.get("SSESpecification", {})
            given = {"Enabled": encryption.get("SSEEnabled", False)}
            if key := encryption.get("KMSMasterKeyId"):
                stacked = aws.client("cloudformation").describe_stack_resource(
                    StackName=name, LogicalResourceId=key["Fn::GetAtt"][0]
                )["StackResourceDetail"]
                described = aws.client("kms").describe_key(KeyId=stacked["PhysicalResourceId"])
                given |= {"SSEType": "KMS", "KMSMasterKeyId": described["KeyMetadata"]["Arn"]}
            client.update_table(TableName=table_name, SSESpecification=given)
            client.update_continuous_backups(
                TableName=table_name, PointInTimeRecoverySpecification=properties["PointInTimeRecoverySpecification"]
            )
            if "TimeToLiveSpecification" in properties:
                client.update_time_to_live(
                    TableName=table_name, TimeToLiveSpecification=properties["TimeToLiveSpecification"]
                )


def as_sam(aws: LocalAws, bucket: str) -> dict[str, str]:
    """Deploy what SAM makes of a function with a DynamoDB event, with its names, tags and managed policies."""
    aws.client("s3").put_object(Bucket=bucket, Key="sam.zip", Body=package())
    tags = [{"Key": "lambda:createdBy", "Value": "SAM"}]
    template = {
        "Resources": {
            "Orders": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
                    "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
                    # The provider cannot add tags to a table of a stack here (tests/local/differences.py)
                    "Tags": tags,
                },
            },
            "ConsumerRole": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": json.loads(policy({**LAMBDA_ALONE, "Action": ["sts:AssumeRole"]})),
                    "ManagedPolicyArns": [BASIC, BASIC.replace("Basic", "DynamoDB")],
                    "Tags": tags,
                },
            },
            "Consumer": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Code": {"S3Bucket": bucket, "S3Key": "sam.zip"},
                    "Handler": "handler.handler",
                    "Role": {"Fn::GetAtt": ["ConsumerRole", "Arn"]},
                    "Runtime": "python3.13",
                    "Tags": tags,
                },
            },
            "ConsumerStream": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "BatchSize": 50,
                    "EventSourceArn": {"Fn::GetAtt": ["Orders", "StreamArn"]},
                    "FunctionName": {"Ref": "Consumer"},
                    "StartingPosition": "LATEST",
                },
            },
        }
    }
    stack(aws, "sam", template)
    return {"stack": "sam"}
