"""Runs an emulator of AWS in a process of its own on 127.0.0.1, which ends with this process.

The emulators are Python packages, each in an environment of its own (see ``environments``). Their known differences
from AWS are listed and tested in ``tests/local/differences.py``.
"""

import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from generator.errors import LocalAwsError, extra
from generator.limits import MAX_FUNCTION_SECONDS
from generator.local.environments import interpreter
from generator.scratch import scratch_directory

ACCOUNT: Final = "123456789012"
"""The AWS account of the emulators."""

START_SECONDS: Final = 60
"""Seconds that an emulator has to answer; on an idle machine, it takes less than 1."""

_HOST: Final = "127.0.0.1"
_HEALTH: Final = {"ministack": "/_ministack/health", "moto": "/moto-api/data.json"}
_MAIN: Final = Path(__file__).with_name("emulator_main.py")
_STOP_SECONDS: Final = 10
_LOG_LINES: Final = 5


@dataclass(frozen=True, kw_only=True)
class LocalAws:
    """A running emulator, and the credentials of the root user of its account.

    Attributes:
        name: ``ministack`` or ``moto``.
        endpoint: the URL of all services.
        log: the log file.
        pid: the process of the emulator, the leader of its process group.
        region: the default Region of clients, which is that of the examples.
    """

    name: str
    endpoint: str
    log: Path
    pid: int
    region: str = "eu-west-1"
    access_key: str = "test"
    secret_key: str = "test"  # noqa: S105 - the root user of both emulators

    def client(self, service: str, *, region: str | None = None, **credentials: str) -> Any:  # noqa: ANN401
        """Return a boto3 client of a service, independent of the user's AWS settings.

        Takes a Region, and other credentials than those of the root user, named as in boto3. The client does not retry,
        because an emulator that rejects a call rejects it again. Threads can share a client, but only one thread at a
        time can create one.

        Raises:
            UsageError: boto3 is not installed.
        """
        root = {"aws_access_key_id": self.access_key, "aws_secret_access_key": self.secret_key}
        session, config = self._session
        return session.client(
            service,
            region_name=region or self.region,
            endpoint_url=self.endpoint,
            config=config,
            **(credentials or root),
        )

    @cached_property
    def _session(self) -> tuple[Any, Any]:
        """A boto3 session and the settings of its clients."""
        check_installed()
        import boto3  # noqa: PLC0415
        import botocore.config  # noqa: PLC0415
        import botocore.session  # noqa: PLC0415

        # These replace AWS_PROFILE, AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE of the environment.
        nothing = {"profile": None, "config_file": os.devnull, "credentials_file": os.devnull}
        core = botocore.session.Session({name: (None, None, value, None) for name, value in nothing.items()})
        config = botocore.config.Config(
            proxies={},
            read_timeout=MAX_FUNCTION_SECONDS,
            retries={"total_max_attempts": 1, "mode": "standard"},
            s3={"addressing_style": "path"},
        )
        return boto3.session.Session(botocore_session=core), config

    def variables(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return an environment in which Terraform and the AWS SDKs use this emulator.

        Takes the other environment variables; those of the user's AWS settings are left out.
        """
        return {
            **{name: value for name, value in environment.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def check_installed() -> None:
    """Check that the clients of an emulator can be created.

    Raises:
        UsageError: boto3 is not installed.
    """
    with extra("local"):
        # The import takes most of a second, and most commands start no emulator.
        import boto3  # noqa: F401, PLC0415


@contextmanager
def running(
    name: str, *, port: int | None = None, enforce_iam: bool = False, log: Path | None = None
) -> Iterator[LocalAws]:
    """Run an emulator during the ``with`` block. Its processes end with this process, also if that is killed.

    Args:
        name: ``ministack`` or ``moto``.
        port: the port to use; a free one by default.
        enforce_iam: whether IAM policies apply to all calls except those of the root user (ministack only).
        log: the log file; a temporary one by default, which is kept if the block fails.

    Raises:
        LocalAwsError: the name is unknown, it does not enforce policies, its environment is missing or broken,
            the port is not available, the log cannot be written, or the emulator does not answer within a minute.
    """
    if enforce_iam and name == "moto":
        raise LocalAwsError("moto does not enforce IAM policies. Use ministack.")
    if name not in _HEALTH:
        raise LocalAwsError(f'The emulator "{name}" does not exist. Use {" or ".join(_HEALTH)}.')
    python = interpreter(name)
    keep = log is not None
    file = log or Path(tempfile.gettempdir()) / f"ddb-stream-lambda-{name}-{os.urandom(8).hex()}.log"
    try:
        with scratch_directory() as state:
            with _listener(port) as listener:
                endpoint = f"http://{_HOST}:{listener.getsockname()[1]}"
                process = _start(name, python, listener, state=state, log=file, enforce_iam=enforce_iam)
            try:
                aws = LocalAws(name=name, endpoint=endpoint, log=file, pid=process.pid)
                _wait_until_healthy(aws, process)
                yield aws
            finally:
                _stop(process)
    except Exception:
        keep = True
        raise
    finally:
        if not keep:
            file.unlink(missing_ok=True)


def _listener(port: int | None) -> socket.socket:
    """Return a socket that listens on the loopback interface only, for the emulator.

    Another process could take a free port before the emulator binds it.
    """
    listener = socket.socket()
    try:
        # A port is available when nothing listens on it, even if earlier connections are in TIME_WAIT.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port or 0))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else "it must be 0 to 65535"
        raise LocalAwsError(f"Cannot listen on port {port} of {_HOST}: {reason}. Use another port.") from error
    return listener


def _start(
    name: str, python: Path, listener: socket.socket, *, state: Path, log: Path, enforce_iam: bool
) -> subprocess.Popen[bytes]:
    descriptor = listener.fileno()
    variables = _environment(name, listener.getsockname()[1], state, enforce_iam=enforce_iam)
    try:
        with log.open("wb") as output:
            # In its own session, it does not receive Ctrl-C. It ends when its standard input is closed.
            return subprocess.Popen(  # noqa: S603 - no shell, and no input of a user
                [python, "-I", _MAIN, name, str(descriptor), state],
                cwd=state,
                env=variables,
                pass_fds=[descriptor],
                start_new_session=True,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
    except OSError as error:
        raise LocalAwsError(f'Cannot start the emulator {name}: "{error.filename}": {error.strerror}.') from error


def _environment(name: str, port: int, state: Path, *, enforce_iam: bool) -> dict[str, str]:
    """Return the environment of the emulator and its functions, without the user's variables."""
    common = {"HOME": str(state), "LANG": "C.UTF-8", "PATH": os.environ.get("PATH", os.defpath), "TMPDIR": str(state)}
    if name == "moto":
        return {**common, "MOTO_ACCOUNT_ID": ACCOUNT, "MOTO_PORT": str(port)}
    return {
        **common,
        "AUTH": str(enforce_iam).lower(),
        # The emulator removes containers that have the names of its own ones.
        "DOCKER_HOST": f"unix://{state}/no-docker",
        "GATEWAY_PORT": str(port),
        # Otherwise, it listens on 2 more ports of all interfaces.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_HOST": _HOST,
        "S3_DATA_DIR": str(state / "s3"),
        "STATE_DIR": str(state / "state"),
    }


def _wait_until_healthy(aws: LocalAws, process: subprocess.Popen[bytes]) -> None:
    # A proxy of the user does not reach the loopback interface.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), opener.open(aws.endpoint + _HEALTH[aws.name], timeout=1):
            return
        time.sleep(0.05)
    code = process.poll()
    problem = f"did not answer within {START_SECONDS} s" if code is None else f"ended with exit code {code}"
    lines = [line.strip() for line in aws.log.read_text(encoding="utf-8", errors="replace").splitlines()]
    last = " | ".join(list(filter(None, lines))[-_LOG_LINES:]) or "it is empty"
    raise LocalAwsError(f'The emulator {aws.name} {problem}. The end of its log "{aws.log}": {last}')


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Close the standard input of the emulator, which ends it, and kill what remains of its process group."""
    if process.stdin:
        process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_SECONDS)
    # If the emulator crashed, its Lambda workers still run. Otherwise, the group no longer exists.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
