"""The function of the deployed pipelines: does what its items ask for, and logs what it has processed."""

import json
import time
from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        change = record["dynamodb"]
        asked = change.get("NewImage", {}).get("ask", {}).get("S")
        if asked == "raise":
            raise ValueError("asked to raise")
        if asked == "sleep":
            time.sleep(5)
        if asked == "report":
            failures.append({"itemIdentifier": change["SequenceNumber"]})
            continue
        print(
            json.dumps(
                {
                    "processed": change["Keys"]["id"]["S"],
                    "event": record["eventName"],
                    "by": context.invoked_function_arn,
                }
            )
        )
    return {"batchItemFailures": failures}
