"""The dead-letter queue, read from SQS, with values as the AWS provider reads them."""

import json
from collections.abc import Iterator
from typing import Any

from generator.adopt.answers import Answers, by_key
from generator.adopt.resources import QUEUE, QUEUE_POLICY, Resource
from generator.arn import Arn

_NUMBERS = {
    "delay_seconds": "DelaySeconds",
    "kms_data_key_reuse_period_seconds": "KmsDataKeyReusePeriodSeconds",
    "max_message_size": "MaximumMessageSize",
    "message_retention_seconds": "MessageRetentionPeriod",
    "receive_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
    "visibility_timeout_seconds": "VisibilityTimeout",
}
_MANAGED = {"sqs": "alias/aws/sqs", "sns": "alias/aws/sns", "s3": "alias/aws/s3"}
"""The aliases of the AWS managed keys."""


def read_queue(answers: Answers, arn: Arn) -> Iterator[tuple[str, Resource]]:
    """Yield a queue and its policy, if they exist."""
    owner = {"QueueOwnerAWSAccountId": arn.account} if arn.account else {}
    url = answers.known("sqs", "get_queue_url", QueueName=arn.name, **owner).get("QueueUrl")
    if not url:
        return
    attributes = answers.required("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
    found: dict[str, Any] = {name: _number(attributes.get(key)) for name, key in _NUMBERS.items()}
    key = attributes.get("KmsMasterKeyId") or None
    found |= {
        "name": arn.name,
        "arn": str(arn),
        "kms_master_key_id": key if key in {None, _MANAGED["sqs"]} else key_arn(answers, str(key)),
        "kms_master_key_name": key,
        "sqs_managed_sse_enabled": attributes.get("SqsManagedSseEnabled") == "true",
        "redrive_policy": attributes.get("RedrivePolicy"),
        "tags": by_key(answers.get("sqs", "list_queue_tags", "Tags", QueueUrl=url)),
    }
    yield QUEUE, Resource(found, url)
    if policy := attributes.get("Policy"):
        yield QUEUE_POLICY, Resource({"policy": json.loads(policy)}, url)


def read_key(answers: Answers, arn: Arn) -> str:
    """Return the ARN of the customer managed key of a topic or a bucket. Empty without one.

    Raises:
        AwsError: It cannot be read.
    """
    if arn.service == "sns":
        key = answers.get("sns", "get_topic_attributes", "Attributes", TopicArn=str(arn)).get("KmsMasterKeyId")
        return "" if key in {None, "", _MANAGED["sns"]} else key_arn(answers, key)
    configuration = answers.get("s3", "get_bucket_encryption", "ServerSideEncryptionConfiguration", Bucket=arn.resource)
    for rule in configuration.get("Rules") or ():
        default = rule.get("ApplyServerSideEncryptionByDefault") or {}
        key = default.get("KMSMasterKeyID")
        if key and key != _MANAGED["s3"]:
            return key_arn(answers, key)
    return ""


def key_arn(answers: Answers, key: str) -> str:
    """Return the ARN of a key from its ARN, its ID, or an alias."""
    if ":key/" in key:
        return key
    return str(answers.get("kms", "describe_key", "KeyMetadata", KeyId=key).get("Arn") or key)


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
