"""What a variant of the module can be without: groups of variables that go together."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from generator.spec import MODULE
from generator.spec.dead_letter_queue import DESTINATIONS
from generator.spec.model import SpecificationError


class Feature(NamedTuple):
    """A part of the module that a variant may omit.

    Omitting it leaves its ``variables``, which name it in their entries, at their defaults, or at what ``without``
    says, and takes away what then has no purpose. ``needs`` are features without which it cannot be used.
    """

    name: str
    description: str
    variables: tuple[str, ...] = ()
    without: Mapping[str, Any] = MappingProxyType({})
    needs: tuple[str, ...] = ()


_VERSIONS = ("versions",)

_FEATURES = (
    Feature(name="existing_table", description="the stream of an existing table"),
    Feature(name="existing_function", description="an existing function"),
    Feature(name="existing_role", description="an existing role"),
    Feature(
        name="provisioned_capacity",
        description="tables in provisioned mode",
        without={"table_billing_mode": "PAY_PER_REQUEST"},
    ),
    Feature(name="on_demand_limits", description="maximum on-demand throughput"),
    Feature(name="warm_throughput", description="warm throughput"),
    Feature(name="indexes", description="global and local secondary indexes"),
    Feature(name="replicas", description="global tables"),
    Feature(name="time_to_live", description="items that expire"),
    Feature(name="resource_policy", description="a resource-based policy of the table"),
    Feature(name="stream_readers", description="a resource-based policy of the stream, for readers of other accounts"),
    Feature(name="import", description="tables created from files in S3"),
    Feature(name="restore", description="tables restored from other tables"),
    Feature(name="contributor_insights", description="CloudWatch Contributor Insights of the table"),
    Feature(name="kinesis_destination", description="a Kinesis data stream with the table's changes"),
    Feature(name="customer_keys", description="customer managed keys of the module's resources"),
    Feature(name="s3_packages", description="zip packages in S3"),
    Feature(name="image_packages", description="functions in container images"),
    Feature(name="layers", description="layers"),
    Feature(name="code_signing", description="code signing"),
    Feature(name="vpc", description="functions in a VPC"),
    Feature(name="file_system", description="EFS file systems", needs=("vpc",)),
    Feature(name="async_dead_letters", description="a target for failed asynchronous invocations"),
    Feature(name="existing_log_group", description="an existing log group for the function"),
    Feature(name="tracing", description="X-Ray", without={"function_tracing_mode": "Disabled"}),
    Feature(name="versions", description="published versions and an alias"),
    Feature(name="snap_start", description="SnapStart", needs=_VERSIONS),
    Feature(name="provisioned_concurrency", description="provisioned concurrency", needs=_VERSIONS),
    Feature(name="durable_functions", description="durable execution", needs=_VERSIONS),
    Feature(name="reserved_concurrency", description="reserved concurrency"),
    Feature(name="permissions_boundary", description="a permissions boundary and a path of the role"),
    Feature(name="external_policy", description="an existing role whose policy is managed elsewhere"),
    Feature(name="more_permissions", description="additional statements and managed policies of the role"),
    Feature(name="filters", description="filter patterns"),
    Feature(name="tumbling_windows", description="tumbling windows"),
    Feature(name="event_source_metrics", description="metrics of the event source mapping"),
    Feature(name="event_source_tags", description="tags of the event source mapping"),
    Feature(
        name="dead_letter_queue",
        description="a dead-letter queue that the module creates",
        without={"dead_letter_queue_enabled": False},
    ),
    Feature(name="queue_policy", description="additional statements of the queue policy"),
    Feature(name="on_failure_destination", description="an existing on-failure destination"),
    *(
        Feature(name=f"{kind}_destination", description=f"{what} as on-failure destination")
        for kind, what in DESTINATIONS.items()
    ),
    Feature(name="timeouts", description="times that Terraform waits for a resource"),
    Feature(name="alarms", description="alarms"),
    Feature(name="dashboard", description="a dashboard"),
    Feature(name="region", description="another Region than that of the provider"),
)


def _with_variables() -> tuple[Feature, ...]:
    """Return the features with the variables that name them."""
    variables: dict[str, list[str]] = {feature.name: [] for feature in _FEATURES}
    for variable in MODULE.variables():
        for name in variable.features:
            if name not in variables:
                raise SpecificationError(f"variable {variable.name}: there is no feature {name}")
            variables[name].append(variable.name)
    return tuple(feature._replace(variables=tuple(variables[feature.name])) for feature in _FEATURES)


FEATURES = _with_variables()
"""Everything that a variant can omit, by component."""
