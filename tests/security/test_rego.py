"""The policies for OPA and conftest deny a plan that breaks a promise of the module, and accept every example."""

import copy
import json
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.security.scanning import ENVIRONMENT, split
from tests.security.test_checkov import KNOWN
from tests.support.examples import EXAMPLES, workspace
from tests.support.planning import TOP, apply_mocked, plan

pytestmark = pytest.mark.terraform

POLICIES = TOP / "examples/policies"
Edit = Callable[[dict[str, dict[str, Any]]], Any]
Finding = tuple[str, str]


def evaluate(plans: Mapping[str, Path]) -> dict[str, set[Finding]]:
    """Return the rules that each plan breaks, with the addresses of the resources."""
    words = [ENVIRONMENT / "python", Path(__file__).with_name("evaluate.py"), POLICIES, *plans.values()]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return {name: {(one["rule"], one["address"]) for one in said[str(path)]} for name, path in plans.items()}


def policy(**statement: Any) -> str:  # noqa: ANN401 - a statement of IAM
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def first(kind: str, **values: Any) -> Edit:  # noqa: ANN401 - values of a resource
    """Return an edit that sets values of the first resource of a kind."""
    return lambda resources: resources[kind].update(values)


# For each rule: edits of the default, each of which breaks it and no other. The state of the default has every value.
VIOLATIONS: dict[str, list[Edit]] = {
    "table_encryption": [
        first("aws_dynamodb_table", server_side_encryption=[]),
        first("aws_dynamodb_table", server_side_encryption=[{"enabled": False}]),
    ],
    "table_recovery": [
        first("aws_dynamodb_table", point_in_time_recovery=[]),
        first("aws_dynamodb_table", point_in_time_recovery=[{"enabled": False}]),
    ],
    "table_protection": [
        first("aws_dynamodb_table", deletion_protection_enabled=False),
        first("aws_dynamodb_table", deletion_protection_enabled=None),
    ],
    "queue_encryption": [
        first("aws_sqs_queue", sqs_managed_sse_enabled=False, kms_master_key_id=None),
        first("aws_sqs_queue", sqs_managed_sse_enabled=None, kms_master_key_id=""),
    ],
    "queue_transport": [
        first(
            "aws_sqs_queue_policy", policy=policy(Action="sqs:SendMessage", Principal={"AWS": "arn:aws:iam::1:root"})
        ),
        first("aws_sqs_queue_policy", policy=json.dumps({"Version": "2012-10-17", "Statement": []})),
    ],
    "queue_retention": [first("aws_sqs_queue", message_retention_seconds=345599)],
    "log_retention": [first("aws_cloudwatch_log_group", retention_in_days=364)],
    "failure_destination": [first("aws_lambda_event_source_mapping", destination_config=[])],
    "bisect": [
        first("aws_lambda_event_source_mapping", bisect_batch_on_function_error=False),
        first("aws_lambda_event_source_mapping", bisect_batch_on_function_error=None),
    ],
    "finite_retries": [
        first("aws_lambda_event_source_mapping", maximum_retry_attempts=-1),
        first("aws_lambda_event_source_mapping", maximum_retry_attempts=None),
    ],
    "finite_age": [first("aws_lambda_event_source_mapping", maximum_record_age_in_seconds=-1)],
    "partial_responses": [first("aws_lambda_event_source_mapping", function_response_types=[])],
    "least_privilege": [
        first("aws_iam_role_policy", policy=policy(Action="dynamodb:*", Resource="arn:aws:dynamodb:::table/x")),
        first("aws_iam_role_policy", policy=policy(Action=["sqs:SendMessage"], Resource="*")),
        first("aws_iam_role_policy", policy=policy(Action=["sqs:SendMessage"], Resource=["arn:aws:sqs:::x", "*"])),
        first("aws_iam_role_policy", policy=policy(NotAction=["iam:PassRole"], Resource="arn:aws:sqs:::x")),
    ],
    "not_public": [
        first("aws_lambda_function_url", authorization_type="NONE"),
        first("aws_lambda_permission", principal="*"),
        first("aws_dynamodb_resource_policy", policy=policy(Action="dynamodb:GetRecords", Principal={"AWS": "*"})),
        first("aws_dynamodb_resource_policy", policy=policy(Action="dynamodb:GetRecords", Principal="*")),
    ],
    "tracing": [
        first("aws_lambda_function", tracing_config=[]),
        first("aws_lambda_function", tracing_config=[{"mode": "PassThrough"}]),
    ],
}
HARMLESS: dict[str, Edit] = {
    "nothing": lambda _: None,
    "key-of-the-queue": first("aws_sqs_queue", sqs_managed_sse_enabled=False, kms_master_key_id="alias/x"),
    "4-days": first("aws_sqs_queue", message_retention_seconds=345600),
    "logs-for-ever": first("aws_cloudwatch_log_group", retention_in_days=0),
    "retries-of-another-service": first(
        "aws_lambda_event_source_mapping", event_source_arn="arn:aws:sqs:eu-west-1:1:x", maximum_retry_attempts=-1
    ),
    "one-resource": first("aws_iam_role_policy", policy=policy(Action="sqs:SendMessage", Resource="arn:aws:sqs:::x")),
    "action-without-resources": first(
        "aws_iam_role_policy", policy=policy(Action="xray:PutTraceSegments", Resource="*")
    ),
    "one-account": first(
        "aws_dynamodb_resource_policy",
        policy=policy(Action="dynamodb:GetRecords", Principal={"AWS": "arn:aws:iam::1:root"}),
    ),
    "organization": first(
        "aws_dynamodb_resource_policy",
        policy=policy(
            Action="dynamodb:GetRecords", Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
        ),
    ),
}
# Resources that the default does not have
ADDED = {
    "aws_lambda_function_url": {"authorization_type": "AWS_IAM"},
    "aws_lambda_permission": {"principal": "events.amazonaws.com"},
    "aws_dynamodb_resource_policy": {
        "policy": policy(Action="dynamodb:GetRecords", Principal={"AWS": "arn:aws:iam::1:root"})
    },
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Return states of instances of the module, in which every value is known."""
    values, _ = apply_mocked(KNOWN, tmp_path_factory.mktemp("known"))
    children = values["root_module"]["child_modules"]
    return {
        case: {"values": {"root_module": {"child_modules": [child]}}}
        for case in KNOWN
        for child in children
        if child["address"] == f'module.case["{case}"]'
    }


@pytest.fixture(scope="module")
def judged(known: Mapping[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[Finding]]:
    """Return what is denied in each state, and in edits of the default."""
    documents = dict(known)
    edits = {f"{rule}-{number}": edit for rule, several in VIOLATIONS.items() for number, edit in enumerate(several)}
    for name, edit in {**edits, **HARMLESS}.items():
        documents[name] = copy.deepcopy(known["default"])
        resources = documents[name]["values"]["root_module"]["child_modules"][0]["resources"]
        for kind, values in ADDED.items():
            resources.append({"mode": "managed", "type": kind, "address": f"{kind}.added", "values": dict(values)})
        edit({one["type"]: one["values"] for one in reversed(resources) if one["mode"] == "managed"})
    folder = tmp_path_factory.mktemp("states")
    for number, document in enumerate(documents.values()):
        (folder / f"{number}.json").write_text(json.dumps(document))
    return evaluate({name: folder / f"{number}.json" for number, name in enumerate(documents)})


@pytest.mark.parametrize("case", KNOWN)
def test_instance_with_every_value_known_is_accepted(case: str, judged: Mapping[str, set[Finding]]) -> None:
    assert judged[case] == set()


@pytest.mark.parametrize(
    ("rule", "number"), [(rule, one) for rule, all_ in VIOLATIONS.items() for one in range(len(all_))]
)
def test_violation_is_denied_by_its_rule_alone(rule: str, number: int, judged: Mapping[str, set[Finding]]) -> None:
    assert {name for name, _ in judged[f"{rule}-{number}"]} == {rule}


@pytest.mark.parametrize("case", HARMLESS)
def test_harmless_edit_is_accepted(case: str, judged: Mapping[str, set[Finding]]) -> None:
    assert judged[case] == set()


def test_every_rule_has_a_violation() -> None:
    text = (POLICIES / "ddb_stream_lambda.rego").read_text()
    assert set(re.findall(r'finding\("(\w+)"', text)) == set(VIOLATIONS)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[Finding]]:
    """Return what is denied in the plan of each example."""
    folder = tmp_path_factory.mktemp("examples")
    return evaluate(split(plan(workspace(folder, blocks={})), EXAMPLES, folder / "plans"))


MARKS = "module.idempotent.aws_dynamodb_table.processed"
ACCEPTED = {
    # Marks of processed records expire after a day: a restored or kept table of them is of no use
    "idempotent": {("table_recovery", MARKS), ("table_protection", MARKS)},
    # These run once, for the backfill, and their log is its report
    "backfill": {("tracing", f"module.backfill.aws_lambda_function.function['{name}']") for name in ("send", "unpack")},
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_plan_of_an_example_is_accepted(name: str, examples: Mapping[str, set[Finding]]) -> None:
    assert examples[name] == ACCEPTED.get(name, set())


def test_rules_are_those_of_the_documentation() -> None:
    listed = (TOP / "docs/how-to/policies.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \|", listed, re.MULTILINE)) == set(VIOLATIONS)
