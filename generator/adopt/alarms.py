"""The alarms and the dashboard that have the names which the module gives to those of a pipeline, and their arguments.

Alarms with other names stay as they are: the name of an alarm cannot change.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from generator.adopt.answers import Answers, by_key
from generator.adopt.resources import DASHBOARD, MAPPING, Deployed, Resource, Values, at, snake
from generator.arn import Arn

_ALARM: Final = "aws_cloudwatch_metric_alarm"
STALLED: Final = f"{_ALARM}.stalled[0]"
METRICS: Final = {
    "iterator_age": "IteratorAge",
    "errors": "Errors",
    "throttles": "Throttles",
    "dead_letters": "ApproximateNumberOfMessagesVisible",
    "failed_deliveries": "DestinationDeliveryFailures",
    "discarded": "OnFailureDestinationDeliveredEventCount",
}
"""The metrics of the alarms by their keys in the argument ``alarms``."""

_PERIOD: Final = 300
_MILLISECONDS: Final = 1000


def read(answers: Answers, name: str, scope: Arn) -> Iterator[tuple[str, Resource]]:
    """Yield the alarms and the dashboard of a pipeline with this name. Takes an ARN of its Region and account."""
    for alarm in answers.pages("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=f"{name}-"):
        key = alarm["AlarmName"].removeprefix(f"{name}-").replace("-", "_")
        if key == "stalled" or (key in METRICS and alarm.get("MetricName") == METRICS[key]):
            tags = by_key(answers.get("cloudwatch", "list_tags_for_resource", "Tags", ResourceARN=alarm["AlarmArn"]))
            address = STALLED if key == "stalled" else f'{_ALARM}.this["{key}"]'
            yield address, Resource({**_values(alarm), "tags": tags}, alarm["AlarmName"])
    board = f"{name}-{scope.region}"
    for found in answers.pages("cloudwatch", "list_dashboards", "DashboardEntries", DashboardNamePrefix=board):
        if found["DashboardName"] == board:
            yield DASHBOARD, Resource({"dashboard_name": board}, board)


def _values(alarm: Mapping[str, Any]) -> dict[str, Any]:
    values = {snake(name): value for name, value in alarm.items()}
    threshold = values.get("threshold")
    whole = isinstance(threshold, float) and threshold.is_integer()
    return {**values, "threshold": int(threshold) if whole and threshold is not None else threshold}


def addresses(deployed: Deployed) -> list[str]:
    """Return the addresses of the alarms that are taken over."""
    return [address for address in deployed.resources if address.startswith(_ALARM)]


def _enabled(deployed: Deployed, _name: str) -> bool | None:
    names = ("alarm_actions", "ok_actions", "insufficient_data_actions")
    found = [deployed.values(address) for address in addresses(deployed)]
    return True if found and not any(values.get(name) for values in found for name in names) else None


def _iterator_age(deployed: Deployed, _name: str) -> int | None:
    threshold = deployed.values(f'{_ALARM}.this["iterator_age"]').get("threshold")
    return int(threshold) // _MILLISECONDS if threshold else None


def _stalled(deployed: Deployed, _name: str) -> int | None:
    periods = deployed.values(STALLED).get("evaluation_periods")
    if periods:
        return int(periods) * 5
    filtered = at(deployed.values(MAPPING), "filter_criteria.0.filter")
    return 0 if addresses(deployed) and not filtered else None


def _runbook(deployed: Deployed, _name: str) -> str | None:
    descriptions = (str(deployed.values(address).get("alarm_description")) for address in addresses(deployed))
    return next((text.partition(" Runbook: ")[2] for text in descriptions if " Runbook: " in text), None)


def _settings(deployed: Deployed, _name: str) -> dict[str, Any] | None:
    """Return what one alarm has otherwise than the variables of all alarms, by its key."""
    if not addresses(deployed):
        return None
    common = deployed.values(f'{_ALARM}.this["errors"]').get("alarm_actions") or []
    found: dict[str, Any] = {}
    for key in METRICS:
        values = deployed.values(f'{_ALARM}.this["{key}"]')
        if values:
            found[key] = dict(_differing(key, values, common))
        elif _would_exist(key, deployed):
            found[key] = {"enabled": False}
    return {key: settings for key, settings in found.items() if settings} or None


def _differing(key: str, values: Values, common: list[str]) -> Iterator[tuple[str, Any]]:
    if key == "discarded" and values.get("threshold") != 1:
        yield "threshold", values.get("threshold")
    if values.get("evaluation_periods", 1) != 1:
        yield "evaluation_periods", values["evaluation_periods"]
    if values.get("datapoints_to_alarm"):
        yield "datapoints_to_alarm", values["datapoints_to_alarm"]
    if values.get("period", _PERIOD) != _PERIOD:
        yield "period", values["period"]
    if (values.get("alarm_actions") or []) != common:
        yield "actions", values.get("alarm_actions") or []
    default = "ignore" if key == "iterator_age" else "notBreaching"
    if (values.get("treat_missing_data") or default) != default:
        yield "treat_missing_data", values["treat_missing_data"]


def _would_exist(key: str, deployed: Deployed) -> bool:
    """Return whether the module creates an alarm if it creates any."""
    if key == "discarded":
        return bool(deployed.destination and at(deployed.values(MAPPING), "metrics_config.0.metrics"))
    if key == "dead_letters":
        return ":sqs:" in deployed.destination
    return key != "failed_deliveries" or bool(deployed.destination)


RULES: Final[Mapping[str, Callable[[Deployed, str], Any]]] = {
    "alarm_iterator_age_threshold_seconds": _iterator_age,
    "alarm_runbook_url": _runbook,
    "alarm_stalled_minutes": _stalled,
    "alarms": _settings,
    "alarms_enabled": _enabled,
}
"""The variables of alarms whose values have another form than those of an alarm."""
