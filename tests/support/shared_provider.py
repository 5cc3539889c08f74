"""Lets all commands of Terraform in a test process share a running AWS provider.

Terraform starts the provider several times for a plan, and reads the schemas of all its resource types each time: nine
tenths of the processor time of a plan of this module. Here, the provider runs in the mode that it has for debuggers,
and a server in the test process hands each request on to it. Only the schemas are cut, to those of the types that the
project names.

Terraform then checks no version of the provider, and ``init`` does not install it. Tests of the installation, and those
that start a program of ours as users do, take :func:`generator.terraform.environment`.
"""

import atexit
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import grpc
from tf.gen import tfplugin_pb2 as pb

from generator import terraform
from generator.local.emulator import LocalAws
from generator.terraform.program import temporary_directory
from generator.terraform.provider import expected_layout

_TOP: Final = Path(__file__).parents[2]
_SUPERVISOR: Final = Path(terraform.__file__).with_name("supervisor.py")
_UNLIMITED: Final = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_THREADS: Final = 200  # more than the requests that Terraform sends at a time
_IDLE_SECONDS: Final = 30  # after which a process ends when another starts: each takes up to half a gigabyte

Variables = Mapping[str, str]


class Start(NamedTuple):
    """The directory in which a provider is started, and its environment variables of AWS."""

    folder: Path
    variables: tuple[tuple[str, str], ...]


def environment(variables: Variables | None = None, folder: Path = _TOP) -> dict[str, str]:
    """Return the environment variables for Terraform to use a shared provider.

    Takes those with which it would start one (default: :func:`generator.terraform.environment`), and the directory in
    which it runs, where the provider reads the packages of functions. Commands that differ in the directory, in a
    variable of AWS, or in the provider's configuration, share no process.
    """
    variables = terraform.environment() if variables is None else variables
    aws = tuple((name, value) for name, value in sorted(variables.items()) if name.startswith("AWS_"))
    _, port = _server(Start(folder, aws))
    address = {"Network": "tcp", "String": f"127.0.0.1:{port}"}
    reached = {"Protocol": "grpc", "ProtocolVersion": 5, "Pid": os.getpid(), "Test": True, "Addr": address}
    return {**variables, "TF_REATTACH_PROVIDERS": json.dumps({_source(): reached})}


def runner(folder: Path, aws: LocalAws | None = None) -> terraform.Terraform:
    """Return Terraform in a directory, with a shared provider, on an emulator if one is given.

    There, it applies many resources at a time: of each, the provider waits seconds for what AWS does slowly.
    """
    if aws is None:
        return terraform.Terraform(folder, variables=environment())
    variables = environment(aws.variables(terraform.environment()), folder)
    return terraform.Terraform(folder, variables={**variables, "TF_CLI_ARGS_apply": "-parallelism=40"})


def processes() -> list[int]:
    """Return the identifiers of the processes that run for this one."""
    return _processes.running()


class _Process:
    """A running provider, which has at most one configuration: clients of it share everything."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.configuration: bytes | None = None
        self._configured: bytes | None = None
        self._counting = threading.Lock()
        self._asked = 0
        self._last = time.monotonic()
        self._lock = threading.Lock()
        others = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", _SUPERVISOR, str(os.getpid()), _program(), "-debug"],
            cwd=start.folder,
            env={**others, **dict(start.variables)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout
        said = next(line for line in iter(self._process.stdout.readline, "") if "TF_REATTACH_PROVIDERS=" in line)
        (reached,) = json.loads(said.partition("=")[2].strip().strip("'")).values()
        assert reached["ProtocolVersion"] == 5, reached
        self._channel = grpc.insecure_channel(f"unix:{reached['Addr']['String']}", options=_UNLIMITED)

    def answer(self, method: str, request: bytes) -> bytes:
        """Return the provider's answer to a request, or raise its error."""
        self._count(1)
        try:
            return bytes(self._channel.unary_unary(method)(request))
        finally:
            self._count(-1)

    def _count(self, requests: int) -> None:
        with self._counting:
            self._asked += requests
            self._last = time.monotonic()

    @property
    def is_idle(self) -> bool:
        """Whether it has had nothing to do for some time."""
        return not self._asked and time.monotonic() - self._last > _IDLE_SECONDS

    def configure(self, method: str, configuration: bytes) -> bytes:
        """Configure the provider, which it accepts once, and return its answer."""
        with self._lock:
            if self._configured is None:
                self._configured = self.answer(method, configuration)
            return self._configured

    @property
    def number(self) -> int:
        """The identifier of the process."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the process."""
        self._channel.close()
        self._process.terminate()
        self._process.communicate()


class _Processes:
    """The running providers of this process."""

    def __init__(self) -> None:
        self._running: list[_Process] = []
        self._lock = threading.Lock()
        self._schemas: bytes | None = None
        self._schemas_lock = threading.Lock()

    def configured(self, start: Start, configuration: bytes) -> _Process:
        """Return the process that has this configuration, or none yet and now this one."""
        with self._lock:
            usable = (one for one in self._running if one.start == start)
            found = next((one for one in usable if one.configuration in (configuration, None)), None)
            found = found or self._start_one(start)
            found.configuration = configuration
            return found

    def any(self, start: Start) -> _Process:
        """Return a process for requests that depend on no configuration."""
        with self._lock:
            return self._running[-1] if self._running else self._start_one(start)

    def schemas(self, start: Start, method: str) -> bytes:
        """Return the answer to the request for all schemas, cut to those of the project's types."""
        process = self.any(start)
        with self._schemas_lock:
            if self._schemas is None:
                found = pb.GetProviderSchema.Response.FromString(process.answer(method, b""))
                types = _types()
                for schemas in (found.resource_schemas, found.data_source_schemas):
                    for name in schemas.keys() - types:
                        del schemas[name]
                self._schemas = found.SerializeToString()
            return self._schemas

    def _start_one(self, start: Start) -> _Process:
        idle = [one for one in self._running if one.is_idle]
        for one in idle:
            one.stop()
        self._running = [one for one in self._running if one not in idle] + [_Process(start)]
        return self._running[-1]

    def running(self) -> list[int]:
        """Return the identifiers of all processes."""
        with self._lock:
            return [one.number for one in self._running]

    def stop(self) -> None:
        """End all processes."""
        for one in self._running:
            one.stop()


_processes: Final = _Processes()
atexit.register(_processes.stop)


class _Handler(grpc.GenericRpcHandler):  # type: ignore[misc] # the library publishes no types
    """Hands requests on, those of a client that has sent a configuration to the process that has it."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._by_client: dict[str, _Process] = {}

    def service(self, details: Any) -> Any:  # noqa: ANN401
        """Return how to answer a method."""
        name = details.method.removeprefix("/tfplugin5.Provider/")
        if name == details.method:
            return None

        def answer(request: bytes, context: Any) -> bytes:  # noqa: ANN401
            client = context.peer()
            if name == "Configure":
                self._by_client[client] = _processes.configured(self._start, request)
                return self._by_client[client].configure(details.method, request)
            process = self._by_client.get(client)
            if process is None or not process.is_running:
                process = _processes.any(self._start)
            try:
                if name == "GetSchema":
                    return _processes.schemas(self._start, details.method)
                return process.answer(details.method, request)
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())
                raise

        return grpc.unary_unary_rpc_method_handler(answer)


@functools.cache
def _server(start: Start) -> tuple[grpc.Server, int]:
    """Return a server, which stops when nothing refers to it, and its port."""
    server = grpc.server(ThreadPoolExecutor(_THREADS), handlers=[_Handler(start)], options=_UNLIMITED)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


@functools.cache
def _source() -> str:
    return expected_layout(terraform.binary()).partition("/<version>")[0]


@functools.cache
def _program() -> Path:
    """Install the provider as ``init`` does, and return its program."""
    folder = temporary_directory("provider")
    shutil.copy(_TOP / "module/versions.tf", folder)
    terraform.Terraform(folder).init()
    (program,) = folder.glob(".terraform/providers/*/hashicorp/aws/*/*/terraform-provider-aws*")
    return program


@functools.cache
def _types() -> set[str]:
    """Return the names of all resource types in configurations of the project, and in tests that write some."""
    files = [file for part in ("examples", "module", "tests") for file in (_TOP / part).rglob("*.*")]
    # Modules that are compared are not planned
    planned = (file for file in files if "compare" not in file.parts)
    texts = (file.read_text() for file in planned if file.suffix in {".hcl", ".py", ".tf"})
    return {name for text in texts for name in re.findall(r"\baws_\w+", text)}
