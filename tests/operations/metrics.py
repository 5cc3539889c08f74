"""The metrics of a simulation in periods of 5 minutes, and the state of planned alarms for them."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from generator.simulate.simulation_run import DeliveryStatus, Report

PERIOD = 300

Series = Mapping[int, float]
"""Values by the number of their period; where there is none, CloudWatch has no data."""


def metrics(report: Report, until: float) -> dict[tuple[str, str], Series]:
    """Return a pipeline's metrics up to some time, by namespace and name, each with the statistic of its alarm."""
    invocations = [one for one in report.invocations if one.ended < until]
    discarded = [one for one in report.discarded if one.at < until]
    reached = [one for one in invocations if one.outcome != "throttled"]
    ages: dict[int, float] = {}
    for one in reached:
        # In milliseconds, when the function has finished with a batch (AWS, "Monitoring with CloudWatch Logs")
        ages[_period(one.ended)] = max(ages.get(_period(one.ended), 0.0), one.age * 1000)
    return {
        ("AWS/Lambda", "IteratorAge"): ages,
        ("AWS/Lambda", "Invocations"): _counted(one.began for one in reached),
        ("AWS/Lambda", "Errors"): _counted(one.ended for one in reached if one.outcome in {"error", "timeout"}),
        ("AWS/Lambda", "Throttles"): _counted(one.began for one in invocations if one.outcome == "throttled"),
        ("AWS/Lambda", "DestinationDeliveryFailures"): _counted(
            one.at for one in discarded if one.delivery is DeliveryStatus.FAILED
        ),
        ("AWS/Lambda", "OnFailureDestinationDeliveredEventCount"): _counted(
            one.at for one in discarded if one.delivery is DeliveryStatus.DELIVERED
        ),
        ("AWS/Lambda", "PolledEventCount"): _counted(one.began for one in reached),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): _counted(
            one.at for one in discarded if one.delivery is DeliveryStatus.DELIVERED
        ),
        ("AWS/DynamoDB", "ConsumedWriteCapacityUnits"): _counted(
            report.scenario.record(number).arrival for number in range(1, report.scenario.count + 1)
        ),
    }


def states(alarm: Mapping[str, Any], found: Mapping[tuple[str, str], Series], until: float) -> list[bool]:
    """Return whether an alarm of a plan is on, after each period up to some time.

    It is on while so many periods in succession reach its threshold; where there is no data, it stays as it is or takes
    that for good, as it says (AWS, "Configuring how CloudWatch alarms treat missing data").
    """
    assert alarm["comparison_operator"] == "GreaterThanOrEqualToThreshold"
    series = _stalled(alarm, found) if alarm["metric_query"] else found[alarm["namespace"], alarm["metric_name"]]
    result, row, on = [], 0, False
    for period in range(_period(until)):
        value = series.get(period)
        if value is not None or alarm["treat_missing_data"] != "ignore":
            row = row + 1 if value is not None and value >= alarm["threshold"] else 0
            on = row >= alarm["evaluation_periods"]
        result.append(on)
    return result


def _stalled(alarm: Mapping[str, Any], found: Mapping[tuple[str, str], Series]) -> Series:
    """Evaluate the one expression that the module has."""
    queries = {query["id"]: query for query in alarm["metric_query"]}
    assert queries["stalled"]["expression"] == "IF(FILL(written, 0) > 0 AND FILL(read, 0) == 0, 1, 0)"
    written, read = (
        found[query["metric"][0]["namespace"], query["metric"][0]["metric_name"]]
        for query in (queries["written"], queries["read"])
    )
    periods = range(max([*written, *read], default=0) + 1)
    return {period: float(written.get(period, 0) > 0 and read.get(period, 0) == 0) for period in periods}


def _period(at: float) -> int:
    return math.floor(at / PERIOD)


def _counted(times: Iterable[float]) -> Series:
    return {period: float(count) for period, count in Counter(map(_period, times)).items()}
