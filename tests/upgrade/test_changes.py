"""Does a change of each variable of a deployed pipeline replace and delete what its entry says, and nothing else?

The state of one recorded pipeline is copied for each variable; one plan gives each copy the example of its variable.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from generator.spec import MODULE
from generator.spec.model import PARTS, Variable
from tests.support import shared_provider
from tests.support.planning import PACKAGE, each, write_root
from tests.upgrade.record import EMPTY_ZIP, HERE

pytestmark = pytest.mark.terraform

VARIABLES = {variable.name: variable for variable in MODULE.variables("5")}


def _given(variable: Variable) -> dict[str, Any]:
    """Return the arguments that change for the copy of a variable."""
    return {**variable.example_with, variable.name: variable.example}


@pytest.fixture(scope="module")
def changes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, set[str]]]:
    """Return, by variable, the types of the resources that its change replaces and deletes."""
    folder = tmp_path_factory.mktemp("changes")
    state = json.loads((HERE / "1.0.0.json").read_text())["state"]
    deployed = [one for one in state["resources"] if one.get("module") == 'module.case["default"]']
    state["resources"] = [
        {**resource, "module": f'module.case["{name}"]'} for name in VARIABLES for resource in deployed
    ]
    write_root(folder, each({name: {"name": "default"} | _given(variable) for name, variable in VARIABLES.items()}))
    for package in (PACKAGE, "other.zip"):
        (folder / package).write_bytes(EMPTY_ZIP)
    (folder / "terraform.tfstate").write_text(json.dumps(state))
    runner = shared_provider.runner(folder)
    runner.init()
    runner.run("plan", "-input=false", "-refresh=false", "-out=tfplan")
    found: dict[str, dict[str, set[str]]] = {name: {} for name in VARIABLES}
    for change in json.loads(runner.run("show", "-json", "tfplan"))["resource_changes"]:
        actions = set(change["change"]["actions"])
        kind = "replaces" if {"delete", "create"} <= actions else "deletes" if "delete" in actions else ""
        if kind:
            case = change["address"].removeprefix('module.case["').partition('"]')[0]
            found[case].setdefault(kind, set()).add(change["type"])
    return found


def _types(kind: str, variable: Variable) -> set[str]:
    """Return the types that the entries of all variables in the arguments of a copy name."""
    parts = [part for name in _given(variable).keys() & VARIABLES.keys() for part in getattr(VARIABLES[name], kind)]
    return {resource for part in parts for resource in PARTS[part]}


@pytest.mark.parametrize("name", VARIABLES)
def test_change_replaces_and_deletes_what_its_entry_names(
    name: str, changes: Mapping[str, Mapping[str, set[str]]]
) -> None:
    expected = {kind: _types(kind, VARIABLES[name]) for kind in ("replaces", "deletes")}
    if name == "dead_letter_queue_kept":
        del expected["deletes"]
    # What is deleted is not replaced as well
    expected["replaces"] -= expected.get("deletes", set())
    assert changes[name] == {kind: types for kind, types in expected.items() if types}
