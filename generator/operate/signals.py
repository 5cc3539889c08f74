"""Ctrl-C and SIGTERM: the first ends the command in order, and the second at once."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any


@contextmanager
def orderly_end() -> Iterator[None]:
    """End the process at once at the second signal in the ``with`` block.

    The first one raises what it raises elsewhere, so that messages are released on the way out, which takes a while. If
    that is too long, a second one ends the process; the journal holds what is needed to resume.
    """
    before: dict[int, Any] = {}

    def end_in_order(number: int, frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, end_at_once)
        if not callable(before[number]):
            raise KeyboardInterrupt
        before[number](number, frame)

    def end_at_once(number: int, _frame: FrameType | None) -> None:
        with suppress(OSError):
            os.write(2, b"Error: Ended by a second signal. Run the same command again to resume.\n")
        os._exit(128 + number)

    # Only the main thread may set handlers.
    with suppress(ValueError):
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, end_in_order)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
