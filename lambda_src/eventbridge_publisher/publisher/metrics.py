"""CloudWatch metrics as a line of the log: the embedded metric format, which Lambda's log group understands.

Source: AWS, CloudWatch embedded metric format specification.
"""

import json
import os
import sys
import time

UNITS = {
    "Published": "Count",
    "Failed": "Count",
    "Retried": "Count",
    "ClaimChecks": "Count",
    "BatchLatency": "Milliseconds",
}
"""The metrics, which have the function's name as their dimension."""


def publish(namespace: str, values: dict[str, float]) -> None:
    """Write the metrics of one batch; nothing if the namespace is ``none``."""
    if namespace == "none":
        return
    directive = {
        "Namespace": namespace,
        "Dimensions": [["FunctionName"]],
        "Metrics": [{"Name": name, "Unit": unit} for name, unit in UNITS.items()],
    }
    line = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        "FunctionName": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local"),
        **values,
    }
    sys.stdout.write(json.dumps(line) + "\n")
