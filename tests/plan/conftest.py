"""The plan that the tests of this folder share."""

import json
import os
from typing import Any

import pytest
from filelock import FileLock

from generator.spec import MODULE
from generator.variant import USAGE
from tests.support.planning import Instance, each, instances, plan, write_root


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Instance]:
    """Return the default instance and, by variable, one with the specification's example, planned at once.

    The first process of pytest that needs the plan makes it, and the others wait for it.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "plan-of-every-example"
    folder.mkdir(exist_ok=True)
    made = folder / "plan.json"
    with FileLock(folder / "lock"):
        if not made.exists():
            cases: dict[str, dict[str, Any]] = {"default": dict(USAGE)}
            for variable in MODULE.variables("5"):
                cases[variable.name] = {**USAGE, **variable.example_with, variable.name: variable.example}
            write_root(folder, each(cases))
            made.write_text(json.dumps(plan(folder)))
    return instances(json.loads(made.read_text()))
