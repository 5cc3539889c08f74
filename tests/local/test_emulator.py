"""Does an emulator start on the loopback interface alone, say why when it does not, and leave nothing behind?"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from generator.errors import LocalAwsError
from generator.local import emulator, environments
from generator.local.emulator import LocalAws
from tests.local import resources
from tests.local.checks import warm_throughput

TOP = Path(__file__).parents[2]
NAMES = ["ministack", "moto"]

# Starts an emulator with a Lambda worker that is busy, says so, and ends in some way when it is asked to.
SCRIPT = """\
import json, sys, threading, time
from generator.local import emulator
from tests.local import resources

with emulator.running("ministack") as aws:
    function = resources.function(aws, "import time\\ndef handler(event, context):\\n    time.sleep(event)\\n")
    resources.invoke(aws, function, 0)
    threading.Thread(target=resources.invoke, args=(aws, function, 25), daemon=True).start()
    time.sleep(0.2)
    print(json.dumps({"group": aws.pid, "log": str(aws.log)}), flush=True)
    sys.stdin.readline()
    {ending}
"""


def processes(group: int) -> list[str]:
    """Return the command lines of the processes of a group; those that ended and were not waited for do not count."""
    listed = subprocess.run(["ps", "-A", "-o", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    entries = [line.split(maxsplit=2) for line in listed.splitlines()]
    return [entry[2] for entry in entries if entry[0] == str(group) and not entry[1].startswith("Z")]


def eventually(condition: Callable[[], bool], within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return met


def listening(group: int) -> set[str]:
    """Return the local addresses, as the kernel writes them, on which the processes of a group listen."""
    inodes = set()
    for process in Path("/proc").glob("[0-9]*"):
        if os.getpgid(int(process.name)) == group:
            inodes |= {str(descriptor.readlink()) for descriptor in (process / "fd").iterdir()}
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if f"socket:[{inode}]" in inodes and (state == "0A" or table.startswith("udp")):
                found.add(local)
    return found


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, temporary: Path) -> Callable[[str], None]:  # noqa: ARG001
    """Let a shell script stand for the Python of the emulators' environments."""

    def replace(script: str) -> None:
        python = tmp_path / ".venvs/ministack/bin/python"
        python.parent.mkdir(parents=True)
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
        monkeypatch.setattr(environments, "CHECKOUT", tmp_path)

    return replace


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of one test's own for everything temporary."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


class TestStarting:
    def test_importing_it_does_not_import_boto3(self) -> None:
        script = "import sys, generator.local.emulator; sys.exit('boto3' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", script], cwd=TOP, check=False).returncode == 0

    @pytest.mark.emulator
    @pytest.mark.parametrize("name", NAMES)
    def test_it_answers_for_its_account(self, name: str) -> None:
        with emulator.running(name) as aws:
            assert aws.client("sts").get_caller_identity()["Account"] == emulator.ACCOUNT

    @pytest.mark.emulator
    @pytest.mark.parametrize("name", NAMES)
    def test_it_uses_the_given_port(self, name: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        with emulator.running(name, port=port) as aws:
            assert aws.endpoint == f"http://127.0.0.1:{port}"
            aws.client("sts").get_caller_identity()

    @pytest.mark.emulator
    @pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux's list of sockets")
    @pytest.mark.parametrize("name", NAMES)
    def test_it_listens_on_the_loopback_interface_alone(self, name: str) -> None:
        with emulator.running(name) as aws:
            port = int(aws.endpoint.rpartition(":")[2])
            assert listening(aws.pid) == {f"0100007F:{port:04X}"}

    @pytest.mark.emulator
    def test_two_run_at_the_same_time(self) -> None:
        with emulator.running("ministack") as one, emulator.running("ministack") as other:
            resources.table(one)
            assert other.client("dynamodb").list_tables()["TableNames"] == []

    @pytest.mark.emulator
    def test_head_of_a_response_comes_with_its_body(self) -> None:
        with emulator.running("ministack") as aws:
            port = int(aws.endpoint.rpartition(":")[2])
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(b"GET /_ministack/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert b"\r\n\r\n{" in connection.recv(65536)

    @pytest.mark.emulator
    def test_a_repeated_attempt_of_a_successful_request_gets_the_same_response(self) -> None:
        headers = {"X-Amz-Target": "Logs_20140328.CreateLogGroup", "Content-Type": "application/x-amz-json-1.1"}

        def created(invocation: str) -> int:
            identified = {**headers, "Amz-Sdk-Invocation-Id": invocation}
            with closing(HTTPConnection(aws.endpoint.removeprefix("http://"))) as connection:
                connection.request("POST", "/", body='{"logGroupName": "/orders"}', headers=identified)
                return connection.getresponse().status

        with emulator.running("ministack") as aws:
            assert [created("first"), created("first"), created("another"), created("another")] == [200, 200, 400, 400]

    @pytest.mark.emulator
    def test_policies_decide_only_when_asked(self) -> None:
        for enforced in (False, True):
            with emulator.running("ministack", enforce_iam=enforced) as aws:
                client = aws.client("dynamodb", **resources.credentials(aws, resources.role(aws)[1]))
                if enforced:
                    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
                        client.list_tables()
                else:
                    client.list_tables()


class TestErrors:
    def test_an_unknown_emulator(self) -> None:
        with (
            pytest.raises(LocalAwsError, match=r'^The emulator "floci" does not exist\. Use ministack or moto\.$'),
            emulator.running("floci"),
        ):
            pass

    def test_a_missing_environment(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(environments, "CHECKOUT", tmp_path)
        with (
            pytest.raises(LocalAwsError, match=r"^The environment .* moto is missing: .*\. Run make setup\.$"),
            emulator.running("moto"),
        ):
            pass

    def test_policies_on_an_emulator_that_ignores_them(self) -> None:
        with (
            pytest.raises(LocalAwsError, match=r"^moto does not enforce IAM policies"),
            emulator.running("moto", enforce_iam=True),
        ):
            pass

    def test_a_port_in_use(self, environment: Callable[[str], None], temporary: Path) -> None:
        environment("exit 0")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with (
                pytest.raises(
                    LocalAwsError, match=rf"^Cannot listen on port {port} of 127\.0\.0\.1: Address already in use\."
                ),
                emulator.running("ministack", port=port),
            ):
                pass
        assert list(temporary.iterdir()) == []

    def test_a_port_that_is_none(self, environment: Callable[[str], None]) -> None:
        environment("exit 0")
        with pytest.raises(LocalAwsError, match=r"port 70000 .* 0 to 65535"), emulator.running("ministack", port=70000):
            pass

    def test_a_log_that_cannot_be_written(self, environment: Callable[[str], None], tmp_path: Path) -> None:
        environment("exit 0")
        log = tmp_path / "missing/log"
        with pytest.raises(LocalAwsError, match=rf'"{log}": No such file'), emulator.running("ministack", log=log):
            pass

    def test_emulator_that_ends_at_once_is_reported_with_the_end_of_its_log(
        self, environment: Callable[[str], None], tmp_path: Path
    ) -> None:
        environment("for line in 1 2 3 4 5 6; do echo line $line; done; exit 3")
        log = tmp_path / "log"
        message = (
            rf'^The emulator ministack ended with exit code 3\. The end of its log "{log}": line 2 \| .* \| line 6$'
        )
        with pytest.raises(LocalAwsError, match=message), emulator.running("ministack", log=log):
            pass

    @pytest.mark.slow
    def test_an_emulator_that_does_not_answer_is_ended(
        self, environment: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        environment(f"echo $$ > {tmp_path}/pid; echo waiting; exec sleep 60")
        monkeypatch.setattr(emulator, "START_SECONDS", 0.5)
        monkeypatch.setattr(emulator, "_STOP_SECONDS", 0.1)
        with (
            pytest.raises(LocalAwsError, match=r"did not answer within 0\.5 s.*: waiting$"),
            emulator.running("ministack"),
        ):
            pass
        assert processes(int((tmp_path / "pid").read_text())) == []


class TestSettings:
    AWS = LocalAws(name="ministack", endpoint="http://127.0.0.1:1", log=Path("log"), pid=1)

    def test_nothing_of_the_users_own_settings_reaches_a_child(self) -> None:
        mine = {
            "AWS_PROFILE": "production",
            "AWS_SESSION_TOKEN": "mine",
            "AWS_ENDPOINT_URL_SQS": "mine",
            "PATH": "/bin",
        }
        variables = self.AWS.variables(mine)
        assert variables.keys() & mine.keys() == {"PATH"}
        assert variables["AWS_ENDPOINT_URL"] == self.AWS.endpoint

    @pytest.mark.slow
    def test_nothing_of_the_users_own_settings_reaches_a_client(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        settings = tmp_path / "config"
        settings.write_text("[profile production]\nregion = us-east-2\nmax_attempts = 7\n")
        for name, value in {
            "AWS_CONFIG_FILE": str(settings),
            "AWS_PROFILE": "missing",
            "AWS_REGION": "us-east-2",
            "AWS_ENDPOINT_URL": "http://elsewhere",
            "AWS_SESSION_TOKEN": "mine",
            "HTTP_PROXY": "http://127.0.0.1:9",
        }.items():
            monkeypatch.setenv(name, value)
        client = self.AWS.client("sqs")
        assert client.meta.endpoint_url == self.AWS.endpoint
        assert client.meta.region_name == "eu-west-1"
        assert client.meta.config.proxies == {}
        assert client._get_credentials().token is None


@dataclass(frozen=True)
class Parent:
    """A process that runs an emulator with a busy Lambda worker."""

    process: subprocess.Popen[str]
    group: int
    log: Path

    def goes_on(self) -> int:
        """Let it end in its way, and return its exit code."""
        self.process.communicate("\n", timeout=15)
        return self.process.returncode

    def gets(self, number: signal.Signals) -> None:
        """Send it a signal and wait until it has ended."""
        self.process.send_signal(number)
        self.process.wait(15)


@pytest.fixture
def start(temporary: Path) -> Iterator[Callable[[str], Parent]]:
    started = []

    def run(ending: str) -> Parent:
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT.replace("{ending}", ending)],
            cwd=TOP,
            env={**os.environ, "TMPDIR": str(temporary)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        assert process.stdout
        result: dict[str, Any] = json.loads(process.stdout.readline())
        parent = Parent(process, result["group"], Path(result["log"]))
        assert len(processes(parent.group)) == 2, "the emulator and its Lambda worker"
        return parent

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.emulator
class TestLeavingNothing:
    def test_after_the_end(self, start: Callable[[str], Parent], temporary: Path) -> None:
        parent = start("pass")
        assert parent.goes_on() == 0
        assert processes(parent.group) == []
        assert list(temporary.iterdir()) == []

    def test_after_an_error_but_the_log(self, start: Callable[[str], Parent], temporary: Path) -> None:
        parent = start("raise ValueError")
        assert parent.goes_on() == 1
        assert processes(parent.group) == []
        assert list(temporary.iterdir()) == [parent.log]
        assert "Lambda worker spawned" in parent.log.read_text()

    def test_after_ctrl_c(self, start: Callable[[str], Parent], temporary: Path) -> None:
        parent = start("pass")
        # A terminal sends it to the whole process group in front.
        os.killpg(parent.process.pid, signal.SIGINT)
        parent.process.wait(15)
        assert processes(parent.group) == []
        assert list(temporary.iterdir()) == []

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
    def test_after_the_parent_was_killed_but_the_log(
        self, start: Callable[[str], Parent], temporary: Path, number: signal.Signals
    ) -> None:
        parent = start("pass")
        parent.gets(number)
        assert eventually(lambda: processes(parent.group) == [])
        assert list(temporary.iterdir()) == [parent.log]

    def test_after_the_emulator_was_killed(self, start: Callable[[str], Parent]) -> None:
        parent = start("pass")
        os.kill(parent.group, signal.SIGKILL)
        assert eventually(lambda: len(processes(parent.group)) == 1), "its worker is still busy"
        parent.goes_on()
        assert processes(parent.group) == []


@pytest.mark.emulator
@pytest.mark.parametrize("name", NAMES)
def test_warm_throughput_is_that_of_the_request_and_active(name: str) -> None:
    """Provider 6.13 and later wait until the status is ACTIVE: without it, an apply takes as long as its timeout."""
    given = {"ReadUnitsPerSecond": 13_000, "WriteUnitsPerSecond": 5_000}
    with emulator.running(name) as aws:
        assert [warm["Status"] for warm in warm_throughput(aws)] == ["ACTIVE"] * 2
        requested = warm_throughput(aws, WarmThroughput=given)
        assert {warm["Status"] for warm in requested} == {"ACTIVE"}
        assert {name: requested[1][name] for name in given} == given
