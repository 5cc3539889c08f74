"""What a variant of the module can be without: groups of variables that go together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.spec.dead_letter_queue import DEAD_LETTER_QUEUE, DESTINATIONS


@dataclass(frozen=True, kw_only=True)
class Feature:
    """A part of the module that a variant may omit.

    Omitting it leaves its ``variables`` at their defaults, or at what ``without`` says, and takes away what then has no
    purpose. ``needs`` are features without which it cannot be used.
    """

    name: str
    description: str
    variables: tuple[str, ...] = ()
    without: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


FEATURES = (
    Feature(name="existing_table", description="the stream of a table that exists", variables=("existing_table",)),
    Feature(name="existing_function", description="a function that exists", variables=("existing_function",)),
    Feature(name="existing_role", description="a role that exists", variables=("existing_role",)),
    Feature(
        name="provisioned_capacity",
        description="tables with provisioned capacity",
        variables=("table_read_capacity", "table_write_capacity"),
        without={"table_billing_mode": "PAY_PER_REQUEST"},
    ),
    Feature(
        name="on_demand_limits",
        description="upper bounds of on-demand throughput",
        variables=("table_on_demand_throughput",),
    ),
    Feature(name="warm_throughput", description="warm throughput", variables=("table_warm_throughput",)),
    Feature(
        name="indexes",
        description="global and local secondary indexes",
        variables=("table_global_secondary_indexes", "table_local_secondary_indexes", "table_attributes"),
    ),
    Feature(name="replicas", description="global tables", variables=("table_replicas",)),
    Feature(name="time_to_live", description="items that expire", variables=("table_ttl_attribute",)),
    Feature(name="resource_policy", description="a policy of the table", variables=("table_resource_policy",)),
    Feature(name="import", description="tables made from files in S3", variables=("table_import",)),
    Feature(name="restore", description="tables made from other tables", variables=("table_restore",)),
    Feature(
        name="contributor_insights",
        description="CloudWatch Contributor Insights of the table",
        variables=("table_contributor_insights_enabled",),
    ),
    Feature(
        name="kinesis_destination",
        description="changes to a Kinesis data stream as well",
        variables=("table_kinesis_destination",),
    ),
    Feature(
        name="customer_keys",
        description="customer-managed keys of what the module creates",
        variables=(
            "table_kms_key_arn",
            "function_kms_key_arn",
            "function_source_kms_key_arn",
            "function_log_kms_key_arn",
            "event_source_filter_kms_key_arn",
            "dead_letter_queue_kms_key_arn",
            "dead_letter_queue_kms_data_key_reuse_period_seconds",
        ),
    ),
    Feature(name="s3_packages", description="packages in S3", variables=("function_s3",)),
    Feature(
        name="image_packages",
        description="functions in container images",
        variables=("function_image_uri", "function_image_config"),
    ),
    Feature(name="layers", description="layers", variables=("function_layers",)),
    Feature(name="code_signing", description="code signing", variables=("function_code_signing_config_arn",)),
    Feature(name="vpc", description="functions in a VPC", variables=("function_vpc",)),
    Feature(name="file_system", description="EFS file systems", variables=("function_file_system",), needs=("vpc",)),
    Feature(
        name="async_dead_letters",
        description="a target for failed asynchronous invocations",
        variables=("function_async_dead_letter_target",),
    ),
    Feature(name="tracing", description="X-Ray", without={"function_tracing_mode": "Disabled"}),
    Feature(
        name="versions", description="published versions and an alias", variables=("function_publish", "function_alias")
    ),
    Feature(name="snap_start", description="SnapStart", variables=("function_snap_start",), needs=("versions",)),
    Feature(
        name="provisioned_concurrency",
        description="provisioned concurrency",
        variables=("function_provisioned_concurrent_executions",),
        needs=("versions",),
    ),
    Feature(
        name="durable_functions",
        description="durable execution",
        variables=("function_durable_config",),
        needs=("versions",),
    ),
    Feature(
        name="reserved_concurrency",
        description="reserved concurrency",
        variables=("function_reserved_concurrent_executions",),
    ),
    Feature(
        name="permissions_boundary",
        description="a permissions boundary and a path of the role",
        variables=("role_permissions_boundary_arn", "role_path"),
    ),
    Feature(
        name="more_permissions",
        description="statements and managed policies of the caller's own for the role",
        variables=("role_policy_statements", "role_managed_policy_arns"),
    ),
    Feature(
        name="filters",
        description="filter patterns",
        variables=("event_source_filter_patterns", "event_source_filter_kms_key_arn"),
    ),
    Feature(
        name="tumbling_windows",
        description="tumbling windows",
        variables=("event_source_tumbling_window_in_seconds",),
    ),
    Feature(
        name="event_source_metrics",
        description="metrics of the mapping's own",
        variables=("event_source_metrics_enabled",),
    ),
    Feature(name="event_source_tags", description="tags of the mapping", variables=("event_source_tags",)),
    Feature(
        name="dead_letter_queue",
        description="a queue of the module's own for what failed",
        variables=tuple(variable.name for variable in DEAD_LETTER_QUEUE.variables),
        without={"dead_letter_queue_enabled": False},
    ),
    Feature(
        name="queue_policy",
        description="statements of the caller's own in the queue's policy",
        variables=("dead_letter_queue_policy_statements",),
    ),
    Feature(
        name="on_failure_destination",
        description="a failure destination that exists",
        variables=("on_failure_destination",),
    ),
    *(
        Feature(name=f"{kind}_destination", description=f"{what} as failure destination")
        for kind, what in DESTINATIONS.items()
    ),
    Feature(
        name="alarms",
        description="alarms",
        variables=(
            "alarm_actions",
            "alarm_ok_actions",
            "alarm_iterator_age_threshold_seconds",
            "alarm_errors_threshold",
            "alarm_throttles_threshold",
            "alarm_dead_letters_threshold",
            "alarm_failed_deliveries_threshold",
            "alarm_stalled_minutes",
        ),
    ),
    Feature(name="dashboard", description="a dashboard", variables=("dashboard_enabled",)),
    Feature(name="region", description="another region than the provider's", variables=("region",)),
)
"""Everything that a variant can omit, by component."""
