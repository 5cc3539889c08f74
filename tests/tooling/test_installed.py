"""Does what a user installs work, with every Python of this machine, in a directory that has no checkout?

The wheel and the sdist are built once. Each environment is new, and pip fills it as the user's pip is configured.
"""

import email
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from generator import __version__
from generator.render import render
from generator.terraform import BINARY_VARIABLE, binary
from tests.support.planning import TOP

COMMAND = "ddb-stream-lambda"
NEWEST = 30
pytestmark = pytest.mark.slow


def interpreters() -> list[str]:
    """Return an interpreter of this machine for each Python from 3.11 on that can create environments.

    Those on the PATH come before those of pyenv and uv.
    """
    home = Path.home()
    others = [
        Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions",
        Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or home / ".local/share/uv/python"),
    ]
    found = {sys.version_info.minor: sys.executable}
    for minor in range(11, NEWEST):
        name = f"python3.{minor}"
        named = [shutil.which(name), *(str(path) for other in others for path in sorted(other.glob(f"*/bin/{name}")))]
        for path in filter(None, named):
            # A name on the PATH can be one that pyenv has not selected a version for.
            if subprocess.run([path, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode == 0:
                found.setdefault(minor, path)
    return list(found.values())


@dataclass(frozen=True)
class Installation:
    """An environment with the package, and a directory to work in that has a package ``generator`` of its own."""

    environment: Path
    folder: Path

    @property
    def packages(self) -> Path:
        return next(self.environment.glob("lib/python3*/site-packages"))

    def run(self, *words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.start(COMMAND, *map(str, words), **variables)

    def start(self, program: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "COV", "PYTHON"))
        }
        environment |= {"XDG_CACHE_HOME": str(self.folder.parent / "cache"), "AWS_EC2_METADATA_DISABLED": "true"}
        return subprocess.run(
            [self.environment / "bin" / program, *words],
            cwd=self.folder,
            env={**environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def snapshot(self) -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in self.packages.rglob("*")}


def install(folder: Path, python: str, requirement: str) -> Installation:
    """Create an environment, install a requirement with pip, and let another package ``generator`` stand in the way."""
    installation = Installation(folder / "environment", folder / "work")
    # A pip in each environment would cost as much as the rest of this
    subprocess.run([python, "-m", "venv", "--without-pip", installation.environment], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(installation.environment / "bin/python")]
    words = [*pip, "install", "--quiet", "--disable-pip-version-check", requirement]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    decoy = installation.folder / "generator"
    decoy.mkdir(parents=True)
    (decoy / "__init__.py").write_text("raise SystemExit('this is another package')\n")
    return installation


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build the sdist, and the wheel from it."""
    folder = tmp_path_factory.mktemp("dist")
    words = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(TOP)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {"wheel": next(folder.glob("*.whl")), "sdist": next(folder.glob("*.tar.gz"))}


@pytest.fixture(scope="module", params=interpreters(), ids=lambda path: Path(path).resolve().name)
def installed(
    request: pytest.FixtureRequest, distributions: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """Install the wheel without an extra."""
    return install(tmp_path_factory.mktemp("wheel"), request.param, str(distributions["wheel"]))


@pytest.fixture(scope="module")
def with_extras(distributions: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Install the wheel with every extra."""
    return install(tmp_path_factory.mktemp("extras"), sys.executable, f"{distributions['wheel']}[aws,local,release]")


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestContents:
    def test_wheel_installs_one_name_and_one_command(self, distributions: Mapping[str, Path]) -> None:
        with zipfile.ZipFile(distributions["wheel"]) as wheel:
            tops = {name.partition("/")[0] for name in wheel.namelist()}
            scripts = wheel.read(f"ddb_stream_lambda-{__version__}.dist-info/entry_points.txt").decode()
        assert tops == {"generator", f"ddb_stream_lambda-{__version__}.dist-info"}
        assert scripts.split() == ["[console_scripts]", COMMAND, "=", "generator.__main__:main"]

    def test_wheel_has_every_file_of_the_package_and_no_test(self, distributions: Mapping[str, Path]) -> None:
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "generator"],
            cwd=TOP,
            capture_output=True,
            text=True,
            check=True,
        )
        with zipfile.ZipFile(distributions["wheel"]) as wheel:
            names = set(wheel.namelist())
        assert set(listed.stdout.splitlines()) - names == set()
        data = {name.removeprefix("generator/data/") for name in names if name.startswith("generator/data/")}
        assert data | {"generator/data"} >= {
            "LICENSE",
            "CHANGELOG.md",
            "requirements/ministack.txt",
            "examples/minimal/main.tf",
            "examples/profiles/profile.schema.json",
            "lambda_src/stream_handler/handler.py",
            "lambda_src/stream_handler_node/index.mjs",
        }
        assert [name for name in names if "/tests/" in name and not name.startswith("generator/templates/")] == []

    def test_extras_are_those_of_a_user(self, distributions: Mapping[str, Path]) -> None:
        with zipfile.ZipFile(distributions["wheel"]) as wheel:
            text = wheel.read(f"ddb_stream_lambda-{__version__}.dist-info/METADATA").decode()
        assert email.message_from_string(text).get_all("Provides-Extra") == ["aws", "local"]

    def test_sdist_has_what_a_wheel_is_built_from(self, distributions: Mapping[str, Path]) -> None:
        with tarfile.open(distributions["sdist"]) as archive:
            tops = {name.split("/")[1] for name in archive.getnames()}
        assert {"pyproject.toml", "README.md", "LICENSE", "generator", "examples", "lambda_src"} <= tops


class TestCommands:
    """Without an extra."""

    def test_version_and_help_name_the_command(self, installed: Installation) -> None:
        assert installed.run("--version").stdout == f"{COMMAND}, version {__version__}\n"
        assert installed.run("--help").stdout.startswith(f"Usage: {COMMAND} ")

    def test_build_writes_the_module(self, installed: Installation) -> None:
        done = installed.run("build", "--out", "module")
        assert (done.returncode, done.stderr) == (0, "")
        assert files(installed.folder / "module") == render()
        assert installed.run("build", "--check", "--out", "module").returncode == 0

    @pytest.mark.parametrize("words", [["build"], ["build", "--check"]], ids=" ".join)
    def test_build_without_out_is_refused(self, words: list[str], installed: Installation) -> None:
        done = installed.run(*words)
        said = "Error: --out: an installation has no module/. Set --out to the directory of the module.\n"
        assert (done.returncode, done.stdout, done.stderr) == (3, "", said)

    def test_profile_is_started_and_built(self, installed: Installation) -> None:
        assert installed.run("new", "own.toml").returncode == 0
        assert f"Build it: {COMMAND} build --profile own.toml" in (installed.folder / "own.toml").read_text()
        done = installed.run("build", "--profile", "own.toml", "--out", "variant")
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(installed.run("schema").stdout)["title"]

    def test_versions_are_compared(self, installed: Installation) -> None:
        for provider in ("5", "6"):
            installed.run("build", "--provider", provider, "--out", f"provider-{provider}")
        done = installed.run("diff", "provider-5", "provider-6", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["findings"]

    @pytest.mark.parametrize(("runtime", "file"), [("python3.13", "handler.py"), ("nodejs22.x", "index.mjs")])
    def test_pipeline_is_started_and_packaged(self, runtime: str, file: str, installed: Installation) -> None:
        done = installed.run("new", runtime, "--name", "orders", "--runtime", runtime)
        assert (done.returncode, done.stderr) == (0, "")
        folder = installed.folder / runtime
        assert (folder / "function" / file).is_file()
        assert f"{COMMAND} package function -o function.zip" in (folder / "README.md").read_text()
        before = (folder / "function.zip").read_bytes()
        assert installed.run("package", folder / "function", "-o", folder / "function.zip").returncode == 0
        assert (folder / "function.zip").read_bytes() == before

    def test_failure_is_simulated(self, installed: Installation) -> None:
        done = installed.run("simulate", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)

    @pytest.mark.parametrize(
        ("words", "extra"),
        [
            (["redrive", "list", "--queue", "orders-dlq"], "aws"),
            (["backfill", "--table", "orders", "--function", "orders"], "aws"),
            (["simulate", "--mapping", "orders"], "aws"),
            (["demo"], "local"),
        ],
        ids=lambda value: value[0] if isinstance(value, list) else "",
    )
    def test_missing_extra_is_named_in_one_line(self, words: list[str], extra: str, installed: Installation) -> None:
        done = installed.run(*words, AWS_REGION="eu-west-1")
        said = f'Install the extra "{extra}": pip install "ddb-stream-lambda[{extra}]".\n'
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr == f"Error: The Python package boto3 is not installed. {said}"

    def test_no_command_writes_into_the_installation(self, installed: Installation) -> None:
        before = installed.snapshot()
        for words in (
            ["build", "--out", "again"],
            ["new", "again.toml"],
            ["new", "pipeline"],
        ):
            assert installed.run(*words).returncode == 0
        assert installed.snapshot() == before

    def test_cache_that_cannot_be_written_is_done_without(self, installed: Installation) -> None:
        done = installed.run("build", "--check", "--out", "module", XDG_CACHE_HOME="/dev/null")
        assert (done.returncode, done.stderr) == (0, "")

    def test_it_runs_as_a_module_too(self, installed: Installation) -> None:
        shutil.rmtree(installed.folder / "generator")
        done = installed.start("python", "-m", "generator", "--version")
        assert done.stdout == f"{COMMAND}, version {__version__}\n"


def test_sdist_is_installed_as_well(distributions: Mapping[str, Path], tmp_path: Path) -> None:
    installation = install(tmp_path, sys.executable, str(distributions["sdist"]))
    done = installation.run("build", "--out", "module")
    assert (done.returncode, done.stderr) == (0, "")
    assert files(installation.folder / "module") == render()


def test_extra_lets_a_command_reach_aws(with_extras: Installation) -> None:
    done = with_extras.run("redrive", "list", "--queue", "orders-dlq", AWS_REGION="eu-west-1", HOME="/dev/null")
    assert done.returncode == 13
    assert "credentials" in done.stderr


def test_release_is_that_of_a_checkout(with_extras: Installation, tmp_path: Path) -> None:
    before = with_extras.snapshot()
    words = ["release", "--namespace", "acme", "--tree"]
    done = with_extras.run(*words, "tree")
    assert (done.returncode, done.stderr) == (0, "")
    checkout = [sys.executable, "-m", "generator", *words, str(tmp_path / "tree"), "--out", str(tmp_path / "dist")]
    subprocess.run(checkout, cwd=TOP, capture_output=True, check=True)
    for folder in ("dist", "tree"):
        assert files(with_extras.folder / folder) == files(tmp_path / folder)
    assert with_extras.snapshot() == before


@pytest.mark.emulator
@pytest.mark.terraform
def test_demo_installs_its_emulator_and_runs(with_extras: Installation) -> None:
    before = with_extras.snapshot()
    done = with_extras.run("demo", **{BINARY_VARIABLE: str(binary())})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Installing the emulator ministack" in done.stdout
    assert "Processed 5 of 6 items" in done.stdout
    assert with_extras.snapshot() == before
