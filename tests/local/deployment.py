"""Pipelines that Terraform deploys to an AWS emulator, all in one apply, and what the tests do with them."""

import json
import threading
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from generator import terraform
from generator.aws import Client
from generator.local.clocks import FastForwardClock
from generator.local.emulator import ACCOUNT, LocalAws
from generator.local.event_poller import EventPoller
from generator.mapping.shard_processor import Discard, Failure, Invoke, Observer, Reply
from tests.local.resources import credentials, function, role, table
from tests.support import shared_provider
from tests.support.planning import MODULE, each

HERE = Path(__file__).parent
BUCKET = "failed-records"
TOPIC = "failed-records"
READER = "reads-the-topic"
PYTHON = {
    "function_filename": "${path.module}/tester.zip",
    "function_handler": "tester.handler",
    "function_runtime": "python3.13",
}
FEW_RETRIES = {"event_source_maximum_retry_attempts": 2}

CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "whole_batches": {
        **FEW_RETRIES,
        "event_source_bisect_batch_on_function_error": False,
        "event_source_report_batch_item_failures": False,
    },
    "filtered": {**FEW_RETRIES, "event_source_filter_patterns": ['{"eventName": ["INSERT"]}']},
    "node": {
        **FEW_RETRIES,
        "function_filename": "${path.module}/tester-node.zip",
        "function_runtime": "nodejs22.x",
    },
    "alias": {**FEW_RETRIES, "function_publish": True, "function_alias": "live"},
    "to_sns": {
        **FEW_RETRIES,
        "on_failure_destination": {"type": "sns", "arn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:{TOPIC}"},
    },
    "to_s3": {**FEW_RETRIES, "on_failure_destination": {"type": "s3", "arn": f"arn:aws:s3:::{BUCKET}"}},
    "slow": {**FEW_RETRIES, "event_source_batch_size": 3},
}
"""The arguments of each pipeline beside its name and its function."""

CHANGED: dict[str, Any] = {
    "table_point_in_time_recovery_enabled": False,
    "table_ttl_attribute": "expires",
    "function_description": "changed",
    "function_memory_size": 256,
    "function_timeout": 60,
    "function_environment": {"CHANGED": "yes"},
    "function_ephemeral_storage_size": 1024,
    "function_log_retention_in_days": 30,
    "function_reserved_concurrent_executions": 5,
    "function_tracing_mode": "PassThrough",
    "event_source_enabled": False,
    "event_source_batch_size": 10,
    "event_source_maximum_batching_window_in_seconds": 2,
    "event_source_bisect_batch_on_function_error": False,
    "event_source_maximum_record_age_in_seconds": 3600,
    "event_source_maximum_retry_attempts": 7,
    "event_source_parallelization_factor": 2,
    "event_source_report_batch_item_failures": False,
    "event_source_filter_patterns": ['{"eventName": ["REMOVE"]}'],
    "dead_letter_queue_message_retention_seconds": 86400,
    "dead_letter_queue_visibility_timeout_seconds": 60,
    "tags": {"changed": "yes"},
}
"""Arguments that are changed in place, which the pipeline ``default`` gets later."""


@dataclass
class Watched(Observer):
    """What a mapping did: the ids of the items of each invocation, and the documents."""

    invocations: list[list[str]] = field(default_factory=list)
    processed: list[str] = field(default_factory=list)
    discards: list[Discard] = field(default_factory=list)
    documents: list[Mapping[str, Any]] = field(default_factory=list)
    delivery_errors: list[str] = field(default_factory=list)
    started: threading.Event = field(default_factory=threading.Event)

    def invoked(self, processor: str, invoke: Invoke, began: float, ended: float, reply: Reply) -> None:
        del processor, began, ended
        ids = [record.event["dynamodb"]["Keys"]["id"]["S"] for record in invoke.records]
        self.invocations.append(ids)
        self.processed += ids[: reply.checkpoint_index] if isinstance(reply, Failure) else ids
        self.started.set()

    def discarded(self, processor: str, discard: Discard, at: float) -> None:
        del processor, at
        self.discards.append(discard)

    def delivered(self, processor: str, invocation_record: dict[str, Any], error: str | None) -> None:
        del processor
        self.documents.append(invocation_record)
        if error:
            self.delivery_errors.append(error)


class Deployment:
    """The pipelines, deployed; what existed before lies in ``existing``."""

    def __init__(self, aws: LocalAws, folder: Path) -> None:
        self.aws = aws
        self.folder = folder
        self.existing = _prerequisites(aws)
        _packages(folder)
        (folder / "module").symlink_to(MODULE)
        self.cases = {name: {**PYTHON, **given} for name, given in CASES.items()} | {
            "on_existing_table": {**PYTHON, **FEW_RETRIES, "existing_table": {"stream_arn": self.existing["stream"]}},
            "external_policy": {
                **PYTHON,
                **FEW_RETRIES,
                "existing_role": dict(zip(("name", "arn"), self.existing["other_role"], strict=True)),
                "role_policy_enabled": False,
            },
            "on_existing_function": {
                **FEW_RETRIES,
                "function_filename": None,
                "function_handler": None,
                "function_runtime": None,
                "existing_function": {
                    "arn": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{self.existing['function']}",
                    "role_name": self.existing["role"],
                },
            },
        }
        self.write()
        terraform.local(folder)
        self.runner = shared_provider.runner(folder, aws)
        self.runner.init()

    def write(self, **changed: Any) -> None:  # noqa: ANN401 - as the module's arguments
        """Write the root module; ``changed`` are more arguments of the pipeline ``default``."""
        given = {**self.cases, "default": {**self.cases["default"], **changed}}
        root = {
            **each(given),
            "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
            "provider": {"aws": {"region": self.aws.region}},
            "output": {"pipelines": {"value": "${module.case}"}},
        }
        (self.folder / "main.tf.json").write_text(json.dumps(root, indent=1))

    @cached_property
    def pipelines(self) -> dict[str, dict[str, Any]]:
        """The module's outputs by pipeline."""
        return dict(self.runner.output()["pipelines"])

    def changes(self) -> dict[str, list[str]]:
        """Plan again, and return what would be done to each resource that would not stay as it is."""
        return {
            change["address"]: change["change"]["actions"]
            for change in self.runner.plan().get("resource_changes", [])
            if change["change"]["actions"] not in (["no-op"], ["read"])
        }

    def mapping(self, case: str) -> dict[str, Any]:
        """Return a pipeline's mapping as Lambda tells it."""
        uuid = self.pipelines[case]["event_source_mapping_uuid"]
        return dict(self.aws.client("lambda").get_event_source_mapping(UUID=uuid))

    def as_role(self, case: str) -> Client:
        """Return what gives clients with the permissions of a pipeline's role, and of nobody else."""
        arn = self.aws.client("iam").get_role(RoleName=self.pipelines[case]["role_name"])["Role"]["Arn"]
        session = credentials(self.aws, arn)
        return lambda service: self.aws.client(service, **session)

    def poller(self, case: str, watched: Watched) -> EventPoller:
        """Return what runs the mapping of a pipeline with its role's permissions, from where it was left."""
        return EventPoller(
            self.aws.client,
            self.pipelines[case]["event_source_mapping_uuid"],
            as_role=self.as_role(case),
            clock=FastForwardClock(),
            checkpoints=self.folder / f"{case}.checkpoints.json",
            observer=watched,
        )

    def write_items(self, case: str, items: Sequence[tuple[str, str | None]]) -> None:
        """Put items into a pipeline's table: their ids, and what each asks the function for."""
        client = self.aws.client("dynamodb")
        name = self.mapping(case)["EventSourceArn"].split("/")[1]
        for identifier, ask in items:
            client.put_item(TableName=name, Item={"id": {"S": identifier}, **({"ask": {"S": ask}} if ask else {})})

    def run(
        self, case: str, items: Sequence[tuple[str, str | None]], *, change: Callable[[], None] = lambda: None
    ) -> Watched:
        """Write items, do what else changes the table, and let the mapping process as many records as items."""
        watched = Watched()
        poller = self.poller(case, watched)
        self.write_items(case, items)
        change()
        poller.run(lambda: poller.finished >= len(items), within=60)
        return watched

    def log(self, case: str) -> list[dict[str, Any]]:
        """Return what a pipeline's function has logged about what it processed."""
        name = self.pipelines[case]["function_name"]
        events = self.aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        lines = [line for event in events for line in event["message"].splitlines() if '"processed"' in line]
        return [json.loads(line[line.index("{") :]) for line in lines]

    def messages(self, queue_url: str) -> list[dict[str, Any]]:
        """Return the messages of a queue, and delete them."""
        client = self.aws.client("sqs")
        received = client.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", [])
        for message in received:
            client.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in received]


def unprotect(aws: LocalAws) -> None:
    """Switch the deletion protection of every table off, as an operator would before a destroy."""
    client = aws.client("dynamodb")
    for name in client.list_tables()["TableNames"]:
        client.update_table(TableName=name, DeletionProtectionEnabled=False)


def left_behind(aws: LocalAws) -> dict[str, set[str]]:
    """Return the names of everything of the kinds that the module creates."""
    return {
        "tables": set(aws.client("dynamodb").list_tables()["TableNames"]),
        "functions": {each["FunctionName"] for each in aws.client("lambda").list_functions()["Functions"]},
        "mappings": {each["UUID"] for each in aws.client("lambda").list_event_source_mappings()["EventSourceMappings"]},
        "queues": set(aws.client("sqs").list_queues().get("QueueUrls", [])),
        "roles": {each["RoleName"] for each in aws.client("iam").list_roles()["Roles"]},
        "log groups": {each["logGroupName"] for each in aws.client("logs").describe_log_groups()["logGroups"]},
    }


def _prerequisites(aws: LocalAws) -> dict[str, Any]:
    """Create what the pipelines find: a table, a function with its role, a topic that a queue reads, a bucket."""
    name, stream = table(aws)
    role_name, role_arn = role(aws)
    made = function(aws, (HERE / "tester.py").read_text(), Role=role_arn)
    region = {"LocationConstraint": aws.region}
    aws.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=region)
    topic = aws.client("sns").create_topic(Name=TOPIC)["TopicArn"]
    arn = f"arn:aws:sqs:{aws.region}:{ACCOUNT}:{READER}"
    publishing = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [publishing]})
    queue = aws.client("sqs").create_queue(QueueName=READER, Attributes={"Policy": policy})["QueueUrl"]
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return {
        "table": name,
        "stream": stream,
        "function": made,
        "role": role_name,
        "reader": queue,
        "other_role": role(aws),
    }


def _packages(folder: Path) -> None:
    for package, source, name in (
        ("tester.zip", "tester.py", "tester.py"),
        ("tester-node.zip", "tester.mjs", "tester.mjs"),
    ):
        with zipfile.ZipFile(folder / package, "w") as archive:
            archive.writestr(name, (HERE / source).read_text())
