"""Is the policy that ``redrive policy`` prints enough, and is nothing in it too much? The local AWS enforces it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from generator.local.emulator import ACCOUNT, LocalAws
from generator.operate.policy import Scope, owner_policies, policy
from generator.spec.examples import OTHER_ACCOUNT
from tests.local import resources
from tests.local.resources import credentials, role
from tests.operate.conftest import Call
from tests.operate.pipelines import Pipeline, item

pytestmark = pytest.mark.emulator

QUEUE_ACTIONS = (
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "lambda:GetEventSourceMapping",
    "dynamodb:BatchGetItem",
    "lambda:InvokeFunction",
)
BUCKET_ACTIONS = ("s3:ListBucket", "s3:GetObject", "s3:DeleteObject")
NOT_ENFORCED = {"kms:Decrypt": "no service of the emulator uses a key for somebody"}

ENFORCED_AS = {
    "lambda:GetEventSourceMapping": "lambda:ListEventSourceMappings",
    "sqs:ChangeMessageVisibility": "sqs:ChangeMessageVisibilityBatch",
    "sqs:DeleteMessage": "sqs:DeleteMessageBatch",
}
"""What the emulator asks for where AWS asks for the action (AWS, service authorization reference)."""

Statements = list[dict[str, Any]]


@pytest.fixture(scope="module")
def _to_queue(aws: LocalAws, folder: Path, function: str) -> tuple[Pipeline, str]:
    pipeline = Pipeline.make(aws, folder, function)
    pipeline.park(item("a", poison=True))
    (message,) = aws.client("sqs").receive_message(QueueUrl=pipeline.queue)["Messages"]
    return pipeline, message["Body"]


@pytest.fixture
def to_queue(_to_queue: tuple[Pipeline, str]) -> Pipeline:
    """Return a pipeline with one message in its queue, whatever became of it before."""
    pipeline, message = _to_queue
    pipeline.empty()
    pipeline.send([message])
    return pipeline


@pytest.fixture(scope="module")
def to_bucket(aws: LocalAws, folder: Path, function: str) -> Pipeline:
    pipeline = Pipeline.make(aws, folder, function, to="s3")
    pipeline.park(item("a", poison=True))
    return pipeline


@pytest.fixture
def as_operator(aws: LocalAws, call: Call, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401
    """Give what runs the command line with these permissions, and no others."""
    trusted = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}

    def run(statements: Statements, *words: str, as_said: str | None = None) -> tuple[int, str]:
        names = {said: enforced for said, enforced in ENFORCED_AS.items() if said != as_said}
        enforced = [{**one, "Action": [names.get(each, each) for each in actions(one)]} for one in statements]
        _, arn = role(aws, enforced, principal=trusted)
        with monkeypatch.context() as own:
            for name, value in credentials(aws, arn).items():
                own.setenv(name.upper(), value)
            answer = call(*words)
        return answer.code, answer.err

    return run


def printed(call: Call, *words: str) -> Statements:
    answer = call("redrive", "policy", *words)
    assert answer.code == 0, answer.err
    return list(json.loads(answer.out)["Statement"])


def actions(statement: Mapping[str, Any]) -> list[str]:
    said = statement["Action"]
    return [said] if isinstance(said, str) else list(said)


def without(statements: Statements, action: str) -> Statements:
    """Return statements that do not allow an action."""
    kept = [{**one, "Action": [each for each in actions(one) if each != action]} for one in statements]
    assert sum(len(one["Action"]) for one in kept) == sum(len(actions(one)) for one in statements) - 1
    return [one for one in kept if one["Action"]]


def given(pipeline: Pipeline, *, bucket: bool = False) -> tuple[str, ...]:
    where = ("--bucket", pipeline.bucket) if bucket else ("--queue", pipeline.queue.rpartition("/")[2])
    return (*where, "--mapping", pipeline.mapping)


def test_every_action_is_tried(call: Call, to_queue: Pipeline, to_bucket: Pipeline) -> None:
    of_queue = printed(call, *given(to_queue), "--key-arn", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/a")
    assert {each for one in of_queue for each in actions(one)} == {*QUEUE_ACTIONS, *NOT_ENFORCED}
    of_bucket = printed(call, *given(to_bucket, bucket=True))
    rest = {"lambda:GetEventSourceMapping", "dynamodb:BatchGetItem", "lambda:InvokeFunction"}
    assert {each for one in of_bucket for each in actions(one)} == {*BUCKET_ACTIONS, *rest}


@pytest.mark.parametrize("action", ENFORCED_AS)
def test_emulator_still_asks_for_another_action(action: str, as_operator: Any, call: Call, to_queue: Pipeline) -> None:  # noqa: ANN401
    statements = printed(call, *given(to_queue))
    code, said = as_operator(statements, "redrive", "replay", "--yes", *given(to_queue), as_said=action)
    assert code == 13
    assert ENFORCED_AS[action] in said


def test_nothing_is_allowed_on_everything(call: Call, to_queue: Pipeline, to_bucket: Pipeline) -> None:
    for statement in [*printed(call, *given(to_queue)), *printed(call, *given(to_bucket, bucket=True))]:
        assert statement["Resource"].split(":", 5)[5] not in {"*", ""}


@pytest.mark.parametrize("action", QUEUE_ACTIONS)
def test_queue_needs(action: str, as_operator: Any, call: Call, to_queue: Pipeline) -> None:  # noqa: ANN401
    statements = without(printed(call, *given(to_queue)), action)
    for verb in (("list",), ("replay", "--yes")):
        code, said = as_operator(statements, "redrive", *verb, *given(to_queue))
        if code:
            break
    assert code == 13
    assert "AccessDenied" in said or "Authorization" in said


@pytest.mark.parametrize("action", BUCKET_ACTIONS)
def test_bucket_needs(action: str, as_operator: Any, call: Call, to_bucket: Pipeline) -> None:  # noqa: ANN401
    where = given(to_bucket, bucket=True)
    code, said = as_operator(without(printed(call, *where), action), "redrive", "replay", "--yes", *where)
    assert code == 13
    assert "AccessDenied" in said


def test_policy_is_enough_for_a_queue(as_operator: Any, call: Call, to_queue: Pipeline) -> None:  # noqa: ANN401
    statements = printed(call, *given(to_queue))
    for verb in (("fetch", "-o", "out"), ("replay",), ("reconcile",), ("replay", "--yes")):
        assert as_operator(statements, "redrive", *verb, *given(to_queue)) == (0, ANY)
    assert to_queue.waiting == 0


def test_policy_is_enough_for_a_bucket(as_operator: Any, call: Call, to_bucket: Pipeline) -> None:  # noqa: ANN401
    where = given(to_bucket, bucket=True)
    statements = printed(call, *where)
    for verb in (("list",), ("fetch", "-o", "out"), ("reconcile", "--yes")):
        assert as_operator(statements, "redrive", *verb, *where) == (0, ANY)
    assert not to_bucket.aws.client("s3").list_objects_v2(Bucket=to_bucket.bucket).get("Contents")


def test_alias_of_a_function_is_allowed_by_its_name() -> None:
    stream = "arn:aws:dynamodb:eu-west-1:1:table/orders/stream/x"
    for said, allowed in (("orders:live", "orders:live"), ("orders:$LATEST", "orders"), ("orders", "orders")):
        function = "arn:aws:lambda:eu-west-1:1:function:"
        found = policy(Scope(function_arn=function + said, stream_arn=stream, bucket="failed"))
        assert found["Statement"][-1]["Resource"] == function + allowed


# --- the stream of another account ------------------------------------------------------------------------------------

OPERATOR = f"arn:aws:iam::{OTHER_ACCOUNT}:role/on-call"
OTHER_FUNCTION = f"arn:aws:lambda:eu-west-1:{OTHER_ACCOUNT}:function:search"


def test_policies_for_the_owner_are_of_the_stream_the_table_and_its_key(call: Call, to_queue: Pipeline) -> None:
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/a"
    others = f"arn:aws:kms:eu-west-1:{OTHER_ACCOUNT}:key/b"
    words = (*given(to_queue), "--function", OTHER_FUNCTION, "--key-arn", key, "--key-arn", others)
    answer = call("redrive", "policy", *words, "--role", OPERATOR)
    assert (answer.code, answer.err) == (0, "")
    policies = json.loads(answer.out)
    assert list(policies) == [to_queue.stream, to_queue.stream.partition("/stream/")[0], key]
    for arn, document in policies.items():
        (statement,) = document["Statement"]
        assert statement["Principal"] == {"AWS": OPERATOR}
        assert statement["Resource"] == ("*" if arn == key else arn)


def test_policy_for_the_stream_of_another_account_refers_to_its_owner(call: Call, to_queue: Pipeline) -> None:
    answer = call("redrive", "policy", *given(to_queue), "--function", OTHER_FUNCTION)
    assert (answer.code, json.loads(answer.out)["Version"]) == (0, "2012-10-17")
    assert answer.err == f"The stream belongs to the account {ACCOUNT}. Its owner must allow this, too: see --role.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--role", OPERATOR], f"Remove --role: the stream belongs to the account of the function, {ACCOUNT}."),
        (["--role", "on-call"], "--role is on-call; it must be the ARN of a role."),
        (["--stream", "arn:/stream/"], "--stream is arn:/stream/; it must be the ARN of a stream."),
        (["--key-arn", "alias/a"], "--key-arn is alias/a; it must be the ARN of a key."),
    ],
)
def test_argument_of_the_policy_that_is_wrong_is_named(
    words: list[str], said: str, call: Call, to_queue: Pipeline
) -> None:
    answer = call("redrive", "policy", *given(to_queue), *words)
    assert (answer.code, answer.err) == (3, f"Error: {said}\n")


def test_operator_of_another_account_needs_both_policies(
    aws: LocalAws, call: Call, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = resources.other_account(aws)
    table, stream = resources.table(aws)
    aws.client("dynamodb").put_item(TableName=table, Item=item("a"))
    scope = Scope(function_arn=OTHER_FUNCTION, stream_arn=stream)
    trusted = {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}
    _, operator = role(other, policy(scope)["Statement"], principal=trusted)
    for name, value in credentials(other, operator).items():
        monkeypatch.setenv(name.upper(), value)
    fetch = ("redrive", "fetch", "--since", "1h", "--stream", stream, "--function", OTHER_FUNCTION, "-o", "out")
    answer = call(*fetch)
    assert answer.code == 13
    assert answer.err.endswith(
        f"; the account {ACCOUNT} must allow dynamodb:DescribeStream in the policy of the resource, too.\n"
    )
    allowed = owner_policies(scope, operator)[stream]
    aws.client("dynamodb").put_resource_policy(ResourceArn=stream, Policy=json.dumps(allowed))
    assert call(*fetch).code == 0
    (line,) = (here / "out").read_text().splitlines()
    assert json.loads(line)["dynamodb"]["Keys"] == {"id": {"S": "a"}}
