"""``inputs.schema.json``: it accepts what the module accepts, as far as a schema can tell."""

import functools
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.render import SCHEMA, render
from generator.schema import indented, inputs_schema
from generator.spec import MODULE
from generator.spec.model import Module
from tests.support.schemas import draft_2020_12
from tests.support.specifications import modules, values

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

PROVIDERS = ["5", "6"]
SCHEMAS = {provider: inputs_schema(MODULE, provider) for provider in PROVIDERS}
NAME = {"name": "orders"}


def problems(arguments: dict[str, Any], provider: str = "6") -> list[str]:
    return [error.json_path for error in validator(provider).iter_errors(json.loads(json.dumps(NAME | arguments)))]


@functools.cache
def validator(provider: str) -> "Draft202012Validator":
    return draft_2020_12()(SCHEMAS[provider])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(json_values)
def test_indentation_is_that_of_the_library(value: Any) -> None:  # noqa: ANN401
    assert indented(value).decode() == json.dumps(value, indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_rendered_file_is_the_schema(provider: str) -> None:
    rendered = json.loads(render(provider)[SCHEMA])
    assert rendered.pop("$comment").startswith("Generated from generator/schema.py")
    assert rendered == json.loads(json.dumps(SCHEMAS[provider]))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_it_is_a_schema(provider: str) -> None:
    draft_2020_12().check_schema(SCHEMAS[provider])


@pytest.mark.slow
@given(modules(), st.sampled_from(PROVIDERS))
def test_the_schema_of_any_module_is_one(module: Module, provider: str) -> None:
    draft_2020_12().check_schema(inputs_schema(module, provider))


@pytest.mark.slow
@given(modules(), st.data())
def test_the_schema_of_any_module_accepts_values_of_its_types(module: Module, data: st.DataObject) -> None:
    arguments = {
        variable.name: data.draw(values(variable.type), label=variable.name) for variable in module.variables("6")
    }
    draft_2020_12()(inputs_schema(module, "6")).validate(arguments)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_all_defaults_together_are_accepted(provider: str) -> None:
    defaults = {variable.name: variable.default for variable in MODULE.variables(provider) if not variable.required}
    assert not problems(defaults, provider)


def test_null_stands_for_the_default_wherever_there_is_one() -> None:
    for variable in MODULE.variables():
        assert bool(problems({variable.name: None})) == variable.required, variable.name


def test_examples_are_accepted() -> None:
    for variable in MODULE.variables():
        assert not problems({variable.name: variable.example}), variable.name


def test_validations_that_a_schema_can_say_refuse_their_own_bad_values() -> None:
    bad = [
        (variable.name, arguments[variable.name])
        for variable in MODULE.variables("6")
        for validation in variable.validations
        if validation.schema
        for arguments in validation.invalid_examples
    ]
    assert len(bad) > 50
    for name, value in bad:
        assert problems({name: value}) == [f"$.{name}"], (name, value)


def test_values_of_another_type_are_refused() -> None:
    for variable in MODULE.variables():
        wrong = {"a": 1, "b": [[]]} if variable.type.accepts(1) or variable.type.accepts("1") else 1
        assert f"$.{variable.name}" in problems({variable.name: wrong})[0]


def test_exactly_the_name_is_required() -> None:
    assert SCHEMAS["5"]["required"] == ["name"]
    assert list(draft_2020_12()(SCHEMAS["5"]).iter_errors({}))


def test_an_unknown_argument_is_refused() -> None:
    assert problems({"event_source_maximum_retry_attemps": 3}) == ["$"]


def test_an_unknown_attribute_is_refused() -> None:
    assert problems({"table_partition_key": {"name": "id", "type": "S", "typ": "N"}}) == ["$.table_partition_key"]


def test_an_argument_of_provider_6_is_unknown_to_the_schema_for_5() -> None:
    only_6 = {variable.name: variable.example for variable in MODULE.variables() if not variable.offered_by("5")}
    assert only_6
    assert not problems(only_6, "6")
    assert problems(only_6, "5") == ["$"]


def test_every_property_is_described() -> None:
    described = {name: schema["description"] for name, schema in SCHEMAS["6"]["properties"].items()}
    assert described == {variable.name: variable.description for variable in MODULE.variables("6")}
