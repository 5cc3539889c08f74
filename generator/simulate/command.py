"""The commands of the local AWS: turns their options into a scenario, and shows what came of it."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from generator.console import console
from generator.errors import TerraformError, UsageError
from generator.files import replace_file
from generator.mapping import settings as mapping_settings
from generator.mapping.settings import Settings
from generator.simulate import items, page, report, simulation_run
from generator.terraform import Terraform

_SETTINGS: Final = {
    "batch_size": "batch_size",
    "batching_window": "maximum_batching_window_in_seconds",
    "bisect": "bisect_batch_on_function_error",
    "retries": "maximum_retry_attempts",
    "max_age": "maximum_record_age_in_seconds",
    "parallelization": "parallelization_factor",
    "tumbling_window": "tumbling_window_in_seconds",
    "partial_responses": "report_batch_item_failures",
    "starting_position": "starting_position",
    "patterns": "filter_patterns",
    "longest_pause": "longest_pause",
}
"""Each option of the drill that is a setting of the mapping, and its name there."""

_SCENARIO: Final = ("rate", "keys", "size", "shards", "lasts", "seconds", "timeout", "starts")


def drill(given: Mapping[str, Any], *, as_json: bool, html: Path | None) -> None:
    """Run a drill with the options that were given, and print what it found.

    Raises:
        UsageError: an option's value makes no sense, or the plan or the records cannot be used.
        AwsError: the deployed mapping cannot be read.
    """
    if html and html.is_dir():
        raise UsageError(f"--html is {str(html)!r}, which is a folder; it must be a file to write.")
    settings, scenario = _settings(given), _scenario(given)
    found = simulation_run.run(settings, scenario)
    if html:
        _write(html, page.as_html(found))
    if as_json:
        click.echo(json.dumps(report.as_json(found)))
        return
    console().print(report.as_text(found))
    if html:
        click.echo(f"{html} shows it as a page")


def _write(file: Path, text: str) -> None:
    try:
        replace_file(file, text)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from error


def _settings(given: Mapping[str, Any]) -> Settings:
    if "plan" in given and "mapping" in given:
        raise UsageError("--plan and --mapping exclude each other: give one of them.")
    if "address" in given and "plan" not in given:
        raise UsageError("--address chooses a mapping of a plan: give --plan as well, or leave it out.")
    base = Settings()
    if "plan" in given:
        base = _planned(given["plan"], given.get("address"))
    elif "mapping" in given:
        from generator.local import event_poller  # noqa: PLC0415 - imports boto3

        base = event_poller.deployed_settings(given["mapping"])
    changes = {_SETTINGS[name]: value for name, value in given.items() if name in _SETTINGS}
    if "destination" in given:
        changes["destination"] = given["destination"] != "none"
    return replace(base, **changes)


def _planned(file: Path, address: str | None) -> Settings:
    """Return the settings of the mapping in a plan."""
    found = {
        change["address"]: change["change"]
        for change in _plan(file).get("resource_changes", [])
        if change["type"] == "aws_lambda_event_source_mapping" and change["change"].get("after")
    }
    if address and address not in found:
        raise UsageError(f"{file} holds no event source mapping {address}; it holds {', '.join(found) or 'none'}.")
    if not found:
        raise UsageError(f"{file} holds no event source mapping.")
    if len(found) > 1 and not address:
        raise UsageError(f"{file} holds several event source mappings: give --address, one of {', '.join(found)}.")
    change = found[address or next(iter(found))]
    source = change["after"].get("event_source_arn")
    if source and ":dynamodb:" not in source:
        raise UsageError(f"{file} has a mapping whose source is {source}; it must be a DynamoDB stream.")
    return mapping_settings.from_planned(change["after"], change.get("after_unknown") or {})


def _plan(file: Path) -> Mapping[str, Any]:
    """Return a plan in Terraform's JSON form."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    if content.startswith(b"PK"):
        # Terraform's own form, which only it can read, in the folder that it planned.
        try:
            content = Terraform(file.resolve().parent).run("show", "-json", "-no-color", str(file.resolve())).encode()
        except TerraformError as error:
            raise UsageError(f"{file} is not a plan of the root module in its folder: {error}") from error
    try:
        plan = json.loads(content)
    except ValueError:
        plan = None
    if not isinstance(plan, dict) or "planned_values" not in plan:
        raise UsageError(f"{file} is not a plan: it must come from terraform plan -out, or terraform show -json.")
    return plan


def _scenario(given: Mapping[str, Any]) -> simulation_run.Scenario:
    chosen = {name: given[name] for name in _SCENARIO if name in given}
    records = str(given.get("records", "100"))
    if re.fullmatch(r"-?\d+", records):
        chosen["records"] = int(records)
    elif Path(records).exists():
        chosen["events"] = items.read(Path(records))
    else:
        raise UsageError(f"--records is {records!r}; it must be a number or a file with items or stream records.")
    if "fail" in given:
        chosen["failing"] = _numbers(given["fail"])
    if "failure" in given:
        chosen["how"] = simulation_run.How(given["failure"])
    return simulation_run.Scenario(**chosen, refuses=given.get("destination") == "refuses")


def _numbers(text: str) -> frozenset[int]:
    """Return the numbers that a text such as ``2,5-7`` names."""
    numbers: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            raise UsageError(f"--fail is {text!r}; it must be record numbers such as 2 or 5,8-10.")
        if last > simulation_run.MOST_RECORDS:
            raise UsageError(f"--fail names record {last}; a drill has {simulation_run.MOST_RECORDS} records at most.")
        numbers.update(range(first, last + 1))
    return frozenset(numbers)
