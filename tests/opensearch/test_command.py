"""Does ``make opensearch`` say what it needs, and run the suite on each node that it can have?"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.opensearch import nodes
from tests.opensearch.__main__ import main


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Return the environments in which the suite was run, which fails for version 3."""
    monkeypatch.delenv("OPENSEARCH_URL", raising=False)
    monkeypatch.delenv("OPENSEARCH_VERSION", raising=False)
    environments: list[dict[str, str]] = []

    def run(command: list[str], *, env: dict[str, str], check: bool) -> SimpleNamespace:
        assert command[1:] == ["-m", "pytest", "tests/opensearch"]
        assert not check
        environments.append({name: env[name] for name in ("OPENSEARCH_URL", "OPENSEARCH_VERSION") if name in env})
        return SimpleNamespace(returncode=1 if env.get("OPENSEARCH_VERSION", "").startswith("3") else 0)

    monkeypatch.setattr(subprocess, "run", run)
    return environments


@pytest.fixture
def available(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Return what decides which releases of Java are there, and whether Maven is."""
    nodes.java_for.cache_clear()
    class_path = nodes.class_path
    class_path.cache_clear()

    def choose(*releases: int, maven: bool) -> None:
        monkeypatch.setattr(nodes, "_javas", lambda: [Path(f"java-{release}") for release in releases])
        monkeypatch.setattr(nodes, "_release", lambda java: int(java.name.removeprefix("java-")))
        monkeypatch.setattr("shutil.which", lambda _: "mvn" if maven else None)
        if maven:
            monkeypatch.setattr(nodes, "class_path", lambda _: "classes")

    yield choose
    nodes.java_for.cache_clear()
    class_path.cache_clear()


@pytest.mark.parametrize(
    ("releases", "maven", "needs"),
    [
        ((), True, "OpenSearch 2.19.6 needs Java 17 or newer"),
        ((11,), True, "OpenSearch 2.19.6 needs Java 17 or newer"),
        ((17,), True, "OpenSearch 3.8.0 needs Java 21 or newer"),
        ((25,), False, "OpenSearch 2.19.6 is downloaded by Maven, and mvn is not on the PATH"),
    ],
)
def test_what_is_missing_is_one_line(  # noqa: PLR0917 - fixtures
    ran: list[dict[str, str]],
    available: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    releases: tuple[int, ...],
    maven: bool,  # noqa: FBT001 - a parameter
    needs: str,
) -> None:
    available(*releases, maven=maven)
    assert main(["2.19.6", "3.8.0"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"Error: {needs}")
    assert said.count("\n") == 1
    assert "OPENSEARCH_URL" in said
    assert ran == []


def test_suite_runs_on_each_version_and_its_failure_is_the_commands(
    ran: list[dict[str, str]], available: Callable[..., None]
) -> None:
    available(17, 25, maven=True)
    assert main(["2.19.6"]) == 0
    assert main(["2.19.6", "3.8.0", "2.19.6"]) == 1
    assert ran == [{"OPENSEARCH_VERSION": version} for version in ("2.19.6", "2.19.6", "3.8.0")]


def test_node_that_runs_already_is_used_without_java(
    ran: list[dict[str, str]], available: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    available(maven=False)
    monkeypatch.setenv("OPENSEARCH_URL", "http://localhost:9200")
    assert main(["2.19.6", "3.8.0"]) == 0
    assert ran == [{"OPENSEARCH_URL": "http://localhost:9200"}]


def test_oldest_java_that_is_new_enough_is_used(available: Callable[..., None]) -> None:
    available(11, 25, 17, 21, maven=True)
    assert (nodes.java_for("2.19.6").name, nodes.java_for("3.8.0").name) == ("java-17", "java-21")
