"""Messages about lists and maps show the bad entries alone, and null inside a value has a message of the module."""

from collections.abc import Iterator
from typing import Any

import pytest

from generator.spec.examples import KEY_ARN, LAYER_ARN, MANAGED_POLICY_ARN, OTHER_ROLE_ARN, TOPIC_ARN
from generator.spec.types import List, Map, Object, Optional, Type
from tests.refuse.test_refusals import VALIDATIONS, VARIABLES, groups_of
from tests.support.planning import blocks, errors, refusals, write_root
from tests.support.validations import pattern_of

pytestmark = pytest.mark.terraform

_INDEX = {"partition_key": "id", "projection_type": "KEYS_ONLY"}
GOOD: dict[str, Any] = {
    "tags": {"good": "1"},
    "table_attributes": {"good": "S"},
    "table_global_secondary_indexes": {"good": _INDEX},
    "table_local_secondary_indexes": {"good": {"sort_key": "total"}},
    "table_replicas": {"eu-south-1": {"kms_key_arn": KEY_ARN.replace("eu-west-1", "eu-south-1")}},
    "table_stream_readers": {"good": OTHER_ROLE_ARN},
    "function_layers": [LAYER_ARN.replace("common", "good")],
    "function_environment": {"GOOD": "1"},
    "function_alias_routing": {"7": 0.5},
    "role_policy_statements": {"Good": {"actions": ["s3:GetObject"], "resources": ["*"]}},
    "role_managed_policy_arns": {"good": MANAGED_POLICY_ARN.replace("S3", "EC2")},
    "event_source_filter_patterns": ['{"eventID": ["good"]}'],
    "event_source_tags": {"good": "1"},
    "dead_letter_queue_policy_statements": {
        "Good": {"actions": ["sqs:SendMessage"], "principals": {"Service": ["sns.amazonaws.com"]}}
    },
    "alarms": {"throttles": {"threshold": 2}},
    **{
        f"alarm_{kind}": [TOPIC_ARN.replace("alerts", "good")]
        for kind in ("actions", "ok_actions", "insufficient_data_actions")
    },
}
"""An accepted entry of each variable that is a list or a map."""

WHOLE = {
    "function_alias_routing-0": "the map has one entry",
    "table_attributes-2": "no index of the case has the good entry as a key",
    "table_global_secondary_indexes-7": "the good entry has no capacities, and some cases are of provisioned mode",
    "table_replicas-6": "the good entry has a key, and the tables of some cases do not",
}
"""Validations whose messages have the good entry as well, and why."""

CASES = {
    f"{key}-{number}": (key, name, bad)
    for key, (name, validation) in VALIDATIONS.items()
    if name in GOOD
    for number, bad in enumerate(validation.invalid_examples)
    if bad.get(name)
}


def _with_good(name: str, value: Any) -> Any:  # noqa: ANN401 - as the module's arguments
    return [*GOOD[name], *value] if isinstance(value, list) else {**GOOD[name], **value}


def test_every_list_and_map_has_a_good_entry() -> None:
    assert {name for name, one in VARIABLES.items() if isinstance(one.type.documented, (List, Map))} == set(GOOD)


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Return by variable the messages about bad values with a good entry."""
    groups = {
        group: {
            case: {**bad, name: _with_good(name, bad[name])} for case, (_, name, bad) in CASES.items() if name in names
        }
        for group, names in groups_of(GOOD).items()
    }
    return refusals(groups, tmp_path_factory.mktemp("entries"))


@pytest.mark.parametrize("key", sorted({key for key, _, _ in CASES.values()} - WHOLE.keys()))
def test_message_shows_the_bad_entries_alone(key: str, shown: dict[str, list[str]]) -> None:
    name, validation = VALIDATIONS[key]
    good = next(iter(GOOD[name]))
    says = pattern_of(validation)
    messages = [text.partition("This was checked")[0] for text in shown.get(name, ()) if says.match(text)]
    assert messages
    escaped = good.replace('"', '\\"')
    assert [text for text in messages if f'"{escaped}"' in text.partition("Got ")[2]] == []


def _nulls(of: Type | Optional, value: Any) -> Iterator[Any]:  # noqa: ANN401 - as the module's arguments
    """Yield values like this one with null in the place of an element, or of an attribute that is required."""
    if isinstance(of, Optional):
        of = of.type
    if isinstance(of, List):
        yield from ([inner, *value[1:]] for inner in (None, *_nulls(of.of, value[0])))
    elif isinstance(of, Map):
        yield from ({**value, key: inner} for key, one in value.items() for inner in (None, *_nulls(of.of, one)))
    elif isinstance(of, Object):
        for name, attribute in of.attributes.items():
            required = [] if isinstance(attribute, Optional) else [None]
            yield from ({**value, name: inner} for inner in required)
            if value.get(name) is not None:
                yield from ({**value, name: inner} for inner in _nulls(attribute, value[name]))


NULLS = {
    f"{name}_{number}": {**variable.example_with, name: value}
    for name, variable in VARIABLES.items()
    for number, value in enumerate(_nulls(variable.type.documented, variable.example))
}


@pytest.fixture(scope="session")
def null_errors(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Return the errors of plans of every value with null inside.

    The second plan has the values that the first one did not come to: it ends with the validations that need no Region.
    """
    found: list[dict[str, Any]] = []
    for number in range(2):
        folder = tmp_path_factory.mktemp(f"nulls-{number}")
        write_root(folder, blocks({case: bad for case, bad in NULLS.items() if not _refused(case, found)}))
        found += errors(folder)
    return found


def _refused(case: str, found: list[dict[str, Any]]) -> bool:
    return any(one.get("snippet", {}).get("context") == f"module.{case}" for one in found)


def test_null_inside_a_value_is_refused_with_messages_of_the_module_alone(null_errors: list[dict[str, Any]]) -> None:
    raw = [
        f"{one['summary']}: {one['detail']}" for one in null_errors if "checked by the validation" not in one["detail"]
    ]
    assert raw == []


@pytest.mark.parametrize("case", NULLS)
def test_null_inside_a_value_is_refused(case: str, null_errors: list[dict[str, Any]]) -> None:
    assert _refused(case, null_errors)
