"""The root module of a run, and what of it exists in the account."""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from generator import terraform
from generator.aws import Client, aws_errors, error_code
from generator.errors import AwsError
from generator.local.demo import copy_example
from generator.prove import recorder
from generator.prove.runs import Run
from generator.resources import RESOURCES
from generator.scratch import scratch_directory

_SWEEP_SECONDS: Final = 180.0
_SWEEP_PAUSE: Final = 5.0
_MISSING: Final = {
    "ResourceNotFoundException",
    "NoSuchEntity",
    "NonExistentQueue",
    "QueueDoesNotExist",
}
_TEMPORARY: Final = {"ResourceInUseException", "ResourceConflictException", "ConflictException", "DeleteConflict"}
"""AWS rejects the deletion of a resource while it is being created or changed."""


class Left(NamedTuple):
    """A resource that still exists, and why it was not deleted."""

    kind: str
    name: str
    reason: str

    def __str__(self) -> str:
        """Return it as a part of a sentence."""
        return f"{self.kind} {self.name}{f' ({self.reason})' if self.reason else ''}"


class _Kind(NamedTuple):
    """How to find and delete a resource of a type. ``find`` raises an error, or returns nothing, if it is missing."""

    noun: str
    service: str
    find: Callable[[Any, str], object]
    delete: Callable[[Any, str], object]


def _log_group(client: Any, name: str) -> bool:  # noqa: ANN401 - boto3 has no static types
    groups = client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return any(group["logGroupName"] == name for group in groups)


def _delete_role(client: Any, name: str) -> None:  # noqa: ANN401 - as above
    for policy in client.list_role_policies(RoleName=name)["PolicyNames"]:
        client.delete_role_policy(RoleName=name, PolicyName=policy)
    client.delete_role(RoleName=name)


def _mappings(client: Any, name: str) -> list[str]:  # noqa: ANN401 - as above
    return [each["UUID"] for each in client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]]


def _delete_function(client: Any, name: str) -> None:  # noqa: ANN401 - as above
    for uuid in _mappings(client, name):
        client.delete_event_source_mapping(UUID=uuid)
    client.delete_function(FunctionName=name)


_KINDS: Final[Mapping[str, _Kind]] = {
    "aws_lambda_function": _Kind(
        "function", "lambda", lambda client, name: client.get_function(FunctionName=name), _delete_function
    ),
    "aws_dynamodb_table": _Kind(
        "table",
        "dynamodb",
        lambda client, name: client.describe_table(TableName=name),
        lambda client, name: client.delete_table(TableName=name),
    ),
    "aws_sqs_queue": _Kind(
        "queue",
        "sqs",
        lambda client, name: client.get_queue_url(QueueName=name),
        lambda client, name: client.delete_queue(QueueUrl=client.get_queue_url(QueueName=name)["QueueUrl"]),
    ),
    "aws_cloudwatch_log_group": _Kind(
        "log group", "logs", _log_group, lambda client, name: client.delete_log_group(logGroupName=name)
    ),
    "aws_iam_role": _Kind("role", "iam", lambda client, name: client.get_role(RoleName=name), _delete_role),
}
"""The types of which something could stay behind: what else the example has belongs to one of these."""

_CREDENTIALS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_NAMES: Final = ("function_name", "name")


class Deployment:
    """The root module in the directory of a run, and Terraform in it.

    Terraform gets the environment of this process, with the profile and the Region of the run.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.root = run.directory / "examples" / "minimal"
        program = terraform.binary()
        variables = {**terraform.environment(program), "AWS_REGION": run.region, "AWS_DEFAULT_REGION": run.region}
        if run.profile:
            # Credentials in the environment would win over the profile.
            variables = {name: value for name, value in variables.items() if name not in _CREDENTIALS}
            variables["AWS_PROFILE"] = run.profile
        self.terraform = terraform.Terraform(self.root, program=program, variables=variables)

    def write(self, arguments: Mapping[str, Any]) -> None:
        """Write the example with its function, under the name of the run and with other arguments of the module."""
        with scratch_directory() as folder:
            function = folder / "function"
            source = RESOURCES / "lambda_src" / "stream_handler"
            shutil.copytree(source, function, ignore=shutil.ignore_patterns("tests", "__pycache__"))
            shutil.copy(Path(recorder.__file__), function / "recorder.py")
            copy_example(self.run.directory, function)
        module = {
            "name": self.run.name,
            "function_handler": "recorder.handler",
            "table_deletion_protection_enabled": False,
            **arguments,
        }
        override = {
            "provider": {"aws": {"region": self.run.region}},
            "module": {"ddb_stream_lambda": module},
        }
        (self.root / "demo_override.tf.json").write_text(json.dumps(override, indent=2) + "\n", encoding="utf-8")

    def destroy(self) -> None:
        """Delete what is in Terraform's state, if it has been written."""
        if (self.root / "terraform.tfstate").exists():
            self.terraform.destroy()


def inventory(plan: Mapping[str, Any]) -> list[list[str]]:
    """Return the type and the name of each resource that a plan creates and that :func:`sweep` can find."""
    found = []
    for change in plan.get("resource_changes", []):
        if change["type"] in _KINDS and "create" in change["change"]["actions"]:
            values = change["change"]["after"]
            found.append([change["type"], next(str(values[name]) for name in _NAMES if values.get(name))])
    return found


def sweep(client: Client, run: Run, pause: Callable[[float], object] = time.sleep) -> list[Left]:
    """Delete every resource of a run that still exists, and return those that stay.

    Terraform does not know resources that it created just before it was killed.
    """
    deadline = time.monotonic() + _SWEEP_SECONDS
    while True:
        left = list(_delete(client, run))
        waits = any(not each.reason for each in left)
        if not waits or time.monotonic() > deadline:
            return left
        pause(_SWEEP_PAUSE)


def _delete(client: Client, run: Run) -> Iterator[Left]:
    """Delete what exists; yield it with the reason why it cannot be deleted, empty if that takes more time."""
    for kind, name in sorted(run.inventory, key=lambda entry: list(_KINDS).index(entry[0])):
        noun, service, find, delete = _KINDS[kind]
        try:
            if _exists(client(service), find, name):
                yield Left(noun, name, _reason(lambda: delete(client(service), name)))  # noqa: B023 - called at once
        except AwsError as error:
            yield Left(noun, name, str(error))


def _exists(client: Any, find: Callable[[Any, str], object], name: str) -> bool:  # noqa: ANN401 - as above
    with aws_errors(f"Cannot find out whether {name} exists"):
        try:
            return bool(find(client, name))
        except Exception as error:
            if error_code(error) in _MISSING:
                return False
            raise


def _reason(delete: Callable[[], object]) -> str:
    """Delete a resource; return why AWS rejects that, or nothing if it is being deleted or can be later."""
    try:
        with aws_errors("not deleted"):
            delete()
    except AwsError as error:
        return "" if error.code in _TEMPORARY | _MISSING else str(error).removeprefix("not deleted: ").rstrip(".")
    return ""
