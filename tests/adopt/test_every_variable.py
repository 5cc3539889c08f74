"""Does a deployed pipeline with the example of a variable give the argument back, for every variable?

The pipelines are those of the module itself, each with the examples of variables that do not affect each other.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from generator.adopt import alarms, reading
from generator.adopt.answers import Answers
from generator.adopt.arguments import IN_STATES_ONLY, NOT_DERIVED
from generator.adopt.choices import choose
from generator.local import emulator
from generator.spec import MODULE
from generator.spec.types import Checked
from tests.local.stepping import Root, substituted
from tests.local.transitions import Pipeline, pipelines, prerequisites

PIPELINES = pipelines("adopted")
BY_NAME = {transition.name: (transition.variable, one) for one in PIPELINES for transition in one.transitions}

OTHERWISE: Mapping[str, str] = {
    "alarm_insufficient_data_actions": "the emulator drops them (tests/local/differences.py)",
    "alarms": "the threshold of one alarm is derived as the variable of that alarm",
    "alarms_enabled": "the alarms of its pipeline have actions, so that they exist without it",
    "dead_letter_queue_kms_data_key_reuse_period_seconds": "the provider sends it when it creates the queue only",
    "existing_function": "a function of the account is taken over",
    "existing_role": "a role that Lambda alone can assume is taken over",
    "existing_table": "a table of the account is taken over",
    "function_alias_version": "the example is the newest version, which is the default",
    "function_publish": "it is derived from versions, and the provider publishes none until the function changes",
    "role_managed_policy_arns": "its keys are not in AWS: they become the names of the policies",
    "table_replicas": "AWS does not say whether tags are copied to a replica: the argument says that they are not",
    "table_ttl_enabled": "DynamoDB does not return the attribute of a TTL that is off",
}
"""Variables whose example is not given back, with the reason, besides those of the command itself."""

INSTEAD = {"alarm_errors_threshold", "table_stream_resource_policy"}
"""Variables that are derived instead of ``alarms`` and ``table_stream_readers``."""


@pytest.fixture(scope="module")
def derived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, dict[str, Any]], Mapping[str, Any]]]:
    """Return the arguments that were derived for each pipeline, and the examples as they were deployed."""
    with emulator.running("ministack") as aws:
        names = prerequisites(aws)
        examples = {name: variable.example for name, (variable, _) in BY_NAME.items()}
        root = Root(aws, tmp_path_factory.mktemp("examples"), [])
        for step in ("default", "example"):
            # Some examples count at the creation of a table, and cannot be created here
            root.step(substituted({one.name: one.arguments(step) for one in PIPELINES}, names))
        outputs = root.runner.output()["pipelines"]
        answers = Answers(aws.client)
        found = {}
        for one in PIPELINES:
            deployed = reading.read(answers, outputs[one.name]["event_source_mapping_uuid"])
            deployed.resources |= alarms.read(answers, one.name, deployed.target)
            found[one.name] = choose(deployed, "5", one.name).arguments
        yield found, substituted({"": examples}, names)[""]


def test_variables_without_an_argument_have_a_reason() -> None:
    names = {variable.name for variable in MODULE.variables()}
    reasons = {**NOT_DERIVED, **IN_STATES_ONLY, **OTHERWISE}
    assert names >= reasons.keys()


@pytest.mark.emulator
@pytest.mark.terraform
@pytest.mark.parametrize("name", sorted(BY_NAME.keys() - NOT_DERIVED.keys() - IN_STATES_ONLY.keys() - OTHERWISE.keys()))
def test_pipeline_with_the_example_gives_the_argument_back(
    name: str, derived: tuple[Mapping[str, Mapping[str, Any]], Mapping[str, Any]]
) -> None:
    variable, one = BY_NAME[name]
    found, examples = derived
    kind = variable.type.of if isinstance(variable.type, Checked) else variable.type
    argument = found[one.name].get(name)
    assert argument is not None, found[one.name]
    assert kind.complete(argument) == kind.complete(examples[name])


@pytest.mark.emulator
@pytest.mark.terraform
@pytest.mark.parametrize(
    "pipeline",
    # Names and existing resources have arguments for what the module would name otherwise, or create
    [one for one in PIPELINES if not any(transition.is_choice for transition in one.transitions)],
    ids=lambda one: one.name,
)
def test_no_other_argument_is_given(
    pipeline: Pipeline, derived: tuple[Mapping[str, Mapping[str, Any]], Mapping[str, Any]]
) -> None:
    given = {name for name, value in pipeline.arguments("example").items() if value is not None}
    assert derived[0][pipeline.name].keys() - given - INSTEAD - {"function_handler", "function_runtime"} == set()
