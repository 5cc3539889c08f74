"""What a pipeline's role may do, call by call, and a list of what it may not."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from generator.aws import Client
from generator.local.emulator import ACCOUNT
from tests.local.deployment import BUCKET, TOPIC, Deployment

REGION = "eu-west-1"
OTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"


@dataclass(frozen=True)
class Scene:
    """What the calls are about: a pipeline's resources, another's, and clients with its role's permissions."""

    deployment: Deployment
    own: Mapping[str, Any]
    other: Mapping[str, Any]
    client: Client

    def iterator(self, stream: str) -> str:
        """Return an iterator, made by somebody who may."""
        root = self.deployment.aws.client("dynamodbstreams")
        shard = root.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
        made: str = root.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")[
            "ShardIterator"
        ]
        return made

    def shard(self, stream: str) -> str:
        """Return the id of a stream's shard."""
        root = self.deployment.aws.client("dynamodbstreams")
        return str(root.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"])


Call = Callable[[Scene], object]


def _iterate(scene: Scene, stream: str) -> object:
    return scene.client("dynamodbstreams").get_shard_iterator(
        StreamArn=stream, ShardId=scene.shard(stream), ShardIteratorType="TRIM_HORIZON"
    )


def _log(scene: Scene, group: str) -> object:
    stream = f"stream-{time.monotonic_ns()}"
    scene.deployment.aws.client("logs").create_log_stream(logGroupName=group, logStreamName=stream)
    events = [{"timestamp": int(time.time() * 1000), "message": "a line"}]
    return scene.client("logs").put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def _create_stream(scene: Scene, group: str) -> object:
    return scene.client("logs").create_log_stream(logGroupName=group, logStreamName=f"new-{time.monotonic_ns()}")


ALLOWED: dict[str, tuple[str, str, Call]] = {
    "describe its stream": (
        "default",
        "ReadStream",
        lambda s: s.client("dynamodbstreams").describe_stream(StreamArn=s.own["table_stream_arn"]),
    ),
    "get an iterator of its stream": ("default", "ReadStream", lambda s: _iterate(s, s.own["table_stream_arn"])),
    "get records of its stream": (
        "default",
        "ReadStream",
        lambda s: s.client("dynamodbstreams").get_records(ShardIterator=s.iterator(s.own["table_stream_arn"])),
    ),
    "list streams": ("default", "ListStreams", lambda s: s.client("dynamodbstreams").list_streams()),
    "send to its queue": (
        "default",
        "SendFailuresToQueue",
        lambda s: s.client("sqs").send_message(QueueUrl=s.own["dead_letter_queue_url"], MessageBody="{}"),
    ),
    "create a log stream": ("default", "WriteLog", lambda s: _create_stream(s, s.own["function_log_group_name"])),
    "write to its log": ("default", "WriteLog", lambda s: _log(s, s.own["function_log_group_name"])),
    "publish to its topic": (
        "to_sns",
        "PublishFailuresToTopic",
        lambda s: s.client("sns").publish(TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:{TOPIC}", Message="{}"),
    ),
    "put into its bucket": (
        "to_s3",
        "PutFailuresIntoBucket",
        lambda s: s.client("s3").put_object(Bucket=BUCKET, Key="aws/lambda/x", Body=b""),
    ),
    "list its bucket": ("to_s3", "ListBucketOfFailures", lambda s: s.client("s3").list_objects_v2(Bucket=BUCKET)),
}
"""What is done: the pipeline, the one statement of its role's policy that allows it, and the call."""

NOT_ENFORCED = {"WriteTraces": "the emulator has no X-Ray"}
"""Statements that no call can show here, and why; the tests of the plan hold them."""


def _trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


DENIED: dict[str, Call] = {
    "describe another stream": lambda s: s.client("dynamodbstreams").describe_stream(
        StreamArn=s.other["table_stream_arn"]
    ),
    "get an iterator of another stream": lambda s: _iterate(s, s.other["table_stream_arn"]),
    "get records of another stream": lambda s: s.client("dynamodbstreams").get_records(
        ShardIterator=s.iterator(s.other["table_stream_arn"])
    ),
    "read its own table": lambda s: s.client("dynamodb").get_item(
        TableName=s.own["table_name"], Key={"id": {"S": "a"}}
    ),
    "scan its own table": lambda s: s.client("dynamodb").scan(TableName=s.own["table_name"]),
    "write to its own table": lambda s: s.client("dynamodb").put_item(
        TableName=s.own["table_name"], Item={"id": {"S": "a"}}
    ),
    "delete from its own table": lambda s: s.client("dynamodb").delete_item(
        TableName=s.own["table_name"], Key={"id": {"S": "a"}}
    ),
    "change its own table": lambda s: s.client("dynamodb").update_table(
        TableName=s.own["table_name"], DeletionProtectionEnabled=False
    ),
    "delete its own table": lambda s: s.client("dynamodb").delete_table(TableName=s.own["table_name"]),
    "read another table": lambda s: s.client("dynamodb").get_item(
        TableName=s.other["table_name"], Key={"id": {"S": "a"}}
    ),
    "send to another queue": lambda s: s.client("sqs").send_message(
        QueueUrl=s.other["dead_letter_queue_url"], MessageBody="{}"
    ),
    "receive from its own queue": lambda s: s.client("sqs").receive_message(QueueUrl=s.own["dead_letter_queue_url"]),
    "purge its own queue": lambda s: s.client("sqs").purge_queue(QueueUrl=s.own["dead_letter_queue_url"]),
    "delete its own queue": lambda s: s.client("sqs").delete_queue(QueueUrl=s.own["dead_letter_queue_url"]),
    "change its own queue": lambda s: s.client("sqs").set_queue_attributes(
        QueueUrl=s.own["dead_letter_queue_url"], Attributes={"Policy": ""}
    ),
    "publish to a topic": lambda s: s.client("sns").publish(
        TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:{TOPIC}", Message="{}"
    ),
    "put into a bucket": lambda s: s.client("s3").put_object(Bucket=BUCKET, Key="a", Body=b""),
    "read from a bucket": lambda s: s.client("s3").get_object(Bucket=BUCKET, Key="a"),
    "create a log group": lambda s: s.client("logs").create_log_group(logGroupName="/aws/lambda/mine"),
    "create a log stream elsewhere": lambda s: _create_stream(s, s.other["function_log_group_name"]),
    "write to another log": lambda s: _log(s, s.other["function_log_group_name"]),
    "read its own log": lambda s: s.client("logs").filter_log_events(logGroupName=s.own["function_log_group_name"]),
    "delete its own log": lambda s: s.client("logs").delete_log_group(logGroupName=s.own["function_log_group_name"]),
    "decrypt with a key": lambda s: s.client("kms").decrypt(KeyId=OTHER_KEY, CiphertextBlob=b"a"),
    "make a data key": lambda s: s.client("kms").generate_data_key(KeyId=OTHER_KEY, KeySpec="AES_256"),
    "create a role": lambda s: s.client("iam").create_role(
        RoleName="more", AssumeRolePolicyDocument=_trust("lambda.amazonaws.com")
    ),
    "give itself a policy": lambda s: s.client("iam").put_role_policy(
        RoleName=s.own["role_name"], PolicyName="all", PolicyDocument=_trust("lambda.amazonaws.com")
    ),
    "remove its own policy": lambda s: s.client("iam").delete_role_policy(
        RoleName=s.own["role_name"], PolicyName="any"
    ),
    "create a user": lambda s: s.client("iam").create_user(UserName="more"),
    "assume another role": lambda s: s.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{s.other['role_name']}", RoleSessionName="other"
    ),
    "invoke its own function": lambda s: s.client("lambda").invoke(FunctionName=s.own["function_name"]),
    "change its own function": lambda s: s.client("lambda").update_function_configuration(
        FunctionName=s.own["function_name"], Timeout=900
    ),
    "read a secret": lambda s: s.client("secretsmanager").get_secret_value(SecretId="any"),
    "read a parameter": lambda s: s.client("ssm").get_parameter(Name="any"),
}
"""What the role of the pipeline ``default`` may not do."""
