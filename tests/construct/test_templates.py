"""The module plans what the construct synthesizes, or says how it differs and why."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.spec.examples import ACCOUNT, KEY_ARN, REGION, WITHOUT_FILENAME
from tests.construct.cloudformation import Leaves, of_instance, of_template
from tests.construct.differences import ADDITIONS, DIFFERENCES, Difference, Leaf
from tests.support.planning import apply_mocked, plan_instances

pytestmark = pytest.mark.terraform

TEMPLATES = {path.name[0]: path for path in sorted((Path(__file__).parent / "templates").glob("*.json"))}
NAMES = {variant: path.stem for variant, path in TEMPLATES.items()}


def _code(key: str) -> dict[str, Any]:
    return {
        **WITHOUT_FILENAME,
        "function_s3": {"bucket": f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}", "key": f"{key}.zip"},
        "function_handler": "index.handler",
        "function_runtime": "nodejs22.x",
    }


CODE = _code("a60779c0fdf0496c3563d6f2b7f99bf144a544054aecaa4030f2a116e2f752ee")
# The arguments that answer to the props of each template
INSTANCES: dict[str, dict[str, Any]] = {
    "a": CODE,
    "b": {
        **_code("d14a6dbc3c76abd17fd49a17593db63c2edcaa33b5d60e866329aed36fbb9e8c"),
        "function_runtime": "python3.13",
    },
    "c": {
        **WITHOUT_FILENAME,
        "function_handler": None,
        "function_runtime": None,
        "existing_function": {"arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:mine", "role_name": "mine"},
    },
    "d": {
        **CODE,
        "existing_table": {
            "stream_arn": f"arn:aws:dynamodb:{REGION}:111122223333:table/existing-table/stream/2024-06-22T18:34:05.824"
        },
    },
    "e": {
        **CODE,
        "event_source_batch_size": 55,
        "event_source_bisect_batch_on_function_error": False,
        "event_source_enabled": False,
        "event_source_filter_kms_key_arn": KEY_ARN,
        "event_source_filter_patterns": ['{"eventName":["INSERT"]}', '{"eventName":["REMOVE"]}'],
        "event_source_maximum_batching_window_in_seconds": 30,
        "event_source_maximum_record_age_in_seconds": 3600,
        "event_source_maximum_retry_attempts": 7,
        "event_source_metrics_enabled": True,
        "event_source_parallelization_factor": 4,
        "event_source_starting_position": "LATEST",
    },
    "f": {**CODE, "dead_letter_queue_enabled": False},
    "g": {
        **CODE,
        "dead_letter_queue_name": "my-dlq",
        "dead_letter_queue_message_retention_seconds": 1209600,
        "dead_letter_queue_visibility_timeout_seconds": 120,
    },
    "h": {
        **CODE,
        "table_name": "my-table",
        "table_partition_key": {"name": "pk", "type": "S"},
        "table_sort_key": {"name": "sk", "type": "N"},
        "table_attributes": {"gpk": "S", "gsk": "B", "lsk": "S"},
        "table_billing_mode": "PROVISIONED",
        "table_read_capacity": 3,
        "table_write_capacity": 4,
        "table_class": "STANDARD_INFREQUENT_ACCESS",
        "table_stream_view_type": "KEYS_ONLY",
        "table_kms_key_arn": KEY_ARN,
        "table_ttl_attribute": "ttl",
        "table_global_secondary_indexes": {
            "gsi1": {
                "partition_key": "gpk",
                "sort_key": "gsk",
                "projection_type": "INCLUDE",
                "non_key_attributes": ["x"],
                "read_capacity": 1,
                "write_capacity": 2,
            }
        },
        "table_local_secondary_indexes": {"lsi1": {"sort_key": "lsk"}},
    },
    "i": {
        **CODE,
        "function_name": "my-fn",
        "function_description": "d",
        "function_architecture": "arm64",
        # AWS refuses the template's name, A
        "function_environment": {"AB": "b"},
        "function_memory_size": 512,
        "function_timeout": 30,
        "function_reserved_concurrent_executions": 5,
        "function_tracing_mode": "PassThrough",
    },
}


@pytest.fixture(scope="session")
def constructs() -> dict[str, dict[str, Leaves]]:
    return {variant: of_template(json.loads(path.read_text())) for variant, path in TEMPLATES.items()}


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Leaves]]:
    cases = {variant: {"name": "orders", **arguments} for variant, arguments in INSTANCES.items()}
    planned = plan_instances(cases, tmp_path_factory.mktemp("planned"))
    values, applied = apply_mocked(cases, tmp_path_factory.mktemp("applied"))
    depends_on = {
        resource["address"]: resource.get("depends_on", [])
        for child in values["root_module"]["child_modules"]
        for resource in child["resources"]
    }
    return {
        variant: of_instance(
            planned[variant],
            applied[variant],
            {address: depends_on[f'module.case["{variant}"].{address}'] for address in planned[variant].resources},
        )
        for variant in INSTANCES
    }


def _missing(construct: dict[str, Leaves], module: dict[str, Leaves], variant: str) -> Iterator[Leaf]:
    """Yield the leaves of a construct that the module has not, or with another value."""
    for kind, leaves in construct.items():
        for path, value in leaves.items():
            planned = module.get(kind, {}).get(path)
            if planned != value:
                yield Leaf(variant, kind, path, planned)


def _added(construct: dict[str, Leaves], module: dict[str, Leaves], variant: str) -> Iterator[Leaf]:
    """Yield the leaves that the module sets and the construct does not."""
    for kind, leaves in module.items():
        for path, value in leaves.items():
            if path not in construct.get(kind, {}):
                yield Leaf(variant, kind, path, value)


def _unexplained(leaves: Iterable[Leaf], differences: Iterable[Difference]) -> list[Leaf]:
    return [leaf for leaf in leaves if not any(difference.explains(leaf) for difference in differences)]


def _unused(leaves: Iterable[Leaf], differences: Iterable[Difference]) -> list[Difference]:
    found = list(leaves)
    return [difference for difference in differences if not any(difference.explains(leaf) for leaf in found)]


def test_every_template_is_compared() -> None:
    assert INSTANCES.keys() == TEMPLATES.keys()
    assert len(TEMPLATES) == 9


@pytest.mark.parametrize("variant", TEMPLATES, ids=NAMES.get)
def test_template_has_leaves_of_every_resource(variant: str, constructs: dict[str, dict[str, Leaves]]) -> None:
    resources = json.loads(TEMPLATES[variant].read_text())["Resources"]
    assert len(constructs[variant]) == len(resources)
    assert all(constructs[variant].values())


Sides = dict[str, dict[str, Leaves]]


@pytest.mark.parametrize("variant", TEMPLATES, ids=NAMES.get)
def test_what_the_construct_has_is_planned_or_explained(variant: str, constructs: Sides, modules: Sides) -> None:
    assert _unexplained(_missing(constructs[variant], modules[variant], variant), DIFFERENCES) == []


@pytest.mark.parametrize("variant", TEMPLATES, ids=NAMES.get)
def test_what_the_module_adds_is_explained(variant: str, constructs: Sides, modules: Sides) -> None:
    assert _unexplained(_added(constructs[variant], modules[variant], variant), ADDITIONS) == []


def test_every_difference_still_applies(constructs: Sides, modules: Sides) -> None:
    missing = [leaf for variant in TEMPLATES for leaf in _missing(constructs[variant], modules[variant], variant)]
    assert _unused(missing, DIFFERENCES) == []


def test_every_addition_still_applies(constructs: Sides, modules: Sides) -> None:
    added = [leaf for variant in TEMPLATES for leaf in _added(constructs[variant], modules[variant], variant)]
    assert _unused(added, ADDITIONS) == []


# Most is the same: a translation that lost its way would explain everything away
def test_most_leaves_of_the_construct_are_planned(constructs: Sides, modules: Sides) -> None:
    own = {"Table", "Mapping", "Function"}
    leaves = [
        (variant, kind, path)
        for variant in TEMPLATES
        for kind in constructs[variant].keys() & own
        for path in constructs[variant][kind]
        if not path.startswith("Metadata")
    ]
    missing = {leaf[:3] for variant in TEMPLATES for leaf in _missing(constructs[variant], modules[variant], variant)}
    assert len([leaf for leaf in leaves if leaf not in missing]) > 0.9 * len(leaves)
