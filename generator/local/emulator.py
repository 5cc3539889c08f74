"""Starts and stops an emulator of AWS from the package index: a process of its own, on 127.0.0.1, gone when we are.

The emulators live in environments of their own (``.venvs/``), which ``make setup`` makes. Their known differences from
AWS are listed, and tested, in ``tests/local/differences.py``.
"""

import os
import shutil
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

from generator.errors import LocalAwsError

ACCOUNT: Final = "123456789012"
"""The account in which everything lives."""

ENVIRONMENTS: Final = Path(__file__).parents[2] / ".venvs"
"""The folder with one Python environment for each emulator."""

STARTS_WITHIN: Final = 60
"""Seconds that an emulator may take to answer; it takes less than one on an idle machine."""

_HOST: Final = "127.0.0.1"
_HEALTH: Final = {"ministack": "/_ministack/health", "moto": "/moto-api/data.json"}
_LAUNCHER: Final = Path(__file__).with_name("emulator_main.py")
_STOPS_WITHIN: Final = 10
_LOG_LINES: Final = 5


@dataclass(frozen=True, kw_only=True)
class LocalAws:
    """One running emulator, and the credentials of its account's root.

    Attributes:
        name: ``ministack`` or ``moto``.
        endpoint: the URL that answers for every service.
        log: the file with everything that the emulator wrote.
        pid: the emulator's process, which leads a process group of its own.
        region: the region in which clients look by default, which is that of the examples.
    """

    name: str
    endpoint: str
    log: Path
    pid: int
    region: str = "eu-west-1"
    access_key: str = "test"
    secret_key: str = "test"  # noqa: S105 - what both emulators take as the root's

    def client(self, service: str, *, region: str | None = None, **credentials: str) -> Any:  # noqa: ANN401
        """Return a boto3 client of one service, which nothing of the user's own AWS settings reaches.

        Takes the service, a region, and other credentials than the root's as boto3 names them (``aws_access_key_id``,
        ``aws_secret_access_key``, ``aws_session_token``). The client never retries: what an emulator refuses once it
        refuses again. Threads may share a client; making one is for one thread at a time.

        Raises:
            LocalAwsError: boto3 is not installed.
        """
        own = {"aws_access_key_id": self.access_key, "aws_secret_access_key": self.secret_key}
        session, config = self._session
        return session.client(
            service,
            region_name=region or self.region,
            endpoint_url=self.endpoint,
            config=config,
            **(credentials or own),
        )

    @cached_property
    def _session(self) -> tuple[Any, Any]:
        """A boto3 session and the settings of its clients."""
        # Imported here because it takes most of a second, and commands that start no emulator do without.
        try:
            import boto3  # noqa: PLC0415
            import botocore.config  # noqa: PLC0415
            import botocore.session  # noqa: PLC0415
        except ImportError as error:
            raise LocalAwsError("The local AWS needs the Python package boto3, which is not installed.") from error
        # In place of what AWS_PROFILE, AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE say
        nothing = {"profile": None, "config_file": os.devnull, "credentials_file": os.devnull}
        core = botocore.session.Session({name: (None, None, value, None) for name, value in nothing.items()})
        config = botocore.config.Config(
            proxies={},
            read_timeout=900,  # the longest that a function may take
            retries={"total_max_attempts": 1, "mode": "standard"},
            s3={"addressing_style": "path"},
        )
        return boto3.session.Session(botocore_session=core), config

    def variables(self, beside: Mapping[str, str]) -> dict[str, str]:
        """Return environment variables with which Terraform and the AWS SDKs of a child process talk to this emulator.

        Takes the other variables for the process; the user's own AWS settings among them are left out.
        """
        return {
            **{name: value for name, value in beside.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@contextmanager
def running(
    name: str, *, port: int | None = None, enforce_iam: bool = False, log: Path | None = None
) -> Iterator[LocalAws]:
    """Run an emulator for as long as the ``with`` block lasts.

    Takes its name (``ministack`` or ``moto``), a port (default: a free one), whether the policies of roles and users
    decide every call (ministack alone; the root may do everything), and the file for its log (default: a temporary one,
    which stays only when the block fails). However this process ends, no process of the emulator stays.

    Raises:
        LocalAwsError: the name is unknown or the emulator enforces no policies, its environment is missing or broken,
            the port cannot be had, the log cannot be written, or the emulator does not answer within a minute.
    """
    if enforce_iam and name == "moto":
        raise LocalAwsError("moto does not enforce IAM policies; ministack does.")
    python = _python(name)
    state = Path(tempfile.mkdtemp(prefix=f"ddb-stream-lambda-{name}-"))
    file = log or state.with_suffix(".log")
    keep = log is not None
    try:
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
        shutil.rmtree(state, ignore_errors=True)
        if not keep:
            file.unlink(missing_ok=True)


def _python(name: str) -> Path:
    if name not in _HEALTH:
        raise LocalAwsError(f"There is no emulator {name}; there are {' and '.join(_HEALTH)}.")
    python = ENVIRONMENTS / name / "bin" / "python"
    if not python.exists():
        raise LocalAwsError(f"The environment of the emulator {name} is missing ({python}): run make setup.")
    return python


def _listener(port: int | None) -> socket.socket:
    """Return a socket that listens on the loopback interface alone.

    It is the emulator that accepts from it: a port that we found and it had to bind could be taken in between.
    """
    listener = socket.socket()
    try:
        # A port is free as soon as nothing listens on it, even if connections of before are still winding down.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port or 0))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else "it must be 0 to 65535"
        raise LocalAwsError(f"Port {port} of {_HOST} cannot be had: {reason}. Choose another, or none.") from error
    return listener


def _start(
    name: str, python: Path, listener: socket.socket, *, state: Path, log: Path, enforce_iam: bool
) -> subprocess.Popen[bytes]:
    descriptor = listener.fileno()
    variables = _environment(name, listener.getsockname()[1], state, enforce_iam=enforce_iam)
    try:
        with log.open("wb") as output:
            # A session of its own keeps Ctrl-C from it: we end it, or its standard input does when we are gone.
            return subprocess.Popen(  # noqa: S603 - no shell, and nothing in it that a user gives
                [python, "-I", _LAUNCHER, name, str(descriptor), state],
                cwd=state,
                env=variables,
                pass_fds=[descriptor],
                start_new_session=True,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
    except OSError as error:
        raise LocalAwsError(f"The emulator {name} cannot be started: {error.filename}: {error.strerror}.") from error


def _environment(name: str, port: int, state: Path, *, enforce_iam: bool) -> dict[str, str]:
    """Return the whole environment of the emulator and its functions: the user's own would change what they do."""
    common = {"HOME": str(state), "LANG": "C.UTF-8", "PATH": os.environ.get("PATH", os.defpath), "TMPDIR": str(state)}
    if name == "moto":
        return {**common, "MOTO_ACCOUNT_ID": ACCOUNT, "MOTO_PORT": str(port)}
    return {
        **common,
        "AUTH": str(enforce_iam).lower(),
        # It removes containers that it takes for its own.
        "DOCKER_HOST": f"unix://{state}/no-docker",
        "GATEWAY_PORT": str(port),
        # Two more listeners, on every interface
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_HOST": _HOST,
        "S3_DATA_DIR": str(state / "s3"),
        "STATE_DIR": str(state / "state"),
    }


def _wait_until_healthy(aws: LocalAws, process: subprocess.Popen[bytes]) -> None:
    # A proxy of the user's knows nothing of our loopback interface.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + STARTS_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), opener.open(aws.endpoint + _HEALTH[aws.name], timeout=1):
            return
        time.sleep(0.05)
    code = process.poll()
    what = f"did not answer within {STARTS_WITHIN} s" if code is None else f"ended with exit code {code}"
    lines = [line.strip() for line in aws.log.read_text(encoding="utf-8", errors="replace").splitlines()]
    said = " | ".join(list(filter(None, lines))[-_LOG_LINES:]) or "nothing"
    raise LocalAwsError(f"The emulator {aws.name} {what}. The end of its log, {aws.log}: {said}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Let go of the emulator, which then ends by itself, and make sure that it and its Lambda workers did."""
    if process.stdin:
        process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOPS_WITHIN)
    # Nobody ended the workers where the emulator died by itself. Elsewhere the group is gone.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
