"""Whether an emulator still differs from AWS: one function for each entry of ``differences.py``.

Each makes what it needs in the running emulator that it is given, and returns whether the difference is still there.
"""

import json
import socket
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from generator.local.emulator import ACCOUNT, LocalAws
from tests.local import resources

# --- what the checks need ---------------------------------------------------------------------------------------------


def _accepts(call: Callable[..., object], **arguments: Any) -> bool:  # noqa: ANN401
    try:
        call(**arguments)
    except ClientError:
        return False
    return True


def _mapping(aws: LocalAws, **options: Any) -> dict[str, Any]:  # noqa: ANN401
    """Create a mapping of a new function on a new stream and return what the API then says about it."""
    _, stream = resources.table(aws)
    function = resources.function(aws, "def handler(event, context):\n    return event\n")
    given = {"FunctionName": function, "EventSourceArn": stream, "StartingPosition": "TRIM_HORIZON"}
    client = aws.client("lambda")
    created = client.create_event_source_mapping(**{**given, **options})
    return dict(client.get_event_source_mapping(UUID=created["UUID"]))


def _put(aws: LocalAws, table: str, **attributes: str) -> None:
    item = {"id": {"S": "a"}, **{name: {"S": value} for name, value in attributes.items()}}
    aws.client("dynamodb").put_item(TableName=table, Item=item)


def _statement(actions: list[str], resource: str) -> list[dict[str, Any]]:
    return [{"Effect": "Allow", "Action": actions, "Resource": resource}]


_READ_STREAM = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]


# --- ministack: event source mappings ---------------------------------------------------------------------------------


def batch_size_defaults_to_10(aws: LocalAws) -> bool:
    return bool(_mapping(aws)["BatchSize"] == 10)


def mapping_options_are_dropped(aws: LocalAws) -> bool:
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    options = {"TumblingWindowInSeconds": 60, "MetricsConfig": {"Metrics": ["EventCount"]}, "KMSKeyArn": key}
    return not options.keys() & _mapping(aws, **options).keys()


def mapping_options_are_not_checked(aws: LocalAws) -> bool:
    fifo = f"arn:aws:sqs:{aws.region}:{ACCOUNT}:failures.fifo"
    wrong: list[dict[str, Any]] = [
        {"BatchSize": 100_000},
        {"MaximumRetryAttempts": 99_999},
        {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 0},
        {"DestinationConfig": {"OnFailure": {"Destination": fifo}}},
        {"FilterCriteria": {"Filters": [{"Pattern": "not JSON"}]}},
    ]
    return all(_accepts(_mapping, aws=aws, **options) for options in wrong)


def stream_of_another_account_is_rejected(aws: LocalAws) -> bool:
    stream = f"arn:aws:dynamodb:{aws.region}:210987654321:table/orders/stream/2026-01-02T03:04:05.678"
    try:
        _mapping(aws, EventSourceArn=stream)
    except ClientError as error:
        return bool(error.response["Error"]["Message"] == f"The event source ARN {stream} is invalid.")
    return False


def mapping_may_be_made_twice(aws: LocalAws) -> bool:
    made = _mapping(aws)
    again = {"FunctionName": made["FunctionArn"], "EventSourceArn": made["EventSourceArn"]}
    return _accepts(aws.client("lambda").create_event_source_mapping, StartingPosition="LATEST", **again)


# --- ministack: functions ---------------------------------------------------------------------------------------------


def every_runtime_is_the_same(aws: LocalAws) -> bool:
    code = "import sys\ndef handler(event, context):\n    return sys.version\n"
    versions = {
        resources.invoke(aws, resources.function(aws, code, Runtime=runtime))
        for runtime in ("python3.12", "python3.13")
    }
    return len(versions) == 1


def error_ends_the_environment(aws: LocalAws) -> bool:
    code = "import os\ndef handler(event, context):\n    return os.getpid() if event else 1 / 0\n"
    function = resources.function(aws, code)
    before = resources.invoke(aws, function, 1)
    resources.invoke(aws, function, 0)
    return bool(resources.invoke(aws, function, 1) != before)


def error_has_no_type(aws: LocalAws) -> bool:
    error = resources.invoke(aws, resources.function(aws, "def handler(event, context):\n    1 / 0\n"))
    return bool(error["errorType"] != "ZeroDivisionError")


def function_has_another_request_id(aws: LocalAws) -> bool:
    function = resources.function(aws, "def handler(event, context):\n    return context.aws_request_id\n")
    answer = aws.client("lambda").invoke(FunctionName=function)
    return bool(json.loads(answer["Payload"].read()) != answer["ResponseMetadata"]["RequestId"])


def alias_may_have_any_version(aws: LocalAws) -> bool:
    function = resources.function(aws, "def handler(event, context):\n    pass\n")
    weights = {"AdditionalVersionWeights": {"8": 0.5}}
    create = aws.client("lambda").create_alias
    return _accepts(create, FunctionName=function, Name="live", FunctionVersion="7", RoutingConfig=weights)


# --- ministack: streams -----------------------------------------------------------------------------------------------


def sequence_numbers_begin_with_zeros(aws: LocalAws) -> bool:
    table, stream = resources.table(aws)
    _put(aws, table)
    [record] = resources.records(aws, stream)
    return bool(record["dynamodb"]["SequenceNumber"].startswith("0"))


def records_have_no_size(aws: LocalAws) -> bool:
    table, stream = resources.table(aws)
    _put(aws, table)
    [record] = resources.records(aws, stream)
    return bool(record["dynamodb"]["SizeBytes"] == 0)


def shards_never_end(aws: LocalAws) -> bool:
    table, stream = resources.table(aws)
    aws.client("dynamodb").update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
    [shard] = aws.client("dynamodbstreams").describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
    return "EndingSequenceNumber" not in shard["SequenceNumberRange"]


def partiql_leaves_no_record(aws: LocalAws) -> bool:
    table, stream = resources.table(aws)
    aws.client("dynamodb").execute_statement(Statement=f"INSERT INTO \"{table}\" VALUE {{'id': 'a'}}")
    return resources.records(aws, stream) == []


def view_type_may_change(aws: LocalAws) -> bool:
    table, _ = resources.table(aws)
    other = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    return _accepts(aws.client("dynamodb").update_table, TableName=table, StreamSpecification=other)


# --- ministack: other services ----------------------------------------------------------------------------------------


def export_writes_nothing(aws: LocalAws) -> bool:
    table, _ = resources.table(aws)
    bucket, client = _bucket(aws), aws.client("dynamodb")
    arn = client.describe_table(TableName=table)["Table"]["TableArn"]
    export = client.export_table_to_point_in_time(TableArn=arn, S3Bucket=bucket)["ExportDescription"]["ExportArn"]
    while client.describe_export(ExportArn=export)["ExportDescription"]["ExportStatus"] == "IN_PROGRESS":
        time.sleep(0.1)
    return "Contents" not in aws.client("s3").list_objects_v2(Bucket=bucket)


def map_writes_no_results(aws: LocalAws) -> bool:
    bucket, client = _bucket(aws), aws.client("stepfunctions")
    each = {
        "Type": "Map",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "It",
            "States": {"It": {"Type": "Succeed"}},
        },
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": bucket, "Prefix": "r"}},
        "End": True,
    }
    role = resources.role(aws, principal={"Service": "states.amazonaws.com"})[1]
    definition = json.dumps({"StartAt": "Each", "States": {"Each": each}})
    made = client.create_state_machine(name=resources.name(), definition=definition, roleArn=role)["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=made, input="[1, 2]")["executionArn"]
    while (ended := client.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.1)
    return ended["status"] == "SUCCEEDED" and "Contents" not in aws.client("s3").list_objects_v2(Bucket=bucket)


def _bucket(aws: LocalAws) -> str:
    name = resources.name()
    aws.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": aws.region})
    return name


def alarms_are_returned_in_part(aws: LocalAws) -> bool:
    name = resources.name()
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=0,
    )
    result = _ask_cloudwatch(aws, {"Action": "DescribeAlarms", "AlarmNames.member.1": name})
    return name in result and "<Period>" not in result


def actions_of_missing_data_are_dropped(aws: LocalAws) -> bool:
    name = resources.name()
    alarm = {
        "AlarmName": name,
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": "300",
        "EvaluationPeriods": "1",
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": "0",
        "OKActions.member.1": f"arn:aws:sns:{aws.region}:{ACCOUNT}:alerts",
        "InsufficientDataActions.member.1": f"arn:aws:sns:{aws.region}:{ACCOUNT}:alerts",
    }
    _ask_cloudwatch(aws, {"Action": "PutMetricAlarm", **alarm})
    (found,) = aws.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return bool(found["OKActions"] and not found["InsufficientDataActions"])


def _ask_cloudwatch(aws: LocalAws, parameters: Mapping[str, str]) -> str:
    """Send a request in the older of CloudWatch's protocols, which the provider speaks; boto3 speaks the newer one."""
    request = AWSRequest(
        "POST",
        aws.endpoint,
        data=urlencode({"Version": "2010-08-01", **parameters}),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    SigV4Auth(Credentials(aws.access_key, aws.secret_key), "monitoring", aws.region).add_auth(request)
    plain = urllib.request.Request(aws.endpoint, request.data.encode(), dict(request.headers))  # noqa: S310
    with urllib.request.urlopen(plain) as answer:  # noqa: S310
        return str(answer.read().decode())


def code_signing_is_dropped(aws: LocalAws) -> bool:
    arn = f"arn:aws:lambda:{aws.region}:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
    function = resources.function(aws, "def handler(event, context):\n    pass\n", CodeSigningConfigArn=arn)
    answer = aws.client("lambda").get_function_code_signing_config(FunctionName=function)
    return bool(answer.get("CodeSigningConfigArn") != arn)


def x_ray_is_not_there(aws: LocalAws) -> bool:
    return not _accepts(aws.client("xray").put_trace_segments, TraceSegmentDocuments=["{}"])


def codedeploy_is_not_there(aws: LocalAws) -> bool:
    return not _accepts(aws.client("codedeploy").list_applications)


# --- ministack that enforces policies ---------------------------------------------------------------------------------


def root_may_assume_a_role_of_a_service(aws: LocalAws) -> bool:
    return _accepts(resources.credentials, aws=aws, role_arn=resources.role(aws)[1])


def mapping_needs_no_permission(aws: LocalAws) -> bool:
    _, role = resources.role(aws)
    function = resources.function(aws, "def handler(event, context):\n    pass\n", Role=role)
    return _accepts(_mapping, aws=aws, FunctionName=function)


def alias_is_read_with_another_permission(aws: LocalAws) -> bool:
    function = resources.function(aws, "def handler(event, context):\n    pass\n")
    aws.client("lambda").create_alias(FunctionName=function, Name="live", FunctionVersion="$LATEST")
    _, role = resources.role(aws, _statement(["lambda:GetAlias", "lambda:UpdateAlias"], "*"))
    client, names = aws.client("lambda", **resources.credentials(aws, role)), {"FunctionName": function, "Name": "live"}
    return not _accepts(client.get_alias, **names) and not _accepts(client.update_alias, **names)


def key_of_a_table_is_not_used(aws: LocalAws) -> bool:
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    encrypted = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    table, stream = resources.table(aws, SSESpecification=encrypted)
    _put(aws, table)
    _, role = resources.role(aws, _statement(_READ_STREAM, stream))
    return len(resources.records(aws, stream, **resources.credentials(aws, role))) == 1


# --- bare ministack: what the launcher corrects -----------------------------------------------------------------------


def recovery_period_is_dropped(aws: LocalAws) -> bool:
    table, _ = resources.table(aws)
    client = aws.client("dynamodb")
    recovery = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
    client.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=recovery)
    description = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    return "RecoveryPeriodInDays" not in description["PointInTimeRecoveryDescription"]


def stream_statements_allow_nothing(aws: LocalAws) -> bool:
    _, stream = resources.table(aws)
    session = resources.credentials(aws, resources.role(aws, _statement(_READ_STREAM, stream))[1])
    return not _accepts(resources.records, aws=aws, stream=stream, **session)


def warm_throughput(aws: LocalAws, **given: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - as in boto3
    """Return the warm throughput of a new table, and of its index."""
    index = {
        "IndexName": "by_a",
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        **given,
    }
    attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "a")]
    name, _ = resources.table(aws, AttributeDefinitions=attributes, GlobalSecondaryIndexes=[index], **given)
    table = aws.client("dynamodb").describe_table(TableName=name)["Table"]
    return [part.get("WarmThroughput", {}) for part in (table, *table["GlobalSecondaryIndexes"])]


def warm_throughput_has_no_status(aws: LocalAws) -> bool:
    return any(warm.get("Status") != "ACTIVE" for warm in warm_throughput(aws))


def maximums_are_not_kept(aws: LocalAws) -> bool:
    client, maximums = aws.client("dynamodb"), {"MaxReadRequestUnits": 50, "MaxWriteRequestUnits": 60}
    index = {"IndexName": "again", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
    given = [{**index, "Projection": {"ProjectionType": "ALL"}, "OnDemandThroughput": maximums}]
    name, _ = resources.table(aws, GlobalSecondaryIndexes=given, OnDemandThroughput=maximums)
    change = {"MaxWriteRequestUnits": -1}
    update = {"Update": {"IndexName": "again", "OnDemandThroughput": change}}
    client.update_table(TableName=name, OnDemandThroughput=change, GlobalSecondaryIndexUpdates=[update])
    found = client.describe_table(TableName=name)["Table"]
    kept = [part.get("OnDemandThroughput") for part in (found, *found["GlobalSecondaryIndexes"])]
    return kept != [{"MaxReadRequestUnits": 50}] * 2


def stream_of_another_account_is_unknown(aws: LocalAws) -> bool:
    other = resources.other_account(aws)
    _, stream = resources.table(aws)
    reader, stranger = (resources.role(other, _statement(_READ_STREAM, stream))[1] for _ in range(2))
    granted = [{**statement, "Principal": {"AWS": reader}} for statement in _statement(_READ_STREAM, stream)]
    policy = json.dumps({"Version": "2012-10-17", "Statement": granted})
    aws.client("dynamodb").put_resource_policy(ResourceArn=stream, Policy=policy)
    sessions = [resources.credentials(other, arn) for arn in (reader, stranger)]
    reads = [_accepts(resources.records, aws=other, stream=stream, **session) for session in sessions]
    function = resources.function(other, "def handler(event, context):\n    return event\n", Role=reader)
    create = other.client("lambda").create_event_source_mapping
    maps = _accepts(create, FunctionName=function, EventSourceArn=stream, StartingPosition="LATEST")
    return (reads, maps) != ([True, False], True)


def log_group_statements_allow_nothing(aws: LocalAws) -> bool:
    group = f"/aws/lambda/{resources.name()}"
    aws.client("logs").create_log_group(logGroupName=group)
    resource = f"arn:aws:logs:{aws.region}:{ACCOUNT}:log-group:{group}:*"
    session = resources.credentials(aws, resources.role(aws, _statement(["logs:CreateLogStream"], resource))[1])
    client = aws.client("logs", **session)
    return not _accepts(client.create_log_stream, logGroupName=group, logStreamName="a")


def emptied_options_are_returned(aws: LocalAws) -> bool:
    client = aws.client("lambda")
    made = _mapping(aws, FilterCriteria={"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]})
    client.update_event_source_mapping(UUID=made["UUID"], FilterCriteria={})
    empty: dict[str, Any] = {"Environment": {"Variables": {}}, "DeadLetterConfig": {"TargetArn": ""}}
    client.update_function_configuration(FunctionName=made["FunctionArn"], **empty)
    function = client.get_function_configuration(FunctionName=made["FunctionArn"])
    mapping = client.get_event_source_mapping(UUID=made["UUID"])
    return "FilterCriteria" in mapping and empty.keys() <= function.keys()


def key_of_a_log_group_cannot_change(aws: LocalAws) -> bool:
    group, logs = f"/aws/lambda/{resources.name()}", aws.client("logs")
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    logs.create_log_group(logGroupName=group)
    return not _accepts(logs.associate_kms_key, logGroupName=group, kmsKeyId=key)


def requests_are_not_secure(aws: LocalAws) -> bool:
    sqs = aws.client("sqs")
    queue = sqs.create_queue(QueueName=resources.name())["QueueUrl"]
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    return not _accepts(sqs.send_message, QueueUrl=queue, MessageBody="a")


def every_interface_is_open(aws: LocalAws) -> bool:
    # Another address of the loopback interface than 127.0.0.1 answers only where no address was chosen.
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.2", int(aws.endpoint.rpartition(":")[2]))) == 0


def poller_ignores_retries(aws: LocalAws) -> bool:
    table, stream = resources.table(aws)
    function = resources.function(aws, "def handler(event, context):\n    1 / 0\n")
    _mapping(aws, FunctionName=function, EventSourceArn=stream, MaximumRetryAttempts=0, BatchSize=1)
    _put(aws, table)
    logs = aws.client("logs")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        time.sleep(0.5)
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{function}")["logGroups"]
        events = logs.filter_log_events(logGroupName=groups[0]["logGroupName"])["events"] if groups else []
        if sum(event["message"].startswith("START ") for event in events) > 1:
            return True
    return False


# --- moto -------------------------------------------------------------------------------------------------------------


def function_options_are_dropped(aws: LocalAws) -> bool:
    target = aws.client("sns").create_topic(Name=resources.name())["TopicArn"]
    options = {"LoggingConfig": {"LogFormat": "JSON"}, "DeadLetterConfig": {"TargetArn": target}}
    function = resources.function(aws, "def handler(event, context):\n    pass\n", **options)
    return not options.keys() & aws.client("lambda").get_function_configuration(FunctionName=function).keys()


def mapping_of_an_alias_is_of_its_version(aws: LocalAws) -> bool:
    function = resources.function(aws, "def handler(event, context):\n    pass\n", Publish=True)
    aws.client("lambda").create_alias(FunctionName=function, Name="live", FunctionVersion="1")
    return not _mapping(aws, FunctionName=f"{function}:live")["FunctionArn"].endswith(":live")


def log_group_class_is_dropped(aws: LocalAws) -> bool:
    group = resources.name()
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=group)
    return "logGroupClass" not in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]


def stream_cannot_be_turned_on_again(aws: LocalAws) -> bool:
    dynamodb = aws.client("dynamodb")
    table, _ = resources.table(aws)
    dynamodb.update_table(TableName=table, StreamSpecification={"StreamEnabled": False})
    again = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    return not _accepts(dynamodb.update_table, TableName=table, StreamSpecification=again)


def table_name_may_have_one_character(aws: LocalAws) -> bool:
    return _accepts(resources.table, aws=aws, TableName="a")


def functions_do_not_run(aws: LocalAws) -> bool:
    function = resources.function(aws, "def handler(event, context):\n    return 'it ran'\n")
    answer: bytes = aws.client("lambda").invoke(FunctionName=function)["Payload"].read()
    return answer != b'"it ran"'


def unchanged_item_leaves_a_record(aws: LocalAws) -> bool:
    table, stream = resources.table(aws)
    _put(aws, table)
    _put(aws, table)
    return len(resources.records(aws, stream)) == 2


def page_may_have_more_than_1_mb(aws: LocalAws) -> bool:
    table, stream = resources.table(aws)
    for number in range(6):
        _put(aws, table, number=str(number), large="a" * 300_000)
    return len(resources.records(aws, stream)) == 6


def policies_are_not_enforced(aws: LocalAws) -> bool:
    unknown = {"aws_access_key_id": "unknown", "aws_secret_access_key": "unknown"}
    return _accepts(aws.client("dynamodb", **unknown).list_tables)


def deployments_stay_where_they_are(aws: LocalAws) -> bool:
    client, names = aws.client("codedeploy"), {"applicationName": resources.name(), "deploymentGroupName": "orders"}
    client.create_application(applicationName=names["applicationName"], computePlatform="Lambda")
    client.create_deployment_group(**names, serviceRoleArn=resources.role(aws)[1])
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": "not an AppSpec"}}
    created = client.create_deployment(**names, revision=revision)["deploymentId"]
    found = [client.get_deployment(deploymentId=created)["deploymentInfo"]["status"] for _ in range(3)]
    return found == ["Created"] * 3 and not _accepts(client.stop_deployment, deploymentId=created)
