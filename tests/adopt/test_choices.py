"""What is taken over of a pipeline, from answers of AWS that were recorded."""

import json
from typing import Any

import pytest

from generator.adopt import reading
from generator.adopt.changes import changes, created
from generator.adopt.choices import PARTS, Choices, choose
from generator.adopt.resources import Deployed
from generator.errors import AwsError, UsageError
from generator.spec import MODULE
from tests.adopt import recorded
from tests.adopt.recorded import FUNCTION, QUEUE, ROLE, STREAM, UUID, Change

CODE = {"function_handler": "handler.handler", "function_runtime": "python3.13"}
OWNER_ONLY = {
    "QueueOwnerOnlyAccess": {
        "actions": ["sqs:SendMessage"],
        "principals": {"AWS": ["arn:aws:iam::123456789012:root"]},
    }
}
MAPPING = "lambda.get_event_source_mapping"
OTHER = "11111111-2222-3333-4444-666666666666"


def read(change: Change | None = None) -> tuple[Deployed, Choices]:
    deployed = reading.read(recorded.answers(change), UUID)
    return deployed, choose(deployed, "5")


def _set(*path: str | int, value: Any) -> Change:  # noqa: ANN401 - as the API returns it
    def change(answers: dict[str, Any]) -> None:
        target: Any = answers
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value

    return change


def _queue_policy(*statements: dict[str, Any]) -> Change:
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return _set("sqs.get_queue_attributes", "Attributes", "Policy", value=text)


def test_pipeline_with_the_defaults_needs_its_code_only() -> None:
    _, choices = read()
    assert choices.name == "orders"
    assert choices.arguments == {**CODE, "dead_letter_queue_policy_statements": OWNER_ONLY}
    assert choices.left == {}
    origins = {address: resource.origin for address, resource in choices.resources.items()}
    assert origins == {
        "aws_cloudwatch_log_group.this[0]": "/aws/lambda/orders",
        "aws_dynamodb_table.this[0]": "orders",
        "aws_iam_role.this[0]": "orders-eu-west-1",
        "aws_lambda_function.this[0]": "orders",
        "aws_sqs_queue.dead_letter[0]": recorded.URL,
        "aws_sqs_queue_policy.dead_letter[0]": recorded.URL,
    }


def test_only_what_the_module_adds_is_created_and_changed() -> None:
    deployed, choices = read()
    assert set(created(choices)) == {
        "terraform_data.region",
        "aws_iam_role_policy.this[0]",
        "aws_iam_role_policy.transition[0]",
    }
    assert [(change.address, change.attributes) for change in changes(deployed, choices)] == [
        ("aws_sqs_queue_policy.dead_letter[0]", ("policy",))
    ]


@pytest.mark.parametrize(
    ("change", "address", "reason", "argument"),
    [
        pytest.param(
            _set(MAPPING, "FunctionArn", value=f"{FUNCTION}:3"),
            "aws_lambda_function.this[0]",
            "version 3",
            {"existing_function": {"arn": f"{FUNCTION}:3", "role_name": "orders-eu-west-1"}},
            id="version",
        ),
        pytest.param(
            _set("lambda.get_function", "Configuration", "Runtime", value="nodejs14.x"),
            "aws_lambda_function.this[0]",
            "function_runtime",
            {"existing_function": {"arn": FUNCTION, "role_name": "orders-eu-west-1"}},
            id="blocked-runtime",
        ),
        pytest.param(
            _set("iam.get_role", "Role", "AssumeRolePolicyDocument", "Statement", 0, "Principal", value={"AWS": "*"}),
            "aws_iam_role.this[0]",
            "trust policy",
            {"existing_role": {"arn": ROLE, "name": "orders-eu-west-1"}},
            id="trust",
        ),
        pytest.param(
            _set(
                "lambda.get_function",
                "Configuration",
                "CapacityProviderConfig",
                value={"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": "arn:aws:lambda:::x"}},
            ),
            "aws_lambda_function.this[0]",
            "capacity_provider_config",
            {"existing_function": {"arn": FUNCTION, "role_name": "orders-eu-west-1"}},
            id="managed-instances",
        ),
        pytest.param(
            _set("lambda.get_function", "Configuration", "LoggingConfig", "LogGroup", value="/shared"),
            "aws_cloudwatch_log_group.this[0]",
            "/shared",
            {"function_log_group": {"arn": "arn:aws:logs:eu-west-1:123456789012:log-group:/shared"}},
            id="log-group",
        ),
        pytest.param(
            _set(
                "lambda.list_event_source_mappings",
                "EventSourceMappings",
                value=[
                    {
                        "UUID": OTHER,
                        "FunctionArn": f"{FUNCTION}-2",
                        "DestinationConfig": {"OnFailure": {"Destination": QUEUE}},
                    }
                ],
            ),
            "aws_sqs_queue.dead_letter[0]",
            OTHER,
            {"on_failure_destination": {"type": "sqs", "arn": QUEUE}},
            id="shared-queue",
        ),
        pytest.param(
            _set("lambda.list_functions", "Functions", value=[{"FunctionName": "others", "Role": ROLE}]),
            "aws_iam_role.this[0]",
            "the function others uses it",
            {"existing_role": {"arn": ROLE, "name": "orders-eu-west-1"}},
            id="shared-role",
        ),
        pytest.param(
            _set("sqs.get_queue_attributes", "Attributes", "MessageRetentionPeriod", value="3600"),
            "aws_sqs_queue.dead_letter[0]",
            "dead_letter_queue_message_retention_seconds",
            {"on_failure_destination": {"type": "sqs", "arn": QUEUE}},
            id="short-retention",
        ),
        pytest.param(
            _set(
                "dynamodb.describe_table",
                "Table",
                "GlobalTableVersion",
                value="2017.11.29",
            ),
            "aws_dynamodb_table.this[0]",
            "2017.11.29",
            {"existing_table": {"stream_arn": STREAM}},
            id="legacy-global-table",
        ),
        pytest.param(
            _queue_policy({"Effect": "Deny", "NotAction": "sqs:SendMessage", "Principal": "*", "Resource": QUEUE}),
            "aws_sqs_queue.dead_letter[0]",
            "NotAction",
            {"on_failure_destination": {"type": "sqs", "arn": QUEUE}},
            id="not-action",
        ),
        pytest.param(
            _queue_policy({"Effect": "Deny", "Action": "sqs:*", "NotPrincipal": {"AWS": ROLE}, "Resource": QUEUE}),
            "aws_sqs_queue.dead_letter[0]",
            "NotPrincipal",
            {"on_failure_destination": {"type": "sqs", "arn": QUEUE}},
            id="not-principal",
        ),
    ],
)
def test_part_that_the_module_does_not_accept_stays_a_resource_of_others(
    change: Change, address: str, reason: str, argument: dict[str, Any]
) -> None:
    def changed(answers: dict[str, Any]) -> None:
        answers["dynamodb.describe_table"]["Table"]["Replicas"] = (
            [{"RegionName": "us-east-1"}] if "2017" in reason else []
        )
        change(answers)

    _, choices = read(changed)
    assert reason in choices.left[address]
    assert address not in choices.resources
    assert argument.items() <= choices.arguments.items()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            _set(MAPPING, "DestinationConfig", "OnFailure", "Destination", value=f"{QUEUE}.fifo"),
            "is a FIFO queue or topic",
            id="fifo",
        ),
        pytest.param(
            _set(MAPPING, "EventSourceArn", value="arn:aws:kinesis:eu-west-1:123456789012:stream/orders"),
            "reads from kinesis",
            id="kinesis",
        ),
        pytest.param(
            _set("dynamodb.describe_table", "Table", "LatestStreamArn", value=f"{STREAM}1"),
            "not the present stream of the table",
            id="earlier-stream",
        ),
        pytest.param(
            _set("dynamodb.describe_table", "Table", "StreamSpecification", value={"StreamEnabled": False}),
            'the stream of the table "orders" is disabled',
            id="disabled-stream",
        ),
        pytest.param(_set(MAPPING, "BatchSize", value=20000), "event_source_batch_size value must be", id="batch-size"),
    ],
)
def test_mapping_that_cannot_be_taken_over_is_an_error_of_one_line(change: Change, message: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        read(change)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ((MAPPING, "FilterCriteriaError"), "FilterCriteria"),
        (("lambda.get_function", "Configuration", "Environment"), "Configuration.Environment"),
        (("lambda.get_function", "Configuration", "ImageConfigResponse"), "Configuration.ImageConfigResponse"),
        (("lambda.get_function", "TagsError"), "Tags"),
    ],
)
def test_part_that_the_caller_cannot_read_does_not_count_as_empty(path: tuple[str, ...], part: str) -> None:
    denied = {"ErrorCode": "AccessDeniedException", "Message": "Lambda was unable to decrypt it."}
    value = denied if path[-1].endswith("Error") else {"Error": denied}
    with pytest.raises(AwsError, match=f": {part} cannot be read: AccessDeniedException: Lambda was unable"):
        read(_set(*path, value=value))


def test_policy_with_the_name_of_the_module_keeps_its_other_statements() -> None:
    statements = [
        {"Sid": "ReadStream", "Effect": "Allow", "Action": ["dynamodb:GetRecords"], "Resource": [STREAM]},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:x": True}}},
    ]

    def change(answers: dict[str, Any]) -> None:
        answers["iam.list_role_policies"] = {"PolicyNames": ["orders-stream"]}
        answers["iam.get_role_policy"] = {"PolicyDocument": {"Statement": statements}}

    deployed, choices = read(change)
    condition = {"test": "Bool", "variable": "aws:x", "values": ["true"]}
    assert choices.arguments["role_policy_statements"] == {
        "Statement2": {"effect": "Deny", "actions": ["s3:*"], "resources": ["*"], "conditions": [condition]}
    }
    assert choices.resources["aws_iam_role_policy.this[0]"].origin == "orders-eu-west-1:orders-stream"
    assert "aws_iam_role_policy.this[0]" in {each.address for each in changes(deployed, choices)}


def test_statements_whose_ids_would_be_the_same_are_all_kept() -> None:
    ids: list[dict[str, str]] = [{"Sid": "a b"}, {"Sid": "ab"}, {"Sid": "ab2"}, {"Sid": "Statement5"}, {}, {"Sid": "_"}]
    allowed = {"Effect": "Allow", "Principal": "*", "Resource": QUEUE}
    policy = _queue_policy(*({**each, **allowed, "Action": f"sqs:{number}"} for number, each in enumerate(ids)))
    statements = read(policy)[1].arguments["dead_letter_queue_policy_statements"]
    assert [each["actions"] for each in statements.values()] == [[f"sqs:{number}"] for number in range(len(ids))]


def test_policy_with_the_name_of_the_module_is_not_replaced_if_the_module_cannot_write_it() -> None:
    def change(answers: dict[str, Any]) -> None:
        statement = {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}
        answers["iam.list_role_policies"] = {"PolicyNames": ["orders-stream"]}
        answers["iam.get_role_policy"] = {"PolicyDocument": json.dumps({"Statement": statement})}

    with pytest.raises(UsageError, match=r'"orders-stream" with NotAction.*Pass another --name'):
        read(change)


def test_setting_that_lambda_does_not_return_is_that_of_lambda() -> None:
    deployed, choices = read(lambda answers: answers[MAPPING].pop("MaximumRecordAgeInSeconds"))
    assert choices.arguments["event_source_maximum_record_age_in_seconds"] == -1
    assert ("maximum_record_age_in_seconds",) in {change.attributes for change in changes(deployed, choices)}


def test_tags_are_those_of_all_resources_and_the_table_decides() -> None:
    def change(answers: dict[str, Any]) -> None:
        answers["dynamodb.list_tags_of_resource"] = {"Tags": [{"Key": "team", "Value": "a"}]}
        answers["lambda.get_function"]["Tags"] = {"team": "b", "cost": "1", "aws:cloudformation:stack-name": "x"}

    deployed, choices = read(change)
    assert choices.arguments["tags"] == {"cost": "1", "team": "a"}
    tagged = {each.address for each in changes(deployed, choices) if "tags" in each.attributes}
    assert tagged == {
        "aws_cloudwatch_log_group.this[0]",
        "aws_dynamodb_table.this[0]",
        "aws_iam_role.this[0]",
        "aws_lambda_function.this[0]",
        "aws_sqs_queue.dead_letter[0]",
    }


KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"


@pytest.mark.parametrize(
    ("trust", "names"), [("lambda.amazonaws.com", {"Team"}), ("x.amazonaws.com", {"Team", "team"})]
)
def test_tags_of_a_role_do_not_differ_in_case_only(trust: str, names: set[str]) -> None:
    def change(answers: dict[str, Any]) -> None:
        answers["dynamodb.list_tags_of_resource"] = {"Tags": [{"Key": "Team", "Value": "a"}]}
        answers["lambda.get_function"]["Tags"] = {"team": "b"}
        document = {"Statement": [{"Effect": "Allow", "Principal": {"Service": trust}, "Action": "sts:AssumeRole"}]}
        answers["iam.get_role"]["Role"]["AssumeRolePolicyDocument"] = document

    assert set(read(change)[1].arguments["tags"]) == names


def test_replica_gets_no_tags_and_its_recovery_is_announced() -> None:
    replicas = [{"RegionName": "us-east-1"}, {"RegionName": "eu-central-1"}]
    deployed, choices = read(_set("dynamodb.describe_table", "Table", "Replicas", value=replicas))
    keep = {"propagate_tags": False}
    assert choices.arguments["table_replicas"] == {"eu-central-1": keep, "us-east-1": keep}
    (change,) = [each for each in changes(deployed, choices) if each.attributes == ("replica",)]
    assert "us-east-1, eu-central-1 get point-in-time recovery" in change.reason


def test_key_of_a_queue_becomes_an_arn() -> None:
    def change(answers: dict[str, Any]) -> None:
        answers["sqs.get_queue_attributes"]["Attributes"]["KmsMasterKeyId"] = "alias/orders"
        answers["kms.describe_key"] = {"KeyMetadata": {"Arn": KEY, "KeyManager": "AWS"}}

    deployed, choices = read(change)
    assert choices.arguments["dead_letter_queue_kms_key_arn"] == KEY
    assert ("kms_master_key_id",) in {each.attributes for each in changes(deployed, choices)}


@pytest.mark.parametrize(
    ("destination", "operation", "answer", "key"),
    [
        ("arn:aws:sns:eu-west-1:123456789012:failed", "sns.get_topic_attributes", {"Attributes": {}}, None),
        (
            "arn:aws:sns:eu-west-1:123456789012:failed",
            "sns.get_topic_attributes",
            {"Attributes": {"KmsMasterKeyId": KEY}},
            KEY,
        ),
        (
            "arn:aws:s3:::failed",
            "s3.get_bucket_encryption",
            {
                "ServerSideEncryptionConfiguration": {
                    "Rules": [{"ApplyServerSideEncryptionByDefault": {"KMSMasterKeyID": KEY}}]
                }
            },
            KEY,
        ),
    ],
)
def test_other_destination_is_named_with_its_key(
    destination: str, operation: str, answer: dict[str, Any], key: str | None
) -> None:
    def change(answers: dict[str, Any]) -> None:
        answers[MAPPING]["DestinationConfig"]["OnFailure"]["Destination"] = destination
        answers[operation] = answer

    _, choices = read(change)
    expected = {"type": destination.split(":")[2], "arn": destination, **({"kms_key_arn": key} if key else {})}
    assert choices.arguments["on_failure_destination"] == expected


def test_key_of_a_table_that_is_not_taken_over_is_kept() -> None:
    def change(answers: dict[str, Any]) -> None:
        table = answers["dynamodb.describe_table"]["Table"]
        table["SSEDescription"]["KMSMasterKeyArn"] = KEY
        table["GlobalSecondaryIndexes"] = [
            {
                "IndexName": "x",  # shorter than the module accepts
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ]
        answers["kms.describe_key"] = {"KeyMetadata": {"KeyManager": "CUSTOMER"}}

    _, choices = read(change)
    assert choices.arguments["existing_table"] == {"stream_arn": STREAM, "kms_key_arn": KEY}


def test_index_with_several_keys_needs_a_newer_provider() -> None:
    def change(answers: dict[str, Any]) -> None:
        table = answers["dynamodb.describe_table"]["Table"]
        names = ("country", "city", "day")
        table["AttributeDefinitions"] += [{"AttributeName": name, "AttributeType": "S"} for name in names]
        schema = [
            {"AttributeName": name, "KeyType": kind}
            for name, kind in zip(names, ("HASH", "HASH", "RANGE"), strict=True)
        ]
        table["GlobalSecondaryIndexes"] = [
            {"IndexName": "by_place", "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
        ]

    _, choices = read(change)
    assert choices.left["aws_dynamodb_table.this[0]"].endswith("needs a newer version of the AWS provider.")
    newer = choose(reading.read(recorded.answers(change), UUID), "6")
    assert newer.arguments["table_global_secondary_indexes"] == {
        "by_place": {"partition_keys": ["country", "city"], "sort_keys": ["day"]}
    }


def test_every_component_but_the_pipeline_itself_is_a_part_that_can_stay_with_others() -> None:
    assert {component.name for component in MODULE.components} - PARTS.keys() == {"general", "event_source", "alarms"}
