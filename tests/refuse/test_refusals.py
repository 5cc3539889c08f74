"""Every bad value that a validation names is planned, and refused with that validation's own message."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from generator.spec import (
    DEAD_LETTER_QUEUE_OPTIONS,
    FUNCTION_OPTIONS,
    LOG_GROUP_OPTIONS,
    MODULE,
    OPTIONS,
    ROLE_OPTIONS,
    TABLE_OPTIONS,
)
from tests.support.planning import refusals
from tests.support.validations import pattern_of, phase_of

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.terraform

VARIABLES = {variable.name: variable for variable in MODULE.variables("5")}
VALIDATIONS = {
    f"{variable.name}-{position}": (variable.name, validation)
    for variable in VARIABLES.values()
    for position, validation in enumerate(variable.validations)
}
CHOICES = {
    "existing_table": TABLE_OPTIONS,
    "existing_function": FUNCTION_OPTIONS,
    "existing_role": ROLE_OPTIONS,
    "function_log_group": LOG_GROUP_OPTIONS,
    "dead_letter_queue_enabled": DEAD_LETTER_QUEUE_OPTIONS,
    "on_failure_destination": DEAD_LETTER_QUEUE_OPTIONS,
}


LOCALS = {
    **{options.local: set(options.expressions("5")) for options in OPTIONS},
    "function_packages": {"function_filename", "function_s3", "function_image_uri"},
    "index_keys": {"table_global_secondary_indexes", "table_local_secondary_indexes"},
    "region": set[str](),
}


def _mentions(name: str) -> set[str]:
    """Return the variables to which the validations of one refer, themselves or through what they refer to."""
    found: set[str] = set()
    ahead = {name}
    while ahead:
        text = " ".join(
            f"{validation.condition} {validation.message}"
            for variable in ahead
            for validation in VARIABLES[variable].validations
        )
        direct = set(re.findall(r"\bvar\.(\w+)", text))
        direct |= {variable for local in re.findall(r"\blocal\.(\w+)", text) for variable in LOCALS[local]}
        ahead = direct - found
        found |= direct
    return found


def groups_of(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the variables in as few groups as let no two of a group be in each other's way.

    What fails in one instance of a block keeps Terraform from checking, in all its instances, the validations that
    refer to it; and each further block costs as much as several instances.
    """
    groups: list[list[str]] = []
    for name in names:
        for group in groups:
            if not any(name in _mentions(other) or other in _mentions(name) for other in group):
                group.append(name)
                break
        else:
            groups.append([name])
    return {f"group_{number}": group for number, group in enumerate(groups)}


@pytest.fixture(scope="session")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Return by variable the messages with which plans refused the bad values of its validations."""
    found: dict[str, list[str]] = {name: [] for name in VARIABLES}
    for phase in range(3):
        cases: dict[str, dict[str, Mapping[str, Any]]] = {}
        for key, (name, validation) in VALIDATIONS.items():
            if phase_of(name, validation) == phase:
                bad = {f"{key}-{number}": arguments for number, arguments in enumerate(validation.invalid_examples)}
                cases.setdefault(name, {}).update(bad)
        groups = {
            group: {key: bad for name in names for key, bad in cases[name].items()}
            for group, names in groups_of(cases).items()
        }
        for name, messages in refusals(groups, tmp_path_factory.mktemp("refuse")).items():
            found[name] += messages
    return found


@pytest.mark.parametrize("key", VALIDATIONS)
def test_every_bad_value_is_refused_with_its_own_message(key: str, refused: dict[str, list[str]]) -> None:
    name, validation = VALIDATIONS[key]
    says = pattern_of(validation)
    assert len([message for message in refused[name] if says.match(message)]) >= len(validation.invalid_examples), (
        refused[name]
    )


@pytest.fixture(scope="session")
def without_effect(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Return what plans say when each option stands, alone, beside the choice that makes it meaningless."""
    groups = {
        choice: {
            f"{choice}-{name}": options.conflict_arguments(VARIABLES[choice], VARIABLES[name])
            for name in options.expressions("5")
        }
        for choice, options in CHOICES.items()
    }
    return refusals(groups, tmp_path_factory.mktemp("options"))


@pytest.mark.parametrize(
    ("choice", "option"), [(choice, name) for choice, options in CHOICES.items() for name in options.expressions("5")]
)
def test_option_without_effect_is_refused_by_name(
    choice: str, option: str, without_effect: dict[str, list[str]]
) -> None:
    message = re.compile(rf"Remove (\w+, )*{option}(, \w+)*: no effect when {choice} is ")
    assert any(message.match(text) for text in without_effect[choice])
