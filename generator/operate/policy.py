"""The IAM permissions that ``redrive`` requires."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from generator.arn import Arn

_READ_STREAM: Final = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
_READ_ITEMS: Final = ("dynamodb:BatchGetItem",)
_USE_KEYS: Final = ("kms:Decrypt",)


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
    table_arn = scope.stream_arn.partition("/stream/")[0]
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
        statements.append(_allow("ReadStream", _READ_STREAM, scope.stream_arn))
    if scope.mapping_arn:
        statements.append(_allow("ReadMapping", ["lambda:GetEventSourceMapping"], scope.mapping_arn))
    statements += [
        _allow("ReadItems", _READ_ITEMS, table_arn),
        _allow("InvokeFunction", ["lambda:InvokeFunction"], scope.function_arn.removesuffix(":$LATEST")),
    ]
    if scope.keys:
        statements.append(_allow("UseKeys", _USE_KEYS, list(scope.keys)))
    return {"Version": "2012-10-17", "Statement": statements}


def owner_policies(scope: Scope, role_arn: str) -> dict[str, Any]:
    """Return by ARN the policies with which the owner of a stream lets a role of another account run ``redrive``.

    They belong to the stream, its table, and the keys of the owner's account, in addition to other statements.
    """
    owner = Arn.parse(scope.stream_arn).account
    granted: dict[str, tuple[str, Sequence[str]]] = {
        **({} if scope.bucket else {scope.stream_arn: ("RedriveReadStream", _READ_STREAM)}),
        scope.stream_arn.partition("/stream/")[0]: ("RedriveReadItems", _READ_ITEMS),
        **{key: ("RedriveUseKey", _USE_KEYS) for key in scope.keys if Arn.parse(key).account == owner},
    }
    return {
        arn: {
            "Version": "2012-10-17",
            # In the policy of a key, only "*" is the key itself.
            "Statement": [_allow(sid, actions, "*" if ":kms:" in arn else arn) | {"Principal": {"AWS": role_arn}}],
        }
        for arn, (sid, actions) in granted.items()
    }


def _allow(sid: str, actions: Sequence[str], resource: str | list[str]) -> dict[str, Any]:
    action = actions[0] if len(actions) == 1 else list(actions)
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource}
