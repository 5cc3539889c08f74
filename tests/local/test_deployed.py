"""Do pipelines that Terraform deploys to an AWS emulator deliver, fail, recover, and stay within their permissions?

One apply serves all tests; they run in the order in which they stand here, and the last ones change and destroy.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from generator import cli
from generator.local import emulator
from generator.local.emulator import LocalAws
from tests.local.deployment import BUCKET, CASES, CHANGED, Deployment, Watched, left_behind, unprotect
from tests.local.privileges import ALLOWED, DENIED, NOT_ENFORCED, Call, Scene
from tests.support.planning import TOP

pytestmark = [pytest.mark.emulator, pytest.mark.terraform]


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with emulator.running("ministack", enforce_iam=True) as aws:
        yield aws


@pytest.fixture(scope="module")
def deployed(local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    deployment = Deployment(local_aws, tmp_path_factory.mktemp("deployed"))
    deployment.runner.apply()
    return deployment


# --- apply ------------------------------------------------------------------------------------------------------------


def test_second_plan_is_empty(deployed: Deployment) -> None:
    assert deployed.changes() == {}


# --- delivery ---------------------------------------------------------------------------------------------------------


def test_every_kind_of_change_reaches_the_function(deployed: Deployment) -> None:
    client = deployed.aws.client("dynamodb")
    name = deployed.pipelines["default"]["table_name"]

    def change() -> None:
        client.update_item(
            TableName=name,
            Key={"id": {"S": "kinds"}},
            UpdateExpression="SET n = :n",
            ExpressionAttributeValues={":n": {"N": "1"}},
        )
        client.delete_item(TableName=name, Key={"id": {"S": "kinds"}})

    watched = Watched()
    poller = deployed.poller("default", watched)
    deployed.write_items("default", [("kinds", None)])
    change()
    poller.run(lambda: poller.finished >= 3, within=60)
    assert [line["event"] for line in deployed.log("default") if line["processed"] == "kinds"] == [
        "INSERT",
        "MODIFY",
        "REMOVE",
    ]


def test_only_what_the_filter_lets_through_reaches_the_function(deployed: Deployment) -> None:
    client = deployed.aws.client("dynamodb")
    name = deployed.pipelines["filtered"]["table_name"]
    watched = deployed.run(
        "filtered",
        [("kept", None), ("kept-too", None)],
        change=lambda: client.delete_item(TableName=name, Key={"id": {"S": "kept"}}),
    )
    assert [name for names in watched.invocations for name in names] == ["kept", "kept-too"]


def test_function_in_node_js_processes_records_and_keeps_connections(deployed: Deployment) -> None:
    deployed.run("node", [("by-node", None)])
    assert deployed.log("node") == [{"processed": "by-node", "event": "INSERT", "keepAlive": "1"}]


def test_mapping_invokes_the_alias(deployed: Deployment) -> None:
    deployed.run("alias", [("by-alias", None)])
    (line,) = deployed.log("alias")
    assert line["by"] == deployed.pipelines["alias"]["function_alias_arn"]


# --- simulations of deployed mappings ---------------------------------------------------------------------------


@pytest.fixture
def with_settings_of_the_user(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in deployed.aws.variables({}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.mark.usefixtures("with_settings_of_the_user")
class TestSimulate:
    def simulate(self, *arguments: str) -> int:
        with pytest.raises(SystemExit) as ended:
            cli.main(["simulate", *arguments])
        return int(ended.value.code or 0)

    def test_uses_the_settings_of_a_deployed_mapping(
        self, deployed: Deployment, capsys: pytest.CaptureFixture[str]
    ) -> None:
        uuid = deployed.pipelines["whole_batches"]["event_source_mapping_uuid"]
        assert self.simulate("--mapping", uuid, "--records", "4", "--fail", "2", "--json") == 0
        result = json.loads(capsys.readouterr().out)
        assert result["invocations"] == [[1, 2, 3, 4]] * 3
        assert result["settings"]["destination"] is True

    def test_refuses_a_mapping_that_does_not_exist(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.simulate("--mapping", "11111111-2222-3333-4444-555555555555") == 13
        said = capsys.readouterr().err
        assert said.startswith(
            "Error: The mapping 11111111-2222-3333-4444-555555555555 cannot be read: ResourceNotFound"
        )
        assert said.count("\n") == 1


# --- failure ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reported(deployed: Deployment) -> Watched:
    return deployed.run("to_sns", [("a", None), ("b", "report"), ("c", None), ("d", None)])


def test_records_before_and_behind_a_reported_one_are_processed(reported: Watched) -> None:
    assert reported.processed == ["a", "c", "d"]


def test_reported_record_is_split_off_and_discarded_alone(reported: Watched) -> None:
    assert [len(discard.records) for discard in reported.discards] == [1]
    assert reported.delivery_errors == []


def test_topic_gets_the_document(deployed: Deployment, reported: Watched) -> None:
    messages = deployed.messages(deployed.existing["reader"])
    assert messages == [dict(document) for document in reported.documents]


def test_failing_record_reaches_the_queue_when_a_day_of_retries_is_over(deployed: Deployment) -> None:
    watched = deployed.run("default", [("good", None), ("bad", "raise")])
    (message,) = deployed.messages(deployed.pipelines["default"]["dead_letter_queue_url"])
    assert watched.processed == ["good"]
    assert message["requestContext"]["condition"] == "RecordAgeExceeded"
    assert message["requestContext"]["approximateInvokeCount"] > 15


def test_document_tells_the_version_behind_the_alias(deployed: Deployment) -> None:
    watched = deployed.run("alias", [("tells-its-version", "raise")])
    deployed.messages(deployed.pipelines["alias"]["dead_letter_queue_url"])
    (document,) = watched.documents
    assert document["responseContext"]["executedVersion"] == deployed.pipelines["alias"]["function_version"] == "1"


def test_whole_batch_is_discarded_where_it_is_not_split(deployed: Deployment) -> None:
    watched = deployed.run("whole_batches", [("a", None), ("b", "raise"), ("c", None)])
    assert watched.invocations == [["a", "b", "c"]] * 3
    (message,) = deployed.messages(deployed.pipelines["whole_batches"]["dead_letter_queue_url"])
    _is_complete(message, deployed, "whole_batches")
    assert message["DDBStreamBatchInfo"]["batchSize"] == 3


def _is_complete(document: dict[str, Any], deployed: Deployment, case: str) -> None:
    """Hold every field of a document about three attempts that raised."""
    numbers = document["DDBStreamBatchInfo"]
    assert document["version"] == "1.0"
    assert document["timestamp"].endswith("Z")
    assert document["requestContext"]["requestId"]
    assert document["requestContext"]["functionArn"] == deployed.mapping(case)["FunctionArn"]
    assert document["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert document["requestContext"]["approximateInvokeCount"] == 3
    assert document["responseContext"] == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    assert numbers["streamArn"] == deployed.mapping(case)["EventSourceArn"]
    assert numbers["shardId"].startswith("shardId-")
    assert int(numbers["startSequenceNumber"]) <= int(numbers["endSequenceNumber"])
    assert numbers["approximateArrivalOfFirstRecord"] <= numbers["approximateArrivalOfLastRecord"]


def test_bucket_gets_the_document_with_the_records(deployed: Deployment) -> None:
    watched = deployed.run("to_s3", [("kept", "raise")])
    client = deployed.aws.client("s3")
    (stored,) = client.list_objects_v2(Bucket=BUCKET, Prefix="aws/lambda/")["Contents"]
    document = json.loads(client.get_object(Bucket=BUCKET, Key=stored["Key"])["Body"].read())
    _is_complete(document, deployed, "to_s3")
    (record,) = json.loads(document["payload"])["Records"]
    assert record["dynamodb"]["NewImage"] == {"id": {"S": "kept"}, "ask": {"S": "raise"}}
    assert stored["Key"].startswith(f"aws/lambda/{deployed.pipelines['to_s3']['event_source_mapping_uuid']}/shardId-")
    assert watched.delivery_errors == []


# --- existing resources -----------------------------------------------------------------------------------------------


def test_stream_of_an_existing_table_is_processed(deployed: Deployment) -> None:
    watched = deployed.run("on_existing_table", [("a", None), ("b", "raise")])
    assert watched.processed == ["a"]
    assert len(deployed.messages(deployed.pipelines["on_existing_table"]["dead_letter_queue_url"])) == 1


def test_existing_function_is_invoked_and_its_role_may_report_failures(deployed: Deployment) -> None:
    watched = deployed.run("on_existing_function", [("a", None), ("b", "raise")])
    assert watched.processed == ["a"]
    assert watched.delivery_errors == []
    assert deployed.mapping("on_existing_function")["FunctionArn"].endswith(deployed.existing["function"])


# --- least privilege --------------------------------------------------------------------------------------------------


def _scene(deployed: Deployment, case: str) -> Scene:
    return Scene(deployed, deployed.pipelines[case], deployed.pipelines["filtered"], deployed.as_role(case))


@pytest.fixture(scope="module")
def scenes(deployed: Deployment) -> dict[str, Scene]:
    return {case: _scene(deployed, case) for case in CASES}


def _is_denied(call: Call, scene: Scene) -> bool:
    """Tell whether permissions refuse a call; whatever else is wrong with it is raised."""
    try:
        call(scene)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if "AccessDenied" in code or "Authorization" in code:
            return True
        raise
    return False


@pytest.mark.parametrize("does", ALLOWED)
def test_role_may(does: str, scenes: dict[str, Scene]) -> None:
    case, _, call = ALLOWED[does]
    assert not _is_denied(call, scenes[case])


@pytest.mark.parametrize("does", DENIED)
def test_role_may_not(does: str, scenes: dict[str, Scene]) -> None:
    assert _is_denied(DENIED[does], scenes["default"])


@pytest.mark.parametrize("does", ALLOWED)
def test_without_its_statement_the_role_may_no_longer(does: str, scenes: dict[str, Scene]) -> None:
    case, sid, call = ALLOWED[does]
    with _without(sid, scenes[case]):
        assert _is_denied(call, scenes[case])


@pytest.mark.parametrize("case", ["default", "to_sns", "to_s3"])
def test_every_statement_of_the_policy_is_shown_by_a_call(case: str, scenes: dict[str, Scene]) -> None:
    shown = {sid for of, sid, _ in ALLOWED.values() if of in {case, "default"}}
    for document in _policies(scenes[case]).values():
        assert {statement["Sid"] for statement in document["Statement"]} <= shown | set(NOT_ENFORCED)


def _policies(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return the documents of the role's policies by their names."""
    iam, role = scene.deployment.aws.client("iam"), scene.own["role_name"]
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}


@contextmanager
def _without(sid: str, scene: Scene) -> Iterator[None]:
    """Remove a statement from every policy of the role during the block."""
    iam, role, policies = scene.deployment.aws.client("iam"), scene.own["role_name"], _policies(scene)

    def put(name: str, document: dict[str, Any]) -> None:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))

    try:
        for name, document in policies.items():
            rest = [statement for statement in document["Statement"] if statement["Sid"] != sid]
            assert len(rest) == len(document["Statement"]) - 1
            put(name, {**document, "Statement": rest})
        yield
    finally:
        for name, document in policies.items():
            put(name, document)


def test_policy_of_the_output_is_enough_for_a_role_of_which_nothing_is_written(deployed: Deployment) -> None:
    scene = _scene(deployed, "external_policy")
    assert _policies(scene) == {}
    for does in ("describe its stream", "send to its queue", "write to its log"):
        assert _is_denied(ALLOWED[does][2], scene)
    deployed.aws.client("iam").put_role_policy(
        RoleName=scene.own["role_name"], PolicyName="theirs", PolicyDocument=scene.own["role_policy"]
    )
    watched = deployed.run("external_policy", [("good", None), ("bad", "raise")])
    assert (watched.processed, watched.delivery_errors) == (["good"], [])
    assert len(deployed.messages(scene.own["dead_letter_queue_url"])) == 1
    for case, _, call in ALLOWED.values():
        assert case != "default" or not _is_denied(call, scene)


def test_role_that_may_not_send_loses_the_document_for_good(deployed: Deployment, scenes: dict[str, Scene]) -> None:
    with _without("SendFailuresToQueue", scenes["alias"]):
        watched = deployed.run("alias", [("bad", "raise"), ("good", None)])
    assert len(watched.delivery_errors) == 1
    assert watched.processed == ["good"]
    assert deployed.messages(deployed.pipelines["alias"]["dead_letter_queue_url"]) == []


# --- faults -----------------------------------------------------------------------------------------------------------


POLLING = """
import sys
from pathlib import Path
from generator.local.emulator import LocalAws
from generator.local.event_poller import EventPoller

endpoint, mapping, checkpoints = sys.argv[1:]
aws = LocalAws(name="ministack", endpoint=endpoint, log=Path(), pid=0)
EventPoller(aws.client, mapping, checkpoints=Path(checkpoints)).run(lambda: False, within=60)
"""


def test_poller_that_is_killed_within_a_batch_loses_nothing(deployed: Deployment) -> None:
    names = [f"item-{number}" for number in range(9)]
    deployed.write_items("slow", [(name, "sleep" if name == "item-4" else None) for name in names])
    checkpoints = deployed.folder / "slow.checkpoints.json"
    mapping = deployed.pipelines["slow"]["event_source_mapping_uuid"]
    process = subprocess.Popen([sys.executable, "-c", POLLING, deployed.aws.endpoint, mapping, checkpoints], cwd=TOP)
    # The first batch of three is done, the second sleeps in its middle
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not deployed.log("slow"):
        time.sleep(0.1)
    time.sleep(0.5)
    process.kill()
    process.wait()
    watched = Watched()
    poller = deployed.poller("slow", watched)
    poller.run(lambda: poller.finished >= 6, within=60)
    assert watched.processed == names[3:]


# --- changes, and the end ---------------------------------------------------------------------------------------------


def test_what_can_be_changed_in_place_is(deployed: Deployment) -> None:
    deployed.write(**CHANGED)
    actions = deployed.changes()
    assert {tuple(each) for each in actions.values()} == {("update",)}
    deployed.runner.apply()
    assert deployed.changes() == {}


def test_destroy_leaves_what_existed_and_nothing_else(deployed: Deployment) -> None:
    unprotect(deployed.aws)
    deployed.runner.destroy()
    left = left_behind(deployed.aws)
    assert left["tables"] == {deployed.existing["table"]}
    assert left["functions"] == {deployed.existing["function"]}
    assert left["mappings"] == set()
    assert left["queues"] == {deployed.existing["reader"]}
    assert left["roles"] == {deployed.existing["role"], deployed.existing["other_role"][0]}
    assert left["log groups"] <= {f"/aws/lambda/{deployed.existing['function']}"}
