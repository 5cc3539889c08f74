"""Which arguments replace a resource: what the documentation of the providers says, as their schemas do not."""

from collections.abc import Mapping
from typing import Final

from generator.compare.rules.constraints import Version


def _named(*types: str, extra: str = "") -> dict[str, frozenset[str]]:
    """Return types whose name, and perhaps other arguments, cannot change."""
    return dict.fromkeys(types, frozenset({"name", "name_prefix", *extra.split()}))


FORCE_NEW_ARGUMENTS: Final[Mapping[str, frozenset[str]]] = {
    **_named(
        "aws_autoscaling_group", "aws_cloudwatch_event_bus", "aws_codebuild_project", "aws_db_subnet_group",
        "aws_ecr_repository",
        "aws_ecs_cluster", "aws_elasticache_subnet_group", "aws_kinesis_stream", "aws_kms_alias",
        "aws_launch_configuration",
        "aws_launch_template", "aws_secretsmanager_secret", "aws_ssm_parameter", "aws_rds_cluster_parameter_group",
    ),
    **_named("aws_cloudwatch_event_rule", extra="event_bus_name"),
    **_named("aws_cloudwatch_log_group", extra="log_group_class"),
    **_named("aws_cloudwatch_log_metric_filter", extra="log_group_name"),
    **_named("aws_db_parameter_group", extra="family description"),
    **_named("aws_ecs_service", extra="cluster launch_type scheduling_strategy"),
    **_named("aws_iam_instance_profile", extra="path"),
    **_named("aws_iam_policy", extra="path description"),
    **_named("aws_iam_role", extra="path"),
    **_named("aws_iam_group_policy", extra="group"),
    **_named("aws_iam_role_policy", extra="role"),
    **_named("aws_iam_user_policy", extra="user"),
    **_named("aws_lb", extra="internal load_balancer_type"),
    **_named("aws_lb_target_group", extra="port protocol target_type vpc_id"),
    **_named("aws_security_group", extra="description vpc_id"),
    **_named("aws_sfn_state_machine", extra="type"),
    **_named("aws_sns_topic", extra="fifo_topic"),
    **_named("aws_sqs_queue", extra="fifo_queue"),
    **_named("aws_wafv2_web_acl", extra="scope"),
    "aws_appautoscaling_policy": frozenset({"name", "resource_id", "scalable_dimension", "service_namespace"}),
    "aws_appautoscaling_target": frozenset({"resource_id", "scalable_dimension", "service_namespace"}),
    "aws_cloudwatch_composite_alarm": frozenset({"alarm_name"}),
    "aws_cloudwatch_dashboard": frozenset({"dashboard_name"}),
    "aws_cloudwatch_metric_alarm": frozenset({"alarm_name"}),
    "aws_db_instance": frozenset({"character_set_name", "db_name", "engine", "identifier_prefix", "kms_key_id",
                                  "snapshot_identifier", "storage_encrypted", "timezone", "username"}),
    "aws_dynamodb_contributor_insights": frozenset({"table_name", "index_name"}),
    "aws_dynamodb_kinesis_streaming_destination": frozenset(
        {"table_name", "stream_arn", "approximate_creation_date_time_precision"}
    ),
    "aws_dynamodb_resource_policy": frozenset({"resource_arn"}),
    "aws_dynamodb_table": frozenset({"name", "hash_key", "range_key", "local_secondary_index", "import_table",
                                     "restore_source_name", "restore_source_table_arn", "restore_to_latest_time",
                                     "restore_date_time"}),
    "aws_efs_access_point": frozenset({"file_system_id", "posix_user", "root_directory"}),
    "aws_efs_file_system": frozenset({"availability_zone_name", "creation_token", "encrypted", "kms_key_id",
                                      "performance_mode"}),
    "aws_efs_mount_target": frozenset({"file_system_id", "ip_address", "subnet_id"}),
    "aws_eks_addon": frozenset({"addon_name", "cluster_name"}),
    "aws_eks_cluster": frozenset({"name", "role_arn"}),
    "aws_eks_node_group": frozenset({"ami_type", "capacity_type", "cluster_name", "disk_size", "instance_types",
                                     "node_group_name", "node_group_name_prefix", "node_role_arn", "subnet_ids"}),
    "aws_elasticache_replication_group": frozenset({"at_rest_encryption_enabled", "replication_group_id",
                                                    "subnet_group_name"}),
    "aws_iam_openid_connect_provider": frozenset({"url"}),
    "aws_iam_role_policy_attachment": frozenset({"role", "policy_arn"}),
    "aws_instance": frozenset({"ami", "availability_zone", "key_name", "subnet_id"}),
    "aws_key_pair": frozenset({"key_name", "key_name_prefix", "public_key"}),
    "aws_kms_key": frozenset({"key_usage", "customer_master_key_spec", "multi_region"}),
    "aws_lambda_alias": frozenset({"name", "function_name"}),
    "aws_lambda_event_source_mapping": frozenset(
        {"event_source_arn", "starting_position", "starting_position_timestamp", "self_managed_event_source"}
    ),
    "aws_lambda_function": frozenset({"function_name", "package_type"}),
    "aws_lambda_permission": frozenset({"action", "function_name", "principal", "source_arn", "statement_id"}),
    "aws_lambda_provisioned_concurrency_config": frozenset({"function_name", "qualifier"}),
    "aws_lb_listener": frozenset({"load_balancer_arn"}),
    "aws_nat_gateway": frozenset({"allocation_id", "connectivity_type", "private_ip", "subnet_id"}),
    "aws_network_acl": frozenset({"vpc_id"}),
    "aws_opensearch_domain": frozenset({"domain_name"}),
    "aws_rds_cluster": frozenset({"cluster_identifier", "cluster_identifier_prefix", "database_name", "kms_key_id",
                                  "master_username", "snapshot_identifier", "storage_encrypted"}),
    "aws_rds_cluster_instance": frozenset({"cluster_identifier", "engine"}),
    "aws_route53_record": frozenset({"name", "zone_id"}),
    "aws_route53_zone": frozenset({"delegation_set_id", "name"}),
    "aws_route_table": frozenset({"vpc_id"}),
    "aws_s3_bucket": frozenset({"bucket", "bucket_prefix", "object_lock_enabled"}),
    "aws_s3_bucket_policy": frozenset({"bucket"}),
    "aws_sns_topic_subscription": frozenset({"endpoint", "protocol", "topic_arn"}),
    "aws_sqs_queue_policy": frozenset({"queue_url"}),
    "aws_subnet": frozenset({"availability_zone", "cidr_block", "ipv6_native", "outpost_arn", "vpc_id"}),
    "aws_vpc": frozenset({"cidr_block"}),
    "aws_vpc_endpoint": frozenset({"service_name", "vpc_endpoint_type", "vpc_id"}),
}  # fmt: skip
"""Arguments whose change replaces a resource, by its type: "Forces new resource" in the documentation of the AWS
provider (hashicorp/aws 5.100 and before)."""

FORCE_NEW_BY_PROVIDER: Final[Mapping[str, frozenset[str]]] = {
    "azurerm": frozenset({"location", "name", "resource_group_name"}),
    "google": frozenset({"location", "name", "project", "region", "zone"}),
}
"""Arguments that replace a resource of any type, by its provider: "Changing this forces a new resource to be created"
is what the documentation of nearly every type says of them."""

_REGION: Final = "region"
"""The argument of every Regional resource since provider 6, which replaces it ("Enhanced Region Support")."""

REPLACES_ANOTHER: Final[Mapping[tuple[str, str], str]] = {
    ("aws_dynamodb_table", "stream_view_type"): "the stream is a new one, and the event source mapping is replaced",
    ("aws_dynamodb_table", "stream_enabled"): "the stream is a new one, and the event source mapping is replaced",
}
"""Arguments whose change replaces something else."""

RECREATED_TOGETHER: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("aws_dynamodb_table", "global_secondary_index"): ("key_schema", "indexes"),
}
"""Blocks that the provider recreates together if one of them changes in the plan in which an argument replaces others.

Reported for hashicorp/aws 6.29 and later: an index with ``key_schema`` instead of ``hash_key`` is the same index, but
not while any index changes."""

ARGUMENTS_AWS_KEEPS: Final = frozenset({"aws_lambda_event_source_mapping"})
"""Resources for which AWS keeps the old value of an argument that is removed, without a difference in any plan."""

POLICIES_AS_JSON: Final = frozenset({
    ("aws_iam_policy", "policy"), ("aws_iam_role_policy", "policy"), ("aws_iam_role", "assume_role_policy"),
    ("aws_sqs_queue", "policy"), ("aws_sqs_queue_policy", "policy"), ("aws_sns_topic", "policy"),
    ("aws_sns_topic_policy", "policy"), ("aws_s3_bucket_policy", "policy"), ("aws_kms_key", "policy"),
})  # fmt: skip
"""Arguments that the provider compares as policies: their spaces and the order of their keys are no change."""

ORDERED_BLOCKS: Final = frozenset({
    ("aws_alb_listener_rule", "action"), ("aws_cloudfront_distribution", "ordered_cache_behavior"),
    ("aws_codepipeline", "stage"), ("aws_ecs_service", "ordered_placement_strategy"),
    ("aws_imagebuilder_container_recipe", "component"), ("aws_imagebuilder_image_recipe", "component"),
    ("aws_launch_template", "network_interfaces"), ("aws_lb_listener", "default_action"),
    ("aws_lb_listener_rule", "action"), ("aws_s3_bucket_lifecycle_configuration", "rule"),
    ("google_compute_instance", "network_interface"),
})  # fmt: skip
"""Nested blocks whose order is a part of the resource, by its type: lists in the documentation of the providers."""

PROVIDER_VERSIONS: Final[Mapping[tuple[str, str], tuple[str, Version]]] = {
    ("data.aws_region", "region"): ("hashicorp/aws", (6, 0, 0)),
}
"""Attributes that providers have since some version (upgrade guide of hashicorp/aws 6.0)."""


def forces_new(kind: str, argument: str) -> bool | None:
    """Return whether a change of an argument replaces a resource of a type, ``None`` if it is not known."""
    if kind.startswith("aws_") and argument == _REGION:
        return True
    if kind in FORCE_NEW_ARGUMENTS:
        return argument in FORCE_NEW_ARGUMENTS[kind]
    known = FORCE_NEW_BY_PROVIDER.get(kind.split("_", maxsplit=1)[0])
    return True if known and argument in known else None
