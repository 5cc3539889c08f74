"""What can go wrong with a pipeline, what shows it, and where ``docs/runbook/`` says what to do.

``test_trouble.py`` holds each row: its alarms, and no others, go off when the local mapping, which does what was seen
on AWS, meets the case.
"""

from dataclasses import dataclass, field
from typing import Any

from generator.simulate.simulation_run import FailureMode, Scenario

HOUR = 3600.0

WATCHED = 12 * HOUR
"""Seconds within which an alarm is to go off; after a day, records are lost."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One failure.

    ``heading`` is that of its paragraph, ``alarms`` are those that go off, ``silent`` those that one might expect and
    that do not, each with the reason. ``settings`` and ``scenario`` let it happen in simulated time; where there is no
    scenario, it is run on the AWS emulator.
    """

    heading: str
    alarms: tuple[str, ...]
    silent: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    scenario: Scenario | None = None


CASES = {
    "failing record, raised": Case(
        heading="A failing record",
        alarms=("errors", "dead_letters"),
        settings={"maximum_retry_attempts": 5},
        scenario=Scenario(records=600, rate=10, failing=frozenset([300])),
    ),
    "failing record, reported": Case(
        heading="A failing record",
        alarms=("dead_letters",),
        silent={"errors": "an invocation that reports a record has succeeded: no metric of Lambda counts it"},
        settings={"maximum_retry_attempts": 5},
        scenario=Scenario(records=600, rate=10, failing=frozenset([300]), failure_mode=FailureMode.REPORT),
    ),
    "failing record, reported, with 500 retries": Case(
        heading="A failing record",
        alarms=("iterator_age", "stalled"),
        silent={
            "errors": "as above",
            "dead_letters": "the document comes when the record is a day old",
        },
        scenario=Scenario(records=40_000, rate=1, failing=frozenset([300]), failure_mode=FailureMode.REPORT),
    ),
    "function always fails": Case(
        heading="A function that always fails",
        alarms=("errors", "dead_letters"),
        settings={"maximum_retry_attempts": 5},
        scenario=Scenario(records=100, rate=1, failing=frozenset(range(1, 101))),
    ),
    "function is throttled": Case(
        heading="A throttled function",
        alarms=("throttles", "stalled"),
        silent={
            "errors": "a throttled invocation does not reach the function",
            "dead_letters": "throttling spends no retries: the document comes when the record is a day old",
            "iterator_age": "a batch that never ends has no age",
        },
        scenario=Scenario(
            records=4000,
            rate=1,
            failing=frozenset(range(1, 4001)),
            failure_mode=FailureMode.THROTTLE,
            failure_duration=25 * HOUR,
        ),
    ),
    "destination refuses": Case(
        heading="A delivery that fails",
        alarms=("errors", "failed_deliveries"),
        silent={"dead_letters": "nothing reaches the queue"},
        settings={"maximum_retry_attempts": 5},
        scenario=Scenario(records=100, rate=10, failing=frozenset([50]), destination_fails=True),
    ),
    "stream permission revoked": Case(
        heading="A mapping without permission",
        alarms=("stalled",),
        silent={
            "iterator_age": "nothing is invoked, so that no age is measured",
            "errors": "as above",
            "throttles": "as above",
        },
    ),
    "mapping disabled": Case(
        heading="A disabled mapping",
        alarms=("stalled",),
        silent={"iterator_age": "nothing is invoked, so that no age is measured"},
        settings={"enabled": False},
        scenario=Scenario(records=4000, rate=1),
    ),
    "iterator age grows": Case(
        heading="A growing iterator age",
        alarms=("iterator_age",),
        silent={"errors": "nothing fails", "stalled": "the function is invoked all the time"},
        scenario=Scenario(records=100_000, rate=10, invocation_seconds=20),
    ),
    "nothing is wrong": Case(
        heading="Alarms",
        alarms=(),
        scenario=Scenario(records=4000, rate=1),
    ),
    "table is idle": Case(
        heading="Alarms",
        alarms=(),
        scenario=Scenario(records=1),
    ),
}
"""The cases by what a reader would call them."""
