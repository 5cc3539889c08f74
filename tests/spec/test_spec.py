"""``generator.spec``: what holds for every variable, validation and output of this module."""

import graphlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import hcl2
import pytest

from generator.render import render
from generator.spec import MODULE
from generator.spec.model import REQUIRED

VARIABLES = MODULE.variables()
VALIDATIONS = [(variable, validation) for variable in VARIABLES for validation in variable.validations]
# Variables that belong to the whole pipeline, or that another choice is made by
WHOLE = {
    "name",
    "tags",
    "region",
    "existing_table",
    "existing_function",
    "existing_role",
    "on_failure_destination",
    "alarms",
    "alarms_enabled",
}
PREFIXES = {"table_", "function_", "role_", "event_source_", "dead_letter_queue_", "alarm_", "dashboard_"}


@pytest.fixture(scope="module", params=["5", "6"], ids=["provider-5", "provider-6"])
def graph(request: pytest.FixtureRequest) -> dict[str, set[str]]:
    """Give what each variable's validations, local value, resource and data source refers to."""
    bodies = [
        hcl2.loads(content.decode())
        for path, content in render(request.param).items()
        if path.endswith(".tf") and "/" not in path
    ]
    found: dict[str, set[str]] = {}
    for body in bodies:
        for name, value in labeled(body, "locals"):
            found[f"local.{name}"] = set(references(value))
        for name, block in labeled(body, "variable"):
            # A validation names its own variable, which is no cycle
            found[f"var.{name}"] = set(references(block.get("validation", []))) - {f"var.{name}"}
        for kind, prefix in (("resource", ""), ("data", "data.")):
            for of, blocks in labeled(body, kind):
                for name, block in labeled({kind: [blocks]}, kind):
                    found[f"{prefix}{of}.{name}"] = set(references(block))
    return found


def labeled(body: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Any]]:
    """Yield the blocks of one kind, or the attributes of its blocks, by the label or name."""
    for block in body.get(kind, []):
        for label, value in block.items():
            if not label.startswith("__"):
                yield label.strip('"'), value


def references(value: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield what is named in expressions: ``var.x``, ``local.x``, ``aws_x.y``, ``data.aws_x.y``."""
    for match in re.finditer(r"(?<![\w.])(?:(?:var|local|data\.\w+|aws_\w+)\.\w+)", json.dumps(value)):
        yield match[0]


@pytest.mark.slow  # python-hcl2 takes seconds for the module
def test_the_graph_is_one_that_terraform_would_draw(graph: dict[str, set[str]]) -> None:
    """A check of the fixture: it sees through locals, and knows every resource."""
    assert "local.table_options" in graph["var.existing_table"]
    assert "var.table_name" in graph["local.table_options"]
    assert "data.aws_region.current" in graph["local.region"]
    assert "aws_lambda_event_source_mapping.this" in graph


@pytest.mark.slow  # python-hcl2 takes seconds for the module
def test_no_reference_names_what_does_not_exist(graph: dict[str, set[str]]) -> None:
    assert {(name, other) for name, named in graph.items() for other in named if other not in graph} == set()


@pytest.mark.slow  # python-hcl2 takes seconds for the module
def test_no_validation_waits_for_itself(graph: dict[str, set[str]]) -> None:
    """Terraform reports a cycle where the validation of a mentions b and that of b mentions a."""
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert set(order) == set(graph)


def test_examples_are_other_values_than_the_defaults() -> None:
    assert [one.name for one in VARIABLES if one.example == one.default] == []


def test_examples_differ_from_the_defaults_also_when_completed() -> None:
    optional = [one for one in VARIABLES if one.default is not REQUIRED and one.default is not None]
    same = [one.name for one in optional if one.type.complete(one.example) == one.type.complete(one.default)]
    assert same == []


def test_names_begin_with_their_component() -> None:
    others = [one.name for one in VARIABLES if one.name not in WHOLE]
    assert [name for name in others if not name.startswith(tuple(PREFIXES))] == []


def test_every_name_of_the_whole_pipeline_is_a_variable() -> None:
    assert {variable.name for variable in VARIABLES} >= WHOLE


def test_what_an_example_needs_is_a_typed_argument() -> None:
    by_name = {other.name: other for other in VARIABLES}
    for variable in VARIABLES:
        assert variable.name not in variable.example_with
        for name, value in variable.example_with.items():
            assert value is None or by_name[name].type.accepts(value), (variable.name, name)


def test_validations_mention_their_variable() -> None:
    for variable, validation in VALIDATIONS:
        assert f"var.{variable.name}" in set(references(validation.condition)), variable.name


def test_messages_name_their_variable_and_are_sentences() -> None:
    for variable, validation in VALIDATIONS:
        assert re.search(rf"\b{variable.name}\b", validation.message), variable.name
        assert validation.message.rstrip("}").endswith("."), variable.name


def test_refused_values_are_arguments_of_the_module() -> None:
    names = {other.name for other in VARIABLES}
    for variable, validation in VALIDATIONS:
        assert all(bad.keys() <= names for bad in validation.invalid_examples), variable.name


@pytest.mark.parametrize("provider", ["5", "6"])
def test_a_variable_of_both_majors_names_nothing_that_only_one_has(provider: str) -> None:
    offered = {f"var.{variable.name}" for variable in MODULE.variables(provider)}
    for variable in MODULE.variables(provider):
        for validation in variable.validations:
            named = {name for name in references(validation.condition) if name.startswith("var.")}
            assert named <= offered, variable.name


def test_outputs_are_rendered_in_the_order_of_their_names() -> None:
    names = [name for name, _ in labeled(hcl2.loads(render()["outputs.tf"].decode()), "output")]
    assert names == sorted(names)
    assert sorted(names) == sorted(output.name for output in MODULE.outputs())


@pytest.mark.slow  # python-hcl2 takes seconds for the module
def test_outputs_name_only_what_exists(graph: dict[str, set[str]]) -> None:
    for output in MODULE.outputs():
        named = set(references(output.value))
        assert named, output.name
        assert named <= graph.keys(), output.name
