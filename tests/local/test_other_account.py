"""Does a function of one account process the stream of another with the two root modules of examples/other_account?

They are applied in the order of its README to an emulator with two accounts, which enforces the policies of both.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from generator import package, terraform
from generator.local import emulator
from generator.local.clocks import FastForwardClock
from generator.local.emulator import ACCOUNT, LocalAws
from generator.local.event_poller import EventPoller
from generator.terraform import Terraform
from tests.local import resources
from tests.local.deployment import Watched
from tests.support import shared_provider
from tests.support.planning import TOP

pytestmark = [pytest.mark.emulator, pytest.mark.terraform]


@dataclass
class Root:
    """One of the two root modules, and the emulator as its account sees it."""

    aws: LocalAws
    runner: Terraform

    def apply(self, *arguments: str, **variables: Any) -> dict[str, Any]:  # noqa: ANN401 - as those of the root
        """Apply it with values of its variables, and return its outputs."""
        (self.runner.folder / "values.auto.tfvars.json").write_text(json.dumps(variables))
        self.runner.run("apply", "-no-color", "-input=false", "-auto-approve", *arguments)
        return self.runner.output()

    def values(self, address: str) -> dict[str, Any]:
        """Return the values of a resource of its pipeline."""
        state = json.loads(self.runner.run("show", "-json", "-no-color"))
        (module,) = state["values"]["root_module"]["child_modules"]
        wanted = f"{module['address']}.{address}"
        return next(dict(each["values"]) for each in module["resources"] if each["address"] == wanted)


def _root(project: Path, name: str, aws: LocalAws) -> Root:
    folder = project / "examples/other_account" / name
    override = terraform.local(folder)
    override.write_text(override.read_text().replace('"access_key": "test"', f'"access_key": "{aws.access_key}"'))
    runner = shared_provider.runner(folder, aws)
    runner.init()
    return Root(aws, runner)


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Root, Root]]:
    """Apply both in the order of the README, and return the owner's and the consumer's."""
    project = tmp_path_factory.mktemp("project")
    (project / "module").symlink_to(TOP / "module")
    shutil.copytree(
        TOP / "examples/other_account",
        project / "examples/other_account",
        ignore=shutil.ignore_patterns(".terraform*", "*tfstate*"),
    )
    package.package(TOP / "lambda_src/stream_handler", project / "dist/stream_handler.zip")
    with emulator.running("ministack", enforce_iam=True) as aws:
        owner = _root(project, "owner", aws)
        consumer = _root(project, "consumer", resources.other_account(aws))
        consumer.apply("-target=module.ddb_stream_lambda.aws_iam_role.this")
        role = consumer.values("aws_iam_role.this[0]")["arn"]
        table = owner.apply(account_id=ACCOUNT, reader_role_arn=role)["existing_table"]
        consumer.apply(existing_table=table)
        yield owner, consumer


@pytest.fixture(scope="module")
def stream(accounts: tuple[Root, Root]) -> str:
    return str(accounts[0].runner.output()["existing_table"]["stream_arn"])


@pytest.fixture(scope="module")
def reader(accounts: tuple[Root, Root]) -> dict[str, str]:
    """Return a session of the role of the consumer's function."""
    _, consumer = accounts
    return resources.credentials(consumer.aws, consumer.values("aws_iam_role.this[0]")["arn"])


def test_names_of_the_defaults_are_those_of_the_pipelines(accounts: tuple[Root, Root], stream: str) -> None:
    _, consumer = accounts
    defaults = (TOP / "examples/other_account/owner/variables.tf").read_text()
    assert f'"{consumer.values("aws_iam_role.this[0]")["arn"]}"' in defaults
    assert stream.startswith(f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/orders/stream/")


def test_second_plans_are_empty(accounts: tuple[Root, Root]) -> None:
    changes = [change for root in accounts for change in root.runner.plan()["resource_changes"]]
    assert {change["mode"] for change in changes if change["change"]["actions"] not in (["no-op"], ["read"])} == set()


def test_function_processes_what_is_written_in_the_other_account(
    accounts: tuple[Root, Root], reader: dict[str, str], tmp_path: Path
) -> None:
    owner, consumer = accounts
    watched = Watched()
    poller = EventPoller(
        consumer.aws.client,
        consumer.values("aws_lambda_event_source_mapping.this")["uuid"],
        as_role=lambda service: consumer.aws.client(service, **reader),
        clock=FastForwardClock(),
        checkpoints=tmp_path / "checkpoints.json",
        observer=watched,
    )
    for identifier in ("a", "b"):
        owner.aws.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": identifier}})
    poller.run(lambda: poller.finished >= 2, within=60)
    assert (watched.processed, watched.discards) == (["a", "b"], [])
    events = consumer.aws.client("logs").filter_log_events(logGroupName="/aws/lambda/search")["events"]
    assert any("Record processed" in event["message"] for event in events), events


def test_key_lets_the_role_decrypt_through_dynamodb(accounts: tuple[Root, Root]) -> None:
    """The emulator uses no key, so this is about the text of both policies."""
    owner, consumer = accounts
    key = owner.runner.output()["existing_table"]["kms_key_arn"]
    policy = owner.aws.client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    (granted,) = (each for each in json.loads(policy)["Statement"] if each["Sid"] == "DecryptStream")
    own = json.loads(consumer.values("aws_iam_role_policy.this[0]")["policy"])["Statement"]
    (wanted,) = (each for each in own if each["Sid"] == "DecryptStream")
    assert granted["Principal"] == {"AWS": [consumer.values("aws_iam_role.this[0]")["arn"]]}
    assert (granted["Action"], granted["Condition"]) == (wanted["Action"], wanted["Condition"])
    assert wanted["Resource"] == [key]


def test_role_is_denied_without_the_policy_of_the_stream(
    accounts: tuple[Root, Root], stream: str, reader: dict[str, str]
) -> None:
    owner, consumer = accounts
    assert resources.records(consumer.aws, stream, **reader)
    client = owner.aws.client("dynamodb")
    policy = client.get_resource_policy(ResourceArn=stream)["Policy"]
    client.delete_resource_policy(ResourceArn=stream)
    with pytest.raises(ClientError, match="AccessDenied"):
        resources.records(consumer.aws, stream, **reader)
    client.put_resource_policy(ResourceArn=stream, Policy=policy)
    assert resources.records(consumer.aws, stream, **reader)


def test_role_is_denied_without_its_own_policies(
    accounts: tuple[Root, Root], stream: str, reader: dict[str, str]
) -> None:
    _, consumer = accounts
    iam = consumer.aws.client("iam")
    role = consumer.values("aws_iam_role.this[0]")["name"]
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    with pytest.raises(ClientError, match="AccessDenied"):
        resources.records(consumer.aws, stream, **reader)
