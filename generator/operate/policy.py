"""The IAM permissions that ``redrive`` requires."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from generator.arn import Arn


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The resources of a pipeline, by ARN; the bucket by its name and the prefix of the invocation records.

    ``keys`` are the customer managed keys of the queue, the bucket and the table, if they have any.
    """

    function_arn: str
    stream_arn: str
    queue_arn: str | None = None
    bucket: str | None = None
    prefix: str = ""
    mapping_arn: str | None = None
    keys: Sequence[str] = ()


def policy(scope: Scope) -> dict[str, Any]:
    """Return an IAM policy that allows every command of ``redrive`` on one pipeline.

    ``list``, ``fetch`` and dry runs do without ``Delete...`` and ``InvokeFunction``. Actions and resources are those of
    the service authorization reference.
    """
    partition = Arn.parse(scope.stream_arn).partition
    statements = []
    if scope.queue_arn:
        read = ["sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"]
        statements += [
            _allow("ReadMessages", read, scope.queue_arn),
            _allow("DeleteMessages", ["sqs:DeleteMessage"], scope.queue_arn),
        ]
    if scope.bucket:
        bucket = f"arn:{partition}:s3:::{scope.bucket}"
        listing = _allow("ListInvocationRecords", ["s3:ListBucket"], bucket)
        objects = f"{bucket}/{scope.prefix}*"
        statements += [
            listing | {"Condition": {"StringLike": {"s3:prefix": f"{scope.prefix}*"}}},
            _allow("ReadInvocationRecords", ["s3:GetObject"], objects),
            _allow("DeleteInvocationRecords", ["s3:DeleteObject"], objects),
        ]
    else:
        reading = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        statements.append(_allow("ReadStream", reading, scope.stream_arn))
    if scope.mapping_arn:
        statements.append(_allow("ReadMapping", ["lambda:GetEventSourceMapping"], scope.mapping_arn))
    statements += [
        _allow("ReadItems", ["dynamodb:BatchGetItem"], scope.stream_arn.partition("/stream/")[0]),
        _allow("InvokeFunction", ["lambda:InvokeFunction"], scope.function_arn.removesuffix(":$LATEST")),
    ]
    if scope.keys:
        statements.append(_allow("UseKeys", ["kms:Decrypt"], list(scope.keys)))
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(sid: str, actions: Sequence[str], resource: str | list[str]) -> dict[str, Any]:
    action = actions[0] if len(actions) == 1 else list(actions)
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource}
