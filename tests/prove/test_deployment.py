"""Is everything found and deleted that a run left, whatever Terraform knows of it?"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from generator.prove.deployment import inventory, sweep
from generator.prove.runs import Run

RUN = Run(
    "demo",
    "123456789012",
    "eu-west-1",
    None,
    [
        ["aws_cloudwatch_log_group", "/aws/lambda/demo"],
        ["aws_dynamodb_table", "demo"],
        ["aws_iam_role", "demo-eu-west-1"],
        ["aws_lambda_function", "demo"],
        ["aws_sqs_queue", "demo-dlq"],
    ],
)


def unwanted(_: float) -> None:
    """Must not be called."""
    pytest.fail("It waited")


class Account:
    """Clients of an account with some resources, which can refuse to delete them."""

    def __init__(self, *existing: str) -> None:
        self.existing = set(existing)
        self.refusals: dict[str, list[str]] = {}
        """Error codes by service, one for each attempt; the last one stays."""
        self.deleted: list[str] = []
        self.service = ""
        self.denied = False

    def __call__(self, service: str) -> "Account":
        self.service = service
        return self

    def _find(self, missing: str) -> dict[str, str]:
        if self.denied:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Get")
        if self.service not in self.existing:
            raise ClientError({"Error": {"Code": missing, "Message": "no"}}, "Get")
        return {"QueueUrl": "url"}

    def _delete(self) -> None:
        codes = self.refusals.get(self.service)
        if codes:
            code = codes.pop(0) if len(codes) > 1 else codes[0]
            if code:
                raise ClientError({"Error": {"Code": code, "Message": "is protected"}}, "Delete")
        self.existing.remove(self.service)
        self.deleted.append(self.service)

    def get_function(self, **_: object) -> object:
        return self._find("ResourceNotFoundException")

    def describe_table(self, **_: object) -> object:
        return self._find("ResourceNotFoundException")

    def get_queue_url(self, **_: object) -> object:
        return self._find("AWS.SimpleQueueService.NonExistentQueue")

    def get_role(self, **_: object) -> object:
        return self._find("NoSuchEntity")

    def describe_log_groups(self, **arguments: str) -> dict[str, Any]:
        name = arguments["logGroupNamePrefix"]
        names = [name] if self.service in self.existing else []
        return {"logGroups": [{"logGroupName": each} for each in [f"{name}-other", *names]]}

    def list_event_source_mappings(self, **_: object) -> dict[str, Any]:
        return {"EventSourceMappings": [{"UUID": "1"}]}

    def delete_event_source_mapping(self, **_: object) -> None:
        self.deleted.append("mapping")

    def list_role_policies(self, **_: object) -> dict[str, Any]:
        return {"PolicyNames": ["stream"]}

    def delete_role_policy(self, **_: object) -> None:
        self.deleted.append("policy")

    def delete_function(self, **_: object) -> None:
        self._delete()

    delete_table = delete_queue = delete_role = delete_log_group = delete_function


def test_nothing_is_deleted_if_nothing_is_left() -> None:
    account = Account()
    assert sweep(account, RUN, unwanted) == []
    assert account.deleted == []


def test_everything_that_is_left_is_deleted_by_its_name() -> None:
    account = Account("lambda", "dynamodb", "sqs", "logs", "iam")
    pauses: list[float] = []
    assert sweep(account, RUN, pauses.append) == []
    assert account.deleted == ["mapping", "lambda", "dynamodb", "sqs", "logs", "policy", "iam"]
    assert len(pauses) == 1, "what is deleted is looked for once more"


@pytest.mark.parametrize("code", ["ResourceInUseException", "DeleteConflict"])
def test_resource_that_is_being_created_is_deleted_later(code: str) -> None:
    account = Account("dynamodb")
    account.refusals["dynamodb"] = [code, code, ""]
    assert sweep(account, RUN, lambda _: None) == []


def test_resource_that_cannot_be_deleted_is_reported_with_the_reason() -> None:
    account = Account("dynamodb", "sqs")
    account.refusals["dynamodb"] = ["ValidationException"]
    (left,) = sweep(account, RUN, lambda _: None)
    assert str(left) == "table demo (ValidationException: is protected)"
    assert account.deleted == ["sqs"]


def test_account_that_cannot_be_read_leaves_everything() -> None:
    account = Account("iam")
    account.denied = True
    left = sweep(account, RUN, unwanted)
    assert [each.kind for each in left] == ["function", "table", "queue", "role"]
    assert all("AccessDenied" in each.reason for each in left)


def test_inventory_has_the_names_of_what_a_plan_creates() -> None:
    def change(kind: str, actions: list[str], **after: str | None) -> dict[str, Any]:
        return {"type": kind, "change": {"actions": actions, "after": after}}

    plan = {
        "resource_changes": [
            change("aws_lambda_function", ["create"], function_name="demo", name=None),
            change("aws_sqs_queue", ["create"], name="demo-dlq"),
            change("aws_iam_role_policy", ["create"], name="demo-stream"),
            change("aws_dynamodb_table", ["no-op"], name="demo"),
        ]
    }
    assert inventory(plan) == [["aws_lambda_function", "demo"], ["aws_sqs_queue", "demo-dlq"]]
