"""What is created, what is not, and what instances and unknown values do to each other."""

import json
from pathlib import Path
from typing import Any

import pytest

from generator.spec import MODULE
from generator.spec.examples import OTHER_ACCOUNT, OTHER_STREAM_ARN, SUBNETS, WITHOUT_FILENAME
from tests.support.planning import Instance, arguments, blocks, instances, plan, plan_instances, write_root

pytestmark = pytest.mark.terraform

ALWAYS = {
    "aws_cloudwatch_log_group.this[0]",
    "aws_dynamodb_table.this[0]",
    "aws_iam_role.this[0]",
    "aws_iam_role_policy.this[0]",
    "aws_iam_role_policy.transition[0]",
    "aws_lambda_event_source_mapping.this",
    "aws_lambda_function.this[0]",
    "aws_sqs_queue.dead_letter[0]",
    "aws_sqs_queue_policy.dead_letter[0]",
    "terraform_data.region",
}
QUEUE = {"aws_sqs_queue.dead_letter[0]", "aws_sqs_queue_policy.dead_letter[0]"}
FUNCTION = {"aws_cloudwatch_log_group.this[0]", "aws_iam_role.this[0]", "aws_lambda_function.this[0]"}
ALARMS = {"dead_letters", "errors", "failed_deliveries", "iterator_age", "stalled", "throttles"}


def _alarms(*names: str) -> set[str]:
    addresses = {name: f'this["{name}"]' for name in names} | {"stalled": "stalled[0]"}
    return {f"aws_cloudwatch_metric_alarm.{addresses[name]}" for name in names}


@pytest.mark.parametrize(
    ("case", "created"),
    [
        ("default", ALWAYS),
        ("existing_table", ALWAYS - {"aws_dynamodb_table.this[0]"}),
        ("existing_function", ALWAYS - FUNCTION),
        ("existing_role", ALWAYS - {"aws_iam_role.this[0]"}),
        ("role_policy_enabled", {address for address in ALWAYS if "aws_iam_" not in address}),
        ("dead_letter_queue_enabled", ALWAYS - QUEUE),
        ("on_failure_destination", ALWAYS - QUEUE),
        ("function_log_group", ALWAYS - {"aws_cloudwatch_log_group.this[0]"}),
        ("table_resource_policy", ALWAYS | {"aws_dynamodb_resource_policy.this[0]"}),
        ("table_contributor_insights_enabled", ALWAYS | {"aws_dynamodb_contributor_insights.this[0]"}),
        ("table_kinesis_destination", ALWAYS | {"aws_dynamodb_kinesis_streaming_destination.this[0]"}),
        ("function_alias", ALWAYS | {"aws_lambda_alias.this[0]"}),
        (
            "function_provisioned_concurrent_executions",
            ALWAYS | {"aws_lambda_alias.this[0]", "aws_lambda_provisioned_concurrency_config.this[0]"},
        ),
        ("role_managed_policy_arns", ALWAYS | {'aws_iam_role_policy_attachment.this["s3"]'}),
        ("alarm_actions", ALWAYS | _alarms(*ALARMS)),
        ("alarm_ok_actions", ALWAYS | _alarms(*ALARMS)),
        ("dashboard_enabled", ALWAYS | {"aws_cloudwatch_dashboard.this[0]"}),
    ],
)
def test_exactly_these_resources_are_planned(case: str, created: set[str], planned: dict[str, Instance]) -> None:
    assert set(planned[case].resources) == created


SPECIAL_CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "nulls": {variable.name: None for variable in MODULE.variables("5")} | arguments("nulls", {}),
    "longest_name": {"name": "n" * 255},
    "other_longest_name": {"name": "n" * 254 + "m"},
    "alarms_without_queue": {
        "alarm_actions": ["arn:aws:sns:eu-west-1:123456789012:alerts"],
        "dead_letter_queue_enabled": False,
    },
    "alarms_with_topic": {
        "alarm_actions": ["arn:aws:sns:eu-west-1:123456789012:alerts"],
        "on_failure_destination": {"type": "sns", "arn": "arn:aws:sns:eu-west-1:123456789012:failures"},
    },
    "other_account": {
        "existing_table": {"stream_arn": OTHER_STREAM_ARN, "account_id": OTHER_ACCOUNT},
        "alarm_actions": ["arn:aws:sns:eu-west-1:123456789012:alerts"],
    },
    "other_account_observed": {
        "existing_table": {"stream_arn": OTHER_STREAM_ARN, "account_id": OTHER_ACCOUNT},
        "alarm_actions": ["arn:aws:sns:eu-west-1:123456789012:alerts"],
        "alarm_cross_account_observability": True,
    },
    "text_log": {"function_log_format": "Text"},
    "environment_key_alone": {
        "function_kms_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    },
    "aws_managed": {
        "role_permissions_boundary_arn": "arn:aws:iam::aws:policy/PowerUserAccess",
        "dead_letter_queue_kms_key_arn": "alias/aws/sqs",
        "alarm_actions": ["arn:aws:ssm-incidents::123456789012:response-plan/orders"],
    },
    "image_with_tag_and_digest": {
        **WITHOUT_FILENAME,
        "function_handler": None,
        "function_runtime": None,
        "function_image_uri": f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:1@sha256:{'a' * 64}",
    },
    "security_groups_replaced": {
        "function_vpc": {
            **SUBNETS,
            "replace_security_groups_on_destroy": True,
            "replacement_security_group_ids": ["sg-0b"],
        }
    },
    "tracing_disabled": {"function_tracing_mode": "Disabled"},
    "image": {
        **WITHOUT_FILENAME,
        "function_handler": None,
        "function_runtime": None,
        "function_image_uri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:1",
    },
    **{
        f"runtime_{runtime.replace('.', '_')}": {"function_runtime": runtime}
        for runtime in ("nodejs18.x", "nodejs20.x", "nodejs22.x", "python3.12", "java21", "provided.al2023")
    },
    "own_keep_alive": {
        "function_runtime": "nodejs22.x",
        "function_environment": {"AWS_NODEJS_CONNECTION_REUSE_ENABLED": "0"},
    },
}


@pytest.fixture(scope="session")
def special(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Instance]:
    """Return instances for what a single variable does not show."""
    return plan_instances(SPECIAL_CASES, tmp_path_factory.mktemp("special"))


def test_null_means_the_default(special: dict[str, Instance]) -> None:
    def resources(name: str) -> str:
        return json.dumps(special[name].resources, sort_keys=True).replace(name, "orders")

    assert resources("nulls") == resources("plain")


@pytest.mark.parametrize(
    ("resource", "attribute", "limit"),
    [
        ("aws_dynamodb_table.this[0]", "name", 255),
        ("aws_lambda_function.this[0]", "function_name", 64),
        ("aws_iam_role.this[0]", "name", 64),
        ("aws_iam_role_policy.this[0]", "name", 128),
        ("aws_iam_role_policy.transition[0]", "name", 128),
        ("aws_sqs_queue.dead_letter[0]", "name", 80),
    ],
)
def test_long_name_is_cut_and_stays_unique(
    resource: str, attribute: str, limit: int, special: dict[str, Instance]
) -> None:
    one, other = special["longest_name"][resource][attribute], special["other_longest_name"][resource][attribute]
    assert len(one) == limit
    assert one != other


def test_queue_alarm_is_left_out_without_a_queue(special: dict[str, Instance]) -> None:
    alarms = {address for address in special["alarms_without_queue"].resources if "alarm" in address}
    assert alarms == _alarms("errors", "iterator_age", "stalled", "throttles")


def test_queue_alarm_is_left_out_with_a_topic(special: dict[str, Instance]) -> None:
    alarms = {address for address in special["alarms_with_topic"].resources if "alarm" in address}
    assert alarms == _alarms("errors", "failed_deliveries", "iterator_age", "stalled", "throttles")


def test_values_of_aws_itself_are_accepted(special: dict[str, Instance]) -> None:
    aws_managed = special["aws_managed"]
    assert aws_managed["aws_iam_role.this[0]"]["permissions_boundary"] == "arn:aws:iam::aws:policy/PowerUserAccess"
    assert aws_managed["aws_sqs_queue.dead_letter[0]"]["kms_master_key_id"] == "alias/aws/sqs"
    actions = aws_managed.get('aws_cloudwatch_metric_alarm.this["errors"]', "alarm_actions")
    assert actions == ["arn:aws:ssm-incidents::123456789012:response-plan/orders"]


def test_image_with_tag_and_digest_is_accepted(special: dict[str, Instance]) -> None:
    image = special["image_with_tag_and_digest"]["aws_lambda_function.this[0]"]["image_uri"]
    assert image.endswith(f"orders:1@sha256:{'a' * 64}")


def test_text_log_has_no_levels(special: dict[str, Instance]) -> None:
    logging = special["text_log"].get("aws_lambda_function.this[0]", "logging_config.0")
    assert (logging["application_log_level"], logging["system_log_level"]) == (None, None)


def test_environment_key_is_left_out_without_variables(special: dict[str, Instance]) -> None:
    assert special["environment_key_alone"].get("aws_lambda_function.this[0]", "kms_key_arn") is None


def test_disabled_tracing_is_sent_as_pass_through(special: dict[str, Instance]) -> None:
    mode = special["tracing_disabled"].get("aws_lambda_function.this[0]", "tracing_config.0.mode")
    assert mode == "PassThrough"


def test_security_groups_of_a_destroyed_function_are_replaced(special: dict[str, Instance]) -> None:
    function = special["security_groups_replaced"]["aws_lambda_function.this[0]"]
    assert function["replace_security_groups_on_destroy"] is True
    assert function["replacement_security_group_ids"] == ["sg-0b"]


def test_image_is_a_package_type_of_its_own(special: dict[str, Instance]) -> None:
    assert special["image"].get("aws_lambda_function.this[0]", "package_type") == "Image"


@pytest.mark.parametrize("runtime", ["nodejs18_x", "nodejs20_x", "nodejs22_x"])
def test_nodejs_keeps_connections_alive(runtime: str, special: dict[str, Instance]) -> None:
    variables = special[f"runtime_{runtime}"].get("aws_lambda_function.this[0]", "environment.0.variables")
    assert variables == {"AWS_NODEJS_CONNECTION_REUSE_ENABLED": "1"}


@pytest.mark.parametrize("runtime", ["python3_12", "java21", "provided_al2023"])
def test_other_runtimes_have_no_environment(runtime: str, special: dict[str, Instance]) -> None:
    assert special[f"runtime_{runtime}"].get("aws_lambda_function.this[0]", "environment") == []


def test_own_keep_alive_wins(special: dict[str, Instance]) -> None:
    variables = special["own_keep_alive"].get("aws_lambda_function.this[0]", "environment.0.variables")
    assert variables == {"AWS_NODEJS_CONNECTION_REUSE_ENABLED": "0"}


UNKNOWN: dict[str, Any] = {
    "resource": {
        "aws_dynamodb_table": {
            "theirs": {
                "name": "theirs",
                "hash_key": "id",
                "billing_mode": "PAY_PER_REQUEST",
                "stream_enabled": True,
                "stream_view_type": "NEW_IMAGE",
                "attribute": [{"name": "id", "type": "S"}],
            }
        },
        "aws_kms_key": {"theirs": {}},
        "aws_sqs_queue": {"theirs": {}},
        "aws_sns_topic": {"theirs": {}},
        "aws_kinesis_stream": {"theirs": {"name": "theirs", "shard_count": 1}},
        "aws_ecr_repository": {"theirs": {"name": "theirs"}},
        "aws_iam_policy": {"theirs": {"policy": "{}"}},
        "aws_iam_role": {"theirs": {"assume_role_policy": "{}"}},
        "aws_subnet": {"theirs": {"vpc_id": "vpc-0a", "cidr_block": "10.0.0.0/24"}},
        "aws_security_group": {"theirs": {"vpc_id": "vpc-0a"}},
        "aws_efs_access_point": {"theirs": {"file_system_id": "fs-12345678"}},
        "aws_lambda_layer_version": {"theirs": {"layer_name": "theirs", "filename": "function.zip"}},
        "aws_s3_bucket": {"theirs": {}},
        "aws_cloudwatch_log_group": {"theirs": {}},
        "aws_lambda_function": {
            "theirs": {
                "function_name": "theirs",
                "role": "${aws_iam_role.theirs.arn}",
                "filename": "function.zip",
                "handler": "a.b",
                "runtime": "python3.13",
            }
        },
    }
}
UNKNOWN_CASES: dict[str, dict[str, Any]] = {
    "table": {
        "existing_table": {
            "stream_arn": "${aws_dynamodb_table.theirs.stream_arn}",
            "kms_key_arn": "${aws_kms_key.theirs.arn}",
        }
    },
    "function": {
        **WITHOUT_FILENAME,
        "function_handler": None,
        "function_runtime": None,
        "existing_function": {
            "arn": "${aws_lambda_function.theirs.arn}",
            "role_name": "${aws_iam_role.theirs.name}",
        },
    },
    "role": {"existing_role": {"arn": "${aws_iam_role.theirs.arn}", "name": "${aws_iam_role.theirs.name}"}},
    "destination": {
        "on_failure_destination": {
            "type": "sqs",
            "arn": "${aws_sqs_queue.theirs.arn}",
            "kms_key_arn": "${aws_kms_key.theirs.arn}",
        },
        "alarm_actions": ["${aws_sns_topic.theirs.arn}"],
        "dashboard_enabled": True,
    },
    "keys": {
        "table_kms_key_arn": "${aws_kms_key.theirs.arn}",
        "dead_letter_queue_kms_key_arn": "${aws_kms_key.theirs.arn}",
        "function_kms_key_arn": "${aws_kms_key.theirs.arn}",
        "function_environment": {"TOPIC": "${aws_sns_topic.theirs.arn}"},
        "function_log_kms_key_arn": "${aws_kms_key.theirs.arn}",
        "role_managed_policy_arns": {"theirs": "${aws_iam_policy.theirs.arn}"},
        "role_permissions_boundary_arn": "${aws_iam_policy.theirs.arn}",
        "role_policy_statements": {
            "Theirs": {"actions": ["sns:Publish"], "resources": ["${aws_sns_topic.theirs.arn}"]}
        },
        "table_kinesis_destination": {"stream_arn": "${aws_kinesis_stream.theirs.arn}"},
        "function_async_dead_letter_target": {"type": "sns", "arn": "${aws_sns_topic.theirs.arn}"},
        "table_resource_policy": {"policy": '{"Statement": [{"Resource": "${aws_kms_key.theirs.arn}"}]}'},
    },
    "network": {
        "function_vpc": {
            "subnet_ids": ["${aws_subnet.theirs.id}"],
            "security_group_ids": ["${aws_security_group.theirs.id}"],
            "replace_security_groups_on_destroy": True,
            "replacement_security_group_ids": ["${aws_security_group.theirs.id}"],
        },
        "function_file_system": {
            "access_point_arn": "${aws_efs_access_point.theirs.arn}",
            "local_mount_path": "/mnt/data",
        },
        "function_layers": ["${aws_lambda_layer_version.theirs.arn}"],
        "function_log_group": {"arn": "${aws_cloudwatch_log_group.theirs.arn}"},
        "on_failure_destination": {"type": "s3", "arn": "${aws_s3_bucket.theirs.arn}"},
        "table_stream_readers": {"theirs": "${aws_iam_role.theirs.arn}"},
        "table_server_side_encryption_enabled": False,
        "tags": {"role": "${aws_iam_role.theirs.unique_id}"},
        "role_policy_statements": {
            "Theirs": {
                "actions": ["s3:GetObject"],
                "resources": ["*"],
                "conditions": [
                    {"test": "StringEquals", "variable": "aws:x", "values": ["${aws_s3_bucket.theirs.arn}"]}
                ],
            }
        },
    },
    "existing_role_of_both": {
        "existing_role": {"arn": "${aws_iam_role.theirs.arn}", "name": "theirs"},
        "existing_table": {"stream_arn": "${aws_dynamodb_table.theirs.stream_arn}"},
        "function_log_group": {"arn": "${aws_cloudwatch_log_group.theirs.arn}"},
        "role_managed_policy_arns": {"theirs": "${aws_iam_policy.theirs.arn}"},
    },
    "image": {
        **WITHOUT_FILENAME,
        "function_handler": None,
        "function_runtime": None,
        "function_image_uri": "${aws_ecr_repository.theirs.repository_url}:1",
    },
}


@pytest.fixture(scope="session")
def unknown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Instance]:
    """Return instances whose arguments are known only after apply."""
    folder = tmp_path_factory.mktemp("unknown")
    write_root(folder, {**blocks(UNKNOWN_CASES), **UNKNOWN})
    return instances(plan(folder))


@pytest.mark.parametrize(
    ("case", "created"),
    [
        ("table", ALWAYS - {"aws_dynamodb_table.this[0]"}),
        ("function", ALWAYS - FUNCTION),
        ("role", ALWAYS - {"aws_iam_role.this[0]"}),
        (
            "destination",
            (ALWAYS - QUEUE) | _alarms(*ALARMS) | {"aws_cloudwatch_dashboard.this[0]"},
        ),
        (
            "keys",
            ALWAYS
            | {
                'aws_iam_role_policy_attachment.this["theirs"]',
                "aws_dynamodb_kinesis_streaming_destination.this[0]",
                "aws_dynamodb_resource_policy.this[0]",
            },
        ),
        (
            "network",
            ALWAYS - QUEUE - {"aws_cloudwatch_log_group.this[0]"} | {"aws_dynamodb_resource_policy.stream[0]"},
        ),
        (
            "existing_role_of_both",
            ALWAYS - {"aws_cloudwatch_log_group.this[0]", "aws_dynamodb_table.this[0]", "aws_iam_role.this[0]"}
            | {'aws_iam_role_policy_attachment.this["theirs"]'},
        ),
        ("image", ALWAYS),
    ],
)
def test_values_known_after_apply_can_be_planned(case: str, created: set[str], unknown: dict[str, Instance]) -> None:
    assert set(unknown[case].resources) == created


@pytest.fixture(scope="session")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Instance]:
    """Return two instances by ``count`` and two by ``for_each`` in one root."""
    folder = tmp_path_factory.mktemp("repeated")
    modules = blocks({"counted": {}, "each": {}})["module"]
    modules["counted"] |= {"count": 2, "name": "counted-${count.index}"}
    modules["each"] |= {"for_each": '${toset(["a", "b"])}', "name": "each-${each.key}"}
    write_root(folder, {"module": modules})
    return instances(plan(folder))


@pytest.mark.parametrize("instance", ["counted[0]", "counted[1]", 'each["a"]', 'each["b"]'])
def test_module_takes_count_and_for_each(instance: str, repeated: dict[str, Instance]) -> None:
    assert set(repeated[instance.removesuffix("]").strip('"')].resources) == ALWAYS


@pytest.mark.parametrize(
    ("resource", "attribute"),
    [
        ("aws_dynamodb_table.this[0]", "name"),
        ("aws_lambda_function.this[0]", "function_name"),
        ("aws_cloudwatch_log_group.this[0]", "name"),
        ("aws_iam_role.this[0]", "name"),
        ("aws_iam_role_policy.this[0]", "name"),
        ("aws_sqs_queue.dead_letter[0]", "name"),
    ],
)
def test_instances_do_not_collide(resource: str, attribute: str, repeated: dict[str, Instance]) -> None:
    names = [instance[resource][attribute] for instance in repeated.values()]
    assert len(set(names)) == len(names) == 4


def test_module_holds_no_data_source_that_calls_aws() -> None:
    sources = {
        line.split('"')[1]
        for path in (Path(__file__).parents[2] / "module").glob("*.tf")
        for line in path.read_text().splitlines()
        if line.startswith("data ")
    }
    assert sources == {"aws_partition", "aws_region"}


def test_stalled_alarm_reads_the_writes_of_the_account_that_owns_the_table(special: dict[str, Instance]) -> None:
    assert "aws_cloudwatch_metric_alarm.stalled[0]" not in special["other_account"]
    queries = special["other_account_observed"]["aws_cloudwatch_metric_alarm.stalled[0]"]["metric_query"]
    assert {query["id"]: query["account_id"] for query in queries} == {
        "written": OTHER_ACCOUNT,
        "read": "",
        "stalled": "",
    }
