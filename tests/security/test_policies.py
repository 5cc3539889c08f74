"""The policies in module/policies find a plan that breaks a promise of the pattern, and only such a plan."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.security.scanning import Verdict, command_line, scan, split
from tests.support.planning import MODULE, PROVIDER, plan

ROOT = "module.promises."
STREAM = ROOT + 'aws_lambda_event_source_mapping.new_stream["{}"]'
# An existing stream whose mapping breaks every promise, and a stream of which nobody knows yet whose it is
BARE = {
    ROOT + "aws_lambda_event_source_mapping.existing_stream",
    ROOT + "aws_lambda_event_source_mapping.unknown_stream",
}
BREAKS = {
    "failure_destination": {STREAM.format("drops.failures"), *BARE},
    "bisect": {STREAM.format("never.bisects"), STREAM.format("leaves.bisect"), *BARE},
    "finite_retries": {STREAM.format("retries.forever"), STREAM.format("leaves.retries"), *BARE},
    "finite_age": {STREAM.format("never.gives.up"), STREAM.format("leaves.age"), *BARE},
    "partial_responses": {STREAM.format("hears.nothing"), STREAM.format("leaves.response.types"), *BARE},
    "queue_retention": {ROOT + "aws_sqs_queue.dead_letter[1]", ROOT + "aws_sqs_queue.by_name"},
    "deletion_protection": {ROOT + "aws_dynamodb_table.unprotected"},
}
OF_MAPPINGS = [name for name in BREAKS if name not in {"queue_retention", "deletion_protection"}]
KEEPS = {
    **{
        name: {
            *(address for other in OF_MAPPINGS for address in BREAKS[other] - BREAKS[name]),
            STREAM.format("keeps.all"),
            # Mappings of other services
            *(
                ROOT + f'aws_lambda_event_source_mapping.other_service["{service}"]'
                for service in ("new_queue", "queue", "kinesis")
            ),
            ROOT + "aws_lambda_event_source_mapping.new_kinesis_stream",
            ROOT + "aws_lambda_event_source_mapping.kafka",
            ROOT + "aws_lambda_event_source_mapping.documentdb",
        }
        for name in OF_MAPPINGS
    },
    "queue_retention": {ROOT + "aws_sqs_queue.dead_letter[0]", ROOT + "aws_sqs_queue.work"},
    "deletion_protection": {ROOT + "aws_dynamodb_table.protected[0]", ROOT + "aws_dynamodb_table.streamless"},
}


def _policy(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((MODULE / "policies" / f"{name}.yaml").read_text()))


def _id(name: str) -> str:
    return str(_policy(name)["metadata"]["id"])


def test_every_policy_is_tested() -> None:
    assert {path.stem for path in (MODULE / "policies").iterdir()} == BREAKS.keys()


@pytest.mark.parametrize("name", BREAKS)
def test_policy_says_what_to_do(name: str) -> None:
    metadata = _policy(name)["metadata"]
    assert metadata.keys() == {"id", "name", "category", "severity", "guideline"}
    assert metadata["guideline"].endswith(".")


def test_policies_are_numbered() -> None:
    assert sorted(map(_id, BREAKS)) == [f"CKV2_DDBSL_{number}" for number in range(1, len(BREAKS) + 1)]


@pytest.mark.parametrize("name", OF_MAPPINGS)
def test_policies_agree_which_mappings_they_judge(name: str) -> None:
    assert _policy(name)["definition"]["or"][:-1] == _policy(OF_MAPPINGS[0])["definition"]["or"][:-1]


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of the plan of ``promises``, which breaks each promise and keeps each."""
    folder = tmp_path_factory.mktemp("promises")
    root = folder / "root"
    root.mkdir()
    (folder / "promises").symlink_to(Path(__file__).parent / "promises")
    modules = {"promises": {"source": "../promises"}}
    (root / "main.tf.json").write_text(json.dumps({"module": modules, "provider": PROVIDER}))
    return split(plan(root), ["promises"], folder / "plans")["promises"]


@pytest.fixture(scope="module")
def verdict(planned: Path) -> Verdict:
    return scan({"promises": planned})["promises"]


@pytest.mark.terraform
@pytest.mark.parametrize("name", BREAKS)
def test_policy_fails_where_its_promise_is_broken(name: str, verdict: Verdict) -> None:
    failed, _ = verdict.of(_id(name))
    assert failed == BREAKS[name]


# checkov gives no verdict at all where it meets a reference instead of a value
@pytest.mark.terraform
@pytest.mark.parametrize("name", KEEPS)
def test_policy_passes_everywhere_else(name: str, verdict: Verdict) -> None:
    _, passed = verdict.of(_id(name))
    assert passed == KEEPS[name]


@pytest.mark.terraform
def test_command_line_refuses_a_plan_that_breaks_promises(planned: Path) -> None:
    code, report = command_line(planned)
    broken = {failed["check_id"] for failed in report["results"]["failed_checks"]}
    assert (code, set(map(_id, BREAKS)) - broken) == (1, set())
