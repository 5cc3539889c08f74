"""The course of a run: plan, ask, apply, write, observe, compare, replay, delete."""

import contextlib
import io
import json
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import click
from rich.console import Console
from rich.markup import escape

from generator import aws
from generator.arn import Arn
from generator.console import PROGRAM, count, duration
from generator.console import console as new_console
from generator.errors import AwsError, GeneratorError, ProofError, UsageError
from generator.local import plan_summary
from generator.local.demo import ITEMS, step
from generator.mapping.settings import from_lambda, on_failure_destination
from generator.parsing import parse_json
from generator.prove import observation, prediction, prices, recorder, runs
from generator.prove.deployment import Deployment, inventory, sweep
from generator.prove.observation import Observation
from generator.prove.report import Report
from generator.prove.runs import Run

RETRIES: Final = 6
"""Retries of a record by default: 12.6 seconds of pauses, if each doubles."""

MOST_RETRIES: Final = 10_000
"""Retries for longer observations: the age of the record then ends them (AWS, CreateEventSourceMapping)."""

_START_SECONDS: Final = 300.0
"""Seconds that Lambda has, beyond the pauses, to read the records and to write its log."""

_SETTLE_SECONDS: Final = 15.0
_SILENT_SECONDS: Final = 120.0
_POLL_SECONDS: Final = 3.0
_ENABLED_SECONDS: Final = 300.0


def run(*, profile: str | None, region: str | None, observe: float | None, yes: bool, as_json: bool) -> None:
    """Deploy the example into an account, compare what happens with the prediction, and delete everything.

    If an earlier run was killed, offer to delete what it left, and do nothing else.

    Args:
        profile: a profile of the AWS configuration; None for that of the environment.
        region: the Region; None for that of the environment or of the profile.
        observe: seconds after which Lambda discards the failing record; None for :data:`RETRIES` retries.
        yes: do not ask.
        as_json: print the report as JSON on standard output, and everything else on standard error.

    Raises:
        UsageError: it must ask, and standard input is not a terminal; or no Region is known.
        AwsError: AWS rejects a request, or cannot be reached.
        TerraformError: Terraform fails.
        ProofError: something was not as predicted, or something is left in the account.
    """
    console = new_console(stderr=as_json)
    if not yes and not sys.stdin.isatty():
        raise UsageError("--yes: standard input is not a terminal, so nothing can be asked. Pass --yes to agree.")
    if found := runs.unfinished():
        _finish(found, console, profile, yes=yes)
        return
    client = aws.connect(profile, region)
    identity = _identity(client)
    this = runs.new(identity["Account"], str(client("lambda").meta.region_name), profile)
    report = None
    with this.locked():
        deployment = Deployment(this)
        deployment.write(_arguments(observe))
        if not _agreed(this, deployment, identity, console, observe, yes=yes):
            this.remove()
            console.print("Nothing was created.")
            return
        try:
            report = _execute(this, deployment, client, console, observe)
        finally:
            left = _delete(this, deployment, client, console)
    report.left = left
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        report.print(console)
    if left:
        raise ProofError(_hint(this, left))
    if report.result != "as predicted":
        raise ProofError(
            f"The result is: {report.result}. Attach the output of --json to an issue: it contains no account."
        )


def _identity(client: aws.Client) -> dict[str, Any]:
    """Return the account, and who acts in it, as STS returns them."""
    with aws.aws_errors("Cannot find out the account"):
        return dict(client("sts").get_caller_identity())


def _arguments(observe: float | None) -> dict[str, Any]:
    """Return the arguments of the module that the run sets."""
    if observe is None:
        return {"event_source_maximum_retry_attempts": RETRIES}
    return {
        "event_source_maximum_retry_attempts": MOST_RETRIES,
        "event_source_maximum_record_age_in_seconds": int(observe),
    }


def _agreed(
    this: Run,
    deployment: Deployment,
    identity: Mapping[str, Any],
    console: Console,
    observe: float | None,
    *,
    yes: bool,
) -> bool:
    """Plan, print what will be created and what it costs, and ask."""
    with step(console, "Initializing a copy of examples/minimal (terraform init)"):
        deployment.terraform.init()
    with step(console, "Planning (terraform plan)"):
        plan = deployment.terraform.plan()
    this.inventory = inventory(plan)
    console.print(plan_summary.render(plan))
    invocations = 100 + (MOST_RETRIES if observe else RETRIES)
    console.print(
        f"In the account {identity['Account']} and the Region {this.region}, as {escape(str(identity['Arn']))}.\n"
        f"Cost: at most {count(prices.cents(len(ITEMS), invocations), 'US cent')}, with the list prices of AWS for "
        f"{prices.REGION} of {prices.DATE}. Later prices and those of other Regions differ.\n"
        f"Everything has the name {this.name}, and is deleted at the end."
        + (f" This takes {duration(observe)} and some minutes." if observe else " This takes some minutes.")
    )
    return yes or click.confirm("Create these resources?", err=True)


def _execute(this: Run, deployment: Deployment, client: aws.Client, console: Console, observe: float | None) -> Report:
    """Apply, write the items, observe what happens, and replay what was discarded."""
    # Before anything exists, so that a killed process leaves a list of what to delete.
    this.save()
    with step(console, "Creating the resources (terraform apply)"):
        deployment.terraform.apply()
    mapping = _wait_until_enabled(this, client, console)
    stream = str(mapping["EventSourceArn"])
    table = Arn.parse(stream).name
    destination = on_failure_destination(mapping)
    queue = Arn.parse(destination).name if destination else ""
    settings = from_lambda(mapping)
    began = time.time()
    console.print(f'Writing {count(len(ITEMS), "item")} to the table "{table}", of which one fails.')
    with aws.aws_errors(f"Cannot write to the table {table}"):
        for item in ITEMS:
            client("dynamodb").put_item(TableName=table, Item=item)
    seen = Observation(observation.stream_records(client, stream, len(ITEMS)))
    pauses = observe or sum(settings.first_pause * 2**number for number in range(RETRIES))
    _observe(seen, client, this, queue, within=pauses + _START_SECONDS, console=console)
    failing = {
        str(record.sequence)
        for records in seen.shards.values()
        for record in records
        if "poison" in record.event["dynamodb"].get("NewImage", {})
    }
    report = Report(
        started=datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds"),
        region=this.region,
        service="AWS" if _is_aws(client) else "an endpoint that is not AWS",
        settings=settings,
        observation=seen,
        comparison=prediction.compare(settings, failing, seen),
        failing=failing,
    )
    if seen.invocation_records:
        _replay(report, this, client, queue, console)
    return report


def _is_aws(client: aws.Client) -> bool:
    host = str(client("lambda").meta.endpoint_url).partition("://")[2].split("/")[0]
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))


def _wait_until_enabled(this: Run, client: aws.Client, console: Console) -> dict[str, Any]:
    """Return the mapping as soon as Lambda has enabled it.

    Raises:
        AwsError: it is not enabled within five minutes.
    """
    deadline = time.monotonic() + _ENABLED_SECONDS
    with step(console, "Waiting for the event source mapping"), aws.aws_errors("Cannot read the mapping"):
        while time.monotonic() < deadline:
            found = client("lambda").list_event_source_mappings(FunctionName=this.name)["EventSourceMappings"]
            if found and found[0]["State"] == "Enabled":
                return dict(found[0])
            time.sleep(_POLL_SECONDS)
    raise AwsError(f"The mapping of {this.name} is not enabled after {duration(_ENABLED_SECONDS)}.")


def _observe(seen: Observation, client: aws.Client, this: Run, queue: str, *, within: float, console: Console) -> None:
    """Wait until each record is processed or discarded, at most for some seconds, and print each invocation.

    The log can lag behind the queue: it must not have changed for a while before it counts as complete.
    """
    keys = {str(record.sequence): record.key for records in seen.shards.values() for record in records}
    began = unchanged_since = answered = time.monotonic()
    first = 0.0
    while True:
        try:
            found = observation.attempts(client, f"/aws/lambda/{this.name}")
            seen.invocation_records = observation.invocation_records(client, queue) if queue else []
            answered = time.monotonic()
        except AwsError:
            # An observation of hours does not end with one request that failed.
            if time.monotonic() > answered + _SILENT_SECONDS:
                raise
            time.sleep(_POLL_SECONDS)
            continue
        for attempt in found[len(seen.attempts) :]:
            unchanged_since = time.monotonic()
            first = first or attempt.began
            failed = "".join(f", failed at {keys.get(number, number)}" for number in attempt.failed)
            text = f"{count(len(attempt.records), 'record')}{failed}"
            console.print(f"  {duration(max(0.0, attempt.began - first)):>12}  {escape(text)}")
        seen.attempts = found
        now = time.monotonic()
        if now > began + within or (seen.finished and now > unchanged_since + _SETTLE_SECONDS):
            return
        time.sleep(_POLL_SECONDS)


def _replay(report: Report, this: Run, client: aws.Client, queue: str, console: Console) -> None:
    """Repair the function, and let ``redrive`` replay what was discarded."""
    from generator.operate.cli import redrive  # noqa: PLC0415 - loads boto3, and is needed only here

    console.print("Repairing the function, and replaying the discarded records with redrive.")
    words = ["replay", "--queue", queue, "--region", this.region, "--yes", "--json"]
    words += ["--journal", str(this.directory / "redrive.journal")]
    words += ["--profile", this.profile] if this.profile else []
    printed = io.StringIO()
    try:
        _repair(this, client)
        with contextlib.redirect_stdout(printed):
            redrive.main(words, standalone_mode=False)
        report.redriven = int(parse_json(printed.getvalue())["replayed"])
    except (GeneratorError, ValueError, LookupError) as error:
        report.redrive_problem = str(error) or type(error).__name__


def _repair(this: Run, client: aws.Client) -> None:
    """Let the function process every record."""
    with aws.aws_errors(f"Cannot change the function {this.name}"):
        functions = client("lambda")
        found = functions.get_function_configuration(FunctionName=this.name)
        variables = {**found.get("Environment", {}).get("Variables", {}), recorder.REPAIRED_VARIABLE: "true"}
        functions.update_function_configuration(FunctionName=this.name, Environment={"Variables": variables})
        functions.get_waiter("function_updated_v2").wait(FunctionName=this.name)


def _delete(this: Run, deployment: Deployment | None, client: aws.Client, console: Console) -> list[str]:
    """Delete everything of a run; print and return what is left.

    Terraform deletes what it knows, and then everything that still exists by its name.
    """
    try:
        if deployment:
            with step(console, "Deleting the resources (terraform destroy)"):
                deployment.destroy()
    except GeneratorError as error:
        console.print(f"terraform destroy failed: {escape(str(error))}")
    except KeyboardInterrupt:
        console.print(f"Interrupted while deleting. Run {PROGRAM} demo --on aws again to finish the run {this.name}.")
        raise
    left = [str(each) for each in sweep(client, this)]
    if left:
        console.print(escape(_hint(this, left)))
    else:
        this.remove()
        console.print("Nothing is left in the account.")
    return left


def _hint(this: Run, left: list[str]) -> str:
    return (
        f"Left in the Region {this.region}: {'; '.join(left)}. "
        f"Run {PROGRAM} demo --on aws again to delete it; its state is in {this.directory}."
    )


def _finish(found: list[Run], console: Console, profile: str | None, *, yes: bool) -> None:
    """Offer to delete what earlier runs left in the account."""
    for this in found:
        names = ", ".join(f"{kind.removeprefix('aws_')} {name}" for kind, name in this.inventory)
        using = f" with the profile {this.profile}" if this.profile else ""
        console.print(f"The run {this.name} did not end. It may have left in the Region {this.region}{using}: {names}.")
        if not (yes or click.confirm("Delete them?", err=True)):
            raise ProofError(f"The run {this.name} is not finished. Its state is in {this.directory}.")
        with this.locked():
            this.profile = profile or this.profile
            client = aws.connect(this.profile, this.region)
            account = _identity(client)["Account"]
            if account != this.account:
                raise UsageError(
                    f"The run {this.name} belongs to the account {this.account}. Got credentials of {account}. "
                    "Use credentials of its account, or name a profile with --profile."
                )
            left = _delete(this, _deployment(this, console), client, console)
        if left:
            raise ProofError(_hint(this, left))


def _deployment(this: Run, console: Console) -> Deployment | None:
    """Return the deployment of an earlier run, if Terraform can still be called there."""
    try:
        return Deployment(this)
    except GeneratorError as error:
        console.print(f"Terraform cannot be used: {escape(str(error))}")
        return None
