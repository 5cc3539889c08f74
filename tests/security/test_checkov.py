"""checkov finds in plans of the module what it should, and nothing else."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.spec.examples import (
    ACCESS_POINT_ARN,
    ACCOUNT,
    FUNCTION_ARN,
    KEY_ARN,
    QUEUE_ARN,
    REGION,
    STREAM_ARN,
    SUBNETS,
    WITHOUT_FILENAME,
)
from tests.security.scanning import Verdict, command_line, scan, split
from tests.support.planning import PACKAGE_CONTENT, PROVIDER, TOP, apply_mocked, plan

pytestmark = pytest.mark.terraform

EXAMPLES = ("minimal", "hardened")
# What the default costs money to satisfy, or needs a decision of the user's
BY_DEFAULT = {"CKV_AWS_116", "CKV_AWS_117", "CKV_AWS_119", "CKV_AWS_158", "CKV_AWS_272"}


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the files of the plans of the examples in JSON, planned at once."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "module").symlink_to(TOP / "module")
    (folder / "dist").mkdir()
    (folder / "dist" / "stream_handler.zip").write_bytes(PACKAGE_CONTENT)
    for name in EXAMPLES:
        without = shutil.ignore_patterns("providers.tf", ".terraform*")
        shutil.copytree(TOP / "examples" / name, folder / "examples" / name, ignore=without)
    root = folder / "root"
    root.mkdir()
    modules = {name: {"source": f"../examples/{name}"} for name in EXAMPLES}
    (root / "main.tf.json").write_text(json.dumps({"module": modules, "provider": PROVIDER}))
    return split(plan(root), EXAMPLES, folder / "plans")


@pytest.fixture(scope="module")
def verdicts(plans: dict[str, Path]) -> dict[str, Verdict]:
    return scan(plans)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_is_scanned(name: str, verdicts: dict[str, Verdict]) -> None:
    assert verdicts[name].scanned >= 8


def test_default_fails_exactly_what_it_leaves_to_the_user(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["minimal"].failing_checks() == BY_DEFAULT


def test_hardened_example_fails_nothing(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["hardened"].failed == frozenset()


def test_hardened_example_decides_what_the_default_leaves(verdicts: dict[str, Verdict]) -> None:
    assert {check for check, _ in verdicts["hardened"].passed} >= BY_DEFAULT


@pytest.mark.parametrize("policy", [f"CKV2_DDBSL_{number}" for number in range(1, 8)])
def test_default_keeps_the_promise_of(policy: str, verdicts: dict[str, Verdict]) -> None:
    failed, passed = verdicts["minimal"].of(policy)
    assert (len(failed), len(passed)) == (0, 1)


def _function(planned: Path) -> dict[str, Any]:
    root = json.loads(planned.read_text())["planned_values"]["root_module"]
    resources = root["child_modules"][0]["child_modules"][0]["resources"]
    return next(resource["values"] for resource in resources if resource["type"] == "aws_lambda_function")


# checkov takes any value for a reservation (CKV_AWS_115), and -1 is none


def test_default_reserves_no_concurrency(plans: dict[str, Path]) -> None:
    assert _function(plans["minimal"])["reserved_concurrent_executions"] == -1


def test_hardened_example_reserves_concurrency(plans: dict[str, Path]) -> None:
    assert _function(plans["hardened"])["reserved_concurrent_executions"] > 0


# The command line


@pytest.fixture(scope="module")
def said(plans: dict[str, Path]) -> tuple[int, dict[str, Any]]:
    return command_line(plans["minimal"])


def test_command_line_accepts_the_default(said: tuple[int, dict[str, Any]]) -> None:
    code, report = said
    assert (code, report["summary"]["failed"]) == (0, 0)


def test_command_line_scans_what_the_default_creates(
    said: tuple[int, dict[str, Any]], verdicts: dict[str, Verdict]
) -> None:
    _, report = said
    assert report["summary"]["resource_count"] == verdicts["minimal"].scanned


def test_every_skip_of_the_command_line_is_needed(verdicts: dict[str, Verdict]) -> None:
    skipped = yaml.safe_load((TOP / ".checkov.yaml").read_text())["skip-check"]
    assert set(skipped) == verdicts["minimal"].failing_checks()


def test_every_skip_of_the_command_line_has_a_reason() -> None:
    skips = [line for line in (TOP / ".checkov.yaml").read_text().splitlines() if line.startswith("  - CKV")]
    assert [line for line in skips if " # " not in line] == []


# Policies that are known

KNOWN: dict[str, dict[str, Any]] = {
    "default": {},
    "customer_keys": {
        "table_kms_key_arn": KEY_ARN,
        "dead_letter_queue_kms_key_arn": KEY_ARN,
        "event_source_filter_patterns": ['{"eventName": ["INSERT"]}'],
        "event_source_filter_kms_key_arn": KEY_ARN,
    },
    "existing_table": {"existing_table": {"stream_arn": STREAM_ARN, "kms_key_arn": KEY_ARN}},
    # A failed check of the module fails a test of Terraform: these destinations need the metrics
    "to_topic": {
        "on_failure_destination": {"type": "sns", "arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:failures"},
        "event_source_metrics_enabled": True,
    },
    "to_bucket": {
        "event_source_metrics_enabled": True,
        "on_failure_destination": {"type": "s3", "arn": "arn:aws:s3:::failures", "kms_key_arn": KEY_ARN},
    },
    "vpc": {"function_vpc": SUBNETS},
    "file_system": {
        "function_vpc": SUBNETS,
        "function_file_system": {"access_point_arn": ACCESS_POINT_ARN, "local_mount_path": "/mnt/data"},
    },
    "async_queue": {"function_async_dead_letter_target": {"type": "sqs", "arn": QUEUE_ARN}},
    "existing_function": {
        **WITHOUT_FILENAME,
        "function_handler": None,
        "function_runtime": None,
        "existing_function": {"arn": FUNCTION_ARN, "role_name": "existing-role"},
    },
}
# They judge the actions and resources of a role's policy
IAM_CHECKS = {
    "CKV2_AWS_40",
    "CKV_AWS_62",
    "CKV_AWS_63",
    "CKV_AWS_286",
    "CKV_AWS_287",
    "CKV_AWS_288",
    "CKV_AWS_289",
    "CKV_AWS_290",
    "CKV_AWS_355",
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """Return the verdicts about instances of which every policy is known, and about a role that may do anything."""
    folder = tmp_path_factory.mktemp("known")
    values, _ = apply_mocked(KNOWN, folder)
    planned = {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "planned_values": values,
        "resource_changes": [],
        "configuration": {"root_module": {}},
    }
    addresses = {case: f'case["{case}"]' for case in KNOWN}
    files = split(planned, addresses.values(), folder / "plans")
    plans = {case: files[address] for case, address in addresses.items()}
    anything = json.loads(plans["default"].read_text())
    for resource in anything["planned_values"]["root_module"]["child_modules"][0]["resources"]:
        if resource["type"] == "aws_iam_role_policy":
            statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
            resource["values"]["policy"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    plans["anything"] = folder / "anything.json"
    plans["anything"].write_text(json.dumps(anything))
    return scan(plans)


def _judged(pairs: frozenset[tuple[str, str]]) -> set[str]:
    return {check for check, address in pairs if ".aws_iam_role_policy.this" in address and check in IAM_CHECKS}


@pytest.mark.parametrize("case", KNOWN)
def test_known_policy_passes_every_check_of_policies(case: str, known: dict[str, Verdict]) -> None:
    assert (_judged(known[case].passed), _judged(known[case].failed)) == (IAM_CHECKS, set())


@pytest.mark.parametrize("case", KNOWN)
def test_known_instance_fails_nothing_more_than_the_default(case: str, known: dict[str, Verdict]) -> None:
    assert known[case].failing_checks() <= BY_DEFAULT


def test_policy_that_allows_anything_is_found(known: dict[str, Verdict]) -> None:
    found = {"CKV_AWS_62", "CKV_AWS_63", "CKV_AWS_289", "CKV_AWS_290", "CKV_AWS_355"}
    assert _judged(known["anything"].failed) >= found
