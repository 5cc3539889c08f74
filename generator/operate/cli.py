"""The options of ``redrive`` and ``backfill``. Apart from the commands, so that other commands load nothing of them."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from generator.arguments import AWS_OPTIONS, PATH, STATE_OPTION, Command, Group, with_options


class RateType(click.FloatRange):
    """A number per second, more than 0."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401
        """Return the number. nan is an error, although it is in every range."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f'"{value}" is not a number.', param, ctx)
        return number


_RATE_TYPE: Final = RateType()

Function = TypeVar("Function", bound=Callable[..., Any])

_DESTINATION = (
    click.option("--queue", metavar="URL|ARN|NAME", help="Queue with invocation records."),
    STATE_OPTION,
    click.option("--bucket", metavar="NAME", help="Bucket with invocation records."),
    click.option("--prefix", help="Prefix in the bucket. [aws/lambda/, and the mapping's UUID if it is known]"),
    click.option("--file", type=PATH, help="File with invocation records, or written by fetch."),
    click.option("--mapping", metavar="UUID", help="Mapping whose filters and batch size apply. [the state's]"),
)
_FUNCTION = (
    click.option("--function", metavar="NAME|ARN", help="Function to invoke instead of the mapping's."),
    click.option("--no-filter", is_flag=True, help="Take every record of a range, whatever the filter criteria are."),
    click.option(
        "--same-filter", is_flag=True, help="Use the present filter criteria, although the mapping was changed."
    ),
    click.option(
        "--reads-per-second",
        type=_RATE_TYPE,
        default=2,
        show_default=True,
        help="Maximum number of reads of a shard.",
    ),
)
_SINCE = (
    click.option("--since", metavar="TIME", help="Take all records of the stream since a time (ISO 8601, or 2h)."),
    click.option("--until", metavar="TIME", help="End of these records. [now]"),
    click.option("--stream", metavar="ARN", help="Stream to read since a time, with --function. [the mapping's]"),
    click.option("--key", multiple=True, metavar="JSON", help='Take only this item, such as {"id": "a"}; repeatable.'),
    click.option("--keys", type=PATH, help="File with keys to take, one on each line."),
)
_YES = click.option("--yes", is_flag=True, help="Make the changes. Without this option, the command is a dry run.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")


def _journal(default: str) -> Callable[[Function], Function]:
    description = f"Progress file. A repeated run resumes from it. [{default}]"
    return click.option("--journal", type=PATH, help=description)


_CHANGES = (_YES, _journal("redrive-*.journal"))


@click.group(cls=Group, no_args_is_help=True)
def redrive() -> None:
    """Replay records that Lambda discarded, from the invocation records in a queue, a bucket or a file."""


@redrive.command("list")
@with_options(*_DESTINATION, *AWS_OPTIONS, _JSON)
def list_(**options: Any) -> None:  # noqa: ANN401 - as click passes them
    """Show the invocation records, and how long their records can be read from the stream."""
    from generator.operate import commands  # noqa: PLC0415 - imports boto3, as do the others

    commands.list_(options)


@redrive.command()
@click.option("-o", "--out", type=PATH, required=True, metavar="FILE|-", help="JSON Lines to write; replay reads them.")
@with_options(*_DESTINATION, *_SINCE, *_FUNCTION, *AWS_OPTIONS)
def fetch(out: Path, **options: Any) -> None:  # noqa: ANN401 - as above
    """Write the records to a file, as in events, while the stream still has them.

    Takes the records of invocation records, or with --since all records of the stream.
    """
    from generator.operate import commands  # noqa: PLC0415

    commands.fetch(options, out)


@redrive.command()
@with_options(*_CHANGES, *_DESTINATION, *_SINCE, *_FUNCTION, *AWS_OPTIONS, _JSON)
@click.option("--rate", type=_RATE_TYPE, metavar="PER_SECOND", help="Maximum rate. [none]")
@click.option("--include-superseded", is_flag=True, help="Send records although their items have changed since.")
@click.option("--even-if-overtaken", "include_superseded", is_flag=True, hidden=True, help="As above, by its old name.")
def replay(**options: Any) -> None:  # noqa: ANN401 - as above
    """Invoke the function with the records, in order for each item, and delete messages that are processed.

    Takes the records of invocation records, or with --since all records of the stream.
    """
    from generator.operate import commands  # noqa: PLC0415

    commands.replay(options)


@redrive.command()
@with_options(*_CHANGES, *_DESTINATION, *_FUNCTION, *AWS_OPTIONS, _JSON)
def reconcile(**options: Any) -> None:  # noqa: ANN401 - as above
    """Send the current state of the items, if their records are superseded or expired."""
    from generator.operate import commands  # noqa: PLC0415

    commands.reconcile(options)


@redrive.command()
@with_options(*_DESTINATION[:4], _DESTINATION[-1], *AWS_OPTIONS)
@click.option("--function", metavar="ARN", help="Function. [the mapping's]")
@click.option("--stream", metavar="ARN", help="Stream. [the mapping's]")
@click.option("--role", metavar="ARN", help="Print what the owner of another account's stream must allow this role.")
@click.option("--key-arn", "keys", multiple=True, metavar="ARN", help="Key of the queue, bucket or table; repeatable.")
def policy(**options: Any) -> None:  # noqa: ANN401 - as above
    """Print the IAM policy that these commands require."""
    from generator.operate import commands  # noqa: PLC0415

    commands.policy(options)


@click.command(cls=Command)
@click.option("--table", required=True, metavar="NAME", help="Table whose items to send.")
@click.option("--function", required=True, metavar="NAME|ARN", help="Function that receives them, as INSERT.")
@click.option("--segments", type=click.IntRange(1, 100), default=4, show_default=True, help="Concurrent invocations.")
@click.option("--batch-size", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Items in each.")
@click.option("--rate", type=_RATE_TYPE, metavar="PER_SECOND", help="Maximum rate. [none]")
@click.option("--failed", type=PATH, help="File for failed items. [backfill-TABLE.failed.jsonl]")
@click.option("--no-check", is_flag=True, help="Do not invoke the function without records first, as a check.")
@with_options(_YES, _journal("backfill-TABLE.journal"), *AWS_OPTIONS)
def backfill(**options: Any) -> None:  # noqa: ANN401 - as above
    """Send every item of a table to a function, as if it had just been written."""
    from generator.operate import commands  # noqa: PLC0415

    commands.backfill(options)
