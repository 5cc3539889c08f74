"""What of a pipeline is taken over, and what stays a resource of others, with the reason."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from generator.adopt import arguments, structures
from generator.adopt.resources import (
    ALIAS,
    ATTACHMENT,
    FUNCTION,
    LOG_GROUP,
    PROVISIONED,
    QUEUE,
    QUEUE_POLICY,
    ROLE,
    ROLE_POLICY,
    TABLE,
    TRANSITION_POLICY,
    Deployed,
    Resource,
    at,
)
from generator.errors import UsageError
from generator.hcl.values import known
from generator.profile.validation_resolver import validation_error
from generator.spec import MODULE
from generator.spec.types import Checked

TRUST: Final = {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Principal": {"Service": ["lambda.amazonaws.com"]}}
"""The only statement of the trust policy that the module writes."""

_OF_FUNCTION: Final = (FUNCTION, ALIAS, PROVISIONED, LOG_GROUP, ROLE, ROLE_POLICY, TRANSITION_POLICY)
_TABLE_TYPES: Final = ("aws_dynamodb_",)
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{3,255}")
_LEGACY: Final = "2017.11.29"
_UNSUPPORTED: Final = ("capacity_provider_config", "tenancy_config")
"""Blocks of a function that the module does not have (docs/explanation/alternatives.md): a plan would remove them."""

PARTS: Final = {
    "table": TABLE,
    "table_contents": TABLE,
    "function": FUNCTION,
    "function_versions": FUNCTION,
    "function_logs": FUNCTION,
    "role": ROLE,
    "dead_letter_queue": QUEUE,
}
"""The part of a pipeline that stays a resource of others if the module rejects an argument of a component."""


@dataclass
class Choices:
    """What is taken over: the resources by address, the arguments by name, and the reasons for what is not.

    ``configuration`` is the provider configuration of the module, such as ``aws.west``. Empty for the default one.
    """

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    configuration: str = ""


def choose(deployed: Deployed, provider: str, name: str | None = None) -> Choices:
    """Return what is taken over. ``deployed`` keeps only that.

    Without a name, the pipeline has that of its table, or of its function.

    Raises:
        UsageError: The mapping itself, or its stream, cannot be taken over.
    """
    left = dict(deployed.shared)
    _leave_unsupported(deployed, left)
    while True:
        given = _existing(deployed, left)
        chosen = name or default_name(deployed)
        _own_policies(deployed, chosen)
        given |= arguments.derive(deployed, chosen, provider)
        rejected = _rejected(chosen, given, provider, deployed.target.region)
        if not rejected:
            return Choices(chosen, given, dict(deployed.resources), left, deployed.configuration)
        part, message = rejected
        if part not in deployed.resources:
            raise UsageError(message)
        left[part] = f"the module rejects an argument for it: {message}"


def _leave_unsupported(deployed: Deployed, left: dict[str, str]) -> None:
    """Add what the module cannot take over, with the reason, to what is left."""
    table = deployed.values(TABLE)
    if table.get("replica") and table.get("global_table_version") == _LEGACY:
        left.setdefault(TABLE, f"it is a global table of version {_LEGACY}, whose replicas are tables of their own")
    if TABLE not in deployed.resources:
        left.setdefault(TABLE, "it was not found")
    elif table.get("stream_enabled") is False:
        raise UsageError(
            f'--mapping: the stream of the table "{deployed.stream.name}" is disabled, and the module enables a new '
            "one. Enable it first, and create a mapping of the new stream."
        )
    _leave_function(deployed, left)
    if ROLE not in deployed.resources:
        left.setdefault(ROLE, "it was not found")
    elif not _trusts_lambda_alone(deployed.values(ROLE)["assume_role_policy"]):
        left.setdefault(ROLE, "its trust policy has more than lambda.amazonaws.com")
    try:
        structures.queue_statements(deployed)
    except ValueError as error:
        left.setdefault(QUEUE, f"its policy has {error}, for which the module has no argument")
    destination = deployed.destination
    if destination.endswith(".fifo"):
        raise UsageError(
            f'--mapping: the on-failure destination "{destination}" is a FIFO queue or topic, which the module '
            "does not accept. Give the mapping a standard one first."
        )


def _leave_function(deployed: Deployed, left: dict[str, str]) -> None:
    if deployed.qualifier.isdecimal():
        reason = f"the mapping invokes its version {deployed.qualifier}, and the module has mappings of aliases only"
        left.setdefault(FUNCTION, reason)
    for name in _UNSUPPORTED:
        if deployed.values(FUNCTION).get(name):
            left.setdefault(FUNCTION, f"it has {name}, for which the module has no argument")
    if FUNCTION not in deployed.resources:
        left.setdefault(FUNCTION, "it was not found")


def _trusts_lambda_alone(policy: Any) -> bool:  # noqa: ANN401 - a policy
    found = policy.get("Statement")
    found = found if isinstance(found, list) else [found]
    if len(found) != 1 or not isinstance(found[0], dict):
        return False
    statement = {key: value for key, value in found[0].items() if key != "Sid"}
    principal = statement.get("Principal")
    if not isinstance(principal, dict):
        return False
    listed = {key: value if isinstance(value, list) else [value] for key, value in principal.items()}
    action = statement.get("Action")
    return {**statement, "Principal": listed, "Action": action if isinstance(action, list) else [action]} == TRUST


def _existing(deployed: Deployed, left: dict[str, str]) -> dict[str, Any]:
    """Return the arguments that name what is not taken over, and remove it from what is deployed."""
    given: dict[str, Any] = {}
    if TABLE in left:
        own = deployed.stream.account == deployed.target.account
        table = deployed.resources.get(TABLE) or deployed.hidden.get(TABLE)
        key = at(table.values, "server_side_encryption.0.kms_key_arn") if table else None
        given["existing_table"] = {
            "stream_arn": str(deployed.stream),
            **({"kms_key_arn": key} if key else {}),
            **({} if own else {"account_id": deployed.stream.account}),
        }
    if FUNCTION in left:
        arn = str(deployed.target).removesuffix(":$LATEST")
        given["existing_function"] = {"arn": arn, "role_name": deployed.role_name}
    elif ROLE in left:
        arn = deployed.values(FUNCTION)["role"]
        given["existing_role"] = {"arn": arn, "name": arn.rpartition("/")[2]}
    given |= _log_group(deployed, left) if FUNCTION not in left else {}
    given |= _destination(deployed, left)
    removed = [address for address in deployed.resources if _is_left(address, left)]
    for address in removed:
        deployed.hidden[address] = deployed.resources.pop(address)
    return given


def _is_left(address: str, left: dict[str, str]) -> bool:
    """Return whether a resource belongs to a part that is not taken over."""
    if address.startswith(_TABLE_TYPES):
        return TABLE in left
    if address.startswith(ATTACHMENT) or address == ROLE:
        return ROLE in left or FUNCTION in left
    if address in {QUEUE, QUEUE_POLICY}:
        return QUEUE in left
    if address == LOG_GROUP and LOG_GROUP in left:
        return True
    return FUNCTION in left and address in _OF_FUNCTION


def _log_group(deployed: Deployed, left: dict[str, str]) -> dict[str, Any]:
    target = deployed.target
    default = f"/aws/lambda/{target.name}"
    group = at(deployed.values(FUNCTION), "logging_config.0.log_group") or default
    if group == default:
        return {}
    left.setdefault(LOG_GROUP, f"it is {group}, and the module creates {default} only")
    arn = f"arn:{target.partition}:logs:{target.region}:{target.account}:log-group:{group}"
    return {"function_log_group": {"arn": arn}}


def _destination(deployed: Deployed, left: dict[str, str]) -> dict[str, Any]:
    arn = deployed.destination
    if not arn:
        return {"dead_letter_queue_enabled": False}
    kind = arn.split(":")[2]
    if kind == "sqs" and QUEUE not in left and (QUEUE in deployed.resources):
        return {}
    if kind == "sqs":
        left.setdefault(QUEUE, "it was not found")
    queue = deployed.hidden.get(QUEUE) or deployed.resources.get(QUEUE)
    key = queue.values.get("kms_master_key_id") if queue else deployed.destination_key
    key = key if str(key).startswith("arn:") else None
    return {"on_failure_destination": {"type": kind, "arn": arn, **({"kms_key_arn": key} if key else {})}}


def default_name(deployed: Deployed) -> str:
    """Return the name of the pipeline: that of its table, or of its function, if the module accepts it."""
    table, function = deployed.stream.name, deployed.target.name
    names = (table, function) if TABLE in deployed.resources else (function, table)
    return next((name for name in names if _NAME.fullmatch(name)), re.sub(r"[^a-zA-Z0-9_-]", "-", table))


def _own_policies(deployed: Deployed, name: str) -> None:
    """Add the inline policies that have the names of the module's own ones to the resources.

    Raises:
        UsageError: The module would replace a policy of this name, and has no argument for what it allows.
    """
    role = deployed.role_name
    for address, suffix in ((ROLE_POLICY, "stream"), (TRANSITION_POLICY, "stream-transition")):
        policy = f"{name}-{suffix}"
        if policy not in deployed.policies:
            continue
        document = deployed.policies[policy]
        try:
            structures.statements(document, principals=False)
        except ValueError as error:
            raise UsageError(
                f'The role {role} has an inline policy "{policy}" with {error}, for which the module has no '
                "argument, and which it would replace. Pass another --name."
            ) from None
        origin = deployed.policy_origins.get(policy, f"{role}:{policy}")
        deployed.resources[address] = Resource({"policy": document, "name": policy}, origin)


def _rejected(name: str, given: dict[str, Any], provider: str, region: str) -> tuple[str, str] | None:
    """Return the part of which the module rejects an argument, and its message."""
    others = {"local.region": known(region)}
    values = {"name": name, **given}
    for component in MODULE.components:
        set_here = (one for one in component.variables if values.get(one.name) is not None)
        for variable in (one.for_provider(provider) for one in set_here):
            kind = variable.type.of if isinstance(variable.type, Checked) else variable.type
            if not kind.accepts(values[variable.name]):
                return PARTS.get(component.name, ""), f"{variable.name} needs a newer version of the AWS provider."
            message = validation_error(variable, kind.complete(values[variable.name]), others)
            if message:
                return PARTS.get(component.name, ""), message
    return None
