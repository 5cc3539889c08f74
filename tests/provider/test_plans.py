"""Each build plans, with a provider made from a kept list, on the oldest provider that it asks for and on the newest.

The provider has no behavior of its own but what ``behavior.py`` lists; its schema, and Terraform, are real.
"""

import itertools
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

from generator.render import render
from generator.spec import MODULE, OPTIONS
from generator.spec.model import Variable
from generator.spec.runtimes import AS_OF
from generator.variant import USAGE, Variant
from tests.plan import test_alarms, test_permissions, test_structure
from tests.provider import behavior, kept
from tests.provider.mirror import installed, served
from tests.support.examples import EXAMPLES, workspace
from tests.support.planning import each, refusals, run, write_root
from tests.support.validations import pattern_of, phase_of

pytestmark = pytest.mark.terraform

T = TypeVar("T")
CHECK = "warning: Check block assertion failed"
"""How a warning of the module itself begins."""
NEWEST = kept.versions()[-1]
BUILDS = ("5", "6", "6.30", "6.40")


def _oldest(target: str) -> str:
    """Return the oldest version of which a list is kept, among those that a build asks for."""
    asked = kept.numbers(Variant(provider=target).provider_constraint.removeprefix(">= ").partition(",")[0])
    return next(version for version in kept.versions() if kept.numbers(version) >= asked)


PAIRS = sorted({(target, version) for target in BUILDS for version in (_oldest(target), NEWEST)})
# Other tests plan the same with the real 5.100
NOT_REAL = [pair for pair in PAIRS if pair != ("5", kept.versions()[0])]

PLAN_TESTS = {
    **{f"alarms-{case}": given for case, (given, _) in test_alarms.CASES.items()},
    **{f"permissions-{case}": given for case, (given, _) in test_permissions.CASES.items()},
    **{f"structure-{case}": given for case, given in test_structure.SPECIAL_CASES.items()},
}
"""The cases of the tests in ``tests/plan``; those that need resources of others are planned on 5.100 alone."""


def _mentioned(variable: Variable) -> set[str]:
    """Return the variables that decide, with this one, whether its validations accept it."""
    conditions = " ".join(validation.condition for validation in variable.validations)
    found = set(re.findall(r"var\.(\w+)", conditions))
    for options in OPTIONS:
        if f"local.{options.local}" in conditions:
            found |= {option.name for option in options.variables}
    if variable.name == "event_source_filter_patterns":
        # A plan warns about patterns with an alarm
        found |= {one.name for one in MODULE.variables() if "alarms" in one.features}
    return found | ({"region"} if "local.region" in conditions else set())


MENTIONED = {variable.name: _mentioned(variable) for variable in MODULE.variables()}


def _conflict(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two groups of arguments may contradict each other."""
    if any(other.get(name, value) != value for name, value in one.items()):
        return True
    only_one, only_other = one.keys() - other.keys(), other.keys() - one.keys()
    return any(a in MENTIONED[b] or b in MENTIONED[a] for a in only_one for b in only_other)


def pipelines(target: str) -> dict[str, dict[str, Any]]:
    """Return arguments of as few pipelines as have the examples of every variable between them."""
    found: list[dict[str, Any]] = [{}]
    for variable in MODULE.variables(target):
        example = {**variable.example_with, variable.name: variable.example}
        for given in (example, *variable.examples_since.values()):
            place = next((arguments for arguments in found if not _conflict(arguments, given)), None)
            if place is None:
                found.append(dict(given))
            else:
                place |= given
    named = {f"pipeline{number}": {**USAGE, **given} for number, given in enumerate(found)}
    return {key: {**given, "name": key} for key, given in named.items()}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folder of each build."""
    folders = {}
    for target in BUILDS:
        folders[target] = tmp_path_factory.mktemp("build") / "module"
        for name, content in render(target).items():
            (folders[target] / name).parent.mkdir(parents=True, exist_ok=True)
            (folders[target] / name).write_bytes(content)
    return folders


def _run(folder: Path, version: str, *commands: str) -> list[str]:
    """Run commands of Terraform in a folder with one version of the provider, and return what each printed."""
    run(folder, "init", "-input=false", "-no-color", environment=installed(version, folder / "provider"))
    done = (run(folder, *command.split(), check=False, environment=served(version)) for command in commands)
    return [one.stdout + one.stderr for one in done]


def _parts(whole: Mapping[str, T], size: int = 5) -> Iterator[dict[str, T]]:
    """Yield a few at a time: Terraform takes a third of a second for a module block, a tenth for an instance."""
    for start in range(0, len(whole), size):
        yield dict(itertools.islice(whole.items(), start, start + size))


def _messages(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def _problems(printed: str) -> set[str]:
    """Return the errors and warnings of a plan or an apply, each once."""
    found = [message["diagnostic"] for message in _messages(printed) if message["type"] == "diagnostic"]
    return {f"{problem['severity']}: {problem['summary']}: {problem['detail']}" for problem in found}


def _expected(target: str, version: str) -> set[str]:
    """Return the warnings that cannot be avoided: 5.100 does not have the arguments that replace deprecated ones."""
    paths = behavior.deprecated(version, "aws_dynamodb_table") if target == "5" else set()
    # No example has an index with a sort key
    paths -= {"global_secondary_index.range_key"}
    return {f"warning: Argument is deprecated: aws_dynamodb_table.{path}" for path in paths}


@pytest.mark.parametrize(("target", "version"), PAIRS)
def test_example_of_every_variable_is_applied_and_planned_again_without_a_change(
    target: str, version: str, built: Mapping[str, Path], tmp_path: Path
) -> None:
    cases = pipelines(target)
    write_root(tmp_path, each(cases), built[target])
    applied, planned = _run(tmp_path, version, "apply -json -auto-approve", "plan -json")
    assert _problems(applied) == _problems(planned) == _expected(target, version)
    summaries = [message["changes"] for message in _messages(applied + planned) if message["type"] == "change_summary"]
    *_, after, again = summaries
    assert after["add"] > len(cases)
    assert (again["add"], again["change"], again["remove"]) == (0, 0, 0)


@pytest.mark.parametrize(("target", "version"), NOT_REAL)
def test_every_example_plans(target: str, version: str, built: Mapping[str, Path], tmp_path: Path) -> None:
    modules = set()
    for number, examples in enumerate(_parts(EXAMPLES)):
        folder = tmp_path / f"part{number}"
        folder.mkdir()
        (planned,) = _run(workspace(folder, built[target], {}, examples), version, "plan -json")
        assert _problems(planned) == set()
        changes = [message for message in _messages(planned) if message["type"] == "planned_change"]
        modules |= {message["change"]["resource"]["module"].split(".")[1] for message in changes}
    assert modules == set(EXAMPLES)


@pytest.mark.parametrize(("target", "version"), NOT_REAL)
def test_every_case_of_the_plan_tests_plans(
    target: str, version: str, built: Mapping[str, Path], tmp_path: Path
) -> None:
    planned = set()
    for number, cases in enumerate(_parts(PLAN_TESTS, 20)):
        folder = tmp_path / f"part{number}"
        folder.mkdir()
        write_root(folder, each(cases), built[target])
        (printed,) = _run(folder, version, "plan -json")
        assert {problem for problem in _problems(printed) if not problem.startswith(CHECK)} <= _expected(
            target, version
        )
        planned |= set(re.findall(r'module\.case\[\\"([\w-]+)', printed))
    assert planned == PLAN_TESTS.keys()


@pytest.mark.parametrize(("target", "version"), PAIRS)
def test_native_tests_pass(target: str, version: str, built: Mapping[str, Path], tmp_path: Path) -> None:
    folder = shutil.copytree(built[target], tmp_path / "module")
    (printed,) = _run(folder, version, "test -no-color")
    assert re.search(r"Success! \d\d passed, 0 failed", printed), printed[-3000:]
    assert "Warning" not in printed


def test_old_runtime_and_one_that_the_oldest_provider_rejects_are_warnings(
    built: Mapping[str, Path], tmp_path: Path
) -> None:
    runtimes = ("nodejs20.x", "python3.13", "python3.14", "nodejs26.x")
    write_root(tmp_path, each({f"case{n}": {"function_runtime": one} for n, one in enumerate(runtimes)}), built["5"])
    (planned,) = _run(tmp_path, NEWEST, "plan -json")
    warnings = sorted(problem.partition("failed: ")[2] for problem in _problems(planned))
    assert [warning.partition(". ")[0] + "." for warning in warnings] == [
        'The oldest provider that this module accepts rejects the runtime "nodejs26.x".',
        'The oldest provider that this module accepts rejects the runtime "python3.14".',
        f'The runtime "nodejs20.x" was deprecated before {AS_OF}: AWS no longer updates it.',
    ]
    assert "Require hashicorp/aws in a newer version" in warnings[0]
    assert "Require hashicorp/aws 6.20 or newer" in warnings[1]


NEWER = {
    f"{variable.name}-{position}": (variable.name, validation)
    for variable in MODULE.variables("6")
    for position, validation in enumerate(variable.validations)
    if not (variable.offered_by("5") and validation.applies_to("5"))
}
"""The validations that the build for 5 does not have; the others are planned on 5.100."""


@pytest.fixture(scope="session")
def rejected(built: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Return by variable the messages with which plans rejected the bad values of these validations."""
    found: dict[str, list[str]] = {}
    for phase in sorted({phase_of(*entry) for entry in NEWER.values()}):
        folder = tmp_path_factory.mktemp("rejected")
        (folder / "module").symlink_to(built["6"])
        groups = {
            key.replace("-", "_"): {f"{key}-{number}": bad for number, bad in enumerate(entry[1].invalid_examples)}
            for key, entry in NEWER.items()
            if phase_of(*entry) == phase
        }
        for part in _parts(groups):
            for name, messages in refusals(part, folder, served(NEWEST)).items():
                found.setdefault(name, []).extend(messages)
    return found


@pytest.mark.parametrize("key", NEWER)
def test_bad_value_of_a_newer_argument_is_rejected_with_its_own_message(
    key: str, rejected: Mapping[str, list[str]]
) -> None:
    name, validation = NEWER[key]
    messages = [message for message in rejected.get(name, []) if pattern_of(validation).match(message)]
    assert len(messages) >= len(validation.invalid_examples), rejected.get(name)
