"""Nodes of OpenSearch for the suite: downloaded by Maven, started, hung, killed, and never left running."""

import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, Self

HERE: Final = Path(__file__).parent / "node"
JAVA_NEEDED: Final = {2: 17, 3: 21}
"""The oldest Java by the major version of OpenSearch (the classes of 3 are those of Java 21)."""
STARTS_WITHIN: Final = 240
"""Seconds; about five on an idle machine."""
_JVM: Final = (
    "-Dopensearch.set.netty.runtime.available.processors=false",
    "-Dio.netty.noUnsafe=true",
    "-Dlog4j2.disable.jmx=true",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
)
_PLACES: Final = ("/usr/lib/jvm", "/Library/Java/JavaVirtualMachines", "~/.sdkman/candidates/java")
# A file system in memory, if there is one: a node writes its state to disk at every change.
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a directory of its own is made in it


class UnavailableError(Exception):
    """A node cannot be had on this machine; the text is one line that says what is needed."""


@cache
def java_for(version: str) -> Path:
    """Return the oldest Java that runs a version of OpenSearch.

    Raises:
        UnavailableError: there is none.

    """
    needed = JAVA_NEEDED[int(version.split(".", maxsplit=1)[0])]
    known = {java: release for java in _javas() if (release := _release(java)) >= needed}
    if not known:
        raise UnavailableError(
            f"OpenSearch {version} needs Java {needed} or newer, which is neither at JAVA_HOME nor on the PATH: "
            "install it, or set OPENSEARCH_URL to the URL of a node that runs already."
        )
    return min(known, key=lambda java: known[java])


def _javas() -> Iterator[Path]:
    homes = [os.environ["JAVA_HOME"]] if "JAVA_HOME" in os.environ else []
    found = shutil.which("java")
    yield from [Path(found)] if found else []
    for place in _PLACES:
        homes += [str(path) for path in sorted(Path(place).expanduser().glob("*"))]
    for home in homes:
        for java in (Path(home) / "bin/java", Path(home) / "Contents/Home/bin/java"):
            if java.is_file():
                yield java


def _release(java: Path) -> int:
    """Return the release of a Java; 0 if it does not say."""
    done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', done.stderr)
    return int(found[1]) if found else 0


@cache
def class_path(version: str) -> str:
    """Let Maven download a version, which it does once, and return where its classes are.

    Raises:
        UnavailableError: there is no Maven, or the version cannot be downloaded.

    """
    maven = shutil.which("mvn")
    if maven is None:
        raise UnavailableError(
            f"OpenSearch {version} is downloaded by Maven, and mvn is not on the PATH: install it, or set "
            "OPENSEARCH_URL to the URL of a node that runs already."
        )
    with tempfile.NamedTemporaryFile("r", suffix=".txt") as written:
        done = subprocess.run(
            [
                *(maven, "--quiet", "--batch-mode", "--strict-checksums", "--file", HERE / "pom.xml"),
                *(f"-Dopensearch.version={version}", f"-Dmdep.outputFile={written.name}", "dependency:build-classpath"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            why = next((line for line in done.stdout.splitlines() if "ERROR" in line), "mvn failed without a reason")
            raise UnavailableError(f"OpenSearch {version} cannot be downloaded: {why.removeprefix('[ERROR] ')}")
        return written.read().strip()


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


class Node:
    """One node, as a context manager: runs while the block does.

    Takes the version, a directory for its log, further settings and the largest heap. The node ends with this process,
    however that ends: it holds the other end of the node's standard input.
    """

    def __init__(
        self, version: str, log: Path, settings: Mapping[str, object] | None = None, *, heap: str = "1g"
    ) -> None:
        self.version = version
        self.port, self.transport_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log / "node.log"
        self._home = Path(tempfile.mkdtemp(prefix="opensearch-", dir=_MEMORY if _MEMORY.is_dir() else None))
        (self._home / "config").mkdir()
        own = {
            "path.home": self._home,
            "path.data": self._home / "data",
            "path.logs": self._home / "logs",
            "http.type": "netty4",
            "transport.type": "netty4",
            "http.port": self.port,
            "transport.port": self.transport_port,
            "network.host": "127.0.0.1",
            "discovery.type": "single-node",
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            **(settings or {}),
        }
        java = java_for(version)
        self._command = [
            *(str(java), f"-Xmx{heap}", *_JVM, "-cp", class_path(version), str(HERE / "Launcher.java")),
            *(f"{name}={value}" for name, value in own.items() if value is not None),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def start(self) -> None:
        """Start the node, with the data that it had, and wait until it answers.

        Raises:
            UnavailableError: it does not.

        """
        with self._log.open("ab") as log:
            # In a group of its own, so that an interrupt does not end it before the tests do.
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=log, stderr=log, process_group=0
            )
        deadline = time.monotonic() + STARTS_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise UnavailableError(f"OpenSearch {self.version} did not start: see {self._log}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/_cluster/health?local=true")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def hang(self) -> None:
        """Stop the process, which keeps its connections and takes new ones, and answers none."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """End ``hang``."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the process at once, as a crash does."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            if self._process.stdin is not None:
                with contextlib.suppress(OSError):
                    self._process.stdin.close()
            self._process.wait()
            self._process = None

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
