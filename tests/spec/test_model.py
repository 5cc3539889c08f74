"""``generator.spec.model``: a specification that exists is a sound one."""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from generator.spec.conflicts import ConflictingVariables, is_set_expression
from generator.spec.model import (
    REQUIRED,
    Component,
    Module,
    Output,
    SpecificationError,
    Validation,
    Variable,
)
from generator.spec.types import BOOL, NUMBER, STRING, List, Map, Object

SIZE = Variable(name="size", type=NUMBER, default=1, example=2, description="How many.")
ARN = Output(name="arn", description="What it is called.", value="local.arn")


def module(*variables: Variable, outputs: tuple[Output, ...] = (), name: str = "one") -> Module:
    component = Component(name=name, title="One", variables=variables, outputs=outputs)
    return Module(name="m", version="1", terraform=">= 1.9", components=(component,))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"description": " \n"}, "variable size: it has no description"),
        ({"default": "1"}, "variable size: its default '1' is not a number"),
        ({"default": True}, "variable size: its default True is not a number"),
        ({"example": "2"}, "variable size: its example '2' is not a number"),
        ({"name": "Size"}, "variable Size: a name is lower-case letters, digits and underscores"),
        ({"name": "si-ze"}, "variable si-ze: a name is"),
        ({"name": ""}, "variable : a name is"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_a_variable_that_contradicts_itself_is_refused(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(SpecificationError, match=problem):
        replace(SIZE, **change)


def test_a_validation_without_a_refused_value_is_refused() -> None:
    with pytest.raises(SpecificationError, match=r"without a value that it rejects: var\.size > 0"):
        Validation(condition="var.size > 0", message="size must be positive.", invalid_examples=())


def test_an_output_without_a_description_is_refused() -> None:
    with pytest.raises(SpecificationError, match="output arn: it has no description"):
        replace(ARN, description="")


def test_two_variables_of_one_name_are_refused() -> None:
    with pytest.raises(SpecificationError, match="variable size: the name is used more than once"):
        module(SIZE, replace(SIZE, default=3))


def test_two_variables_of_one_name_are_refused_across_components() -> None:
    one, other = (Component(name=name, title=name, variables=(SIZE,)) for name in ("one", "other"))
    with pytest.raises(SpecificationError, match="variable size"):
        replace(module(), components=(one, other))


def test_two_outputs_of_one_name_are_refused() -> None:
    with pytest.raises(SpecificationError, match="output arn: the name is used more than once"):
        module(SIZE, outputs=(ARN, ARN))


def test_two_components_of_one_name_are_refused() -> None:
    component = Component(name="one", title="One", variables=())
    with pytest.raises(SpecificationError, match="component one: the name is used more than once"):
        replace(module(), components=(component, component))


def test_a_specification_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        SIZE.default = 3  # type: ignore[misc]


def test_a_variable_without_a_default_is_required() -> None:
    assert replace(SIZE, default=REQUIRED).required
    assert not replace(SIZE, default=None).required


def test_null_is_a_value_only_where_it_is_the_default() -> None:
    assert [replace(SIZE, default=default).nullable for default in (REQUIRED, None, 1)] == [False, True, False]


def test_a_module_tells_the_variables_of_one_provider_major() -> None:
    of_6 = replace(SIZE, name="only_six", since_provider="6.12")
    both = module(SIZE, of_6)
    assert [variable.name for variable in both.variables("5")] == ["size"]
    assert [variable.name for variable in both.variables("6.11")] == ["size"]
    assert [variable.name for variable in both.variables("6.12")] == ["size", "only_six"]
    assert [variable.name for variable in both.variables("6")] == ["size", "only_six"]
    assert both.variables() == both.variables("6")


@pytest.mark.parametrize(
    ("change", "expression"),
    [
        ({"type": BOOL, "default": True, "example": False}, "!var.size"),
        ({"type": BOOL, "default": False, "example": True}, "var.size"),
        ({"default": None}, "var.size != null"),
        ({"default": 0}, "var.size != 0"),
        ({"type": STRING, "default": "", "example": "a"}, 'var.size != ""'),
        ({"type": STRING, "default": "${", "example": "a"}, 'var.size != "$${"'),
        ({"type": List(STRING), "default": [], "example": ["a"]}, "length(var.size) > 0"),
        ({"type": Map(STRING), "default": {}, "example": {"a": "b"}}, "length(var.size) > 0"),
        (
            {"type": Object({"a": NUMBER}), "default": {"a": 1}, "example": {"a": 2}},
            "jsonencode(var.size) != jsonencode({ a = 1 })",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_option_is_given_when_it_differs_from_its_default(change: dict[str, Any], expression: str) -> None:
    assert is_set_expression(replace(SIZE, **change)) == expression


def test_a_choice_rejects_the_variables_that_it_makes_meaningless() -> None:
    enabled = Variable(name="enabled", type=BOOL, default=True, example=False, description="Whether there is one.")
    refused = ConflictingVariables("queue_options", "without a queue", (SIZE,)).rejected_with(enabled).validations[-1]
    assert refused.condition == "var.enabled || length(local.queue_options) == 0"
    assert refused.invalid_examples == ({"enabled": False, "size": 2},)
    assert refused.message == 'Remove ${join(", ", local.queue_options)}: no effect when enabled is false.'


def test_required_variable_is_not_deprecated() -> None:
    with pytest.raises(SpecificationError, match="a deprecated variable needs a default"):
        replace(SIZE, default=REQUIRED, deprecated="Use another one.")
