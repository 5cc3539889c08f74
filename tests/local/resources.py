"""Makes the smallest table, role and function in an AWS emulator, with names of their own, through its API."""

import dataclasses
import io
import json
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from generator.local.emulator import LocalAws
from generator.spec.examples import OTHER_ACCOUNT

Values = Mapping[str, Any]


def name() -> str:
    """Return a name that nothing else has."""
    return f"n{uuid.uuid4().hex[:12]}"


def table(aws: LocalAws, **options: Any) -> tuple[str, str]:  # noqa: ANN401
    """Create a table with the key ``id`` and a stream; return its name and the ARN of its stream."""
    given = {
        "TableName": name(),
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }
    created = aws.client("dynamodb").create_table(**{**given, **options})["TableDescription"]
    return created["TableName"], created["LatestStreamArn"]


def other_account(aws: LocalAws) -> LocalAws:
    """Return the emulator as the root user of another account sees it."""
    # ministack takes an access key of 12 digits for one of the account with this number
    return dataclasses.replace(aws, access_key=OTHER_ACCOUNT)


def records(aws: LocalAws, stream: str, **credentials: str) -> list[dict[str, Any]]:
    """Return the first page of every shard of a stream."""
    client = aws.client("dynamodbstreams", **credentials)
    found = []
    for shard in client.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]:
        start = client.get_shard_iterator(StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        found += client.get_records(ShardIterator=start["ShardIterator"])["Records"]
    return found


def role(aws: LocalAws, statements: Sequence[Values] = (), principal: Values | None = None) -> tuple[str, str]:
    """Create a role that Lambda (or another principal) may assume; return its name and ARN."""
    iam = aws.client("iam")
    trust = {
        "Effect": "Allow",
        "Principal": principal or {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    created = iam.create_role(RoleName=name(), AssumeRolePolicyDocument=_policy([trust]))["Role"]
    if statements:
        iam.put_role_policy(RoleName=created["RoleName"], PolicyName="own", PolicyDocument=_policy(statements))
    return created["RoleName"], created["Arn"]


def credentials(aws: LocalAws, role_arn: str) -> dict[str, str]:
    """Return a session of a role, as :meth:`LocalAws.client` takes it."""
    session = aws.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    return {
        "aws_access_key_id": session["AccessKeyId"],
        "aws_secret_access_key": session["SecretAccessKey"],
        "aws_session_token": session["SessionToken"],
    }


def function(aws: LocalAws, code: str, **options: Any) -> str:  # noqa: ANN401
    """Create a Python function whose module defines ``handler``; return its name."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("function.py", code)
    given = {
        "FunctionName": name(),
        "Runtime": "python3.13",
        "Handler": "function.handler",
        "Code": {"ZipFile": archive.getvalue()},
        "Timeout": 30,
    }
    client = aws.client("lambda")
    given["Role"] = options.get("Role") or role(aws)[1]
    function_name: str = client.create_function(**{**given, **options})["FunctionName"]
    client.get_waiter("function_active_v2").wait(FunctionName=function_name)
    return function_name


def invoke(aws: LocalAws, function_name: str, event: object = None) -> Any:  # noqa: ANN401
    """Invoke a function and return what it returned, or what describes its error."""
    answer = aws.client("lambda").invoke(FunctionName=function_name, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read())


def _policy(statements: Sequence[Values]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
