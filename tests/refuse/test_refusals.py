"""Every bad value that a validation names is planned, and refused with that validation's own message."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from generator.spec import (
    DEAD_LETTER_QUEUE_OPTIONS,
    FUNCTION_OPTIONS,
    MODULE,
    ROLE_OPTIONS,
    TABLE_OPTIONS,
)
from generator.spec.model import Validation
from tests.support.planning import Refusal, each, errors, refusals, write_root

pytestmark = pytest.mark.terraform


class Case(NamedTuple):
    """Arguments that one validation of one variable must refuse."""

    variable: str
    validation: Validation
    arguments: Mapping[str, Any]


def _cases() -> dict[str, Case]:
    offered = {variable.name for variable in MODULE.variables(5)}
    return {
        f"{variable.name}-{position}-{example}": Case(variable.name, validation, _offered(arguments, offered))
        for variable in MODULE.variables(5)
        for position, validation in enumerate(variable.validations)
        for example, arguments in enumerate(validation.refuses)
    }


def _offered(arguments: Mapping[str, Any], offered: set[str]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name in offered}


CASES = _cases()


def _phase(case: Case) -> int:
    """Return when Terraform checks a validation: it stops after the first phase in which one fails.

    Those of one argument come first, then those that compare arguments, then those that need the region.
    """
    if "local." in case.validation.condition:
        return 2
    return int(set(re.findall(r"\bvar\.(\w+)", case.validation.condition)) != {case.variable})


@pytest.fixture(scope="session")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Refusal]]:
    """Return by case the messages with which a plan refused it."""
    found: dict[str, list[Refusal]] = {}
    for phase in range(3):
        cases = {name: case.arguments for name, case in CASES.items() if _phase(case) == phase}
        found |= refusals(cases, tmp_path_factory.mktemp("refuse"))
    return found


def _says(validation: Validation) -> re.Pattern[str]:
    """Return a pattern of a validation's message, whatever values it shows."""
    text = validation.message.replace('\\"', '"')
    parts, depth, literal = [], 0, ""
    for index, character in enumerate(text):
        if depth == 0 and text.startswith("${", index):
            parts.append(literal)
            literal = ""
        if character == "{" and (depth or text[index - 1] == "$"):
            depth += 1
        elif character == "}" and depth:
            depth -= 1
            continue
        if depth == 0 and not (character == "$" and text.startswith("${", index)):
            literal += character
    return re.compile(".*".join(map(re.escape, [*parts, literal])), re.DOTALL)


@pytest.mark.parametrize("name", CASES)
def test_bad_value_is_refused_with_its_own_message(name: str, refused: dict[str, list[Refusal]]) -> None:
    case = CASES[name]
    details = [refusal.detail for refusal in refused[name]]
    assert any(_says(case.validation).match(detail) for detail in details), details


CHOICES = {
    "existing_table": TABLE_OPTIONS,
    "existing_function": FUNCTION_OPTIONS,
    "existing_role": ROLE_OPTIONS,
    "dead_letter_queue_enabled": DEAD_LETTER_QUEUE_OPTIONS,
    "on_failure_destination": DEAD_LETTER_QUEUE_OPTIONS,
}


@pytest.fixture(scope="session")
def ignored_by_the_construct(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return all that a plan says when each option stands, alone, beside the choice that makes it meaningless."""
    folder = tmp_path_factory.mktemp("options")
    variables = {variable.name: variable for variable in MODULE.variables(5)}
    root: dict[str, Any] = {"locals": {}, "module": {}}
    for choice, group in CHOICES.items():
        cases = {name: group.beside(variables[choice], variables[name]) for name in group.expressions(5)}
        part = each(cases, block=choice)
        root["locals"] |= part["locals"]
        root["module"] |= part["module"]
    write_root(folder, root)
    return "\n".join(error["detail"] for error in errors(folder))


@pytest.mark.parametrize(
    ("choice", "option"), [(choice, name) for choice, group in CHOICES.items() for name in group.expressions(5)]
)
def test_option_without_effect_is_refused_by_name(choice: str, option: str, ignored_by_the_construct: str) -> None:
    assert re.search(rf"^{choice} is .* refused: (\w+, )*{option}[,.]", ignored_by_the_construct, re.MULTILINE)
