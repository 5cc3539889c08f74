"""Is what AWS's own client library asks the server for what the model is asked for, and the answer what it answers?"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.operate.model.functions import EventSourceMapping
from tests.operate.model.names import REGION, ServiceError
from tests.operate.model.server import Fault, Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def client(server: Server, service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients' types
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=server.url,
        aws_access_key_id="me",
        aws_secret_access_key="secret",  # noqa: S106 - the server takes any
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_queue(server: Server) -> None:
    queue = server.account.sqs.add("queue", server.url)
    sqs = client(server, "sqs")
    url = sqs.get_queue_url(QueueName="queue")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="ä\n<&>")
    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60)["Messages"]
    assert (message["Body"], queue.messages["message-1"].holder) == ("ä\n<&>", "me")
    entries = [{"Id": "a", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}]
    changed = sqs.change_message_visibility_batch(QueueUrl=url, Entries=[*entries, {**entries[0], "Id": "b"}])
    assert [each["Id"] for each in changed["Successful"]] == ["a"]
    assert [(each["Id"], each["Code"]) for each in changed["Failed"]] == [("b", "InvalidParameterValue")]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert queue.left == []
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName="none")


def test_table_and_stream(server: Server) -> None:
    table = server.account.dynamodb.add("orders")
    item = {"id": {"S": "a"}, "b": {"B": b"\0\xff"}, "s": {"NS": ["1", "2"]}}
    record = table.put("a", item)
    assert record
    found = client(server, "dynamodb").batch_get_item(RequestItems={"orders": {"Keys": [{"id": {"S": "a"}}]}})
    assert found["Responses"] == {"orders": [item]}
    streams = client(server, "dynamodbstreams")
    (shard,) = streams.describe_stream(StreamArn=table.stream_arn)["StreamDescription"]["Shards"]
    place = {"StreamArn": table.stream_arn, "ShardId": shard["ShardId"]}
    iterator = streams.get_shard_iterator(
        **place, ShardIteratorType="AT_TIMESTAMP", Timestamp=datetime.fromtimestamp(int(record.at), UTC)
    )["ShardIterator"]
    (read,) = streams.get_records(ShardIterator=iterator)["Records"]
    assert read == record.as_api(table.view) | {
        "dynamodb": read["dynamodb"] | {"ApproximateCreationDateTime": read["dynamodb"]["ApproximateCreationDateTime"]}
    }
    assert read["dynamodb"]["ApproximateCreationDateTime"].timestamp() == int(record.at)
    table.trim(1)
    with pytest.raises(streams.exceptions.TrimmedDataAccessException):
        streams.get_shard_iterator(**place, ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=str(record.sequence))


def test_function_and_mapping(server: Server) -> None:
    function = server.account.lambda_.add("orders")
    function.failing = {7}
    mapping = EventSourceMapping("1" * 36, function.arn, "a stream", "a queue", patterns=["{}"])
    server.account.lambda_.mappings[mapping.uuid] = mapping
    api = client(server, "lambda")
    event = b'{"Records": [{"dynamodb": {"SequenceNumber": "7"}}]}'
    answer = api.invoke(FunctionName=f"{function.arn}:live", Payload=event)
    assert answer["Payload"].read() == b'{"batchItemFailures": [{"itemIdentifier": "7"}]}'
    assert [(one.caller, one.qualifier) for one in function.invocations] == [("me", "live")]
    function.fails = "raises"
    assert api.invoke(FunctionName=function.arn, Payload=event)["FunctionError"] == "Unhandled"
    with pytest.raises(api.exceptions.ResourceNotFoundException):
        api.invoke(FunctionName="none", Payload=event)
    found = api.get_event_source_mapping(UUID=mapping.uuid)
    assert (found["FunctionArn"], found["FilterCriteria"]) == (function.arn, {"Filters": [{"Pattern": "{}"}]})
    (listed,) = api.list_event_source_mappings(FunctionName=function.arn)["EventSourceMappings"]
    assert listed["UUID"] == mapping.uuid


def test_bucket(server: Server) -> None:
    bucket = server.account.s3.add("bucket")
    bucket.per_page = 1
    s3 = client(server, "s3")
    for key in ("a/ä&b", "a/c"):
        s3.put_object(Bucket="bucket", Key=key, Body=b"\0\xff")
    first = s3.list_objects_v2(Bucket="bucket", Prefix="a/")
    second = s3.list_objects_v2(Bucket="bucket", Prefix="a/", ContinuationToken=first["NextContinuationToken"])
    keys = [each["Key"] for page in (first, second) for each in page["Contents"]]
    assert (keys, second["IsTruncated"]) == (["a/c", "a/ä&b"], False)
    assert s3.get_object(Bucket="bucket", Key="a/ä&b")["Body"].read() == b"\0\xff"
    s3.delete_object(Bucket="bucket", Key="a/ä&b")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="bucket", Key="a/ä&b")


def test_faults(server: Server) -> None:
    server.account.sqs.add("faulty", server.url)
    sqs = client(server, "sqs")
    server.faults = [
        Fault("GetQueueUrl", error=ServiceError("RequestThrottled")),
        Fault("GetQueueUrl", loses_answer=True),
    ]
    with pytest.raises(ClientError, match="RequestThrottled"):
        sqs.get_queue_url(QueueName="faulty")
    with pytest.raises(Exception, match="Connection was closed"):
        sqs.get_queue_url(QueueName="faulty")
    assert sqs.get_queue_url(QueueName="faulty")
