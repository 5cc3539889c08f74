"""``python -m benchmarks``: prints each measurement, the ratio, and the limit it is held against.

Exits with 1 when a limit is missed. Times are the least of several interleaved runs: what a machine does beside the
measurement can only add to them. Planning is measured in processor time, of Terraform and its provider together.
"""

import compileall
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import click
from rich.table import Table

from benchmarks import functions, mapping, redrive
from benchmarks.measuring import TOP, Result, least, wall
from generator import terraform
from generator.console import console
from generator.terraform import binary, environment

FLAT = Path(__file__).parent / "flat.tf"
FIRST = TOP / "tests" / "compare" / "released" / "1.0.0"
MANY = 100
PROVIDER = {
    "region": "eu-west-1",
    "access_key": "test",
    "secret_key": "test",
    "skip_credentials_validation": True,
    "skip_metadata_api_check": True,
    "skip_requesting_account_id": True,
}


def _cpu(root: Path) -> float:
    """Return the processor time of planning a root module."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [binary(), "plan", "-input=false", "-out=tfplan"],
        cwd=root,
        env=environment(),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _root(
    folder: Path, name: str, configuration: dict[str, object], flat: str = "", module: Path = TOP / "module"
) -> Path:
    root = folder / name
    root.mkdir()
    (root / "module").symlink_to(module)
    (root / "function.zip").write_bytes(b"not read by a plan")
    required = {"required_providers": {"aws": {"source": "hashicorp/aws"}}}
    (root / "main.tf.json").write_text(
        json.dumps({"terraform": required, "provider": {"aws": PROVIDER}, **configuration})
    )
    (root / "flat.tf").write_text(flat)
    terraform.Terraform(root).init()
    return root


def _module(count: int) -> dict[str, object]:
    names = json.dumps([f"pipeline{number}" for number in range(count)])
    block = {
        "source": "./module",
        "for_each": f"${{toset({names})}}",
        "name": "${each.key}",
        "function_filename": "function.zip",
        "function_handler": "handler.handler",
        "function_runtime": "python3.13",
    }
    return {"module": {"pipeline": block}}


def _written_out(count: int) -> str:
    return "\n".join(FLAT.read_text().replace("NAME", f"pipeline{number}") for number in range(count))


def build(repeat: int) -> list[Result]:
    """Compare a cold ``build`` with the import of Jinja, both compiled as an installation leaves them."""
    compileall.compile_dir(TOP / "generator", quiet=1)
    measured, baseline = least(
        5 * repeat,
        lambda: wall(sys.executable, "-m", "generator", "build"),
        lambda: wall(sys.executable, "-c", "import jinja2"),
    )
    return [
        Result(
            what="build, whole process / import jinja2", measured=measured, baseline=baseline, limit=2.0, at_most=0.2
        )
    ]


def variants(repeat: int) -> list[Result]:
    """Compare a ``build`` with each profile with one of the whole module."""
    compileall.compile_dir(TOP / "generator", quiet=1)
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        words = [sys.executable, "-m", "generator", "build"]
        profiles = sorted((TOP / "examples" / "profiles").glob("*.toml"))
        *measured, newest, baseline = least(
            5 * repeat,
            *[
                lambda path=path: wall(*words, "--profile", str(path), "--out", str(out / path.stem))
                for path in profiles
            ],
            lambda: wall(*words, "--provider", "6", "--out", str(out / "newest")),
            lambda: wall(*words, "--out", str(out / "whole")),
        )
    return [
        *(
            Result(what=f"build with {path.name} / without", measured=seconds, baseline=baseline, limit=1.35)
            for path, seconds in zip(profiles, measured, strict=True)
        ),
        Result(what="build --provider 6 / without", measured=newest, baseline=baseline, limit=1.05),
    ]


def diff(repeat: int) -> list[Result]:
    """Compare the comparison of two versions of the module with python-hcl2 that only parses their files."""
    compileall.compile_dir(TOP / "generator", quiet=1)
    versions = (TOP / "tests" / "compare" / "released" / "1.0.0", TOP / "module")
    files = [str(path) for version in versions for path in sorted(version.glob("*.tf"))]
    code = "import sys, hcl2, pathlib\nfor name in sys.argv[1:]: hcl2.loads(pathlib.Path(name).read_text())"
    measured, baseline = least(
        repeat,
        lambda: wall(sys.executable, "-m", "generator", "diff", *map(str, versions)),
        lambda: wall(sys.executable, "-c", code, *files),
    )
    what = "diff of two versions / parsing them with python-hcl2"
    return [Result(what=what, measured=measured, baseline=baseline, limit=1, at_most=2)]


def plan(repeat: int) -> list[Result]:
    """Compare planning the module with the same resources written out by hand, and with its first release."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        roots = [
            _root(folder, "module-1", _module(1)),
            _root(folder, "flat-1", {}, _written_out(1)),
            _root(folder, f"module-{MANY}", _module(MANY)),
            _root(folder, f"flat-{MANY}", {}, _written_out(MANY)),
            _root(folder, "first-1", _module(1), module=FIRST),
            _root(folder, f"first-{MANY}", _module(MANY), module=FIRST),
        ]
        one, flat, many, flat_many, first, first_many = least(repeat, *[lambda root=root: _cpu(root) for root in roots])
    return [
        Result(what="planning one instance / by hand", measured=one, baseline=flat, limit=1.10),
        Result(
            what=f"each further instance, up to {MANY} / by hand",
            measured=(many - one) / (MANY - 1),
            baseline=(flat_many - flat) / (MANY - 1),
            limit=1.25,
        ),
        Result(what="planning one instance / with 1.0.0", measured=one, baseline=first, limit=1.15),
        Result(
            what=f"each further instance, up to {MANY} / with 1.0.0",
            measured=(many - one) / (MANY - 1),
            baseline=(first_many - first) / (MANY - 1),
            limit=1.15,
        ),
    ]


BENCHMARKS = {
    "build": build,
    "variants": variants,
    "diff": diff,
    "plan": plan,
    "functions": functions.measure,
    "mapping": mapping.measure,
    "redrive": redrive.measure,
}


@click.command()
@click.option("--only", type=click.Choice(list(BENCHMARKS)), help="Run one of them.")
@click.option("--repeat", default=3, show_default=True, help="Rounds of each measurement.")
def main(only: str | None, repeat: int) -> None:
    """Measure, print a table, and exit with 1 when a limit is missed."""
    table = Table("measured", "seconds", "compared with", "ratio", "limit", "")
    held = True
    for name, benchmark in BENCHMARKS.items():
        if only not in (None, name):
            continue
        click.echo(f"measuring {name} ...", err=True)
        for result in benchmark(repeat):
            limit = f"{result.limit}" + (f" and {result.at_most} s" if result.at_most else "")
            table.add_row(
                result.what,
                f"{result.measured:.3g}",
                f"{result.baseline:.3g}",
                f"{result.ratio:.2f}",
                limit,
                "holds" if result.holds else "missed",
            )
            held = held and result.holds
    console().print(table)
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
