"""What a run keeps in the user's state directory: the root module, Terraform's state, and how to delete everything."""

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from generator.errors import UsageError
from generator.files import replace_file
from generator.parsing import ParseError, expect, parse_json, read_text, reported
from generator.resources import state_directory

PREFIX: Final = "ddb-stream-lambda-demo-"
"""Beginning of the names of everything that a run creates."""

_FILE: Final = "run.json"
_LOCK: Final = "run.lock"
_BEGINNING_SECONDS: Final = 3600.0
_TEXT: Final = {"type": "string"}
_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["name", "account", "region", "profile", "inventory"],
    "properties": {
        "name": _TEXT,
        "account": _TEXT,
        "region": _TEXT,
        "profile": {"type": ["string", "null"]},
        "inventory": {"type": "array", "items": {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}},
    },
    "additionalProperties": False,
}


@dataclass
class Run:
    """A run whose resources exist in the account, or may exist.

    Attributes:
        name: the name of the pipeline, which no other run has.
        account: the ID of the account.
        region: the Region of everything in the account.
        profile: the profile of the AWS configuration, None for the default.
        inventory: the resources that the plan creates, each as its type in Terraform and its name.
    """

    name: str
    account: str
    region: str
    profile: str | None
    inventory: list[list[str]] = field(default_factory=list)

    @property
    def directory(self) -> Path:
        """The directory of the run, which only this user can read."""
        return _root() / self.name

    def save(self) -> None:
        """Write what is needed to delete the resources. Must be on the disk before the first one is created."""
        replace_file(self.directory / _FILE, json.dumps(asdict(self), indent=2) + "\n")

    def remove(self) -> None:
        """Delete the directory: nothing of the run is left in the account."""
        shutil.rmtree(self.directory)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run, so that no other process takes it for an unfinished one.

        Raises:
            UsageError: another process works on it.
        """
        from filelock import FileLock, Timeout  # noqa: PLC0415 - most commands do without

        try:
            with FileLock(self.directory / _LOCK, blocking=False):
                yield
        except Timeout:
            raise UsageError(f'Another process works on the run "{self.name}". Wait until it has ended.') from None


def new(account: str, region: str, profile: str | None) -> Run:
    """Return a run with a random name and an empty directory."""
    run = Run(PREFIX + os.urandom(4).hex(), account, region, profile)
    run.directory.mkdir(mode=0o700, parents=True)
    return run


def unfinished() -> list[Run]:
    """Return the runs of which something may be left in the account, and which no process works on.

    Raises:
        UsageError: the file of a run is damaged.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - as above

    found = []
    for directory in sorted(_root().glob(f"{PREFIX}*")):
        age = time.time() - directory.stat().st_mtime
        try:
            with FileLock(directory / _LOCK, blocking=False):
                if not (directory / _FILE).exists():
                    # It ended before it created anything, unless it is just beginning.
                    if age > _BEGINNING_SECONDS:
                        shutil.rmtree(directory)
                    continue
                advice = f"Delete everything with the name {directory.name} in the account, and then {directory}."
                with reported(UsageError, directory / _FILE, advice):
                    run = Run(**expect(parse_json(read_text(directory / _FILE)), _SCHEMA))
                    if run.name != directory.name:
                        raise ParseError(f'name must be "{directory.name}", not "{run.name}"')
                    found.append(run)
        except Timeout:
            continue
    return found


def _root() -> Path:
    return state_directory("demo")
