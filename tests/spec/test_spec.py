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
from generator.spec.model import REQUIRED, Validation, Variable

VARIABLES = [pytest.param(variable, id=variable.name) for variable in MODULE.variables()]
VALIDATIONS = [
    pytest.param(variable, validation, id=f"{variable.name}-{number}")
    for variable in MODULE.variables()
    for number, validation in enumerate(variable.validations)
]
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


def test_the_graph_is_one_that_terraform_would_draw(graph: dict[str, set[str]]) -> None:
    """A check of the fixture: it sees through locals, and knows every resource."""
    assert "local.table_options" in graph["var.existing_table"]
    assert "var.table_name" in graph["local.table_options"]
    assert "data.aws_region.current" in graph["local.region"]
    assert "aws_lambda_event_source_mapping.this" in graph


def test_no_reference_names_what_does_not_exist(graph: dict[str, set[str]]) -> None:
    assert {(name, other) for name, named in graph.items() for other in named if other not in graph} == set()


def test_no_validation_waits_for_itself(graph: dict[str, set[str]]) -> None:
    """Terraform reports a cycle where the validation of a mentions b and that of b mentions a."""
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert set(order) == set(graph)


@pytest.mark.parametrize("variable", VARIABLES)
def test_an_example_is_another_value_than_the_default(variable: Variable) -> None:
    assert variable.example != variable.default


@pytest.mark.parametrize("variable", VARIABLES)
def test_an_example_differs_from_the_default_also_when_completed(variable: Variable) -> None:
    example = variable.type.complete(variable.example)
    assert (
        variable.default is REQUIRED or variable.default is None or example != variable.type.complete(variable.default)
    )


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_name_begins_with_its_component(variable: Variable) -> None:
    assert variable.name in WHOLE or any(variable.name.startswith(prefix) for prefix in PREFIXES)


def test_every_name_of_the_whole_pipeline_is_a_variable() -> None:
    assert {variable.name for variable in MODULE.variables()} >= WHOLE


@pytest.mark.parametrize("variable", VARIABLES)
def test_what_an_example_needs_is_a_typed_argument(variable: Variable) -> None:
    by_name = {other.name: other for other in MODULE.variables()}
    assert variable.name not in variable.example_with
    for name, value in variable.example_with.items():
        assert value is None or by_name[name].type.accepts(value)


@pytest.mark.parametrize(("variable", "validation"), VALIDATIONS)
def test_a_validation_mentions_its_variable(variable: Variable, validation: Validation) -> None:
    assert f"var.{variable.name}" in set(references(validation.condition))


@pytest.mark.parametrize(("variable", "validation"), VALIDATIONS)
def test_a_message_names_its_variable_and_is_a_sentence(variable: Variable, validation: Validation) -> None:
    assert re.search(rf"\b{variable.name}\b", validation.message)
    assert validation.message.rstrip("}").endswith(".")


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_refused_value_is_an_argument_of_the_module(variable: Variable) -> None:
    names = {other.name for other in MODULE.variables()}
    for validation in variable.validations:
        assert all(bad.keys() <= names for bad in validation.invalid_examples)


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


@pytest.mark.parametrize("output", MODULE.outputs(), ids=lambda output: output.name)
def test_an_output_names_only_what_exists(output: Any, graph: dict[str, set[str]]) -> None:  # noqa: ANN401
    named = set(references(output.value))
    assert named
    assert named <= graph.keys()
