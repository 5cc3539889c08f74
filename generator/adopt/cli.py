"""The options of ``adopt``. Apart from the command, so that other commands load nothing of it."""

from typing import Any

import click

from generator.arguments import PATH, Command
from generator.targets import TargetType


@click.command(cls=Command)
@click.option("--mapping", metavar="UUID", help="Event source mapping of the pipeline.")
@click.option("--table", metavar="NAME", help="Table of the pipeline, with --function.")
@click.option("--function", metavar="NAME", help="Function of the pipeline, with --table.")
@click.option("--stack", metavar="NAME", help="CloudFormation stack (name or ARN) with the pipeline.")
@click.option(
    "--state", type=PATH, metavar="FILE|-", help="State, or output of terraform show -json, with the pipeline."
)
@click.option("-o", "--out", type=PATH, metavar="DIR", help="Directory of the root module. [the name; . with --state]")
@click.option("--name", help="Name of the pipeline. [the stack's, or else the table's]")
@click.option("--source", help="Source of the module for Terraform. [a copy in the directory]")
@click.option(
    "--provider",
    type=TargetType(),
    default="5",
    show_default=True,
    help="Version of the AWS provider: 5, 6, or such as 6.40.",
)
@click.option("--profile", help="Profile of the AWS configuration. [AWS_PROFILE]")
@click.option("--region", help="Region. [AWS_REGION, or the profile's]")
@click.option("--endpoint-url", metavar="URL", help="Endpoint of AWS. [AWS_ENDPOINT_URL]")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def adopt(**options: Any) -> None:  # noqa: ANN401 - as click passes them
    """Write a root module that takes over a deployed pipeline, without recreating anything.

    Reads the pipeline, and writes the call of the module with import blocks. With --state, the pipeline consists of
    resources in a state of Terraform, and the blocks are moved blocks. Changes nothing in AWS.
    """
    from generator.adopt import command  # noqa: PLC0415 - the other commands do without it

    command.adopt(options)
