"""Arguments whose form is another one than that of the values of a resource: keys, indexes, statements, alarms."""

import re
from collections.abc import Callable, Mapping
from itertools import chain, count
from typing import Any, Final

from generator.adopt.resources import (
    ALIAS,
    ATTACHMENT,
    FUNCTION,
    INSIGHTS,
    KINESIS,
    MAPPING,
    QUEUE,
    QUEUE_POLICY,
    ROLE,
    ROLE_POLICY,
    STREAM_POLICY,
    TABLE,
    TABLE_POLICY,
    Deployed,
    at,
)
from generator.spec import MODULE
from generator.spec.types import Object, Optional

_NODE_VARIABLE: Final = {"AWS_NODEJS_CONNECTION_REUSE_ENABLED": "1"}
OWN_STATEMENTS: Final = {statement.sid for statement in MODULE.statements}
"""The statements of the role's policy that the module writes."""
_RECOVERY_DAYS: Final = 35
"""The recovery period of DynamoDB if none is set, as the module sets it."""
UNCHANGED_LIMIT: Final = -1
"""What DynamoDB returns for an on-demand table without a maximum."""


def without_defaults(kind: Object, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of an object that differ from their defaults, from a block with the same names."""
    found: dict[str, Any] = {}
    for name, attribute in kind.attributes.items():
        value = values.get(name)
        default = attribute.default if isinstance(attribute, Optional) else None
        if value not in (None, [], {}, "", default):
            found[name] = value
    return found


# --- table ------------------------------------------------------------------------------------------------------------


def _key(path: str) -> Callable[[Deployed, str], Any]:
    def rule(deployed: Deployed, _name: str) -> dict[str, str] | None:
        table = deployed.values(TABLE)
        if not table.get(path):
            return None
        return {"name": table[path], "type": _types(table)[table[path]]}

    return rule


def _types(table: Mapping[str, Any]) -> dict[str, str]:
    return {each["name"]: each["type"] for each in table.get("attribute") or ()}


def _attributes(deployed: Deployed, _name: str) -> dict[str, str] | None:
    table = deployed.values(TABLE)
    keys = {table.get("hash_key"), table.get("range_key")}
    return {name: kind for name, kind in sorted(_types(table).items()) if name not in keys} or None


def _projection(index: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    if index["projection_type"] != "ALL":
        found["projection_type"] = index["projection_type"]
    if index.get("non_key_attributes"):
        found["non_key_attributes"] = sorted(index["non_key_attributes"])
    return found


def _global_indexes(deployed: Deployed, _name: str) -> dict[str, Any] | None:
    indexes = {}
    for index in deployed.values(TABLE).get("global_secondary_index") or ():
        keys = index.get("keys") or {}
        several = any(len(names) > 1 for names in keys.values())
        found: dict[str, Any] = (
            {"partition_keys": keys["HASH"], **({"sort_keys": keys["RANGE"]} if keys.get("RANGE") else {})}
            if several
            else {"partition_key": index["hash_key"]}
        )
        if index.get("range_key") and not several:
            found["sort_key"] = index["range_key"]
        found |= _projection(index)
        found |= {name: index[name] for name in ("read_capacity", "write_capacity") if index.get(name) not in (None, 0)}
        if limits := _limits(index.get("on_demand_throughput")):
            found["on_demand_throughput"] = limits
        indexes[index["name"]] = found
    return dict(sorted(indexes.items())) or None


def _local_indexes(deployed: Deployed, _name: str) -> dict[str, Any] | None:
    indexes = deployed.values(TABLE).get("local_secondary_index") or ()
    found = {each["name"]: {"sort_key": each["range_key"], **_projection(each)} for each in indexes}
    return dict(sorted(found.items())) or None


def _limits(blocks: Any) -> dict[str, Any]:  # noqa: ANN401 - as in a state
    return {
        name: value for name, value in (blocks[0] if blocks else {}).items() if value not in (None, 0, UNCHANGED_LIMIT)
    }


def _on_demand(deployed: Deployed, _name: str) -> dict[str, Any] | None:
    return _limits(deployed.values(TABLE).get("on_demand_throughput")) or None


def _replicas(deployed: Deployed, _name: str) -> dict[str, Any] | None:
    found = {}
    for replica in deployed.values(TABLE).get("replica") or ():
        given = {"kms_key_arn": replica.get("kms_key_arn") or None}
        for name, default in (("point_in_time_recovery", True), ("propagate_tags", True)):
            if replica.get(name) not in (None, default):
                given[name] = replica[name]
        if replica.get("consistency_mode") == "STRONG":
            given["consistency_mode"] = "STRONG"
        if replica.get("deletion_protection_enabled"):
            given["deletion_protection_enabled"] = True
        found[replica["region_name"]] = {name: value for name, value in given.items() if value is not None}
    return dict(sorted(found.items())) or None


def _recovery_days(deployed: Deployed, _name: str) -> int | None:
    recovery = at(deployed.values(TABLE), "point_in_time_recovery.0") or {}
    days = recovery.get("recovery_period_in_days") if recovery.get("enabled") else None
    return days if days != _RECOVERY_DAYS else None


def _ttl_enabled(deployed: Deployed, _name: str) -> bool | None:
    ttl = at(deployed.values(TABLE), "ttl.0") or {}
    return False if ttl.get("attribute_name") and not ttl.get("enabled") else None


def _policy(address: str) -> Callable[[Deployed, str], Any]:
    def rule(deployed: Deployed, _name: str) -> dict[str, str] | None:
        policy = deployed.values(address).get("policy")
        return {"policy": policy} if policy else None

    return rule


def _exists(address: str) -> Callable[[Deployed, str], Any]:
    def rule(deployed: Deployed, _name: str) -> bool | None:
        return True if deployed.values(address) else None

    return rule


def _kinesis(deployed: Deployed, _name: str) -> dict[str, str] | None:
    found = deployed.values(KINESIS)
    if not found:
        return None
    precision = found.get("approximate_creation_date_time_precision") or "MILLISECOND"
    more = {} if precision == "MILLISECOND" else {"timestamp_precision": precision}
    return {"stream_arn": found["stream_arn"], **more}


# --- function ---------------------------------------------------------------------------------------------------------


def _environment(deployed: Deployed, _name: str) -> dict[str, str] | None:
    function = deployed.values(FUNCTION)
    variables = at(function, "environment.0.variables") or {}
    default = _NODE_VARIABLE if str(function.get("runtime")).startswith("nodejs") else {}
    return {name: value for name, value in sorted(variables.items()) if default.get(name) != value} or None


def _file_system(deployed: Deployed, _name: str) -> dict[str, str] | None:
    found = at(deployed.values(FUNCTION), "file_system_config.0")
    return {"access_point_arn": found["arn"], "local_mount_path": found["local_mount_path"]} if found else None


def _vpc(deployed: Deployed, _name: str) -> dict[str, Any] | None:
    found = at(deployed.values(FUNCTION), "vpc_config.0") or {}
    if not found.get("subnet_ids"):
        return None
    lists = {name: sorted(found[name] or ()) for name in ("subnet_ids", "security_group_ids")}
    return {**lists, **({"ipv6_allowed_for_dual_stack": True} if found.get("ipv6_allowed_for_dual_stack") else {})}


def _async_target(deployed: Deployed, _name: str) -> dict[str, str] | None:
    arn = at(deployed.values(FUNCTION), "dead_letter_config.0.target_arn")
    return {"type": arn.split(":")[2], "arn": arn} if arn else None


def _package_in_s3(deployed: Deployed, _name: str) -> dict[str, str] | None:
    function = deployed.values(FUNCTION)
    places = {"bucket": "s3_bucket", "key": "s3_key", "version": "s3_object_version"}
    found = {name: function[attribute] for name, attribute in places.items() if function.get(attribute)}
    return found or None


def _source_code_hash(deployed: Deployed, _name: str) -> str | None:
    function = deployed.values(FUNCTION)
    return function.get("source_code_hash") or None if function.get("s3_bucket") else None


def _alias_version(deployed: Deployed, _name: str) -> str | None:
    alias = deployed.values(ALIAS)
    return None if alias.get("follows", True) else str(alias["function_version"])


def _publish(deployed: Deployed, _name: str) -> bool | None:
    published = deployed.values(FUNCTION).get("publish") and not deployed.values(ALIAS)
    return True if published else None


def _log_level(level: str) -> Callable[[Deployed, str], Any]:
    def rule(deployed: Deployed, _name: str) -> str | None:
        logging = at(deployed.values(FUNCTION), "logging_config.0") or {}
        return logging.get(level) or None if logging.get("log_format") == "JSON" else None

    return rule


def _function_key(deployed: Deployed, _name: str) -> str | None:
    function = deployed.values(FUNCTION)
    return function.get("kms_key_arn") or None if at(function, "environment.0.variables") else None


def _log_format(deployed: Deployed, _name: str) -> str | None:
    function = deployed.values(FUNCTION)
    # A function from before log formats has none, and logs as text
    return (at(function, "logging_config.0.log_format") or "Text") if function else None


# --- role, queue, mapping ---------------------------------------------------------------------------------------------


def _managed_policies(deployed: Deployed, _name: str) -> dict[str, str] | None:
    found = {
        address.removeprefix(f'{ATTACHMENT}["').removesuffix('"]'): resource.values["policy_arn"]
        for address, resource in deployed.resources.items()
        if address.startswith(ATTACHMENT)
    }
    return found or None


def statements(document: Any, *, principals: bool) -> dict[str, Any]:  # noqa: ANN401 - a policy
    """Return the statements of a policy as arguments, by their IDs.

    Raises:
        ValueError: The module has no argument for a part of a statement. The text names the part.
    """
    found: dict[str, Any] = {}
    for position, each in enumerate(_listed(document.get("Statement")), start=1):
        accepted = {"Sid", "Effect", "Action", "Resource", "Condition", *(["Principal"] if principals else ())}
        if others := sorted(each.keys() - accepted):
            raise ValueError(others[0])
        statement: dict[str, Any] = {} if each["Effect"] == "Allow" else {"effect": each["Effect"]}
        statement["actions"] = _listed(each["Action"])
        if principals:
            principal = each["Principal"]
            kinds = {"AWS": principal} if isinstance(principal, str) else principal
            statement["principals"] = {kind: _listed(value) for kind, value in kinds.items()}
        else:
            statement["resources"] = _listed(each["Resource"])
        if each.get("Condition"):
            statement["conditions"] = [
                {
                    "test": test,
                    "variable": variable,
                    "values": [
                        str(value).lower() if isinstance(value, bool) else str(value) for value in _listed(values)
                    ],
                }
                for test, variables in each["Condition"].items()
                for variable, values in variables.items()
            ]
        sid = re.sub(r"[^A-Za-z0-9]", "", str(each.get("Sid", ""))) or f"Statement{position}"
        # IDs that differ in other characters, or of which one is missing, must not become the same one
        ids = chain([sid], (f"{sid}{number}" for number in count(2)))
        found[next(name for name in ids if name not in found)] = statement
    return found


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - IAM accepts one value instead of a list
    return value if isinstance(value, list) else [] if value is None else [value]


def denies_insecure_transport(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement of a queue's policy is the one that the module always writes, under whatever ID."""
    condition = {"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}
    return (
        statement.get("effect") == "Deny"
        and [action.lower() for action in statement["actions"]] == ["sqs:*"]
        and statement["principals"] == {"AWS": ["*"]}
        and statement.get("conditions") == [condition]
    )


def queue_statements(deployed: Deployed, _name: str = "") -> dict[str, Any] | None:
    """Return the statements of the queue's policy that the module does not write, as arguments.

    Raises:
        ValueError: The module has no argument for a part of a statement. The text names the part.
    """
    queue = deployed.values(QUEUE)
    # In a state, the policy can be an argument of the queue, which the one of the module replaces
    policy = (deployed.values(QUEUE_POLICY).get("policy") or queue.get("policy")) if queue else None
    if not policy:
        return None
    found = statements(policy, principals=True)
    return {sid: each for sid, each in found.items() if not denies_insecure_transport(each)} or None


def _role_statements(deployed: Deployed, _name: str) -> dict[str, Any] | None:
    policy = deployed.values(ROLE_POLICY).get("policy")
    if not policy:
        return None
    found = statements(policy, principals=False)
    return {sid: each for sid, each in found.items() if sid not in OWN_STATEMENTS} or None


def _queue_key_reuse(deployed: Deployed, _name: str) -> int | None:
    queue = deployed.values(QUEUE)
    return queue.get("kms_data_key_reuse_period_seconds") if queue.get("kms_master_key_id") else None


def _patterns(deployed: Deployed, _name: str) -> list[str] | None:
    return [each["pattern"] for each in at(deployed.values(MAPPING), "filter_criteria.0.filter") or ()] or None


def _tags(deployed: Deployed, _name: str) -> dict[str, str] | None:
    """Return the tags of all resources. If a key has several values, that of the table, or else the first, is taken.

    For a role, keys that differ only in case are the same one (IAM, "Rules for tagging").
    """
    found: dict[str, tuple[str, str]] = {}
    for address in sorted(deployed.resources, key=lambda address: address != TABLE):
        for name, value in (deployed.values(address).get("tags") or {}).items():
            found.setdefault(name.lower() if ROLE in deployed.resources else name, (name, value))
    return dict(sorted(found.values())) or None


RULES: Final[Mapping[str, Callable[[Deployed, str], Any]]] = {
    "dead_letter_queue_kms_data_key_reuse_period_seconds": _queue_key_reuse,
    "dead_letter_queue_policy_statements": queue_statements,
    "event_source_filter_patterns": _patterns,
    "function_alias_version": _alias_version,
    "function_application_log_level": _log_level("application_log_level"),
    "function_async_dead_letter_target": _async_target,
    "function_environment": _environment,
    "function_file_system": _file_system,
    "function_kms_key_arn": _function_key,
    "function_log_format": _log_format,
    "function_publish": _publish,
    "function_s3": _package_in_s3,
    "function_source_code_hash": _source_code_hash,
    "function_system_log_level": _log_level("system_log_level"),
    "function_vpc": _vpc,
    "role_managed_policy_arns": _managed_policies,
    "role_policy_statements": _role_statements,
    "table_attributes": _attributes,
    "table_contributor_insights_enabled": _exists(INSIGHTS),
    "table_global_secondary_indexes": _global_indexes,
    "table_kinesis_destination": _kinesis,
    "table_local_secondary_indexes": _local_indexes,
    "table_on_demand_throughput": _on_demand,
    "table_partition_key": _key("hash_key"),
    "table_replicas": _replicas,
    "table_resource_policy": _policy(TABLE_POLICY),
    "table_sort_key": _key("range_key"),
    "table_stream_resource_policy": _policy(STREAM_POLICY),
    "table_point_in_time_recovery_days": _recovery_days,
    "table_ttl_enabled": _ttl_enabled,
    "tags": _tags,
}
