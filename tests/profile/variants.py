"""The variants that the tests build: every feature alone, all at once, the examples, and random ones."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st

from generator.errors import ProfileError
from generator.profile.document import Profile, omissible, read
from generator.profile.variants import variant
from generator.render import render_variant
from generator.spec import MODULE
from generator.spec.features import FEATURES
from generator.spec.model import Variable
from generator.variant import Variant
from tests.support.planning import TOP
from tests.support.specifications import sample

PROFILES = {path.stem: path for path in sorted((TOP / "examples/profiles").glob("*.toml"))}
NEEDED_BY = {name: [feature.name for feature in FEATURES if name in feature.needs] for name in omissible()}
# Without these there is nothing to run
EVERYTHING = [name for name in omissible() if name not in ("function_filename", "function_handler", "function_runtime")]


def of(document: Mapping[str, Any]) -> Variant:
    return variant(Profile(source="test.toml", document=document))


def omitting(*names: str) -> dict[str, Any]:
    """Return a profile without some features, and without those that need them."""
    return {"omit": [*names, *(other for name in names for other in NEEDED_BY[name] if other not in names)]}


def _fixing(variable: Variable) -> dict[str, Any]:
    """Return a profile that fixes a variable at its example, with the arguments that the example needs."""
    values = {variable.name: variable.example, **variable.example_with}
    if not values.keys().isdisjoint(INDEXES):
        values = {name: {} for name in INDEXES} | values
    return {"variables": {name: {"fixed": value} for name, value in values.items() if value is not None}}


# Attributes and indexes must fit each other, so that a profile fixes all of them or none
INDEXES = ("table_attributes", "table_global_secondary_indexes", "table_local_secondary_indexes")
ALONE = {f"without_{feature.name}": omitting(feature.name) for feature in FEATURES}
FIXED = {f"fixing_{variable.name}": _fixing(variable) for variable in MODULE.variables("5")}
REQUIRED = {
    f"needing_{name}": {"variables": {name: {"required": True}}}
    for name in ("existing_table", "existing_function", "existing_role", "on_failure_destination", "table_kms_key_arn")
}
SETTINGS: dict[str, dict[str, Any]] = {
    "everything_omitted": {"omit": EVERYTHING},
    "images_only": omitting("existing_function", "s3_packages", "function_filename"),
    "zip_files_only": omitting("existing_function", "image_packages"),
    "protected": {
        "lifecycle": {"prevent_destroy": True, "ignore_code_changes": True, "ignore_replica_changes": True},
    },
    "autoscaled": {
        "lifecycle": {"autoscaling": True, "prevent_destroy": True},
        "variables": {"table_autoscaling": {"required": True}, "table_billing_mode": {"fixed": "PROVISIONED"}}
        | {f"table_{kind}_capacity": {"default": 5} for kind in ("read", "write")},
    },
    "deployed": {
        "lifecycle": {"function_deployment": True, "ignore_code_changes": True},
        "omit": ["existing_function", "permissions_boundary"],
        "variables": {
            "function_alias": {"required": True},
            "function_deployment": {"fixed": {"type": "linear", "percentage": 20, "interval_minutes": 5}},
        },
    },
    "deployed_at_once": {
        "lifecycle": {"function_deployment": True},
        "omit": ["alarms", "dashboard"],
        "variables": {"function_alias": {"fixed": "live"}, "function_deployment": {"fixed": {"type": "all_at_once"}}},
    },
    "tagged": {"tags": {"required": ["owner"], "patterns": {"cost_center": "^[a-z]+$"}}},
    "narrowed": {
        "variables": {
            "function_memory_size": {"minimum": 256, "maximum": 1024, "default": 512},
            "function_runtime": {"allowed": ["nodejs22.x"]},
            "name": {"pattern": "^orders"},
            "event_source_maximum_record_age_in_seconds": {"maximum": 86400},
        }
    },
    "to_a_bucket": {
        "omit": ["dead_letter_queue", "sqs_destination", "sns_destination"],
        "variables": {"on_failure_destination": {"fixed": {"type": "s3", "arn": "arn:aws:s3:::failed"}}},
    },
    "with_an_alias": {"variables": {"function_alias": {"fixed": "live"}, "function_snap_start": {"fixed": True}}},
    "expiring": {"variables": {"table_ttl_attribute": {"fixed": "expires"}, "table_sort_key": {"required": True}}},
    "in_a_vpc": {"variables": {"function_vpc": {"required": True}, "function_file_system": {"required": True}}},
}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Give profiles that omit, fix, require and change at random; some contradict themselves."""
    omitted = draw(st.lists(st.sampled_from(omissible()), unique=True, max_size=25))
    document: dict[str, Any] = omitting(*omitted)
    document["omit"] = list(dict.fromkeys(document["omit"]))
    variables: dict[str, Any] = {}
    for variable in draw(st.lists(st.sampled_from(MODULE.variables("5")), unique_by=lambda one: one.name, max_size=6)):
        changes: list[dict[str, Any]] = [{"fixed": variable.example}, {"required": True}]
        if variable.type.hcl() in ("string", "number", "bool"):
            changes.append({"default": variable.example})
        variables[variable.name] = draw(st.sampled_from(changes))
    return document | {"variables": variables}


RANDOM = tuple(f"random_{number}" for number in range(10))
"""Names of the random profiles. To make them takes seconds, which is not for the import of a test."""


@cache
def random() -> dict[str, dict[str, Any]]:
    """Return random profiles that do not contradict themselves, the same ones every time."""
    found: list[dict[str, Any]] = []
    for document in sample(documents(), 120):
        try:
            of(document)
        except ProfileError:
            continue
        found.append(document)
    return dict(zip(RANDOM, found[: len(RANDOM)], strict=True))


def profile(name: str) -> Profile:
    """Return one of the profiles of this file."""
    if name in PROFILES:
        return read(PROFILES[name])
    return Profile(
        source="test.toml", document=random()[name] if name in RANDOM else (ALONE | FIXED | REQUIRED | SETTINGS)[name]
    )


@cache
def built(name: str) -> tuple[Variant, Mapping[str, str]]:
    """Return one of the variants of this file, and its files."""
    made = variant(profile(name))
    return made, {path: content.decode() for path, content in render_variant(made).items()}


def call(made: Variant) -> dict[str, Any]:
    """Return the arguments of a call of a variant, as JSON."""
    given: dict[str, Any] = json.loads(json.dumps(made.usage))
    if "function_filename" in given:
        given["function_filename"] = "${path.module}/function.zip"
    return given
