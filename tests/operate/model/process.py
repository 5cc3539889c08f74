"""The command line as a process: it makes one call at a time, when it is let, and can be stopped at each of them.

A process runs in a thread of its own, and never while anything else does: :meth:`Process.step` lets it make the call
that it waits for, and returns when it waits for the next. So a test decides what happens between two calls, and two
processes take turns as it wants. What it can be stopped at is a call of AWS, a wait, or what it wants to have on the
disk. ``time``, ``signal`` and ``boto3`` are the model's within a process: see :func:`installed`.
"""

import contextlib
import errno
import functools
import importlib
import io
import os
import pkgutil
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any, Final
from unittest import mock

import boto3
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from generator import cli, operate
from tests.operate.model.account import Account
from tests.operate.model.clock import START
from tests.operate.model.names import ServiceError

_SHORTEST_WAIT: Final = 0.01
"""Seconds below which nobody has time for anything else."""

_HANGS: Final = 60
"""Seconds of real time after which a process that makes no call is taken to hang."""

_local = threading.local()


class Killed(BaseException):
    """The process is no more: nothing that it does while this passes through it has any effect."""


@dataclass(frozen=True)
class Pending:
    """What a process is about to do: ``service`` is one of AWS, or ``time`` or ``os``."""

    service: str
    operation: str
    given: Mapping[str, Any]


Effect = Callable[[], Any]
Command = Callable[["Process", Effect], Any]
"""What becomes of a pending call: takes the process, and what does the call."""


_THROTTLES: Final = {
    "sqs": "RequestThrottled",
    "dynamodb": "ProvisionedThroughputExceededException",
    "dynamodbstreams": "LimitExceededException",
    "lambda": "TooManyRequestsException",
    "s3": "SlowDown",
}


def go(_process: "Process", effect: Effect) -> Any:  # noqa: ANN401 - what the call returns
    """Let the call happen."""
    return effect()


def kill(process: "Process", effect: Effect, *, after: bool) -> Any:  # noqa: ANN401 - as above
    """Kill the process, before the call or after it, as SIGKILL does."""
    if after:
        with contextlib.suppress(Exception):
            effect()
    process.die()


def send_signal(process: "Process", effect: Effect, *, number: signal.Signals, after: bool) -> Any:  # noqa: ANN401
    """Send a signal, before the call or after it; the process continues if its handler does nothing else."""
    answer = effect() if after else None
    process.signal(number)
    return answer if after else effect()


def fail(process: "Process", effect: Effect, *, after: bool) -> Any:  # noqa: ANN401 - as above
    """Let the call fail for want of a network or a disk; or let it happen, and lose the answer."""
    if process.waits_for("time"):
        return effect()
    if after:
        with contextlib.suppress(Exception):
            effect()
    if process.waits_for("os"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    # Nothing is done where no connection can be made, and nobody knows what is done where no answer comes.
    raise (ReadTimeoutError if after else EndpointConnectionError)(endpoint_url="https://the-model")


def refuse(process: "Process", effect: Effect, *, throttled: bool) -> Any:  # noqa: ANN401 - as above
    """Let AWS refuse the call: it is one too many, or the service is broken."""
    if process.waits_for("time") or process.waits_for("os"):
        return effect()
    assert process.pending
    throttle = ServiceError(_THROTTLES[process.pending.service], "Rate exceeded")
    raise throttle if throttled else ServiceError("InternalServerError", "Internal server error", 500)


class Process:
    """A run of the command line in a directory; who makes a call is known by the process's name.

    Attributes:
        pending: what it is about to do; None when it has not begun or has ended.
        code: its exit code; None while it runs, and where it was killed.
        crash: a traceback, where it ended as no command should.
    """

    def __init__(self, account: Account, directory: Path, name: str, words: Sequence[str]) -> None:
        self.name = name
        self.words = list(words)
        self.began = account.clock.next_tick()
        self.ended: int | None = None
        self.pending: Pending | None = None
        self.code: int | None = None
        self.killed = False
        self.crash: str | None = None
        self.disturbed: list[Pending] = []
        """What did not simply happen."""
        self.handlers: dict[int, Any] = {}
        self.out, self.err = io.StringIO(), io.StringIO()
        self._account = account
        self._directory = directory
        self._inbox: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[Pending | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._files: dict[str, bytes] = {}
        self._stalled, self._left_at = 0.0, account.clock.now
        with self._standard_streams():
            self._thread.start()
            self._next()

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self.ended is None

    @property
    def stalled(self) -> float:
        """For how many seconds it was not let, while time went on."""
        return self._stalled + self._account.clock.now - self._left_at

    def waits_for(self, service: str) -> bool:
        """Tell whether its pending call is one of a service."""
        return self.pending is not None and self.pending.service == service

    def step(self, command: Command = go) -> None:
        """Do something with the pending call, and let the process come to the next one, or to its end."""
        if command is not go and self.pending:
            self.disturbed.append(self.pending)
        self._stalled = self.stalled
        with self._standard_streams():
            self._inbox.put(command)
            self._next()

    @contextlib.contextmanager
    def _standard_streams(self) -> Iterator[None]:
        """Give it standard streams of its own while it runs: nothing else does meanwhile."""
        with contextlib.redirect_stdout(self.out), contextlib.redirect_stderr(self.err):
            yield

    def _next(self) -> None:
        self._wait_for_call()
        self._left_at = self._account.clock.now

    def _wait_for_call(self) -> None:
        try:
            self.pending = self._outbox.get(timeout=_HANGS)
        except queue.Empty:
            frame = sys._current_frames().get(self._thread.ident or 0)
            where = "".join(traceback.format_stack(frame)) if frame else "nowhere"
            raise AssertionError(f"{self.name} makes no call and does not end:\n{where}") from None
        if self.pending is None:
            self._thread.join()
            self.ended = self._account.clock.next_tick()
            if self.killed:
                self._restore()

    def finish(self) -> None:
        """Let everything happen that the process wants to do."""
        while self.runs:
            self.step()

    def signal(self, number: signal.Signals) -> None:
        """Do what it does about a signal."""
        default = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        handler = self.handlers.get(number, default)
        if callable(handler):
            handler(number, None)
        elif handler == signal.SIG_DFL:
            self.die()

    def die(self) -> None:
        """Be killed: from now on nothing that is done here has an effect."""
        self.killed = True
        self._files = {file.name: file.read_bytes() for file in self._directory.iterdir()}
        raise Killed

    def _restore(self) -> None:
        """Make the directory what it was when the process was killed."""
        for file in list(self._directory.iterdir()):
            if file.name not in self._files:
                file.unlink()
        for name, content in self._files.items():
            file = self._directory / name
            if not file.exists() or file.read_bytes() != content:
                file.write_bytes(content)

    def _run(self) -> None:
        _local.process = self
        try:
            cli.main(self.words)
        except SystemExit as ended:
            self.code = int(ended.code or 0)
        except Killed:
            pass
        except BaseException:  # noqa: BLE001 - whatever it is, it is a finding
            self.crash = traceback.format_exc()
        finally:
            self._outbox.put(None)

    def call(self, service: str, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Make a call of AWS, when it is let."""
        answer: dict[str, Any] = self._arrive(
            Pending(service, operation, given), lambda: self._account.call(service, operation, given, self.name)
        )
        return answer

    def sleep(self, seconds: float) -> None:
        """Wait until a time has come: others may let it come sooner."""
        clock = self._account.clock
        until = clock.now + seconds
        if seconds < _SHORTEST_WAIT:
            clock.wait(max(0.0, seconds))
            return
        self._arrive(Pending("time", "sleep", {"seconds": seconds}), lambda: clock.wait(max(0.0, until - clock.now)))

    def sync(self) -> None:
        """Have something on the disk: it is what has been written, whether it is waited for or not."""
        self._arrive(Pending("os", "fsync", {}), lambda: None)

    @property
    def now(self) -> float:
        """The time."""
        return self._account.clock.now

    def _arrive(self, pending: Pending, effect: Effect) -> Any:  # noqa: ANN401 - what the call returns
        if self.killed:
            raise Killed
        self._outbox.put(pending)
        return self._inbox.get()(self, effect)


def current() -> Process:
    """Return the process that this thread is."""
    process: Process = _local.process
    return process


def _process() -> Process | None:
    return getattr(_local, "process", None)


def _replaced(real: Callable[..., Any], own: Callable[..., Any]) -> Callable[..., Any]:
    """Return what is ``own`` within a process, which it gets first, and ``real`` elsewhere."""

    def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the real one takes
        process = _process()
        return real(*arguments, **named) if process is None else own(process, *arguments, **named)

    return call


def _set_handler(process: Process, number: int, handler: Any) -> Any:  # noqa: ANN401 - as signal.signal
    before = process.handlers.get(number, signal.SIG_DFL)
    process.handlers[number] = handler
    return before


_OWN: Final[Sequence[tuple[Any, str, Callable[..., Any]]]] = (
    (time, "time", lambda process: process.now),
    (time, "monotonic", lambda process: process.now - START),
    (time, "sleep", lambda process, seconds: process.sleep(seconds)),
    (os, "fsync", lambda process, _descriptor: process.sync()),
    (os, "_exit", lambda process, _code: process.die()),
    (signal, "signal", _set_handler),
    (signal, "getsignal", lambda process, number: process.handlers.get(number, signal.SIG_DFL)),
)


@contextlib.contextmanager
def installed() -> Iterator[None]:
    """Give processes their own time, signals, standard streams and clients, while the ``with`` block lasts."""
    from tests.operate.model.clients import Session

    replacements = {}
    with contextlib.ExitStack() as stack:
        for module, name, function in _OWN:
            real = getattr(module, name)
            replacements[real] = _replaced(real, function)
            stack.enter_context(mock.patch.object(module, name, replacements[real]))
        for defaults in _defaults():
            changed = {name: replacements[value] for name, value in defaults.items() if _is_key(value, replacements)}
            stack.enter_context(mock.patch.dict(defaults, changed))
        stack.enter_context(mock.patch.object(boto3.session, "Session", Session))
        yield


def _is_key(value: Any, of: Mapping[Any, Any]) -> bool:  # noqa: ANN401 - whatever a default is
    return callable(value) and value in of


@functools.cache
def _defaults() -> list[dict[str, Any]]:
    """Return the defaults of all keyword arguments in ``generator.operate``: a clock may be among them."""
    modules = [
        importlib.import_module(each.name) for each in pkgutil.iter_modules(operate.__path__, "generator.operate.")
    ]
    things = [thing for module in modules for thing in vars(module).values()]
    functions = things + [inner for thing in things if isinstance(thing, type) for inner in vars(thing).values()]
    return [each.__kwdefaults__ for each in functions if isinstance(each, FunctionType) and each.__kwdefaults__]
