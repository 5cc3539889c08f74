"""Every variable changes the plan as its entry says, at its default and at its example."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.spec import MODULE
from generator.spec.model import COMPUTED, SAME, UNKNOWN, Effect, Variable
from generator.variant import USAGE
from tests.plan.test_permissions import CASES
from tests.support.planning import PROVIDER, Instance, each, instances, plan, write_root

VARIABLES = [pytest.param(variable, id=variable.name) for variable in MODULE.variables("5")]


def _effect(variable: Variable) -> Effect:
    assert variable.effect, "say in its entry which value of which planned resource it sets"
    return variable.effect


def _check(instance: Instance, effect: Effect, expected: object, own: object) -> None:
    value = _plain(instance.get(effect.resource, effect.path))
    if expected is UNKNOWN:
        assert _is_unknown(instance, effect)
    elif expected is COMPUTED:
        assert value is not None
    else:
        assert value == _plain(own if expected is SAME else expected)


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return the value without the difference between what is empty and what is not there."""
    return None if value in ([], {}, "") else value


def _is_unknown(instance: Instance, effect: Effect) -> bool:
    return Instance(resources=instance.unknown).get(effect.resource, effect.path) is True


@pytest.mark.terraform
@pytest.mark.parametrize("variable", VARIABLES)
def test_default_is_planned(variable: Variable, planned: Mapping[str, Instance]) -> None:
    effect = _effect(variable)
    default = USAGE.get(variable.name, variable.default)
    _check(planned["default"], effect, effect.default, default)


@pytest.mark.terraform
@pytest.mark.parametrize("variable", VARIABLES)
def test_example_is_planned(variable: Variable, planned: Mapping[str, Instance]) -> None:
    effect = _effect(variable)
    _check(planned[variable.name], effect, effect.example, variable.example)


@pytest.mark.parametrize(
    "variable", [one for one in MODULE.variables() if not one.offered_by("5")], ids=lambda one: one.name
)
def test_variable_that_no_plan_covers_has_an_effect_too(variable: Variable) -> None:
    assert _effect(variable).resource


def test_effect_that_is_known_after_apply_is_expected_in_a_policy() -> None:
    unknown = {variable.name for variable in MODULE.variables("5") if _effect(variable).example is UNKNOWN}
    assert unknown <= {name for arguments, _ in CASES.values() for name in arguments}


@pytest.mark.terraform
def test_every_resource_that_can_be_tagged_is_tagged(planned: Mapping[str, Instance]) -> None:
    untagged = {
        address
        for address, values in planned["tags"].resources.items()
        if "tags" in values and values["tags"] != {"team": "orders"}
    }
    assert untagged == {"aws_lambda_event_source_mapping.this"}


@pytest.mark.terraform
def test_default_tags_of_the_provider_are_those_of_the_mapping_too(tmp_path: Path) -> None:
    cases: dict[str, dict[str, Any]] = {"default": {}, "own": {"event_source_tags": {"team": "orders"}}}
    provider = {"aws": {**PROVIDER["aws"], "default_tags": {"tags": {"stage": "live"}}}}
    write_root(tmp_path, {**each(cases), "provider": provider}, offline=False)
    found = instances(plan(tmp_path))
    tags = {case: one["aws_lambda_event_source_mapping.this"]["tags_all"] for case, one in found.items()}
    assert tags == {"default": {"stage": "live"}, "own": {"stage": "live", "team": "orders"}}
