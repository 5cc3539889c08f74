"""Handler of the function of ``demo --on aws``: ``stream_handler``, with one line in the log for each invocation.

Deployed in the package of ``stream_handler``, which has the modules ``handler`` and ``stream``.
"""

import os
import time
from typing import Any

MESSAGE = "Invocation recorded"
"""Identifies the lines of this handler in the log."""

REPAIRED_VARIABLE = "DEMO_REPAIRED"
"""Environment variable that repairs the function: no record fails if it is ``true``."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda has no types
    """Process a batch as ``stream_handler`` does, and log when and with which records."""
    import handler as wrapped  # type: ignore[import-not-found] # noqa: PLC0415 - exists in the package only
    from stream import identity, log  # type: ignore[import-not-found] # noqa: PLC0415 - as above

    began = time.time()
    repaired = os.environ.get(REPAIRED_VARIABLE) == "true"
    if repaired:
        wrapped.process = lambda record: log("INFO", "Record processed", **identity(record))
    response: dict[str, Any] = wrapped.handler(event, context)
    log(
        "INFO",
        MESSAGE,
        requestId=context.aws_request_id,
        repaired=repaired,
        began=began,
        ended=time.time(),
        records=[identity(record)["sequenceNumber"] for record in event["Records"]],
        failed=[failure["itemIdentifier"] for failure in response["batchItemFailures"]],
    )
    return response
