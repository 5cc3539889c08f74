"""Are misspelled keys rejected by name where Terraform would ignore them?"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.profile.validation_resolver import validation_error
from generator.spec import MODULE
from generator.spec.examples import KEY_ARN, STREAM_ARN
from generator.spec.model import SpecificationError, Variable
from generator.spec.object_keys import ignores_keys, key_rules
from generator.spec.types import STRING, Checked, List, Map, Object, Optional
from tests.support.planning import MODULE as FOLDER

VARIABLES = {variable.name: variable.for_provider("6") for variable in MODULE.variables()}
CHECKED = [variable for variable in VARIABLES.values() if isinstance(variable.type, Checked)]
STATEMENT = {"actions": ["s3:GetObject"], "resources": ["*"]}


def _inner(variable: Variable) -> Object:
    of = variable.type.documented
    inner = of.of if isinstance(of, Map) else of
    assert isinstance(inner, Object)
    return inner


@pytest.mark.parametrize(
    ("name", "value", "unknown"),
    [
        (
            "role_policy_statements",
            {"Read": {**STATEMENT, "condition": []}},
            "Read.condition (did you mean conditions?)",
        ),
        (
            "dead_letter_queue_policy_statements",
            {"A": {"actions": ["sqs:*"], "principal": {}}},
            "A.principal (did you mean principals?)",
        ),
        ("existing_table", {"stream_arn": STREAM_ARN, "kms_key": KEY_ARN}, "kms_key (did you mean kms_key_arn?)"),
        ("on_failure_destination", {"type": "s3", "arn": "arn:aws:s3:::a", "KmsKeyArn": KEY_ARN}, "KmsKeyArn (did you"),
        ("table_replicas", {"us-east-1": {"encryption": KEY_ARN}}, "us-east-1.encryption."),
    ],
)
def test_unknown_key_is_rejected_by_name(name: str, value: Mapping[str, Any], unknown: str) -> None:
    assert f"Got {unknown}" in str(validation_error(VARIABLES[name], value))


@pytest.mark.parametrize("variable", CHECKED, ids=lambda one: one.name)
def test_each_misspelled_key_is_rejected_with_the_suggestion(variable: Variable) -> None:
    mapped = isinstance(variable.type.documented, Map)
    for key in _inner(variable).attributes:
        one = {**(next(iter(variable.example.values())) if mapped else variable.example), f"{key}s_": None}
        assert f"{key}s_ (did you mean {key}?)" in str(validation_error(variable, {"Some": one} if mapped else one))


@pytest.mark.parametrize("variable", CHECKED, ids=lambda one: one.name)
def test_value_of_another_type_is_rejected(variable: Variable) -> None:
    mapped = isinstance(variable.type.documented, Map)
    for key in _inner(variable).attributes:
        one = {**(next(iter(variable.example.values())) if mapped else variable.example), key: {"a": "b"}}
        assert validation_error(variable, {"us-east-1": one} if mapped else one), key


def test_every_key_without_which_a_permission_differs_is_checked() -> None:
    unchecked = [one for one in VARIABLES.values() if ignores_keys(one.type)]
    for variable in unchecked:
        keys = json.dumps(variable.type.json_schema())
        assert "kms_key" not in keys, variable.name
        assert "actions" not in keys, variable.name


def test_keys_are_ignored_only_if_they_are_optional() -> None:
    assert not ignores_keys(Object({"a": STRING}))
    assert ignores_keys(List(Map(Object({"a": Object({"b": Optional(STRING)})}))))
    assert not ignores_keys(Checked(Object({"a": Optional(STRING)})))


def test_keys_of_what_is_not_an_object_cannot_be_checked() -> None:
    with pytest.raises(SpecificationError, match="no keys can be checked in a string"):
        key_rules(Checked(STRING))


@pytest.mark.slow
@pytest.mark.parametrize("name", [one.name for one in VARIABLES.values() if ignores_keys(one.type)])
def test_readme_names_what_stays_open_and_its_command_rejects_it(name: str) -> None:
    if not VARIABLES[name].offered_by("5"):
        return
    readme = (FOLDER / "README.md").read_text()
    assert f"`{name}`" in readme.split("Terraform ignores unknown keys")[1].split("`inputs.schema.json`")[0]
    command = next(line for line in readme.splitlines() if "check-jsonschema" in line).split("| ")[-1].split()
    assert command[0] == "check-jsonschema"
    value = VARIABLES[name].example
    mapped = isinstance(VARIABLES[name].type, Map)
    bad = {key: {**one, "misspelled": 1} for key, one in value.items()} if mapped else {**value, "misspelled": 1}
    done = subprocess.run(
        [Path(sys.executable).with_name("check-jsonschema"), *command[1:]],
        cwd=FOLDER.parent,
        input=json.dumps({"name": "orders", name: bad}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "'misspelled' was unexpected" in done.stdout
