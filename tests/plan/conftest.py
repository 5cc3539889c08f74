"""The plan that the tests of this folder share."""

from typing import Any

import pytest

from generator.spec import MODULE
from generator.variant import USAGE
from tests.support.planning import Instance, plan_instances


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Instance]:
    """Return the default instance and, by variable, one with the specification's example, planned at once."""
    cases: dict[str, dict[str, Any]] = {"default": dict(USAGE)}
    for variable in MODULE.variables("5"):
        cases[variable.name] = {**USAGE, **variable.example_with, variable.name: variable.example}
    return plan_instances(cases, tmp_path_factory.mktemp("plan"))
