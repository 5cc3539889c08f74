"""``generator.spec.provider``: the targets of builds, and the versions of the provider that each asks for."""

import re

import pytest

from generator.render import render
from generator.spec import MODULE
from generator.spec.provider import BROKEN, ProviderError, constraint, has, numbers, target
from generator.variant import Variant


@pytest.mark.parametrize("text", ["5", "6", "6.0", "6.28", "6.30", "6.69"])
def test_target_is_accepted(text: str) -> None:
    assert target(text) == text


@pytest.mark.parametrize("text", ["", "4", "7", "5.100", "6.", "6.70", "6.40.1", "06", "6.04", " 6", "6.-1", "six"])
def test_target_that_no_build_is_for_is_rejected(text: str) -> None:
    with pytest.raises(ProviderError, match=r"is not 5, 6, or a version from 6\.0 to 6\.69"):
        target(text)


def test_target_that_cannot_plan_the_module_is_rejected_with_the_reason() -> None:
    with pytest.raises(ProviderError, match=r'^"6\.29" cannot plan this module: it crashes if'):
        target("6.29")


@pytest.mark.parametrize(
    ("text", "since", "offered"),
    [
        ("5", "5.100", True),
        ("5", "6.0", False),
        ("6", "6.69", True),
        ("6.9", "6.12", False),
        ("6.12", "6.12", True),
        ("6.100", "6.12", True),
    ],
)
def test_target_has_what_is_not_newer(text: str, since: str, *, offered: bool) -> None:
    assert has(text, since) == offered


@pytest.mark.parametrize(
    ("text", "used", "expected"),
    [
        ("5", [], ">= 5.100, < 7.0, != 6.29.0"),
        ("6", [], ">= 6.0, < 7.0, != 6.29.0"),
        ("6", ["5.100", "6.9", "6.12"], ">= 6.12, < 7.0, != 6.29.0"),
        ("6", ["6.30"], ">= 6.30, < 7.0"),
        ("6.28", ["6.12"], ">= 6.28, < 7.0, != 6.29.0"),
        ("6.40", ["6.12"], ">= 6.40, < 7.0"),
    ],
)
def test_constraint(text: str, used: list[str], expected: str) -> None:
    assert constraint(text, used) == expected


def test_every_variable_exists_from_the_version_that_it_names_on() -> None:
    for variable in MODULE.variables():
        if has("5", variable.since_provider):
            continue
        major, minor = numbers(variable.since_provider)
        before = f"{major}.{minor - 1}" if minor else "5"
        assert f'variable "{variable.name}"'.encode() in _variables(variable.since_provider)
        assert f'variable "{variable.name}"'.encode() not in _variables(before)


@pytest.mark.parametrize("version", [version for version, _ in BROKEN.values()])
def test_readme_names_the_version_that_cannot_plan_the_module(version: str) -> None:
    problems = render()["README.md"].decode().partition("## Known problems of provider versions")[2]
    assert f"| {version} |" in problems


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("5", {"6.28", "6.29.0", "6.40", "6.46", "6.30"}),
        ("6.30", {"6.33", "6.40", "6.46", "6.30"}),
        ("6.41", {"6.46"}),
        ("6", set()),
    ],
)
def test_readme_names_the_problems_of_the_versions_that_the_build_accepts(target: str, expected: set[str]) -> None:
    problems = render(target)["README.md"].decode().partition("## Known problems of provider versions")[2]
    ranges = re.findall(r"^\| (?:\S+ to |until about )?(6\.[\d.]+) \|", problems, re.MULTILINE)
    assert set(ranges) == expected
    assert "| 6.28 and later |" in problems


@pytest.mark.parametrize(
    ("constraint_", "version", "accepted"),
    [(">= 6.40, < 7.0", "6.39", False), (">= 6.40, < 7.0", "6.40", True), ("!= 6.50.0, ~> 6.9", "6.10", True)],
)
def test_variant_accepts_what_its_oldest_provider_is_not_newer_than(
    constraint_: str, version: str, *, accepted: bool
) -> None:
    assert Variant(provider_version=constraint_).accepts(version) is accepted


def _variables(provider: str) -> bytes:
    return b"".join(content for path, content in render(provider).items() if path.startswith("variables"))
