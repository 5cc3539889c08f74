"""Is each function complete by itself, small, and the same for every machine it may run on?"""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from generator.package import ARCHITECTURES, package
from tests.support.functions import FUNCTIONS

TOP = FUNCTIONS.parent
NAMES = sorted(path.parent.name for path in FUNCTIONS.glob("*/README.md"))
IN_PYTHON = [name for name in NAMES if (FUNCTIONS / name / "handler.py").exists()]
CONTENTS = {
    "eventbridge_publisher": [
        "handler.py",
        "publisher/__init__.py",
        "publisher/bus.py",
        "publisher/claims.py",
        "publisher/entries.py",
        "publisher/metrics.py",
        "publisher/settings.py",
        "publisher/signature.py",
        "publisher/stream.py",
    ],
    "opensearch_indexer": [
        "handler.py",
        "index_template.json",
        "indexer/__init__.py",
        "indexer/answers.py",
        "indexer/authorization.py",
        "indexer/bulk.py",
        "indexer/connection.py",
        "indexer/documents.py",
        "indexer/markers.py",
        "indexer/metrics.py",
        "indexer/settings.py",
        "indexer/stream.py",
        "indexer/template.py",
    ],
    "stream_handler": ["handler.py", "idempotency.py", "stream.py"],
    "stream_handler_node": ["idempotency.mjs", "index.mjs", "stream.mjs"],
}
LARGEST = 300_000


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Package every function for every architecture."""
    folder = tmp_path_factory.mktemp("packages")
    made = {}
    for name in NAMES:
        for architecture in ARCHITECTURES:
            archive = folder / f"{name}-{architecture}.zip"
            made[name, architecture] = package(FUNCTIONS / name, archive, architecture=architecture).path
    return made


@pytest.mark.parametrize("name", NAMES)
def test_it_holds_the_code_and_nothing_else(packages: dict[tuple[str, str], Path], name: str) -> None:
    """Neither tests nor a third-party package."""
    with zipfile.ZipFile(packages[name, "x86_64"]) as archive:
        assert archive.namelist() == CONTENTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_one_package_does_for_both_architectures(packages: dict[tuple[str, str], Path], name: str) -> None:
    """There is no native code in it."""
    assert packages[name, "x86_64"].read_bytes() == packages[name, "arm64"].read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_it_is_small(packages: dict[tuple[str, str], Path], name: str) -> None:
    """Lambda loads it at every cold start."""
    assert packages[name, "x86_64"].stat().st_size <= LARGEST


@pytest.mark.parametrize("name", IN_PYTHON)
def test_it_runs_by_itself(packages: dict[tuple[str, str], Path], tmp_path: Path, name: str) -> None:
    """With the standard library alone, in a folder that cannot be written to, as Lambda unpacks it."""
    with zipfile.ZipFile(packages[name, "arm64"]) as archive:
        archive.extractall(tmp_path)
    code = "import sys; sys.path.insert(0, sys.argv[1]); import handler as h; print(h.handler({'Records': []}, 0))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code, str(tmp_path)],
        env={
            "INDEXER_ENDPOINT": "http://localhost",
            "INDEXER_METRICS_NAMESPACE": "none",
            "PUBLISHER_METRICS_NAMESPACE": "none",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("{'batchItemFailures': []}\n", "")


def test_make_packages_every_function() -> None:
    """``make package`` knows them all."""
    # What make tells its children of itself is not for this one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    planned = subprocess.run(
        ["make", "--dry-run", "package"],  # noqa: S607 - the one on the PATH
        cwd=TOP,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = [line for line in planned.stdout.splitlines() if line.startswith("for function in ")]
    assert line.split(";")[0].split()[3:] == NAMES


def test_the_shared_module_is_the_same_everywhere() -> None:
    """Each folder has its own copy, so that it can be packaged, and copied, by itself."""
    original, *others = sorted(FUNCTIONS.glob("*/**/stream.py"), key=lambda path: "stream_handler" not in path.parts)
    assert others
    for other in others:
        command = f"cp {original.relative_to(TOP)} {other.relative_to(TOP)}"
        assert other.read_bytes() == original.read_bytes(), f"to mend it: {command}"
