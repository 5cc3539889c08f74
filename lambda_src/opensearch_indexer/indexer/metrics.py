"""CloudWatch metrics as a log line in the embedded metric format, from which CloudWatch Logs extracts them.

Source: AWS, CloudWatch embedded metric format specification.
"""

import json
import os
import sys
import time

UNITS = {
    "Indexed": "Count",
    "Deleted": "Count",
    "Retried": "Count",
    "Rejected": "Count",
    "Conflicts": "Count",
    "Noops": "Count",
    "Missing": "Count",
    "BatchLatency": "Milliseconds",
}
"""The metrics and their units. Their dimension is the name of the function."""


def publish(namespace: str, values: dict[str, float]) -> None:
    """Write the metrics of one batch, unless the namespace is ``none``."""
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
