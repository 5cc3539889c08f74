"""The role may do what the configuration needs and nothing else."""

import json
from typing import Any

import pytest

from generator.spec.examples import (
    ACCESS_POINT_ARN,
    ACCOUNT,
    FUNCTION_ARN,
    IMAGE,
    KEY_ARN,
    LOG_GROUP_ARN,
    OTHER_ACCOUNT,
    OTHER_ROLE_ARN,
    OTHER_STREAM_ARN,
    QUEUE_ARN,
    REGION,
    ROLE_ARN,
    STREAM_ARN,
    SUBNETS,
    WITHOUT_FILENAME,
)
from tests.support.planning import Instance, apply_mocked

pytestmark = pytest.mark.terraform

TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:failures"
BUCKET_ARN = "arn:aws:s3:::failures"
# A destination without a queue would otherwise cause a warning, which is an error in a test of Terraform
METRICS = {"event_source_metrics_enabled": True}
EXISTING_FUNCTION = {
    **WITHOUT_FILENAME,
    "function_handler": None,
    "function_runtime": None,
    "existing_function": {"arn": FUNCTION_ARN, "role_name": "existing-role"},
}

BASE = {"ReadStream", "ListStreams", "WriteLog", "WriteTraces"}
DEFAULT = BASE | {"SendFailuresToQueue"}

# Case: its arguments, and the ids of exactly the statements that the role then has
CASES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "default": ({}, DEFAULT),
    "table_key": ({"table_kms_key_arn": KEY_ARN}, DEFAULT | {"DecryptStream"}),
    "existing_table_with_key": (
        {"existing_table": {"stream_arn": STREAM_ARN, "kms_key_arn": KEY_ARN}},
        DEFAULT | {"DecryptStream"},
    ),
    "existing_table": ({"existing_table": {"stream_arn": STREAM_ARN}}, DEFAULT),
    "existing_table_of_another_account": (
        {
            "existing_table": {
                "stream_arn": OTHER_STREAM_ARN,
                "kms_key_arn": KEY_ARN.replace(ACCOUNT, OTHER_ACCOUNT),
                "account_id": OTHER_ACCOUNT,
            }
        },
        DEFAULT | {"DecryptStream"},
    ),
    "stream_readers": (
        {"table_stream_readers": {"search": OTHER_ROLE_ARN}, "table_kms_key_arn": KEY_ARN},
        DEFAULT | {"DecryptStream"},
    ),
    "filter_key": (
        {"event_source_filter_patterns": ['{"eventName": ["INSERT"]}'], "event_source_filter_kms_key_arn": KEY_ARN},
        DEFAULT | {"DecryptFilterPatterns"},
    ),
    "queue_key_of_aws": ({"dead_letter_queue_kms_key_arn": "alias/aws/sqs"}, DEFAULT),
    "queue_key": ({"dead_letter_queue_kms_key_arn": KEY_ARN}, DEFAULT | {"EncryptFailures"}),
    "no_queue": ({"dead_letter_queue_enabled": False}, BASE),
    "to_queue": ({"on_failure_destination": {"type": "sqs", "arn": QUEUE_ARN}}, DEFAULT),
    "to_topic": (
        {"on_failure_destination": {"type": "sns", "arn": TOPIC_ARN}, **METRICS},
        BASE | {"PublishFailuresToTopic"},
    ),
    "to_bucket_with_key": (
        {"on_failure_destination": {"type": "s3", "arn": BUCKET_ARN, "kms_key_arn": KEY_ARN}, **METRICS},
        BASE | {"PutFailuresIntoBucket", "ListBucketOfFailures", "EncryptFailures"},
    ),
    "pass_through": ({"function_tracing_mode": "PassThrough"}, DEFAULT),
    "no_tracing": ({"function_tracing_mode": "Disabled"}, DEFAULT - {"WriteTraces"}),
    "vpc": ({"function_vpc": SUBNETS}, DEFAULT | {"AttachToVpc", "DetachFromVpc"}),
    "file_system": (
        {
            "function_vpc": SUBNETS,
            "function_file_system": {"access_point_arn": ACCESS_POINT_ARN, "local_mount_path": "/mnt/data"},
        },
        DEFAULT | {"AttachToVpc", "DetachFromVpc", "MountFileSystem"},
    ),
    "async_queue": (
        {"function_async_dead_letter_target": {"type": "sqs", "arn": QUEUE_ARN}},
        DEFAULT | {"SendAsyncFailuresToQueue"},
    ),
    "async_topic": (
        {"function_async_dead_letter_target": {"type": "sns", "arn": TOPIC_ARN}},
        DEFAULT | {"PublishAsyncFailuresToTopic"},
    ),
    "existing_function": (EXISTING_FUNCTION, {"ReadStream", "ListStreams", "SendFailuresToQueue"}),
    "existing_role": ({"existing_role": {"arn": ROLE_ARN, "name": "existing-role"}}, DEFAULT),
    "own_log_group": ({"function_log_group": {"arn": f"{LOG_GROUP_ARN}:*"}}, DEFAULT),
    "external_policy": (
        {
            "existing_role": {"arn": ROLE_ARN, "name": "existing-role"},
            "role_policy_enabled": False,
            "role_policy_statements": {
                "ReadTemplates": {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::templates/*"]}
            },
        },
        DEFAULT | {"ReadTemplates"},
    ),
    "image": (IMAGE, DEFAULT),
    "alias": ({"function_alias": "live"}, DEFAULT),
    "own_statements": (
        {
            "role_policy_statements": {
                "ReadTemplates": {
                    "actions": ["s3:GetObject"],
                    "resources": ["arn:aws:s3:::templates/*"],
                    "conditions": [
                        {"test": "StringEquals", "variable": "aws:ResourceAccount", "values": [ACCOUNT]},
                        {"test": "StringEquals", "variable": "aws:PrincipalTag/team", "values": ["orders"]},
                        {"test": "StringEquals", "variable": "aws:PrincipalTag/team", "values": ["billing"]},
                    ],
                }
            }
        },
        DEFAULT | {"ReadTemplates"},
    ),
    "replicas": ({"table_replicas": {"us-east-1": {}, "us-west-2": {}}}, DEFAULT),
    "watched": (
        {
            "on_failure_destination": {"type": "sqs", "arn": QUEUE_ARN},
            "dashboard_enabled": True,
            "alarms_enabled": True,
            "function_alias": "live",
            **METRICS,
        },
        DEFAULT,
    ),
    "queue_statements": (
        {
            "dead_letter_queue_policy_statements": {
                "Operators": {
                    "actions": ["sqs:ReceiveMessage"],
                    "principals": {"AWS": ["arn:aws:iam::210987654321:root"]},
                }
            }
        },
        DEFAULT,
    ),
}


@pytest.fixture(scope="session")
def applied(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Instance]:
    """Return the instances applied against a mocked provider, so that each policy is known."""
    return apply_mocked({case: arguments for case, (arguments, _) in CASES.items()}, tmp_path_factory.mktemp("mocked"))[
        1
    ]


@pytest.mark.parametrize("case", CASES)
def test_role_has_exactly_these_statements(case: str, applied: dict[str, Instance]) -> None:
    assert set(applied[case].statements()) == CASES[case][1]


ACTIONS = {
    "ReadStream": ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
    "ListStreams": ["dynamodb:ListStreams"],
    "DecryptStream": ["kms:Decrypt"],
    "DecryptFilterPatterns": ["kms:Decrypt"],
    "SendFailuresToQueue": ["sqs:SendMessage"],
    "PublishFailuresToTopic": ["sns:Publish"],
    "PutFailuresIntoBucket": ["s3:PutObject"],
    "ListBucketOfFailures": ["s3:ListBucket"],
    "EncryptFailures": ["kms:GenerateDataKey", "kms:Decrypt"],
    "WriteLog": ["logs:CreateLogStream", "logs:PutLogEvents"],
    "WriteTraces": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
    "AttachToVpc": ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
    "DetachFromVpc": [
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ],
    "MountFileSystem": ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
    "SendAsyncFailuresToQueue": ["sqs:SendMessage"],
    "PublishAsyncFailuresToTopic": ["sns:Publish"],
    "ReadTemplates": ["s3:GetObject"],
}


@pytest.mark.parametrize("case", CASES)
def test_each_statement_allows_its_actions_alone(case: str, applied: dict[str, Instance]) -> None:
    for sid, statement in applied[case].statements().items():
        assert statement["Effect"] == "Allow"
        assert statement["Action"] == ACTIONS[sid]


@pytest.mark.parametrize(
    ("case", "sid", "resource"),
    [
        ("existing_table", "ReadStream", [STREAM_ARN]),
        ("table_key", "DecryptStream", [KEY_ARN]),
        ("existing_table_with_key", "DecryptStream", [KEY_ARN]),
        ("filter_key", "DecryptFilterPatterns", [KEY_ARN]),
        ("to_queue", "SendFailuresToQueue", [QUEUE_ARN]),
        ("to_topic", "PublishFailuresToTopic", [TOPIC_ARN]),
        ("to_bucket_with_key", "PutFailuresIntoBucket", [f"{BUCKET_ARN}/*"]),
        ("to_bucket_with_key", "ListBucketOfFailures", [BUCKET_ARN]),
        ("to_bucket_with_key", "EncryptFailures", [KEY_ARN]),
        ("queue_key", "EncryptFailures", [KEY_ARN]),
        ("default", "WriteLog", [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/new:*"]),
        ("own_log_group", "WriteLog", [f"{LOG_GROUP_ARN}:*"]),
        ("async_queue", "SendAsyncFailuresToQueue", [QUEUE_ARN]),
        ("async_topic", "PublishAsyncFailuresToTopic", [TOPIC_ARN]),
    ],
)
def test_statement_names_its_resource(case: str, sid: str, resource: list[str], applied: dict[str, Instance]) -> None:
    assert applied[case].statements()[sid]["Resource"] == resource


def test_everything_on_all_resources_has_no_resource_level_permission_or_a_condition(
    applied: dict[str, Instance],
) -> None:
    wide = {
        sid
        for instance in applied.values()
        for sid, statement in instance.statements().items()
        if "*" in statement["Resource"] and "Condition" not in statement
    }
    assert wide == {"ListStreams", "WriteTraces"}


@pytest.mark.parametrize(
    ("case", "sid", "condition"),
    [
        ("table_key", "DecryptStream", {"kms:ViaService": f"dynamodb.{REGION}.amazonaws.com"}),
        ("filter_key", "DecryptFilterPatterns", {"kms:ViaService": f"lambda.{REGION}.amazonaws.com"}),
        ("vpc", "AttachToVpc", {"aws:RequestedRegion": REGION}),
        ("vpc", "DetachFromVpc", {"aws:RequestedRegion": REGION}),
        ("file_system", "MountFileSystem", {"elasticfilesystem:AccessPointArn": ACCESS_POINT_ARN}),
        (
            "own_statements",
            "ReadTemplates",
            {"aws:ResourceAccount": [ACCOUNT], "aws:PrincipalTag/team": ["orders", "billing"]},
        ),
    ],
)
def test_statement_holds_under_its_condition(
    case: str, sid: str, condition: dict[str, Any], applied: dict[str, Instance]
) -> None:
    assert applied[case].statements()[sid]["Condition"] == {"StringEquals": condition}


def test_only_lambda_may_assume_the_role(applied: dict[str, Instance]) -> None:
    trust = json.loads(applied["default"]["aws_iam_role.this[0]"]["assume_role_policy"])
    assert [statement["Principal"] for statement in trust["Statement"]] == [{"Service": "lambda.amazonaws.com"}]


@pytest.mark.parametrize("case", ["existing_function", "existing_role"])
def test_existing_role_gets_the_statements_by_its_name(case: str, applied: dict[str, Instance]) -> None:
    assert applied[case]["aws_iam_role_policy.this[0]"]["role"] == "existing-role"


def test_queue_refuses_what_does_not_come_over_tls(applied: dict[str, Instance]) -> None:
    policy = json.loads(applied["default"]["aws_sqs_queue_policy.dead_letter[0]"]["policy"])
    assert policy["Statement"] == [
        {
            "Sid": "DenyInsecureTransport",
            "Effect": "Deny",
            "Action": "sqs:*",
            "Principal": {"AWS": "*"},
            "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:new-dlq",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_queue_policy_takes_further_statements(applied: dict[str, Instance]) -> None:
    policy = json.loads(applied["queue_statements"]["aws_sqs_queue_policy.dead_letter[0]"]["policy"])
    assert policy["Statement"][1] == {
        "Sid": "Operators",
        "Effect": "Allow",
        "Action": ["sqs:ReceiveMessage"],
        "Principal": {"AWS": ["arn:aws:iam::210987654321:root"]},
        "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:new-dlq",
    }


def test_mapping_invokes_the_alias_where_there_is_one(applied: dict[str, Instance]) -> None:
    target = applied["alias"]["aws_lambda_event_source_mapping.this"]["function_name"]
    assert target == f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:new:live"


def test_mapping_invokes_the_function_where_there_is_no_alias(applied: dict[str, Instance]) -> None:
    target = applied["default"]["aws_lambda_event_source_mapping.this"]["function_name"]
    assert target == f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:new"


def test_policy_of_the_role_is_an_output(applied: dict[str, Instance]) -> None:
    for case in ("default", "existing_function", "own_statements"):
        assert applied[case].outputs["role_policy"] == applied[case]["aws_iam_role_policy.this[0]"]["policy"]


def test_second_policy_has_everything_but_the_statements_of_the_caller(applied: dict[str, Instance]) -> None:
    for case in CASES.keys() - {"external_policy"}:
        document = json.loads(applied[case]["aws_iam_role_policy.transition[0]"]["policy"])
        statements = applied[case].statements()
        assert document["Statement"] == [one for sid, one in statements.items() if sid != "ReadTemplates"]


def test_nothing_is_written_to_iam_with_an_external_policy(applied: dict[str, Instance]) -> None:
    assert not any(kind.startswith("aws_iam_") for kind in applied["external_policy"].types())


def test_every_replica_has_a_stream_among_the_outputs(applied: dict[str, Instance]) -> None:
    table = applied["replicas"]["aws_dynamodb_table.this[0]"]
    streams = {replica["region_name"]: replica["stream_arn"] for replica in table["replica"]}
    assert applied["replicas"].outputs["table_replica_stream_arns"] == streams
    assert set(streams) == {"us-east-1", "us-west-2"}
    assert applied["default"].outputs["table_replica_stream_arns"] == {}


def test_names_of_all_alarms_are_an_output(applied: dict[str, Instance]) -> None:
    watched = applied["watched"]
    alarms = {
        watched[each]["alarm_name"] for each in watched.resources if each.startswith("aws_cloudwatch_metric_alarm.")
    }
    assert set(watched.outputs["alarm_names"]) == alarms
    assert {"watched-stalled", "watched-discarded", "watched-dead-letters"} <= alarms
    assert applied["default"].outputs["alarm_names"] == []


def test_version_of_the_function_has_an_arn_among_the_outputs(applied: dict[str, Instance]) -> None:
    watched = applied["watched"]
    assert watched.outputs["function_qualified_arn"] == watched["aws_lambda_function.this[0]"]["qualified_arn"]
    assert applied["existing_function"].outputs["function_qualified_arn"] is None


def test_metric_of_every_alarm_is_on_the_dashboard(applied: dict[str, Instance]) -> None:
    watched = applied["watched"]
    body = json.loads(watched["aws_cloudwatch_dashboard.this[0]"]["dashboard_body"])
    shown = {tuple(metric[:2]) for widget in body["widgets"] for metric in widget["properties"]["metrics"]}
    alarms = [each for address, each in watched.resources.items() if "metric_alarm" in address]
    queries = [query["metric"][0] for alarm in alarms for query in alarm["metric_query"] if query["metric"]]
    watched_metrics = {(one["namespace"], one["metric_name"]) for one in (*alarms, *queries) if one["metric_name"]}
    assert ("AWS/Lambda", "OnFailureDestinationDeliveredEventCount") in watched_metrics
    assert watched_metrics <= shown


def test_alias_has_an_invoke_arn(applied: dict[str, Instance]) -> None:
    alias = applied["alias"]
    assert alias.outputs["function_alias_invoke_arn"] == alias["aws_lambda_alias.this[0]"]["invoke_arn"]
    assert applied["default"].outputs["function_alias_invoke_arn"] is None


def test_own_log_group_is_used_and_no_other_is_created(applied: dict[str, Instance]) -> None:
    own = applied["own_log_group"]
    assert own.get("aws_lambda_function.this[0]", "logging_config.0.log_group") == "/shared/orders"
    assert "aws_cloudwatch_log_group.this[0]" not in own
    assert own.outputs["function_log_group_name"] == "/shared/orders"
    assert own.outputs["function_log_group_arn"] == LOG_GROUP_ARN
    assert applied["existing_function"].outputs["function_log_group_name"] is None


def test_outputs_of_existing_things_are_taken_from_their_arns(applied: dict[str, Instance]) -> None:
    table, function = applied["existing_table"].outputs, applied["existing_function"].outputs
    assert table["table_name"] == "existing"
    assert table["table_arn"] == f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/existing"
    assert table["table_stream_label"] == "2026-01-02T03:04:05.678"
    assert function["function_name"] == "existing"
    assert function["function_target_arn"] == FUNCTION_ARN


def test_readers_of_other_accounts_may_read_the_stream_and_decrypt_it(applied: dict[str, Instance]) -> None:
    instance = applied["stream_readers"]
    stream = instance["aws_dynamodb_table.this[0]"]["stream_arn"]
    policy = instance["aws_dynamodb_resource_policy.stream[0]"]
    (statement,) = json.loads(policy["policy"])["Statement"]
    assert (policy["resource_arn"], statement["Resource"]) == (stream, [stream])
    assert statement["Principal"] == {"AWS": [OTHER_ROLE_ARN]}
    assert statement["Action"] == ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    for_key = json.loads(instance.outputs["table_stream_readers_key_statement"])
    assert (for_key["Principal"], for_key["Action"]) == ({"AWS": [OTHER_ROLE_ARN]}, ["kms:Decrypt"])
    assert for_key["Condition"] == {"StringEquals": {"kms:ViaService": f"dynamodb.{REGION}.amazonaws.com"}}
    assert applied["default"].outputs["table_stream_readers_key_statement"] is None


def test_stream_of_another_account_is_read_with_its_key(applied: dict[str, Instance]) -> None:
    statements = applied["existing_table_of_another_account"].statements()
    assert statements["ReadStream"]["Resource"] == [OTHER_STREAM_ARN]
    assert statements["DecryptStream"]["Resource"] == [KEY_ARN.replace(ACCOUNT, OTHER_ACCOUNT)]
