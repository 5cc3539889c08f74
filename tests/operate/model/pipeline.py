"""A pipeline in the model: a table, two functions with a mapping each, a queue that both share, and a bucket."""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from generator.mapping import invocation_records
from generator.mapping.invocation_records import InvocationSource
from generator.mapping.shard_processor import Discard, DiscardReason, Failure
from tests.operate.model.account import Account
from tests.operate.model.functions import EventSourceMapping, Function, stream_record
from tests.operate.model.tables import Image, Record, Shard

FUNCTIONS: Final = ("orders-index", "orders-mail")


@dataclass(frozen=True)
class Discarded:
    """What an invocation record is about: its mapping, the records, and when and where it was sent."""

    mapping: EventSourceMapping
    shard: Shard
    records: Sequence[Record]
    tick: int
    destination_arn: str

    @property
    def has_payload(self) -> bool:
        """Whether it was sent together with the records."""
        return ":s3:" in self.destination_arn

    @property
    def between(self) -> list[Record]:
        """The records of the shard from its first to its last one."""
        records = self.shard.records
        return records[records.index(self.records[0]) : records.index(self.records[-1]) + 1]

    @property
    def is_found(self) -> bool:
        """Whether the filter patterns match its records, and no others between them, and are those of then."""
        if self.has_payload:
            return True
        same = self.tick > self.mapping.changed_tick or self.between == list(self.records)
        return same and self.mapping.matching(self.between) == list(self.records)


class Pipeline:
    """A pipeline, whose mappings process what they are told to.

    Takes the account, and the endpoint of its queue's URL. ``discarded`` is what each invocation record is about: by
    the id of its message, or the key of its object.
    """

    def __init__(self, account: Account, *, shards: int = 1, endpoint: str | None = None) -> None:
        self.account = account
        self.clock = account.clock
        self.table = account.dynamodb.add("orders", shards=shards)
        self.queue = account.sqs.add("orders-dlq", endpoint)
        self.bucket = account.s3.add("orders-failures")
        self.functions = [account.lambda_.add(name) for name in FUNCTIONS]
        self.mappings = [self._mapping(number, function) for number, function in enumerate(self.functions)]
        self.discarded: dict[str, Discarded] = {}
        self._checkpoints: dict[tuple[str, str], int] = {}

    def _mapping(self, number: int, function: Function) -> EventSourceMapping:
        uuid = f"11111111-2222-4333-8444-{number:012d}"
        mapping = EventSourceMapping(uuid, f"{function.arn}:live", self.table.stream_arn, self.queue.arn)
        self.account.lambda_.mappings[uuid] = mapping
        return mapping

    @property
    def shard(self) -> Shard:
        """The first shard."""
        return next(iter(self.table.shards.values()))

    def write(self, *keys: str) -> list[Record]:
        """Write items, each with a content that it never had."""
        return [self.put(key, {"id": {"S": key}, "n": {"N": str(self.clock.tick)}}) for key in keys]

    def remove(self, *keys: str) -> list[Record]:
        """Remove those of some items that exist."""
        return [self.put(key, None) for key in dict.fromkeys(keys) if key in self.table.items]

    def put(self, key: str, image: Image | None) -> Record:
        """Give an item another content, or none."""
        written = self.table.put(key, image)
        assert written
        return written

    def waiting(self, mapping: EventSourceMapping, shard: Shard) -> list[Record]:
        """Return what a mapping has yet to process of a shard; before a shard it processes the one that it is of."""
        if shard.parent and self.waiting(mapping, self.table.shards[shard.parent]):
            return []
        done = max(self._checkpoints.get((mapping.uuid, shard.id), 0), shard.trimmed)
        return mapping.matching(shard.records[done:])

    def process(self, mapping: EventSourceMapping, shard: Shard, count: int) -> list[Record]:
        """Let a mapping come past the next records of a shard, which it has delivered or discarded, and return them."""
        batch = self.waiting(mapping, shard)[:count]
        if batch:
            self._checkpoints[mapping.uuid, shard.id] = shard.records.index(batch[-1]) + 1
        return batch

    def discard(self, mapping: EventSourceMapping, shard: Shard, count: int) -> str | None:
        """Let a mapping discard the next records of a shard; return the id of the invocation record, if any."""
        batch = self.process(mapping, shard, count)
        return self.report(mapping, shard, batch) if batch else None

    def report(self, mapping: EventSourceMapping, shard: Shard, batch: Sequence[Record]) -> str:
        """Send an invocation record about records to the mapping's destination, and return its id."""
        records = [stream_record(each, self.table.stream_arn) for each in batch]
        source = InvocationSource(
            mapping_uuid=mapping.uuid,
            function_arn=mapping.function_arn,
            stream_arn=self.table.stream_arn,
            shard_id=shard.id,
        )
        now, tick = self.clock.now, self.clock.next_tick()
        discard = Discard(records, DiscardReason.RETRIES, 3, 1, Failure("Unhandled"))
        record = functools.partial(invocation_records.invocation_record, discard, source, now, f"request-{tick}")
        if mapping.destination_arn == self.queue.arn:
            identifier = self.queue.send(json.dumps(record())).id
        else:
            identifier = f"aws/lambda/{mapping.uuid}/{shard.id}/2027/01/15/{tick}"
            payload = {"Records": [each.event for each in records]}
            self.bucket.objects[identifier] = json.dumps(record(payload)).encode()
        self.discarded[identifier] = Discarded(mapping, shard, list(batch), tick, mapping.destination_arn)
        return identifier

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.next_tick()
        self.clock.wait(seconds)

    def places(self) -> list[list[Any]]:
        """Return what each function has processed: the places of the records among all that were written."""
        order = sorted(record.sequence for shard in self.table.shards.values() for record in shard.records)
        return [
            [order.index(number) for one in function.invocations for number in one.numbers[: one.processed]]
            for function in self.functions
        ]
