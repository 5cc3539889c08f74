"""The command line: parses, calls, and is the one place where errors become messages and exit codes."""

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from generator import __version__
from generator.errors import DriftError, GeneratorError, UsageError

ROOT = Path(__file__).parent.parent


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="generator")
def cli() -> None:
    """Write and try out the Terraform module ddb_stream_lambda.

    \b
    Exit codes: 0 done, 2 differences found by build --check, 3 wrong usage,
    4 output folder, 5 template, 6 package, 7 Terraform or its provider, 130 interrupted.
    """  # noqa: D301 - \b keeps click from filling the paragraph


@cli.command()
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "module", help="Folder to write. [module/]")
@click.option("--check", is_flag=True, help="Write nothing; show what differs and exit with 2 if anything does.")
@click.option(
    "--provider", type=click.Choice(["5", "6"]), default="5", show_default=True, help="Major of the AWS provider."
)
def build(out: Path, provider: str, *, check: bool) -> None:
    """Write the module from its specification."""
    from generator import tree  # noqa: PLC0415 - the other commands do without Jinja
    from generator.render import render  # noqa: PLC0415

    files = render(int(provider))
    if check:
        found = tree.differences(files, out)
        for difference in found:
            click.echo(difference.diff, nl=False)
        if found:
            names = ", ".join(f"{difference.path} ({difference.kind})" for difference in found)
            message = f"{out} differs from its specification: {names}; run python -m generator build"
            raise DriftError(message)
        click.echo(f"{out}: {len(files)} files are as specified")
        return
    changes = tree.write(files, out)
    verbs = {"missing": "written", "changed": "changed", "orphan": "removed"}
    for change in changes:
        click.echo(f"{verbs[change.kind]:<8} {out / change.path}")
    click.echo(f"{out}: {len(files)} files, {len(changes)} {'change' if len(changes) == 1 else 'changes'}")


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
def demo(root: Path) -> None:
    """Plan a root module with the real provider, without an AWS account, and show what it would create."""
    from generator import demo as demonstration  # noqa: PLC0415

    demonstration.run(root)


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
    click.echo(f"error: {' '.join(str(error).split())}", err=True)
    sys.exit(error.exit_code if code is None else code)
