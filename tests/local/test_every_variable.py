"""Does every change of every variable of a deployed pipeline reach AWS, and replace what the specification says?"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from generator.local import emulator
from generator.spec import MODULE
from generator.spec.model import UNKNOWN
from tests.local.held import value
from tests.local.recording import recording
from tests.local.stepping import Root, Step, substituted
from tests.local.transitions import (
    KEPT,
    NOT_HELD,
    ONE_VALUE,
    STEPS,
    NotHeld,
    Pipeline,
    Transition,
    another,
    has_no_further_value,
    pipelines,
    prerequisites,
)
from tests.support.planning import MODULE as MODULE_DIRECTORY

PIPELINES = pipelines()
TRANSITIONS = [(transition, pipeline) for pipeline in PIPELINES for transition in pipeline.transitions]

CONDITIONAL = [
    f"{kind}.{name}"
    for file in sorted(MODULE_DIRECTORY.glob("*.tf"))
    for kind, name in re.findall(
        r'(?m)^resource "(\w+)" "(\w+)" \{\n(?: .*\n|\n)*?  (?:count|for_each) ', file.read_text()
    )
]
"""The resources of the module that exist with some arguments only."""

NEWER_PROVIDER = {
    "alarm_warm_up_minutes",
    "event_source_timeouts",
    "function_code_sha256",
    "function_durable_config",
    "function_log_deletion_protection_enabled",
    "function_source_kms_key_arn",
    "region",
    "table_contributor_insights_mode",
    "table_warm_throughput",
    "table_witness_region",
}
"""Variables without a transition: provider 5.100, the only one that tests can run, does not have their arguments."""


SHOWN_AGAIN = {"aws_dynamodb_table.this[0]": {"on_demand_throughput"}}
"""What every plan shows after the removal of ``table_on_demand_throughput``, whose description has the remedy."""


_BATCHES = "Lambda retries the batches that fail meanwhile"
_DELETED_FIRST = (
    "Terraform deletes before it updates what refers to the deleted. The other order needs create_before_destroy, "
    "which holds for every replacement of the resource and of those that it refers to, also through a resource in "
    "between (tried with terraform_data): a resource that keeps its name could no longer be replaced"
)
GAPS: Mapping[str, tuple[set[str], str]] = {
    "existing_function": ({"function", "policies"}, f"{_DELETED_FIRST}. {_BATCHES}"),
    "existing_role": ({"role", "policies"}, f"{_DELETED_FIRST}. {_BATCHES}"),
    "function_alias": ({"alias"}, f"{_DELETED_FIRST}. {_BATCHES}"),
    "function_image_uri": ({"function"}, f"the function keeps its name, and so is deleted first. {_BATCHES}"),
    "function_log_group": ({"log group"}, f"{_DELETED_FIRST}. Lines of the log are lost"),
    "function_log_group_class": ({"log group"}, "the group keeps its name, and so is deleted first"),
    "function_name": ({"function"}, f"{_DELETED_FIRST}. {_BATCHES}"),
    "role_name": ({"role", "policies"}, f"{_DELETED_FIRST}. {_BATCHES}"),
    "role_path": ({"role", "policies"}, f"the role keeps its name, and so is deleted first. {_BATCHES}"),
    "role_policy_enabled": ({"policies"}, "the caller attaches the policy"),
    "table_kms_key_arn": ({"DecryptStream"}, f"the policy depends on the table. {_BATCHES}"),
    "dead_letter_queue_kms_key_arn": (
        {"EncryptFailures"},
        "the policy depends on the queue, and the queue would have create_before_destroy in common with the role",
    ),
}
"""What something lacks for a moment when an argument changes, and why; module/README.md says so."""

LEFT: Mapping[str, set[str]] = {
    "role_policy_enabled": {"policies"},
    "table_kms_key_arn": {"DecryptStream"},
}
"""What lacks in the end: the caller attaches the policy, and the description of the key says how to remove it."""

NEVER_NEEDED = {
    "PublishFailuresToTopic": "test_transitions.py has every kind of destination",
    "RunDurably": "provider 5.100 has no durable functions",
}
"""Statements of the role without which nothing in these steps would fail."""


@pytest.fixture(scope="module")
def steps(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Mapping[str, Step], Mapping[str, str]]]:
    """Return what each step did to the pipelines of the selected tests, and what replaced names in arguments."""
    items = [item for item in request.session.items if item.path == request.path]
    parameters = [item.callspec.params for item in items if hasattr(item, "callspec")]
    selected = {each["pipeline"].name for each in parameters if "pipeline" in each}
    with emulator.running("ministack") as plain, recording(plain) as (aws, requests):
        names = prerequisites(aws)
        chosen = [one for one in PIPELINES if one.name in selected]
        root = Root(aws, tmp_path_factory.mktemp("variables"), requests)
        yield (
            {step: root.step(substituted({one.name: one.arguments(step) for one in chosen}, names)) for step in STEPS},
            names,
        )


Steps = tuple[Mapping[str, Step], Mapping[str, str]]


def test_every_variable_has_a_transition() -> None:
    names = [transition.name for transition, _ in TRANSITIONS]
    assert sorted([*names, *NEWER_PROVIDER]) == sorted(variable.name for variable in MODULE.variables())


def test_every_variable_has_a_second_value_besides_its_default() -> None:
    without = [one.name for one, _ in TRANSITIONS if not (another(one.variable) or has_no_further_value(one.variable))]
    assert sorted(without) == sorted(ONE_VALUE)


@pytest.mark.emulator
@pytest.mark.terraform
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda one: one.name)
def test_next_plan_is_empty(pipeline: Pipeline, step: str, steps: Steps) -> None:
    found = steps[0][step].next_plan[pipeline.name]
    # The emulator returns half of an alarm (tests/local/differences.py)
    changed = {address: set(changes) for address, changes in found.items() if "metric_alarm" not in address}
    names = {transition.name for transition in pipeline.transitions}
    assert changed == (SHOWN_AGAIN if step == STEPS[-1] and "table_on_demand_throughput" in names else {})


@pytest.mark.emulator
@pytest.mark.terraform
@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda one: one.name)
def test_what_the_specification_says_is_replaced_and_nothing_else(pipeline: Pipeline, steps: Steps) -> None:
    replaced = {
        address.partition(".")[0]
        for step in STEPS
        for address, action in steps[0][step].actions[pipeline.name].items()
        if action == "replace"
    }
    assert replaced == pipeline.replaces(), [transition.name for transition in pipeline.transitions]


@pytest.mark.emulator
@pytest.mark.terraform
@pytest.mark.parametrize("resource", CONDITIONAL)
def test_every_conditional_resource_is_created_and_deleted(resource: str, steps: Steps) -> None:
    changed = [steps[0][step].actions for step in STEPS[1:]]
    found = {
        action
        for pipelines_of_step in changed
        for actions in pipelines_of_step.values()
        for address, action in actions.items()
        if address.partition("[")[0] == resource
    }
    assert {"create", "delete"} <= found


@pytest.mark.emulator
@pytest.mark.terraform
@pytest.mark.parametrize(
    ("transition", "pipeline"),
    [pytest.param(one, pipeline, id=one.name) for one, pipeline in TRANSITIONS if one.name not in NOT_HELD],
)
def test_aws_holds_what_the_variable_says(transition: Transition, pipeline: Pipeline, steps: Steps) -> None:
    assert transition.variable.effect
    held = [value(steps[0][step].held[pipeline.name], transition.variable.effect) for step in STEPS]
    wanted = [_wanted(transition, step, pipeline, steps[1]) for step in STEPS]
    if transition.name in KEPT:
        # Known, and written where the argument is described
        assert held[-1] == held[-2] != held[0]
        held, wanted = held[:-1], wanted[:-1]
    for place, one in enumerate(wanted):
        if one is UNKNOWN:
            # A value that the plan does not know: any but that of the example
            assert held[place] not in (None, held[1])
            wanted[place] = held[place]
    assert held == wanted


def _wanted(transition: Transition, step: str, pipeline: Pipeline, names: Mapping[str, str]) -> Any:  # noqa: ANN401
    wanted = transition.expected(step, pipeline.name)
    if wanted is not UNKNOWN:
        wanted = substituted({"": wanted}, names)[""]
    return None if wanted in ([], {}, "") else wanted


@pytest.mark.emulator
@pytest.mark.terraform
@pytest.mark.parametrize(
    ("sent", "pipeline"),
    [
        pytest.param(NOT_HELD[one.name], pipeline, id=one.name)
        for one, pipeline in TRANSITIONS
        if one.name in NOT_HELD and NOT_HELD[one.name].operation
    ],
)
def test_what_no_api_returns_is_sent(sent: NotHeld, pipeline: Pipeline, steps: Steps) -> None:
    for step, text in zip(STEPS[1:], sent.texts, strict=True):
        requests = [request for request in steps[0][step].requests if request.operation == sent.operation]
        texts = [request.text for request in requests if re.search(rf"{pipeline.name}\b", request.text)]
        found = any(text in one for one in texts) if text else not texts
        assert found, (step, [json.dumps(one[:300]) for one in texts])


@pytest.mark.emulator
@pytest.mark.terraform
@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda one: one.name)
def test_nothing_works_without_a_permission_or_a_resource_that_it_uses(pipeline: Pipeline, steps: Steps) -> None:
    found = {need for step in STEPS for need in steps[0][step].gaps[pipeline.name]}
    affected = pipeline.affected()
    assert found == {need for name, (needs, _) in GAPS.items() if name in affected for need in needs}, affected


@pytest.mark.emulator
@pytest.mark.terraform
@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda one: one.name)
def test_what_is_used_is_there_and_allowed_after_every_step(pipeline: Pipeline, steps: Steps) -> None:
    left = {need for step in STEPS for need in steps[0][step].left[pipeline.name]}
    affected = pipeline.affected()
    assert left == {need for name, needs in LEFT.items() if name in affected for need in needs}, affected


@pytest.mark.emulator
@pytest.mark.terraform
def test_every_statement_of_the_role_is_needed_in_some_step(steps: Steps) -> None:
    assert steps[0][STEPS[-1]].needed == {statement.sid for statement in MODULE.statements} - NEVER_NEEDED.keys()
