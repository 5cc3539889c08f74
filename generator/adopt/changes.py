"""What a plan creates and changes although everything is taken over, with the reason."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.adopt import alarms
from generator.adopt.choices import Choices
from generator.adopt.resources import (
    ALIAS,
    DASHBOARD,
    FUNCTION,
    LOG_GROUP,
    MAPPING,
    QUEUE,
    QUEUE_POLICY,
    ROLE,
    ROLE_POLICY,
    TABLE,
    TRANSITION_POLICY,
    Deployed,
    at,
)

_TAGGED: Final = (TABLE, FUNCTION, LOG_GROUP, ROLE, QUEUE)
_UNSET: Final[Mapping[str, Mapping[str, Any]]] = {
    QUEUE: {"delay_seconds": 0, "max_message_size": 262144},
    ROLE: {"max_session_duration": 3600},
}
"""Arguments of resources that the module does not set, with the default of the provider."""


@dataclass(frozen=True)
class Change:
    """What a plan changes of a resource: the names of the attributes as in a plan, and the reason as a sentence."""

    address: str
    attributes: tuple[str, ...]
    reason: str


def created(choices: Choices) -> dict[str, str]:
    """Return why a plan creates a resource, by its address."""
    given = choices.arguments
    found = {"terraform_data.region": "remembers the Region; it exists in the state only"}
    for address in (ROLE_POLICY, TRANSITION_POLICY):
        found[address] = "has the permissions of the pipeline"
    if "existing_function" not in given and "function_log_group" not in given:
        found[LOG_GROUP] = "does not exist before the first invocation"
    if "on_failure_destination" not in given and given.get("dead_letter_queue_enabled", True):
        found[QUEUE_POLICY] = "denies requests without TLS"
    return {address: reason for address, reason in found.items() if address not in choices.resources}


def changes(deployed: Deployed, choices: Choices) -> Iterator[Change]:
    """Yield what a plan changes in place."""
    wanted = choices.arguments.get("tags", {})
    for address in (*_TAGGED, *alarms.addresses(deployed)):
        tags = deployed.values(address).get("tags") or {}
        if deployed.values(address) and tags != wanted:
            differing = sorted(name for name in {*tags, *wanted} if tags.get(name) != wanted.get(name))
            yield Change(address, ("tags", "tags_all"), f"gets the tags of the pipeline: {', '.join(differing)}")
    for address, defaults in _UNSET.items():
        values = deployed.values(address)
        for name, default in defaults.items():
            if values and values.get(name) not in (None, default):
                reason = f"{name} becomes {default} (it is {values[name]}): the module does not set it"
                yield Change(address, (name,), reason)
    unknown = [
        each["region_name"]
        for each in deployed.values(TABLE).get("replica") or ()
        if each.get("point_in_time_recovery") is None
    ]
    if unknown:
        reason = f"the replicas in {', '.join(unknown)} get point-in-time recovery if they do not have it"
        yield Change(TABLE, ("replica",), reason)
    yield from _of_function(deployed, choices)
    yield from _of_queue(deployed, choices)
    yield from _of_mapping(deployed)
    yield from _of_texts(deployed)


def _of_texts(deployed: Deployed) -> Iterator[Change]:
    """Yield the texts that the module computes. Only a plan shows whether they differ."""
    texts = {
        ROLE_POLICY: ("policy",),
        TRANSITION_POLICY: ("policy",),
        DASHBOARD: ("dashboard_body",),
        **dict.fromkeys(
            alarms.addresses(deployed), ("alarm_description", "comparison_operator", "dimensions", "statistic")
        ),
    }
    for address, attributes in texts.items():
        if deployed.values(address):
            yield Change(address, attributes, "gets what the module writes, if it has something else")


def _of_function(deployed: Deployed, choices: Choices) -> Iterator[Change]:
    function = deployed.values(FUNCTION)
    if not function:
        return
    if "function_filename" in choices.arguments and "filename" not in function:
        yield Change(
            FUNCTION,
            ("filename", "source_code_hash", "last_modified"),
            "gets the package that was downloaded, which has the bytes that it runs",
        )
    if function.get("filename") and not function.get("source_code_hash"):
        yield Change(
            FUNCTION, ("source_code_hash", "last_modified"), "gets the hash of its package, which is uploaded once more"
        )
    if at(function, "logging_config.0.log_group") in (None, "") and "function_log_group" not in choices.arguments:
        yield Change(FUNCTION, ("logging_config",), "names its log group explicitly")
    yield from _of_versions(deployed, choices)
    if at(function, "environment.0") == {"variables": {}}:
        yield Change(FUNCTION, ("environment",), "loses an environment without variables")
    node = str(function.get("runtime")).startswith("nodejs")
    variables = at(function, "environment.0.variables") or {}
    if node and "AWS_NODEJS_CONNECTION_REUSE_ENABLED" not in variables:
        reason = "gets AWS_NODEJS_CONNECTION_REUSE_ENABLED = 1, as every Node.js function of the module"
        yield Change(FUNCTION, ("environment",), reason)


def _of_versions(deployed: Deployed, choices: Choices) -> Iterator[Change]:
    aliased = bool(deployed.values(ALIAS))
    if aliased or choices.arguments.get("function_publish"):
        yield Change(
            FUNCTION,
            ("publish", "version", "qualified_arn", "qualified_invoke_arn"),
            "publishes a version for each change; Lambda publishes none if nothing of the function changes",
        )
    if aliased:
        if "function_alias_version" not in choices.arguments:
            yield Change(ALIAS, ("function_version",), "follows the newest version")
        description = f"What the stream of {deployed.stream.name} invokes"
        if deployed.values(ALIAS).get("description") != description:
            yield Change(ALIAS, ("description",), "gets the description of the module")


def _of_mapping(deployed: Deployed) -> Iterator[Change]:
    for name in deployed.mapping.values["unset"]:
        # The provider shows 0 and false for what is missing
        if deployed.mapping.values[name]:
            yield Change(MAPPING, (name,), "is set explicitly, to what Lambda uses if it is not set")


def _of_queue(deployed: Deployed, choices: Choices) -> Iterator[Change]:
    queue = deployed.values(QUEUE)
    if queue and not queue.get("kms_master_key_id") and not queue.get("sqs_managed_sse_enabled"):
        yield Change(QUEUE, ("sqs_managed_sse_enabled",), "is encrypted with a key that SQS owns")
    if queue.get("kms_master_key_name", queue.get("kms_master_key_id")) != queue.get("kms_master_key_id"):
        yield Change(QUEUE, ("kms_master_key_id",), "names its key by the ARN")
    policy = deployed.values(QUEUE_POLICY).get("policy")
    if policy and json.dumps(policy, sort_keys=True) != json.dumps(_policy(queue, choices), sort_keys=True):
        yield Change(QUEUE_POLICY, ("policy",), "denies requests without TLS, by a statement with the ID of the module")


def _policy(queue: Mapping[str, Any], choices: Choices) -> dict[str, Any]:
    """Return the policy of the queue if it has no statement but that of the module."""
    if choices.arguments.get("dead_letter_queue_policy_statements"):
        return {}
    statement = {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Action": "sqs:*",
        "Principal": {"AWS": "*"},
        "Resource": queue["arn"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
