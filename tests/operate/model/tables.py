"""DynamoDB with its tables, and DynamoDB Streams with what was written to them.

Sources: the API references of both. A shard ends when it is split (or after some hours), and its children go on with
its items; a shard whose records are all gone is gone itself. Records live for 24 hours. GetShardIterator and GetRecords
answer with TrimmedDataAccessException for what is gone, iterators expire after 15 minutes, pages may be empty before
the end, and an open shard has no end. AT_TIMESTAMP is as in the API model of botocore 1.44.8.
"""

import itertools
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from tests.operate.model.clock import Clock
from tests.operate.model.names import REGION, Answer, Given, ServiceError, arn

RETENTION: Final = 86_400
"""Seconds for which a stream keeps a record."""

ITERATOR_LIFE: Final = 900
"""Seconds for which an iterator can be used (AWS, GetShardIterator)."""

MOST_KEYS: Final = 100
"""Items that BatchGetItem reads at most."""

Image = dict[str, Any]


@dataclass(frozen=True)
class Record:
    """A change of an item: its number, when, and what the item was before and is since, None for nothing."""

    sequence: int
    at: float
    key: str
    old: Image | None
    new: Image | None

    def as_api(self, view: str) -> dict[str, Any]:
        """Return the record as GetRecords gives it."""
        event = "REMOVE" if self.new is None else "INSERT" if self.old is None else "MODIFY"
        change: dict[str, Any] = {
            # Rounded down to the second (AWS, StreamRecord)
            "ApproximateCreationDateTime": datetime.fromtimestamp(int(self.at), UTC),
            "Keys": {"id": {"S": self.key}},
            "SequenceNumber": str(self.sequence),
            "SizeBytes": len(json.dumps([self.old, self.new], default=str)),
            "StreamViewType": view,
        }
        if self.new is not None and view in {"NEW_IMAGE", "NEW_AND_OLD_IMAGES"}:
            change["NewImage"] = self.new
        if self.old is not None and view in {"OLD_IMAGE", "NEW_AND_OLD_IMAGES"}:
            change["OldImage"] = self.old
        return {
            "eventID": f"{self.sequence:032x}",
            "eventName": event,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": REGION,
            "dynamodb": change,
        }


@dataclass
class Shard:
    """A shard: it has the changes of items whose position is from ``low`` to below ``high``, while it is open."""

    id: str
    parent: str | None
    low: int
    high: int
    records: list[Record] = field(default_factory=list)
    trimmed: int = 0
    """How many of its first records are gone."""
    closed: bool = False


class Table:
    """A table whose items have a key ``id``, and its stream.

    Attributes:
        states: what each item has been: the tick from which on, and the image.
        pages: how many records the next pages of GetRecords have at most, over and over; 0 is an empty page.
        keys_per_read: how many keys BatchGetItem reads before it gives the others back as unprocessed.
        reads_timestamps: whether GetShardIterator takes AT_TIMESTAMP.
    """

    def __init__(self, clock: Clock, name: str, *, shards: int = 1) -> None:
        self.name = name
        self.arn = arn("dynamodb", f"table/{name}")
        self.stream_arn = f"{self.arn}/stream/2027-01-01T00:00:00.000"
        self.view = "NEW_AND_OLD_IMAGES"
        self.items: dict[str, Image] = {}
        self.states: dict[str, list[tuple[int, Image | None]]] = {}
        self.pages: tuple[int, ...] = (1000,)
        self.shards_per_page = 100
        self.keys_per_read = MOST_KEYS
        self.reads_timestamps = True
        self._clock = clock
        self._sequences = itertools.count(100_000_000_000_000_000_001, 90)
        self._shard_numbers = itertools.count(1)
        self.shards: dict[str, Shard] = {}
        bounds = [2**32 * each // shards for each in range(shards + 1)]
        for low, high in itertools.pairwise(bounds):
            self._open(None, low, high)

    def _open(self, parent: str | None, low: int, high: int) -> None:
        shard = Shard(f"shardId-{next(self._shard_numbers):020d}", parent, low, high)
        self.shards[shard.id] = shard

    def put(self, key: str, image: Image | None) -> Record | None:
        """Write an item, or remove it; return the change, or nothing where it is none."""
        old = self.items.get(key)
        if old == image:
            return None
        if image is None:
            del self.items[key]
        else:
            self.items[key] = image
        self.states.setdefault(key, [(0, None)]).append((self._clock.next_tick(), image))
        record = Record(next(self._sequences), self._clock.now, key, old, image)
        position = zlib.crc32(key.encode())
        (shard,) = (each for each in self.shards.values() if not each.closed and each.low <= position < each.high)
        shard.records.append(record)
        return record

    def split(self, shard: Shard, into: int) -> None:
        """End an open shard, and go on with so many children."""
        shard.closed = True
        bounds = [shard.low + (shard.high - shard.low) * each // into for each in range(into + 1)]
        for low, high in itertools.pairwise(bounds):
            self._open(shard.id, low, high)

    def trim(self, count: int) -> None:
        """Let the stream lose its oldest records before their time: none is promised for 24 hours."""
        self._clock.next_tick()
        left = sorted(each.sequence for shard in self.shards.values() for each in shard.records[shard.trimmed :])
        self._lose(lambda record: record.sequence in left[:count])

    def _lose(self, is_lost: Callable[[Record], bool]) -> None:
        for shard in self.shards.values():
            while shard.trimmed < len(shard.records) and is_lost(shard.records[shard.trimmed]):
                shard.trimmed += 1

    def present(self) -> dict[str, Shard]:
        """Return the shards that can be read, by their ids: one that has ended goes with its last record."""
        oldest = self._clock.now - RETENTION
        self._lose(lambda record: record.at < oldest)
        gone: set[str | None] = {None}
        for shard in self.shards.values():
            if shard.closed and shard.trimmed == len(shard.records) and shard.parent in gone:
                gone.add(shard.id)
        return {name: shard for name, shard in self.shards.items() if name not in gone}

    def readable(self, record: Record) -> bool:
        """Tell whether the stream still has a record."""
        return any(record in shard.records[shard.trimmed :] for shard in self.present().values())


class DynamoDb:
    """The API of DynamoDB."""

    def __init__(self, clock: Clock) -> None:
        self.tables: dict[str, Table] = {}
        self.clock = clock

    def add(self, name: str, *, shards: int = 1) -> Table:
        """Create a table."""
        self.tables[name] = Table(self.clock, name, shards=shards)
        return self.tables[name]

    def _table(self, name: str) -> Table:
        found = self.tables.get(name.rpartition("/")[2])
        if found is None:
            raise ServiceError("ResourceNotFoundException", "Requested resource not found")
        return found

    def get_item(self, given: Given, _caller: str) -> Answer:
        item = self._table(given["TableName"]).items.get(given["Key"]["id"]["S"])
        return {} if item is None else {"Item": item}

    def batch_get_item(self, given: Given, _caller: str) -> Answer:
        answer: Answer = {"Responses": {}, "UnprocessedKeys": {}}
        if sum(len(request["Keys"]) for request in given["RequestItems"].values()) > MOST_KEYS:
            raise ServiceError("ValidationException", "Too many items requested for the BatchGetItem call")
        for name, request in given["RequestItems"].items():
            table = self._table(name)
            keys = request["Keys"]
            if len({json.dumps(key, sort_keys=True) for key in keys}) < len(keys):
                raise ServiceError("ValidationException", "Provided list of item keys contains duplicates")
            now, later = keys[: table.keys_per_read], keys[table.keys_per_read :]
            found = [table.items[key["id"]["S"]] for key in now if key["id"]["S"] in table.items]
            # In no particular order (AWS, BatchGetItem)
            answer["Responses"][name] = found[::-1]
            if later:
                answer["UnprocessedKeys"][name] = {**request, "Keys": later}
        return answer

    def describe_table(self, given: Given, _caller: str) -> Answer:
        table = self._table(given["TableName"])
        return {
            "Table": {
                "TableName": table.name,
                "TableArn": table.arn,
                "TableStatus": "ACTIVE",
                "ItemCount": len(table.items),
                "TableSizeBytes": 0,
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "LatestStreamArn": table.stream_arn,
                "StreamSpecification": {"StreamEnabled": True, "StreamViewType": table.view},
            }
        }

    def scan(self, given: Given, _caller: str) -> Answer:
        table = self._table(given["TableName"])
        segments, segment = given.get("TotalSegments", 1), given.get("Segment", 0)
        keys = sorted(key for key in table.items if zlib.crc32(key.encode()) % segments == segment)
        start = given.get("ExclusiveStartKey", {"id": {"S": ""}})["id"]["S"]
        following = [key for key in keys if key > start]
        page = following[: given.get("Limit", 100)]
        last = {"LastEvaluatedKey": {"id": {"S": page[-1]}}} if len(page) < len(following) else {}
        return {"Items": [table.items[key] for key in page], "Count": len(page)} | last


class Streams:
    """The API of DynamoDB Streams."""

    def __init__(self, dynamodb: DynamoDb) -> None:
        self._dynamodb = dynamodb
        self._pages = itertools.count()

    def _table(self, stream_arn: str) -> Table:
        for table in self._dynamodb.tables.values():
            if table.stream_arn == stream_arn:
                return table
        raise ServiceError("ResourceNotFoundException", f"Requested resource not found: Stream: {stream_arn} not found")

    def describe_stream(self, given: Given, _caller: str) -> Answer:
        table = self._table(given["StreamArn"])
        present = list(table.present().values())
        wanted = given.get("ShardFilter")
        if wanted:
            present = [each for each in present if each.parent == wanted["ShardId"]]
        after = given.get("ExclusiveStartShardId", "")
        following = [each for each in present if each.id > after]
        page = following[: min(given.get("Limit", 100), table.shards_per_page)]
        described = {
            "StreamArn": table.stream_arn,
            "StreamLabel": table.stream_arn.rpartition("/")[2],
            "StreamStatus": "ENABLED",
            "StreamViewType": table.view,
            "TableName": table.name,
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "Shards": [_described(each) for each in page],
        }
        if len(page) < len(following):
            described["LastEvaluatedShardId"] = page[-1].id
        return {"StreamDescription": described}

    def get_shard_iterator(self, given: Given, _caller: str) -> Answer:
        table = self._table(given["StreamArn"])
        shard = table.present().get(given["ShardId"])
        if shard is None:
            raise ServiceError("ResourceNotFoundException", f"Requested resource not found: Shard: {given['ShardId']}")
        place = self._place(table, shard, given)
        return {"ShardIterator": json.dumps([table.name, shard.id, place, self._dynamodb.clock.now])}

    def _place(self, table: Table, shard: Shard, given: Given) -> int:
        """Return at which record of a shard an iterator begins."""
        kind, records = given["ShardIteratorType"], shard.records
        if kind == "TRIM_HORIZON":
            return shard.trimmed
        if kind == "LATEST":
            return len(records)
        if kind == "AT_TIMESTAMP":
            return self._at(table, shard, given)
        number = int(given["SequenceNumber"])
        place = sum(each.sequence < number for each in records)
        if place < shard.trimmed:
            raise _trimmed()
        return place + (kind == "AFTER_SEQUENCE_NUMBER" and place < len(records) and records[place].sequence == number)

    def _at(self, table: Table, shard: Shard, given: Given) -> int:
        moment = given.get("Timestamp")
        if not table.reads_timestamps or moment is None:
            raise ServiceError("ValidationException", "Invalid ShardIteratorType: AT_TIMESTAMP")
        seconds = moment.timestamp() if isinstance(moment, datetime) else float(moment)
        if seconds > self._dynamodb.clock.now:
            raise ServiceError("ValidationException", "Timestamp must not be in the future")
        return max(shard.trimmed, sum(int(each.at) < seconds for each in shard.records))

    def get_records(self, given: Given, _caller: str) -> Answer:
        name, shard_id, place, made_at = json.loads(given["ShardIterator"])
        table, now = self._dynamodb.tables[name], self._dynamodb.clock.now
        if now > made_at + ITERATOR_LIFE:
            raise ServiceError("ExpiredIteratorException", "Iterator expired.")
        shard = table.present().get(shard_id, table.shards[shard_id])
        if place < shard.trimmed:
            raise _trimmed()
        following = shard.records[place:]
        size = min(given.get("Limit", 1000), table.pages[next(self._pages) % len(table.pages)])
        page = following[:size]
        answer: Answer = {"Records": [each.as_api(table.view) for each in page]}
        if not shard.closed or len(page) < len(following):
            answer["NextShardIterator"] = json.dumps([name, shard_id, place + len(page), now])
        return answer


def _described(shard: Shard) -> dict[str, Any]:
    numbers = [str(each.sequence) for each in shard.records]
    bounds = {"StartingSequenceNumber": numbers[0] if numbers else "100000000000000000000"}
    if shard.closed:
        bounds["EndingSequenceNumber"] = numbers[-1] if numbers else "100000000000000000000"
    parent = {"ParentShardId": shard.parent} if shard.parent else {}
    return {"ShardId": shard.id, "SequenceNumberRange": bounds} | parent


def _trimmed() -> ServiceError:
    return ServiceError("TrimmedDataAccessException", "The operation attempted to read past the oldest stream record")
