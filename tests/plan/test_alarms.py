"""What do the arguments of alarms change, and which arguments does a plan warn about?"""

import json
from pathlib import Path
from typing import Any

import pytest

from generator.spec import ALARM_OPTIONS, MODULE
from generator.spec.examples import OTHER_ACCOUNT, OTHER_STREAM_ARN
from tests.support.planning import Instance, blocks, instances, run, write_root

pytestmark = pytest.mark.terraform

TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"
PAGER = f"{TOPIC}-pager"
ACTIONS = {"alarm_actions": [TOPIC]}
BUCKET = {"on_failure_destination": {"type": "s3", "arn": "arn:aws:s3:::failures"}}
ELSEWHERE = {"existing_table": {"stream_arn": OTHER_STREAM_ARN, "account_id": OTHER_ACCOUNT}}
METRICS = {"event_source_metrics_enabled": True}
PATTERNS = {"event_source_filter_patterns": ['{"eventName": ["INSERT"]}']}
EXAMPLES = {variable.name: variable.example for variable in MODULE.variables("5")}
SETTINGS = {
    "threshold": 7,
    "evaluation_periods": 3,
    "datapoints_to_alarm": 2,
    "period": 60,
    "treat_missing_data": "missing",
}

# The one left out is rejected without the stream of another account
OPTIONS = set(ALARM_OPTIONS.expressions("5")) - {"alarm_cross_account_observability"}

# Case: its arguments, and a part of each warning of its plan
CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "default": ({}, []),
    "enabled": ({"alarms_enabled": True}, []),
    "off": ({**ACTIONS, "alarms_enabled": False}, []),
    "changed": (
        {
            **ACTIONS,
            "alarms": {
                "errors": {**SETTINGS, "actions": [PAGER]},
                "iterator_age": {"threshold": 60},
                "throttles": {"enabled": False},
                "stalled": {"evaluation_periods": 5, "actions": []},
            },
            "alarm_errors_threshold": 9,
            "alarm_dead_letters_threshold": 2,
            "alarm_insufficient_data_actions": [PAGER],
            "alarm_actions_enabled": False,
            "alarm_runbook_url": "https://wiki.example.com/orders",
        },
        [],
    ),
    "one_action": ({"alarms": {"errors": {"actions": [PAGER]}}}, []),
    "bucket": ({**ACTIONS, **BUCKET, **METRICS}, []),
    "bucket_without_metrics": (BUCKET, ["Nothing shows discarded records"]),
    "nowhere": ({**ACTIONS, **METRICS, "dead_letter_queue_enabled": False}, []),
    "old": ({"event_source_maximum_record_age_in_seconds": 86401}, ["Records expire after 86400 seconds"]),
    "day": ({"event_source_maximum_record_age_in_seconds": 86400}, []),
    "without_actions": (
        {name: EXAMPLES[name] for name in OPTIONS},
        [", ".join(sorted(OPTIONS))],
    ),
    "filtered": ({**ACTIONS, **PATTERNS}, ["because filter patterns can filter out every record"]),
    "filtered_with_metrics": ({**ACTIONS, **PATTERNS, **METRICS}, []),
    "filtered_without_the_alarm": ({**ACTIONS, **PATTERNS, "alarm_stalled_minutes": 0}, []),
    "elsewhere": ({**ACTIONS, **ELSEWHERE}, ["because the metrics of the table are in another account"]),
    "elsewhere_observed": ({**ACTIONS, **ELSEWHERE, "alarm_cross_account_observability": True}, []),
    "elsewhere_without_the_alarm": ({**ACTIONS, **ELSEWHERE, "alarms": {"stalled": {"enabled": False}}}, []),
    "absent": ({**ACTIONS, "alarms": {"discarded": {"threshold": 2}}}, ["does not have the alarms: discarded."]),
    "reserved": (
        {"function_reserved_concurrent_executions": 2, "event_source_parallelization_factor": 3},
        ["Lambda throttles the function"],
    ),
    "reserved_enough": (
        {"function_reserved_concurrent_executions": 3, "event_source_parallelization_factor": 3},
        [],
    ),
}


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Instance], list[str]]:
    """Return the instances of all cases, and the warnings of their plan."""
    folder = tmp_path_factory.mktemp("alarms")
    write_root(folder, blocks({case: arguments for case, (arguments, _) in CASES.items()}))
    run(folder, "init", "-input=false", "-no-color")
    lines = run(folder, "plan", "-json", "-input=false", "-out=tfplan").stdout.splitlines()
    diagnostics = [message["diagnostic"] for message in map(json.loads, lines) if message.get("diagnostic")]
    shown = json.loads(run(folder, "show", "-no-color", "-json", "tfplan").stdout)
    return instances(shown), [diagnostic["detail"] for diagnostic in diagnostics]


def _alarm(instances: dict[str, Instance], case: str, name: str) -> Any:  # noqa: ANN401
    address = "stalled[0]" if name == "stalled" else f'this["{name}"]'
    return instances[case].resources.get(f"aws_cloudwatch_metric_alarm.{address}")


def test_plan_warns_about_exactly_these_arguments(planned: tuple[dict[str, Instance], list[str]]) -> None:
    expected = [part for _, parts in CASES.values() for part in parts]
    assert len(planned[1]) == len(expected)
    for part in expected:
        assert sum(part in warning for warning in planned[1]) == 1, part


@pytest.mark.parametrize(
    ("case", "exists"), [("default", False), ("enabled", True), ("off", False), ("one_action", True)]
)
def test_alarms_exist_if_enabled_or_with_an_action(
    case: str, *, exists: bool, planned: tuple[dict[str, Instance], list[str]]
) -> None:
    assert bool(_alarm(planned[0], case, "errors")) is exists


def test_settings_of_an_alarm_are_planned(planned: tuple[dict[str, Instance], list[str]]) -> None:
    errors = _alarm(planned[0], "changed", "errors")
    assert {name: errors[name] for name in SETTINGS} == SETTINGS
    assert errors["alarm_actions"] == [PAGER]
    assert _alarm(planned[0], "changed", "iterator_age")["threshold"] == 60_000
    assert _alarm(planned[0], "changed", "throttles") is None
    stalled = _alarm(planned[0], "changed", "stalled")
    assert (stalled["evaluation_periods"], stalled["alarm_actions"]) == (5, None)


@pytest.mark.parametrize("name", ["dead_letters", "stalled"])
def test_common_settings_are_those_of_every_alarm(name: str, planned: tuple[dict[str, Instance], list[str]]) -> None:
    alarm = _alarm(planned[0], "changed", name)
    assert alarm["insufficient_data_actions"] == [PAGER]
    assert alarm["actions_enabled"] is False
    assert alarm["alarm_description"].endswith(" Runbook: https://wiki.example.com/orders")


def test_variable_of_a_threshold_applies_without_an_entry(planned: tuple[dict[str, Instance], list[str]]) -> None:
    dead_letters = _alarm(planned[0], "changed", "dead_letters")
    assert dead_letters["threshold"] == 2
    assert dead_letters["alarm_actions"] == [TOPIC]


@pytest.mark.parametrize(("case", "exists"), [("bucket", True), ("nowhere", False), ("filtered", False)])
def test_discarded_records_have_an_alarm_with_metrics_and_a_destination(
    case: str, *, exists: bool, planned: tuple[dict[str, Instance], list[str]]
) -> None:
    assert bool(_alarm(planned[0], case, "discarded")) is exists


@pytest.mark.parametrize("decided", [{"alarms_enabled": True}, {}])
def test_number_of_actions_that_is_not_known_needs_a_decision(decided: dict[str, Any], tmp_path: Path) -> None:
    actions = f'${{terraform_data.count.output == 1 ? ["{TOPIC}"] : tolist([])}}'
    root = blocks({"case": {"alarm_actions": actions, **decided}})
    write_root(tmp_path, {**root, "resource": {"terraform_data": {"count": {"input": 1}}}})
    run(tmp_path, "init", "-input=false", "-no-color")
    done = run(tmp_path, "plan", "-input=false", "-no-color", check=False)
    assert ("Invalid for_each argument" in done.stderr) is not bool(decided)
    assert done.returncode == int(not decided)
