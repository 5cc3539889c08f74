"""The command ``simulate``: its options become settings and a scenario, and it prints the report."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from generator import items
from generator.console import console
from generator.errors import TerraformError, UsageError
from generator.files import check_outputs, replace_file, resolved
from generator.filter_rules import problem
from generator.mapping import settings as mapping_settings
from generator.mapping.filters import Filter
from generator.mapping.settings import Settings
from generator.parsing import ParseError, exists, expect, is_encrypted, parse_json, read_bytes, reported
from generator.simulate import page, report, simulation_run
from generator.simulate.module_settings import check, module_settings
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
}
"""The options that set a variable of the module."""

_EARLIER_NAMES: Final = {"lasts": "failure_duration", "seconds": "invocation_seconds", "starts": "mapping_start"}
"""Earlier names of options, which are still accepted."""

_STRING: Final = {"type": "string"}
_CHANGE: Final = {"type": "object", "properties": {"after": {"type": ["object", "null"]}}}
_RESOURCE_CHANGE: Final = {
    "type": "object",
    "properties": {"address": _STRING, "type": _STRING, "change": _CHANGE},
    "required": ["address", "type", "change"],
}
_PLAN: Final = {
    "type": "object",
    "properties": {"resource_changes": {"type": ["array", "null"], "items": _RESOURCE_CHANGE}},
    "required": ["planned_values"],
}
"""What this program reads of a plan in Terraform's JSON form (Terraform, "JSON Output Format", plan representation)."""

_PLAN_ADVICE: Final = "Use the output of terraform plan -out or terraform show -json."

_SCENARIO: Final = ("rate", "keys", "size", "shards", "timeout", *_EARLIER_NAMES.values())
"""Options of the scenario that are named as its fields."""


def simulate(options: Mapping[str, Any], *, as_json: bool, html: Path | None) -> None:
    """Run a simulation with the options that are set, and print its report.

    Raises:
        UsageError: an option, the plan or the records cannot be used.
        AwsError: the deployed mapping cannot be read.
    """
    if html and html.is_dir():
        raise UsageError(f'--html: "{html}" is a directory. Use the name of a file to write.')
    records = _records(options)
    check_outputs(
        {"--html": html}, {"--plan": options.get("plan"), "--records": None if isinstance(records, int) else records}
    )
    options = {_EARLIER_NAMES.get(name, name): value for name, value in options.items()}
    result = simulation_run.run(_settings(options), _scenario(options, records))
    if html:
        try:
            replace_file(html, page.as_html(result))
        except OSError as error:
            raise UsageError(f'--html: cannot write "{html}": {error.strerror}.') from error
    if as_json:
        click.echo(json.dumps(report.as_json(result)))
        return
    console().print(report.as_text(result))
    if html:
        click.echo(f"Wrote {html}")


def _settings(options: Mapping[str, Any]) -> Settings:
    if "plan" in options and "mapping" in options:
        raise UsageError("Set only one of --plan and --mapping.")
    if "address" in options and "plan" not in options:
        raise UsageError("--address: it selects a mapping of a plan. Set --plan, or remove --address.")
    base = module_settings()
    if "plan" in options:
        base = _planned(options["plan"], options.get("address"))
    elif "mapping" in options:
        base = _deployed(options["mapping"])
    changes = {name: options[option] for option, name in _SETTINGS.items() if option in options}
    for option, name in _SETTINGS.items():
        if name in changes:
            check(name, changes[name], f"--{option.replace('_', '-')}")
    if "patterns" in options:
        changes["filter_patterns"] = checked_patterns(options["patterns"])
    if "longest_pause" in options:
        changes["longest_pause"] = options["longest_pause"]
    if "destination" in options:
        changes["destination"] = options["destination"] != "none"
    return replace(base, **changes)


def checked_patterns(patterns: Sequence[str]) -> Sequence[str]:
    """Return filter patterns of options.

    Raises:
        UsageError: a pattern is malformed, or cannot match a stream record as it is written.
    """
    try:
        Filter(patterns)
    except ValueError as error:
        raise UsageError(f"--filter: {error}.") from error
    for pattern in patterns:
        if found := problem(pattern):
            raise UsageError(f"--filter: {found}. Use names and types of a stream record.")
    return patterns


def _deployed(uuid: str) -> Settings:
    """Return the settings of a deployed mapping, with the user's AWS credentials and Region."""
    from generator.aws import aws_errors, connect  # noqa: PLC0415 - imports boto3

    client = connect()("lambda")
    with aws_errors(f"The mapping {uuid} cannot be read"):
        mapping = client.get_event_source_mapping(UUID=uuid)
    return mapping_settings.from_lambda(mapping)


def _planned(file: Path, address: str | None) -> Settings:
    """Return the settings of the mapping in a plan."""
    found = {
        change["address"]: change["change"]
        for change in _plan(file).get("resource_changes") or []
        if change["type"] == "aws_lambda_event_source_mapping" and change["change"].get("after")
    }
    if address and address not in found:
        raise UsageError(f'--address: "{file}" has no event source mapping "{address}". Use {_either(found)}.')
    if not found:
        raise UsageError(f'--plan: "{file}" has no event source mapping.')
    if len(found) > 1 and not address:
        raise UsageError(f'--plan: "{file}" has {len(found)} event source mappings. Set --address to {_either(found)}.')
    name = address or next(iter(found))
    unknown = found[name].get("after_unknown")
    try:
        settings = mapping_settings.from_plan(found[name]["after"], unknown if isinstance(unknown, dict) else {})
        for setting in _SETTINGS.values():
            check(setting, getattr(settings, setting), f"{name}.{setting}")
    except (ParseError, UsageError) as error:
        raise UsageError(f'--plan: "{file}": {error}') from None
    return settings


def _either(names: Mapping[str, Any]) -> str:
    return " or ".join(names) or "a plan that has one"


def _plan(file: Path) -> Mapping[str, Any]:
    """Return a plan in Terraform's JSON form."""
    with reported(UsageError, f'--plan: "{file}"', _PLAN_ADVICE):
        content = read_bytes(file)
        binary = content.startswith(b"PK")
        value = None if binary else parse_json(content)
        if binary or is_encrypted(value):
            # Only Terraform or OpenTofu can read it, in the directory of the root module.
            value = parse_json(_plan_as_json(resolved(file), "" if binary else ", with which OpenTofu can decrypt it"))
        plan: Mapping[str, Any] = expect(value, _PLAN)
    return plan


def _plan_as_json(file: Path, purpose: str) -> bytes:
    try:
        return Terraform(file.parent).run("show", "-json", "-no-color", str(file)).encode()
    except TerraformError as error:
        reason = str(error).removesuffix(".")
        raise ParseError(f"expected a plan of the root module in its directory{purpose}: {reason}") from None


def _records(options: Mapping[str, Any]) -> int | Path:
    """Return the number of records, or their file."""
    records = str(options.get("records", "100"))
    if re.fullmatch(r"-?[0-9]{1,15}", records):
        return int(records)
    if not records or not exists(records):
        raise UsageError(f'--records: "{records}" is neither a number nor a file with items or stream records.')
    return Path(records)


def _scenario(options: Mapping[str, Any], records: int | Path) -> simulation_run.Scenario:
    chosen = {name: options[name] for name in _SCENARIO if name in options}
    if isinstance(records, int):
        chosen["records"] = records
    else:
        chosen["events"] = items.read(records)
    if "fail" in options:
        chosen["failing"] = _numbers(options["fail"])
    if "failure" in options:
        chosen["failure_mode"] = simulation_run.FailureMode(options["failure"])
    return simulation_run.Scenario(**chosen, destination_fails=options.get("destination") == "refuses")


def _numbers(text: str) -> frozenset[int]:
    """Return the numbers in a text such as ``2,5-7``."""
    numbers: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,15})(?:-([0-9]{1,15}))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            raise UsageError(f'--fail: "{text}" is not a list of record numbers. Use numbers such as 2 or 5,8-10.')
        if last > simulation_run.MAX_RECORDS:
            raise UsageError(f"--fail: record {last} does not exist. Use numbers up to {simulation_run.MAX_RECORDS}.")
        numbers.update(range(first, last + 1))
    return frozenset(numbers)
