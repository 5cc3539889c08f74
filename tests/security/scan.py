"""Scans plans with checkov, in one process; run by the Python of the environment that holds checkov.

    scan.py [--policies FOLDER] PLAN.json ...

Prints, by path, how many resources there were and which checks passed and failed where.
"""

import argparse
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

# They are read when checkov is imported, and keep it from calling home.
os.environ.update(BC_SKIP_MAPPING="TRUE", CKV_SKIP_PACKAGE_UPDATE_CHECK="true", LOG_LEVEL="ERROR")

from checkov.runner_filter import RunnerFilter
from checkov.terraform.checks.utils.base_cloudsplaining_iam_scanner import BaseTerraformCloudsplainingIAMScanner
from checkov.terraform.plan_runner import Runner


def scan(plan: str, policies: str | None) -> dict[str, Any]:
    # Its key is the file and the name, not the policy: a second plan would get the first one's verdict.
    BaseTerraformCloudsplainingIAMScanner.policy_document_cache.clear()
    report = Runner().run(
        files=[plan],
        external_checks_dir=[policies] if policies else None,
        runner_filter=RunnerFilter(framework=["terraform_plan"]),
    )
    assert not report.parsing_errors, report.parsing_errors
    return {
        "scanned": len(report.resources),
        "passed": sorted([record.check_id, record.resource] for record in report.passed_checks),
        "failed": sorted([record.check_id, record.resource] for record in report.failed_checks),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--policies")
    parser.add_argument("plans", nargs="+")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    if given.policies:
        assert any(Path(given.policies).glob("*.yaml")), f"{given.policies} holds no policies"
    json.dump({plan: scan(plan, given.policies) for plan in given.plans}, sys.stdout)


if __name__ == "__main__":
    main()
