"""``python -m tests.upgrade.record`` records the state that the present version of the module leaves behind.

It applies pipelines that use most of the module to a local AWS, and writes ``tests/upgrade/<version>.json``: the root
module and its state. Done once for each release; what is recorded is never changed.
"""

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from generator import __version__, terraform
from generator.local import emulator
from generator.local.emulator import ACCOUNT
from generator.terraform import Terraform
from tests.support.planning import PACKAGE, each, write_root

HERE = Path(__file__).parent

CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "many": {
        "table_sort_key": {"name": "at", "type": "N"},
        "table_ttl_attribute": "expires",
        "function_publish": True,
        "function_alias": "live",
        "function_environment": {"STAGE": "test"},
        "event_source_filter_patterns": ['{"eventName": ["INSERT"]}'],
        "event_source_parallelization_factor": 2,
        "alarm_actions": [f"arn:aws:sns:eu-west-1:{ACCOUNT}:alarms"],
        "dashboard_enabled": True,
    },
    "alarmed": {
        "alarms_enabled": True,
        "event_source_metrics_enabled": True,
        "function_timeouts": {"create": "20m"},
        "table_attributes": {"kind": "S"},
        "table_global_secondary_indexes": {"by_kind": {"partition_key": "kind", "projection_type": "KEYS_ONLY"}},
    },
    "to_sns": {"on_failure_destination": {"type": "sns", "arn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:failed"}},
    "to_s3": {"on_failure_destination": {"type": "s3", "arn": "arn:aws:s3:::failed"}},
    "on_existing_table": {
        "existing_table": {
            "stream_arn": f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/existing/stream/2026-01-01T00:00:00.000"
        }
    },
}


def main() -> None:
    """Apply, and write what is in the state."""
    root = each(CASES)
    with tempfile.TemporaryDirectory() as folder, emulator.running("ministack") as aws:
        path = Path(folder)
        write_root(path, root, offline=False)
        (path / PACKAGE).write_bytes(EMPTY_ZIP)
        terraform.local(path)
        runner = Terraform(path, variables=aws.variables(terraform.environment()))
        runner.init()
        runner.apply()
        state = json.loads((path / "terraform.tfstate").read_text())
    text = json.dumps({"root": root, "state": state}, indent=1, sort_keys=True)
    # Where the local AWS was is no matter
    (HERE / f"{__version__}.json").write_text(re.sub(r"http://127\.0\.0\.1:\d+", "https://sqs.eu-west-1", text) + "\n")


EMPTY_ZIP = b"PK\x05\x06" + bytes(18)

if __name__ == "__main__":
    main()
