"""The command line of ``redrive`` and ``backfill``: options alone, so that the other commands load nothing of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_AWS = (
    click.option("--profile", help="Profile of the AWS configuration. [AWS_PROFILE]"),
    click.option("--region", help="Region. [AWS_REGION, or the profile's]"),
    click.option("--endpoint-url", metavar="URL", help="Where AWS answers. [AWS_ENDPOINT_URL]"),
)
_PLACE = (
    click.option("--queue", metavar="URL|ARN|NAME", help="The queue in which failures are."),
    click.option("--state", metavar="FILE|-", help="Terraform's state, or what terraform output -json prints."),
    click.option("--bucket", metavar="NAME", help="The bucket in which failures are."),
    click.option("--prefix", help="Where in the bucket. [aws/lambda/, and the mapping's UUID if it is known]"),
    click.option("--file", type=click.Path(path_type=Path), help="Documents, or what fetch wrote."),
    click.option("--mapping", metavar="UUID", help="The mapping, whose filter and batch size hold. [the state's]"),
)
_TARGET = (
    click.option("--function", metavar="NAME|ARN", help="A function to invoke instead. [the mapping's]"),
    click.option("--no-filter", is_flag=True, help="Take every record of a range, whatever the mapping's filter is."),
    click.option(
        "--reads-per-second",
        type=click.FloatRange(min=0, min_open=True),
        default=2,
        show_default=True,
        help="Reads of a shard at most.",
    ),
)
_WRITES = (
    click.option("--yes", is_flag=True, help="Do it; without this, only tell what would be done."),
    click.option("--journal", type=click.Path(path_type=Path), help="Where to keep what is done. [redrive-*.journal]"),
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")


def _with(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@click.group(no_args_is_help=True)
def redrive() -> None:
    """Get failed records back from a queue, a bucket or a file, and through the function."""


@redrive.command("list")
@_with(*_PLACE, *_AWS, _JSON)
def list_(**given: Any) -> None:  # noqa: ANN401 - as click hands them on
    """Show what is there, and how long it can still be read from the stream."""
    from generator.operate import running  # noqa: PLC0415 - imports boto3, as do the others

    running.list_(given)


@redrive.command()
@click.option("-o", "--out", required=True, metavar="FILE|-", help="JSON Lines to write; replay reads them.")
@_with(*_PLACE, *_TARGET, *_AWS)
def fetch(out: str, **given: Any) -> None:  # noqa: ANN401 - as above
    """Write the records in the shape of stream events, while the stream still has them."""
    from generator.operate import running  # noqa: PLC0415

    running.fetch(given, out)


@redrive.command()
@_with(*_WRITES, *_PLACE, *_TARGET, *_AWS, _JSON)
@click.option("--even-if-overtaken", is_flag=True, help="Replay records although their items have changed since.")
def replay(**given: Any) -> None:  # noqa: ANN401 - as above
    """Invoke the function with the records, in order for each item, and delete what has succeeded."""
    from generator.operate import running  # noqa: PLC0415

    running.replay(given)


@redrive.command()
@_with(*_WRITES, *_PLACE, *_TARGET, *_AWS, _JSON)
def reconcile(**given: Any) -> None:  # noqa: ANN401 - as above
    """Tell the function what the items are now, where their records are overtaken or gone from the stream."""
    from generator.operate import running  # noqa: PLC0415

    running.reconcile(given)


@redrive.command()
@_with(*_PLACE[:4], _PLACE[-1], *_AWS)
@click.option("--function", metavar="ARN", help="The function. [the mapping's]")
@click.option("--stream", metavar="ARN", help="The stream. [the mapping's]")
@click.option(
    "--key-arn", "keys", multiple=True, metavar="ARN", help="A key of the queue, bucket or table; repeatable."
)
def policy(**given: Any) -> None:  # noqa: ANN401 - as above
    """Print the IAM policy that all of this needs, and no more."""
    from generator.operate import running  # noqa: PLC0415

    running.policy(given)


@click.command()
@click.option("--table", required=True, metavar="NAME", help="The table whose items are sent.")
@click.option("--function", required=True, metavar="NAME|ARN", help="The function that gets them, as INSERT.")
@click.option("--segments", type=click.IntRange(1, 100), default=4, show_default=True, help="Invocations at once.")
@click.option("--batch-size", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Items in each.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), metavar="PER_SECOND", help="Items at most. [all]")
@click.option("--failed", type=click.Path(path_type=Path), help="Where to keep what failed. [backfill-*.failed.jsonl]")
@_with(*_WRITES, *_AWS)
def backfill(**given: Any) -> None:  # noqa: ANN401 - as above
    """Send every item of a table to a function, as if it had just been written."""
    from generator.operate import running  # noqa: PLC0415

    running.backfill(given)
