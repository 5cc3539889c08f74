"""Where each variable shows in a plan: one row a variable, so that none is without effect.

A row says which value of which resource the variable sets. The value is the variable's own, with the default as with
the specification's example, unless the row says what it becomes. ``None`` as a value means: not there.
"""

from dataclasses import dataclass
from typing import Any

from generator.spec.function import FUNCTION_ARN, IMAGE_URI, QUEUE_ARN, SUBNETS
from generator.spec.role import ROLE_ARN
from generator.spec.rules import KEY_ARN
from generator.spec.table import STREAM_ARN
from tests.support.planning import PACKAGE_HASH


class _Same:
    """The variable's own value."""


SAME = _Same()

TABLE = "aws_dynamodb_table.this[0]"
FUNCTION = "aws_lambda_function.this[0]"
LOG_GROUP = "aws_cloudwatch_log_group.this[0]"
ROLE = "aws_iam_role.this[0]"
MAPPING = "aws_lambda_event_source_mapping.this"
QUEUE = "aws_sqs_queue.dead_letter[0]"


@dataclass(frozen=True)
class Effect:
    """One value of one planned resource, for the variable's default and for its example."""

    resource: str
    path: str
    default: Any = SAME
    example: Any = SAME


EFFECTS: dict[str, Effect] = {
    "tags": Effect(TABLE, "tags", default=None),
    "existing_table": Effect(MAPPING, "event_source_arn", example=STREAM_ARN, default=None),
    "existing_function": Effect(MAPPING, "function_name", example=FUNCTION_ARN, default=None),
    "existing_role": Effect(FUNCTION, "role", example=ROLE_ARN, default=None),
    "table_name": Effect(TABLE, "name", default="default"),
    "table_partition_key": Effect(TABLE, "hash_key", default="id", example="pk"),
    "table_sort_key": Effect(TABLE, "range_key", example="sk"),
    "table_attributes": Effect(
        TABLE,
        "attribute",
        default=[{"name": "id", "type": "S"}],
        example=[{"name": "customer", "type": "S"}, {"name": "id", "type": "S"}],
    ),
    "table_billing_mode": Effect(TABLE, "billing_mode"),
    "table_read_capacity": Effect(TABLE, "read_capacity"),
    "table_write_capacity": Effect(TABLE, "write_capacity"),
    "table_on_demand_throughput": Effect(
        TABLE,
        "on_demand_throughput",
        default=[],
        example=[{"max_read_request_units": 1000, "max_write_request_units": 500}],
    ),
    # The provider does not show STANDARD, which AWS does not report either
    "table_class": Effect(TABLE, "table_class", default=None),
    "table_stream_view_type": Effect(TABLE, "stream_view_type"),
    "table_point_in_time_recovery_enabled": Effect(TABLE, "point_in_time_recovery.0.enabled"),
    "table_point_in_time_recovery_days": Effect(TABLE, "point_in_time_recovery.0.recovery_period_in_days"),
    "table_server_side_encryption_enabled": Effect(TABLE, "server_side_encryption.0.enabled"),
    "table_kms_key_arn": Effect(TABLE, "server_side_encryption.0.kms_key_arn"),
    "table_deletion_protection_enabled": Effect(TABLE, "deletion_protection_enabled"),
    "table_ttl_attribute": Effect(TABLE, "ttl.0.attribute_name"),
    "table_global_secondary_indexes": Effect(
        TABLE, "global_secondary_index.0.hash_key", default=None, example="customer"
    ),
    "table_local_secondary_indexes": Effect(TABLE, "local_secondary_index.0.range_key", default=None, example="total"),
    "table_replicas": Effect(TABLE, "replica.0.region_name", default=None, example="us-east-1"),
    "table_resource_policy": Effect(
        "aws_dynamodb_resource_policy.this[0]", "policy", example='{"Version": "2012-10-17", "Statement": []}'
    ),
    "table_import": Effect(TABLE, "import_table.0.s3_bucket_source.0.bucket", example="exports"),
    "table_restore": Effect(TABLE, "restore_source_name", example="orders-old"),
    "table_contributor_insights_enabled": Effect(
        "aws_dynamodb_contributor_insights.this[0]",
        "table_name",
        default=None,
        example="table-contributor-insights-enabled",
    ),
    "table_kinesis_destination": Effect(
        "aws_dynamodb_kinesis_streaming_destination.this[0]",
        "approximate_creation_date_time_precision",
        example="MILLISECOND",
    ),
    "function_name": Effect(FUNCTION, "function_name", default="default"),
    "function_description": Effect(FUNCTION, "description"),
    "function_filename": Effect(FUNCTION, "filename", default="./function.zip", example="other.zip"),
    "function_source_code_hash": Effect(FUNCTION, "source_code_hash", default=PACKAGE_HASH),
    "function_s3": Effect(FUNCTION, "s3_object_version", example="v1"),
    "function_image_uri": Effect(FUNCTION, "image_uri", example=IMAGE_URI),
    "function_image_config": Effect(FUNCTION, "image_config.0.command", example=["app.handler"]),
    "function_handler": Effect(FUNCTION, "handler", default="handler.handler"),
    "function_runtime": Effect(FUNCTION, "runtime", default="python3.13"),
    "function_architecture": Effect(FUNCTION, "architectures", default=["x86_64"], example=["arm64"]),
    "function_memory_size": Effect(FUNCTION, "memory_size"),
    "function_timeout": Effect(FUNCTION, "timeout"),
    "function_ephemeral_storage_size": Effect(FUNCTION, "ephemeral_storage.0.size"),
    "function_environment": Effect(FUNCTION, "environment.0.variables", default=None),
    "function_kms_key_arn": Effect(FUNCTION, "kms_key_arn"),
    "function_layers": Effect(FUNCTION, "layers", default=None),
    "function_reserved_concurrent_executions": Effect(FUNCTION, "reserved_concurrent_executions"),
    "function_tracing_mode": Effect(FUNCTION, "tracing_config.0.mode"),
    "function_vpc": Effect(FUNCTION, "vpc_config.0.subnet_ids", example=SUBNETS["subnet_ids"]),
    "function_file_system": Effect(FUNCTION, "file_system_config.0.local_mount_path", example="/mnt/data"),
    "function_code_signing_config_arn": Effect(FUNCTION, "code_signing_config_arn"),
    "function_async_dead_letter_target": Effect(FUNCTION, "dead_letter_config.0.target_arn", example=QUEUE_ARN),
    "function_publish": Effect(FUNCTION, "publish"),
    "function_alias": Effect("aws_lambda_alias.this[0]", "name"),
    "function_snap_start": Effect(FUNCTION, "snap_start.0.apply_on", default=None, example="PublishedVersions"),
    "function_provisioned_concurrent_executions": Effect(
        "aws_lambda_provisioned_concurrency_config.this[0]", "provisioned_concurrent_executions"
    ),
    "function_log_format": Effect(FUNCTION, "logging_config.0.log_format"),
    "function_application_log_level": Effect(FUNCTION, "logging_config.0.application_log_level"),
    "function_system_log_level": Effect(FUNCTION, "logging_config.0.system_log_level"),
    "function_log_retention_in_days": Effect(LOG_GROUP, "retention_in_days"),
    "function_log_kms_key_arn": Effect(LOG_GROUP, "kms_key_id"),
    "function_log_group_class": Effect(LOG_GROUP, "log_group_class"),
    "role_name": Effect(ROLE, "name", default="default-eu-west-1"),
    "role_path": Effect(ROLE, "path"),
    "role_permissions_boundary_arn": Effect(ROLE, "permissions_boundary"),
    "role_managed_policy_arns": Effect(
        'aws_iam_role_policy_attachment.this["s3"]',
        "policy_arn",
        default=None,
        example="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
    ),
    "event_source_enabled": Effect(MAPPING, "enabled"),
    "event_source_batch_size": Effect(MAPPING, "batch_size"),
    "event_source_maximum_batching_window_in_seconds": Effect(MAPPING, "maximum_batching_window_in_seconds"),
    "event_source_starting_position": Effect(MAPPING, "starting_position"),
    "event_source_bisect_batch_on_function_error": Effect(MAPPING, "bisect_batch_on_function_error"),
    "event_source_maximum_record_age_in_seconds": Effect(MAPPING, "maximum_record_age_in_seconds"),
    "event_source_maximum_retry_attempts": Effect(MAPPING, "maximum_retry_attempts"),
    "event_source_parallelization_factor": Effect(MAPPING, "parallelization_factor"),
    "event_source_tumbling_window_in_seconds": Effect(MAPPING, "tumbling_window_in_seconds"),
    "event_source_report_batch_item_failures": Effect(
        MAPPING, "function_response_types", default=["ReportBatchItemFailures"], example=None
    ),
    "event_source_filter_patterns": Effect(
        MAPPING, "filter_criteria.0.filter.0.pattern", default=None, example='{"eventName": ["INSERT"]}'
    ),
    "event_source_filter_kms_key_arn": Effect(MAPPING, "kms_key_arn"),
    "event_source_metrics_enabled": Effect(MAPPING, "metrics_config.0.metrics", default=None, example=["EventCount"]),
    "event_source_tags": Effect(MAPPING, "tags", default=None),
    "dead_letter_queue_enabled": Effect(QUEUE, "name", default="default-dlq", example=None),
    "dead_letter_queue_name": Effect(QUEUE, "name", default="default-dlq"),
    "dead_letter_queue_message_retention_seconds": Effect(QUEUE, "message_retention_seconds"),
    "dead_letter_queue_visibility_timeout_seconds": Effect(QUEUE, "visibility_timeout_seconds"),
    "dead_letter_queue_kms_key_arn": Effect(QUEUE, "kms_master_key_id", example=KEY_ARN),
    # The provider shows what is not sent as 0
    "dead_letter_queue_kms_data_key_reuse_period_seconds": Effect(
        QUEUE, "kms_data_key_reuse_period_seconds", default=0
    ),
    "on_failure_destination": Effect(MAPPING, "destination_config.0.on_failure.0.destination_arn", example=QUEUE_ARN),
    "alarm_actions": Effect('aws_cloudwatch_metric_alarm.this["errors"]', "alarm_actions", default=None),
    "alarm_ok_actions": Effect('aws_cloudwatch_metric_alarm.this["errors"]', "ok_actions", default=None),
    "alarm_iterator_age_threshold_seconds": Effect(
        'aws_cloudwatch_metric_alarm.this["iterator_age"]', "threshold", default=None, example=600000
    ),
    "alarm_errors_threshold": Effect('aws_cloudwatch_metric_alarm.this["errors"]', "threshold", default=None),
    "alarm_throttles_threshold": Effect('aws_cloudwatch_metric_alarm.this["throttles"]', "threshold", default=None),
    "alarm_dead_letters_threshold": Effect(
        'aws_cloudwatch_metric_alarm.this["dead_letters"]', "threshold", default=None
    ),
    "alarm_failed_deliveries_threshold": Effect(
        'aws_cloudwatch_metric_alarm.this["failed_deliveries"]', "threshold", default=None
    ),
    "alarm_stalled_minutes": Effect(
        "aws_cloudwatch_metric_alarm.stalled[0]", "evaluation_periods", default=None, example=12
    ),
    "dashboard_enabled": Effect(
        "aws_cloudwatch_dashboard.this[0]", "dashboard_name", default=None, example="dashboard-enabled-eu-west-1"
    ),
}

# Their effect is in a policy, which a plan does not know: see test_permissions.py
IN_POLICIES = {"role_policy_statements", "dead_letter_queue_policy_statements"}
