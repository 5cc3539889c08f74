"""Does the model's stream do what DynamoDB Streams may do?"""

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.operate.model.clock import Clock
from tests.operate.model.names import ServiceError
from tests.operate.model.tables import ITERATOR_LIFE, RETENTION, DynamoDb, Shard, Streams, Table


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dynamodb(clock: Clock) -> DynamoDb:
    return DynamoDb(clock)


@pytest.fixture
def table(dynamodb: DynamoDb) -> Table:
    return dynamodb.add("orders")


@pytest.fixture
def streams(dynamodb: DynamoDb) -> Streams:
    return Streams(dynamodb)


def write(table: Table, *keys: str) -> list[int]:
    """Write items, and return the numbers of the records."""
    written = [table.put(key, {"id": {"S": key}, "n": {"N": str(len(table.states.get(key, [])))}}) for key in keys]
    return [record.sequence for record in written if record]


def only(table: Table) -> Shard:
    (shard,) = table.shards.values()
    return shard


def iterator(streams: Streams, table: Table, shard: Shard, kind: str = "TRIM_HORIZON", **given: Any) -> str:  # noqa: ANN401
    place = {"StreamArn": table.stream_arn, "ShardId": shard.id, "ShardIteratorType": kind}
    return str(streams.get_shard_iterator(place | given, "me")["ShardIterator"])


def read(streams: Streams, begin: str) -> tuple[list[int], str | None]:
    """Read a page: the numbers of its records, and where to go on."""
    answer = streams.get_records({"ShardIterator": begin}, "me")
    return [int(each["dynamodb"]["SequenceNumber"]) for each in answer["Records"]], answer.get("NextShardIterator")


def test_records_say_what_has_happened_to_an_item(table: Table) -> None:
    write(table, "a", "a")
    table.put("a", None)
    assert table.put("a", None) is None
    told = [record.as_api(table.view) for record in only(table).records]
    assert [each["eventName"] for each in told] == ["INSERT", "MODIFY", "REMOVE"]
    assert told[2]["dynamodb"]["OldImage"] == told[1]["dynamodb"]["NewImage"]
    assert "NewImage" not in told[2]["dynamodb"]


def test_pages_may_be_empty_and_an_open_shard_has_no_end(table: Table, streams: Streams) -> None:
    numbers = write(table, "a", "b", "c")
    table.pages = (2, 0)
    first, begin = read(streams, iterator(streams, table, only(table)))
    second, begin = read(streams, begin or "")
    third, begin = read(streams, begin or "")
    assert [first, second, third] == [numbers[:2], [], numbers[2:]]
    assert begin
    table.split(only(table), 1)
    assert read(streams, begin) == ([], None)


def test_iterator_types(table: Table, streams: Streams, clock: Clock) -> None:
    first, second = write(table, "a", "b")
    clock.wait(10)
    (third,) = write(table, "c")
    shard, at = only(table), datetime.fromtimestamp(clock.now, UTC)
    for kind, given, numbers in (
        ("TRIM_HORIZON", {}, [first, second, third]),
        ("LATEST", {}, []),
        ("AT_SEQUENCE_NUMBER", {"SequenceNumber": str(second)}, [second, third]),
        ("AFTER_SEQUENCE_NUMBER", {"SequenceNumber": str(second)}, [third]),
        ("AFTER_SEQUENCE_NUMBER", {"SequenceNumber": str(second - 1)}, [second, third]),
        ("AT_TIMESTAMP", {"Timestamp": at}, [third]),
    ):
        assert read(streams, iterator(streams, table, shard, kind, **given))[0] == numbers, kind
    clock.wait(-1)
    with pytest.raises(ServiceError, match="future"):
        iterator(streams, table, shard, "AT_TIMESTAMP", Timestamp=at)
    table.reads_timestamps = False
    with pytest.raises(ServiceError, match="AT_TIMESTAMP"):
        iterator(streams, table, shard, "AT_TIMESTAMP", Timestamp=at)


def test_what_is_trimmed_cannot_be_read(table: Table, streams: Streams) -> None:
    first, second = write(table, "a", "b")
    begin = iterator(streams, table, only(table))
    table.trim(1)
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        with pytest.raises(ServiceError, match="oldest"):
            iterator(streams, table, only(table), kind, SequenceNumber=str(first))
    with pytest.raises(ServiceError, match="oldest"):
        read(streams, begin)
    assert read(streams, iterator(streams, table, only(table)))[0] == [second]


def test_records_live_for_a_day_and_iterators_for_a_quarter_of_an_hour(
    table: Table, streams: Streams, clock: Clock
) -> None:
    write(table, "a")
    clock.wait(RETENTION - 1)
    begin = iterator(streams, table, only(table))
    clock.wait(2)
    assert not table.readable(only(table).records[0])
    clock.wait(ITERATOR_LIFE)
    with pytest.raises(ServiceError, match="expired"):
        read(streams, begin)


def test_shard_that_ended_goes_with_its_last_record_and_not_before_its_parent(table: Table, streams: Streams) -> None:
    write(table, "a")
    parent = only(table)
    table.split(parent, 1)
    child = list(table.shards.values())[1]
    table.split(child, 2)
    assert set(table.present()) == set(table.shards)
    table.trim(1)
    assert set(table.present()) == set(table.shards) - {parent.id, child.id}
    with pytest.raises(ServiceError, match="not found"):
        iterator(streams, table, parent)


def test_children_divide_the_items_of_a_shard(table: Table) -> None:
    table.split(only(table), 2)
    _, left, right = table.shards.values()
    write(table, *"abcdefgh")
    assert len(left.records) + len(right.records) == 8
    assert left.records
    assert right.records
    assert [left.parent, right.parent] == ["shardId-00000000000000000001"] * 2


def test_shards_are_described_in_pages(table: Table, streams: Streams) -> None:
    write(table, "a")
    for _ in range(4):
        table.split(next(shard for shard in table.shards.values() if not shard.closed), 1)
    table.shards_per_page = 2
    ids: list[str] = []
    after: dict[str, str] = {}
    for _ in itertools.count():
        described = streams.describe_stream({"StreamArn": table.stream_arn, **after}, "me")["StreamDescription"]
        ids += [shard["ShardId"] for shard in described["Shards"]]
        if "LastEvaluatedShardId" not in described:
            break
        after = {"ExclusiveStartShardId": described["LastEvaluatedShardId"]}
    assert ids == list(table.shards)
    assert len(ids) == 5


def test_some_keys_are_left_unprocessed(table: Table, dynamodb: DynamoDb) -> None:
    write(table, "a", "b", "c")
    table.keys_per_read = 2
    keys = [{"id": {"S": key}} for key in ("a", "none", "c")]
    answer = dynamodb.batch_get_item({"RequestItems": {"orders": {"Keys": keys, "ConsistentRead": True}}}, "me")
    assert [item["id"]["S"] for item in answer["Responses"]["orders"]] == ["a"]
    assert answer["UnprocessedKeys"] == {"orders": {"Keys": keys[2:], "ConsistentRead": True}}
    with pytest.raises(ServiceError, match="duplicates"):
        dynamodb.batch_get_item({"RequestItems": {"orders": {"Keys": [keys[0], keys[0]]}}}, "me")
