"""Runs checkov on plans: in one process for many of them, or its command line as a user would."""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.planning import MODULE, TOP

ENVIRONMENT = TOP / ".venvs" / "security" / "bin"


@dataclass(frozen=True)
class Verdict:
    """What checkov said about one plan: how many resources it saw, and pairs of a check and an address."""

    scanned: int
    passed: frozenset[tuple[str, str]]
    failed: frozenset[tuple[str, str]]

    def failing_checks(self) -> set[str]:
        return {check for check, _ in self.failed}

    def of(self, check: str) -> tuple[set[str], set[str]]:
        """Return where a check failed and where it passed."""
        failed, passed = ({address for name, address in pairs if name == check} for pairs in (self.failed, self.passed))
        return failed, passed


def scan(plans: Mapping[str, Path]) -> dict[str, Verdict]:
    """Return what checkov, with the policies of the module, says about each plan."""
    words: list[str | Path] = [
        ENVIRONMENT / "python",
        Path(__file__).with_name("scan.py"),
        "--policies",
        MODULE / "policies",
    ]
    done = subprocess.run([*words, *plans.values()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return {name: _verdict(said[str(path)]) for name, path in plans.items()}


def _verdict(said: Mapping[str, Any]) -> Verdict:
    passed, failed = (frozenset((check, address) for check, address in said[key]) for key in ("passed", "failed"))
    return Verdict(scanned=said["scanned"], passed=passed, failed=failed)


def command_line(plan: Path) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the report of checkov's command line, called at the top of this repository."""
    done = subprocess.run(
        [ENVIRONMENT / "checkov", "-f", plan, "-o", "json"],
        cwd=TOP,
        env={**os.environ, "CKV_SKIP_PACKAGE_UPDATE_CHECK": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def split(planned: Mapping[str, Any], modules: Iterable[str], folder: Path) -> dict[str, Path]:
    """Write the part of a plan that belongs to each module of its root; checkov reads large files slowly."""
    folder.mkdir()
    files = {}
    for number, module in enumerate(modules):
        files[module] = folder / f"{number}.json"
        files[module].write_text(json.dumps(_part(planned, module)))
    return files


def _part(planned: Mapping[str, Any], module: str) -> dict[str, Any]:
    address = f"module.{module}"
    children = planned["planned_values"]["root_module"]["child_modules"]
    kept = [child for child in children if child["address"] == address]
    assert kept, address
    calls = planned["configuration"]["root_module"].get("module_calls", {})
    return {
        "format_version": planned["format_version"],
        "terraform_version": planned["terraform_version"],
        "planned_values": {"root_module": {"child_modules": kept}},
        "resource_changes": [
            change for change in planned["resource_changes"] if change["address"].startswith(f"{address}.")
        ],
        "configuration": {"root_module": {"module_calls": {name: calls[name] for name in calls if name == module}}},
    }
