"""Does a change of a deployed pipeline reach AWS, and does nothing lose a permission that it still uses?"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator import terraform
from generator.local import emulator
from generator.local.emulator import ACCOUNT, LocalAws
from generator.spec.examples import SUBNETS
from generator.terraform import Terraform
from tests.local.recording import Request, recording
from tests.support.planning import PACKAGE, each, write_root
from tests.upgrade.record import EMPTY_ZIP

pytestmark = [pytest.mark.terraform, pytest.mark.slow]


def _to(kind: str, arn: str) -> dict[str, Any]:
    return {"on_failure_destination": {"type": kind, "arn": arn}}


TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:failed"
BUCKET = "arn:aws:s3:::failed"
QUEUES = [f"arn:aws:sqs:eu-west-1:{ACCOUNT}:failed-{number}" for number in (1, 2)]

# The arguments of each instance, step by step; each step is one apply of all of them
STEPS: dict[str, list[dict[str, Any]]] = {
    "table": [
        {
            "table_ttl_attribute": "expires",
            "table_point_in_time_recovery_days": 7,
            "table_on_demand_throughput": {"max_read_request_units": 1000, "max_write_request_units": 500},
        },
        {
            "table_ttl_attribute": "expires",
            "table_ttl_enabled": False,
            "table_on_demand_throughput": {},
            "table_restore": {"source_table_name": "other", "to_latest_time": True},
        },
        {
            "table_ttl_attribute": "expires",
            "table_on_demand_throughput": {"max_write_request_units": 5},
            "table_import": {"bucket": "exports", "format": "ION"},
        },
    ],
    "kept": [{}, {**_to("sns", TOPIC), "dead_letter_queue_kept": True}, _to("s3", BUCKET)],
    "replaced": [_to("s3", BUCKET), {}, {"dead_letter_queue_enabled": False}],
    "renamed": [_to("sqs", QUEUES[0]), _to("sqs", QUEUES[1]), {}],
    "network": [{"function_vpc": SUBNETS}, {}, {"function_vpc": SUBNETS}],
}
NO_MAXIMUM = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}


class Deployment:
    """What each apply did: the actions of its plan and of the next plan, its requests, and what AWS has then."""

    def __init__(self, aws: LocalAws, folder: Path) -> None:
        self.actions: list[dict[str, list[str]]] = []
        self.next: list[dict[str, list[str]]] = []
        self.requests: list[list[Request]] = []
        self.found: list[dict[str, Any]] = []
        with recording(aws) as (recorded, requests):
            for step in range(3):
                write_root(folder, each({case: steps[step] for case, steps in STEPS.items()}), offline=False)
                (folder / PACKAGE).write_bytes(EMPTY_ZIP)
                terraform.local(folder)
                runner = Terraform(folder, variables=recorded.variables(terraform.environment()))
                if not step:
                    runner.init()
                self.actions.append(_plan(runner))
                requests.clear()
                runner.run("apply", "-input=false", "tfplan")
                self.requests.append(list(requests))
                self.next.append(_plan(runner))
                self.found.append(_found(aws))
                if not step:
                    queues = aws.client("sqs")
                    queues.send_message(
                        QueueUrl=queues.get_queue_url(QueueName="kept-dlq")["QueueUrl"], MessageBody="{}"
                    )

    def order(self, step: int, case: str) -> list[str]:
        """Return the order in which a step changed the policies, mapping, function, and queue of an instance."""
        names = {
            f'"PolicyName": "{case}-stream"': "permissions",
            f'"PolicyName": "{case}-stream-transition"': "permissions until then",
            self.found[step]["uuids"][case]: "mapping",
            f"functions/{case}/": "function",
            f"/{case}-dlq": "queue",
        }
        operations = ("PutRolePolicy", "UpdateEventSourceMapping", "UpdateFunctionConfiguration", "DeleteQueue")
        texts = [request.text for request in self.requests[step] if request.operation in operations]
        return [name for text in texts for key, name in names.items() if key in text]


def _plan(runner: Terraform) -> dict[str, list[str]]:
    """Plan, and return the actions by address, without the resources that stay as they are."""
    runner.run("plan", "-input=false", "-out=tfplan")
    planned = json.loads(runner.run("show", "-json", "tfplan"))["resource_changes"]
    changes = {change["address"]: change["change"]["actions"] for change in planned}
    return {address: actions for address, actions in changes.items() if actions not in (["no-op"], ["read"])}


def _found(aws: LocalAws) -> dict[str, Any]:
    table, functions = aws.client("dynamodb"), aws.client("lambda")
    backups = table.describe_continuous_backups(TableName="table")["ContinuousBackupsDescription"]
    mappings = {
        mapping["EventSourceArn"].split("/")[1]: mapping
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]
    }
    return {
        "ttl": table.describe_time_to_live(TableName="table")["TimeToLiveDescription"]["TimeToLiveStatus"],
        "days": backups["PointInTimeRecoveryDescription"].get("RecoveryPeriodInDays"),
        "maximum": table.describe_table(TableName="table")["Table"].get("OnDemandThroughput", NO_MAXIMUM),
        "messages": _messages(aws),
        "uuids": {case: mapping["UUID"] for case, mapping in mappings.items()},
        "destinations": {
            case: mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination") or None
            for case, mapping in mappings.items()
        },
        "statements": {case: _statements(aws, f"{case}-eu-west-1") for case in STEPS},
        "subnets": functions.get_function_configuration(FunctionName="network")
        .get("VpcConfig", {})
        .get("SubnetIds", []),
    }


def _messages(aws: LocalAws) -> dict[str, int]:
    """Return the numbers of messages by the names of the queues."""
    client = aws.client("sqs")
    urls = client.list_queues()["QueueUrls"]
    name = "ApproximateNumberOfMessages"
    found = {url: client.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name] for url in urls}
    return {url.rpartition("/")[2]: int(count) for url, count in found.items()}


def _statements(aws: LocalAws, role: str) -> list[set[str]]:
    """Return the IDs of the statements of a role, by policy."""
    iam = aws.client("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policies = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    return [{statement["Sid"] for statement in policy["Statement"]} for policy in policies]


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Return what each step did."""
    with emulator.running("ministack") as aws:
        yield Deployment(aws, tmp_path_factory.mktemp("transitions"))


def test_nothing_is_replaced(steps: Deployment) -> None:
    deleted = {address: actions for step in steps.actions for address, actions in step.items() if "delete" in actions}
    assert not any("create" in actions for actions in deleted.values())
    assert {address.partition("aws_")[2].partition(".")[0] for address in deleted} == {"sqs_queue", "sqs_queue_policy"}


@pytest.mark.parametrize("step", range(3))
def test_next_plan_is_empty(step: int, steps: Deployment) -> None:
    assert steps.next[step] == {}


def test_ttl_is_turned_off_and_on_again(steps: Deployment) -> None:
    assert [step["ttl"] for step in steps.found] == ["ENABLED", "DISABLED", "ENABLED"]


def test_recovery_period_returns_to_its_default(steps: Deployment) -> None:
    assert [step["days"] for step in steps.found] == [7, 35, 35]


def test_maximum_throughput_is_removed(steps: Deployment) -> None:
    assert [step["maximum"] for step in steps.found] == [
        {"MaxReadRequestUnits": 1000, "MaxWriteRequestUnits": 500},
        NO_MAXIMUM,
        {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 5},
    ]


def test_queue_is_kept_with_its_messages_while_another_destination_is_used(steps: Deployment) -> None:
    assert steps.found[1]["destinations"]["kept"] == TOPIC
    assert steps.found[1]["messages"]["kept-dlq"] == 1
    assert "kept-dlq" not in steps.found[2]["messages"]


def test_destination_is_changed_to_every_kind(steps: Deployment) -> None:
    queues = [f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{name}-dlq" for name in ("kept", "replaced", "renamed")]
    assert [step["destinations"]["kept"] for step in steps.found] == [queues[0], TOPIC, BUCKET]
    assert [step["destinations"]["replaced"] for step in steps.found] == [BUCKET, queues[1], None]
    assert [step["destinations"]["renamed"] for step in steps.found] == [*QUEUES, queues[2]]


@pytest.mark.parametrize(("case", "step"), [("kept", 1), ("replaced", 1), ("renamed", 1), ("renamed", 2)])
def test_old_permission_is_removed_after_the_mapping_has_the_new_destination(
    case: str, step: int, steps: Deployment
) -> None:
    assert steps.order(step, case) == ["permissions", "mapping", "permissions until then"]


@pytest.mark.parametrize(("case", "step"), [("kept", 2), ("replaced", 2)])
def test_queue_is_deleted_after_the_mapping_has_another_destination(case: str, step: int, steps: Deployment) -> None:
    assert steps.order(step, case) == ["permissions", "mapping", "permissions until then", "queue"]


@pytest.mark.parametrize("step", [1, 2])
def test_permissions_for_network_interfaces_are_removed_after_the_function_has_left_the_vpc(
    step: int, steps: Deployment
) -> None:
    assert steps.order(step, "network") == ["permissions", "function", "permissions until then"]
    assert [bool(step["subnets"]) for step in steps.found] == [True, False, True]


def test_both_policies_have_the_statements_of_the_configuration_in_the_end(steps: Deployment) -> None:
    always = {"ReadStream", "ListStreams", "WriteLog", "WriteTraces"}
    network = {"AttachToVpc", "DetachFromVpc"}
    found = [step["statements"] for step in steps.found]
    assert [step["network"] for step in found] == [
        [always | {"SendFailuresToQueue"} | more] * 2 for more in (network, set(), network)
    ]
    assert found[2]["kept"] == [always | {"PutFailuresIntoBucket", "ListBucketOfFailures"}] * 2
    assert found[2]["replaced"] == [always] * 2
