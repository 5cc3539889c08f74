"""Whether an emulator still differs from AWS in what it makes of a template of CloudFormation. See ``checks``."""

import json
import time
from typing import Any

from generator.local.emulator import LocalAws
from tests.local import resources


def _stacked_table(aws: LocalAws) -> dict[str, Any]:
    """Create a stack with a table, and return the table."""
    name = resources.name()
    properties = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "SSESpecification": {"SSEEnabled": True},
        "TableName": name,
    }
    body = json.dumps({"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}})
    client = aws.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=body)
    deadline = time.monotonic() + 30
    while client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] != "CREATE_COMPLETE":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return dict(aws.client("dynamodb").describe_table(TableName=name)["Table"])


def table_of_a_stack_is_incomplete(aws: LocalAws) -> bool:
    table = _stacked_table(aws)
    return table["ProvisionedThroughput"]["ReadCapacityUnits"] == 5 and not table.get("SSEDescription")


def table_of_a_stack_has_tags(aws: LocalAws) -> bool:
    tags = aws.client("dynamodb").list_tags_of_resource(ResourceArn=_stacked_table(aws)["TableArn"])["Tags"]
    return any(tag["Key"].startswith("aws:cloudformation:") for tag in tags)
