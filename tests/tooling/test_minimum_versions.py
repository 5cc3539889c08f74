"""Does generated HCL use nothing that a program does not have in the oldest version that it says it runs on?

The versions are those of the changelogs of both programs, and of runs of a small configuration for each feature on
Terraform 1.9.8, 1.11.4 and 1.15.5 and OpenTofu 1.9.0 and 1.12.6 (2026-11).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import pytest

from generator.compare.reading import document
from generator.profile.document import read
from generator.render import render, render_variant
from tests.profile.variants import PROFILES, SETTINGS, of
from tests.provider.hcl import leaves
from tests.support.examples import EXAMPLES

Version = tuple[int, ...]
NEVER: Version = (99,)


class Feature(NamedTuple):
    """A feature: where it is in a configuration or a test, and the first version of each program that has it."""

    path: str
    terraform: Version
    tofu: Version
    value: str = ""


FEATURES = {
    "deprecated variable or output": Feature(r"(variable|output)\.[^.]+\.deprecated", (1, 15), (1, 10)),
    "constant variable": Feature(r"variable\.[^.]+\.const", (1, 15), (1, 12)),
    "ephemeral variable or output": Feature(r"(variable|output)\.[^.]+\.ephemeral", (1, 10), (1, 11)),
    "ephemeral resource": Feature(r"ephemeral\..*", (1, 10), (1, 11)),
    "write-only argument": Feature(r"resource\..*_wo(_version)?", (1, 11), (1, 11)),
    "type of an output": Feature(r"output\.[^.]+\.type", (1, 15), NEVER),
    "action": Feature(r"action\..*|.*\.lifecycle\.action_trigger\..*", (1, 14), NEVER),
    "list resource": Feature(r"list\..*", (1, 14), NEVER),
    "destroy = false": Feature(r"(resource|data)\..*\.lifecycle\.destroy", (1, 16), (1, 12)),
    "enabled in lifecycle": Feature(r".*\.lifecycle\.enabled", NEVER, (1, 11)),
    "prevent_destroy of a variable": Feature(r".*\.lifecycle\.prevent_destroy", NEVER, (1, 12), r"(?!true|false).*"),
    "removed block": Feature(r"removed\..*", (1, 7), (1, 10)),
    "identity in an import": Feature(r"import\.identity.*", (1, 12), (1, 12)),
    "language block": Feature(r"(terraform\.)?language\..*", NEVER, (1, 12)),
    "variable block in a test": Feature(r"test:variable\..*", (1, 13), NEVER),
    "parallel run": Feature(r"test:(run\.[^.]+|test)\.parallel", (1, 12), NEVER),
    "state_key": Feature(r"test:run\.[^.]+\.state_key", (1, 11), NEVER),
    "skip_cleanup": Feature(r"test:(run\.[^.]+|test)\.skip_cleanup", NEVER, NEVER),
    "override_during": Feature(r"test:.*override_during", (1, 11), NEVER),
    "function of a provider": Feature(r".*", (1, 8), (1, 7), r".*\bprovider::.*"),
    "convert()": Feature(r".*", (1, 15), NEVER, r".*\bconvert\(.*"),
    "ephemeralasnull()": Feature(r".*", (1, 10), (1, 11), r".*\bephemeralasnull\(.*"),
    "templatestring()": Feature(r".*", (1, 9), (1, 7), r".*\btemplatestring\(.*"),
}

ONLY_HERE = {
    "deprecated variable or output": 'variable "a" {\n  deprecated = "b"\n}\n',
    "constant variable": 'variable "a" {\n  const = true\n}\n',
    "ephemeral variable or output": 'output "a" {\n  ephemeral = true\n}\n',
    "ephemeral resource": 'ephemeral "a" "b" {\n  c = 1\n}\n',
    "write-only argument": 'resource "a" "b" {\n  password_wo = "c"\n}\n',
    "type of an output": 'output "a" {\n  type = string\n}\n',
    "action": 'action "a" "b" {\n  config {\n    c = 1\n  }\n}\n',
    "list resource": 'list "a" "b" {\n  provider = c\n}\n',
    "destroy = false": 'resource "a" "b" {\n  lifecycle {\n    destroy = false\n  }\n}\n',
    "enabled in lifecycle": 'resource "a" "b" {\n  lifecycle {\n    enabled = var.c\n  }\n}\n',
    "prevent_destroy of a variable": 'resource "a" "b" {\n  lifecycle {\n    prevent_destroy = var.c\n  }\n}\n',
    "removed block": "removed {\n  from = a.b\n}\n",
    "identity in an import": "import {\n  identity = {\n    a = 1\n  }\n}\n",
    "language block": "language {\n  a = 1\n}\n",
    "variable block in a test": 'variable "a" {\n  type = string\n}\n',
    "parallel run": 'run "a" {\n  parallel = true\n}\n',
    "state_key": 'run "a" {\n  state_key = "b"\n}\n',
    "skip_cleanup": 'run "a" {\n  skip_cleanup = true\n}\n',
    "override_during": 'mock_provider "a" {\n  override_during = plan\n}\n',
    "function of a provider": "locals {\n  a = provider::b::c(1)\n}\n",
    "convert()": "locals {\n  a = convert(1, string)\n}\n",
    "ephemeralasnull()": "locals {\n  a = ephemeralasnull(1)\n}\n",
    "templatestring()": 'locals {\n  a = templatestring("b", {})\n}\n',
}
"""A configuration or test that has the feature alone, so that each pattern is known to find it."""


def _variant(document: Mapping[str, object]) -> dict[str, bytes]:
    return render_variant(of(document))


def _example(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.tf")}


RETAINING = {"lifecycle": {"prevent_destroy": True, "retain": ["table"]}}
GENERATED: dict[str, Callable[[], dict[str, bytes]]] = {
    **{f"build for {target}": partial(render, target) for target in ("5", "6.30", "6.40", "6")},
    **{f"profile {name}": partial(_variant, read(path).document) for name, path in PROFILES.items()},
    **{f"variant {name}": partial(_variant, given) for name, given in {**SETTINGS, "retaining": RETAINING}.items()},
    **{f"example {name}": partial(_example, folder) for name, folder in EXAMPLES.items()},
}


@cache
def generated(name: str) -> dict[str, bytes]:
    """Return files that both programs read, by the name of what they are generated from."""
    return GENERATED[name]()


@cache
def _leaves(text: str) -> list[tuple[str, str]]:
    return list(leaves(document.read("", text)))


def features(name: str, text: str) -> frozenset[str]:
    """Return the features that a file uses."""
    return _features("test:" if name.endswith("test.hcl") else "", text)


@cache
def _features(mark: str, text: str) -> frozenset[str]:
    return frozenset(_found(mark, text))


def _found(mark: str, text: str) -> Iterator[str]:
    for path, value in _leaves(text):
        for feature, (pattern, _, _, wanted) in FEATURES.items():
            where = re.fullmatch(pattern, mark + path) or (mark and re.fullmatch(pattern, path) and wanted)
            if where and re.fullmatch(wanted or ".*", value.lower(), re.DOTALL):
                yield feature


def read_by(program: str, files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the files of HCL that a program reads: OpenTofu takes its own in place of those of the same name."""
    suffixes = {".tf": ".tofu", ".tftest.hcl": ".tofutest.hcl"}
    found = {name: content.decode() for name, content in files.items() if name.endswith(tuple(suffixes))}
    if program == "tofu":
        for plain, own in suffixes.items():
            for name in [name for name in files if name.endswith(own)]:
                found.pop(name.removesuffix(own) + plain, None)
                found[name] = files[name].decode()
    return found


def says_so(feature: str, program: str, text: str) -> bool:
    """Return whether a test itself says that it needs a newer program than the module, which callers do not run."""
    return feature == "override_during" and program == "terraform" and "(Terraform 1.11)" in text


def minimum(files: Mapping[str, str]) -> Version:
    """Return the minimum version that the files ask for."""
    (constraint,) = {
        value.strip('"')
        for text in files.values()
        for path, value in _leaves(text)
        if path == "terraform.required_version"
    }
    match = re.match(r">= (\d+)\.(\d+)", constraint)
    assert match, constraint
    return int(match[1]), int(match[2])


@pytest.mark.parametrize("program", ["terraform", "tofu"])
def test_every_feature_is_in_the_minimum_version(program: str) -> None:
    too_new = set()
    for name in GENERATED:
        files = read_by(program, generated(name))
        oldest = minimum(files)
        too_new |= {
            (name, path, feature)
            for path, text in files.items()
            for feature in features(path, text)
            if getattr(FEATURES[feature], program) > oldest and not says_so(feature, program, text)
        }
    assert too_new == set()


@pytest.mark.parametrize("feature", FEATURES)
def test_feature_is_found_where_it_is_used(feature: str) -> None:
    name = "a.tftest.hcl" if FEATURES[feature].path.startswith("test:") else "a.tf"
    assert features(name, ONLY_HERE[feature]) == {feature}
