"""What is known of a process that runs ``redrive``: what it is to do, and what it has done."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.operate.model.account import Call
from tests.operate.model.functions import Invocation
from tests.operate.model.pipeline import Discarded, Pipeline
from tests.operate.model.process import Process
from tests.operate.model.tables import Record


@dataclass
class Run:
    """A process that runs ``redrive`` on a pipeline.

    Attributes:
        processed: the number of the last record that each function processed of each item.
        failed: the items of which each function failed on a record by itself.
        last_attempt: when it last tried to invoke a function.
    """

    process: Process
    pipeline: Pipeline
    processed: dict[tuple[str, str], int] = field(default_factory=dict)
    failed: set[tuple[str, str]] = field(default_factory=set)
    last_attempt: int = 0
    ended: bool = False

    def __post_init__(self) -> None:
        self.name = self.process.name
        self.last_attempt = self.process.began
        words = self.process.words
        self.verb = words[1]
        self.sends = "--yes" in words
        self.from_bucket = "--bucket" in words
        mapping = words[words.index("--mapping") + 1] if "--mapping" in words else None
        self.mapping = self.pipeline.account.lambda_.mappings[mapping] if mapping else None
        self.function = self.mapping.function_name if self.mapping else None
        """The function whose invocation records are its own; None for those of all functions."""

    def goes_on_after(self, other: "Run") -> bool:
        """Tell whether it has finished what another was killed at: with the same journal, for the same function."""
        one, before = self.process, other.process
        finished = self.summary is not None and self.sends and one.words == before.words
        return finished and before.killed and before.ended is not None and before.ended < one.began

    @property
    def summary(self) -> dict[str, Any] | None:
        """The summary that it printed as JSON, if it came to that."""
        text = self.process.out.getvalue()
        # A list is printed while it is read, and may end anywhere.
        summarizes = self.verb in {"replay", "reconcile"} and "--json" in self.process.words
        found: dict[str, Any] | None = json.loads(text) if summarizes and text.strip() else None
        return found

    def _calls(self, operation: str) -> Iterable[Call]:
        calls = self.pipeline.account.calls
        return [call for call in calls if call.caller == self.name and call.operation == operation and not call.error]

    @property
    def received(self) -> list[str]:
        """What it has read: the ids of messages, and the keys of objects."""
        messages = self.pipeline.queue.messages.values()
        found = [each.id for each in messages if any(receipt.caller == self.name for receipt in each.receipts)]
        return found + list(dict.fromkeys(call.given["Key"] for call in self._calls("GetObject")))

    @property
    def last_reception(self) -> int:
        """When it received messages for the last time, which it may not have come to note."""
        return max((call.tick for call in self._calls("ReceiveMessage")), default=0)

    @property
    def discarded(self) -> list[Discarded]:
        """The invocation records among what it has read."""
        known = self.pipeline.discarded
        return [known[each] for each in self.received if each in known]

    def selection(self, function: str) -> dict[int, Record]:
        """Return the records that it may send to a function: those that this one's invocation records are about."""
        return {
            record.sequence: record
            for each in self.discarded
            if each.mapping.function_name == function
            for record in each.records
        }

    @property
    def invocations(self) -> list[tuple[str, Invocation]]:
        """The invocations that it made, each with the function's name."""
        return [
            (name, invocation)
            for name, function in self.pipeline.account.lambda_.functions.items()
            for invocation in function.invocations
            if invocation.caller == self.name
        ]

    @property
    def unnoticed(self) -> list[str]:
        """IDs of messages that were not deleted, although their receipts had been current just before."""
        return [
            each.message.id
            for each in self.pipeline.queue.unnoticed
            if each.caller == self.name and self._before(each.tick).startswith("ChangeMessageVisibility")
        ]

    def _before(self, tick: int) -> str:
        """Return the last operation that it called before a deletion, apart from other deletions."""
        operations = [
            call.operation
            for call in self.pipeline.account.calls
            if call.caller == self.name and call.tick < tick and not call.operation.startswith("DeleteMessage")
        ]
        return operations[-1] if operations else ""

    @property
    def deleted(self) -> list[str]:
        """What it has deleted: the ids of messages, and the keys of objects."""
        return [each.message.id for each in self.pipeline.queue.deletions if each.caller == self.name] + [
            each.key for each in self.pipeline.bucket.removals if each.caller == self.name
        ]
