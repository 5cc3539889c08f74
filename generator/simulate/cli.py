"""The options of ``simulate``. Apart from the command, so that other commands load nothing of it."""

import copy
from pathlib import Path
from typing import Any

import click

from generator.arguments import PATH, Command


@click.command(cls=Command)
@click.option("--plan", type=PATH, help="Use the settings of a mapping in a Terraform plan.")
@click.option("--mapping", metavar="UUID", help="Use the settings of a deployed mapping, from the Lambda API.")
@click.option("--address", help="Address of the mapping, if the plan has several.")
@click.option("--batch-size", type=int, help="Maximum number of records in one invocation.")
@click.option("--batching-window", type=int, metavar="SECONDS", help="Batching window.")
@click.option("--bisect/--no-bisect", default=None, help="Split a failed batch in two.")
@click.option("--retries", type=int, help="Maximum number of retries; -1 retries until the record expires.")
@click.option("--max-age", type=int, metavar="SECONDS", help="Maximum record age; -1 sets no maximum.")
@click.option("--parallelization", type=int, help="Concurrent batches per shard.")
@click.option("--tumbling-window", type=int, metavar="SECONDS", help="Length of the tumbling windows; 0 disables them.")
@click.option("--partial-responses/--no-partial-responses", default=None, help="ReportBatchItemFailures.")
@click.option("--starting-position", type=click.Choice(["TRIM_HORIZON", "LATEST"]), help="Starting position.")
@click.option("--filter", "patterns", multiple=True, metavar="PATTERN", help="Filter pattern; repeat for several.")
@click.option(
    "--destination",
    type=click.Choice(["takes", "refuses", "none"]),
    help="What the on-failure destination does. [takes]",
)
@click.option(
    "--longest-pause", type=float, metavar="SECONDS", help="Longest pause before a retry. [assumed: unlimited]"
)
@click.option("--records", metavar="N|FILE", default="100", show_default=True, help="Number of records, or their file.")
@click.option("--rate", type=float, metavar="PER_SECOND", help="Records written each second. [all at the same time]")
@click.option("--keys", type=int, metavar="N", help="Number of items that the records belong to. [one each]")
@click.option("--size", type=int, metavar="BYTES", help="Size of a record in an event. [1024]")
@click.option("--shards", type=int, metavar="N", help="Number of shards. [1]")
@click.option("--fail", metavar="NUMBERS", help="Numbers of the failing records, such as 2 or 5,8-10. [none]")
@click.option("--failure", type=click.Choice(["raise", "report", "timeout", "throttle"]), help="How they fail. [raise]")
@click.option("--failure-duration", type=float, metavar="SECONDS", help="Time until the records succeed. [never]")
@click.option("--invocation-seconds", type=float, metavar="SECONDS", help="Duration of an invocation. [0.1]")
@click.option("--timeout", type=float, metavar="SECONDS", help="Timeout of the function. [30]")
@click.option("--mapping-start", type=float, metavar="SECONDS", help="Start of the mapping, after the first write. [0]")
@click.option("--lasts", type=float, hidden=True)
@click.option("--seconds", type=float, hidden=True)
@click.option("--starts", type=float, hidden=True)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--html", type=PATH, help="Write the report as a page of HTML to this file.")
def simulate(as_json: bool, html: Path | None, **given: Any) -> None:  # noqa: ANN401, FBT001 - as click hands them on
    """Simulate what the settings of an event source mapping do to failing records.

    The settings are the module's defaults, or those of --plan or --mapping. Options override them.
    """
    from generator.simulate import command  # noqa: PLC0415 - the other commands do without it

    options = {name: value for name, value in given.items() if value not in (None, ())}
    command.simulate(options, as_json=as_json, html=html)


drill = copy.copy(simulate)
"""The earlier name of the command."""
drill.name, drill.hidden = "drill", True
