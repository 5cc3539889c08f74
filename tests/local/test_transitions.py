"""Does a change of a deployed pipeline reach AWS, and does nothing lose a permission that it still uses?"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from generator import terraform
from generator.local import emulator
from generator.local.emulator import ACCOUNT, LocalAws
from generator.spec.examples import KEY_ARN, SUBNETS
from generator.terraform import Terraform
from tests.local.recording import recording
from tests.local.replaying import Account, Need
from tests.local.resources import function
from tests.support import shared_provider
from tests.support.planning import PACKAGE, each, write_root
from tests.upgrade.record import EMPTY_ZIP

pytestmark = [pytest.mark.emulator, pytest.mark.terraform]


def _to(kind: str, arn: str) -> dict[str, Any]:
    return {"on_failure_destination": {"type": kind, "arn": arn}}


TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:failed"
BUCKET = "arn:aws:s3:::failed"
QUEUES = [f"arn:aws:sqs:eu-west-1:{ACCOUNT}:failed-{number}" for number in (1, 2)]
_PREFIXES = {"sqs": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:failed", "sns": TOPIC, "s3": BUCKET}


def _arns(case: str) -> dict[str, str | None]:
    """Return the ARN of the destination of each kind; no two pipelines have one, since all have the same role."""
    others = {kind: f"{prefix}-{case}" for kind, prefix in _PREFIXES.items()}
    return {"own": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{case}-dlq", "none": None, **others}


def _destination(kind: str, case: str) -> dict[str, Any]:
    """Return the arguments for a kind of on-failure destination."""
    own = {"own": {}, "none": {"dead_letter_queue_enabled": False}}
    return own[kind] if kind in own else _to(kind, str(_arns(case)[kind]))


_KINDS = ("own", "none", *_PREFIXES)
# Each kind follows each other one: the places of the second differ by 1, 2, 3, or 4
DESTINATION_STEPS = {
    "-".join(path): path
    for place in range(5)
    for path in (
        (_KINDS[place], _KINDS[(place + 1) % 5], _KINDS[(place + 3) % 5]),
        (_KINDS[place], _KINDS[(place + 3) % 5], _KINDS[(place + 2) % 5]),
    )
}
DESTINATION_CHANGES = [
    (case, step, path[step - 1], path[step]) for case, path in DESTINATION_STEPS.items() for step in (1, 2)
]
SENT = {
    "own": {"SendFailuresToQueue"},
    "none": set(),
    "sqs": {"SendFailuresToQueue"},
    "sns": {"PublishFailuresToTopic"},
    "s3": {"PutFailuresIntoBucket", "ListBucketOfFailures"},
}
"""The IDs of the statements that let the role send to a destination of a kind."""

_ROLE = "existing-role"
# The function of the pipelines that change nothing of it: deploying one takes the provider 5 seconds
_FUNCTION = {
    "function_filename": None,
    "function_handler": None,
    "function_runtime": None,
    "existing_function": {"arn": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:existing", "role_name": _ROLE},
}


def _indexes(projection: str = "ALL", **maximums: tuple[int | None, int | None] | None) -> dict[str, Any]:
    """Return the arguments for indexes with these maximums of read and write units."""
    names = ("max_read_request_units", "max_write_request_units")
    indexes = {
        name: {
            "partition_key": "customer",
            "projection_type": projection,
            "on_demand_throughput": units and dict(zip(names, units, strict=True)),
        }
        for name, units in maximums.items()
    }
    return {**_FUNCTION, "table_attributes": {"customer": "S"}, "table_global_secondary_indexes": indexes}


_HANDLED = {"function_handler": "handler.handler", "function_runtime": "python3.13"}
PACKAGES: dict[str, dict[str, Any]] = {
    "zip": {**_HANDLED, "function_filename": "${path.module}/" + PACKAGE},
    "s3": {"function_filename": None, **_HANDLED, "function_s3": {"bucket": "artifacts", "key": "orders.zip"}},
    "image": {
        "function_filename": None,
        "function_handler": None,
        "function_runtime": None,
        "function_image_uri": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/orders:1",
    },
}
PACKAGE_STEPS = {
    "-".join(path): path for path in (("zip", "s3", "zip"), ("s3", "image", "s3"), ("image", "zip", "image"))
}

_USE = {"actions": ["kms:GenerateDataKey", "kms:Decrypt"], "resources": [KEY_ARN]}
_NEW_KEY = {"role_policy_statements": {"UseNewKey": _USE}}

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
    "indexes": [
        _indexes(one=(50, None), less=(50, 60), none=(50, 60)),
        _indexes(one=(51, None), less=(50, -1), none=(-1, -1)),
        _indexes(one=(51, None), less=(50, None), none=None),
    ],
    "kept-maximum": [_indexes(kept=(50, 60)), _indexes(kept=None), _indexes(kept=None)],
    "created-again": [_indexes(again=(50, None)), *[_indexes("KEYS_ONLY", again=(50, None))] * 2],
    "kept": [{}, {**_to("sns", TOPIC), "dead_letter_queue_kept": True}, _to("s3", BUCKET)],
    "renamed": [_to("sqs", QUEUES[0]), _to("sqs", QUEUES[1]), _to("sqs", QUEUES[0])],
    "network": [{"function_vpc": SUBNETS}, {}, {"function_vpc": SUBNETS}],
    # Without the statement, the queue has the key before the role may use it
    "key": [{}, _NEW_KEY, {**_NEW_KEY, "dead_letter_queue_kms_key_arn": KEY_ARN}],
    **{case: [{**_FUNCTION, **_destination(kind, case)} for kind in path] for case, path in DESTINATION_STEPS.items()},
    **{case: [PACKAGES[kind] for kind in path] for case, path in PACKAGE_STEPS.items()},
}
CODE = b"PK\x05\x06" + bytes(16) + b"\x01\x00 "
"""An empty zip file with a comment, other than that of the files."""

SHOWN_AGAIN = [set[str](), {"table", "indexes", "kept-maximum", "created-again"}, {"kept-maximum"}]
"""The pipelines whose next plan changes the table, by step: a maximum of -1 or {}, which AWS does not return, until the
argument is removed; a maximum that was left out without a -1; and one of an index that was created again."""


class Deployment:
    """What each apply did: the actions of its plan and of the next plan, what AWS has then, and what lacked meanwhile.

    ``gaps`` is what a pipeline used while it did not exist or the role did not allow it.
    """

    def __init__(self, aws: LocalAws, folder: Path) -> None:
        self.actions: list[dict[str, list[str]]] = []
        self.next: list[dict[str, list[str]]] = []
        self.found: list[dict[str, Any]] = []
        self.gaps: list[dict[str, set[str]]] = []
        account = Account()
        with recording(aws) as (recorded, requests):
            _prerequisites(recorded)
            for step in range(3):
                write_root(folder, each({case: steps[step] for case, steps in STEPS.items()}), offline=False)
                (folder / PACKAGE).write_bytes(EMPTY_ZIP)
                terraform.local(folder)
                runner = shared_provider.runner(folder, recorded)
                if not step:
                    runner.init()
                self.actions.append(_plan(runner))
                runner.run("apply", "-input=false", "tfplan")
                gaps = account.gaps(requests)
                requests.clear()
                self.next.append(_plan(runner))
                self.found.append(_found(aws))
                self.gaps.append(self._by_case(gaps))
                if not step:
                    queues = aws.client("sqs")
                    queues.send_message(
                        QueueUrl=queues.get_queue_url(QueueName="kept-dlq")["QueueUrl"], MessageBody="{}"
                    )

    def _by_case(self, gaps: set[Need]) -> dict[str, set[str]]:
        cases = {f"mapping {uuid}": case for found in self.found for case, uuid in found["uuids"].items()}
        cases |= {f"function {case}": case for case in STEPS}
        return {case: {need for user, need in gaps if cases[user] == case} for case in STEPS}


def _prerequisites(aws: LocalAws) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = aws.client("iam").create_role(RoleName=_ROLE, AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    function(aws, "def handler(event, context):\n    pass\n", FunctionName="existing", Role=role)
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": aws.region})
    s3.put_object(Bucket="artifacts", Key="orders.zip", Body=CODE)


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
        "maximum": table.describe_table(TableName="table")["Table"].get("OnDemandThroughput"),
        "maximums": {
            index["IndexName"]: index.get("OnDemandThroughput")
            for case in ("indexes", "kept-maximum", "created-again")
            for index in table.describe_table(TableName=case)["Table"]["GlobalSecondaryIndexes"]
        },
        "messages": _messages(aws),
        "uuids": {case: mapping["UUID"] for case, mapping in mappings.items()},
        "destinations": {
            case: mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination") or None
            for case, mapping in mappings.items()
        },
        "statements": {case: _statements(aws, case) for case in STEPS},
        "packages": {case: _package(functions.get_function(FunctionName=case)) for case in PACKAGE_STEPS},
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


def _statements(aws: LocalAws, case: str) -> list[set[str]]:
    """Return the IDs of the statements of a pipeline's role, by policy."""
    iam = aws.client("iam")
    role = _ROLE if "existing_function" in STEPS[case][0] else f"{case}-eu-west-1"
    names = (f"{case}-stream", f"{case}-stream-transition")
    policies = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
    return [{statement["Sid"] for statement in policy["Statement"]} for policy in policies]


def _package(function: Mapping[str, Any]) -> str:
    """Return the kind of the package that a function runs, by its content."""
    sizes = {len(EMPTY_ZIP): "zip", len(CODE): "s3"}
    return "image" if "ImageUri" in function["Code"] else sizes[function["Configuration"]["CodeSize"]]


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Return what each step did."""
    with emulator.running("ministack") as aws:
        yield Deployment(aws, tmp_path_factory.mktemp("transitions"))


def test_nothing_is_replaced_except_functions_by_another_kind_of_package(steps: Deployment) -> None:
    deleted = {address: actions for step in steps.actions for address, actions in step.items() if "delete" in actions}
    replaced = {address for address, actions in deleted.items() if "create" in actions}
    assert replaced == {
        f'module.case["{case}"].aws_lambda_function.this[0]' for case, path in PACKAGE_STEPS.items() if "image" in path
    }
    kinds = {address.rpartition("aws_")[2].partition(".")[0] for address in deleted.keys() - replaced}
    assert kinds == {"sqs_queue", "sqs_queue_policy"}


@pytest.mark.parametrize("step", range(3))
def test_next_plan_is_empty_except_for_maximums_to_remove(step: int, steps: Deployment) -> None:
    shown = {f'module.case["{case}"].aws_dynamodb_table.this[0]': ["update"] for case in SHOWN_AGAIN[step]}
    assert steps.next[step] == shown


def test_ttl_is_turned_off_and_on_again(steps: Deployment) -> None:
    assert [step["ttl"] for step in steps.found] == ["ENABLED", "DISABLED", "ENABLED"]


def test_recovery_period_returns_to_its_default(steps: Deployment) -> None:
    assert [step["days"] for step in steps.found] == [7, 35, 35]


def test_maximum_throughput_is_removed(steps: Deployment) -> None:
    assert [step["maximum"] for step in steps.found] == [
        {"MaxReadRequestUnits": 1000, "MaxWriteRequestUnits": 500},
        None,
        {"MaxWriteRequestUnits": 5},
    ]


def test_maximum_of_an_index_is_removed_by_minus_one(steps: Deployment) -> None:
    both, read = {"MaxReadRequestUnits": 50, "MaxWriteRequestUnits": 60}, {"MaxReadRequestUnits": 50}
    found = [step["maximums"] for step in steps.found]
    assert [step["less"] for step in found] == [both, read, read]
    assert [step["none"] for step in found] == [both, None, None]
    assert [step["one"] for step in found] == [read, {"MaxReadRequestUnits": 51}, {"MaxReadRequestUnits": 51}]
    assert [step["kept"] for step in found] == [both] * 3


def test_index_that_is_created_again_has_its_maximum_after_the_next_apply(steps: Deployment) -> None:
    assert [step["maximums"]["again"] for step in steps.found] == [
        {"MaxReadRequestUnits": 50},
        None,
        {"MaxReadRequestUnits": 50},
    ]


def test_queue_is_kept_with_its_messages_while_another_destination_is_used(steps: Deployment) -> None:
    assert steps.found[1]["destinations"]["kept"] == TOPIC
    assert steps.found[1]["messages"]["kept-dlq"] == 1
    assert "kept-dlq" not in steps.found[2]["messages"]


def test_steps_hold_every_change_of_the_kind_of_destination() -> None:
    changes = {(before, after) for _, _, before, after in DESTINATION_CHANGES}
    assert changes == {(before, after) for before in _KINDS for after in _KINDS if before != after}


@pytest.mark.parametrize(
    ("case", "step", "after"), [(case, step, after) for case, step, _, after in DESTINATION_CHANGES]
)
def test_destination_is_changed_from_every_kind_to_every_other(
    case: str, step: int, after: str, steps: Deployment
) -> None:
    found = steps.found[step]
    assert found["destinations"][case] == _arns(case)[after]
    assert found["statements"][case] == [{"ReadStream", "ListStreams"} | SENT[after]] * 2
    assert (f"{case}-dlq" in found["messages"]) == (after == "own")


@pytest.mark.parametrize(("case", "step"), [(case, step) for case in PACKAGE_STEPS for step in range(3)])
def test_package_is_changed_from_every_kind_to_every_other(case: str, step: int, steps: Deployment) -> None:
    assert steps.found[step]["packages"][case] == PACKAGE_STEPS[case][step]
    # The function keeps its name, and so its mapping
    assert steps.found[step]["uuids"][case] == steps.found[0]["uuids"][case]


def test_destination_is_changed_to_another_of_its_kind(steps: Deployment) -> None:
    assert [step["destinations"]["renamed"] for step in steps.found[:2]] == QUEUES


def test_function_leaves_a_vpc_and_enters_it_again(steps: Deployment) -> None:
    assert [bool(step["subnets"]) for step in steps.found] == [True, False, True]


@pytest.mark.parametrize(("case", "step"), [(case, step) for case in STEPS for step in range(3)])
def test_nothing_works_without_a_permission_or_a_resource_that_it_uses(case: str, step: int, steps: Deployment) -> None:
    path = PACKAGE_STEPS.get(case, ())[max(step - 1, 0) : step + 1]
    # Another kind of package replaces the function, which keeps its name and so is deleted first
    assert steps.gaps[step][case] == ({"function"} if len({*path}) == 2 and "image" in path else set())


def test_both_policies_have_the_statements_of_the_configuration_in_the_end(steps: Deployment) -> None:
    always = {"ReadStream", "ListStreams", "WriteLog", "WriteTraces"}
    network = {"AttachToVpc", "DetachFromVpc"}
    found = [step["statements"] for step in steps.found]
    assert [step["network"] for step in found] == [
        [always | {"SendFailuresToQueue"} | more] * 2 for more in (network, set(), network)
    ]
