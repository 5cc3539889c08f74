"""Limits of DynamoDB Streams and of event source mappings, as of 2026-11-26.

Those of the API are in the model of botocore 1.44.8 (2026-11-20), with which ``tests/test_limits.py`` compares them;
the others name the page of AWS that states them. The bounds of the module's variables are in ``generator.spec``.
"""

from typing import Final

STREAM_RETENTION: Final = 86_400
"""Seconds after which a stream record expires (AWS, "Change data capture for DynamoDB Streams")."""

READ_RECORDS: Final = 1000
READ_BYTES: Final = 1024 * 1024
"""Maximum of one read (AWS, GetRecords of DynamoDB Streams). Without a batching window, a batch is one read."""

POLL_SECONDS: Final = 0.25
"""Pause after a read without records (AWS, "Polling and batching streams": 4 reads a second)."""

MAX_BATCH_SIZE: Final = 10_000
"""Maximum records of a batch (API: CreateEventSourceMapping)."""

MAX_PATTERNS: Final = 10
MAX_PATTERN_LENGTH: Final = 4096
"""Filter patterns: 5, or 10 on request (AWS, "Control which events Lambda sends"); characters of each (API)."""

STATE_BYTES: Final = 1024 * 1024
"""Maximum state of a tumbling window: Lambda ends the window early (AWS, "Stateful DynamoDB stream processing")."""

INVOCATION_BYTES: Final = 6 * 1024 * 1024
"""Maximum payload of an invocation (AWS, "Lambda quotas")."""

MAX_FUNCTION_SECONDS: Final = 1800
"""Maximum timeout of a function without a capacity provider (API: text of CreateFunction; 900 until 2026)."""
