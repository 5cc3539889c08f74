"""Fills the function of the example ``backfill`` from the past, on the AWS emulator, and repairs it."""

import gzip
import io
import json
import time
import zipfile
from dataclasses import dataclass
from typing import Any

from generator.local.clocks import FastForwardClock
from generator.local.emulator import ACCOUNT, LocalAws
from generator.local.event_poller import EventPoller

TABLE = "orders"
COUNT = 50
FAILING = "item 7"
CHANGED = "item 3"

_REPAIRED = """
import json

def handler(event, context):
    for record in event["Records"]:
        print(json.dumps({"message": "Record processed", "keys": record["dynamodb"]["Keys"]}))
"""


@dataclass
class Filling:
    """A backfill that was done: how its execution and its maps ended, and what reached the function when.

    ``asked`` is the export that another execution, which was given none, asked for.
    """

    execution: dict[str, Any]
    runs: dict[str, dict[str, Any]]
    causes: list[str]
    processed: list[str]
    from_stream: list[str]
    asked: dict[str, Any]


def processed(aws: LocalAws) -> list[str]:
    """Return the keys of the items that the function says it has processed, in order."""
    events = aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{TABLE}")["events"]
    lines = [
        line for event in events for line in event["message"].splitlines() if '"message": "Record processed"' in line
    ]
    return [json.loads(line[line.index("{") :])["keys"]["id"]["S"] for line in lines]


def repair(aws: LocalAws) -> None:
    """Give the function code for which no item fails."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("handler.py", _REPAIRED)
    client = aws.client("lambda")
    client.update_function_code(FunctionName=TABLE, ZipFile=archive.getvalue())
    client.get_waiter("function_updated_v2").wait(FunctionName=TABLE)


def fill(aws: LocalAws, machine: str, mapping: str, bucket: str) -> Filling:
    """Write items, export, change one and add one, fill, and let the stream follow.

    Takes the AWS emulator, the ARN of the state machine, the UUID of the mapping and the name of the bucket.
    """
    table = aws.client("dynamodb")
    for number in range(COUNT):
        item = {"id": {"S": f"item {number}"}, "total": {"N": "1"}}
        table.put_item(TableName=TABLE, Item={**item, **({"poison": {"BOOL": True}} if number == 7 else {})})
    export = _export(aws, bucket)
    table.put_item(TableName=TABLE, Item={"id": {"S": CHANGED}, "total": {"N": "2"}})
    table.put_item(TableName=TABLE, Item={"id": {"S": "later"}})
    execution = _execution(aws, machine, export)
    states = aws.client("stepfunctions")
    listed = [run["mapRunArn"] for run in states.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]]
    runs = {arn.split("/")[1].split(":")[0]: states.describe_map_run(mapRunArn=arn) for arn in listed}
    failed = states.list_executions(mapRunArn=runs["send"]["mapRunArn"], statusFilter="FAILED")["executions"]
    causes = [states.describe_execution(executionArn=child["executionArn"])["cause"] for child in failed]
    before = processed(aws)
    aws.client("lambda").update_event_source_mapping(UUID=mapping, Enabled=True)
    poller = EventPoller(aws.client, mapping, clock=FastForwardClock())
    poller.run(lambda: poller.finished >= COUNT + 2, within=60)
    after = processed(aws)[len(before) :]
    return Filling(execution, runs, causes, before, after, _asked(aws, machine, export))


def _export(aws: LocalAws, bucket: str) -> str:
    """Export the table as AWS documents it, since the emulator only says that it did; return the ARN of the export."""
    client, s3 = aws.client("dynamodb"), aws.client("s3")
    arn = f"arn:aws:dynamodb:{aws.region}:{ACCOUNT}:table/{TABLE}"
    export = str(client.export_table_to_point_in_time(TableArn=arn, S3Bucket=bucket)["ExportDescription"]["ExportArn"])
    items = client.scan(TableName=TABLE)["Items"]
    lines = [json.dumps({"Item": item}) + "\n" for item in items]
    folder = f"AWSDynamoDB/{export.rpartition('/')[2]}"
    summary = {"exportArn": export, "exportTime": "2026-11-25T07:28:34.028Z", "itemCount": len(items)}
    files = {
        "_started": b"",
        "manifest-summary.json": json.dumps(summary).encode(),
        "data/first.json.gz": gzip.compress("".join(lines[:25]).encode()),
        "data/second.json.gz": gzip.compress("".join(lines[25:]).encode()),
        "data/empty.json.gz": gzip.compress(b""),
    }
    for name, content in files.items():
        s3.put_object(Bucket=bucket, Key=f"{folder}/{name}", Body=content)
    while client.describe_export(ExportArn=export)["ExportDescription"]["ExportStatus"] != "COMPLETED":
        time.sleep(0.1)
    return export


def _execution(aws: LocalAws, machine: str, export: str) -> dict[str, Any]:
    """Let the state machine use an export, and return how it ended."""
    states = aws.client("stepfunctions")
    started = states.start_execution(stateMachineArn=machine, input=json.dumps({"ExportArn": export}))["executionArn"]
    deadline = time.monotonic() + 60
    while (execution := dict(states.describe_execution(executionArn=started)))["status"] == "RUNNING":
        assert time.monotonic() < deadline, execution
        time.sleep(0.2)
    return execution


def _asked(aws: LocalAws, machine: str, export: str) -> dict[str, Any]:
    """Let the state machine ask for an export, stop it, and return what was asked for."""
    states, client = aws.client("stepfunctions"), aws.client("dynamodb")
    started = states.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
    deadline = time.monotonic() + 20
    while not (exports := {each["ExportArn"] for each in client.list_exports()["ExportSummaries"]} - {export}):
        assert time.monotonic() < deadline, states.describe_execution(executionArn=started)
        time.sleep(0.1)
    states.stop_execution(executionArn=started)
    (asked,) = exports
    return dict(client.describe_export(ExportArn=asked)["ExportDescription"])
