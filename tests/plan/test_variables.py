"""Every variable changes the plan as it says, at its default and at one other value."""

from typing import Any

import pytest

from generator.spec import MODULE
from tests.plan.effects import EFFECTS, IN_POLICIES, SAME
from tests.support.planning import Instance

pytestmark = pytest.mark.terraform

VARIABLES = {variable.name: variable for variable in MODULE.variables(5)}


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return the value without the difference between what is empty and what is not there."""
    return None if value in ([], {}, "") else value


def test_every_variable_has_a_row() -> None:
    assert set(VARIABLES) - {"name"} == set(EFFECTS) | IN_POLICIES


@pytest.mark.parametrize("name", EFFECTS)
def test_default_is_planned(name: str, planned: dict[str, Instance]) -> None:
    effect = EFFECTS[name]
    expected = VARIABLES[name].default if effect.default is SAME else effect.default
    assert _plain(planned["default"].get(effect.resource, effect.path)) == _plain(expected)


@pytest.mark.parametrize("name", EFFECTS)
def test_other_value_is_planned(name: str, planned: dict[str, Instance]) -> None:
    effect = EFFECTS[name]
    expected = VARIABLES[name].example if effect.example is SAME else effect.example
    assert _plain(planned[name].get(effect.resource, effect.path)) == _plain(expected)


def test_every_resource_that_can_be_tagged_is_tagged(planned: dict[str, Instance]) -> None:
    untagged = {
        address
        for address, values in planned["tags"].resources.items()
        if "tags" in values and values["tags"] != {"team": "orders"}
    }
    assert untagged == {"aws_lambda_event_source_mapping.this"}
