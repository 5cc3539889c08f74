"""The command line: parses, calls, and turns errors into messages and exit codes."""

import errno
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from generator import __version__
from generator.arguments import PATH, DurationType, Group
from generator.console import PROGRAM, count, warn
from generator.errors import BumpError, ConflictError, DriftError, GeneratorError, UsageError, one_line
from generator.exits import discard_output, fail, terminate, unexpected, usage
from generator.files import replace_file
from generator.resources import CHECKOUT, DISTRIBUTION, RESOURCES
from generator.targets import PROFILE, PROVIDER, TargetType, chosen_variant

_LISTED = 10
"""Maximum number of paths in a list on one line."""

_UPDATED: Final = ("provider", "runtime", "source")
"""Answers of ``new`` that an update can change. Others can replace resources."""
_NOT_WRITTEN: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE}
"""Errors of the system that are not defects of this program, wherever they occur."""

_PROFILE_SCHEMA = RESOURCES / "examples" / "profiles" / "profile.schema.json"


class _Commands(Group):
    """The commands. Those with many options are loaded when one of them is called, or all are listed."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        if cmd_name not in self.commands:
            self._load()
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        self._load()
        return super().list_commands(ctx)

    def _load(self) -> None:
        from generator import deploy as deploying  # noqa: PLC0415
        from generator.adopt import cli as adopting  # noqa: PLC0415
        from generator.operate import cli as operating  # noqa: PLC0415
        from generator.release import cli as releasing  # noqa: PLC0415
        from generator.simulate import cli as simulating  # noqa: PLC0415

        for command in (
            *(simulating.simulate, simulating.drill, operating.redrive, operating.backfill),
            *(releasing.release, deploying.deploy, adopting.adopt),
        ):
            self.add_command(command)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name=DISTRIBUTION)
@click.option("--debug", is_flag=True, help="Print the traceback of a defect of this program.")
@click.pass_context
def cli(context: click.Context, *, debug: bool) -> None:
    """Write, package, compare, simulate and operate the Terraform module ddb_stream_lambda.

    \b
    Exit codes:
      0    success
      1    defect of this program, or standard output cannot be written
      2    build --check found differences
      3    invalid command, option, argument or file of an option; a missing extra
      4    output directory contains other files, or cannot be written
      5    invalid template
      6    package cannot be made
      7    Terraform or its provider is missing, or rejected the configuration
      8    AWS emulator did not start, or rejected a request
      9    invalid profile
      10   module to compare cannot be read
      11   change requires a larger version bump
      12   release cannot be made, or failed its verification
      13   AWS rejected a request, or cannot be reached
      14   some records were not processed
      15   new --update left conflicts to resolve
      16   deployment failed, was rolled back or stopped, or another one is in progress
      17   demo --on aws: a difference from the prediction, or something left in the account
      130  interrupted (Ctrl-C)
      143  terminated (SIGTERM)
    """  # noqa: D301 - \b keeps click from filling the paragraph
    context.ensure_object(dict)["debug"] = debug


@cli.command()
@click.option("--out", type=PATH, help="Directory to write. [module/ of the checkout]")
@click.option("--check", is_flag=True, help="Write nothing; print the differences and exit with 2 if there are any.")
@PROVIDER
@PROFILE
def build(out: Path | None, provider: str | None, profile: Path | None, *, check: bool) -> None:
    """Write the module from its specification.

    With --profile, it also prints what changes for callers of the variant that was there before.
    """
    from generator import tree  # noqa: PLC0415 - the other commands do without Jinja
    from generator.render import render_variant  # noqa: PLC0415

    if profile and not out:
        raise UsageError("--profile: a variant is not the module in module/. Set --out to its directory.")
    if not out and not CHECKOUT:
        raise UsageError("--out: an installation has no module/. Set --out to the directory of the module.")
    variant = chosen_variant(profile, provider)
    files = render_variant(variant)
    schema_changes = [] if out else tree.file_differences(_PROFILE_SCHEMA, _schema())
    out = out or RESOURCES / "module"
    if check:
        found = tree.differences(files, out) + schema_changes
        for difference in found:
            click.echo(difference.diff, nl=False)
        if found:
            names = ", ".join(f"{difference.path} ({difference.kind})" for difference in found)
            raise DriftError(f"{out}: differs from the specification: {names}. Run {PROGRAM} build.")
        click.echo(f"{out}: {count(len(files), 'file')}, as specified")
        return
    before = tree.present(out)
    changes = tree.write(files, out, before)
    if schema_changes:
        replace_file(_PROFILE_SCHEMA, _schema())
        click.echo(f"written  {_PROFILE_SCHEMA}")
    for change in changes:
        verb = {"missing": "written", "changed": "changed", "orphan": "removed"}[change.kind]
        click.echo(f"{verb:<8} {out / change.path}")
    click.echo(f"{out}: {count(len(files), 'file')}, {count(len(changes), 'change')}")
    if changes and profile:
        _print_effects(before, files, profile)


def _print_effects(before: Mapping[str, bytes], after: Mapping[str, bytes], profile: Path | None = None) -> None:
    """Print what changes for callers of a module that is written again, and warn if its profile needs a new version."""
    if before and after:
        from generator.compare.builds import effects  # noqa: PLC0415 - only what is written again

        text, problem = effects(before, after)
        click.echo(text)
        if profile and problem:
            warn(f"{profile}: {problem}")


@cli.command()
@click.argument("old")
@click.argument("new")
@click.option("--path", "directory", help="Directory of the module in an archive or a git revision. [module/ or root]")
@click.option("--recursive", is_flag=True, help="Compare the modules in its subdirectories, too.")
@click.option(
    "--policy",
    "settings",
    multiple=True,
    metavar="NAME=BUMP|FILE",
    help="Bump that a kind of change needs, such as `module-pin=major`, or a TOML file of them. Repeatable.",
)
@click.option(
    "--baseline", type=PATH, metavar="FILE", help="JSON file of accepted findings, which do not count. [none]"
)
@click.option("--update-baseline", is_flag=True, help="Write the findings to the baseline, and end.")
@click.option("--expect", type=click.Choice(["patch", "minor", "major"]), help="Exit with 11 if more is needed.")
@click.option(
    "--show", "shown", type=click.Choice(["patch", "minor", "major"]), default="patch", help="Smallest to list."
)
@click.option(
    "--format",
    "layout",
    type=click.Choice(["text", "json", "markdown", "github", "sarif", "changelog"]),
    default="text",
    help="Format of the findings: for readers, programs, code review, or a changelog. [text]",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def diff(  # noqa: PLR0917 - one parameter an option
    old: str,
    new: str,
    directory: str | None,
    settings: tuple[str, ...],
    baseline: Path | None,
    expect: str | None,
    shown: str,
    layout: str,
    *,
    recursive: bool,
    update_baseline: bool,
    as_json: bool,
) -> None:
    """Compare two versions of a module: what a change breaks, and the version bump that it needs.

    A version is a directory, an archive, or a git revision (REVISION or REVISION:DIRECTORY). If both versions have
    numbers 0.y.z, a break needs a new y.
    """
    from generator.compare import baseline as accepting  # noqa: PLC0415 - only this command needs these
    from generator.compare import policy  # noqa: PLC0415
    from generator.compare.comparing import compare  # noqa: PLC0415
    from generator.compare.findings import BUMPS, largest  # noqa: PLC0415
    from generator.compare.formats import FORMATS, Report  # noqa: PLC0415
    from generator.compare.reading.sources import find  # noqa: PLC0415

    if update_baseline and baseline is None:
        raise UsageError("--update-baseline: no file to write. Pass --baseline FILE.")
    accepted = accepting.read(baseline) if baseline and (baseline.exists() or not update_baseline) else {}
    before, after = find(old, directory), find(new, directory)
    rules = policy.for_versions(policy.read(settings), before.number, after.number)
    comparison = compare(before, after, rules, recursive=recursive)
    if baseline and update_baseline:
        number = accepting.write(baseline, comparison.findings, accepted)
        click.echo(f"Wrote {count(number, 'accepted finding')} to {baseline}.")
        return
    for entry in accepting.stale(comparison, accepted):
        warn(f"{baseline}: {entry} is not found any more. Remove the entry.")
    comparison = accepting.without(comparison, accepted)
    click.echo(FORMATS["json" if as_json else layout](Report(comparison, rules, shown, (before, after))))
    needed = largest(comparison.findings)
    if expect and BUMPS.index(rules.version_bump(needed)) > BUMPS.index(expect):
        causes = ", ".join(f"{one.rule} ({one.address})" for one in comparison.findings if one.bump == needed)
        raise BumpError(f"{expect} is not enough: {rules.version_bump(needed)} is needed for {causes}")


@cli.command()
@click.argument("folder", metavar="DIRECTORY", type=PATH)
@click.option("--name", help="Name of the pipeline. [the directory's]")
@click.option("--runtime", help="Python or Node.js runtime. [newest Python of --provider]")
@click.option("--existing-table", metavar="STREAM_ARN", help="Process the stream of this existing table.")
@click.option("--existing-function", metavar="ARN", help="Invoke this existing function.")
@click.option("--role-name", help="Name of the role of --existing-function.")
@click.option("--region", help="AWS Region. [that of an existing resource, AWS_REGION, or us-east-1]")
@click.option("--source", help="Source of the module for Terraform. [a copy in DIRECTORY]")
@click.option(
    "--provider",
    type=TargetType(),
    help="Version of the AWS provider: 5, 6, or such as 6.40. [5]",
)
@click.option("--update", is_flag=True, help="Bring what new has written to this version, and keep your changes.")
def new(folder: Path, *, update: bool, **given: Any) -> None:  # noqa: ANN401 - as click hands them on
    """Start a pipeline in a new or empty directory, or a profile in a new file if the name ends in .toml.

    Writes a root module that is ready for terraform plan, a function with its test, and a README. With --update, it
    merges changes of this version into such a directory; --provider, --runtime, and --source then change its answers.
    """
    import shlex  # noqa: PLC0415

    from generator import scaffold  # noqa: PLC0415

    if update:
        _update(folder, given)
        return
    if folder.suffix == ".toml":
        for name, value in given.items():
            if value is not None:
                raise UsageError(f"--{name.replace('_', '-')}: this option has no effect on a profile. Remove it.")
        scaffold.new_profile(folder)
        click.echo(f"written  {folder}")
        return
    files = scaffold.new(folder, **given)
    outside = [path for path in files if "modules" not in path.relative_to(folder).parts[:1]]
    for path in outside:
        click.echo(f"written  {path}")
    if len(outside) < len(files):
        click.echo(f"written  {folder / 'modules'} ({len(files) - len(outside)} files)")
    click.echo(f"Next: cd {shlex.quote(str(folder))} && terraform init && terraform plan")


def _update(folder: Path, given: Mapping[str, Any]) -> None:
    """Update a directory of new, and print what has changed in it."""
    from generator import updating  # noqa: PLC0415

    for name, value in given.items():
        if value is not None and name not in _UPDATED:
            raise UsageError(f"--{name.replace('_', '-')}: not accepted with --update. Edit main.tf instead.")
    done = updating.update(folder, **given)
    for one in done.changes:
        click.echo(f"{one.kind:<8} {folder / one.path}{f': {one.note}' if one.note else ''}")
    click.echo(f"{folder}: version {done.version} -> {__version__}, {count(len(done.changes), 'change')}")
    if done.before != done.after:
        _print_effects(done.before, done.after)
    if done.conflicts:
        raise ConflictError(
            f"{', '.join(done.conflicts)}: both you and this version changed it. Decide as listed above."
        )


@cli.command()
def schema() -> None:
    """Print the JSON Schema of profiles, for editors."""
    click.echo(_schema(), nl=False)


def _schema() -> bytes:
    """Return the JSON Schema of profiles."""
    from generator.profile.document import profile_schema  # noqa: PLC0415
    from generator.schema import indented  # noqa: PLC0415

    return indented(profile_schema())


@cli.command()
@click.argument("source", type=PATH)
@click.option("-o", "--output", "archive", type=PATH, required=True, help="Zip file to write.")
@click.option(
    "--requirements",
    type=PATH,
    help="Requirements file of pip, uv.lock, or pylock.toml; the wheels are added to the package, without Docker.",
)
@click.option("--architecture", default="x86_64", show_default=True, help="x86_64 or arm64.")
@click.option("--python-version", default="3.13", show_default=True, help="Version of Python in Lambda.")
@click.option(
    "--include", "included", multiple=True, metavar="PATTERN", help="Name to package that is left out; repeatable."
)
def package(  # noqa: PLR0917 - one parameter an option
    source: Path,
    archive: Path,
    requirements: Path | None,
    architecture: str,
    python_version: str,
    included: tuple[str, ...],
) -> None:
    """Package a function as a zip file.

    The same content of the directory SOURCE gives the same bytes, on any day and any machine. Files of tools, editors
    and version control, .env, and the function's own tests are left out and listed.
    """
    from generator import package as packaging  # noqa: PLC0415

    if requirements:
        click.echo(
            f"Downloading the wheels of {requirements} for Python {python_version} on {architecture}...", err=True
        )
    made = packaging.package(
        source,
        archive,
        requirements=requirements,
        architecture=architecture,
        python_version=python_version,
        included=included,
    )
    click.echo(f"path              {made.path}")
    click.echo(f"size              {made.size} bytes")
    click.echo(f"sha256            {made.sha256}")
    click.echo(f"source_code_hash  {made.source_code_hash}")
    if made.left_out:
        more = f" and {len(made.left_out) - _LISTED} more" if len(made.left_out) > _LISTED else ""
        click.echo(f"left_out          {', '.join(made.left_out[:_LISTED])}{more}")
    if made.needs_s3:
        warn("Lambda accepts packages over 50 MB from S3 only. Upload it and set function_s3.")


@cli.command()
@click.argument("root", type=PATH, required=False)
@click.option(
    "--on",
    "place",
    type=click.Choice(["emulator", "aws"]),
    default="emulator",
    show_default=True,
    help="Where to apply it: an emulator, or an account of AWS, with examples/minimal.",
)
@click.option("--items", "items_file", type=PATH, help="Items in DynamoDB JSON, one per line.")
@click.option("--keep", is_flag=True, help="Keep the emulator running until Ctrl-C.")
@click.option("--profile", help="Profile of the AWS configuration. [AWS_PROFILE]")
@click.option("--region", help="Region. [AWS_REGION, or the profile's]")
@click.option(
    "--observe", type=DurationType(60, 86_400), metavar="DURATION", help="Retry for so long, such as 30m. [6 retries]"
)
@click.option("--yes", is_flag=True, help="Create the resources in the account without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print the report about AWS as JSON.")
def demo(root: Path | None, place: str, items_file: Path | None, *, keep: bool, **options: Any) -> None:  # noqa: ANN401
    """Try a root module on an AWS emulator, or prove the mapping's behavior in an account.

    Applies the root module (default: examples/minimal), writes items of which one fails, prints how each is retried and
    what reaches the on-failure destination, and destroys everything again. With --on aws, it shows what it creates and
    costs, asks, and compares what Lambda does with the prediction of simulate.
    """
    if place == "aws":
        given = {"ROOT": root, "--items": items_file, "--keep": keep}
        for name in (name for name, value in given.items() if value):
            raise UsageError(f"{name}: it has no effect with --on aws. Remove it.")
        from generator.prove import command as proof  # noqa: PLC0415

        proof.run(**options)
        return
    for name in (name for name, value in options.items() if value):
        raise UsageError(f"--{name.removeprefix('as_')}: it has no effect on an emulator. Set --on aws, or remove it.")
    from generator.local import demo as demonstration  # noqa: PLC0415

    demonstration.run(root, items_file=items_file, keep=keep)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit. An error is one line on standard error, and has its own exit code.

    So is a defect of this program: the line names a file with the traceback, unless ``--debug`` prints it.
    """
    signal.signal(signal.SIGTERM, terminate)
    given: dict[str, bool] = {}
    try:
        try:
            cli.main(arguments, prog_name=PROGRAM, standalone_mode=False, obj=given)
            if sys.stdout is not None:
                sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message())
            sys.exit(UsageError.exit_code)
    except (click.Abort, KeyboardInterrupt):
        fail("Interrupted.", 130)
    except click.ClickException as error:
        fail(one_line(usage(error)), UsageError.exit_code)
    except GeneratorError as error:
        fail(str(error), error.exit_code)
    except BrokenPipeError:
        discard_output()
        sys.exit(1)
    except OSError as error:
        if error.errno not in _NOT_WRITTEN:
            unexpected(error, debug=given.get("debug", False))
        discard_output()
        name = one_line(str(error.filename or "Standard output"))
        fail(f"{name}: {error.strerror}. Correct this, and run the command again", 1)
    except Exception as error:  # noqa: BLE001 - any defect
        unexpected(error, debug=given.get("debug", False))
    sys.exit(0)
