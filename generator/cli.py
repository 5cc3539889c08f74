"""The command line: parses, calls, and is the one place where errors become messages and exit codes."""

import difflib
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from generator import __version__
from generator.console import count
from generator.errors import BumpError, DriftError, GeneratorError, ProfileError, UsageError
from generator.operate import command as operating

if TYPE_CHECKING:
    from generator.variant import Variant

ROOT = Path(__file__).parent.parent


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="generator")
def cli() -> None:
    """Write and try out the Terraform module ddb_stream_lambda.

    \b
    Exit codes: 0 done, 2 differences found by build --check, 3 wrong usage,
    4 output folder, 5 template, 6 package, 7 Terraform or its provider, 8 local AWS, 9 profile,
    10 module to compare, 11 version bump too small, 12 release, 13 AWS, 14 something failed, is parked or lost,
    130 interrupted.
    """  # noqa: D301 - \b keeps click from filling the paragraph


@cli.command()
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write. [module/]")
@click.option("--check", is_flag=True, help="Write nothing; show what differs and exit with 2 if anything does.")
@click.option("--provider", type=click.Choice(["5", "6"]), help="Major of the AWS provider. [5, or the profile's]")
@click.option("--profile", type=click.Path(path_type=Path), help="Write the variant that this profile describes.")
def build(out: Path | None, provider: str | None, profile: Path | None, *, check: bool) -> None:
    """Write the module from its specification."""
    from generator import tree  # noqa: PLC0415 - the other commands do without Jinja
    from generator.render import render_variant  # noqa: PLC0415

    if profile and not out:
        raise UsageError("--profile needs --out: a variant is another module than the one in module/")
    out = out or ROOT / "module"
    files = render_variant(_variant(profile, provider))
    if check:
        found = tree.differences(files, out)
        for difference in found:
            click.echo(difference.diff, nl=False)
        if found:
            names = ", ".join(f"{difference.path} ({difference.kind})" for difference in found)
            message = f"{out} differs from its specification: {names}; run python -m generator build"
            raise DriftError(message)
        click.echo(f"{out}: {count(len(files), 'file')} are as specified")
        return
    changes = tree.write(files, out)
    verbs = {"missing": "written", "changed": "changed", "orphan": "removed"}
    for change in changes:
        click.echo(f"{verbs[change.kind]:<8} {out / change.path}")
    click.echo(f"{out}: {count(len(files), 'file')}, {count(len(changes), 'change')}")


@cli.command()
@click.argument("old")
@click.argument("new")
@click.option("--path", "folder", help="Where the module lies in an archive or a git revision. [module/, or the root]")
@click.option("--expect", type=click.Choice(["patch", "minor", "major"]), help="Exit with 11 where it is not enough.")
@click.option("--show", "shown", type=click.Choice(["patch", "minor", "major"]), default="patch", help="Least to list.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def diff(old: str, new: str, folder: str | None, expect: str | None, shown: str, *, as_json: bool) -> None:
    """Compare two versions of a module: what a change breaks, and the version bump that it needs.

    A version is a folder, an archive, or a git revision (REVISION or REVISION:FOLDER).
    """
    from generator.compare import BUMPS, compare, largest, report  # noqa: PLC0415
    from generator.compare.sources import read  # noqa: PLC0415

    findings = compare(read(old, folder), read(new, folder))
    if as_json:
        click.echo(report.as_json(findings))
    else:
        report.show(findings, shown=shown)
    needed = largest(findings)
    if expect and BUMPS.index(needed) > BUMPS.index(expect):
        causes = ", ".join(f"{one.rule} ({one.subject})" for one in findings if one.bump == needed)
        raise BumpError(f"{expect} is not enough: {needed} is needed for {causes}")


@cli.command()
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "dist", help="Folder to write. [dist/]")
@click.option("--profile", type=click.Path(path_type=Path), help="Release the variant that this profile describes.")
@click.option("--provider", type=click.Choice(["5", "6"]), help="Major of the AWS provider. [5, or the profile's]")
@click.option("--changelog", type=click.Path(path_type=Path), help="[CHANGELOG.md, or the one beside the profile]")
@click.option("--url", help="Folder under which the archives will be published. [the one they are written to]")
def release(out: Path, profile: Path | None, provider: str | None, changelog: Path | None, url: str | None) -> None:
    """Write a version of the module as archives, with checksums and a bill of materials.

    What is released is rendered from the specification, whatever lies in module/.
    """
    from generator import release as releasing  # noqa: PLC0415
    from generator.render import render_variant  # noqa: PLC0415

    variant = _variant(profile, provider)
    module = variant.module
    made = releasing.release(
        render_variant(variant),
        out,
        name=module.name,
        version=module.version,
        changelog=changelog or (profile.parent if profile else ROOT) / "CHANGELOG.md",
        licence=ROOT / "LICENSE",
        providers={"hashicorp/aws": module.provider_constraints[variant.provider]},
        url=url,
    )
    for name in made.files:
        click.echo(f"{'written' if name in made.written else 'present':<8} {out / name}")
    click.echo(made.source)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the pipeline. [the folder's]")
@click.option("--runtime", help="A runtime of Python or Node.js. [python3.13]")
@click.option("--existing-table", metavar="STREAM_ARN", help="Read the stream of a table that exists.")
@click.option("--existing-function", metavar="ARN", help="Invoke a function that exists.")
@click.option("--role-name", help="Name of the existing function's role.")
@click.option("--region", help="Region. [that of an existing resource, AWS_REGION, or us-east-1]")
@click.option("--source", help="Where Terraform gets the module from. [a copy within the folder]")
@click.option(
    "--provider", type=click.Choice(["5", "6"]), default="5", show_default=True, help="Major of the provider."
)
def new(folder: Path, provider: str, **given: Any) -> None:  # noqa: ANN401 - as click hands them on
    """Start a pipeline: a root module, a function with its test, and a README, ready for terraform plan."""
    from generator import scaffold  # noqa: PLC0415

    files = scaffold.new(folder, provider=int(provider), **given)
    outside = [path for path in files if "modules" not in path.relative_to(folder).parts[:1]]
    for path in outside:
        click.echo(f"written  {path}")
    if len(outside) < len(files):
        click.echo(f"written  {folder / 'modules'} ({len(files) - len(outside)} files)")
    click.echo(f"next: cd {shlex.quote(str(folder))} && terraform init && terraform plan")


@cli.command()
def schema() -> None:
    """Print the JSON Schema of profiles, for editors."""
    import json  # noqa: PLC0415

    from generator.profile.document import profile_schema  # noqa: PLC0415

    click.echo(json.dumps(profile_schema(), indent=2))


@cli.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option("-o", "--output", "archive", type=click.Path(path_type=Path), required=True, help="Zip file to write.")
@click.option(
    "--requirements",
    type=click.Path(path_type=Path),
    help="Vendor the wheels of this requirements file, without Docker.",
)
@click.option("--architecture", default="x86_64", show_default=True, help="Wheels for x86_64 or arm64.")
@click.option("--python-version", default="3.13", show_default=True, help="Wheels for this version of Python.")
def package(source: Path, archive: Path, requirements: Path | None, architecture: str, python_version: str) -> None:
    """Make a zip package of a function, the same bytes for the same source."""
    from generator import package as packaging  # noqa: PLC0415

    if requirements:
        click.echo(f"fetching wheels of {requirements} for Python {python_version} on {architecture}", err=True)
    made = packaging.package(
        source, archive, requirements=requirements, architecture=architecture, python_version=python_version
    )
    click.echo(f"path              {made.path}")
    click.echo(f"size              {made.size} bytes")
    click.echo(f"sha256            {made.sha256}")
    click.echo(f"source_code_hash  {made.source_code_hash}")
    if made.needs_s3:
        click.echo("over 50 MB: Lambda takes such a package from S3 only (function_s3)", err=True)


@cli.command()
@click.argument("root", type=click.Path(path_type=Path), default=ROOT / "examples" / "minimal")
@click.option("--items", "items_file", type=click.Path(path_type=Path), help="Items in DynamoDB JSON, one a line.")
@click.option("--keep", is_flag=True, help="Leave it running until Ctrl-C.")
def demo(root: Path, items_file: Path | None, *, keep: bool) -> None:
    """Apply a root module to a local AWS, write items, and show what becomes of them and of one that is poison."""
    from generator.local import demo as demonstration  # noqa: PLC0415

    demonstration.run(root, items_file=items_file, keep=keep)


@cli.command()
@click.option("--plan", type=click.Path(path_type=Path), help="Settings of the mapping in a plan (binary or JSON).")
@click.option("--mapping", metavar="UUID", help="Settings of a deployed mapping, through the Lambda API.")
@click.option("--address", help="Which mapping, where the plan holds several.")
@click.option("--batch-size", type=int, help="Most records in an invocation.")
@click.option("--batching-window", type=int, metavar="SECONDS", help="Wait for a batch to fill.")
@click.option("--bisect/--no-bisect", default=None, help="Halve a failing batch.")
@click.option("--retries", type=int, help="Retries before a record is given up; -1 is until it is too old.")
@click.option("--max-age", type=int, metavar="SECONDS", help="Age at which a record is given up; -1 is never.")
@click.option("--parallelization", type=int, help="Batches of one shard at once.")
@click.option("--tumbling-window", type=int, metavar="SECONDS", help="Length of tumbling windows; 0 is none.")
@click.option("--partial-responses/--no-partial-responses", default=None, help="ReportBatchItemFailures.")
@click.option("--starting-position", type=click.Choice(["TRIM_HORIZON", "LATEST"]), help="Where the mapping begins.")
@click.option("--filter", "patterns", multiple=True, metavar="PATTERN", help="A filter pattern; may be repeated.")
@click.option("--destination", type=click.Choice(["takes", "refuses", "none"]), help="The failure destination.")
@click.option("--longest-pause", type=float, metavar="SECONDS", help="End of the doubling of pauses. [none is known]")
@click.option("--records", metavar="N|FILE", default="100", show_default=True, help="How many are written, or which.")
@click.option("--rate", type=float, metavar="PER_SECOND", help="How fast they are written. [all at once]")
@click.option("--keys", type=int, metavar="N", help="How many items they belong to. [each its own]")
@click.option("--size", type=int, metavar="BYTES", help="Size of a record in an event. [1024]")
@click.option("--shards", type=int, metavar="N", help="How many shards they are in. [1]")
@click.option("--fail", metavar="NUMBERS", help="Which of them fail, such as 2 or 5,8-10. [none]")
@click.option("--failure", type=click.Choice(["raise", "report", "timeout", "throttle"]), help="How. [raise]")
@click.option("--lasts", type=float, metavar="SECONDS", help="How long they fail. [for ever]")
@click.option("--seconds", type=float, help="How long an invocation takes. [0.1]")
@click.option("--timeout", type=float, metavar="SECONDS", help="The function's timeout. [30]")
@click.option("--starts", type=float, metavar="SECONDS", help="When the mapping begins, after the first write. [0]")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--html", type=click.Path(path_type=Path), help="Write a page with a timeline to this file.")
def drill(as_json: bool, html: Path | None, **given: Any) -> None:  # noqa: ANN401, FBT001 - as click hands them on
    """Show what a mapping's settings would do to a failure, in simulated time.

    Settings are the module's defaults, those of --plan or --mapping, and on top of them what the options say.
    """
    from generator.simulate import command  # noqa: PLC0415 - the other commands do without it

    command.drill({name: value for name, value in given.items() if value not in (None, ())}, as_json=as_json, html=html)


cli.add_command(operating.redrive)
cli.add_command(operating.backfill)


def _variant(profile: Path | None, provider: str | None) -> "Variant":
    """Return the whole module, or the variant that a profile describes."""
    from generator.variant import Variant  # noqa: PLC0415

    major = int(provider) if provider else None
    if profile is None:
        return Variant(provider=major or 5)
    from generator.profile.document import read  # noqa: PLC0415 - most builds have none
    from generator.profile.variants import variant  # noqa: PLC0415

    return variant(read(profile), major)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: errors are one line on standard error and an exit code of their own."""
    try:
        cli.main(arguments, prog_name="python -m generator", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(UsageError.exit_code)
    except click.NoSuchOption as error:
        close = difflib.get_close_matches(error.option_name, error.possibilities or [], n=1)
        _fail(UsageError(f"no option {error.option_name}{f'; did you mean {close[0]}?' if close else ''}"))
    except click.Abort:
        _fail(GeneratorError("interrupted"), code=130)
    except click.ClickException as error:
        _fail(UsageError(error.format_message().rstrip(".")))
    except KeyboardInterrupt:
        _fail(GeneratorError("interrupted"), code=130)
    except GeneratorError as error:
        _fail(error)
    sys.exit(0)


def _fail(error: GeneratorError, code: int | None = None) -> NoReturn:
    lines = str(error).splitlines() if isinstance(error, ProfileError) else [str(error)]
    for line in lines:
        click.echo(f"error: {' '.join(line.split())}", err=True)
    sys.exit(error.exit_code if code is None else code)
