"""Everything that reads what others wrote, each as a function of a file."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from generator import deploy, items
from generator.adopt import state as adopted
from generator.adopt.choices import choose
from generator.adopt.report import report
from generator.compare import baseline, policy
from generator.compare.comparing import compare
from generator.compare.reading.sources import find
from generator.mapping.filters import Filter
from generator.operate import references
from generator.operate.destinations import File
from generator.operate.journal import Journal
from generator.operate.since import parse_keys
from generator.profile import document
from generator.profile.variants import variant
from generator.release import provenance, verifying
from generator.simulate import command
from generator.terraform import workspace
from tests.input.corpus import JOB

Read = Callable[[Path], object]


def _module(name: str) -> Read:
    def read(file: Path) -> object:
        file.rename(file.parent / name)
        version = find(str(file.parent))
        return compare(version, version)

    return read


def _root_module(file: Path) -> object:
    file.rename(file.parent / "main.tf")
    return workspace.offline(file.parent)


def _archive(file: Path) -> object:
    version = find(str(file))
    return compare(version, version)


def _adopted(file: Path) -> object:
    deployed = adopted.read(file, None)
    with adopted.well_formed(file):
        return report(deployed, choose(deployed, "5"), "moves")


def _journal(file: Path) -> object:
    with Journal(file, JOB) as journal:
        return journal.entries


READERS: Final[dict[str, Read]] = {
    "profile": lambda file: variant(document.read(file)),
    "baseline": baseline.read,
    "policy": lambda file: policy.read([str(file)]),
    "module": _module("main.tf"),
    "module-as-json": _module("main.tf.json"),
    "root-module": _root_module,
    "archive": _archive,
    "plan": lambda file: command._planned(file, None),
    "state": references.in_state,
    "deployment": deploy.in_state,
    "adopted-state": _adopted,
    "items": items.read,
    "provenance": lambda file: provenance.read(verifying._content(file), file),
    "records": lambda file: list(File(file).read()),
    "keys": lambda file: parse_keys([], file),
    "journal": _journal,
}
"""By name. Each returns, or raises an error that a user can correct."""

FILTER: Final = Filter
