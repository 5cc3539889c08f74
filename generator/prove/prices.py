"""What a run costs at most.

The list prices for US East (N. Virginia) of October 2024, before AWS lowered the price of a write, without free tiers.
They were not compared with the pricing pages since. Other Regions differ.
"""

import math
from typing import Final

DATE: Final = "2024-10"
REGION: Final = "us-east-1"

_INVOCATION: Final = 0.20 / 1e6
_GB_SECOND: Final = 0.0000166667
_WRITE: Final = 1.25 / 1e6
_STREAM_READ: Final = 0.02 / 1e5
_QUEUE_REQUEST: Final = 0.40 / 1e6
_LOG_GB: Final = 0.50

_SECONDS_OF_INVOCATION: Final = 1.0
_GB_OF_FUNCTION: Final = 0.125
_LOG_GB_OF_INVOCATION: Final = 4096 / 1e9
_REQUESTS_OF_RUN: Final = 1000
"""More than all requests to the queue and the stream that this program makes."""


def cents(items: int, invocations: int) -> int:
    """Return the cost of a run in US cents, rounded up, for so many written items and invocations."""
    compute = _INVOCATION + _SECONDS_OF_INVOCATION * _GB_OF_FUNCTION * _GB_SECOND + _LOG_GB_OF_INVOCATION * _LOG_GB
    requests = _REQUESTS_OF_RUN * (_QUEUE_REQUEST + _STREAM_READ)
    return math.ceil(100 * (invocations * compute + items * _WRITE + requests))
